"""Which pixels an answer rests on: each method's map, and the map over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.attribution_record import Attribution
from minicnn.explain.ledger_numbers import number
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._ledger_parts import fitted
from minicnn.viz._overlay import draw_overlay, grey_of, over_pixels
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure, dots_per_inch
from minicnn.viz._sets import blank_set
from minicnn.viz._style import ALARM, INK, SOFT, number_text, printed, scale_of
from minicnn.viz._values import block_size, facts

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE, _HEAD = BODY * _text.LINE, SMALL * _text.LINE, 9.5
_GUTTER, _BETWEEN, _BAR = 22.0, 8.0, 28.0
_CARD = (_INNER - _GUTTER) / 2
_TILE = (_CARD - _BETWEEN) / 2


def plot_attribution(
    *found: Attribution, title: str | None = None, figure: Figure | None = None
) -> Figure:
    """Plot which pixels an answer rests on: the picture, and each method's answer side by side.

    Of each method the map: signed values on a scale centred on 0, others from 0. Beside it the
    same values over the picture, which stays to be seen in grey. Each method has its scale: their
    numbers are not in one unit. Below, what the numbers are, and whether shares add up.

    Parameters
    ----------
    *found : Attribution
        What `minicnn.explain.saliency`, `integrated_gradients`, `grad_cam` ... return, for one
        picture and one answer.
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, see `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError
        For what is no Attribution, and for those of different pictures or answers.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> model, x = Conv2D(1, 1, 20, rng=0), images.disc(20)
    >>> found = explain.saliency(model, x, 0), explain.occlusion(model, x, 0, size=5)
    >>> figure = plot_attribution(*found, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'What output [0] = 0.00116 rests on'
    """
    check_figure(figure)
    _text.checked("title", title)
    first, *_ = _asked_the_same(found)
    cards: list[_Asked | _Card] = [_Asked(first, dots_per_inch(figure)), *map(_Card, found)]
    lines = [cards[i : i + 2] for i in range(0, len(cards), 2)]
    heights = [max(card.height for card in line) + 14 for line in lines]
    top = MARGIN + HEADING + 12
    page = Page(figure, WIDTH, top + sum(heights) + MARGIN - 14)
    target = ", ".join(map(str, first.target))
    head = f"What output [{target}] = {number_text(first.score)} rests on"
    page.heading(printed(head) if title is None else title)
    for line, height in zip(lines, heights, strict=True):
        for i, card in enumerate(line):
            card.draw(page, MARGIN + i * (_CARD + _GUTTER), top)
        top += height
    return page.done()


def draw_picture(
    page: Page, picture: Array, x: float, y: float, width: float, height: float
) -> None:
    """Draw a picture (C, H, W) as what it shows if it can be shown, or else in grey."""
    can = len(picture) in (1, 3) and bool(((picture >= 0) & (picture <= 1)).all())
    page.picture(picture if can else grey_of(picture)[0][None], x, y, width, height)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What was asked: the picture, and how to read the others."""

    found: Attribution
    dpi: float

    @property
    def height(self) -> float:
        """How high it is, in points."""
        tall = fitted(self.found.picture.shape, _TILE, _TILE)[1]
        return _HEAD + 5 + max(tall + _BAR, _LINE * len(self._lines()))

    def draw(self, page: Page, x: float, top: float) -> None:
        """Draw it."""
        page.text(x, top + _HEAD, "The picture", size=_HEAD)
        top += _HEAD + 5
        size = fitted(self.found.picture.shape, _TILE, _TILE)
        draw_picture(page, self.found.picture, x, top, *size)
        for i, line in enumerate(self._lines()):
            baseline = top + BODY + i * _LINE
            page.text(x + _TILE + _BETWEEN, baseline, line, color=SOFT)

    def _lines(self) -> list[str]:
        channels, rows, columns = self.found.picture.shape
        more = "" if channels == 1 else f", {channels} channels"
        texts = [
            f"{_text.by((rows, columns))} pixels{more}.",
            "Beside each method's map, the same over the picture in grey. Lighter and golden: for "
            "the answer. Darker and blue: against it. Grey: no part in it. The two lines below "
            "are the values over black and over white.",
            "Each method has a scale of its own: their numbers are not in one unit.",
        ]
        wide, tall = fitted(self.found.picture.shape, _TILE, _TILE)
        dots = max(1, round(tall * self.dpi / 72)), max(1, round(wide * self.dpi / 72))
        block = block_size((rows, columns), dots)
        if max(block) > 1:
            texts.append(f"Each dot is the value furthest from 0 of up to {_text.by(block)}.")
        texts += filter(None, [grey_of(self.found.picture)[1]])
        return [line for text in texts for line in _text.wrap(printed(text), BODY, _TILE)]


@dataclass(frozen=True, eq=False)
class _Card:
    """One method: its map, the map over the picture, and words."""

    found: Attribution

    @property
    def height(self) -> float:
        """How high it is, in points."""
        tall = fitted(self.found.picture.shape, _TILE, _TILE)[1]
        return _HEAD + 5 + tall + _BAR + sum(step for _, _, _, step in self._words())

    def draw(self, page: Page, x: float, top: float) -> None:
        """Draw it."""
        found, scale = self.found, scale_of(self.found.map)
        wide, tall = fitted(found.picture.shape, _TILE, _TILE)
        page.text(x, top + _HEAD, _signs(_text.sentence(found.method)), size=_HEAD)
        top += _HEAD + 5
        draw_values(page, found, (x, top, wide, tall))
        page.bar(scale, x, top + tall + 6, wide)
        draw_overlay(page, found, scale, (x + _TILE + _BETWEEN, top, wide, tall))
        top += tall + _BAR
        for text, size, color, step in self._words():
            page.text(x, top + size, text, size=size, color=color)
            top += step

    def _words(self) -> list[tuple[str, float, str, float]]:
        """Return what stands below: each line, its size, its colour, how high it is."""
        found = self.found
        lines = [(t, BODY, SOFT, _LINE) for t in _wrapped(_text.sentence(found.question), BODY)]
        blank = "" if over_pixels(found)[1].all() else " Hatched: no value stands there."
        lines += [(t, SMALL, SOFT, _SMALL_LINE) for t in _wrapped(f"{found.grain}.{blank}", SMALL)]
        if facts(found.map).blank:
            lines.append(("Nothing counts: every value is 0.", BODY, INK, _LINE))
        if found.total is not None:
            sum_, total = number(found.sum, 5), number(found.total, 5)
            text = f"They add up to {sum_}; to be shared out was {total}."
            lines += [(t, BODY, INK, _LINE) for t in _wrapped(printed(text), BODY)]
            color = INK if found.is_complete else ALARM
            verdict = _text.sentence(f"{found.verdict}.")
            lines += [(t, BODY, color, _LINE) for t in _wrapped(verdict, BODY)]
        return lines


def draw_values(page: Page, found: Attribution, box: tuple[float, float, float, float]) -> None:
    """Draw the values where they stand in the picture; where none stands it is left blank."""
    values, has_value = over_pixels(found)
    scale = scale_of(found.map)
    known = facts(found.map)
    page.map(np.where(has_value, values, 0.0), scale, *box, known)
    if not has_value.all():
        blank_set(page, ~has_value, box)


def _asked_the_same(found: tuple[Attribution, ...]) -> tuple[Attribution, ...]:
    if not found:
        raise ConfigError("plot_attribution needs at least one Attribution: explain.saliency, say")
    for one in found:
        if not isinstance(one, Attribution):
            raise ConfigError(
                f"plot_attribution takes Attributions, got {short(one)}.\n"
                f"  explain.saliency(model, x, target) makes one; several stand one by one: "
                f"plot_attribution(a, b)."
            )
        is_same = one.target == found[0].target and np.array_equal(
            one.picture, found[0].picture, equal_nan=True
        )
        if not is_same:
            raise ConfigError(
                "plot_attribution takes answers to one question: one picture and one target"
            )
    return found


def _wrapped(text: str, size: float) -> list[str]:
    return _text.wrap(_signs(text), size, _CARD)


def _signs(text: str) -> str:
    """Return a text of `minicnn.explain` with the signs that a figure can set."""
    return _text.plain(text.replace(" x ", f" {_text.TIMES} "))
