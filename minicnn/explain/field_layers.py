"""What each kind of layer looks at. A layer that the default does not fit registers a function.

::

    @links.register
    def _(layer: MyLayer, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
        return (Along(maps_shape(shapes[0]), maps_shape(after)),)
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from minicnn.explain.field_axis import Axis
from minicnn.explain.field_links import Along, Link, Part, Sliding, grouped, maps_shape
from minicnn.layers import (
    AdaptiveAvgPool2D,
    AvgPool2D,
    BatchNorm2D,
    Concat,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    MaxPool2D,
    Pad,
    Softmax,
    Upsample,
)
from minicnn.ops.response_norm import neighbours
from minicnn.shapes import Shape, Window


@singledispatch
def links(layer: Any, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    """Return a layer's links, one for each of its inputs.

    What a layer says in `Layer.window` is believed: one that slides a window looks through it at
    all channels; one without a window that keeps the shape makes each value of the one in its
    place. Any other is taken to look at everything.

    Parameters
    ----------
    layer : Layer
    shapes : tuple of (N, C, H, W) or (N, F)
        The shapes of its inputs.
    after : (N, C, H, W) or (N, F)
        The shape of its output.
    """
    window = layer.window(*shapes[0][2:]) if len(shapes[0]) == 4 else None
    if window is None and all(shape == after for shape in shapes):
        return tuple(Link(maps_shape(shape), maps_shape(after)) for shape in shapes)
    if window is not None and len(shapes) == 1 and after[2:] == window.output_size(*shapes[0][2:]):
        return (sliding(window, shapes[0], after, assumed=shapes[0][1] > 1),)
    return tuple(Along(maps_shape(shape), maps_shape(after), True) for shape in shapes)


@links.register
def _(layer: Conv2D, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    return (sliding(layer.window(*shapes[0][2:]), shapes[0], after, groups=layer.groups),)


@links.register
def _(layer: Pad, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    before = maps_shape(shapes[0])
    rows, columns = (
        Axis.padded(size, around, layer.mode)
        for size, around in zip(before[1:], layer.padding, strict=True)
    )
    return (by_axes(rows, columns, shapes[0], after, groups=before[0]),)


@links.register(MaxPool2D)
@links.register(AvgPool2D)
def _(layer: Any, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    window, channels = layer.window(*shapes[0][2:]), after[1]
    counts = getattr(layer, "count_include_pad", False)
    return (sliding(window, shapes[0], after, groups=channels, padding_counts=counts),)


@links.register(AdaptiveAvgPool2D)
@links.register(GlobalAvgPool2D)
def _(layer: Any, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    rows, columns = map(Axis.parts, shapes[0][2:], after[2:])
    return (by_axes(rows, columns, shapes[0], after, groups=after[1]),)


@links.register
def _(layer: Upsample, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    rows, columns = map(Axis.repeated, shapes[0][2:], layer.scale_factor)
    return (by_axes(rows, columns, shapes[0], after, groups=after[1]),)


@links.register
def _(layer: ConvTranspose2D, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    rows, columns = (
        Axis.painted(layer.backward_window, axis, shapes[0][2 + axis], after[2 + axis])
        for axis in (0, 1)
    )
    return (by_axes(rows, columns, shapes[0], after, groups=layer.groups),)


@links.register
def _(layer: Flatten, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    return (Link(maps_shape(shapes[0]), maps_shape(after)),)


@links.register
def _(layer: Linear, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    return (Along(maps_shape(shapes[0]), maps_shape(after), axes=(len(after) - 2,)),)


@links.register
def _(layer: Softmax, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    ends, axis = (maps_shape(shapes[0]), maps_shape(after)), layer.dim % len(after) - 1
    if axis < 0:  # along the batch: nothing else of the same picture
        return (Link(*ends),)
    return (Along(*ends, axes=(axis,)),)


@links.register
def _(layer: BatchNorm2D, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    ends = maps_shape(shapes[0]), maps_shape(after)
    return (Along(*ends, axes=(1, 2)) if layer.of_batch else Link(*ends),)


@links.register
def _(layer: GroupNorm, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    return (Along(maps_shape(shapes[0]), maps_shape(after), groups=layer.num_groups),)


@links.register
def _(layer: LayerNorm, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    axes = range(len(after) - len(layer.normalized_shape), len(after))
    together = tuple(axis - 1 for axis in axes if axis > 0)  # the batch is no axis of a picture
    return (Along(maps_shape(shapes[0]), maps_shape(after), axes=together),)


@links.register
def _(layer: LocalResponseNorm, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    before = maps_shape(shapes[0])
    rows, columns = (Axis.padded(size, (0, 0), "zeros") for size in before[1:])
    around = (neighbours(c, before[0], layer.size) for c in range(before[0]))
    channels = tuple(
        (slice(c, c + 1), slice(seen.start, seen.stop)) for c, seen in enumerate(around)
    )
    return (Sliding(before, maps_shape(after), rows=rows, columns=columns, channels=channels),)


@links.register
def _(layer: Concat, shapes: tuple[Shape, ...], after: Shape) -> tuple[Link, ...]:
    first, found = 0, []
    for before in map(maps_shape, shapes):
        found.append(Part(before, maps_shape(after), first=first))
        first += before[0]
    return tuple(found)


def sliding(
    window: Window,
    before: Shape,
    after: Shape,
    *,
    groups: int = 1,
    padding_counts: bool = True,
    assumed: bool = False,
) -> Sliding:
    """Return the link of a window that slides over (N, C, H, W)."""
    rows, columns = (
        Axis.sliding(window, axis, before[2 + axis], padding_counts=padding_counts)
        for axis in (0, 1)
    )
    return by_axes(rows, columns, before, after, groups=groups, assumed=assumed)


def by_axes(
    rows: Axis,
    columns: Axis,
    before: Shape,
    after: Shape,
    *,
    groups: int = 1,
    assumed: bool = False,
) -> Sliding:
    """Return the link of a layer that looks along rows and columns in groups of channels."""
    channels = grouped(after[1], before[1], groups)
    ends = maps_shape(before), maps_shape(after)
    return Sliding(*ends, assumed, rows=rows, columns=columns, channels=channels)
