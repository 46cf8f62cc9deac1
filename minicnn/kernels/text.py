"""From a text, as it is typed on a command line, to kernels."""

from __future__ import annotations

import math
import re

import numpy as np

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.kernels.choose import UNNAMED, as_kernels
from minicnn.kernels.record import Kernel
from minicnn.shapes import Array

_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_NAMED_MATRIX = r"(?s)\s*([^\W\d][\w.+-]*)\s*=(.*)"
_FACTOR = r"(?s)\s*([^\s*]+)\s*\*(.*)"


def parse(text: str) -> tuple[Kernel, ...]:
    """Return the kernels that a text means, as it is typed on a command line.

    Parameters
    ----------
    text : str
        Names, divided by commas or blanks: ``sobel_x, prewitt_y`` or ``edges``. Or one matrix,
        rows divided by ``;`` and values by blanks or commas: ``0 -1 0; -1 4 -1; 0 -1 0``.
        Fractions are numbers (``1/9``), a factor may stand in front
        (``1/9 * 1 1 1; 1 1 1; 1 1 1``), and so may a name (``mine = 1 0 -1``). Brackets, as
        Python and NumPy print them, do no harm. Nothing is ever evaluated as code.

    Raises
    ------
    ConfigError
        For an unknown name, or for a value that is not a number, and where.
    ShapeError
        For rows of different lengths.

    Examples
    --------
    >>> parse("mine = 1/4 * 1 2 1")[0].values.tolist()
    [[0.25, 0.5, 0.25]]
    >>> [kernel.name for kernel in parse("sobel_x, roberts")]
    ['sobel_x', 'roberts_se', 'roberts_sw']
    >>> parse("1 0 -1; 2 zero -2")
    Traceback (most recent call last):
    minicnn.errors.ConfigError: row 2: 'zero' is not a number; write 2, -0.5, 1e-3 or 1/9 ...
    """
    if not isinstance(text, str):
        raise ConfigError(
            f"expected a text such as 'sobel_x' or '0 -1 0; -1 4 -1', got {short(text)}"
        )
    if not text.strip():
        raise ConfigError("no kernels were given; write names such as 'edges', or a matrix")
    match = re.fullmatch(_NAMED_MATRIX, text)
    if match:
        return (Kernel(match[1], _read_matrix(match[2])),)
    if ";" in text or "[" in text or "*" in text or _looks_numeric(text):
        return (Kernel(UNNAMED, _read_matrix(text)),)
    return as_kernels(text.replace(",", " ").split())


def _looks_numeric(text: str) -> bool:
    first = text.replace(",", " ").split()[:1]
    return bool(first) and first[0][0] in "+-.0123456789"


def _read_matrix(text: str) -> Array:
    over, below = 1.0, 1.0
    match = re.fullmatch(_FACTOR, text)
    if match:
        (over, below), text = _fraction(match[1], "the factor"), match[2]
    if text.count("[") != text.count("]"):
        raise ConfigError("the matrix has brackets that do not match; none are needed")
    text = re.sub(r"\]\s*,?\s*\[", ";", text).strip().lstrip("[").rstrip("]")
    rows = re.split(r"[;\n]", text.strip().removesuffix(";"))
    values = [_row(row, number) for number, row in enumerate(rows, start=1)]
    for number, row in enumerate(values, start=1):
        if len(row) != len(values[0]):
            raise ShapeError(
                f"all rows must have the same length: row 1 has {len(values[0])}, "
                f"row {number} has {len(row)}."
            )
    with np.errstate(all="ignore"):  # Kernel refuses what is not finite
        return np.array(values) * over / below


def _row(text: str, number: int) -> list[float]:
    tokens = text.replace(",", " ").split()
    if not tokens:
        raise ConfigError(f"row {number} of the matrix is empty; divide rows by one ';'")
    return [_number(token, f"row {number}") for token in tokens]


def _number(token: str, where: str) -> float:
    over, below = _fraction(token, where)
    return over / below


def _fraction(token: str, where: str) -> tuple[float, float]:
    over, slash, below = token.partition("/")
    parts = [over, below] if slash else [over]
    if not all(re.fullmatch(_NUMBER, part) for part in parts):
        raise ConfigError(
            f"{where}: {short(token)} is not a number; write 2, -0.5, 1e-3 or 1/9 "
            f"(names and matrices do not mix in one text)."
        )
    top, bottom = float(over), float(below) if slash else 1.0
    if bottom == 0:
        raise ConfigError(f"{where}: {short(token)} divides by zero.")
    if not math.isfinite(top / bottom):
        raise ConfigError(f"{where}: {short(token)} is too large.")
    return top, bottom
