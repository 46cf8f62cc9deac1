"""The page of an im2col atlas: measured once, drawn at any moment."""

from __future__ import annotations

from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.viz._im2col_foot import COST_WIDTH
from minicnn.viz._im2col_frames import frames_of
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
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import Page

GAP_BELOW = 16.0
"""Below the matrices."""

_FOOT = 120.0
"""How high copies and output may be at the foot of the page."""


class Sheet:
    """The page of an atlas but for its headings and its foot, measured.

    Parameters
    ----------
    atlas : Im2colAtlas
    column, kernel : int
        One value of the output.
    shown : Shown
        Which part of the matrices is drawn.
    top : float
        Where the headings end.
    """

    def __init__(
        self, atlas: Im2colAtlas, column: int, kernel: int, shown: Shown, top: float
    ) -> None:
        """Measure."""
        self.atlas, self.shown = atlas, shown
        self.layout = Layout(atlas, shown, top)
        self.pictures = Pictures(atlas, shown, self.layout)
        self.matrices = Matrices(atlas, shown, self.layout, self.pictures, column)
        self.has_room = self.layout.extra is not None
        self.extra = self.layout.extra or self._at_foot()
        self.bottom = self.layout.bottom if self.has_room else self._foot_bottom()

    def draw(self, page: Page, moment: Moment) -> None:
        """Draw the pictures and the matrices as they are at a moment, without frames."""
        pictures, matrices = self.pictures, self.matrices
        for position, channel in enumerate(self.shown.channels):
            pictures.draw_channel(page, moment, position, channel)
            pictures.draw_kernel(page, moment, position, channel)
        pictures.draw_copies(page, moment, *self.extra.copies, self.extra.copies_cell)
        pictures.draw_output(page, moment, *self.extra.output, self.extra.output_cell)
        matrices.draw_columns(page, moment)
        matrices.draw_weight(page, moment)
        matrices.draw_output(page, moment)

    def frames(self, moment: Moment) -> list[Box]:
        """Return the boxes of all that is framed at a moment."""
        return frames_of(self.atlas, self.shown, self.layout, self.extra, moment)

    def _at_foot(self) -> Extra:
        room = INNER - COST_WIDTH - BETWEEN
        return side_by_side(self.atlas, self.layout.bottom + GAP_BELOW + HEAD, room, _FOOT)

    def _foot_bottom(self) -> float:
        extra, atlas = self.extra, self.atlas
        copies = extra.copies[1] + atlas.x.shape[1] * extra.copies_cell + NOTE
        return float(max(copies, extra.output[1] + atlas.output.shape[1] * extra.output_cell))
