"""The gradient of a convolution's weight: what each tap saw, times what came back, summed.

A product of matrices: columns of `x`, of several pictures (see `minicnn.ops.lanes`; wide rows
follow each other instead), times `dy`. Where a product for each row of outputs has enough to do,
columns are not copied KH times, but overlap, as on the way forward (`minicnn.ops.gather`)::

    lines of row 0, of row 1, of row 2, of row 3 ...
    [--- columns of output row 0 ---]
                 [--- columns of output row 1 ---]
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from minicnn.ops import blas, threads
from minicnn.ops.gather import cut
from minicnn.ops.lanes import NUMBERS, PARTS, SPLIT, cuts
from minicnn.ops.room import Room, keep_memory
from minicnn.shapes import Array, Shape, Window

ROW = 16
"""So many pictures stand side by side."""

WIDE = 28
"""Rows of so many outputs stay rows, one picture's after the other's: long runs are copied quickly.
Only shorter ones stand side by side."""

PIXELS = 1 << 12
"""A band has so many pixels (times pictures) even if all channels do not fit: they take turns."""

LONG = 4
"""Rows with so many times as many pixels as there are filters may have a product of their own: it
saves copies of the columns, but adds up a matrix of weights a row."""

WORK = 1 << 14
"""Such a product has so many multiplications, or it is not worth its call."""

FILL = 4
"""BLAS computes filters by fours, and one, two or three left over slowly: three cost more than
four, five more than eight (measured). So zeros fill up the four."""


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
    pieces = list(itertools.product(cuts(batch, many), cuts(groups, deep), cuts(oh, high)))
    parts = PARTS if dy.size * share * kh * kw > SPLIT else 1
    sums = np.zeros((parts, groups, share, kh, kw, filters // groups), x.dtype)

    def work(some: Iterator[int]) -> None:
        keep_memory()
        room = Room(x.dtype)
        for part in some:
            for images, some_groups, rows in pieces[part::parts]:
                back = _back(dy[images, some_groups, :, rows], room)
                fit = NUMBERS // (len(back) * math.prod(back.shape[2:]) * kh * kw)
                for channels in cuts(share, max(1, fit)):
                    seen = _seen(x[images, some_groups, channels], window, rows, ow, room)
                    into = sums[part, some_groups, channels]
                    into += _products(seen, back, window, room)[..., : into.shape[-1]]

    with blas.one_thread:
        threads.share(work, range(parts))
    by_filter = sums.sum(axis=0).reshape(groups, -1, filters // groups).swapaxes(1, 2)
    return np.ascontiguousarray(by_filter).reshape(weight_shape)


def _back(dy: Array, room: Room) -> Array:
    """Return what came back, side by side: (G, filters, rows, OW*N), zeros after the last."""
    images, groups, filters, rows, ow = dy.shape
    filled = filters if filters < FILL - 1 else -(-filters // FILL) * FILL
    back, pixels = _in_runs(room, "back", ow >= WIDE, groups, filled, rows, ow, images)
    pixels[:, :filters] = dy.transpose(1, 2, 3, 4, 0)
    back[:, filters:] = 0
    return back


def _in_runs(room: Room, name: str, wide: bool, *shape: int) -> tuple[Array, Array]:
    """Return a buffer (..., W*N), and the same memory as (..., W, N): rows, if wide, or lanes."""
    *others, width, images = shape
    flat = room.array(name, *others, width * images)
    if wide:
        return flat, flat.reshape(*others, images, width).swapaxes(-1, -2)
    return flat, flat.reshape(shape)


def _seen(x: Array, window: Window, rows: slice, ow: int, room: Room) -> Array:
    """Return the pixels under the windows of some rows of outputs, padded: (G, C, H, W, N)."""
    at, pixels, size = [], [], []
    for axis, (first, stops) in enumerate(((rows.start, rows.stop - rows.start), (0, ow))):
        step, (before, _) = window.stride[axis], window.padding[axis]
        size.append((stops - 1) * step + window.span[axis])
        inside, of_x = cut(first * step - before, 1, size[axis], x.shape[3 + axis])
        at.append(inside)
        pixels.append(of_x)
    flat, seen = _in_runs(room, "seen", ow >= WIDE, *x.shape[1:3], *size, len(x))
    flat.fill(0)
    seen[:, :, *at] = x[:, :, :, *pixels].transpose(1, 2, 3, 4, 0)
    return seen


def _products(seen: Array, back: Array, window: Window, room: Room) -> Array:
    """Return what these pixels add to the weight's gradient: (G, C, KH, KW, filters)."""
    (kh, kw), (groups, channels, height) = window.kernel_size, seen.shape[:3]
    filters, rows, long = back.shape[1:]
    has_work = long >= LONG * filters and channels * kh * kw * long * filters >= WORK
    if has_work and window.dilation[0] == 1 and 2 * height <= kh * rows:  # half as many copies
        lines = _overlapping_columns(seen, window, rows, long, room)
        products = lines @ back.transpose(0, 2, 3, 1)  # one for each row
        sums: Array = products.sum(axis=1).reshape(groups, kh, channels, kw, filters)
        return sums.swapaxes(1, 2)
    columns = _columns(seen, window, rows, long, room)
    sums = columns @ back.reshape(groups, filters, rows * long).swapaxes(1, 2)
    return sums.reshape(groups, channels, kh, kw, filters)


def _columns(seen: Array, window: Window, rows: int, long: int, room: Room) -> Array:
    """Return the columns of all rows of outputs: (G, C*KH*KW, rows*OW*N)."""
    (kh, kw), (groups, channels, _, _, images) = window.kernel_size, seen.shape
    (sh, sw), (dh, dw) = window.stride, window.dilation
    ow = long // images
    shape = groups, channels, kh, kw, rows, ow, images
    flat, columns = _in_runs(room, "columns", ow >= WIDE, *shape)
    group, channel, row, pixel, image = seen.strides
    steps = (group, channel, dh * row, dw * pixel, sh * row, sw * pixel, image)
    columns[...] = as_strided(seen, columns.shape, steps)
    return flat.reshape(groups, channels * kh * kw, rows * long)


def _overlapping_columns(seen: Array, window: Window, rows: int, long: int, room: Room) -> Array:
    """Return the columns of each row of outputs: (G, rows, KH*C*KW, OW*N)."""
    (kh, kw), (groups, channels, height, _, images) = window.kernel_size, seen.shape
    (sh, sw), (_, dw) = window.stride, window.dilation
    shape: tuple[int, ...] = (groups, height, channels, kw, long // images, images)
    flat, lines = _in_runs(room, "columns", long // images >= WIDE, *shape)
    group, channel, row, pixel, image = seen.strides
    steps = (group, row, channel, dw * pixel, sw * pixel, image)
    lines[...] = as_strided(seen, lines.shape, steps)
    flat = flat.reshape(groups, height, channels * kw, long)
    group, row, line, number = flat.strides
    shape = groups, rows, kh * channels * kw, long
    return as_strided(flat, shape, (group, sh * row, line, number))
