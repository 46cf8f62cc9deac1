"""What normalisations say of their values: by what they were measured; and what dropout says."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

from minicnn.explain.ledger_accounts import Account, Copied, Formula, Measured
from minicnn.explain.ledger_layers import Asked, account, as_maps
from minicnn.explain.ledger_line import ROUNDINGS, Line
from minicnn.explain.ledger_numbers import number, typeset
from minicnn.explain.ledger_terms import total
from minicnn.layers import BatchNorm2D, Dropout, GroupNorm, LayerNorm, LocalResponseNorm
from minicnn.ops.dropout import mask
from minicnn.ops.response_norm import neighbours
from minicnn.shapes import Array

Region: TypeAlias = tuple[range, range, range]


@account.register
def _(layer: BatchNorm2D, asked: Asked) -> Account:
    channel = asked.place.channel
    if layer.of_batch or layer.running_mean is None or layer.running_var is None:
        region = _region(asked, range(channel, channel + 1))
        whole = asked.step.input[:, channel]
        return _measured(layer, asked, region, channel, whole)
    moments = float(layer.running_mean[channel]), float(layer.running_var[channel])
    line = Line(*moments, layer.eps, *_affine(layer, asked, channel))
    source = asked.input(asked.place)
    what = "measured by its channel's mean and variance, which were found while learning"
    bound = line.bound(source.value, asked.x.dtype)
    return Formula(what, source, line.at(source.value), line.text(), line.latex(), bound)


@account.register
def _(layer: GroupNorm, asked: Asked) -> Account:
    size = len(asked.x) // layer.num_groups
    first = asked.place.channel // size * size
    region = _region(asked, range(first, first + size))
    return _measured(layer, asked, region, asked.place.channel)


@account.register
def _(layer: LayerNorm, asked: Asked) -> Account:
    axes, together = asked.step.input.ndim, len(layer.normalized_shape)
    if axes == together:  # over the batch as well
        return account.dispatch(object)(layer, asked)
    alone = axes - 1 - together  # so many of channel, row and column are not normalised along
    places = [range(at, at + 1) for at in asked.place[:alone]]
    region = (*places, *(range(size) for size in asked.x.shape[alone:]))
    at = tuple(asked.place[alone : axes - 1])
    return _measured(layer, asked, (region[0], region[1], region[2]), at)


@account.register
def _(layer: LocalResponseNorm, asked: Asked) -> Account:
    channel, row, column = asked.place
    around = neighbours(channel, len(asked.x), layer.size)
    squares = [float(asked.x[c, row, column]) ** 2 for c in around]
    source, added = asked.input(asked.place), total(squares)
    divisor = layer.k + layer.alpha / layer.size * added
    with np.errstate(all="ignore"):
        value = float(source.value * np.float64(divisor) ** -layer.beta)
    limits = np.finfo(asked.x.dtype)
    bound = math.inf
    if 0 < divisor < float(limits.max) and max(squares) < float(limits.max):
        steps = layer.beta * (layer.size + 4 + abs(math.log(divisor))) + ROUNDINGS
        bound = steps * (float(limits.eps) * abs(value) + float(limits.tiny))
        bound *= 1 + divisor ** -min(layer.beta, 0.0)
    parts = [number(one) for one in (layer.k, layer.alpha, layer.size, added, layer.beta)]
    text = "{{x}} / ({} + {} / {} * {}) ^ {}".format(*parts)
    latex = r"{{x}} \,/\, ({} + {} / {} \times {})^{{{}}}".format(*map(typeset, parts))
    return Measured(
        "divided by a power of what the channels around it have in the same place",
        source,
        value,
        text,
        latex,
        bound,
        (range(around.start, around.stop), range(row, row + 1), range(column, column + 1)),
        (f"the squares of {_channels(around)} add up to {number(added)}",),
        asked.x,
    )


@account.register
def _(layer: Dropout, asked: Asked) -> Account:
    source = asked.input(asked.place)
    if layer.seed is None:
        return Copied("while looking nothing is left out: copied", source)
    factors = mask(asked.step.input.shape, layer.p, layer.seed).astype(asked.x.dtype)
    factor = float(as_maps(factors[asked.sample])[asked.place])
    what = "left out, by chance"
    if factor:
        what = f"kept, and divided by 1 - {number(layer.p)} to make up for those left out"
    with np.errstate(all="ignore"):
        value = float(np.float64(source.value) * factor)
    text, limits = number(factor), np.finfo(asked.x.dtype)
    bound = float(limits.eps) * abs(value) + float(limits.tiny) if factor else 0.0
    if value == value and not abs(value) < float(limits.max):
        bound = math.inf
    return Formula(what, source, value, f"{{x}} * {text}", rf"{{x}} \times {typeset(text)}", bound)


def _measured(
    layer: Any, asked: Asked, region: Region, at: Any, whole: Array | None = None
) -> Account:
    """Return what is said of a value that is measured by others of the same picture.

    Parameters
    ----------
    region : (range, range, range)
        Those others: channels, rows and columns.
    at : index
        Where the layer's weight and bias for it stand.
    whole : array, optional
        All that it is measured by, if that is more than the region.
    """
    those = asked.x[np.ix_(*region)] if whole is None else whole
    values = those.astype(np.float64).ravel().tolist()
    with np.errstate(all="ignore"):
        mean = total(values) / len(values)
        var = total([(value - mean) ** 2 for value in values]) / len(values)
    # A sum in float64, in whatever order, is off by so much at the most.
    off = len(values) * 2.0**-52 * total(map(abs, values)) / len(values)
    unsure = off, len(values) * 2.0**-51 * var + off**2
    line = Line(mean, var, layer.eps, *_affine(layer, asked, at), unsure)
    source = asked.input(asked.place)
    where = f"{_channels(region[0])}, {_lines('row', region[1])}, {_lines('column', region[2])}"
    if whole is not None:
        where += " of all pictures of the batch"
    known = f"{len(values):,} values have mean {number(mean)} and variance {number(var)}: {where}"
    return Measured(
        "measured by the mean and the variance of those around it",
        source,
        line.at(source.value),
        line.text(),
        line.latex(),
        line.bound(source.value, asked.x.dtype),
        region,
        (known,),
        asked.x,
        whole is None,
    )


def _affine(layer: Any, asked: Asked, at: Any) -> tuple[float | None, float | None]:
    """Return a weight and a bias, in the dtype that the layer computes in; None for none."""
    weight, bias = (
        None if array is None else float(array[at].astype(asked.x.dtype))
        for array in (layer.weight, layer.bias)
    )
    return weight, bias


def _region(asked: Asked, channels: range) -> Region:
    return channels, range(asked.x.shape[1]), range(asked.x.shape[2])


def _channels(channels: range) -> str:
    return _lines("channel", channels)


def _lines(noun: str, numbers: range) -> str:
    if len(numbers) == 1:
        return f"{noun} {numbers.start}"
    return f"{noun}s {numbers.start} to {numbers.stop - 1}"
