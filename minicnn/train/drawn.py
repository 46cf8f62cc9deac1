"""Shapes drawn by code: a data set that needs nothing, and that every kernel can be asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.layers.base import generator
from minicnn.ops.arrays import check_bytes
from minicnn.shapes import Array, Pair, integer, pair, real
from minicnn.train.data import Dataset

MAX_BYTES = 1 << 31
"""Larger data sets are not drawn: 2 GiB."""

SMALLEST = 12
"""Pixels a side; in a smaller picture the shapes can't be told apart."""


def drawn_shapes(
    count: int,
    *,
    size: int | Pair = 24,
    noise: float = 0.1,
    turn: float = 20.0,
    rng: Any = None,
) -> Dataset:
    """Return pictures of circles, squares, triangles, crosses and stripes.

    Each shape lies somewhere in its picture, wholly inside; it has a size of its own, is turned a
    little, and is brighter than what is behind it. The classes are equally frequent, as far as
    `count` can be shared out.

    Parameters
    ----------
    count : int
        How many pictures.
    size : int or (rows, columns)
        Of a picture, at least 12.
    noise : float, 0 to 1
        The standard deviation of what is added to every pixel.
    turn : float, 0 to 180
        By how many degrees a shape is turned, at most, either way.
    rng : None, int or numpy.random.Generator

    Returns
    -------
    Dataset
        x (count, 1, H, W), float32 in [0, 1]; targets 0 to 4, in random order.

    Raises
    ------
    ConfigError, LimitError
        For what can't be drawn, and for more than 2 GiB.

    Examples
    --------
    >>> data = drawn_shapes(500, rng=0)
    >>> print(data)
    500 examples of 1x24x24 in 5 classes: 100 each of circle, square, triangle, cross, stripes
    """
    count = integer("count", count, least=1)
    height, width = pair("size", size, least=SMALLEST)
    noise, turn = real("noise", noise, least=0, most=1), real("turn", turn, least=0, most=180)
    check_bytes("drawn_shapes", (count, 1, height, width), np.float32, MAX_BYTES)
    rng = generator(rng)
    labels = rng.permutation(np.arange(count) % len(SHAPES))
    distances = tuple(SHAPES.values())
    x = np.empty((count, 1, height, width), np.float32)
    for picture, label in zip(x[:, 0], labels, strict=True):
        picture[...] = _draw(distances[label], height, width, turn, rng)
        if noise:
            picture += noise * rng.standard_normal((height, width), np.float32)
    return Dataset(np.clip(x, 0, 1, out=x), labels, tuple(SHAPES))


def _draw(
    distance: Callable[[Array, Array], Array],
    height: int,
    width: int,
    turn: float,
    rng: np.random.Generator,
) -> Array:
    """Return one picture (H, W) of a shape somewhere, without noise."""
    side = min(height, width)
    radius = rng.uniform(0.22, 0.42) * side  # no shape reaches beyond it
    row, column = (rng.uniform(radius, n - 1 - radius) for n in (height, width))
    angle = np.deg2rad(rng.uniform(-turn, turn))
    behind = rng.uniform(0, 0.3)
    contrast = rng.uniform(0.4, 0.7)
    rows, columns = np.ogrid[:height, :width]
    down, right = (rows - row) / radius, (columns - column) / radius
    across = np.cos(angle) * right + np.sin(angle) * down
    along = np.cos(angle) * down - np.sin(angle) * right
    outside = distance(across, along) * radius  # in pixels; below 0 is inside
    return np.asarray(behind + contrast * np.clip(0.5 - outside, 0, 1))


def _circle(u: Array, v: Array) -> Array:
    return np.asarray(np.hypot(u, v) - 0.9)


def _square(u: Array, v: Array) -> Array:
    return _box(u, v, 0.7, 0.7)


def _triangle(u: Array, v: Array) -> Array:
    """Equal sides, a corner at the top."""
    slanted = np.sqrt(0.75) * np.abs(u) - 0.5 * v
    return np.asarray(np.maximum(slanted, v) - 0.5)


def _cross(u: Array, v: Array) -> Array:
    return np.asarray(np.minimum(_box(u, v, 0.95, 0.25), _box(u, v, 0.25, 0.95)))


def _stripes(u: Array, v: Array) -> Array:
    """Three level bars, one above the other."""
    middle = np.clip(np.round(v / 0.6), -1, 1) * 0.6  # of the nearest bar
    return _box(u, v - middle, 0.65, 0.15)


def _box(u: Array, v: Array, half_width: float, half_height: float) -> Array:
    return np.asarray(np.maximum(np.abs(u) - half_width, np.abs(v) - half_height))


SHAPES = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "cross": _cross,
    "stripes": _stripes,
}
"""How far a point lies outside each shape, which reaches from -1 to 1."""
