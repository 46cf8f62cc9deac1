"""The kernel between two pictures: both, what the kernel makes, what it misses, its weights."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError, short
from minicnn.explain.found_kernel import FoundKernel, tidy
from minicnn.shapes import Array, Pair
from minicnn.viz import _text
from minicnn.viz._page import BODY, GAP, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import ALARM, SOFT, Scale, number_text, printed, scale_of
from minicnn.viz._subject import sample_index
from minicnn.viz._values import facts
from minicnn.viz.maps import number_size, range_text, readable_on
from minicnn.viz.xray import draw_numbered, printed_numbers

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE, _TALLEST = BODY * _text.LINE, SMALL * _text.LINE, 230.0
_KERNEL, _APART, _FACTS = 112.0, 28.0, 190.0


def plot_found_kernel(
    found: FoundKernel,
    *,
    sample: int = 0,
    channel: int = 0,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot what `minicnn.explain.find_kernel` found, and where it fails.

    Parameters
    ----------
    found : FoundKernel
    sample, channel : int
        Which picture of the batch, and which channel of `after`.
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, see `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import Conv2D, explain, images, viz
    >>> x = images.disc(20)
    >>> found = explain.find_kernel(x, Conv2D.from_kernels("sobel_x")(x))
    >>> figure = plot_found_kernel(found, figure=viz.new_figure())
    >>> figure.axes[0].texts[1].get_text()
    'One kernel explains the change completely. It is sobel_x.'
    """
    check_figure(figure)
    _text.checked("title", title)
    if not isinstance(found, FoundKernel):
        raise ConfigError(
            f"plot_found_kernel takes what explain.find_kernel returns, got {short(found)}."
        )
    sample_index(sample, len(found.before))
    if not 0 <= channel < found.after.shape[1]:
        raise ConfigError(
            f"channel must be from 0 to {found.after.shape[1] - 1}, got {short(channel)}"
        )
    hint = f"With bias=True: {found.with_bias}" if found.with_bias else ""
    verdict = " ".join(filter(None, (found.verdict, found.what, hint)))
    lines = _text.wrap(printed_numbers(verdict), BODY, _INNER)
    doubt = _text.wrap(printed_numbers(found.doubt), BODY, _INNER) if found.doubt else []
    tiles = _tiles(found, sample, channel)
    width = (_INNER - (len(tiles) - 1) * GAP) / len(tiles)
    rows, columns = found.before.shape[2:]
    tall = min(width * rows / columns, _TALLEST)

    top = MARGIN + HEADING + 5 + _LINE * len(lines) + 22
    kernels_top = top + tall + 34 + 26
    doubt_top = kernels_top + _KERNEL + (24 if doubt else 6)
    page = Page(figure, WIDTH, doubt_top + _LINE * len(doubt) + MARGIN)
    page.heading("The kernel between two pictures" if title is None else title)
    page.lines(MARGIN, MARGIN + HEADING + 5, lines)
    for i, (name, values, scale) in enumerate(tiles):
        _draw_tile(page, name, values, scale, MARGIN + i * (width + GAP), top, width, tall, found)
    _draw_kernels(page, found, channel, kernels_top)
    page.lines(MARGIN, doubt_top, doubt, color=ALARM)
    return page.done()


def _tiles(found: FoundKernel, sample: int, channel: int) -> list[tuple[str, Array, Scale | None]]:
    """Return what is drawn side by side; without a scale, as a picture."""
    before, after = found.before[sample], found.after[sample, channel]
    residual = found.residual[sample, channel]
    made = after - residual
    is_picture = len(before) in (1, 3) and before.min() >= 0 and before.max() <= 1
    shown = before if is_picture else before[0]
    common = scale_of(np.stack([after, made]))
    reach = float(np.abs(residual).max())
    tiny = reach <= 1e-6 * max(float(np.abs(after).max()), 1e-300)
    own = Scale(-1.0, 1.0, signed=True) if reach == 0 else Scale(-reach, reach, signed=True)
    name = "after less that: rounding only" if tiny else "after less that"
    return [
        ("before", shown, None if is_picture else scale_of(shown)),
        ("after", after, common),
        ("what the kernel makes", made, common),
        (name, residual, common if tiny else own),
    ]


def _draw_tile(
    page: Page,
    name: str,
    values: Array,
    scale: Scale | None,
    x: float,
    y: float,
    width: float,
    tall: float,
    found: FoundKernel,
) -> None:
    rows, columns = values.shape[-2:]
    full_rows, full_columns = found.before.shape[2:]
    point = min(width / full_columns, tall / full_rows)  # of one pixel
    w, h = point * columns, point * rows
    page.text(x, y - 5, name)
    if scale is None:
        page.picture(values, x, y, w, h)
        return
    page.map(values, scale, x, y, w, h, facts(values))
    page.bar(scale, x, y + tall + 6, min(width, point * full_columns))


def _draw_kernels(page: Page, found: FoundKernel, channel: int, y: float) -> None:
    """Draw the kernels that make this channel, how sure they are, and that without the cut."""
    channels = found.weight.shape[1]
    shown = _room_for(found)
    x = MARGIN
    for c in range(shown):
        name = "the kernel" if channels == 1 else f"from channel {c}"
        name = name if found.clip is None else "the best single kernel"
        x = _draw_numbers(page, name, found.weight, (channel, c), found.unknown[c], x, y)
    if found.clip is not None:
        nothing = np.zeros(found.unknown[0].shape, bool)
        name = "the kernel without the pixels that were cut off"
        x = _draw_numbers(page, name, found.clip.weight, (0, 0), nothing, x, y)
    if shown < channels and found.clip is None:
        page.text(x, y + BODY, f"{shown} of {channels} channels shown", color=SOFT)
        y += _LINE
    facts_ = [
        f"{found.windows:,} windows, {found.weight[0].size} weights",
        f"R\u00b2 = {printed(f'{found.r2:.4f}')}",
        f"a pixel is missed by {printed(number_text(found.rmse))}",
    ]
    known = found.error[channel][~found.unknown]
    if known.size and known.max() > 1e-6 * float(np.abs(found.weight).max()):
        facts_.append(f"its weights, give or take {printed(number_text(float(known.max())))}")
    if found.bias is not None:
        facts_.append(f"bias {printed(number_text(found.bias[channel]))}")
    for i, text in enumerate(facts_):
        page.text(x, y + BODY + i * _LINE, text, color=SOFT)


def _room_for(found: FoundKernel) -> int:
    """Return how many channels of the kernel are drawn."""
    rows, columns = found.weight.shape[2:]
    each = max(_cell(rows, columns) * columns, _text.width("from channel 00", BODY)) + _APART
    most = max(1, int((_INNER - _FACTS) // each))
    return min(found.weight.shape[1], most) if found.clip is None else 1


def _cell(rows: int, columns: int) -> float:
    return min(_KERNEL / rows, 150.0 / columns, 34.0)


def _draw_numbers(
    page: Page, name: str, weight: Array, which: Pair, unknown: Array, x: float, y: float
) -> float:
    """Draw one small matrix, "?" on what cannot be told; return where the next one goes.

    All kernels of a weight have one scale.
    """
    shown = _whole(tidy(weight[which], weight))
    rows, columns = shown.shape
    cell = _cell(rows, columns)
    page.text(x, y - 5, name)
    scale = scale_of(_whole(tidy(weight, weight)))
    factor = draw_numbered(page, shown, scale, x, y, cell)
    for row, column in np.argwhere(unknown):
        ink = readable_on(scale.cmap(scale.norm(shown[row, column])))
        page.text(x + (column + 1) * cell - 3, y + row * cell + 9, "?", color=ink, align="right")
    note = factor if number_size(shown, cell) else range_text(facts(shown))
    ends = note.split(" to ")
    note = f"{ends[0]} each" if len(ends) == 2 and ends[0] == ends[1] else note
    if note:
        page.text(x, y + cell * rows + 3 + SMALL, note, size=SMALL, color=SOFT)
    return float(x + max(cell * columns, _text.width(name, BODY)) + _APART)


def _whole(values: Array) -> Array:
    """Return numbers that are whole but for rounding as whole numbers."""
    near = np.rint(values)
    room = 1e-6 * float(np.abs(values).max())
    return np.where(np.abs(values - near) <= room, near, values)
