"""Softmax: scores turned into shares that add up to 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops.arrays import came_back, real_array
from minicnn.shapes import Array, Shape, integer


def softmax(x: Array, dim: int = 1) -> Array:
    """Return exp(x) divided by the sum of exp(x) along one axis.

    Computed from the distances to the largest score, which are never positive: no score is too
    large for exp.

    Parameters
    ----------
    x : array (N, F), (N, C, H, W), or any other
    dim : int
        The axis along which the shares add up to 1.

    Returns
    -------
    array of the same shape

    References
    ----------
    Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs", 1990.

    Examples
    --------
    >>> softmax(np.array([[1000.0, 1000.0]]))
    array([[0.5, 0.5]])
    """
    x = np.asarray(real_array(x, "softmax"), order="C")  # exp may round another layout otherwise
    check_dim(x.shape, dim, "softmax")
    with np.errstate(all="ignore"):  # of inf - inf: NaN, as it should be
        powers = np.exp(x - x.max(axis=dim, keepdims=True, initial=-np.inf))
        shares: Array = powers / powers.sum(axis=dim, keepdims=True)
    return shares


def softmax_backward(dy: Array, x: Array, dim: int = 1) -> Array:
    """Return the gradient of the input of `softmax`: y * (dy - sum of dy * y along the axis).

    A score gains as far as its own share is wanted more than the shares are on average.

    Parameters
    ----------
    dy, x : arrays of one shape
    dim : int
    """
    x = real_array(x, "softmax_backward")
    dy = came_back(dy, x.shape, x.dtype, "softmax_backward")
    y = softmax(x, dim)
    with np.errstate(all="ignore"):
        dx: Array = y * (dy - (dy * y).sum(axis=dim, keepdims=True))
    return dx


def check_dim(x_shape: Shape, dim: Any, who: str) -> None:
    """Raise unless an array has the axis `dim`; negative ones count from the last."""
    axes = len(x_shape)
    if not -axes <= integer("dim", dim, least=-64, most=64) < axes:
        raise ShapeError(
            f"{who}: there is no axis {dim} in an array of {axes}.\n"
            f"  x = {tuple(x_shape)}\n"
            f"  dim must be from {-axes} to {axes - 1}."
        )
