"""A sum of products, drawn: a row for each channel, and the sums of those that have none."""

from __future__ import annotations

from minicnn.explain.ledger import Ledger
from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import total
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._ledger_parts import (
    Box,
    beside,
    draw_cells,
    draw_map_at,
    fitted,
    outline,
    pixels_box,
    scales_of,
    zoom,
    zoom_passes_below,
)
from minicnn.viz._page import BODY, HEADING, SMALL, Page
from minicnn.viz._style import SOFT, printed

MAP, TALLEST, BLOCK, CELL, SIGN = 106.0, 128.0, 118.0, 40.0, 24.0
_HEADS, _CAPTION = 46.0, 22.0
_WRITTEN = 25  # so many products of a single channel are written out one by one


class Rows:
    """A row for each of the channels that bring most.

    Parameters
    ----------
    ledger : Ledger
    account : WeightedSum
        The ledger's own.
    most : int
        How many rows at most.
    """

    def __init__(self, ledger: Ledger, account: WeightedSum, most: int) -> None:
        """Choose the channels and measure the rows."""
        self.ledger, self.account = ledger, account
        order = account.largest_first()
        self.shown, self.rest = sorted(order[:most]), order[most:]
        self.scales = scales_of(ledger, account)
        kh, kw = account.inside.shape
        self.cell = min(BLOCK / max(kh, kw), CELL)
        self.maps = (
            None if ledger.origin is None else ledger.recording.maps(ledger.origin, ledger.sample)
        )
        high = kh * self.cell
        if self.maps is not None:
            high = max(high, self._spread(self.maps)[1])
        self.inner = high
        self.height = _HEADS + (high + _CAPTION) * len(self.shown)

    def draw(self, page: Page, left: float, top: float) -> None:
        """Draw them."""
        x = [left, left + MAP + 22]
        x += [x[1] + i * (BLOCK + SIGN) for i in (1, 2, 3)]
        self._draw_heads(page, x, top)
        y = top + _HEADS
        for position in self.shown:
            self._draw_row(page, position, x, y)
            y += self.inner + _CAPTION

    def written_out(self) -> str:
        """Return the channels' sums and the bias as one line of arithmetic."""
        account = self.account
        terms = [(account.sums[position], "") for position in self.shown]
        if len(account.sums) == 1 and account.products.size <= _WRITTEN:  # each product by itself
            products = account.products.ravel().tolist()
            terms = [(product, "") for product in products if product] or terms
        if self.rest:
            rest = total(account.sums[position] for position in self.rest)
            terms.append((rest, f" ({_text.count(len(self.rest), 'other channel')})"))
        if account.bias is not None:
            terms.append((account.bias, " (bias)"))
        text = ""
        for value, words in terms:
            sign = "-" if value < 0 else "+" if text else ""
            text += (f" {sign} " if text else sign) + number(abs(value)) + words
        return printed(f"{text} = {number(account.result)}")

    def _spread(self, maps: Array) -> tuple[float, float]:
        """Return the size of a map with as much of its padding as the patch lies on."""
        reach = beside(maps.shape, self.account.rows, self.account.columns)
        return fitted(tuple(map(len, reach)), MAP, TALLEST)

    def _boxes(self, maps: Array, x: float, middle: float) -> tuple[Box, Box]:
        """Return where a map with that padding is drawn, and the map in it."""
        rows, columns = beside(maps.shape, self.account.rows, self.account.columns)
        width, height = self._spread(maps)
        whole = x, middle - height / 2, width, height
        down, across = height / len(rows), width / len(columns)
        return whole, (
            x - columns.start * across,
            whole[1] - rows.start * down,
            maps.shape[2] * across,
            maps.shape[1] * down,
        )

    def _draw_heads(self, page: Page, x: list[float], top: float) -> None:
        if self.maps is not None:
            name = _text.plain(f"Input: {self.ledger.origin_name}")
            page.text(x[0], top + BODY, _text.fit(name, BODY, MAP))
            words = "framed: where the patch lies"
            page.text(x[0], top + BODY + 12, words, size=SMALL, color=SOFT)
        heads = zip(x[1:4], ("Patch", "Kernel", "Products"), self.scales, strict=True)
        for left, word, scale in heads:
            page.text(left, top + BODY, word)
            page.bar(scale, left, top + BODY + 6, width=BLOCK, height=6)
        page.text(x[4], top + BODY, "Their sum")

    def _draw_row(self, page: Page, position: int, x: list[float], y: float) -> None:
        account, (kh, kw) = self.account, self.account.inside.shape
        channel, (maps, kernels, products) = account.channels[position], self.scales
        high, wide, middle = kh * self.cell, kw * self.cell, y + self.inner / 2
        patch = x[1], middle - high / 2, wide, high
        name = _text.fit(_text.plain(self.ledger.input_name(channel)), SMALL, MAP)
        below = y + self.inner
        for left, values, scale in (
            (x[1], account.values[position], maps),
            (x[2], account.weights[position], kernels),
            (x[3], account.products[position], products),
        ):
            outside = None if left == x[2] else ~account.inside
            draw_cells(page, values, scale, left, patch[1], self.cell, outside)
        if self.maps is not None:
            whole, box = self._boxes(self.maps, x[0], middle)
            draw_map_at(page, self.maps[channel], maps, box)
            frame = pixels_box(self.maps.shape, box, account.rows, account.columns)
            outline(page, frame)
            zoom(page, frame, patch)
            outline(page, patch, rim=False)
            if not zoom_passes_below(frame, patch, whole, _text.width(name, SMALL)):
                below = whole[1] + whole[3]
        page.text(x[0], below + SMALL + 2, name, size=SMALL, color=SOFT)
        signs = (_text.TIMES, "=", _text.ARROW)
        for left, right, sign in zip(x[1:4], x[2:5], signs, strict=True):
            at = (left + wide + right) / 2
            page.text(at, middle + HEADING * 0.35, sign, size=HEADING, align="center")
        sum_ = printed(number(account.sums[position]))
        size = min(HEADING - 1, (page.width - x[4] - 8) / _text.width(sum_, 1.0))
        page.text(x[4], middle + HEADING * 0.35, sum_, size=size)
