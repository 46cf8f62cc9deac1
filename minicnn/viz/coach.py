"""What the coach found, drawn: the smallest case, expected, got and the difference."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from minicnn.errors import ConfigError, short
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import ALARM, INK, SOFT, Scale, scale_of
from minicnn.viz._tiles import draw_kernel_at
from minicnn.viz.xray import printed_numbers

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE
_LARGEST, _ROOM, _APART, _MOST_CHANNELS, _GRID_FROM = 40.0, 132.0, 22.0, 3, 12.0


class CoachReport(Protocol):
    """What is drawn of a `minicnn.coach.Report`."""

    function: str
    passed: bool
    tried: int
    call: str
    error: str
    evidence: str
    hint: str
    got: Array | None
    expected: Array | None
    mistakes: tuple[Any, ...]

    @property
    def mistake(self) -> str | None:
        """The mistake's name."""

    @property
    def explanation(self) -> str:
        """The mistake in words."""

    @property
    def picture(self) -> Array | None:
        """The case's picture."""

    @property
    def kernel(self) -> Array | None:
        """The case's kernel."""

    @property
    def bias(self) -> Array | None:
        """The case's bias."""

    @property
    def difference(self) -> Array | None:
        """Got less expected."""


def plot_coach(
    report: CoachReport, *, title: str | None = None, figure: Figure | None = None
) -> Figure:
    """Plot what `minicnn.coach.check` returned: the smallest case that fails, and why.

    Of several pictures, channels or filters, those with the largest difference are drawn.

    Parameters
    ----------
    report : Report
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, see `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import coach, viz
    >>> report = coach.check(lambda image, kernel: 0 * image)
    >>> figure = plot_coach(report, figure=viz.new_figure())
    """
    check_figure(figure)
    _text.checked("title", title)
    needed = ("function", "passed", "call", "expected", "got", "difference", "mistakes")
    if not all(hasattr(report, name) for name in needed):
        raise ConfigError(f"plot_coach takes what coach.check returns, got {short(report)}.")
    name = _text.plain(report.function)
    if report.passed:
        return _passed(report, title or f"{name}: right in all {report.tried} cases", figure)
    head = f"{name}: {report.mistake or 'wrong, in a way that the coach does not know'}"
    why = _why(report)
    asked = f"{report.call} {_text.ARROW} {report.error}" if report.error else report.call
    call = _text.wrap(_text.plain(asked), BODY, _INNER)
    blocks = _blocks(report)
    rows = _arranged(blocks)
    top = MARGIN + HEADING + 5 + _LINE * len(why) + 14
    blocks_top = top + _LINE * (1 + len(call)) + 20
    heights = [max(_size(b)[1] for b in row) + 38 for row in rows]
    page = Page(figure, WIDTH, blocks_top + sum(heights) + MARGIN - 14)
    page.heading(head if title is None else title)
    for i, (line, color) in enumerate(why):
        page.text(MARGIN, MARGIN + HEADING + 5 + BODY + i * _LINE, line, color=color)
    page.text(MARGIN, top + BODY, "The smallest case that shows it")
    for i, line in enumerate(call):
        page.text(MARGIN, top + BODY + (i + 1) * _LINE, line, color=SOFT)
    y = blocks_top
    for row, height in zip(rows, heights, strict=True):
        x = MARGIN
        for block in row:
            _draw(page, block, x, y)
            x += _size(block)[0] + _APART
        y += height
    return page.done()


def _why(report: Any) -> list[tuple[str, str]]:
    """Return the lines that say what is wrong and, darker, what to do."""
    parts = [(mistake.explanation, SOFT, mistake.fix) for mistake in report.mistakes]
    lines = []
    for explanation, color, fix in parts or [(report.explanation, SOFT, "")]:
        lines += [(line, color) for line in _lines(explanation)]
        lines += [(line, INK) for line in _lines(f"Fix: {fix}" if fix else "")]
    for text in (report.evidence, report.hint):
        lines += [(line, SOFT) for line in _lines(text)]
    return lines


class _Block:
    """A small matrix with its name and its scale, or the reason why there is none."""

    def __init__(self, name: str, values: Array | None, scale: Scale | None, note: str) -> None:
        self.name, self.values, self.scale, self.note = name, values, scale, note


def _blocks(report: CoachReport) -> list[_Block]:
    picture, filter_ = _differ_most(report)
    axes = 0 if report.expected is None else report.expected.ndim - 2
    index = (picture, filter_)[2 - axes :]
    expected, got = _plane(report.expected, index), _plane(report.got, index)
    both = [v for v in (expected, got) if v is not None and np.isfinite(v).any()]
    common = scale_of(np.concatenate([v.ravel() for v in both])) if both else None
    difference = _plane(report.difference, index)
    found = [
        *_channels("picture", report.picture, picture),
        *_channels("kernel", report.kernel, filter_),
        *([] if report.bias is None else _channels("bias", report.bias[None], 0)),
        _Block("expected", expected, common, _note(report.expected)),
        _Block("got", got, common, _got_note(report)),
    ]
    if difference is not None:
        own = scale_of(difference)
        reach = max(abs(own.low), abs(own.high))
        found.append(_Block("difference", difference, Scale(-reach, reach, signed=True), ""))
    return found


def _differ_most(report: CoachReport) -> tuple[int, int]:
    """Return the picture and the filter whose answer is furthest from what is expected."""
    difference = report.difference
    if difference is None or difference.ndim <= 2 or not difference.size:
        return 0, 0
    worst = np.nan_to_num(np.abs(difference), nan=np.inf, posinf=np.inf).max(axis=(-2, -1))
    index = tuple(int(i) for i in np.unravel_index(worst.argmax(), worst.shape))
    return (index[0], index[1]) if len(index) == 2 else (0, index[-1])


def _channels(name: str, array: Array | None, first: int) -> list[_Block]:
    """Return a block for each channel of one picture or kernel, the first few of them."""
    if array is None:
        return []
    note = _note(array)
    if array.ndim == 4 and len(array) > 1:
        note = f"{note}: {'picture' if name == 'picture' else 'filter'} {first}"
    planes = array[None] if array.ndim == 2 else array[first] if array.ndim == 4 else array
    count = len(planes)
    blocks = []
    for c, plane in enumerate(planes[:_MOST_CHANNELS]):
        values = plane.astype(np.float64)
        title = f"the {name}" if count == 1 else f"{name}, channel {c}"
        more = f", {_MOST_CHANNELS} of {count} shown" if count > _MOST_CHANNELS else ""
        blocks.append(_Block(title, values, scale_of(values), f"{note}{more}" if c == 0 else ""))
    return blocks


def _plane(array: Array | None, index: tuple[int, ...]) -> Array | None:
    """Return one map of an answer, as floats; None if there is none."""
    if array is None or not array.size:
        return None
    plane = np.atleast_2d(array)
    for i in index:
        if plane.ndim > 2:
            plane = plane[min(i, len(plane) - 1)]
    while plane.ndim > 2:
        plane = plane[0]
    return plane.astype(np.float64)


def _note(array: Array | None) -> str:
    if array is None:
        return "nothing"
    size = _text.by(array.shape) if array.ndim else "a number"
    kind = "" if array.dtype == np.float64 else f", {array.dtype}"
    return f"{size}{kind}" + ("" if array.size else ": empty")


def _got_note(report: CoachReport) -> str:
    """Return the answer's shape, and the right one if it is another."""
    note, wanted = _note(report.got), report.expected
    if report.got is None or wanted is None or report.got.shape == wanted.shape:
        return note
    return f"{note}, not {_text.by(wanted.shape)}"


def _cell(block: _Block) -> float:
    assert block.values is not None
    rows, columns = block.values.shape
    return float(min(_LARGEST, _ROOM / max(rows, columns)))


def _size(block: _Block) -> tuple[float, float]:
    texts = max(_text.width(block.name, BODY), _text.width(block.note, SMALL))
    if block.values is None:
        return texts, 14.0
    rows, columns = block.values.shape
    return max(_cell(block) * columns, texts), _cell(block) * rows


def _arranged(blocks: list[_Block]) -> list[list[_Block]]:
    """Put blocks side by side as long as they fit."""
    rows: list[list[_Block]] = [[]]
    used = 0.0
    for block in blocks:
        width = _size(block)[0]
        if rows[-1] and used + width > _INNER:
            rows.append([])
            used = 0.0
        rows[-1].append(block)
        used += width + _APART
    return rows


def _draw(page: Page, block: _Block, x: float, y: float) -> None:
    page.text(x, y - 5, block.name, color=ALARM if block.name == "difference" else INK)
    height = _size(block)[1]
    if block.values is not None and block.scale is not None:
        shown = np.clip(block.values, block.scale.low, block.scale.high)
        if np.isfinite(block.values).all():
            shown = block.values
            draw_kernel_at(page, shown, block.scale, x, y, _cell(block), numbers=True)
            if _cell(block) >= _GRID_FROM:
                _draw_cells(page, shown.shape, x, y, _cell(block))
        else:
            rows, columns = block.values.shape
            cell = _cell(block)
            page.map(block.values, block.scale, x, y, cell * columns, cell * rows, None)
    color = ALARM if ", not " in block.note else SOFT
    page.text(x, y + height + 3 + SMALL, block.note, size=SMALL, color=color)


def _draw_cells(page: Page, shape: tuple[int, ...], x: float, y: float, cell: float) -> None:
    """Draw the edges between the numbers, so that equal ones are seen to be several."""
    rows, columns = shape
    size = max(page.snap(cell), page.dot)
    left, top = page.snap(x), page.snap(y)
    ends = [([left, left + columns * size], [top + i * size] * 2) for i in range(1, rows)]
    ends += [([left + j * size] * 2, [top, top + rows * size]) for j in range(1, columns)]
    for xs, ys in ends:
        line = Line2D(xs, ys, color=SOFT, linewidth=0.5, gid="cell")
        line.set_clip_on(False)
        page.axes.add_artist(line)


def _passed(report: Any, head: str, figure: Figure | None) -> Figure:
    asked = f"Asked for {', '.join(report.tested)}." if report.tested else ""
    rest = f"Not asked: {', '.join(report.not_tested)}." if report.not_tested else ""
    lines = _lines(f"{asked} {rest}".strip())
    page = Page(figure, WIDTH, MARGIN + HEADING + 5 + _LINE * len(lines) + MARGIN)
    page.heading(head)
    page.lines(MARGIN, MARGIN + HEADING + 5, lines)
    return page.done()


def _lines(text: str) -> list[str]:
    return _text.wrap(printed_numbers(_text.plain(text)), BODY, _INNER) if text else []
