"""What a weight's gradient is a sum of: at each place, what came in times what came back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from minicnn.explain.way_back import BackStep
from minicnn.layers import (
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    GroupNorm,
    Layer,
    LayerNorm,
    Linear,
    PReLU,
)
from minicnn.ops.columns import tap
from minicnn.ops.norm import batch_moments, batch_norm, group_norm, layer_norm
from minicnn.ops.pad import pad2d
from minicnn.shapes import Array


@dataclass(frozen=True, eq=False)
class Terms:
    """The factors of every term of a sum, each an array over the same places.

    Attributes
    ----------
    came_in : array
        What the weight was multiplied with at each place, (N, OH, OW), say.
    came_back : array
        How the loss moves with what it gave there.
    axes : tuple of str
        What the places are counted by: ("picture", "row", "column"), say.
    what_came_in, what_came_back : str
        The two in words.
    """

    came_in: Array
    came_back: Array
    axes: tuple[str, ...]
    what_came_in: str
    what_came_back: str

    @property
    def products(self) -> Array:
        """The terms, in float64."""
        with np.errstate(all="ignore"):
            return self.came_in.astype(np.float64) * self.came_back.astype(np.float64)


_AXES = ("picture", "channel", "row", "column")


@singledispatch
def terms_of(layer: Layer, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    """Return the terms of the gradient of one number of a layer, or None.

    A layer without an entry here is not opened: its gradient is what its `vjp` says.

    Parameters
    ----------
    layer : Layer
    step : BackStep
        What it did and what came back.
    parameter : str
        One of its parameters, such as "weight".
    index : tuple of int
        Which number of it.
    """
    return None


@terms_of.register
def _(layer: Conv2D, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    filter_ = index[0]
    if parameter == "bias":
        return _bias_of_map(step, filter_)
    _, share, u, v = index
    channel = filter_ // (layer.out_channels // layer.groups) * layer.weight.shape[1] + share
    came_back = step.came_back[:, filter_]
    window = layer.window(step.input.shape[2], step.input.shape[3])
    padded = pad2d(step.input[:, channel : channel + 1], window.padding)[:, 0]
    oh, ow = came_back.shape[1:]
    came_in = padded[:, *tap(window, u, v, slice(0, oh), ow)]
    seen = f"channel {channel} under tap ({u}, {v})"
    return Terms(came_in, came_back, _of_one_map(step), seen, f"map {filter_}")


@terms_of.register
def _(
    layer: ConvTranspose2D, step: BackStep, parameter: str, index: tuple[int, ...]
) -> Terms | None:
    if parameter == "bias":
        return _bias_of_map(step, index[0])
    channel, share, u, v = index
    group = channel // (layer.in_channels // layer.groups)
    filter_ = group * layer.weight.shape[1] + share
    came_in = step.input[:, channel]
    window = layer.backward_window
    canvas = pad2d(step.came_back[:, filter_ : filter_ + 1], window.padding)[:, 0]
    height, width = came_in.shape[1:]
    came_back = canvas[:, *tap(window, u, v, slice(0, height), width)]
    painted = f"map {filter_} where tap ({u}, {v}) painted (0 where that was cut off)"
    return Terms(came_in, came_back, _of_one_map(step), f"channel {channel}", painted)


@terms_of.register
def _(layer: Linear, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    came_back, what = step.came_back[..., index[0]], f"output {index[0]}"
    axes = _AXES[: came_back.ndim]
    if parameter == "bias":
        return Terms(np.ones_like(came_back), came_back, axes, "1, for a bias", what)
    return Terms(step.input[..., index[1]], came_back, axes, f"input {index[1]}", what)


@terms_of.register
def _(layer: PReLU, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    came_in = np.where(step.input > 0, 0, step.input).astype(step.input.dtype)
    if layer.num_parameters == 1:
        axes, what = _AXES[: came_in.ndim], "its output"
        return Terms(came_in, step.came_back, axes, "what is not above 0, else 0", what)
    channel = index[0]
    seen = f"channel {channel} where it is not above 0, else 0"
    came_back = step.came_back[:, channel]
    return Terms(came_in[:, channel], came_back, _of_one_map(step), seen, f"map {channel}")


@terms_of.register
def _(layer: BatchNorm2D, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    if parameter in layer.statistics:
        return None
    mean, var = layer.running_mean, layer.running_var
    if layer.of_batch or mean is None or var is None:
        mean, var = batch_moments(step.input)
    return _scale_or_shift(batch_norm(step.input, mean, var, eps=layer.eps), step, parameter, index)


@terms_of.register
def _(layer: GroupNorm, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    standard = group_norm(step.input, layer.num_groups, eps=layer.eps)
    return _scale_or_shift(standard, step, parameter, index)


@terms_of.register
def _(layer: LayerNorm, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    standard = layer_norm(step.input, layer.normalized_shape, eps=layer.eps)
    place: Any = (..., *index)
    came_back = step.came_back[place]
    axes, what = _AXES[: came_back.ndim], f"value ({', '.join(map(str, index))})"
    if parameter == "bias":
        return Terms(np.ones_like(came_back), came_back, axes, "1, for a bias", what)
    return Terms(standard[place], came_back, axes, f"{what} in standard deviations", what)


def _scale_or_shift(
    standard: Array, step: BackStep, parameter: str, index: tuple[int, ...]
) -> Terms:
    """Return the terms of what a channel in standard deviations is multiplied with, or moved by."""
    if parameter == "bias":
        return _bias_of_map(step, index[0])
    channel = index[0]
    seen = f"channel {channel} in standard deviations from its mean"
    came_back = step.came_back[:, channel]
    return Terms(standard[:, channel], came_back, _of_one_map(step), seen, f"map {channel}")


def _bias_of_map(step: BackStep, map_: int) -> Terms:
    """Return the terms of what is added to all of a map."""
    came_back = step.came_back[:, map_]
    ones = np.ones_like(came_back)
    return Terms(ones, came_back, _of_one_map(step), "1, for a bias", f"map {map_}")


def _of_one_map(step: BackStep) -> tuple[str, ...]:
    """Return what the places of one map are counted by."""
    return (_AXES[0], *_AXES[2 : step.output.ndim])


def by_place(terms: Terms, flat: int) -> tuple[int, ...]:
    """Return the place of a term by its position in the flattened arrays."""
    found: Any = np.unravel_index(flat, terms.came_in.shape)
    return tuple(int(i) for i in found)
