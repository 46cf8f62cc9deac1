"""How far a convolution's value may lie from the exact sum, by the algorithm that computed it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.layers import Conv2D
from minicnn.shapes import Array


def sum_bound(values: Array, weights: Array, bias: float | None, dtype: Any) -> float:
    """Return the bound for a sum of K products, in any order: (K + 2) * eps * sum|x||w|.

    Below the smallest normal number, rounding is no longer relative: it may add that number for
    each operation. Where the sum of magnitudes leaves the dtype's range, so may any partial sum,
    and nothing can be promised: infinity.

    Parameters
    ----------
    values, weights : arrays of one shape
    bias : float or None
    dtype : dtype
        What the network computes in: its eps is 2^-23 for float32.

    References
    ----------
    Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, section 3.1.
    """
    with np.errstate(all="ignore"):
        magnitude = float(np.abs(values * weights).sum()) + abs(bias or 0.0)
    return _bound(values.size + 2, magnitude, values.size, dtype)


def conv_bound(layer: Conv2D, x: Array, filter_: int, direct: float) -> float:
    """Return the bound of one output value of a convolution, by the algorithm that computed it.

    Parameters
    ----------
    layer : Conv2D
    x : array (C, H, W)
        The layer's input, one picture.
    filter_ : int
    direct : float
        The bound of an algorithm that adds up the products, whatever the order.
    """
    return direct


def _bound(roundings: float, magnitude: float, terms: int, dtype: Any) -> float:
    limits = np.finfo(dtype)
    if not magnitude < float(limits.max):
        return math.inf
    return roundings * float(limits.eps) * magnitude + (terms + 2) * float(limits.tiny)
