"""Frames into the bytes of an animated GIF: one palette for all, and only what changes is stored.

Pillow packs the dots (LZW); the file around them is put together here, because then

- all frames share one table of colours, so that nothing flickers, and up to 255 colours are exact;
- each frame holds the box that has changed, and in it only the dots that have: a picture of which
  little moves takes little room, and a frame is forgotten as soon as the next one is compared.

References
----------
"Graphics Interchange Format, Version 89a", CompuServe, 1990.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from minicnn.errors import ConfigError, DTypeError, ShapeError, short
from minicnn.shapes import Array, integer

SHORTEST, LONGEST = 20, 655_350
"""How long a frame may stand, in milliseconds: browsers slow down what is shorter."""

HOLD = 1500
"""How much longer the last frame stands, in milliseconds."""

_CLEAR = 255
"""The one number of the palette that is no colour: what was there before stays."""

_MOST_COLOURS, _MOST_SIDE = 1 << 12, 65_535


def gif_bytes(
    frames: Iterable[Any], milliseconds: int = 100, loop: int = 0, *, hold: int = HOLD
) -> bytes:
    """Return an animated GIF of some frames; they are taken one at a time.

    Parameters
    ----------
    frames : iterable of arrays (H, W, 3), uint8, or of Pillow images
        All of one size. One that equals the frame before lengthens it.
    milliseconds : int
        How long a frame stands, at least 20; rounded to 10, which is GIF's unit.
    loop : int
        How often it is repeated; 0: for ever.
    hold : int
        How much longer the last frame stands, in milliseconds.

    Returns
    -------
    bytes
        The same frames give the same bytes. With more than 255 colours in all frames together,
        each goes to the nearest one of a palette that all frames share; the commonest is exact.

    Raises
    ------
    ConfigError, DTypeError, ShapeError
        If there is no frame, if frames are no such arrays or their sizes differ.

    Examples
    --------
    >>> black = np.zeros((2, 3, 3), np.uint8)
    >>> gif_bytes([black, black + 255])[:10]                 # GIF89a, 3 wide, 2 high
    b'GIF89a\\x03\\x00\\x02\\x00'
    """
    centiseconds = round(integer("milliseconds", milliseconds, least=SHORTEST, most=LONGEST) / 10)
    integer("loop", loop, least=0, most=65_535)
    integer("hold", hold, least=0, most=LONGEST)
    changes = list(_changes(_checked(frames)))
    palette, numbers = _palette(changes)
    height, width = changes[0].mask.shape
    parts = [_header(width, height, palette, loop)]
    for last, change in enumerate(changes, start=1 - len(changes)):
        stands = centiseconds * change.times + (hold // 10 if last == 0 else 0)
        parts.append(_frame(change, numbers, min(stands, 65_535)))
    return b"".join([*parts, b"\x3b"])


def figure_frame(figure: Figure) -> Array:
    """Return a figure as a frame, (H, W, 3) uint8, in the figure's own dots.

    Examples
    --------
    >>> figure_frame(Figure(figsize=(3, 2), dpi=50)).shape
    (100, 150, 3)
    """
    kept = figure.canvas
    try:
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        return np.array(canvas.buffer_rgba())[..., :3].copy()
    finally:
        figure.set_canvas(kept)


@dataclass
class _Change:
    """The box in which a frame differs from the one before, and the dots that do."""

    top: int
    left: int
    mask: Array  # (h, w), bool
    colours: Array  # one number, 0xBBGGRR, for each dot of the mask
    times: int = 1


def _checked(frames: Iterable[Any]) -> Iterator[Array]:
    """Yield each frame as (H, W) numbers, 0xBBGGRR."""
    size: tuple[int, int] | None = None
    try:
        given = iter(frames)
    except TypeError:
        raise ConfigError(f"frames must be a sequence of frames, got {short(frames)}") from None
    for position, frame in enumerate(given):
        image = frame if isinstance(frame, Image.Image) else _image(frame, position)
        size = size or image.size
        if image.size != size or not all(0 < n <= _MOST_SIDE for n in size):
            wide, high = size
            raise ShapeError(
                f"frame {position} is {image.height} x {image.width}, the first is {high} x {wide}"
            )
        dots = (image if image.mode == "RGB" else image.convert("RGB")).tobytes("raw", "RGBX")
        yield (np.frombuffer(dots, "<u4") & 0xFFFFFF).reshape(image.height, image.width)
    if size is None:
        raise ConfigError("frames must hold at least one frame")


def _image(frame: Any, position: int) -> Image.Image:
    array = np.asarray(frame)
    if array.dtype != np.uint8:
        raise DTypeError(f"frame {position} must be uint8, 0 to 255, got {array.dtype}")
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise ShapeError(f"frame {position} must be (H, W, 3), got {array.shape}")
    return Image.fromarray(array)


def _changes(frames: Iterator[Array]) -> Iterator[_Change]:
    """Yield what is new in each frame; frames that bring nothing new only lengthen the last."""
    before = next(frames)
    last = _Change(0, 0, np.ones(before.shape, bool), before.ravel())
    for frame in frames:
        differs = frame != before
        rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
        if len(rows) == 0:
            last.times += 1
            continue
        yield last
        top, left = int(rows[0]), int(columns[0])
        box = slice(top, rows[-1] + 1), slice(left, columns[-1] + 1)
        mask = differs[box].copy()
        last = _Change(top, left, mask, frame[box][mask])
        before = frame
    yield last


def _palette(changes: list[_Change]) -> tuple[Array, Array]:
    """Return at most 255 colours (n, 3), and for each of all 2**24 colours its number there."""
    seen = [np.unique(change.colours, return_counts=True) for change in changes]
    colours, places = np.unique(np.concatenate([own for own, _ in seen]), return_inverse=True)
    counts = np.bincount(places.ravel(), np.concatenate([count for _, count in seen]))
    table = np.zeros(1 << 24, np.uint8)
    if len(colours) <= _CLEAR:
        table[colours] = np.arange(len(colours))
        return _split(colours), table
    palette = _spread(*_thinned(colours, counts))
    for start in range(0, len(colours), _MOST_COLOURS):
        part = colours[start : start + _MOST_COLOURS]
        table[part] = _nearest(_split(part), palette)
    return palette, table


def _thinned(colours: Array, counts: Array) -> tuple[Array, Array]:
    """Return fewer colours where there are very many: of neighbours the commonest, for them all."""
    for bits in (2, 3, 4):
        if len(colours) <= _MOST_COLOURS:
            break
        cells = colours & np.uint32(0x010101 * (256 - (1 << bits)))
        order = np.lexsort((-counts, cells))
        _, first = np.unique(cells[order], return_index=True)
        colours, counts = colours[order][first], np.add.reduceat(counts[order], first)
    return colours, counts


def _spread(colours: Array, counts: Array) -> Array:
    """Return 255 of the colours: the commonest, then always the one that is missed most.

    A colour is missed by how far it is from the nearest one chosen, and how common it is (the
    root of it, so that the rare ones of letters' edges are not forgotten).
    """
    points, weights = _split(colours).astype(np.float32), np.sqrt(counts)
    chosen = [int(counts.argmax())]
    distance = np.full(len(points), np.inf, np.float32)
    while len(chosen) < _CLEAR:
        step = ((points - points[chosen[-1]]) ** 2).sum(axis=1)
        distance = np.minimum(distance, step)
        chosen.append(int((distance * weights).argmax()))
    return points[chosen].astype(np.uint8)


def _nearest(colours: Array, palette: Array) -> Array:
    """Return for each colour the number of the nearest one of the palette."""
    a, b = colours.astype(np.float32), palette.astype(np.float32)
    distance = (b * b).sum(axis=1) - 2 * (a @ b.T)  # exact: whole numbers below 2**24
    nearest: Array = distance.argmin(axis=1)
    return nearest


def _split(colours: Array) -> Array:
    """Return numbers 0xBBGGRR as (n, 3) bytes: red, green, blue."""
    return np.stack([colours >> shift & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8)


def _header(width: int, height: int, palette: Array, loop: int) -> bytes:
    table = palette.tobytes().ljust(3 * 256, b"\0")
    again = b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", loop) + b"\0"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + table + again


def _frame(change: _Change, numbers: Array, centiseconds: int) -> bytes:
    """Return one frame's blocks: how long it stands, where it goes, its dots."""
    height, width = change.mask.shape
    dots = np.full((height, width), _CLEAR, np.uint8)
    dots[change.mask] = numbers[change.colours]
    control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, 0x05, centiseconds, _CLEAR, 0)  # keep, clear
    place = struct.pack("<BHHHHB", 0x2C, change.left, change.top, width, height, 0)
    return control + place + _packed(dots)


def _packed(dots: Array) -> bytes:
    """Return numbers (H, W) as GIF packs them: those of a one-frame GIF that Pillow writes."""
    buffer = io.BytesIO()
    Image.fromarray(dots).save(buffer, "GIF", optimize=False, interlace=0)
    data = buffer.getvalue()
    start = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while data[start] == 0x21:  # an extension: its label, then blocks until an empty one
        start += 2
        while data[start]:
            start += 1 + data[start]
        start += 1
    return data[start + 10 : -1]
