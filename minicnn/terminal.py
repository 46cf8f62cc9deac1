"""A line that says how far things are: on a terminal, and nowhere else."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Any

WIDTH = 78
"""Columns that a line may take; a terminal has 80."""


def is_terminal(stream: Any) -> bool:
    """Say whether a person sits at the other end."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError, OSError):
        return False


class Line:
    """One line of standard error, written over and over.

    Parameters
    ----------
    visible : bool
        Whether anything is to be seen at all.
    """

    def __init__(self, visible: bool) -> None:
        """Begin with nothing shown."""
        self.visible = visible

    def show(self, text: str) -> None:
        """Write `text` in place of what the line showed."""
        self._put(f"\r{text[:WIDTH]}\x1b[K")

    def keep(self, text: str) -> None:
        """Write `text` in place of what the line showed, and go on below it."""
        self._put(f"\r{text[:WIDTH]}\x1b[K\n")

    def clear(self) -> None:
        """Take the line away."""
        self._put("\r\x1b[K")

    def _put(self, text: str) -> None:
        """Write; what the terminal cannot show is escaped, and nothing here is ever an error."""
        if not self.visible:
            return
        encoding = getattr(sys.stderr, "encoding", None) or "ascii"
        with suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(text.encode(encoding, "backslashreplace").decode(encoding))
            sys.stderr.flush()
