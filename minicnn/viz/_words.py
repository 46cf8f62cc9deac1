"""What a layer does, in words for a reader: one function, by the layer's type."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from minicnn.layers import (
    PICTURE,
    AdaptiveAvgPool2D,
    Add,
    AvgPool2D,
    BatchNorm2D,
    Concat,
    Conv2D,
    ConvTranspose2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
    LayerNorm,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    MaxPool2D,
    Pad,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    Upsample,
)
from minicnn.shapes import Shape, Sides
from minicnn.trace import Step
from minicnn.viz import _text
from minicnn.viz._style import number_text, printed


@singledispatch
def describe(layer: Any, input_shape: Shape) -> str:
    """Return what a layer does, in words for a reader."""
    return " ".join(repr(layer).split())


@describe.register
def _(layer: Conv2D, input_shape: Shape) -> str:
    (kh, kw), maps = layer.kernel_size, layer.out_channels
    parts = [f"{_text.count(maps, 'kernel')} of {kh} {_text.TIMES} {kw}"]
    if layer.in_channels > 1:
        parts.append(_channels(layer))
    if layer.stride != (1, 1):
        parts.append(f"stride {_short(layer.stride)}")
    if layer.dilation != (1, 1):
        parts.append(f"dilation {_short(layer.dilation)}")
    if len(input_shape) == 4:
        padding = layer.window(*input_shape[2:]).padding
        if padding != ((0, 0), (0, 0)):
            parts.append(f"{_around(padding)}: zeros")
    if layer.bias is not None:
        parts.append("and a bias")
    return ", ".join(parts)


@describe.register
def _(layer: Pad, input_shape: Shape) -> str:
    border = {
        "zeros": f"all {number_text(layer.value)}" if layer.value else "zeros",
        "reflect": "mirrored",
        "replicate": "the edge repeated",
        "circular": "from the other side",
    }
    return f"{_around(layer.padding)}: {printed(border.get(layer.mode, layer.mode))}"


@describe.register
def _(layer: ReLU, input_shape: Shape) -> str:
    return "what is below 0 becomes 0"


@describe.register
def _(layer: MaxPool2D, input_shape: Shape) -> str:
    return _pooling("the largest", layer)


@describe.register
def _(layer: AvgPool2D, input_shape: Shape) -> str:
    return _pooling("the mean", layer)


@describe.register
def _(layer: AdaptiveAvgPool2D, input_shape: Shape) -> str:
    shape = layer.output_shape(input_shape)
    return f"each map in {_text.by(shape[2:])} parts, the mean of each"


@describe.register
def _(layer: GlobalAvgPool2D, input_shape: Shape) -> str:
    return "the mean of each map"


@describe.register
def _(layer: Flatten, input_shape: Shape) -> str:
    return "all maps in one line of numbers, row by row"


@describe.register
def _(layer: Linear, input_shape: Shape) -> str:
    sums = _text.count(layer.out_features, "weighted sum")
    bias = ", and a bias" if layer.bias is not None else ""
    return f"{sums} of all {layer.in_features:,} numbers{bias}"


@describe.register
def _(layer: LeakyReLU, input_shape: Shape) -> str:
    return f"what is below 0 is multiplied by {printed(number_text(layer.negative_slope))}"


@describe.register
def _(layer: PReLU, input_shape: Shape) -> str:
    if layer.num_parameters > 1:
        return "what is below 0 is multiplied by a slope that each channel learnt"
    return (
        f"what is below 0 is multiplied by {printed(number_text(float(layer.weight[0])))}, learnt"
    )


@describe.register
def _(layer: Sigmoid, input_shape: Shape) -> str:
    return "any number as one between 0 and 1"


@describe.register
def _(layer: Tanh, input_shape: Shape) -> str:
    return f"any number as one between {printed('-1')} and 1"


@describe.register
def _(layer: Softmax, input_shape: Shape) -> str:
    return "scores as shares that add up to 1"


@describe.register
def _(layer: BatchNorm2D, input_shape: Shape) -> str:
    whose = "of its batch" if layer.of_batch else "found while learning"
    return f"each channel measured by the mean and the variance {whose}"


@describe.register
def _(layer: GroupNorm, input_shape: Shape) -> str:
    groups = layer.num_groups
    those = {1: "all of the picture", layer.num_channels: "each channel"}
    of = those.get(groups, f"{groups} groups of channels, each")
    return f"{of} measured by its own mean and variance"


@describe.register
def _(layer: LayerNorm, input_shape: Shape) -> str:
    values = _text.by(layer.normalized_shape)
    return f"each {values} values measured by their mean and variance"


@describe.register
def _(layer: LocalResponseNorm, input_shape: Shape) -> str:
    return f"each value quieted by what {_text.count(layer.size, 'channel')} around it have there"


@describe.register
def _(layer: Dropout, input_shape: Shape) -> str:
    if layer.seed is None:
        return "passed on: only while learning are values left out"
    return f"each value left out with probability {printed(number_text(layer.p))}"


@describe.register
def _(layer: Add, input_shape: Shape) -> str:
    return "the branches added up"


@describe.register
def _(layer: Concat, input_shape: Shape) -> str:
    return "the branches' maps, one behind the other"


@describe.register
def _(layer: Upsample, input_shape: Shape) -> str:
    return f"every pixel repeated as a block of {_text.by(layer.scale_factor)}"


@describe.register
def _(layer: ConvTranspose2D, input_shape: Shape) -> str:
    parts = [f"every value paints {_text.count(layer.out_channels // layer.groups, 'kernel')} of "
             f"{_text.by(layer.kernel_size)}"]  # fmt: skip
    if layer.stride != (1, 1):
        parts.append(f"{_short(layer.stride)} apart")
    if layer.dilation != (1, 1):
        parts.append(f"dilation {_short(layer.dilation)}")
    if layer.padding != ((0, 0), (0, 0)):
        parts.append(f"{_around(layer.padding, 'cut off')}")
    if layer.bias is not None:
        parts.append("and a bias")
    return ", ".join(parts)


def origins(sources: Sequence[int], position: int) -> str:
    """Return where a step's input is from; "" of the step before it.

    Examples
    --------
    >>> origins((2, 0), 3), origins((PICTURE,), 4), origins((3,), 4)
    ('from steps 2 and 0', 'from the input', '')
    """
    if tuple(sources) == (position - 1,):
        return ""
    steps = [str(source) for source in sources if source != PICTURE]
    words = [f"{'step' if len(steps) == 1 else 'steps'} {_listed(steps)}"] if steps else []
    return f"from {' and '.join(words + ['the input'] * (PICTURE in sources))}"


def shapes(step: Step) -> str:
    """Return what sizes went into a step, and what came out."""
    before = _text.by(step.input.shape[1:])
    if isinstance(step.layer, Concat) and len(step.inputs) > 1:
        counts = " + ".join(str(x.shape[1]) for x in step.inputs)
        before = " ".join([f"({counts})", *(f"{_text.TIMES} {n}" for n in step.input.shape[2:])])
    return f"{before} {_text.ARROW} {_text.by(step.output.shape[1:])}"


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _pooling(what: str, layer: MaxPool2D | AvgPool2D) -> str:
    parts = [f"{what} under each {_text.by(layer.kernel_size)} window"]
    if layer.stride != layer.kernel_size:
        parts.append(f"stride {_short(layer.stride)}")
    if layer.dilation != (1, 1):
        parts.append(f"dilation {_short(layer.dilation)}")
    if layer.padding != ((0, 0), (0, 0)):
        parts.append(_around(layer.padding))
    return ", ".join(parts)


def _channels(layer: Conv2D) -> str:
    if layer.groups == 1:
        return f"summed over {layer.in_channels} channels"
    if layer.groups == layer.in_channels:
        return "each channel by itself"
    return f"in {layer.groups} groups of channels"


def _around(padding: Sides, done: str = "added") -> str:
    (top, bottom), (left, right) = padding
    if top == bottom == left == right:
        return f"{_text.count(top, 'pixel')} around" + ("" if done == "added" else f" {done}")
    pairs = ((("above", top), ("below", bottom)), (("left", left), ("right", right)))
    axes = [", ".join(f"{n} {side}" for side, n in pair if n) for pair in pairs]
    return f"{'; '.join(filter(None, axes)) or 'nothing'} {done}"


def _short(pair: Sequence[int]) -> str:
    a, b = pair
    return f"{a}" if a == b else f"{a} {_text.TIMES} {b}"
