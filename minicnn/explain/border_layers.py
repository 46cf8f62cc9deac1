"""How padding spreads: what share of a value is made up, and what NaN in the padding reaches.

A layer whose weights say how much each of its inputs matters registers in `picture_share`; one
that adds padding of its own, in `with_nan`.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from minicnn.explain.field_links import Link
from minicnn.layers import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    GroupNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    Pad,
    Softmax,
)
from minicnn.ops.conv import conv2d
from minicnn.ops.conv_transpose import conv_transpose2d
from minicnn.ops.pad import pad2d
from minicnn.shapes import Array


@singledispatch
def picture_share(layer: Any, links: tuple[Link, ...], shares: tuple[Array, ...]) -> Array:
    """Return for each output the share of its weight that comes from the picture, not padding.

    For most layers: the mean of the shares of what it looks at, padding counting as 0.

    Parameters
    ----------
    layer : Layer
    links : tuple of Link
        One for each input.
    shares : tuple of arrays (C, H, W), float64
        The shares of the inputs.
    """
    total, counts = (np.zeros(links[0].after) for _ in range(2))
    for link, share in zip(links, shares, strict=True):
        total += link.mean(share)
        counts += link.reached()
    return np.divide(total, counts, out=np.zeros(total.shape), where=counts > 0)


@picture_share.register
def _(layer: Conv2D, links: tuple[Link, ...], shares: tuple[Array, ...]) -> Array:
    weight, whole = normalised(layer.weight)
    share: Array = conv2d(
        shares[0][None],
        weight,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
    )[0]
    share[whole == 0] = 1
    return share


@picture_share.register
def _(layer: ConvTranspose2D, links: tuple[Link, ...], shares: tuple[Array, ...]) -> Array:
    both = np.stack([shares[0], np.ones(shares[0].shape)])
    painted, whole = conv_transpose2d(
        both,
        np.abs(layer.weight.astype(np.float64)),
        stride=layer.stride,
        padding=layer.padding,
        output_padding=layer.output_padding,
        groups=layer.groups,
        dilation=layer.dilation,
    )
    share: Array = np.divide(painted, whole, out=np.ones(whole.shape), where=whole > 0)
    return share


@picture_share.register
def _(layer: Linear, links: tuple[Link, ...], shares: tuple[Array, ...]) -> Array:
    weight, whole = normalised(layer.weight)
    share = shares[0].reshape(-1, layer.in_features) @ weight.T
    share[:, whole == 0] = 1
    found: Array = share.reshape(links[0].after)
    return found


@picture_share.register(BatchNorm2D)
@picture_share.register(GroupNorm)
@picture_share.register(LayerNorm)
@picture_share.register(LocalResponseNorm)
@picture_share.register(Softmax)
def _(layer: Any, links: tuple[Link, ...], shares: tuple[Array, ...]) -> Array:
    return shares[0]  # what it is measured by is no part of it


def normalised(weight: Array) -> tuple[Array, Array]:
    """Return |weight| divided by its sum for each output, and these sums; all 0 stays 0."""
    size = np.abs(weight.astype(np.float64))
    whole = size.reshape(len(size), -1).sum(axis=1)
    divisor = np.where(whole == 0, 1, whole).reshape(-1, *[1] * (size.ndim - 1))
    return size / divisor, whole


@singledispatch
def with_nan(layer: Any, *inputs: Array) -> Array:
    """Return a layer's output, with NaN in the place of the padding that it adds."""
    return np.asarray(layer(*inputs))


@with_nan.register
def _(layer: Conv2D, x: Array) -> Array:
    padded = pad2d(x, layer.window(*x.shape[2:]).padding, value=np.nan)
    return conv2d(
        padded, layer.weight, stride=layer.stride, dilation=layer.dilation, groups=layer.groups
    )


@with_nan.register
def _(layer: AvgPool2D, x: Array) -> Array:
    if not layer.count_include_pad:
        return layer(x)
    padded = pad2d(x, layer.padding, value=np.nan)
    bare = AvgPool2D(layer.kernel_size, layer.stride, ceil_mode=layer.ceil_mode)
    _, _, height, width = layer.output_shape(x.shape)
    return bare(padded)[:, :, :height, :width]


@with_nan.register
def _(layer: Pad, x: Array) -> Array:
    return pad2d(x, layer.padding, value=np.nan)
