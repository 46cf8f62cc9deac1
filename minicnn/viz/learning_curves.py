"""How a run of learning went: loss and accuracy, epoch after epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from minicnn.errors import ConfigError, short
from minicnn.shapes import flag
from minicnn.train.history import Epoch, Training
from minicnn.viz import _text
from minicnn.viz._page import BODY, HEADING, MARGIN, SMALL, WIDTH, Page, check_figure
from minicnn.viz._style import ALARM, HAIRLINE, INK, SOFT, number_text, printed

_INNER = WIDTH - 2 * MARGIN
_LINE = BODY * _text.LINE
_PANEL, _LEFT, _BETWEEN, _NAMES = 190.0, 34.0, 26.0, 52.0
_DECADES = 1.0
"""From so many powers of ten between the smallest loss and the largest, the axis is logarithmic."""

LEARNT, TRIED = "#c79a2c", "#1d3766"
"""Training and validation: gold and blue, as different in grey as in colour."""

_ON = {True: "logarithmic scale", False: "linear scale"}


def plot_learning_curves(
    training: Training | Sequence[Epoch],
    *,
    log: bool | None = None,
    title: str | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Plot a run of learning: loss and accuracy of every epoch, the best epoch, why it stopped.

    What is learnt from is measured while it is learnt from, so an epoch's training loss stands
    in the middle of the epoch, and its validation loss at its end.

    Parameters
    ----------
    training : Training, or sequence of Epoch
        What `minicnn.train.fit` returns.
    log : bool, optional
        Whether the losses are drawn on a logarithmic scale. By default if they span a power of
        ten; the figure says which. Accuracies are always on a linear one.
    title, figure
        As for `plot_feature_maps`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError
        For what is no run of learning, and for `log` where a loss is not above 0.

    Examples
    --------
    >>> from minicnn import viz
    >>> from minicnn.train import Epoch
    >>> history = [Epoch(n, 1 / n, 1 - 0.5 / n, None, None, 0.1, 1.0) for n in (1, 2, 3)]
    >>> figure = plot_learning_curves(history, figure=viz.new_figure())
    >>> [line.get_xdata().tolist() for line in figure.axes[1].lines]
    [[0.5, 1.5, 2.5]]
    """
    check_figure(figure)
    _text.checked("title", title)
    history = _history(training)
    losses = [e.loss for e in history] + [e.validation_loss for e in history]
    is_log = _is_log(losses, log)
    head = f"{_text.count(len(history), 'epoch')} of learning" if title is None else title
    about = _about(training, history)
    lines = [line for text in about for line in _text.wrap(text, BODY, _INNER)]
    top = MARGIN + HEADING + 6 + _LINE * len(lines) + 26
    notes = _text.wrap(_note(history), SMALL, _INNER) if history else []
    if not history:
        top -= 14  # there are no charts that have titles
    below = top + (_PANEL + 34 if history else BODY + 2)
    page = Page(figure, WIDTH, below + SMALL * _text.LINE * len(notes) + MARGIN)
    page.heading(head)
    page.lines(MARGIN, MARGIN + HEADING + 6, lines)
    best = _best(training, history)
    if history:
        _draw_panels(page, history, best, is_log, top)
    else:
        page.text(MARGIN, top + BODY, "There is nothing to draw: no epoch was finished.")
    for i, line in enumerate(notes):
        y = below + SMALL + i * SMALL * _text.LINE
        page.text(MARGIN, y, line, size=SMALL, color=SOFT)
    return page.done()


def _draw_panels(
    page: Page, history: Sequence[Epoch], best: Epoch | None, is_log: bool, top: float
) -> None:
    has_accuracy = any(
        value is not None for e in history for value in (e.accuracy, e.validation_accuracy)
    )
    count = 2 if has_accuracy else 1
    width = (_INNER - (count - 1) * _BETWEEN) / 2 - _LEFT - _NAMES if has_accuracy else 400.0
    panel = _Panel(page, history, best, top, width)
    panel.draw(MARGIN, "loss", f"Loss, {_ON[is_log]}", is_log)
    if has_accuracy:
        x = MARGIN + _LEFT + width + _NAMES + _BETWEEN
        panel.draw(x, "accuracy", "Accuracy, linear scale", False)


class _Panel:
    """One chart; both are of one size and have the same epochs."""

    def __init__(
        self, page: Page, history: Sequence[Epoch], best: Epoch | None, top: float, width: float
    ) -> None:
        self.page, self.history, self.best, self.top, self.width = page, history, best, top, width

    def draw(self, x: float, what: str, title: str, is_log: bool) -> None:
        """Draw the two curves of one number."""
        page, history = self.page, self.history
        learnt = _values(history, what)
        tried = _values(history, f"validation_{what}")
        ax = self._axes(x + _LEFT)
        low, high = _ends(np.concatenate([learnt, tried]), what, is_log)
        ends_text = "" if is_log else f" from {number_text(low)}"
        page.text(x, self.top - 12, f"{title}{ends_text}", color=INK)
        ax.set_yscale("log" if is_log else "linear")
        ax.set_ylim(low, high)
        ax.set_xlim(min(history[0].number - 1.0, 0), history[-1].number + 0.02)
        self._ticks(ax, is_log, low, high)
        numbers = np.array([e.number for e in history], float)
        ends: list[tuple[float, str, str]] = []
        for name, values, at, color in (
            ("training", learnt, numbers - 0.5, LEARNT),
            ("validation", tried, numbers, TRIED),
        ):
            if not np.isnan(values).all():
                dots = "o" if len(history) <= 40 else ""
                ax.plot(at, values, color=color, marker=dots, markersize=2.5, linewidth=1.3,
                        label=name, clip_on=False)  # fmt: skip
                last = int(np.flatnonzero(np.isfinite(values))[-1])
                ends.append((self._level(ax, float(values[last])), name, color))
        self._name(ends, x + _LEFT + self.width + 5)
        if self.best is not None:
            self._mark_best(ax, what)

    def _axes(self, x: float) -> Axes:
        page = self.page
        bottom = page.height - self.top - _PANEL
        box = x / page.width, bottom / page.height, self.width / page.width, _PANEL / page.height
        ax = page.figure.add_axes(box)
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set(color=HAIRLINE, linewidth=0.5)
        ax.set_facecolor("none")
        return ax

    def _ticks(self, ax: Axes, is_log: bool, low: float, high: float) -> None:
        ax.yaxis.set_major_locator(FixedLocator(_tick_values(low, high, is_log)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: printed(number_text(v))))
        first, last = self.history[0].number, self.history[-1].number
        step = max(1, -(-(last - first + 1) // 12))
        ax.xaxis.set_major_locator(
            FixedLocator([first - 1, *range(first - 1 + step, last + 1, step)])
        )
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_minor_locator(NullLocator())
        ax.tick_params(length=2, width=0.5, pad=2, color=SOFT)
        for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
            label.set(fontproperties=_text.font(SMALL), color=INK)
        ax.set_xlabel("epoch", fontproperties=_text.font(SMALL), color=SOFT, labelpad=2)

    def _level(self, ax: Axes, value: float) -> float:
        """Return how far down the page a value is drawn."""
        up = ax.transAxes.inverted().transform(ax.transData.transform((0, value)))[1]
        return self.top + _PANEL * (1 - float(np.clip(up, 0, 1)))

    def _name(self, ends: list[tuple[float, str, str]], x: float) -> None:
        """Write each curve's name at its right end, apart from the other."""
        levels = sorted(ends)
        line = SMALL * _text.LINE
        middle = sum(level for level, *_ in levels) / max(len(levels), 1)
        is_near = len(levels) == 2 and levels[1][0] - levels[0][0] < line
        for i, (level, name, color) in enumerate(levels):
            y = middle + (i - 0.5) * line if is_near else level
            self.page.text(x, y + 2.5, name, size=SMALL, color=color)

    def _mark_best(self, ax: Axes, what: str) -> None:
        best = self.best
        value = None if best is None else getattr(best, f"validation_{what}")
        if best is None or value is None:
            return
        ax.axvline(best.number, color=ALARM, linewidth=0.7, gid="best epoch", zorder=1)
        look: dict[str, Any] = {"color": ALARM, "markersize": 4.5, "clip_on": False, "zorder": 4}
        ax.plot([best.number], [value], "o", label="best", **look)
        share = (best.number - ax.get_xlim()[0]) / (ax.get_xlim()[1] - ax.get_xlim()[0])
        text = f"epoch {best.number}: {printed(f'{value:.4g}')}"
        x = ax.get_position().x0 * self.page.width + share * self.width
        half = _text.width(text, SMALL) / 2
        left = ax.get_position().x0 * self.page.width
        x = min(max(x, left + half), left + self.width + _NAMES - half)
        self.page.text(x, self.top - 2, text, size=SMALL, color=ALARM, align="center")


def _history(training: Any) -> tuple[Epoch, ...]:
    found = training.history if isinstance(training, Training) else training
    if isinstance(found, tuple | list) and all(isinstance(e, Epoch) for e in found):
        return tuple(found)
    raise ConfigError(
        f"plot_learning_curves takes what train.fit returns, or its history, got {short(training)}"
    )


def _best(training: Any, history: Sequence[Epoch]) -> Epoch | None:
    """Return the epoch of the smallest validation loss, if there is one."""
    if isinstance(training, Training):
        number = training.best_epoch
        return next(
            (e for e in history if e.number == number and e.validation_loss is not None), None
        )
    tried = [
        e
        for e in history
        if e.validation_loss is not None and e.validation_loss == e.validation_loss
    ]
    return min(tried, key=lambda e: e.validation_loss or 0.0, default=None)


def _about(training: Any, history: Sequence[Epoch]) -> list[str]:
    lines = []
    if isinstance(training, Training):
        lines += [_text.plain(line) for line in training.why.splitlines()]
    best = _best(training, history)
    if best is not None:
        right = best.validation_accuracy
        accuracy = "" if right is None else f", accuracy {right:.4f}"
        loss = f"{best.validation_loss:.4f}"
        lines.append(f"Best: epoch {best.number}, by its validation loss, {loss}{accuracy}.")
    return lines


def _note(history: Sequence[Epoch]) -> str:
    note = (
        "Training: the mean over an epoch's batches, each measured before it was learnt from, "
        "drawn in the middle of the epoch."
    )
    if any(e.validation_loss is not None for e in history):
        note += (
            " Validation: the model after the epoch, on examples that it does not learn from, but "
            "that choose the best epoch."
        )
    return note


def _values(history: Sequence[Epoch], name: str) -> np.ndarray:
    """Return one number of every epoch; NaN where there is none or it is beyond all bounds."""
    found = np.array(
        [np.nan if v is None else v for v in (getattr(e, name) for e in history)], float
    )
    found[~np.isfinite(found)] = np.nan
    return found


def _is_log(losses: Sequence[float | None], log: bool | None) -> bool:
    known = [v for v in losses if v is not None and math.isfinite(v)]
    is_positive = bool(known) and min(known) > 0
    if log is None:
        return is_positive and math.log10(max(known) / min(known)) >= _DECADES
    if flag("log", log) and known and not is_positive:
        raise ConfigError(f"log needs losses above 0, the smallest is {min(known):g}: leave it out")
    return bool(log) and is_positive


def _ends(values: np.ndarray, what: str, is_log: bool) -> tuple[float, float]:
    """Return the ends of an axis: of losses from 0, of accuracies up to 1."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if what == "accuracy":
        return max(0.0, math.floor(low * 10 - 0.5) / 10), 1.0
    if is_log:
        return low / 1.15, high * 1.15
    return min(0.0, 1.05 * low), (1.05 * high if high > 0 else 1.0)


def _tick_values(low: float, high: float, is_log: bool) -> list[float]:
    """Return a few round numbers between the ends.

    Examples
    --------
    >>> _tick_values(0.0, 2.3, False), _tick_values(0.006, 0.9, True)
    ([0.0, 0.5, 1.0, 1.5, 2.0], [0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
    """
    if is_log:
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        many = len(powers) > 5
        found = [d * 10.0**p for p in powers for d in ((1,) if many else (1, 2, 5))]
        return [float(f"{v:.1e}") for v in found if low <= v <= high]
    step = 10.0 ** math.floor(math.log10(high - low))
    step = next(step * f for f in (0.1, 0.2, 0.5, 1, 2) if (high - low) / (step * f) <= 6)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) for n in range(first, math.floor(high / step + 1e-9) + 1)]
