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

from typing import Any

import numpy as np

from minicnn.ops.arrays import came_back, four_sizes, image_batch
from minicnn.ops.pool_windows import counts, pool_window, pooled_size, slide, spread
from minicnn.ops.pool_winners import largest, largest_and_winners, send_to_winners
from minicnn.shapes import Array, Shape


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
    return largest(x, window, pooled_size(x.shape, window, "max_pool2d"))


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
    size = pooled_size(x.shape, window, "max_pool2d_backward")
    dy = came_back(dy, (*x.shape[:2], *size), x.dtype, "max_pool2d_backward")
    return send_to_winners(dy, largest_and_winners(x, window, size)[1], window, x.shape)


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
    dy = came_back(dy, (*shape[:2], *size), None, "avg_pool2d_backward")
    shares = dy / counts(window, shape, size, count_include_pad).astype(dy.dtype)
    return spread(spread(shares, window, 1, shape), window, 0, shape)
