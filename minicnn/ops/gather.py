"""Copy what a window sees into columns: along rows of the picture, its padding made on the way.

Where pixels are picked with a stride, or rows are short, in two steps: first all rows of the
picture, shifted, once for each column of the kernel (`Gather.lines`); then, for each row of the
kernel, blocks of these lines. So the slow reads, pixel by pixel, are a KH-th of all, and the
other copies are long runs.
"""

from __future__ import annotations

import math

import numpy as np

from minicnn.ops.bands import Band
from minicnn.shapes import Array, Pair, Window

WIDE = 64
"""Rows of so many pixels, next to each other, are copied well in one step."""


class Gather:
    """One thread's buffers, and how to fill them.

    Always a copy: where a view would do, BLAS would be handed the caller's memory layout, and the
    last bit of the result would depend on it.
    """

    def __init__(self, window: Window) -> None:
        """Keep the window; the buffers are made at their first use."""
        self.window = window
        self._buffers: dict[str, Array] = {}

    def columns(self, x: Array, band: Band) -> Array:
        """Return what each tap sees: (N, G, C * KH * KW, pixels), C-contiguous.

        Parameters
        ----------
        x : array (N, G, C, H, W)
            The band's pictures and groups, not padded.
        band : Band
        """
        (kh, kw), (sh, sw), (dh, dw) = (
            self.window.kernel_size,
            self.window.stride,
            self.window.dilation,
        )
        columns = self._room("columns", *x.shape[:3], kh, kw, band.rows, band.columns, like=x)
        if kh > 1 and (sw > 1 or band.columns < WIDE) and self.lines_pay(band):
            lines = self.lines(x, band)
            for u in range(kh):
                columns[:, :, :, u] = lines[..., u * dh :: sh, :][..., : band.rows, :]
        else:
            top, left = self._corner(band)
            for u in range(kh):
                for v in range(kw):
                    lay(columns[:, :, :, u, v], x, (top + u * dh, left + v * dw), (sh, sw))
        return columns.reshape(*x.shape[:2], -1, band.rows * band.columns)

    def lines(self, x: Array, band: Band) -> Array:
        """Return all rows from the band's first to its last: (N, G, C, KW, rows, columns)."""
        kw, dw = self.window.kernel_size[1], self.window.dilation[1]
        shape = (*x.shape[:3], kw, self._line_rows(band), band.columns)
        lines = self._room("lines", *shape, like=x)
        top, left = self._corner(band)
        for v in range(kw):
            lay(lines[:, :, :, v], x, (top, left + v * dw), (1, self.window.stride[1]))
        return lines

    def lines_pay(self, band: Band) -> bool:
        """Say whether lines are no more than columns: they are where a few rows lie far apart."""
        return self._line_rows(band) <= self.window.kernel_size[0] * band.rows

    def _line_rows(self, band: Band) -> int:
        return (band.rows - 1) * self.window.stride[0] + self.window.span[0]

    def _corner(self, band: Band) -> Pair:
        (sh, sw), ((top, _), (left, _)) = self.window.stride, self.window.padding
        return band.top * sh - top, band.left * sw - left

    def _room(self, name: str, *shape: int, like: Array) -> Array:
        size = math.prod(shape)
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers[name] = np.empty(size, like.dtype)
        return self._buffers[name][:size].reshape(shape)


def lay(out: Array, x: Array, first: Pair, step: Pair) -> None:
    """Copy every `step`-th pixel of x, from `first` on, to `out`; zeros outside of the picture.

    Parameters
    ----------
    out : array (..., rows, columns)
    x : array (..., H, W)
    first : (row, column)
        May lie outside.
    step : (rows, columns)

    Examples
    --------
    >>> out = np.empty((2, 3))
    >>> lay(out, np.array([[1.0, 2.0, 3.0]]), first=(0, -1), step=(1, 2))
    >>> out
    array([[0., 2., 0.],
           [0., 0., 0.]])
    """
    i, rows = _inside(first[0], step[0], out.shape[-2], x.shape[-2])
    j, columns = _inside(first[1], step[1], out.shape[-1], x.shape[-1])
    out[..., i, j] = x[..., rows, columns]
    if i.start > 0:
        out[..., : i.start, :] = 0
    if i.stop < out.shape[-2]:
        out[..., i.stop :, :] = 0
    if j.start > 0:
        out[..., : j.start] = 0
    if j.stop < out.shape[-1]:
        out[..., j.stop :] = 0


def _inside(first: int, step: int, count: int, size: int) -> tuple[slice, slice]:
    """Return which of `count` positions lie in a picture of `size`, and where in it they are."""
    start = min(count, max(0, -(first // step)))
    stop = max(start, min(count, (size - 1 - first) // step + 1))
    begin = max(0, first + start * step)
    end = begin + (stop - start - 1) * step + 1
    return slice(start, stop), slice(begin, max(begin, end), step)
