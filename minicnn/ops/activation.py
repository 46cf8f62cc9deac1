"""Activations: functions of one number, applied everywhere; and their slopes."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops.arrays import came_back, fitting, real_array
from minicnn.ops.masks import keep, select
from minicnn.shapes import Array, Shape, real

_MOST = float(np.finfo(np.float32).max)

ZEROS = 1 << 15
"""So many numbers are compared with as many zeros at once."""


def relu(x: Array) -> Array:
    """Return max(x, 0), value by value; NaN stays NaN.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> relu(np.array([-2.0, 0.0, 3.0]))
    array([0., 0., 3.])
    """
    return _at_least_zero(real_array(x, "relu"))


def _at_least_zero(x: Array) -> Array:
    """Return `np.maximum(x, 0)`; `np.where` and `np.fmax` would swallow a NaN.

    NumPy (2.4) compares two rows of numbers eight at a time, but a row with a single number one
    by one, which takes more than twice as long (measured). So there is a row of zeros.
    """
    if not x.flags.c_contiguous:
        return np.maximum(x, 0)
    y, zeros = np.empty_like(x), np.zeros(min(x.size, ZEROS), x.dtype)
    flat, out = x.reshape(-1), y.reshape(-1)
    for first in range(0, x.size, ZEROS):
        some = flat[first : first + ZEROS]
        np.maximum(some, zeros[: len(some)], out=out[first : first + ZEROS])
    return y


def relu_backward(dy: Array, x: Array) -> Array:
    """Return the gradient of the input of `relu`: 0 where x <= 0, else `dy`.

    Parameters
    ----------
    dy, x : arrays of one shape
        At exactly 0, where the slope is not defined, it is taken to be 0.
    """
    x = real_array(x, "relu_backward")
    return relu_backward_by_mask(dy, relu_mask(x), x.dtype)


def relu_mask(x: Array) -> Array:
    """Return where `relu` lets a gradient through, as bools: all that its way back must know.

    Parameters
    ----------
    x : array of any shape
    """
    mask: Array = real_array(x, "relu_mask") <= 0
    return np.logical_not(mask, out=mask)  # NaN is not cut off


def relu_backward_by_mask(dy: Array, mask: Array, dtype: Any) -> Array:
    """Return the same as `relu_backward`, of an x that is no longer there, only its mask."""
    return keep(mask, came_back(dy, mask.shape, dtype, "relu_backward"))


def leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    """Return x where it is positive, and `negative_slope` times x elsewhere.

    Parameters
    ----------
    x : array of any shape
    negative_slope : float

    Returns
    -------
    array of the same shape

    References
    ----------
    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models", 2013.

    Examples
    --------
    >>> leaky_relu(np.array([-2.0, 0.0, 3.0]))
    array([-0.02,  0.  ,  3.  ])
    """
    x, slope = real_array(x, "leaky_relu"), check_slope(negative_slope)
    with np.errstate(all="ignore"):
        return select(x > 0, x, x * x.dtype.type(slope))


def leaky_relu_backward(dy: Array, x: Array, negative_slope: float = 0.01) -> Array:
    """Return the gradient of the input of `leaky_relu`: `dy` times the slope, 1 where x > 0."""
    x, slope = real_array(x, "leaky_relu_backward"), check_slope(negative_slope)
    dy = came_back(dy, x.shape, x.dtype, "leaky_relu_backward")
    with np.errstate(all="ignore"):
        return select(x > 0, dy, dy * x.dtype.type(slope))


def prelu(x: Array, weight: Array) -> Array:
    """Return x where it is positive, and a learnt weight times x elsewhere.

    Parameters
    ----------
    x : array (N, C, ...)
    weight : array (C,) or (1,)
        One for each channel, or one for all.

    Returns
    -------
    array of the same shape

    References
    ----------
    He et al., "Delving Deep into Rectifiers", 2015.

    Examples
    --------
    >>> prelu(np.array([[-2.0, -2.0]]), np.array([0.5, 0.25]))
    array([[-1. , -0.5]])
    """
    x, weight = _with_slopes(x, weight, "prelu")
    with np.errstate(all="ignore"):
        return select(x > 0, x, weight * x)


def prelu_backward(dy: Array, x: Array, weight: Array) -> tuple[Array, Array]:
    """Return the gradients of the input and the weight of `prelu`.

    Where x is positive the weight has no part in it; elsewhere its gradient is what came back
    times x, summed over all that share it.

    Returns
    -------
    dx : array (N, C, ...)
    dweight : array (C,) or (1,)
    """
    x, by_channel = _with_slopes(x, weight, "prelu_backward")
    dy = came_back(dy, x.shape, x.dtype, "prelu_backward")
    with np.errstate(all="ignore"):
        dx = select(x > 0, dy, by_channel * dy)
        parts = np.ascontiguousarray(keep(~(x > 0), x * dy))  # summed in one order only
        shared = tuple(axis for axis in range(x.ndim) if by_channel.size == 1 or axis != 1)
        dweight: Array = parts.sum(axis=shared).reshape(by_channel.size)
    return dx, dweight


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)): any number, as one between 0 and 1.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    x = np.asarray(real_array(x, "sigmoid"), order="C")  # exp may round another layout otherwise
    with np.errstate(under="ignore"):
        small = np.exp(-np.abs(x))  # never large: what is close to 1 is found from the other side
        y: Array = select(x < 0, small, np.ones_like(x)) / (1 + small)
    return y


def sigmoid_backward(dy: Array, x: Array) -> Array:
    """Return the gradient of the input of `sigmoid`: dy * y * (1 - y)."""
    return sigmoid_backward_by_output(dy, sigmoid(x))


def sigmoid_backward_by_output(dy: Array, y: Array) -> Array:
    """Return the same as `sigmoid_backward`, of an x that is no longer there, only its sigmoid."""
    dy = came_back(dy, y.shape, y.dtype, "sigmoid_backward")
    with np.errstate(all="ignore"):
        dx: Array = 1 - y
        dx *= y
        dx *= dy
    return dx


def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent: any number, as one between -1 and 1.

    Parameters
    ----------
    x : array of any shape

    Returns
    -------
    array of the same shape

    Examples
    --------
    >>> tanh(np.array([-1000.0, 0.0, 1000.0]))
    array([-1.,  0.,  1.])
    """
    y: Array = np.tanh(np.asarray(real_array(x, "tanh"), order="C"))
    return y


def tanh_backward(dy: Array, x: Array) -> Array:
    """Return the gradient of the input of `tanh`: dy * (1 - y * y)."""
    return tanh_backward_by_output(dy, tanh(x))


def tanh_backward_by_output(dy: Array, y: Array) -> Array:
    """Return the same as `tanh_backward`, of an x that is no longer there, only its tanh."""
    dy = came_back(dy, y.shape, y.dtype, "tanh_backward")
    with np.errstate(all="ignore"):
        dx: Array = y * y
        np.subtract(1, dx, out=dx)
        dx *= dy
    return dx


def check_slope(slope: Any, name: str = "negative_slope") -> float:
    """Return a slope as a float, refusing what is not a number that float32 can hold."""
    return real(name, slope, least=-_MOST, most=_MOST)


def check_slopes(x_shape: Shape, slopes: int, who: str) -> None:
    """Raise unless there is one slope for all channels, or one for each."""
    channels = x_shape[1] if len(x_shape) > 1 else 1
    if slopes not in (1, channels):
        raise ShapeError(
            f"{who}: there are {slopes} slopes for {channels} channels.\n"
            f"  x (N, C, ...) = {tuple(x_shape)}\n"
            f"  Use PReLU({channels}), or PReLU() with one slope for all."
        )


def _with_slopes(x: Any, weight: Any, who: str) -> tuple[Array, Array]:
    """Return x, and the weights (C,) ready to be multiplied with it: (C, 1, 1) for four axes."""
    x = real_array(x, who)
    weight = fitting(real_array(weight, who, "weight"), x.dtype, who, "weight")
    if weight.ndim != 1 or not weight.size:
        raise ShapeError(f"{who}: weight must be (C,) or (1,), got {weight.shape}")
    check_slopes(x.shape, weight.size, who)
    return x, weight.reshape(weight.size, *(1,) * max(0, x.ndim - 2))
