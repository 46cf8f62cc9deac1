"""Matrices of coloured cells with numbers in them, and the little signs beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import Page
from minicnn.viz._style import HAIRLINE, INK, SOFT

EMPTY = to_rgb("#ececec")
"""What a sign does not mean."""

_HATCH = "#cfcfcf"


def draw_colours(
    page: Page, colours: Array, x: float, y: float, width: float, height: float
) -> AxesImage:
    """Draw a matrix of colours (rows, columns, 3) over a box, with a frame around it."""
    image = AxesImage(
        page.axes, interpolation="nearest", extent=(x, x + width, y + height, y), origin="upper"
    )
    image.set_data(colours)
    image.set_clip_on(False)
    page.axes.add_image(image)
    page.frame(x, y, width, height)
    return image


def draw_lines(page: Page, rows: int, columns: int, x: float, y: float, cell: float) -> None:
    """Draw hairlines between cells."""
    right, bottom = x + columns * cell, y + rows * cell
    lines = [[(x, y + i * cell), (right, y + i * cell)] for i in range(1, rows)]
    lines += [[(x + i * cell, y), (x + i * cell, bottom)] for i in range(1, columns)]
    add_lines(page, lines, HAIRLINE, 0.5)


def add_lines(page: Page, lines: Any, colour: str, width: float) -> None:
    """Draw lines, each a list of points."""
    made = LineCollection(lines, colors=colour, linewidths=width, clip_on=False)
    page.axes.add_collection(made, autolim=False)


def hatch_cells(page: Page, which: Array, x: float, y: float, cell: float) -> None:
    """Hatch the cells of a matrix of bools that are True: padding."""
    places = np.argwhere(which).tolist()
    if not places:
        return
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])
    steps = np.concatenate([np.add(square, (column, row)) for row, column in places])
    corners = np.add(steps * cell, (x, y))
    codes = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY] * len(places)
    style = {"facecolor": "white", "edgecolor": _HATCH, "linewidth": 0.5, "clip_on": False}
    page.axes.add_artist(PathPatch(Path(corners, codes), hatch="////", **style))


def write_cells(
    page: Page,
    texts: Sequence[Sequence[str]],
    x: float,
    y: float,
    cell: float,
    size: float,
    padding: Array | None = None,
) -> None:
    """Write a text into each cell, "" for none; on padding not so dark, on white."""
    font = _text.font(size)
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            if not text:
                continue
            soft = padding is not None and bool(padding[row, column])
            label = page.axes.text(
                x + (column + 0.5) * cell,
                y + (row + 0.5) * cell,
                text,
                color=SOFT if soft else INK,
                fontproperties=font,
                ha="center",
                va="center_baseline",
                parse_math=False,
                usetex=False,
            )
            if soft:
                label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.6})


def draw_sign(
    page: Page, mask: Array, colour: Any, x: float, y: float, width: float, height: float
) -> None:
    """Draw a small picture of which cells are meant: a patch in a picture, a tap in a kernel."""
    draw_colours(page, np.where(mask[..., None], to_rgb(colour), EMPTY), x, y, width, height)


def box_of(mask: Array, x: float, y: float, cell: float) -> Box:
    """Return the box around the cells of a mask that are True."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    (top, bottom), (left, right) = ((int(v[0]), int(v[-1]) + 1) for v in (rows, columns))
    return x + left * cell, y + top * cell, (right - left) * cell, (bottom - top) * cell
