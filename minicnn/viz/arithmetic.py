"""The pictures of convolution arithmetic: stride, padding, dilation, groups, for any sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.arithmetic import Arithmetic, arithmetic
from minicnn.layers import Conv2D
from minicnn.viz import _text
from minicnn.viz._arithmetic_grids import Grids, canvas, draw_grids
from minicnn.viz._arithmetic_groups import draw_groups, groups_height
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._sliding_scene import typeset
from minicnn.viz._style import ALARM, INK, SOFT

MOST_CELLS = 4096
"""Larger pictures have cells too small to be told apart."""

_LEGEND = (
    "Blue: the picture; dotted: padding. Gold in a red frame: the kernel at its first stop, and "
    "the value that belongs to it; green, dashed: the next stop. A dot: the middle of a stop. "
    "Hatched red: no stop reaches it."
)
_INNER, _GAP, _LINE = WIDTH - 2 * MARGIN, 28.0, BODY * _text.LINE


def plot_arithmetic(
    what: Any, size: Any = None, *, title: str | None = None, figure: Figure | None = None
) -> Figure:
    """Draw how a window slides over a picture of some size, and where the output's size is from.

    Blue is the picture, white the padding. Gold is the first stop, with its value in the output;
    green the second one. A dot marks the middle of every stop. What no stop reaches is hatched.
    Below stands the formula with its numbers.

    Parameters
    ----------
    what : Window, layer, Arithmetic, or a mapping of names to such
        A layer that has a window: Conv2D, MaxPool2D, ConvTranspose2D. A Conv2D of several
        channels also shows which of them each filter sees: its groups. An `explain.arithmetic`
        has its own size.
    size : int or (H, W), optional
        The size of what comes in, for a Window and a layer.
    title : str, optional
        A heading.
    figure : matplotlib Figure, optional
        It is cleared and drawn on; by default a new pyplot figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ShapeError
        If a window is larger than the padded picture.
    ConfigError
        For anything that does not slide, and for more than 4096 cells.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016: whose
    pictures these are, for your sizes.

    Examples
    --------
    >>> from minicnn import Window, viz
    >>> windows = {"plain": Window(3), "stride": Window(3, stride=2)}
    >>> figure = plot_arithmetic(windows, 6, figure=viz.new_figure())
    >>> [t.get_text() for t in figure.axes[0].texts if "left over" in t.get_text()]
    ['left over: the last row and the last column']
    """
    check_figure(figure)
    head = _text.plain(_text.checked("title", title) or "")
    given = what.items() if isinstance(what, Mapping) else [("", what)]
    panels = [_panel(name, one, size) for name, one in given]
    if not panels:
        raise ConfigError("there is nothing to draw: the mapping is empty")
    columns = min(len(panels), 2)
    width = (_INNER - _GAP * (columns - 1)) / columns
    rows = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    heights = [max(panel.height(width) for panel in row) for row in rows]
    top = MARGIN + (HEADING + 8 if head else 0)
    legend = _text.wrap(_LEGEND, SMALL, _INNER)
    bottom = top + sum(heights) + 18 * len(rows)
    page = Page(figure, WIDTH, bottom + SMALL * _text.LINE * len(legend) + MARGIN - 4)
    if head:
        page.heading(head)
    for row, height in zip(rows, heights, strict=True):
        for i, panel in enumerate(row):
            panel.draw(page, MARGIN + i * (width + _GAP), top, width)
        top += height + 18
    for i, text in enumerate(legend):
        page.text(MARGIN, bottom + SMALL * (1 + i * _text.LINE), text, size=SMALL, color=SOFT)
    return page.done()


@dataclass(frozen=True)
class _Panel:
    """One window, its name, and the layer if it is one."""

    name: str
    known: Arithmetic
    layer: Conv2D | None

    def height(self, width: float) -> float:
        lines = len(self._head(width)) + len(self._tail(width))
        groups = groups_height(self.layer) if self.layer else 0.0
        return Grids.of(self.known, width).height + lines * _LINE + 14 + groups

    def draw(self, page: Page, x: float, top: float, width: float) -> None:
        y = top
        for i, text in enumerate(self._head(width)):
            y += _LINE
            page.text(x, y - 3, text, color=INK if self.name and i == 0 else SOFT)
        grids = Grids.of(self.known, width)
        y += draw_grids(page, self.known, grids, x, y + 4) + 8
        for text in self._tail(width):
            y += _LINE
            is_loss = bool(self.known.left_over) and text.startswith(self.known.loss)
            page.text(x, y, text, color=ALARM if is_loss else SOFT)
        if self.layer is not None:
            draw_groups(page, self.layer, x, y + 6, width)

    def _head(self, width: float) -> list[str]:
        words = ("transposed: " if self.known.transposed else "") + self.known.settings()
        settings = typeset(_text.sentence(words))
        name = [_text.fit(_text.plain(self.name), BODY, width)] if self.name else []
        return name + _text.wrap(settings, BODY, width)

    def _tail(self, width: float) -> list[str]:
        rows, columns = map(typeset, self.known.formulas)
        lines = [f"rows: {rows}", f"columns: {columns}"]
        if rows == columns:
            lines = [f"rows and columns: {rows}"]
        if self.known.left_over:
            lines.append(f"{self.known.loss}: {self.known.left_over}")
        elif any(axis.unreached for axis in self.known.axes):
            lines.append(f"{self.known.loss}: nothing but padding")
        return [line for text in lines for line in _text.wrap(text, BODY, width)]


def _panel(name: Any, what: Any, size: Any) -> _Panel:
    if not isinstance(name, str):
        raise ConfigError(f"each name must be a text, got {short(name)}")
    if not isinstance(what, Arithmetic):
        if size is None:
            raise ConfigError("size must be the picture's: an integer, or (rows, columns)")
        known = arithmetic(what, size)
    else:
        known = what
    cells = _cells(known)
    if cells > MOST_CELLS:
        raise ConfigError(
            f"a picture of {cells} cells, padding counted, is too large to be drawn: at most "
            f"{MOST_CELLS}.\n  Choose a smaller size: the arithmetic is the same."
        )
    several = isinstance(what, Conv2D) and max(what.in_channels, what.out_channels) > 1
    return _Panel(name, known, what if several else None)


def _cells(known: Arithmetic) -> int:
    rows, columns = canvas(known)
    return rows * columns
