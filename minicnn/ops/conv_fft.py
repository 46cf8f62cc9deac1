"""Convolution by the convolution theorem: transform, multiply number by number, transform back.

The Fourier transform of a convolution is the product of the two transforms. So an output costs
about the logarithm of the tile's size, however large the kernel is: it pays for large kernels.

The theorem is about pictures that wrap around: the last k - 1 outputs of a tile see its beginning
again. They are thrown away, and tiles overlap by k - 1 pixels to make up for it (overlap-save).
The transform of a real picture is symmetric: half of it is enough (`rfft2`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from minicnn.ops import blas, pages, threads
from minicnn.ops.spill import mend
from minicnn.ops.tiles import Piece, Tiles, fast_side
from minicnn.shapes import Array, Pair, Shape, Window

BUFFER_BYTES = 1 << 19
"""About the size of the transforms that are kept at a time: of tiles, and of kernels."""


def supports(kernel_size: Pair, stride: Pair, dilation: Pair) -> bool:
    """Say whether this algorithm can do it: it always can."""
    return True


def error_bound(weight_shape: Shape, tiles: Tiles) -> float:
    """Return b, for |y - exact| <= b * eps * sum over c of max|x[c]| * sum|weight[o, c]|.

    A transform of n numbers is wrong by at most 3.5 * log2(n) eps of its length, the root of its
    sum of squares (Higham, "Accuracy and Stability of Numerical Algorithms", theorem 24.2). There
    are three, and a tile is at most sqrt(n) times as long as its maximum.
    """
    n = math.prod(tiles.pixels)
    return math.sqrt(n) * (3 * 3.5 * math.log2(n) + 2 * (weight_shape[1] + 2))


def correlate(x: Array, weight: Array, stride: Pair, dilation: Pair) -> Array:
    """Return the convolution of `x`, padded already; shapes as in `conv_naive.correlate`."""
    return convolve(x, weight, None, Window(weight.shape[2:], stride, 0, dilation))


def convolve(x: Array, weight: Array, bias: Array | None, window: Window) -> Array:
    """Return the convolution with its padding and its bias; what a stride skips is computed too."""
    filters, share = weight.shape[:2]
    y = pages.empty((len(x), filters, *window.output_size(*x.shape[2:])), x.dtype)
    tiles = tiles_for(window, y.shape[2:], share, x.itemsize)
    group = filters * share // x.shape[1]  # how many filters see the same channels
    some = at_once(tiles, weight.shape, group, x.itemsize)

    def work(starts: Iterator[int]) -> None:
        for first in starts:
            last = min(first + some, filters)
            seen = slice(first // group * share, -(-last // group) * share)
            _write(y[:, first:last], x[:, seen], weight[first:last], window, tiles, some >= filters)

    with blas.one_thread:
        threads.share(work, range(0, filters, some), most=2)
    if bias is not None:
        y += bias[:, None, None]
    return mend(y, x, weight, bias, window)


@lru_cache
def tiles_for(window: Window, output_size: Pair, share: int, itemsize: int) -> Tiles:
    """Return the tiles that take the least work, of those that fit the buffer.

    Smaller ones where many channels (`share`) are summed: every kernel becomes as large as a tile.
    """
    room = math.isqrt(BUFFER_BYTES // (share * min(share, 8) * itemsize))
    axes = zip(window.span, window.stride, output_size, strict=True)
    down, across = (fast_side(*axis, max(room, 2 * axis[0])) for axis in axes)
    return Tiles((down[0], across[0]), (down[1], across[1]), window.stride)


def at_once(tiles: Tiles, weight_shape: Shape, group: int, itemsize: int) -> int:
    """Return how many filters to take at a time: whole groups, or part of the only one."""
    filters, share = weight_shape[:2]
    fit = BUFFER_BYTES // (math.prod(tiles.pixels) * share * itemsize)
    return max(1, fit // group) * group if group < filters else max(min(share, 8), 2 * fit)


def _write(y: Array, x: Array, weight: Array, window: Window, tiles: Tiles, alone: bool) -> None:
    """Write y (N, O, OH, OW), for the filters given and the channels that they see."""
    (filters, share), groups = weight.shape[:2], x.shape[1] // weight.shape[1]
    (dh, dw), (sh, sw), (mh, mw) = window.dilation, window.stride, tiles.outputs
    spread = np.zeros((filters, share, *window.span), weight.dtype)
    spread[:, :, ::dh, ::dw] = weight  # zeros between the taps
    kernels = np.fft.rfft2(spread, tiles.pixels).conj()  # conj: the kernel is not turned
    kernels = kernels.reshape(groups, filters // groups, share, -1)
    if share > 1:
        kernels = np.ascontiguousarray(kernels.transpose(3, 0, 1, 2))  # (TH*F, G, O/G, C/G)

    def work(some: Iterator[Piece]) -> None:
        for piece in some:
            spectra = np.fft.rfft2(tiles.cut(piece))  # (C, rows, columns, TH, F)
            grid, size = spectra.shape[1:3], spectra.shape[3:]
            products = _multiply(spectra.reshape(groups, share, grid[0] * grid[1], -1), kernels)
            made = np.fft.irfft2(products.reshape(filters, *grid, *size), tiles.pixels)
            piece.lay_out_whole(made[..., : mh * sh : sh, : mw * sw : sw])

    tile_bytes = math.prod(tiles.pixels) * max(filters, x.shape[1]) * x.itemsize
    block = tiles.block(y.shape[2:], BUFFER_BYTES // tile_bytes)
    threads.share(work, tiles.walk(x, y, block, window.padding), most=2 if alone else 1)


def _multiply(tiles: Array, kernels: Array) -> Array:
    """Return tiles (G, C/G, B, TH*F) times kernels, summed over C/G: (G, O/G, B, TH*F)."""
    if tiles.shape[1] == 1:
        return tiles * kernels
    tiles = np.ascontiguousarray(tiles.transpose(3, 0, 1, 2))
    summed: Array = np.matmul(kernels, tiles)  # for each frequency, a matrix product
    return summed.transpose(1, 2, 3, 0)
