"""Plain numbers in a ledger's figure: a line of bars, one of them red; a table of products."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minicnn.explain.ledger import Ledger
from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import total
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._bars import ABOVE_0, BELOW_0, fill
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import BODY, SMALL, Page
from minicnn.viz._style import ALARM, INK, SOFT, printed
from minicnn.viz._values import facts
from minicnn.viz.maps import range_text

_HEADS, _ROW, _LEAST = 26.0, 13.0, 2.5
_COLUMNS, _BAR = (150.0, 306.0, 462.0), 76.0


def are_numbers(maps: Array) -> bool:
    """Say whether these are plain numbers, (F, 1, 1), and not maps."""
    return maps.shape[1:] == (1, 1) and len(maps) > 1


def draw_line(page: Page, maps: Array, chosen: int, box: Box) -> Box:
    """Draw numbers as bars, one of them red, their range below; return the red one's box."""
    values = np.nan_to_num(maps.reshape(-1).astype(np.float64), nan=0.0)
    x, y, width, height = box
    held = np.clip(values, *_ends(values))
    low, high = min(0.0, float(held.min())), max(0.0, float(held.max()))
    down, step = (height - SMALL - 6) / ((high - low) or 1.0), width / len(held)
    base, gap = y + high * down, 0.15 * step if step > 2 else 0.0

    def bar(position: int) -> Box:
        top = y + (high - max(held[position], 0.0)) * down
        return x + position * step + gap, top, step - 2 * gap, abs(held[position]) * down

    for color, some in ((ABOVE_0, held > 0), (BELOW_0, held < 0)):
        fill(page, [bar(i) for i in np.flatnonzero(some).tolist() if i != chosen], color)
    left, top, wide, tall = bar(chosen)
    more = max(0.0, _LEAST - wide) / 2, max(0.0, _LEAST - tall) / 2
    red = left - more[0], top - more[1], wide + 2 * more[0], tall + 2 * more[1]
    fill(page, [red], ALARM)
    page.rule(base, x, x + width)
    words = range_text(facts(maps))
    whole = f"{len(held)} numbers, {words}"
    words = whole if _text.width(whole, SMALL) <= width else words
    page.text(x, y + height, _text.fit(words, SMALL, width), size=SMALL, color=SOFT)
    return red


class Terms:
    """A row for each of the features that bring most: value, weight and their product.

    Parameters
    ----------
    ledger : Ledger
    account : WeightedSum
        The ledger's own, of plain numbers.
    most : int
        How many rows at most.
    """

    def __init__(self, ledger: Ledger, account: WeightedSum, most: int) -> None:
        """Choose the features and measure the rows."""
        self.ledger, self.account = ledger, account
        order = account.largest_first()
        self.shown, self.rest = order[:most], order[most:]
        self.height = _HEADS + _ROW * (len(self.shown) + len(self._ends()) + 1)

    def draw(self, page: Page, left: float, top: float) -> None:
        """Draw them."""
        account, places = self.account, [left + x for x in _COLUMNS]
        page.text(left, top + BODY, _text.plain(f"Input: {self.ledger.origin_name}"))
        for x, word in zip(places, ("Value", f"{_text.TIMES}  weight", "=  product"), strict=True):
            page.text(x, top + BODY, word)
        columns = [
            [float(array[position].item()) for position in self.shown]
            for array in (account.values, account.weights, account.products)
        ]
        y = top + _HEADS
        for row, position in enumerate(self.shown):
            name = _text.plain(self.ledger.input_name(account.channels[position]))
            page.text(left, y, _text.fit(name, BODY, _COLUMNS[0] - 8), color=SOFT)
            for x, column in zip(places, columns, strict=True):
                _draw_number(page, column, row, x, y)
            y += _ROW
        for name, value in self._ends():
            page.text(left, y, name, color=SOFT)
            page.text(places[2], y, printed(number(value)))
            y += _ROW
        page.rule(y - BODY - 1, left, places[2] + _BAR + 50)
        page.text(left, y + 2, "sum")
        page.text(places[2], y + 2, printed(number(account.result)), color=ALARM)

    def written_out(self) -> str:
        """Return the products and the bias as one line of arithmetic."""
        account = self.account
        products = total(account.sums)
        words = f"{number(products)} ({_text.count(len(account.sums), 'product')})"
        if account.bias is not None:
            sign = "-" if account.bias < 0 else "+"
            words += f" {sign} {number(abs(account.bias))} (bias)"
        return printed(f"{words} = {number(account.result)}")

    def _ends(self) -> list[tuple[str, float]]:
        ends = []
        if self.rest:
            rest = total(self.account.sums[position] for position in self.rest)
            ends.append((f"{_text.count(len(self.rest), f'other {self.ledger.input_noun}')}", rest))
        return ends if self.account.bias is None else [*ends, ("bias", self.account.bias)]


def _draw_number(page: Page, column: Sequence[float], row: int, x: float, y: float) -> None:
    """Write a number of a column and draw its bar, on the column's one scale."""
    value, finite = column[row], [abs(v) for v in column if np.isfinite(v)]
    page.text(x, y, printed(number(value)), color=INK)
    reach = max(finite, default=0.0)
    if not reach or not np.isfinite(value):
        return
    signed = min(column) < 0
    room = _BAR / 2 if signed else _BAR
    zero = x + 50 + (room if signed else 0.0)
    long = abs(value) / reach * room
    box = (zero if value > 0 else zero - long, y - SMALL + 0.5, long, SMALL)
    fill(page, [box], ABOVE_0 if value > 0 else BELOW_0)


def _ends(values: Array) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
