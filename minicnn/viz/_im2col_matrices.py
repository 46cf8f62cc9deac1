"""The two matrices and their product, as they are written on paper: one left, one above."""

from __future__ import annotations

import numpy as np

from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.viz import _im2col_colours, _text
from minicnn.viz._im2col_cells import (
    add_lines,
    draw_colours,
    draw_lines,
    draw_sign,
    hatch_cells,
    write_cells,
)
from minicnn.viz._im2col_layout import LABEL, Layout, Shown
from minicnn.viz._im2col_moment import Moment
from minicnn.viz._im2col_pictures import Pictures
from minicnn.viz._ledger_parts import cell_texts, draw_cells
from minicnn.viz._page import BODY, HEADING, SMALL, Page
from minicnn.viz._style import INK, SOFT, scale_of


class Matrices:
    """Weight, columns and output, cell beside cell.

    Parameters
    ----------
    atlas : Im2colAtlas
    shown : Shown
    layout : Layout
    pictures : Pictures
        They wrote the pixels' numbers.
    column : int
        Its place is written if not all have room.
    """

    def __init__(
        self, atlas: Im2colAtlas, shown: Shown, layout: Layout, pictures: Pictures, column: int
    ) -> None:
        """Choose colours, and write the numbers once."""
        self.atlas, self.shown, self.layout, self.column = atlas, shown, layout, column
        self.pale, self.full = pictures.colours, _im2col_colours.full(len(shown.columns))
        self.pixel_texts, self.pixel_size = pictures.texts, pictures.size * pictures.fits[1]
        outputs = atlas.product[np.ix_(shown.filters, shown.columns)]
        self.output_texts, self.output_size = cell_texts(outputs, layout.cell)
        self.part = np.ix_(shown.rows, shown.columns)

    def draw_columns(self, page: Page, moment: Moment) -> None:
        """Draw the columns: above each its patch and its place, beside each row its tap."""
        layout, shown, cell = self.layout, self.shown, self.layout.cell
        (x, y), (rows, columns) = layout.columns, (len(shown.rows), len(shown.columns))
        heading = f"Columns, {_text.by(self.atlas.columns.shape)}: each a patch"
        above = y - layout.thumb[1] - SMALL - 12
        page.text(x, above, heading if columns * cell >= 130 else heading.split(":")[0])
        sources = self.atlas.sources[self.part]
        there = np.array(shown.columns) < moment.copied
        tints = np.where(there[:, None], self.pale[shown.columns], 1.0)
        colours = np.tile(tints, (rows, 1, 1))
        draw_colours(page, colours, x, y, columns * cell, rows * cell).set_gid("columns")
        draw_lines(page, rows, columns, x, y, cell)
        padding = (sources < 0) & there
        hatch_cells(page, padding, x, y, cell)
        if self.pixel_size:
            texts = [
                [self._entry(s) if is_there else "" for s, is_there in zip(row, there, strict=True)]
                for row in sources.tolist()
            ]
            write_cells(page, texts, x, y, cell, self.pixel_size, padding)
        self._draw_patches(page, x, y)
        self._draw_taps(page, x, y)
        self._draw_channels(page, x, y)

    def draw_weight(self, page: Page, moment: Moment) -> None:
        """Draw the weight, above each of its columns the tap; and the bias before it."""
        layout, shown, atlas, cell = self.layout, self.shown, self.atlas, self.layout.cell
        x, y = layout.weight
        rows, filters = shown.rows, shown.filters
        part = np.ix_(filters, rows)
        scale = scale_of(atlas.weight)
        weights, unseen = atlas.weight_matrix[part], ~atlas.sees[part]
        draw_cells(page, weights, scale, x, y, cell, outside=unseen).set_gid("weight")
        draw_lines(page, len(filters), len(rows), x, y, cell)
        above = y - layout.sign - 9
        heading = f"Weight, {_text.by(atlas.weight_matrix.shape)}: each row a filter"
        page.text(min(x, x + len(rows) * cell - _text.width(heading, BODY)), above, heading)
        for position, row in enumerate(rows):
            self._draw_tap(page, row, x + (position + 0.5) * cell, y - 4 - layout.sign / 2)
        if atlas.bias is not None:
            own = atlas.bias[filters][:, None]
            left = layout.bias[0]
            draw_cells(page, own, scale_of(atlas.bias), left, y, cell)
            draw_lines(page, len(filters), 1, left, y, cell)
            page.text(left, y - 4, "bias", size=SMALL, color=SOFT)
        breaks = self._breaks()
        bottom = y + len(filters) * cell
        add_lines(page, [[(x + b * cell, y), (x + b * cell, bottom)] for b in breaks], INK, 1.2)

    def draw_output(self, page: Page, moment: Moment) -> None:
        """Draw the product, a row for each filter, in the colours of the columns."""
        layout, shown, cell = self.layout, self.shown, self.layout.cell
        (x, y), (rows, columns) = layout.output, (len(shown.filters), len(shown.columns))
        page.text(x, y - 5, f"Output, {_text.by(self.atlas.product.shape)}")
        middle, across = x - LABEL / 2, (layout.columns[1] + len(shown.rows) * cell + y) / 2
        for sign, at in ((_text.TIMES, across), ("=", y + rows * cell / 2)):
            page.text(middle, at + HEADING * 0.35, sign, size=HEADING, color=SOFT, align="center")
        part = np.ix_(shown.filters, shown.columns)
        there = moment.there(self.atlas)[part]
        tints = np.where(there[..., None], self.pale[shown.columns], 1.0)
        draw_colours(page, tints, x, y, columns * cell, rows * cell).set_gid("output")
        draw_lines(page, rows, columns, x, y, cell)
        if self.output_size:
            write_cells(
                page, np.where(there, self.output_texts, "").tolist(), x, y, cell, self.output_size
            )

    def _draw_patches(self, page: Page, x: float, y: float) -> None:
        layout, cell = self.layout, self.layout.cell
        (wide, high), shown = layout.thumb, self.shown.columns
        widest = max(_text.width(self._place(column), SMALL) for column in (shown[0], shown[-1]))
        labelled = shown if widest + 2 <= cell else (shown[0], self.column, shown[-1])
        for position, column in enumerate(shown):
            middle = x + (position + 0.5) * cell
            corner = middle - wide / 2, y - SMALL - 6 - high
            draw_sign(page, layout.covers(column), self.full[position], *corner, wide, high)
            if column in labelled:
                page.text(middle, y - 4, self._place(column), size=SMALL, align="center")

    def _draw_taps(self, page: Page, x: float, y: float) -> None:
        layout, cell = self.layout, self.layout.cell
        for position, row in enumerate(self.shown.rows):
            middle = y + (position + 0.5) * cell
            self._draw_tap(page, row, x - 5 - layout.sign / 2, middle)
            tap = self.atlas.tap(row)
            words, right = f"{tap.row},{tap.column}", x - 9 - layout.sign
            page.text(right, middle + 2.6, words, size=SMALL, color=SOFT, align="right")

    def _draw_tap(self, page: Page, row: int, x: float, y: float) -> None:
        """Draw which tap of the kernel a row stands for, around a point."""
        kh, kw = self.atlas.window.kernel_size
        tap, scale = self.atlas.tap(row), self.layout.sign / max(kh, kw)
        mask = np.zeros((kh, kw), bool)
        mask[tap.row, tap.column] = True
        width, height = kw * scale, kh * scale
        draw_sign(page, mask, INK, x - width / 2, y - height / 2, width, height)

    def _draw_channels(self, page: Page, x: float, y: float) -> None:
        """Draw a line between two channels' rows, and say beside them which they are."""
        cell, rows, taps = self.layout.cell, self.shown.rows, self._taps()
        right = x + len(self.shown.columns) * cell
        breaks = self._breaks()
        add_lines(page, [[(x, y + b * cell), (right, y + b * cell)] for b in breaks], INK, 1.2)
        if len(self.atlas.x) == 1:
            return
        left = x - 14 - self.layout.sign - _text.width("0,0", SMALL)
        for start, stop in zip([0, *breaks], [*breaks, len(rows)], strict=True):
            name = f"channel {rows[start] // taps}"
            if (stop - start) * cell < _text.width(name, SMALL):
                name = name.removeprefix("channel ")
            page.axes.text(
                left,
                y + (start + stop) / 2 * cell,
                name,
                rotation=90,
                color=SOFT,
                fontproperties=_text.font(SMALL),
                ha="right",
                va="center",
                parse_math=False,
                usetex=False,
            )

    def _breaks(self) -> list[int]:
        """Return the positions of the rows that begin another channel."""
        rows, taps = self.shown.rows, self._taps()
        return [i for i, row in enumerate(rows) if i and row % taps == 0]

    def _taps(self) -> int:
        kh, kw = self.atlas.window.kernel_size
        return kh * kw

    def _place(self, column: int) -> str:
        return ",".join(map(str, self.atlas.position(column)))

    def _entry(self, source: int) -> str:
        return "0" if source < 0 else self.pixel_texts[source]
