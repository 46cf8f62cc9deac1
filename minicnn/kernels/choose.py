"""From what a caller writes to kernels: names, matrices, texts, and stacks of them."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Collection, Mapping
from numbers import Number
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, DTypeError, LimitError, ShapeError
from minicnn.kernels.bank import named
from minicnn.kernels.record import Kernel, real_numbers, short
from minicnn.shapes import Array, Pair, pair

_UNNAMED = "custom"
_MOST_BYTES = 2**30
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_NAMED_MATRIX = re.compile(r"\s*([^\W\d][\w.+-]*)\s*=(.*)", re.DOTALL)
_FACTOR = re.compile(r"\s*([^\s*]+)\s*\*(.*)", re.DOTALL)


def as_kernels(what: Any) -> tuple[Kernel, ...]:
    """Return the kernels that a caller means: one's own matrix is as easy as a preset.

    Parameters
    ----------
    what : Kernel, str, array, mapping, or a collection of any of these
        A `Kernel`; the name of a kernel, a family or a stack ("sobel_x", "kirsch", "edges"); a
        matrix (KH, KW) as an array or nested list; a stack of matrices (O, KH, KW); a mapping
        from names to matrices, kernels or names of kernels.

    Returns
    -------
    tuple of Kernel
        At least one. A matrix without a name is called "custom", several "custom_1", "custom_2".

    Raises
    ------
    ConfigError
        For an unknown name (the message lists close ones), or nothing at all.
    ShapeError, DTypeError
        For a matrix that is none.

    Examples
    --------
    >>> [kernel.name for kernel in as_kernels(["sobel_x", [[0, 1], [-1, 0]], "scharr"])]
    ['sobel_x', 'custom', 'scharr_x', 'scharr_y']
    >>> as_kernels({"mine": [[1, 0, -1]]})[0].shape
    (1, 3)
    """
    found = _collect(what, depth=0)
    if not found:
        raise ConfigError("no kernels were given; name at least one, such as 'sobel_x' or 'edges'")
    unnamed = sum(not isinstance(item, Kernel) for item in found)
    numbers = itertools.count(1)
    return tuple(
        item
        if isinstance(item, Kernel)
        else Kernel(_UNNAMED if unnamed == 1 else f"{_UNNAMED}_{next(numbers)}", item)
        for item in found
    )


def _collect(what: Any, depth: int) -> list[Kernel | Array]:
    if isinstance(what, Kernel):
        return [what]
    if isinstance(what, str):
        return list(named(what))
    if isinstance(what, Mapping):
        return [_called(name, value) for name, value in what.items()]
    if hasattr(what, "__array__"):
        return _matrices(what)
    if not isinstance(what, Collection) or isinstance(what, bytes | bytearray | memoryview):
        raise DTypeError(
            f"expected a kernel, a name, a matrix, or a list of these; got {short(what)}"
        )
    items = list(what)
    if depth == 2:
        raise ShapeError(
            f"kernels: too many lists within lists; expected a matrix (KH, KW), a stack "
            f"(O, KH, KW) or a list of these, with {short(what)} somewhere within"
        )
    if _is_matrix(items):
        return _matrices(items)
    return [kernel for item in items for kernel in _collect(item, depth + 1)]


def _is_matrix(items: list[Any]) -> bool:
    """Say whether these are rows of numbers (or bare numbers), not kernels."""
    return bool(items) and all(
        _is_number(item)
        or (isinstance(item, np.ndarray) and item.ndim == 1)
        or (isinstance(item, list | tuple) and all(map(_is_number, item)))
        for item in items
    )


def _is_number(value: Any) -> bool:
    """Say whether it stands for a number, good or bad: `real_numbers` says what is wrong."""
    is_scalar = isinstance(value, Number | np.generic) or value is None
    return is_scalar and not isinstance(value, str)


def _matrices(what: Any) -> list[Kernel | Array]:
    array = real_numbers(what, "kernels")
    if array.ndim > 3:
        raise ShapeError(
            f"kernels: expected a matrix (KH, KW) or a stack (O, KH, KW); "
            f"got shape {array.shape}.\n"
            f"  A weight (O, C, KH, KW) is not a stack of kernels: give one channel of it."
        )
    return list(array) if array.ndim == 3 else [array]


def _called(name: Any, value: Any) -> Kernel:
    if not isinstance(name, str):
        raise ConfigError(f"a kernel's name must be a text, got {short(name)}")
    found = _collect(value, depth=1)
    if len(found) != 1:
        raise ConfigError(f"the name {short(name)} must stand for one kernel, got {len(found)}")
    kernel = found[0]
    return kernel.renamed(name) if isinstance(kernel, Kernel) else Kernel(name, kernel)


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
    match = _NAMED_MATRIX.fullmatch(text)
    if match:
        return (Kernel(match[1], _read_matrix(match[2])),)
    if ";" in text or "[" in text or "*" in text or _looks_numeric(text):
        return (Kernel(_UNNAMED, _read_matrix(text)),)
    return as_kernels(text.replace(",", " ").split())


def _looks_numeric(text: str) -> bool:
    first = text.replace(",", " ").split()[:1]
    return bool(first) and first[0][0] in "+-.0123456789"


def _read_matrix(text: str) -> Array:
    factor = 1.0
    match = _FACTOR.fullmatch(text)
    if match:
        factor, text = _number(match[1], "the factor"), match[2]
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
        return np.array(values) * factor


def _row(text: str, number: int) -> list[float]:
    tokens = text.replace(",", " ").split()
    if not tokens:
        raise ConfigError(f"row {number} of the matrix is empty; divide rows by one ';'")
    return [_number(token, f"row {number}") for token in tokens]


def _number(token: str, where: str) -> float:
    over, slash, below = token.partition("/")
    parts = [over, below] if slash else [over]
    if not all(_NUMBER.fullmatch(part) for part in parts):
        raise ConfigError(
            f"{where}: {short(token)} is not a number; write 2, -0.5, 1e-3 or 1/9 "
            f"(names and matrices do not mix in one text)."
        )
    top, bottom = float(over), float(below) if slash else 1.0
    if bottom == 0:
        raise ConfigError(f"{where}: {short(token)} divides by zero.")
    if not math.isfinite(top / bottom):
        raise ConfigError(f"{where}: {short(token)} is too large.")
    return top / bottom


def embed(kernel: Any, size: Any) -> Array:
    """Return one kernel's values in the middle of a larger matrix of zeros.

    The pixel that the kernel is about, row (KH - 1) // 2 and column (KW - 1) // 2, stays that
    pixel: with padding "same" the larger kernel gives the same feature map as the kernel itself.

    Parameters
    ----------
    kernel : Kernel, name or matrix (KH, KW)
        Exactly one.
    size : int or (rows, columns)
        At least the kernel's own.

    Returns
    -------
    array (rows, columns), float64
        A new array.

    Examples
    --------
    >>> embed([[1, 2], [3, 4]], 4).astype(int)
    array([[0, 0, 0, 0],
           [0, 1, 2, 0],
           [0, 3, 4, 0],
           [0, 0, 0, 0]])
    """
    kernels = as_kernels(kernel)
    if len(kernels) != 1:
        raise ConfigError(f"embed takes one kernel, got {len(kernels)}; use stack for several")
    return _embedded(kernels[0], pair("size", size, least=1))


def _embedded(kernel: Kernel, size: Pair) -> Array:
    if kernel.shape[0] > size[0] or kernel.shape[1] > size[1]:
        raise ShapeError(
            f"kernel {kernel.name!r} is larger than the size to embed it in.\n"
            f"  kernel (KH, KW) = {kernel.shape}\n"
            f"  size            = {size}"
        )
    _check_room(1, size)
    values = np.zeros(size)
    top, left = (
        (large - 1) // 2 - (small - 1) // 2 for large, small in zip(size, kernel.shape, strict=True)
    )
    values[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel.values
    return values


def stack(kernels: Any) -> Array:
    """Return kernels as one array; smaller ones are embedded in zeros, see `embed`.

    Parameters
    ----------
    kernels : anything that `as_kernels` reads

    Returns
    -------
    array (O, KH, KW), float64
        A new array; KH and KW are the largest ones.

    Examples
    --------
    >>> stack(["sobel_x", "roberts", "gaussian_5x5"]).shape
    (4, 5, 5)
    """
    found = as_kernels(kernels)
    rows = max(kernel.shape[0] for kernel in found)
    columns = max(kernel.shape[1] for kernel in found)
    _check_room(len(found), (rows, columns))
    return np.stack([_embedded(kernel, (rows, columns)) for kernel in found])


def _check_room(count: int, size: Pair) -> None:
    if 8 * count * size[0] * size[1] > _MOST_BYTES:
        raise LimitError(
            f"stack: {count} x (KH, KW) = {count} x {short(size)} float64 values would take more "
            f"than {_MOST_BYTES // 2**30} GiB."
        )
