"""Layers that make one array of several: where the branches of a model meet."""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np

from minicnn.errors import ShapeError
from minicnn.layers.base import Backward, Layer, any_shape
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, Shape


class Merge(Layer):
    """What `Add` and `Concat` share: they take one array or more, and send a gradient to each."""

    def __call__(self, x: Array, *more: Array) -> Array:
        """Return one array made of all."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")

    def output_shape(self, input_shape: Shape, *more: Shape) -> Shape:
        """Return the shape that inputs of these shapes give together."""
        raise NotImplementedError(f"{type(self).__name__} does not say its output's shape")

    def split(self, dy: Array, *shapes: Shape) -> tuple[Array, ...]:
        """Return the gradient of each input, given the output's and the inputs' shapes."""
        raise NotImplementedError(f"{type(self).__name__} does not say where its gradient goes")

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the merge of one array, which is a copy of it, and the way back."""
        shape = np.shape(x)
        return self(x), lambda dy: (self.split(dy, shape)[0], {})

    def _checked(self, inputs: tuple[Array, ...]) -> list[Array]:
        name = type(self).__name__
        arrays = [real_array(x, name, f"input {i}") for i, x in enumerate(inputs)]
        self.output_shape(*(x.shape for x in arrays))
        return arrays


class Add(Merge):
    """Add arrays of one shape, value by value.

    Examples
    --------
    >>> import numpy as np
    >>> Add()(np.full((1, 1, 1, 2), 2.0), np.ones((1, 1, 1, 2)))
    array([[[[3., 3.]]]])
    """

    def __call__(self, x: Array, *more: Array) -> Array:
        """Return x + ..., for arrays of one shape."""
        first, *others = self._checked((x, *more))
        y = first.copy()
        with np.errstate(all="ignore"):  # of inf - inf: NaN, as it should be
            for other in others:
                y = y + other
        return y

    def output_shape(self, input_shape: Shape, *more: Shape) -> Shape:
        """Return the shape that all inputs have.

        Raises
        ------
        ShapeError
            If they differ.
        """
        shapes = [any_shape(shape, "Add") for shape in (input_shape, *more)]
        if len(set(shapes)) > 1:
            raise ShapeError(
                f"Add: the branches give different shapes, and only equal ones can be added.\n"
                f"{_listed(shapes)}"
                f"  Give every branch the same channels, strides and padding; in a Residual, "
                f"shortcut=Conv2D(..., kernel_size=1, stride=...) fits the input to the body."
            )
        return shapes[0]

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return 0: additions alone are not counted."""
        return 0

    def split(self, dy: Array, *shapes: Shape) -> tuple[Array, ...]:
        """Return the gradient unchanged, once for each input."""
        return tuple(dy.copy() for _ in shapes)


class Concat(Merge):
    """Lay arrays one behind the other along the channel axis.

    Examples
    --------
    >>> import numpy as np
    >>> Concat()(np.zeros((1, 2, 4, 5)), np.ones((1, 1, 4, 5))).shape
    (1, 3, 4, 5)
    """

    def __call__(self, x: Array, *more: Array) -> Array:
        """Return (N, C1 + C2 + ..., H, W) for arrays (N, C1, H, W), (N, C2, H, W), ..."""
        return np.concatenate(self._checked((x, *more)), axis=1)

    def output_shape(self, input_shape: Shape, *more: Shape) -> Shape:
        """Return the shape with the channels added up.

        Raises
        ------
        ShapeError
            If the inputs differ in anything but their channels.
        """
        shapes = [any_shape(shape, "Concat") for shape in (input_shape, *more)]
        if len({(shape[:1], shape[2:], len(shape) > 1) for shape in shapes}) > 1:
            raise ShapeError(
                f"Concat: the branches may differ in channels only.\n{_listed(shapes)}"
                f"  Pad so that every branch keeps the same height and width."
            )
        if len(shapes[0]) < 2:
            raise ShapeError(f"Concat: arrays need a channel axis, got shape {shapes[0]}")
        channels = sum(shape[1] for shape in shapes)
        return shapes[0][0], channels, *shapes[0][2:]

    def split(self, dy: Array, *shapes: Shape) -> tuple[Array, ...]:
        """Return each input's channels of the gradient."""
        ends = list(accumulate(shape[1] for shape in shapes))
        return tuple(part.copy() for part in np.split(dy, ends[:-1], axis=1))


def _listed(shapes: list[Shape]) -> str:
    lines = (
        f"  branch {i}  {shape}  ({math.prod(shape):,} values)\n" for i, shape in enumerate(shapes)
    )
    return "".join(lines)
