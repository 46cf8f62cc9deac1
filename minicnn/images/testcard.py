"""The test card: one drawn picture in which every edge kernel finds something to answer to."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ConfigError
from minicnn.images.drawn import size_of
from minicnn.shapes import Array, Pair


def test_card(size: int | Pair = 256) -> Array:  # noqa: PT028 (it is no test)
    """A picture without letters that has something for every kernel to find.

    In the middle a large circle with, from top to bottom: a disc, upright bars, a gradient over
    grey steps, slanted bars, level bars, and two diagonals that cross. The bars get finer and
    finer. In the corners: a bright dot, a dark dot, the corner of a square, and rings. Around it
    all a frame of black and white blocks, behind it a grid of thin lines.

    Parameters
    ----------
    size : int or (rows, columns)
        At least 64 each way. The card is centred; a longer side gets more of the background.

    Returns
    -------
    array (1, 1, H, W)
        float32 in [0, 1].

    Examples
    --------
    >>> test_card().shape
    (1, 1, 256, 256)
    """
    height, width = size_of(size)
    if min(height, width) < 64:
        raise ConfigError(f"size must be at least 64 each way, got {size!r}")
    card = _Card(height, width)
    _background(card)
    _corners(card)
    _circle(card)
    return card.pixels[np.newaxis, np.newaxis].astype(np.float32)


class _Card:
    """Pixels to paint on, in units of a 256th of the shorter side, from the card's middle.

    A shape is its distance: how many units each pixel lies inside of it (negative: outside).
    """

    def __init__(self, height: int, width: int) -> None:
        self.unit = min(height, width) / 256
        rows, columns = np.ogrid[:height, :width]
        self.down: Array = (rows - (height - 1) / 2) / self.unit
        self.right: Array = (columns - (width - 1) / 2) / self.unit
        self.pixels: Array = np.full((height, width), 0.5)
        self.half = height / 2 / self.unit, width / 2 / self.unit

    def paint(self, value: Any, *inside: Any) -> None:
        """Paint where all shapes meet, an edge pixel by the part that is covered."""
        cover: Any = 1.0
        for distance in inside:
            cover = np.minimum(cover, np.clip(distance * self.unit + 0.5, 0, 1))
        self.pixels += cover * (value - self.pixels)

    def disc(self, down: float, right: float, radius: float) -> Array:
        return np.asarray(radius - np.hypot(self.down - down, self.right - right))

    def box(self, top: float, bottom: float, left: float, right: float) -> Array:
        level = np.minimum(self.down - top, bottom - self.down)
        return np.asarray(np.minimum(level, np.minimum(self.right - left, right - self.right)))

    def waves(self, along: Array, period: float) -> Array:
        """Return bars from black to white, soft, and never finer than four pixels."""
        return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * along / max(period, 4 / self.unit)))


def _background(card: _Card) -> None:
    """A grid of thin lines and a frame of blocks."""
    for along in (card.down, card.right):
        lines = np.abs(np.mod(along + 16, 32) - 16)
        card.paint(0.75, 0.5 / card.unit - lines + 0 * (card.down + card.right))
    tall, wide = card.half
    blocks = (np.floor(card.down / 16) + np.floor(card.right / 16)) % 2
    inner = card.box(-tall + 10, tall - 10, -wide + 10, wide - 10)
    card.paint(blocks, -inner)


def _corners(card: _Card) -> None:
    """A bright dot, a dark dot, the corner of a square, and rings, each on its own tile."""
    for down, right, ground in ((-94, -94, 0.1), (-94, 94, 0.9), (94, -94, 0.1), (94, 94, 0.9)):
        card.paint(ground, card.box(down - 16, down + 16, right - 16, right + 16))
    dot = max(1.5, 0.75 / card.unit)
    card.paint(1.0, card.disc(-94, -94, dot))
    card.paint(0.0, card.disc(-94, 94, dot))
    card.paint(1.0, card.box(94, 110, -94, -78))
    for radius, shade in ((12.0, 0.1), (9.0, 0.9), (6.0, 0.1), (3.0, 0.9)):
        card.paint(shade, card.disc(94, 94, radius))


def _circle(card: _Card) -> None:
    """The large circle and its bands."""
    card.paint(1.0, card.disc(0, 0, 102))
    circle = card.disc(0, 0, 100)
    down, right = card.down, card.right
    shape = card.pixels.shape

    def band(top: float, bottom: float, value: Any, left: float = -101, end: float = 101) -> None:
        card.paint(value, circle, card.box(top, bottom, left, end))

    band(-101, -60, 0.0)
    card.paint(1.0, card.disc(-79, 0, 13))
    for left, period in ((-101, 32.0), (-48, 16.0), (0, 8.0), (48, 4.0)):
        band(-60, -28, card.waves(right + 0 * down, period), left)
    band(-28, -2, np.broadcast_to((right + 100) / 200, shape))
    band(-2, 12, np.broadcast_to(np.clip(np.floor((right + 98) / 28) / 6, 0, 1), shape))
    for left, period, sign in ((-101, 14, 1), (-48, 9, 1), (0, 9, -1), (48, 14, -1)):
        band(12, 40, card.waves((right + sign * down) / np.sqrt(2), period), left)
    for left, period in ((-101, 14.0), (-40, 28 / 3), (0, 7.0), (40, 4.0)):
        band(40, 68, card.waves(down - 40 + 0 * right, period), left)
    band(68, 101, 0.1)
    for sign in (1, -1):
        off = np.abs(down - 82 + sign * right) / np.sqrt(2)
        card.paint(1.0, 1.5 - off, circle, card.box(70, 94, -12, 12))
