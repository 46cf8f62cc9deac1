"""Many maps, kernels or pictures on one page."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, ShapeError
from minicnn.kernels import as_kernels
from minicnn.layers import Conv2D
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array, Pair, integer
from minicnn.trace import Step
from minicnn.viz import _layers, _text
from minicnn.viz._page import BODY, GAP, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import ALARM, INK, SOFT, Scale, check_scale, number_text, printed
from minicnn.viz._subject import Maps, batch_of, chosen_step, maps_of
from minicnn.viz._values import block_size, facts
from minicnn.viz.maps import bad_text, kernel_texts, range_text, write_numbers

TIMES, DOT = "\N{MULTIPLICATION SIGN}", " \N{MIDDLE DOT} "
TALLEST, LOWEST = 330.0, 9.0
"""No tile is taller, or thinner, in points."""

_NARROWEST, _TARGET_HEIGHT, _BAR_SLOT = 58.0, 480.0, 30.0


def plot_feature_maps(
    what: Any,
    *,
    step: str | int | None = None,
    sample: int = 0,
    names: Sequence[str] | None = None,
    scale: Any = "step",
    max_maps: int = 64,
    columns: int | None = None,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot the feature maps of one step, side by side, on a scale that the figure states.

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
        Maps in a row.
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
    >>> from minicnn import Conv2D, ReLU, Sequential, images
    >>> model = Sequential(Conv2D.from_kernels("sobel"), ReLU())
    >>> trace = model.trace(images.disc(20))
    >>> figure = plot_feature_maps(trace, figure=new_figure())
    >>> [text.get_text() for text in figure.axes[0].texts][:2]
    ['relu', 'Step 2 of 2: what is below 0 becomes 0 \u00b7 2 maps of 18 \u00d7 18']
    """
    check_figure(figure)
    check_scale(scale)
    integer("max_maps", max_maps, least=1)
    found, position, known_names = chosen_step(what, step, "plot_feature_maps")
    array = batch_of(found.output, "plot_feature_maps", "output") if found else image_batch(
        what, "plot_feature_maps", "what"
    )
    zero = _layers.word_for_zero(found.layer) if found else "flat"
    maps = maps_of(
        array, sample, tuple(names) if _is_list(names) else names or known_names, zero,
        "plot_feature_maps",
    )
    heading = title if title is not None else found.name if found else "Feature maps"
    about = [_step_text(found, position, what)] if found else []
    about.append(f"{_count(len(maps), 'map')} of {_by(maps.values.shape[1:])}")
    if len(array) > 1:
        about.append(f"picture {sample} of {len(array)}")
    shown = min(len(maps), max_maps)
    if shown < len(maps):
        about.append(f"{shown} of {len(maps)} shown")

    per_map = isinstance(scale, str) and scale == "map"
    common = None if per_map else maps.scale(scale)
    scales = [maps.own_scale(i) if common is None else common for i in range(shown)]
    fixed = not isinstance(scale, str)
    tiles = []
    for i in range(shown):
        clipped = scales[i].clipped(maps.values[i]) if fixed else 0
        tiles.append(_map_tile(maps, i, scales[i], clipped, strip=per_map))
    grid = Grid.arrange(
        tiles, maps.values.shape[1:], columns=columns, strip=per_map
    )
    blank = all(f.blank for f in maps.facts)
    return _sheet(
        figure,
        grid,
        heading,
        DOT.join(about),
        bar=None if common is None or blank else common,
        scale_text=_scale_text(maps, scale, blank),
        shape=maps.values.shape[1:],
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
    >>> figure = plot_kernels("sobel", figure=new_figure())
    >>> [text.get_text() for text in figure.axes[0].texts][0]
    '2 kernels'
    """
    check_figure(figure)
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
    tiles = []
    for kernel, name in list(zip(values, names, strict=True))[:shown]:
        own = Maps(kernel[None], (name,), (facts(kernel),))
        chosen = own.scale("map") if per_kernel else maps.scale(scale)
        tiles.append(_kernel_tile(kernel, name, chosen, numbers))
    shape = max(v.shape[0] for v in values), max(v.shape[1] for v in values)
    largest = 26.0 * max(shape) if max(shape) > 3 else 100.0
    grid = Grid.arrange(tiles, shape, columns=columns, tallest=largest, widest=largest)
    about = [note] if note else []
    if shown < total:
        about.append(f"{shown} of {total} shown")
    return _sheet(
        figure,
        grid,
        title if title is not None else _count(total, "kernel"),
        DOT.join(about),
        bar=None if per_kernel else maps.scale(scale),
        scale_text="Each kernel has colours of its own: the number furthest from 0 has the strongest."
        if per_kernel
        else _one_scale("kernel", total),
        shape=None,
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
    >>> from minicnn import images
    >>> figure = plot_images([images.disc(20), images.test_card()], titles=["disc", "card"],
    ...                      figure=new_figure())
    >>> len(figure.axes[0].images)
    2
    """
    check_figure(figure)
    found = _pictures(pictures)
    if titles is not None and (isinstance(titles, str) or len(titles) != len(found)):
        raise ConfigError(f"titles must have one text for each of the {len(found)} pictures")
    labels = [""] * len(found) if titles is None else [_text.plain(str(t)) for t in titles]
    tiles = [_picture_tile(p, label) for p, label in zip(found, labels, strict=True)]
    aspect = max(p.shape[1] / p.shape[2] for p in found)
    widest = max(p.shape[2] for p in found)
    grid = Grid.arrange(tiles, (max(1, round(aspect * widest)), widest), columns=columns)
    return _sheet(figure, grid, title or "", "", bar=None, scale_text="", shape=None)


# ---------------------------------------------------------------------------------------- tiles


@dataclass(frozen=True)
class Tile:
    """Something to draw, and what is written below it.

    Attributes
    ----------
    draw : function
        ``draw(page, x, y, width, height)``.
    label, value, alarm : str
        The name; the range, in grey; what the reader must not miss.
    """

    draw: Callable[[Page, float, float, float, float], Any]
    label: str
    value: str = ""
    alarm: str = ""
    strip: tuple[float, float, Scale] | None = None


def _map_tile(maps: Maps, index: int, scale: Scale, clipped: int, *, strip: bool) -> Tile:
    known, values = maps.facts[index], maps.values[index]
    text = range_text(known, maps.zero)
    alarms = [bad_text(known)]
    if known.flat or (known.blank and maps.zero == "dead"):
        alarms, text = [text], ""
    if clipped:
        alarms.append(f"{_percent(clipped / known.size)} beyond the scale")
    has_strip = strip and known.low < known.high
    return Tile(
        lambda page, x, y, w, h: page.map(values, scale, x, y, w, h),
        maps.labels[index],
        text,
        ", ".join(filter(None, alarms)),
        (known.low, known.high, scale) if has_strip else None,
    )


def _kernel_tile(kernel: Array, name: str, scale: Scale, numbers: bool) -> Tile:
    rows, columns = kernel.shape

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        cell = min(width / columns, height / rows)
        draw_kernel_at(page, kernel, scale, x, y, cell, numbers=numbers)

    factor = kernel_texts(kernel)[1] if numbers else ""
    return Tile(draw, name, factor or ("" if numbers else range_text(facts(kernel))))


def draw_kernel_at(
    page: Page, kernel: Array, scale: Scale, x: float, y: float, cell: float, *, numbers: bool
) -> None:
    """Draw a kernel on a page, with its numbers if they fit."""
    rows, columns = kernel.shape
    cell = max(page.snap(cell), page.dot)
    image = page.map(kernel, scale, x, y, cell * columns, cell * rows, plain=True)
    if numbers:
        write_numbers(page.axes, kernel, image, (page.snap(x), page.snap(y)), cell, cell)


def _picture_tile(picture: Array, label: str) -> Tile:
    known = facts(picture)
    beyond = int(np.count_nonzero((picture < 0) | (picture > 1)))
    alarms = [bad_text(known)]
    if beyond:
        low, high = (printed(number_text(v)) for v in (known.low, known.high))
        alarms.append(f"{_percent(beyond / known.size)} clipped ({low} to {high})")
    rows, columns = picture.shape[1:]

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        ratio = min(width / columns, height / rows)
        page.picture(picture, x, y, columns * ratio, rows * ratio)

    return Tile(draw, label, "", ", ".join(filter(None, alarms)))


# ----------------------------------------------------------------------------------- the grid


@dataclass(frozen=True)
class Grid:
    """Tiles in rows and columns, all of one size; sizes in points."""

    tiles: tuple[Tile, ...]
    columns: int
    tile: tuple[float, float]
    pitch: float
    caption: float
    one_line: bool
    strip: bool
    stretched: bool

    @classmethod
    def arrange(
        cls,
        tiles: Sequence[Tile],
        shape: tuple[int, ...],
        *,
        columns: int | None = None,
        strip: bool = False,
        tallest: float = TALLEST,
        widest: float = WIDTH,
    ) -> Grid:
        """Choose the columns that fill a page best, if they are not given.

        The larger the tiles the better, as long as the page stays about as high as it is wide;
        empty places in the last row count against.
        """
        count = len(tiles)
        if columns is not None:
            choices = [min(integer("columns", columns, least=1), count)]
        else:
            choices = list(range(1, min(count, 12) + 1))
        grids = [cls._with(tiles, shape, c, strip, tallest, widest) for c in choices]
        fitting = [g for g in grids if g.width <= WIDTH - 2 * MARGIN + 0.01] or grids[:1]
        return max(fitting, key=lambda g: g._merit())

    @classmethod
    def _with(
        cls,
        tiles: Sequence[Tile],
        shape: tuple[int, ...],
        columns: int,
        strip: bool,
        tallest: float,
        widest: float,
    ) -> Grid:
        rows_, columns_ = shape
        room = (WIDTH - 2 * MARGIN - (columns - 1) * GAP) / columns
        width = min(room, widest)
        height = width * rows_ / columns_
        if height > tallest:
            width, height = tallest * columns_ / rows_, tallest
        stretched = min(width, height) < LOWEST
        width, height = max(width, LOWEST), max(height, LOWEST)
        texts = [max(_text.width(t.value, SMALL), _text.width(t.alarm, SMALL)) for t in tiles]
        labels = max(_text.width(t.label, BODY) for t in tiles)
        pitch = max(width, max(texts), min(labels, max(_NARROWEST, width)))
        wanted = labels + 8 + max(_text.width(t.value, SMALL) for t in tiles)
        one_line = wanted <= pitch and not strip
        has_value = any(t.value for t in tiles) and not one_line
        lines = 1 + has_value + any(t.alarm for t in tiles)
        caption = 4 + BODY * _text.LINE + (lines - 1) * SMALL * _text.LINE
        if not any(t.label or t.value or t.alarm for t in tiles):
            caption = 0.0
        return cls(
            tuple(tiles), columns, (width, height), pitch, caption, one_line, strip, stretched
        )

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return -(-len(self.tiles) // self.columns)

    @property
    def width(self) -> float:
        """The width of all columns."""
        return self.columns * self.pitch + (self.columns - 1) * GAP

    @property
    def height(self) -> float:
        """The height of all rows."""
        return self.rows * (self.tile[1] + self.caption) + (self.rows - 1) * GAP

    def _merit(self) -> float:
        area = self.tile[0] * self.tile[1]
        empty = self.rows * self.columns - len(self.tiles)
        fullness = 1 - 0.6 * empty / (self.rows * self.columns)
        over = max(0.0, self.height / _TARGET_HEIGHT - 1)
        return math.log(area) + 2 * math.log(fullness) - 6 * over

    def draw(self, page: Page, left: float, top: float) -> None:
        """Draw every tile and its caption."""
        for index, tile in enumerate(self.tiles):
            row, column = divmod(index, self.columns)
            x = left + column * (self.pitch + GAP)
            y = top + row * (self.tile[1] + self.caption + GAP)
            tile.draw(page, x, y, *self.tile)
            self._write(page, tile, x, y + self.tile[1] + 4)

    def _write(self, page: Page, tile: Tile, x: float, top: float) -> None:
        baseline = top + BODY
        page.text(x, baseline, _text.fit(tile.label, BODY, self.pitch))
        if self.one_line:
            right = x + max(self.tile[0], self.pitch)
            page.text(right, baseline, tile.value, size=SMALL, color=SOFT, align="right")
        elif tile.value:
            baseline += SMALL * _text.LINE
            page.text(x, baseline, tile.value, size=SMALL, color=SOFT)
        if tile.alarm:
            baseline += SMALL * _text.LINE
            page.text(x, baseline, tile.alarm, size=SMALL, color=ALARM)


def _sheet(
    figure: Figure | None,
    grid: Grid,
    heading: str,
    about: str,
    *,
    bar: Scale | None,
    scale_text: str,
    shape: tuple[int, ...] | None,
) -> Figure:
    """Put a heading, a colour bar, the tiles and notes on a page."""
    from minicnn.viz._page import BAR, DPI

    inner = min(WIDTH - 2 * MARGIN, max(grid.width, 300.0))
    head = _text.fit(_text.plain(heading), HEADING, inner)
    lines = _text.wrap(_text.plain(about), BODY, inner) if about else []
    beside = bar is not None
    scale_room = inner - (BAR + 12 if beside else 0)
    scale_lines = _text.wrap(scale_text, BODY, scale_room) if scale_text else []
    notes: list[str] = []
    if shape is not None:
        dots = [max(1, round(v * DPI / 72)) for v in reversed(grid.tile)]
        block = block_size((shape[0], shape[1]), (dots[0], dots[1]))
        if max(block) > 1:
            notes.append(
                f"Drawn smaller than they are: each dot is the value furthest from 0 of up to "
                f"{_by(block)} values."
            )
    if grid.stretched:
        notes.append("Pixels are not square here: true to size, the maps would be too thin to see.")
    note_lines = [line for note in notes for line in _text.wrap(note, SMALL, inner)]

    line = BODY * _text.LINE
    top = MARGIN + (HEADING + 4 if head else 0) + line * len(lines) + (2 if lines else 0)
    slot = max(line * len(scale_lines), 19.0 if beside else 0.0)
    grid_top = top + slot + (8 if slot else (6 if head or lines else 0))
    notes_top = grid_top + grid.height + (8 if note_lines else 0)
    height = notes_top + SMALL * _text.LINE * len(note_lines) + MARGIN - (4 if note_lines else 0)

    page = Page(figure, inner + 2 * MARGIN, height)
    baseline = MARGIN + HEADING * 0.8
    if head:
        page.text(MARGIN, baseline, head, size=HEADING)
        baseline += HEADING * 0.2 + 4 + BODY
    for text in lines:
        page.text(MARGIN, baseline, text, color=SOFT)
        baseline += line
    if bar is not None:
        page.bar(bar, MARGIN, top + 1)
    for i, text in enumerate(scale_lines):
        page.text(MARGIN + (BAR + 12 if beside else 0), top + 7.5 + i * line, text, color=SOFT)
    grid.draw(page, MARGIN, grid_top)
    for i, text in enumerate(note_lines):
        page.text(MARGIN, notes_top + SMALL + i * SMALL * _text.LINE, text, size=SMALL, color=SOFT)
    return page.done()


# -------------------------------------------------------------------------------------- words


def _step_text(step: Step, position: int, trace: Any) -> str:
    what = _layers.describe(step.layer, step.input.shape)
    return f"Step {position + 1} of {len(trace)}: {what}" if position >= 0 else what[:1].upper() + what[1:]


def _scale_text(maps: Maps, scale: Any, blank: bool) -> str:
    if blank:
        return "Every value is 0."
    if isinstance(scale, str) and scale == "map":
        return "Each map has a scale of its own: the colours of two maps cannot be compared."
    if isinstance(scale, str):
        return _one_scale("map", len(maps))
    return "A fixed scale."


def _one_scale(noun: str, count: int) -> str:
    return f"One scale for all {count} {noun}s." if count > 1 else "From 0 to the furthest value."


def _percent(part: float) -> str:
    return "<0.1%" if part < 0.001 else f"{100 * part:.1f}%" if part < 0.1 else f"{100 * part:.0f}%"


def _by(shape: Sequence[int]) -> str:
    return f" {TIMES} ".join(str(n) for n in shape)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _is_list(names: Any) -> bool:
    return isinstance(names, list | tuple)


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
            f"pictures must be an array (N, C, H, W) or a list of arrays, got {type(pictures).__name__}"
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
    note = f"{_count(filters, 'filter')} of {channels} {TIMES} {_by(weight.shape[2:])}"
    if channels == 1 or (weight == weight[:, :1]).all():
        same = f"{DOT}the same for each of {channels} channels" if channels > 1 else ""
        return [w[0] for w in weight], own, note + same, names is not None
    values = [weight[o, c] for o in range(filters) for c in range(channels)]
    labels = [f"{name}, channel {c}" for name in own for c in range(channels)]
    return values, labels, note, False


from minicnn.viz._page import new_figure  # noqa: E402, F401
