"""Where each part of an im2col atlas goes on its page, and how much of it there is room for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.shapes import Array, Pair
from minicnn.viz import _text
from minicnn.viz._page import MARGIN, SMALL, WIDTH

INNER = WIDTH - 2 * MARGIN
LABEL, BIAS_GAP, SIGN = 64.0, 10.0, 15.0
"""Left of the columns: what their rows are; between bias and weight; the size of small signs."""

HEAD, NOTE, BETWEEN = 18.0, 10.0, 22.0
"""Above each picture, for its name; below, for a note; between two pictures."""

_CELL, _COMFORTABLE, _LEAST, _PIXEL, _SMALLEST = 40.0, 19.0, 16.2, 44.0, 11.0
_MOST_FILTERS, _MOST_CHANNELS, _FEWEST, _LEFT = 6, 4, 9, 150.0
_LARGEST, WORDS = 26.0, 132.0  # of copies and output: a cell; the words beside
_HEADING = 80.0  # the narrowest columns that their heading fits


@dataclass(frozen=True)
class Shown:
    """Which part of both matrices is drawn: all of it, if it can be read.

    Attributes
    ----------
    rows, columns, filters : range
        Rows and columns of the columns, rows of the weight.
    channels : tuple of int
        The picture's, of those rows.
    """

    rows: range
    columns: range
    filters: range
    channels: tuple[int, ...]

    @classmethod
    def around(cls, atlas: Im2colAtlas, column: int, filter_: int) -> Shown:
        """Choose as much as there is room for, around one column and one filter."""
        rows, columns = atlas.columns.shape
        shown, most = range(rows), cls._cells(atlas, _LEAST)
        if rows + columns > most:
            most = cls._cells(atlas, _COMFORTABLE)
        if rows + min(columns, _FEWEST) > most:  # the filter's own rows, whole channels
            own = np.flatnonzero(atlas.sees[filter_])
            taps = math.prod(atlas.window.kernel_size)
            high = min(len(own), most - min(columns, _FEWEST))
            shown = range(int(own[0]), int(own[0]) + (high - high % taps or high))
        wide = min(columns, most - len(shown))
        channels = dict.fromkeys(atlas.tap(row).channel for row in shown)
        return cls(
            shown,
            _window(columns, wide, column),
            _window(len(atlas.weight), _MOST_FILTERS, filter_),
            tuple(channels)[:_MOST_CHANNELS],
        )

    @staticmethod
    def _cells(atlas: Im2colAtlas, cell: float) -> int:
        """Return how many cells of a size there is room for, side by side."""
        return int((INNER - LABEL - BIAS_GAP) / cell) - (atlas.bias is not None)

    def left_out(self, atlas: Im2colAtlas) -> str:
        """Say what is not drawn, "" if everything is."""
        rows, columns = atlas.columns.shape
        parts = [
            f"{len(shown)} of {_text.count(there, noun)}"
            for shown, there, noun in (
                (self.columns, columns, "column"),
                (self.rows, rows, "row"),
                (self.filters, len(atlas.weight), "filter"),
                (self.channels, len(atlas.x), "channel"),
            )
            if len(shown) < there
        ]
        grey = " Grey: columns that are not drawn." if len(self.columns) < columns else ""
        return f"Too large to be drawn whole; here are {', '.join(parts)}.{grey}" if parts else ""


class Layout:
    """The corners and sizes of everything, in points, from the page's upper left.

    Parameters
    ----------
    atlas : Im2colAtlas
    shown : Shown
    top : float
        Where the headings of the page end.
    """

    def __init__(self, atlas: Im2colAtlas, shown: Shown, top: float) -> None:
        """Measure."""
        self.atlas, self.shown = atlas, shown
        rows, columns = len(shown.rows), len(shown.columns)
        bias = atlas.bias is not None
        room = INNER - LABEL - BIAS_GAP * bias
        cell = min(room / (rows + columns + bias), _CELL)
        if columns * cell < _HEADING:
            cell = min(cell, (room - _HEADING) / (rows + bias))
        self.cell = cell
        self.sign = min(cell - 3, SIGN)
        (top_, bottom), (left, right) = atlas.window.padding
        _, height, width = atlas.x.shape
        self.padded = height + top_ + bottom, width + left + right
        self.thumb = self._thumb()

        own = rows * cell + (BIAS_GAP + cell) * bias
        self.left = max(own, min(_LEFT, room - max(columns * cell, _HEADING)))
        above = HEAD + self.thumb[1] + SMALL + 2  # the columns' heading, signs and places
        beside, self.pixel = self._pixels(above + rows * cell)
        self._below = atlas.weight.shape[2]
        if beside:
            self._below = max(self._below, atlas.output.shape[1])
        pictures = 2 * HEAD + NOTE + (self.padded[0] + self._below) * self.pixel
        block = max(above + rows * cell, pictures)
        self.top, self._block_bottom = top, top + block
        self.columns = MARGIN + self.left + LABEL, top + block - rows * cell
        weight_top = top + block + HEAD + self.sign + 4
        self.weight = MARGIN + self.left - rows * cell, weight_top
        self.bias = self.weight[0] - BIAS_GAP - cell, weight_top
        self.output = self.columns[0], weight_top
        self.bottom = weight_top + len(shown.filters) * cell
        self.extra = self._beside() if beside else self._between()

    def picture(self, position: int) -> tuple[float, float]:
        """Return the corner of the picture's channel in this position."""
        wide = max(self.padded[1], self.atlas.weight.shape[3]) * self.pixel
        return MARGIN + position * (wide + BETWEEN), self.top + HEAD

    def kernel(self, position: int) -> tuple[float, float]:
        """Return the corner of the kernel for that picture, just above the weight."""
        return self.picture(position)[0], self._block_bottom - self._below * self.pixel

    def covers(self, column: int) -> Array:
        """Return which cells of the padded picture a column's patch covers."""
        window, stop = self.atlas.window, self.atlas.position(column)
        taps = [
            i * step + gap * np.arange(taps)
            for i, step, gap, taps in zip(
                stop, window.stride, window.dilation, window.kernel_size, strict=True
            )
        ]
        mask = np.zeros(self.padded, bool)
        mask[np.ix_(*taps)] = True
        return mask

    @cached_property
    def inside(self) -> Array:
        """Which cells of the padded picture are the picture's own."""
        (top, _), (left, _) = self.atlas.window.padding
        _, height, width = self.atlas.x.shape
        mask = np.zeros(self.padded, bool)
        mask[top : top + height, left : left + width] = True
        return mask

    def _thumb(self) -> tuple[float, float]:
        """Return the size, width first, of the little pictures above the columns."""
        height, width = self.padded
        scale = min((self.cell - 4) / width, 32.0 / height)
        return width * scale, height * scale

    def _pixels(self, high: float) -> tuple[bool, float]:
        """Return whether copies and output stand beside the pictures, and a pixel's size.

        They do if that does not make the pictures much smaller.
        """
        count = len(self.shown.channels)
        kernel, size = self.atlas.weight.shape[2:], self.atlas.output.shape[1:]
        alone = self._pixel(count, kernel, high)
        with_more = self._pixel(count + 1, (max(kernel[0], size[0]), max(kernel[1], size[1])), high)
        beside = with_more >= 0.8 * alone
        return beside, with_more if beside else alone

    def _pixel(self, count: int, below: Pair, high: float) -> float:
        height, width = self.padded
        across = (self.left - (count - 1) * BETWEEN) / (count * max(width, below[1]))
        down = (max(high, 240.0) - 2 * HEAD - NOTE) / (height + below[0])
        return float(max(min(across, down, _PIXEL), 0.1))

    def _beside(self) -> Extra:
        last = len(self.shown.channels)
        return Extra(self.picture(last), self.pixel, self.kernel(last), self.pixel)

    def _between(self) -> Extra | None:
        """Return where copies and output have room between the pictures and the kernels, if any."""
        y = self.picture(0)[1] + self.padded[0] * self.pixel + NOTE + HEAD
        room = self.kernel(0)[1] - HEAD - NOTE - y
        found = side_by_side(self.atlas, y, self.left, min(room, 150.0))
        return found if min(found.copies_cell, found.output_cell) >= _SMALLEST else None


class Extra(NamedTuple):
    """Where the copies and the output as a picture stand, and how large their cells are."""

    copies: tuple[float, float]
    copies_cell: float
    output: tuple[float, float]
    output_cell: float


def side_by_side(atlas: Im2colAtlas, y: float, room: float, high: float) -> Extra:
    """Return copies and output beside each other, in some room from the page's margin on."""
    (_, height, width), (_, oh, ow) = atlas.x.shape, atlas.output.shape
    half = max(room - BETWEEN, 2.0) / 2
    cell = min(_LARGEST, high / height, max(half, room - BETWEEN - WORDS) / width)
    wide = max(width * cell, WORDS)
    own = min(_LARGEST, high / oh, max(room - BETWEEN - wide, 1.0) / ow)
    return Extra((MARGIN, y), float(cell), (MARGIN + wide + BETWEEN, y), float(own))


def _window(size: int, wanted: int, around: int) -> range:
    """Return so many numbers below `size` in a row, with one of them in the middle."""
    wanted = min(size, wanted)
    start = min(max(around - wanted // 2, 0), size - wanted)
    return range(start, start + wanted)
