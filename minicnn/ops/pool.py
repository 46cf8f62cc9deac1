"""Pooling: of each window one number, the largest or the mean; and the way back.

::

    1 3 | 2 0
    4 2 | 6 2      the largest:  4 6      the mean:  2.5 2.5
    ----+----                    8 9                 2.0 9.0
    8 0 | 9 9
    0 0 | 9 9

A window is done axis by axis: the largest of each of its columns first, then the largest of
those. Each step takes one tap of all windows at once, a strided view of the picture.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops.arrays import four_sizes, image_batch
from minicnn.ops.masks import keep
from minicnn.ops.pool_windows import Tap, counts, pool_window, pooled_size, slide, spread, taps
from minicnn.shapes import Array, Pair, Shape, Window


def max_pool2d(
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    *,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Array:
    """Return the largest value of each window; a NaN in a window wins.

    Parameters
    ----------
    x : array (N, C, H, W)
    kernel_size, dilation : int or (rows, columns)
    stride : int or (rows, columns), optional
        By default `kernel_size`: windows side by side.
    padding : int, (rows, columns), ((top, bottom), (left, right)) or four ints
        At most half of the kernel on each side. It is never the largest: like minus infinity.
    ceil_mode : bool
        Whether windows may hang over the end; see `Window`.

    Returns
    -------
    array (N, C, OH, OW)

    Raises
    ------
    ShapeError
        If a window does not fit, or lies on padding with all its taps: it would have no value.
    ConfigError, DTypeError
        For arguments that can never work.

    Examples
    --------
    >>> x = np.array([[1.0, 3, 2, 0], [4, 2, 6, 2], [8, 0, 9, 9], [0, 0, 9, 9]])
    >>> max_pool2d(x[None, None], 2)[0, 0]
    array([[4., 6.],
           [8., 9.]])
    """
    x = image_batch(x, "max_pool2d")
    window = pool_window(kernel_size, stride, padding, dilation, ceil_mode)
    return _largest(x, window, pooled_size(x.shape, window, "max_pool2d"))


def max_pool2d_backward(
    dy: Array,
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    *,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Array:
    """Return the gradient of the input of `max_pool2d`: all of it goes to each window's winner.

    The first of several that are equally large, in the order of reading; the last of several
    NaN. Both as in PyTorch.

    Parameters
    ----------
    dy : array (N, C, OH, OW)
    x, kernel_size, stride, padding, dilation, ceil_mode
        As given to `max_pool2d`.

    Returns
    -------
    array (N, C, H, W)
    """
    x = image_batch(x, "max_pool2d_backward")
    window = pool_window(kernel_size, stride, padding, dilation, ceil_mode)
    y = _largest(x, window, pooled_size(x.shape, window, "max_pool2d_backward"))
    return max_pool2d_backward_by_winners(dy, winners(x, y, window), window, x.shape, x.dtype)


class Winner(NamedTuple):
    """Where one tap of the window saw the largest value: what it saw, and at which stops."""

    rows: Tap
    columns: Tap
    won: Array


def winners(x: Array, y: Array, window: Window) -> list[Winner]:
    """Return for each tap of the window where it wins: all that the way back must know.

    Parameters
    ----------
    x : array (N, C, H, W)
    y : array (N, C, OH, OW)
        The largest values.
    window : Window
    """
    size = y.shape[2], y.shape[3]
    every_tap = product(*(list(taps(window, axis, x.shape, size)) for axis in (0, 1)))
    left = np.ones(y.shape, bool)  # what has no winner yet
    found = []
    for rows, columns in every_tap:
        here = (..., rows.stops, columns.stops)
        won = x[..., rows.pixels, columns.pixels] == y[here]
        won &= left[here]
        left[here] ^= won
        found.append(Winner(rows, columns, won))
    if np.isnan(y).any():
        for rows, columns, won in reversed(found):
            at = left[..., rows.stops, columns.stops]
            last = np.isnan(x[..., rows.pixels, columns.pixels]) & at
            at ^= last
            won |= last
    return found


def max_pool2d_backward_by_winners(
    dy: Array, found: list[Winner], window: Window, input_shape: Shape, dtype: Any
) -> Array:
    """Return the same as `max_pool2d_backward`, of an x that is no longer there."""
    size = window.output_size(input_shape[2], input_shape[3])
    dy = _gradient(dy, (*input_shape[:2], *size), dtype, "max_pool2d_backward")
    dy = np.ascontiguousarray(dy)
    dx = np.zeros(input_shape, dtype)
    overlap = any(np.greater(window.span, window.stride))
    for rows, columns, won in found:
        share = keep(won, dy[..., rows.stops, columns.stops])
        if overlap:
            with np.errstate(all="ignore"):
                dx[..., rows.pixels, columns.pixels] += share
        else:
            dx[..., rows.pixels, columns.pixels] = share
    return dx


def avg_pool2d(
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Return the mean of each window.

    Parameters
    ----------
    x : array (N, C, H, W)
    kernel_size, stride, padding, ceil_mode
        As for `max_pool2d`; padding is zeros.
    count_include_pad : bool
        Whether the zeros of the padding count. What hangs over beyond them never does.

    Returns
    -------
    array (N, C, OH, OW)

    Examples
    --------
    >>> x = np.array([[1.0, 3, 2, 0], [4, 2, 6, 2]])
    >>> avg_pool2d(x[None, None], 2)[0, 0]
    array([[2.5, 2.5]])
    """
    x = image_batch(x, "avg_pool2d")
    window = pool_window(kernel_size, stride, padding, 1, ceil_mode)
    size = pooled_size(x.shape, window, "avg_pool2d")
    sums = slide(np.add, slide(np.add, x, window, 0, size, 0.0), window, 1, size, 0.0)
    sums /= counts(window, x.shape, size, count_include_pad).astype(x.dtype)
    return sums


def avg_pool2d_backward(
    dy: Array,
    input_shape: Shape,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    *,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Return the gradient of the input of `avg_pool2d`: each window's, in equal shares.

    Parameters
    ----------
    dy : array (N, C, OH, OW)
    input_shape : (N, C, H, W)
    kernel_size, stride, padding, ceil_mode, count_include_pad
        As given to `avg_pool2d`.

    Returns
    -------
    array (N, C, H, W)
    """
    shape = four_sizes(input_shape, "avg_pool2d_backward")
    window = pool_window(kernel_size, stride, padding, 1, ceil_mode)
    size = pooled_size(shape, window, "avg_pool2d_backward")
    dy = _gradient(dy, (*shape[:2], *size), None, "avg_pool2d_backward")
    shares = dy / counts(window, shape, size, count_include_pad).astype(dy.dtype)
    return spread(spread(shares, window, 1, shape), window, 0, shape)


def _largest(x: Array, window: Window, size: Pair) -> Array:
    rows = slide(np.maximum, x, window, 0, size, -np.inf)
    return slide(np.maximum, rows, window, 1, size, -np.inf)


def _gradient(dy: Array, shape: Shape, dtype: Any, who: str) -> Array:
    """Return dy in a dtype (None: its own), refusing any other shape than the output's."""
    dy = image_batch(dy, who, "dy")
    if dy.shape != shape:
        raise ShapeError(
            f"{who}: dy does not have the output's shape.\n"
            f"  dy      (N, C, OH, OW) = {dy.shape}\n"
            f"  output                 = {tuple(shape)}"
        )
    return dy if dtype is None else dy.astype(dtype, copy=False)
