"""The x-ray of a kernel as one page."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from minicnn.explain.xray import Xray, xray
from minicnn.explain.xray_probes import Probe
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._page import BODY, GAP, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import HAIRLINE, INK, SOFT, Scale, number_text, printed, scale_of
from minicnn.viz._tiles import draw_kernel_at
from minicnn.viz.maps import write_numbers

_INNER = WIDTH - 2 * MARGIN
_TOP_ROW, _LABEL, _PROBES = 118.0, 62.0, 6
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE


def plot_xray(kernel: Any, *, title: str | None = None, figure: Figure | None = None) -> Figure:
    """Plot what a kernel is and does: its numbers, its factors, its waves, and six tests.

    Parameters
    ----------
    kernel : Kernel, name, matrix (KH, KW), or Xray
        What `minicnn.explain.xray` takes or returns.
    title : str, optional
        By default the kernel's name. Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, see `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import viz
    >>> figure = plot_xray("sobel_x", figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'sobel_x'
    """
    check_figure(figure)
    _text.checked("title", title)
    found = kernel if isinstance(kernel, Xray) else xray(kernel)
    what = _text.wrap(printed_numbers(_text.plain(found.what)), BODY, _INNER)
    facts = [(name, _fact_lines(text)) for name, text in found.facts()[:5]]
    words = [
        _text.wrap(printed_numbers(probe.words), SMALL, _probe_width()) for probe in found.probes
    ]

    row_top = MARGIN + HEADING + 5 + _LINE * len(what) + 24
    facts_top = row_top + _TOP_ROW + 30
    probes_top = facts_top + sum(_LINE * len(lines) + 2 for _, lines in facts) + 26
    tile = _probe_width()
    height = probes_top + 2 * tile + 12 + _LINE + _SMALL_LINE * max(map(len, words)) + MARGIN

    page = Page(figure, WIDTH, height)
    page.heading(title or found.kernel.name)
    page.lines(MARGIN, MARGIN + HEADING + 5, what)
    _draw_kernel(page, found, MARGIN, row_top)
    _draw_factors(page, found, MARGIN + 150, row_top)
    _draw_waves(page, found, MARGIN + 318, row_top)
    _draw_profile(page, found, MARGIN + 478, row_top)
    y = facts_top
    for name, lines in facts:
        page.text(MARGIN, y + BODY, name, color=SOFT)
        for line in lines:
            page.text(MARGIN + _LABEL, y + BODY, line)
            y += _LINE
        y += 2
    _draw_probes(page, found.probes, words, probes_top)
    return page.done()


def _draw_kernel(page: Page, found: Xray, x: float, y: float) -> None:
    """Draw the kernel with its numbers."""
    values = found.values
    cell = min(130.0 / values.shape[1], _TOP_ROW / values.shape[0], 34.0)
    scale = scale_of(values)
    _above(page, x, y, f"kernel, {_text.by(values.shape)}")
    factor = draw_numbered(page, values, scale, x, y, cell)
    if factor:
        page.text(x, y + cell * values.shape[0] + 4 + SMALL, factor, size=SMALL, color=SOFT)


def draw_numbered(page: Page, kernel: Array, scale: Scale, x: float, y: float, cell: float) -> str:
    """Draw a kernel with its numbers if they fit; return the factor that they share."""
    rows, columns = kernel.shape
    cell = max(page.snap(cell), page.dot)
    image = page.map(kernel, scale, x, y, cell * columns, cell * rows, None)
    return write_numbers(page.axes, kernel, image, (page.snap(x), page.snap(y)), cell, cell)


def _draw_factors(page: Page, found: Xray, x: float, y: float) -> None:
    """Draw the column and the row that make the kernel, or its singular values."""
    f = found.factors
    if f.column is None or f.row is None:
        _draw_ranks(page, found, x, y)
        return
    rows, columns = found.values.shape
    factor = "" if f.factor == 1 else f", times {printed(number_text(f.factor))}"
    _above(page, x, y, f"= a column times a row{factor}")
    cell = min(96.0 / columns, (_TOP_ROW - 4) / rows, 26.0)
    draw_kernel_at(page, f.column[:, None], scale_of(f.column), x, y, cell, numbers=True)
    left = x + cell + 10
    middle = y + cell * rows / 2
    page.text(left, middle + 3, _text.TIMES, size=HEADING, color=SOFT)
    top = middle - cell / 2
    draw_kernel_at(page, f.row[None], scale_of(f.row), left + 16, top, cell, numbers=True)
    note = f"{f.multiplications} multiplications a pixel, {f.in_passes} in two passes"
    page.lines(x, y + _TOP_ROW + 4, _text.wrap(note, SMALL, 150), size=SMALL)


def _draw_ranks(page: Page, found: Xray, x: float, y: float) -> None:
    """Draw how strong each column-times-row is that has to be added up."""
    f = found.factors
    values = f.singular_values[: max(f.rank, 1)][:8]
    heading = f"rank {f.rank}; singular values:" if f.rank else "nothing to take apart"
    _above(page, x, y, heading)
    largest = float(values[0]) or 1.0
    step = min(20.0, (_TOP_ROW - 10) / len(values))
    for i, value in enumerate(values):
        width = max(100.0 * float(value) / largest, 0.5)
        page.axes.barh(
            y + i * step + step / 2, width, height=step - 6, left=x, color="#8a7340", clip_on=False
        )
        text = printed(number_text(float(value)))
        page.text(x + width + 4, y + i * step + step / 2 + 2.5, text, size=SMALL)
    note = f"{f.multiplications} multiplications a pixel, {f.in_passes} in {2 * f.rank} passes"
    page.lines(x, y + _TOP_ROW + 4, _text.wrap(note, SMALL, 150), size=SMALL)


def _draw_waves(page: Page, found: Xray, x: float, y: float) -> None:
    """Draw the gain of every wave."""
    wave = found.frequency
    _above(page, x, y, "gain of each wave")
    page.map(wave.gain, Scale(0.0, wave.peak or 1.0, signed=False), x, y, _TOP_ROW, _TOP_ROW, None)
    bottom = y + _TOP_ROW
    for text, where, align in (
        ("\N{MINUS SIGN}\u00bd", 0.0, "left"),
        ("0", 0.5, "center"),
        ("\u00bd", 1.0, "right"),
    ):
        page.text(x + where * _TOP_ROW, bottom + 3 + SMALL, text, size=SMALL, align=align)
        page.text(
            x - 3,
            y + where * _TOP_ROW + (7, 2.5, 0)[int(2 * where)],
            text,
            size=SMALL,
            align="right",
        )
    note = "waves a pixel, across and down"
    page.text(
        x + _TOP_ROW / 2,
        bottom + 4 + SMALL + _SMALL_LINE,
        note,
        size=SMALL,
        color=SOFT,
        align="center",
    )


def _draw_profile(page: Page, found: Xray, x: float, y: float) -> None:
    """Draw the gain from coarse to fine, all directions together."""
    wave = found.frequency
    width, height = _INNER - (x - MARGIN), _TOP_ROW
    peak = float(wave.profile.max()) or 1.0
    _above(page, x, y, f"{wave.kind}: gain, coarse to fine")
    across = x + wave.radii / 0.5 * width
    up = y + height - wave.profile / (1.08 * peak) * height
    page.axes.fill_between(across, up, y + height, color="#e9e2cf", linewidth=0, clip_on=False)
    page.axes.add_artist(Line2D(across, up, color="#6b5a2f", linewidth=1.4, clip_on=False))
    for row in (y, y + height):
        if row > y:
            page.axes.add_artist(Line2D([x, x + width], [row, row], color=HAIRLINE, linewidth=0.5))
    top = y + height - height / 1.08
    text = printed(number_text(peak))
    page.axes.add_artist(Line2D([x - 3, x], [top, top], color=HAIRLINE, linewidth=0.5))
    page.text(x - 5, top + 2.5, text, size=SMALL, align="right")
    page.text(x - 5, y + height + 2.5, "0", size=SMALL, align="right")
    bottom = y + height + 3 + SMALL
    page.text(x, bottom, "flat", size=SMALL)
    page.text(x + width / 2, bottom, "4 pixels", size=SMALL, align="center")
    page.text(x + width, bottom, "2 pixels", size=SMALL, align="right")
    page.text(
        x + width / 2,
        bottom + 1 + _SMALL_LINE,
        "length of a wave (all directions)",
        size=SMALL,
        color=SOFT,
        align="center",
    )


def _draw_probes(page: Page, probes: tuple[Probe, ...], words: list[list[str]], y: float) -> None:
    """Draw the test pictures, and the answers on one scale below them."""
    tile, scale = _probe_width(), scale_of(_all(probes))
    page.text(MARGIN, y - 12, "What it makes of plain things")
    text = "one scale for all answers:"
    page.text(WIDTH - MARGIN - 128, y - 12, text, size=SMALL, color=SOFT, align="right")
    page.bar(scale, WIDTH - MARGIN - 122, y - 20, 122)
    for i, probe in enumerate(probes):
        x = MARGIN + i * (tile + GAP)
        page.picture(probe.picture[None], x, y, tile, tile)
        size = tile * probe.answer.shape[0] / probe.picture.shape[0]
        wide = tile * probe.answer.shape[1] / probe.picture.shape[1]
        left, top = x + (tile - wide) / 2, y + tile + 8 + (tile - size) / 2
        page.map(probe.answer, scale, left, top, wide, size, None)
        baseline = y + 2 * tile + 12 + BODY
        page.text(x, baseline, probe.name, color=INK)
        for k, line in enumerate(words[i]):
            page.text(x, baseline + (k + 1) * _SMALL_LINE, line, size=SMALL, color=SOFT)


def _above(page: Page, x: float, y: float, text: str) -> None:
    page.text(x, y - 5, text, color=SOFT)


def _fact_lines(text: str) -> list[str]:
    return _text.wrap(printed_numbers(text), BODY, _INNER - _LABEL)


def printed_numbers(text: str) -> str:
    """Return a sentence with true minus signs before digits, its hyphens left alone.

    Examples
    --------
    >>> printed_numbers("low-pass: -1 to 2")
    'low-pass: \u22121 to 2'
    """
    minus = "\N{MINUS SIGN}"
    return "".join(
        minus if c == "-" and text[i + 1 : i + 2].isdigit() and not text[i - 1 : i].isalnum() else c
        for i, c in enumerate(text)
    )


def _all(probes: tuple[Probe, ...]) -> Array:
    return np.concatenate([probe.answer.ravel() for probe in probes])


def _probe_width() -> float:
    return (_INNER - (_PROBES - 1) * GAP) / _PROBES
