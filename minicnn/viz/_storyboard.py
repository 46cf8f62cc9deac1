"""A storyboard's blocks, one a step, packed side by side on a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from minicnn.viz import _text
from minicnn.viz._grid import Grid, reduced_notes
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
from minicnn.viz._style import INK, SOFT, Scale
from minicnn.viz._wires import draw_wires, width_of, wires_of

INNER, NARROW = WIDTH - 2 * MARGIN, 190.0
"""The room for blocks, and how wide a block is at the least, in points."""

_NAME = 10.0


@dataclass(frozen=True)
class Block:
    """One step: its name, what is said of it, its colour bar and its tiles.

    `origins` are the blocks that it looks at, counted from 0, the input.
    """

    name: str
    about: tuple[str, ...]
    bar: Scale | None
    scale_text: str
    grid: Grid
    origins: tuple[int, ...] = ()

    @property
    def width(self) -> float:
        """Its width in points."""
        return max(self.grid.width, NARROW)

    @property
    def lines(self) -> list[str]:
        """What is said of the step, broken to fit."""
        parts: list[str] = []
        for part in self.about:
            joined = f"{parts[-1]}{_text.DOT}{part}" if parts else part
            if parts and _text.width(joined, BODY) <= self.width:
                parts[-1] = joined
            else:
                parts.append(part)
        lines = (_text.clauses(_text.sentence(part), BODY, self.width) for part in parts)
        return [line for part in lines for line in part]

    @property
    def bar_width(self) -> float:
        """How long the colour bar is."""
        return 110.0 if self.width < 300 else 170.0

    @property
    def scale_lines(self) -> list[str]:
        """What is said of the scale, beside the bar."""
        room = self.width - (self.bar_width + 10 if self.bar else 0)
        return _text.wrap(self.scale_text, BODY, room) if self.scale_text else []

    @property
    def foot(self) -> float:
        """How far down its first row of maps ends, at the least: where blocks are lined up."""
        return self.head + self.grid.above + self.grid.tile[1]

    @property
    def below(self) -> float:
        """The height of what comes after its first row of maps."""
        return self.grid.height - self.grid.above - self.grid.tile[1]

    @property
    def head(self) -> float:
        """The height of what stands above the tiles."""
        slot = max(BODY * _text.LINE * len(self.scale_lines), 20.0 if self.bar else 0.0)
        return _NAME + 6 + BODY * _text.LINE * len(self.lines) + slot + 6

    def draw(self, page: Page, x: float, y: float, foot: float) -> None:
        """Draw it with its upper left corner at a point, its first maps' feet `foot` below."""
        page.text(x, y + _NAME * 0.9, _text.fit(self.name, _NAME, self.width), size=_NAME)
        baseline = y + _NAME + 5 + BODY
        for line in self.lines:
            page.text(x, baseline, line, color=SOFT)
            baseline += BODY * _text.LINE
        left = x
        if self.bar is not None:
            page.bar(self.bar, x, baseline - BODY + 4, self.bar_width)
            left += self.bar_width + 10
        for line in self.scale_lines:
            page.text(left, baseline + 2.5, line, color=SOFT)
            baseline += BODY * _text.LINE
        top = page.snap(y + foot) - page.snap(self.grid.tile[1])  # so that all end on one dot
        self.grid.draw(page, x, top - self.grid.above)


def pack(blocks: Sequence[Block]) -> list[list[Block]]:
    """Put blocks side by side as long as they fit, and each looks at the one on its left only."""
    wanted = Counter(origin for block in blocks for origin in block.origins)
    rows: list[list[Block]] = []
    for number, block in enumerate(blocks):
        used = sum(b.width + 2 * GAP for b in rows[-1]) if rows else INNER
        follows = block.origins == (number - 1,) and wanted[number - 1] == 1
        if follows and used + block.width <= INNER + 0.01:
            rows[-1].append(block)
        else:
            rows.append([block])
    return rows


def draw(figure: Figure | None, rows: list[list[Block]], title: str, more: Sequence[str]) -> Figure:
    """Draw rows of blocks below a title, the notes under them; wires on the left if any pass by."""
    origins = _origins_of(rows)
    wires = wires_of(origins)
    left = MARGIN + width_of(wires)
    inner = max(sum(b.width for b in row) + 2 * GAP * (len(row) - 1) for row in rows)
    head = _text.fit(_text.plain(title), HEADING, inner)
    grids = [block.grid for row in rows for block in row]
    notes = [*more, *_notes(grids, dots_per_inch(figure))]
    lines = [line for note in notes for line in _text.wrap(note, SMALL, inner)]
    heights = [max(b.foot for b in row) + max(b.below for b in row) for row in rows]
    top = MARGIN + (HEADING + 10 if head else 0)
    total = top + sum(heights) + 20 * (len(rows) - 1)
    total += (8 + SMALL * _text.LINE * len(lines) if lines else 0) + MARGIN
    page = Page(figure, left + inner + MARGIN, total)
    if head:
        page.text(left, MARGIN + HEADING * 0.8, head, size=HEADING, color=INK)
    y, dots = top, []
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        if number:
            page.rule(y - 11, left, left + inner)
        x = left
        for block in row:
            block.draw(page, x, y, max(b.foot for b in row))
            x += block.width + 2 * GAP
        dots.append(y + _NAME * 0.55)
        y += height + 20
    if wires:
        draw_wires(page, origins, wires, left, dots)
    y += -20 + 8
    page.lines(left, y, lines, size=SMALL)
    return page.done()


def _origins_of(rows: Sequence[Sequence[Block]]) -> list[tuple[int, ...]]:
    """Return for each row the rows that its first block looks at."""
    row_of = [number for number, row in enumerate(rows) for _ in row]
    return [tuple(row_of[origin] for origin in row[0].origins) for row in rows]


def _notes(grids: Sequence[Grid], dpi: float) -> list[str]:
    notes = reduced_notes(grids, dpi)
    if any(grid.stretched for grid in grids):
        notes.append(
            "Some pixels are not square: true to size, those maps would be too thin to see."
        )
    return notes
