"""The weights that a map is made with, for any layer that has a filter for each of its maps.

A layer that is not registered here still gets a useful answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from minicnn.layers import Conv2D, ConvTranspose2D
from minicnn.shapes import Array


@dataclass(frozen=True, eq=False)
class Filters:
    """The weights of a layer that has a filter for each of its maps.

    Attributes
    ----------
    weight : array (O, C // groups, ...)
    bias : array (O,) or None
    groups : int
    slides : bool
        Whether each map is its kernels laid on the input, place by place.
    """

    weight: Array
    bias: Array | None
    groups: int = 1
    slides: bool = False

    def seen(self, channel: int) -> range:
        """Return the input channels that a map's filter looks at."""
        width = int(self.weight.shape[1])
        first = channel // (len(self.weight) // self.groups) * width
        return range(first, first + width)

    def bias_of(self, channel: int) -> float:
        """Return what is added to a map."""
        return 0.0 if self.bias is None else float(self.bias[channel])


@singledispatch
def filters_of(layer: Any) -> Filters | None:
    """Return a layer's filters, None if it has none.

    By default a `weight` of two axes, (outputs, inputs), is taken for one filter a row, as in
    `Linear`.
    """
    params: dict[str, Any] = getattr(layer, "params", {})
    weight: Any = params.get("weight")
    bias: Any = params.get("bias")
    if np.ndim(weight) != 2 or (bias is not None and np.shape(bias) != (len(weight),)):
        return None
    return Filters(weight, bias)


@filters_of.register
def _(layer: Conv2D) -> Filters | None:
    return Filters(layer.weight, layer.bias, layer.groups, slides=True)


@filters_of.register
def _(layer: ConvTranspose2D) -> Filters | None:
    channels, maps, *kernel = layer.weight.shape  # (C, O // groups, KH, KW)
    dealt = layer.weight.reshape(layer.groups, channels // layer.groups, maps, *kernel)
    weight = np.swapaxes(dealt, 1, 2).reshape(layer.out_channels, -1, *kernel)
    return Filters(weight, layer.bias, layer.groups)
