"""How a convolution's outputs are cut into bands: from the shapes and a constant, nothing else.

Not from free memory, nor from the number of threads, nor for one picture from how many others
there are: the last bit of a matrix product depends on its size, and the same picture is to give
the same bits everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from minicnn.shapes import Pair

BAND_BYTES = 1 << 20
"""A band's columns fill at most about so many bytes."""

SPLIT = 1 << 21
"""A picture with more steps of work than this is cut at least into four, for the threads."""


class Band(NamedTuple):
    """A part of the outputs: some pictures, some groups, and a block of rows and columns."""

    images: slice
    groups: slice
    top: int
    left: int
    rows: int
    columns: int

    def pixels(self, ow: int) -> slice:
        """Return the block's pixels among the OH * OW of a map; a block is whole rows, or one."""
        first = self.top * ow + self.left
        return slice(first, first + self.rows * self.columns)


def bands(
    batch: int, groups: int, output_size: Pair, pixel_bytes: int, steps: int
) -> Iterator[Band]:
    """Yield all outputs, band by band.

    As many pixels as fit: part of a row, else some rows, else some groups, else some pictures.

    Parameters
    ----------
    batch, groups : int
    output_size : (rows, columns)
    pixel_bytes : int
        What one output pixel's column takes, in one group.
    steps : int
        The work on one picture, roughly.
    """
    oh, ow = output_size
    fit = BAND_BYTES // pixel_bytes
    if steps > SPLIT:
        fit = min(fit, -(-groups * oh * ow // 4))
    wide = _even(ow, fit)
    tall = _even(oh, fit // ow if wide == ow else 1)
    deep = _even(groups, fit // (oh * ow) if tall == oh else 1)
    many = _even(batch, fit // (groups * oh * ow) if deep == groups else 1)
    for n in range(0, batch, many):
        for g in range(0, groups, deep):
            for i in range(0, oh, tall):
                for j in range(0, ow, wide):
                    yield Band(
                        slice(n, min(n + many, batch)),
                        slice(g, min(g + deep, groups)),
                        i,
                        j,
                        min(tall, oh - i),
                        min(wide, ow - j),
                    )


def _even(size: int, most: int) -> int:
    """Return the length of pieces of at most `most`, nearly equal, their number a multiple of 4.

    So two or four threads have about the same to do.

    Examples
    --------
    >>> _even(112, most=23)     # 8 pieces, not 5
    14
    """
    if most >= size:
        return max(1, size)
    pieces = -(-size // max(1, most))
    return -(-size // (-(-pieces // 4) * 4))
