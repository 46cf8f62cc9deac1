"""Layers that normalise each picture by itself, whatever else is in its batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.layers.base import Backward, Layer, any_shape
from minicnn.layers.field import Field
from minicnn.ops.arrays import check_bytes
from minicnn.ops.norm import EPS, group_norm, group_norm_backward, layer_norm, layer_norm_backward
from minicnn.ops.norm_check import check_eps, check_groups, last_axes
from minicnn.shapes import Array, Shape, Window, flag, integer


class GroupNorm(Layer):
    """Measure each value by the mean and the variance of a group of its picture's channels.

    ::

        y = (x - mean) / sqrt(var + eps) * weight + bias

    Nothing depends on the batch, so it learns and looks alike. One group: all channels together;
    as many groups as channels: each map by itself ("instance norm").

    Parameters
    ----------
    num_groups, num_channels : int
        The channels are dealt into so many groups of equal size.
    eps : float
    affine : bool
        Whether there are a weight and a bias, (C,) each.

    References
    ----------
    Wu and He, "Group Normalization", 2018.

    Examples
    --------
    >>> import numpy as np
    >>> GroupNorm(1, 2)(np.array([[[[1.0]], [[3.0]]]])).round(3).ravel().tolist()
    [-1.0, 1.0]
    """

    param_names: ClassVar[tuple[str, ...]] = ("weight", "bias")

    def __init__(
        self, num_groups: int, num_channels: int, *, eps: float = EPS, affine: bool = True
    ) -> None:
        """Check the arguments; begin with weights of 1 and biases of 0."""
        self.num_groups = integer("num_groups", num_groups, least=1)
        self.num_channels = integer("num_channels", num_channels, least=1)
        check_groups((1, num_channels), num_groups, "GroupNorm")
        self.eps, self.affine = check_eps(eps), flag("affine", affine)
        self.weight, self.bias = _ones_and_zeros("GroupNorm", (num_channels,), affine, affine)

    def __call__(self, x: Array) -> Array:
        """Return an array like x (N, C, ...)."""
        return group_norm(x, self.num_groups, self.weight, self.bias, eps=self.eps)

    def field(self, before: Field, input_shape: Shape) -> None:
        """Return None: every value is held against the others of its picture."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        shape = any_shape(input_shape, "GroupNorm")
        if len(shape) < 2 or shape[1] != self.num_channels:
            raise ShapeError(
                f"GroupNorm: input_shape must be (N, {self.num_channels}, ...), got {shape}.\n"
                f"  GroupNorm(num_groups, num_channels) says how many channels there are."
            )
        return shape

    def window(self, height: int, width: int) -> Window:
        """Return a window that holds the whole picture wherever it stops."""
        return everything(height, width)

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: see `group_norm_backward`."""
        weight = self.weight

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx, dweight, dbias = group_norm_backward(dy, x, self.num_groups, weight, eps=self.eps)
            return dx, {"weight": dweight, "bias": dbias} if self.affine else {}

        return self(x), backward


class LayerNorm(Layer):
    """Measure each value by the mean and the variance along the last axes.

    ::

        y = (x - mean) / sqrt(var + eps) * weight + bias

    Parameters
    ----------
    normalized_shape : int or sequence of int
        The sizes of those axes: (C, H, W) for a whole picture, F for what a linear layer gives.
    eps : float
    elementwise_affine, bias : bool
        Whether there are a weight and a bias, each of this shape; no bias without a weight.

    References
    ----------
    Ba, Kiros and Hinton, "Layer Normalization", 2016.

    Examples
    --------
    >>> import numpy as np
    >>> LayerNorm(4)(np.array([[1.0, 3.0, 5.0, 7.0]])).round(2)
    array([[-1.34, -0.45,  0.45,  1.34]])
    """

    param_names: ClassVar[tuple[str, ...]] = ("weight", "bias")

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        *,
        eps: float = EPS,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        """Check the arguments; begin with weights of 1 and biases of 0."""
        self.normalized_shape = _sizes(normalized_shape)
        self.eps = check_eps(eps)
        self.elementwise_affine = flag("elementwise_affine", elementwise_affine)
        self._has_bias = flag("bias", bias)
        self.weight, self.bias = _ones_and_zeros(
            "LayerNorm", self.normalized_shape, elementwise_affine, elementwise_affine and bias
        )

    def __call__(self, x: Array) -> Array:
        """Return an array like x (..., *normalized_shape)."""
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, eps=self.eps)

    def field(self, before: Field, input_shape: Shape) -> None:
        """Return None: every value is held against the others of its picture."""

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        shape = any_shape(input_shape, "LayerNorm")
        last_axes(shape, self.normalized_shape, "LayerNorm")
        return shape

    def window(self, height: int, width: int) -> Window | None:
        """Return a window that holds the rows and columns that are normalised together."""
        along = len(self.normalized_shape)
        return everything(height if along > 1 else 1, width)

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: see `layer_norm_backward`."""
        weight, has_bias = self.weight, self.bias is not None

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx, dweight, dbias = layer_norm_backward(
                dy, x, self.normalized_shape, weight, eps=self.eps
            )
            learnt = {} if weight is None else {"weight": dweight}
            return dx, learnt | ({"bias": dbias} if has_bias else {})

        return self(x), backward

    def _argument(self, name: str) -> Any:
        if name == "normalized_shape":  # (8, 8) is not 8
            return self.normalized_shape
        return self._has_bias if name == "bias" else super()._argument(name)


def everything(height: int, width: int) -> Window:
    """Return the window that stops at every value of a picture and always holds all of it.

    Examples
    --------
    >>> everything(3, 4).kernel_size, everything(3, 4).output_size(3, 4)
    ((5, 7), (3, 4))
    """
    around = max(0, height - 1), max(0, width - 1)
    return Window((2 * around[0] + 1, 2 * around[1] + 1), 1, around)


def _ones_and_zeros(
    who: str, shape: Shape, weight: bool, bias: bool
) -> tuple[Array | None, Array | None]:
    check_bytes(who, shape if len(shape) > 1 else (1, *shape), np.float32, None)
    return (
        np.ones(shape, np.float32) if weight else None,
        np.zeros(shape, np.float32) if bias else None,
    )


def _sizes(shape: Any) -> Shape:
    if not isinstance(shape, tuple | list):
        return (integer("normalized_shape", shape, least=1),)
    if not shape:
        raise ConfigError(f"normalized_shape needs at least one axis, got {short(shape)}")
    return tuple(integer(f"normalized_shape[{i}]", size, least=1) for i, size in enumerate(shape))
