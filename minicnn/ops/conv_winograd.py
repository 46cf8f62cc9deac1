"""Convolution with fewer multiplications: Winograd's minimal filtering, F(m x m, r x r).

Neighbouring outputs share most of their pixels. A tile of t x t pixels, t = m + r - 1, holds all
that m x m outputs need. Three small matrices (`minicnn.ops.cook_toom`) turn tile and kernel into
t x t numbers each, in such a way that the outputs need only their products, number by number ::

    y = A ((G w G') * (B x B')) A'          t * t multiplications, not m * m * r * r

For a 3 x 3 kernel and m = 4 that is 36, not 144. The sum over channels can be taken between the
transforms, so each transform is paid once per tile, and the products are a matrix product for
each of the t * t numbers: filters by channels, times channels by tiles.

Price: the sums on the way are larger than the result, and so is their rounding; `error_bound`.
"""

from __future__ import annotations

import math

import numpy as np

from minicnn.ops.cook_toom import amplification, in_two_directions
from minicnn.ops.spill import mend
from minicnn.ops.tiles import Tiles
from minicnn.shapes import Array, Pair, Shape

OUTPUTS = {1: 1, 2: 3, 3: 4, 4: 3, 5: 2}
"""How many outputs a tile gives along an axis, by the kernel's taps: its pixels are 1, 4 or 6."""

BUFFER_BYTES = 2 << 20
"""The size of each of the two buffers: with the shapes, all that decides how tiles are blocked."""


def supports(kernel_size: Pair, stride: Pair, dilation: Pair) -> bool:
    """Say whether this algorithm can do it: kernels up to 5 x 5, more than one tap, no gaps."""
    small = all(taps in OUTPUTS for taps in kernel_size)
    return small and kernel_size != (1, 1) and stride == dilation == (1, 1)


def error_bound(weight_shape: Shape) -> float:
    """Return b, for |y - exact| <= b * eps * sum over c of max|x[c]| * sum|weight[o, c]|.

    Each step rounds once for each term it adds (half an eps at most) and once for its constants,
    and whatever is rounded can be `amplification` times as large as the result.
    """
    _, group_channels, kh, kw = weight_shape
    (mh, mw), (th, tw), _ = _tiles((kh, kw))
    roundings = (2 * (th * tw + 1) + kh * kw + 1 + group_channels) / 2
    return roundings * amplification(mh, kh) * amplification(mw, kw)


def correlate(x: Array, weight: Array, stride: Pair, dilation: Pair) -> Array:
    """Return the convolution of `x` with `weight`, a block of tiles at a time.

    Parameters
    ----------
    x : array (N, C, H, W)
        Padded already.
    weight : array (O, C // groups, KH, KW)
    stride, dilation : (1, 1)

    Returns
    -------
    array (N, O, OH, OW)
    """
    batch, channels, height, width = x.shape
    filters, group_channels, kh, kw = weight.shape
    tiles, groups = _tiles((kh, kw)), channels // group_channels
    _, kernel_matrix, _ = in_two_directions(tiles.outputs, (kh, kw), x.dtype.char)
    kernels = np.matmul(kernel_matrix, weight.reshape(-1, kh * kw).T)
    kernels = kernels.reshape(-1, groups, filters // groups, group_channels)  # (T*T, G, O/G, C/G)

    y = np.empty((batch, filters, height - kh + 1, width - kw + 1), x.dtype)
    numbers = len(kernels) * max(channels, filters)
    block = tiles.block(y.shape[2:], BUFFER_BYTES // (numbers * x.itemsize))
    buffers = np.empty((2, numbers * block[0] * block[1]), x.dtype)
    for pixels, outputs in tiles.walk(x, y, block):
        _write(outputs, pixels, kernels, (kh, kw), buffers)
    return mend(y, x, weight, stride, dilation)


def _write(y: Array, x: Array, kernels: Array, kernel_size: Pair, buffers: Array) -> None:
    """Write the outputs y (O, rows, columns) from the pixels x (C, ...) that they see."""
    tiles, (filters, oh, ow) = _tiles(kernel_size), y.shape
    (mh, mw), (th, tw), _ = tiles
    a, _, b = in_two_directions((mh, mw), kernel_size, y.dtype.char)
    channels, groups, grid = len(x), kernels.shape[1], tiles.grid((oh, ow))
    many = grid[0] * grid[1]

    def room(buffer: Array, *shape: int) -> Array:  # C-contiguous, as is all that BLAS sees
        return buffer[: math.prod(shape)].reshape(shape)

    first, second = buffers
    patches = room(first, th, tw, channels, *grid)
    patches[...] = tiles.cut(x, (oh, ow)).transpose(3, 4, 0, 1, 2)
    numbers = room(second, th * tw, groups, channels // groups, many)
    np.matmul(b, patches.reshape(th * tw, -1), out=numbers.reshape(th * tw, -1))
    products = room(first, th * tw, groups, filters // groups, many)
    np.matmul(kernels, numbers, out=products)
    outputs = room(second, mh, mw, filters, *grid)
    np.matmul(a, products.reshape(th * tw, -1), out=outputs.reshape(mh * mw, -1))
    for i in range(mh):
        for j in range(mw):
            every = y[:, i::mh, j::mw]
            every[...] = outputs[i, j, :, : every.shape[1], : every.shape[2]]


def _tiles(kernel_size: Pair) -> Tiles:
    """Return the tiles for a kernel of this size."""
    (kh, kw) = kernel_size
    mh, mw = OUTPUTS[kh], OUTPUTS[kw]
    return Tiles((mh, mw), (mh + kh - 1, mw + kw - 1))
