"""Reading one picture: bytes in, (1, C, H, W) out, and one kind of error for all that is wrong."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any, BinaryIO

import numpy as np

from minicnn.errors import ConfigError, ImageError
from minicnn.images.sources import read_source
from minicnn.shapes import Array, integer

MAX_PIXELS = 50_000_000
MAX_BYTES = 256_000_000

SUFFIXES = frozenset(
    (
        *("png", "apng", "jpg", "jpeg", "jpe", "jfif", "gif", "tif", "tiff", "webp"),
        *("bmp", "dib", "ppm", "pgm", "pbm", "pnm", "jp2", "j2k", "jpx", "avif"),
    )
)
"""What makes a file of a folder a picture; a file that is named is read whatever its suffix."""


def load(
    source: str | os.PathLike[str] | BinaryIO,
    *,
    channels: int | None = None,
    frame: int = 0,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30.0,
) -> Array:
    """Read one picture as numbers: 0 is black, 1 is white.

    Reads PNG, JPEG, GIF, TIFF, WebP, BMP, PPM, JPEG 2000 and, with Pillow 11.3 or later, AVIF.

    Parameters
    ----------
    source : path, open binary file, or http(s) address
        A text that starts with ``http://`` or ``https://`` is an address. An open file is read
        from where it stands to its end, and left open.
    channels : 1, 3 or None
        1: grey; 3: red, green, blue. None keeps what the file has: 1 for grey, 3 for colour.
        Grey is the luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601, as Pillow's "L"), and is not
        rounded to 8 bits.
    frame : int
        Which picture of an animation or of several pages; 0 is the first.
    max_pixels : int
        Larger pictures are refused before they are decoded.
    max_bytes : int
        Larger files are refused before they are read.
    timeout : float
        Seconds that an address may take, all in all.

    Returns
    -------
    array (1, C, H, W)
        float32 in [0, 1], a new array. C is 1 or 3.

    Raises
    ------
    ImageError
        If it is not a picture, is broken, cut off or too large, or has no such frame.
    FileNotFoundError, PermissionError
        As the system raises them.
    ConfigError
        If an argument can never work.

    Notes
    -----
    - What is transparent is laid on white: colours hidden under it do not show.
    - A photo is turned upright as its EXIF orientation says. A damaged EXIF block is ignored.
    - Palettes are looked up: the result is colour, whatever the palette's numbers are.
    - 16-bit grey is divided by 65535 and loses nothing. So are 32-bit integers, which have no
      white of their own, and must lie within 0 to 65535. Floats are taken as they are, and must
      lie within 0 to 1. Colour of 16 bits per channel is read with 8.
    - CMYK becomes RGB by the plain formula; colour profiles and gamma tags are not applied.

    Examples
    --------
    >>> import io
    >>> load(io.BytesIO(b"P2 3 1 255 0 51 255"))       # a PPM picture is just text
    array([[[[0. , 0.2, 1. ]]]], dtype=float32)
    >>> load(io.BytesIO(b"<svg/>"))
    Traceback (most recent call last):
    minicnn.errors.ImageError: the open BytesIO is not a PNG, JPEG, GIF, TIFF, WebP, BMP, PPM, \
JPEG 2000 or AVIF picture (it starts with '<svg/>'): it is a drawing, so export it as PNG first
    """
    frame = integer("frame", frame, least=0)
    max_pixels = integer("max_pixels", max_pixels, least=1)
    max_bytes = integer("max_bytes", max_bytes, least=1)
    check_channels(channels)
    _check_timeout(timeout)
    data, name = read_source(source, max_bytes=max_bytes, timeout=timeout)
    from minicnn.images.decoding import decode

    return decode(data, name, channels=channels, frame=frame, max_pixels=max_pixels)


def photograph(*, channels: int | None = None) -> Array:
    """Return a real photograph that needs no network: Rear Admiral Grace Hopper, in uniform.

    The official portrait (James S. Davis, United States Navy, public domain), which comes with
    matplotlib.

    Parameters
    ----------
    channels : 1, 3 or None
        See `load`.

    Returns
    -------
    array (1, C, 600, 512)
        float32 in [0, 1].

    Raises
    ------
    ImageError
        If this matplotlib came without its sample pictures.

    Examples
    --------
    >>> photograph().shape
    (1, 3, 600, 512)
    """
    check_channels(channels)
    found = find_spec("matplotlib")  # finds, and does not import
    for folder in (found and found.submodule_search_locations) or ():
        path = os.path.join(folder, "mpl-data", "sample_data", "grace_hopper.jpg")
        if os.path.isfile(path):
            return load(path, channels=channels)
    raise ImageError(
        "this matplotlib came without its sample photograph: "
        "use images.test_card(), or load a picture of your own"
    )


def check_channels(channels: Any) -> None:
    """Raise unless `channels` is None, 1 or 3."""
    is_integer = isinstance(channels, int | np.integer) and not isinstance(channels, bool)
    if channels is not None and not (is_integer and channels in (1, 3)):
        raise ConfigError(f"channels must be 1 (grey), 3 (colour) or None, got {channels!r}")


def _check_timeout(timeout: Any) -> None:
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not is_number or not 0 < timeout <= 1e6:
        raise ConfigError(f"timeout must be seconds, above 0 and up to 1e6, got {timeout!r}")
