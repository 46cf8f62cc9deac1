"""What is typed behind an option, as a value; an error says what could be typed instead."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Callable
from typing import Any

from minicnn import kernels
from minicnn.cli.console import one_line
from minicnn.errors import MiniCNNError
from minicnn.kernels import Kernel

FORMATS = ("png", "svg", "pdf")
"""The kinds of file a figure can be, by suffix; the same as `viz.figure_bytes` knows."""

MOVING = ("gif", *FORMATS)
"""The kinds of file that something that moves can be: as it moves, or as stills."""

WEIGHTS = (".npz", ".safetensors")
"""The suffixes of files of weights."""

_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def kernel_text(text: str) -> tuple[Kernel, ...]:
    """Read kernels: names, families, or one matrix; see `minicnn.kernels.parse`."""
    try:
        return kernels.parse(text)
    except MiniCNNError as error:
        message = str(error)
        if message.startswith("there is no kernel"):
            raise _wrong(f"{message.splitlines()[0]} 'minicnn kernels' lists them.") from None
        raise _wrong(one_line(error)) from None


def together(found: list[tuple[Kernel, ...]]) -> tuple[Kernel, ...]:
    """Return the kernels of several texts; matrices without a name are numbered."""
    every = [kernel for part in found for kernel in part]
    unnamed = [kernel for kernel in every if kernel.name == "custom"]
    if len(unnamed) < 2:
        return tuple(every)
    numbered = {id(kernel): f"custom_{i}" for i, kernel in enumerate(unnamed, start=1)}
    return tuple(kernel.renamed(numbered.get(id(kernel), kernel.name)) for kernel in every)


def stride(text: str) -> int | tuple[int, ...]:
    """Read "2" or "2,1" (rows, columns)."""
    return _integers(text, (1, 2), least=1, example="2, or 2,1 for rows,columns")


def padding(text: str) -> Any:
    """Read "same", "valid", or how many pixels: one number, two or four."""
    if text in ("same", "valid"):
        return text
    return _integers(
        text,
        (1, 2, 4),
        least=0,
        example="same, valid, 1, or 1,2 for rows,columns, or 0,1,2,3 for top,bottom,left,right",
    )


def scale(text: str) -> Any:
    """Read "step", "map", a number, or "low,high"."""
    if text in ("step", "map"):
        return text
    ends = [_finite(part) for part in text.split(",")]
    match ends:
        case [float(most)] if most > 0:
            return most
        case [float(low), float(high)] if low < high:
            return low, high
    raise _wrong(f"{text!r} is no scale: write step, map, 2.5 (above 0), or -1,1 for low,high")


def input_shape(text: str) -> tuple[int, ...]:
    """Read "600,512" or "3,600,512" as (1, C, H, W)."""
    found = _integers(text, (2, 3), least=1, example="600,512 or, with the channels, 3,600,512")
    sizes = found if isinstance(found, tuple) else (found,)
    return (1,) * (4 - len(sizes)) + sizes


def whole(text: str) -> int:
    """Read a number of at least 1."""
    found = _integers(text, (1,), least=1, example="64, or any other whole number above 0")
    return found if isinstance(found, int) else found[0]


def place(text: str) -> tuple[int, int]:
    """Read "120,200": a row and a column, counted from 0."""
    match = re.fullmatch(r" *([0-9]{1,9}) *, *([0-9]{1,9}) *", text)
    if not match:
        raise _wrong(f"{text!r} is no place: write ROW,COLUMN, counted from 0, such as 120,200")
    return int(match[1]), int(match[2])


def name_or_number(text: str) -> str | int:
    """Read "conv2d" or "1": what is chosen by its name or by its number; -1 is the last."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else text


def seconds(text: str) -> float:
    """Read a time limit."""
    found = _finite(text)
    if found is None or not 0 < found <= 1e6:
        raise _wrong(f"{text!r} is no time limit: write seconds, such as 30")
    return found


def size_in_bytes(text: str) -> int:
    """Read "500000", "500 MB" or "2GiB"; K, M, G and T are powers of 1024.

    Examples
    --------
    >>> size_in_bytes("1.5KiB"), size_in_bytes("2g") == 2 * 2**30
    (1536, True)
    """
    match = re.fullmatch(r"([0-9]{1,30}(?:\.[0-9]{1,30})?) ?([kmgt]?)i?b?", text.lower())
    found = int(float(match[1]) * _UNITS[match[2]]) if match else 0
    if not 1 <= found < 2**63:
        raise _wrong(f"{text!r} is no size: write bytes, or 500MB, or 2GiB")
    return found


def output(text: str, formats: tuple[str, ...] = FORMATS) -> str:
    """Read the name of a file to draw to: "-", or one whose suffix says the format."""
    if text == "-" or suffix_format(text) in formats:
        return text
    suffix = os.path.splitext(text)[1]
    problem = f"unknown suffix {suffix!r}" if suffix else "a file name without a suffix"
    known = ", ".join(f".{name}" for name in formats)
    raise _wrong(f"{text!r} has {problem}: the format follows it, one of {known}") from None


def weights_file(text: str) -> str:
    """Read the name of a file of weights, whose suffix says the format."""
    if os.path.splitext(text)[1].lower() in WEIGHTS:
        return text
    raise _wrong(f"{text!r} is no file of weights: its suffix must be {' or '.join(WEIGHTS)}")


def share(text: str) -> float:
    """Read a part of a whole, from 0 to below 1."""
    found = _finite(text)
    if found is None or not 0 <= found < 1:
        raise _wrong(f"{text!r} is no share: write a number from 0 to below 1, such as 0.2")
    return found


def brightness(text: str) -> float:
    """Read how bright a pixel is."""
    found = _finite(text)
    if found is None or not 0 <= found <= 1:
        raise _wrong(f"{text!r} is no brightness: write a number from 0 (black) to 1 (white)")
    return found


def rate(text: str) -> float:
    """Read a learning rate."""
    found = _finite(text)
    if found is None or not 0 < found <= 1e6:
        raise _wrong(
            f"{text!r} is no learning rate: write a number above 0 and up to 1e6, such as 0.001"
        )
    return found


def seed(text: str) -> int:
    """Read a seed: a whole number from 0 on."""
    found = _integers(text, (1,), least=0, example="0, or any other whole number above")
    return found if isinstance(found, int) else found[0]


def picture_shape(text: str) -> tuple[int, int]:
    """Read "32", or "32,48" for rows and columns."""
    found = _integers(text, (1, 2), least=1, example="32, or 32,48 for rows,columns")
    return (found, found) if isinstance(found, int) else (found[0], found[1])


def suffix_format(name: str) -> str:
    """Return the format that a file's suffix stands for, "" if none."""
    suffix = os.path.splitext(name)[1].lower().removeprefix(".")
    return suffix if suffix in MOVING else ""


def moving_output(text: str) -> str:
    """Read the name of a file like `output`, one that may also be a GIF."""
    return output(text, MOVING)


def stops(text: str) -> slice | list[int]:
    """Read which stops of a window: "0:100:2" (from, up to, every), or "0,24,48".

    Examples
    --------
    >>> stops("10:"), stops("::3"), stops("0,24")
    (slice(10, None, None), slice(None, None, 3), [0, 24])
    """
    example = "0:100:2 for every second one from 0 to 99, or 0,24,48"
    if ":" not in text:
        found = _integers(text, tuple(range(1, 1000)), least=0, example=example)
        return list(found) if isinstance(found, tuple) else [found]
    match = re.fullmatch(r"([0-9]{0,9}):([0-9]{0,9})(?::([0-9]{0,9}))?", text)
    if not match or (match[3] and int(match[3]) == 0):
        raise _wrong(f"{text!r} does not fit: write {example}")
    return slice(*(int(part) if part else None for part in match.groups()))


def picture_size(text: str) -> int | None:
    """Read "16", the most rows and columns, or "full"."""
    return None if text == "full" else whole(text)


def milliseconds(text: str) -> int:
    """Read how long a frame of an animation stands."""
    found = _integers(text, (1,), least=20, example="milliseconds from 20 on, such as 100")
    return found if isinstance(found, int) else found[0]


def _integers(
    text: str, lengths: tuple[int, ...], *, least: int, example: str
) -> int | tuple[int, ...]:
    parts = text.split(",")
    whole_numbers = all(re.fullmatch(r" *[0-9]{1,9} *", part) for part in parts)
    if not whole_numbers or len(parts) not in lengths or any(int(part) < least for part in parts):
        raise _wrong(f"{text!r} does not fit: write {example}")
    found = tuple(int(part) for part in parts)
    return found[0] if len(found) == 1 else found


def _finite(text: str) -> float | None:
    if not re.fullmatch(r" *[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)? *", text.lower()):
        return None
    found = float(text)
    return found if math.isfinite(found) else None


def _wrong(message: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(message)


Reader = Callable[[str], Any]
