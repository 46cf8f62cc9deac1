"""Columns on the way back, of several pictures side by side.

The rows of a small picture are short, and a processor takes long ones for the same price. So
pictures are laid side by side, as lanes: the same pixel of all of them, then the next pixel::

    (N, C, H, W)  ->  (C, H, W, N)

What a tap sees of a row of all pictures is then one run of memory, and there is one matrix
product for all of them. Work is cut into bands, from shapes and constants alone, so that columns
fit the processor's cache; what no band needs of the columns is never there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minicnn.ops import blas, threads
from minicnn.ops.gather import cut
from minicnn.shapes import Array, Pair, Shape, Window

ROW = 16
"""So many pictures stand side by side for the weight's gradient."""

LANES = 8
"""So many do for the input's gradient, always; zeros stand in for those that are missing.

BLAS cuts a product into tiles, which it computes by different routines, but a tile begins at a
multiple of eight. So each picture's numbers are treated alike wherever it stands, and come out the
same to the bit alone and in any batch (measured with OpenBLAS 0.3.31's routines for Haswell, Sandy
Bridge, Nehalem and Prescott; with sixteen, Haswell's are not the same)."""

SMALL = 1 << 15
"""Only pictures with so many numbers of columns, or fewer, stand side by side for that gradient:
more would be wasted on a picture alone, which costs as much as `LANES`."""

NUMBERS = 1 << 19
"""How many numbers the columns of a band are."""

KEPT = 1 << 22
"""The bytes of a thread's buffer for columns, even if it needs fewer.

The C library on Linux keeps memory that was given back for the next array, instead of asking the
system for new pages, but not more than twice the largest block that it has ever been given back.
With a block of this size, a step of learning LeNet-5 asks for no page at all; else it asked for
1,400, which took a quarter of its time (measured). Pages that are not written to cost nothing."""

PIXELS = 1 << 12
"""A band has so many pixels (times pictures) even if all channels do not fit: they take turns."""

SPLIT = 1 << 24
"""From so many multiplications on, it pays to wake another thread."""

PARTS = 4
"""The weight's gradient is summed in so many parts, whatever the number of threads; and the
channels of a large picture's gradient are cut into so many."""


def numbers(channels: int, window: Window, size: Pair) -> int:
    """Return how many numbers the columns of one picture are."""
    return channels * math.prod((*window.kernel_size, *size))


def of_weight(dy: Array, x: Array, weight_shape: Shape, window: Window, groups: int) -> Array:
    """Return the gradient of the weight (O, C // groups, KH, KW)."""
    (filters, share, kh, kw), batch, (oh, ow) = weight_shape, len(x), dy.shape[2:]
    x = x.reshape(batch, groups, share, *x.shape[2:])
    dy = dy.reshape(batch, groups, filters // groups, oh, ow)
    most = max(PIXELS, NUMBERS // max(groups * share * kh * kw, filters))
    many = max(1, min(ROW, most // ow))
    high = max(1, most // (ow * min(many, batch or 1)))
    pixels = ow * min(many, batch) * min(high, oh)
    deep = max(1, NUMBERS // max(1, pixels * kh * kw))  # groups that fit
    pieces = list(itertools.product(_cuts(batch, many), _cuts(groups, deep), _cuts(oh, high)))
    parts = PARTS if dy.size * share * kh * kw > SPLIT else 1
    sums = np.zeros((parts, groups, share, kh * kw, filters // groups), x.dtype)

    def work(some: Iterator[int]) -> None:
        room = Room(x.dtype)
        for part in some:
            for images, some_groups, rows in pieces[part::parts]:
                back = _side_by_side(dy[images, some_groups, :, rows], room, None)[0]
                back = back.reshape(*back.shape[:2], -1)  # (G, O/G, pixels)
                fit = NUMBERS // (len(back) * back.shape[2] * kh * kw)
                for channels in _cuts(share, max(1, fit)):
                    columns = _columns(x[images, some_groups, channels], window, rows, ow, room)
                    products = columns @ back.swapaxes(1, 2)  # (G, channels*KH*KW, O/G)
                    into = sums[part, some_groups, channels]
                    into += products.reshape(into.shape)

    with blas.one_thread:
        threads.share(work, range(parts))
    by_group = np.moveaxis(sums.sum(axis=0), 3, 1)  # (G, O/G, C/G, KH*KW)
    return np.ascontiguousarray(by_group).reshape(weight_shape)


def of_input(dy: Array, shape: Shape, weight: Array, window: Window) -> Array:
    """Return the gradient of the input (N, C, H, W) from weight (G, O/G, C/G, KH, KW)."""
    groups, per_group, share, kh, kw = weight.shape
    batch, (height, width), (oh, ow) = len(dy), shape[2:], dy.shape[2:]
    matrix = np.ascontiguousarray(np.moveaxis(weight, 1, -1))  # (G, C/G, KH, KW, O/G)
    dy = dy.reshape(batch, groups, per_group, oh, ow)
    dx = np.empty((batch, groups, share, height, width), dy.dtype)
    each = numbers(groups * share, window, (oh, ow))
    lanes = LANES if each <= SMALL else 1
    most = max(each, groups * per_group * oh * ow) * LANES
    many = lanes * max(1, NUMBERS // (2 * most))  # so few that they need no bands
    deep, wide = groups, share
    if each > NUMBERS:
        wide = min(share, max(1, NUMBERS // (kh * kw * ow)))  # channels of which a row fits
        wide = wide if groups > 1 else min(wide, -(-share // PARTS))
        deep = min(-(-groups // PARTS), max(1, NUMBERS // (kh * kw * ow * wide)))
    some_images = [slice(first, first + many) for first in range(0, batch, many)]
    pieces = itertools.product(some_images, _cuts(groups, deep), _cuts(share, wide))

    def work(some: Iterator[tuple[slice, slice, slice]]) -> None:
        room = Room(dx.dtype)
        for images, some_groups, channels in some:
            taps, into = matrix[some_groups, channels], dx[images, some_groups, channels]
            _send_back(dy[images, some_groups], taps, into, window, lanes, room)

    with blas.one_thread:
        threads.share(work, pieces, most=None if dy.size * share * kh * kw > SPLIT else 1)
    return dx.reshape(shape)


def _send_back(dy: Array, taps: Array, dx: Array, window: Window, lanes: int, room: Room) -> None:
    """Write the gradient of some channels of some pictures to dx (N, G, C, H, W).

    Parameters
    ----------
    dy : array (N, G, O/G, OH, OW)
    taps : array (G, C, KH, KW, O/G)
        The weight of these channels.
    """
    groups, per_group, (oh, ow) = len(taps), taps.shape[4], dy.shape[3:]
    blocks = -(-len(dx) // lanes)
    canvas = dx[..., None]  # a picture alone is added up in its place
    if lanes > 1:
        canvas = room.array("canvas", blocks, *dx.shape[1:], lanes)
    canvas.fill(0)
    by_row = groups * ow * lanes * max(taps[0, ..., 0].size, per_group)
    for rows in _cuts(oh, max(1, NUMBERS // by_row)):
        back = _side_by_side(dy[:, :, :, rows], room, lanes)  # (B, G, O/G, rows, OW, lanes)
        columns = room.array("columns", blocks, *taps.shape[:4], *back.shape[3:])
        flat = blocks, groups, -1, math.prod(back.shape[3:])
        matrix = taps.reshape(groups, -1, per_group)
        np.matmul(matrix, back.reshape(flat), out=columns.reshape(flat))
        _add(columns, canvas, window, rows)
    if lanes > 1:
        _back_in_order(canvas, dx)


class Room:
    """One thread's buffers, kept from band to band."""

    def __init__(self, dtype: Any) -> None:
        """Begin with one for columns."""
        self._dtype = np.dtype(dtype)
        self._buffers = {"columns": np.empty(KEPT // self._dtype.itemsize, dtype)}

    def array(self, name: str, *shape: int) -> Array:
        """Return an array of this shape in the buffer of that name, with what it had in it."""
        size = math.prod(shape)
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = np.empty(size, self._dtype)
        return self._buffers[name][:size].reshape(shape)


def _columns(x: Array, window: Window, rows: slice, ow: int, room: Room) -> Array:
    """Return what each tap sees from some rows of outputs: (G, C*KH*KW, rows*OW*N)."""
    (kh, kw), (images, groups, channels) = window.kernel_size, x.shape[:3]
    seen, oh = _seen(x, window, rows, ow, room), rows.stop - rows.start
    columns = room.array("columns", groups, channels, kh, kw, oh, ow, images)
    (sh, sw), (dh, dw) = window.stride, window.dilation
    group, channel, row, pixel, image = seen.strides
    steps = (group, channel, dh * row, dw * pixel, sh * row, sw * pixel, image)
    columns[...] = as_strided(seen, columns.shape, steps)
    return columns.reshape(groups, channels * kh * kw, oh * ow * images)


def _seen(x: Array, window: Window, rows: slice, ow: int, room: Room) -> Array:
    """Return the pixels under the windows of some rows of outputs, padded: (G, C, H, W, N)."""
    at, pixels, size = [], [], []
    for axis, (first, stops) in enumerate(((rows.start, rows.stop - rows.start), (0, ow))):
        step, (before, _) = window.stride[axis], window.padding[axis]
        size.append((stops - 1) * step + window.span[axis])
        inside, of_x = cut(first * step - before, 1, size[axis], x.shape[3 + axis])
        at.append(inside)
        pixels.append(of_x)
    seen = room.array("seen", *x.shape[1:3], *size, len(x))
    seen.fill(0)
    seen[:, :, *at] = x[:, :, :, *pixels].transpose(1, 2, 3, 4, 0)
    return seen


def _add(columns: Array, canvas: Array, window: Window, rows: slice) -> None:
    """Add columns (B, G, C, KH, KW, rows, OW, N) to where they come from on (B, G, C, H, W, N)."""
    (kh, kw), (sh, sw), (dh, dw) = window.kernel_size, window.stride, window.dilation
    ((top, _), (left, _)), (height, width) = window.padding, canvas.shape[3:5]
    oh, ow = columns.shape[5:7]
    down = [cut(rows.start * sh - top + u * dh, sh, oh, height) for u in range(kh)]
    across = [cut(v * dw - left, sw, ow, width) for v in range(kw)]
    for u, (i, y) in enumerate(down):
        for v, (j, x) in enumerate(across):
            canvas[:, :, :, y, x] += columns[:, :, :, u, v, i, j]


def _side_by_side(x: Array, room: Room, lanes: int | None) -> Array:
    """Return pictures (N, G, C, H, W) in blocks of `lanes` (None: all): (B, G, C, H, W, lanes).

    The last block is filled up with zeros.
    """
    lanes = lanes or len(x)
    whole, rest = divmod(len(x), lanes)
    out = room.array("back", whole + (rest > 0), *x.shape[1:], lanes)
    blocks = x[: whole * lanes].reshape(whole, lanes, *x.shape[1:])
    out[:whole] = blocks.transpose(0, 2, 3, 4, 5, 1)
    if rest:
        out[whole, ..., :rest] = x[whole * lanes :].transpose(1, 2, 3, 4, 0)
        out[whole, ..., rest:] = 0
    return out


def _back_in_order(blocks: Array, out: Array) -> None:
    """Write what stands side by side, (B, G, C, H, W, lanes), to pictures (N, G, C, H, W)."""
    lanes = blocks.shape[-1]
    for block, first in zip(blocks, range(0, len(out), lanes), strict=True):
        some = out[first : first + lanes]
        some[...] = block[..., : len(some)].transpose(4, 0, 1, 2, 3)


def _cuts(size: int, most: int) -> list[slice]:
    """Cut `size` into as few pieces of at most `most` as there can be, nearly equal.

    Examples
    --------
    >>> _cuts(7, 3)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 7, None)]
    """
    number = -(-size // most)
    return [slice(size * k // number, size * (k + 1) // number) for k in range(number)]
