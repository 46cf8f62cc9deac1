"""One map, one kernel: on an axes of yours, or as plain pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from minicnn.errors import ConfigError, ShapeError
from minicnn.kernels import Kernel, as_kernels
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._kernel_numbers import Numbers, kernel_texts, type_size
from minicnn.viz._page import BODY, SMALL, colours_of, map_image, mark_bad
from minicnn.viz._style import HAIRLINE, INK, SOFT, number_text, printed, scale_for, scale_of
from minicnn.viz._values import Facts, block_size, facts, strongest


def draw_map(
    values: Array, *, ax: Axes, scale: Any = None, title: str | None = None, caption: bool = True
) -> AxesImage:
    """Draw one feature map on an axes.

    Nearest interpolation, square pixels, one colour a value. A map with more pixels than the
    axes has dots is reduced: each dot is then the value furthest from 0 of its block.

    Parameters
    ----------
    values : array (H, W)
    ax : matplotlib Axes
    scale : None, number, (low, high) or Scale
        See `scale_of`. None: a scale of its own.
    title : str, optional
        Taken literally: no mathematics between dollar signs.
    caption : bool
        Whether the true range of the values stands below.

    Returns
    -------
    matplotlib.image.AxesImage
        For a colour bar: ``figure.colorbar(image, ax=ax)``.

    Examples
    --------
    >>> from minicnn import viz
    >>> figure = viz.new_figure()
    >>> image = draw_map(np.array([[-1.0, 3.0]]), ax=figure.add_subplot(), title="two values")
    >>> image.norm.vmin, image.norm.vmax
    (-3.0, 3.0)
    """
    array = one_map(values, "draw_map")
    check_axes(ax, "draw_map")
    known = facts(array)
    chosen = scale_for(*_ends(known), "map" if scale is None else scale)
    rows, columns = array.shape
    size = max(1, round(ax.bbox.height)), max(1, round(ax.bbox.width))
    image = map_image(ax, strongest(array, size), chosen, (-0.5, columns - 0.5, rows - 0.5, -0.5))
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    if known.bad:
        mark_bad(image)
    elif known.flat or known.blank:
        ax.add_artist(_hatched(columns, rows))
    if title is not None:
        _title(ax, title)
    if caption:
        text = ", ".join([range_text(known), *_reduced(array.shape, size)])
        ax.set_xlabel(text, fontproperties=_text.font(SMALL), color=SOFT, parse_math=False)
    return image


def draw_kernel(
    kernel: Any, *, ax: Axes, scale: Any = None, title: str | None = None, numbers: bool = True
) -> AxesImage:
    """Draw one kernel on an axes, its numbers in its cells where they fit.

    Numbers that share a small denominator are shown as whole numbers, and the factor, such as
    1/16, stands below.

    Parameters
    ----------
    kernel : Kernel, name, or matrix (KH, KW)
    ax : matplotlib Axes
    scale : None, number, (low, high) or Scale
        See `scale_of`. None: a scale of its own.
    title : str, optional
        By default the kernel's name; "" for none.
    numbers : bool

    Returns
    -------
    matplotlib.image.AxesImage

    Examples
    --------
    >>> from minicnn import viz
    >>> axes = viz.new_figure().add_subplot()
    >>> image = draw_kernel("gaussian_3x3", ax=axes)
    >>> [text.get_text() for text in axes.texts], axes.get_xlabel()
    (['1', '2', '1', '2', '4', '2', '1', '2', '1'], '\u00d7 1/16')
    """
    found = as_kernels(kernel)
    if len(found) != 1:
        raise ConfigError(
            f"draw_kernel draws one kernel, got {len(found)}.\n  plot_kernels draws several."
        )
    check_axes(ax, "draw_kernel")
    one: Kernel = found[0]
    rows, columns = one.shape
    chosen = scale_of(one.values, "map" if scale is None else scale)
    image = map_image(ax, one.values, chosen, (-0.5, columns - 0.5, rows - 0.5, -0.5))
    ax.set(
        xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal", xticks=[], yticks=[]
    )
    if numbers:
        cell = min(ax.bbox.width / columns, ax.bbox.height / rows) * 72 / _dpi(ax)
        factor = write_numbers(ax, one.values, image, (-0.5, -0.5), 1.0, cell)
        if factor:
            ax.set_xlabel(factor, fontproperties=_text.font(BODY), color=SOFT, parse_math=False)
    _title(ax, one.name if title is None else title)
    return image


def render_map(values: Array, scale: Any = None) -> Array:
    """Return one map as an image: one pixel for each value, nothing around it.

    Parameters
    ----------
    values : array (H, W)
    scale : None, number, (low, high) or Scale
        See `scale_of`. None: a scale of its own. To state it, keep it:
        ``scale = scale_of(maps)``, then ``str(scale)``.

    Returns
    -------
    array (H, W, 3), uint8
        Red, green, blue. NaN and infinite values are pink, which is on no scale.

    Examples
    --------
    >>> render_map(np.array([[0.0, 2.0], [np.nan, 1.0]])).shape
    (2, 2, 3)
    >>> render_map(np.array([[-2.0, 0.0, 2.0]]))[0].tolist()     # dark blue, grey, pale gold
    [[5, 13, 36], [160, 160, 160], [255, 251, 230]]
    """
    array = one_map(values, "render_map")
    chosen = scale_of(array, "map" if scale is None else scale)
    colours: Array = chosen.cmap(chosen.norm(chosen.masked(array)), bytes=True)
    return np.ascontiguousarray(colours[..., :3])


def range_text(known: Facts, zero: str = "flat") -> str:
    """Return a map's true range as its caption says it.

    Examples
    --------
    >>> range_text(facts(np.zeros((2, 2))), zero="dead")
    'dead: all 0'
    >>> range_text(facts(np.array([0.5, 2.0])))
    '0.5 to 2'
    """
    if math.isnan(known.low):
        return "no finite value"
    if known.blank:
        return f"{zero}: all 0" if known.size > 1 or zero == "dead" else "0"
    low, high = (printed(number_text(v)) for v in (known.low, known.high))
    if known.flat:
        return f"flat: all {low}"
    return low if known.low == known.high else f"{low} to {high}"


def bad_text(known: Facts) -> str:
    """Return how many values are not finite, "" if all are."""
    parts = ((known.nans, "NaN"), (known.infinities, "inf"))
    return ", ".join(f"{count} {word}" for count, word in parts if count)


def write_numbers(
    ax: Axes,
    values: Array,
    image: AxesImage,
    corner: tuple[float, float],
    cell: float,
    room: float,
    how: Numbers | None = None,
) -> str:
    """Write a kernel's numbers into its cells if they fit, and return the factor they share.

    Parameters
    ----------
    corner, cell : (x, y), float
        The first cell's upper left corner and the cells' size, in the axes' own units.
    room : float
        The cells' size in points.
    how : Numbers, optional
        As the rest of a stack is written; by default as suits this kernel alone.
    """
    how = Numbers(None, number_size(values, room)) if how is None else how
    if not how.size:
        return ""
    texts, factor = how.texts(values)
    font = _text.font(how.size)
    colours = colours_of(image)
    for row, line in enumerate(texts):
        for column, text in enumerate(line):
            ax.text(
                corner[0] + (column + 0.5) * cell,
                corner[1] + (row + 0.5) * cell,
                text,
                color=readable_on(colours[row, column]),
                fontproperties=font,
                ha="center",
                va="center_baseline",
                parse_math=False,
                usetex=False,
            )
    return factor


def number_size(values: Array, room: float) -> float:
    """Return the font size of a kernel's numbers in cells of so many points; 0: they do not fit."""
    return type_size(kernel_texts(values)[0], room)


def readable_on(colour: Any) -> str:
    """Return black or white, whichever stands out more against a colour (WCAG contrast)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if luminance > 0.179 else "white"


def one_map(values: Any, who: str) -> Array:
    """Return `values` as one map of real numbers with at least one pixel."""
    array = real_array(values, who, "values")
    if array.ndim != 2 or array.size == 0:
        fix = "Choose one: values[0, 3], say." if array.ndim == 4 else "Choose one channel."
        raise ShapeError(f"{who} takes one map (H, W), got shape {array.shape}.\n  {fix}")
    return array


def check_axes(ax: Any, who: str) -> None:
    """Raise unless `ax` is an axes."""
    if not isinstance(ax, Axes):
        raise ConfigError(
            f"{who}: ax must be a matplotlib Axes, got {type(ax).__name__}.\n"
            f"  figure, ax = plt.subplots() makes one."
        )


def _ends(known: Facts) -> tuple[float, float]:
    return (0.0, 0.0) if math.isnan(known.low) else (known.low, known.high)


def _reduced(shape: tuple[int, ...], size: tuple[int, int]) -> list[str]:
    rows, columns = block_size((shape[0], shape[1]), size)
    times = f"{rows} \N{MULTIPLICATION SIGN} {columns}"
    return [f"each dot the strongest of {times}"] if rows * columns > 1 else []


def _hatched(columns: int, rows: int) -> Rectangle:
    return Rectangle(
        (-0.5, -0.5), columns, rows, facecolor="none", edgecolor=HAIRLINE, linewidth=0, hatch="//"
    )


def _title(ax: Axes, title: str) -> None:
    ax.set_title(_text.plain(title), fontproperties=_text.font(BODY), color=INK, parse_math=False)


def _dpi(ax: Axes) -> float:
    figure = ax.get_figure()
    return float(getattr(figure, "dpi", 72.0))
