"""A storyboard: the input, every step, every map, and the kernels that made them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.figure import Figure

from minicnn.errors import ConfigError, DTypeError
from minicnn.explain.border_truth import BorderStep, percent
from minicnn.explain.field_links import flat
from minicnn.explain.naming import names_along
from minicnn.layers import Layer
from minicnn.shapes import Array, flag, integer
from minicnn.trace import Step, Trace
from minicnn.viz import _layers, _text, _words
from minicnn.viz._bars import bars_grid
from minicnn.viz._grid import Grid, reduced_notes
from minicnn.viz._page import (
    BODY,
    GAP,
    HEADING,
    MARGIN,
    SMALL,
    WIDTH,
    Page,
    check_figure,
    dots_per_inch,
)
from minicnn.viz._style import INK, SOFT, Scale, check_scale, number_text, printed, scale_for
from minicnn.viz._subject import Maps, batch_of, maps_of, seen_along
from minicnn.viz._tiles import draw_kernel_at, map_tile, picture_tile
from minicnn.viz._values import facts
from minicnn.viz.maps import kernel_texts, number_size

_INNER = WIDTH - 2 * MARGIN
_COLUMNS, _WIDEST, _TALLEST, _NARROW = 8, 130.0, 150.0, 190.0
_KERNEL, _CELL, _KERNEL_GAP = 42.0, 13.0, 3.0
_FEW, _LARGE_CELLS, _SMALL_CELL, _LEAST_CHANNELS = 3, (16.0, 26.0), 4.0, 3
_NAME, _BARS = 10.0, 56.0


def plot_pipeline(
    trace: Trace,
    *,
    sample: int = 0,
    scale: Any = "step",
    max_maps: int = 8,
    border: bool = False,
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
    blocks = list(_blocks(trace, sample, scale, max_maps, seen))
    rows = _pack(blocks)
    return _draw(figure, rows, "From picture to feature maps" if title is None else title)


@dataclass(frozen=True)
class Block:
    """One step: its name, what is said of it, its colour bar and its tiles."""

    name: str
    about: tuple[str, ...]
    bar: Scale | None
    scale_text: str
    grid: Grid

    @property
    def width(self) -> float:
        """Its width in points."""
        return max(self.grid.width, _NARROW)

    @property
    def lines(self) -> list[str]:
        """What is said of the step, broken to fit."""
        parts: list[str] = []
        for part in self.about:
            joined = f"{parts[-1]}{_text.DOT}{part}" if parts else part
            if parts and _text.width(joined, BODY) <= self.width:
                parts[-1] = joined
            else:
                parts.append(part)
        lines = (_text.clauses(_text.sentence(part), BODY, self.width) for part in parts)
        return [line for part in lines for line in part]

    @property
    def bar_width(self) -> float:
        """How long the colour bar is."""
        return 110.0 if self.width < 300 else 170.0

    @property
    def scale_lines(self) -> list[str]:
        """What is said of the scale, beside the bar."""
        room = self.width - (self.bar_width + 10 if self.bar else 0)
        return _text.wrap(self.scale_text, BODY, room) if self.scale_text else []

    @property
    def foot(self) -> float:
        """How far down its first row of maps ends, at the least: where blocks are lined up."""
        return self.head + self.grid.above + self.grid.tile[1]

    @property
    def below(self) -> float:
        """The height of what comes after its first row of maps."""
        return self.grid.height - self.grid.above - self.grid.tile[1]

    @property
    def head(self) -> float:
        """The height of what stands above the tiles."""
        slot = max(BODY * _text.LINE * len(self.scale_lines), 20.0 if self.bar else 0.0)
        return _NAME + 6 + BODY * _text.LINE * len(self.lines) + slot + 6

    def draw(self, page: Page, x: float, y: float, foot: float) -> None:
        """Draw it with its upper left corner at a point, its first maps' feet `foot` below."""
        page.text(x, y + _NAME * 0.9, _text.fit(self.name, _NAME, self.width), size=_NAME)
        baseline = y + _NAME + 5 + BODY
        for line in self.lines:
            page.text(x, baseline, line, color=SOFT)
            baseline += BODY * _text.LINE
        left = x
        if self.bar is not None:
            page.bar(self.bar, x, baseline - BODY + 4, self.bar_width)
            left += self.bar_width + 10
        for line in self.scale_lines:
            page.text(left, baseline + 2.5, line, color=SOFT)
            baseline += BODY * _text.LINE
        top = page.snap(y + foot) - page.snap(self.grid.tile[1])  # so that all end on one dot
        self.grid.draw(page, x, top - self.grid.above)


def _blocks(trace: Trace, sample: int, scale: Any, max_maps: int, seen: Any) -> Any:
    first = maps_of(batch_of(trace.input, "plot_pipeline", "input"), sample, None)
    is_picture = _looks_like_picture(first)
    batch = f"picture {sample} of {len(trace.input)}" if len(trace.input) > 1 else ""
    size = _text.by(first.values.shape)
    yield _block("Input", [size, batch], first, is_picture, scale, max_maps, None)
    known = zip(trace, names_along(trace), _layers.stacks_along(trace), strict=True)
    for number, (step, names, stacked) in enumerate(known):
        output = batch_of(step.output, "plot_pipeline", "output")
        maps = maps_of(output, sample, names, _layers.word_for_zero(step.layer))
        is_picture = is_picture and _layers.keeps_picture(step.layer) and _looks_like_picture(maps)
        what = _words.describe(step.layer, step.input.shape)
        shapes = f"{_text.by(step.input.shape[1:])} {_text.ARROW} {_text.by(step.output.shape[1:])}"
        about = [_text.sentence(what), shapes, _layers.left_over(step.layer, step.input.shape)]
        name = f"{number}  {step.name}"
        own = None if seen is None else seen[number]
        if own is not None and own.fraction:
            about.append(f"{percent(own.fraction)} has seen padding")
        yield _block(name, about, maps, is_picture, scale, max_maps, step, stacked, own)


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
) -> Block:
    shape = maps.values.shape[1:]
    parts = [part for part in about if part]
    if is_picture:
        kind = "red, green, blue" if len(maps) == 3 else "grey"
        low, high = (printed(number_text(v)) for v in (maps.low, maps.high))
        around = None if seen is None else flat(seen.mask)
        tile = picture_tile(maps.values, kind, f"{low} to {high}", seen=around)
        grid = Grid.arrange([tile], shape, columns=1, widest=_NARROW, tallest=_TALLEST)
        return Block(_text.plain(name), tuple(parts), None, "", grid)
    if maps.are_numbers:
        words = "" if isinstance(scale, str) else "A fixed scale."
        return Block(_text.plain(name), tuple(parts), None, words, bars_grid(maps, scale, _BARS))
    shown = min(len(maps), max_maps)
    per_map = isinstance(scale, str) and scale == "map"
    common = None if per_map else maps.scale(scale)
    weight = _layers.kernels_of(step.layer) if step else None
    by_hand = step is not None and getattr(step.layer, "names", None) is not None
    kernels = None if weight is None else _Kernels(weight, by_hand, shown)
    tiles = [
        map_tile(
            maps,
            i,
            maps.own_scale(i) if common is None else common,
            strip=per_map,
            above=kernels.drawing(i) if kernels else None,
            seen=None if seen is None else seen.mask[i],
        )
        for i in range(shown)
    ]
    look: dict[str, Any] = {"strip": per_map, "widest": _WIDEST, "tallest": _TALLEST}
    grids = (
        Grid.arrange(tiles, shape, columns=c, **look) for c in range(min(shown, _COLUMNS), 0, -1)
    )
    grid = Grid.stack(tiles, shape, stacked, **look) or next(
        g for g in grids if g.width <= _INNER or g.columns == 1
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


@dataclass(frozen=True)
class _Kernels:
    """The kernels above a convolution's maps: which channels, how large, on which scales."""

    weight: Array
    by_hand: bool
    maps: int

    def shown(self, room: float) -> int:
        """Return how many channels of each kernel are drawn: those that fit."""
        if bool((self.weight == self.weight[:, :1]).all()):
            return 1
        smallest = _SMALL_CELL * self.weight.shape[3]
        fitting = int((room + _KERNEL_GAP) // (smallest + _KERNEL_GAP))
        return int(min(self.weight.shape[1], max(fitting, _LEAST_CHANNELS)))

    def cell(self, room: float) -> float:
        """Return the size of a cell, if a kernel's channels have so much room side by side.

        Few kernels may be as large as their maps, if it takes that to read their numbers.
        """
        (rows, columns), shown = self.weight.shape[2:], self.shown(room)
        each = (room - _KERNEL_GAP * (shown - 1)) / shown
        small = min(_CELL, each / columns, _KERNEL / rows)
        if self.maps > _FEW:
            return float(small)
        first = self.weight[: self.maps, 0]
        beside = max(_text.width(kernel_texts(kernel)[1], SMALL) for kernel in first)
        each = min(each, _WIDEST) - (beside + 4.5 if beside and shown == 1 else 0)
        cells = [max(small, min(c, each / columns, _WIDEST / rows)) for c in _LARGE_CELLS]
        legible = (c for c in cells if all(number_size(kernel, c) for kernel in first))
        return float(next(legible, cells[0]))

    def scale(self, index: int) -> Scale:
        """Return the scale of one map's kernel."""
        known = facts(self.weight[index] if self.by_hand else self.weight)
        return scale_for(known.low, known.high) if known.low == known.low else scale_for(0, 0)

    def drawing(self, index: int) -> Callable[[Page, float, float, float, float], None]:
        """Return what draws one map's kernel at the foot of the room above the map."""

        def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
            rows, columns = self.weight.shape[2:]
            cell, shown = self.cell(width), self.shown(width)
            top = y + height - 5 - cell * rows
            for channel in range(shown):
                left = x + channel * (cell * columns + _KERNEL_GAP)
                values = self.weight[index, channel]
                factor = kernel_texts(values)[1]
                beside = left + cell * columns + 4
                has_room = x + width - beside >= _text.width(factor, SMALL)
                numbers = not factor or (shown == 1 and has_room)
                draw_kernel_at(page, values, self.scale(index), left, top, cell, numbers=numbers)
                if factor and numbers and number_size(values, cell):
                    page.text(beside, y + height - 6, factor, size=SMALL, color=SOFT)

        return draw

    def note(self, room: float) -> str:
        """Say what the kernels' colours mean, and which channels are shown."""
        scale, channels, shown = self.scale(0), self.weight.shape[1], self.shown(room)
        ends = f"{printed(number_text(scale.low))} to {printed(number_text(scale.high))}"
        if self.maps == 1:
            text = f"kernel's colours: {ends}"
        else:
            text = "each kernel in colours of its own" if self.by_hand else f"kernels: {ends}"
        if channels > 1 and shown == 1:
            text += f", the same for each of {channels} channels"
        elif shown < channels:
            text += f", {shown} of {channels} channels shown"
        return text


def _pack(blocks: Sequence[Block]) -> list[list[Block]]:
    """Put blocks side by side as long as they fit."""
    rows: list[list[Block]] = []
    for block in blocks:
        used = sum(b.width + 2 * GAP for b in rows[-1]) if rows else _INNER
        if used + block.width <= _INNER + 0.01:
            rows[-1].append(block)
        else:
            rows.append([block])
    return rows


def _draw(figure: Figure | None, rows: list[list[Block]], title: str) -> Figure:
    inner = max(sum(b.width for b in row) + 2 * GAP * (len(row) - 1) for row in rows)
    head = _text.fit(_text.plain(title), HEADING, inner)
    notes = _notes([block.grid for row in rows for block in row], dots_per_inch(figure))
    lines = [line for note in notes for line in _text.wrap(note, SMALL, inner)]
    heights = [max(b.foot for b in row) + max(b.below for b in row) for row in rows]
    top = MARGIN + (HEADING + 10 if head else 0)
    total = top + sum(heights) + 20 * (len(rows) - 1)
    total += (8 + SMALL * _text.LINE * len(lines) if lines else 0) + MARGIN
    page = Page(figure, inner + 2 * MARGIN, total)
    if head:
        page.text(MARGIN, MARGIN + HEADING * 0.8, head, size=HEADING, color=INK)
    y = top
    for number, (row, height) in enumerate(zip(rows, heights, strict=True)):
        if number:
            page.rule(y - 11, MARGIN, MARGIN + inner)
        x = MARGIN
        for block in row:
            block.draw(page, x, y, max(b.foot for b in row))
            x += block.width + 2 * GAP
        y += height + 20
    y += -20 + 8
    for i, line in enumerate(lines):
        page.text(MARGIN, y + SMALL + i * SMALL * _text.LINE, line, size=SMALL, color=SOFT)
    return page.done()


def _notes(grids: Sequence[Grid], dpi: float) -> list[str]:
    notes = reduced_notes(grids, dpi)
    if any(grid.stretched for grid in grids):
        notes.append(
            "Some pixels are not square: true to size, those maps would be too thin to see."
        )
    return notes


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
