"""What activations say of their values: the function, with its argument filled in; and shares."""

from __future__ import annotations

import math

import numpy as np

from minicnn.explain.ledger_accounts import Account, Formula
from minicnn.explain.ledger_layers import Asked, account
from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_share import Share
from minicnn.explain.ledger_terms import Place
from minicnn.layers import LeakyReLU, PReLU, Sigmoid, Softmax, Tanh

ULPS = 8
"""So many units in the last place may exp and tanh, and the arithmetic around them, be wrong."""


@account.register
def _(layer: LeakyReLU, asked: Asked) -> Account:
    return _leak(asked, layer.negative_slope, "the slope")


@account.register
def _(layer: PReLU, asked: Asked) -> Account:
    shared = layer.num_parameters == 1
    slope = float(layer.weight[0 if shared else asked.place.channel])
    return _leak(asked, slope, "the learnt slope" + ("" if shared else " of the channel"))


@account.register
def _(layer: Sigmoid, asked: Asked) -> Account:
    source = asked.input(asked.place)
    small = math.exp(-abs(source.value))
    value = (small if source.value < 0 else 1.0) / (1.0 + small)
    what = "any number as one between 0 and 1"
    formula, latex = "1 / (1 + exp(-({x})))", r"1 \,/\, (1 + \exp(-({x})))"
    return Formula(what, source, value, formula, latex, _ulps(asked, value))


@account.register
def _(layer: Tanh, asked: Asked) -> Account:
    source = asked.input(asked.place)
    value, what = math.tanh(source.value), "any number as one between -1 and 1"
    return Formula(what, source, value, "tanh({x})", r"\tanh({x})", _ulps(asked, value))


@account.register
def _(layer: Softmax, asked: Asked) -> Account:
    axes = asked.step.input.ndim
    axis = (layer.dim + axes if layer.dim < 0 else layer.dim) - 1
    if not 0 <= axis < 3:  # the batch is weighed, not the picture
        return account.dispatch(object)(layer, asked)
    places = [
        Place(*(at if a == axis else own for a, own in enumerate(asked.place)))
        for at in range(asked.x.shape[axis])
    ]
    scores = np.array([float(asked.x[place]) for place in places])
    with np.errstate(all="ignore"):
        below = scores - scores.max()  # how far from the largest: exp of it is never too large
        powers = np.exp(below)
        shares = powers / powers.sum()
        wide = float(abs(below[asked.place[axis]]) + (np.abs(below) * shares).sum())
    own, inputs = asked.place[axis], tuple(map(asked.input, places))
    rounding = (wide + len(places) + ULPS) * _ulps(asked, float(shares[own])) / ULPS
    if not math.isfinite(rounding):
        rounding = _ulps(asked, 1.0)
    what = f"its share: e to the power of it, over the sum of all {len(places)}"
    return Share(what, inputs, own, tuple(shares.tolist()), rounding)


def _leak(asked: Asked, slope: float, name: str) -> Account:
    """Return what a ReLU says that lets some of what is below 0 through."""
    source = asked.input(asked.place)
    if source.value > 0:
        return Formula("above 0: it stays", source, source.value, "{x}")
    slope = float(asked.x.dtype.type(slope))
    with np.errstate(all="ignore"):
        value = float(np.float64(slope) * source.value)
    what = f"not above 0: times {name}" if value == value else "NaN stays NaN"
    text = number(slope)
    return Formula(what, source, value, text + " * ({x})", text + r" \times ({x})",
                   _ulps(asked, value))  # fmt: skip


def _ulps(asked: Asked, value: float) -> float:
    limits = np.finfo(asked.x.dtype)
    if not abs(value) < float(limits.max):
        return math.inf if value == value else 0.0
    return ULPS * (float(limits.eps) * abs(value) + float(limits.tiny))
