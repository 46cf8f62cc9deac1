"""Where results go: a file or standard output, whole folders, and what is refused beforehand."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from minicnn.cli import values
from minicnn.cli.console import WrongCall, shown, write_stdout
from minicnn.errors import OutputError
from minicnn.files import check_output, write_whole
from minicnn.terminal import is_terminal


def add_output_options(parser: argparse.ArgumentParser, what: str, *, moves: bool = False) -> Any:
    """Add where a figure, or something that moves, is written; return the group of options."""
    group = parser.add_argument_group("output")
    formats = values.MOVING if moves else values.FORMATS
    group.add_argument(
        "-o",
        "--output",
        type=values.moving_output if moves else values.output,
        metavar="OUT",
        help=f"{what} to this file: {'GIF, ' if moves else ''}PNG, SVG or PDF by its suffix; - is "
        "standard output",
    )
    group.add_argument(
        "--format",
        choices=formats,
        help="the format where no suffix says it: for '-o -' and for names that are made here; "
        f"default: {formats[0]}",
    )
    group.add_argument(
        "--force", action="store_true", help="write over existing files (never over an input)"
    )
    return group


def refuse_format_without_output(args: argparse.Namespace) -> None:
    """Refuse options that would have no effect."""
    if args.format or args.force:
        raise WrongCall("--format and --force say how -o OUT is written: give it too")


class Target:
    """A file to write, or standard output.

    Parameters
    ----------
    name : str
        Its suffix says the format; "-" is standard output.
    format : str or None
        What --format says: only for "-", or the same as the suffix says.
    force : bool
    inputs : iterable
        What must not be written over.
    """

    def __init__(
        self, name: str, format: str | None, force: bool, inputs: Iterable[Any] = ()
    ) -> None:
        """Find out the format."""
        self.name, self.force, self.inputs = name, force, tuple(inputs)
        self.is_stdout = name == "-"
        own = "" if self.is_stdout else values.suffix_format(name)
        if own and format and own != format:
            raise WrongCall(f"--format {format} does not fit {shown(name)}: leave it out")
        self.format = own or format or "png"

    @property
    def shown(self) -> str:
        """Its name, for people."""
        return "standard output" if self.is_stdout else shown(self.name)

    def check(self) -> None:
        """Raise before any work if it will not be written."""
        if not self.is_stdout:
            check_output(self.name, force=self.force, inputs=self.inputs)
        elif is_terminal(sys.stdout):
            raise WrongCall("standard output is a terminal: add '> FILE', or use -o FILE")

    def write(self, data: bytes) -> None:
        """Write it, whole or not at all."""
        if self.is_stdout:
            write_stdout(data)
        else:
            write_whole(self.name, data, force=self.force, inputs=self.inputs)


@contextmanager
def made_folder(path: str) -> Iterator[None]:
    """Make a folder for the time within; one that is empty afterwards goes again.

    Folders that were there before stay, as do those that something was put in.
    """
    made: list[str] = []
    missing = os.path.abspath(path)
    while not os.path.lexists(missing):
        made.append(missing)
        missing = os.path.dirname(missing)
    try:
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise _refused(path, error) from error
        yield
    finally:
        for folder in made:
            with suppress(OSError):
                os.rmdir(folder)


def check_folder(path: str, force: bool) -> None:
    """Raise unless a set of files may go to this folder: it is new, empty, or `force` is given."""
    if os.path.lexists(path) and not os.path.isdir(path):
        raise OutputError(f"cannot write to {path!r}: it is not a folder.")
    try:
        if not force and os.path.isdir(path) and os.listdir(path):
            raise OutputError(
                f"cannot write to {path!r}: the folder is not empty. Choose another, or allow "
                f"writing over its files with --force."
            )
    except PermissionError as error:
        raise _refused(path, error) from error


def write_folder(
    path: str, files: Iterable[tuple[str, bytes]], *, force: bool, inputs: Sequence[Any] = ()
) -> int:
    """Write files to a folder, all or none, and return how many.

    They are put together in a hidden folder. A new folder is then there in one step; in one that
    exists they take their names one after the other, and are taken back if that breaks off
    (replaced ones are not, but each is whole).
    """
    check_folder(path, force)
    target = os.path.realpath(path)
    is_new = not os.path.isdir(target)
    hidden = f".minicnn-{secrets.token_hex(8)}.tmp"
    work = os.path.join(os.path.dirname(target) if is_new else target, hidden)
    names: list[str] = []
    try:
        os.mkdir(work)
        for name, data in files:
            write_whole(os.path.join(work, name), data)
            names.append(name)
        if is_new:
            os.rename(work, target)
        else:
            _move_into(target, work, names, force, inputs)
    except OutputError as error:
        raise OutputError(str(error).replace(repr(work)[1:-1], repr(path)[1:-1])) from error
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return len(names)


def _move_into(
    target: str, work: str, names: list[str], force: bool, inputs: Sequence[Any]
) -> None:
    finals = [os.path.join(target, name) for name in names]
    places = [check_output(final, force=force, inputs=inputs) for final in finals]
    new: list[str] = []
    try:
        for name, place in zip(names, places, strict=True):
            if not os.path.lexists(place):
                new.append(str(place))
            os.replace(os.path.join(work, name), place)
    except BaseException:
        for made in new:
            with suppress(OSError):
                os.unlink(made)
        raise


def _refused(path: str, error: OSError) -> OutputError:
    return OutputError(f"cannot write to {path!r}: {(error.strerror or str(error)).lower()}.")
