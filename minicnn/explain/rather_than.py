"""Why this and not that? A network that answers with the difference of two of its outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError
from minicnn.explain.way_back import a_layer
from minicnn.layers import Layer, Sequential
from minicnn.layers.base import Backward, any_shape
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, Shape, integer


def rather_than(model: Layer, this: int, that: int) -> Sequential:
    """Return the network whose one answer is how far output `this` is ahead of output `that`.

    Whatever explains an answer then explains a choice: ``saliency(rather_than(model, 1, 7), x, 0)``
    is why it took a 7 for a 1. What speaks for both of them drops out.

    Parameters
    ----------
    model : Layer
        With scores (N, K), not shares; or maps (N, K, H, W).
    this, that : int
        Two of its K outputs.

    Returns
    -------
    Sequential
        With output (N, 1, ...). Nothing in it is learnt but the model.

    Raises
    ------
    ConfigError
        For what is no model, and for two that are one.

    Examples
    --------
    >>> from minicnn import Linear
    >>> scores = Linear(2, 3, bias=False, rng=0).with_params({"weight": np.eye(3)[:, :2]})
    >>> rather_than(scores, 1, 0)(np.array([[2.0, 7.0]]))
    array([[5.]])
    """
    ahead = Ahead(this, that)
    return Sequential(*(model if isinstance(model, Sequential) else (a_layer(model),)), ahead)


class Ahead(Layer):
    """How far one channel or output is ahead of another: x[:, this] - x[:, that].

    Parameters
    ----------
    this, that : int
    """

    def __init__(self, this: int, that: int) -> None:
        """Check the arguments."""
        self.this, self.that = integer("this", this, least=0), integer("that", that, least=0)
        if self.this == self.that:
            raise ConfigError(f"this and that must be two outputs, got {this} twice")

    def __call__(self, x: Array) -> Array:
        """Return the difference, (N, 1, ...) for x (N, K, ...)."""
        x = real_array(x, "Ahead")
        self.output_shape(x.shape)
        with np.errstate(all="ignore"):
            y: Array = x[:, [self.this]] - x[:, [self.that]]
        return y

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, 1, ...).

        Raises
        ------
        ShapeError
            If there are not so many outputs.
        """
        shape = any_shape(input_shape, "Ahead")
        if len(shape) < 2 or max(self.this, self.that) >= shape[1]:
            raise ShapeError(
                f"there is no output {max(self.this, self.that)}: the output has shape {shape}"
            )
        return shape[0], 1, *shape[2:]

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the difference, and the way back: to one of the two as it came, to the other -."""
        y, shape = self(x), x.shape

        def backward(dy: Array) -> tuple[Array, dict[str, Any]]:
            dx = np.zeros(shape, dy.dtype)
            dx[:, [self.this]], dx[:, [self.that]] = dy, -dy
            return dx, {}

        return y, backward
