"""Plain numbers as bars: what stands behind a `Flatten` or a `Linear`, and maps of one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._grid import Grid, Tile
from minicnn.viz._page import MARGIN, SMALL, WIDTH, Page
from minicnn.viz._style import ALARM, BAD, INK, SOFT, number_text, printed
from minicnn.viz._subject import Maps
from minicnn.viz._values import facts, strongest
from minicnn.viz.maps import bad_text, range_text

ABOVE_0, BELOW_0 = "#d8b14a", "#3a5b92"
"""The colours of bars: those of the signed maps, on either side of grey."""

_ROOM, _LINE, _NARROWEST, _LONGEST = WIDTH - 2 * MARGIN, 9.0, 17.0, 62.0
_FEW, _WIDEST = 190.0, 60.0
_BETWEEN, _MOST_LABELS, _MOST_BARS = 5.0, 9, 500


@dataclass(frozen=True)
class Bars:
    """A bar for each number, from 0 up or down.

    Attributes
    ----------
    values : array (F,)
    labels : tuple of str
        Each number's name, or its position.
    low, high : float
        The values at the foot and at the head.
    tall : float
        How high they are together, in points.
    """

    values: Array
    labels: tuple[str, ...]
    low: float
    high: float
    tall: float

    @cached_property
    def texts(self) -> list[str]:
        """The numbers themselves."""
        return [printed(number_text(v)) if v == v else "NaN" for v in self.values.tolist()]

    @cached_property
    def slot(self) -> float:
        """The room for each bar, if its number and its label are to be written."""
        count = len(self.values)
        if count * _NARROWEST > _ROOM:
            return _ROOM  # there is none
        wide = max(_text.width(text, SMALL) for text in self.texts)
        named = max(_text.width(label, SMALL) for label in self.labels)
        wide = max(wide, min(named, _ROOM / count - _BETWEEN))  # longer names are shortened
        return max(wide + _BETWEEN, _NARROWEST, min(_FEW / count, _WIDEST))

    @property
    def written(self) -> bool:
        """Whether there is room to write every number."""
        return self.slot * len(self.values) <= _ROOM

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of all, in points."""
        wide = self.slot * len(self.values) if self.written else _ROOM
        return wide, self.tall + (3.3 if self.low < 0 else 2.2) * _LINE

    @property
    def shown(self) -> Array:
        """What each bar shows: a number, or of several the one furthest from 0."""
        shown: Array = strongest(self.values[None], (1, _MOST_BARS))[0]
        return shown

    def draw(self, page: Page, x: float, y: float, width: float, height: float) -> None:
        """Draw them."""
        left = x if self.written else x + self._ticks
        top, foot = y + _LINE, y + height - (2.3 if self.low < 0 else 1.2) * _LINE
        step, shown = (x + width - left) / len(self.shown), self.shown
        gap = 0.15 * step if step > 2.0 else 0.0
        ends, base = [self._level(v, top, foot) for v in shown], self._level(0.0, top, foot)
        for color, side in ((ABOVE_0, shown > self._base), (BELOW_0, shown < self._base)):
            boxes = [
                (left + i * step + gap, min(ends[i], base), step - 2 * gap, abs(ends[i] - base))
                for i in np.flatnonzero(side).tolist()
            ]
            fill(page, boxes, color)
        for i in np.flatnonzero(np.isnan(shown)).tolist():
            _hatch(page, (left + i * step, top, step, foot - top))
        page.rule(base, left, x + width)
        if self.written:
            self._write(page, left, step, ends, base, y + height)
        else:
            self._tick(page, left, x + width - left, (top, base, foot), y + height)

    def _level(self, value: float, top: float, foot: float) -> float:
        """Return how far down a number's bar ends."""
        held = min(max(value, self.low), self.high) if value == value else self.high
        return top + (self.high - held) / (self.high - self.low) * (foot - top)

    @property
    def _ticks(self) -> float:
        """The room that the ends of the scale take on the left."""
        texts = (printed(number_text(v)) for v in (self.high, self._base, self.low))
        return max(_text.width(text, SMALL) for text in texts) + 6

    @property
    def _base(self) -> float:
        return min(max(0.0, self.low), self.high)

    @property
    def best(self) -> int:
        """The position of the largest number; -1 if none stands out."""
        values = np.where(np.isnan(self.values), -np.inf, self.values)
        best = int(values.argmax())
        return best if (values == values[best]).sum() == 1 and len(values) > 1 else -1

    def _write(
        self, page: Page, left: float, step: float, ends: Sequence[float], base: float, foot: float
    ) -> None:
        """Write each number at the end of its bar, and its label at the foot."""
        for i, (text, label) in enumerate(zip(self.texts, self.labels, strict=True)):
            middle, color = left + (i + 0.5) * step, INK if i == self.best else SOFT
            at = ends[i] - 2.5 if ends[i] <= base else ends[i] + SMALL
            color_of_number = ALARM if text == "NaN" else color
            page.text(middle, at, text, size=SMALL, color=color_of_number, align="center")
            label = _text.fit(label, SMALL, step - 2)
            page.text(middle, foot - 1.5, label, size=SMALL, color=color, align="center")

    def _tick(
        self, page: Page, left: float, room: float, levels: tuple[float, ...], foot: float
    ) -> None:
        """Write the ends of the scale, and 0, on the left, and some positions at the foot."""
        base = levels[1]
        ends = dict(zip(levels, (self.high, self._base, self.low), strict=True))
        for level, value in ends.items():
            if level == base or abs(level - base) > SMALL + 2:
                text = printed(number_text(value))
                page.text(left - 4, level + 2.5, text, size=SMALL, color=SOFT, align="right")
        number = len(self.values)
        for position in range(0, number, _round_step(number)):
            middle = left + (position + 0.5) * room / number
            label = _text.fit(self.labels[position], SMALL, _LONGEST)
            page.text(middle, foot - 1.5, label, size=SMALL, color=SOFT, align="center")


def bars_grid(maps: Maps, scale: Any, tall: float) -> Grid:
    """Return the bars of one picture's numbers, (F, 1, 1), with their caption.

    Parameters
    ----------
    maps : Maps
    scale : "step", "map", number, (low, high) or Scale
        A number or a pair: the values at the head and at the foot. A word: what is needed.
    tall : float
        The height of the bars, in points.
    """
    values = maps.values.reshape(-1)
    known = facts(values)
    if isinstance(scale, str):
        low, high = min(0.0, maps.low), max(0.0, maps.high)
    else:
        fixed = maps.scale(scale)
        low, high = fixed.low, fixed.high
    if not low < high:
        low, high = 0.0, 1.0
    bars = Bars(values.astype(np.float64), maps.labels, low, high, tall)
    text, alarms = range_text(known, maps.zero), [bad_text(known)]
    if known.flat or (known.blank and maps.zero == "dead"):
        alarms, text = [text, *alarms], ""
    clipped = int(np.count_nonzero((values < low) | (values > high)))
    if clipped and not isinstance(scale, str):
        alarms.append(f"{clipped} of {len(values)} beyond the scale")
    several = -(-len(values) // len(bars.shown))
    if several > 1:
        text += f"; each bar: of {several} numbers, the one furthest from 0"
    width, height = bars.size
    label = "" if bars.best < 0 else f"largest: {maps.labels[bars.best]}"
    tile = Tile(bars.draw, label, text, ", ".join(filter(None, alarms)))
    shape = round(height), round(width)
    return Grid.arrange([tile], shape, columns=1, tallest=height, widest=width)


def _round_step(number: int) -> int:
    """Return a round distance that leaves at most so many labels.

    Examples
    --------
    >>> [_round_step(n) for n in (9, 40, 294, 4096)]
    [1, 5, 50, 500]
    """
    power = 1
    while True:
        for digit in (1, 2, 5):
            if number / (digit * power) <= _MOST_LABELS:
                return digit * power
        power *= 10


def fill(page: Page, boxes: Sequence[tuple[float, float, float, float]], color: str) -> None:
    """Draw many rectangles at once."""
    if not boxes:
        return
    x, y, w, h = np.array(boxes).T
    corners = np.stack([x, y, x + w, y, x + w, y + h, x, y + h, x, y], axis=1).reshape(-1, 2)
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(boxes))
    page.axes.add_artist(
        PathPatch(Path(corners, codes), facecolor=color, linewidth=0, clip_on=False, gid="bars")
    )


def _hatch(page: Page, box: tuple[float, float, float, float]) -> None:
    """Mark what is not a number."""
    x, y, width, height = box
    page.axes.add_artist(
        Rectangle(
            (x, y), width, height, facecolor="none", edgecolor=BAD, linewidth=0, hatch="xxxx",
            clip_on=False,
        )
    )  # fmt: skip
