"""An im2col atlas in motion: the columns fill, then rows and columns are multiplied.

Each frame is put together from two pictures of the page, one with nothing copied and one with
everything done: what is there already is cut out of the second.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from PIL import Image

from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._digits import Digits
from minicnn.viz._gif import figure_frame
from minicnn.viz._im2col_foot import written_out
from minicnn.viz._im2col_layout import INNER, Shown
from minicnn.viz._im2col_moment import Moment
from minicnn.viz._im2col_pictures import COARSEST
from minicnn.viz._im2col_sheet import Sheet
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import BODY, HEADING, MARGIN, WIDTH, Page, new_figure
from minicnn.viz._pen import PixelPen
from minicnn.viz._sliding_moving import draw_values
from minicnn.viz._style import ALARM, INK, SOFT, printed
from minicnn.viz.maps import render_map

_SUM, _LINE, _HEADS = BODY + 1, (BODY + 1) * _text.LINE, 2 * HEADING + 26


class Reel:
    """The frames of an atlas, drawn when they are asked for.

    Parameters
    ----------
    atlas : Im2colAtlas
    column, kernel : int
        Where the page cannot show everything, it shows what is around.
    title : str
    dpi : int
    """

    def __init__(self, atlas: Im2colAtlas, column: int, kernel: int, title: str, dpi: int) -> None:
        """Measure the page."""
        self.atlas, self.dot, self.dpi = atlas, 72 / dpi, dpi
        self.shown = shown = Shown.around(atlas, column, kernel)
        self.head = _text.fit(_text.plain(title), HEADING, INNER)
        note = _text.wrap(shown.left_out(atlas), BODY, INNER)
        self.note = note if note != [""] else []
        top = MARGIN + _HEADS + BODY * _text.LINE * len(self.note)
        self.sheet = Sheet(atlas, column, kernel, shown, top)
        longest = max((self._sum(o, p) for o in shown.filters for p in shown.columns), key=len)
        self.lines = len(_text.wrap(longest, _SUM, INNER))
        self.foot = self.sheet.bottom + 24 + _SUM
        self.height = self.foot + _LINE * self.lines + MARGIN - _SUM
        self._pages: dict[tuple[int, bool], Image.Image] = {}

    @cached_property
    def moments(self) -> list[Moment]:
        """Every moment: column after column, then value after value."""
        columns, filters, count = self.shown.columns, self.shown.filters, len(self.atlas.columns[0])
        copying = [Moment(p + 1, 0, p, filters[0], multiplied=False) for p in columns]
        return copying + [Moment(count, o * count + p + 1, p, o) for o in filters for p in columns]

    def frame(self, position: int) -> Image.Image:
        """Draw the frame of a moment."""
        moment = self.moments[position]
        frame = self._page(moment.kernel, full=False).copy()
        if self.sheet.pictures.divided:
            self._tint(frame, moment.copied)
        done = self._page(moment.kernel, full=True)
        for box in self._done(moment):
            corners = self._dots(box)
            frame.paste(done.crop(corners), corners[:2])
        pen = PixelPen(frame, self.dot)
        self._count(frame, pen, moment)
        for box in self.sheet.frames(moment):
            for edge, thick in (("white", 2.6), (ALARM, 1.4)):
                pen.box(box, edge=edge, thick=thick, gid="frame")
        pen.text(MARGIN, MARGIN + 2 * HEADING + 4, self.caption(moment), size=BODY + 2, color=INK)
        for i, line in enumerate(self._words(moment)):
            pen.text(MARGIN, self.foot + i * _LINE, line, size=_SUM, color=INK)
        return frame

    def caption(self, moment: Moment) -> str:
        """Say what happens at a moment."""
        atlas, place = self.atlas, ",".join(map(str, self.atlas.position(moment.column)))
        count = atlas.columns.shape[1]
        if not moment.multiplied:
            return f"Patch {place} is copied: column {moment.column + 1} of {count}"
        name = _text.sentence(_text.plain(atlas.filter_name(moment.kernel)))
        name = _text.fit(name, BODY + 2, INNER / 2)
        return f"{name} times column {place}: value {moment.products} of {atlas.product.size}"

    def _words(self, moment: Moment) -> list[str]:
        if moment.multiplied:
            return _text.wrap(self._sum(moment.kernel, moment.column), _SUM, INNER, self.lines)
        counts = self.sheet.pictures.counts(moment.copied)
        channels = len(self.atlas.x)
        copies, pixels = int(counts.sum()) * channels, int(np.count_nonzero(counts)) * channels
        return [f"So far {copies:,} numbers are copied from {_text.count(pixels, 'pixel')}."]

    def _sum(self, kernel: int, column: int) -> str:
        return printed(written_out(self.atlas, column, kernel))

    def _page(self, kernel: int, *, full: bool) -> Image.Image:
        """Return the page for a filter, with nothing copied or with everything done."""
        if (kernel, full) not in self._pages:
            page = Page(new_figure(self.dpi), WIDTH, self.height)
            page.text(MARGIN, MARGIN + HEADING * 0.8, self.head, size=HEADING)
            for i, line in enumerate(self.note):
                y = MARGIN + _HEADS - 12 + BODY + i * BODY * _text.LINE
                page.text(MARGIN, y, line, color=SOFT)
            columns, values = self.atlas.columns.shape[1] * full, self.atlas.product.size * full
            self.sheet.draw(page, Moment(columns, values, 0, kernel))
            self._pages[kernel, full] = Image.fromarray(figure_frame(page.done()))
        return self._pages[kernel, full]

    def _tint(self, frame: Image.Image, copied: int) -> None:
        """Lay the colours of the columns copied so far over the pixels; numbers show through."""
        layout, pictures = self.sheet.layout, self.sheet.pictures
        rows, columns = layout.padded
        for position in range(len(self.shown.channels)):
            x, y = layout.picture(position)
            left, top, right, bottom = self._dots(
                (x, y, columns * layout.pixel, rows * layout.pixel)
            )
            stops = pictures.stops_at(bottom - top, right - left)
            colours = np.where((stops < copied)[..., None], pictures.colours[stops], 1.0)
            colours[stops < 0] = 1.0
            seen: Array = np.asarray(frame.crop((left, top, right, bottom)))
            tinted = np.rint(seen * colours).astype(np.uint8)
            frame.paste(Image.fromarray(tinted), (left, top))

    def _count(self, frame: Image.Image, pen: PixelPen, moment: Moment) -> None:
        """Draw how often each pixel is copied so far."""
        (x, y), cell = self.sheet.extra.copies, self.sheet.extra.copies_cell
        pictures = self.sheet.pictures
        counts = pictures.counts(moment.copied)
        box = x, y, counts.shape[1] * cell, counts.shape[0] * cell
        if cell >= COARSEST:
            digits = Digits.of([self.atlas.counts])
            draw_values(pen, counts, pictures.copies_scale, box, digits)
            return
        left, top, right, bottom = self._dots(box)
        small = Image.fromarray(render_map(counts.astype(float), pictures.copies_scale))
        size = max(right - left, 1), max(bottom - top, 1)
        frame.paste(small.resize(size, Image.Resampling.NEAREST), (left, top))

    def _done(self, moment: Moment) -> list[Box]:
        """Return the boxes of what is there: columns, values of the output, and of its picture."""
        layout, shown, cell = self.sheet.layout, self.shown, self.sheet.layout.cell
        (x, y), high = layout.columns, len(shown.rows) * layout.cell
        count = self.atlas.columns.shape[1]
        copied = sum(column < moment.copied for column in shown.columns)
        boxes: list[Box] = [(x, y, copied * cell, high)] if copied else []
        there = moment.there(self.atlas)
        x, y = layout.output
        for i, o in enumerate(shown.filters):
            done = int(there[o][shown.columns].sum())
            if done:
                boxes.append((x, y + i * cell, done * cell, cell))
        (x, y), size = self.sheet.extra.output, self.sheet.extra.output_cell
        for p in range(count):
            if there[moment.kernel, p]:
                i, j = self.atlas.position(p)
                boxes.append((x + j * size, y + i * size, size, size))
        return boxes

    def _dots(self, box: Box) -> tuple[int, int, int, int]:
        x, y, width, height = box
        left, top, right, bottom = (round(v / self.dot) for v in (x, y, x + width, y + height))
        return left, top, right, bottom
