"""The page of an im2col atlas: measured once, drawn at any moment."""

from __future__ import annotations

from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.viz import _text
from minicnn.viz._im2col_foot import COST, COST_WIDTH, Foot
from minicnn.viz._im2col_layout import (
    BETWEEN,
    HEAD,
    INNER,
    NOTE,
    Extra,
    Layout,
    Shown,
    side_by_side,
)
from minicnn.viz._im2col_matrices import Matrices
from minicnn.viz._im2col_moment import Moment
from minicnn.viz._im2col_pictures import Pictures
from minicnn.viz._page import BODY, HEADING, MARGIN, Page
from minicnn.viz._style import SOFT

_LINE = BODY * _text.LINE
_FOOT = 120.0
"""How high copies and output may be at the foot of the page."""

_ABOUT = (
    "Each patch of the picture is laid out as a column, each filter as a row: a row times a column "
    "is one value of the output. Each place of the output has a colour, and a pixel has those of "
    "all columns that copy it. Framed: one value, and all that it is made from."
)


class Sheet:
    """The whole page, measured: it can be drawn at any moment.

    Parameters
    ----------
    atlas : Im2colAtlas
    column, kernel : int
        What is framed at the end; where the page cannot show everything, it shows what is
        around.
    title : str or None
    """

    def __init__(self, atlas: Im2colAtlas, column: int, kernel: int, title: str | None) -> None:
        """Measure."""
        self.atlas = atlas
        self.shown = Shown.around(atlas, column, kernel)
        text = "A convolution as one product of two matrices" if title is None else title
        self.head = _text.fit(_text.plain(text), HEADING, INNER)
        self.about = _text.wrap(self._about(), BODY, INNER)
        top = MARGIN + HEADING + 8 + _LINE * len(self.about) + 6
        self.layout = Layout(atlas, self.shown, top)
        self.pictures = Pictures(atlas, self.shown, self.layout)
        self.matrices = Matrices(atlas, self.shown, self.layout, self.pictures)
        self.foot = Foot(atlas, column, kernel)
        self.extra, self.lower = self._lower()
        self.height = self.layout.bottom + 16 + self.lower + self.foot.height + MARGIN

    def draw(self, page: Page, moment: Moment) -> None:
        """Draw the page as it is at a moment."""
        page.text(MARGIN, MARGIN + HEADING * 0.8, self.head, size=HEADING)
        for i, line in enumerate(self.about):
            page.text(MARGIN, MARGIN + HEADING + 8 + BODY + i * _LINE, line, color=SOFT)
        layout, pictures, matrices = self.layout, self.pictures, self.matrices
        for position, channel in enumerate(self.shown.channels):
            pictures.draw_channel(page, moment, position, channel)
            pictures.draw_kernel(page, moment, position, channel)
        pictures.draw_copies(page, moment, *self.extra.copies, self.extra.copies_cell)
        pictures.draw_output(page, moment, *self.extra.output, self.extra.output_cell)
        matrices.draw_columns(page, moment)
        matrices.draw_weight(page, moment)
        matrices.draw_output(page, moment)
        y, has_room = layout.bottom + 16, layout.extra is not None
        left = MARGIN if has_room else MARGIN + INNER - COST_WIDTH
        self.foot.draw_costs(page, left, y + 4, below=not has_room)
        y += self.lower
        page.rule(y - 6, MARGIN, MARGIN + INNER)
        self.foot.draw(page, y)

    def _about(self) -> str:
        (top, bottom), (left, right) = self.atlas.window.padding
        hatched = ["padding"] if top or bottom or left or right else []
        if self.atlas.layer.groups > 1:
            hatched.append("the channels of another group, which a filter does not see")
        words = f" Hatched: {', and '.join(hatched)}." if hatched else ""
        note = self.shown.left_out(self.atlas)
        return f"{_ABOUT}{words}{f' {note}' if note else ''}"

    def _lower(self) -> tuple[Extra, float]:
        """Return where copies and output stand, and how high what is below the matrices is."""
        if self.layout.extra is not None:
            return self.layout.extra, COST + 22
        atlas, y = self.atlas, self.layout.bottom + 16 + HEAD
        extra = side_by_side(atlas, y, INNER - COST_WIDTH - BETWEEN, _FOOT)
        high = max(
            atlas.x.shape[1] * extra.copies_cell + NOTE, atlas.output.shape[1] * extra.output_cell
        )
        return extra, float(max(HEAD + high, 2 * COST + 16)) + 18
