"""Several pictures side by side, for products of their columns.

The rows of a small picture are short, and a processor takes long ones for the same price. So
pictures are laid side by side, as lanes: the same pixel of all of them, then the next pixel::

    (N, C, H, W)  ->  (C, H, W, N)

What a tap sees of a row of all pictures is then one run of memory, and there is one matrix
product for all of them. Work is cut into bands, from shapes and constants alone, so that columns
fit the processor's cache; what no band needs of the columns is never there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from minicnn.shapes import Array, Pair, Window

NUMBERS = 1 << 19
"""How many numbers the columns of a band are."""

SPLIT = 1 << 24
"""From so many multiplications on, it pays to wake another thread."""

PARTS = 4
"""Work is cut into so many parts, whatever the number of threads; no more of them than this have
something to do, each with buffers of some megabytes."""


def numbers(channels: int, window: Window, size: Pair) -> int:
    """Return how many numbers the columns of one picture are."""
    return channels * math.prod((*window.kernel_size, *size))


def side_by_side(x: Array, out: Array) -> None:
    """Write pictures (N, ...) in blocks to out (blocks, ..., lanes), the last filled with zeros."""
    for blocks, pictures in _whole_and_rest(out, x):
        blocks[..., : pictures.shape[-1]] = pictures
        blocks[..., pictures.shape[-1] :] = 0


def back_in_order(blocks: Array, out: Array) -> None:
    """Write what stands side by side, (blocks, ..., lanes), to pictures (N, ...)."""
    for some, pictures in _whole_and_rest(blocks, out):
        pictures[...] = some[..., : pictures.shape[-1]]


def _whole_and_rest(blocks: Array, pictures: Array) -> Iterator[tuple[Array, Array]]:
    """Yield the blocks that are full, and the last if it is not, with their pictures.

    The pictures' first axis is cut into blocks and lanes: (blocks, ..., lanes).
    """
    whole, lanes = len(pictures) // blocks.shape[-1], blocks.shape[-1]
    full, rest = pictures[: whole * lanes], pictures[whole * lanes :]
    full = full.reshape(whole, lanes, *pictures.shape[1:])
    lanes_last = 0, *range(2, full.ndim), 1
    yield blocks[:whole], full.transpose(lanes_last)
    if len(rest):
        yield blocks[whole:], rest[np.newaxis].transpose(lanes_last)


def cuts(size: int, most: int) -> list[slice]:
    """Cut `size` into as few pieces of at most `most` as there can be, nearly equal.

    Examples
    --------
    >>> cuts(7, 3)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 7, None)]
    """
    number = -(-size // most)
    return [slice(size * k // number, size * (k + 1) // number) for k in range(number)]
