"""The two grids of a picture of convolution arithmetic: what the window lies on, and its stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matplotlib.patches import Circle, Rectangle

from minicnn.explain.arithmetic import Arithmetic
from minicnn.shapes import Pair
from minicnn.viz import _text
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import BODY, SMALL, Page
from minicnn.viz._sliding_scene import SOURCE
from minicnn.viz._style import ALARM, HAIRLINE, INK, SOFT

PICTURE, FIRST, STOPS = "#bccde4", "#ecc858", "#e4e4e4"
"""Cells of the picture, of the first stop, and of what stands for the stops."""

_BETWEEN, _LABEL, _LARGEST, _TALLEST = 34.0, SMALL + 6.0, 17.0, 190.0
_SMALLEST_DOTS = 4.0


@dataclass(frozen=True)
class Grids:
    """Where the two grids stand: the padded picture's, and that of the stops.

    Attributes
    ----------
    cell : float
    under, stops : (x, y, width, height)
        From the panel's corner.
    height : float
        Of both, with their labels.
    """

    cell: float
    under: Box
    stops: Box
    height: float

    @classmethod
    def of(cls, known: Arithmetic, width: float) -> Grids:
        """Return the grids for a panel of this width."""
        padded, stops = canvas(known), known.stops
        across = (width - _BETWEEN) / (padded[1] + stops[1])
        cell = min(across, _TALLEST / max(padded[0], stops[0]), _LARGEST)
        sizes = [(n[1] * cell, n[0] * cell) for n in (padded, stops)]
        tall = max(sizes[0][1], sizes[1][1])
        first, second = (1, 0) if known.transposed else (0, 1)
        boxes: list[Box] = [(0.0, 0.0, 0.0, 0.0)] * 2
        x = 0.0
        for which in (first, second):
            boxes[which] = (x, _LABEL + (tall - sizes[which][1]) / 2, *sizes[which])
            x += sizes[which][0] + _BETWEEN
        return cls(cell, boxes[0], boxes[1], _LABEL + tall)


def canvas(known: Arithmetic) -> Pair:
    """Return the size of the padded picture and of what hangs over its end."""
    rows, columns = known.axes
    return rows.padded + rows.hangs_over, columns.padded + columns.hangs_over


def draw_grids(page: Page, known: Arithmetic, grids: Grids, x: float, y: float) -> float:
    """Draw both grids from a corner, and return how high they are."""
    under, stops = _moved(grids.under, x, y), _moved(grids.stops, x, y)
    _draw_under(page, known, grids.cell, under)
    _draw_stops(page, known, grids.cell, stops)
    names = ("in", "out") if not known.transposed else ("out", "in")
    for (corner, level, wide, _), size, name in zip(
        (under, stops), (known.size, known.stops), names, strict=True
    ):
        text = f"{name}: {_text.by(size)}"
        room = max(_text.width(text, SMALL), wide)
        page.text(corner, level - 4, _text.fit(text, SMALL, room), size=SMALL, color=SOFT)
    middle = y + _LABEL + (grids.height - _LABEL) / 2 + 3
    left, right = sorted((under, stops))
    gap = (left[0] + left[2] + right[0]) / 2
    page.text(gap, middle, _text.ARROW, size=BODY + 3, align="center")
    return grids.height


def _draw_under(page: Page, known: Arithmetic, cell: float, box: Box) -> None:
    """Draw the padded picture, the first two stops on it and the middles of all."""
    rows, columns = known.axes
    (top, _), (left, _) = known.window.padding
    inner = (box[0] + left * cell, box[1] + top * cell)
    size = (known.size[1] * cell, known.size[0] * cell)
    padded = (box[0], box[1], columns.padded * cell, rows.padded * cell)
    _rectangle(page, padded, facecolor="white")
    if rows.hangs_over or columns.hangs_over:
        _rectangle(page, box, edgecolor=SOFT, linewidth=0.6, linestyle=":", gid="beyond the end")
    _rectangle(page, padded, edgecolor="#d0d0d0", hatch="....", gid="padding")
    _rectangle(page, (*inner, *size), facecolor=PICTURE, gid="picture")
    for row in rows.taps(0):
        for column in columns.taps(0):
            tap = (box[0] + column * cell, box[1] + row * cell, cell, cell)
            _rectangle(page, tap, facecolor=FIRST, gid="tap")
    _grid(page, padded, (rows.padded, columns.padded))
    _rectangle(page, (*inner, *size), edgecolor=INK, linewidth=0.8)
    _left_over(page, known, cell, padded)
    for number, (row, column) in reversed(list(enumerate(_two_stops(known)))):
        span = (box[0] + columns.taps(column)[0] * cell, box[1] + rows.taps(row)[0] * cell)
        sizes = (columns.span * cell, rows.span * cell)
        color, style = ((ALARM, "-"), (SOURCE, "--"))[number]
        _rectangle(page, (*span, *sizes), edgecolor=color, linewidth=1.3, linestyle=style)
    if cell >= _SMALLEST_DOTS:
        for row in range(known.stops[0]):
            for column in range(known.stops[1]):
                down = box[1] + (rows.taps(row)[0] + rows.span / 2) * cell
                across = box[0] + (columns.taps(column)[0] + columns.span / 2) * cell
                dot = Circle((across, down), 0.11 * cell, color=INK, linewidth=0, gid="stop")
                dot.set_clip_on(False)
                page.axes.add_artist(dot)


def _draw_stops(page: Page, known: Arithmetic, cell: float, box: Box) -> None:
    """Draw a cell for each stop, the first two marked like their windows."""
    _rectangle(page, box, facecolor=STOPS)
    stops = _two_stops(known)
    _rectangle(page, (box[0], box[1], cell, cell), facecolor=FIRST, gid="value")
    _grid(page, box, known.stops)
    _rectangle(page, box, edgecolor=INK, linewidth=0.8)
    for number, (row, column) in reversed(list(enumerate(stops))):
        place = (box[0] + column * cell, box[1] + row * cell, cell, cell)
        color, style = ((ALARM, "-"), (SOURCE, "--"))[number]
        _rectangle(page, place, edgecolor=color, linewidth=1.3, linestyle=style)


def _two_stops(known: Arithmetic) -> list[Pair]:
    """Return the first stop, and the next one along the rows, or else down."""
    rows, columns = known.stops
    if columns > 1:
        return [(0, 0), (0, 1)]
    return [(0, 0), (1, 0)] if rows > 1 else [(0, 0)]


def _left_over(page: Page, known: Arithmetic, cell: float, box: Box) -> None:
    rows, columns = known.axes
    look: dict[str, Any] = {"edgecolor": ALARM, "hatch": "/////", "gid": "left over"}
    if rows.unreached:
        high = rows.unreached * cell
        _rectangle(page, (box[0], box[1] + box[3] - high, box[2], high), **look)
    if columns.unreached:
        wide = columns.unreached * cell
        high = box[3] - rows.unreached * cell
        _rectangle(page, (box[0] + box[2] - wide, box[1], wide, high), **look)


def _grid(page: Page, box: Box, cells: Pair) -> None:
    x, y, width, height = box
    for row in range(cells[0] + 1):
        line = (x, y + height * row / cells[0], width, 0.0)
        _rectangle(page, line, edgecolor=HAIRLINE, linewidth=0.4)
    for column in range(cells[1] + 1):
        line = (x + width * column / cells[1], y, 0.0, height)
        _rectangle(page, line, edgecolor=HAIRLINE, linewidth=0.4)


def _moved(box: Box, x: float, y: float) -> Box:
    return box[0] + x, box[1] + y, box[2], box[3]


def _rectangle(page: Page, box: Box, **style: Any) -> None:
    look: dict[str, Any] = {"facecolor": "none", "linewidth": 0.0, "clip_on": False} | style
    page.axes.add_artist(Rectangle(box[:2], box[2], box[3], **look))
