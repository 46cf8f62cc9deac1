"""Convolution as one matrix product: lay every patch out as a column, then multiply.

A filter's weights are a row of C * KH * KW numbers; the patch under the kernel is a column of
just as many. All rows times all columns is every output value at once::

    weight (O, C*KH*KW)  @  columns (C*KH*KW, OH*OW)  =  y (O, OH*OW)

`im2col` shows the whole matrix of columns, which repeats each pixel up to KH * KW times.
`correlate` never builds it whole: it takes a band of output rows at a time, small enough for the
processor's cache, in a buffer of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops.arrays import image_batch, real_array
from minicnn.ops.pad import pad2d
from minicnn.shapes import Array, Pair, Shape, Window, integer

BAND_BYTES = 1 << 20
"""The size of the column buffer: with the shapes, all that decides how high a band is."""


def supports(kernel_size: Pair, stride: Pair, dilation: Pair) -> bool:
    """Say whether this algorithm can do it: it always can."""
    return True


def correlate(x: Array, weight: Array, stride: Pair, dilation: Pair) -> Array:
    """Return the convolution of `x` with `weight`, a band of columns at a time.

    The band's size follows from the shapes and `BAND_BYTES` alone, and a picture's bands do not
    depend on its neighbours in the batch: so the same picture always gives the same bits.

    Parameters
    ----------
    x : array (N, C, H, W)
        Padded already.
    weight : array (O, C // groups, KH, KW)
    stride, dilation : (rows, columns)

    Returns
    -------
    array (N, O, OH, OW)
    """
    batch, channels, height, width = x.shape
    filters, group_channels, kh, kw = weight.shape
    groups = channels // group_channels
    window = Window((kh, kw), stride, 0, dilation)
    oh, ow = window.output_size(height, width)

    rows_of_weight = weight.reshape(groups, filters // groups, -1)  # (G, O/G, K)
    y = np.empty((batch, groups, filters // groups, oh * ow), x.dtype)
    images, rows = _band(channels * kh * kw * ow * x.itemsize, oh, batch)
    buffer = np.empty(images * channels * kh * kw * rows * ow, x.dtype)
    for first in range(0, batch, images):
        for top in range(0, oh, rows):
            pictures, stops = x[first : first + images], slice(top, min(top + rows, oh))
            columns = _gather(pictures, window, stops, ow, buffer)
            columns = columns.reshape(len(pictures), groups, group_channels * kh * kw, -1)
            band = y[first : first + images, :, :, top * ow : stops.stop * ow]
            np.matmul(rows_of_weight, columns, out=band)
    return y.reshape(batch, filters, oh, ow)


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
    columns = _gather(padded, window, slice(0, oh), ow, None)
    return columns.reshape(x.shape[0], -1, oh * ow)


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
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 4:
        raise ShapeError(f"col2im: input_shape must be (N, C, H, W), got {input_shape!r}")
    batch, channels, height, width = (
        integer(f"input_shape[{axis}]", size, least=0) for axis, size in enumerate(input_shape)
    )
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


def _gather(x: Array, window: Window, stops: slice, ow: int, buffer: Array | None) -> Array:
    """Copy what each tap sees: (N, C, KH, KW, rows, OW), C-contiguous, in the buffer if given.

    Always a copy: a view that needs none would hand BLAS another memory layout, and the last bit
    of the result would depend on how the caller's array happens to be stored.
    """
    (kh, kw), rows = window.kernel_size, stops.stop - stops.start
    shape = (*x.shape[:2], kh, kw, rows, ow)
    if buffer is None:
        columns = np.empty(shape, x.dtype)
    else:
        columns = buffer[: int(np.prod(shape))].reshape(shape)
    for u in range(kh):
        for v in range(kw):
            columns[:, :, u, v] = x[:, :, *tap(window, u, v, stops, ow)]
    return columns


def _band(bytes_per_row: int, oh: int, batch: int) -> Pair:
    """Return how many (images, output rows) share a band of about `BAND_BYTES`."""
    rows = max(1, min(oh, BAND_BYTES // max(1, bytes_per_row)))
    images = BAND_BYTES // max(1, bytes_per_row * oh) if rows == oh else 1
    return max(1, min(batch, images)), rows
