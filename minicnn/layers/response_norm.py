"""The layer that measures each value by its neighbouring channels."""

from __future__ import annotations

from minicnn.layers.base import Backward, Layer, any_shape
from minicnn.ops.response_norm import (
    check_response,
    local_response_norm,
    local_response_norm_backward,
)
from minicnn.shapes import Array, Shape


class LocalResponseNorm(Layer):
    """Divide each value by a power of what the channels around it have in the same place.

    A loud value quiets its neighbours. See `minicnn.ops.local_response_norm` for the formula;
    names and defaults are PyTorch's.

    Parameters
    ----------
    size : int
        So many channels count, the value's own in the middle.
    alpha, beta, k : float

    References
    ----------
    Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks", 2012, section 3.3.

    Examples
    --------
    >>> import numpy as np
    >>> LocalResponseNorm(3, alpha=3.0, beta=0.5)(np.ones((1, 2, 1, 1))).round(3).ravel().tolist()
    [0.577, 0.577]
    """

    def __init__(
        self, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        """Check and keep the arguments."""
        check_response((1, 1, 1), size, alpha, beta, k)
        self.size = int(size)
        self.alpha, self.beta, self.k = float(alpha), float(beta), float(k)

    def __call__(self, x: Array) -> Array:
        """Return an array like x (N, C, ...), of three axes at least."""
        return local_response_norm(x, self.size, alpha=self.alpha, beta=self.beta, k=self.k)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        shape = any_shape(input_shape, "LocalResponseNorm")
        check_response(shape, self.size, self.alpha, self.beta, self.k)
        return shape

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: see `local_response_norm_backward`."""
        arguments = {"alpha": self.alpha, "beta": self.beta, "k": self.k}

        def backward(dy: Array) -> tuple[Array, dict[str, Array]]:
            return local_response_norm_backward(dy, x, self.size, **arguments), {}

        return self(x), backward
