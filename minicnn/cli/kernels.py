"""``minicnn kernels``: the bank of kernels, as text or drawn."""

from __future__ import annotations

import argparse
import textwrap

from minicnn.cli import outputs, values
from minicnn.cli.console import count, say
from minicnn.kernels import BANK, FAMILIES, STACKS, Kernel

NAME = "kernels"
HELP = "List the kernels by family, show the numbers of some, or draw them"
EXAMPLES = ("sobel_x gaussian_5x5", "kirsch -o kirsch.png")

_WIDTH = 79


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    parser.add_argument(
        "kernels",
        nargs="*",
        type=values.kernel_text,
        metavar="KERNELS",
        help="names, families, or a matrix ('1 0 -1; 2 0 -2; 1 0 -1'), to see their numbers and "
        "where they are from; default: the list of all",
    )
    outputs.add_output_options(parser, "draw them")


def run(args: argparse.Namespace) -> int:
    """List them, show them or draw them."""
    found = values.together(args.kernels)
    if args.output is None:
        outputs.refuse_format_without_output(args)
        say(_list() if not found else "\n\n".join(_story(kernel) for kernel in found))
        return 0
    target = outputs.Target(args.output, args.format, args.force)
    target.check()
    from minicnn import viz

    figure = viz.plot_kernels(
        found or tuple(BANK.values()),
        max_kernels=max(len(found), len(BANK)),
        figure=viz.new_figure(),
    )
    target.write(viz.figure_bytes(figure, target.format))
    say(f"{target.shown}: {count(len(found) or len(BANK), 'kernel')}", error=target.is_stdout)
    return 0


def _list() -> str:
    """Return the names and meanings of all kernels, by family, then the stacks."""
    width = max(map(len, BANK)) + 4
    parts = []
    for family, names in FAMILIES.items():
        parts.append(family)
        parts += [_entry(name, BANK[name].meaning, width) for name in names]
        parts.append("")
    parts.append("stacks (names for several)")
    parts += [_entry(name, _members(members), width) for name, members in STACKS.items()]
    return "\n".join(parts)


def _members(members: tuple[str, ...]) -> str:
    return f"all {len(BANK)} kernels" if len(members) == len(BANK) else ", ".join(members)


def _entry(name: str, text: str, width: int) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=f"  {name}".ljust(width),
        subsequent_indent=" " * width,
        break_on_hyphens=False,
    )


def _story(kernel: Kernel) -> str:
    """Return a kernel's name, meaning, source and numbers."""
    lines = str(kernel).splitlines()
    texts = 2 if kernel.source else 1
    wrapped = [textwrap.fill(line, _WIDTH, subsequent_indent="    ") for line in lines[:texts]]
    return "\n".join(wrapped + lines[texts:])
