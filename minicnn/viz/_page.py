"""A page: one axes over the whole figure, measured in points from its top left corner.

Every map is an image on that one axes, and every text is set where it was measured to fit. That
is faster than an axes for each map, and nothing can overlap by surprise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch, Rectangle

from minicnn.errors import ConfigError
from minicnn.shapes import Array, Pair
from minicnn.viz import _text
from minicnn.viz._paths import runs_path
from minicnn.viz._style import (
    BAD,
    DPI,
    GREY,
    HAIRLINE,
    INK,
    SMALLEST,
    SOFT,
    Scale,
    number_text,
    printed,
)
from minicnn.viz._values import Facts, averaged, strongest

SMALL, BODY, HEADING = 7.0, 8.0, 12.0
"""Font sizes, in points."""

WIDTH, MARGIN, GAP = 648.0, 16.0, 10.0
"""A page's greatest width, its margin, and the room between two columns, in points."""

BAR = 170.0
"""How long a colour bar is."""


def new_figure(dpi: float = DPI) -> Figure:
    """Return an empty figure that no window knows of: to save, and for threads.

    ``plot_feature_maps(trace, figure=new_figure())`` imports no pyplot and leaves nothing open.
    """
    return Figure(dpi=dpi)


def dots_per_inch(figure: Figure | None) -> float:
    """Return how fine the dots of a figure are; None: of the one that will be made."""
    return float(DPI if figure is None else figure.dpi)


def check_figure(figure: Any) -> None:
    """Raise unless `figure` is None or a matplotlib Figure."""
    if figure is not None and not isinstance(figure, Figure):
        raise ConfigError(
            f"figure must be a matplotlib Figure, got {type(figure).__name__}.\n"
            f"  viz.new_figure() makes one; leave it out for a pyplot figure."
        )


class Page:
    """A figure to draw on; `done` returns it.

    Parameters
    ----------
    figure : Figure or None
        It is cleared and gets the page's size. None: a new pyplot figure.
    width, height : float
        In points.
    """

    def __init__(self, figure: Figure | None, width: float, height: float) -> None:
        """Give the figure its size and its axes."""
        self._close: Any = None
        if figure is None:
            figure, self._close = _pyplot_figure()
        figure.clear()
        figure.set_layout_engine("none")
        self.dot = 72.0 / figure.dpi
        self.figure = figure
        dots = [math.ceil(v / self.dot) for v in (width, height)]
        self.width, self.height = (n * self.dot for n in dots)
        # the least more than so many dots: less, and matplotlib would leave one out
        wide, high = (math.nextafter(n / figure.dpi, math.inf) for n in dots)
        figure.set_size_inches(wide, high)
        figure.set_facecolor("white")
        self.axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self.axes.set_axis_off()
        self.axes.set_xlim(0, self.width)
        self.axes.set_ylim(self.height, 0)
        self.axes.set_autoscale_on(False)

    def done(self) -> Figure:
        """Return the figure, drawn by a notebook exactly once."""
        if self._close is not None:
            self._close()
        return self.figure

    def snap(self, value: float) -> float:
        """Return a length in whole dots."""
        return round(value / self.dot) * self.dot

    def dots(self, height: float, width: float) -> Pair:
        """Return how many rows and columns of dots there are room for."""
        return max(1, round(height / self.dot)), max(1, round(width / self.dot))

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        *,
        size: float = BODY,
        color: str = INK,
        align: str = "left",
    ) -> None:
        """Set one line of text."""
        self.axes.text(
            x,
            baseline,
            text,
            color=color,
            fontproperties=_text.font(size),
            ha=align,
            va="baseline",
            parse_math=False,
            usetex=False,
        )

    def heading(self, text: str) -> None:
        """Set the page's heading, shortened to what fits between its margins."""
        text = _text.fit(_text.plain(text), HEADING, self.width - 2 * MARGIN)
        self.text(MARGIN, MARGIN + HEADING * 0.8, text, size=HEADING)

    def lines(
        self,
        x: float,
        top: float,
        lines: Sequence[str],
        *,
        size: float = BODY,
        color: str = SOFT,
    ) -> None:
        """Set lines of text, one below the other, from `top` down."""
        for i, line in enumerate(lines):
            self.text(x, top + size + i * size * _text.LINE, line, size=size, color=color)

    def map(
        self,
        values: Array,
        scale: Scale,
        x: float,
        y: float,
        width: float,
        height: float,
        known: Facts | None,
    ) -> AxesImage:
        """Draw a map with its frame; where it is not finite, or flat, it is hatched.

        `known` are the map's facts; None is for kernels, which may well be flat.
        """
        x, y, width, height = self._box(x, y, width, height)
        image = map_image(
            self.axes,
            strongest(values, self.dots(height, width)),
            scale,
            (x, x + width, y + height, y),
        )
        self.frame(x, y, width, height)
        if known is None:
            return image
        if known.bad:
            mark_bad(image)
        elif known.flat or known.blank:
            self._hatch(x, y, width, height, HAIRLINE if _darkness(image) > 0.5 else SOFT)
        return image

    def picture(self, values: Array, x: float, y: float, width: float, height: float) -> AxesImage:
        """Draw a picture, (1, H, W) or (3, H, W) in [0, 1], as what it shows."""
        x, y, width, height = self._box(x, y, width, height)
        shown = picture_values(values, self.dots(height, width))
        image = AxesImage(
            self.axes,
            cmap=GREY,
            norm=Normalize(0.0, 1.0),
            interpolation="nearest",
            extent=(x, x + width, y + height, y),
            origin="upper",
        )
        image.set_data(shown)
        image.set_clip_on(False)
        self.axes.add_image(image)
        self.frame(x, y, width, height)
        return image

    def strip(
        self, low: float, high: float, scale: Scale, x: float, y: float, w: float, h: float
    ) -> None:
        """Draw the colours from `low` to `high`: the colour bar of one map."""
        x, y, w, h = self._box(x, y, w, h)
        low, high = max(low, scale.low), min(high, scale.high)
        ramp = np.linspace(low, high, max(2, round(w / self.dot)))[np.newaxis]
        map_image(self.axes, ramp, scale, (x, x + w, y + h, y)).set_gid("colour bar")
        self.frame(x, y, w, h)

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a hairline around something."""
        self._rectangle(x, y, width, height, facecolor="none", edgecolor=HAIRLINE, linewidth=0.5)

    def blank(self, x: float, y: float, width: float, height: float) -> None:
        """Leave a box white, with a hairline around it."""
        x, y, width, height = self._box(x, y, width, height)
        self._rectangle(x, y, width, height, facecolor="white", edgecolor=HAIRLINE, linewidth=0.5)

    def rule(self, y: float, left: float, right: float) -> None:
        """Draw a hairline across."""
        self._rectangle(left, y, right - left, 0.0, edgecolor=HAIRLINE, linewidth=0.5)

    def bar(
        self,
        scale: Scale,
        x: float,
        y: float,
        width: float = BAR,
        height: float = 7.0,
        text: Callable[[float], str] = number_text,
    ) -> Any:
        """Draw a colour bar with its ends, and 0, written below, as `text` has it."""
        x, y, width, height = self._box(x, y, width, height)
        bottom = self.height - y - height
        axes = self.figure.add_axes(
            (x / self.width, bottom / self.height, width / self.width, height / self.height)
        )
        mappable = mpl.cm.ScalarMappable(norm=scale.norm, cmap=scale.cmap)
        bar = self.figure.colorbar(mappable, cax=axes, orientation="horizontal")
        ticks = (
            [scale.low, 0.0, scale.high] if scale.low < 0 < scale.high else [scale.low, scale.high]
        )
        bar.set_ticks(ticks, labels=[printed(text(tick)) for tick in ticks])
        bar.ax.minorticks_off()
        bar.ax.set_xlim(scale.low, scale.high)
        bar.ax.tick_params(length=2, width=0.5, pad=1.5, color=SOFT)
        bar.outline.set(linewidth=0.5, edgecolor=HAIRLINE)
        labels = bar.ax.get_xticklabels()
        for label, align in zip(
            labels, ("left", *["center"] * (len(labels) - 2), "right"), strict=True
        ):
            label.set(fontproperties=_text.font(SMALL), color=INK, ha=align, parse_math=False)
            label.set_usetex(False)
        return bar

    def _hatch(self, x: float, y: float, width: float, height: float, color: str) -> None:
        self._rectangle(
            x, y, width, height, facecolor="none", edgecolor=color, linewidth=0, hatch="//"
        )

    def _rectangle(self, x: float, y: float, width: float, height: float, **style: Any) -> None:
        self.axes.add_artist(Rectangle((x, y), width, height, clip_on=False, **style))

    def _box(self, x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
        return self.snap(x), self.snap(y), max(self.snap(w), self.dot), max(self.snap(h), self.dot)


def map_image(ax: Any, shown: Array, scale: Scale, extent: Any) -> AxesImage:
    """Add a map to an axes, on a scale: nearest interpolation, one colour a value."""
    image = AxesImage(
        ax,
        cmap=scale.cmap,
        norm=scale.norm,
        interpolation="nearest",
        extent=extent,
        origin="upper",
    )
    image.set_data(scale.masked(shown))
    image.set_clip_on(False)
    ax.add_image(image)
    return image


def mark_bad(image: AxesImage) -> None:
    """Hatch what is not finite in an image; the whole image if that is too scattered."""
    mask = np.ma.getmaskarray(np.ma.asarray(image.get_array()))
    left, right, bottom, top = image.get_extent()
    path = runs_path(mask, (left, top, right - left, bottom - top))
    if path is not None:
        image.axes.add_artist(
            PathPatch(
                path,
                facecolor="none",
                edgecolor="white",
                linewidth=0,
                hatch="xxxx",
                clip_on=False,
            )
        )


def picture_values(values: Array, size: Pair) -> Array:
    """Return a picture ready for an image: reduced to `size`, clipped, channels last."""
    channels_last = values[0] if len(values) == 1 else np.moveaxis(values, 0, -1)
    means = averaged(channels_last, size)
    shown = np.clip(np.where(np.abs(means) < SMALLEST, 0, means), 0.0, 1.0)
    if shown.ndim == 2:
        return np.ma.masked_invalid(shown)
    lost = ~np.isfinite(shown).all(axis=-1)
    if lost.any():
        shown = np.array(shown)
        shown[lost] = mpl.colors.to_rgb(BAD)
    return shown


def colours_of(image: AxesImage) -> Array:
    """Return the colour, (H, W, 4), of each value of an image."""
    colours: Array = np.asarray(image.cmap(image.norm(np.ma.asarray(image.get_array()))))
    return colours


def _darkness(image: AxesImage) -> float:
    red, green, blue = colours_of(image)[..., :3].reshape(-1, 3).mean(axis=0)
    return float(1 - (0.299 * red + 0.587 * green + 0.114 * blue))


def _pyplot_figure() -> tuple[Figure, Any]:
    """Return a pyplot figure, and what is to be done with it when it is drawn.

    A notebook shows the figure that a cell returns *and* every pyplot figure that is open: there
    it is closed. Everywhere else it stays open for ``plt.show()``.
    """
    import matplotlib.pyplot as plt

    figure = plt.figure(dpi=DPI)
    is_inline = "inline" in mpl.get_backend().lower()
    return figure, (lambda: plt.close(figure)) if is_inline else None
