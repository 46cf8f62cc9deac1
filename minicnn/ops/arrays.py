"""What the operations take: ordinary real numbers, computed in float32 or float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.errors import DTypeError, LimitError, ShapeError, is_masked, short
from minicnn.shapes import Array, Shape, integer

LAYOUT = "(N, C, H, W)"
ADDRESSABLE = 1 << 44
"""Larger arrays, in bytes, are refused before anything asks for the memory: 16 TiB."""


def real_array(x: Any, who: str, name: str = "x") -> Array:
    """Return `x` ready for arithmetic, as float32 or float64; never a copy without need.

    Memory that is not aligned is copied: NumPy sums it in another order than the same numbers
    elsewhere.

    float64 stays float64; float32, float16, integers and bools are computed in float32 (NumPy
    would add bytes modulo 256, and float16 is slow and coarse).

    Parameters
    ----------
    x : array
        Any shape, of bools, integers or floats up to 64 bits, in any memory layout.
    who, name : str
        The operation and the argument, for the error.

    Raises
    ------
    DTypeError
        For what is not an array, and for complex, object, text, structured, masked and
        extended-precision arrays.
    """
    if not isinstance(x, np.ndarray):
        raise DTypeError(_not_an_array(x, who, name))
    if is_masked(x):
        raise DTypeError(
            f"{who}: {name} is a masked array, whose mask would be lost.\n"
            f"  Fill it first: {name}.filled(0)."
        )
    if x.dtype.kind not in "biuf" or x.dtype.itemsize > 8:
        raise DTypeError(
            f"{who}: {name} must hold real numbers of up to 64 bits, got dtype {x.dtype}.\n"
            f"  Convert it first, for example {name}.astype(np.float32)."
        )
    dtype = np.float64 if x.dtype.kind == "f" and x.dtype.itemsize == 8 else np.float32
    ready: Array = np.asarray(x).astype(dtype, copy=False)
    return ready if ready.flags.aligned else ready.copy()


def image_batch(x: Any, who: str, name: str = "x") -> Array:
    """Return `x` like `real_array`, insisting on the four axes (N, C, H, W).

    Raises
    ------
    DTypeError
        See `real_array`.
    ShapeError
        For any other number of axes; the message says which function makes four of them.
    """
    array = real_array(x, who, name)
    if array.ndim != 4:
        raise ShapeError(
            f"{who} expects four axes, {LAYOUT} = (batch, channels, height, width); "
            f"{name} has shape {array.shape}.\n  {_four_axes(array.shape, name)}"
        )
    return array


def came_back(dy: Any, shape: Shape, dtype: Any, who: str) -> Array:
    """Return the gradient of an output of this shape, for the way back.

    Parameters
    ----------
    dy : array
        What comes back.
    shape : tuple of int
        The output's.
    dtype : dtype or None
        To compute in (None: its own); what that cannot hold becomes infinite, to be seen.
    who : str
        The operation, for the error.

    Raises
    ------
    DTypeError
        See `real_array`.
    ShapeError
        If it has another shape than the output.
    """
    array = real_array(dy, who, "dy")
    if array.shape != tuple(shape):
        raise ShapeError(
            f"{who}: dy does not have the output's shape.\n"
            f"  dy      {array.shape}\n"
            f"  output  {tuple(shape)}"
        )
    with np.errstate(over="ignore"):
        return array if dtype is None else array.astype(dtype, copy=False)


def four_sizes(input_shape: Any, who: str) -> tuple[int, int, int, int]:
    """Return the shape of a picture that an operation once took, refusing what cannot be one.

    Raises
    ------
    ShapeError, ConfigError
        For what is not (N, C, H, W), each an integer of at least 0.
    """
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 4:
        raise ShapeError(f"{who}: input_shape must be {LAYOUT}, got {short(input_shape)}")
    n, c, h, w = (integer(f"input_shape[{i}]", v, least=0) for i, v in enumerate(input_shape))
    return n, c, h, w


def fitting(array: Array, dtype: Any, who: str, name: str) -> Array:
    """Return a weight C-contiguous in the dtype that the pictures are computed in.

    Raises
    ------
    DTypeError
        If it has values that the dtype cannot hold.
    """
    try:
        with np.errstate(over="raise"):
            return np.ascontiguousarray(array, dtype)
    except FloatingPointError:
        raise DTypeError(
            f"{who}: {name} has values that {dtype} cannot hold; x is computed in {dtype}.\n"
            f"  Use x.astype(np.float64)."
        ) from None


def check_bytes(what: str, shape: Shape, dtype: Any, max_bytes: int | None) -> None:
    """Raise before an array of this shape would take more than `max_bytes`, or `ADDRESSABLE`.

    Raises
    ------
    LimitError
        "64 maps of 4096 x 4096 float32 = 4.0 GiB ...".
    """
    needed = math.prod(shape) * np.dtype(dtype).itemsize
    if needed > ADDRESSABLE:
        raise LimitError(
            f"{what}: {describe(shape, dtype)}, more than any machine has.\n"
            f"  Use a smaller picture, fewer kernels, less padding."
        )
    if max_bytes is not None and needed > max_bytes:
        raise LimitError(
            f"{what}: {describe(shape, dtype)}, more than max_bytes = {size_text(max_bytes)}.\n"
            f"  Use a smaller picture, fewer kernels, a larger stride, or a larger max_bytes."
        )


def describe(shape: Shape, dtype: Any) -> str:
    """Return an array's size in words.

    Examples
    --------
    >>> describe((1, 64, 4096, 4096), np.float32)
    '64 maps of 4096 x 4096 float32 = 4.0 GiB'
    """
    maps = math.prod(shape[:-2])
    nbytes = math.prod(shape) * np.dtype(dtype).itemsize
    noun = "map" if maps == 1 else "maps"
    return f"{maps} {noun} of {shape[-2]} x {shape[-1]} {np.dtype(dtype)} = {size_text(nbytes)}"


def size_text(nbytes: float) -> str:
    """Return a number of bytes as people read it.

    Examples
    --------
    >>> size_text(512), size_text(3 * 2**20)
    ('512 B', '3.0 MiB')
    """
    for unit in ("B", "KiB", "MiB"):
        if nbytes < 1024:
            return f"{nbytes:.0f} B" if unit == "B" else f"{nbytes:.1f} {unit}"
        nbytes /= 1024
    return f"{nbytes:.1f} GiB"


def _not_an_array(x: Any, who: str, name: str) -> str:
    is_path = isinstance(x, str) or hasattr(x, "__fspath__")
    fix = "To read a picture: images.load(path)." if is_path else "To make one: np.asarray(...)."
    return f"{who}: {name} must be a NumPy array, got {type(x).__name__} {short(x)}.\n  {fix}"


def _four_axes(shape: Shape, name: str) -> str:
    if len(shape) == 3 and shape[-1] in (1, 3, 4) and shape[0] not in (1, 3, 4):
        return f"Its last axis is {shape[-1]}, as in (height, width, channels): use images.to_nchw."
    if len(shape) == 3:
        return f"One picture of {shape[0]} channels? Use {name}[None]."
    if len(shape) == 2:
        return f"One grey picture? Use {name}[None, None]."
    return f"Reshape it to {LAYOUT}."
