"""Opening a file that somebody else made: look what it is and how large, before a byte is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from minicnn.errors import MiniCNNError


@contextmanager
def open_ordinary(
    path: str | os.PathLike[str],
    what: str,
    error: type[MiniCNNError],
    max_bytes: int,
    *,
    otherwise: str = "",
) -> Iterator[BinaryIO]:
    """Open an ordinary file of an allowed size for reading; it is closed at the end.

    Parameters
    ----------
    path : str or path
    what : str
        What the file should be, for messages: "picture".
    error : class
        What to raise where the file can't be used.
    max_bytes : int
        Larger files are refused before they are read.
    otherwise : str
        What to do with a pipe or a device instead, for the message.

    Raises
    ------
    error
        For a folder, a device or a pipe, a file that is too large, and whatever goes wrong while
        the file is open.
    FileNotFoundError, PermissionError
        As the system raises them.
    """
    name = repr(os.fsdecode(path))
    try:
        # Look first, since opening a device can have effects; then look at what was opened, since
        # it may be another file by now. O_NONBLOCK: opening a pipe must not wait for its writer.
        _check(os.stat(path), name, what, error, max_bytes, otherwise)
        flags: int = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with open(path, "rb", opener=lambda p, mode: os.open(p, mode | flags)) as file:
            _check(os.fstat(file.fileno()), name, what, error, max_bytes, otherwise)
            yield file
    except (FileNotFoundError, PermissionError, MiniCNNError):
        raise
    except (OSError, ValueError) as problem:  # ValueError: a NUL, or what no file name can hold
        reason = getattr(problem, "strerror", None) or str(problem)
        raise error(f"{name} cannot be read: {reason}") from problem


def too_large(
    name: str, size: int | None, max_bytes: int, error: type[MiniCNNError]
) -> MiniCNNError:
    """Return the error for a file of more than `max_bytes`."""
    has = "has more" if size is None else f"has {size:,} bytes, more"
    return error(
        f"{name} {has} than the {max_bytes:,} bytes that are allowed: set max_bytes to allow more"
    )


def _check(
    state: os.stat_result,
    name: str,
    what: str,
    error: type[MiniCNNError],
    max_bytes: int,
    otherwise: str,
) -> None:
    """Raise unless this is an ordinary file of an allowed size."""
    mode = state.st_mode
    if stat.S_ISDIR(mode):
        raise error(f"{name} is a folder: give the name of a {what} in it")
    if not stat.S_ISREG(mode):
        kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
        kind = kinds.get(stat.S_IFMT(mode), "a device")
        raise error(f"{name} is {kind}, not an ordinary file{otherwise and ': ' + otherwise}")
    if state.st_size > max_bytes:
        raise too_large(name, state.st_size, max_bytes, error)
