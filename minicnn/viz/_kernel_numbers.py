"""How the numbers of a whole stack of kernels are written: in one format, in one size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._page import SMALL
from minicnn.viz._style import number_text, printed

_LARGEST_DENOMINATOR = 512
_SIGNIFICANT = 2


@dataclass(frozen=True)
class Numbers:
    """How numbers are written in kernels' cells.

    Attributes
    ----------
    places : int or None
        So many decimals; None: each kernel as `kernel_texts` writes it.
    size : float
        Of the type, in points; 0: they do not fit.
    """

    places: int | None
    size: float

    def texts(self, kernel: Array) -> tuple[list[list[str]], str]:
        """Return a kernel's numbers as texts for its cells, and the factor they share."""
        return kernel_texts(kernel) if self.places is None else (_rounded(kernel, self.places), "")


def numbers_for(kernels: Sequence[Array], room: float, *, factors: bool = True) -> Numbers:
    """Return how the numbers of these kernels are written in cells of so many points.

    As whole numbers and factors if all of them can be, and there is room for factors; otherwise
    all with the same number of decimals, fewer if that takes it to fit.

    Examples
    --------
    >>> stack = [np.array([[v]]) for v in (-0.16, -0.354, -0.0497)]
    >>> how = numbers_for(stack, 26)
    >>> [how.texts(kernel)[0][0][0] for kernel in stack]
    ['\u22120.16', '\u22120.35', '\u22120.05']
    """
    if not type_size([[""]], room):
        return Numbers(None, 0.0)
    largest = max(float(np.abs(kernel).max()) for kernel in kernels)
    is_exact = all(
        exact is not None and (factors or not exact[1]) for exact in map(_exact, kernels)
    )
    if is_exact or not all(np.isfinite(kernel).all() for kernel in kernels):
        return Numbers(None, min(type_size(kernel_texts(kernel)[0], room) for kernel in kernels))
    wanted, least = _places(largest)
    for places in range(wanted, least - 1, -1):
        size = min(type_size(_rounded(kernel, places), room) for kernel in kernels)
        if size:
            return Numbers(places, size)
    return Numbers(least, 0.0)


def kernel_texts(values: Array) -> tuple[list[list[str]], str]:
    """Return a kernel's numbers as texts for its cells, and the factor they share.

    Examples
    --------
    >>> kernel_texts(np.array([[1, 2, 1]]) / 16)
    ([['1', '2', '1']], '\u00d7 1/16')
    >>> kernel_texts(np.array([[0.123, -0.5]]))
    ([['0.12', '\u22120.50']], '')
    """
    exact = _exact(values)
    if exact is not None:
        return exact
    if 0.05 <= np.abs(values).max() < 100:
        return _rounded(values, 2), ""
    return [[printed(number_text(v)) for v in row] for row in values], ""


def type_size(texts: Sequence[Sequence[str]], room: float) -> float:
    """Return the type size of texts in cells of so many points; 0: they do not fit."""
    widest = max(_text.width(text, 1.0) for row in texts for text in row)
    fits = 0.88 * room / max(widest, 1.25)
    return min(fits, 11.0, max(SMALL, 0.42 * room)) if fits >= SMALL else 0.0


def _exact(values: Array) -> tuple[list[list[str]], str] | None:
    """Return numbers that share a small denominator as whole numbers and the factor."""
    for denominator in (1, *range(2, _LARGEST_DENOMINATOR + 1)):
        whole = values * denominator
        if np.abs(whole).max() > 9999:
            break
        if np.abs(whole - np.round(whole)).max() <= 1e-9 * max(1.0, np.abs(whole).max()):
            texts = [[printed(f"{int(v)}") for v in row] for row in np.round(whole)]
            return texts, f"\N{MULTIPLICATION SIGN} 1/{denominator}" if denominator > 1 else ""
    return None


def _rounded(values: Array, places: int) -> list[list[str]]:
    return [[printed(f"{v:z.{places}f}") for v in row] for row in values]


def _places(largest: float) -> tuple[int, int]:
    """Return how many decimals are wanted, and how many there are at the least.

    Examples
    --------
    >>> [_places(v) for v in (0.0497, 0.16, 0.9, 12.3)]
    [(3, 2), (2, 2), (2, 2), (2, 0)]
    """
    power = math.floor(math.log10(largest)) if largest else 0
    two_digits = max(0, _SIGNIFICANT - 1 - power)
    if 0.05 <= largest < 100:
        return 2, min(2, two_digits)
    return two_digits, max(0, two_digits - 1)
