"""Mean, variance, and values measured by them: what every normalisation is made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.shapes import Array

Axes = tuple[int, ...]


def moments(x: Array, axes: Axes) -> tuple[Array, Array]:
    """Return the mean and the variance along some axes, which keep a length of 1.

    Added up in float64 whatever the dtype of `x`, the variance from the distances to the mean:
    bright pictures with little contrast keep their digits. It is the mean of the squared
    distances, divided by the number of values and not by one less.

    Parameters
    ----------
    x : array
    axes : tuple of int

    Returns
    -------
    mean, var : arrays of float64

    Examples
    --------
    >>> moments(np.array([[1.0, 3.0], [5.0, 7.0]]), (1,))
    (array([[2.],
           [6.]]), array([[1.],
           [1.]]))
    """
    with np.errstate(all="ignore"):
        mean = mean_along(x, axes, np.float64)
        distance = x - mean.astype(x.dtype)
        rounded = mean_along(distance, axes, np.float64)  # by so much is the mean off in x's dtype
        var = mean_along(np.square(distance, out=distance), axes, np.float64)
        return mean, np.maximum(var - rounded**2, 0)


def standardized(x: Array, mean: Array, var: Array, eps: float) -> Array:
    """Return z = (x - mean) / sqrt(var + eps): how many standard deviations from the mean.

    Parameters
    ----------
    x : array
    mean, var : arrays that broadcast against x
    eps : float
        Keeps what is flat, with a variance of 0, from being divided by 0.
    """
    with np.errstate(all="ignore"):
        z: Array = x - mean.astype(x.dtype)
        z *= (1 / np.sqrt(var.astype(np.float64) + eps)).astype(x.dtype)
    return z


def standardized_backward(dz: Array, z: Array, var: Array, axes: Axes, eps: float) -> Array:
    """Return the gradient of x where mean and variance are those of x itself.

    They move with x, and so take out of its gradient what would shift or stretch all of it::

        dx = (dz - mean(dz) - z * mean(dz * z)) / sqrt(var + eps)

    Parameters
    ----------
    dz, z : arrays of one shape
    var : array
        As `moments` returns it.
    axes : tuple of int
    eps : float
    """
    with np.errstate(all="ignore"):
        dx: Array = dz - mean_along(dz, axes) - z * mean_along(dz * z, axes)
        dx *= (1 / np.sqrt(var + eps)).astype(dx.dtype)
    return dx


def mean_along(values: Array, axes: Axes, dtype: Any = None) -> Array:
    """Return the mean along some axes, which keep a length of 1; of nothing at all, 0.

    Added up in the order of a C-contiguous array, so that the last bit is the same in any layout.

    Parameters
    ----------
    values : array
    axes : tuple of int
    dtype : dtype, optional
        What is added up in, and returned; by default that of `values`.
    """
    total: Array = np.ascontiguousarray(values).sum(axis=axes, keepdims=True, dtype=dtype)
    total /= max(1, values.size // max(1, total.size))
    return total
