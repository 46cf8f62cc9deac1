"""The worst mistakes as a figure: what the model saw, what it is, and what it was taken for."""

from __future__ import annotations

from matplotlib.figure import Figure

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.explain.answers import NONE
from minicnn.explain.border_truth import percent
from minicnn.explain.mistakes import Mistake, Mistakes
from minicnn.viz import _text
from minicnn.viz._grid import Grid, Tile, sheet
from minicnn.viz._page import BODY, HEADING, MARGIN, Page, check_figure
from minicnn.viz._style import SOFT, number_text
from minicnn.viz._tiles import picture_tile

_TALLEST = 118.0


def plot_mistakes(
    mistakes: Mistakes,
    *,
    columns: int | None = None,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot the worst mistakes: each picture, its true class, what it was taken for, and how surely.

    Parameters
    ----------
    mistakes : Mistakes
        What `minicnn.explain.worst_mistakes` returns.
    columns, title, figure
        As for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError
        For what is not a Mistakes.
    ShapeError
        For examples that are no pictures of one or three channels.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Flatten, Sequential, explain, viz
    >>> from minicnn.train import Dataset
    >>> data = Dataset(np.array([[0.2, 0.9]]).reshape(1, 1, 1, 2), np.array([0]), ("dark", "light"))
    >>> found = explain.worst_mistakes(Sequential(Flatten()), data)
    >>> figure = plot_mistakes(found, figure=viz.new_figure())
    >>> [text.get_text() for text in figure.axes[0].texts][-2]
    'dark taken for light: 67 %'
    """
    check_figure(figure)
    _text.checked("title", title)
    if not isinstance(mistakes, Mistakes):
        raise ConfigError(
            f"plot_mistakes takes a Mistakes, got {short(mistakes)}.\n"
            f"  explain.worst_mistakes(model, data) makes one."
        )
    of = f"in {mistakes.examples:,} examples"
    head = _text.sentence(f"{mistakes.text} {of}") if title is None else title
    if not mistakes.wrong or not len(mistakes):
        return _nothing(figure, head, mistakes)
    tiles = [_tile(one) for one in mistakes]
    shape = mistakes[0].picture.shape[1:]
    grid = Grid.arrange(tiles, shape, columns=columns, tallest=_TALLEST, widest=1.6 * _TALLEST)
    shown = "all" if len(mistakes) == mistakes.wrong else _few(len(mistakes))
    order = "the worst first" if len(mistakes) > 1 else "by its loss"
    about = (
        f"{_text.sentence(shown)}, {order}. "
        f"Percent: the model's probability of what it takes the picture for; then of the truth."
    )
    return sheet(figure, grid, head, about, bar=None, scale_text="")


def _few(count: int) -> str:
    return "the worst one" if count == 1 else f"the {count} worst"


def _tile(one: Mistake) -> Tile:
    shape = one.picture.shape
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise ShapeError(
            f"plot_mistakes draws pictures of 1 or 3 channels, example {one.index} is {shape}.\n"
            f"  Printing the mistakes lists them without pictures."
        )
    label = f"{one.true} taken for {one.taken_for}: {percent(one.probability)}"
    value = f"{one.true}: {percent(one.true_probability)}"
    if one.taken_for_class == NONE:
        label, value = f"{one.true}: {one.taken_for}", ""
    loss = f"loss {number_text(one.loss)}" if one.loss == one.loss else "loss NaN"
    parts = [value, loss, f"example {one.index}"]
    return picture_tile(
        one.picture, _text.plain(label), _text.plain(_text.DOT.join(filter(None, parts)))
    )


def _nothing(figure: Figure | None, head: str, mistakes: Mistakes) -> Figure:
    """Say that there is nothing to draw."""
    page = Page(figure, 420.0, 2 * MARGIN + HEADING + 20)
    page.heading(head)
    text = "Every example is answered rightly." if not mistakes.wrong else "None of them is shown."
    page.text(MARGIN, MARGIN + HEADING + 8 + BODY, text, color=SOFT)
    return page.done()
