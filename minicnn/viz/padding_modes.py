"""The four padding modes side by side, and the false edges that each of them makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from minicnn.errors import ConfigError
from minicnn.explain.ledger_numbers import number
from minicnn.explain.padding_modes import PaddingModes, padding_modes
from minicnn.shapes import Array, integer
from minicnn.viz import _text
from minicnn.viz._ledger_parts import Box, fitted
from minicnn.viz._page import BODY, GAP, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._sets import outline_set
from minicnn.viz._style import ALARM, INK, SOFT, Scale, bounded, printed, scale_of
from minicnn.viz._values import facts

_INNER = WIDTH - 2 * MARGIN
_LINE, _SMALL_LINE = BODY * _text.LINE, SMALL * _text.LINE
_WIDE, _TALLEST, _HEAD = (_INNER - 4 * GAP) / 5, 150.0, 28.0
_PART = 96
_WORDS = {
    "zeros": "zeros",
    "reflect": "reflect: mirrored",
    "replicate": "replicate: the edge goes on",
    "circular": "circular: the other side",
}


def plot_padding_modes(
    model: Any,
    x: Any,
    padding: Any = None,
    *,
    channel: int | None = None,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot four ways to continue a picture, and the false edges they make.

    The picture's own border is cut off and guessed. In the first column the truth, in each of
    the others a padding mode: the picture as it is continued, what the model makes of it, and
    the difference to the truth. Of maps larger than 96 x 96, the part around the worst error is
    drawn, or the border would be too thin to be seen.

    Parameters
    ----------
    model, x, padding
        As for `minicnn.explain.padding_modes`.
    channel : int, optional
        Which of the model's maps; by default the one with the largest error.
    title : str, optional
        Taken literally.
    figure : matplotlib Figure, optional
        One to draw on, as for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Examples
    --------
    >>> from minicnn import Conv2D, images, viz
    >>> figure = plot_padding_modes(Conv2D.from_kernels("sobel_x"), images.disc(20),
    ...                             figure=viz.new_figure())
    >>> len(figure.axes[0].images)      # the truth twice, and each mode three times
    14
    """
    check_figure(figure)
    _text.checked("title", title)
    found = padding_modes(model, x, padding)
    chosen = _channel(found, channel)
    heading = "Padding, and the false edges it makes" if title is None else title
    return _Sheet(found, chosen, heading).draw(figure)


@dataclass(frozen=True)
class _Sheet:
    """Three rows: pictures, outputs, differences; five columns: the truth and four modes."""

    found: PaddingModes
    channel: int
    heading: str

    def draw(self, figure: Figure | None) -> Figure:
        """Draw them."""
        found, channel = self.found, self.channel
        head = _text.fit(_text.plain(self.heading), HEADING, _INNER)
        lines = _text.wrap(_text.plain(self._about()), BODY, _INNER)
        picture = fitted(found.picture.shape, _WIDE, _TALLEST)
        part = self._part()
        size = fitted(found.truth[channel][part].shape, _WIDE, _TALLEST)
        names = MARGIN + (HEADING + 8 if head else 0) + _LINE * len(lines) + 4
        tops = [names + _LINE + 4]
        tops.append(tops[0] + picture[1] + 10 + _HEAD)
        tops.append(tops[1] + size[1] + 10 + _HEAD)
        page = Page(figure, WIDTH, tops[2] + size[1] + 4 + _SMALL_LINE + MARGIN)
        self._write_heading(page, head, lines)
        outputs = [found.truth[channel], *(guess.output[channel] for guess in found.guesses)]
        maps, errors = scale_of(np.stack(outputs)), self._error_scale()
        self._draw_head(page, "What the model makes of it", maps, tops[1] - _HEAD)
        self._draw_head(page, "The difference to the truth", errors, tops[2] - _HEAD)
        for column, values in enumerate(outputs):
            x = MARGIN + column * (_WIDE + GAP)
            guess = found.guesses[column - 1] if column else None
            name = "the truth" if guess is None else _WORDS[guess.mode]
            page.text(x, names + BODY, _text.fit(name, BODY, _WIDE))
            shown = found.picture if guess is None else guess.picture
            self._draw_picture(page, shown, (x, tops[0], *picture))
            page.map(values[part], maps, x, tops[1], *size, facts(values[part]))
            if guess is None:
                self._write_note(page, x, tops[2])
                continue
            page.map(guess.difference[channel][part], errors, x, tops[2], *size, None)
            mean = printed(number(found.mean_error(guess.mode), 3))
            said = f"worst {printed(number(guess.worst, 3))}, mean {mean}"
            page.text(x, tops[2] + size[1] + 4 + SMALL, said, size=SMALL, color=ALARM)
        return page.done()

    def _about(self) -> str:
        found = self.found
        seen = int(np.count_nonzero(found.seen))
        drawn = "" if self._is_picture() else f" Drawn: channel 0 of {len(found.picture)}."
        return (
            f"Framed: what is known of the picture. What lies around it, {found.width}, was "
            f"guessed in four ways; {seen:,} of {found.truth.size:,} values have seen it. In red: "
            f"the worst error of all maps, and the mean of those that have seen it.{drawn}"
            f"{self._part_text()}"
        )

    def _part(self) -> tuple[slice, slice]:
        """Return the rows and the columns of the maps that are drawn: around the worst error."""
        errors = np.stack([guess.difference[self.channel] for guess in self.found.guesses])
        worst = np.nan_to_num(np.abs(errors), posinf=0.0).max(axis=0)
        middle = np.unravel_index(int(worst.argmax()), worst.shape)
        starts = (
            min(max(0, int(at) - _PART // 2), max(0, size - _PART))
            for at, size in zip(middle, worst.shape, strict=True)
        )
        rows, columns = (slice(start, start + _PART) for start in starts)
        return rows, columns

    def _part_text(self) -> str:
        height, width = self.found.truth.shape[1:]
        if max(height, width) <= _PART:
            return ""
        rows, columns = self._part()
        return (
            f" Of the maps, the part around the worst error is drawn: rows {rows.start} to "
            f"{min(rows.stop, height) - 1}, columns {columns.start} to "
            f"{min(columns.stop, width) - 1} of {_text.by((height, width))}."
        )

    def _error_scale(self) -> Scale:
        errors = np.stack([guess.difference[self.channel] for guess in self.found.guesses])
        finite = np.abs(errors[np.isfinite(errors)])
        reach = bounded(float(finite.max(initial=0.0)))
        return Scale(-reach, reach, signed=True)

    def _write_heading(self, page: Page, head: str, lines: list[str]) -> None:
        baseline = MARGIN + HEADING * 0.8
        if head:
            page.text(MARGIN, baseline, head, size=HEADING, color=INK)
            baseline += HEADING * 0.2 + 6 + BODY
        for line in lines:
            page.text(MARGIN, baseline, line, color=SOFT)
            baseline += _LINE

    def _draw_head(self, page: Page, words: str, scale: Scale, top: float) -> None:
        page.text(MARGIN, top + BODY + 2, words)
        page.bar(scale, MARGIN + _WIDE + GAP, top + 2)
        if len(self.found.truth) > 1:
            text = f"map {self.channel} of {len(self.found.truth)}, one scale for all"
        else:
            text = "one scale for all"
        page.text(MARGIN + 2 * (_WIDE + GAP) + 65, top + BODY + 2, text, color=SOFT)

    def _draw_picture(self, page: Page, picture: Array, box: Box) -> None:
        if self._is_picture():
            page.picture(picture, *box)
        else:
            page.map(picture[0], scale_of(self.found.picture), *box, facts(picture[0]))
        (top, bottom), (left, right) = self.found.padding
        _, height, width = self.found.picture.shape
        kept = np.zeros((height, width), bool)
        kept[top : height - bottom, left : width - right] = True
        outline_set(page, kept, box, thick=0.8, rim=0)

    def _is_picture(self) -> bool:
        picture = self.found.picture
        inside = bool(np.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1)
        return len(picture) in (1, 3) and inside

    def _write_note(self, page: Page, x: float, top: float) -> None:
        """Say what the row shows, where the truth would be held against itself."""
        note = "What comes of each guess, less what comes of the picture itself: grey is right."
        page.lines(x, top, _text.wrap(note, SMALL, _WIDE), size=SMALL)


def _channel(found: PaddingModes, channel: Any) -> int:
    if channel is None:
        worst = [
            max(np.abs(np.nan_to_num(guess.difference[c])).max() for guess in found.guesses)
            for c in range(len(found.truth))
        ]
        return int(np.argmax(worst))
    if integer("channel", channel, least=0) >= len(found.truth):
        raise ConfigError(f"channel must be from 0 to {len(found.truth) - 1}, got {channel}")
    return int(channel)
