"""Where each position of a padded picture comes from, through any number of paddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from minicnn.explain.arithmetic import Arithmetic
from minicnn.layers import Conv2D, Pad
from minicnn.ops.pad import pad2d, source_index
from minicnn.shapes import Array, Pair, Sides, Window

_WORDS = {"reflect": "reflected", "replicate": "replicated", "circular": "circular"}
_NONE: Sides = ((0, 0), (0, 0))


@dataclass(frozen=True, eq=False)
class Border:
    """A padded picture's border.

    Attributes
    ----------
    arithmetic : Arithmetic
        With all the padding there is.
    sources : (rows, columns)
        For each padded row, and column, the one of the picture it is copied from; -1: none.
    words : str
        What the padding is filled with; "" without padding.
    own : Sides
        The convolution's own padding, the last one, with zeros.
    """

    arithmetic: Arithmetic
    sources: tuple[Array, Array] = field(repr=False)
    words: str
    own: Sides

    def is_inside(self, row: int, column: int) -> bool:
        """Say whether a padded position is a pixel of the picture."""
        (top, _), (left, _) = self.arithmetic.window.padding
        height, width = self.arithmetic.size
        return top <= row < top + height and left <= column < left + width

    def source(self, row: int, column: int) -> Pair | None:
        """Return the padded position of the pixel that a padded position is copied from.

        None: from nowhere, a constant. A pixel of the picture is its own source.
        """
        (top, _), (left, _) = self.arithmetic.window.padding
        found = int(self.sources[0][row]), int(self.sources[1][column])
        return None if min(found) < 0 else (found[0] + top, found[1] + left)

    def constant(self) -> Array:
        """Return a mask (PH, PW): True where a padded position is copied from nowhere."""
        rows, columns = self.sources
        mask: Array = (rows < 0)[:, None] | (columns < 0)
        return mask

    def padding(self) -> Array:
        """Return a mask (PH, PW): True outside the picture."""
        (top, bottom), (left, right) = self.arithmetic.window.padding
        inside = np.zeros(self.arithmetic.size, bool)
        return np.pad(inside, ((top, bottom), (left, right)), constant_values=True)

    def padded_by_conv(self, maps: Array) -> Array:
        """Return maps (C, H, W) with the convolution's own zeros around them."""
        padded: Array = pad2d(maps[np.newaxis], self.own)[0]
        return padded


def border_of(pads: Sequence[Pad], conv: Conv2D, size: tuple[int, ...]) -> Border:
    """Return the border of a picture that goes through paddings and then a convolution.

    Examples
    --------
    >>> border = border_of([Pad((1, 0), mode="reflect")], Conv2D(1, 1, 3, padding=1), (3, 4))
    >>> border.sources[0].tolist(), border.words
    ([-1, 1, 0, 1, 2, 1, -1], 'reflected and zeros')
    """
    sides, words = _NONE, []
    sources = np.arange(size[0]), np.arange(size[1])
    for pad in pads:
        sides, sources = _added(sides, pad.padding), _copied(sources, pad.padding, pad.mode)
        if pad.padding != _NONE:
            words.append(_WORDS.get(pad.mode) or _constant(pad.value))
    own = conv.window(len(sources[0]), len(sources[1])).padding
    sides, sources = _added(sides, own), _copied(sources, own, "zeros")
    if own != _NONE:
        words.append(_constant(0))
    window = Window(conv.kernel_size, conv.stride, sides, conv.dilation)
    known = Arithmetic(window, (size[0], size[1]))
    return Border(known, sources, " and ".join(dict.fromkeys(words)), own)


def _copied(sources: tuple[Array, Array], around: Sides, mode: str) -> tuple[Array, Array]:
    """Return where padded positions come from, given where those before come from."""
    found = []
    for before, sides in zip(sources, around, strict=True):
        index = source_index(len(before), sides, mode)
        found.append(np.where(index < 0, -1, before[index]))
    return found[0], found[1]


def _constant(value: float) -> str:
    return "zeros" if value == 0 else f"the constant {value:g}"


def _added(a: Sides, b: Sides) -> Sides:
    (at, ab), (al, ar) = a
    (bt, bb), (bl, br) = b
    return (at + bt, ab + bb), (al + bl, ar + br)
