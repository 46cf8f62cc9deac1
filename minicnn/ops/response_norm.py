"""Local response normalisation: each value against those of its neighbouring channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops.arrays import came_back, real_array
from minicnn.shapes import Array, Shape, integer, real


def local_response_norm(
    x: Array, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """Divide each value by a power of what the channels around it have in the same place.

    ::

        y[c] = x[c] / d[c] ** beta,    d[c] = k + alpha / size * sum of x[j] ** 2

    over the `size` channels j from c - size // 2 on; those that do not exist count as 0, and the
    sum is divided by `size` nevertheless.

    Parameters
    ----------
    x : array (N, C, ...), of three axes at least
    size : int
    alpha, beta, k : float
        Mind the division by `size`, which is PyTorch's: AlexNet's paper has none, and its alpha
        of 1e-4 is 5e-4 here.

    Returns
    -------
    array of the shape of x

    References
    ----------
    Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks", 2012, section 3.3.

    Examples
    --------
    >>> x = np.array([3.0, 4.0, 0.0]).reshape(1, 3, 1, 1)
    >>> local_response_norm(x, 2, alpha=2.0, beta=0.5, k=0.0).ravel().tolist()
    [1.0, 0.8, 0.0]
    """
    x = real_array(x, "local_response_norm")
    check_response(x.shape, size, alpha, beta, k)
    with np.errstate(all="ignore"):
        y: Array = x * _divisor(x, size, alpha, k) ** -beta
    return y


def local_response_norm_backward(
    dy: Array, x: Array, size: int, *, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Array:
    """Return the gradient of the input of `local_response_norm`.

    A value counts twice: in its own place, and in the divisors of all channels around it::

        dx[j] = dy[j] / d[j] ** beta - 2 alpha beta / size * x[j] * sum of dy[c] y[c] / d[c]

    over the channels c whose neighbours j is one of.
    """
    who = "local_response_norm_backward"
    x = real_array(x, who)
    dy = came_back(dy, x.shape, None, who)
    with np.errstate(all="ignore"):
        divisor = _divisor(x, size, alpha, k)
        power = divisor**-beta
        parts = dy * x * power / divisor
        if beta > 1:  # PyTorch multiplies by divisor ** (beta - 1), and 0 times inf is no number
            parts = np.where(np.isinf(divisor), np.nan, parts)
        around = _sum_around(parts, (size - 1) // 2, size // 2)
        dx: Array = dy * power - (2 * alpha * beta / size) * x * around
    return dx


def neighbours(channel: int, channels: int, size: int) -> range:
    """Return which channels a channel is measured against, itself among them.

    Examples
    --------
    >>> neighbours(0, 6, size=5), neighbours(3, 6, size=4)
    (range(0, 3), range(1, 5))
    """
    first = channel - size // 2
    return range(max(first, 0), min(first + size, channels))


def check_response(shape: Shape, size: Any, alpha: Any, beta: Any, k: Any) -> None:
    """Raise for arguments that can never work, and for fewer than three axes."""
    integer("size", size, least=1)
    for name, value in (("alpha", alpha), ("beta", beta), ("k", k)):
        real(name, value, least=0, most=1e6)
    if len(shape) < 3:
        raise ShapeError(
            f"local_response_norm: x needs at least three axes, (N, C, ...), got shape {shape}"
        )


def _divisor(x: Array, size: int, alpha: float, k: float) -> Array:
    return k + (alpha / size) * _sum_around(np.square(x), size // 2, (size - 1) // 2)


def _sum_around(values: Array, before: int, after: int) -> Array:
    """Return for each channel the sum from so many channels before it to so many after it."""
    channels = values.shape[1]
    total = np.zeros(values.shape, values.dtype)
    for shift in range(-min(before, channels), min(after, channels) + 1):
        to = slice(max(0, -shift), channels - max(0, shift))
        of = slice(max(0, shift), channels - max(0, -shift))
        total[:, to] += values[:, of]
    return total
