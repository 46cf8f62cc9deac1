"""The kernels above a convolution's maps, on a storyboard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._kernel_numbers import Numbers, kernel_texts, numbers_for
from minicnn.viz._page import SMALL, Page
from minicnn.viz._style import SOFT, Scale, number_text, printed, scale_for
from minicnn.viz._tiles import draw_kernel_at
from minicnn.viz._values import facts

WIDEST = 130.0
"""No map of a storyboard is wider, in points."""

_KERNEL, _CELL, _KERNEL_GAP = 42.0, 13.0, 3.0
_FEW, _LARGE_CELLS, _SMALL_CELL, _LEAST_CHANNELS = 3, (16.0, 26.0), 4.0, 3


@dataclass(frozen=True)
class Kernels:
    """The kernels above a convolution's maps: which channels, how large, on which scales."""

    weight: Array
    by_hand: bool
    maps: int

    def shown(self, room: float) -> int:
        """Return how many channels of each kernel are drawn: those that fit."""
        if bool((self.weight == self.weight[:, :1]).all()):
            return 1
        smallest = _SMALL_CELL * self.weight.shape[3]
        fitting = int((room + _KERNEL_GAP) // (smallest + _KERNEL_GAP))
        return int(min(self.weight.shape[1], max(fitting, _LEAST_CHANNELS)))

    def cell(self, room: float) -> float:
        """Return the size of a cell, if a kernel's channels have so much room side by side.

        Few kernels may be as large as their maps, if it takes that to read their numbers.
        """
        (rows, columns), shown = self.weight.shape[2:], self.shown(room)
        each = (room - _KERNEL_GAP * (shown - 1)) / shown
        small = min(_CELL, each / columns, _KERNEL / rows)
        if self.maps > _FEW:
            return float(small)
        first = self.weight[: self.maps, 0]
        beside = max(_text.width(kernel_texts(kernel)[1], SMALL) for kernel in first)
        each = min(each, WIDEST) - (beside + 4.5 if beside and shown == 1 else 0)
        cells = [max(small, min(c, each / columns, WIDEST / rows)) for c in _LARGE_CELLS]
        every = range(self.maps)
        legible = (c for c in cells if all(self.numbers(i, c, shown).size for i in every))
        return float(next(legible, cells[0]))

    def scale(self, index: int) -> Scale:
        """Return the scale of one map's kernel."""
        known = facts(self.weight[index] if self.by_hand else self.weight)
        return scale_for(known.low, known.high) if known.low == known.low else scale_for(0, 0)

    def numbers(self, index: int, cell: float, shown: int) -> Numbers:
        """Return how one map's kernel is written: as all that are drawn; by hand, as suits it."""
        rows, columns = self.weight.shape[2:]
        drawn = self.weight[[index] if self.by_hand else range(self.maps), :shown]
        kernels = list(drawn.reshape(-1, rows, columns))
        return numbers_for(kernels, cell, factors=shown == 1)

    def drawing(self, index: int) -> Callable[[Page, float, float, float, float], None]:
        """Return what draws one map's kernel at the foot of the room above the map."""

        def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
            rows, columns = self.weight.shape[2:]
            cell, shown = self.cell(width), self.shown(width)
            top = y + height - 5 - cell * rows
            how = self.numbers(index, cell, shown)
            for channel in range(shown):
                left = x + channel * (cell * columns + _KERNEL_GAP)
                values = self.weight[index, channel]
                factor = how.texts(values)[1]
                beside = left + cell * columns + 4
                has_room = x + width - beside >= _text.width(factor, SMALL)
                numbers = how if has_room or not factor else False
                draw_kernel_at(page, values, self.scale(index), left, top, cell, numbers=numbers)
                if factor and numbers and how.size:
                    page.text(beside, y + height - 6, factor, size=SMALL, color=SOFT)

        return draw

    def note(self, room: float) -> str:
        """Say what the kernels' colours mean, and which channels are shown."""
        scale, channels, shown = self.scale(0), self.weight.shape[1], self.shown(room)
        ends = f"{printed(number_text(scale.low))} to {printed(number_text(scale.high))}"
        if self.maps == 1:
            text = f"kernel's colours: {ends}"
        else:
            text = "each kernel in colours of its own" if self.by_hand else f"kernels: {ends}"
        if channels > 1 and shown == 1:
            text += f", the same for each of {channels} channels"
        elif shown < channels:
            text += f", {shown} of {channels} channels shown"
        return text
