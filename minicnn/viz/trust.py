"""Whether explanations look at the network: each beside those of networks with random weights."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.attribution_record import Attribution
from minicnn.explain.excite import Excited
from minicnn.explain.exciting_patches import Patches
from minicnn.explain.trust_record import CHANGED, Trust, TrustStage, stage_text
from minicnn.viz import _text
from minicnn.viz._ledger_parts import fitted
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import ALARM, INK, SOFT, Scale, number_text, printed, scale_of
from minicnn.viz._values import facts
from minicnn.viz.attribution import draw_picture, draw_values
from minicnn.viz.patches import draw_patch

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE, _HEAD = BODY * _text.LINE, SMALL * _text.LINE, 9.5
_COLUMNS, _BETWEEN, _MOSAIC = 6, 10.0, 3
_TILE = (_INNER - (_COLUMNS - 1) * _BETWEEN) / _COLUMNS
_ABOUT = (
    "The same method, asked about the network, and about the same network with the weights of its "
    "last layers shuffled. Where nothing is left of what was learnt, an honest explanation is "
    "another one. Likeness: the rank correlation with the network's own map, without its sign; 1 "
    f"is the same, below {CHANGED:g} counts as another. Of sizes: the same of the values without "
    "their signs. Of several shuffles, that of the middle likeness is drawn; a flat map has none. "
    "The verdict goes by the middle ones of both. Each map has a scale of its own."
)


def plot_trust(*found: Trust, title: str | None = None, figure: Figure | None = None) -> Figure:
    """Plot whether explanations change when the weights are randomised: a row for each.

    First what was looked at, then the explanation of the network, then those of networks whose
    last layers are random, more and more of them, with how alike they are.

    Parameters
    ----------
    *found : Trust
        What `minicnn.explain.trust` returns.
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
        For what is no Trust.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> found = explain.trust(Conv2D(1, 1, 20, rng=0), images.disc(20), 0)
    >>> figure = plot_trust(found, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'Does the explanation look at the network?'
    """
    check_figure(figure)
    _text.checked("title", title)
    for one in found or (None,):
        if not isinstance(one, Trust):
            raise ConfigError(
                f"plot_trust takes what explain.trust returns, got {short(one)}.\n"
                f"  Several stand one by one: plot_trust(a, b)."
            )
    about = _text.wrap(printed(_ABOUT), BODY, _INNER)
    top = MARGIN + HEADING + 6 + _LINE * len(about) + 12
    page = Page(figure, WIDTH, top + sum(map(_height, found)) + MARGIN - 14)
    page.heading("Does the explanation look at the network?" if title is None else title)
    page.lines(MARGIN, MARGIN + HEADING + 6, about)
    for one in found:
        page.rule(top - 6, MARGIN, MARGIN + _INNER)
        _draw_row(page, one, top)
        top += _height(one)
    return page.done()


def _names(found: Trust) -> list[list[str]]:
    """Return the heads of a row's columns, each in lines."""
    texts = [_looked_at(found.real), "the network"]
    texts += [f"random: {stage_text(stage, found)}" for stage in found.stages]
    return [_text.wrap(_text.plain(text), SMALL, _TILE, 3) for text in texts]


def _height(found: Trust) -> float:
    lines = max(map(len, _names(found)))
    return _HEAD + 8 + _SMALL_LINE * lines + _tall(found) + 2 * _LINE + _SMALL_LINE + 18


def _tall(found: Trust) -> float:
    real = found.real
    if isinstance(real, Attribution):
        return fitted(real.picture.shape, _TILE, _TILE)[1]
    return fitted(real.picture.shape, _TILE, _TILE)[1] if isinstance(real, Excited) else _TILE


def _draw_row(page: Page, found: Trust, top: float) -> None:
    verdict = _text.plain(f"{_text.sentence(found.method)}: {found.verdict}")
    verdict = verdict.replace(" x ", f" {_text.TIMES} ")
    color = INK if found.passed else ALARM
    page.text(MARGIN, top + _HEAD, _text.fit(verdict, _HEAD, _INNER), size=_HEAD, color=color)
    names = _names(found)
    lines = max(map(len, names))
    top += _HEAD + 8
    for i, name in enumerate(names):
        x = MARGIN + i * (_TILE + _BETWEEN)
        for k, line in enumerate(name):
            baseline = top + SMALL + (lines - len(name) + k) * _SMALL_LINE
            page.text(x, baseline, line, size=SMALL, color=SOFT)
    top += lines * _SMALL_LINE + 3
    shown: list[Any] = [None, found.real, *(stage.example for stage in found.stages)]
    for i, one in enumerate(shown):
        x = MARGIN + i * (_TILE + _BETWEEN)
        if one is None:
            _draw_looked_at(found.real, page, x, top)
            continue
        _draw(one, page, x, top)
        if i > 1:
            stage = found.stages[i - 2]
            nothing = found.compares_nothing(stage)
            _write_likeness(page, stage, nothing, x, top + _tall(found) + 4 + _LINE)


def _write_likeness(page: Page, stage: TrustStage, nothing: bool, x: float, top: float) -> None:
    text = "no likeness" if nothing else f"likeness {printed(f'{stage.median:.2f}')}"
    page.text(x, top + BODY, text, color=SOFT if nothing else INK)
    parts = []
    if stage.sizes != stage.likeness and not nothing:
        parts.append(f"of sizes {printed(f'{stage.sizes[stage.middle]:.2f}')}")
    if stage.flats and len(stage.flat) > 1:
        parts.append(printed(stage.flat_text))
    color = SOFT if stage.is_test else ALARM
    text = _text.fit(_text.DOT.join(parts), SMALL, _TILE + _BETWEEN - 2)
    page.text(x, top + BODY + _SMALL_LINE + 1, text, size=SMALL, color=color)


@singledispatch
def _draw(one: Any, page: Page, x: float, y: float) -> None:
    """Draw an explanation in a tile, and its own colour bar below."""
    raise ConfigError(f"plot_trust cannot draw what the method returns: {short(one)}")


@_draw.register
def _(one: Attribution, page: Page, x: float, y: float) -> None:
    wide, tall = fitted(one.picture.shape, _TILE, _TILE)
    draw_values(page, one, (x, y, wide, tall))
    known = facts(one.map)
    _write_strip(page, (known.low, known.high), scale_of(one.map), x, y + tall + 4 + SMALL)


@_draw.register
def _(one: Excited, page: Page, x: float, y: float) -> None:
    draw_picture(page, one.picture[0], x, y, *fitted(one.picture.shape, _TILE, _TILE))


@_draw.register
def _(one: Patches, page: Page, x: float, y: float) -> None:
    side = (_TILE - 2 * 3) / _MOSAIC
    for i, patch in enumerate(one.patches[: _MOSAIC**2]):
        row, column = divmod(i, _MOSAIC)
        draw_patch(page, one, patch, (x + column * (side + 3), y + row * (side + 3), side, side))


def _write_strip(
    page: Page, ends: tuple[float, float], scale: Scale, x: float, baseline: float
) -> None:
    """Set a map's own colour bar between the ends of its range; of a flat map, say so."""
    low, high = (printed(number_text(end)) for end in ends)
    if not ends[0] < ends[1]:
        page.text(x, baseline, f"flat: all {low}", size=SMALL, color=SOFT)
        return
    left, right = _text.width(low, SMALL) + 3, _text.width(high, SMALL) + 3
    page.text(x, baseline, low, size=SMALL, color=SOFT)
    page.text(x + _TILE, baseline, high, size=SMALL, color=SOFT, align="right")
    page.strip(*ends, scale, x + left, baseline - 5, _TILE - left - right, 5)


@singledispatch
def _looked_at(one: Any) -> str:
    """Return what was looked at, in words."""
    return "the picture"


@_looked_at.register
def _(one: Excited) -> str:
    return "what it begins with"


@_looked_at.register
def _(one: Patches) -> str:
    return f"of {len(one.peaks):,} pictures"


@singledispatch
def _draw_looked_at(one: Any, page: Page, x: float, y: float) -> None:
    """Draw what was looked at."""
    draw_picture(page, one.picture, x, y, *fitted(one.picture.shape, _TILE, _TILE))


@_draw_looked_at.register
def _(one: Excited, page: Page, x: float, y: float) -> None:
    draw_picture(page, one.start[0], x, y, *fitted(one.start.shape, _TILE, _TILE))


@_draw_looked_at.register
def _(one: Patches, page: Page, x: float, y: float) -> None:
    """Of a whole data set there is nothing to draw."""
