"""Bringing a picture to another size, without stretching it."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.images.drawn import size_of
from minicnn.images.layout import numbers
from minicnn.shapes import Array, Pair


def resize(x: Any, size: int | Pair) -> Array:
    """Return pictures of another size: the largest middle part of that shape, made to fit.

    Nothing is stretched; what is beyond the shape asked for is cut off evenly on both sides.
    Where a picture gets smaller, each new pixel is an average of all that it stands for, with
    weights that fall off in straight lines (a triangle filter), so fine patterns do not turn
    into coarse ones.

    Parameters
    ----------
    x : array (N, C, H, W)
    size : int or (rows, columns)

    Returns
    -------
    array (N, C, rows, columns)
        float32, within the range of `x`.

    Raises
    ------
    ShapeError, DTypeError, ConfigError, LimitError
        For what is no batch of pictures, and for a size that is none.

    Examples
    --------
    >>> from minicnn import images
    >>> resize(images.disc((40, 90)), 20).shape
    (1, 1, 20, 20)
    """
    from PIL import Image

    pictures = numbers("resize", x).astype(np.float32)
    if pictures.ndim != 4:
        raise ShapeError(
            f"resize: x must be (N, C, H, W), got {pictures.shape}.\n"
            f"  Height, width, channels? Use images.to_nchw first."
        )
    rows, columns = size_of(size)
    n, c, h, w = pictures.shape
    y = np.empty((n, c, rows, columns), np.float32)
    if y.size == 0 or pictures.size == 0:
        return np.zeros_like(y)
    part_h, part_w = min(h, w * rows / columns), min(w, h * columns / rows)
    top, left = (h - part_h) / 2, (w - part_w) / 2
    box = (left, top, left + part_w, top + part_h)
    for i, j in np.ndindex(n, c):
        plane = Image.fromarray(np.ascontiguousarray(pictures[i, j]))
        y[i, j] = np.asarray(plane.resize((columns, rows), Image.Resampling.BILINEAR, box))
    return y
