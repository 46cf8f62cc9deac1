"""Two models' steps side by side, and how far each pair's outputs are apart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from minicnn.explain.compare_gap import APART, ROUNDING, SAME, SHAPES, Gap
from minicnn.explain.compare_records import Comparison, Row, Side
from minicnn.explain.compare_text import gap_text
from minicnn.layers import PICTURE
from minicnn.viz import _text
from minicnn.viz._page import BODY, MARGIN, SMALL, Page
from minicnn.viz._style import ALARM, HAIRLINE, INK, SOFT, printed

MOST_ROWS = 24
_ROW, _HEAD, _FOOT = 13.5, 16.0, 14.0
_A, _B, _STEP, _SIZES, _SIZE = 0.0, 190.0, 152.0, 352.0, 114.0
_GAPS, _SCALE = 476.0, 92.0
_DOT = 2.6


@dataclass(frozen=True, eq=False)
class Ladder:
    """The rows of a comparison, as many as a page has room for.

    Attributes
    ----------
    comparison : Comparison
    chosen : int
        The row whose maps are drawn below.
    """

    comparison: Comparison
    chosen: int

    @cached_property
    def shown(self) -> range:
        """The rows that are drawn: around the chosen one, if there are too many."""
        count = len(self.comparison.rows)
        first = min(max(0, self.chosen - MOST_ROWS // 2), max(0, count - MOST_ROWS))
        return range(first, min(count, first + MOST_ROWS))

    @property
    def height(self) -> float:
        """How high it is, in points."""
        return _HEAD + _ROW * len(self.shown) + (_FOOT if self._ends else 0.0)

    @cached_property
    def _ends(self) -> tuple[int, int] | None:
        """The powers of ten between which all gaps lie; None if there is none."""
        gaps = [row.gap for row in self.comparison.rows if row.gap and row.gap.largest < math.inf]
        found = [v for gap in gaps for v in (gap.largest, gap.rounding) if 0 < v < math.inf]
        if not found:
            return None
        low, high = math.floor(math.log10(min(found))), math.ceil(math.log10(max(found)))
        return low, max(high, low + 1)

    def draw(self, page: Page, top: float) -> None:
        """Draw it with its upper edge at `top`."""
        y = top + BODY
        headings = ((_A, "a"), (_B, "b"), (_SIZES, "output"), (_GAPS, "apart"))
        for x, text in headings:
            page.text(MARGIN + x, y, text, color=SOFT)
        for i, index in enumerate(self.shown):
            self._draw_row(page, index, top + _HEAD + i * _ROW)
        if self._ends:
            self._draw_scale(page, top + _HEAD, top + _HEAD + _ROW * len(self.shown))

    def _draw_row(self, page: Page, index: int, y: float) -> None:
        row = self.comparison.rows[index]
        baseline, middle = y + BODY + 1, y + BODY * 0.65 + 1
        color = ALARM if row.parts or index == self.comparison.parts_at else INK
        for x, side in ((_A, row.a), (_B, row.b)):
            if side:
                text = _text.fit(_text.plain(_step(side)), BODY, _STEP)
                page.text(MARGIN + x, baseline, text, color=color)
        if row.a and row.b:
            width = _text.width(_text.fit(_text.plain(_step(row.a)), BODY, _STEP), BODY)
            self._line(page, _A + width + 6, _B - 6, middle, row.gap)
        page.text(MARGIN + _SIZES, baseline, _text.fit(_shapes(row), SMALL, _SIZE), size=SMALL,
                  color=SOFT)  # fmt: skip
        self._draw_gap(page, row.gap, middle, baseline)
        if index == self.chosen:
            page.text(MARGIN - 9, baseline, "\N{BLACK RIGHT-POINTING TRIANGLE}", size=SMALL)

    @staticmethod
    def _line(page: Page, start: float, end: float, y: float, gap: Gap | None) -> None:
        verdict = gap.verdict if gap else APART
        line = Line2D(
            [MARGIN + start, MARGIN + end], [y, y],
            color=ALARM if gap and not gap.agrees else HAIRLINE,
            linewidth=0.8, linestyle=":" if verdict == ROUNDING else "-", gid=f"row {verdict}",
        )  # fmt: skip
        line.set_clip_on(False)
        page.axes.add_artist(line)

    def _draw_gap(self, page: Page, gap: Gap | None, middle: float, baseline: float) -> None:
        if gap is None:
            return
        x = MARGIN + _GAPS
        is_dot = gap.verdict in (ROUNDING, APART) and 0 < gap.largest < math.inf
        if self._ends and is_dot:
            if gap.rounding:
                tick = Line2D([self._at(gap.rounding)] * 2, [middle - 4, middle + 4], color=SOFT,
                              linewidth=0.8, gid="rounding")  # fmt: skip
                tick.set_clip_on(False)
                page.axes.add_artist(tick)
            color = INK if gap.agrees else ALARM
            dot = Circle((self._at(gap.largest), middle), _DOT, facecolor=color, linewidth=0,
                         clip_on=False, gid="gap")  # fmt: skip
            page.axes.add_artist(dot)
        if self._ends:  # words stand beside the scale, never on its lines
            x += _SCALE + 8
        text = "the same" if gap.verdict == SAME else printed(gap_text(gap).split()[0])
        if gap.verdict == SHAPES or math.isinf(gap.largest):
            text = gap_text(gap)
        color = SOFT if gap.agrees else ALARM
        page.text(x, baseline, text, size=SMALL, color=color)

    def _at(self, value: float) -> float:
        low, high = self._ends or (0, 1)
        part = (math.log10(value) - low) / (high - low)
        return MARGIN + _GAPS + 3 + part * (_SCALE - 6)

    def _draw_scale(self, page: Page, top: float, foot: float) -> None:
        """Draw where the ends of the logarithmic scale are."""
        low, high = self._ends or (0, 1)
        for power, align in ((low, "left"), (high, "right")):
            x = self._at(10.0**power)
            line = Line2D([x, x], [top, foot], color=HAIRLINE, linewidth=0.5)
            line.set_clip_on(False)
            page.axes.add_artist(line)
            page.text(x, foot + SMALL + 2, printed(f"1e{power}"), size=SMALL, color=SOFT,
                      align=align)  # fmt: skip

    def note(self) -> str:
        """Say what the dots and ticks are, and how many rows are shown."""
        count, rows = len(self.comparison.rows), self.shown
        parts = []
        if self._ends:
            parts.append("Dots: the largest difference; ticks: what rounding explains.")
        if len(rows) < count:
            parts.append(f"Rows {rows[0]} to {rows[-1]} of {count} shown.")
        return " ".join(parts)


def _step(side: Side) -> str:
    return side.name if side.position == PICTURE else f"{side.position}  {side.name}"


def _shapes(row: Row) -> str:
    """Return the shapes of a row's outputs, without the batch; both if they differ."""
    sides = [side for side in (row.a, row.b) if side]
    texts = [_text.by(side.output_shape[1:]) for side in sides]
    return " | ".join(dict.fromkeys(texts))
