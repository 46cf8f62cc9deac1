"""``minicnn compare``: the same picture through two models, and the first step where they part."""

from __future__ import annotations

import argparse
import copy
import json
import shlex
from typing import NoReturn

from minicnn import Trace
from minicnn.cli import answers, learnt, model, sources, values
from minicnn.cli.console import WrongCall, one_line
from minicnn.errors import ConfigError
from minicnn.explain import Comparison, compare
from minicnn.shapes import Array

NAME = "compare"
HELP = "Say where two models part, step by step, and show the difference"
EXAMPLES = (
    "photo.jpg -k sobel --what-if '--mode zeros' -o differ.png",
    "photo.jpg --weights before.npz --what-if '--weights after.npz'",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    sources.add_image(parser)
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--what-if",
        required=True,
        metavar="OPTIONS",
        help="the options of the second model that are not those of the first, in quotes: "
        "'--stride 2', '-k prewitt --no-relu', '--weights other.npz'",
    )
    what.add_argument(
        "--step",
        type=values.name_or_number,
        metavar="STEP",
        help="the row of the table whose maps are drawn, by its step's name or its number (0 is "
        "the input); default: where they part",
    )
    what.add_argument(
        "--strict", action="store_true", help="leave with exit code 1 if their outputs differ"
    )
    answers.add_answer_options(parser, "text", "json", draw="draw the maps and their difference")
    _add_model(parser)
    sources.add_limits(parser)


def run(args: argparse.Namespace) -> int:
    """Print the comparison, draw it, and return the exit code."""
    if args.step is not None and args.output is None:
        raise WrongCall("--step says what is drawn: give -o OUT too")
    other = _changed(args)
    source = sources.Source(args.image)
    target = answers.target_of(args, source)
    pictures: dict[int | None, Array] = {}
    found = compare(*(_traced(one, source, pictures) for one in (args, other)))
    try:
        row = None if args.step is None else found.find(args.step)
    except ConfigError as error:
        raise WrongCall(one_line(error)) from error
    printed = json.dumps(found.to_dict(), indent=2, allow_nan=False)
    text = str(found) if args.format == "text" else printed
    answers.give(text, target, lambda format: _drawn(found, row, format))
    return 1 if args.strict and not found.agrees else 0


def _add_model(parser: argparse.ArgumentParser) -> None:
    model.add_model_options(parser)
    learnt.add_weights_option(parser, "look at the picture at the network's size")


class _Options(argparse.ArgumentParser):
    """Reads --what-if."""

    def error(self, message: str) -> NoReturn:
        """Raise for what is no option of a model."""
        raise WrongCall(f"--what-if: {' '.join(message.split())}")


def _changed(args: argparse.Namespace) -> argparse.Namespace:
    """Return the second model's options: the first one's, but for those of --what-if."""
    parser = _Options(add_help=False, allow_abbrev=False)
    _add_model(parser)
    try:
        words = shlex.split(args.what_if)
    except ValueError as error:
        raise WrongCall(f"--what-if: {error}") from error
    if not words:
        raise WrongCall("--what-if says nothing: write '--stride 2', say")
    other = copy.copy(args)
    other.kernels = None  # they would be added to those of the first
    other = parser.parse_args(words, other)
    other.kernels = other.kernels or args.kernels
    return other


def _traced(
    args: argparse.Namespace, source: sources.Source, pictures: dict[int | None, Array]
) -> Trace:
    """Return what one model does; a picture is read once for each number of channels."""
    taught = learnt.load(args)
    channels = model.channels(args)
    if channels not in pictures:
        if pictures and source.given == "-":
            raise WrongCall(
                "standard input is read once: give both models grey or colour, or a file"
            )
        pictures[channels] = source.load(args)
    x = pictures[channels]
    if taught is None:
        net = model.build_model(args, x.shape)
    else:
        net, x = learnt.whole(taught, x)
    return net.trace(x, max_bytes=args.max_bytes)


def _drawn(found: Comparison, row: int | None, format: str) -> bytes:
    from minicnn import viz

    figure = viz.plot_comparison(found, row=row, figure=viz.new_figure())
    return viz.figure_bytes(figure, format)
