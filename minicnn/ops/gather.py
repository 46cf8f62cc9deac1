"""Copy what a window sees into lines, and see in the lines all its columns.

A line is a row of the picture as one tap of a kernel's row sees it: shifted, every `stride`-th
pixel, with its padding. For a kernel of three columns a row of the picture makes three lines ::

    picture  1 2 3 4 5  ->  lines  1 2 3 | 2 3 4 | 3 4 5

The lines of one row stand together, those of the next row follow. So the lines of the KH rows that
one row of outputs needs are a matrix of columns as they lie; and the matrix of the next row of
outputs begins a row of lines further on, and overlaps. Nothing has to be copied KH times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.ops.bands import Band
from minicnn.ops.room import Room
from minicnn.shapes import Array, Pair, Window

Cut = tuple[slice, slice]
"""Where in a copy to write, and what of the picture; what is not written is padding."""


class Gather:
    """One thread's buffers, and how to fill them.

    Always a copy: where a view would do, BLAS would be handed the caller's memory layout, and the
    last bit of the result would depend on it.
    """

    def __init__(self, window: Window, ones: bool, dtype: Any) -> None:
        """Keep the window, and whether a line of ones, for the bias, ends each row's lines."""
        self.window, self.ones = window, ones
        self._room = Room(dtype)

    def lines(self, x: Array, band: Band, *, by_row: bool) -> Array:
        """Return the lines of all rows that the band sees, as columns: they overlap.

        Parameters
        ----------
        x : array (N, G, C, H, W)
            The band's pictures and groups, not padded.
        band : Band
        by_row : bool
            Whether a row's lines stand together in memory, or a tap's, row after row.

        Returns
        -------
        array (N, G, KH, C * KW, rows, columns)
            C * KW + 1 with ones.
        """
        (kh, kw), (sh, _), (dh, _) = self._sizes
        images, groups, channels, taps = *x.shape[:3], x.shape[2] * kw
        rows, (oh, ow) = self._rows_seen(band), band.size
        if by_row:
            held = self._room.array("lines", images, groups, rows, taps + self.ones, ow)
            lines = held.swapaxes(2, 3)
        else:
            held = lines = self._room.array("lines", images, groups, taps + self.ones, rows, ow)
        self._shift(lines[:, :, :taps].reshape(images, groups, channels, kw, rows, ow), x, band)
        lines[:, :, taps:] = 1
        image, group, line, row, pixel = lines.strides
        return np.ndarray(
            (images, groups, kh, taps + self.ones, oh, ow),
            lines.dtype,
            held,
            strides=(image, group, dh * row, line, sh * row, pixel),
        )

    def columns(self, x: Array, band: Band) -> Array:
        """Return the same as `lines`, every column copied: (N, G, KH * C * KW, pixels)."""
        (kh, kw), (sh, sw), (dh, dw) = self._sizes
        images, groups, channels, height, width = x.shape
        taps, (oh, ow) = channels * kw, band.size
        columns = self._room.array("columns", images, groups, kh, taps + self.ones, oh, ow)
        if kh > 1 and self._few_lines(band):
            columns[...] = self.lines(x, band, by_row=False)
        else:
            top, left = self._corner(band)
            out = columns[:, :, :, :taps].reshape(images, groups, kh, channels, kw, oh, ow)
            down = [cut(top + u * dh, sh, oh, height) for u in range(kh)]
            across = [cut(left + v * dw, sw, ow, width) for v in range(kw)]
            _copy(out.swapaxes(2, 3), x, down, across)
            columns[:, :, :, taps:] = 1
        return columns.reshape(images, groups, kh * (taps + self.ones), oh * ow)

    def _shift(self, lines: Array, x: Array, band: Band) -> None:
        """Write the lines (N, G, C, KW, rows, columns).

        With a stride, the pixels of each phase (every second, say) are copied once and lines
        taken from there, as reading pixel by pixel is slow: where lines share enough of it.
        """
        (_, kw), (_, sw), (_, dw) = self._sizes
        rows, ow = lines.shape[4:]
        top, left = self._corner(band)
        down = [cut(top, 1, rows, x.shape[3])]
        width = ow + (kw - 1) * dw // sw
        if sw == 1 or 2 * sw * width > kw * ow:
            across = [cut(left + v * dw, sw, ow, x.shape[4]) for v in range(kw)]
            _copy(lines[:, :, :, None], x, down, across)
            return
        phases = self._room.array("phases", *x.shape[:3], sw, rows, width)
        across = [cut(left + phase, sw, width, x.shape[4]) for phase in range(sw)]
        _copy(phases[:, :, :, None], x, down, across)
        for v in range(kw):
            first, phase = divmod(v * dw, sw)
            lines[:, :, :, v] = phases[:, :, :, phase, :, first : first + ow]

    @property
    def _sizes(self) -> tuple[Pair, Pair, Pair]:
        return self.window.kernel_size, self.window.stride, self.window.dilation

    def _rows_seen(self, band: Band) -> int:
        return (band.size[0] - 1) * self.window.stride[0] + self.window.span[0]

    def _few_lines(self, band: Band) -> bool:
        """Say whether lines are half of the columns at most: not if a few rows lie far apart."""
        return 2 * self._rows_seen(band) <= self.window.kernel_size[0] * band.size[0]

    def _corner(self, band: Band) -> Pair:
        (sh, sw), ((top, _), (left, _)) = self.window.stride, self.window.padding
        return band.rows.start * sh - top, band.columns.start * sw - left


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


def cut(first: int, step: int, count: int, size: int) -> Cut:
    """Return which of `count` positions lie within an axis of `size`, and where on it.

    Examples
    --------
    >>> cut(first=-1, step=2, count=4, size=5)     # -1, 1, 3, 5: the middle two
    (slice(1, 3, None), slice(1, 4, 2))
    """
    start = min(count, max(0, -(first // step)))
    stop = max(start, min(count, (size - 1 - first) // step + 1))
    begin = max(0, first + start * step)
    end = begin + (stop - start - 1) * step + 1
    return slice(start, stop), slice(begin, max(begin, end), step)
