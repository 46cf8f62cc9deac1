"""Overlapping tiles: how the algorithms that transform pieces of a picture cut it up."""

from __future__ import annotations

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

    def walk(self, x: Array, y: Array, block: Pair, before: Pair) -> Iterator[Piece]:
        """Yield the parts of x and y that go together, block by block.

        Parameters
        ----------
        x : array (N, C, H, W)
            Not padded.
        y : array (N, O, OH, OW)
        block : (rows, columns)
            In tiles.
        before : (top, left)
            The padding.
        """
        rows, columns = (many * m for many, m in zip(block, self.outputs, strict=True))
        for n in range(len(y)):
            for i in range(0, y.shape[2], rows):
                for j in range(0, y.shape[3], columns):
                    out = y[n, :, i : i + rows, j : j + columns]
                    corner = i * self.stride[0] - before[0], j * self.stride[1] - before[1]
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
