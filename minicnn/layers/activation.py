"""Layers that apply a function of one number everywhere; and softmax, which weighs several."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from minicnn.layers.base import Backward, Layer, any_shape
from minicnn.layers.field import Field
from minicnn.ops.activation import (
    check_slope,
    check_slopes,
    leaky_relu,
    leaky_relu_backward,
    prelu,
    prelu_backward,
    relu,
    relu_backward_by_mask,
    relu_mask,
    sigmoid,
    sigmoid_backward_by_output,
    tanh,
    tanh_backward_by_output,
)
from minicnn.ops.softmax import check_dim, softmax, softmax_backward
from minicnn.shapes import Array, Shape, integer


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
        y, mask = self(x), relu_mask(x)  # one byte for each value is all that has to be kept
        dtype = y.dtype
        return y, lambda dy: (relu_backward_by_mask(dy, mask, dtype), {})


class LeakyReLU(Layer):
    """Keep what is positive, make the rest small instead of zero: so no map can die.

    Parameters
    ----------
    negative_slope : float
        What is below zero is multiplied by this.

    Examples
    --------
    >>> import numpy as np
    >>> LeakyReLU(0.1)(np.array([[-1.0, 2.0]]))
    array([[-0.1,  2. ]])
    """

    def __init__(self, negative_slope: float = 0.01) -> None:
        """Check and keep the argument."""
        self.negative_slope = check_slope(negative_slope)

    def __call__(self, x: Array) -> Array:
        """Return x where it is positive and negative_slope * x elsewhere, for x of any shape."""
        return leaky_relu(x, self.negative_slope)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return any_shape(input_shape, "LeakyReLU")

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: see `leaky_relu_backward`."""
        return self(x), lambda dy: (leaky_relu_backward(dy, x, self.negative_slope), {})


class PReLU(Layer):
    """A leaky ReLU that learns how much it leaks, for all channels together or for each.

    Parameters
    ----------
    num_parameters : int
        1, or the number of channels.
    init : float
        The first slope.

    Attributes
    ----------
    weight : array (num_parameters,)

    Examples
    --------
    >>> import numpy as np
    >>> PReLU(2, init=0.5)(np.array([[-1.0, 2.0]]))
    array([[-0.5,  2. ]])
    """

    param_names: ClassVar[tuple[str, ...]] = ("weight",)

    def __init__(self, num_parameters: int = 1, init: float = 0.25) -> None:
        """Check the arguments and make the first slopes."""
        number = integer("num_parameters", num_parameters, least=1)
        self.init = check_slope(init, "init")
        self.weight: Array = np.full(number, self.init, np.float32)

    @property
    def num_parameters(self) -> int:
        """How many slopes there are."""
        return int(self.weight.shape[0])

    def __call__(self, x: Array) -> Array:
        """Return x where it is positive and weight * x elsewhere, for x (N, C, ...)."""
        return prelu(x, self.weight)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        shape = any_shape(input_shape, "PReLU")
        check_slopes(shape, self.num_parameters, "PReLU")
        return shape

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: see `prelu_backward`."""
        weight = self.weight  # as it is now, whatever becomes of the layer

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            dx, dweight = prelu_backward(dy, x, weight)
            return dx, {"weight": dweight}

        return self(x), backward


class Sigmoid(Layer):
    """Any number as one between 0 and 1: 1 / (1 + exp(-x)).

    Examples
    --------
    >>> import numpy as np
    >>> Sigmoid()(np.array([[0.0, 1000.0]]))
    array([[0.5, 1. ]])
    """

    def __call__(self, x: Array) -> Array:
        """Return 1 / (1 + exp(-x)), for x of any shape."""
        return sigmoid(x)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return any_shape(input_shape, "Sigmoid")

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: see `sigmoid_backward`."""
        y = self(x)
        kept = y.copy()  # the caller may do with y what they like
        return y, lambda dy: (sigmoid_backward_by_output(dy, kept), {})


class Tanh(Layer):
    """Any number as one between -1 and 1: the hyperbolic tangent.

    Examples
    --------
    >>> import numpy as np
    >>> Tanh()(np.array([[0.0, 1000.0]]))
    array([[0., 1.]])
    """

    def __call__(self, x: Array) -> Array:
        """Return tanh(x), for x of any shape."""
        return tanh(x)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return any_shape(input_shape, "Tanh")

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: see `tanh_backward`."""
        y = self(x)
        kept = y.copy()  # the caller may do with y what they like
        return y, lambda dy: (tanh_backward_by_output(dy, kept), {})


class Softmax(Layer):
    """Scores turned into shares that add up to 1: exp(x) over the sum of exp(x).

    To learn, use a cross-entropy of the scores themselves instead: it is the same, and exact.

    Parameters
    ----------
    dim : int
        The axis along which the shares add up: 1, the classes of (N, F) or (N, C, H, W).

    Examples
    --------
    >>> import numpy as np
    >>> Softmax()(np.log([[1.0, 2.0, 5.0]])).round(3)
    array([[0.125, 0.25 , 0.625]])
    """

    def __init__(self, dim: int = 1) -> None:
        """Check and keep the argument."""
        self.dim = integer("dim", dim, least=-64, most=64)

    def __call__(self, x: Array) -> Array:
        """Return the shares, for x of any shape that has the axis."""
        return softmax(x, self.dim)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        shape = any_shape(input_shape, "Softmax")
        check_dim(shape, self.dim, "Softmax")
        return shape

    def field(self, before: Field, input_shape: Shape) -> Field | None:
        """Return the field unchanged where only channels are weighed, else None: all of it."""
        return before if len(input_shape) == 4 and self.dim in (1, -3) else None

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the shares, and the way back: see `softmax_backward`."""
        return self(x), lambda dy: (softmax_backward(dy, x, self.dim), {})
