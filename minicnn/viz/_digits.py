"""Numbers in cells: written alike at every stop, so that nothing jumps."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._page import SMALL
from minicnn.viz._style import number_text, printed

_LARGEST, _SMALLEST = 10.0, SMALL - 0.8


@dataclass(frozen=True)
class Digits:
    """How some numbers are written: all with the same places.

    Attributes
    ----------
    low, high : float
        The least and the greatest of them.
    places : int
        After the point; -1: in three significant digits, whatever their size.

    Examples
    --------
    >>> form = Digits.of([np.array([-0.5, 0.123, 0.0])])
    >>> [form.text(v) for v in (-0.5, 0.123, 0.0, -0.001)]
    ['\u22120.50', '0.12', '0', '0.00']
    >>> Digits.of([np.array([3.0, -12.0])]).text(-12.0)
    '\u221212'
    """

    low: float
    high: float
    places: int

    @classmethod
    def of(cls, arrays: Iterable[Array], *, more: int = 0) -> Digits:
        """Return how all numbers of some arrays are written; `more` places where not whole."""
        flat = np.concatenate([np.ravel(a) for a in arrays]).astype(np.float64)
        finite = flat[np.isfinite(flat)]
        low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
        return cls.between(low, high, whole=bool((finite == np.rint(finite)).all()), more=more)

    @classmethod
    def between(cls, low: float, high: float, *, whole: bool, more: int = 0) -> Digits:
        """Return how numbers from `low` to `high` are written."""
        reach = max(-low, high)
        if whole and reach < 1e5:
            return cls(low, high, 0)
        if not 0.01 <= reach < 1e4:
            return cls(low, high, -1)
        if reach < 0.1:
            return cls(low, high, 3 + more)
        return cls(low, high, max(0, 2 - max(0, math.floor(math.log10(reach)))) + more)

    @property
    def rounds(self) -> bool:
        """Whether what is written is not all there is."""
        return self.places != 0

    def text(self, value: float) -> str:
        """Return one number."""
        if value == 0 or not math.isfinite(value):
            return printed(f"{value:.0f}".replace("-0", "0"))
        if self.places < 0:
            return printed(number_text(value))
        return printed(f"{value:z.{self.places}f}")

    def size(self, cell: float) -> float:
        """Return the font size for cells of so many points; 0: the numbers do not fit."""
        return fitting(self.widest(1.0), cell)

    def room(self, size: float) -> float:
        """Return how wide a cell must be for numbers of this size."""
        return max(self.widest(size) / 0.9, size / 0.62)

    def widest(self, size: float) -> float:
        """Return how wide the longest text is, in points."""
        texts = [self.text(self.low), self.text(self.high), "0"]
        if self.places < 0:
            texts.append(printed("-1.23e-10"))
        return max(_text.width(text, size) for text in texts)


def fitting(widest: float, cell: float) -> float:
    """Return the font size of texts in cells of so many points; 0: they do not fit.

    `widest` is how wide the widest of them is at size 1.
    """
    fits = min(0.9 * cell / widest, 0.62 * cell, _LARGEST)
    return fits if fits >= _SMALLEST else 0.0
