"""The page of a field: the picture, its part around the set enlarged, and every step's part."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from minicnn.explain.field_links import flat
from minicnn.explain.field_steps import FieldStep, size_of
from minicnn.explain.field_wiring import Masks
from minicnn.explain.ledger_recording import Recording
from minicnn.layers import PICTURE
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._field_parts import (
    Cut,
    Region,
    draw_set,
    picture_scale,
    step_tile,
    strongest_channel,
)
from minicnn.viz._grid import Grid, reduced_notes
from minicnn.viz._ledger_parts import Box, fitted, outline, pixels_box, zoom
from minicnn.viz._page import (
    BODY,
    GAP,
    HEADING,
    MARGIN,
    SMALL,
    WIDTH,
    Page,
    dots_per_inch,
)
from minicnn.viz._style import INK, SOFT
from minicnn.viz._values import facts
from minicnn.viz.maps import range_text

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE
_PICTURE, _TALLEST, _BETWEEN = 290.0, 300.0, 36.0
_MOST_STEPS, _IN_A_ROW, _TILE = 20, 5, 146.0

Frame = tuple[str, Cut]
"""What a frame is called, and where it lies in the picture."""


@dataclass(frozen=True, eq=False)
class FieldPage:
    """What stands on the page.

    Attributes
    ----------
    recording : Recording
    sample : int
    steps : tuple of FieldStep
        The picture first.
    masks : dict
        Each step's set.
    heading : str
    about : tuple of str
    frames : tuple of Frame
        Drawn in the enlarged part of the picture, the innermost first.
    steps_text : str
        What is said of the steps.
    """

    recording: Recording
    sample: int
    steps: tuple[FieldStep, ...]
    masks: Masks
    heading: str
    about: tuple[str, ...]
    frames: tuple[Frame, ...]
    steps_text: str

    def draw(self, figure: Figure | None) -> Figure:
        """Draw it."""
        head = _text.fit(_text.plain(self.heading), HEADING, _INNER)
        lines = [
            line for part in self.about for line in _text.wrap(_text.plain(part), BODY, _INNER)
        ]
        region = Region.around(self.steps)
        grid = self._grid(region)
        notes = self._notes(grid, dots_per_inch(figure))
        maps = self.recording.maps(PICTURE, self.sample)
        cut = region.cut(self.steps[0])
        size = fitted(maps.shape, _PICTURE, _TALLEST)
        close = fitted(size_of(cut), _PICTURE, _TALLEST)
        is_close = close[0] / size_of(cut)[1] > 1.3 * size[0] / maps.shape[2]
        names = self._frame_lines() if is_close else []

        top = MARGIN + (HEADING + 8 if head else 0) + _LINE * len(lines) + 6
        captions = _LINE + 4
        upper = max(size[1], close[1] if is_close else 0) + captions + _SMALL_LINE * len(names)
        below = top + upper + 16
        height = below + grid.height + _LINE + 8 + _SMALL_LINE * len(notes) + 6 + MARGIN
        page = Page(figure, WIDTH, height)
        _write(page, head, lines)
        box = MARGIN, top + captions, *size
        self._draw_picture(page, box, close if is_close else None, cut, top)
        if is_close:
            left = MARGIN + _PICTURE + _BETWEEN
            y = top + captions + close[1] + SMALL + 3
            for line in names:
                page.text(left, y, line, size=SMALL, color=SOFT)
                y += _SMALL_LINE
        page.rule(below - 8, MARGIN, MARGIN + _INNER)
        page.text(MARGIN, below + BODY, _text.fit(self.steps_text, BODY, _INNER))
        grid.draw(page, MARGIN, below + _LINE + 8)
        y = below + _LINE + 8 + grid.height + 6 + SMALL
        for line in notes:
            page.text(MARGIN, y, line, size=SMALL, color=SOFT)
            y += _SMALL_LINE
        return page.done()

    def _draw_picture(
        self, page: Page, box: Box, close: tuple[float, float] | None, cut: Cut, top: float
    ) -> None:
        maps, mask = self.recording.maps(PICTURE, self.sample), self.masks[PICTURE]
        page.text(MARGIN, top + BODY, _text.fit(self._picture_text(), BODY, _PICTURE))
        draw_set(page, flat(mask), box, self._draw_maps(page, maps, box))
        if close is None:
            return
        left = MARGIN + _PICTURE + _BETWEEN
        rows, columns = cut
        large = left, box[1], *close
        page.text(left, top + BODY, f"Its part around it, {_text.by(size_of(cut))}")
        drawn = self._draw_maps(page, maps[:, rows, columns], large)
        draw_set(page, flat(mask)[rows, columns], large, drawn)
        part = pixels_box(
            maps.shape, box, range(rows.start, rows.stop), range(columns.start, columns.stop)
        )
        outline(page, part)
        zoom(page, part, large)
        for _, (inner_rows, inner_columns) in self.frames:
            frame = pixels_box(
                size_of(cut),
                large,
                range(inner_rows.start - rows.start, inner_rows.stop - rows.start),
                range(inner_columns.start - columns.start, inner_columns.stop - columns.start),
            )
            outline(page, frame)

    def _draw_maps(self, page: Page, maps: Array, box: Box) -> AxesImage:
        """Draw some of the picture: as a picture if it is one, or else its strongest channel."""
        scale = picture_scale(self.recording, self.sample)
        if scale is None:
            return page.picture(maps, *box)
        values = maps[self._channel]
        return page.map(values, scale, *box, facts(values))

    @property
    def _channel(self) -> int:
        """The picture's channel that is drawn, where it is no picture to be seen."""
        return strongest_channel(self.recording.maps(PICTURE, self.sample), self.masks[PICTURE])

    def _picture_text(self) -> str:
        maps = self.recording.maps(PICTURE, self.sample)
        text = f"The picture, {_text.by(maps.shape[1:])}"
        if picture_scale(self.recording, self.sample) is None:
            return text
        return f"{text}, channel {self._channel}: {range_text(facts(maps[self._channel]))}"

    def _frame_lines(self) -> list[str]:
        if not self.frames:
            return []
        sizes = (
            f"{'what one value of ' if not i else 'of '}{name}{' sees' if not i else ''} "
            f"({_text.by(size_of(box))})"
            for i, (name, box) in enumerate(self.frames)
        )
        text = f"Frames, from the inside out: {', '.join(sizes)}."
        return _text.wrap(_text.plain(text), SMALL, _PICTURE)

    def _grid(self, region: Region) -> Grid:
        shown = self.steps[1:][-_MOST_STEPS:]
        rows = -(-len(shown) // _IN_A_ROW)
        columns = -(-len(shown) // rows)
        shape = size_of(region.cut(self.steps[0]))
        widest = min((_INNER - (columns - 1) * GAP) / columns, _TILE)
        recording, sample = self.recording, self.sample
        tiles = [
            step_tile(recording, sample, one, self.masks[one.position], region, widest)
            for one in shown
        ]
        return Grid.arrange(tiles, shape, columns=columns, strip=True, widest=widest, tallest=_TILE)

    def _notes(self, grid: Grid, dpi: float) -> list[str]:
        notes = ["Each step has a scale of its own."]
        hidden = len(self.steps) - 1 - len(grid.tiles)
        if hidden:
            notes.append(f"The last {len(grid.tiles)} of {len(self.steps) - 1} steps are shown.")
        notes += reduced_notes([grid], dpi)
        return [line for note in notes for line in _text.wrap(note, SMALL, _INNER)]


def _write(page: Page, head: str, lines: list[str]) -> None:
    baseline = MARGIN + HEADING * 0.8
    if head:
        page.text(MARGIN, baseline, head, size=HEADING, color=INK)
        baseline += HEADING * 0.2 + 6 + BODY
    for line in lines:
        page.text(MARGIN, baseline, line, color=SOFT)
        baseline += _LINE
