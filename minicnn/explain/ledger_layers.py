"""What each layer says about one of its values. A new layer registers one function.

Those that are made of weights or windows are here; `ledger_pooling`, `ledger_functions`,
`ledger_features`, `ledger_norm` and `ledger_merge` have the others. ::

    @account.register
    def _(layer: MyLayer, asked: Asked) -> Account:
        return Copied("copied", asked.input(asked.place))
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

import numpy as np

from minicnn.errors import UnsupportedError
from minicnn.explain.ledger_accounts import Account, Constant, Copied, Formula, Unopened
from minicnn.explain.ledger_bounds import conv_bound, sum_bound
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import Input, Place
from minicnn.layers import Conv2D, Layer, Pad, ReLU
from minicnn.ops.pad import source_index
from minicnn.shapes import Array, Window
from minicnn.trace import Step


@dataclass(frozen=True, eq=False)
class Asked:
    """Which value an account is asked for.

    Attributes
    ----------
    step : Step
    sample : int
    place : Place
        Of the value, in the step's output.
    xs : tuple of arrays (C, H, W)
        The step's inputs, of one picture, as the layer computes with them: float32 or float64.
        There is more than one only where branches meet.
    """

    step: Step = field(repr=False)
    sample: int
    place: Place
    xs: tuple[Array, ...] = field(repr=False)

    @property
    def x(self) -> Array:
        """The step's input, or the first of them, (C, H, W)."""
        return self.xs[0]

    def input(self, place: Place, weight: float | None = None, branch: int = 0) -> Input:
        """Return one value of the step's input."""
        return Input(place, float(self.xs[branch][place]), weight, branch)


@singledispatch
def account(layer: Any, asked: Asked) -> Account:
    """Return how a layer's value came about; for an unknown layer, by running it again.

    Parameters
    ----------
    layer : Layer
    asked : Asked
        Which value, and of which step.
    """
    again = as_maps(layer(*asked.step.inputs)[asked.sample])
    what = (
        f"{type(layer).__name__} is not taken apart here; run again on the same input "
        f"{as_maps(asked.step.input[asked.sample]).shape}, it gives the value below"
    )
    return Unopened(what, float(again[asked.place]), _slopes(layer, asked))


@account.register
def _(layer: Conv2D, asked: Asked) -> Account:
    x, filter_ = asked.x, asked.place.channel
    weight = layer.weight[filter_].astype(x.dtype, copy=False)  # as the layer itself does
    window = layer.window(x.shape[1], x.shape[2])
    first = filter_ // (layer.out_channels // layer.groups) * len(weight)
    rows, columns = (taps_under(window, axis, asked.place[1 + axis]) for axis in (0, 1))
    patch, inside = laid_on(x[first : first + len(weight)], rows, columns)
    weights = weight.astype(np.float64)
    bias = None if layer.bias is None else float(layer.bias[filter_].astype(x.dtype))
    return WeightedSum(
        _conv_words(layer),
        patch,
        weights,
        tuple(range(first, first + len(weight))),
        rows,
        columns,
        inside,
        bias,
        lambda: conv_bound(layer, x, filter_, sum_bound(patch, weights, bias, x.dtype)),
    )


@account.register
def _(layer: Pad, asked: Asked) -> Account:
    _, height, width = asked.x.shape
    channel, row, column = asked.place
    r = int(source_index(height, layer.padding[0], layer.mode)[row])
    c = int(source_index(width, layer.padding[1], layer.mode)[column])
    if r < 0 or c < 0:
        constant = float(asked.x.dtype.type(layer.value))
        return Constant("outside the picture: a constant of the padding", constant)
    (top, _), (left, _) = layer.padding
    source = asked.input(Place(channel, r, c))
    if (r, c) == (row - top, column - left):
        return Copied("inside the picture: copied", source)
    how = {
        "reflect": "reflected at the picture's edge",
        "replicate": "the picture's edge, repeated",
        "circular": "from the picture's other side",
    }
    return Copied(f"outside the picture: {how.get(layer.mode, layer.mode)}", source)


@account.register
def _(layer: ReLU, asked: Asked) -> Account:
    source = asked.input(asked.place)
    value = source.value if source.value > 0 or source.value != source.value else 0.0
    if value != value:
        what = "NaN stays NaN"
    else:
        what = "above 0: it stays" if value > 0 else "not above 0: it becomes 0"
    return Formula(what, source, value, "max({x}, 0)", r"\max({x},\ 0)")


def as_maps(values: Array) -> Array:
    """Return one picture's values with three axes, (C, H, W): numbers are maps of one value.

    Raises
    ------
    UnsupportedError
        For more axes.
    """
    if values.ndim > 3:
        raise UnsupportedError(
            f"explain.pixel: a picture's values must have at most three axes (channels, rows, "
            f"columns), got shape {values.shape}"
        )
    return values.reshape(values.shape + (1,) * (3 - values.ndim))


def taps_under(window: Window, axis: int, stop: int) -> tuple[int, ...]:
    """Return the rows (axis 0) or columns of the input under each tap, at one stop."""
    start = stop * window.stride[axis] - window.padding[axis][0]
    return tuple(start + tap * window.dilation[axis] for tap in range(window.kernel_size[axis]))


def laid_on(x: Array, rows: tuple[int, ...], columns: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the values (C, KH, KW) in float64, 0 outside, and which lie inside (KH, KW)."""
    ys, xs = np.array(rows)[:, None], np.array(columns)
    inside = (ys >= 0) & (ys < x.shape[1]) & (xs >= 0) & (xs < x.shape[2])
    seen = x[:, ys.clip(0, x.shape[1] - 1), xs.clip(0, x.shape[2] - 1)]
    return np.where(inside, seen, 0.0).astype(np.float64), inside


def _conv_words(layer: Conv2D) -> str:
    (kh, kw), (sh, sw), (dh, dw) = layer.kernel_size, layer.stride, layer.dilation
    words = [f"a {kh} x {kw} kernel laid on the input: multiply, add up"]
    if layer.bias is not None:
        words[0] += ", add the bias"
    if (sh, sw) != (1, 1):
        words.append(f"stride {sh}" if sh == sw else f"stride {sh} x {sw}")
    if (dh, dw) != (1, 1):
        words.append(f"dilation {dh}" if dh == dw else f"dilation {dh} x {dw}")
    if layer.groups > 1:
        words.append(f"{layer.groups} groups of channels")
    return "; ".join(words)


def _slopes(layer: Layer, asked: Asked) -> tuple[Input, ...] | None:
    """Return the input values that the gradient names, steepest first; None without gradient."""
    try:
        y, backward = layer.vjp(asked.step.input)
        dy = np.zeros_like(y)
        as_maps(dy[asked.sample])[asked.place] = 1  # a view
        slopes = as_maps(backward(dy)[0][asked.sample])
    except (UnsupportedError, NotImplementedError, AttributeError):
        return None
    found = [
        asked.input(Place(*place), float(slopes[tuple(place)]))
        for place in np.argwhere(slopes != 0).tolist()
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.weight or 0.0)))
