"""Text that fits: measured before it is set, in the one typeface."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path

from minicnn.errors import ConfigError

FAMILY = "DejaVu Sans"
ELLIPSIS, TIMES = "\N{HORIZONTAL ELLIPSIS}", "\N{MULTIPLICATION SIGN}"
ARROW, DOT = "\N{RIGHTWARDS ARROW}", " \N{MIDDLE DOT} "
_HINTING = 1.04
"""Letters set on whole dots may come out so much wider."""

LINE = 1.32
"""The distance of two lines, in font sizes."""


@cache
def font(size: float, weight: str = "normal") -> FontProperties:
    """Return the typeface in one size, whatever the user's own settings are."""
    return FontProperties(family=FAMILY, size=size, weight=weight, style="normal", stretch="normal")


@lru_cache(maxsize=4096)
def width(text: str, size: float, weight: str = "normal") -> float:
    """Return how wide a line is, in points."""
    if not text:
        return 0.0
    # Measured large: at its own size, rounding to dots would make it uncertain.
    wide, _, _ = text_to_path.get_text_width_height_descent(text, font(100.0, weight), False)
    return float(wide) * _HINTING * size / 100.0


def plain(text: str) -> str:
    """Return text that the typeface can set in one line.

    Control characters become blanks; what DejaVu Sans has no letter for becomes U+FFFD, and
    matplotlib does not warn.
    """
    known = _letters()
    line = "".join(c if c.isprintable() else " " for c in text)
    return "".join(c if c == " " or ord(c) in known else "\N{REPLACEMENT CHARACTER}" for c in line)


def checked(name: str, text: Any) -> str | None:
    """Return a caller's text, or None, refusing anything else.

    Raises
    ------
    ConfigError
        With the argument's name.
    """
    if text is None or isinstance(text, str):
        return text
    raise ConfigError(f"{name} must be a text, got {text!r}")


def fit(text: str, size: float, room: float, weight: str = "normal") -> str:
    """Return `text`, or its beginning and end around an ellipsis, so that it fits the room.

    Examples
    --------
    >>> fit("sobel_x", 8, room=100)
    'sobel_x'
    >>> fit("a_kernel_with_a_long_name", 8, room=60)
    'a_kern\u2026name'
    """
    if width(text, size, weight) <= room:
        return text
    for kept in range(len(text) - 1, 0, -1):
        tail = kept * 2 // 5
        short = text[: kept - tail] + ELLIPSIS + (text[-tail:] if tail else "")
        if width(short, size, weight) <= room:
            return short
    return ELLIPSIS


def wrap(text: str, size: float, room: float, lines: int = 99) -> list[str]:
    """Return `text` broken at blanks into lines that fit, at most `lines` of them."""
    done: list[str] = []
    words = text.split(" ")
    while words:
        if len(done) == lines - 1:
            return [*done, fit(" ".join(words), size, room)]
        count = 1
        while count < len(words) and width(" ".join(words[: count + 1]), size) <= room:
            count += 1
        done.append(fit(" ".join(words[:count]), size, room))
        words = words[count:]
    return done


def clauses(text: str, size: float, room: float) -> list[str]:
    """Return `text` in lines that fit; if one is not enough, each clause begins a new one.

    Examples
    --------
    >>> clauses("3 above, 2 below; 3 left, 2 right", 8, room=100)
    ['3 above, 2 below;', '3 left, 2 right']
    """
    if width(text, size) <= room:
        return [text]
    parts = text.replace("; ", ";\n").split("\n")
    return [line for part in parts for line in wrap(part, size, room)]


def by(shape: Sequence[int]) -> str:
    """Return sizes with a times sign between them."""
    return f" {TIMES} ".join(str(n) for n in shape)


def sentence(text: str) -> str:
    """Return a text with a capital at its start."""
    return text[:1].upper() + text[1:]


def count(number: int, noun: str) -> str:
    """Return a number of things, in the singular where it is one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def one_scale(noun: str, count: int) -> str:
    """Say that some things share a scale."""
    if count > 2:
        return f"One scale for all {count:,} {noun}s."
    return f"One scale for both {noun}s." if count == 2 else f"The {noun}'s own scale."


@cache
def _letters() -> frozenset[int]:
    return frozenset(get_font(findfont(font(8.0))).get_charmap())
