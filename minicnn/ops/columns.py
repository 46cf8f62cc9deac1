"""The textbook form of a convolution: the matrix of all patches, and its adjoint.

A filter's weights are a row of C * KH * KW numbers; the patch under the kernel is a column of
just as many. All rows times all columns is every output value at once::

    weight (O, C*KH*KW)  @  columns (C*KH*KW, OH*OW)  =  y (O, OH*OW)

Here the whole matrix is built, to be looked at. `minicnn.ops.conv_im2col` computes with it, a
small part at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops.arrays import four_sizes, image_batch, real_array
from minicnn.ops.pad import pad2d
from minicnn.shapes import Array, Shape, Window


def im2col(
    x: Array, kernel_size: Any, *, stride: Any = 1, padding: Any = 0, dilation: Any = 1
) -> Array:
    """Return every patch under the sliding kernel as a column: the whole matrix.

    Each pixel stands in as many columns as windows see it, so the result is up to KH * KW times
    as large as the picture: that is the price of turning a convolution into one product.

    Parameters
    ----------
    x : array (N, C, H, W)
    kernel_size, stride, dilation : int or (rows, columns)
    padding : int, pair, pair of pairs, four ints, "same" or "valid"
        With zeros.

    Returns
    -------
    array (N, C * KH * KW, OH * OW)
        Rows in the order of ``weight.reshape(O, -1)``, columns in that of the output's pixels.

    Examples
    --------
    >>> x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    >>> im2col(x, 2)[0]                   # four patches of 2 x 2, each a column
    array([[1., 2., 4., 5.],
           [2., 3., 5., 6.],
           [4., 5., 7., 8.],
           [5., 6., 8., 9.]])
    """
    x = image_batch(x, "im2col")
    window = Window.over(x.shape[2], x.shape[3], kernel_size, stride, padding, dilation)
    oh, ow = window.output_size(x.shape[2], x.shape[3])
    padded = pad2d(x, window.padding)
    (kh, kw), (batch, channels) = window.kernel_size, x.shape[:2]
    columns = np.empty((batch, channels, kh, kw, oh, ow), x.dtype)
    for u in range(kh):
        for v in range(kw):
            columns[:, :, u, v] = padded[:, :, *tap(window, u, v, slice(0, oh), ow)]
    return columns.reshape(batch, channels * kh * kw, oh * ow)


def col2im(
    columns: Array,
    input_shape: Shape,
    kernel_size: Any,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
) -> Array:
    """Return the picture in which each column's numbers are added back to where they came from.

    The adjoint of `im2col`, not its inverse: a pixel that stood in several columns gets the sum.

    Parameters
    ----------
    columns : array (N, C * KH * KW, OH * OW)
    input_shape : (N, C, H, W)
        The shape of the picture that `im2col` took.
    kernel_size, stride, padding, dilation
        As given to `im2col`.

    Returns
    -------
    array (N, C, H, W)

    Examples
    --------
    >>> ones = im2col(np.ones((1, 1, 3, 3)), 2)
    >>> col2im(ones, (1, 1, 3, 3), 2)[0, 0]      # how many patches each pixel is part of
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    columns = real_array(columns, "col2im", "columns")
    batch, channels, height, width = four_sizes(input_shape, "col2im")
    window = Window.over(height, width, kernel_size, stride, padding, dilation)
    (oh, ow), (kh, kw) = window.output_size(height, width), window.kernel_size
    expected = (batch, channels * kh * kw, oh * ow)
    if columns.shape != expected:
        raise ShapeError(
            f"col2im: the columns do not fit the picture.\n"
            f"  columns  (N, C*KH*KW, OH*OW) = {columns.shape}\n"
            f"  expected                     = {expected}, for a picture {tuple(input_shape)}"
        )
    taps = columns.reshape(batch, channels, kh, kw, oh, ow)
    padded = np.zeros((batch, channels, *window.padded_size(height, width)), columns.dtype)
    with np.errstate(all="ignore"):
        for u in range(kh):
            for v in range(kw):
                padded[:, :, *tap(window, u, v, slice(0, oh), ow)] += taps[:, :, u, v]
    (top, _), (left, _) = window.padding
    return padded[:, :, top : top + height, left : left + width].copy()


def tap(window: Window, u: int, v: int, stops: slice, ow: int) -> tuple[slice, slice]:
    """Return the rows and columns that tap (u, v) of the kernel sees, over some output rows."""
    (sh, sw), (dh, dw) = window.stride, window.dilation
    top, last = stops.start * sh + u * dh, (stops.stop - 1) * sh + u * dh
    return slice(top, last + 1, sh), slice(v * dw, v * dw + (ow - 1) * sw + 1, sw)
