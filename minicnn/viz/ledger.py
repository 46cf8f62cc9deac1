"""The ledger as a picture: patch times kernel, channel by channel, and what they add up to."""

from __future__ import annotations

from matplotlib.figure import Figure

from minicnn.errors import ConfigError
from minicnn.explain.ledger import Ledger
from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.shapes import integer
from minicnn.viz import _text
from minicnn.viz._ledger_line import Terms, are_numbers, draw_line
from minicnn.viz._ledger_parts import (
    draw_map_at,
    fitted,
    outline,
    output_scale,
    pixels_box,
)
from minicnn.viz._ledger_running import builds_up, draw_running_sum
from minicnn.viz._ledger_sum import MAP, Rows
from minicnn.viz._ledger_way import Way
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import ALARM, INK, SOFT, printed

_INNER = WIDTH - 2 * MARGIN
_LINE, _SUM, _BARS, _LOWER = BODY * _text.LINE, BODY + 1, 76.0, 100.0
_NUMBERS = 4


def plot_ledger(
    ledger: Ledger,
    *,
    max_channels: int = 3,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot why one value of a network is what it is.

    For a sum of products, a row for each input channel: where the patch lies, the patch, the
    kernel, their products, the sum. Then how the sum builds up (channel by channel, or product by
    product where there is one), the arithmetic written out, the ledger's check against the
    network, and where the value stands in its own map. For anything else: the value that it
    was made from and the value itself, each in its map.

    Parameters
    ----------
    ledger : Ledger
        What `minicnn.explain.pixel` returns.
    max_channels : int
        So many input channels have a row of their own: those that bring most. The others' sums
        are drawn as bars. Of plain numbers, four times as many.
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
        For what is not a Ledger.

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential, images, viz
    >>> from minicnn.explain import pixel
    >>> model = Sequential(Conv2D.from_kernels("sobel_x"))
    >>> ledger = pixel(model, images.disc(20), "conv2d", "sobel_x", row=9, column=9)
    >>> figure = plot_ledger(ledger, figure=viz.new_figure())
    >>> figure.axes[0].texts[0].get_text()
    'Why is conv2d, sobel_x, row 9, column 9 equal to 0?'
    """
    check_figure(figure)
    _text.checked("title", title)
    integer("max_channels", max_channels, least=1)
    if not isinstance(ledger, Ledger):
        raise ConfigError(
            f"plot_ledger takes a Ledger, got {type(ledger).__name__}.\n"
            f"  explain.pixel(model, x, step, channel, row, column) makes one."
        )
    found = ledger.account
    head, about = _heading(ledger, title)
    top = MARGIN + (HEADING + 8 if head else 0) + _LINE * len(about) + 8
    if isinstance(found, WeightedSum):
        rows: Rows | Terms = (
            Terms(ledger, found, _NUMBERS * max_channels)
            if found.products[0].size == 1 and len(found.sums) > 1
            else Rows(ledger, found, max_channels)
        )
        maps = ledger.recording.maps(ledger.position, ledger.sample)
        size = (MAP, _LOWER / 2) if are_numbers(maps) else fitted(maps.shape, MAP, _LOWER)
        foot = Foot(ledger, rows.written_out(), _INNER - MAP - 24)
        bars = _BARS if builds_up(found) else 0.0
        below = max(bars + foot.height, size[1] + 3 * SMALL * _text.LINE)
        page = Page(figure, WIDTH, top + rows.height + 14 + below + MARGIN)
        _write_heading(page, head, about)
        rows.draw(page, MARGIN, top)
        y = top + rows.height + 14
        page.rule(y - 8, MARGIN, MARGIN + _INNER)
        _draw_output(page, ledger, (MARGIN + _INNER - size[0], y, *size))
        if bars:
            place = (MARGIN, y, foot.room, bars - 26)
            draw_running_sum(page, found, ledger.input_noun, rows.shown, place)
            y += bars
    else:
        way = Way(ledger)
        foot = Foot(ledger, way.written_out(), _INNER)
        page = Page(figure, WIDTH, top + way.height + 8 + foot.height + MARGIN)
        _write_heading(page, head, about)
        way.draw(page, MARGIN, top)
        y = top + way.height + 8
    foot.draw(page, y)
    return page.done()


class Foot:
    """What every ledger ends with: the arithmetic written out, and the check.

    Parameters
    ----------
    ledger : Ledger
    arithmetic : str
    room : float
        How wide it may be, in points.
    """

    def __init__(self, ledger: Ledger, arithmetic: str, room: float) -> None:
        """Break the lines."""
        self.ledger, self.room = ledger, room
        self.sum = _text.wrap(arithmetic, _SUM, room)
        self.grounds = _text.wrap(printed(_text.sentence(ledger.grounds)), SMALL, room)
        lines = len(self.sum) * _SUM + len(self.grounds) * SMALL
        self.height = lines * _text.LINE + HEADING + 14

    def draw(self, page: Page, top: float) -> None:
        """Write it."""
        y = top + _SUM
        for line in self.sum:
            page.text(MARGIN, y, line, size=_SUM)
            y += _SUM * _text.LINE
        y += 10
        check = self.ledger.check
        color = INK if check.agrees else ALARM
        page.text(MARGIN, y, printed(_text.sentence(str(check))), size=HEADING, color=color)
        y += 3 + SMALL * _text.LINE
        for line in self.grounds:
            page.text(MARGIN, y, line, size=SMALL, color=SOFT if check.agrees else ALARM)
            y += SMALL * _text.LINE


def _heading(ledger: Ledger, title: str | None) -> tuple[str, list[str]]:
    value = ledger.where
    what = _text.sentence(ledger.account.what.replace(" x ", f" {_text.TIMES} "))
    if title is None:
        title = f"Why is {value} equal to {printed(number(ledger.value))}?"
    else:
        what = f"{value} = {printed(number(ledger.value))}: {what}"
    head = _text.fit(_text.plain(title), HEADING, _INNER)
    return head, _text.wrap(_text.plain(what), BODY, _INNER)


def _write_heading(page: Page, head: str, about: list[str]) -> None:
    baseline = MARGIN + HEADING * 0.8
    if head:
        page.text(MARGIN, baseline, head, size=HEADING)
        baseline += HEADING * 0.2 + 6 + BODY
    for line in about:
        page.text(MARGIN, baseline, line, color=SOFT)
        baseline += _LINE


def _draw_output(page: Page, ledger: Ledger, box: tuple[float, float, float, float]) -> None:
    """Draw the map that the value stands in, with a frame around the value."""
    maps, place = ledger.recording.maps(ledger.position, ledger.sample), ledger.place
    scale, (x, y, width, height) = output_scale(ledger), box
    name = _text.fit(_text.plain(f"{ledger.step} {ledger.map_name}"), SMALL, MAP)
    if are_numbers(maps):
        draw_line(page, maps, place.channel, box)
        lines = [(name, INK), ("red: the value", SOFT)]
    else:
        draw_map_at(page, maps[place.channel], scale, box)
        outline(page, pixels_box(maps.shape, box, [place.row], [place.column]))
        lines = [(name, INK), ("framed: the value", SOFT), (f"colours: {scale}", SOFT)]
    for number_, (line, color) in enumerate(lines):
        baseline = y + height + 3 + SMALL * (1 + _text.LINE * number_)
        page.text(x + width, baseline, printed(line), size=SMALL, color=color, align="right")
