"""The gradient of a convolution: two more convolutions, of what came back.

- Of the input: a pixel's value went through every tap that saw it, so what comes back to it is a
  sum over the same taps, in reverse: `dy` convolved with the kernel turned by half, filters and
  channels exchanged. Where the window took steps, the gaps are left by `col2im`.
- Of the weight: what a tap saw, times what came back, summed over all places: the columns of
  `im2col`, band by band, times the rows of `dy`.
- Of the bias: what came back, summed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops import blas, threads
from minicnn.ops.arrays import image_batch
from minicnn.ops.bands import SPLIT, bands
from minicnn.ops.columns import col2im
from minicnn.ops.conv import conv2d
from minicnn.ops.conv_check import check_call
from minicnn.ops.gather import Gather
from minicnn.shapes import Array, Padding, Shape, Window

BAND_BYTES = 1 << 20
"""The size of a buffer of columns."""

SUMS = 4
"""The weight's gradient is summed in so many parts, whatever the number of threads."""


def conv2d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    *,
    stride: Any = 1,
    padding: Padding = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[Array, Array, Array]:
    """Return the gradients of the input, the weight and the bias of `conv2d`.

    Parameters
    ----------
    dy : array (N, O, OH, OW)
        The gradient of the output.
    x, weight, stride, padding, dilation, groups
        As given to `conv2d`.

    Returns
    -------
    dx : array (N, C, H, W)
    dweight : array (O, C // groups, KH, KW)
    dbias : array (O,)

    Raises
    ------
    ShapeError, DTypeError, ConfigError

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, chapter 4.

    Examples
    --------
    >>> x, weight = np.array([[[[1.0, 2, 3]]]]), np.array([[[[10.0, 20]]]])
    >>> dx, dweight, dbias = conv2d_backward(np.ones((1, 1, 1, 2)), x, weight)
    >>> dx, dweight, dbias      # 2 was seen by both taps; the first tap saw 1 + 2, the other 2 + 3
    (array([[[[10., 30., 20.]]]]), array([[[[3., 5.]]]]), array([2.]))
    """
    call = check_call(x, weight, None, stride, padding, dilation, groups)
    dy = image_batch(dy, "conv2d_backward", "dy")
    if dy.shape != call.output_shape:
        raise ShapeError(
            f"conv2d_backward: dy does not have the output's shape.\n"
            f"  dy      (N, O, OH, OW) = {dy.shape}\n"
            f"  output                 = {call.output_shape}"
        )
    dy = np.ascontiguousarray(dy, call.x.dtype)
    by_group = call.weight.reshape(groups, -1, *call.weight.shape[1:])
    with np.errstate(all="ignore"):
        dweight = _of_weight(dy, call.x, by_group, call.window)
        if call.window.stride == (1, 1):
            dx = _of_input(dy, by_group, call.window)
        else:
            dx = _of_input_with_gaps(dy, call.x.shape, by_group, call.window)
    return dx, dweight, dy.sum(axis=(0, 2, 3))


def _of_input(dy: Array, weight: Array, window: Window) -> Array:
    """Return the gradient of the input of a convolution without gaps, by a convolution."""
    groups, _, share = weight.shape[:3]
    turned = weight.swapaxes(1, 2)[..., ::-1, ::-1]  # (G, C/G, O/G, KH, KW)
    turned = turned.reshape(groups * share, -1, *weight.shape[3:])
    padding, kept = [], []
    for span, ends, size in zip(window.span, window.padding, dy.shape[2:], strict=True):
        reach = [span - 1 - end for end in ends]  # below 0: outputs that saw but padding
        padding.append(tuple(max(0, r) for r in reach))
        kept.append(slice(max(0, -reach[0]), size - max(0, -reach[1])))
    dy = dy[:, :, kept[0], kept[1]]
    return conv2d(dy, turned, padding=padding, dilation=window.dilation, groups=groups)


def _of_input_with_gaps(dy: Array, shape: Shape, weight: Array, window: Window) -> Array:
    """Return the gradient of the input, some pictures at a time: columns, added where they go."""
    groups, per_group = weight.shape[:2]
    matrix = np.ascontiguousarray(weight.reshape(groups, per_group, -1).swapaxes(1, 2))
    rows = dy.reshape(len(dy), groups, per_group, dy.shape[2] * dy.shape[3])
    dx = np.empty(shape, dy.dtype)
    picture_bytes = groups * matrix.shape[1] * rows.shape[3] * dy.itemsize
    some = max(1, BAND_BYTES // max(1, picture_bytes))

    def work(pieces: Iterator[int]) -> None:
        for first in pieces:
            part = slice(first, first + some)
            columns = (matrix @ rows[part]).reshape(-1, groups * matrix.shape[1], rows.shape[3])
            dx[part] = col2im(
                columns,
                (len(columns), *shape[1:]),
                window.kernel_size,
                stride=window.stride,
                padding=window.padding,
                dilation=window.dilation,
            )

    most = None if len(dy) * picture_bytes > SPLIT else 1
    with blas.one_thread:
        threads.share(work, range(0, len(dy), some), most=most)
    return dx


def _of_weight(dy: Array, x: Array, weight: Array, window: Window) -> Array:
    """Return the gradient of the weight, (O, C // groups, KH, KW)."""
    groups, per_group, share, kh, kw = weight.shape
    batch, (height, width), (oh, ow) = len(x), x.shape[2:], dy.shape[2:]
    x = x.reshape(batch, groups, share, height, width)
    rows = dy.reshape(batch, groups, per_group, oh * ow)
    steps = groups * share * kh * kw * oh * ow * (8 + per_group)
    pixel_bytes = share * kh * kw * x.itemsize
    pieces = list(bands(batch, groups, (oh, ow), pixel_bytes, BAND_BYTES, steps))
    parts = SUMS if batch * steps > SPLIT else 1
    sums = np.zeros((parts, groups, per_group, kh * share * kw), x.dtype)

    def work(some: Iterator[int]) -> None:
        gather = Gather(window, ones=False)
        for part in some:
            for band in pieces[part::parts]:
                images, some_groups, _, _ = band
                columns = gather.columns(x[images, some_groups], band)
                came_back = rows[images, some_groups, :, band.pixels(ow)]
                products = came_back @ columns.swapaxes(2, 3)  # (N, G, O/G, KH*C/G*KW)
                sums[part, some_groups] += products.sum(axis=0)

    with blas.one_thread:
        threads.share(work, range(parts))
    by_lines = sums.sum(axis=0).reshape(groups * per_group, kh, share, kw)
    return np.ascontiguousarray(by_lines.swapaxes(1, 2))
