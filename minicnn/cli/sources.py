"""What is read: files, folders, addresses and standard input, and what to call the results."""

from __future__ import annotations

import argparse
import os
import re
import sys
import urllib.parse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minicnn import images
from minicnn.cli import model, values
from minicnn.cli.console import WrongCall
from minicnn.errors import ImageError
from minicnn.images.reading import MAX_PIXELS, SUFFIXES
from minicnn.shapes import Array
from minicnn.terminal import is_terminal

MOST_BYTES = 2 * 2**30
"""How much memory maps may take, unless --max-bytes says otherwise."""

_LONGEST_STEM, _LONGEST_SUFFIX = 200, 8


@dataclass(frozen=True)
class Source:
    """One picture: a path, an http(s) address, or "-" for standard input."""

    given: str

    @property
    def is_address(self) -> bool:
        """Whether it is read from the web."""
        return re.match(r"https?://", self.given, re.IGNORECASE) is not None

    @property
    def title(self) -> str:
        """What the picture is called on the figure."""
        if self.given == "-":
            return "standard input"
        if self.is_address:
            return self._address_name() or self.given
        return os.path.basename(self.given) or self.given

    @property
    def stem(self) -> str:
        """What the names of the results begin with: at most 200 bytes, no suffix."""
        stem = os.path.splitext(self._file_name)[0] or "picture"
        while len(os.fsencode(stem)) > _LONGEST_STEM:
            stem = stem[:-1]
        return stem

    @property
    def suffix(self) -> str:
        """The suffix without its dot."""
        return os.path.splitext(self._file_name)[1].removeprefix(".")[:_LONGEST_SUFFIX]

    @property
    def file(self) -> Any:
        """What `images.load` reads, and what no result may replace."""
        if self.given != "-":
            return self.given
        return getattr(sys.stdin, "buffer", sys.stdin)

    def load(self, args: argparse.Namespace) -> Array:
        """Return the picture as (1, C, H, W)."""
        if self.given == "-" and is_terminal(sys.stdin):
            raise WrongCall(
                "standard input is the keyboard: pass a picture with '<' or '|', or give its name"
            )
        if self.file is None:
            raise ImageError("standard input is closed: give the name of a picture")
        return images.load(
            self.file,
            channels=model.channels(args),
            max_pixels=args.max_pixels,
            timeout=args.timeout,
        )

    @property
    def _file_name(self) -> str:
        """A name that the picture has, or could have, in a folder."""
        if self.given == "-":
            return "stdin"
        return re.sub(r"[^\w.+-]", "_", self.title) if self.is_address else self.title

    def _address_name(self) -> str:
        path = self.given.split("://", 1)[1].split("?", 1)[0].split("#", 1)[0]
        return urllib.parse.unquote(path.rstrip("/").rpartition("/")[2])


def add_image(parser: argparse.ArgumentParser) -> None:
    """Add the picture that a command looks at."""
    parser.add_argument(
        "image", metavar="IMAGE", help="a picture, an http(s) address, or - for standard input"
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the limits for what is read, and for what a model makes of it."""
    add_reading_options(parser).add_argument(
        "--max-bytes",
        type=values.size_in_bytes,
        default=MOST_BYTES,
        metavar="SIZE",
        help="refuse maps that need more memory; default: 2GiB",
    )


def add_reading_options(parser: argparse.ArgumentParser) -> Any:
    """Add the limits for what is read; return the group of options."""
    group = parser.add_argument_group("limits")
    group.add_argument(
        "--max-pixels",
        type=values.whole,
        default=MAX_PIXELS,
        metavar="N",
        help=f"refuse larger pictures; default: {MAX_PIXELS}",
    )
    group.add_argument(
        "--timeout",
        type=values.seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long an http(s) address may take; default: 30",
    )
    return group


def looks_like_picture(text: str) -> bool:
    """Say whether somebody who typed this meant a picture: an address, a suffix, a file."""
    source = Source(text)
    return source.is_address or source.suffix.lower() in SUFFIXES or os.path.exists(text)


def pictures_in(folder: str) -> list[Source]:
    """Return a folder's pictures by their suffix, sorted by name; hidden files are left out.

    Raises
    ------
    ImageError
        If there are none.
    """
    found = [
        Source(os.path.join(folder, name))
        for name in sorted(os.listdir(folder))
        if not name.startswith(".")
        and os.path.splitext(name)[1].lower().removeprefix(".") in SUFFIXES
        and not os.path.isdir(os.path.join(folder, name))
    ]
    if not found:
        raise ImageError(f"{folder!r} is a folder without pictures (.png, .jpg, .tif, ...)")
    return found


def stems(sources: Sequence[Source]) -> list[str]:
    """Return a name for each picture's results, no two alike, even where case does not count.

    Pictures that would share a name get their suffix too, and a number where that is not enough.

    Examples
    --------
    >>> stems([Source("a/x.png"), Source("a/x.jpg"), Source("b/x.png"), Source("y.png")])
    ['x.png', 'x.jpg', 'x.png-2', 'y']
    """
    alike = Counter(source.stem.casefold() for source in sources)
    taken = {stem for stem, times in alike.items() if times == 1}
    names = []
    for source in sources:
        name = source.stem
        if alike[name.casefold()] > 1:
            base = name = f"{name}.{source.suffix}" if source.suffix else name
            number = 1
            while name.casefold() in taken:
                number += 1
                name = f"{base}-{number}"
            taken.add(name.casefold())
        names.append(name)
    return names
