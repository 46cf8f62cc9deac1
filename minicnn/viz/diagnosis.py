"""A diagnosis as a picture: sick maps, how their values are spread, what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError
from minicnn.explain.doctor_findings import Diagnosis, Finding
from minicnn.explain.doctor_text import diagnosis_text, place
from minicnn.explain.ledger_recording import Recording
from minicnn.layers import PICTURE
from minicnn.shapes import Array, integer
from minicnn.viz import _layers, _text
from minicnn.viz._histogram import draw_histogram
from minicnn.viz._ledger_parts import fitted
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import ALARM, INK, SOFT, Scale, printed, scale_of
from minicnn.viz._values import facts
from minicnn.viz.maps import bad_text, range_text

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE
_HEAD = 9.5
_MAP, _TALLEST, _HISTOGRAM = 108.0, 118.0, (124.0, 92.0)
_ALONE = 1.4
"""A map with nothing beside it is so many times larger."""

_BETWEEN, _LABEL = 14.0, 30.0
_FROM_WHAT_CAME_IN = ("dead", "saturated")
"""Of these the values that came in say more than those that are left."""


def plot_diagnosis(
    diagnosis: Diagnosis,
    *,
    max_findings: int = 6,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot what the map doctor found: each sick map, its values, the evidence, cause and fix.

    Beside a map that is a copy stands what it is a copy of, both on one scale; beside others,
    what came in, each on the scale of its step, so that what is weak looks weak.

    Parameters
    ----------
    diagnosis : Diagnosis
        What `minicnn.explain.diagnose` returns.
    max_findings : int
        Show so many, the gravest; the figure says "6 of 9 shown".
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
        For what is not a Diagnosis.

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> found = explain.diagnose(Conv2D.from_kernels(["sobel_x", "sobel_y"]), images.step(20))
    >>> figure = plot_diagnosis(found, figure=viz.new_figure())
    >>> [text.get_text() for text in figure.axes[0].texts][:3]
    ['1 finding in 1 step, 3 maps', 'note', 'step 0, conv2d: sobel_y is flat']
    """
    check_figure(figure)
    _text.checked("title", title)
    integer("max_findings", max_findings, least=1)
    if not isinstance(diagnosis, Diagnosis):
        raise ConfigError(
            f"plot_diagnosis takes a Diagnosis, got {type(diagnosis).__name__}.\n"
            f"  explain.diagnose(model, x) makes one."
        )
    recording = Recording(diagnosis.trace)
    blocks = [_Block(recording, one) for one in diagnosis.findings[:max_findings]]
    summary = _text.sentence(diagnosis_text(diagnosis).splitlines()[0])
    head = _text.fit(_text.plain(summary if title is None else title), HEADING, _INNER)
    about = summary if title is not None else ""
    if len(blocks) < len(diagnosis.findings):
        shown = f"{len(blocks)} of {len(diagnosis.findings)} shown"
        about = f"{about}{_text.DOT}{shown}" if about else shown
    top = MARGIN + (HEADING + 6 if head else 0) + (_LINE if about else 0) + 8
    page = Page(figure, WIDTH, top + sum(block.height + 22 for block in blocks) - 12 + MARGIN)
    baseline = MARGIN + HEADING * 0.8
    if head:
        page.text(MARGIN, baseline, head, size=HEADING)
        baseline += HEADING * 0.2 + 4 + BODY
    if about:
        page.text(MARGIN, baseline, about, color=SOFT)
    y = top
    for block in blocks:
        page.rule(y - 6, MARGIN, MARGIN + _INNER)
        block.draw(page, y + 2)
        y += block.height + 22
    return page.done()


@dataclass(frozen=True, eq=False)
class _Block:
    """One finding: its maps on the left, its histogram, its words on the right."""

    recording: Recording
    finding: Finding

    @cached_property
    def sample(self) -> int:
        """Which picture of the batch is shown: where the first bad number is, or the first."""
        return int(self.finding.numbers.get("picture", 0))

    @cached_property
    def maps(self) -> list[tuple[int, int]]:
        """The maps that are drawn: what came in first, or, for a copy, the map itself.

        Plain numbers are not.
        """
        found = self.finding
        if not found.channels:
            return []
        sick = [(found.position, found.channels[0])]
        both = [*sick, *found.beside[:1]] if found.kind == "copy" else [*found.beside[:1], *sick]
        shapes = (self.recording.maps(position, self.sample).shape for position, _ in both)
        return [one for one, shape in zip(both, shapes, strict=True) if shape[1:] != (1, 1)]

    @cached_property
    def head(self) -> list[str]:
        """The heading, broken to fit."""
        found = self.finding
        room = _INNER - self._indent
        return _text.wrap(_text.plain(f"{place(found)}: {found.what}"), _HEAD, room)

    @property
    def _indent(self) -> float:
        return _text.width(self.finding.severity, _HEAD) + 8

    @cached_property
    def lines(self) -> list[tuple[str, str]]:
        """The words: a label, and a line that fits."""
        found = self.finding
        left = 2 * (_MAP + _BETWEEN) + _HISTOGRAM[0] + 2 * _BETWEEN
        room = _INNER - left - _LABEL
        rows: list[tuple[str, str]] = []
        for label, text in (("seen", found.evidence), ("cause", found.cause), ("fix", found.fix)):
            shown = printed(text) if label == "seen" else text  # others may be code
            broken = _text.wrap(_text.plain(shown), BODY, room)
            rows += [(label if i == 0 else "", line) for i, line in enumerate(broken)]
        return rows

    @property
    def height(self) -> float:
        """How high it is."""
        drawn = [self._size(position)[1] + 2 * _SMALL_LINE + 4 for position, _ in self.maps]
        below = max([*drawn, _HISTOGRAM[1], _LINE * len(self.lines)])
        return len(self.head) * _HEAD * _text.LINE + 6 + below

    def _size(self, position: int) -> tuple[float, float]:
        larger = _ALONE if len(self.maps) == 1 else 1.0
        shape = self.recording.maps(position, self.sample).shape
        return fitted(shape, larger * _MAP, larger * _TALLEST)

    def draw(self, page: Page, top: float) -> None:
        """Draw it with its upper edge at `top`."""
        color = SOFT if self.finding.severity == "note" else ALARM
        page.text(MARGIN, top + _HEAD, self.finding.severity, size=_HEAD, color=color)
        for i, line in enumerate(self.head):
            baseline = top + _HEAD + i * _HEAD * _text.LINE
            page.text(MARGIN + self._indent, baseline, line, size=_HEAD)
        y = top + len(self.head) * _HEAD * _text.LINE + 6
        x = MARGIN
        for position, channel in self.maps:
            self._draw_map(page, position, channel, x, y)
            x += _MAP + _BETWEEN
        x = MARGIN + 2 * (_MAP + _BETWEEN)
        values, title = self._values()
        if values.size:
            draw_histogram(page, values, _text.plain(title), (x, y, *_HISTOGRAM))
        x += _HISTOGRAM[0] + 2 * _BETWEEN
        for i, (label, line) in enumerate(self.lines):
            baseline = y + BODY * 0.8 + i * _LINE
            page.text(x, baseline, label, color=SOFT)
            page.text(x + _LABEL, baseline, line)

    def _draw_map(self, page: Page, position: int, channel: int, x: float, y: float) -> None:
        maps, found = self.recording.maps(position, self.sample), self.finding
        (width, height), known = self._size(position), facts(maps[channel])
        is_sick = (position, channel) == (found.position, found.channels[0])
        step = "input" if position == PICTURE else self.recording.step_name(position)
        name = f"{step} {self.recording.map_name(position, channel)}"
        zero = "flat"
        if position == PICTURE and _is_picture(maps):
            page.picture(maps, x, y, width, height)
            name, known = step, facts(maps)
        else:
            page.map(maps[channel], self._scale(maps), x, y, width, height, known)
            if is_sick and len(found.channels) > 1:
                name += f" (1 of {len(found.channels)})"
        if position != PICTURE:
            zero = _layers.word_for_zero(self.recording.trace[position].layer)
        baseline = y + height + SMALL + 3
        label = _text.fit(_text.plain(name), SMALL, _MAP)
        page.text(x, baseline, label, size=SMALL, color=ALARM if is_sick else INK)
        text = ", ".join(filter(None, [range_text(known, zero), bad_text(known)]))
        page.text(x, baseline + _SMALL_LINE, _text.fit(text, SMALL, _MAP), size=SMALL, color=SOFT)

    def _scale(self, maps: Array) -> Scale:
        """Return the scale of a step; of a copy and its original, their own."""
        if self.finding.kind == "copy":
            maps = maps[[channel for _, channel in self.maps]]
        return scale_of(maps)

    def _values(self) -> tuple[Array, str]:
        """Return the values that the histogram shows, of all pictures, and what they are."""
        found = self.finding
        if not found.channels:
            return np.zeros(0), ""
        position, channels, title = found.position, list(found.channels[:1]), "its values"
        if position == PICTURE:
            channels = list(found.channels)
        if found.kind in _FROM_WHAT_CAME_IN:
            (position, channel), title = found.beside[0], "what came in"
            channels = [channel]
        array = self.recording.array(position)
        rows = array.reshape(*array.shape[:2], -1)[:, channels]
        if len(array) > 1:
            title += f", all {len(array)} pictures"
        return rows, title


def _is_picture(maps: Array) -> bool:
    return len(maps) in (1, 3) and bool(maps.min() >= 0 and maps.max() <= 1)
