"""How a layer is spoken of in a figure: one function for each question, by the layer's type.

A layer that is not registered here still gets a useful answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from minicnn.explain.naming import map_names
from minicnn.layers import (
    PICTURE,
    AdaptiveAvgPool2D,
    AvgPool2D,
    Conv2D,
    MaxPool2D,
    Pad,
    ReLU,
    Upsample,
)
from minicnn.shapes import Array, Shape
from minicnn.trace import Step
from minicnn.viz import _text


@singledispatch
def maps_per_channel(layer: Any, before: int | None, channels: int) -> int | None:
    """Return how many maps in a row were made of one input channel, each channel by itself.

    None: there is no such order. A layer that keeps the names of maps keeps their order.
    """
    kept = map_names(layer, None if before is None else ("",) * channels, channels)
    return None if kept is None else before


@maps_per_channel.register
def _(layer: Conv2D, before: int | None, channels: int) -> int | None:
    apart = layer.groups == layer.in_channels > 1
    return layer.out_channels // layer.groups if apart else None


def stacks_along(steps: Iterable[Step]) -> list[int | None]:
    """Return for each step how many of its maps in a row come of one channel, None if unknown."""
    found: list[int | None] = []
    for step in steps:
        source = step.sources[0] if len(step.sources) == 1 else PICTURE
        count = found[source] if PICTURE < source < len(found) else None  # a step may come alone
        before, channels = (a.shape[1] if a.ndim > 1 else 0 for a in (step.input, step.output))
        found.append(maps_per_channel(step.layer, count if before == channels else None, channels))
    return found


@singledispatch
def kernels_of(layer: Any) -> Array | None:
    """Return the kernels that made each output channel, (O, C // groups, KH, KW), or None."""
    return None


@kernels_of.register
def _(layer: Conv2D) -> Array | None:
    return layer.weight


@singledispatch
def keeps_picture(layer: Any) -> bool:
    """Say whether a picture that goes through is still a picture, to be shown in its colours."""
    return False


@keeps_picture.register(Pad)
@keeps_picture.register(MaxPool2D)
@keeps_picture.register(AvgPool2D)
@keeps_picture.register(AdaptiveAvgPool2D)
@keeps_picture.register(Upsample)
def _(layer: Any) -> bool:
    return True


@singledispatch
def word_for_zero(layer: Any) -> str:
    """Return what a map of nothing but zeros is called behind this layer."""
    return "flat"


@word_for_zero.register
def _(layer: ReLU) -> str:
    return "dead"


def left_over(layer: Any, input_shape: Shape) -> str:
    """Return which rows and columns a layer's window never reaches; "" if it reaches all."""
    window = layer.window(*input_shape[2:]) if len(input_shape) == 4 else None
    if window is None:
        return ""
    rows, columns = window.left_over(*input_shape[2:])
    lost = [
        f"the last {_text.count(n, noun) if n > 1 else noun}"
        for n, noun in ((rows, "row"), (columns, "column"))
        if n
    ]
    return f"left over: {' and '.join(lost)}" if lost else ""
