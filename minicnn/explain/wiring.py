"""Which maps a map is made from, by the layer's type, and by which weights.

A layer that is not registered here still gets a useful answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, TypeAlias

import numpy as np

from minicnn.layers import Concat, Conv2D
from minicnn.shapes import Array, Shape

Sources: TypeAlias = tuple[tuple[int, range], ...]
"""Which channels of which of a layer's inputs."""


@dataclass(frozen=True, eq=False)
class Filters:
    """The weights of a layer that has a filter for each of its maps.

    Attributes
    ----------
    weight : array (O, C // groups, ...)
    bias : array (O,) or None
    groups : int
    """

    weight: Array
    bias: Array | None
    groups: int = 1

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

    By default a `weight` of two axes, (maps, channels), is taken for one filter a row.
    """
    params: dict[str, Any] = getattr(layer, "params", {})
    weight: Any = params.get("weight")
    bias: Any = params.get("bias")
    if np.ndim(weight) != 2 or (bias is not None and np.shape(bias) != (len(weight),)):
        return None
    return Filters(weight, bias)


@filters_of.register
def _(layer: Conv2D) -> Filters | None:
    return Filters(layer.weight, layer.bias, layer.groups)


@singledispatch
def made_from(layer: Any, channel: int, inputs: Sequence[Shape], channels: int) -> Sources:
    """Return the channels of a layer's inputs that one of its maps is made from.

    Parameters
    ----------
    layer : Layer
    channel : int
        The map.
    inputs : sequence of shapes (N, C, ...)
    channels : int
        How many maps there are.

    By default, if the number of channels is kept and no weights could mix them, each map is made
    from its own channel; otherwise from all.
    """
    filters = filters_of(layer)
    if filters is not None and len(inputs) == 1 and len(filters.weight) == channels:
        return ((0, filters.seen(channel)),)
    mixes = any(np.ndim(array) > 1 for array in getattr(layer, "params", {}).values())
    if not mixes and all(len(shape) > 1 and shape[1] == channels for shape in inputs):
        return tuple((i, range(channel, channel + 1)) for i in range(len(inputs)))
    return tuple((i, range(shape[1] if len(shape) > 1 else 1)) for i, shape in enumerate(inputs))


@made_from.register
def _(layer: Concat, channel: int, inputs: Sequence[Shape], channels: int) -> Sources:
    first = 0
    for i, shape in enumerate(inputs):
        if channel < first + shape[1]:
            return ((i, range(channel - first, channel - first + 1)),)
        first += shape[1]
    raise IndexError(f"channel {channel} of {first}")
