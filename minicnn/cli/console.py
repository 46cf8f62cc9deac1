"""Talking to the terminal: lines that never fail to print, errors on one line, progress."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress

from minicnn.errors import MiniCNNError, OutputError
from minicnn.terminal import Line, is_terminal

_IN_OPTIONS = (
    (r"mode='(\w+)'", r"--mode \1"),
    (r"padding=\.\.\.", "--padding"),
    (r": set max_bytes to allow more", ""),
    (r"set (max_pixels|timeout) to", r"set --\1 to"),
    (r"(larger|than) max_bytes", r"\1 --max-bytes"),
    (r"--max_pixels", "--max-pixels"),
    (r", force=True in Python", ""),
    (
        r"Give fit the same arguments, or another checkpoint=",
        "Give the same options, or another --checkpoint",
    ),
)
"""What the library's errors call an argument, and what the command line does."""


class WrongCall(Exception):
    """A call that can never work, found after parsing: exit code 2."""


def say(text: str, *, error: bool = False) -> None:
    """Print a line; what the terminal cannot show is escaped, and never an error."""
    stream = sys.stderr if error else sys.stdout
    if stream is None:  # closed before we began
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    line = text.encode(encoding, "backslashreplace").decode(encoding)
    if not error:
        print(line, file=stream)
        return
    with suppress(OSError, ValueError):  # nobody is left to be told
        print(line, file=stream, flush=True)


class Aside:
    """Says lines beside the files that are made: those come first.

    Where a line cannot be said, the pipe closed or the disk full, the work goes on in silence, and
    `close` raises in the end.
    """

    def __init__(self) -> None:
        """Begin with nothing in the way."""
        self._problem: OSError | None = None

    def say(self, text: str) -> None:
        """Print a line, if that still works."""
        if self._problem is None:
            try:
                say(text)
            except OSError as error:
                self._problem = error

    def close(self) -> None:
        """Raise what kept a line from being said."""
        if self._problem is not None:
            raise self._problem


def one_line(error: BaseException) -> str:
    """Return an error as the command line says it: on one line, in its own words.

    Examples
    --------
    >>> one_line(OSError(2, "No such file or directory", "a.png"))
    "'a.png': no such file or directory"
    """
    if isinstance(error, MiniCNNError):
        first, *rest = str(error).splitlines() or [""]
        text = " ".join([first, *(" ".join(line.split()) for line in rest)])
        for pattern, words in _IN_OPTIONS:
            text = re.sub(pattern, words, text)
        return text
    if isinstance(error, OSError) and error.strerror:
        what = "" if error.filename is None else f"{os.fsdecode(error.filename)!r}: "
        return f"{what}{error.strerror.lower()}"
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    return " ".join(str(error).split()) or type(error).__name__


def shown(name: str) -> str:
    """Return a file's name as it is, or quoted where printing it as it is would mislead.

    Examples
    --------
    >>> print(shown("my photo.png"), shown("two\\nlines.png"))
    my photo.png 'two\\nlines.png'
    """
    return name if name.isprintable() and name == name.strip() and name else repr(name)


def count(number: int, noun: str) -> str:
    """Return "1 map", "2,000 maps"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def write_stdout(data: bytes) -> None:
    """Write a file's content to standard output."""
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        raise OutputError("cannot write to standard output: it is closed.")
    sys.stdout.flush()
    binary.write(data)
    binary.flush()


def settle(code: int) -> int:
    """Send off what is still unwritten, and return the exit code.

    Where nobody reads any more, or the disk is full, standard output is let go, or Python would
    complain about it at its very end.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except BrokenPipeError:
        problem = ""
    except (OSError, ValueError) as error:
        problem = one_line(error)
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    if problem and code == 0:
        say(f"minicnn: cannot write to standard output: {problem}", error=True)
    return code or 1


class Progress:
    """A line that says how far a batch is; on a terminal only, on standard error."""

    def __init__(self, total: int) -> None:
        """Begin with nothing done."""
        self._total = total
        self._line = Line(is_terminal(sys.stderr) and total > 1)

    def show(self, done: int, name: str) -> None:
        """Say what is being worked on."""
        width = len(str(self._total))
        self._line.show(f"[{done + 1:{width}}/{self._total}] {shown(name)}")

    def clear(self) -> None:
        """Take the line away."""
        self._line.clear()
