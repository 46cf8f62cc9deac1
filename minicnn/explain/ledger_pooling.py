"""What pooling layers say of their values: which pixel won, or the mean written out."""

from __future__ import annotations

import numpy as np

from minicnn.explain.ledger_accounts import Account, Copied
from minicnn.explain.ledger_bounds import sum_bound
from minicnn.explain.ledger_layers import Asked, account, laid_on, taps_under
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import Place
from minicnn.layers import AdaptiveAvgPool2D, AvgPool2D, GlobalAvgPool2D, MaxPool2D
from minicnn.ops.pool_adaptive import adaptive_size, bins
from minicnn.ops.pool_windows import counts
from minicnn.shapes import Array


@account.register
def _(layer: MaxPool2D, asked: Asked) -> Account:
    channel, height, width = asked.place.channel, *asked.x.shape[1:]
    window = layer.window(height, width)
    rows, columns = (taps_under(window, axis, asked.place[1 + axis]) for axis in (0, 1))
    among = tuple(
        asked.input(Place(channel, row, column))
        for row in rows
        for column in columns
        if 0 <= row < height and 0 <= column < width
    )
    values = [one.value for one in among]
    nans = [position for position, value in enumerate(values) if value != value]
    won = nans[-1] if nans else values.index(max(values))
    kh, kw = window.kernel_size
    what = f"the largest of the {len(among)} values under a {kh} x {kw} window"
    if len(among) == 1:
        what = f"the only value under a {kh} x {kw} window"
    elif nans:
        what = f"a NaN under a {kh} x {kw} window: it wins"
    elif values.count(values[won]) > 1:
        what += f", the first of {values.count(values[won])} that are equally large"
    return Copied(what, among[won], among)


@account.register
def _(layer: AvgPool2D, asked: Asked) -> Account:
    x, (channel, row, column) = asked.x, asked.place
    window = layer.window(x.shape[1], x.shape[2])
    size = window.output_size(x.shape[1], x.shape[2])
    divisors = counts(window, (1, *x.shape), size, layer.count_include_pad)
    rows, columns = (taps_under(window, axis, stop) for axis, stop in enumerate((row, column)))
    return _mean(asked, channel, rows, columns, int(divisors[row, column]))


@account.register(AdaptiveAvgPool2D)
@account.register(GlobalAvgPool2D)
def _(layer: AdaptiveAvgPool2D | GlobalAvgPool2D, asked: Asked) -> Account:
    shape, (channel, row, column) = asked.x.shape, asked.place
    wanted = layer.output_size if isinstance(layer, AdaptiveAvgPool2D) else 1
    size = adaptive_size((1, *shape), wanted, "explain")
    rows, columns = (
        tuple(range(*bins(pixels, parts)[part]))
        for pixels, parts, part in zip(shape[1:], size, (row, column), strict=True)
    )
    return _mean(asked, channel, rows, columns, len(rows) * len(columns))


def _mean(
    asked: Asked, channel: int, rows: tuple[int, ...], columns: tuple[int, ...], divisor: int
) -> Account:
    """Return the mean of what lies under a window, some of it perhaps on padding."""
    values, inside = laid_on(asked.x[channel : channel + 1], rows, columns)
    weights: Array = np.full(values.shape, 1 / divisor)
    what = f"the mean under a {len(rows)} x {len(columns)} window: add up, divide by {divisor}"
    if divisor < inside.size:
        what += "; the window hangs over, and what lies beyond does not count"
    bound = sum_bound(values, weights, None, asked.x.dtype)
    return WeightedSum(
        what, values, weights, (channel,), rows, columns, inside, None, bound, divisor
    )
