"""Overlapping tiles: how the algorithms that transform pieces of a picture cut it up."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minicnn.shapes import Array, Pair


class Piece(NamedTuple):
    """Some outputs (O, rows, columns), and where the pixels (C, ...) lie on the field they need."""

    outputs: Array
    pixels: Array
    place: Pair

    def lay_out(self, made: Array) -> None:
        """Write the outputs from (MH, MW, O, rows, columns): one place in all tiles at a time."""
        mh, mw = made.shape[:2]
        for i in range(mh):
            for j in range(mw):
                every = self.outputs[:, i::mh, j::mw]
                every[...] = made[i, j, :, : every.shape[1], : every.shape[2]]

    def lay_out_whole(self, made: Array) -> None:
        """Write the outputs from (O, rows, columns, MH, MW): whole tiles, for large ones."""
        filters, rows, columns, mh, mw = made.shape
        beside = made.swapaxes(2, 3).reshape(filters, rows * mh, columns * mw)
        self.outputs[...] = beside[:, : self.outputs.shape[1], : self.outputs.shape[2]]


class Tiles(NamedTuple):
    """Tiles of `pixels`, each of which holds all that `outputs` neighbouring outputs need.

    They overlap, and the last ones may reach beyond the picture: there they hold zeros.
    """

    outputs: Pair
    pixels: Pair
    stride: Pair = (1, 1)

    def grid(self, output_size: Pair) -> Pair:
        """Return how many (rows, columns) of tiles give an output of that size.

        Examples
        --------
        >>> Tiles(outputs=(4, 4), pixels=(6, 6)).grid((9, 8))
        (3, 2)
        """
        (oh, ow), (mh, mw) = output_size, self.outputs
        return -(-oh // mh), -(-ow // mw)

    def block(self, output_size: Pair, room: int) -> Pair:
        """Return how many (rows, columns) of tiles to take at a time: whole rows, if one fits."""
        rows, columns = self.grid(output_size)
        room = max(1, room)
        return min(rows, max(1, room // columns)), min(columns, room)

    def walk(self, x: Array, y: Array, block: Pair, padding: tuple[Pair, Pair]) -> Iterator[Piece]:
        """Yield the parts of x and y that go together, block by block.

        Parameters
        ----------
        x : array (N, C, H, W)
            Not padded.
        y : array (N, O, OH, OW)
        block : (rows, columns)
            In tiles.
        padding : ((top, bottom), (left, right))
            Zeros around x.
        """
        rows, columns = (many * m for many, m in zip(block, self.outputs, strict=True))
        for n in range(len(y)):
            for i in range(0, y.shape[2], rows):
                for j in range(0, y.shape[3], columns):
                    out = y[n, :, i : i + rows, j : j + columns]
                    corner = i * self.stride[0] - padding[0][0], j * self.stride[1] - padding[1][0]
                    high, wide = self.field(out.shape[1:])
                    top, left = max(0, corner[0]), max(0, corner[1])
                    bottom, right = max(0, corner[0] + high), max(0, corner[1] + wide)
                    pixels = x[n, :, top:bottom, left:right]
                    yield Piece(out, pixels, (top - corner[0], left - corner[1]))

    def field(self, output_size: Pair) -> Pair:
        """Return how many (rows, columns) of pixels the tiles of an output of that size cover."""
        rows, columns = self.grid(output_size)
        (mh, mw), (th, tw), (sh, sw) = self
        return (rows - 1) * mh * sh + th, (columns - 1) * mw * sw + tw

    def cut(self, piece: Piece) -> Array:
        """Return the tiles of a piece as a view of a copy: (C, rows, columns, TH, TW)."""
        (mh, mw), (sh, sw), (down, right) = self.outputs, self.stride, piece.place
        channels, height, width = piece.pixels.shape
        field = np.zeros((channels, *self.field(piece.outputs.shape[1:])), piece.pixels.dtype)
        field[:, down : down + height, right : right + width] = piece.pixels
        windows: Array = sliding_window_view(field, self.pixels, axis=(1, 2))
        return windows[:, :: mh * sh, :: mw * sw]


def fast_side(span: int, stride: int, size: int, largest: int) -> Pair:
    """Return the (outputs, pixels) of a tile along an axis that is quick to transform by FFT.

    Its pixels are a product of 2, 3 and 5, at least `span` and not much above `largest`.

    Parameters
    ----------
    span, stride : int
        The window's.
    size : int
        All outputs along the axis.
    largest : int
        At least `span`.

    Examples
    --------
    >>> fast_side(31, 1, 226, 1000)     # all at once
    (226, 256)
    >>> fast_side(31, 1, 2000, 300)     # nine tiles
    (226, 256)
    """
    enough = min(largest, (size - 1) * stride + span)
    lengths = {1}
    for prime in (2, 3, 5):
        lengths |= {n * prime**e for n in lengths for e in range(1, enough.bit_length() + 1)}
    most = min(n for n in lengths if n >= enough)

    def work(pixels: int) -> float:
        outputs = (pixels - span) // stride + 1
        return -(-size // outputs) * pixels * (8 + math.log2(pixels))

    best = min((n for n in lengths if span <= n <= most), key=lambda n: (work(n), n))
    return (best - span) // stride + 1, best
