"""What ledgers are drawn with: maps with a frame in them, cells with numbers, bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from matplotlib.colors import Colormap
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle
from matplotlib.path import Path

from minicnn.explain.ledger import Ledger
from minicnn.explain.ledger_numbers import cells
from minicnn.explain.ledger_recording import PICTURE
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.shapes import Array
from minicnn.viz import _layers, _text
from minicnn.viz._page import SMALL, Page, colours_of
from minicnn.viz._style import (
    ALARM,
    GREY,
    HAIRLINE,
    INK,
    Scale,
    printed,
    scale_of,
)
from minicnn.viz._values import facts
from minicnn.viz.maps import readable_on

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height, in points."""

_SMALLEST, _NARROWEST = 5.0, 1.25


@dataclass(frozen=True)
class GreyScale(Scale):
    """The scale of a picture: black at 0, white at 1."""

    @property
    def cmap(self) -> Colormap:
        """Black to white."""
        return GREY


def input_scale(ledger: Ledger) -> Scale:
    """Return the one scale of all maps of the step's input: grey for a picture."""
    return maps_scale(ledger, ledger.origin)


def output_scale(ledger: Ledger) -> Scale:
    """Return the one scale of all maps of the step's output."""
    return maps_scale(ledger, ledger.position)


def maps_scale(ledger: Ledger, position: int | None) -> Scale:
    """Return the scale of a step's maps, of one picture."""
    if position is None:
        return Scale(0.0, 1.0, signed=False)
    values = ledger.recording.maps(position, ledger.sample)
    if _is_picture(ledger, position) and len(values) in (1, 3) and _within_0_and_1(values):
        return GreyScale(0.0, 1.0, signed=False)
    return scale_of(values)


def scales_of(ledger: Ledger, account: WeightedSum) -> tuple[Scale, Scale, Scale]:
    """Return the scales of all patches, of the filter's kernels, and of all products."""
    maps = input_scale(ledger) if ledger.origin is not None else scale_of(account.values)
    return maps, scale_of(account.weights), scale_of(account.products)


def fitted(shape: tuple[int, ...], width: float, height: float) -> tuple[float, float]:
    """Return the size of a map in a box; never so thin that it cannot be seen."""
    rows, columns = shape[-2:]
    scale = min(width / columns, height / rows)
    return max(columns * scale, 9.0), max(rows * scale, 9.0)


def draw_map_at(page: Page, values: Array, scale: Scale, box: Box) -> None:
    """Draw one map (H, W)."""
    page.map(values, scale, *box, None if isinstance(scale, GreyScale) else facts(values))


def pixels_box(shape: tuple[int, ...], box: Box, rows: Any, columns: Any) -> Box:
    """Return the box of some pixels of a map that is drawn in `box`, at least some dots large.

    Rows and columns may lie outside the map, where it is padded.
    """
    (height, width), (x, y, w, h) = shape[-2:], box
    dx, dy = w / width, h / height
    left, top = x + min(columns) * dx, y + min(rows) * dy
    wide, high = (max(columns) - min(columns) + 1) * dx, (max(rows) - min(rows) + 1) * dy
    more_x, more_y = max(0.0, _SMALLEST - wide) / 2, max(0.0, _SMALLEST - high) / 2
    return left - more_x, top - more_y, wide + 2 * more_x, high + 2 * more_y


def beside(shape: tuple[int, ...], rows: Any, columns: Any) -> tuple[range, range]:
    """Return the rows and columns from a map's first to its last, and on to those asked for.

    The map reaches from row 0 to its height; what lies on its padding reaches beyond it.
    """
    height, width = shape[-2:]
    return (
        range(min(0, *rows), max(height, *(row + 1 for row in rows))),
        range(min(0, *columns), max(width, *(column + 1 for column in columns))),
    )


def outline(page: Page, box: Box, *, rim: bool = True, color: str = ALARM) -> None:
    """Draw a red frame; on a white rim it stands out on any map."""
    x, y, width, height = box
    for edge, thick in (("white", 2.3), (color, 1.1))[0 if rim else 1 :]:
        page.axes.add_artist(
            Rectangle(
                (x, y), width, height, fill=False, edgecolor=edge, linewidth=thick, clip_on=False
            )
        )


def zoom(page: Page, small: Box, large: Box) -> None:
    """Draw two lines from a frame in a map to the same thing drawn large, on its right."""
    x, y, width, height = small
    for start, end in ((y, large[1]), (y + height, large[1] + large[3])):
        line = Line2D([x + width, large[0]], [start, end], color=ALARM, linewidth=0.6)
        line.set_clip_on(False)
        page.axes.add_artist(line)


def zoom_passes_below(small: Box, large: Box, map_: Box, width: float) -> bool:
    """Say whether `zoom` crosses a line of text so wide just below the map's left corner."""
    right, bottom = small[0] + small[2], small[1] + small[3]
    along = (map_[0] + width - right) / max(large[0] - right, 1e-9)
    return along > 0 and bottom + along * (large[1] + large[3] - bottom) > map_[1] + map_[3]


def arrow(page: Page, points: list[tuple[float, float]]) -> None:
    """Draw an arrow along points; on a white rim it stands out on any map."""
    way = Path([point for i, point in enumerate(points) if i == 0 or point != points[i - 1]])
    for style, color, thick in (("-", "white", 2.3), ("-|>", ALARM, 0.9)):
        page.axes.add_artist(
            FancyArrowPatch(
                path=way, arrowstyle=style, mutation_scale=9, color=color, linewidth=thick,
                clip_on=False, joinstyle="miter", capstyle="butt",
            )
        )  # fmt: skip


def draw_cells(
    page: Page, values: Array, scale: Scale, x: float, y: float, cell: float, outside: Any = None
) -> AxesImage:
    """Draw a small matrix, its numbers in the cells if they fit, padding hatched.

    Parameters
    ----------
    values : array (KH, KW)
    outside : array (KH, KW) of bool, optional
        What lies on padding.
    """
    rows, columns = values.shape
    image = page.map(values, scale, x, y, cell * columns, cell * rows, None)
    padding = np.zeros(values.shape, bool) if outside is None else outside
    for row, column in np.argwhere(padding).tolist():
        corner = x + column * cell, y + row * cell
        page.axes.add_artist(
            Rectangle(corner, cell, cell, facecolor="white", edgecolor=HAIRLINE, linewidth=0.5,
                      hatch="////", clip_on=False)
        )  # fmt: skip
    texts, size = cell_texts(values, cell)
    colours = colours_of(image)
    for (row, column), is_padding in np.ndenumerate(padding):
        if not size:
            break
        color = INK if is_padding else readable_on(colours[row, column])
        text = page.axes.text(
            x + (column + 0.5) * cell,
            y + (row + 0.5) * cell,
            texts[row][column],
            color=color,
            fontproperties=_text.font(size),
            ha="center",
            va="center_baseline",
            parse_math=False,
            usetex=False,
        )
        if is_padding:
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1.0})
    return image


def cell_texts(values: Array, cell: float) -> tuple[list[list[str]], float]:
    """Return the numbers for cells of this size, and their font size; 0 if none would fit."""
    if 0.94 * cell / _NARROWEST < SMALL - 0.5:  # before thousands of numbers are written
        return [], 0.0
    for digits in (4, 3, 2):
        texts = [[printed(text) for text in row] for row in cells(values, digits)]
        widest = max(_text.width(text, 1.0) for row in texts for text in row)
        fits = min(0.9 * cell / max(widest, _NARROWEST), 9.0)
        if fits >= SMALL:
            return texts, fits
    short = [
        [text.replace("0.", ".", 1) if text[:3] != "10." else text for text in row] for row in texts
    ]
    widest = max(_text.width(text, 1.0) for row in short for text in row)
    fits = min(0.94 * cell / max(widest, _NARROWEST), 9.0)
    return (short, fits) if fits >= SMALL - 0.5 else ([], 0.0)


def _is_picture(ledger: Ledger, position: int) -> bool:
    """Say whether a step's maps are the picture itself, as far as its layers keep it one."""
    while position != PICTURE:
        origin = ledger.recording.origins(position)[0]
        if origin is None or not _layers.keeps_picture(ledger.recording.trace[position].layer):
            return False
        position = origin
    return True


def _within_0_and_1(values: Array) -> bool:
    return bool(np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1)
