"""One-dimensional ideas, from which the kernels are made.

Nearly every classic kernel is a column times a row (an outer product): *smooth* along one axis,
*differentiate* along the other. So there is little to type in, and less to remember.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.shapes import Array

LARGEST = 1025
"""The most rows or columns of a kernel that is made from parameters."""

STAY = (0, 1, 0)
SUM = (1, 1, 1)
SLOPE = (-1, 0, 1)
BEND = (1, -2, 1)


def outer(column: Sequence[float] | Array, row: Sequence[float] | Array) -> Array:
    """Return the matrix column[i] * row[j]: rows are mixed by `column`, columns by `row`.

    Examples
    --------
    >>> outer([1, 2, 1], SLOPE)          # smooth down, differentiate to the right: Sobel
    array([[-1,  0,  1],
           [-2,  0,  2],
           [-1,  0,  1]])
    """
    return np.outer(np.asarray(column), np.asarray(row))


def binomial(taps: int) -> Array:
    """Return a row of Pascal's triangle: [1, 1] averaged with itself again and again.

    Examples
    --------
    >>> binomial(5)
    array([1, 4, 6, 4, 1])
    """
    row = np.array([1])
    for _ in range(taps - 1):
        row = np.convolve(row, [1, 1])
    return row


def bell(sigma: float, radius: int) -> Array:
    """Return a Gaussian at -radius, ..., 0, ..., radius, divided by its sum.

    Examples
    --------
    >>> bell(1.0, 2).round(3)
    array([0.054, 0.244, 0.403, 0.244, 0.054])
    """
    heights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return np.asarray(heights / heights.sum())


def radius_for(reach: float, size: Any) -> int:
    """Return the radius of a kernel of odd `size`; without a size, the one that `reach` needs.

    Raises
    ------
    ConfigError
        If the size is even (there is no middle pixel), or above `LARGEST`.
    """
    if size is not None:
        return odd("size", size) // 2
    radius = math.ceil(reach - 1e-9)  # 1680.0000000000002 is 1680
    if 2 * radius + 1 > LARGEST:
        raise ConfigError(
            f"this kernel would be {2 * radius + 1} pixels wide, more than {LARGEST}; give size=..."
        )
    return radius


def odd(name: str, value: Any) -> int:
    """Return `value` as an odd int from 1 to `LARGEST`."""
    number = whole(name, value)
    if number % 2 == 0:
        raise ConfigError(f"{name} must be odd, so that there is a middle pixel, got {number}")
    return number


def whole(name: str, value: Any) -> int:
    """Return `value` as an int from 1 to `LARGEST`, refusing bools and floats."""
    is_integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_integer or not 1 <= value <= LARGEST:
        raise ConfigError(f"{name} must be an integer from 1 to {LARGEST}, got {short(value)}")
    return int(value)
