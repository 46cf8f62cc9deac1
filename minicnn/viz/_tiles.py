"""What a tile shows: a map, a kernel or a picture, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.explain.border_truth import percent
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._grid import Tile
from minicnn.viz._kernel_numbers import Numbers, kernel_texts
from minicnn.viz._page import SMALL, Page
from minicnn.viz._sets import draw_seen
from minicnn.viz._style import Scale, number_text, printed
from minicnn.viz._subject import Maps
from minicnn.viz._values import facts
from minicnn.viz.maps import bad_text, number_size, range_text, write_numbers


def map_tile(
    maps: Maps, index: int, scale: Scale, *, strip: bool, above: Any = None, seen: Any = None
) -> Tile:
    """Return one map's tile; values beyond the scale are counted, those of `seen` are hatched."""
    known, values = maps.facts[index], maps.values[index]
    beyond = known.low < scale.low or known.high > scale.high
    clipped = scale.clipped(values) if beyond else 0
    text = range_text(known, maps.zero)
    alarms = [bad_text(known)]
    if known.flat or (known.blank and maps.zero == "dead"):
        alarms, text = [text], ""
    if clipped:
        alarms.append(f"{percent(clipped / known.size)} clipped")
    has_strip = strip and known.low < known.high

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        page.map(values, scale, x, y, width, height, known)
        if seen is not None:
            draw_seen(page, seen, (x, y, width, height))

    return Tile(
        draw,
        maps.labels[index],
        text,
        ", ".join(filter(None, alarms)),
        (known.low, known.high, scale) if has_strip else None,
        above,
        values.shape,
    )


def kernel_tile(
    kernel: Array,
    name: str,
    scale: Scale,
    *,
    numbers: bool,
    written: Callable[[float], Numbers] | None = None,
) -> Tile:
    """Return one kernel's tile; `written` says how its stack's numbers are, in such cells."""
    rows, columns = kernel.shape

    def own(cell: float) -> Numbers:
        return Numbers(None, number_size(kernel, cell))

    how = own if written is None else written

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        cell = min(width / columns, height / rows)
        draw_kernel_at(page, kernel, scale, x, y, cell, numbers=how(cell) if numbers else False)

    known = range_text(facts(kernel))
    factor = kernel_texts(kernel)[1]

    def value_at(width: float, height: float) -> str:
        found = how(min(width / columns, height / rows))
        return found.texts(kernel)[1] if numbers and found.size else known

    longest = max(known, factor, key=lambda text: _text.width(text, SMALL))
    return Tile(draw, name, longest, value_at=value_at)


def draw_kernel_at(
    page: Page,
    kernel: Array,
    scale: Scale,
    x: float,
    y: float,
    cell: float,
    *,
    numbers: bool | Numbers,
) -> None:
    """Draw a kernel on a page, with its numbers if they fit, or as the rest of its stack."""
    rows, columns = kernel.shape
    cell = max(page.snap(cell), page.dot)
    image = page.map(kernel, scale, x, y, cell * columns, cell * rows, None)
    if numbers:
        how = numbers if isinstance(numbers, Numbers) else None
        write_numbers(page.axes, kernel, image, (page.snap(x), page.snap(y)), cell, cell, how)


def picture_tile(picture: Array, label: str, value: str = "", *, seen: Any = None) -> Tile:
    """Return the tile of a picture (1, H, W) or (3, H, W); those pixels of `seen` are hatched."""
    known = facts(picture)
    beyond = int(np.count_nonzero((picture < 0) | (picture > 1)))
    alarms = [bad_text(known)]
    if beyond:
        low, high = (printed(number_text(v)) for v in (known.low, known.high))
        alarms.append(f"{percent(beyond / known.size)} clipped ({low} to {high})")
    rows, columns = picture.shape[1:]

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        ratio = min(width / columns, height / rows)
        page.picture(picture, x, y, columns * ratio, rows * ratio)
        if seen is not None:
            draw_seen(page, seen, (x, y, columns * ratio, rows * ratio))

    return Tile(
        draw,
        label,
        value,
        ", ".join(filter(None, alarms)),
        shape=(rows, columns),
        is_picture=True,
    )
