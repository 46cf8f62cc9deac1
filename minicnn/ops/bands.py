"""How a convolution's outputs are cut into bands: from the shapes and a constant, nothing else.

Not from free memory, nor from the number of threads, nor for one picture from how many others
there are: the last bit of a matrix product depends on its size, and the same picture is to give
the same bits everywhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from minicnn.shapes import Pair

SPLIT = 1 << 25
"""From so many steps of work on, a millisecond or two, it pays to wake another thread."""

CUT = 1 << 24
"""A picture with more steps of work than this is cut at least into four, for the threads.

Fewer are not: each of a batch would be cut so, and a small band costs more calls than it saves."""


class Band(NamedTuple):
    """A part of the outputs: some pictures, some groups, and a block of rows and columns."""

    images: slice
    groups: slice
    rows: slice
    columns: slice

    @property
    def size(self) -> Pair:
        """The block's (rows, columns)."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    def pixels(self, ow: int) -> slice:
        """Return the block's pixels among the OH * OW of a map; a block is whole rows, or one."""
        (rows, columns), first = self.size, self.rows.start * ow + self.columns.start
        return slice(first, first + rows * columns)


def bands(
    batch: int,
    groups: int,
    output_size: Pair,
    pixel_bytes: int,
    band_bytes: int,
    steps: int,
    halo_bytes: int = 0,
) -> Iterator[Band]:
    """Yield all outputs, band by band.

    As many pixels as fit: part of a row, else some rows, else some groups, else some pictures.

    Parameters
    ----------
    batch, groups : int
    output_size : (rows, columns)
    pixel_bytes : int
        What one output pixel takes of a buffer, in one group.
    band_bytes : int
        The size of the buffer.
    steps : int
        The work on one picture, roughly.
    halo_bytes : int
        What each map of a band takes besides, however few its pixels are.
    """
    oh, ow = output_size
    fit = band_bytes // pixel_bytes
    if steps > CUT:
        fit = min(fit, -(-groups * oh // 4) * ow)
    across = _pieces(ow, fit)
    down = _pieces(oh, fit // ow if len(across) == 1 else 1)
    maps = min(fit // (oh * ow), band_bytes // (oh * ow * pixel_bytes + halo_bytes))
    deep = _pieces(groups, maps if len(down) == 1 else 1)
    many = _pieces(batch, maps // groups if len(deep) == 1 else 1)
    if batch * steps > SPLIT:
        many = max(many, _pieces(batch, -(-batch // 4)), key=len)
    for images, some, rows, columns in itertools.product(many, deep, down, across):
        yield Band(images, some, rows, columns)


def _pieces(size: int, most: int) -> list[slice]:
    """Cut `size` into pieces of about `most`, nearly equal, their number a multiple of 4 (or 1).

    So two or four threads have about the same to do.

    Examples
    --------
    >>> _pieces(14, most=5)                 # four, not three
    [slice(0, 3, None), slice(3, 7, None), slice(7, 10, None), slice(10, 14, None)]
    """
    number = 1 if most >= size else min(size, 4 * -(-size // (4 * max(1, most))))
    return [slice(size * k // number, size * (k + 1) // number) for k in range(number)]
