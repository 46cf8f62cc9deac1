"""What layers say of their values that move numbers, weigh all of them, or paint with them."""

from __future__ import annotations

import numpy as np

from minicnn.explain.ledger_accounts import Account, Constant, Copied
from minicnn.explain.ledger_bounds import sum_bound
from minicnn.explain.ledger_layers import Asked, account, as_maps
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import Place
from minicnn.layers import ConvTranspose2D, Flatten, Linear, Upsample


@account.register
def _(layer: Flatten, asked: Asked) -> Account:
    line = as_maps(asked.step.output[asked.sample]).shape
    position = int(np.ravel_multi_index(asked.place, line))
    channel, row, column = (int(v) for v in np.unravel_index(position, asked.x.shape))
    what = f"the same number: all maps stand in a line here, it is number {position} from 0"
    return Copied(what, asked.input(Place(channel, row, column)))


@account.register
def _(layer: Upsample, asked: Asked) -> Account:
    (down, across), (channel, row, column) = layer.scale_factor, asked.place
    what = f"the same number, repeated as a block of {down} x {across}"
    return Copied(what, asked.input(Place(channel, row // down, column // across)))


@account.register
def _(layer: Linear, asked: Asked) -> Account:
    axis = asked.step.input.ndim - 2  # of the features, among channel, row and column
    if not 0 <= axis < 3:
        return account.dispatch(object)(layer, asked)
    x, output = asked.x, asked.place[axis]
    places = [range(at, at + 1) for at in asked.place]
    places[axis] = range(x.shape[axis])
    channels, rows, columns = map(tuple, places)
    values = x[np.ix_(channels, rows, columns)].astype(np.float64)
    weights = layer.weight[output].astype(x.dtype).astype(np.float64).reshape(values.shape)
    bias = None if layer.bias is None else float(layer.bias[output].astype(x.dtype))
    what = f"all {values.size} features, each times its weight: add up" + _with_bias(bias)
    inside = np.ones(values.shape[1:], bool)
    bound = sum_bound(values, weights, bias, x.dtype)
    return WeightedSum(what, values, weights, channels, rows, columns, inside, bias, bound)


@account.register
def _(layer: ConvTranspose2D, asked: Asked) -> Account:
    x, window, (output, *place) = asked.x, layer.backward_window, asked.place
    taps, lines = [], []
    for axis, at in enumerate(place):
        painted = [
            ((at + window.padding[axis][0] - tap * window.dilation[axis]), tap)
            for tap in reversed(range(window.kernel_size[axis]))
        ]
        stride, size = window.stride[axis], x.shape[1 + axis]
        hits = [(p // stride, t) for p, t in painted if p % stride == 0 and 0 <= p // stride < size]
        lines.append(tuple(line for line, _ in hits))
        taps.append([tap for _, tap in hits])
    bias = None if layer.bias is None else float(layer.bias[output].astype(x.dtype))
    kh, kw = window.kernel_size
    if not all(lines):
        gap = "between or beyond all strokes" + (": only the bias" if bias is not None else "")
        return Constant(gap, bias or 0.0)
    deep, share = layer.in_channels // layer.groups, layer.weight.shape[1]
    first = output // share * deep
    channels = tuple(range(first, first + deep))
    rows, columns = lines
    values = x[np.ix_(channels, rows, columns)].astype(np.float64)
    weights = layer.weight[first : first + deep, output % share].astype(x.dtype)
    weights = weights[:, taps[0]][:, :, taps[1]].astype(np.float64)
    what = f"{values.size} strokes of {kh} x {kw} kernels meet here: add up" + _with_bias(bias)
    inside = np.ones(values.shape[1:], bool)
    bound = sum_bound(values, weights, bias, x.dtype)
    return WeightedSum(what, values, weights, channels, rows, columns, inside, bias, bound)


def _with_bias(bias: float | None) -> str:
    return "" if bias is None else ", add the bias"
