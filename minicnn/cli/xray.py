"""``minicnn xray``: what a kernel is, read off its numbers; or the one that several come to."""

from __future__ import annotations

import argparse
import json

from minicnn import Conv2D, Sequential
from minicnn.cli import answers, values
from minicnn.cli.console import WrongCall
from minicnn.explain import Xray, collapse, xray
from minicnn.kernels import Kernel

NAME = "xray"
HELP = "Say what a kernel is and does, from its numbers alone"
EXAMPLES = ("sobel_x", "laplacian_4 gaussian_5x5 --in-turn -o both.png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    parser.add_argument(
        "kernels",
        nargs="+",
        type=values.kernel_text,
        metavar="KERNEL",
        help="a name (sobel_x) or a matrix ('0 -1 0; -1 4 -1; 0 -1 0')",
    )
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--in-turn",
        action="store_true",
        help="lay several kernels on the picture one after the other: what is the one kernel that "
        "does the same?",
    )
    answers.add_answer_options(parser, "text", "json")


def run(args: argparse.Namespace) -> int:
    """Print the x-ray, draw it, and return the exit code."""
    kernels = values.together(args.kernels)
    if len(kernels) > 1 and not args.in_turn:
        names = ", ".join(kernel.name for kernel in kernels[:4])
        raise WrongCall(
            f"xray looks at one kernel, got {len(kernels)} ({names}{', ...' * (len(kernels) > 4)}):"
            f" choose one, or say --in-turn"
        )
    target = answers.target_of(args)
    found = xray(_in_turn(kernels) if len(kernels) > 1 else kernels[0])
    printed = json.dumps(found.to_dict(), indent=2, allow_nan=False)
    text = str(found) if args.format == "text" else printed
    answers.give(text, target, lambda format: _drawn(found, format))
    return 0


def _in_turn(kernels: tuple[Kernel, ...]) -> Kernel:
    """Return the one kernel that several come to, one after the other."""
    model = Sequential(*(Conv2D.from_kernels(kernel) for kernel in kernels))
    name = ", then ".join(kernel.name for kernel in kernels)
    return Kernel(name, collapse(model).weight[0, 0])


def _drawn(found: Xray, format: str) -> bytes:
    from minicnn import viz

    return viz.figure_bytes(viz.plot_xray(found, figure=viz.new_figure()), format)
