"""Many maps, kernels or pictures on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, ShapeError
from minicnn.explain.border_truth import percent
from minicnn.kernels import as_kernels
from minicnn.layers import Conv2D
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array, flag, integer
from minicnn.trace import Step, Trace
from minicnn.viz import _layers, _text, _words
from minicnn.viz._bars import bars_grid
from minicnn.viz._grid import Grid, sheet
from minicnn.viz._kernel_numbers import numbers_for
from minicnn.viz._page import check_figure
from minicnn.viz._style import check_scale
from minicnn.viz._subject import Maps, batch_of, chosen_step, maps_of, seen_along
from minicnn.viz._tiles import kernel_tile, map_tile, picture_tile
from minicnn.viz._values import facts

_TALL_BARS, _FIXED = 120.0, "A fixed scale."
_EACH_ITS_OWN = "Each kernel has colours of its own: the number furthest from 0 has the strongest."


def plot_feature_maps(
    what: Any,
    *,
    step: str | int | None = None,
    sample: int = 0,
    names: Sequence[str] | None = None,
    scale: Any = "step",
    max_maps: int = 64,
    columns: int | None = None,
    border: bool = False,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot the feature maps of one step, side by side, on a scale that the figure states.

    Plain numbers, (N, F), and maps of one value are all shown, as bars.

    Parameters
    ----------
    what : Trace, Step, or array (N, C, H, W)
        What ``model.trace(x)`` returns, or any maps.
    step : str or int, optional
        Which step of a trace; by default the last.
    sample : int
        Which picture of the batch.
    names : sequence of str, optional
        One for each map. By default the names of the kernels that made them, as far as they are
        known, or "channel 0", ...
    scale : "step", "map", number or (low, high)
        One scale for all maps of the step; for each its own, with its own colour bar; or a fixed
        one, see `scale_of`. Values beyond a fixed scale are counted on the figure.
    max_maps : int
        Show the first so many; the figure says "64 of 96 shown".
    columns : int, optional
        Maps in a row. By default what fills the page best, or, behind kernels that look at each
        channel by itself, a row for each channel.
    border : bool
        Hatch what has seen padding, of a trace: see `minicnn.explain.border_truth`.
    title : str, optional
        By default the step's name. Taken literally.
    figure : matplotlib Figure, optional
        One to draw on: it is cleared and resized, and no pyplot is imported. `new_figure` makes
        one. By default a new pyplot figure, which a notebook shows once.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError, ShapeError, DTypeError
        For arguments that can never work.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sequential, images, viz
    >>> model = Sequential(Conv2D.from_kernels(["sobel_x", "sobel_y"]), ReLU())
    >>> trace = model.trace(images.disc(20))
    >>> figure = plot_feature_maps(trace, figure=viz.new_figure())
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['Output of relu', 'Step 1 (relu): what is below 0 becomes 0 \u00b7 2 maps of 18 \u00d7 18']
    """
    check_figure(figure)
    _text.checked("title", title)
    check_scale(scale)
    integer("max_maps", max_maps, least=1)
    found, position, known_names = chosen_step(what, step, "plot_feature_maps")
    array = (
        batch_of(found.output, "plot_feature_maps", "output")
        if found
        else image_batch(what, "plot_feature_maps", "what")
    )
    zero = _layers.word_for_zero(found.layer) if found else "flat"
    maps = maps_of(
        array,
        sample,
        known_names if names is None else names,
        zero,
        "plot_feature_maps",
    )
    heading = f"Output of {found.name}" if found else "Feature maps"
    about = [_step_text(found, position, what)] if found else []
    size = f"{_text.count(len(maps), 'map')} of {_text.by(maps.values.shape[1:])}"
    about.append(_text.count(len(maps), "number") if maps.are_numbers else size)
    if len(array) > 1:
        about.append(f"picture {sample} of {len(array)}")
    if maps.are_numbers:
        return sheet(
            figure,
            bars_grid(maps, scale, _TALL_BARS),
            heading if title is None else title,
            _text.DOT.join(about),
            bar=None,
            scale_text="" if isinstance(scale, str) else _FIXED,
        )
    shown = min(len(maps), max_maps)
    if shown < len(maps):
        about.append(f"{shown} of {len(maps)} shown")
    seen = seen_along(what, "plot_feature_maps")[position] if flag("border", border) else None
    if seen is not None:
        about.append(f"hatched: what has seen padding, {percent(seen.fraction)}")

    per_map = isinstance(scale, str) and scale == "map"
    common = None if per_map else maps.scale(scale)
    scales = [maps.own_scale(i) if common is None else common for i in range(shown)]
    tiles = [
        map_tile(maps, i, scales[i], strip=per_map, seen=None if seen is None else seen.mask[i])
        for i in range(shown)
    ]
    shape = maps.values.shape[1:]
    grid = None
    if columns is None and found:
        steps = what if isinstance(what, Trace) else [found]
        stacked = _layers.stacks_along(steps)[position]
        grid = Grid.stack(tiles, shape, stacked, strip=per_map)
    grid = grid or Grid.arrange(tiles, shape, columns=columns, strip=per_map)
    blank = all(f.blank for f in maps.facts)
    return sheet(
        figure,
        grid,
        heading if title is None else title,
        _text.DOT.join(about),
        bar=None if common is None or blank else common,
        scale_text=_scale_text(maps, scale, blank),
    )


def plot_kernels(
    what: Any,
    *,
    scale: Any = None,
    numbers: bool = True,
    max_kernels: int = 64,
    columns: int | None = None,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot kernels, their numbers in their cells where they fit.

    Parameters
    ----------
    what : Conv2D, Step, Kernel, name, matrix, weight (O, C, KH, KW), or several kernels
        A layer's own weight, or anything that `minicnn.kernels.as_kernels` reads.
    scale : "step", "map", number, (low, high), optional
        One scale for all, for each its own, or a fixed one. By default each its own for kernels
        made by hand, whose sizes have nothing to do with each other, and one for a weight.
    numbers : bool
        Whether to write the numbers.
    max_kernels, columns, title, figure
        As for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import viz
    >>> figure = plot_kernels(["sobel_x", "sobel_y"], figure=viz.new_figure())
    >>> [text.get_text() for text in figure.axes[0].texts][0]
    '2 kernels'
    """
    check_figure(figure)
    _text.checked("title", title)
    if scale is not None:
        check_scale(scale)
    integer("max_kernels", max_kernels, least=1)
    values, names, note, by_hand = _kernels(what)
    scale = ("map" if by_hand else "step") if scale is None else scale
    total = len(values)
    shown = min(total, max_kernels)
    everything = np.concatenate([v.ravel() for v in values])
    maps = Maps(everything[None, None], ("",), (facts(everything),))
    per_kernel = isinstance(scale, str) and scale == "map"
    common = maps.scale(scale)
    written = None if by_hand else cache(partial(numbers_for, values[:shown]))
    tiles = []
    for kernel, name in list(zip(values, names, strict=True))[:shown]:
        own = Maps(kernel[None], (name,), (facts(kernel),))
        chosen = own.scale("map") if per_kernel else common
        tiles.append(kernel_tile(kernel, name, chosen, numbers=numbers, written=written))
    shape = max(v.shape[0] for v in values), max(v.shape[1] for v in values)
    largest = 26.0 * max(shape) if max(shape) > 3 else 100.0
    grid = Grid.arrange(tiles, shape, columns=columns, tallest=largest, widest=largest)
    grid = replace(grid, tiles=tuple(tile.settled(grid.tile) for tile in grid.tiles))
    about = [note] if note else []
    if shown < total:
        about.append(f"{shown} of {total} shown")
    return sheet(
        figure,
        grid,
        title if title is not None else _text.count(total, "kernel"),
        _text.DOT.join(about),
        bar=None if per_kernel else common,
        scale_text=_EACH_ITS_OWN if per_kernel else _text.one_scale("kernel", total),
    )


def plot_images(
    pictures: Any,
    *,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot pictures, grey or RGB, as what they show: 0 is black and 1 is white.

    What lies beyond 0 and 1 is clipped, as a screen would, and the caption says how much.

    Parameters
    ----------
    pictures : array (N, C, H, W), or a sequence of arrays (H, W), (C, H, W) or (1, C, H, W)
        C is 1 (grey) or 3 (red, green, blue).
    titles : sequence of str, optional
        One for each picture.
    columns, title, figure
        As for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import images, viz
    >>> figure = plot_images([images.disc(20), images.test_card()], titles=["disc", "card"],
    ...                      figure=viz.new_figure())
    >>> len(figure.axes[0].images)
    2
    """
    check_figure(figure)
    _text.checked("title", title)
    found = _pictures(pictures)
    is_list = isinstance(titles, list | tuple)
    if titles is not None and not (is_list and len(titles) == len(found)):
        raise ConfigError(f"titles must have one text for each of the {len(found)} pictures")
    given = [None] * len(found) if titles is None else list(titles)
    labels = [_text.plain(_text.checked("titles", text) or "") for text in given]
    tiles = [picture_tile(p, label) for p, label in zip(found, labels, strict=True)]
    aspect = max(p.shape[1] / p.shape[2] for p in found)
    widest = max(p.shape[2] for p in found)
    grid = Grid.arrange(tiles, (max(1, round(aspect * widest)), widest), columns=columns)
    return sheet(figure, grid, title or "", "", bar=None, scale_text="")


def _step_text(step: Step, position: int, trace: Any) -> str:
    what = _words.describe(step.layer, step.input.shape)
    return (
        f"Step {position} ({trace[position].name}): {what}"
        if position >= 0
        else _text.sentence(what)
    )


def _scale_text(maps: Maps, scale: Any, blank: bool) -> str:
    if blank:
        return "Every value is 0."
    if isinstance(scale, str) and scale == "map":
        return "Each map has a scale of its own: the colours of two maps cannot be compared."
    if isinstance(scale, str):
        return _text.one_scale("map", len(maps))
    return _FIXED


def _pictures(pictures: Any) -> list[Array]:
    """Return each picture as (C, H, W)."""
    if isinstance(pictures, np.ndarray) and pictures.ndim == 4:
        items: list[Any] = list(pictures)
    elif isinstance(pictures, np.ndarray) and pictures.ndim < 4:
        items = [pictures]
    elif isinstance(pictures, list | tuple) and pictures:
        items = list(pictures)
    else:
        raise ConfigError(
            f"pictures must be an array (N, C, H, W) or a list of arrays, "
            f"got {type(pictures).__name__}"
        )
    found = []
    for i, item in enumerate(items):
        ndim = getattr(item, "ndim", 4)
        four = item[None, None] if ndim == 2 else item[None] if ndim == 3 else item
        batch = image_batch(four, "plot_images", f"pictures[{i}]")
        if len(batch) != 1 or batch.shape[1] not in (1, 3) or 0 in batch.shape:
            raise ShapeError(
                f"plot_images: pictures[{i}] must be one picture of 1 or 3 channels, got shape "
                f"{item.shape}.\n  plot_feature_maps shows any number of channels."
            )
        found.append(batch[0])
    return found


def _kernels(what: Any) -> tuple[list[Array], list[str], str, bool]:
    """Return kernels (KH, KW), their names, a note, and whether they are made by hand."""
    if isinstance(what, Step):
        what = what.layer
    if isinstance(what, Conv2D):
        return _of_weight(what.weight, what.names)
    if isinstance(what, np.ndarray) and what.ndim == 4:
        return _of_weight(image_batch(what, "plot_kernels", "weight"), None)
    found = as_kernels(what)
    return [k.values for k in found], [_text.plain(k.name) for k in found], "", True


def _of_weight(
    weight: Array, names: tuple[str, ...] | None
) -> tuple[list[Array], list[str], str, bool]:
    filters, channels = weight.shape[:2]
    if 0 in weight.shape:
        raise ShapeError(f"plot_kernels: there is nothing to draw.\n  weight = {weight.shape}")
    own = [_text.plain(n) for n in names] if names else [f"filter {o}" for o in range(filters)]
    note = (
        f"{_text.count(filters, 'filter')} of {channels} {_text.TIMES} {_text.by(weight.shape[2:])}"
    )
    if channels == 1 or (weight == weight[:, :1]).all():
        same = f"{_text.DOT}the same for each of {channels} channels" if channels > 1 else ""
        return [w[0] for w in weight], own, note + same, names is not None
    values = [weight[o, c] for o in range(filters) for c in range(channels)]
    labels = [f"{name}, channel {c}" for name in own for c in range(channels)]
    return values, labels, note, False
