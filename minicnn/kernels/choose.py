"""From what a caller writes to kernels: names, matrices, mappings, and lists of them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from numbers import Number
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, DTypeError, ShapeError, short
from minicnn.kernels.bank import named
from minicnn.kernels.record import Kernel, real_numbers
from minicnn.shapes import Array

UNNAMED = "custom"


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
        else Kernel(UNNAMED if unnamed == 1 else f"{UNNAMED}_{next(numbers)}", item)
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
    if depth == 2:
        raise ShapeError(
            f"kernels: too many lists within lists; expected a matrix (KH, KW), a stack "
            f"(O, KH, KW) or a list of these, with {short(what)} somewhere within"
        )
    items = list(what)
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
    if not isinstance(value, Kernel | str):
        return Kernel(name, value)
    kernels = (value,) if isinstance(value, Kernel) else named(value)
    if len(kernels) != 1:
        raise ConfigError(f"the name {short(name)} must stand for one kernel, got {len(kernels)}")
    return kernels[0].renamed(name)
