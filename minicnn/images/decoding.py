"""From a picture file's bytes to numbers. Pillow is imported here and in `encoding`.

The order matters: name the format, look at the size, only then decode; then turn upright, take
the mode apart (`planes`), and lay what is transparent on white.
"""

from __future__ import annotations

import io
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from minicnn.errors import ImageError
from minicnn.images.layout import on_white
from minicnn.images.words import one_line
from minicnn.shapes import Array

FORMATS = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "JPEG2000", "AVIF")
"""What is tried: no format that runs code (EPS) or takes anything for itself (TGA)."""

SIGNATURES = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"BM": "BMP",
    b"\0\0\0\x0cjP": "JPEG 2000",
}

HINTS = {
    b"<svg": "it is a drawing, so export it as PNG first",
    b"<!doctype html": "it is a web page, so use the address of the picture itself",
    b"<html": "it is a web page, so use the address of the picture itself",
    b"\x93numpy": "it is an array, so use images.to_nchw(numpy.load(path))",
    b"%pdf": "it is a document, so export the page as PNG first",
}

GREY = ("1", "L", "I", "F", "LA", "La")
COLOUR = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
"""Pillow's names for how pixels are stored; see `planes`."""

LUMA = np.array([299, 587, 114], np.float32)
"""Thousandths of red, green and blue in grey: ITU-R BT.601."""


def decode(data: bytes, name: str, *, channels: int | None, frame: int, max_pixels: int) -> Array:
    """Return the picture in `data` as (1, C, H, W) float32 in [0, 1]; see `images.load`.

    Raises
    ------
    ImageError
        For anything at all that is wrong with it.
    """
    kind = _kind(data) or "picture"
    try:
        with _quiet(), _open(data, name) as picture:
            _check_size(picture, name, max_pixels)
            _go_to(picture, frame, data, name)
            _check_size(picture, name, max_pixels)  # a page may be larger than the first
            if picture.format == "PNG":
                Image.open(io.BytesIO(data), formats=["PNG"]).verify()  # load checks no CRC
            picture.load()
            pixels, white = planes(_upright(picture), name)
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{name} has more pixels than Pillow itself allows: "
            f"PIL.Image.MAX_IMAGE_PIXELS sets how many that is"
        ) from error
    except Exception as error:
        raise ImageError(f"{name} is a broken or cut-off {kind} file: {one_line(error)}") from error
    return _finish(pixels, white, channels)


def planes(picture: Any, name: str) -> tuple[Array, int]:
    """Return a picture's channels and the value that white has in them.

    Parameters
    ----------
    picture : PIL.Image.Image
        Of any mode.
    name : str
        Its name, for errors.

    Returns
    -------
    array (C, H, W)
        float32, C is 1 or 3, with transparency laid on white.
    white : int
        1, 255 or 65535.

    Notes
    -----
    ==================  =================================================  =======
    mode                what becomes of it                                 white
    ==================  =================================================  =======
    1, L, I;16, I       one channel; one grey may mean "transparent"       1, 255, 65535
    F                   one channel                                        1
    LA, La              grey on white                                      255
    RGB                 three channels                                     255
    P, PA, RGBA, RGBa   the palette's colours, on white                    255
    CMYK, YCbCr, RGBX   three channels                                     255
    ==================  =================================================  =======
    """
    mode = picture.mode
    if mode not in GREY + COLOUR and not mode.startswith("I;16"):
        raise ImageError(f"{name} is stored as {mode}, which is not read here: save it as RGB")
    if mode in ("1", "L", "I", "F") or mode.startswith("I;16"):
        return _grey(picture, mode, name)
    if mode in ("LA", "La"):
        wanted = "LA"
    elif mode in ("PA", "RGBA", "RGBa") or picture.has_transparency_data:
        wanted = "RGBA"
    else:
        wanted = "RGB"
    array = np.asarray(picture.convert(wanted))
    channels = array.transpose(2, 0, 1).astype(np.float32, order="C")
    return (channels if wanted == "RGB" else on_white(channels, 255)), 255


def _grey(picture: Any, mode: str, name: str) -> tuple[Array, int]:
    """Return the one channel of a grey picture, and its white."""
    numbers = np.asarray(picture)
    white = {"1": 1, "L": 255, "F": 1}.get(mode, 65535)
    if mode in ("I", "F"):
        _check_range(numbers, white, name)
    grey = numbers.astype(np.float32)
    key = picture.info.get("transparency")
    if isinstance(key, int):  # this grey is not painted
        grey[numbers == (bool(key) if mode == "1" else key)] = white
    return grey[np.newaxis], white


def _check_range(numbers: Array, white: int, name: str) -> None:
    """Refuse 32-bit numbers whose white nobody knows."""
    low, high = numbers.min(), numbers.max()
    if not (low >= 0 and high <= white):  # also for NaN
        what = "32-bit floats" if white == 1 else "32-bit integers"
        raise ImageError(
            f"{name} holds {what} from {low:g} to {high:g}, and only 0 to {white} has a known "
            f"black and white: scale the array yourself, then images.to_nchw(array)"
        )


def _finish(pixels: Array, white: int, channels: int | None) -> Array:
    """Return (1, C, H, W) in [0, 1] with the channels asked for; one rounding per number.

    `pixels` are whole numbers up to 255 where nothing was transparent, and so are their luma in
    thousandths: grey stored as colour comes out as the same grey, to the last bit.
    """
    if channels == 1 and len(pixels) == 3:
        red, green, blue = pixels
        pixels = (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue)[np.newaxis]
        white *= 1000
    pixels /= np.float32(white)
    if channels == 3 and len(pixels) == 1:
        pixels = np.repeat(pixels, 3, axis=0)
    return pixels[np.newaxis]


def _open(data: bytes, name: str) -> Any:
    """Return Pillow's picture, its header read and nothing decoded."""
    Image.init()
    formats = [known for known in FORMATS if known in Image.OPEN]
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise ImageError(_not_a_picture(data, name)) from error


def _kind(data: bytes) -> str | None:
    """Return the format that the first bytes promise."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "AVIF"
    return next((kind for mark, kind in SIGNATURES.items() if data.startswith(mark)), None)


def _not_a_picture(data: bytes, name: str) -> str:
    """Say what the bytes look like instead."""
    kind = _kind(data)
    if kind == "AVIF" and kind not in Image.OPEN:
        return f"{name} is an AVIF file, which needs Pillow 11.3 or later"
    if kind:
        return f"{name} is a broken or cut-off {kind} file: its header cannot be read"
    lead = data[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    if lead.startswith(b"<?xml") and b"<svg" in lead:
        lead = lead[lead.index(b"<svg") :]
    hint = next((hint for mark, hint in HINTS.items() if lead.lower().startswith(mark)), "")
    if lead[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        hint = "it is HEIC, so convert it to JPEG or PNG first"
    start = lead[:16]
    printable = all(32 <= byte < 127 for byte in start)
    shown = repr(start.decode("ascii") if printable else data[:8])
    return (
        f"{name} is not a PNG, JPEG, GIF, TIFF, WebP, BMP, PPM, JPEG 2000 or AVIF picture "
        f"(it starts with {shown})" + (f": {hint}" if hint else "")
    )


def _check_size(picture: Any, name: str, max_pixels: int) -> None:
    width, height = picture.size
    if width < 1 or height < 1:
        raise ImageError(f"{name} has no pixels: {height} rows of {width}")
    if width * height > max_pixels:
        raise ImageError(
            f"{name} has {height:,} x {width:,} = {height * width:,} pixels, more than the "
            f"{max_pixels:,} that are allowed: set max_pixels to allow more"
        )


def _go_to(picture: Any, frame: int, data: bytes, name: str) -> None:
    """Make `frame` the picture's present one."""
    if frame == 0:
        return
    try:
        picture.seek(frame)
    except EOFError as error:
        with _open(data, name) as afresh:  # this one may have lost count
            count = getattr(afresh, "n_frames", 1)
        has = "1 frame: frame must be 0" if count == 1 else f"{count} frames, 0 to {count - 1}"
        raise ImageError(f"{name} has no frame {frame}: it has {has}") from error


def _upright(picture: Any) -> Any:
    """Turn a decoded picture as its EXIF orientation says, if that can be read."""
    try:
        return ImageOps.exif_transpose(picture)
    except Exception:
        return picture


_lock = threading.Lock()
_inside = 0
_filters: Any = None


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow's warnings to itself: what they say, we raise, or have decided to let pass.

    Where warning filters belong to the whole process, `warnings.catch_warnings` alone would, with
    several threads at once, leave warnings off for good: so the first thread in turns them off
    and the last one out turns them on.
    """
    global _inside, _filters
    if getattr(sys.flags, "context_aware_warnings", False):  # each thread has its own
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
        return
    with _lock:
        if _inside == 0:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.simplefilter("ignore")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _filters.__exit__(None, None, None)
