"""The numbers that an explanation is made of: where a value stands, what it brought, their sum."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Place(NamedTuple):
    """Where a value stands in a picture or in a step's maps, counted from 0."""

    channel: int
    row: int
    column: int


@dataclass(frozen=True)
class Input:
    """One value that went into another one.

    Attributes
    ----------
    place : Place
        Where it stands in the step's input.
    value : float
    weight : float or None
        What it was multiplied with; None where nothing was multiplied.
    branch : int
        In which of the step's inputs it stands; only where branches meet are there several.
    """

    place: Place
    value: float
    weight: float | None = None
    branch: int = 0

    @property
    def product(self) -> float:
        """What it brought to the sum: its value times its weight."""
        return self.value if self.weight is None else self.value * self.weight

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        weighed = {} if self.weight is None else {"weight": plain(self.weight)}
        branch = {"branch": self.branch} if self.branch else {}
        return {**branch, **self.place._asdict(), "value": plain(self.value), **weighed}


def total(numbers: Iterable[float]) -> float:
    """Return a sum that is rounded once, at its end; NaN and infinities as floats add them up.

    Examples
    --------
    >>> total([1e16, 1.0, -1e16]), total([float("inf"), 1.0])
    (1.0, inf)
    """
    every = list(numbers)
    try:
        return math.fsum(every)
    except (OverflowError, ValueError):  # beyond float64, or inf - inf
        with np.errstate(all="ignore"):
            return float(np.sum(np.array(every)))


def plain(value: Any) -> Any:
    """Return a number, or lists of numbers, as JSON can write them: NaN and infinities as text."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    number = float(value)
    return number if math.isfinite(number) else repr(number)
