"""Tiles in rows and columns, each with its caption, and the sheet around them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.figure import Figure

from minicnn.shapes import Pair, integer
from minicnn.viz import _text
from minicnn.viz._page import (
    BAR,
    BODY,
    GAP,
    HEADING,
    MARGIN,
    SMALL,
    WIDTH,
    Page,
    dots_per_inch,
)
from minicnn.viz._style import ALARM, SOFT, Scale, number_text, printed
from minicnn.viz._values import block_size

TALLEST, LOWEST = 330.0, 9.0
"""No tile is taller, or thinner, in points."""

_MOST_STACKED = 4
"""No stack of rows, one for each channel, is higher."""

_NARROWEST, _NAME_ROOM, _TARGET_HEIGHT, _LARGEST_PIXEL = 58.0, 80.0, 480.0, 30.0


@dataclass(frozen=True)
class Tile:
    """Something to draw, and what is written below it.

    Attributes
    ----------
    draw : function
        ``draw(page, x, y, width, height)``.
    label, value, alarm : str
        The name; the range, in grey; what the reader must not miss.
    strip : (low, high, Scale), optional
        A colour bar of its own, and the range that it shows.
    above : function, optional
        Draws what stands above, like `draw`.
    shape : (H, W), optional
        Its own rows and columns, if it may be drawn smaller.
    value_at : function, optional
        ``value_at(width, height)`` is what `value` says at that size; it is never longer.
    is_picture : bool
    """

    draw: Callable[[Page, float, float, float, float], Any]
    label: str
    value: str = ""
    alarm: str = ""
    strip: tuple[float, float, Scale] | None = None
    above: Callable[[Page, float, float, float, float], Any] | None = None
    shape: tuple[int, ...] | None = None
    value_at: Callable[[float, float], str] | None = None
    is_picture: bool = False

    def settled(self, size: tuple[float, float]) -> Tile:
        """Return the tile with its caption for the size that it got."""
        return self if self.value_at is None else replace(self, value=self.value_at(*size))


@dataclass(frozen=True)
class Grid:
    """Tiles in rows and columns, all of one size; sizes in points."""

    tiles: tuple[Tile, ...]
    columns: int
    tile: tuple[float, float]
    pitch: float
    caption: float
    one_line: bool
    strip: bool
    stretched: bool
    above: float = 0.0

    @classmethod
    def arrange(
        cls,
        tiles: Sequence[Tile],
        shape: tuple[int, ...],
        *,
        columns: int | None = None,
        strip: bool = False,
        tallest: float = TALLEST,
        widest: float = WIDTH,
        name_room: float = _NAME_ROOM,
    ) -> Grid:
        """Choose the columns that fill a page best, if they are not given.

        The larger the tiles the better, as long as the page stays about as high as it is wide;
        empty places in the last row count against. Of equally good ones, the lowest.
        """
        count = len(tiles)
        if columns is not None:
            choices = [min(integer("columns", columns, least=1), count)]
        else:
            choices = list(range(1, min(count, 12) + 1))
        grids = [cls._with(tiles, shape, c, strip, tallest, widest, name_room) for c in choices]
        fitting = [g for g in grids if g.width <= WIDTH - 2 * MARGIN + 0.01] or grids[:1]
        return max(fitting, key=lambda g: (g._merit(), -g.rows))

    @classmethod
    def stack(
        cls, tiles: Sequence[Tile], shape: tuple[int, ...], columns: int | None, **options: Any
    ) -> Grid | None:
        """Return a grid of so many columns, one row for each channel, if a page has room for it."""
        rows = -(-len(tiles) // columns) if columns else 0
        if columns is None or not 1 < columns < len(tiles) or rows > _MOST_STACKED:
            return None
        tallest = min(options.pop("tallest", TALLEST), _TARGET_HEIGHT / rows)
        look = options | {"columns": columns, "tallest": tallest}
        grids = (cls.arrange(tiles, shape, **look, name_room=room) for room in (_NAME_ROOM, 0.0))
        return next((g for g in grids if g.width <= WIDTH - 2 * MARGIN + 0.01), None)

    @classmethod
    def _with(
        cls,
        tiles: Sequence[Tile],
        shape: tuple[int, ...],
        columns: int,
        strip: bool,
        tallest: float,
        widest: float,
        name_room: float,
    ) -> Grid:
        rows_, columns_ = shape
        room = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns
        width = min(room, widest, max(_NARROWEST, _LARGEST_PIXEL * columns_))
        height = width * rows_ / columns_
        if height > tallest:
            width, height = tallest * columns_ / rows_, tallest
        stretched = min(width, height) < LOWEST
        width, height = max(width, LOWEST), max(height, LOWEST)
        texts = [
            max(_text.width(t.value, SMALL) + (12 if t.strip else 0), _text.width(t.alarm, SMALL))
            for t in tiles
        ]
        labels = max(_text.width(t.label, BODY) for t in tiles)
        pitch = max(width, max(texts), min(labels, max(name_room, width)))
        wanted = labels + 8 + max(_text.width(t.value, SMALL) for t in tiles)
        one_line = wanted <= pitch and not strip
        has_value = any(t.value for t in tiles) and not one_line
        lines = 1 + has_value + any(t.alarm for t in tiles)
        caption = 4 + BODY * _text.LINE + (lines - 1) * SMALL * _text.LINE
        if not any(t.label or t.value or t.alarm for t in tiles):
            caption = 0.0
        return cls(
            tuple(tiles), columns, (width, height), pitch, caption, one_line, strip, stretched
        )

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return -(-len(self.tiles) // self.columns)

    @property
    def width(self) -> float:
        """The width of all columns."""
        return self.columns * self.pitch + (self.columns - 1) * GAP

    @property
    def height(self) -> float:
        """The height of all rows."""
        return self.rows * (self.above + self.tile[1] + self.caption) + (self.rows - 1) * GAP

    def _merit(self) -> float:
        area = self.tile[0] * self.tile[1]
        empty = self.rows * self.columns - len(self.tiles)
        fullness = 1 - 0.6 * empty / (self.rows * self.columns)
        over = max(0.0, self.height / _TARGET_HEIGHT - 1)
        return math.log(area) + 2 * math.log(fullness) - 6 * over

    def draw(self, page: Page, left: float, top: float) -> None:
        """Draw every tile and its caption."""
        for index, tile in enumerate(self.tiles):
            row, column = divmod(index, self.columns)
            x = left + column * (self.pitch + GAP)
            y = top + row * (self.above + self.tile[1] + self.caption + GAP)
            if tile.above:
                tile.above(page, x, y, self.pitch, self.above)
            y += self.above
            tile.draw(page, x, y, *self.tile)
            self._write(page, tile, x, y + self.tile[1] + 4)

    def _write(self, page: Page, tile: Tile, x: float, top: float) -> None:
        baseline = top + BODY
        page.text(x, baseline, _text.fit(tile.label, BODY, self.pitch))
        if tile.strip:
            baseline += SMALL * _text.LINE
            self._write_strip(page, tile.strip, x, baseline)
        elif self.one_line:
            right = x + max(self.tile[0], self.pitch)
            page.text(right, baseline, tile.value, size=SMALL, color=SOFT, align="right")
        elif tile.value:
            baseline += SMALL * _text.LINE
            page.text(x, baseline, tile.value, size=SMALL, color=SOFT)
        if tile.alarm:
            baseline += SMALL * _text.LINE
            page.text(x, baseline, tile.alarm, size=SMALL, color=ALARM)

    def _write_strip(
        self, page: Page, strip: tuple[float, float, Scale], x: float, baseline: float
    ) -> None:
        """Set a map's own colour bar between the ends of its range."""
        low, high = (printed(number_text(value)) for value in strip[:2])
        left, right = x + _text.width(low, SMALL) + 3, x + self.pitch - _text.width(high, SMALL) - 3
        page.text(x, baseline, low, size=SMALL, color=SOFT)
        page.text(x + self.pitch, baseline, high, size=SMALL, color=SOFT, align="right")
        page.strip(*strip, left, baseline - 5, right - left, 5)


def sheet(
    figure: Figure | None,
    grid: Grid,
    heading: str,
    about: str,
    *,
    bar: Scale | None,
    scale_text: str,
) -> Figure:
    """Put a heading, a colour bar, the tiles and notes on a page."""
    inner = min(WIDTH - 2 * MARGIN, max(grid.width, 300.0))
    head = _text.fit(_text.plain(heading), HEADING, inner)
    lines = _text.wrap(_text.plain(about), BODY, inner) if about else []
    beside = bar is not None
    scale_room = inner - (BAR + 12 if beside else 0)
    scale_lines = _text.wrap(scale_text, BODY, scale_room) if scale_text else []
    notes = reduced_notes([grid], dots_per_inch(figure))
    if grid.stretched:
        notes.append("Pixels are not square here: true to size, the maps would be too thin to see.")
    note_lines = [line for note in notes for line in _text.wrap(note, SMALL, inner)]

    line = BODY * _text.LINE
    top = MARGIN + (HEADING + 4 if head else 0) + line * len(lines) + (5 if lines else 0)
    slot = max(line * len(scale_lines), 19.0 if beside else 0.0)
    grid_top = top + slot + (8 if slot else (6 if head or lines else 0))
    notes_top = grid_top + grid.height + (8 if note_lines else 0)
    height = notes_top + SMALL * _text.LINE * len(note_lines) + MARGIN - (4 if note_lines else 0)

    page = Page(figure, inner + 2 * MARGIN, height)
    baseline = MARGIN + HEADING * 0.8
    if head:
        page.text(MARGIN, baseline, head, size=HEADING)
        baseline += HEADING * 0.2 + 4 + BODY
    for text in lines:
        page.text(MARGIN, baseline, text, color=SOFT)
        baseline += line
    if bar is not None:
        page.bar(bar, MARGIN, top + 1)
    for i, text in enumerate(scale_lines):
        page.text(MARGIN + (BAR + 12 if beside else 0), top + 7.5 + i * line, text, color=SOFT)
    grid.draw(page, MARGIN, grid_top)
    for i, text in enumerate(note_lines):
        page.text(MARGIN, notes_top + SMALL + i * SMALL * _text.LINE, text, size=SMALL, color=SOFT)
    return page.done()


def reduced_notes(grids: Sequence[Grid], dpi: float) -> list[str]:
    """Say how much smaller than they are things are drawn; nothing if every value has its dot.

    `dpi` is the figure's own.
    """
    blocks = {False: (1, 1), True: (1, 1)}
    for grid in grids:
        dots = tuple(max(1, round(v * dpi / 72)) for v in reversed(grid.tile))
        for shape, is_picture in {(tile.shape, tile.is_picture) for tile in grid.tiles}:
            if shape is not None:
                block = block_size((shape[0], shape[1]), (dots[0], dots[1]))
                blocks[is_picture] = max(blocks[is_picture], block)
    notes = smaller_maps(blocks[False])
    if max(blocks[True]) > 1:
        notes.append("Pictures are drawn smaller than they are: each dot is a mean.")
    return notes


def smaller_maps(block: Pair) -> list[str]:
    """Say that so many rows and columns of a map share a dot; nothing if each value has its own."""
    if max(block) == 1:
        return []
    return [
        "Drawn smaller than they are: each dot of a map is the value furthest from 0 of up to "
        f"{_text.by(block)} values."
    ]
