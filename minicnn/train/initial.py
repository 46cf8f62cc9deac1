"""First weights: as large as keeps a signal's size from layer to layer.

A value of a feature map is a sum of `fan_in` products. If the weights' variance is 1 / fan_in,
the sums vary as much as the inputs did; ReLU throws half of it away, hence 2 / fan_in (He). On
the way back `fan_out` products are summed: 2 / (fan_in + fan_out) is between the two (Xavier).
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

from minicnn.errors import ConfigError, ShapeError, one_of, short
from minicnn.layers import Layer
from minicnn.layers.base import generator
from minicnn.shapes import Array, Shape

L = TypeVar("L", bound=Layer)


def he(shape: Shape, *, rng: Any = None, distribution: str = "normal") -> Array:
    """Return random weights of variance 2 / fan_in, for layers that a ReLU follows.

    Parameters
    ----------
    shape : (O, C, KH, KW) or (O, C)
        Of a convolution's or a linear layer's weight: fan_in is C KH KW.
    rng : None, int or numpy.random.Generator
    distribution : 'normal' or 'uniform'

    Returns
    -------
    array of that shape
        float32.

    References
    ----------
    He et al., "Delving Deep into Rectifiers", 2015.

    Examples
    --------
    >>> weight = he((64, 32, 3, 3), rng=0)
    >>> round(float(weight.std() ** 2 * 32 * 3 * 3), 1)
    2.0
    """
    fan_in, _ = fans(shape)
    return _draw(shape, 2 / fan_in, rng, distribution)


def xavier(shape: Shape, *, rng: Any = None, distribution: str = "normal") -> Array:
    """Return random weights of variance 2 / (fan_in + fan_out), for tanh, sigmoid or nothing.

    Parameters
    ----------
    shape, rng, distribution
        See `he`; fan_out is O KH KW.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", 2010.

    Examples
    --------
    >>> weight = xavier((64, 32), rng=0, distribution="uniform")
    >>> bool(abs(weight).max() <= (6 / (64 + 32)) ** 0.5)
    True
    """
    fan_in, fan_out = fans(shape)
    return _draw(shape, 2 / (fan_in + fan_out), rng, distribution)


def initialise(model: L, how: str = "he", *, rng: Any = None, distribution: str = "normal") -> L:
    """Return the model with new first weights: a new model, the old one is untouched.

    Every array of two axes or more whose name ends in "weight" is drawn anew, in the model's
    order; a "bias" beside it becomes 0. All others (batch norm's, say) are kept.

    Parameters
    ----------
    model : Layer
    how : 'he' or 'xavier'
    rng, distribution
        See `he`.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sequential
    >>> model = initialise(Sequential(Conv2D(1, 2, 3), ReLU()), rng=0)
    >>> model.params["0.bias"]
    array([0., 0.], dtype=float32)
    """
    if not isinstance(model, Layer):
        raise ConfigError(f"initialise takes a model, got {short(model)}")
    draw = {"he": he, "xavier": xavier}[one_of("how", how, ("he", "xavier"))]
    rng = generator(rng)
    params, new = model.params, {}
    for name, array in params.items():
        bias = name.removesuffix("weight") + "bias"
        # A norm's weight looks like its bias; a filter's bias is one number a filter.
        is_norm = bias in params and params[bias].shape == array.shape
        if name.split(".")[-1] == "weight" and array.ndim >= 2 and not is_norm:
            new[name] = draw(array.shape, rng=rng, distribution=distribution)
            if bias in params:
                new[bias] = np.zeros_like(params[bias])
    return model.with_params(new)


def fans(shape: Shape) -> tuple[int, int]:
    """Return (fan_in, fan_out): how many products make up a value, forward and back.

    Examples
    --------
    >>> fans((8, 3, 5, 5)), fans((10, 84))
    ((75, 200), (84, 10))
    """
    sizes = tuple(shape) if isinstance(shape, tuple | list) else ()
    if len(sizes) < 2 or not all(isinstance(n, int | np.integer) and n > 0 for n in sizes):
        raise ShapeError(f"weights are (O, C, KH, KW) or (O, C), each at least 1, got {shape!r}")
    field = math.prod(sizes[2:])
    return int(sizes[1]) * field, int(sizes[0]) * field


def _draw(shape: Shape, variance: float, rng: Any, distribution: str) -> Array:
    one_of("distribution", distribution, ("normal", "uniform"))
    rng = generator(rng)
    if distribution == "normal":
        drawn = rng.normal(0, math.sqrt(variance), shape)
    else:
        limit = math.sqrt(3 * variance)  # the variance of a uniform number within it
        drawn = rng.uniform(-limit, limit, shape)
    return np.asarray(drawn, np.float32)
