"""The linear layer: every output is a weighted sum of all inputs; and flattening for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError
from minicnn.ops import blas, threads
from minicnn.ops.arrays import came_back, check_bytes, fitting, real_array
from minicnn.shapes import Array, Pair, Shape, integer

ROWS = 16
"""So many pictures are multiplied at once, always; the last block is filled up with zeros.

The last bit of a product depends on how many rows it has, and even on which of them is asked for:
BLAS cuts a product into tiles and computes them by different routines, and a single row by yet
another. A picture is to give the same bits alone and anywhere in any batch. So a block is as many
pictures as BLAS keeps side by side in registers, where each is treated as the others are (measured
with OpenBLAS 0.3.31's routines for Haswell, Sandy Bridge, Nehalem and Prescott). One block costs
about the same for one picture as for sixteen.
"""


SHARED = 1 << 24
"""With fewer multiplications, several threads cost more than they bring."""


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Return ``x @ weight.T + bias``: for each output, the sum of all inputs times its weights.

    Parameters
    ----------
    x : array (N, F), or with more axes before the last, each row of which is done by itself
    weight : array (O, F)
        One row of weights for each output.
    bias : array (O,), optional

    Returns
    -------
    array (N, O)

    Examples
    --------
    >>> linear(np.array([[1.0, 2.0, 3.0]]), np.array([[1.0, 0.0, -1.0], [1.0, 1.0, 1.0]]))
    array([[-2.,  6.]])
    """
    x, weight = _checked(x, weight, "linear")
    shape = linear_shape(x.shape, weight.shape, "linear")
    check_bytes("linear", (1, *shape), x.dtype, None)
    y = multiply_rows(x.reshape(-1, x.shape[-1]), weight)
    if bias is not None:
        bias = fitting(real_array(bias, "linear", "bias"), x.dtype, "linear", "bias")
        if bias.shape != (len(weight),):
            raise ShapeError(
                f"linear: bias must have one value for each of the {len(weight)} outputs.\n"
                f"  bias   (O,)   = {bias.shape}\n"
                f"  weight (O, F) = {weight.shape}"
            )
        y += bias
    return y.reshape(shape)


def linear_backward(dy: Array, x: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Return the gradients of the input, the weight and the bias of `linear`.

    What came back for each output, times its weights, goes to the inputs; what came back times
    the inputs goes to the weights.

    Parameters
    ----------
    dy : array (N, O)
    x : array (N, F)
    weight : array (O, F)

    Returns
    -------
    dx : array (N, F)
    dweight : array (O, F)
    dbias : array (O,)
    """
    x, weight = _checked(x, weight, "linear_backward")
    rows = _came_back(dy, x, weight, "linear_backward")
    return multiply_rows(rows, weight.T).reshape(x.shape), *_of_params(rows, x)


def linear_backward_params(dy: Array, x: Array, weight: Array) -> tuple[Array, Array]:
    """Return the gradients of the weight and the bias alone: see `linear_backward`.

    Returns
    -------
    dweight : array (O, F)
    dbias : array (O,)
    """
    x, weight = _checked(x, weight, "linear_backward_params")
    return _of_params(_came_back(dy, x, weight, "linear_backward_params"), x)


def _came_back(dy: Any, x: Array, weight: Array, who: str) -> Array:
    """Return dy as rows (R, O), refusing another shape than the output's."""
    shape = linear_shape(x.shape, weight.shape, who)
    dy = np.ascontiguousarray(came_back(dy, shape, x.dtype, who))
    rows: Array = dy.reshape(-1, len(weight))
    return rows


def _of_params(rows: Array, x: Array) -> tuple[Array, Array]:
    with blas.one_thread, np.errstate(all="ignore"):
        dweight = rows.T @ np.ascontiguousarray(x.reshape(-1, x.shape[-1]))
        return dweight, rows.sum(axis=0)


def multiply_rows(rows: Array, weight: Array) -> Array:
    """Return ``rows @ weight.T``, (R, O), the same bits for a row wherever it stands.

    Parameters
    ----------
    rows : array (R, K)
    weight : array (O, K)
    """
    (number, taps), outputs = rows.shape, len(weight)
    blocks = -(-number // ROWS)
    if number % ROWS:
        filled = np.zeros((blocks * ROWS, taps), rows.dtype)
        filled[:number] = rows
        rows = filled
    lanes = np.ascontiguousarray(rows).reshape(blocks, ROWS, taps).swapaxes(1, 2)
    if outputs == 1:  # a matrix, too: NumPy has another routine for one row
        weight = np.concatenate([weight, np.zeros_like(weight)])
    y = np.empty((blocks, ROWS, outputs), rows.dtype)

    def work(some: Iterator[int]) -> None:
        for block in some:
            y[block] = np.matmul(weight, lanes[block])[:outputs].T

    with blas.one_thread, np.errstate(all="ignore"):
        threads.share(work, range(blocks), most=None if y.size * taps > SHARED else 1)
    return y.reshape(-1, outputs)[:number]


def linear_shape(x_shape: Shape, weight_shape: Shape, who: str) -> Shape:
    """Return the shape of a linear layer's output.

    Raises
    ------
    ShapeError
        If the input's last axis does not have the features that the weights expect.
    """
    outputs, features = weight_shape
    if not x_shape or x_shape[-1] != features:
        fix = f"Use Linear({x_shape[-1] if x_shape else '...'}, {outputs})."
        flat = math.prod(x_shape[1:])
        if len(x_shape) > 2:
            fix = f"Put Flatten() in front: it makes (N, {flat})"
            fix += "." if flat == features else f", for Linear({flat}, {outputs})."
        raise ShapeError(
            f"{who}: the last axis of x must have the {features} features that the weights "
            f"expect.\n"
            f"  x      (N, F) = {tuple(x_shape)}\n"
            f"  weight (O, F) = {weight_shape}\n"
            f"  {fix}"
        )
    return *x_shape[:-1], outputs


def flatten(x: Array, start_dim: int = 1, end_dim: int = -1) -> Array:
    """Return a copy of x with some of its axes made one, by default all but the batch.

    Parameters
    ----------
    x : array (N, C, H, W), or any with two axes or more
    start_dim, end_dim : int
        The first and the last of the axes that become one. The batch's own, 0, is not among
        them: pictures are not to be mixed.

    Returns
    -------
    array (N, C * H * W)
        Channel by channel, row by row.

    Examples
    --------
    >>> flatten(np.zeros((2, 3, 4, 5))).shape
    (2, 60)
    """
    x = real_array(x, "flatten")
    y: Array = np.array(x, order="C").reshape(flat_shape(x.shape, start_dim, end_dim))
    return y


def flat_shape(x_shape: Shape, start_dim: Any, end_dim: Any) -> Shape:
    """Return the shape of a flattened array.

    Raises
    ------
    ShapeError
        If it does not have those axes.
    """
    axes = len(x_shape)
    first, last = (dim + axes if dim < 0 else dim for dim in check_dims(start_dim, end_dim))
    if not 1 <= first <= last < axes:
        raise ShapeError(
            f"flatten: axes {start_dim} to {end_dim} of an array of {axes} axes cannot be made "
            f"one.\n"
            f"  x = {tuple(x_shape)}\n"
            f"  start_dim must come before end_dim, and behind axis 0, the batch."
        )
    return *x_shape[:first], math.prod(x_shape[first : last + 1]), *x_shape[last + 1 :]


def check_dims(start_dim: Any, end_dim: Any) -> Pair:
    """Return a range of axes to be flattened, refusing one that can never be."""
    for name, dim in (("start_dim", start_dim), ("end_dim", end_dim)):
        if integer(name, dim, least=-64, most=64) == 0:
            raise ConfigError(
                f"{name} must not be 0: that is the batch, and pictures are not to be mixed"
            )
    return int(start_dim), int(end_dim)


def _checked(x: Any, weight: Any, who: str) -> tuple[Array, Array]:
    x = real_array(x, who)
    weight = real_array(weight, who, "weight")
    if weight.ndim != 2 or 0 in weight.shape:
        raise ShapeError(
            f"{who}: weight must be (O, F) = (outputs, features), each at least 1, "
            f"got {weight.shape}"
        )
    return x, fitting(weight, x.dtype, who, "weight")
