"""One value from one value, or from one of each branch, drawn: where it was, where it is now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from minicnn.explain.ledger import Ledger
from minicnn.explain.ledger_accounts import Added, Copied, Formula, Pixel, Unopened
from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_recording import PICTURE
from minicnn.explain.ledger_share import Share
from minicnn.explain.ledger_terms import Input, Place
from minicnn.layers import Pad
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._ledger_line import are_numbers, draw_line
from minicnn.viz._ledger_parts import (
    Box,
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
from minicnn.viz._style import INK, Scale, printed, scale_of

_WIDE, _TALL, _BETWEEN, _SIGN = 278.0, 300.0, 60.0, 34.0
_HEADS, _WRITTEN, _BAR, _MOST = 42.0, 16, 118.0, 4
_LINE, _TERMS, _LANE = 110.0, 5, 7.0


@dataclass(frozen=True)
class Stop:
    """A map with a frame in it: one that a value comes from, or the one that it stands in.

    Among plain numbers, `line` is all of them. Of a padded map, `picture` is the rows and the
    columns that are no padding.
    """

    name: str
    values: Array
    scale: Scale
    framed: tuple[Place, ...]
    line: Array | None = None
    picture: tuple[range, range] | None = None

    def height(self, wide: float) -> float:
        """Return how high it is drawn, that wide."""
        return _LINE if self.line is not None else fitted(self.values.shape, wide, _TALL)[1]


@dataclass(frozen=True)
class Drawn:
    """Where a stop is drawn: its map or its bars, and the frame in it, or the red bar.

    Parameters
    ----------
    box, frame : Box
    is_line : bool
        Whether it is bars.
    """

    box: Box
    frame: Box
    is_line: bool

    def way_out(self) -> list[tuple[float, float]]:
        """Return points from the frame to the right end, along no number and across no bar."""
        x, y, width, _ = self.frame
        end = self.box[0] + self.box[2]
        if self.is_line:
            return [(x + width / 2, y), *self._lane(x + width / 2, end)]
        return [(x + width, y), (end, y)]

    def way_in(self) -> list[tuple[float, float]]:
        """Return points from the left end to the frame."""
        x, y, width, _ = self.frame
        if self.is_line:
            return [*reversed(self._lane(x + width / 2, self.box[0])), (x + width / 2, y)]
        return [(self.box[0], y), (x, y)]

    def _lane(self, start: float, end: float) -> list[tuple[float, float]]:
        """Return the two ends of a level stretch above all bars."""
        y = self.box[1] - _LANE
        return [(start, y), (end, y)]


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
        inside = self._picture_inside()
        if inside is not None:
            after = replace(after, name=f"{name}; inner frame: the picture", picture=inside)
        self.stops = _alike(*before, after) if self.is_sum else (*before, after)
        self.left_out = len(ledger.inputs) - len(before) if self.is_sum else 0
        self.between = _SIGN if len(before) > 1 else _BETWEEN
        room = 2 * _WIDE + _BETWEEN - self.between * len(before)
        self.wide = min(_WIDE, room / len(self.stops))
        self.tall = max(stop.height(self.wide) for stop in self.stops)
        self.height = _HEADS + self.tall + 8

    def draw(self, page: Page, left: float, top: float) -> None:
        """Draw them, signs or an arrow between them."""
        drawn = []
        for count, stop in enumerate(self.stops):
            x = left + count * (self.wide + self.between)
            drawn.append(self._draw_map(page, stop, x, top))
            if self.is_sum and count:
                y = top + _HEADS + self.tall / 2 + HEADING * 0.35
                sign, size = self._sign(count)
                page.text(x - self.between / 2, y, sign, size=size, align="center")
        if len(drawn) == 2 and not self.is_sum:
            arrow(page, [*drawn[0].way_out(), *drawn[1].way_in()])

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

    def _picture_inside(self) -> tuple[range, range] | None:
        """Return the rows and the columns of a padded map that are no padding; None of others."""
        position = self.ledger.position
        step = None if position == PICTURE else self.ledger.recording.trace[position]
        if step is None or not isinstance(step.layer, Pad):
            return None
        (top, _), (left, _) = step.layer.padding
        height, width = step.input.shape[2:]
        return range(top, top + height), range(left, left + width)

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

    def _draw_map(self, page: Page, stop: Stop, x: float, top: float) -> Drawn:
        """Draw one map with its bar and the frame around places; return where they are."""
        page.text(x, top + BODY, _text.fit(_text.plain(stop.name), BODY, self.wide))
        if stop.line is not None:
            box = x, top + _HEADS, self.wide, _LINE
            return Drawn(box, draw_line(page, stop.line, stop.framed[0].channel, box), True)
        page.bar(stop.scale, x, top + BODY + 6, width=min(_BAR, self.wide), height=6)
        size = fitted(stop.values.shape, self.wide, _TALL)
        box = (x, top + _HEADS, *size)
        if self._written:
            cell = size[0] / stop.values.shape[1]
            draw_cells(page, stop.values, stop.scale, x, top + _HEADS, cell)
        else:
            draw_map_at(page, stop.values, stop.scale, box)
        rows, columns = ([place[axis] for place in stop.framed] for axis in (1, 2))
        if stop.picture is not None:
            outline(page, pixels_box(stop.values.shape, box, *stop.picture), color=INK)
        frame = pixels_box(stop.values.shape, box, rows, columns)
        outline(page, frame)
        return Drawn(box, frame, False)


def _alike(*stops: Stop) -> tuple[Stop, ...]:
    """Return the stops on one scale, so that what is added up can be compared."""
    scale = scale_of([stop.values for stop in stops])
    return tuple(replace(stop, scale=scale) for stop in stops)
