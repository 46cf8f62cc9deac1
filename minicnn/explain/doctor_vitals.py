"""What a map is like: its range, its spread, and how much of it is not finite."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minicnn.ops.arrays import real_array
from minicnn.shapes import Array

MANY = 16
"""With fewer values, over all pictures, that a map is flat or dead may be chance: no word of it."""


@dataclass(frozen=True, eq=False)
class Vitals:
    """What each map of a step is like, over all pictures of the batch; arrays (C,).

    Attributes
    ----------
    low, high : of the finite values
    spread : the greatest difference within a map; within all pictures' if maps are small
    bad : how many values are NaN or infinite
    values : int
        How many values a map has, over all pictures.
    """

    low: Array
    high: Array
    spread: Array
    bad: Array
    values: int

    @property
    def judged(self) -> Array:
        """Which maps have enough values, all finite, to be judged."""
        enough: Array = (self.bad == 0) & (self.values >= MANY)
        return enough


def as_rows(array: Array) -> Array:
    """Return an output as (N, C, values), in float32 or float64."""
    real = real_array(array, "explain.diagnose")
    if real.ndim < 2:
        return real.reshape(-1, 1, 1)
    size = int(np.prod(real.shape[2:]))
    return real.reshape(real.shape[0], real.shape[1], size)


def vitals_of(rows: Array) -> Vitals:
    """Return the vitals of maps (N, C, values)."""
    pictures, channels, values = rows.shape
    none = np.zeros(channels)
    if not rows.size:
        return Vitals(none, none, none, none.astype(int), 0)
    low, high = rows.min(axis=2).astype(float), rows.max(axis=2).astype(float)  # (N, C)
    bad = np.zeros(channels, int)
    for channel in np.flatnonzero(~(np.isfinite(low) & np.isfinite(high)).all(axis=0)):
        one = rows[:, channel]
        finite = one[np.isfinite(one)]
        bad[channel] = one.size - finite.size
        low[:, channel] = finite.min() if finite.size else 0.0
        high[:, channel] = finite.max() if finite.size else 0.0
    least, greatest = low.min(axis=0), high.max(axis=0)
    with np.errstate(over="ignore"):
        spread = (high - low).max(axis=0) if values >= MANY else greatest - least
    return Vitals(least, greatest, spread, bad, pictures * values)
