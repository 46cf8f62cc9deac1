"""Normalisation: each value as its distance from a mean, in standard deviations.

::

    y = (x - mean) / sqrt(var + eps) * weight + bias

Batch, group and layer norm are this one formula. They differ in which values share a mean and a
variance: those of one channel in all pictures of the batch, those of some channels of one
picture, or all of one picture. Weight and bias, one number for each channel (for layer norm: for
each place), are learnt, so that nothing is lost that the network needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.ops.arrays import came_back, fitting, image_batch, real_array
from minicnn.ops.moments import moments, standardized, standardized_backward
from minicnn.ops.norm_check import check_eps, check_groups, laid, last_axes
from minicnn.shapes import Array

EPS = 1e-5
"""What is added to a variance, unless something else is said; PyTorch's value."""

BATCH = (0, 2, 3)
"""The axes along which one channel of a batch (N, C, H, W) extends."""

Three = tuple[Array, Array, Array]
"""The gradients of x, of the weight and of the bias."""


def batch_norm(
    x: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    eps: float = EPS,
) -> Array:
    """Return (x - mean) / sqrt(var + eps) * weight + bias, channel by channel.

    Parameters
    ----------
    x : array (N, C, H, W)
    mean, var : arrays (C,)
        Those of the batch, see `batch_moments`, or what was found while learning.
    weight, bias : arrays (C,), optional
    eps : float

    Returns
    -------
    array (N, C, H, W)

    References
    ----------
    Ioffe and Szegedy, "Batch Normalization", 2015.

    Examples
    --------
    >>> x = np.array([[[[1.0, 3.0]]], [[[5.0, 7.0]]]])          # two pictures of one channel
    >>> mean, var = batch_moments(x)
    >>> mean, var
    (array([4.]), array([5.]))
    >>> batch_norm(x, mean, var).ravel().round(2).tolist()
    [-1.34, -0.45, 0.45, 1.34]
    """
    who = "batch_norm"
    x, eps = image_batch(x, who), check_eps(eps)
    mean, var = laid(mean, x, (1,), who, "mean"), laid(var, x, (1,), who, "var")
    z = standardized(x, mean, var, eps)
    return _affine(z, weight, bias, (1,), who)


def batch_moments(x: Array) -> tuple[Array, Array]:
    """Return each channel's mean and variance (C,) over a whole batch (N, C, H, W), in float64."""
    mean, var = moments(image_batch(x, "batch_moments"), BATCH)
    return mean.ravel(), var.ravel()


def batch_norm_backward(
    dy: Array,
    x: Array,
    mean: Array,
    var: Array,
    weight: Array | None = None,
    *,
    eps: float = EPS,
    of_batch: bool = False,
) -> Three:
    """Return the gradients of `batch_norm`: of x, of the weight and of the bias.

    Parameters
    ----------
    dy, x : arrays (N, C, H, W)
    mean, var, weight, eps
        As given to `batch_norm`.
    of_batch : bool
        Whether mean and variance are those of `x` itself, and so move with it. Given numbers
        only scale what comes back.
    """
    who = "batch_norm_backward"
    x, dy = image_batch(x, who), came_back(dy, x.shape, None, who)
    mean, var = laid(mean, x, (1,), who, "mean"), laid(var, x, (1,), who, "var")
    z = standardized(x, mean, var, eps)
    dz = _affine(dy.copy(), weight, None, (1,), who)
    if of_batch:
        dx = standardized_backward(dz, z, var, BATCH, eps)
    else:
        dx = standardized(dz, np.zeros_like(mean), var, eps)
    return dx, *_affine_backward(dy, z, (1,))


def group_norm(
    x: Array,
    groups: int,
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    eps: float = EPS,
) -> Array:
    """Normalise each picture by itself, and of it some channels at a time.

    Parameters
    ----------
    x : array (N, C, ...)
    groups : int
        The channels are dealt into so many groups, each with a mean and a variance of its own.
    weight, bias : arrays (C,), optional
    eps : float

    Returns
    -------
    array of the shape of x

    References
    ----------
    Wu and He, "Group Normalization", 2018.
    """
    who = "group_norm"
    x, eps = real_array(x, who), check_eps(eps)
    rows = x.reshape(check_groups(x.shape, groups, who))  # (N, groups, values of a group)
    z = standardized(rows, *moments(rows, (2,)), eps).reshape(x.shape)
    return _affine(z, weight, bias, (1,), who)


def group_norm_backward(
    dy: Array, x: Array, groups: int, weight: Array | None = None, *, eps: float = EPS
) -> Three:
    """Return the gradients of `group_norm`: of x, of the weight and of the bias."""
    who = "group_norm_backward"
    x, dy = real_array(x, who), came_back(dy, x.shape, None, who)
    rows = x.reshape(check_groups(x.shape, groups, who))  # (N, groups, values of a group)
    mean, var = moments(rows, (2,))
    z = standardized(rows, mean, var, eps)
    dz = _affine(dy.copy(), weight, None, (1,), who).reshape(rows.shape)
    dx = standardized_backward(dz, z, var, (2,), eps).reshape(x.shape)
    return dx, *_affine_backward(dy, z.reshape(x.shape), (1,))


def layer_norm(
    x: Array,
    shape: Sequence[int],
    weight: Array | None = None,
    bias: Array | None = None,
    *,
    eps: float = EPS,
) -> Array:
    """Normalise along the last axes: each picture by itself, say.

    Parameters
    ----------
    x : array (..., *shape)
    shape : sequence of int
        (C, H, W) for whole pictures; (F,) for what a linear layer gives.
    weight, bias : arrays of this shape, optional
    eps : float

    Returns
    -------
    array of the shape of x

    References
    ----------
    Ba, Kiros and Hinton, "Layer Normalization", 2016.
    """
    who = "layer_norm"
    x, eps = real_array(x, who), check_eps(eps)
    axes = last_axes(x.shape, shape, who)
    return _affine(standardized(x, *moments(x, axes), eps), weight, bias, axes, who)


def layer_norm_backward(
    dy: Array, x: Array, shape: Sequence[int], weight: Array | None = None, *, eps: float = EPS
) -> Three:
    """Return the gradients of `layer_norm`: of x, of the weight and of the bias."""
    who = "layer_norm_backward"
    x, dy = real_array(x, who), came_back(dy, x.shape, None, who)
    axes = last_axes(x.shape, shape, who)
    mean, var = moments(x, axes)
    z = standardized(x, mean, var, eps)
    dz = _affine(dy.copy(), weight, None, axes, who)
    dx = standardized_backward(dz, z, var, axes, eps)
    return dx, *_affine_backward(dy, z, axes)


def _affine(z: Array, weight: Any, bias: Any, axes: tuple[int, ...], who: str) -> Array:
    """Return z * weight + bias, written over z; they have numbers along some axes of it."""
    with np.errstate(all="ignore"):
        if weight is not None:
            z *= fitting(laid(weight, z, axes, who, "weight"), z.dtype, who, "weight")
        if bias is not None:
            z += fitting(laid(bias, z, axes, who, "bias"), z.dtype, who, "bias")
    return z


def _affine_backward(dy: Array, z: Array, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the gradients of weight and bias, summed along all axes but theirs."""
    others = tuple(axis for axis in range(z.ndim) if axis not in axes)
    with np.errstate(all="ignore"):
        dweight, dbias = (np.ascontiguousarray(a).sum(axis=others) for a in (dy * z, dy))
    return dweight, dbias
