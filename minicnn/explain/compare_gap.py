"""How far two outputs are apart, and whether that is more than rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.explain.ledger_terms import plain
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, Shape

SAME, ROUNDING, APART, SHAPES = "same", "rounding", "apart", "shapes"
"""The verdicts: equal to the last bit; no further apart than rounding takes them; further; of
different shapes."""


@dataclass(frozen=True)
class Gap:
    """How far two outputs are apart.

    Attributes
    ----------
    verdict : str
        "same": to the last bit; "rounding"; "apart"; or "shapes", if they cannot be compared.
    largest : float
        The largest difference, infinite where only one of them is NaN or infinite.
    place : tuple of int
        Where it is: picture, channel, row, column, as far as there are; () if there is none.
    rounding : float
        So much of it rounding can explain.
    by_map : tuple of float
        Each map's largest difference.
    """

    verdict: str
    largest: float = 0.0
    place: tuple[int, ...] = ()
    rounding: float = 0.0
    by_map: tuple[float, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether they are the same, at least up to rounding."""
        return self.verdict in (SAME, ROUNDING)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data that `json` can write."""
        return {
            "verdict": self.verdict,
            "largest": plain(self.largest),
            "place": list(self.place),
            "rounding": plain(self.rounding),
            "by_map": plain(list(self.by_map)),
        }


def gap_of(a: Array, b: Array, rounded: Any) -> Gap:
    """Return the gap between two outputs.

    Parameters
    ----------
    a, b : array
    rounded : function
        ``rounded()`` returns by how much rounding has moved their values; it is asked only if
        they differ, since it runs both models once more.
    """
    if a.shape != b.shape:
        return Gap(SHAPES)
    gaps = np.abs(difference(a, b))
    largest = float(gaps.max(initial=0.0))
    by_map = _by_map(gaps)
    if not largest:
        return Gap(SAME, by_map=by_map)
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(gaps)), gaps.shape))
    explained = float(rounded())
    verdict = ROUNDING if largest <= explained else APART
    return Gap(verdict, largest, place, explained, by_map)


def difference(a: Array, b: Array) -> Array:
    """Return b - a in float64: 0 where both are the same, NaN or infinity included.

    Where one of them is NaN, or one infinite, it is infinite.
    """
    x, y = (real_array(v, "explain.compare").astype(np.float64) for v in (a, b))
    with np.errstate(all="ignore"):
        gaps = np.asarray(y - x)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    return np.where(same, 0.0, np.where(np.isnan(gaps), np.inf, gaps))


def _by_map(gaps: Array) -> tuple[float, ...]:
    if gaps.ndim < 2:
        return (float(gaps.max(initial=0.0)),)
    others = tuple(axis for axis in range(gaps.ndim) if axis != 1)
    shape: Shape = gaps.shape
    return tuple(gaps.max(axis=others, initial=0.0).tolist()) if shape[1] else ()
