"""Where everything of an animated convolution stands: all places in points, found once."""

from __future__ import annotations

from dataclasses import dataclass, field

from minicnn.viz import _text
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH
from minicnn.viz._sliding_scene import Scene

LINE = BODY * _text.LINE
TOTAL = 13.0
"""The font size of the value that comes out."""

_INNER = WIDTH - 2 * MARGIN
_SIGN, _LABEL, _BETWEEN = 24.0, BODY + 6.0, 40.0
_NUMBERS = 8.0
"""The font size that the matrices' cells are made for, where there is room."""

_THINNEST = 9.0


@dataclass
class Layout:
    """The places of one animation.

    Attributes
    ----------
    width, height : float
        Of the page.
    head, about, notes : lines of text
    stop, total, line : (x, baseline)
        Of the stop's name, of what it comes to, and the sum written out.
    cell : float
        The size of the matrices' cells.
    maps, patches, kernels, products : list of Box
        One for each channel that is shown.
    sums : list of (x, baseline)
        The right ends of the partial sums, of the other channels' sum and of the bias.
    output : Box
    labels : list of (x, baseline, text)
    """

    head: str
    about: list[str]
    notes: list[str]
    cell: float
    stop: tuple[float, float]
    width: float = 0.0
    height: float = 0.0
    notes_top: float = 0.0
    total: tuple[float, float] = (0.0, 0.0)
    line: tuple[float, float] | None = None
    output: Box = (0.0, 0.0, 0.0, 0.0)
    maps: list[Box] = field(default_factory=list)
    patches: list[Box] = field(default_factory=list)
    kernels: list[Box] = field(default_factory=list)
    products: list[Box] = field(default_factory=list)
    sums: list[tuple[float, float]] = field(default_factory=list)
    labels: list[tuple[float, float, str]] = field(default_factory=list)

    @property
    def top(self) -> float:
        """Where the pictures begin."""
        return self.stop[1] + 12.0


def layout_of(scene: Scene, title: str | None) -> Layout:
    """Return where everything stands: one channel in two storeys, several in a row each."""
    single = len(scene.slide.channels) == 1
    layout = _headed(scene, title, _cell(scene, 36.0 if single else 30.0))
    (_storeys if single else _rows)(scene, layout)
    layout.width += MARGIN
    for boxes in (layout.maps, layout.patches, layout.kernels, layout.products):
        boxes[:] = [_on_dots(scene, box) for box in boxes]
    layout.output = _on_dots(scene, layout.output)
    room = layout.width - 2 * MARGIN
    layout.notes = [line for note in scene.notes for line in _text.wrap(note, SMALL, room)]
    layout.height = layout.notes_top + SMALL * _text.LINE * len(layout.notes) + MARGIN - 4
    return layout


def _headed(scene: Scene, title: str | None, cell: float) -> Layout:
    """Return a layout that has its heading."""
    head = _text.plain(scene.title if title is None else title)
    head = _text.fit(head, HEADING, _INNER) if head else ""
    about = [
        line for text in scene.about for line in _text.clauses(_text.plain(text), BODY, _INNER)
    ]
    down = MARGIN + (HEADING + 4 if head else 0) + LINE * len(about) + BODY + 6
    return Layout(head, about, [], cell, (MARGIN, down), width=MARGIN + _INNER)


def _cell(scene: Scene, most: float) -> float:
    """Return the size of the matrices' cells."""
    rows, columns = scene.slide.weight.shape[1:]
    wanted = min(max(scene.cell_wanted(_NUMBERS), 28.0), most)
    return _whole(scene, min(wanted, 480.0 / (3 * columns), 220.0 / rows))


def _whole(scene: Scene, length: float) -> float:
    """Return a cell's size in whole dots, if it has at least two."""
    dots = int(length / scene.dot + 1e-9)
    return dots * scene.dot if dots > 1 else length


def _on_dots(scene: Scene, box: Box) -> Box:
    """Return a box whose corner is on a dot."""
    x, y = (round(v / scene.dot) * scene.dot for v in box[:2])
    return x, y, box[2], box[3]


def _storeys(scene: Scene, layout: Layout) -> None:
    """Picture and output above, the matrices below."""
    padded, output = scene.slide.padded.shape[1:], scene.slide.output.shape
    across = (_INNER - _BETWEEN) / (padded[1] + output[1])
    pixel = _whole(scene, min(across, 240.0 / max(padded[0], output[0]), 28.0))
    top = layout.top + _LABEL
    sizes = [(max(n[1] * pixel, _THINNEST), max(n[0] * pixel, _THINNEST)) for n in (padded, output)]
    layout.maps = [(MARGIN, top, *sizes[0])]
    right = max(MARGIN + sizes[0][0] + _BETWEEN, 330.0)
    layout.output = (right, top, *sizes[1])
    layout.labels += [
        (MARGIN, top - 5, _input_name(scene, 0)),
        (right, top - 5, _output_name(scene, MARGIN + _INNER - right)),
    ]
    bottom = top + max(sizes[0][1], sizes[1][1]) + 10
    end = _matrices(scene, layout, MARGIN, bottom + _LABEL, first=True)
    x, y, width, height = layout.products[0]
    layout.total = (x + width + _SIGN - 6, y + height / 2 + 0.36 * TOTAL)
    if scene.longest_sum() <= _INNER:
        layout.line = (MARGIN, end + BODY + 6)
        end += BODY + 6
    layout.notes_top = end + 12
    layout.width = _reached(scene, layout)


def _reached(scene: Scene, layout: Layout) -> float:
    """Return how far to the right anything of a single channel comes: the page ends there."""
    ends = [x + wide for x, _, wide, _ in (*layout.maps, layout.output, *layout.products)]
    ends += [x + _text.width(text, BODY) for x, _, text in layout.labels]
    ends += [MARGIN + _text.width(line, BODY) for line in layout.about]
    ends += [
        MARGIN + _text.width(layout.head, HEADING),
        MARGIN + _text.width(scene.longest_stop(), BODY + 1),
        *(layout.total[0] + _text.width(f"= {text}", TOTAL) for text in scene.sum_extremes()),
    ]
    if layout.line is not None:
        ends.append(MARGIN + scene.longest_sum())
    return float(max(ends))


def _rows(scene: Scene, layout: Layout) -> None:
    """A row for each channel, their sums below each other, the output on the right."""
    rows, columns = scene.slide.padded.shape[1:]
    kernel_rows = scene.slide.weight.shape[1]
    tall = max(kernel_rows * layout.cell, 130.0 if scene.shown == 2 else 112.0)
    pixel = _whole(scene, min(130.0 / columns, tall / rows))
    width, height = max(columns * pixel, _THINNEST), max(rows * pixel, _THINNEST)
    top = layout.top + _LABEL
    names = [_text.width(_input_name(scene, row), BODY) for row in range(scene.shown)]
    matrices = MARGIN + max(width, *names) + _SIGN
    for row in range(scene.shown):
        layout.maps.append((MARGIN, top, width, height))
        layout.labels.append((MARGIN, top - 5, _input_name(scene, row)))
        end = _matrices(scene, layout, matrices, top, first=row == 0)
        top = max(end, top + height) + _LABEL + 7
    x, y, wide, _ = layout.products[0]
    longest = max(_text.width(text, BODY + 1) for text in scene.sum_extremes())
    right = x + max(wide, _text.width("Products", BODY)) + 10 + longest
    layout.labels.append((right - _text.width("Sum", BODY), y - 5, "Sum"))
    for _, y, _, high in layout.products:
        layout.sums.append((right, y + high / 2 + 3))
    for _ in range(scene.more_sums):
        layout.sums.append((right, top))
        top += LINE
    layout.total = (right, top + 6)
    left = right + _SIGN + 6
    output = scene.slide.output.shape
    room = max(WIDTH - MARGIN - left, 130.0)
    pixel = _whole(scene, min(room / output[1], 180.0 / output[0], 28.0))
    box = max(output[1] * pixel, _THINNEST), max(output[0] * pixel, _THINNEST)
    layout.output = (left, layout.maps[0][1], *box)
    name = _output_name(scene, max(box[0], 130.0))
    layout.labels.append((left, layout.maps[0][1] - 5, name))
    layout.width = max(layout.width, left + box[0], left + _text.width(name, BODY))
    layout.notes_top = max(layout.total[1], layout.output[1] + box[1]) + 20


def _matrices(scene: Scene, layout: Layout, left: float, top: float, *, first: bool) -> float:
    """Place patch, kernel and products beside each other; return where they end."""
    rows, columns = scene.slide.weight.shape[1:]
    size = columns * layout.cell, rows * layout.cell
    for boxes, name in (
        (layout.patches, "Under the window"),
        (layout.kernels, "Kernel"),
        (layout.products, "Products"),
    ):
        boxes.append((left, top, *size))
        if first:
            layout.labels.append((left, top - 5, name))
        left += max(size[0], _text.width(name, BODY) - 8) + _SIGN
    return float(top + size[1]) + (LINE if any(scene.kernels[1]) else 0)


def _input_name(scene: Scene, row: int) -> str:
    many = len(scene.slide.channels) > 1 or scene.slide.channels[0] > 0
    padded = ", padded" if scene.slide.border.words else ""
    return f"Input{padded}" + (f": channel {scene.slide.channels[row]}" if many else "")


def _output_name(scene: Scene, room: float) -> str:
    return _text.fit(_text.plain(f"Output: {scene.slide.name}"), BODY, room)
