"""What commands that answer a question share: the answer is printed, and drawn if asked for."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from minicnn.cli import values
from minicnn.cli.console import WrongCall, say
from minicnn.cli.outputs import Target
from minicnn.cli.sources import Source


def add_answer_options(
    parser: argparse.ArgumentParser, *formats: str, draw: str = "draw it"
) -> None:
    """Add how the answer is printed (the first of `formats` by default) and where it is drawn."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format",
        choices=formats,
        default=formats[0],
        help=f"how it is printed; default: {formats[0]}",
    )
    group.add_argument(
        "-o",
        "--output",
        type=values.output,
        metavar="OUT",
        help=f"also {draw} to this file: PNG, SVG or PDF by its suffix; - is standard output (and "
        "what is printed goes to standard error)",
    )
    group.add_argument(
        "--force", action="store_true", help="write over an existing file (never over an input)"
    )


def target_of(args: argparse.Namespace, *sources: Source) -> Target | None:
    """Return where the answer is drawn, checked before any work; None if it is not."""
    if args.output is None:
        if args.force:
            raise WrongCall("--force says how -o OUT is written: give it too")
        return None
    target = Target(args.output, None, args.force, tuple(source.file for source in sources))
    target.check()
    return target


def give(text: str, target: Target | None, draw: Callable[[str], bytes]) -> None:
    """Draw the answer if there is a target, `draw` given its format, and print the text."""
    if target is not None:
        target.write(draw(target.format))
    say(text, error=target is not None and target.is_stdout)
