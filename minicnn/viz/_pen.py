"""Two pens for the same strokes: one draws on a page, one on an image, both measured in points.

What moves in an animation is drawn on an image, by Pillow, in a millisecond; the same parts stand
still on a page, drawn by matplotlib, for print.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np
from matplotlib.font_manager import findfont
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from PIL import Image, ImageDraw, ImageFont

from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._page import Page

Box = tuple[float, float, float, float]
"""x, y, width, height, in points."""

MIDDLE = 0.365
"""How far below a line's middle its baseline is, in font sizes: half the height of a digit."""

_ANCHORS = {"left": "ls", "center": "ms", "right": "rs"}


class Pen(Protocol):
    """What can be drawn; lengths in points from the upper left corner."""

    def box(
        self, box: Box, *, fill: Any = None, edge: Any = None, thick: float = 0.5, gid: str = ""
    ) -> None:
        """Fill a box, draw its edge, or both; `gid` says what it is, where that can be kept."""

    def line(self, points: Sequence[tuple[float, float]], *, color: str, thick: float) -> None:
        """Draw lines from point to point."""

    def text(
        self, x: float, baseline: float, text: str, *, size: float, color: str, align: str = "left"
    ) -> None:
        """Set one line of text."""


class PagePen:
    """Draws on a page.

    Parameters
    ----------
    page : Page
    """

    def __init__(self, page: Page) -> None:
        """Keep the page."""
        self.page = page

    def box(
        self, box: Box, *, fill: Any = None, edge: Any = None, thick: float = 0.5, gid: str = ""
    ) -> None:
        """Fill a box, draw its edge, or both."""
        x, y, width, height = box
        patch = Rectangle(
            (x, y),
            width,
            height,
            facecolor=fill or "none",
            edgecolor=edge or "none",
            linewidth=thick if edge else 0,
            clip_on=False,
        )
        patch.set_gid(gid)
        self.page.axes.add_artist(patch)

    def line(self, points: Sequence[tuple[float, float]], *, color: str, thick: float) -> None:
        """Draw lines from point to point."""
        xs, ys = zip(*points, strict=True)
        line = Line2D(xs, ys, color=color, linewidth=thick, solid_capstyle="butt", zorder=1)
        line.set_clip_on(False)
        self.page.axes.add_artist(line)

    def text(
        self, x: float, baseline: float, text: str, *, size: float, color: str, align: str = "left"
    ) -> None:
        """Set one line of text."""
        self.page.text(x, baseline, text, size=size, color=color, align=align)


class PixelPen:
    """Draws on an image.

    Parameters
    ----------
    image : PIL image, RGB
        It is drawn over.
    dot : float
        The size of one of its pixels, in points.
    """

    def __init__(self, image: Image.Image, dot: float) -> None:
        """Take up the image."""
        self.dot = dot
        self._image, self._draw = image, ImageDraw.Draw(image)

    def box(
        self, box: Box, *, fill: Any = None, edge: Any = None, thick: float = 0.5, gid: str = ""
    ) -> None:
        """Fill a box, draw its edge, or both."""
        left, top, right, bottom = _corners(box, self.dot)
        if fill is not None and right > left and bottom > top:
            self._draw.rectangle((left, top, right - 1, bottom - 1), fill=fill)
        if edge is not None:
            dots = max(1, round(thick / self.dot))
            more = dots // 2  # the line lies astride the box's edge
            corners = (left - more, top - more, right - 1 + dots - more, bottom - 1 + dots - more)
            self._draw.rectangle(corners, outline=edge, width=dots)

    def line(self, points: Sequence[tuple[float, float]], *, color: str, thick: float) -> None:
        """Draw lines from point to point."""
        dots = max(1, round(thick / self.dot))
        ends = [(round(x / self.dot), round(y / self.dot)) for x, y in points]
        self._draw.line(ends, fill=color, width=dots)

    def text(
        self, x: float, baseline: float, text: str, *, size: float, color: str, align: str = "left"
    ) -> None:
        """Set one line of text."""
        place = x / self.dot, baseline / self.dot
        typeface = _typeface(size / self.dot)
        self._draw.text(place, text, font=typeface, fill=color, anchor=_ANCHORS[align])

    def dots(self, box: Box) -> tuple[int, int, int, int]:
        """Return a box in dots: left, top, and at least one column and one row."""
        left, top, right, bottom = _corners(box, self.dot)
        return left, top, max(right - left, 1), max(bottom - top, 1)

    def picture(self, box: Box, colours: Array) -> None:
        """Fill a box with an image, (H, W, 3) uint8, each of its pixels as many dots as fit."""
        left, top, width, height = self.dots(box)
        rows = np.arange(height) * len(colours) // height
        columns = np.arange(width) * colours.shape[1] // width
        shown = np.ascontiguousarray(colours[rows[:, None], columns])
        self._image.paste(Image.fromarray(shown), (left, top))


def _corners(box: Box, dot: float) -> tuple[int, int, int, int]:
    x, y, width, height = box
    left, top, right, bottom = (round(v / dot) for v in (x, y, x + width, y + height))
    return left, top, right, bottom


@cache
def _typeface(pixels: float) -> ImageFont.FreeTypeFont:
    """Return the figures' typeface in a size of so many pixels."""
    file = findfont(_text.font(8.0))
    return ImageFont.truetype(file, pixels, layout_engine=ImageFont.Layout.BASIC)
