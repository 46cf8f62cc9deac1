"""The confusion matrix as a figure: counts, shares, and what is mixed up most often."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, one_of, short
from minicnn.explain.border_truth import percent
from minicnn.explain.confusion import Confusion, share_text
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._grid import smaller_maps
from minicnn.viz._page import (
    BODY,
    HEADING,
    MARGIN,
    SMALL,
    WIDTH,
    Page,
    check_figure,
    colours_of,
    dots_per_inch,
)
from minicnn.viz._style import ALARM, INK, SOFT, PaperScale, bounded, number_text
from minicnn.viz._values import block_size
from minicnn.viz.maps import readable_on

SORTS = ("class", "worst")

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE
_LARGEST, _NAMES, _TOTALS, _LIST, _TOLD = 64.0, 96.0, 82.0, 152.0, 14
_BOTH, _COUNT, _CLIPPED = 24.0, 13.0, 36.0
"""Cells of so many points hold a count and a share; a count; enough of a name to know it by."""


def plot_confusion(
    confusion: Confusion,
    *,
    sort: str = "class",
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot what each class is taken for: a row for each true class, a column for each answer.

    The colours are for mistakes alone: the share of the true class that is taken for another,
    from 0 to the largest such share. What is right stands on the diagonal, without a colour, as
    it would outshine everything else.

    Parameters
    ----------
    confusion : Confusion
        What `minicnn.explain.confusion` returns.
    sort : 'class' or 'worst'
        The order of the classes: their own, or those first that are recognised worst.
    title, figure
        As for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError
        For what is not a Confusion.

    Examples
    --------
    >>> from minicnn import explain, viz
    >>> counts = np.array([[8, 2], [0, 5]])
    >>> found = explain.Confusion(counts, np.array([0, 0]), ("cat", "dog"))
    >>> figure = plot_confusion(found, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    '13 of 15 right: 86.7 %'
    """
    check_figure(figure)
    _text.checked("title", title)
    one_of("sort", sort, SORTS)
    if not isinstance(confusion, Confusion):
        raise ConfigError(
            f"plot_confusion takes a Confusion, got {short(confusion)}.\n"
            f"  explain.confusion(model, data) makes one."
        )
    order = confusion.worst() if sort == "worst" else list(range(len(confusion.classes)))
    return _Matrix(confusion, order, sort).draw(figure, title)


class _Matrix:
    """The classes in their order, and where everything is."""

    def __init__(self, confusion: Confusion, order: list[int], sort: str) -> None:
        self.confusion, self.order, self.sort = confusion, order, sort
        self.names = [_text.plain(confusion.classes[i]) for i in order]
        wide = max(_text.width(name, BODY) for name in self.names)
        self.left = MARGIN + min(wide, _NAMES) + 8
        room = _INNER - (self.left - MARGIN) - _TOTALS - _LIST
        self.cell = min(room / len(order), _LARGEST)
        self.counts: Array = confusion.counts[np.ix_(order, order)]
        shares = np.nan_to_num(confusion.shares[np.ix_(order, order)])
        self.wrong: Array = np.where(np.eye(len(order), dtype=bool), 0.0, shares)

    @property
    def side(self) -> float:
        """How wide and high the matrix is."""
        return self.cell * len(self.order)

    @property
    def scale(self) -> PaperScale:
        """The colours of mistakes."""
        return PaperScale(0.0, bounded(float(self.wrong.max())), signed=False)

    def draw(self, figure: Figure | None, title: str | None) -> Figure:
        """Draw everything."""
        found = self.confusion
        share = share_text(found.accuracy)
        head = f"{found.right:,} of {len(found):,} right: {share}" if title is None else title
        top = MARGIN + HEADING + 8 + 2 * _LINE + 24 + (0 if self.wrong.any() else -20) + 24
        told = found.mix_ups(_TOLD)
        listed = _LINE * (len(told) + 2)
        bottom = max(top + self.side, top + listed - 12)
        dots = max(1, round(self.side / 72.0 * dots_per_inch(figure)))
        notes = smaller_maps(block_size((len(self.order),) * 2, (dots, dots)))
        page = Page(figure, WIDTH, bottom + (4 + _SMALL_LINE) * len(notes) + MARGIN)
        page.heading(head)
        self._draw_about(page, MARGIN + HEADING + 6)
        self._draw_cells(page, top)
        self._draw_names(page, top)
        self._draw_totals(page, top)
        self._draw_list(page, WIDTH - MARGIN - _LIST + 16, top)
        for note in notes:
            page.text(MARGIN, bottom + 4 + SMALL, note, size=SMALL, color=SOFT)
        return page.done()

    def _draw_about(self, page: Page, y: float) -> None:
        order = "the worst recognised first" if self.sort == "worst" else "in their own order"
        text = f"A row for each true class, a column for what it is taken for; {order}."
        page.text(MARGIN, y + BODY, text, color=SOFT)
        if not self.wrong.any():
            page.text(MARGIN, y + BODY + _LINE, "No class is taken for another.", color=SOFT)
            return
        page.bar(self.scale, MARGIN, y + _LINE + 6, text=lambda v: f"{number_text(100 * v)} %")
        text = "Mistakes: the share of the true class. What is right has no colour."
        page.text(MARGIN + 182, y + _LINE + 13, text, color=SOFT)

    def _draw_cells(self, page: Page, top: float) -> None:
        """Draw the colours, the diagonal in white, and the numbers where they fit."""
        image = page.map(self.wrong, self.scale, self.left, top, self.side, self.side, None)
        image.set_gid("confusion")
        for i in range(len(self.order)):
            x, y = self.left + i * self.cell, top + i * self.cell
            page.blank(x, y, self.cell, self.cell)
        if self.cell < _COUNT:
            return
        colours = colours_of(image)  # cells are large: no two share a dot
        for (i, j), count in np.ndenumerate(self.counts):
            if count:
                ink = INK if i == j else readable_on(colours[i, j])
                self._write(page, int(count), (i, j), ink, top)

    def _write(self, page: Page, count: int, at: tuple[int, int], ink: str, top: float) -> None:
        i, j = at
        x, y = self.left + (j + 0.5) * self.cell, top + (i + 0.5) * self.cell
        text = f"{count:,}"
        if self.cell < _BOTH or _text.width(text, BODY) > self.cell - 2:
            size = SMALL if _text.width(text, SMALL) <= self.cell - 1 else 5.0
            page.text(x, y + size * 0.36, text, size=size, color=ink, align="center")
            return
        page.text(x, y - 0.5, text, color=ink, align="center")
        share = percent(count / int(self.confusion.totals[self.order[i]]))
        page.text(x, y + SMALL + 1, share, size=SMALL, color=ink, align="center")

    def _draw_names(self, page: Page, top: float) -> None:
        """Write the classes' names: every one, or every n-th of many."""
        step = max(1, -(-int(SMALL * _text.LINE * len(self.order)) // max(int(self.side), 1)))
        size = BODY if self.cell >= 11 else SMALL
        for i in range(0, len(self.order), step):
            name, middle = self.names[i], (i + 0.5) * self.cell
            color = INK if self.confusion.totals[self.order[i]] else SOFT
            row = _text.fit(name, size, self.left - MARGIN - 6)
            page.text(self.left - 5, top + middle + size * 0.36, row, size=size, color=color,
                      align="right")  # fmt: skip
        wide = max(_text.width(name, SMALL) for name in self.names)
        across = step if wide <= step * self.cell else max(step, 1 + int(18 / self.cell))
        legible = wide <= across * self.cell or self.cell >= _CLIPPED
        hint = "taken for" if legible else "taken for: as the rows"
        for i in range(0, len(self.order), across) if hint == "taken for" else ():
            name = _text.fit(self.names[i], SMALL, across * self.cell - 2)
            x = self.left + (i + 0.5) * self.cell
            page.text(x, top - 4, name, size=SMALL, align="center")
        page.text(self.left, top - 6 - _SMALL_LINE, hint, size=SMALL, color=SOFT)

    def _draw_totals(self, page: Page, top: float) -> None:
        """Write beside each row how many there are, how many are right, and where is no answer."""
        if self.cell < SMALL + 1:
            return
        x, found, recall = self.left + self.side, self.confusion, self.confusion.recall
        page.text(x + 34, top - 4, "of", size=SMALL, color=SOFT, align="right")
        page.text(x + 68, top - 4, "right", size=SMALL, color=SOFT, align="right")
        for i, row in enumerate(self.order):
            y = top + (i + 0.5) * self.cell + SMALL * 0.36
            page.text(x + 34, y, f"{found.totals[row]:,}", size=SMALL, color=SOFT, align="right")
            if found.totals[row]:
                share = percent(float(recall[row]))
                page.text(x + 68, y, share, size=SMALL, align="right")
            else:
                page.text(x + 40, y, "none", size=SMALL, color=ALARM)
            if found.unanswered[row]:
                text = f"{found.unanswered[row]:,} NaN"
                page.text(x + 68, y + _SMALL_LINE, text, size=SMALL, color=ALARM, align="right")

    def _draw_list(self, page: Page, x: float, top: float) -> None:
        """Write which classes are taken for which most often."""
        told = self.confusion.mix_ups(_TOLD)
        if not told:
            return
        page.text(x, top - 4, "Most often", color=INK)
        y = top + BODY + 2
        for one in told:
            end = f": {one.count} ({percent(one.share)})"
            room = _LIST - 16 - _text.width(end, SMALL)
            pair = _text.fit(_text.plain(f"{one.true} as {one.taken_for}"), SMALL, room)
            page.text(x, y, pair + end, size=SMALL, color=SOFT)
            y += _LINE
        if more := self.confusion.mixed - len(told):
            page.text(x, y, f"and {more:,} more", size=SMALL, color=SOFT)
