"""Optimizers: how a gradient becomes a step. Pure: state in, state out.

An optimizer is a frozen set of numbers with one method, ``update``, from parameters, gradients
and what it remembers (`Memory`) to new parameters and a new memory; nothing is changed in place.
The formulas, and the order in which they are computed, are those of PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.shapes import Array, flag, real

Arrays: TypeAlias = dict[str, Array]

LARGEST = 1e6
"""No learning rate, decay or epsilon is larger."""
BELOW_1 = math.nextafter(1.0, 0.0)
"""An average with a beta of 1 would never change."""


@dataclass(frozen=True, eq=False)
class Memory:
    """What an optimizer remembers from one step to the next.

    Attributes
    ----------
    steps : int
        How many steps were taken.
    averages : dict
        By the name of a running average, then by the name of the parameter, its array.
    """

    steps: int = 0
    averages: Mapping[str, Arrays] = field(default_factory=dict)


@dataclass(frozen=True)
class Optimizer:
    """The contract; `SGD`, `Adam` and `AdamW` keep it.

    Parameters
    ----------
    learning_rate : float
        How long the steps are.
    weight_decay : float
        How strongly the parameters are pulled to 0.
    """

    learning_rate: float = 0.01
    weight_decay: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """Check the numbers."""
        self._keep("learning_rate", most=LARGEST)
        self._keep("weight_decay", most=LARGEST)

    def update(
        self,
        params: Mapping[str, Array],
        gradients: Mapping[str, Array],
        memory: Memory | None = None,
        *,
        factor: float = 1.0,
    ) -> tuple[Arrays, Memory]:
        """Take one step.

        Parameters
        ----------
        params, gradients : mappings of the same names to arrays of the same shapes
        memory : Memory, optional
            What the step before returned; None before the first one.
        factor : float
            What the learning rate is multiplied by, as a schedule says.

        Returns
        -------
        params : dict of arrays
            New ones, each of the dtype it had.
        memory : Memory
            For the next step.
        """
        memory = memory or Memory()
        _check_names(params, gradients)
        rate = self.learning_rate * float(factor)
        steps = memory.steps + 1
        new: Arrays = {}
        averages: dict[str, Arrays] = {name: {} for name in self._averages()}
        if memory.steps:
            _check_memory(memory, averages, params)
        with np.errstate(all="ignore"):  # what overflows shows in the loss
            for key, p in params.items():
                g = gradients[key].astype(p.dtype, copy=False)
                before = {
                    name: memory.averages[name][key] if memory.steps else np.zeros_like(p)
                    for name in averages
                }
                stepped, after = self._step(p, g, before, rate, steps)
                new[key] = np.asarray(stepped)  # of no axes, it is a mere number by now
                for name, average in after.items():
                    averages[name][key] = np.asarray(average)
        return new, Memory(steps, averages)

    def _keep(self, name: str, *, most: float) -> None:
        """Check a number and keep it as Python's own, which widens no float32."""
        object.__setattr__(self, name, real(name, getattr(self, name), least=0, most=most))

    def _averages(self) -> tuple[str, ...]:
        """Return the names of the running averages that are kept."""
        return ()

    def _step(
        self, p: Array, g: Array, before: Arrays, rate: float, steps: int
    ) -> tuple[Array, Arrays]:
        """Return one parameter after the step, and its averages."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it steps")


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
        v = self.momentum * before["velocity"] + g
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
        m = before["mean"] + (1 - beta1) * (g - before["mean"])
        v = beta2 * before["square"] + (1 - beta2) * (g * g)
        size = np.sqrt(v) / math.sqrt(1 - beta2**steps) + self.epsilon
        return p - rate / (1 - beta1**steps) * (m / size), {"mean": m, "square": v}

    def _decayed(self, p: Array, g: Array, rate: float) -> tuple[Array, Array]:
        """Return the parameter and the gradient that the step is made from."""
        return p, (g + self.weight_decay * p if self.weight_decay else g)


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


def _check_names(params: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
    if params.keys() != gradients.keys():
        odd = sorted(params.keys() ^ gradients.keys())
        raise ConfigError(f"parameters and gradients must have the same names; not so {odd[:4]}")
    for key, p in params.items():
        if gradients[key].shape != p.shape:
            raise ShapeError(
                f"the gradient of {key} has another shape.\n"
                f"  parameter  {p.shape}\n  gradient   {gradients[key].shape}"
            )


def _check_memory(memory: Memory, names: Mapping[str, Any], params: Mapping[str, Array]) -> None:
    shapes = {key: p.shape for key, p in params.items()}
    kept = {name: {k: a.shape for k, a in some.items()} for name, some in memory.averages.items()}
    if kept != dict.fromkeys(names, shapes):
        raise ConfigError(
            f"the memory is that of another optimizer, or of another model.\n"
            f"  needed  {', '.join(names) or 'nothing'}, for {len(shapes)} parameters\n"
            f"  given   {', '.join(kept) or 'nothing'}"
        )
