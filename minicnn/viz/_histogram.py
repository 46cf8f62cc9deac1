"""How a map's values are spread, as bars."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D

from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import SMALL, Page
from minicnn.viz._style import ALARM, INK, SOFT, number_text, printed

BINS = 41
"""An odd number: what is one number all over stands in the middle."""


def spread_of(values: Array) -> tuple[Array, float, float]:
    """Return how many values lie in each of some bins, and the ends of the first and last.

    What is not finite is left out; if all are one number, the bins lie around it.

    Examples
    --------
    >>> counts, low, high = spread_of(np.array([0.0, 0.0, 1.0, np.nan]))
    >>> counts[0].item(), counts[-1].item(), low, high
    (2, 1, 0.0, 1.0)
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if low == high:
        around = abs(low) / 2 or 1.0
        low, high = low - around, high + around
    counts, _ = np.histogram(finite, BINS, (low, high))
    return counts, low, high


def draw_histogram(page: Page, values: Array, title: str, box: Box) -> None:
    """Draw the bars in the upper part of a box, and below them the ends and the tallest's share.

    Every bin that holds a value is at least a dot high. Where 0 lies within, a line marks it.
    """
    x, y, width, height = box
    counts, low, high = spread_of(values)
    page.text(x, y + SMALL, _text.fit(title, SMALL, width), size=SMALL, color=SOFT)
    top, foot = y + SMALL + 13, y + height - SMALL * _text.LINE - 4
    tallest = int(counts.max(initial=0))
    bar = width / BINS
    boxes = []
    for i in np.flatnonzero(counts):
        tall = max((foot - top) * counts[i] / tallest, page.dot)
        left, right = x + i * bar, x + (i + 1) * bar
        boxes.append([(left, foot), (left, foot - tall), (right, foot - tall), (right, foot)])
    bars = PolyCollection(boxes, facecolors=INK, linewidths=0, clip_on=False, gid="histogram")
    page.axes.add_collection(bars, autolim=False)
    page.rule(foot, x, x + width)
    if low < 0 < high:
        zero = x + width * -low / (high - low)
        line = Line2D([zero, zero], [top - 2, foot + 2], color=ALARM, linewidth=0.7)
        line.set_clip_on(False)
        page.axes.add_artist(line)
        page.text(zero, top - 3.5, "0", size=SMALL, color=ALARM, align="center")
    baseline = foot + SMALL + 3
    ends = [printed(number_text(end)) for end in (low, high)]
    if ends[0] == ends[1]:
        ends = [printed(f"{end:.6g}") for end in (low, high)]
    page.text(x, baseline, ends[0], size=SMALL, color=SOFT)
    page.text(x + width, baseline, ends[1], size=SMALL, color=SOFT, align="right")
    total = int(counts.sum())
    middle = f"tallest: {100 * tallest / total:.3g} %" if total else "no finite value"
    room = width - sum(_text.width(end, SMALL) for end in ends) - 8
    if _text.width(middle, SMALL) <= room:
        page.text(x + width / 2, baseline, middle, size=SMALL, color=SOFT, align="center")
