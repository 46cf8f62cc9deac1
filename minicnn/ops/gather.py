"""Copy what a window sees into columns: in long runs, its padding made on the way.

Straight from the picture, each tap's pixels are copied row by row. That is slow where they are
picked with a stride, pixel by pixel, or where rows are short. Then it goes in steps, of which each
does a part of the slow work once, for all the others::

    picture   1 2 3 4 5 6 7       a kernel of 5 columns, stride 2
    phases    1 3 5 7 | 2 4 6     every second pixel: the only copies with a stride
    lines     1 3 | 2 4 | 3 5     for each column of the kernel: runs of the phases
    columns                       for each row of the kernel: blocks of whole lines
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from minicnn.ops.bands import Band
from minicnn.shapes import Array, Pair, Window

WIDE = 64
"""Rows of so many pixels, next to each other, are copied well in one step."""

Cut = tuple[slice, slice]
"""Where in a copy to write, and what of the picture; what is not written is padding."""


class Gather:
    """One thread's buffers, and how to fill them.

    Always a copy: where a view would do, BLAS would be handed the caller's memory layout, and the
    last bit of the result would depend on it.
    """

    def __init__(self, window: Window, ones: bool) -> None:
        """Keep the window, and whether columns end in a one; buffers are made when needed."""
        self.window, self.ones = window, ones
        self._buffers: dict[str, Array] = {}

    def columns(self, x: Array, band: Band) -> Array:
        """Return what each tap sees: (N, G, C * KH * KW, pixels), C-contiguous.

        Parameters
        ----------
        x : array (N, G, C, H, W)
            The band's pictures and groups, not padded.
        band : Band
        """
        (kh, kw), (sh, sw), (dh, dw) = self._sizes
        images, groups, channels, height, width = x.shape
        taps, size = channels * kh * kw, band.size
        matrix = self._room("columns", images, groups, taps + self.ones, math.prod(size), like=x)
        columns = matrix[:, :, :taps].reshape(*x.shape[:3], kh, kw, *size)
        if kh > 1 and (sw > 1 or size[1] < WIDE) and self.lines_pay(band):
            lines = self.lines(x, band)
            for u in range(kh):
                columns[:, :, :, u] = lines[..., u * dh :: sh, :][..., : size[0], :]
        else:
            top, left = self._corner(band)
            down = [_cut(top + u * dh, sh, size[0], height) for u in range(kh)]
            across = [_cut(left + v * dw, sw, size[1], width) for v in range(kw)]
            _copy(columns, x, down, across)
        matrix[:, :, taps:] = 1
        return matrix

    def lines(self, x: Array, band: Band) -> Array:
        """Return all rows from the band's first to its last: (N, G, C, KW, rows, columns)."""
        (_, kw), (_, sw), (_, dw) = self._sizes
        (top, left), rows, ow = self._corner(band), self._line_rows(band), band.size[1]
        lines = self._room("lines", *x.shape[:3], 1, kw, rows, ow, like=x)
        down = [_cut(top, 1, rows, x.shape[3])]
        if kw < 2 * sw or sw == 1:
            across = [_cut(left + v * dw, sw, ow, x.shape[4]) for v in range(kw)]
            _copy(lines, x, down, across)
            return lines[:, :, :, 0]
        width = ow + (kw - 1) * dw // sw
        phases = self._room("phases", *x.shape[:3], 1, sw, rows, width, like=x)
        _copy(phases, x, down, [_cut(left + q, sw, width, x.shape[4]) for q in range(sw)])
        for v in range(kw):
            step, q = divmod(v * dw, sw)
            lines[..., v, :, :] = phases[..., q, :, step : step + ow]
        return lines[:, :, :, 0]

    def lines_pay(self, band: Band) -> bool:
        """Say whether lines are no more than columns: they are where a few rows lie far apart."""
        return self._line_rows(band) <= self.window.kernel_size[0] * band.size[0]

    @property
    def _sizes(self) -> tuple[Pair, Pair, Pair]:
        return self.window.kernel_size, self.window.stride, self.window.dilation

    def _line_rows(self, band: Band) -> int:
        return (band.size[0] - 1) * self.window.stride[0] + self.window.span[0]

    def _corner(self, band: Band) -> Pair:
        (sh, sw), ((top, _), (left, _)) = self.window.stride, self.window.padding
        return band.rows.start * sh - top, band.columns.start * sw - left

    def _room(self, name: str, *shape: int, like: Array) -> Array:
        size = math.prod(shape)
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = np.empty(size, like.dtype)
        return self._buffers[name][:size].reshape(shape)


def _copy(out: Array, x: Array, down: Sequence[Cut], across: Sequence[Cut]) -> None:
    """Copy pieces of x (N, G, C, H, W) to out (N, G, C, down, across, rows, columns)."""
    for u, (i, rows) in enumerate(down):
        for v, (j, columns) in enumerate(across):
            out[:, :, :, u, v, i, j] = x[:, :, :, rows, columns]
    for u, (i, _) in enumerate(down):
        if i.start > 0:
            out[:, :, :, u, :, : i.start] = 0
        if i.stop < out.shape[5]:
            out[:, :, :, u, :, i.stop :] = 0
    for v, (j, _) in enumerate(across):
        if j.start > 0:
            out[..., v, :, : j.start] = 0
        if j.stop < out.shape[6]:
            out[..., v, :, j.stop :] = 0


def _cut(first: int, step: int, count: int, size: int) -> Cut:
    """Return which of `count` positions lie within an axis of `size`, and where on it.

    Examples
    --------
    >>> _cut(first=-1, step=2, count=4, size=5)     # -1, 1, 3, 5: the middle two
    (slice(1, 3, None), slice(1, 4, 2))
    """
    start = min(count, max(0, -(first // step)))
    stop = max(start, min(count, (size - 1 - first) // step + 1))
    begin = max(0, first + start * step)
    end = begin + (stop - start - 1) * step + 1
    return slice(start, stop), slice(begin, max(begin, end), step)
