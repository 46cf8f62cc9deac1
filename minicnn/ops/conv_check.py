"""What a convolution insists on, and what it says when it does not get it."""

from __future__ import annotations

from typing import Any, NamedTuple

from minicnn.errors import ConfigError, ShapeError
from minicnn.ops.arrays import fitting, image_batch, real_array
from minicnn.shapes import Array, Shape, Window, integer


class Call(NamedTuple):
    """The arguments of a convolution, checked."""

    x: Array
    weight: Array
    bias: Array | None
    window: Window
    output_shape: Shape


def check_call(
    x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Call:
    """Return the arguments of a convolution, converted and checked against each other.

    The weight comes back C-contiguous: so BLAS sees one memory layout, whatever the caller's.
    """
    x = image_batch(x, "conv2d")
    weight = image_batch(weight, "conv2d", "weight")
    check_filters(weight.shape, groups)
    check_channels(x.shape, weight.shape, groups)
    window = Window.over(x.shape[2], x.shape[3], weight.shape[2:], stride, padding, dilation)
    if bias is not None:
        bias = fitting(real_array(bias, "conv2d", "bias"), x.dtype, "conv2d", "bias")
        check_bias(bias.shape, weight.shape)
    try:
        size = window.output_size(x.shape[2], x.shape[3])
    except ShapeError as error:
        raise ShapeError(f"conv2d: {error}") from None
    shape = (x.shape[0], weight.shape[0], *size)
    return Call(x, fitting(weight, x.dtype, "conv2d", "weight"), bias, window, shape)


def check_filters(weight_shape: Shape, groups: Any) -> None:
    """Raise unless there are filters, and as many in each group."""
    integer("groups", groups, least=1)
    if 0 in weight_shape:
        raise ShapeError(f"conv2d: weight (O, C // groups, KH, KW) = {weight_shape} is empty")
    if weight_shape[0] % groups:
        raise ConfigError(
            f"conv2d: groups={groups} does not divide the {weight_shape[0]} filters.\n"
            f"  weight (O, C // groups, KH, KW) = {weight_shape}"
        )


def check_channels(x_shape: Shape, weight_shape: Shape, groups: int) -> None:
    """Raise unless the pictures have the channels that the filters expect."""
    expected = weight_shape[1] * groups
    if x_shape[1] == expected:
        return
    shown = _weight_line(x_shape, weight_shape, groups)
    looks_like_colours = x_shape[3] in (1, 3, 4) and x_shape[1] not in (1, 3, 4)
    if x_shape[3] == expected or looks_like_colours:
        fix = f"The last axis is {x_shape[3]}, as in (N, H, W, C): use images.to_nchw(x)."
    elif x_shape[1] % groups:
        fix = f"groups={groups} does not divide {x_shape[1]} channels."
    else:
        given = f"in_channels={x_shape[1]}"
        fix = f"Use Conv2D({given}, ...) or from_kernels(..., {given})."
        if expected == 1 and x_shape[1] == 3:
            fix += "\n  Or a grey picture: images.load(path, channels=1)."
    raise ShapeError(
        f"conv2d: the input has {_channels(x_shape[1])}, the kernels expect {expected}.\n"
        f"{shown}\n  {fix}"
    )


def check_bias(bias_shape: Shape, weight_shape: Shape) -> None:
    """Raise unless there is one bias for each filter."""
    if bias_shape != (weight_shape[0],):
        raise ShapeError(
            f"conv2d: bias must have one value for each of the {weight_shape[0]} filters.\n"
            f"  bias   (O,)                     = {bias_shape}\n"
            f"  weight (O, C // groups, KH, KW) = {weight_shape}"
        )


def _channels(number: int) -> str:
    return f"{number} channel{'' if number == 1 else 's'}"


def _weight_line(x_shape: Shape, weight_shape: Shape, groups: int) -> str:
    return (
        f"  x      (N, C, H, W)             = {x_shape}\n"
        f"  weight (O, C // groups, KH, KW) = {weight_shape}, groups = {groups}"
    )
