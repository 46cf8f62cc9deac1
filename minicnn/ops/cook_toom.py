"""The matrices of fast convolution, derived from exact fractions.

Two polynomials can be multiplied by evaluating both at enough points, multiplying the values, and
interpolating: one multiplication for each point. A row of m outputs of a kernel of r taps needs
t = m + r - 1 points in place of m * r multiplications (Toom and Cook). Turned around (the transpose
of a multiplication is a correlation) this reads ::

    y = A @ ((G @ kernel) * (B @ pixels))          kernel (r,)  pixels (t,)  y (m,)

The last point is infinity, where a polynomial's value is its leading coefficient.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from minicnn.shapes import Array, Pair

if TYPE_CHECKING:
    from fractions import Fraction  # otherwise where it is needed: it takes 3 ms

    Matrix = list[list[Fraction]]

POINTS = {
    1: (),
    4: ("0", "1", "-1"),
    6: ("0", "3/2", "-3/2", "2/3", "-2/3"),
}
"""The finite points for t = 1, 4 and 6.

Of all sets of small fractions these lose the least to rounding, by the measure of
`amplification`: 4 for t = 4 and 12.3 for t = 6, where 0, 1, -1, 2, -2 would have 29.3.
"""


class CookToom(NamedTuple):
    """The three matrices of F(m, r): how many outputs at once, for a kernel of how many taps.

    Attributes
    ----------
    outputs : m by t, called A
    kernel : t by r, called G
    pixels : t by t, called B
    """

    outputs: Matrix
    kernel: Matrix
    pixels: Matrix


def cook_toom(m: int, r: int) -> CookToom:
    """Return the matrices that give m neighbouring outputs of a kernel of r taps.

    Parameters
    ----------
    m, r : int
        With m + r - 1 one of the keys of `POINTS`.

    References
    ----------
    Winograd, "Arithmetic Complexity of Computations", 1980. Lavin and Gray, "Fast Algorithms for
    Convolutional Neural Networks", 2016. On the choice of points: Barabasz, Anderson, Soodhalter
    and Gregg, "Error Analysis and Improving the Accuracy of Winograd Convolution", 2020.

    Examples
    --------
    >>> for row in cook_toom(2, 3).pixels:
    ...     print(*row)
    -1 0 1 0
    0 1 1 0
    0 -1 1 0
    0 -1 0 1
    >>> for row in cook_toom(2, 3).kernel:
    ...     print(*row)
    -1 0 0
    1/2 1/2 1/2
    1/2 -1/2 1/2
    0 0 1
    """
    from fractions import Fraction

    points = tuple(map(Fraction, POINTS[m + r - 1]))
    outputs = [[p**i for p in points] + [Fraction(i == m - 1)] for i in range(m)]
    kernel, pixels = [], []
    for k, p in enumerate(points):
        others = points[:k] + points[k + 1 :]
        kernel.append([p**j / math.prod(p - q for q in others) for j in range(r)])
        pixels.append([*_coefficients(others), Fraction(0)])
    kernel.append([Fraction(j == r - 1) for j in range(r)])
    pixels.append(_coefficients(points))
    return CookToom(outputs, kernel, pixels)


@lru_cache
def amplification(m: int, r: int) -> float:
    """Return how much larger than the result the numbers on the way to it can be, at most.

    The largest, over outputs and taps, of ``sum over points of |A| |G| (sum over pixels of |B|)``:
    an error of one rounding on the way is an error of so many roundings in y, relative to
    max|pixels| * sum|kernel|. Direct summation has 1.

    Examples
    --------
    >>> amplification(1, 1), amplification(2, 3), round(amplification(4, 3), 1)
    (1.0, 4.0, 12.3)
    """
    a, g, b = cook_toom(m, r)
    sums = [sum(map(abs, row)) for row in b]
    return float(
        max(
            sum(abs(row[k] * g[k][j]) * sums[k] for k in range(len(b)))
            for row in a
            for j in range(r)
        )
    )


@lru_cache
def in_two_directions(outputs: Pair, taps: Pair, dtype: str) -> tuple[Array, Array, Array]:
    """Return A, G and B for rows and columns in one step: every product of their numbers.

    Parameters
    ----------
    outputs, taps : (rows, columns)
    dtype : str
        What the exact numbers are rounded to.

    Returns
    -------
    array (MH * MW, TH * TW), array (TH * TW, KH * KW), array (TH * TW, TH * TW)
        Read-only.
    """
    down, across = (cook_toom(m, r) for m, r in zip(outputs, taps, strict=True))
    a, g, b = (
        np.kron(np.array(first, float), np.array(second, float)).astype(dtype)
        for first, second in zip(down, across, strict=True)
    )
    for matrix in (a, g, b):
        matrix.flags.writeable = False  # the cache hands out the same arrays again
    return a, g, b


def _coefficients(roots: tuple[Fraction, ...]) -> list[Fraction]:
    """Return the coefficients of the product of (x - root), lowest power first."""
    from fractions import Fraction

    found = [Fraction(1)]
    for root in roots:
        shifted = [Fraction(0), *found]
        found = [
            high - root * low for high, low in zip(shifted, [*found, Fraction(0)], strict=True)
        ]
    return found
