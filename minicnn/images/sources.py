"""Where a picture's bytes come from: a path, an open file, or an address on the web.

All three end the same way: the whole content in memory, of a size that was allowed, and a name to
speak of it. Nothing here knows what a picture is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from minicnn.errors import ConfigError, ImageError
from minicnn.images.words import one_line
from minicnn.reading import open_ordinary, too_large

CHUNK = 1 << 20
"""Bytes read at a time."""


def read_source(source: Any, *, max_bytes: int, timeout: float) -> tuple[bytes, str]:
    """Return the bytes of `source` and its name for messages.

    Raises
    ------
    ImageError
        If there is nothing, too much, or nothing that can be read.
    FileNotFoundError, PermissionError
        As the system raises them.
    ConfigError
        If `source` is no path, open file or address.
    """
    if isinstance(source, str) and re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source):
        from minicnn.images.web import fetch  # brings urllib, which most never need

        name = repr(source)
        data = fetch(source, max_bytes=max_bytes, timeout=timeout)
    elif isinstance(source, str | os.PathLike):
        name = repr(os.fsdecode(source))
        data = _read_path(os.fsdecode(source), name, max_bytes)
    elif callable(getattr(source, "read", None)):
        name = _name_of(source)
        data = _read_file(source, name, max_bytes)
    else:
        raise ConfigError(_advice(source))
    if not data:
        raise ImageError(f"{name} is empty (0 bytes)")
    return data, name


def read_up_to(read: Callable[[int], Any], name: str, max_bytes: int) -> bytes:
    """Call `read` until it has no more to give, and refuse more than `max_bytes`."""
    parts: list[bytes] = []
    size = 0
    while True:
        part = read(min(CHUNK, max_bytes + 1 - size))
        if isinstance(part, str):
            raise ImageError(f"{name} is open as text: open it with open(path, 'rb')")
        if not part:
            return b"".join(parts)
        parts.append(bytes(part))
        size += len(part)
        if size > max_bytes:
            raise too_large(name, None, max_bytes, ImageError)


def _read_path(path: str, name: str, max_bytes: int) -> bytes:
    instead = "to read it all the same, open it and pass the open file"
    with open_ordinary(path, "picture", ImageError, max_bytes, otherwise=instead) as file:
        return read_up_to(file.read, name, max_bytes)


def _read_file(file: Any, name: str, max_bytes: int) -> bytes:
    try:
        return read_up_to(file.read, name, max_bytes)
    except ImageError:
        raise
    except Exception as error:  # closed, write-only, or anything a stranger's read() does
        raise ImageError(f"{name} cannot be read: {one_line(error)}") from error


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    return repr(name) if isinstance(name, str) and name else f"the open {type(file).__name__}"


def _advice(source: Any) -> str:
    """Say what to do with something that cannot be loaded."""
    kind = type(source).__name__
    if isinstance(source, bytes | bytearray | memoryview):
        fix = "wrap the bytes of a picture file: images.load(io.BytesIO(data))"
    elif hasattr(source, "getbands"):
        fix = "it is open already: images.to_nchw(numpy.asarray(picture.convert('RGB')))"
    elif hasattr(source, "__array__"):
        fix = "an array needs no loading: images.to_nchw(array)"
    elif isinstance(source, list | tuple | set | dict):
        fix = "load them one by one: [images.load(path) for path in paths]"
    else:
        fix = "give the name of a picture file"
    return f"load takes a path, an open binary file or an http(s) address, got {kind}: {fix}"
