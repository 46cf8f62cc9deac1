"""One layer as one convolution in plain terms, and two of those as one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, LimitError, ShapeError, UnsupportedError
from minicnn.layers import BatchNorm2D, Conv2D, Dropout, Pad
from minicnn.ops.arrays import size_text
from minicnn.shapes import Array, Pair, Sides

_MOST_BYTES = 2**30


@dataclass(frozen=True, eq=False)
class Stage:
    """One convolution in plain terms: full weights, groups written out.

    Attributes
    ----------
    weight : array (O, C, SH, SW)
        With zeros between the taps of a dilated kernel, and where groups do not look.
    bias : array (O,)
    stride : (rows, columns)
    padding : ((top, bottom), (left, right))
    """

    weight: Array
    bias: Array
    stride: Pair
    padding: Sides


@singledispatch
def stage(layer: Any, channels: int, size: Pair | None, name: str) -> Stage:
    """Return a layer as one convolution of `channels`; a new linear layer registers itself here.

    Raises
    ------
    UnsupportedError
        For a layer that is none.
    """
    raise UnsupportedError(
        f"collapse: step {name} is a {type(layer).__name__}, which is no convolution: nothing "
        f"goes through it as through one kernel.\n"
        f"  Collapse what stands before it, or after it, by itself: a slice such as model[:2]."
    )


@stage.register
def _(layer: Conv2D, channels: int, size: Pair | None, name: str) -> Stage:
    if layer.in_channels != channels:
        raise ShapeError(
            f"collapse: step {name} expects {layer.in_channels} channels, the step before it "
            f"gives {channels}."
        )
    if layer.padding == "same" and size is None:
        raise ConfigError(
            f"collapse: step {name} has padding='same', which depends on the picture's size.\n"
            f"  Say it: collapse(model, input_shape=(N, C, H, W))."
        )
    height, width = size or (1, 1)
    window = layer.window(height, width)
    filters, group_channels = layer.weight.shape[:2]
    weight = np.zeros((filters, channels, *window.span))
    (dh, dw), per_group = window.dilation, filters // layer.groups
    for o in range(filters):
        first = o // per_group * group_channels
        weight[o, first : first + group_channels, ::dh, ::dw] = layer.weight[o]
    bias = np.zeros(filters) if layer.bias is None else layer.bias.astype(np.float64)
    return Stage(weight, bias, window.stride, window.padding)


@stage.register
def _(layer: Pad, channels: int, size: Pair | None, name: str) -> Stage:
    weight = np.eye(channels)[:, :, None, None]
    return Stage(weight, np.zeros(channels), (1, 1), layer.padding)


@stage.register
def _(layer: BatchNorm2D, channels: int, size: Pair | None, name: str) -> Stage:
    if layer.of_batch or layer.running_mean is None or layer.running_var is None:
        raise UnsupportedError(
            f"collapse: step {name} measures each picture by its batch: that is no one kernel.\n"
            f"  Collapse the model as it looks, not its for_training()."
        )
    if layer.num_features != channels:
        raise ShapeError(
            f"collapse: step {name} expects {layer.num_features} channels, the step before it "
            f"gives {channels}."
        )
    scale = 1 / np.sqrt(layer.running_var.astype(np.float64) + layer.eps)
    if layer.weight is not None:
        scale = scale * layer.weight
    bias = -layer.running_mean.astype(np.float64) * scale
    if layer.bias is not None:
        bias = bias + layer.bias
    return Stage(np.diag(scale)[:, :, None, None], bias, (1, 1), ((0, 0), (0, 0)))


@stage.register
def _(layer: Dropout, channels: int, size: Pair | None, name: str) -> Stage:
    if layer.seed is not None:
        raise UnsupportedError(
            f"collapse: step {name} leaves values out at random: that is no one kernel.\n"
            f"  Collapse the model as it looks, not its for_training()."
        )
    return Stage(np.eye(channels)[:, :, None, None], np.zeros(channels), (1, 1), ((0, 0), (0, 0)))


def joined(first: Stage, second: Stage) -> Stage:
    """Return two convolutions, one after the other, as one."""
    (sh, sw), (k1, l1), (k2, l2) = first.stride, first.weight.shape[2:], second.weight.shape[2:]
    size = k1 + sh * (k2 - 1), l1 + sw * (l2 - 1)
    filters, channels = second.weight.shape[0], first.weight.shape[1]
    needed = 8 * filters * channels * size[0] * size[1]
    if needed > _MOST_BYTES:
        raise LimitError(
            f"collapse: one kernel of {size[0]} x {size[1]} for {channels} x {filters} channels "
            f"would take {size_text(needed)}.\n  Collapse fewer steps: a slice such as model[:2]."
        )
    weight = np.zeros((filters, channels, *size))
    for (u, v), used in np.ndenumerate(second.weight.any(axis=(0, 1))):
        if used:
            rows, columns = slice(u * sh, u * sh + k1), slice(v * sw, v * sw + l1)
            weight[:, :, rows, columns] += np.tensordot(second.weight[:, :, u, v], first.weight, 1)
    bias = second.bias + second.weight.sum(axis=(2, 3)) @ first.bias
    padding = tuple(
        (a + s * c, b + s * d)
        for (a, b), (c, d), s in zip(first.padding, second.padding, (sh, sw), strict=True)
    )
    stride = sh * second.stride[0], sw * second.stride[1]
    return Stage(weight, bias, stride, (padding[0], padding[1]))
