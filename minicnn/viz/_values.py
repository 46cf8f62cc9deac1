"""What a map is like, and how it is made smaller without losing what matters in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minicnn.shapes import Array, Pair


@dataclass(frozen=True)
class Facts:
    """What a caption says about a map: its finite range, and how much of it is not finite."""

    low: float
    high: float
    nans: int
    infinities: int
    size: int

    @property
    def bad(self) -> int:
        """How many values are NaN or infinite."""
        return self.nans + self.infinities

    @property
    def flat(self) -> bool:
        """Whether there are several values and all are the same."""
        return self.size > 1 and not self.bad and self.low == self.high

    @property
    def blank(self) -> bool:
        """Whether every value is 0."""
        return not self.bad and self.low == self.high == 0


def facts(values: Array) -> Facts:
    """Return the facts of one map.

    Examples
    --------
    >>> facts(np.array([[1.0, np.nan], [np.inf, -2.0]]))
    Facts(low=-2.0, high=1.0, nans=1, infinities=1, size=4)
    """
    low, high = float(values.min()), float(values.max())
    if np.isfinite(low) and np.isfinite(high):
        return Facts(low, high, 0, 0, values.size)
    nans = int(np.count_nonzero(np.isnan(values)))
    infinities = int(np.count_nonzero(np.isinf(values)))
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (np.nan, np.nan)
    return Facts(low, high, nans, infinities, values.size)


def strongest(values: Array, size: Pair) -> Array:
    """Return a map with at most `size` rows and columns: of each block, the value furthest from 0.

    A mean would let a thin line fade, and the two sides of an edge cancel each other; leaving
    values out would lose them. A block with a NaN in it is NaN.

    Examples
    --------
    >>> strongest(np.array([[0.0, 0.0, 1.0, 0.0, -3.0, 2.0]]), (1, 3))
    array([[ 0.,  1., -3.]])
    """
    has_negative = not values.min() >= 0  # also where there is a NaN
    for axis, wanted in enumerate(size):
        starts = _starts(values.shape[axis], wanted)
        if starts is not None and not has_negative:
            values = np.maximum.reduceat(values, starts, axis=axis)
        elif starts is not None:
            high = np.maximum.reduceat(values, starts, axis=axis)
            low = np.minimum.reduceat(values, starts, axis=axis)
            values = np.where(-low > high, low, high)
    return values


def averaged(values: Array, size: Pair) -> Array:
    """Return a picture (H, W) or (H, W, 3) with at most `size` rows and columns: block means.

    Examples
    --------
    >>> averaged(np.array([[0.0, 1.0, 0.5, 0.5]]), (1, 2))
    array([[0.5, 0.5]])
    """
    for axis, wanted in enumerate(size):
        starts = _starts(values.shape[axis], wanted)
        if starts is not None:
            counts = np.diff(np.append(starts, values.shape[axis]))
            sums = np.add.reduceat(values, starts, axis=axis)
            values = sums / counts.reshape([-1 if i == axis else 1 for i in range(values.ndim)])
    return values


def block_size(shape: Pair, size: Pair) -> Pair:
    """Return how many rows and columns of a map share a dot at most: (1, 1) is all shown."""
    rows, columns = (max(1, -(-have // want)) for have, want in zip(shape, size, strict=True))
    return rows, columns


def _starts(have: int, wanted: int) -> Array | None:
    """Return where each block begins, or None if nothing is to be done."""
    return np.arange(wanted) * have // wanted if have > wanted else None
