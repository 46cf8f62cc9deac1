"""Two models on one picture: their steps side by side, and the maps where they part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError
from minicnn.explain.compare_gap import APART, ROUNDING, SAME
from minicnn.explain.compare_records import Comparison
from minicnn.explain.compare_text import place, sentences
from minicnn.shapes import Array, integer
from minicnn.viz import _text
from minicnn.viz._bars import bars_grid
from minicnn.viz._comparison_ladder import Ladder
from minicnn.viz._grid import Grid, Tile, reduced_notes
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure, dots_per_inch
from minicnn.viz._style import INK, SOFT, Scale, bounded, number_text, printed, scale_for
from minicnn.viz._subject import Maps, batch_of, sample_index
from minicnn.viz._tiles import map_tile
from minicnn.viz._values import facts

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE
_WIDEST, _TALLEST, _BARS, _BAR, _APART = 130.0, 118.0, 50.0, 130.0, 18.0
_COLUMN = (_INNER - 2 * _APART) / 3


def plot_comparison(
    comparison: Comparison,
    *,
    row: str | int | None = None,
    sample: int | None = None,
    max_maps: int = 6,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot two models side by side: every pair of steps, and the maps and differences of one.

    Each row of the upper part is a pair of steps; a red dot is a difference that rounding does
    not explain. Below stand the maps of one pair, a's and b's on one scale, and b - a on a scale
    of its own, centred on 0; of many maps those that differ most.

    Parameters
    ----------
    comparison : Comparison
        What `minicnn.explain.compare` returns.
    row : str or int, optional
        Whose maps are drawn: a step's name in either model, or the row's index. By default where
        the two part; or, if they never do, the last pair.
    sample : int, optional
        Which picture of the batch; by default the one with the largest difference.
    max_maps : int
        Show so many.
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, as for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError
        For what is not a Comparison, and for a row or a picture that is not there.

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential, explain, images, viz
    >>> models = (Sequential(Conv2D.from_kernels(name)) for name in ("sobel_x", "prewitt_x"))
    >>> found = explain.compare(*models, images.disc(20))
    >>> figure = plot_comparison(found, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'They part at step 0 (conv2d)'
    """
    check_figure(figure)
    _text.checked("title", title)
    integer("max_maps", max_maps, least=1)
    if not isinstance(comparison, Comparison):
        raise ConfigError(
            f"plot_comparison takes a Comparison, got {type(comparison).__name__}.\n"
            f"  explain.compare(model_a, model_b, x) makes one."
        )
    chosen = _default_row(comparison) if row is None else comparison.find(row)
    ladder = Ladder(comparison, chosen)
    strips = _strips(comparison, chosen, _sample(comparison, chosen, sample), max_maps)
    head, about = _heading(comparison, title)
    notes = [*filter(None, [ladder.note()])]
    notes += reduced_notes([strip.grid for strip in strips if strip.grid], dots_per_inch(figure))
    lines = [line for note in notes for line in _text.wrap(note, SMALL, _INNER)]
    where = _text.sentence(_text.plain(place(comparison.rows[chosen])))
    change = comparison.rows[chosen].change

    top = MARGIN + (HEADING + 6 if head else 0) + _LINE * len(about) + 4
    below = top + ladder.height + 12
    detail = _text.wrap(_text.plain(f"{where}{': ' if change else ''}{change}"), BODY, _INNER)
    stacked = not all(strip.beside for strip in strips)
    heights = [strip.height for strip in strips]
    height = below + _LINE * len(detail) + 4 + (sum(heights) if stacked else max(heights))
    page = Page(figure, WIDTH, height + _SMALL_LINE * len(lines) + MARGIN)
    baseline = MARGIN + HEADING * 0.8
    if head:
        page.text(MARGIN, baseline, head, size=HEADING)
        baseline += HEADING * 0.2 + 5 + BODY
    for line in about:
        page.text(MARGIN, baseline, line, color=SOFT)
        baseline += _LINE
    ladder.draw(page, top)
    page.rule(below - 4, MARGIN, MARGIN + _INNER)
    y = below + BODY
    for line in detail:
        page.text(MARGIN, y, line)
        y += _LINE
    y += 4 - BODY
    x = MARGIN
    for strip in strips:
        strip.draw(page, x, y)
        x, y = (x, y + strip.height) if stacked else (x + _COLUMN + _APART, y)
    y = y if stacked else y + max(heights)
    for i, line in enumerate(lines):
        page.text(MARGIN, y + SMALL * 0.4 + i * _SMALL_LINE, line, size=SMALL, color=SOFT)
    return page.done()


@dataclass(frozen=True, eq=False)
class _Strip:
    """One row of maps: what they are, their colour bar, and the maps; no grid: only words.

    If it stands `beside` the others, it is a column with a single map.
    """

    label: str
    words: str
    bar: Scale | None
    grid: Grid | None
    beside: bool = False

    @property
    def height(self) -> float:
        """How high it is, in points."""
        return self._head + (self.grid.height + 12 if self.grid else 0.0)

    @property
    def _head(self) -> float:
        return (22.0 if self.bar else 14.0) + (_LINE if self.beside else 0.0)

    def draw(self, page: Page, left: float, top: float) -> None:
        """Draw it with its upper left corner there."""
        page.text(left, top + BODY, self.label, color=INK)
        x, y = left + 32, top + BODY
        room = _COLUMN if self.beside else MARGIN + _INNER - left
        if self.bar is not None:
            page.bar(self.bar, x, top + 2, _BAR)
            x += _BAR + 10
        if self.beside:
            x, y = left, top + self._head - 5
        words = _text.fit(self.words, BODY, room - (x - left))
        page.text(x, y, words, color=SOFT)
        if self.grid is not None:
            self.grid.draw(page, left, top + self._head)


def _default_row(comparison: Comparison) -> int:
    if comparison.parts_at is not None:
        return comparison.parts_at
    return max(i for i, row in enumerate(comparison.rows) if row.gap)


def _sample(comparison: Comparison, row: int, sample: Any) -> int:
    arrays = [array for array in comparison.maps(row) if array is not None]
    gap = comparison.rows[row].gap
    if sample is None:
        return gap.place[0] if gap and gap.place else 0
    return sample_index(sample, min(map(len, arrays)))


def _heading(comparison: Comparison, title: str | None) -> tuple[str, list[str]]:
    told = [printed(_text.plain(text)) for text in sentences(comparison)]
    first = told[0].split(": ")[0] if comparison.parts_at is not None else told[0].rstrip(".")
    short = first.split(":")[0].split(", to the last")[0]
    head = _text.fit(short if title is None else _text.plain(title), HEADING, _INNER)
    told = [text for text in told if not text.startswith("What differs there")]
    return head, [line for text in told for line in _text.wrap(text, BODY, _INNER)]


def _strips(comparison: Comparison, row: int, sample: int, max_maps: int) -> list[_Strip]:
    """Return a's maps, b's, and their differences."""
    arrays, gap = comparison.maps(row), comparison.rows[row].gap
    sides = [
        (name, _maps(comparison, row, array[sample : sample + 1]))
        for name, array in zip("ab", arrays, strict=True)
        if array is not None and array.size and array.ndim in (2, 4)
    ]
    if not sides:
        return [_Strip("", "nothing to draw", None, None)]
    low, high = min(m.low for _, m in sides), max(m.high for _, m in sides)
    both = scale_for(low, high)
    words = "One scale for a and b." if len(sides) == 2 else ""
    shown = {name: _shown(comparison, row, maps, max_maps) for name, maps in sides}
    single = all(len(indices) == 1 for indices in shown.values())
    strips = []
    for name, maps in sides:
        count = len(shown[name])
        more = f" {count} of {len(maps)} maps: those that differ most." if count < len(maps) else ""
        if gap is None or gap.verdict not in (APART, ROUNDING):
            more = more.replace("those that differ most", "the first")
        if maps.are_numbers:
            grid = bars_grid(maps, (both.low, both.high), _BARS)
            strips.append(_Strip(name, words, None, grid))
        else:
            tiles = [map_tile(maps, i, both, strip=False) for i in shown[name]]
            grid = _grid(tiles, maps, single)
            strips.append(_Strip(name, f"{words}{more}", both, grid, single))
    difference = comparison.difference(row)
    if gap is None or difference is None or not difference.size:
        return strips
    if gap.verdict == SAME:
        words = "0 everywhere: the same to the last bit."
        return [*strips, _Strip("b \N{MINUS SIGN} a", words, None, None, strips[0].beside)]
    apart = _maps(comparison, row, difference[sample : sample + 1])
    finite = difference[np.isfinite(difference)]
    reach = float(np.abs(finite).max(initial=0.0))
    is_rounding = gap.verdict == ROUNDING
    reach = bounded(max(reach, gap.rounding if is_rounding else 0.0))
    scale = Scale(-reach, reach, signed=True)
    words = {
        (True, False): "Rounding: one scale for all, as far as rounding explains.",
        (True, True): "Up to where rounding explains it.",
        (False, False): "One scale for all differences, centred on 0.",
        (False, True): "One scale, centred on 0.",
    }[is_rounding, single]
    label = "b \N{MINUS SIGN} a"
    if apart.are_numbers:
        return [*strips, _Strip(label, words, None, bars_grid(apart, (-reach, reach), _BARS))]
    tiles = [_difference_tile(apart, i, scale) for i in shown["a"]]
    return [*strips, _Strip(label, words, scale, _grid(tiles, apart, single), single)]


def _maps(comparison: Comparison, row: int, array: Array) -> Maps:
    values = batch_of(array, "plot_comparison", "output")[0]
    names = (comparison.map_name(row, c) or f"channel {c}" for c in range(len(values)))
    return Maps(values, tuple(map(_text.plain, names)), tuple(map(facts, values)))


def _shown(comparison: Comparison, row: int, maps: Maps, most: int) -> list[int]:
    """Return the maps that are drawn: those that differ most, in their own order."""
    gap = comparison.rows[row].gap
    if gap is None or len(gap.by_map) != len(maps):
        return list(range(min(most, len(maps))))
    order = np.argsort(-np.array(gap.by_map), kind="stable")
    return sorted(int(i) for i in order[:most])


def _grid(tiles: list[Tile], maps: Maps, single: bool) -> Grid:
    shape = maps.values.shape[1:]
    look: dict[str, Any] = {"widest": _WIDEST, "tallest": _TALLEST}
    if single:
        look = {"widest": _COLUMN, "tallest": 1.3 * _COLUMN}
    grids = (Grid.arrange(tiles, shape, columns=c, **look) for c in range(len(tiles), 0, -1))
    return next(g for g in grids if g.width <= _INNER or g.columns == 1)


def _difference_tile(maps: Maps, index: int, scale: Scale) -> Tile:
    """Return the tile of a map's differences: one without any is nothing to be alarmed at."""
    known, values = maps.facts[index], maps.values[index]
    low, high = (printed(number_text(v)) for v in (known.low, known.high))
    text = "the same" if known.blank else f"{low} to {high}" if known.low <= known.high else ""
    alarm = f"{known.bad} not finite" if known.bad else ""

    def draw(page: Page, x: float, y: float, width: float, height: float) -> None:
        page.map(values, scale, x, y, width, height, known if known.bad else None)

    return Tile(draw, maps.labels[index], text, alarm, shape=values.shape)
