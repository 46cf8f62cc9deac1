"""Numbers as a ledger prints them: four digits, aligned, in plain ASCII."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from minicnn.shapes import Array

WIDTH = 80
"""No line is longer."""

OUTER = 3
"""So many first and last rows or columns are shown of a patch that is too large."""


def number(value: float, digits: int = 4) -> str:
    """Return a number in four significant digits, as short as it can be said.

    Examples
    --------
    >>> [number(v) for v in (0.43712, -2.0, 12345.6, 1.5e-7, 0.1 + 0.2, float("nan"))]
    ['0.4371', '-2', '12346', '1.5e-7', '0.3', 'nan']
    """
    if not math.isfinite(value):
        return str(float(value))
    if 10 ** (digits - 1) <= abs(value) < 1e9 and (value == int(value) or abs(value) < 1e6):
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return "0" if text == "-0" else text


def typeset(text: str) -> str:
    r"""Return a number's text, or a mark that stands for numbers, as LaTeX.

    Examples
    --------
    >>> print(typeset("1.5e-7"), typeset("inf"))
    1.5 \times 10^{-7} \infty
    """
    known = {"...": r"\cdots", "PAD": r"\underline{0}", "inf": r"\infty", "-inf": r"-\infty"}
    if text in known:
        return known[text]
    if text == "nan":
        return r"\text{NaN}"
    return re.sub(r"e\+?(-?)0*(\d+)$", r" \\times 10^{\1\2}", text)


def cells(values: Array, digits: int = 4) -> list[list[str]]:
    """Return a matrix's numbers as texts, all with as many places as give the largest four digits.

    Zeros at the end of every number are left out.

    Examples
    --------
    >>> cells(np.array([[1.0, -2.0], [0.5, 0.0]]))
    [['1.0', '-2.0'], ['0.5', '0']]
    >>> cells(np.array([[1.0, -2.0], [1 / 3, 0.0]]))
    [['1.000', '-2.000'], ['0.333', '0']]
    >>> cells(np.array([[1.0, -2.0]]))
    [['1', '-2']]
    """
    finite = values[np.isfinite(values)]
    largest = float(np.abs(finite).max(initial=0.0))
    if largest < 1e6 and bool((finite == np.rint(finite)).all()):
        form = ".0f"
    else:
        places = digits - 1 - math.floor(math.log10(largest))
        form = f".{_needed(finite, max(places, 0))}f" if -2 <= places <= 6 else ".2e"
    return [
        ["0" if v == 0 else f"{v:z{form}}" if math.isfinite(v) else str(v) for v in row]
        for row in values.tolist()
    ]


def _needed(values: Array, places: int) -> int:
    """Return how many of so many places are needed: none for zeros that end every number."""
    rounded = np.round(values, places)
    while places > 1 and bool((np.round(values, places - 1) == rounded).all()):
        places -= 1
    return places


def column(values: Sequence[float]) -> list[str]:
    """Return a column of numbers as texts with the same places."""
    return [text for (text,) in cells(np.array(values, dtype=float).reshape(-1, 1))]


def shortened(rows: list[list[str]], most_columns: int, most_rows: int = 9) -> list[list[str]]:
    """Return the first and last rows and columns of a matrix of texts that is too large."""
    if rows and len(rows[0]) > most_columns:
        rows = [[*row[:OUTER], "...", *row[-OUTER:]] for row in rows]
    if len(rows) > most_rows:
        rows = [*rows[:OUTER], ["..."] * len(rows[0]), *rows[-OUTER:]]
    return rows


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a matrix of texts as lines, each cell as wide as the widest of its matrix."""
    width = max((len(cell) for row in rows for cell in row), default=0)
    return [" ".join(cell.rjust(width) for cell in row) for row in rows]


def clipped(line: str, width: int = WIDTH) -> str:
    """Return a line that is not too long, in plain ASCII."""
    plain = line.encode("ascii", "backslashreplace").decode("ascii")
    return plain if len(plain) <= width else f"{plain[: width - 3]}..."
