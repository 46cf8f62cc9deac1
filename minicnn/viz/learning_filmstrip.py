"""Learning in a few stills, side by side, for print."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.time_lapse_record import Change, TimeLapse
from minicnn.shapes import integer
from minicnn.viz import _text
from minicnn.viz._grid import smaller_maps
from minicnn.viz._learning_head import HEAD, draw_head
from minicnn.viz._learning_scene import Scene, checked_lapse, range_of, score_words
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure, dots_per_inch
from minicnn.viz._style import ALARM, INK, SOFT, number_text, printed
from minicnn.viz._tiles import draw_kernel_at
from minicnn.viz._values import Facts, block_size, facts
from minicnn.viz.xray import printed_numbers

MOST_MOMENTS = 6
"""More would leave each too small to read."""

_INNER = WIDTH - 2 * MARGIN
_NAMES, _BETWEEN, _GAP = 76.0, 12.0, 4.0
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE
_TALLEST = 110.0
_TOLD = 3


def plot_learning_filmstrip(
    lapse: TimeLapse,
    *,
    epochs: Any = None,
    max_maps: int = 6,
    told: int = _TOLD,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw how a convolution learnt, in a few stills side by side: for print.

    A row for each kernel; in each column, after one epoch, the kernel and what it makes of the
    picture. All kernels of all epochs have one scale, and all maps one of their own, so that what
    grows is seen to grow. Below: what the x-ray says of some kernels, before and after.

    Parameters
    ----------
    lapse : TimeLapse
        What `minicnn.explain.time_lapse` returns.
    epochs : list of int, optional
        At most six. By default the first, the last, the best by its validation loss, and some
        between, most of them early, when most happens.
    max_maps : int
        Draw the first so many; the figure says "6 of 16 shown".
    told : int
        Of how many kernels the x-ray is told, of those drawn: those that moved most; 0: of none.
    title, figure
        As for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError
        For what is not a TimeLapse, and for epochs that were not kept.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> from minicnn.train import Snapshots
    >>> lapse = explain.time_lapse(Snapshots(Conv2D.from_kernels("sobel")), images.disc(20))
    >>> figure = plot_learning_filmstrip(lapse, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'What conv2d learns: 4 kernels, and what each makes of a picture'
    """
    check_figure(figure)
    _text.checked("title", title)
    found = checked_lapse(lapse, "plot_learning_filmstrip")
    shown = min(integer("max_maps", max_maps, least=1), len(found.names))
    moments = _chosen(found, epochs)
    count = integer("told", told, least=0)
    return _Strip(Scene(found, shown), moments, count).draw(figure, title)


class _Strip:
    """The columns, and how large each part of them is."""

    def __init__(self, scene: Scene, moments: list[int], told: int) -> None:
        self.scene, self.moments, lapse = scene, moments, scene.lapse
        self.width = min((_INNER - _NAMES - _BETWEEN * len(moments)) / len(moments), 190.0)
        rows, columns = lapse.maps.shape[2:]
        half = (self.width - _GAP) / 2
        self.pixel = min(half / columns, _TALLEST / rows, 24.0)
        self.map = max(self.pixel * columns, 9.0), max(self.pixel * rows, 9.0)
        room = self.width - _GAP - self.map[0]
        self.cell, self.places = scene.kernel_places(room, max(self.map[1], half))
        self.left = max(x for x, _ in self.places) + self.cell * lapse.kernels.shape[-1]
        kernel = max(y for _, y in self.places) + self.cell * lapse.kernels.shape[-2]
        self.tall = max(kernel, self.map[1])
        self.row = self.tall + 2 * _SMALL_LINE + 10
        most = [c for c in lapse.most_moved(len(lapse.names)) if c < scene.shown]
        self.told = [lapse.change(channel) for channel in sorted(most[:told])]
        if len(lapse) == 1:
            self.told = []

    def draw(self, figure: Figure | None, title: str | None) -> Figure:
        """Draw everything."""
        scene = self.scene
        head = scene.title if title is None else title
        top = MARGIN + (HEADING + 6 if head else 0)
        strip = top + HEAD + 18
        scores = max(len(score_words(scene, moment)) for moment in self.moments)
        rows = strip + _LINE + scores * _SMALL_LINE + 8
        words = rows + self.row * scene.shown + 6
        notes = words + self._told_height() + 4
        lines = [line for note in self._notes(figure) for line in _text.wrap(note, SMALL, _INNER)]
        page = Page(figure, WIDTH, notes + _SMALL_LINE * len(lines) + MARGIN)
        if head:
            page.heading(head)
        draw_head(page, scene, top, _NAMES + _BETWEEN / 2)
        for column, moment in enumerate(self.moments):
            x = MARGIN + _NAMES + column * (self.width + _BETWEEN) + _BETWEEN / 2
            self._draw_moment(page, moment, x, strip, rows)
        for channel, name in enumerate(scene.names):
            self._draw_name(page, channel, name, rows + channel * self.row)
        self._draw_told(page, words)
        page.lines(MARGIN, notes, lines, size=SMALL)
        return page.done()

    def _draw_moment(self, page: Page, moment: int, x: float, top: float, rows: float) -> None:
        """Draw one column: when it was, how good the model was, the kernels and the maps."""
        scene, lapse = self.scene, self.scene.lapse
        page.text(x, top + BODY, f"epoch {lapse.epochs[moment]}", color=INK)
        if moment == lapse.best:
            wide = _text.width(f"epoch {lapse.epochs[moment]}", BODY)
            page.text(x + wide + 5, top + BODY, "the best", size=SMALL, color=ALARM)
        for i, line in enumerate(score_words(scene, moment)):
            y = top + BODY + _LINE + i * _SMALL_LINE
            page.text(x, y, _text.fit(line, SMALL, self.width), size=SMALL, color=SOFT)
        for channel in range(scene.shown):
            y = rows + channel * self.row
            parts = lapse.kernels[moment, channel, : scene.channels]
            for (right, down), part in zip(self.places, parts, strict=True):
                scale = scene.kernel_scale
                draw_kernel_at(page, part, scale, x + right, y + down, self.cell, numbers=False)
            left, known = x + self.left + _GAP, scene.facts[moment][channel]
            page.map(lapse.maps[moment, channel], scene.map_scale, left, y, *self.map, known)
            self._write(page, facts(lapse.kernels[moment, channel]), "", x, y + self.tall)
            self._write(page, known, scene.zero, x, y + self.tall + _SMALL_LINE)

    def _write(self, page: Page, known: Facts, zero: str, x: float, y: float) -> None:
        """Write a range, in red where something is amiss."""
        text, is_amiss = range_of(known, zero)
        text = _text.fit(text, SMALL, self.width + _BETWEEN - 3)
        page.text(x, y + SMALL + 2, text, size=SMALL, color=ALARM if is_amiss else SOFT)

    def _draw_name(self, page: Page, channel: int, name: str, y: float) -> None:
        page.text(MARGIN, y + BODY, _text.fit(name, BODY, _NAMES - 6))
        lapse = self.scene.lapse
        moved, alike = float(lapse.moved[channel]), float(lapse.alike[channel])
        if len(lapse) > 1 and np.isfinite(alike):
            lines = [f"moved by {number_text(moved)}", f"alike: {printed(f'{alike:.2f}')}"]
            for i, line in enumerate(lines):
                page.text(MARGIN, y + BODY + _LINE + i * _SMALL_LINE, line, size=SMALL, color=SOFT)
        for i, word in enumerate(("kernel", "map")):
            baseline = y + self.tall + SMALL + 2 + i * _SMALL_LINE
            page.text(MARGIN + _NAMES - 2, baseline, word, size=SMALL, color=SOFT, align="right")

    def _columns(self, change: Change) -> tuple[list[str], list[str]]:
        before, after = change.words
        lines = (
            _text.wrap(printed_numbers(text), SMALL, self._text_room) for text in (before, after)
        )
        return next(lines), next(lines)

    @property
    def _text_room(self) -> float:
        return (_INNER - _NAMES - 2 * _BETWEEN) / 2

    def _told_height(self) -> float:
        if not self.told:
            return 0.0
        lines = sum(max(map(len, self._columns(change))) * _SMALL_LINE + 4 for change in self.told)
        return _LINE + 6 + lines

    def _draw_told(self, page: Page, top: float) -> None:
        """Write what the x-ray says of some kernels, before and after."""
        if not self.told:
            return
        page.rule(top, MARGIN, MARGIN + _INNER)
        places = MARGIN + _NAMES + _BETWEEN / 2, MARGIN + _NAMES + 1.5 * _BETWEEN + self._text_room
        y = top + BODY + 6
        page.text(MARGIN, y, "The x-ray", color=INK)
        last = self.scene.lapse.epochs[-1]
        for x, word in zip(places, ("before", f"after epoch {last}"), strict=True):
            page.text(x, y, word, color=INK)
        y += _LINE
        for change in self.told:
            name = _text.plain(change.name)
            if self.scene.lapse.kernels.shape[2] > 1:
                name += f", part {change.input_channel}"
            page.text(MARGIN, y, _text.fit(name, SMALL, _NAMES - 4), size=SMALL, color=INK)
            both = self._columns(change)
            for x, lines in zip(places, both, strict=True):
                for i, line in enumerate(lines):
                    page.text(x, y + i * _SMALL_LINE, line, size=SMALL, color=SOFT)
            y += max(map(len, both)) * _SMALL_LINE + 4

    def _notes(self, figure: Figure | None) -> list[str]:
        lapse = self.scene.lapse
        notes = []
        if len(lapse) > 1:
            notes.append(
                "Moved by: the root of the sum of squares of what changed, from the first moment "
                "to the last. Alike: the cosine between the two, 1 is the same but for its size."
            )
        if len(self.moments) < len(lapse):
            notes.append(f"{len(self.moments)} of {len(lapse)} moments shown.")
        if self.scene.channel_note:
            notes.append(self.scene.channel_note)
        wide, high = (max(1, round(v * dots_per_inch(figure) / 72)) for v in self.map)
        rows, columns = lapse.maps.shape[2:]
        return [*notes, *smaller_maps(block_size((rows, columns), (high, wide)))]


def _chosen(lapse: TimeLapse, epochs: Any) -> list[int]:
    """Return the positions of the moments that are drawn."""
    if epochs is None:
        return _with(lapse.best, spaced(len(lapse), MOST_MOMENTS))
    known = lapse.epochs
    if not isinstance(epochs, list | tuple | range) or not 1 <= len(epochs) <= MOST_MOMENTS:
        raise ConfigError(
            f"epochs must be a list of 1 to {MOST_MOMENTS} epochs, got {short(epochs)}"
        )
    missing = [epoch for epoch in epochs if epoch not in known]
    if missing:
        raise ConfigError(f"epoch {short(missing[0])} was not kept; there are {_listed(known)}")
    return [known.index(epoch) for epoch in epochs]


def _with(moment: int | None, chosen: list[int]) -> list[int]:
    """Return moments with one more, in the place of the one between the ends nearest to it.

    Examples
    --------
    >>> _with(5, [0, 1, 2, 3, 4, 6]), _with(30, [0, 1, 3, 8, 19, 40]), _with(2, [0, 1, 2])
    ([0, 1, 2, 3, 5, 6], [0, 1, 3, 8, 30, 40], [0, 1, 2])
    """
    if moment is None or moment in chosen or len(chosen) < 3:
        return chosen
    nearest = min(chosen[1:-1], key=lambda one: abs(one - moment))
    return sorted([moment, *(one for one in chosen if one != nearest)])


def spaced(count: int, most: int) -> list[int]:
    """Return some of so many positions: the first, the last, and between them more early ones.

    Examples
    --------
    >>> spaced(4, 6), spaced(13, 6), spaced(41, 6)
    ([0, 1, 2, 3], [0, 1, 2, 4, 7, 12], [0, 1, 3, 8, 19, 40])
    """
    if count <= most:
        return list(range(count))
    found = [0]
    for i in range(1, most):
        wanted = round(count ** (i / (most - 1))) - 1
        found.append(max(wanted, found[-1] + 1))
    return found


def _listed(epochs: tuple[int, ...]) -> str:
    if epochs == tuple(range(epochs[0], epochs[-1] + 1)) and len(epochs) > 2:
        return f"{epochs[0]} to {epochs[-1]}"
    return ", ".join(map(str, epochs[:20])) + ", ..." * (len(epochs) > 20)
