"""What moves in a time-lapse of learning: kernels, maps, their ranges, and the place in time."""

from __future__ import annotations

import numpy as np

from minicnn.shapes import Array
from minicnn.viz._learning_page import KERNELS, Layout, loss_points, losses_of, moment_x
from minicnn.viz._learning_scene import Scene, range_of
from minicnn.viz._page import HEADING, SMALL
from minicnn.viz._pen import Box, PixelPen
from minicnn.viz._style import ALARM, HAIRLINE, INK, SOFT, Scale
from minicnn.viz._text import DOT, fit
from minicnn.viz._values import Facts, facts, strongest
from minicnn.viz.maps import render_map

_DOT, _HATCH = 2.4, 6


def draw_moment(pen: PixelPen, scene: Scene, layout: Layout, moment: int) -> None:
    """Draw one moment over what stands still."""
    lapse = scene.lapse
    rows, columns = lapse.kernels.shape[-2:]
    _, places = scene.kernel_places(layout.grid.pitch, KERNELS)
    for index in range(scene.shown):
        x, y = layout.kernel_corner(index)
        for channel, (right, down) in enumerate(places):
            box = x + right, y + down, layout.cell * columns, layout.cell * rows
            kernel = lapse.kernels[moment, index, channel]
            fill(pen, box, kernel, scene.kernel_scale, None)
        known, box = scene.facts[moment][index], layout.map_box(index)
        fill(pen, box, lapse.maps[moment, index], scene.map_scale, known)
        _write(pen, layout, layout.range_at(index), range_of(known, scene.zero))
        kernel_facts = facts(lapse.kernels[moment, index])
        _write(pen, layout, layout.kernel_range_at(index), range_of(kernel_facts))
    _draw_time(pen, scene, layout.time, moment)


def _write(pen: PixelPen, layout: Layout, at: tuple[float, float], told: tuple[str, bool]) -> None:
    text, is_amiss = told
    text = fit(text, SMALL, layout.grid.pitch + 8)
    pen.text(*at, text, size=SMALL, color=ALARM if is_amiss else SOFT)


def fill(pen: PixelPen, box: Box, values: Array, scale: Scale, known: Facts | None) -> None:
    """Fill a box with a map's colours; what is not finite, or flat, is hatched.

    `known` are the map's facts; None is for kernels, which may well be flat.
    """
    _, _, width, height = pen.dots(box)
    shown = strongest(values, (height, width))
    rows = np.arange(height) * len(shown) // height
    columns = np.arange(width) * shown.shape[1] // width
    colours = render_map(shown, scale)[rows[:, None], columns]
    bad = ~np.isfinite(shown)[rows[:, None], columns]
    stripes = (np.arange(height)[:, None] + np.arange(width)) % _HATCH == 0
    colours[stripes & bad] = 255
    if known is not None and known.flat:
        grey = int(HAIRLINE[1:3], 16)
        colours[stripes] = grey if colours.mean() < 127 else 255 - grey
    pen.picture(box, colours)
    pen.box(box, edge=HAIRLINE)


def _draw_time(pen: PixelPen, scene: Scene, box: Box, moment: int) -> None:
    """Mark the moment on the line of time, and say how good the model was."""
    x, y, _, height = box
    at = moment_x(scene, box, moment)
    pen.line([(at, y - 3), (at, y + height + 2)], color=ALARM, thick=1.0)
    order = list(losses_of(scene))
    if moment in order:
        _, level = loss_points(scene, box)[order.index(moment)]
        dot = at - _DOT, level - _DOT, 2 * _DOT, 2 * _DOT
        pen.box(dot, fill=ALARM)
    text = scene.lapse.moments[moment].text.replace(", ", DOT)
    pen.text(x, y - 8, text.capitalize(), size=HEADING * 0.85, color=INK)
