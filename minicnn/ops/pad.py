"""Padding: four ways to continue a picture beyond its border, and their adjoint.

::

    zeros        0 0 | 1 2 3 4 | 0 0      (or any constant)
    reflect      3 2 | 1 2 3 4 | 3 2      the edge is the mirror: not repeated
    replicate    1 1 | 1 2 3 4 | 4 4
    circular     3 4 | 1 2 3 4 | 1 2
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError, one_of, short
from minicnn.ops.arrays import check_bytes, image_batch
from minicnn.shapes import Array, Pair, Sides, sides

_NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
MODES = tuple(_NUMPY_MODES)
_MOST = float(np.finfo(np.float32).max)


def pad2d(x: Array, padding: Any, *, mode: str = "zeros", value: float = 0.0) -> Array:
    """Return `x` with rows and columns added around it.

    Parameters
    ----------
    x : array (N, C, H, W)
    padding : int, (rows, columns), ((top, bottom), (left, right)) or four ints
        In pixels; see `minicnn.shapes.sides`.
    mode : {'zeros', 'reflect', 'replicate', 'circular'}
        Where the new values come from; the module draws them.
    value : float
        The constant, for mode 'zeros'.

    Returns
    -------
    array (N, C, top + H + bottom, left + W + right)
        Always a new array.

    Raises
    ------
    ShapeError
        If a reflection would need more rows or columns than there are.
    ConfigError, DTypeError
        For arguments that can never work.

    Examples
    --------
    >>> row = np.array([[[[1.0, 2.0, 3.0, 4.0]]]])
    >>> pad2d(row, (0, 2), mode="reflect")
    array([[[[3., 2., 1., 2., 3., 4., 3., 2.]]]])
    """
    x = image_batch(x, "pad2d")
    around = sides("padding", padding)
    check_mode(mode, value)
    check_room(x.shape[2:], around, mode)
    (top, bottom), (left, right) = around
    batch, channels, height, width = x.shape

    shape = (batch, channels, top + height + bottom, left + width + right)
    check_bytes("pad2d", shape, x.dtype, None)
    y = np.empty(shape, x.dtype)
    body = slice(top, top + height)
    y[:, :, body, left : left + width] = x
    if mode == "zeros":
        y[:, :, :top] = y[:, :, top + height :] = value
        y[:, :, body, :left] = y[:, :, body, left + width :] = value
        return y
    columns = source_index(width, (left, right), mode)
    rows = source_index(height, (top, bottom), mode)
    y[:, :, body, :left] = x[:, :, :, columns[:left]]
    y[:, :, body, left + width :] = x[:, :, :, columns[left + width :]]
    y[:, :, :top] = y[:, :, top + rows[:top]]  # whole rows: the corners come along
    y[:, :, top + height :] = y[:, :, top + rows[top + height :]]
    return y


def pad2d_backward(dy: Array, padding: Any, *, mode: str = "zeros") -> Array:
    """Return the gradient of the input of `pad2d`: its adjoint.

    A border of zeros is cut off. A border that repeats the picture folds back: what came for a
    reflected pixel is added to the pixel that it reflects.

    Parameters
    ----------
    dy : array (N, C, top + H + bottom, left + W + right)
    padding, mode
        As given to `pad2d`.

    Returns
    -------
    array (N, C, H, W)
    """
    dy = image_batch(dy, "pad2d_backward", "dy")
    (top, bottom), (left, right) = around = sides("padding", padding)
    height, width = dy.shape[2] - top - bottom, dy.shape[3] - left - right
    if height < 0 or width < 0:
        raise ShapeError(
            f"pad2d_backward: dy {dy.shape} is smaller than its padding {around}.\n"
            f"  dy must have the shape that pad2d returned."
        )
    check_mode(mode)
    check_room((height, width), around, mode)
    if mode == "zeros":
        return dy[:, :, top : top + height, left : left + width].copy()
    folded = _fold(dy, source_index(height, (top, bottom), mode), top, height)
    turned = _fold(folded.swapaxes(2, 3), source_index(width, (left, right), mode), left, width)
    return np.ascontiguousarray(turned.swapaxes(2, 3))


def source_index(size: int, around: Pair, mode: str) -> Array:
    """Return, for each padded position along one axis, the position it is copied from.

    Parameters
    ----------
    size : int
        Pixels along the axis, without padding.
    around : (before, after)
    mode : str
        For 'zeros', a position that is copied from nowhere is -1.

    Examples
    --------
    >>> source_index(4, (2, 1), "reflect").tolist()
    [2, 1, 0, 1, 2, 3, 2]
    >>> source_index(4, (1, 1), "zeros").tolist()
    [-1, 0, 1, 2, 3, -1]
    """
    positions = np.arange(size)
    if mode == "zeros":
        return np.pad(positions, around, constant_values=-1)
    return np.pad(positions, around, mode=_NUMPY_MODES[mode])  # type: ignore[call-overload,no-any-return]


def check_mode(mode: Any, value: Any = 0.0) -> None:
    """Raise unless `mode` is one of `MODES` and `value` a number that goes with it."""
    one_of("mode", mode, MODES)
    is_real = isinstance(value, int | float | np.integer | np.floating)
    if isinstance(value, bool) or not is_real or np.inf > abs(value) > _MOST:
        raise ConfigError(f"value must be a number that float32 can hold, got {short(value)}")
    if mode != "zeros" and value != 0:
        raise ConfigError(
            f"value={short(value)} goes with mode='zeros'; mode={mode!r} takes its values "
            f"from the picture"
        )


def check_room(size: tuple[int, ...], around: Sides, mode: str) -> None:
    """Raise if the picture is too small to be continued that far in this mode."""
    for axis, pixels, (before, after) in zip(("rows", "columns"), size, around, strict=True):
        wanted = max(before, after)
        room = {"zeros": wanted, "reflect": pixels - 1, "circular": pixels}.get(mode, wanted)
        if mode == "replicate" and pixels == 0 and wanted:
            room = 0
        if wanted > max(room, 0):
            raise ShapeError(
                f"mode={mode!r} can add at most {max(room, 0)} {axis} to a picture of {pixels}, "
                f"got {wanted}.\n  Pad less, or use mode='zeros'."
            )


def _fold(dy: Array, source: Array, before: int, size: int) -> Array:
    """Add each padded row of (N, C, rows, columns) to the row it was copied from."""
    dx = dy[:, :, before : before + size].copy()
    with np.errstate(all="ignore"):
        for row, origin in enumerate(source):
            if not before <= row < before + size:
                dx[:, :, origin] += dy[:, :, row]
    return dx
