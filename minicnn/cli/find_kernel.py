"""``minicnn find-kernel``: which kernel makes one picture of another, and how well."""

from __future__ import annotations

import argparse
import json

from minicnn.cli import answers, sources, values
from minicnn.explain import FoundKernel, find_kernel

NAME = "find-kernel"
HELP = "Find the kernel between two pictures, before and after, and say how far to trust it"
EXAMPLES = ("before.png after.png --size 5", "photo.png darker.png --size 1 --bias -o found.png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    for name, text in (("before", "the picture"), ("after", "what became of it, as large")):
        parser.add_argument(
            name,
            metavar=name.upper(),
            help=f"{text}: a picture, an http(s) address, or - for standard input",
        )
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--size",
        type=values.stride,
        default=3,
        metavar="K",
        help="rows and columns of the kernel: 5, or 1,9; default: 3",
    )
    what.add_argument(
        "--bias", action="store_true", help="a constant may be added to every pixel as well"
    )
    what.add_argument(
        "--colour",
        "--color",
        action="store_true",
        help="a kernel for each pair of colours, red to red, red to green, ...; default: in grey",
    )
    answers.add_answer_options(parser, "text", "json")
    sources.add_reading_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print what was found, draw it, and return the exit code."""
    given = [sources.Source(text) for text in (args.before, args.after)]
    target = answers.target_of(args, *given)
    args.colour = "summed" if args.colour else "grey"
    before, after = (source.load(args) for source in given)
    found = find_kernel(before, after, args.size, bias=args.bias)
    text = str(found) if args.format == "text" else _numbers(found)
    answers.give(text, target, lambda format: _drawn(found, format))
    return 0


def _numbers(found: FoundKernel) -> str:
    """Return what was found as JSON, without the numbers that are as many as the pixels."""
    data = found.to_dict()
    del data["residual"]
    return json.dumps(data, indent=2, allow_nan=False)


def _drawn(found: FoundKernel, format: str) -> bytes:
    from minicnn import viz

    return viz.figure_bytes(viz.plot_found_kernel(found, figure=viz.new_figure()), format)
