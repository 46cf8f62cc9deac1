"""The patches of a data set that excite a channel most, each with its place in its picture."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.exciting_patches import Patch, Patches
from minicnn.shapes import Array, integer
from minicnn.viz import _text
from minicnn.viz._ledger_parts import fitted, outline, pixels_box
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._sets import blank_set
from minicnn.viz._style import ALARM, SOFT, number_text, printed

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE
_ACROSS, _GUTTER, _BETWEEN, _LARGEST = 3, 20.0, 8.0, 24.0
_CARD = (_INNER - (_ACROSS - 1) * _GUTTER) / _ACROSS
_TILE = (_CARD - _BETWEEN) / 2

Box = tuple[float, float, float, float]


def plot_patches(
    found: Patches, *, count: int = 9, title: str | None = None, figure: Figure | None = None
) -> Figure:
    """Plot the patches that excite a channel most: each picture, its patch, and the value.

    All are drawn alike: pixels from 0 (black) to 1 (white), or on the one scale that is stated.
    What a patch sees beyond its picture's border is hatched.

    Parameters
    ----------
    found : Patches
        What `minicnn.explain.exciting_patches` returns.
    count : int
        Show so many, strongest first.
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, see `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError
        For what is no such record.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> found = explain.exciting_patches(Conv2D.from_kernels("sobel_x"), images.disc(20), 0, 0)
    >>> figure = plot_patches(found, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'What excites channel 0 of conv2d'
    """
    check_figure(figure)
    _text.checked("title", title)
    integer("count", count, least=1)
    if not isinstance(found, Patches):
        raise ConfigError(
            f"plot_patches takes what explain.exciting_patches returns, got {short(found)}"
        )
    shown = found.patches[:count]
    about = [line for text in _about(found, len(shown)) for line in _text.wrap(text, BODY, _INNER)]
    rows = -(-len(shown) // _ACROSS)
    tall = max(_size(found)[1], fitted(shown[0].whole.shape, _TILE, _TILE)[1])
    height = tall + 4 + _LINE + _SMALL_LINE + 12
    silent = found.is_silent and len(found.peaks) > 1
    top = MARGIN + HEADING + 6 + _LINE * (len(about) + silent) + 8
    page = Page(figure, WIDTH, top + rows * height + MARGIN - 12)
    head = f"What excites channel {found.channel} of {found.step}" if title is None else title
    page.heading(head)
    page.lines(MARGIN, MARGIN + HEADING + 6, about)
    if silent:
        text = "It is as excited by every other picture: these say nothing."
        page.lines(MARGIN, MARGIN + HEADING + 6 + _LINE * len(about), [text], color=ALARM)
    for i, patch in enumerate(shown):
        row, column = divmod(i, _ACROSS)
        _draw_card(page, found, patch, MARGIN + column * (_CARD + _GUTTER), top + row * height)
    return page.done()


def draw_patch(page: Page, found: Patches, patch: Patch, box: Box) -> None:
    """Draw all that a value sees in a box; what is beyond the picture is hatched."""
    x, y, width, height = box
    tall, wide = found.size
    point = min(width / wide, height / tall)
    seen = _seen(found, patch)
    page.picture(_shown(found, seen[:-1]), x, y, point * wide, point * tall)
    beyond = seen[-1] > 0
    if beyond.any():
        blank_set(page, beyond, (x, y, point * wide, point * tall))


def _draw_card(page: Page, found: Patches, patch: Patch, x: float, y: float) -> None:
    wide, tall = fitted(patch.whole.shape, _TILE, _TILE)
    page.picture(_shown(found, patch.whole), x, y, wide, tall)
    rows, columns = (range(first, last + 1) for first, last in (patch.rows, patch.columns))
    outline(page, pixels_box(patch.whole.shape, (x, y, wide, tall), rows, columns))
    draw_patch(page, found, patch, (x + _TILE + _BETWEEN, y, *_size(found)))
    y += max(tall, _size(found)[1]) + 4
    page.text(x, y + BODY, printed(number_text(patch.value)))
    where = ", ".join(
        f"{noun}{'' if first == last else 's'} {first}" + ("" if first == last else f" to {last}")
        for noun, (first, last) in (("row", patch.rows), ("column", patch.columns))
    )
    text = _text.fit(f"picture {patch.picture}, {where}", SMALL, _CARD)
    page.text(x, y + _LINE + SMALL, text, size=SMALL, color=SOFT)


def _size(found: Patches) -> tuple[float, float]:
    """Return how wide and high a patch is drawn."""
    tall, wide = found.size
    point = min(_TILE / wide, _TILE / tall, _LARGEST)
    return point * wide, point * tall


def _seen(found: Patches, patch: Patch) -> Array:
    """Return all that a value sees (C + 1, rows, columns); the last is 1 beyond the picture."""
    seen = np.ones((len(patch.whole) + 1, *found.size))
    seen[:-1] = 0
    top, left = (
        found.field.first[axis] + at * found.field.distance[axis]
        for axis, at in enumerate((patch.row, patch.column))
    )
    rows = slice(patch.rows[0] - top, patch.rows[1] - top + 1)
    columns = slice(patch.columns[0] - left, patch.columns[1] - left + 1)
    seen[:-1, rows, columns] = patch.pixels
    seen[-1, rows, columns] = 0
    return seen


def _range(found: Patches) -> tuple[float, float] | None:
    """Return what is black and white where the pixels are no picture; None where they are."""
    wholes = np.stack([patch.whole for patch in found])
    finite = wholes[np.isfinite(wholes)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if wholes.shape[1] in (1, 3) and low >= 0 and high <= 1:
        return None
    means = wholes.mean(axis=1)
    means = means[np.isfinite(means)]
    return (float(means.min()), float(means.max())) if means.size else (0.0, 1.0)


def _shown(found: Patches, pixels: Array) -> Array:
    """Return pixels as they are drawn: as they are, or in greys on the scale of all."""
    ends = _range(found)
    if ends is None:
        return pixels
    low, high = ends
    room = high - low if high > low else 1.0
    return np.asarray((pixels.mean(axis=0, keepdims=True) - low) / room)


def _about(found: Patches, shown: int) -> list[str]:
    pictures = _text.count(len(found.peaks), "picture")
    ends = _range(found)
    greys = (
        "All pixels from 0 (black) to 1 (white)."
        if ends is None
        else f"One scale for all: {number_text(ends[0])} is black, {number_text(ends[1])} white."
    )
    return [
        printed(
            f"The {_text.count(shown, 'strongest answer')} in {pictures}: the picture, and in red "
            f"what the value sees of it, {_text.by(found.size)} pixels; on its right the same, "
            f"large. {greys}"
        )
    ]
