"""Ctrl-C while the program is still being loaded: it ends, and prints no traceback.

Importing this module does that, so it is imported before anything that takes time. A script that
imports minicnn is left alone; once the program runs, `minicnn.cli.main` takes over.
"""

from __future__ import annotations

import os
import sys
from types import TracebackType


def is_program() -> bool:
    """Say whether this process is the command line: ``minicnn`` or ``python -m minicnn``."""
    name = os.path.basename(sys.argv[0]) if sys.argv else ""
    if name == "-m":  # the package is being found, and has not begun
        behind = sys.orig_argv[sys.orig_argv.index("-m") + 1 :] if "-m" in sys.orig_argv else []
        return behind[:1] == ["minicnn"]
    return name in ("minicnn", "minicnn.exe")


def _say(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    """Print an error that nobody caught, unless it is an interrupt."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, where)


if is_program():
    sys.excepthook = _say
