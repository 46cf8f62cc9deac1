"""Pictures that were made to excite an output: the start, the result, and the way uphill."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from minicnn.errors import ConfigError, short
from minicnn.explain.excite import Excited
from minicnn.viz import _text
from minicnn.viz._ledger_parts import fitted
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import INK, SOFT, number_text, printed
from minicnn.viz._subject import checked_names
from minicnn.viz.attribution import draw_picture

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE, _HEAD = BODY * _text.LINE, SMALL * _text.LINE, 9.5
_FEW, _LARGE, _SMALLER, _BETWEEN, _APART = 2, 170.0, 96.0, 14.0, 18.0
_ABOUT = (
    "Left, the grey noise that it begins with; then what going uphill made of it; right, the "
    "answer at each step, from its least to its largest. Pixels from 0 (black) to 1 (white). No "
    "photograph is like that: it says what the output listens to, not what things look like."
)


def plot_excited(
    *found: Excited,
    names: Sequence[str] | None = None,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot pictures that were made for outputs: start, result, and the answer along the way.

    Parameters
    ----------
    *found : Excited
        What `minicnn.explain.maximise` returns.
    names : sequence of str, optional
        What to call each; by default "output [3]".
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
        For what is not Excited, and for names that do not fit.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, viz
    >>> found = explain.maximise(Conv2D.from_kernels("sobel_x"), 0, (1, 1, 9, 9))
    >>> figure = plot_excited(found, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'Pictures made for an answer'
    """
    check_figure(figure)
    _text.checked("title", title)
    for one in found or (None,):
        if not isinstance(one, Excited):
            raise ConfigError(
                f"plot_excited takes what explain.maximise returns, got {short(one)}.\n"
                f"  Several stand one by one: plot_excited(a, b)."
            )
    labels = checked_names(names, len(found)) or tuple(
        f"output [{', '.join(map(str, one.target))}]" for one in found
    )
    tile = _LARGE if len(found) <= _FEW else _SMALLER
    about = _text.wrap(_ABOUT, BODY, _INNER)
    top = MARGIN + HEADING + 6 + _LINE * len(about) + 10
    heights = [fitted(one.picture.shape, tile, tile)[1] + _HEAD + 5 + _APART for one in found]
    page = Page(figure, WIDTH, top + sum(heights) + MARGIN - _APART + _SMALL_LINE)
    page.heading("Pictures made for an answer" if title is None else title)
    page.lines(MARGIN, MARGIN + HEADING + 6, about)
    room = 6 + max(_text.width(_said(s), SMALL) for one in found for s in one.scores)
    for one, label, height in zip(found, labels, heights, strict=True):
        _draw_row(page, one, label, (tile, room), top)
        top += height
    return page.done()


def _draw_row(
    page: Page, found: Excited, label: str, sizes: tuple[float, float], top: float
) -> None:
    """Draw one: pictures at most so large, and the curve, with so much room for numbers."""
    tile, room = sizes
    head = _text.sentence(_text.plain(label))
    page.text(MARGIN, top + _HEAD, _text.fit(head, _HEAD, _INNER), size=_HEAD)
    top += _HEAD + 5
    wide, tall = fitted(found.picture.shape, tile, tile)
    x = MARGIN
    for picture in (found.start[0], found.picture[0]):
        draw_picture(page, picture, x, top, wide, tall)
        x += tile + _BETWEEN
    _draw_curve(page, found, (x + room, top, MARGIN + _INNER - x - 2 * room, tall))


def _draw_curve(page: Page, found: Excited, box: tuple[float, float, float, float]) -> None:
    """Draw the answer over the steps, its ends in numbers."""
    x, y, width, height = box
    scores = np.array(found.scores)
    finite = scores[np.isfinite(scores)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    room = high - low if high > low else 1.0
    steps = len(scores) - 1

    def down(score: float) -> float:
        return y + 4 + (height - 8) * (1 - (score - low) / room)

    page.frame(x, y, width, height)
    line = Line2D(
        x + width * np.arange(steps + 1) / max(1, steps),
        [down(s) if np.isfinite(s) else np.nan for s in scores],
        color=INK,
        linewidth=1.2,
        gid="answer",
    )
    line.set_clip_on(False)
    page.axes.add_artist(line)
    first, last = (float(scores[i]) for i in (0, -1))
    ends = [down(s) + 2.5 if np.isfinite(s) else y + height for s in (first, last)]
    if low < 0 < high:
        zero = down(0.0) + 2.5
        page.rule(zero - 2.5, x, x + width)
        if abs(ends[0] - zero) > SMALL:
            page.text(x - 4, zero, "0", size=SMALL, color=SOFT, align="right")
        elif abs(ends[1] - zero) > SMALL:
            page.text(x + width + 4, zero, "0", size=SMALL, color=SOFT)
    page.text(x - 4, ends[0], _said(first), size=SMALL, align="right")
    page.text(x + width + 4, ends[1], _said(last), size=SMALL)
    words = f"the answer over {_text.count(steps, 'step')}"
    page.text(x, y + height + SMALL + 3, words, size=SMALL, color=SOFT)


def _said(score: float) -> str:
    return printed(number_text(score))
