"""The layer that continues a picture beyond its border."""

from __future__ import annotations

from typing import Any

from minicnn.layers.base import Backward, Layer, image_shape
from minicnn.ops.pad import check_mode, check_room, pad2d, pad2d_backward
from minicnn.shapes import Array, Shape, Window, sides


class Pad(Layer):
    """Add rows and columns around every picture.

    ::

        zeros        0 0 | 1 2 3 4 | 0 0      (or any constant: value=)
        reflect      3 2 | 1 2 3 4 | 3 2
        replicate    1 1 | 1 2 3 4 | 4 4
        circular     3 4 | 1 2 3 4 | 1 2

    Parameters
    ----------
    padding : int, (rows, columns), ((top, bottom), (left, right)) or four ints
        In pixels.
    mode : {'zeros', 'reflect', 'replicate', 'circular'}
    value : float
        The constant, for mode 'zeros'.

    Examples
    --------
    >>> import numpy as np
    >>> Pad(1, mode="replicate")(np.array([[[[1.0, 2.0]]]]))[0, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.],
           [1., 1., 2., 2.]])
    """

    def __init__(self, padding: Any, *, mode: str = "zeros", value: float = 0.0) -> None:
        """Check and keep the arguments."""
        check_mode(mode, value)
        self.padding = sides("padding", padding)
        self.mode = mode
        self.value = float(value)

    def __call__(self, x: Array) -> Array:
        """Return (N, C, top + H + bottom, left + W + right) for x (N, C, H, W)."""
        return pad2d(x, self.padding, mode=self.mode, value=self.value)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (N, C, top + H + bottom, left + W + right)."""
        batch, channels, height, width = image_shape(input_shape, "Pad")
        check_room((height, width), self.padding, self.mode)
        (top, bottom), (left, right) = self.padding
        return batch, channels, height + top + bottom, width + left + right

    def window(self, height: int, width: int) -> Window:
        """Return a window of one pixel that also stops on the padding."""
        return Window(1, 1, self.padding)

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the padded pictures, and the way back: see `pad2d_backward`."""

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            return pad2d_backward(dy, self.padding, mode=self.mode), {}

        return self(x), backward
