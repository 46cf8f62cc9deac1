"""Why a weight is about to change: what came in, what came back, and how the two pull at it."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, UnsupportedError, short
from minicnn.explain.gradient_record import GradientLedger
from minicnn.explain.gradient_terms import Terms
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import ALARM, INK, SOFT, number_text, printed, scale_of
from minicnn.viz._subject import sample_index
from minicnn.viz._values import facts

_INNER = WIDTH - 2 * MARGIN
_LINE = BODY * _text.LINE
_SIGN, _TALLEST, _PICTURES, _BELOW = 26.0, 200.0, 8, 44.0
_UP, _DOWN = "#3a5b92", "#c79a2c"  # as the maps draw what is below 0, and above


def plot_gradient(
    ledger: GradientLedger,
    *,
    picture: int | None = None,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot the gradient of one weight, as `minicnn.explain.gradient` tells it.

    At the top, for one picture and every place: what came in, times what came back, is the pull
    at the weight. Below, each picture's pull, and their sum, which is the gradient.

    Parameters
    ----------
    ledger : GradientLedger
    picture : int, optional
        Which of the batch; the one that pulls hardest by default.
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, see `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    UnsupportedError
        For a weight whose gradient is not opened into terms.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> conv = Conv2D.from_kernels("sobel_x")
    >>> x = images.disc(20)
    >>> story = explain.gradient(conv, x, 0 * conv(x), "conv2d", (0, 0, 1, 2))
    >>> figure = plot_gradient(story, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'conv2d.weight[0, 0, 1, 2]'
    """
    check_figure(figure)
    _text.checked("title", title)
    if not isinstance(ledger, GradientLedger):
        raise ConfigError(f"plot_gradient takes what explain.gradient returns, got {short(ledger)}")
    terms = ledger.terms
    if terms is None:
        raise UnsupportedError(
            f"the gradient of {ledger.name} is not a sum of products that could be drawn"
        )
    pulls = terms.products.reshape(len(terms.came_in), -1).sum(axis=1)
    one = int(np.argmax(np.abs(pulls))) if picture is None else picture
    sample_index(one, len(pulls))

    top = MARGIN + HEADING + 8 + 2 * _LINE + 22
    tiles = _tiles(terms, one) if terms.came_in.ndim == 3 else []
    width = (_INNER - 2 * _SIGN) / 3
    tall = 0.0
    if tiles:
        rows, columns = tiles[0][1].shape
        tall = min(width * rows / columns, _TALLEST)
    below = top + (tall + _BELOW if tiles else 0)
    shown = min(len(pulls), _PICTURES)
    rows = shown + (len(pulls) > shown) + 1
    page = Page(figure, WIDTH, below + 4 + rows * (_LINE + 4) + MARGIN)
    page.heading(ledger.name if title is None else title)
    color = ALARM if ledger.check is not None and not ledger.check.agrees else SOFT
    page.lines(MARGIN, MARGIN + HEADING + 10, _story(ledger), color=color)
    for i, (name, values) in enumerate(tiles):
        x = MARGIN + i * (width + _SIGN)
        _draw_tile(page, name, values, x, top, width, tall)
        if i:
            sign = _text.TIMES if i == 1 else "="
            page.text(x - _SIGN / 2, top + tall / 2 + 5, sign, size=HEADING, align="center")
    _draw_pulls(page, terms, one, ledger.value, below)
    return page.done()


def _tiles(terms: Terms, picture: int) -> list[tuple[str, Array]]:
    return [
        (f"came in: {terms.what_came_in}", terms.came_in[picture]),
        (f"came back: slope by {terms.what_came_back}", terms.came_back[picture]),
        (f"the pull of picture {picture}", terms.products[picture]),
    ]


def _story(ledger: GradientLedger) -> list[str]:
    loss = "" if ledger.loss is None else f"The loss is {number_text(ledger.loss)}. "
    where = {"up": "moves it up", "down": "moves it down", "nowhere": "leaves it where it is"}
    text = (
        f"{loss}The weight is {number_text(ledger.weight)}; the slope of the loss by it is "
        f"{number_text(ledger.value)}, so learning {where[ledger.direction]}."
    )
    if ledger.terms is not None and ledger.check is not None:
        pulls = _text.count(ledger.terms.came_in.size, "pull")
        same = "the same" if ledger.check.agrees else f"not the same: {ledger.check.ledger:.9g}"
        text += f" Added up, {pulls} are {same}, as far as rounding lets them."
    return _text.wrap(printed(text), BODY, _INNER, 2)


def _draw_tile(
    page: Page, name: str, values: Array, x: float, y: float, width: float, tall: float
) -> None:
    rows, columns = values.shape
    point = min(width / columns, tall / rows)
    w, h = point * columns, point * rows
    page.text(x, y - 5, _text.fit(name, SMALL, width), size=SMALL)
    scale = scale_of(values)
    page.map(values, scale, x, y, w, h, facts(values))
    page.bar(scale, x, y + tall + 6, w)


def _draw_pulls(page: Page, terms: Terms, chosen: int, total: float, y: float) -> None:
    """Draw a bar for each picture, the hardest pull first, and one for what they add up to."""
    pulls = terms.products.reshape(len(terms.came_in), -1).sum(axis=1)
    order = np.argsort(-np.abs(pulls), kind="stable")[:_PICTURES].tolist()
    rows = [(f"picture {n}", float(pulls[n])) for n in order]
    rest = float(pulls.sum() - pulls[order].sum())
    if len(pulls) > len(order):
        rows.append((f"the other {len(pulls) - len(order):,}", rest))
    rows.append(("the gradient", total))
    finite = [abs(value) for _, value in rows if np.isfinite(value)]
    reach = max(finite, default=0.0) or 1.0
    middle, half = MARGIN + _INNER / 2, _INNER / 2 - 150
    page.text(middle - 6, y, "pull it up", size=SMALL, color=SOFT, align="right")
    page.text(middle + 6, y, "pull it down", size=SMALL, color=SOFT)
    for i, (name, value) in enumerate(rows):
        line = y + 8 + i * (_LINE + 4)
        is_total = i == len(rows) - 1
        if is_total:
            page.rule(line + 1, MARGIN, MARGIN + _INNER)
        color = INK if is_total or name == f"picture {chosen}" else SOFT
        page.text(MARGIN, line + _LINE, name, color=color)
        length = half * value / reach if np.isfinite(value) else 0.0
        page.axes.barh(
            line + _LINE / 2 + 4,
            length,
            height=8,
            left=middle,
            color=_DOWN if value > 0 else _UP,
            clip_on=False,
        )
        text = printed(number_text(value))
        if terms.came_in.ndim == 1 and i < len(order):
            factors = (number_text(one[order[i]]) for one in (terms.came_in, terms.came_back))
            text = f"{printed(f' {_text.TIMES} '.join(factors))} = {text}"
        page.text(MARGIN + _INNER, line + _LINE, text, color=color, align="right")
