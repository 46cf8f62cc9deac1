"""Convolution as matrix products: lay every patch out as a column, then multiply.

`minicnn.ops.columns` shows the idea with the whole matrix, which repeats each pixel up to
KH * KW times. Here it is never whole: a band of outputs is taken at a time, in a buffer that fits
the processor's cache, and the product goes straight to its place.

Columns stand as (taps, pixels), so the product comes in the output's own order. The columns of
neighbouring rows of outputs overlap in memory (`minicnn.ops.gather`): a product for each row needs
but KW copies of a pixel. A product for a whole band, which needs all KH * KW, is better only where
rows are short and there is much weight, which each product reads anew. Where each channel has a
filter of its own (depthwise), nothing is shared: taps are multiplied and summed where they lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

from minicnn.ops import blas, pages, products, threads
from minicnn.ops.bands import SPLIT, Band, bands
from minicnn.ops.gather import Gather
from minicnn.shapes import Array, Pair, Window

BAND_BYTES = 1 << 20
"""The size of a band's buffer, but up to 4 times as much for `PIXELS`."""

PIXELS = 256
"""A product of fewer pixels spends too much on reading the weight."""

SAVED = 500
"""A row of outputs has a product of its own if that saves so many copies for a row: those of its
columns, but BLAS arranges the weight anew for each product, which costs about as much a number."""


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
    x : array (N, C, H, W), not padded
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
    y = pages.empty((batch, groups, per_group, oh, ow), x.dtype)
    flat = y.reshape(batch, groups, per_group, oh * ow)

    ones = bias is not None and share * kw >= 8  # else a line of ones costs more than to add
    taps, line_bytes = share * kh * kw, (share * kw + ones) * x.itemsize
    halo_bytes = (kh - 1) * line_bytes * ow
    near = window.dilation[0] == 1 and halo_bytes <= 3 * BAND_BYTES  # so lines fit a buffer
    depthwise = near and share == per_group == window.stride[0] == 1
    by_row = near and kh > 1 and taps * (ow - per_group) > SAVED
    if depthwise or by_row:
        pixel_bytes = line_bytes * window.stride[0]
        band_bytes = BAND_BYTES * (3 if depthwise else 1)  # short sums: fewer, longer steps
        buffers = (band_bytes + halo_bytes) * min(2, window.stride[1])
    else:
        pixel_bytes, halo_bytes = kh * line_bytes, 0
        band_bytes = max(BAND_BYTES, min(4 * BAND_BYTES, PIXELS * pixel_bytes))
        buffers = 2 * band_bytes
    weight = weight.reshape(groups, per_group, share, kh, kw)
    weight = products.in_order_of_lines(weight, bias if ones else None)

    def work(some: Iterator[Band]) -> None:
        gather = Gather(window, ones, x.dtype)
        for band in some:
            images, some_groups, rows, columns = band
            seen, factors = x[images, some_groups], weight[some_groups]
            out = flat[images, some_groups, :, band.pixels(ow)]
            if depthwise:
                products.sum_taps(factors, gather.lines(seen, band, by_row=False), out)
            elif by_row:
                into = y[images, some_groups, :, rows, columns]
                products.multiply_rows(factors, gather.lines(seen, band, by_row=True), into)
            else:
                products.multiply_block(factors, gather.columns(seen, band), out)
            if bias is not None and not ones:
                out += bias.reshape(groups, per_group, 1)[some_groups]

    steps = channels * kh * kw * oh * ow * (8 + per_group)  # of one picture: copies, products
    pieces = bands(batch, groups, (oh, ow), pixel_bytes, band_bytes, steps, halo_bytes)
    most = threads.WORKSPACE // buffers if batch * steps > SPLIT else 1
    with blas.one_thread if per_group * (taps + kh) * oh * ow > blas.TINY else nullcontext():
        threads.share(work, pieces, most=most)
    return y.reshape(batch, filters, oh, ow)
