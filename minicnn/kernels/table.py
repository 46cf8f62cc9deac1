"""A matrix as plain text: integers as integers, a common fraction in front."""

from __future__ import annotations

import math

import numpy as np

from minicnn.shapes import Array

LARGEST_DENOMINATOR = 1024
WIDEST = 13
"""Rows and columns that are shown in full; of larger matrices only the outer ones are."""


def table(values: Array) -> str:
    """Return a matrix as aligned text.

    Parameters
    ----------
    values : array (KH, KW)
        Finite numbers.

    Examples
    --------
    >>> print(table(np.outer([1, 2, 1], [1, 2, 1]) / 16))
    1/16 * [[1 2 1]
            [2 4 2]
            [1 2 1]]
    >>> print(table(np.array([[0.5, -1.25]])))
    1/4 * [[ 2 -5]]
    >>> print(table(np.array([[0.1234567, -1.0], [0.0, 1e-9]])))
    [[ 0.123 -1.000]
     [     0  0.000]]
    """
    below = denominator(values)
    if below:
        front = f"1/{below} * " if below > 1 else ""
        cells = [[str(int(v)) for v in row] for row in np.rint(values * below).tolist()]
    else:
        front = ""
        cells = _decimals(values)
    return _aligned(_shortened(cells), front)


def denominator(values: Array) -> int:
    """Return the smallest whole number that makes integers of all the values, or 0.

    Examples
    --------
    >>> denominator(np.full((3, 3), 1 / 9))
    9
    >>> denominator(np.array([[np.pi]]))
    0
    """
    distinct = np.unique(values)
    largest = np.abs(distinct).max()
    if largest > 1e9:
        return 0
    below = np.arange(1, 2 if distinct.size > WIDEST**2 else LARGEST_DENOMINATOR + 1)
    nearest = np.rint(below[:, None] * distinct) / below[:, None]  # (fractions, distinct values)
    off = np.abs(nearest - distinct) > 1e-14 * np.abs(distinct) + 1e-16 * largest
    good = below[~off.any(axis=1)]
    return int(good[0]) if good.size else 0


def _decimals(values: Array) -> list[list[str]]:
    """Write every value with as many places as give the largest four digits; exact zeros as 0."""
    places = 3 - math.floor(math.log10(np.abs(values).max()))
    form = f".{max(places, 1)}f" if -3 <= places <= 8 else ".3e"
    return [[f"{v:z{form}}" if v else "0" for v in row] for row in values.tolist()]


def _shortened(rows: list[list[str]]) -> list[list[str]]:
    rows = [row if len(row) <= WIDEST else [*row[:3], "...", *row[-3:]] for row in rows]
    if len(rows) <= WIDEST:
        return rows
    return [*rows[:3], ["..."] * len(rows[0]), *rows[-3:]]


def _aligned(rows: list[list[str]], front: str) -> str:
    width = max(len(cell) for row in rows for cell in row)
    inner = ["[" + " ".join(cell.rjust(width) for cell in row) + "]" for row in rows]
    return front + "[" + ("\n" + " " * (len(front) + 1)).join(inner) + "]"
