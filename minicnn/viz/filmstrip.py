"""A convolution in a few stills, side by side, for print."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.sliding import SlidingWindow, Stop, sliding_window
from minicnn.shapes import Array, integer
from minicnn.viz import _text
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure, dots_per_inch
from minicnn.viz._pen import PagePen
from minicnn.viz._sliding_cells import draw_cells_of, form_of
from minicnn.viz._sliding_moving import cover_output, draw_cursor, draw_window, sum_line
from minicnn.viz._sliding_scene import Scene
from minicnn.viz._sliding_still import draw_input, draw_output
from minicnn.viz._style import ALARM, SOFT

MOST_STOPS = 6
"""More would leave each too small to read."""

_GAP, _LINE, _RESULT = 18.0, BODY * _text.LINE, 11.0
_INNER, _THINNEST = WIDTH - 2 * MARGIN, 9.0


def plot_filmstrip(
    layer: Any,
    x: Array,
    *,
    channel: Any = 0,
    sample: int = 0,
    stops: Any = None,
    max_channels: int = 3,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw a convolution at a few stops of its window, side by side: for print.

    Below each stop's name: where the window lies; value times weight, and the product, in each
    cell; the sum; and the output so far.

    Parameters
    ----------
    layer, x, channel, sample
        See `animate_convolution`.
    stops : list of int or of (row, column), optional
        At most six, counted along the rows; by default the first, one in the middle, the last.
    max_channels : int
        So many input channels are drawn; of the others, the sum is shown.
    title : str, optional
        Instead of the heading; "" for none.
    figure : matplotlib Figure, optional
        It is cleared and drawn on; by default a new pyplot figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UnsupportedError, ConfigError, ShapeError, DTypeError
        See `animate_convolution`.

    Examples
    --------
    >>> from minicnn import Conv2D, images, viz
    >>> layer = Conv2D.from_kernels("sobel_x", stride=2)
    >>> figure = plot_filmstrip(layer, images.disc(9), figure=viz.new_figure())
    >>> figure.axes[0].texts[3].get_text()
    'Stop 1 of 16'
    """
    check_figure(figure)
    slide = sliding_window(layer, x, channel=channel, sample=sample)
    most = integer("max_channels", max_channels, least=1)
    scene = Scene(slide, most, 72.0 / dots_per_inch(figure))
    strip = _Strip(scene, [slide.stop(stop) for stop in _chosen(slide, stops)])
    return strip.draw(figure, _text.checked("title", title))


class _Strip:
    """The stops, and how high each part of a column is."""

    def __init__(self, scene: Scene, stops: list[Stop]) -> None:
        self.scene, self.stops = scene, stops
        self.width = min((_INNER - _GAP * (len(stops) - 1)) / len(stops), 220.0)
        padded, output = scene.slide.padded.shape[1:], scene.slide.output.shape
        self.stacked = len(scene.slide.channels) == 1
        room = self.width if self.stacked else self.width * 0.62
        self.form = form_of(scene, room)
        rows, columns = scene.slide.weight.shape[1:]
        self.cells = self.form.width * columns, self.form.height * rows
        beside = self.width if self.stacked else self.width - self.cells[0] - 8
        tall = 200.0 if self.stacked else max(self.cells[1], 60.0)
        self.map = _fitted(padded, beside, tall)
        self.output = _fitted(output, self.width, 165.0 if self.stacked else 120.0)
        self.sums = [self._sum(stop) for stop in stops]
        self.factor = any(scene.kernels[1])

    def draw(self, figure: Figure | None, title: str | None) -> Figure:
        """Draw everything."""
        head = _text.plain(self.scene.title if title is None else title)
        head = _text.fit(head, HEADING, _INNER) if head else ""
        about = [
            line
            for text in self.scene.about
            for line in _text.clauses(_text.plain(text), BODY, _INNER)
        ]
        notes = [line for note in self.scene.notes for line in _text.wrap(note, SMALL, _INNER)]
        top = MARGIN + (HEADING + 4 if head else 0) + _LINE * len(about) + 8
        bottom = top + self._height()
        height = bottom + SMALL * _text.LINE * len(notes) + MARGIN
        page = Page(figure, WIDTH, height)
        baseline = MARGIN + HEADING * 0.8
        if head:
            page.text(MARGIN, baseline, head, size=HEADING)
            baseline += HEADING * 0.2 + 4 + BODY
        for i, text in enumerate(about):
            page.text(MARGIN, baseline + i * _LINE, text, color=SOFT)
        for i, stop in enumerate(self.stops):
            self._draw_stop(page, stop, self.sums[i], MARGIN + i * (self.width + _GAP), top)
        for i, text in enumerate(notes):
            y = bottom + SMALL + i * SMALL * _text.LINE
            page.text(MARGIN, y, text, size=SMALL, color=SOFT)
        return page.done()

    def _height(self) -> float:
        one = self.map[1] + 8 + self.cells[1] if self.stacked else max(self.map[1], self.cells[1])
        one += _LINE if self.factor else 0.0
        one += 0.0 if self.stacked else _LINE + 2
        lines = max(len(lines) for lines in self.sums)
        rows: float = one * self.scene.shown + 6 * (self.scene.shown - 1)
        return 2 * _LINE + 4 + rows + lines * _LINE + _RESULT + 18 + _LINE + self.output[1] + 12

    def _draw_stop(self, page: Page, stop: Stop, sums: list[str], x: float, top: float) -> None:
        name, _, where = self.scene.stop_text(stop).partition(": ")
        page.text(x, top + BODY, _text.fit(name, BODY, self.width))
        where = _text.fit(_text.sentence(where), SMALL, self.width)
        page.text(x, top + BODY + _LINE - 1, where, size=SMALL, color=SOFT)
        y = top + 2 * _LINE + 4
        for row in range(self.scene.shown):
            y = self._draw_channel(page, stop, row, x, y) + 6
        y += BODY
        for text in sums:
            page.text(x, y, text, color=SOFT)
            y += _LINE
        result = f"= {self.scene.sum_digits.text(stop.value)}"
        page.text(x, y + 3, result, size=_RESULT, color=ALARM)
        lines = max(len(lines) for lines in self.sums)
        y += (lines - len(sums)) * _LINE + 14 + BODY
        page.text(x, y, _text.fit(f"Output so far: {stop.number + 1} of "
                                  f"{len(self.scene.slide)}", BODY, self.width))  # fmt: skip
        self._draw_output(page, stop, (page.snap(x), page.snap(y + 5), *self.output))

    def _draw_channel(self, page: Page, stop: Stop, row: int, x: float, y: float) -> float:
        """Draw one channel's picture and products; return where they end."""
        if not self.stacked:
            name = f"channel {self.scene.slide.channels[row]}"
            page.text(x, y + SMALL, name, size=SMALL, color=SOFT)
            y += _LINE + 2
        pen = PagePen(page)
        box: Box = (page.snap(x), page.snap(y), *self.map)
        draw_input(page, self.scene, row, box)
        draw_window(pen, self.scene, box, stop)
        below = y + self.map[1] + 8
        left, upper = (x, below) if self.stacked else (x + self.width - self.cells[0], y)
        draw_cells_of(pen, self.scene, row, stop, self.form, (left, upper, *self.cells))
        end: float = upper + self.cells[1]
        factor = self.scene.kernels[1][row]
        if factor:
            text = f"weights {factor}"
            page.text(left, end + SMALL + 2, text, size=SMALL, color=SOFT)
        end = max(end, y + self.map[1])
        return end + (_LINE if self.factor else 0.0)

    def _draw_output(self, page: Page, stop: Stop, box: Box) -> None:
        pen = PagePen(page)
        draw_output(page, self.scene, box, stop.number + 1)
        cover_output(pen, self.scene, box, stop)
        draw_cursor(pen, self.scene, box, stop)

    def _sum(self, stop: Stop) -> list[str]:
        """Return the sum of the channels and the bias, in lines; none if there is but one part."""
        parts, others = list(stop.sums[: self.scene.shown]), stop.sums[self.scene.shown :]
        names = [""] * len(parts)
        if others:
            with np.errstate(all="ignore"):
                parts.append(float(np.sum(others)))
            names.append(f" ({_text.count(len(others), 'more channel')})")
        if stop.bias is not None:
            parts.append(stop.bias)
            names.append(" (bias)")
        if len(parts) == 1:
            return []
        return _text.wrap(sum_line(parts, self.scene.sum_digits, names), BODY, self.width)


def _fitted(shape: tuple[int, ...], width: float, height: float) -> tuple[float, float]:
    pixel = min(width / shape[1], height / shape[0], 28.0)
    return max(pixel * shape[1], _THINNEST), max(pixel * shape[0], _THINNEST)


def _chosen(slide: SlidingWindow, stops: Any) -> list[Any]:
    last = len(slide) - 1
    if stops is None:
        rows, columns = slide.output.shape
        return sorted({0, rows // 2 * columns + columns // 2, last})
    if not isinstance(stops, list | tuple | range) or not 1 <= len(stops) <= MOST_STOPS:
        raise ConfigError(
            f"stops must be a list of 1 to {MOST_STOPS} stops, each a number from 0 to {last} or "
            f"(row, column), got {short(stops)}"
        )
    return list(stops)
