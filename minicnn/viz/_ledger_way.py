"""One value from one value, or from one of each branch, drawn: where it was, where it is now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from minicnn.explain.ledger import Ledger
from minicnn.explain.ledger_accounts import Added, Copied, Formula, Pixel, Unopened
from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_share import Share
from minicnn.explain.ledger_terms import Input, Place
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._ledger_line import are_numbers, draw_line
from minicnn.viz._ledger_parts import (
    arrow,
    cell_texts,
    draw_cells,
    draw_map_at,
    fitted,
    maps_scale,
    outline,
    pixels_box,
)
from minicnn.viz._page import BODY, HEADING, Page
from minicnn.viz._style import Scale, printed, scale_of

_WIDE, _TALL, _BETWEEN, _SIGN = 278.0, 300.0, 60.0, 34.0
_HEADS, _WRITTEN, _BAR, _MOST = 42.0, 16, 118.0, 4
_LINE, _TERMS = 110.0, 5


@dataclass(frozen=True)
class Stop:
    """A map with a frame in it: one that a value comes from, or the one that it stands in.

    Among plain numbers, `line` is all of them.
    """

    name: str
    values: Array
    scale: Scale
    framed: tuple[Place, ...]
    line: Array | None = None

    def height(self, wide: float) -> float:
        """Return how high it is drawn, that wide."""
        return _LINE if self.line is not None else fitted(self.values.shape, wide, _TALL)[1]


class Way:
    """The maps that a value comes from and the map that it stands in.

    Where branches are added up, their maps and the sum share one scale; at most four branches
    are drawn, those that bring most.

    Parameters
    ----------
    ledger : Ledger
    """

    def __init__(self, ledger: Ledger) -> None:
        """Choose the maps and measure them."""
        self.ledger = ledger
        self.is_sum = isinstance(ledger.account, Added)
        before = [stop for one in self._shown() if (stop := self._before(one))]
        step = "Output: " if before and not self.is_sum else ""
        name = f"{step}{ledger.step} {ledger.map_name}"
        after = self._stop(name, ledger.position, ledger.place.channel, (ledger.place,))
        self.stops = _alike(*before, after) if self.is_sum else (*before, after)
        self.left_out = len(ledger.inputs) - len(before) if self.is_sum else 0
        self.between = _SIGN if len(before) > 1 else _BETWEEN
        room = 2 * _WIDE + _BETWEEN - self.between * len(before)
        self.wide = min(_WIDE, room / len(self.stops))
        self.tall = max(stop.height(self.wide) for stop in self.stops)
        self.height = _HEADS + self.tall + 8

    def draw(self, page: Page, left: float, top: float) -> None:
        """Draw them, signs or an arrow between them."""
        frames = []
        for count, stop in enumerate(self.stops):
            x = left + count * (self.wide + self.between)
            frames.append(self._draw_map(page, stop, x, top))
            if self.is_sum and count:
                y = top + _HEADS + self.tall / 2 + HEADING * 0.35
                sign, size = self._sign(count)
                page.text(x - self.between / 2, y, sign, size=size, align="center")
        if len(frames) == 2 and not self.is_sum:
            (x, y, wide, high), target = frames
            arrow(page, (x + wide, y + high / 2), (target[0], target[1] + target[3] / 2))

    def written_out(self) -> str:
        """Return what was done as one line of arithmetic."""
        found, value = self.ledger.account, number(self.ledger.account.result)
        if isinstance(found, Added):
            text = ""
            for one in found.inputs:
                sign = "-" if one.value < 0 else "+" if text else ""
                text += f" {sign} " if text else sign
                text += f"{number(abs(one.value))} ({self._place(one)})"
            return _text.plain(printed(f"{text} = {value}"))
        if isinstance(found, Formula):
            return printed(f"{found.formula.format(x=number(found.source.value))} = {value}")
        if isinstance(found, Share):
            own, *others = (f"exp({number(one.value)})" for one in found.inputs)
            more = [*others[: _TERMS - 1], *(["..."] if len(others) >= _TERMS else [])]
            return printed(f"{own} / ({' + '.join([own, *more])}) = {value}")
        if isinstance(found, Copied) and found.among:
            some = [number(one.value) for one in found.among[:_WRITTEN]]
            more = ["..."] if len(found.among) > _WRITTEN else []
            return printed(f"the largest of {', '.join([*some, *more])} = {value}")
        if isinstance(found, Copied):
            return _text.plain(f"{self._place(found.source)} = {printed(value)}")
        if isinstance(found, Unopened):
            return printed(f"run again: {value}")
        return printed(f"it is {value}" + ("" if isinstance(found, Pixel) else ", a constant"))

    def _sign(self, count: int) -> tuple[str, float]:
        """Return what stands in front of a map of a sum, and how large."""
        if count < len(self.stops) - 1:
            return "+", HEADING
        return (f"+ {_text.ELLIPSIS} =", BODY) if self.left_out else ("=", HEADING)

    def _shown(self) -> tuple[Input, ...]:
        """Return an input for each map to be drawn."""
        if not self.is_sum:
            return self.ledger.inputs[:1]
        largest = sorted(self.ledger.inputs, key=lambda one: -abs(one.value))[:_MOST]
        return tuple(one for one in self.ledger.inputs if one in largest)

    def _before(self, one: Input) -> Stop | None:
        """Return the map that an input stands in, framed with what else matters in it."""
        ledger, channel = self.ledger, one.place.channel
        origin = ledger.origins[one.branch]
        if origin is None:
            return None
        is_choice = not isinstance(ledger.account, Added | Formula)
        framed = [
            other.place
            for other in (ledger.inputs if is_choice else (one,))
            if other.place.channel == channel and other.branch == one.branch
        ]
        name = ("" if self.is_sum else "Input: ") + ledger.input_name(channel, one.branch)
        return self._stop(name, origin, channel, tuple(framed))

    def _stop(self, name: str, position: int, channel: int, framed: tuple[Place, ...]) -> Stop:
        ledger = self.ledger
        maps, scale = ledger.recording.maps(position, ledger.sample), maps_scale(ledger, position)
        line = maps if are_numbers(maps) and not self.is_sum else None
        return Stop(name, maps[channel], scale, framed, line)

    @cached_property
    def _written(self) -> bool:
        """Whether the maps are so small that their numbers stand in them: in all, or in none."""
        if any(max(stop.values.shape) > _WRITTEN for stop in self.stops):
            return False
        cells = (
            fitted(s.values.shape, self.wide, _TALL)[0] / s.values.shape[1] for s in self.stops
        )
        return all(cell_texts(s.values, c)[1] for s, c in zip(self.stops, cells, strict=True))

    def _place(self, one: Input) -> str:
        """Return an input in few words: "relu channel 3 (1, 2)"."""
        name = self.ledger.input_name(one.place.channel, one.branch)
        origin = self.ledger.origins[one.branch]
        if origin is not None and self.ledger.recording.array(origin).ndim == 2:
            return name
        return f"{name} ({one.place.row}, {one.place.column})"

    def _draw_map(
        self, page: Page, stop: Stop, x: float, top: float
    ) -> tuple[float, float, float, float]:
        """Draw one map with its bar and the frame around places; return the frame."""
        page.text(x, top + BODY, _text.fit(_text.plain(stop.name), BODY, self.wide))
        if stop.line is not None:
            box = x, top + _HEADS, self.wide, _LINE
            return draw_line(page, stop.line, stop.framed[0].channel, box)
        page.bar(stop.scale, x, top + BODY + 6, width=min(_BAR, self.wide), height=6)
        size = fitted(stop.values.shape, self.wide, _TALL)
        box = (x, top + _HEADS, *size)
        if self._written:
            cell = size[0] / stop.values.shape[1]
            draw_cells(page, stop.values, stop.scale, x, top + _HEADS, cell)
        else:
            draw_map_at(page, stop.values, stop.scale, box)
        rows, columns = ([place[axis] for place in stop.framed] for axis in (1, 2))
        frame = pixels_box(stop.values.shape, box, rows, columns)
        outline(page, frame)
        return frame


def _alike(*stops: Stop) -> tuple[Stop, ...]:
    """Return the stops on one scale, so that what is added up can be compared."""
    scale = scale_of([stop.values for stop in stops])
    return tuple(replace(stop, scale=scale) for stop in stops)
