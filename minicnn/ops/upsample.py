"""Upsampling: every pixel repeated, as a block; and its adjoint, the sum over each block."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.ops.arrays import check_bytes, image_batch
from minicnn.shapes import Array, pair


def upsample2d(x: Array, scale_factor: Any) -> Array:
    """Return x with every pixel repeated: its nearest neighbour, enlarged by whole numbers.

    Parameters
    ----------
    x : array (N, C, H, W)
    scale_factor : int or (rows, columns)

    Returns
    -------
    array (N, C, H * rows, W * columns)

    Examples
    --------
    >>> upsample2d(np.array([[[[1.0, 2.0]]]]), 2)[0, 0]
    array([[1., 1., 2., 2.],
           [1., 1., 2., 2.]])
    """
    x = image_batch(x, "upsample2d")
    (down, across), (batch, channels, height, width) = _factors(scale_factor), x.shape
    blocks = (batch, channels, height, down, width, across)
    check_bytes("upsample2d", (*blocks[:2], height * down, width * across), x.dtype, None)
    y = np.empty(blocks, x.dtype)
    y[...] = x[:, :, :, None, :, None]
    return y.reshape(batch, channels, height * down, width * across)


def upsample2d_backward(dy: Array, scale_factor: Any) -> Array:
    """Return the gradient of the input of `upsample2d`: what came back to each block, added up.

    Parameters
    ----------
    dy : array (N, C, H * rows, W * columns)
    scale_factor : int or (rows, columns)

    Returns
    -------
    array (N, C, H, W)
    """
    dy = image_batch(dy, "upsample2d_backward", "dy")
    down, across = _factors(scale_factor)
    if dy.shape[2] % down or dy.shape[3] % across:
        raise ShapeError(
            f"upsample2d_backward: dy {dy.shape} is not made of blocks of {down} x {across}"
        )
    with np.errstate(all="ignore"):
        rows = sum((dy[:, :, i::down] for i in range(1, down)), dy[:, :, ::down])
        dx: Array = sum((rows[..., j::across] for j in range(1, across)), rows[..., ::across])
    return np.array(dx, order="C")


def _factors(scale_factor: Any) -> tuple[int, int]:
    return pair("scale_factor", scale_factor, least=1)
