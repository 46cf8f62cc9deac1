"""What an im2col atlas ends with: one value written out, the check, and what it costs."""

from __future__ import annotations

from matplotlib.patches import Rectangle

from minicnn.explain.im2col_cost import Im2colCost
from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.explain.ledger_numbers import number
from minicnn.ops.arrays import size_text
from minicnn.viz import _text
from minicnn.viz._im2col_layout import INNER
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, Page
from minicnn.viz._style import ALARM, INK, SOFT, printed

_SUM, _LONGEST, _BAR = BODY + 1, 130.0, 9.0
COST, COST_WIDTH = BODY + 6 + 3 * (_BAR + 4), 312.0
"""How high one group of bars is, and how wide."""

_WRITTEN = 18
"""So many products are written out one by one."""

_FIXED = "\N{NO-BREAK SPACE}"


class Foot:
    """The arithmetic of the framed value, the check, and memory as bars.

    Parameters
    ----------
    atlas : Im2colAtlas
    column, filter_ : int
        Of the framed value.
    """

    def __init__(self, atlas: Im2colAtlas, column: int, filter_: int) -> None:
        """Break the lines."""
        self.atlas = atlas
        self.sum = _text.wrap(printed(written_out(atlas, column, filter_)), _SUM, INNER)
        copies = f"{_text.sentence(atlas.cost.copies_text)}."
        self.notes = _text.wrap(copies, SMALL, INNER)
        costs = [("Memory here", atlas.cost)]
        if atlas.real_cost is not None:
            size = _text.by(atlas.real_cost.input_shape[1:])
            costs.append((f"For a picture of {size}", atlas.real_cost))
        self.costs = costs
        lines = len(self.sum) * _SUM + len(self.notes) * SMALL
        self.height = lines * _text.LINE + HEADING + 16

    def draw(self, page: Page, top: float) -> None:
        """Write it."""
        y = top + _SUM
        for line in self.sum:
            page.text(MARGIN, y, line, size=_SUM)
            y += _SUM * _text.LINE
        y += 8
        color = INK if self.atlas.agrees else ALARM
        page.text(MARGIN, y, _text.sentence(printed(self.atlas.check)), size=HEADING, color=color)
        y += 4 + SMALL * _text.LINE
        for line in self.notes:
            page.text(MARGIN, y, line, size=SMALL, color=SOFT)
            y += SMALL * _text.LINE

    def costs_height(self, *, below: bool) -> float:
        """Return how high the bars of memory are."""
        return COST + (len(self.costs) - 1) * (COST + 12) * below

    def draw_costs(self, page: Page, x: float, y: float, *, below: bool) -> None:
        """Draw memory as bars: here, and for a picture of a real size, beside it or below."""
        for position, (title, cost) in enumerate(self.costs):
            step = (0.0, position * (COST + 12)) if below else (position * COST_WIDTH, 0.0)
            draw_cost(page, title, cost, x + step[0], y + step[1])


def draw_cost(page: Page, title: str, cost: Im2colCost, x: float, y: float) -> None:
    """Draw what the picture, the columns and the output take: bars on one scale."""
    page.text(x, y + BODY, title)
    most = max(cost.input_bytes, cost.columns_bytes, cost.output_bytes, 1)
    y += BODY + 6
    for name, size in (
        ("picture", cost.input_bytes),
        ("columns", cost.columns_bytes),
        ("output", cost.output_bytes),
    ):
        width = max(_LONGEST * size / most, page.dot)
        bar = Rectangle((x + 42, y), width, _BAR, facecolor=SOFT, linewidth=0, clip_on=False)
        bar.set_gid(f"{name} bytes")
        page.axes.add_artist(bar)
        page.text(x, y + _BAR - 1.5, name, size=SMALL, color=SOFT)
        words = size_text(size)
        if name == "columns":
            words += f", {cost.growth_text} the picture"
        page.text(x + 42 + width + 4, y + _BAR - 1.5, words, size=SMALL)
        y += _BAR + 4


def written_out(atlas: Im2colAtlas, column: int, filter_: int) -> str:
    """Return one value of the output as the sum of products that it is."""
    seen = atlas.sees[filter_]
    pairs = zip(
        atlas.columns[seen, column].tolist(),
        atlas.weight_matrix[filter_, seen].tolist(),
        strict=True,
    )
    times = f"{_FIXED}{_text.TIMES}{_FIXED}"
    terms = [f"{_signed(value)}{times}{_signed(weight)}" for value, weight in pairs]
    count = len(terms)
    if count > _WRITTEN:
        terms = [*terms[:2], _text.ELLIPSIS, terms[-1]]
    if atlas.bias is not None:
        terms.append(f"{_signed(float(atlas.bias[filter_]))}{_FIXED}(bias)")
    i, j = atlas.position(column)
    name = _text.fit(_text.plain(atlas.filter_name(filter_)), _SUM, INNER / 2)
    head = f"Output {i},{j} of {name}:".replace(" ", _FIXED)
    many = f" ({count} products)" if count > _WRITTEN else ""
    return f"{head} {' + '.join(terms)} = {number(float(atlas.product[filter_, column]))}{many}"


def _signed(value: float) -> str:
    text = number(value, 3)
    return f"({text})" if text.startswith("-") else text
