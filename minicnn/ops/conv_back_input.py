"""The gradient of a convolution's input: what came back, times the weight, to where it came from.

Each output's gradient times the weight is a column of numbers, one for each tap, which are added
back to where `im2col` would have taken them from. Small pictures stand side by side
(`minicnn.ops.lanes`); a large one is alone.

Where a window takes no steps down, the KH rows of `dy` that a row of the picture gets something
from stand together and overlap, so their share is summed by the matrix product already, and what
is left to add are the KW taps of a row::

    rows of dy  0 1 2 3 4     the picture's row 2, of a kernel of three rows, gets from 0 1 2,
                              row 3 from 1 2 3: neighbours in memory
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from minicnn.ops import blas, threads
from minicnn.ops.gather import cut
from minicnn.ops.lanes import (
    NUMBERS,
    PARTS,
    SPLIT,
    back_in_order,
    cuts,
    numbers,
    side_by_side,
)
from minicnn.ops.room import Room, keep_memory
from minicnn.shapes import Array, Shape, Window

LANES = 8
"""So many small pictures stand side by side, always; zeros stand in for those that are missing.

BLAS cuts a product into tiles, which it computes by different routines, but a tile begins at a
multiple of eight. So each picture's numbers are treated alike wherever it stands, and come out the
same to the bit alone and in any batch (measured with OpenBLAS 0.3.31's routines for Haswell, Sandy
Bridge, Nehalem and Prescott; with sixteen, Haswell's are not the same)."""

SMALL = 1 << 15
"""Only pictures with so many numbers of columns, or fewer, stand side by side: more would be
wasted on a picture alone, which costs as much as `LANES`."""

SAVED = 5000
"""Products for each row are worth their calls where they save so many numbers, to write and add."""


def of_input(dy: Array, shape: Shape, weight: Array, window: Window) -> Array:
    """Return the gradient of the input (N, C, H, W) from weight (G, O/G, C/G, KH, KW)."""
    groups, per_group, share, kh, kw = weight.shape
    batch, (height, width), (oh, ow) = len(dy), shape[2:], dy.shape[2:]
    matrix = np.ascontiguousarray(np.moveaxis(weight, 1, -1))  # (G, C/G, KH, KW, O/G)
    dy = dy.reshape(batch, groups, per_group, oh, ow)
    dx = np.empty((batch, groups, share, height, width), dy.dtype)
    each, of_dy = numbers(groups * share, window, (oh, ow)), groups * per_group * oh * ow
    lanes = LANES if each <= SMALL else 1
    by_row = lanes > 1 and of_dy * LANES <= NUMBERS and _saves(weight, ow, window)
    columns = groups * share * kw * height * ow if by_row else each
    many = lanes * max(1, NUMBERS // (max(columns, of_dy) * LANES))  # so few that they fit
    deep, wide = groups, share
    if each > NUMBERS:
        wide = min(share, max(1, NUMBERS // (kh * kw * ow)))  # channels of which a row fits
        wide = wide if groups > 1 else min(wide, -(-share // PARTS))
        deep = min(-(-groups // PARTS), max(1, NUMBERS // (kh * kw * ow * wide)))
    some_images = [slice(first, first + many) for first in range(0, batch, many)]
    pieces = itertools.product(some_images, cuts(groups, deep), cuts(share, wide))
    send_back = _send_back_by_row if by_row else _send_back

    def work(some: Iterator[tuple[slice, slice, slice]]) -> None:
        keep_memory()
        room = Room(dx.dtype)
        for images, some_groups, channels in some:
            taps, into = matrix[some_groups, channels], dx[images, some_groups, channels]
            canvas = into[..., None]  # a picture alone is added up in its place
            if lanes > 1:
                canvas = room.array("canvas", -(-len(into) // lanes), *into.shape[1:], lanes)
            canvas.fill(0)
            send_back(dy[images, some_groups], taps, canvas, window, room)
            if lanes > 1:
                back_in_order(canvas, into)

    with blas.one_thread:
        threads.share(work, pieces, most=PARTS if dy.size * share * kh * kw > SPLIT else 1)
    return dx.reshape(shape)


def _saves(weight: Array, ow: int, window: Window) -> bool:
    """Say whether products for each row of the picture can be, and save enough."""
    groups, _, share, kh, kw = weight.shape
    saved = groups * share * kw * (kh - 1) * ow * LANES
    return window.stride[0] == window.dilation[0] == 1 and saved >= SAVED


def _send_back(dy: Array, taps: Array, canvas: Array, window: Window, room: Room) -> None:
    """Add the gradient of some channels of some pictures to a canvas.

    Parameters
    ----------
    dy : array (N, G, O/G, OH, OW)
    taps : array (G, C, KH, KW, O/G)
        The weight of these channels.
    canvas : array (blocks, G, C, H, W, lanes)
    """
    groups, per_group, (oh, ow) = len(taps), taps.shape[4], dy.shape[3:]
    blocks, lanes = len(canvas), canvas.shape[-1]
    matrix = taps.reshape(groups, -1, per_group)
    by_row = groups * ow * lanes * max(matrix.shape[1], per_group)
    for rows in cuts(oh, max(1, NUMBERS // by_row)):
        high = rows.stop - rows.start
        back = room.array("back", blocks, groups, per_group, high, ow, lanes)
        side_by_side(dy[:, :, :, rows], back)
        columns = room.array("columns", blocks, *taps.shape[:4], high, ow, lanes)
        flat = blocks, groups, -1, high * ow * lanes
        np.matmul(matrix, back.reshape(flat), out=columns.reshape(flat))
        _add(columns, canvas, window, rows)


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


def _send_back_by_row(dy: Array, taps: Array, canvas: Array, window: Window, room: Room) -> None:
    """Do the same as `_send_back`, with products for each row of the canvas."""
    (groups, channels, kh, kw, filters), (oh, ow) = taps.shape, dy.shape[3:]
    blocks, (height, width), lanes = len(canvas), canvas.shape[3:5], canvas.shape[5]
    back = room.array("back", blocks, groups, oh, filters, ow, lanes)
    side_by_side(dy.swapaxes(2, 3), back)
    back = back.reshape(blocks, groups, oh * filters, ow * lanes)
    by_row = np.ascontiguousarray(taps[:, :, ::-1].transpose(0, 1, 3, 2, 4))
    by_row = by_row.reshape(groups, channels * kw, kh * filters)
    columns = room.array("columns", blocks, groups, height, channels, kw, ow, lanes)
    products = columns.reshape(blocks, groups, height, channels * kw, ow * lanes)
    for y in range(height):
        first = y + window.padding[0][0] - kh + 1  # of the KH rows of dy that saw this row
        some = slice(max(0, first), min(first + kh, oh))
        rows = slice(some.start * filters, some.stop * filters)
        seen_by = slice((some.start - first) * filters, (some.stop - first) * filters)
        np.matmul(by_row[:, :, seen_by], back[:, :, rows], out=products[:, :, y])
    (_, step), (_, apart), (left, _) = window.stride, window.dilation, window.padding[1]
    for v in range(kw):
        at, pixels = cut(v * apart - left, step, ow, width)
        canvas[..., pixels, :] += columns[:, :, :, :, v, at].swapaxes(2, 3)
