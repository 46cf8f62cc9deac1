"""How a sum comes about, drawn: each number takes it up or down."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from minicnn.explain.ledger_sum import WeightedSum
from minicnn.viz._ledger_parts import Box
from minicnn.viz._page import SMALL, Page
from minicnn.viz._style import ALARM, HAIRLINE, INK, SOFT

_WIDEST, _JOINED, _MOST_PARTS = 48.0, 6.0, 1000


def builds_up(account: WeightedSum) -> bool:
    """Say whether the growth of a sum can be drawn: of several numbers, not of thousands."""
    return 1 < len(_parts(account)) <= _MOST_PARTS


def draw_running_sum(
    page: Page, account: WeightedSum, noun: str, shown: list[int], box: Box
) -> None:
    """Draw how the sum comes about: each channel takes it up or down, then the bias.

    Channels, or whatever the `noun` says they are, that have a row of their own are dark. Of a
    single channel, each product does.
    """
    x, y, width, height = box
    single, parts = len(account.sums) == 1, _parts(account)
    with np.errstate(all="ignore"):
        ends = np.concatenate([[0.0], np.cumsum(parts)])
    if not np.isfinite(ends).all():
        page.text(x, y + SMALL, "not finite: no running sum to draw", size=SMALL, color=SOFT)
        return
    low, high = float(ends.min()), float(ends.max())
    down = height / ((high - low) or 1.0)
    step = min(width / (len(parts) + 1), _WIDEST)

    def bar(position: int, start: float, end: float, color: str) -> None:
        left, top = x + (position + 0.12) * step, y + (high - max(start, end)) * down
        tall = max(abs(end - start) * down, page.dot)
        page.axes.add_artist(
            Rectangle(
                (left, top), 0.76 * step, tall, facecolor=color, linewidth=0, clip_on=False,
                gid="running sum",
            )
        )  # fmt: skip

    if step >= _JOINED:  # from where each bar ends to where the next begins
        levels = y + (high - ends[1:]) * down
        joins = [
            [(x + (i + 0.88) * step, level), (x + (i + 1.12) * step, level)]
            for i, level in enumerate(levels.tolist())
        ]
        lines = LineCollection(joins, colors=SOFT, linewidths=0.5, clip_on=False)
        page.axes.add_collection(lines, autolim=False)
    for position, (start, end) in enumerate(pairwise(ends.tolist())):
        is_bias = account.bias is not None and position == len(parts) - 1
        dark = single or position in shown
        bar(position, start, end, SOFT if is_bias else INK if dark else HAIRLINE)
    bar(len(parts), 0.0, float(ends[-1]), ALARM)
    page.rule(y + high * down, x, x + step * (len(parts) + 1))
    note = " Dark: those above." if len(shown) < len(account.sums) else ""
    words = f"The sum as it builds up: {_what(account, noun)}; red: what it comes to.{note}"
    page.text(x, y + height + SMALL + 4, words, size=SMALL, color=SOFT)


def _parts(account: WeightedSum) -> list[float]:
    """Return the numbers that are added up: each channel's sum, or each product, and the bias."""
    single = len(account.sums) == 1
    parts = account.products.ravel().tolist() if single else account.sums
    return [*parts, *([] if account.bias is None else [account.bias])]


def _what(account: WeightedSum, noun: str) -> str:
    if len(account.sums) > 1:
        words = f"{noun}s {account.channels[0]} to {account.channels[-1]}"
    else:
        words = "the products, row by row" if account.products.size > 1 else "the product"
    return words if account.bias is None else f"{words}, then the bias"
