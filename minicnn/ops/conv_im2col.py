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
from numpy.lib.stride_tricks import as_strided

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
    bias = None if bias is None else bias.reshape(groups, per_group, 1)
    y = np.empty((batch, groups, per_group, oh * ow), x.dtype)

    def work(some: Iterator[Band]) -> None:
        gather = Gather(window)
        for band in some:
            seen = x[band.images, band.groups]
            out = y[band.images, band.groups, :, band.pixels(ow)]
            if share == 1 and window.stride[0] == 1 and gather.lines_pay(band):
                _sum_taps(gather.lines(seen, band), weight[band.groups], window, out)
            else:
                np.matmul(weight[band.groups], gather.columns(seen, band), out=out)
            if bias is not None:
                out += bias[band.groups]

    steps = channels * kh * kw * oh * ow * (8 + per_group)  # of one picture: copies, products
    pieces = bands(batch, groups, (oh, ow), share * kh * kw * x.itemsize, steps)
    with blas.one_thread:
        most = WORKSPACE // (2 * BAND_BYTES) if batch * steps > SPLIT else 1
        threads.share(work, pieces, most=most)
    return y.reshape(batch, filters, oh, ow)


def _sum_taps(lines: Array, weight: Array, window: Window, out: Array) -> None:
    """Write the depthwise convolution of lines (N, G, 1, KW, rows, columns) to (N, G, O/G, pixels).

    A row further down in the kernel is a line further on: so what a tap sees is a run of the
    lines as they lie, and `einsum` adds up long runs, without columns.
    """
    (kh, kw), step = window.kernel_size, lines.strides
    seen = as_strided(  # (N, G, KH, KW, pixels)
        lines,
        (*lines.shape[:2], kh, kw, out.shape[-1]),
        (*step[:2], step[4] * window.dilation[0], step[3], step[5]),
        writeable=False,
    )
    np.einsum("nguvp,gouv->ngop", seen, weight.reshape(*weight.shape[:2], kh, kw), out=out)
