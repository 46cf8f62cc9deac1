"""Optimizers: how a gradient becomes a step.

The formulas, and the order in which they are computed, are those of PyTorch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.shapes import Array, flag, real
from minicnn.train.optimizer import LARGEST, Arrays, Optimizer

BELOW_1 = math.nextafter(1.0, 0.0)
"""An average with a beta of 1 would never change."""


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent: downhill, and with momentum like a ball that rolls. ::

        g = gradient + weight_decay p
        v = momentum v + g                          (v = g at the first step)
        p = p - learning_rate v                     (nesterov: g + momentum v in v's place)

    Parameters
    ----------
    learning_rate, weight_decay : float
        See `Optimizer`.
    momentum : float, 0 to below 1
        What part of its speed is kept from step to step.
    nesterov : bool
        Look ahead: take the gradient's part a step early.

    References
    ----------
    Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013.

    Examples
    --------
    >>> p, g = {"w": np.array([1.0])}, {"w": np.array([0.5])}
    >>> sgd = SGD(0.1, momentum=0.9)
    >>> p, memory = sgd.update(p, g)
    >>> p, memory = sgd.update(p, g, memory)
    >>> p["w"]                                      # 1 - 0.1 * 0.5 - 0.1 * (0.9 * 0.5 + 0.5)
    array([0.855])
    """

    momentum: float = field(default=0.0, kw_only=True)
    nesterov: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        self._keep("momentum", most=BELOW_1)
        if flag("nesterov", self.nesterov) and not self.momentum:
            raise ConfigError("nesterov=True goes with a momentum above 0")

    def _averages(self) -> tuple[str, ...]:
        return ("velocity",) if self.momentum else ()

    def _step(
        self, p: Array, g: Array, before: Arrays, rate: float, steps: int
    ) -> tuple[Array, Arrays]:
        if self.weight_decay:
            g = g + self.weight_decay * p
        if not self.momentum:
            return p - rate * g, {}
        v = self.momentum * before["velocity"]
        v += g
        direction = g + self.momentum * v if self.nesterov else v
        return p - rate * direction, {"velocity": v}


@dataclass(frozen=True)
class Adam(Optimizer):
    """Steps of about one length for every parameter, whatever the size of its gradient. ::

        g = gradient + weight_decay p
        m = beta1 m + (1 - beta1) g                 (where the gradient points, on average)
        v = beta2 v + (1 - beta2) g^2               (how large it is, on average)
        p = p - learning_rate m' / (sqrt(v') + epsilon)

    with m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t) after t steps, since m and v start
    at 0.

    Parameters
    ----------
    learning_rate, weight_decay : float
        See `Optimizer`.
    betas : (float, float), 0 to below 1
    epsilon : float

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015.

    Examples
    --------
    >>> p, _ = Adam(0.1).update({"w": np.array([1.0, 1.0])}, {"w": np.array([5.0, -0.01])})
    >>> p["w"].round(4)                             # the first step is learning_rate long
    array([0.9, 1.1])
    """

    learning_rate: float = 0.001
    betas: tuple[float, float] = field(default=(0.9, 0.999), kw_only=True)
    epsilon: float = field(default=1e-8, kw_only=True)

    def __post_init__(self) -> None:
        """Check the numbers."""
        super().__post_init__()
        if not isinstance(self.betas, tuple) or len(self.betas) != 2:
            raise ConfigError(f"betas must be a pair of numbers, got {short(self.betas)}")
        betas = tuple(
            real(f"betas[{i}]", beta, least=0, most=BELOW_1) for i, beta in enumerate(self.betas)
        )
        object.__setattr__(self, "betas", betas)
        self._keep("epsilon", most=LARGEST)

    def _averages(self) -> tuple[str, ...]:
        return "mean", "square"

    def _step(
        self, p: Array, g: Array, before: Arrays, rate: float, steps: int
    ) -> tuple[Array, Arrays]:
        p, g = self._decayed(p, g, rate)
        beta1, beta2 = self.betas
        m = _between(before["mean"], g, 1 - beta1)
        v = g * g
        v *= 1 - beta2
        v += beta2 * before["square"]
        size = np.sqrt(v)
        size /= math.sqrt(1 - beta2**steps)
        size += self.epsilon
        step = m / size
        step *= rate / (1 - beta1**steps)
        return p - step, {"mean": m, "square": v}

    def _decayed(self, p: Array, g: Array, rate: float) -> tuple[Array, Array]:
        """Return the parameter and the gradient that the step is made from."""
        return p, (g + self.weight_decay * p if self.weight_decay else g)


def _between(old: Array, new: Array, share: float) -> Array:
    """Return old + share (new - old), counted from the nearer end: at 1 it is `new` exactly."""
    start, part = (old, share) if share < 0.5 else (new, share - 1)
    between = new - old
    between *= part
    between += start
    return between


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with the decay apart: p shrinks by learning_rate weight_decay p, and g is left alone.

    In `Adam` the decay is part of the gradient, and is scaled as that is: weights with large
    gradients hardly decay. Here all decay alike.

    Parameters
    ----------
    learning_rate, weight_decay, betas, epsilon
        See `Adam`; the decay is 0.01 unless told otherwise.

    References
    ----------
    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019.
    """

    weight_decay: float = field(default=0.01, kw_only=True)

    def _decayed(self, p: Array, g: Array, rate: float) -> tuple[Array, Array]:
        return p * (1 - rate * self.weight_decay), g
