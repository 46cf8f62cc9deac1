"""How far a convolution's value may lie from the exact sum, by the algorithm that computed it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.layers import Conv2D
from minicnn.ops import conv_fft, conv_winograd
from minicnn.ops.choose import choose_algorithm
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

    Algorithms that transform tiles round by the largest numbers of the picture, not by those
    under the kernel: |y - exact| <= b * eps * sum over c of max|x[c]| * sum|weight[o, c]|, with
    the algorithm's own b.

    Parameters
    ----------
    layer : Conv2D
    x : array (C, H, W)
        The layer's input, one picture.
    filter_ : int
    direct : float
        The bound of an algorithm that adds up the products, in whatever order.
    """
    roundings = _roundings(layer, x)
    if not roundings:
        return direct
    weight = layer.weight[filter_].astype(np.float64)
    first = filter_ // (layer.out_channels // layer.groups) * len(weight)
    seen = np.abs(x[first : first + len(weight)]).max(axis=(1, 2), initial=0).astype(np.float64)
    with np.errstate(all="ignore"):
        magnitude = float(seen @ np.abs(weight).sum(axis=(1, 2)))
    bias = 0.0 if layer.bias is None else abs(float(layer.bias[filter_]))
    return max(direct, _bound(roundings, magnitude + bias, x.size, x.dtype))


def product_bounds(magnitudes: Array, terms: int, dtype: Any) -> Array:
    """Return `sum_bound` for many sums of so many products, from their magnitudes sum|x||w|."""
    return _bounds(terms + 2, magnitudes, terms, dtype)


def conv_bounds(layer: Conv2D, x: Array, magnitudes: Array) -> Array:
    """Return `conv_bound` of every output value of a convolution.

    Parameters
    ----------
    layer : Conv2D
    x : array (C, H, W)
        The layer's input, one picture.
    magnitudes : array (O, OH * OW)
        sum|x||w| + |b| of each value.
    """
    direct = product_bounds(magnitudes, math.prod(layer.weight.shape[1:]), x.dtype)
    each = [conv_bound(layer, x, filter_, 0.0) for filter_ in range(layer.out_channels)]
    bounds: Array = np.maximum(direct, np.array(each)[:, None])
    return bounds


def _roundings(layer: Conv2D, x: Array) -> float:
    """Return the b of the algorithm that a layer takes for a picture (C, H, W); 0: it just adds."""
    window, weight_shape = layer.window(x.shape[1], x.shape[2]), layer.weight.shape
    name = layer.algorithm
    if name == "auto":
        geometry = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
        name = choose_algorithm(
            (1, *x.shape), weight_shape, **geometry, groups=layer.groups, dtype=x.dtype
        ).name
    if name == "winograd":
        return conv_winograd.error_bound(weight_shape)
    if name == "fft":
        size = window.output_size(x.shape[1], x.shape[2])
        tiles = conv_fft.tiles_for(window, size, weight_shape[1], x.itemsize)
        return conv_fft.error_bound(weight_shape, tiles)
    return 0.0


def _bound(roundings: float, magnitude: float, terms: int, dtype: Any) -> float:
    return float(_bounds(roundings, np.array(magnitude), terms, dtype))


def _bounds(roundings: float, magnitudes: Array, terms: int, dtype: Any) -> Array:
    limits = np.finfo(dtype)
    with np.errstate(all="ignore"):
        bounds = roundings * float(limits.eps) * magnitudes + (terms + 2) * float(limits.tiny)
    return np.where(magnitudes < float(limits.max), bounds, math.inf)
