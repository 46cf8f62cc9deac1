"""A storyboard: the input, every step, every map, and the kernels that made them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from matplotlib.figure import Figure

from minicnn.errors import ConfigError, DTypeError
from minicnn.explain.border_truth import BorderStep, percent
from minicnn.explain.doctor import diagnose
from minicnn.explain.doctor_findings import Diagnosis
from minicnn.explain.field_links import flat
from minicnn.explain.naming import names_along
from minicnn.layers import PICTURE, Layer
from minicnn.shapes import flag, integer
from minicnn.trace import Step, Trace
from minicnn.viz import _layers, _text, _words
from minicnn.viz._bars import bars_grid
from minicnn.viz._grid import Grid
from minicnn.viz._kernels_above import WIDEST, Kernels
from minicnn.viz._marks import marked, notes_of
from minicnn.viz._page import check_figure
from minicnn.viz._storyboard import INNER, NARROW, Block, draw, pack
from minicnn.viz._style import check_scale, number_text, printed
from minicnn.viz._subject import Maps, batch_of, maps_of, seen_along
from minicnn.viz._tiles import map_tile, picture_tile

_COLUMNS, _TALLEST, _BARS = 8, 150.0, 56.0


def plot_pipeline(
    trace: Trace,
    *,
    sample: int = 0,
    scale: Any = "step",
    max_maps: int = 8,
    border: bool = False,
    marks: bool = True,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot a model at work as a storyboard: the input, then every step with its maps.

    Above each map of a convolution stands the kernel that made it. A picture (one or three
    channels, from 0 to 1) is shown as what it shows, until a layer makes something else of it.

    Parameters
    ----------
    trace : Trace
        What ``model.trace(x)`` returns.
    sample : int
        Which picture of the batch.
    scale : "step", "map", number or (low, high)
        As for `plot_feature_maps`.
    max_maps : int
        Show the first so many of each step; the figure says "8 of 64 shown".
    border : bool
        Hatch what has seen padding; each step says how much of it has.
    title, figure
        As for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import Conv2D, Pad, Sequential, images, viz
    >>> model = Sequential(Pad(1), Conv2D.from_kernels("sobel"))
    >>> figure = plot_pipeline(model.trace(images.disc(20)), figure=viz.new_figure())
    >>> [text.get_text() for text in figure.axes[0].texts if text.get_fontsize() == 10]
    ['Input', '0  pad', '1  conv2d']
    """
    check_figure(figure)
    _text.checked("title", title)
    check_scale(scale)
    integer("max_maps", max_maps, least=1)
    _check_trace(trace)
    seen = seen_along(trace, "plot_pipeline") if flag("border", border) else None
    diagnosis = diagnose(trace) if flag("marks", marks) else None
    blocks = list(_blocks(trace, sample, scale, max_maps, seen, diagnosis))
    head = "From picture to feature maps" if title is None else title
    return draw(figure, pack(blocks), head, notes_of(diagnosis))


def _blocks(
    trace: Trace, sample: int, scale: Any, max_maps: int, seen: Any, diagnosis: Diagnosis | None
) -> Any:
    first = maps_of(batch_of(trace.input, "plot_pipeline", "input"), sample, None)
    pictures = {PICTURE: _looks_like_picture(first)}
    batch = f"picture {sample} of {len(trace.input)}" if len(trace.input) > 1 else ""
    size = _text.by(first.values.shape)
    mark = partial(marked, diagnosis=diagnosis, position=PICTURE)
    about = [size, batch]
    yield _block("Input", about, first, pictures[PICTURE], scale, max_maps, None, mark=mark)
    known = zip(trace, names_along(trace), _layers.stacks_along(trace), strict=True)
    for number, (step, names, stacked) in enumerate(known):
        output = batch_of(step.output, "plot_pipeline", "output")
        maps = maps_of(output, sample, names, _layers.word_for_zero(step.layer))
        was_picture = all(pictures[source] for source in step.sources)
        is_picture = was_picture and _layers.keeps_picture(step.layer) and _looks_like_picture(maps)
        pictures[number] = is_picture
        about = [
            _words.origins(step.sources, number),
            _text.sentence(_words.describe(step.layer, step.input.shape)),
            _words.shapes(step),
            _layers.left_over(step.layer, step.input.shape),
        ]
        name = f"{number}  {step.name}"
        own = None if seen is None else seen[number]
        if own is not None and own.fraction:
            about.append(f"{percent(own.fraction)} has seen padding")
        mark = partial(marked, diagnosis=diagnosis, position=number)
        block = _block(name, about, maps, is_picture, scale, max_maps, step, stacked, own, mark)
        yield replace(block, origins=tuple(source + 1 for source in step.sources))


def _block(
    name: str,
    about: Sequence[str],
    maps: Maps,
    is_picture: bool,
    scale: Any,
    max_maps: int,
    step: Step | None,
    stacked: int | None = None,
    seen: BorderStep | None = None,
    mark: Any = None,
) -> Block:
    shape = maps.values.shape[1:]
    parts = [part for part in about if part]
    if is_picture:
        kind = "red, green, blue" if len(maps) == 3 else "grey"
        low, high = (printed(number_text(v)) for v in (maps.low, maps.high))
        around = None if seen is None else flat(seen.mask)
        tile = mark(picture_tile(maps.values, kind, f"{low} to {high}", seen=around), channel=0)
        grid = Grid.arrange([tile], shape, columns=1, widest=NARROW, tallest=_TALLEST)
        return Block(_text.plain(name), tuple(parts), None, "", grid)
    if maps.are_numbers:
        words = "" if isinstance(scale, str) else "A fixed scale."
        return Block(_text.plain(name), tuple(parts), None, words, bars_grid(maps, scale, _BARS))
    shown = min(len(maps), max_maps)
    per_map = isinstance(scale, str) and scale == "map"
    common = None if per_map else maps.scale(scale)
    weight = _layers.kernels_of(step.layer) if step else None
    by_hand = step is not None and getattr(step.layer, "names", None) is not None
    kernels = None if weight is None else Kernels(weight, by_hand, shown)
    plain = (
        map_tile(
            maps,
            i,
            maps.own_scale(i) if common is None else common,
            strip=per_map,
            above=kernels.drawing(i) if kernels else None,
            seen=None if seen is None else seen.mask[i],
        )
        for i in range(shown)
    )
    tiles = [mark(tile, channel=i) for i, tile in enumerate(plain)]
    look: dict[str, Any] = {"strip": per_map, "widest": WIDEST, "tallest": _TALLEST}
    grids = (
        Grid.arrange(tiles, shape, columns=c, **look) for c in range(min(shown, _COLUMNS), 0, -1)
    )
    grid = Grid.stack(tiles, shape, stacked, **look) or next(
        g for g in grids if g.width <= INNER or g.columns == 1
    )
    if kernels:
        above = kernels.cell(grid.pitch) * kernels.weight.shape[2] + 5
        grid = replace(grid, above=above)
    if shown < len(maps):
        parts.append(f"{shown} of {len(maps)} maps shown")
    if kernels:
        parts.append(kernels.note(grid.pitch))
    blank = all(f.blank for f in maps.facts)
    words = _scale_words(len(maps), scale, blank)
    return Block(_text.plain(name), tuple(parts), None if blank else common, words, grid)


def _looks_like_picture(maps: Maps) -> bool:
    inside = all(f.bad == 0 for f in maps.facts) and maps.low >= 0 and maps.high <= 1
    return len(maps) in (1, 3) and inside and maps.values.size > len(maps)


def _scale_words(count: int, scale: Any, blank: bool) -> str:
    if blank:
        return "Every value is 0."
    if isinstance(scale, str) and count == 1:
        return "Its own scale."
    if isinstance(scale, str) and scale == "map":
        return "Each map has a scale of its own."
    if isinstance(scale, str):
        return _text.one_scale("map", count)
    return "A fixed scale."


def _check_trace(trace: Any) -> None:
    if isinstance(trace, Layer):
        raise DTypeError(
            "plot_pipeline takes what a model did, not the model.\n"
            "  Pass model.trace(x), for a picture x."
        )
    if not isinstance(trace, Trace):
        raise ConfigError(
            f"plot_pipeline takes a Trace, got {type(trace).__name__}.\n"
            f"  model.trace(x) makes one; plot_feature_maps takes an array."
        )
