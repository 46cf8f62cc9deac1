"""One value from one value, drawn: where it was, and where it is now."""

from __future__ import annotations

from minicnn.explain.ledger import Ledger
from minicnn.explain.ledger_accounts import Copied, Formula, Pixel, Unopened
from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_terms import Input
from minicnn.viz import _text
from minicnn.viz._ledger_parts import (
    arrow,
    draw_cells,
    draw_map_at,
    fitted,
    input_scale,
    outline,
    output_scale,
    pixels_box,
)
from minicnn.viz._page import BODY, Page
from minicnn.viz._style import printed

_WIDE, _TALL, _BETWEEN, _HEADS, _WRITTEN = 278.0, 300.0, 60.0, 42.0, 16


class Way:
    """The map that a value comes from and the map that it stands in, an arrow between them.

    Parameters
    ----------
    ledger : Ledger
    """

    def __init__(self, ledger: Ledger) -> None:
        """Measure the maps."""
        self.ledger = ledger
        self.after = ledger.recording.maps(ledger.position, ledger.sample)
        self.before = None
        if ledger.inputs and ledger.origin is not None:
            self.before = ledger.recording.maps(ledger.origin, ledger.sample)
        both = [maps for maps in (self.before, self.after) if maps is not None]
        self.tall = max(fitted(maps.shape, _WIDE, _TALL)[1] for maps in both)
        self.height = _HEADS + self.tall + 8

    def draw(self, page: Page, left: float, top: float) -> None:
        """Draw them."""
        ledger, place = self.ledger, self.ledger.place
        x, source = left, None
        if self.before is not None:
            inputs = ledger.inputs
            source = self._draw_map(page, x, top, before=True, places=inputs)
            x += _WIDE + _BETWEEN
        own = Input(place, ledger.value)
        target = self._draw_map(page, x, top, before=False, places=(own,))
        if source is not None:
            start = source[0] + source[2], source[1] + source[3] / 2
            arrow(page, start, (target[0], target[1] + target[3] / 2))

    def written_out(self) -> str:
        """Return what was done as one line of arithmetic."""
        found, value = self.ledger.account, number(self.ledger.account.result)
        if isinstance(found, Formula):
            return printed(f"{found.formula.format(x=number(found.source.value))} = {value}")
        if isinstance(found, Copied):
            row, column = found.source.place[1:]
            name = self.ledger.input_name(found.source.place.channel)
            return _text.plain(f"{name} ({row}, {column}) = {printed(value)}")
        if isinstance(found, Unopened):
            return printed(f"run again: {value}")
        return printed(f"it is {value}" + ("" if isinstance(found, Pixel) else ", a constant"))

    def _draw_map(
        self, page: Page, x: float, top: float, *, before: bool, places: tuple[Input, ...]
    ) -> tuple[float, float, float, float]:
        """Draw one map with its bar and the frame around places; return the frame."""
        ledger, first = self.ledger, places[0].place
        maps = self.before if before and self.before is not None else self.after
        scale = input_scale(ledger) if before else output_scale(ledger)
        name = f"{ledger.step} {ledger.map_name}"
        if before:
            name = f"Input: {ledger.input_name(first.channel)}"
        elif self.before is not None:
            name = f"Output: {name}"
        page.text(x, top + BODY, _text.fit(_text.plain(name), BODY, _WIDE))
        page.bar(scale, x, top + BODY + 6, width=118, height=6)
        width, height = fitted(maps.shape, _WIDE, _TALL)
        box = x, top + _HEADS, width, height
        if max(maps.shape[1:]) <= _WRITTEN:
            draw_cells(page, maps[first.channel], scale, x, top + _HEADS, width / maps.shape[2])
        else:
            draw_map_at(page, maps[first.channel], scale, box)
        here = [one.place for one in places if one.place.channel == first.channel]
        frame = pixels_box(
            maps.shape, box, [place.row for place in here], [place.column for place in here]
        )
        outline(page, frame)
        return frame
