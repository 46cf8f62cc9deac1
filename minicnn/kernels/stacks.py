"""Kernels of several sizes as one array."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ConfigError, LimitError, ShapeError, short
from minicnn.kernels.choose import as_kernels
from minicnn.kernels.record import Kernel
from minicnn.shapes import Array, Pair, pair

_MOST_BYTES = 2**30


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
