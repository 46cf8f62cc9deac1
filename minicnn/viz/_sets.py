"""Sets of a map's values on a page: shaded around, hatched, or outlined along their exact edge."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.image import AxesImage
from matplotlib.patches import PathPatch

from minicnn.shapes import Array
from minicnn.viz._page import Page, colours_of
from minicnn.viz._paths import Box, edge_path, runs_path
from minicnn.viz._style import ALARM, HAIRLINE
from minicnn.viz._values import strongest

PALE, GREY = (1.0, 1.0, 1.0, 0.72), (0.55, 0.55, 0.55, 0.72)
"""What lies over all that is outside a set: pale, or grey where the set itself is light."""

_LIGHT = 0.68


def shade_outside(page: Page, mask: Array, box: Box, drawn: AxesImage) -> AxesImage:
    """Lay a veil over what does not belong to a set (H, W) of a map that is drawn in a box."""
    x, y, width, height = snapped(page, box)
    inside = strongest(mask, page.dots(height, width))
    light = _lightness(drawn)[inside]
    veil = np.zeros((*inside.shape, 4))
    veil[~inside] = GREY if light.size and light.mean() > _LIGHT else PALE
    image = AxesImage(
        page.axes, interpolation="nearest", extent=(x, x + width, y + height, y), origin="upper"
    )
    image.set_data(veil)
    image.set_clip_on(False)
    image.set_gid("veil")
    page.axes.add_image(image)
    return image


def outline_set(
    page: Page, mask: Array, box: Box, *, color: str = ALARM, thick: float = 1.1, rim: float = 2.3
) -> None:
    """Draw the edge of a set (H, W), with a white rim so that it stands out on any map."""
    path = edge_path(mask, snapped(page, box))
    if path is None:
        return
    for edge, width in (("white", rim), (color, thick))[0 if rim else 1 :]:
        page.axes.add_artist(
            PathPatch(
                path, fill=False, edgecolor=edge, linewidth=width, capstyle="projecting",
                clip_on=False, gid="outline",
            )
        )  # fmt: skip


def hatch_set(axes: Any, mask: Array, box: Box, *, color: str, hatch: str) -> PathPatch | None:
    """Hatch a set (H, W); if it is too scattered to be hatched, all of the map."""
    path = runs_path(mask, box)
    if path is None:
        return None
    patch = PathPatch(
        path, facecolor=(1, 1, 1, 0.3), edgecolor=color, linewidth=0, hatch=hatch, clip_on=False,
        gid="hatched",
    )  # fmt: skip
    axes.add_artist(patch)
    return patch


def snapped(page: Page, box: Box) -> Box:
    """Return a box in whole dots, as the map in it is drawn."""
    x, y, width, height = (page.snap(length) for length in box)
    return x, y, max(width, page.dot), max(height, page.dot)


def draw_seen(page: Page, mask: Array, box: Box) -> None:
    """Hatch and outline what has seen padding, (H, W), on a map drawn in a box."""
    if not mask.any():
        return
    box = snapped(page, box)
    hatch_set(page.axes, mask, box, color=ALARM, hatch="////")
    outline_set(page, ~mask, box, thick=0.8, rim=0)


def _lightness(drawn: AxesImage) -> Array:
    """Return how light each dot of an image is, 0 to 1, (H, W)."""
    values: Array = np.ma.getdata(np.ma.asarray(drawn.get_array()))
    colours = values if values.ndim == 3 else colours_of(drawn)
    light: Array = colours[..., :3] @ np.array([0.299, 0.587, 0.114])
    return light


def blank_set(page: Page, mask: Array, box: Box) -> None:
    """Leave a set (H, W) of a map blank, hatched on white: there is no value."""
    path = runs_path(mask, snapped(page, box))
    if path is not None:
        page.axes.add_artist(
            PathPatch(
                path, facecolor="white", edgecolor=HAIRLINE, linewidth=0, hatch="////",
                clip_on=False, gid="blank",
            )
        )  # fmt: skip
