"""Adaptive pooling: so many means as are asked for, whatever the picture's size."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops.arrays import check_bytes, four_sizes, image_batch
from minicnn.shapes import Array, Pair, Shape, integer

OutputSize: TypeAlias = tuple[int | None, int | None]
"""Rows and columns; None: as many as the picture has."""


def adaptive_avg_pool2d(x: Array, output_size: Any) -> Array:
    """Return the means of output_size parts of each map, as equal as they can be.

    Part i of n along an axis of H pixels goes from floor(i * H / n) up to, not including,
    ceil((i + 1) * H / n): where n does not divide H, neighbours share a pixel.

    Parameters
    ----------
    x : array (N, C, H, W)
    output_size : int or (rows, columns)
        None in the place of rows or columns: as many as there are.

    Returns
    -------
    array (N, C, rows, columns)

    Examples
    --------
    >>> x = np.array([[[[1.0, 2.0, 3.0, 4.0, 5.0]]]])
    >>> adaptive_avg_pool2d(x, (1, 2))            # 1 2 3, and 3 4 5
    array([[[[2., 4.]]]])
    """
    x = np.ascontiguousarray(image_batch(x, "adaptive_avg_pool2d"))
    size = adaptive_size(x.shape, output_size, "adaptive_avg_pool2d")
    check_bytes("adaptive_avg_pool2d", (*x.shape[:2], *size), x.dtype, None)
    y, columns = np.empty((*x.shape[:2], *size), x.dtype), bins(x.shape[3], size[1])
    with np.errstate(all="ignore"):
        for i, (top, bottom) in enumerate(bins(x.shape[2], size[0])):
            rows = x[:, :, top:bottom].sum(axis=2)  # (N, C, W)
            for j, (left, right) in enumerate(columns):
                y[:, :, i, j] = rows[:, :, left:right].sum(axis=2)
                y[:, :, i, j] /= (bottom - top) * (right - left)
    return y


def adaptive_avg_pool2d_backward(dy: Array, input_shape: Shape) -> Array:
    """Return the gradient of the input of `adaptive_avg_pool2d`: each part's, in equal shares.

    Parameters
    ----------
    dy : array (N, C, rows, columns)
    input_shape : (N, C, H, W)

    Returns
    -------
    array (N, C, H, W)
    """
    dy = image_batch(dy, "adaptive_avg_pool2d_backward", "dy")
    shape = four_sizes(input_shape, "adaptive_avg_pool2d_backward")
    if shape[:2] != dy.shape[:2] or 0 in (*shape[2:], *dy.shape[2:]):
        raise ShapeError(
            f"adaptive_avg_pool2d_backward: dy {dy.shape} does not belong to a picture {shape}"
        )
    check_bytes("adaptive_avg_pool2d_backward", shape, dy.dtype, None)
    dx = np.zeros(shape, dy.dtype)
    columns = bins(dx.shape[3], dy.shape[3])
    with np.errstate(all="ignore"):
        for i, (top, bottom) in enumerate(bins(dx.shape[2], dy.shape[2])):
            for j, (left, right) in enumerate(columns):
                share = dy[:, :, i, j] / dy.dtype.type((bottom - top) * (right - left))
                dx[:, :, top:bottom, left:right] += share[:, :, None, None]
    return dx


def bins(size: int, parts: int) -> list[Pair]:
    """Return where each part of an axis begins, and where it has ended.

    Examples
    --------
    >>> bins(5, 2)
    [(0, 3), (2, 5)]
    """
    return [(i * size // parts, -(-(i + 1) * size // parts)) for i in range(parts)]


def adaptive_size(input_shape: Shape, output_size: Any, who: str) -> Pair:
    """Return the output's (rows, columns) for a picture of this shape.

    Raises
    ------
    ShapeError
        If the picture has no pixels.
    """
    height, width = input_shape[2:]
    if not height or not width:
        raise ShapeError(
            f"{who}: there is nothing to average.\n  x (N, C, H, W) = {tuple(input_shape)}"
        )
    rows, columns = output_pair(output_size)
    return height if rows is None else rows, width if columns is None else columns


def output_pair(value: Any) -> OutputSize:
    """Return an output_size as (rows, columns); either may be None."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        value = (value, value)
    rows, columns = (None if one is None else integer("output_size", one, least=1) for one in value)
    return rows, columns
