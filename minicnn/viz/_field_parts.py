"""What fields are drawn with: a step's map, cut out around a set of its values, shaded outside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from matplotlib.image import AxesImage

from minicnn.explain.field_links import flat
from minicnn.explain.field_steps import FieldStep, bounding, size_of
from minicnn.explain.ledger_recording import Recording
from minicnn.layers import PICTURE
from minicnn.shapes import Array, Pair
from minicnn.viz import _text
from minicnn.viz._grid import Tile
from minicnn.viz._ledger_parts import Box, fitted, outline, pixels_box
from minicnn.viz._page import BODY, Page
from minicnn.viz._sets import outline_set, shade_outside
from minicnn.viz._style import Scale, scale_of
from minicnn.viz._values import facts
from minicnn.viz.maps import range_text

Cut: TypeAlias = tuple[slice, slice]
"""The rows and columns of a map that are drawn."""

_LEAST = 4.0
"""A set drawn smaller, in points, gets a frame around it instead of an outline."""


@dataclass(frozen=True, eq=False)
class Region:
    """How much of each step's maps is drawn: about the same part of the picture everywhere.

    Attributes
    ----------
    reach : (rows, columns)
        How many of the picture's pixels are drawn on each side of a set's middle.
    """

    reach: Pair

    @classmethod
    def around(cls, steps: tuple[FieldStep, ...]) -> Region:
        """Return a region in which every step's set has some room around it."""
        reach = []
        for axis in (0, 1):
            sizes = [one.size[axis] * _stride(one)[axis] for one in steps if one.count]
            reach.append(math.ceil(0.75 * max(sizes, default=1)) + 2)
        return cls((reach[0], reach[1]))

    def cut(self, one: FieldStep) -> Cut:
        """Return the part of a step's maps that is drawn."""
        parts = []
        for axis, (part, size) in enumerate(zip(one.box, one.maps[1:], strict=True)):
            middle = (part.start + part.stop) / 2
            reach = max(self.reach[axis] / _stride(one)[axis], (part.stop - part.start) / 2 + 1)
            start, stop = math.floor(middle - reach), math.ceil(middle + reach)
            if one.field is None or not one.count:
                start, stop = 0, size
            parts.append(slice(max(start, 0), min(stop, size)))
        return parts[0], parts[1]


def draw_set(page: Page, mask: Array, box: Box, drawn: AxesImage) -> None:
    """Shade what does not belong to a set (H, W) of a map drawn in a box, and outline the set."""
    shade_outside(page, mask, box, drawn)
    if not mask.any():
        return
    rows, columns = bounding(mask[None])
    small = pixels_box(
        mask.shape, box, range(rows.start, rows.stop), range(columns.start, columns.stop)
    )
    if min(box[2] / mask.shape[1], box[3] / mask.shape[0]) * min(size_of((rows, columns))) < _LEAST:
        outline(page, small)
    else:
        outline_set(page, mask, box)


def step_tile(
    recording: Recording, sample: int, one: FieldStep, mask: Array, region: Region, room: float
) -> Tile:
    """Return a step's tile: the map in which the set is strongest, cut out around the set.

    `room` is how wide its name may be, in points.
    """
    maps = recording.maps(one.position, sample)
    channel = strongest_channel(maps, mask)
    rows, columns = region.cut(one)
    values, inside = maps[channel, rows, columns], flat(mask)[rows, columns]
    scale, known = scale_of(maps), facts(values)

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        wide, high = fitted(values.shape, width, height)
        box = x, y + height - high, wide, high
        draw_set(page, inside, box, page.map(values, scale, *box, known))

    names = (f" {recording.map_name(one.position, channel)}", f" channel {channel}", "")
    labels = [_text.plain(f"{one.step}{name}") for name in names]
    label = next((text for text in labels if _text.width(text, BODY) <= room), labels[-1])
    size = f"{_text.by(one.size)} of {_text.by(one.maps[1:])}"
    if inside.sum() < math.prod(one.size):
        size = f"{int(inside.sum()):,} values in {size}"
    if one.maps[1:] == (1, 1):
        size = f"{one.count:,} of {_text.count(len(maps), 'value')}"
    strip = (known.low, known.high, scale) if known.low < known.high else None
    alarm = f"{size}, flat" if known.flat else size
    return Tile(draw, label, range_text(known), alarm, strip, shape=values.shape)


def strongest_channel(maps: Array, mask: Array) -> int:
    """Return the channel whose values in a set, (C, H, W) of bool, go furthest from 0."""
    with np.errstate(invalid="ignore"):
        size = np.where(mask, np.nan_to_num(np.abs(maps), nan=0.0, posinf=0.0), -1.0)
    return int(size.reshape(len(maps), -1).max(axis=1).argmax())


def _stride(one: FieldStep) -> Pair:
    return (1, 1) if one.field is None else one.field.distance


def picture_scale(recording: Recording, sample: int) -> Scale | None:
    """Return the scale of a picture that is shown as a map; None if it is shown as a picture."""
    maps = recording.maps(PICTURE, sample)
    inside = bool(np.isfinite(maps).all()) and maps.min() >= 0 and maps.max() <= 1
    return None if len(maps) in (1, 3) and inside else scale_of(maps)
