"""Border truth as a picture: at every step, what has seen padding, hatched, and how much of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError
from minicnn.explain.border_truth import BorderStep, border_truth, percent
from minicnn.explain.ledger_recording import Recording, recorded
from minicnn.shapes import integer
from minicnn.viz import _text
from minicnn.viz._field_parts import strongest_channel
from minicnn.viz._grid import Grid, Tile, sheet
from minicnn.viz._ledger_parts import fitted
from minicnn.viz._page import GAP, MARGIN, WIDTH, Page, check_figure
from minicnn.viz._sets import draw_seen
from minicnn.viz._style import Scale, scale_of
from minicnn.viz._values import facts
from minicnn.viz.maps import range_text

SHARE = Scale(0.0, 1.0, signed=False)
"""The colours of a share of padding: 0 is none, 1 is all."""

_IN_A_ROW, _TILE, _BETWEEN = 4, 146.0, 6.0


def plot_border_truth(
    model: Any,
    x: Any,
    *,
    sample: int = 0,
    max_steps: int = 12,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot what every step of a network has seen of padding.

    For each step two maps: above, which share of a value's weight is padding; below, the map
    itself, everything that has seen padding hatched. See `minicnn.explain.border_truth`.

    Parameters
    ----------
    model : Layer or Trace
        The network; or what ``model.trace(x)`` returned (x is then None).
    x : array (N, C, H, W) or None
        The pictures.
    sample : int
        Which picture of the batch.
    max_steps : int
        Show the last so many; the figure says "12 of 40 steps shown".
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, as for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential, images, viz
    >>> model = Sequential(Conv2D(1, 2, 3, padding=1, rng=0), Conv2D(2, 1, 3, padding=1, rng=1))
    >>> figure = plot_border_truth(model, images.disc(20), figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    '36 % of conv2d_2 has seen padding'
    """
    check_figure(figure)
    _text.checked("title", title)
    integer("max_steps", max_steps, least=1)
    recording = Recording(recorded(model, x))
    sample = recording.find_sample(sample)
    steps = border_truth(recording.trace).steps
    if not steps:
        raise ConfigError("plot_border_truth: this model has no steps, so nothing sees padding")
    shown = steps[-max_steps:]
    tiles = [_tile(recording, sample, step) for step in shown]
    rows = -(-len(tiles) // _IN_A_ROW)
    columns = -(-len(tiles) // rows)
    shape = max((step.mask.shape[1:] for step in shown), key=lambda size: size[0] * size[1])
    widest = min((WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns, _TILE)
    grid = Grid.arrange(tiles, shape, columns=columns, strip=True, widest=widest, tallest=_TILE)
    with_shares = (
        replace(tile, above=_share(recording, sample, step, grid.tile))
        for tile, step in zip(tiles, shown, strict=True)
    )
    grid = replace(grid, tiles=tuple(with_shares), above=grid.tile[1] + _BETWEEN)
    last = steps[-1]
    about = [
        "Above, the share of padding in each value's weight; below, the step's strongest map, "
        "what has seen padding hatched"
    ]
    if len(shown) < len(steps):
        about.append(f"the last {len(shown)} of {len(steps)} steps shown")
    return sheet(
        figure,
        grid,
        f"{percent(last.fraction)} of {last.step} has seen padding" if title is None else title,
        _text.DOT.join(about),
        bar=SHARE,
        scale_text="Share of padding, one scale for all; each map has its step's own scale.",
    )


def _tile(recording: Recording, sample: int, step: BorderStep) -> Tile:
    channel = _channel(recording, sample, step)
    maps = recording.maps(step.position, sample)
    values, mask = maps[channel], step.mask[channel]
    known, scale = facts(values), scale_of(maps)

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        wide, high = fitted(values.shape, width, height)
        page.map(values, scale, x, y, wide, high, known)
        draw_seen(page, mask, (x, y, wide, high))

    said = f"{percent(step.fraction)} seen, {percent(step.weight)} of the weight"
    return Tile(
        draw,
        _text.plain(f"{step.step} {recording.map_name(step.position, channel)}"),
        range_text(known),
        said,
        (known.low, known.high, scale) if known.low < known.high else None,
        shape=values.shape,
    )


def _share(
    recording: Recording, sample: int, step: BorderStep, size: tuple[float, float]
) -> Callable[[Page, float, float, float, float], None]:
    """Return what draws the share of padding in the map that is drawn below."""
    share = step.share[_channel(recording, sample, step)]
    wide, high = fitted(share.shape, *size)

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        page.map(share, SHARE, x, y + height - _BETWEEN - high, wide, high, None)

    return draw


def _channel(recording: Recording, sample: int, step: BorderStep) -> int:
    everything = np.ones(step.mask.shape, bool)
    return strongest_channel(recording.maps(step.position, sample), everything)
