"""What counts, laid over the picture: it stays to be seen in grey, and colour is added to it.

- The picture is drawn in middle greys. What speaks for the answer is drawn towards gold,
  lighter than any of them; what speaks against it towards dark blue, darker than any. So it can be
  read in print without colours, and where nothing counts there is the picture alone.
- The more a value counts, the more of its colour there is, in proportion. Beside each overlay
  stands what every value looks like, over the darkest of the picture's greys and the lightest.
- A value that stands for many pixels is drawn over all its cell, as what it is: nothing is made up
  in between.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb

from minicnn.explain.attribution_record import Attribution
from minicnn.shapes import Array, Pair
from minicnn.viz._page import Page
from minicnn.viz._style import BAD, Scale, number_text, printed
from minicnn.viz._values import averaged, strongest

DARKEST, LIGHTEST = 0.32, 0.70
"""The picture's greys, from black to white."""

_GOLD, _BLUE = to_rgb("#ffe04d"), to_rgb("#061a66")
_MOST = 0.9
"""So much of its colour covers the picture where a value counts most."""


def grey_of(picture: Array) -> tuple[Array, str]:
    """Return a picture (C, H, W) as one map from 0 (black) to 1 (white), and what that takes.

    What is not within 0 and 1 is brought there, and said.
    """
    mean = picture.mean(axis=0, dtype=np.float64)
    finite = mean[np.isfinite(mean)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low >= 0 and high <= 1:
        return np.nan_to_num(mean, nan=0.0, posinf=1.0, neginf=0.0), ""
    room = high - low if high > low else 1.0
    grey = np.clip(np.nan_to_num((mean - low) / room, nan=0.0, posinf=1, neginf=0), 0, 1)
    ends = printed(f"{number_text(low)} (black) to {number_text(high)} (white)")
    return grey, f"The picture's greys go from {ends}."


def over_pixels(found: Attribution) -> tuple[Array, Array]:
    """Return for each pixel of the picture (H, W) its value, and whether it has one.

    A value of a grid stands in the cell around the middle of what it sees, as large as the
    distance to the next. Without a grid the values are spread over the picture.
    """
    height, width = found.picture.shape[1:]
    map_ = found.map
    if found.values.ndim == 3:
        return map_, np.ones((height, width), bool)
    places = [
        _cells(found, axis, cells, pixels)
        for axis, (cells, pixels) in enumerate(zip(map_.shape, (height, width), strict=True))
    ]
    (rows, has_row), (columns, has_column) = places
    return map_[np.ix_(rows, columns)], np.logical_and.outer(has_row, has_column)


def _cells(found: Attribution, axis: int, cells: int, pixels: int) -> tuple[Array, Array]:
    """Return along one axis in which cell each pixel lies, and whether it lies in one."""
    if found.field is None:
        return np.arange(pixels) * cells // pixels, np.ones(pixels, bool)
    field = found.field
    apart = field.distance[axis]
    cell = min(apart, field.size[axis])  # with gaps where the next one is too far away
    start = (field.first[axis] + field.last[axis] + 1 - cell) / 2
    at = np.arange(pixels) + 0.5 - start
    index = np.floor(at / apart).astype(int)
    inside = (index >= 0) & (index < cells) & (at - index * apart <= cell)
    return np.clip(index, 0, cells - 1), inside


def mixed(grey: Array, values: Array, scale: Scale) -> Array:
    """Return the colours (3, H, W) of values over greys from 0 to 1, both (H, W)."""
    reach = max(abs(scale.low), abs(scale.high))
    share = np.clip(np.nan_to_num(values / reach), -1, 1)
    part = _MOST * np.abs(share)
    under = DARKEST + (LIGHTEST - DARKEST) * grey
    gold, blue, bad = (np.array(c).reshape(3, 1, 1) for c in (_GOLD, _BLUE, to_rgb(BAD)))
    colours = (1 - part) * under + part * np.where(share > 0, gold, blue)
    return np.asarray(np.where(np.isfinite(values), colours, bad))


def draw_overlay(
    page: Page, found: Attribution, scale: Scale, box: tuple[float, float, float, float]
) -> None:
    """Draw what counts over the picture, and below it how to read the colours."""
    x, y, width, height = box
    size: Pair = page.dots(height, width)
    values, has_value = over_pixels(found)
    shown = strongest(np.where(has_value, values, 0.0), size)
    grey = averaged(grey_of(found.picture)[0], size)
    page.picture(mixed(grey, shown, scale), x, y, width, height).set_gid("overlay")
    ramp = np.linspace(scale.low, scale.high, max(2, round(width / page.dot)))
    for i, under in enumerate((0.0, 1.0)):
        strip = mixed(np.full((1, ramp.size), under), ramp[None], scale)
        page.picture(strip, x, y + height + 6 + 3.5 * i, width, 3.5).set_gid("overlay bar")
