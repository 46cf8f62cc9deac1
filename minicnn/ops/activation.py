"""Activations: functions of one number, applied everywhere."""

from __future__ import annotations

import numpy as np

from minicnn.ops.arrays import real_array
from minicnn.shapes import Array


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
    return np.maximum(real_array(x, "relu"), 0)  # np.where and fmax would swallow a NaN


def relu_backward(dy: Array, x: Array) -> Array:
    """Return the gradient of the input of `relu`: `dy` where x > 0, else 0.

    Parameters
    ----------
    dy, x : arrays of one shape
        At exactly 0, where the slope is not defined, it is taken to be 0.
    """
    return real_array(dy, "relu_backward", "dy") * (real_array(x, "relu_backward") > 0)
