"""Overlapping tiles: how the algorithms that transform pieces of a picture cut it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minicnn.shapes import Array, Pair


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

    def walk(self, x: Array, y: Array, block: Pair) -> Iterator[tuple[Array, Array]]:
        """Yield (pixels, outputs): the parts of x and y that go together, block by block.

        Parameters
        ----------
        x : array (N, C, H, W)
        y : array (N, O, OH, OW)
        block : (rows, columns)
            In tiles.
        """
        (mh, mw), (th, tw), (sh, sw) = self
        rows, columns = block
        for n in range(len(y)):
            for i in range(0, y.shape[2], rows * mh):
                for j in range(0, y.shape[3], columns * mw):
                    top, left = i * sh, j * sw
                    bottom = top + (rows - 1) * mh * sh + th
                    right = left + (columns - 1) * mw * sw + tw
                    yield (
                        x[n, :, top:bottom, left:right],
                        y[n, :, i : i + rows * mh, j : j + columns * mw],
                    )

    def cut(self, x: Array, output_size: Pair) -> Array:
        """Return the tiles of x (C, H, W) as a view of a copy: (C, rows, columns, TH, TW)."""
        (mh, mw), (th, tw), (sh, sw) = self
        rows, columns = self.grid(output_size)
        size = (len(x), (rows - 1) * mh * sh + th, (columns - 1) * mw * sw + tw)
        field = np.zeros(size, x.dtype)
        field[:, : x.shape[1], : x.shape[2]] = x[:, : size[1], : size[2]]
        windows: Array = sliding_window_view(field, (th, tw), axis=(1, 2))
        return windows[:, :: mh * sh, :: mw * sw]
