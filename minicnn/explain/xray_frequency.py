"""What a kernel does to waves: which it lets through, which it takes away, which it likes best."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minicnn.shapes import Array, Pair

_HALF = 1 / math.sqrt(2)
"""A wave whose height falls to this share of the strongest has lost half of its power."""

FAINT = 0.05
"""What keeps less than this share of its strongest wave keeps next to nothing."""

_SMALLEST, _RINGS, _ANGLES = 65, 33, 72
_MOST_HILLS, _HALVINGS = 24, 48


@dataclass(frozen=True, eq=False)
class Frequency:
    """A kernel's frequency response.

    Attributes
    ----------
    gain : array (S, S)
        By how much each wave's height is multiplied. Rows are frequencies downward, columns to
        the right, from -1/2 to 1/2 waves a pixel (`axis`); no wave at all is in the middle.
    axis : array (S,)
        The frequencies of the rows and of the columns.
    profile : array (R,)
        The gain at one distance from the middle, whatever the direction (root mean square).
    radii : array (R,)
        The distances, 0 to 1/2 waves a pixel.
    kind : str
        "low-pass", "high-pass", "band-pass", "band-stop", "all-pass", or, for a kernel that also
        keeps flat areas, "high-boost" or "mid-boost"; "nothing" for zeros.
    peak : float
        The greatest gain.
    at : (float, float)
        A wave that has it: how many to a pixel, downward and to the right.
    selectivity : float
        Its frequency over the width of the band around it, in its direction, where at least
        half of the power is left. A Sobel has 1; a kernel that picks out stripes, 2 and more.
    """

    gain: Array
    axis: Array
    profile: Array
    radii: Array
    kind: str
    peak: float
    at: tuple[float, float]
    selectivity: float

    @cached_property
    def period(self) -> float:
        """How many pixels the wave with the greatest gain is long; infinite for a flat picture."""
        frequency = math.hypot(*self.at)
        return 1 / frequency if frequency else math.inf

    @property
    def words(self) -> str:
        """Say it in one sentence."""
        return {
            "nothing": "lets nothing through",
            "all-pass": "all-pass: coarse and fine go through alike",
            "low-pass": "low-pass: keeps what is coarse, takes away what is fine",
            "high-pass": "high-pass: takes away what is coarse, keeps what is fine",
            "band-pass": "band-pass: takes away what is coarse and the very finest",
            "uneven": "uneven: it is not coarse or fine that decides, but which wave it is",
            "band-stop": "band-stop: keeps the coarse and the finest, weakens what is between",
            "high-boost": "high-boost: keeps what is coarse, and makes what is fine stronger",
            "mid-boost": "mid-boost: keeps what is coarse, and makes medium detail stronger",
        }[self.kind]


def frequency(values: Array) -> Frequency:
    """Return the frequency response of a kernel (KH, KW).

    The response to a wave of fy, fx waves a pixel is ``sum k[u, v] exp(2 pi i (fy u + fx v))``;
    the gain is its absolute value.

    Examples
    --------
    >>> frequency(np.full((3, 3), 1 / 9)).kind, frequency(np.array([[1.0, -1.0]])).kind
    ('low-pass', 'high-pass')
    """
    size = max(_SMALLEST, 2 * max(values.shape) + 1)
    axis = np.linspace(-0.5, 0.5, size)
    gain = _gain(values, axis[:, None], axis[None, :])
    radii = np.linspace(0.0, 0.5, _RINGS)
    angles = np.arange(_ANGLES) * (math.pi / _ANGLES)  # the other half is the same
    rings = _response(values, np.outer(radii, np.sin(angles)), np.outer(radii, np.cos(angles)))
    profile = np.sqrt((np.abs(rings) ** 2).mean(axis=1))
    peak, at = _peak(values, gain, axis)
    kind = _kind(profile)
    if kind == "low-pass" and np.interp(math.hypot(*at), radii, profile) < _HALF * profile.max():
        kind = "uneven"
    return Frequency(gain, axis, profile, radii, kind, peak, at, _selectivity(values, at))


def _gain(values: Array, down: Array, right: Array) -> Array:
    """Return the gain on a grid: one matrix product for each axis."""
    rows, columns = (np.arange(n) for n in values.shape)
    left = np.exp(2j * math.pi * down * rows)  # (S, KH)
    top = np.exp(2j * math.pi * right.T * columns)  # (S, KW)
    gain: Array = np.abs(left @ values @ top.T)
    return gain


def _response(values: Array, down: Array, right: Array) -> Array:
    """Return the response to any waves: arrays of one shape, waves a pixel."""
    rows, columns = (np.arange(n) for n in values.shape)
    across = np.exp(2j * math.pi * right[..., None] * columns)  # (..., KW)
    along = np.exp(2j * math.pi * down[..., None] * rows)  # (..., KH)
    total: Array = ((along @ values) * across).sum(axis=-1)
    return total


def _kind(profile: Array) -> str:
    peak, low, high = float(profile.max()), float(profile[0]), float(profile[-1])
    if peak == 0:
        return "nothing"
    passes_low, passes_high = low >= _HALF * peak, high >= _HALF * peak
    if passes_low and passes_high:
        return "all-pass" if float(profile.min()) >= _HALF * peak else "band-stop"
    if passes_low:
        return "low-pass"
    keeps_flat = low > FAINT * peak
    if passes_high:
        return "high-boost" if keeps_flat else "high-pass"
    return "mid-boost" if keeps_flat else "band-pass"


def _selectivity(values: Array, at: tuple[float, float]) -> float:
    frequency = math.hypot(*at)
    if not frequency:
        return 0.0
    steps = np.linspace(0.0, 0.5 / max(map(abs, at)), 401)  # to the edge of the plane
    gain = np.abs(_response(values, steps[None] * at[0], steps[None] * at[1]))[0]
    top = int(np.argmin(np.abs(steps - 1)))
    weak = np.flatnonzero(gain < _HALF * gain[top])
    below, above = weak[weak < top], weak[weak > top]
    low = steps[below[-1]] if below.size else 0.0
    high = steps[above[0]] if above.size else 2 - low  # cut off by the edge: as wide as below
    return float(1 / (high - low))


def _peak(values: Array, gain: Array, axis: Array) -> tuple[float, tuple[float, float]]:
    """Return the greatest gain and a wave that has it; of equal ones, the coarsest.

    The grid's hills are climbed to their tops, which lie between its points.
    """
    hills = _hills(gain, axis, values.shape)  # (K, 2)
    tops = _gains(values, hills)
    step = float(axis[1] - axis[0]) / 2
    around = np.stack(np.meshgrid((0, -1, 1), (0, -1, 1), indexing="ij"), -1).reshape(-1, 2)
    for _ in range(_HALVINGS):
        near = np.clip(hills[:, None] + step * around, -0.5, 0.5)  # (K, 9, 2)
        found = _gains(values, near)
        best = found.argmax(axis=1)
        rows = np.arange(len(hills))
        higher = found[rows, best] > tops * (1 + 1e-12)
        hills[higher] = near[rows, best][higher]
        tops[higher] = found[rows, best][higher]
        step /= 2 if not higher.any() else 1
    peak = max(float(gain.max()), float(tops.max()))
    waves = [(float(a), float(b)) for a, b in hills[tops >= peak * (1 - 1e-9)]]
    down, right = min(waves, key=lambda w: (round(math.hypot(*w), 6), w[1] < 0, w[0] < 0, -w[1]))
    return peak, (down + 0.0, right + 0.0)


def _hills(gain: Array, axis: Array, shape: Pair) -> Array:
    """Return the waves of the grid that no neighbour exceeds, the highest and coarsest first."""
    wide = np.pad(gain, 1, mode="edge")
    size = len(axis)
    shifts = [wide[i : i + size, j : j + size] for i in range(3) for j in range(3)]
    highest = np.max(shifts, axis=0)
    found = (gain >= highest * (1 - 1e-9)) & (gain >= 0.7 * gain.max())
    for along, count in enumerate(shape):
        if count == 1:  # nothing changes along this axis
            found &= np.expand_dims(axis == 0, 1 - along)
    i, j = np.nonzero(found)
    coarse = np.hypot(axis[i], axis[j])
    order = np.lexsort((np.round(coarse, 9), -np.round(gain[i, j] / (gain.max() or 1.0), 6)))
    chosen = order[:_MOST_HILLS]
    return np.stack([axis[i][chosen], axis[j][chosen]], axis=1)


def _gains(values: Array, waves: Array) -> Array:
    gains: Array = np.abs(_response(values, waves[..., 0], waves[..., 1]))
    return gains
