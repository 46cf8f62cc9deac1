"""Simple pictures drawn by code: what a kernel does to them can be told beforehand.

All are (1, 1, H, W) float32, 0 is black and 1 is white. Where an edge runs through a pixel, the
pixel is grey by about the part that is covered: no staircases, which kernels would answer to.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, LimitError, one_of
from minicnn.shapes import Array, Pair, integer, pair

MAX_PIXELS = 100_000_000


def disc(
    size: int | Pair = 100,
    *,
    radius: float | None = None,
    centre: tuple[float, float] | None = None,
) -> Array:
    """A white disc on black: it has an edge in every direction.

    Parameters
    ----------
    size : int or (rows, columns)
    radius : float, optional
        In pixels; by default three tenths of the shorter side.
    centre : (row, column), optional
        (0, 0) is the middle of the first pixel; by default the picture's middle.

    Returns
    -------
    array (1, 1, H, W)

    Examples
    --------
    >>> disc(5, radius=1.5)[0, 0].round(1)
    array([[0. , 0. , 0. , 0. , 0. ],
           [0. , 0.6, 1. , 0.6, 0. ],
           [0. , 1. , 1. , 1. , 0. ],
           [0. , 0.6, 1. , 0.6, 0. ],
           [0. , 0. , 0. , 0. , 0. ]], dtype=float32)
    """
    height, width = size_of(size)
    radius = 0.3 * min(height, width) if radius is None else number("radius", radius, above=0)
    middle: Any = ((height - 1) / 2, (width - 1) / 2) if centre is None else centre
    if not isinstance(middle, tuple | list | np.ndarray) or len(middle) != 2:
        raise ConfigError(f"centre must be (row, column), got {centre!r}")
    row, column = number("centre[0]", middle[0]), number("centre[1]", middle[1])
    rows, columns = np.ogrid[:height, :width]
    return _picture(radius + 0.5 - np.hypot(rows - row, columns - column))


def checkerboard(size: int | Pair = 100, *, square: int | Pair = 10) -> Array:
    """Black and white squares, black at the top left: edges along rows and columns, and corners.

    Parameters
    ----------
    size : int or (rows, columns)
    square : int or (rows, columns)
        A square's size in pixels.

    Returns
    -------
    array (1, 1, H, W)

    Examples
    --------
    >>> checkerboard((2, 6), square=2)[0, 0]
    array([[0., 0., 1., 1., 0., 0.],
           [0., 0., 1., 1., 0., 0.]], dtype=float32)
    """
    height, width = size_of(size)
    square_height, square_width = pair("square", square, least=1)
    rows, columns = np.ogrid[:height, :width]
    return _picture((rows // square_height + columns // square_width) % 2)


def stripes(
    size: int | Pair = 100, *, period: float = 10.0, angle: float = 0.0, profile: str = "sine"
) -> Array:
    """Stripes of one width and direction: what a line detector or a Gabor kernel looks for.

    Parameters
    ----------
    size : int or (rows, columns)
    period : float
        Pixels from one white stripe to the next; at least 2.
    angle : float
        Degrees, counter-clockwise: the direction *across* the stripes. 0 has upright stripes,
        90 level ones.
    profile : 'sine' or 'square'
        Soft stripes, or hard ones, half white and half black.

    Returns
    -------
    array (1, 1, H, W)
        White at the top left pixel, or at its edge for hard stripes.

    Examples
    --------
    >>> stripes((1, 8), period=4)[0, 0].round(2)
    array([[1. , 0.5, 0. , 0.5, 1. , 0.5, 0. , 0.5]], dtype=float32)
    >>> stripes((1, 8), period=4, profile="square")[0, 0]
    array([[1., 1., 0., 0., 1., 1., 0., 0.]], dtype=float32)
    """
    height, width = size_of(size)
    period = number("period", period)
    if period < 2:
        raise ConfigError(f"period must be at least 2 pixels, got {period!r}")
    along = _along(height, width, angle)
    if one_of("profile", profile, ("sine", "square")) == "sine":
        return _picture(0.5 + 0.5 * np.cos(2 * np.pi * along / period))
    # The distance to the nearest of the edges, which lie half a period apart.
    phase = np.mod(along + 0.5, period)
    nearest = np.minimum(np.minimum(phase, period - phase), np.abs(period / 2 - phase))
    return _picture(0.5 + np.where(phase < period / 2, nearest, -nearest))


def gradient(size: int | Pair = 100, *, angle: float = 0.0) -> Array:
    """A steady rise from black to white: every first derivative of it is constant.

    Parameters
    ----------
    size : int or (rows, columns)
    angle : float
        Degrees, counter-clockwise: where it gets brighter. 0 is to the right, 90 is up.

    Returns
    -------
    array (1, 1, H, W)
        0 at the darkest pixel, 1 at the brightest.

    Examples
    --------
    >>> gradient((2, 5))[0, 0]
    array([[0.  , 0.25, 0.5 , 0.75, 1.  ],
           [0.  , 0.25, 0.5 , 0.75, 1.  ]], dtype=float32)
    """
    height, width = size_of(size)
    along = _along(height, width, angle)
    low, high = along.min(), along.max()
    return _picture((along - low) / (high - low) if high > low else np.zeros_like(along))


def step(size: int | Pair = 100, *, column: int | None = None, row: int | None = None) -> Array:
    """One edge: black to the left and white to the right, or black above and white below.

    Parameters
    ----------
    size : int or (rows, columns)
    column : int, optional
        The first white column; by default the middle one.
    row : int, optional
        The first white row, for a level edge; not together with `column`.

    Returns
    -------
    array (1, 1, H, W)

    Examples
    --------
    >>> step((2, 4))[0, 0]
    array([[0., 0., 1., 1.],
           [0., 0., 1., 1.]], dtype=float32)
    """
    height, width = size_of(size)
    if row is not None and column is not None:
        raise ConfigError(f"step has one edge: give column or row, got {column!r} and {row!r}")
    rows, columns = np.ogrid[:height, :width]
    if row is not None:
        white = rows >= integer("row", row, least=0)
    else:
        white = columns >= (width // 2 if column is None else integer("column", column, least=0))
    return _picture(np.broadcast_to(white, (height, width)))


def size_of(size: Any) -> Pair:
    """Return `size` as (rows, columns), refusing what no memory would hold.

    Raises
    ------
    LimitError
        If there are more than `MAX_PIXELS` pixels.
    """
    height, width = pair("size", size, least=1)
    if height * width > MAX_PIXELS:
        raise LimitError(
            f"size: {height} x {width} pixels are more than the {MAX_PIXELS:,} that are drawn"
        )
    return height, width


def number(name: str, value: Any, *, above: float = -1e12) -> float:
    """Return `value` as a float, refusing bools, text, NaN, and what is out of all proportion."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    if not is_number or isinstance(value, bool) or not above < value < 1e12:
        least = "" if above == -1e12 else f" above {above:g}"
        raise ConfigError(f"{name} must be a number{least}, got {value!r}")
    return float(value)


def _picture(values: Array) -> Array:
    """Return (H, W) values as (1, 1, H, W) float32, cut to [0, 1]."""
    picture: Array = values.astype(np.float32, order="C")
    return np.clip(picture, 0, 1, out=picture)[np.newaxis, np.newaxis]


def _along(height: int, width: int, angle: Any) -> Array:
    """Return how far each pixel lies from the first, in the direction `angle`: (H, W)."""
    turn = math.radians(number("angle", angle) % 360)
    # A quarter turn is exact: cos(90 degrees) is not quite 0 in floating point.
    right, up = (round(part, 12) for part in (math.cos(turn), math.sin(turn)))
    rows, columns = np.ogrid[:height, :width]
    return np.asarray(columns * right - rows * up)
