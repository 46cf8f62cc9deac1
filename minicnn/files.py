"""Writing a file whole or not at all, never over an input, and over nothing else unasked.

A writer first puts its bytes together in memory, then hands them to `write_whole`. They go to a
temporary file in the same folder, down to the disk, and only then take the final name in one
step: whoever looks, and whatever interrupts, there is the old file or the new one.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from minicnn.errors import ConfigError, OutputError


def check_output(
    path: str | os.PathLike[str], *, force: bool = False, inputs: Iterable[Any] = ()
) -> Path:
    """Say before any work whether `path` can be written, and return where it will be written.

    Parameters
    ----------
    path : str or path
        The file to write. A symbolic link stays a link: the file it points to is written.
    force : bool
        Whether an existing file may be replaced.
    inputs : iterable
        What the result is made from: paths or open files. None of them is ever written over,
        by whatever name, link or hard link; anything that is no file (an address) is passed over.

    Returns
    -------
    pathlib.Path
        The path with its links followed.

    Raises
    ------
    OutputError
        If the file exists (and not `force`), is an input, is a folder or a device, or if its
        folder is missing or cannot be written to.

    Examples
    --------
    >>> check_output("no/such/folder/maps.png")
    Traceback (most recent call last):
    minicnn.errors.OutputError: cannot write 'no/such/folder/maps.png': there is no folder \
'no/such/folder'. Make it first.
    """
    name = _text(path)
    if isinstance(inputs, str | bytes | os.PathLike):
        inputs = (inputs,)  # a single path, not its letters
    try:
        target = os.path.realpath(name)
        if _stands(name):
            _check_existing(name, target, force, inputs)
        elif name.endswith((os.sep, os.altsep or os.sep)):
            raise _refused(name, "that is the name of a folder. Add a file name.")
    except OSError as error:
        raise _ours(name, error) from error
    _check_folder(name, os.path.dirname(target))
    return Path(target)


def write_whole(
    path: str | os.PathLike[str],
    data: bytes | bytearray | memoryview,
    *,
    force: bool = False,
    inputs: Iterable[Any] = (),
) -> Path:
    """Write `data` to `path`: afterwards there is the new file, or all is as it was.

    Without `force` an existing file is never replaced, even one that another program makes at
    the same moment (on file systems without hard links, that last moment is not covered). A new
    file gets the usual permissions; a replaced one keeps its own, while hard links to it keep
    the old content. Being killed may leave a hidden ``.minicnn-*.tmp`` behind, never half a file.

    Parameters
    ----------
    path, force, inputs
        See `check_output`, which is asked first.
    data : bytes
        The whole content.

    Returns
    -------
    pathlib.Path
        The file that was written, with links followed.

    Raises
    ------
    OutputError
        If the file will not or cannot be written; also for a full disk.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> written = write_whole(f"{folder.name}/maps.txt", b"maps")
    >>> written.read_bytes()
    b'maps'
    >>> folder.cleanup()
    """
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ConfigError(f"data must be bytes, got {type(data).__name__}")
    target = check_output(path, force=force, inputs=inputs)
    temporary = target.parent / f".minicnn-{secrets.token_hex(8)}.tmp"
    try:
        _write_down(temporary, data, like=target if force else None)
        if force:
            os.replace(temporary, target)
        else:
            _take_free_name(temporary, target)
    except FileExistsError as error:
        raise _exists(_text(path)) from error
    except OSError as error:
        raise _ours(_text(path), error) from error
    finally:
        with suppress(OSError):
            os.unlink(temporary)  # gone already where all went well
    return target


def _write_down(temporary: Path, data: bytes | bytearray | memoryview, like: Path | None) -> None:
    """Make a new file, with the permissions of `like` where that exists, down to the disk."""
    binary: int = getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | binary, 0o666)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        if like is not None and like.exists():
            os.chmod(temporary, stat.S_IMODE(like.stat().st_mode) & 0o777)
        os.fsync(file.fileno())


def _take_free_name(temporary: Path, target: Path) -> None:
    """Give the temporary file its final name, unless somebody has it.

    A hard link fails if the name is taken, in one step; a rename would replace it (on Windows,
    it fails too). Where links are not to be had, looking first is the best there is.
    """
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError, AttributeError):
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        os.rename(temporary, target)


def _check_existing(name: str, target: str, force: bool, inputs: Iterable[Any]) -> None:
    """Raise unless what stands at `name` may be replaced by an ordinary file."""
    state = os.stat(target) if os.path.lexists(target) else None
    if state is not None:
        if any(_is_same(state, source) for source in inputs):
            raise _refused(
                name, "it is also an input, and an input is never replaced. Choose another name."
            )
        if stat.S_ISDIR(state.st_mode):
            raise _refused(name, "it is a folder. Give the name of a file in it.")
        if not stat.S_ISREG(state.st_mode):
            raise _refused(name, "it is not an ordinary file. Choose another name.")
    if not force:
        raise _exists(name)
    if state is not None and not os.access(target, os.W_OK):
        raise _refused(name, "it is write-protected. Choose another name.")


def _stands(name: str) -> bool:
    """Say whether something has this name, be it a link to nowhere."""
    try:
        os.lstat(name)
    except FileNotFoundError:
        return False
    return True  # other errors, such as a name that is too long, are the caller's


def _check_folder(name: str, folder: str) -> None:
    """Raise unless new files can be made in `folder`."""
    if not os.path.isdir(folder):
        what = "is not a folder" if os.path.lexists(folder) else None
        shown = os.path.dirname(name) or folder
        raise _refused(
            name, f"{shown!r} {what}." if what else f"there is no folder {shown!r}. Make it first."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _refused(name, "its folder cannot be written to (no permission, or read-only).")


def _is_same(state: os.stat_result, source: Any) -> bool:
    """Say whether `source`, a path or an open file, is the file that `state` describes."""
    try:
        if isinstance(source, str | bytes | os.PathLike):
            return os.path.samestat(state, os.stat(source))
        return os.path.samestat(state, os.fstat(source.fileno()))
    except (OSError, ValueError, AttributeError, TypeError):
        return False  # no such file, no file at all, or closed


def _text(path: Any) -> str:
    """Return a path as text, refusing what can never be one."""
    if not isinstance(path, str | os.PathLike):
        raise ConfigError(f"the file to write must be a path, got {type(path).__name__}")
    name = os.fsdecode(path)
    if not name or "\0" in name:
        raise ConfigError(f"{name!r} is not the name of a file")
    return name


def _exists(name: str) -> OutputError:
    return _refused(name, "it exists already. Choose another name, or allow it: --force on the "
                          "command line, force=True in Python.")  # fmt: skip


def _refused(name: str, why: str) -> OutputError:
    return OutputError(f"cannot write {name!r}: {why}")


def _ours(name: str, error: OSError) -> OutputError:
    """Return an OutputError for one of the system's, with its number kept."""
    if isinstance(error, OutputError):
        return error
    refused = _refused(name, f"{(error.strerror or str(error)).lower()}.")
    refused.errno = error.errno
    return refused
