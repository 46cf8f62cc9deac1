"""What the examples share: their arguments, and a sheet of paper to draw on.

Nothing here computes anything. To learn the library, read the examples; this is only their pencil.
"""

from __future__ import annotations

import argparse
import io
import json
import textwrap
from pathlib import Path

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import ConnectionPatch, Rectangle
from PIL import Image, PngImagePlugin

from minicnn import images, train, viz
from minicnn.errors import UnsupportedError
from minicnn.files import write_whole

INK, SOFT, RED = "#1f1f1f", "#5f5f5f", "#b3003c"

TIMES = "\N{MULTIPLICATION SIGN}"

MEASURED = "Measured"
"""Where a picture shows what comes out otherwise each time, such as seconds: boxes from 0 to 1."""


def arguments(
    text: str, *, picture: bool = False, kernel: str = "", data: bool = False
) -> argparse.Namespace:
    """Read the command line: a folder for the pictures, and what else an example asks for."""
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("folder", nargs="?", default=".", help="where the pictures go; default: .")
    if picture:
        parser.add_argument("--picture", help="a file or an http(s) address; default: offline")
    if kernel:
        parser.add_argument("--kernel", default=kernel, help=f"default: {kernel!r}")
    if data:
        known = ("mnist", "digits", "shapes")
        parser.add_argument("--data", choices=known, help="default: the best that is installed")
    return parser.parse_args()


def examples(name: str | None) -> tuple[str, train.Dataset, int]:
    """Return a data set, its name, and for how many epochs it is worth learning.

    Real digits, if a package that brings them is installed; or shapes, which need nothing.
    """
    for known, load, epochs in (("mnist", train.mnist, 6), ("digits", train.digits, 12)):
        try:
            if name in (None, known):
                return known, load(), epochs
        except UnsupportedError:
            if name == known:
                raise
    if name is None:
        print('No digits here, so shapes it is; real digits: python -m pip install ".[data]"')
    return "shapes", train.drawn_shapes(4000, rng=0), 6


def save(figure, folder: str, name: str) -> None:
    """Write a figure as one whole file, replacing the one of an earlier run."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    data = viz.figure_bytes(figure)
    if hasattr(figure, "measured"):
        data = _with_words(data, MEASURED, json.dumps(figure.measured))
    write_whole(Path(folder, name), data, force=True)
    print(f"wrote {name}")


def _with_words(png: bytes, key: str, words: str) -> bytes:
    """Return a PNG with some words in it that are not seen."""
    info, data = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_text(key, words)
    Image.open(io.BytesIO(png)).save(data, "PNG", pnginfo=info, compress_level=3)
    return data.getvalue()


class Sheet:
    """A figure that is measured in inches from its top left corner."""

    def __init__(self, width: float, height: float, title: str, about: str = "") -> None:
        """Make it, with a title and a few words of explanation below it."""
        self.figure = viz.new_figure()
        self.figure.set_size_inches(width, height)
        self.size = width, height
        self.text(0.25, 0.4, title, size=13)
        self.paragraph(0.25, 0.66, about)

    def axes(self, x: float, y: float, width: float, height: float):
        """Return axes without ticks, its upper left corner at (x, y)."""
        w, h = self.size
        ax = self.figure.add_axes((x / w, 1 - (y + height) / h, width / w, height / h))
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(color="#a8a8a8", linewidth=0.5)
        return ax

    def pixels(self, x, y, width, height, picture, title=""):
        """Draw a picture (1, 1, H, W) in its greys, over the whole of a box."""
        ax = self.axes(x, y, width, height)
        show(ax, picture, title)
        ax.set_aspect("auto")
        return ax

    def map(self, x, y, width, height, values, title="", scale=None):
        """Draw numbers (H, W) over the whole of a box, on a scale of their own if none is given."""
        ax = self.axes(x, y, width, height)
        viz.draw_map(values, ax=ax, scale=scale, caption=False)
        ax.set_aspect("auto")
        caption(ax, title)
        return ax

    def bar(self, x, y, width, ax, text="") -> None:
        """Draw the colour bar of the map on an axes, and some words to the right of it."""
        (image,), place = ax.images, self.axes(x, y, width, 0.1)
        bar = self.figure.colorbar(image, cax=place, orientation="horizontal")
        low, high = image.get_clim()
        ends = [low, 0, high] if low < 0 < high else [low, high]
        bar.set_ticks(ends, labels=[f"{v:.3g}".replace("-", "\N{MINUS SIGN}") for v in ends])
        bar.ax.tick_params(length=2, width=0.5, color=SOFT)
        bar.outline.set(linewidth=0.5, edgecolor="#a8a8a8")
        for label, align in zip(bar.ax.get_xticklabels(), ("left", "center", "right"), strict=True):
            label.set(font=_f(8), color=INK, ha=align)
        self.text(x + width + 0.22, y + 0.1, text, color=SOFT)

    def text(self, x, y, text, *, size=9, color=INK, align="left") -> None:
        """Set one line of text, its baseline at y."""
        w, h = self.size
        self.figure.text(
            x / w, 1 - y / h, text, color=color, ha=align, va="baseline", font=_f(size)
        )

    def paragraph(self, x, y, text, *, color=SOFT) -> None:
        """Set several lines, the first of them at y."""
        for i, line in enumerate(textwrap.dedent(text).strip().splitlines()):
            self.text(x, y + 0.165 * i, line, color=color)

    def measured(self, x: float, y: float, width: float, height: float) -> None:
        """Say that what is seen in this box was measured: it is not compared (`make_pictures`)."""
        w, h = self.size
        boxes = getattr(self.figure, "measured", [])
        self.figure.measured = [*boxes, (x / w, y / h, (x + width) / w, (y + height) / h)]

    def sign(self, x: float, y: float, text: str) -> None:
        """Set a large sign such as = with its middle at (x, y)."""
        w, h = self.size
        self.figure.text(x / w, 1 - y / h, text, ha="center", va="center", color=INK, font=_f(20))

    def arrow(self, start: tuple[float, float], ax, pixel: tuple[float, float]) -> None:
        """Draw an arrow from a place on the sheet, in inches, to a pixel (column, row)."""
        (w, h), (x, y) = self.size, start
        arrow = ConnectionPatch(
            (x / w, 1 - y / h), pixel, self.figure.transFigure, "data", axesB=ax,
            arrowstyle="-|>", color=RED, linewidth=0.9, shrinkB=3,
        )  # fmt: skip
        self.figure.add_artist(arrow)

    def zoom(self, ax, box: tuple[float, float, float, float], to) -> None:
        """Draw a box (column, row, width, height) on one axes, and lines from it to another."""
        outline(ax, *box)
        right, top, bottom = box[0] + box[2] - 0.5, box[1] - 0.5, box[1] + box[3] - 0.5
        for corner, end in (((right, top), (0, 1)), ((right, bottom), (0, 0))):
            line = ConnectionPatch(
                corner, end, "data", "axes fraction", axesA=ax, axesB=to, color=RED, linewidth=0.7
            )
            line.set_annotation_clip(False)
            self.figure.add_artist(line)


def outline(ax, x, y, width, height, *, color: str = RED, line: float = 1.4) -> None:
    """Draw a frame around pixels: the first of them is (column, row), counted from 0."""
    corner = x - 0.5, y - 0.5
    ax.add_patch(
        Rectangle(corner, width, height, fill=False, edgecolor=color, lw=line, clip_on=False)
    )


def cells(ax, rows: int, columns: int) -> None:
    """Draw fine lines over a picture: which part of it each of so many places is about."""
    look = {"colors": "#dcbb58", "linewidth": 0.4, "transform": ax.transAxes}
    ax.hlines([n / rows for n in range(1, rows)], 0, 1, **look)
    ax.vlines([n / columns for n in range(1, columns)], 0, 1, **look)


def show(ax, picture, title: str = "", below: str = "") -> None:
    """Draw a picture (1, C, H, W) as what it shows: what is beyond 0 and 1 is cut off."""
    ax.imshow(
        np.clip(images.to_hwc(picture), 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest"
    )
    caption(ax, title, below)


def numbers(ax, values, *, white=1.0, title="", below="", texts=None, size=10) -> None:
    """Draw a small picture (H, W) in its greys, with its numbers in the pixels."""
    ax.imshow(values, cmap="gray", vmin=0, vmax=white, interpolation="nearest")
    for (row, column), value in np.ndenumerate(values):
        text = f"{value:g}".replace("-", "\N{MINUS SIGN}") if texts is None else texts[row][column]
        colour = "black" if value > 0.5 * white else "white"
        ax.text(column, row, text, ha="center", va="center_baseline", color=colour, font=_f(size))
    lines = [n + 0.5 for n in range(-1, max(values.shape))]
    ax.vlines(lines[: values.shape[1] + 1], -0.5, values.shape[0] - 0.5, "#a8a8a8", linewidth=0.5)
    ax.hlines(lines[: values.shape[0] + 1], -0.5, values.shape[1] - 0.5, "#a8a8a8", linewidth=0.5)
    caption(ax, title, below)


def caption(ax, title: str = "", below: str = "") -> None:
    """Write above and below an axes, from its left edge."""
    ax.set_title(title, loc="left", font=_f(9), color=INK, pad=4)
    if below:
        ax.annotate(
            below, (0, 0), (0, -4), "axes fraction", "offset points",
            va="top", color=SOFT, font=_f(8), linespacing=1.3, annotation_clip=False,
        )  # fmt: skip


def _f(size: float) -> FontProperties:
    return FontProperties(family="DejaVu Sans", size=size)
