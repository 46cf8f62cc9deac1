"""``minicnn explain``: why one value of a feature map is what it is."""

from __future__ import annotations

import argparse
import json

from minicnn import Trace
from minicnn.classifier import Classifier
from minicnn.cli import answers, learnt, model, sources, values
from minicnn.cli.console import WrongCall, one_line
from minicnn.errors import ConfigError
from minicnn.explain import Ledger, pixel
from minicnn.explain.ledger_layers import as_maps
from minicnn.explain.ledger_numbers import clipped
from minicnn.shapes import Array

NAME = "explain"
HELP = "Explain one value of a feature map: patch times kernel, summed and checked"
EXAMPLES = (
    "photo.jpg --at 120,200 --channel sobel_x --format latex -o why.png",
    "seven.png --weights mnist.npz --channel 7 --back",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    sources.add_image(parser)
    what = parser.add_argument_group("the value")
    what.add_argument(
        "--at",
        type=values.place,
        metavar="ROW,COLUMN",
        help="where it stands in the map, counted from 0; plain numbers, as at the end of a "
        "network that learnt, have no such place",
    )
    what.add_argument(
        "--step",
        type=values.name_or_number,
        metavar="STEP",
        help="the step's name or number: pad, conv2d, relu, or 0, 1, 2; default: conv2d; without "
        "--at, what a network that learnt says in the end",
    )
    what.add_argument(
        "--channel",
        type=values.name_or_number,
        metavar="MAP",
        help="the map's name or number, such as sobel_x or 0, or a class of a network that "
        "learnt; default: the one that answers most strongly there",
    )
    what.add_argument(
        "--back",
        action="store_true",
        help="also follow it back to the picture, along the terms that bring most",
    )
    answers.add_answer_options(parser, "text", "latex", "json")
    model.add_model_options(parser)
    learnt.add_weights_option(parser, "ask about its values, of the picture at its own size")
    sources.add_limits(parser)


def run(args: argparse.Namespace) -> int:
    """Explain the value, and return the exit code."""
    if args.back and args.format == "latex":
        raise WrongCall("--back prints a tree, as text or json: leave out --format latex")
    taught = learnt.load(args)
    if taught is None and args.at is None:
        raise WrongCall("--at ROW,COLUMN is missing: which value of the map?")
    source = sources.Source(args.image)
    target = answers.target_of(args, source)
    net, x = learnt.net_of(taught, args, source.load(args))
    trace = net.trace(x, max_bytes=args.max_bytes)
    try:
        ledger = _ledger(trace, taught, args)
    except ConfigError as error:  # a place that this picture's maps do not have
        raise WrongCall(one_line(error)) from error
    answers.give(
        _printed(ledger, taught, args), target, lambda format: _drawn(ledger, taught, format)
    )
    return 0


def _ledger(trace: Trace, taught: Classifier | None, args: argparse.Namespace) -> Ledger:
    default = "conv2d" if args.at is not None and "conv2d" in trace.names else -1
    step = default if args.step is None else args.step
    maps = as_maps(trace[step].output[0])
    if args.at is None and maps.shape[1:] != (1, 1):
        high, wide = maps.shape[1:]
        raise WrongCall(
            f"--at ROW,COLUMN is missing: the maps of {trace[step].name} have {high} rows of {wide}"
        )
    row, column = args.at or (0, 0)
    channel = args.channel
    if channel is None:
        channel = _strongest(maps, row, column)
    elif taught is not None and trace[step] is trace[-1] and channel in taught.classes:
        channel = taught.classes.index(channel)
    return pixel(trace, None, step, channel, row, column)


def _strongest(maps: Array, row: int, column: int) -> int:
    """Return the map whose value at a place is furthest from 0; 0 where there is no such place.

    Of plain numbers, the largest: the class that a network answers with.
    """
    if row >= maps.shape[1] or column >= maps.shape[2]:
        return 0  # `pixel` says what is wrong
    there = maps[:, row, column]
    return int((there if maps.shape[1:] == (1, 1) else abs(there)).argmax())


def _class_of(ledger: Ledger, taught: Classifier | None) -> str | None:
    """Return the class that the value is the score of, if it is one."""
    if taught is None or ledger.position != len(ledger.recording.trace) - 1:
        return None
    return taught.classes[ledger.place.channel]


def _printed(ledger: Ledger, taught: Classifier | None, args: argparse.Namespace) -> str:
    named = _class_of(ledger, taught)
    if args.format == "latex":
        return ledger.to_latex()
    if args.format == "json":
        data = ledger.to_dict() | ({} if named is None else {"class": named})
        if args.back:
            data["back"] = ledger.trace_back().to_dict()
        return json.dumps(data, indent=2, allow_nan=False)
    text = str(ledger)
    if named is not None:
        text = clipped(f"the score of {named!r}:") + f"\n{text}"
    return f"{text}\n\nback to the picture\n{ledger.trace_back()}" if args.back else text


def _drawn(ledger: Ledger, taught: Classifier | None, format: str) -> bytes:
    from minicnn import viz

    named = _class_of(ledger, taught)
    title = None if named is None else f"Why is the score of {named!r} what it is?"
    figure = viz.plot_ledger(ledger, title=title, figure=viz.new_figure())
    return viz.figure_bytes(figure, format)
