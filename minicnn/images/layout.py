"""The door between arrays with channels last, as people hold them, and NCHW, as networks do."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import ConfigError, DTypeError, ImageError, ShapeError, is_masked
from minicnn.shapes import Array

CHANNELS = {1: "grey", 2: "grey and alpha", 3: "RGB", 4: "RGB and alpha"}


def to_nchw(array: Any) -> Array:
    """Return one picture, or several, with the channels moved first and white at 1.

    Channels are last in `array`: that is never guessed. For what OpenCV reads, whose colours are
    blue, green, red, write ``to_nchw(array[..., ::-1])``.

    Parameters
    ----------
    array : array (H, W), (H, W, C) or (N, H, W, C)
        uint8 (divided by 255), uint16 (divided by 65535), bool, or floats, which stay as they
        are, inside [0, 1] or not. C is 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGB and
        alpha). What alpha makes transparent is laid on white, as in `load`.

    Returns
    -------
    array (N, C, H, W)
        float32, C is 1 or 3. It never shares memory with `array`.

    Raises
    ------
    DTypeError
        If the numbers are complex, masked, other integers (whose white nobody knows), ...
    ShapeError
        If it is not a picture's shape.
    ImageError
        If an alpha channel of floats leaves [0, 1].

    Examples
    --------
    >>> to_nchw(np.zeros((48, 64, 3), np.uint8)).shape
    (1, 3, 48, 64)
    >>> to_nchw(np.array([[0, 51, 255]], np.uint8))
    array([[[[0. , 0.2, 1. ]]]], dtype=float32)
    >>> to_nchw(np.zeros((3, 48, 64), np.uint8))
    Traceback (most recent call last):
    minicnn.errors.ShapeError: to_nchw: the last axis must be 1 to 4 channels, got 64.
      array  (H, W, C)  = (3, 48, 64)
      If its first axis is the channels, pass numpy.moveaxis(array, 0, -1).
    """
    array = numbers("to_nchw", array)
    white = _white(array)
    batch = _batch(array)
    with np.errstate(over="raise"):
        try:
            pixels = batch.transpose(0, 3, 1, 2).astype(np.float32, order="C")  # (N, C, H, W)
        except FloatingPointError as error:
            raise DTypeError(f"to_nchw: {array.dtype} values beyond float32's range") from error
    if pixels.shape[1] in (2, 4):
        alpha = pixels[:, -1]
        if alpha.size and not (alpha.min() >= 0 and alpha.max() <= white):
            raise ImageError(
                f"to_nchw: with {pixels.shape[1]} channels the last is alpha, in [0, 1]; "
                f"here it goes from {alpha.min():g} to {alpha.max():g}.\n"
                f"  Leave it out with array[..., :{pixels.shape[1] - 1}], or scale it."
            )
        pixels = on_white(pixels, white)
    if white != 1:
        pixels /= np.float32(white)
    return pixels


def to_hwc(x: Any, *, index: int | None = None) -> Array:
    """Return one picture of a batch with its channels last, ready for matplotlib's ``imshow``.

    Parameters
    ----------
    x : array (N, C, H, W)
        C is 1 or 3.
    index : int, optional
        Which of the N; must be given unless N is 1. Negative ones count from the end.

    Returns
    -------
    array (H, W) where C is 1, (H, W, 3) where C is 3
        With the values and dtype of `x`, as a copy.

    Raises
    ------
    ShapeError
        If `x` has another shape.
    ConfigError
        If there is no picture `index`.

    Examples
    --------
    >>> to_hwc(np.zeros((1, 3, 48, 64))).shape
    (48, 64, 3)
    >>> to_hwc(np.zeros((8, 1, 48, 64)), index=5).shape
    (48, 64)
    """
    x = numbers("to_hwc", x)
    if x.ndim != 4:
        raise ShapeError(
            f"to_hwc: x must have four axes.\n  x  (N, C, H, W)  = {x.shape}"
            + ("\n  If it is (C, H, W), pass x[numpy.newaxis]." if x.ndim == 3 else "")
        )
    count, channels = x.shape[:2]
    if channels not in (1, 3):
        raise ShapeError(
            f"to_hwc: {channels} channels are no picture, 1 or 3 are.\n"
            f"  x  (N, C, H, W)  = {x.shape}\n  Choose one channel: x[:, [0]]."
        )
    picture = x[_chosen(index, count)]
    return np.array(picture[0] if channels == 1 else picture.transpose(1, 2, 0), order="C")


def on_white(pixels: Array, white: float) -> Array:
    """Lay (..., C + 1, H, W), whose last channel is alpha, on white: (..., C, H, W).

    Exact where alpha is all or nothing: colours hidden under alpha 0 leave no trace, not even
    if they are NaN.
    """
    top = np.float32(white)
    colour, alpha = pixels[..., :-1, :, :], pixels[..., -1:, :, :] / top
    with np.errstate(invalid="ignore"):  # 0 * inf, under alpha 0
        mixed: Array = top - colour
        mixed *= alpha
        np.subtract(top, mixed, out=mixed)  # white - (white - colour) * alpha: never above white
    np.copyto(mixed, colour, where=alpha == 1)
    np.copyto(mixed, top, where=alpha == 0)
    return mixed


def numbers(function: str, array: Any) -> Array:
    """Return `array` as an ordinary array of real numbers, not copied."""
    if isinstance(array, str | bytes):
        raise DTypeError(f"{function} takes an array, got {type(array).__name__}: see images.load")
    if hasattr(array, "getbands"):
        raise DTypeError(
            f"{function} takes an array, got a Pillow image (mode {array.mode}): "
            f"pass numpy.asarray(image.convert('RGB'))"
        )
    if is_masked(array):
        raise DTypeError(f"{function}: a masked array: fill it first, array.filled(0)")
    try:
        found = np.asarray(array)
    except Exception as error:  # ragged lists, tensors elsewhere, a stranger's __array__
        raise DTypeError(f"{function}: that is no array of numbers: {error}") from error
    if found.dtype.kind not in "buif":
        raise DTypeError(f"{function}: real numbers are needed, got {_named(array, found)}")
    return found


def _named(array: Any, found: Array) -> str:
    kind = found.dtype.name if found.dtype.names is None else "a structured array"
    return kind if isinstance(array, np.ndarray) else f"{type(array).__name__} ({kind})"


def _white(array: Array) -> int:
    """Return what white is in an array of this dtype."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind in "bf":
        return 1
    if kind == "u" and size <= 2:
        return 255 if size == 1 else 65535
    raise DTypeError(
        f"to_nchw: {array.dtype.name} has no known white: "
        f"pass array.astype(numpy.uint8) if it is 255, or array / white"
    )


def _batch(array: Array) -> Array:
    """Return an array of any picture's shape as (N, H, W, C)."""
    axes = {2: "(H, W)", 3: "(H, W, C)", 4: "(N, H, W, C)"}
    if array.ndim not in axes:
        raise ShapeError(
            f"to_nchw: a picture has 2 axes, or 3 with channels, or 4 for several pictures; "
            f"got {array.ndim}.\n  array  = {array.shape}"
        )
    shown = f"  array  {axes[array.ndim]}  = {array.shape}"
    if array.ndim > 2 and array.shape[-1] not in CHANNELS:
        fix = ""
        if array.shape[-3] in CHANNELS:
            first = "first" if array.ndim == 3 else "second"
            fix = (
                f"\n  If its {first} axis is the channels, "
                f"pass numpy.moveaxis(array, {array.ndim - 3}, -1)."
            )
        raise ShapeError(
            f"to_nchw: the last axis must be 1 to 4 channels, got {array.shape[-1]}.\n{shown}{fix}"
        )
    if array.ndim == 2:
        array = array[:, :, np.newaxis]
    if array.ndim == 3:
        array = array[np.newaxis]
    if 0 in array.shape[1:3]:
        raise ShapeError(f"to_nchw: a picture needs at least one pixel.\n{shown}")
    return array


def _chosen(index: Any, count: int) -> int:
    if index is None:
        if count == 1:
            return 0
        raise ConfigError(f"to_hwc: x holds {count} pictures: choose one, index=0 to {count - 1}")
    is_integer = isinstance(index, int | np.integer) and not isinstance(index, bool)
    if not is_integer or not -count <= index < count:
        raise ConfigError(f"to_hwc: index must be an integer from 0 to {count - 1}, got {index!r}")
    return int(index)
