"""Layers for plain numbers: flatten the maps, then weigh every one of them for each output."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from minicnn.layers.base import Backward, Gradients, Layer, Way, any_shape
from minicnn.layers.field import Field
from minicnn.layers.initial import first_bias, first_weight, seed_of
from minicnn.ops.arrays import real_array
from minicnn.ops.linear import (
    check_dims,
    flat_shape,
    flatten,
    linear,
    linear_backward,
    linear_backward_params,
    linear_shape,
)
from minicnn.shapes import Array, Shape, integer


class Flatten(Layer):
    """Lay all maps of a picture out in one line of numbers: channel by channel, row by row.

    Parameters
    ----------
    start_dim, end_dim : int
        The first and the last of the axes that become one; not 0, the batch.

    Examples
    --------
    >>> Flatten().output_shape((2, 16, 5, 5))
    (2, 400)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        """Check and keep the arguments."""
        self.start_dim, self.end_dim = check_dims(start_dim, end_dim)

    def __call__(self, x: Array) -> Array:
        """Return (N, C * H * W) for x (N, C, H, W)."""
        return flatten(x, self.start_dim, self.end_dim)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, C * H * W)."""
        return flat_shape(any_shape(input_shape, "Flatten"), self.start_dim, self.end_dim)

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the numbers, and the way back: laid out again as they were."""
        shape = x.shape

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx = real_array(dy, "Flatten", "dy").reshape(shape)
            return np.array(dx, order="C"), {}

        return self(x), backward


class Linear(Layer):
    """For each output, the sum of all inputs times its weights, plus its bias.

    Names, shapes and initial values are those of PyTorch's ``Linear``. It works on the last
    axis; behind maps, put a `Flatten` in front.

    Parameters
    ----------
    in_features, out_features : int
        How many numbers come in, and how many go out.
    bias : bool
    rng : None, int or numpy.random.Generator
        Where the initial weights come from: uniform within 1 / sqrt(in_features).

    Attributes
    ----------
    weight : array (out_features, in_features)
        Yours to change: sizes are read off it.
    bias : array (out_features,) or None

    Examples
    --------
    >>> Linear(400, 120)
    Linear(400, 120)
    >>> Linear(400, 120).output_shape((2, 400))
    (2, 120)
    """

    param_names: ClassVar[tuple[str, ...]] = ("weight", "bias")

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        rng: int | np.random.Generator | None = None,
    ) -> None:
        """Check the arguments and draw the first weights."""
        inputs = integer("in_features", in_features, least=1)
        outputs = integer("out_features", out_features, least=1)
        self.rng, random = seed_of(rng)
        self.weight: Array = first_weight("Linear", (outputs, inputs), inputs, random)
        self.bias: Array | None = first_bias(bias, outputs, inputs, random)

    @property
    def in_features(self) -> int:
        """How many numbers come in."""
        return int(self.weight.shape[1])

    @property
    def out_features(self) -> int:
        """How many numbers go out."""
        return int(self.weight.shape[0])

    def __call__(self, x: Array) -> Array:
        """Return (N, out_features) for x (N, in_features)."""
        return linear(x, self.weight, self.bias)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape, its last axis become out_features."""
        shape = any_shape(input_shape, "Linear")
        return linear_shape(shape, self.weight.shape, "Linear")

    def field(self, before: Field, input_shape: Shape) -> None:
        """Return None: every output is made of all inputs."""

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return output values times inputs."""
        return math.prod(self.output_shape(input_shape)) * self.in_features

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the outputs, and the way back: see `linear_backward`."""
        weight = self.weight  # as it is now, whatever becomes of the layer

        def whole(dy: Array) -> tuple[Array, Gradients]:
            dx, *found = linear_backward(dy, x, weight)
            return dx, self._by_name(*found)

        def params(dy: Array) -> Gradients:
            return self._by_name(*linear_backward_params(dy, x, weight))

        return self(x), Way(whole, params)

    def _argument(self, name: str) -> Any:
        return self.bias is not None if name == "bias" else getattr(self, name)
