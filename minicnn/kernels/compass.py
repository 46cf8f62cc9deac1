"""Kernels for the eight directions of the compass, made by turning the ring of border values."""

from __future__ import annotations

import numpy as np

from minicnn.kernels.profiles import SLOPE, STAY, SUM, outer
from minicnn.kernels.record import Kernel
from minicnn.shapes import Array

COMPASS = {
    "n": "top",
    "nw": "upper left",
    "w": "left",
    "sw": "lower left",
    "s": "bottom",
    "se": "lower right",
    "e": "right",
    "ne": "upper right",
}
"""The eight directions counter-clockwise, and the side that they point to."""

_RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))


def turn(values: Array, eighths: int = 1) -> Array:
    """Turn a 3x3 matrix counter-clockwise by eighths of a circle: the border moves round.

    Parameters
    ----------
    values : array (3, 3)
        The middle stays where it is.
    eighths : int
        How many times 45 degrees; negative is clockwise.

    Examples
    --------
    >>> turn(np.array([[1, 2, 3], [8, 0, 4], [7, 6, 5]]))
    array([[2, 3, 4],
           [1, 0, 5],
           [8, 7, 6]])
    """
    turned = values.copy()
    for place, spot in enumerate(_RING):
        turned[spot] = values[_RING[(place + eighths) % 8]]
    return turned


def compass_set(family: str, north: Array, source: str) -> list[Kernel]:
    """Return eight kernels, one for each direction, from the one for the north."""
    return [
        Kernel(
            f"{family}_{direction}",
            turn(north, eighths),
            f"Largest where the picture is brighter towards the {side} ({direction.upper()}).",
            source,
            family,
        )
        for eighths, (direction, side) in enumerate(COMPASS.items())
    ]


def kirsch() -> list[Kernel]:
    """Return Kirsch's set: three fives on the bright side, five times -3 on the other."""
    ring = outer(SUM, SUM) - outer(STAY, STAY)
    north = 8 * outer((1, 0, 0), SUM) - 3 * ring
    source = (
        'R. A. Kirsch, "Computer determination of the constituent structure of biological '
        'images", Computers and Biomedical Research 4, 1971'
    )
    return compass_set("kirsch", north, source)


def robinson() -> list[Kernel]:
    """Return Robinson's set: Sobel's kernel, turned."""
    north = outer(np.negative(SLOPE), (1, 2, 1))
    source = (
        'G. S. Robinson, "Edge detection by compass gradient masks", Computer Graphics and Image '
        "Processing 6, 1977"
    )
    return compass_set("robinson", north, source)
