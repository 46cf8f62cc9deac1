"""Convolution as one matrix product: lay every patch out as a column, then multiply.

`minicnn.ops.columns` shows the idea with the whole matrix, which repeats each pixel up to
KH * KW times. Here it is never whole: a band of outputs is taken at a time, its columns are
copied to a buffer that fits the processor's cache, and the product goes straight to its place.

Columns stand as (C * KH * KW, pixels): so the product comes in the output's own order, and each
copy runs along a row of the picture (`minicnn.ops.gather`).

Where each channel has filters of its own (depthwise), a matrix product has next to nothing to do
for what it costs to copy its columns: there the taps are multiplied and summed where they lie.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from minicnn.ops import blas, threads
from minicnn.ops.bands import BAND_BYTES, SPLIT, Band, bands
from minicnn.ops.gather import Gather
from minicnn.shapes import Array, Pair, Window

WORKSPACE = 16 << 20
"""No more threads are used than have their buffers within so many bytes."""


def supports(kernel_size: Pair, stride: Pair, dilation: Pair) -> bool:
    """Say whether this algorithm can do it: it always can."""
    return True


def correlate(x: Array, weight: Array, stride: Pair, dilation: Pair) -> Array:
    """Return the convolution of `x` with `weight`.

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
    return convolve(x, weight, None, Window(weight.shape[2:], stride, 0, dilation))


def convolve(x: Array, weight: Array, bias: Array | None, window: Window) -> Array:
    """Return the convolution with its padding and its bias, both done band by band.

    Parameters
    ----------
    x : array (N, C, H, W)
        Not padded.
    weight : array (O, C // groups, KH, KW)
    bias : array (O,) or None
    window : Window

    Returns
    -------
    array (N, O, OH, OW)
    """
    (batch, channels, height, width), (filters, share, kh, kw) = x.shape, weight.shape
    groups, per_group = channels // share, filters * share // channels
    oh, ow = window.output_size(height, width)
    x = x.reshape(batch, groups, share, height, width)
    weight = weight.reshape(groups, per_group, share * kh * kw)
    depthwise = share == per_group == window.stride[0] == 1
    if bias is not None:  # one weight more, for a pixel that is always one
        weight = np.concatenate((weight, bias.reshape(groups, per_group, 1)), axis=2)
    y = np.empty((batch, groups, per_group, oh * ow), x.dtype)

    def work(some: Iterator[Band]) -> None:
        gather = Gather(window, ones=bias is not None)
        for band in some:
            seen, rows = x[band.images, band.groups], weight[band.groups]
            out = y[band.images, band.groups, :, band.pixels(ow)]
            if depthwise and gather.lines_pay(band):
                _sum_taps(gather.lines(seen, band), rows, window, out)
            else:
                np.matmul(rows, gather.columns(seen, band), out=out)

    steps = channels * kh * kw * oh * ow * (8 + per_group)  # of one picture: copies, products
    pixel_bytes = share * kw * x.itemsize * (1 if depthwise else kh)
    pieces = bands(batch, groups, (oh, ow), pixel_bytes, steps)
    with blas.one_thread:
        most = WORKSPACE // (3 * BAND_BYTES) if batch * steps > SPLIT else 1
        threads.share(work, pieces, most=most)
    return y.reshape(batch, filters, oh, ow)


def _sum_taps(lines: Array, weight: Array, window: Window, out: Array) -> None:
    """Write the depthwise convolution of lines (N, G, 1, KW, rows, columns) to (N, G, 1, pixels).

    One row down in the kernel is one line on: so what a tap sees is a run of the lines as they
    lie, and `einsum` sums long runs, without columns.
    """
    (kh, kw), dh = window.kernel_size, window.dilation[0]
    image, group, _, across, down, pixel = lines.strides
    shape = (*lines.shape[:2], kh, kw, out.shape[3])
    strides = (image, group, down * dh, across, pixel)
    seen: Array = np.ndarray(shape, lines.dtype, lines, 0, strides)  # (N, G, KH, KW, pixels)
    taps = weight[:, 0, : kh * kw].reshape(-1, kh, kw)
    np.einsum("nguvp,guv->ngp", seen, taps, out=out[:, :, 0])
    if weight.shape[2] > kh * kw:
        out += weight[:, :, -1:]  # the bias
