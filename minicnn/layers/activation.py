"""Layers that apply a function of one number everywhere."""

from __future__ import annotations

from minicnn.layers.base import Backward, Layer, any_shape
from minicnn.ops.activation import relu, relu_backward
from minicnn.shapes import Array, Shape


class ReLU(Layer):
    """Keep what is positive, set the rest to zero: max(x, 0).

    After an edge kernel it keeps one side of every edge: dark-to-light, say, and not the reverse.

    Examples
    --------
    >>> import numpy as np
    >>> ReLU()(np.array([[[[-1.0, 2.0]]]]))
    array([[[[0., 2.]]]])
    """

    def __call__(self, x: Array) -> Array:
        """Return max(x, 0), for x of any shape."""
        return relu(x)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return any_shape(input_shape, "ReLU")

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return max(x, 0), and the way back: what came for a positive value goes on."""
        return self(x), lambda dy: (relu_backward(dy, x), {})
