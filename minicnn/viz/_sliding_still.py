"""What stands still in an animated convolution, drawn once by matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._digits import Digits, fitting
from minicnn.viz._ledger_parts import Box, GreyScale
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, Page, colours_of
from minicnn.viz._pen import MIDDLE
from minicnn.viz._sliding_layout import LINE, Layout
from minicnn.viz._sliding_scene import Scene
from minicnn.viz._style import ALARM, HAIRLINE, INK, SOFT, Scale
from minicnn.viz._values import facts
from minicnn.viz.maps import readable_on

_GRID_FROM, _VEIL = 11.0, 0.6


def draw_still(page: Page, scene: Scene, layout: Layout) -> None:
    """Draw all that no stop changes, and the whole output, to be covered."""
    baseline = MARGIN + HEADING * 0.8
    if layout.head:
        page.text(MARGIN, baseline, layout.head, size=HEADING)
        baseline += HEADING * 0.2 + 4 + BODY
    for i, text in enumerate(layout.about):
        page.text(MARGIN, baseline + i * LINE, text, color=SOFT)
    for x, y, text in layout.labels:
        page.text(x, y, _text.plain(text))
    for row, box in enumerate(layout.maps):
        draw_input(page, scene, row, box)
    for row, box in enumerate(layout.kernels):
        draw_one_kernel(page, scene, row, box, layout.cell)
        _signs(page, layout, row)
    draw_output(page, scene, layout.output, len(scene.slide))
    for i, text in enumerate(layout.notes):
        baseline = layout.notes_top + SMALL + i * SMALL * _text.LINE
        page.text(MARGIN, baseline, text, size=SMALL, color=SOFT)


def draw_input(page: Page, scene: Scene, row: int, box: Box) -> None:
    """Draw one channel of the padded picture: padding pale, what is left over hatched."""
    values = scene.slide.padded[row]
    image = _draw_values(page, values, scene.maps, box)
    border = scene.slide.border
    (top, bottom), (left, right) = border.arithmetic.window.padding
    rows, columns = values.shape
    for where in ((0, top), (rows - bottom, rows)):
        _cover(page, values, box, where, (0, columns), "white", _VEIL)
    for where in ((0, left), (columns - right, columns)):
        _cover(page, values, box, (top, rows - bottom), where, "white", _VEIL)
    for axis, sources in enumerate(border.sources):
        for run in _runs(sources < 0):
            spans = (run, (0, columns)) if axis == 0 else ((0, rows), run)
            part = _part(values, box, spans[0], spans[1])
            _rectangle(page, part, facecolor="white", linewidth=0, gid="constant")
            _rectangle(page, part, edgecolor="#d8d8d8", linewidth=0, hatch="////")
    _draw_grid(page, values, box)
    _draw_left_over(page, scene, values, box)
    if top + bottom + left + right:
        inner = _part(values, box, (top, rows - bottom), (left, columns - right))
        page.frame(*box)
        _rectangle(page, inner, edgecolor=INK, linewidth=0.9)
    write_cells(page, values, box, scene.map_digits, image, border.padding())


def draw_one_kernel(page: Page, scene: Scene, row: int, box: Box, cell: float) -> None:
    """Draw the kernel of one channel, and its factor below."""
    kernel = scene.slide.weight[row]
    texts, factor = scene.kernels[0][row], scene.kernels[1][row]
    image = page.map(kernel, scene.weights, *box, None)
    _draw_grid(page, kernel, box)
    _write(page, texts, box, fitting(_widest(scene.kernels[0]), cell), image)
    if factor:
        middle = box[0] + box[2] / 2
        page.text(middle, box[1] + box[3] + BODY + 2, factor, color=SOFT, align="center")


def draw_output(page: Page, scene: Scene, box: Box, known: int) -> None:
    """Draw the output's first values, so many of them."""
    values = scene.slide.output
    row, column = divmod(known, values.shape[1])
    for part in ((slice(0, row), slice(None)), (slice(row, row + 1), slice(0, column))):
        shown = values[part]
        if shown.size:
            spans = [s.indices(n)[:2] for s, n in zip(part, values.shape, strict=True)]
            own = _part(values, box, spans[0], spans[1])
            image = _draw_values(page, shown, scene.outputs, own)
            write_cells(page, shown, own, scene.output_digits, image)
    _draw_grid(page, values, box)


def write_cells(
    page: Page, values: Array, box: Box, digits: Digits, image: Any, pale: Array | None = None
) -> None:
    """Write a map's numbers into its cells if they fit; `pale` cells are dark on light."""
    rows, columns = values.shape
    wide, high = box[2] / columns, box[3] / rows
    size = digits.size(min(wide, high))
    if size:
        texts = [[digits.text(v) for v in row] for row in values.tolist()]
        _write(page, texts, box, size, image, pale)


def _write(
    page: Page,
    texts: list[list[str]],
    box: Box,
    size: float,
    image: Any,
    pale: Array | None = None,
) -> None:
    """Write texts of one size into the cells of an image."""
    wide, high = box[2] / len(texts[0]), box[3] / len(texts)
    colours = colours_of(image)
    for row, line in enumerate(texts if size else []):
        for column, text in enumerate(line):
            is_pale = pale is not None and pale[row, column]
            page.text(
                box[0] + (column + 0.5) * wide,
                box[1] + (row + 0.5) * high + MIDDLE * size,
                text,
                size=size,
                color=INK if is_pale else readable_on(colours[row, column]),
                align="center",
            )


def _widest(kernels: list[list[list[str]]]) -> float:
    return max(_text.width(text, 1.0) for kernel in kernels for row in kernel for text in row)


def _signs(page: Page, layout: Layout, row: int) -> None:
    for box, sign in ((layout.kernels[row], _text.TIMES), (layout.products[row], "=")):
        middle = box[1] + box[3] / 2 + MIDDLE * 13
        page.text(box[0] - 12, middle, sign, size=13.0, align="center")


def _draw_values(page: Page, values: Array, scale: Scale, box: Box) -> Any:
    if isinstance(scale, GreyScale):
        return page.picture(values[np.newaxis], *box)
    return page.map(values, scale, *box, facts(values) if not np.isfinite(values).all() else None)


def _draw_left_over(page: Page, scene: Scene, values: Array, box: Box) -> None:
    """Hatch the rows and columns that no stop reaches."""
    rows, columns = values.shape
    down, along = scene.slide.arithmetic.axes
    first = rows - down.unreached, columns - along.unreached
    style: dict[str, Any] = {"edgecolor": ALARM, "linewidth": 0.0, "hatch": "///"}
    style["gid"] = "left over"
    if down.unreached:
        _rectangle(page, _part(values, box, (first[0], rows), (0, columns)), **style)
    if along.unreached:
        _rectangle(page, _part(values, box, (0, first[0]), (first[1], columns)), **style)


def _draw_grid(page: Page, values: Array, box: Box) -> None:
    rows, columns = values.shape
    if min(box[2] / columns, box[3] / rows) < _GRID_FROM:
        return
    for column in range(1, columns):
        _rectangle(
            page, (box[0] + box[2] * column / columns, box[1], 0.0, box[3]),
            edgecolor=HAIRLINE, linewidth=0.4,
        )  # fmt: skip
    for row in range(1, rows):
        _rectangle(
            page, (box[0], box[1] + box[3] * row / rows, box[2], 0.0),
            edgecolor=HAIRLINE, linewidth=0.4,
        )  # fmt: skip


def _cover(
    page: Page, values: Array, box: Box, rows: Any, columns: Any, color: str, alpha: float
) -> None:
    if rows[1] > rows[0] and columns[1] > columns[0]:
        part = _part(values, box, rows, columns)
        _rectangle(page, part, facecolor=color, alpha=alpha, linewidth=0, gid="padding")


def _part(values: Array, box: Box, rows: Any, columns: Any) -> Box:
    """Return the box of some rows and columns, each (first, one past the last)."""
    high, wide = box[3] / values.shape[0], box[2] / values.shape[1]
    size = (columns[1] - columns[0]) * wide, (rows[1] - rows[0]) * high
    return (box[0] + columns[0] * wide, box[1] + rows[0] * high, *size)


def _runs(mask: Array) -> list[tuple[int, int]]:
    """Return where runs of True begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _rectangle(page: Page, box: Box, **style: Any) -> None:
    look: dict[str, Any] = {"facecolor": "none", "clip_on": False} | style
    page.axes.add_artist(Rectangle(box[:2], box[2], box[3], **look))
