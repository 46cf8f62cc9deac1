"""Schedules: what the learning rate is multiplied by, as learning goes on.

A schedule is a function ``schedule(epoch, epochs) -> factor``. `epoch` counts in parts: 2.5 is
in the middle of the third epoch; `epochs` is how many there are to be.

>>> [round(Cosine()(epoch, 4), 3) for epoch in range(5)]
[1.0, 0.854, 0.5, 0.146, 0.0]
>>> [WarmUp(2, start=0.5)(epoch / 2, 4) for epoch in range(6)]
[0.5, 0.625, 0.75, 0.875, 1.0, 1.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from minicnn.errors import ConfigError, short
from minicnn.shapes import real

Schedule: TypeAlias = Callable[[float, float], float]

LARGEST = 1e9
"""No number of epochs, and no factor, is larger."""


@dataclass(frozen=True)
class Constant:
    """The same learning rate from first to last."""

    def __call__(self, epoch: float, epochs: float) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class Steps:
    """The learning rate is multiplied by `factor` after every `every` epochs.

    Parameters
    ----------
    every : float
        In epochs.
    factor : float
    """

    every: float
    factor: float = 0.1

    def __post_init__(self) -> None:
        """Check the numbers."""
        real("every", self.every, least=1e-9, most=LARGEST)
        real("factor", self.factor, least=0, most=LARGEST)

    def __call__(self, epoch: float, epochs: float) -> float:
        """Return factor to the power of how many times `every` epochs are over."""
        return float(self.factor ** math.floor(epoch / self.every))


@dataclass(frozen=True)
class Cosine:
    """Half a cosine wave, from 1 at the beginning down to `end`: slow, quick, slow.

    Parameters
    ----------
    end : float

    References
    ----------
    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", 2017.
    """

    end: float = 0.0

    def __post_init__(self) -> None:
        """Check the number."""
        real("end", self.end, least=0, most=LARGEST)

    def __call__(self, epoch: float, epochs: float) -> float:
        """Return where on the wave the epoch is."""
        done = min(1.0, epoch / epochs) if epochs > 0 else 1.0
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * done)) / 2


@dataclass(frozen=True)
class WarmUp:
    """In a straight line from `start` to 1 during the first epochs, then as another schedule says.

    Parameters
    ----------
    epochs : float
        How many, or what part of one.
    start : float
    then : schedule
        For what is left: its first epoch is the first after the warm-up.

    References
    ----------
    Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2.
    """

    epochs: float = 1.0
    start: float = 0.1
    then: Schedule = Constant()

    def __post_init__(self) -> None:
        """Check the arguments."""
        real("epochs", self.epochs, least=1e-9, most=LARGEST)
        real("start", self.start, least=0, most=LARGEST)
        if not callable(self.then):
            raise ConfigError(f"then must be a schedule, got {short(self.then)}")

    def __call__(self, epoch: float, epochs: float) -> float:
        """Return the way up, or what the other schedule says."""
        if epoch < self.epochs:
            return self.start + (1 - self.start) * epoch / self.epochs
        return self.then(epoch - self.epochs, epochs - self.epochs)
