"""Convolution with fewer multiplications: Winograd's minimal filtering, F(m x m, r x r).

Neighbouring outputs share most of their pixels. A tile of t x t pixels, t = m + r - 1, holds all
that m x m outputs need. Three small matrices (`minicnn.ops.cook_toom`) turn tile and kernel into
t x t numbers each, in such a way that the outputs need only their products, number by number ::

    y = A ((G w G') * (B x B')) A'          t * t multiplications, not m * m * r * r

For a 3 x 3 kernel and m = 4 that is 36, not 144. Channels are summed between the transforms: each
is paid once per tile, and for each number there is one matrix product, filters by channels times
channels by tiles. The price: sums on the way exceed the result, and so does their rounding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from minicnn.ops import blas, pages, threads
from minicnn.ops.cook_toom import amplification, in_two_directions
from minicnn.ops.spill import mend
from minicnn.ops.tiles import Piece, Tiles
from minicnn.shapes import Array, Pair, Shape, Window

OUTPUTS = {1: 1, 2: 3, 3: 4, 4: 3, 5: 2}
"""How many outputs a tile gives along an axis, by the kernel's taps: its pixels are 1, 4 or 6."""

BUFFER_BYTES, FEW, ENOUGH = 1 << 20, 28, 56
"""A block's two buffers; larger for ENOUGH tiles (or half of all, or a FEW): wide products."""


def supports(kernel_size: Pair, stride: Pair, dilation: Pair) -> bool:
    """Say whether this algorithm can do it: kernels up to 5 x 5, more than one tap, no gaps."""
    small = all(taps in OUTPUTS for taps in kernel_size)
    return small and kernel_size != (1, 1) and stride == dilation == (1, 1)


def error_bound(weight_shape: Shape) -> float:
    """Return b, for |y - exact| <= b * eps * sum over c of max|x[c]| * sum|weight[o, c]|.

    Each step rounds by half an eps for each term, and for its constants; what is rounded can be
    `amplification` times as large as the result.
    """
    share, kh, kw = weight_shape[1:]
    (mh, mw), (th, tw), _ = tiles_for((kh, kw))
    roundings = (2 * (th * tw + 1) + kh * kw + 1 + share) / 2
    return roundings * amplification(mh, kh) * amplification(mw, kw)


def correlate(x: Array, weight: Array, stride: Pair, dilation: Pair) -> Array:
    """Return the convolution of `x`, padded already; shapes as in `conv_naive.correlate`."""
    return convolve(x, weight, None, Window(weight.shape[2:], stride, 0, dilation))


def convolve(x: Array, weight: Array, bias: Array | None, window: Window) -> Array:
    """Return the convolution with its padding and its bias, a block of tiles at a time."""
    channels, (filters, share, kh, kw) = x.shape[1], weight.shape
    tiles = tiles_for((kh, kw))
    a, g, b = in_two_directions(tiles.outputs, (kh, kw), x.dtype.char)
    y = pages.empty((len(x), filters, *window.output_size(*x.shape[2:])), x.dtype)
    room = len(b) * max(channels, filters)
    least = max(FEW, min(ENOUGH, math.prod(tiles.grid(y.shape[2:])) // 2))
    block = tiles.block(y.shape[2:], max(least, BUFFER_BYTES // (room * x.itemsize)))
    room *= block[0] * block[1]

    def work(some: Iterator[Piece]) -> None:
        buffers = np.empty(room, x.dtype), np.empty(room, x.dtype)
        for piece in some:
            outputs = _block(piece, tiles, a, kernels, b, buffers)
            if bias is not None:
                outputs += bias[:, None, None]
            piece.lay_out(outputs)

    with blas.one_thread:
        kernels = _transform(g, weight).reshape(len(g), channels // share, -1, share)
        most = max(2, threads.WORKSPACE // (3 * room * x.itemsize))
        threads.share(work, tiles.walk(x, y, block, window.padding), most=most)
    return mend(y, x, weight, bias, window)


def _transform(g: Array, weight: Array) -> Array:
    """Return the numbers of every kernel, (TH*TW, O*C/G); rows a power of two apart are slow."""
    kernels, some = weight.reshape(-1, g.shape[1]), 1 << 16
    numbers = pages.empty((len(g), len(kernels) + 16), weight.dtype)[:, : len(kernels)]

    def work(starts: Iterator[int]) -> None:
        for i in starts:
            np.matmul(g, kernels[i : i + some].T, out=numbers[:, i : i + some])

    threads.share(work, range(0, len(kernels), some))
    return numbers


def _block(
    piece: Piece, tiles: Tiles, a: Array, kernels: Array, b: Array, buffers: tuple[Array, Array]
) -> Array:
    """Return the outputs of some tiles, (MH, MW, O, rows, columns), in one of the buffers."""
    filters, channels, grid = *map(len, piece[:2]), tiles.grid(piece.outputs.shape[1:])
    numbers, groups, many = len(b), kernels.shape[1], grid[0] * grid[1]

    def room(which: int, *shape: int) -> Array:  # C-contiguous, like all that BLAS sees
        return buffers[which][: math.prod(shape)].reshape(shape)

    patches = room(0, *tiles.pixels, channels, *grid)
    patches[...] = tiles.cut(piece).transpose(3, 4, 0, 1, 2)
    turned = room(1, numbers, groups, channels // groups, many)
    np.matmul(b, patches.reshape(numbers, -1), out=turned.reshape(numbers, -1))
    products = room(0, numbers, groups, filters // groups, many)
    np.matmul(kernels, turned, out=products)
    outputs = room(1, *tiles.outputs, filters, *grid)
    np.matmul(a, products.reshape(numbers, -1), out=outputs.reshape(len(a), -1))
    return outputs


def tiles_for(kernel_size: Pair) -> Tiles:
    """Return the tiles for a kernel of this size."""
    mh, mw = (OUTPUTS[taps] for taps in kernel_size)
    return Tiles((mh, mw), (mh + kernel_size[0] - 1, mw + kernel_size[1] - 1))
