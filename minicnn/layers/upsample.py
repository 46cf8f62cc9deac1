"""Layers that make pictures larger: repeated pixels, and kernels painted by them."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from minicnn.errors import one_of
from minicnn.layers.base import Backward, Gradients, Layer, compact, image_shape
from minicnn.layers.field import Field
from minicnn.layers.initial import first_bias, first_weight, per_group, seed_of
from minicnn.ops.conv_transpose import (
    conv_transpose2d,
    conv_transpose2d_backward,
    painting,
    transposed_shape,
)
from minicnn.ops.upsample import upsample2d, upsample2d_backward
from minicnn.shapes import Array, Pair, Shape, Window, integer, pair


class Upsample(Layer):
    """Repeat every pixel, as a block of its own value.

    Parameters
    ----------
    scale_factor : int or (rows, columns)
    mode : {'nearest'}

    Examples
    --------
    >>> import numpy as np
    >>> Upsample(2)(np.array([[[[1.0, 2.0]]]]))[0, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]])
    """

    def __init__(self, scale_factor: Any, *, mode: str = "nearest") -> None:
        """Check and keep the arguments."""
        self.scale_factor: Pair = pair("scale_factor", scale_factor, least=1)
        self.mode = one_of("mode", mode, ("nearest",))

    def __call__(self, x: Array) -> Array:
        """Return (N, C, H * rows, W * columns) for x (N, C, H, W)."""
        return upsample2d(x, self.scale_factor)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, C, H * rows, W * columns)."""
        batch, channels, height, width = image_shape(input_shape, "Upsample")
        down, across = self.scale_factor
        return batch, channels, height * down, width * across

    def field(self, before: Field, input_shape: Shape) -> Field:
        """Return the field of repeated values."""
        return before.repeated(self.scale_factor)

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the larger pictures, and the way back: what came for each block, added up."""
        return self(x), lambda dy: (upsample2d_backward(dy, self.scale_factor), {})


class ConvTranspose2D(Layer):
    """Let every input value paint a kernel, `stride` apart, and add the strokes up.

    Takes back a convolution's size, not its values. The names of the arguments, the shapes and
    the initial values are those of PyTorch's ``ConvTranspose2d``.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, dilation : int or (rows, columns)
    padding : int, (rows, columns), ((top, bottom), (left, right)) or four ints
        How much is cut off on each side: what the convolution would have padded.
    output_padding : int or (rows, columns)
        Rows and columns added at the bottom and on the right; less than stride or dilation.
    groups : int
    bias : bool
    rng : None, int or numpy.random.Generator
        Where the initial weights come from: uniform within 1 / sqrt(O // groups * KH * KW).

    Attributes
    ----------
    weight : array (C, O // groups, KH, KW)
    bias : array (O,) or None

    Examples
    --------
    >>> ConvTranspose2D(16, 8, 4, stride=2, padding=1).output_shape((1, 16, 14, 14))
    (1, 8, 28, 28)
    """

    param_names: ClassVar[tuple[str, ...]] = ("weight", "bias")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        *,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        rng: int | np.random.Generator | None = None,
    ) -> None:
        """Check the arguments and draw the first weights."""
        window, self.output_padding = painting(
            kernel_size, stride, padding, output_padding, dilation
        )
        self.stride: Pair = window.stride
        self.padding = window.padding
        self.dilation: Pair = window.dilation
        per_group("in_channels", in_channels, groups)
        share = per_group("out_channels", out_channels, groups)
        self.groups = integer("groups", groups, least=1)
        shape = (int(in_channels), share, *window.kernel_size)
        fan_in = math.prod(shape[1:])
        self.rng, random = seed_of(rng)
        self.weight: Array = first_weight("ConvTranspose2D", shape, fan_in, random)
        self.bias: Array | None = first_bias(bias, int(out_channels), fan_in, random)

    @property
    def in_channels(self) -> int:
        """How many channels come in."""
        return int(self.weight.shape[0])

    @property
    def out_channels(self) -> int:
        """How many feature maps go out."""
        return int(self.weight.shape[1]) * self.groups

    @property
    def kernel_size(self) -> Pair:
        """The kernel's (rows, columns)."""
        return self.weight.shape[2], self.weight.shape[3]

    def __call__(self, x: Array) -> Array:
        """Return the feature maps (N, O, OH, OW) for x (N, C, H, W)."""
        return conv_transpose2d(x, self.weight, self.bias, **self._geometry())

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, O, OH, OW)."""
        shape = image_shape(input_shape, "ConvTranspose2D")
        return transposed_shape(
            shape, self.weight.shape, self.backward_window, self.output_padding, self.groups
        )

    @property
    def backward_window(self) -> Window:
        """The window of the convolution that this one is the way back of."""
        return Window(self.kernel_size, self.stride, self.padding, self.dilation)

    def field(self, before: Field, input_shape: Shape) -> Field:
        """Return the field of values that so many strokes can meet in."""
        window, meeting, first = self.backward_window, [], []
        for span, stride, (cut, _) in zip(window.span, window.stride, window.padding, strict=True):
            meeting.append((span - 1) // stride + 1)
            first.append((max(0, (span - 1 - cut) // stride), 0))
        return before.through(Window(meeting, 1, first)).repeated(window.stride)

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return input values times the taps that each paints with."""
        self.output_shape(input_shape)
        return math.prod(input_shape) * math.prod(self.weight.shape[1:])

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the feature maps, and the way back: see `conv_transpose2d_backward`."""
        weight = self.weight  # as it is now, whatever becomes of the layer

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx, *found = conv_transpose2d_backward(dy, x, weight, **self._geometry())
            return dx, self._by_name(*found)

        return self(x), backward

    def _geometry(self) -> dict[str, Any]:
        return {
            "stride": self.stride,
            "padding": self.padding,
            "output_padding": self.output_padding,
            "groups": self.groups,
            "dilation": self.dilation,
        }

    def _argument(self, name: str) -> Any:
        return self.bias is not None if name == "bias" else compact(getattr(self, name))
