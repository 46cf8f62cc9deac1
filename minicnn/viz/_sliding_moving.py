"""What moves in an animated convolution: the window, the products, the sum, the growing output."""

from __future__ import annotations

import numpy as np

from minicnn.explain.sliding import Stop
from minicnn.shapes import Array
from minicnn.viz._digits import Digits
from minicnn.viz._ledger_parts import Box, pixels_box
from minicnn.viz._page import BODY
from minicnn.viz._pen import MIDDLE, Pen
from minicnn.viz._sliding_layout import LINE, TOTAL, Layout
from minicnn.viz._sliding_scene import BLANK, SOURCE, Scene, hexes
from minicnn.viz._style import ALARM, HAIRLINE, INK, SOFT, Scale, printed
from minicnn.viz.maps import readable_on

_TAPS_FROM, _SOURCES_FROM = 3.0, 3.0


def draw_moving(pen: Pen, scene: Scene, layout: Layout, stop: Stop) -> None:
    """Draw one stop over what stands still."""
    pen.text(*layout.stop, scene.stop_text(stop), size=BODY + 1, color=INK)
    for row, box in enumerate(layout.maps):
        draw_window(pen, scene, box, stop)
        draw_values(pen, stop.patch[row], scene.maps, layout.patches[row], scene.map_digits)
        _mark_padding(pen, scene, layout.patches[row], stop)
        products = layout.products[row]
        draw_values(pen, stop.products[row], scene.products, products, scene.product_digits)
    cover_output(pen, scene, layout.output, stop)
    draw_cursor(pen, scene, layout.output, stop)
    (_write_single if len(scene.slide.channels) == 1 else _write_sums)(pen, scene, layout, stop)


def draw_window(pen: Pen, scene: Scene, box: Box, stop: Stop) -> None:
    """Draw where the kernel lies, its taps apart where it is dilated, and where padding is from."""
    shape = scene.slide.padded.shape
    cell = min(box[2] / shape[2], box[3] / shape[1])
    if scene.copies and cell >= _SOURCES_FROM:
        _draw_sources(pen, scene, box, stop)
    around = pixels_box(shape, box, stop.rows, stop.columns)
    window = scene.slide.arithmetic.window
    if window.dilation != (1, 1) and cell >= _TAPS_FROM:
        down, along = (
            [list(taps)] if step == 1 else [[tap] for tap in taps]
            for step, taps in zip(window.dilation, (stop.rows, stop.columns), strict=True)
        )
        taps = [pixels_box(shape, box, rows, columns) for rows in down for columns in along]
        for colour, thick in (("white", 2.2), (ALARM, 1.1)):
            for tap in taps:
                pen.box(tap, edge=colour, thick=thick, gid="tap")
        pen.box(around, edge=ALARM, thick=0.6, gid="window")
        return
    pen.box(around, edge="white", thick=3.4)
    pen.box(around, edge=ALARM, thick=1.6, gid="window")


def draw_values(pen: Pen, values: Array, scale: Scale, box: Box, digits: Digits) -> None:
    """Draw a matrix of cells with their numbers."""
    rows, columns = values.shape
    wide, high = box[2] / columns, box[3] / rows
    size = digits.size(min(wide, high))
    for row, line in enumerate(hexes(scale, values)):
        for column, colour in enumerate(line):
            x, y = box[0] + column * wide, box[1] + row * high
            pen.box((x, y, wide, high), fill=colour, edge=HAIRLINE, thick=0.4)
            if size:
                pen.text(
                    x + wide / 2,
                    y + high / 2 + MIDDLE * size,
                    digits.text(float(values[row, column])),
                    size=size,
                    color=readable_on(_split(colour)),
                    align="center",
                )


def cover_output(pen: Pen, scene: Scene, box: Box, stop: Stop) -> None:
    """Cover what is not computed yet."""
    rows, columns = scene.slide.output.shape
    wide, high = box[2] / columns, box[3] / rows
    x, y = box[0] + (stop.column + 1) * wide, box[1] + stop.row * high
    pen.box((x, y, box[0] + box[2] - x, high), fill=BLANK)
    pen.box((box[0], y + high, box[2], box[1] + box[3] - y - high), fill=BLANK)
    pen.box(box, edge=HAIRLINE, thick=0.5)


def draw_cursor(pen: Pen, scene: Scene, box: Box, stop: Stop) -> None:
    """Mark the value that the stop gives."""
    place = pixels_box(scene.slide.output.shape, box, [stop.row], [stop.column])
    pen.box(place, edge="white", thick=3.4)
    pen.box(place, edge=ALARM, thick=1.6, gid="cursor")


def sum_line(parts: list[float], digits: Digits, names: list[str] | None = None) -> str:
    """Return a sum written out; a part's name stands behind it."""
    texts = [digits.text(parts[0])]
    texts += [f"{'-' if part < 0 else '+'} {digits.text(abs(part))}" for part in parts[1:]]
    names = names or [""] * len(texts)
    return printed(" ".join(text + name for text, name in zip(texts, names, strict=True)))


def _draw_sources(pen: Pen, scene: Scene, box: Box, stop: Stop) -> None:
    """Lead from each copied value under the window to where it is copied from.

    From corner to corner of their cells, between rows and columns: no number is crossed.
    """
    shape, border = scene.slide.padded.shape, scene.slide.border
    ways, sources = [], set()
    for row in stop.rows:
        for column in stop.columns:
            source = border.source(row, column)
            if source is None or border.is_inside(row, column):
                continue
            start, end = _corner(shape, box, row, column), _corner(shape, box, *source)
            ways.append([start, (start[0], end[1]), end])
            sources.add(source)
    for colour, thick in (("white", 2.9), (SOURCE, 1.4)):
        for way in ways:
            pen.line(way, color=colour, thick=thick)
    for row, column in sorted(sources):
        x, y, wide, high = pixels_box(shape, box, [row], [column])
        pen.box((x + 1, y + 1, wide - 2, high - 2), edge=SOURCE, thick=1.2, gid="source")


def _mark_padding(pen: Pen, scene: Scene, box: Box, stop: Stop) -> None:
    """Frame the values of a patch that are padding: copied in green, constant in grey."""
    wide, high = box[2] / len(stop.columns), box[3] / len(stop.rows)
    border = scene.slide.border
    for i, row in enumerate(stop.rows):
        for j, column in enumerate(stop.columns):
            if border.is_inside(row, column):
                continue
            color = SOFT if border.source(row, column) is None else SOURCE
            cell = (box[0] + j * wide + 1.2, box[1] + i * high + 1.2, wide - 2.4, high - 2.4)
            pen.box(cell, edge=color, thick=1.3, gid="padding")


def _write_single(pen: Pen, scene: Scene, layout: Layout, stop: Stop) -> None:
    x, y = layout.total
    total = scene.sum_digits
    if stop.bias is None:
        pen.text(x, y, f"= {total.text(stop.value)}", size=TOTAL, color=ALARM)
    else:
        pen.text(x, y - 2 * LINE, f"sum {total.text(stop.sums[0])}", size=BODY + 1, color=INK)
        bias = f"bias {total.text(stop.bias)}"
        pen.text(x, y - 0.7 * LINE, bias, size=BODY + 1, color=INK)
        pen.text(x, y + LINE, f"= {total.text(stop.value)}", size=TOTAL, color=ALARM)
    parts = [*stop.products[0].ravel().tolist(), *([] if stop.bias is None else [stop.bias])]
    if layout.line is not None:
        line = f"{sum_line(parts, scene.product_digits)} = {total.text(stop.value)}"
        pen.text(*layout.line, line, size=BODY, color=SOFT)


def _write_sums(pen: Pen, scene: Scene, layout: Layout, stop: Stop) -> None:
    parts, labels = list(stop.sums[: scene.shown]), [""] * scene.shown
    others = stop.sums[scene.shown :]
    if others:
        with np.errstate(all="ignore"):
            parts.append(float(np.sum(others)))
        labels.append(f"{len(others)} more channel{'s' if len(others) > 1 else ''}")
    if stop.bias is not None:
        parts.append(stop.bias)
        labels.append("bias")
    digits = scene.sum_digits
    for (x, y), part, label in zip(layout.sums, parts, labels, strict=True):
        pen.text(x, y, digits.text(part), size=BODY + 1, color=INK, align="right")
        if label:
            left = layout.products[0][0] + layout.products[0][2] - 6
            pen.text(left, y, label, size=BODY, color=SOFT, align="right")
    x, y = layout.total
    pen.text(x, y + 6, f"= {digits.text(stop.value)}", size=TOTAL, color=ALARM, align="right")


def _corner(shape: tuple[int, ...], box: Box, row: int, column: int) -> tuple[float, float]:
    """Return the lower right corner of a cell."""
    x, y, wide, high = pixels_box(shape, box, [row], [column])
    return x + wide, y + high


def _split(colour: str) -> list[float]:
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
