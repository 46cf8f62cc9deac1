"""What an im2col atlas shows as pictures: the input, the kernel, the copies, the output."""

from __future__ import annotations

import itertools

import numpy as np

from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.shapes import Array
from minicnn.viz import _im2col_colours, _text
from minicnn.viz._im2col_cells import (
    EMPTY,
    draw_colours,
    draw_lines,
    hatch_cells,
    write_cells,
)
from minicnn.viz._im2col_layout import WORDS, Layout, Shown
from minicnn.viz._im2col_moment import Moment
from minicnn.viz._ledger_parts import (
    GreyScale,
    cell_texts,
    draw_cells,
    draw_map_at,
)
from minicnn.viz._page import BODY, SMALL, Page
from minicnn.viz._style import SOFT, Scale, scale_of

_PARTS = 60
"""A pixel is divided into parts of so many dots: any number of parts up to 6, evenly."""

_FINEST, COARSEST = 2.5, 5.0
"""The smallest part of a pixel that is drawn; the smallest pixel with lines around it."""


_LEGIBLE = 8.0
"""No number fits into a smaller pixel."""


class Pictures:
    """What an atlas draws as pictures.

    Parameters
    ----------
    atlas : Im2colAtlas
    shown : Shown
    layout : Layout
    """

    def __init__(self, atlas: Im2colAtlas, shown: Shown, layout: Layout) -> None:
        """Choose colours, and write the numbers once."""
        self.atlas, self.layout = atlas, layout
        self.colours = np.tile(EMPTY, (atlas.columns.shape[1], 1))  # of what is not shown
        self.colours[shown.columns] = _im2col_colours.pale(len(shown.columns))
        self.texts, self.size, self.fits = self._write_all(shown)
        most = max(self._shares(axis).sum(axis=0).max(initial=1) for axis in (0, 1))
        self.copies_scale = Scale(0.0, float(atlas.counts.max(initial=1)), signed=False)
        self.divided = layout.pixel >= max(COARSEST, _FINEST * most)

    def draw_channel(self, page: Page, moment: Moment, position: int, channel: int) -> None:
        """Draw a channel with its padding; each pixel in the colours of all its columns."""
        layout, cell = self.layout, self.layout.pixel
        (x, y), (rows, columns) = layout.picture(position), layout.padded
        name = "Picture" if len(self.atlas.x) == 1 else f"Picture, channel {channel}"
        page.text(x, y - 5, _text.fit(name, BODY, max(columns * cell, 44.0)))
        if self.divided:
            colours = self.mosaic(moment.copied)
            image = draw_colours(page, colours, x, y, columns * cell, rows * cell)
            image.set_gid(f"picture {channel}")
            draw_lines(page, rows, columns, x, y, cell)
            hatch_cells(page, ~layout.inside, x, y, cell)
            self._write(page, channel, x, y, cell)
        else:
            self._draw_values(page, channel, x, y, cell)

    def draw_kernel(self, page: Page, moment: Moment, position: int, channel: int) -> None:
        """Draw the filter's kernel for a channel, its weights as large as the pixels above."""
        atlas, cell = self.atlas, self.layout.pixel
        if not atlas.sees_channel(moment.kernel, channel):
            return
        x, y = self.layout.kernel(position)
        kernel = atlas.weight[moment.kernel, channel % atlas.weight.shape[1]]
        room = max(self.layout.padded[1], kernel.shape[1]) * cell
        of = "" if len(atlas.x) == 1 else f", channel {channel}"
        page.text(x, y - 5, _text.fit(f"{self._filter_name(moment.kernel)}{of}", BODY, room + 16))
        image = draw_cells(page, kernel, scale_of(atlas.weight), x, y, cell)
        image.set_gid(f"kernel {channel}")
        draw_lines(page, kernel.shape[0], kernel.shape[1], x, y, cell)

    def draw_copies(self, page: Page, moment: Moment, x: float, y: float, cell: float) -> None:
        """Draw how often each pixel has been copied."""
        counts = self.counts(moment.copied)
        page.text(x, y - 5, "Copies of each pixel")
        height, width = counts.shape
        draw_cells(page, counts.astype(float), self.copies_scale, x, y, cell).set_gid("copies")
        if cell >= COARSEST:
            draw_lines(page, height, width, x, y, cell)
        note = "col2im of ones"
        page.text(x, y + height * cell + SMALL + 2, note, size=SMALL, color=SOFT)

    def draw_output(self, page: Page, moment: Moment, x: float, y: float, cell: float) -> None:
        """Draw the filter's row of the output as the picture that it is."""
        atlas = self.atlas
        _, rows, columns = atlas.output.shape
        there = moment.there(atlas)[moment.kernel].reshape(rows, columns)
        name = f"Output, {_text.plain(atlas.filter_name(moment.kernel))}"
        page.text(x, y - 5, _text.fit(name, BODY, max(columns * cell, WORDS - 20)))
        tints = np.where(there[..., None], self.colours.reshape(rows, columns, 3), 1.0)
        image = draw_colours(page, tints, x, y, columns * cell, rows * cell)
        image.set_gid("output picture")
        texts, size = cell_texts(atlas.product[moment.kernel][None], cell)
        if cell >= COARSEST:
            draw_lines(page, rows, columns, x, y, cell)
        if size:
            own = np.array(texts[0], object).reshape(rows, columns)
            write_cells(page, np.where(there, own, "").tolist(), x, y, cell, size)

    def counts(self, copied: int) -> Array:
        """Return how often each pixel (H, W) stands in the first so many columns."""
        taps = len(self.atlas.columns) // max(len(self.atlas.x), 1)
        sources = self.atlas.sources[:taps, :copied]
        _, height, width = self.atlas.x.shape
        found = np.bincount(sources[sources >= 0], minlength=height * width)
        return found.reshape(height, width)

    def mosaic(self, copied: int) -> Array:
        """Return the padded picture's colours: in each pixel, those of the columns that copy it.

        The stops that see a pixel are some rows of the output times some columns, and so are
        its parts.
        """
        colours = np.where(np.arange(len(self.colours))[:, None] < copied, self.colours, 1.0)
        colours = np.concatenate([colours, np.ones((1, 3))])  # the last: no column at all
        found: Array = colours[self.stops_at(*(n * _PARTS for n in self.layout.padded))]
        return found

    def stops_at(self, height: int, width: int) -> Array:
        """Return which column each dot of a padded picture so large is coloured for; -1: none."""
        down, across = (_divided(self._shares(axis), n) for axis, n in ((0, height), (1, width)))
        stops: Array = np.add.outer(down * self.atlas.output.shape[2], across)
        stops[np.logical_or.outer(down < 0, across < 0)] = -1
        return stops

    def _write_all(self, shown: Shown) -> tuple[dict[int, str], float, tuple[bool, bool]]:
        """Return the texts of the pixels that are written, their size, and where they fit.

        In the pictures, in the columns: alike in both, if both have room.
        """
        pixel, cell = self.layout.pixel, self.layout.cell
        channels = np.arange(self.atlas.x.size).reshape(self.atlas.x.shape)[list(shown.channels)]
        columns = self.atlas.sources[np.ix_(shown.rows, shown.columns)]
        wanted = np.unique(np.append(columns, channels if pixel >= _LEGIBLE else []))
        wanted = wanted[wanted >= 0].astype(int)
        for room in (min(cell, pixel), cell, pixel):
            texts, size = cell_texts(self.atlas.x.ravel()[wanted][None], 0.92 * room)
            if size:
                written = dict(zip(wanted.tolist(), texts[0], strict=True))
                return written, size, (room <= pixel, room <= cell)
        return {}, 0.0, (False, False)

    def _filter_name(self, filter_: int) -> str:
        name = _text.plain(self.atlas.filter_name(filter_))
        return _text.sentence(name) if self.atlas.layer.names is None else name

    def _shares(self, axis: int) -> Array:
        """Return which stops (stops, pixels) see which rows (axis 0) or columns of the picture.

        Of the padded picture; what lies on padding is seen by none.
        """
        atlas, window = self.atlas, self.atlas.window
        stops, pixels = atlas.output.shape[1 + axis], self.layout.padded[axis]
        seen = np.zeros((stops, pixels), bool)
        taps = np.arange(window.kernel_size[axis]) * window.dilation[axis]
        for stop in range(stops):
            seen[stop, stop * window.stride[axis] + taps] = True
        return seen & self.layout.inside.any(axis=1 - axis)

    def _write(self, page: Page, channel: int, x: float, y: float, cell: float) -> None:
        if not self.fits[0]:
            return
        inside = self.layout.inside
        pixels = itertools.count(channel * int(inside.sum()))
        texts = [
            [self.texts[next(pixels)] if own else "0" for own in row] for row in inside.tolist()
        ]
        write_cells(page, texts, x, y, cell, self.size, ~inside)

    def _draw_values(self, page: Page, channel: int, x: float, y: float, cell: float) -> None:
        """Draw a channel that is too large for parts and numbers: as a map."""
        values, (rows, columns) = self.atlas.x, self.layout.padded
        is_grey = bool(((values >= 0) & (values <= 1)).all())
        scale = GreyScale(0.0, 1.0, signed=False) if is_grey else scale_of(values)
        page.frame(x, y, columns * cell, rows * cell)
        (top, _), (left, _) = self.atlas.window.padding
        height, width = values.shape[1:]
        box = x + left * cell, y + top * cell, width * cell, height * cell
        draw_map_at(page, values[channel], scale, box)


def _divided(shares: Array, dots: int) -> Array:
    """Return which stop each of so many dots along an axis is for; -1: for none.

    Each pixel's dots are divided evenly among the stops that see it, (stops, pixels).
    """
    middles = (np.arange(dots) + 0.5) * shares.shape[1] / dots  # in pixels
    pixels = middles.astype(int)
    counts = shares.sum(axis=0)[pixels]
    wanted = (middles - pixels) * counts  # which of the pixel's stops
    order = np.cumsum(shares, axis=0)[:, pixels]  # (stops, dots)
    found = (order > wanted.astype(int)).argmax(axis=0)
    return np.where(counts > 0, found, -1)
