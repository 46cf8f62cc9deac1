"""``minicnn explain``: why one value of a feature map is what it is."""

from __future__ import annotations

import argparse
import json
from typing import Any

from minicnn import Trace
from minicnn.cli import answers, model, sources, values
from minicnn.cli.console import WrongCall, one_line
from minicnn.errors import ConfigError
from minicnn.explain import Ledger, pixel
from minicnn.ops.arrays import image_batch

NAME = "explain"
HELP = "Explain one value of a feature map: patch times kernel, summed and checked"
EXAMPLES = (
    "photo.jpg --at 120,200 --channel sobel_x",
    "photo.jpg --at 120,200 --kernels kirsch --format latex -o why.png",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    sources.add_image(parser)
    what = parser.add_argument_group("the value")
    what.add_argument(
        "--at",
        type=values.place,
        required=True,
        metavar="ROW,COLUMN",
        help="where it stands in the map, counted from 0",
    )
    what.add_argument(
        "--step",
        type=values.name_or_number,
        metavar="STEP",
        help="the step's name or number: pad, conv2d, relu, or 0, 1, 2; default: conv2d",
    )
    what.add_argument(
        "--channel",
        type=values.name_or_number,
        metavar="MAP",
        help="the map's name or number, such as sobel_x or 0; default: the one that answers most "
        "strongly there",
    )
    what.add_argument(
        "--back",
        action="store_true",
        help="also follow it back to the picture, along the terms that bring most",
    )
    answers.add_answer_options(parser, "text", "latex", "json")
    model.add_model_options(parser)
    sources.add_limits(parser)


def run(args: argparse.Namespace) -> int:
    """Explain the value, and return the exit code."""
    if args.back and args.format == "latex":
        raise WrongCall("--back prints a tree, as text or json: leave out --format latex")
    source = sources.Source(args.image)
    target = answers.target_of(args, source)
    x = source.load(args)
    net = model.build_model(args, x.shape)
    trace = net.trace(x, max_bytes=args.max_bytes)
    ledger = _ledger(trace, args)
    answers.give(_printed(ledger, args), target, lambda format: _drawn(ledger, format))
    return 0


def _ledger(trace: Trace, args: argparse.Namespace) -> Ledger:
    row, column = args.at
    try:
        step = _default_step(trace) if args.step is None else args.step
        channel = args.channel
        if channel is None:
            channel = _strongest(trace, step, row, column)
        return pixel(trace, None, step, channel, row, column)
    except ConfigError as error:  # a place that this picture's maps do not have
        raise WrongCall(one_line(error)) from error


def _strongest(trace: Trace, step: Any, row: int, column: int) -> int:
    """Return the map whose value at a place is furthest from 0; 0 where there is no such place."""
    maps = image_batch(trace[step].output, "explain")[0]
    if row >= maps.shape[1] or column >= maps.shape[2]:
        return 0  # `pixel` says what is wrong
    return int(abs(maps[:, row, column]).argmax())


def _default_step(trace: Trace) -> str:
    return "conv2d" if "conv2d" in trace.names else trace.names[-1]


def _printed(ledger: Ledger, args: argparse.Namespace) -> str:
    if args.format == "latex":
        return ledger.to_latex()
    if args.format == "json":
        data = ledger.to_dict()
        if args.back:
            data["back"] = ledger.trace_back().to_dict()
        return json.dumps(data, indent=2, allow_nan=False)
    text = str(ledger)
    return f"{text}\n\nback to the picture\n{ledger.trace_back()}" if args.back else text


def _drawn(ledger: Ledger, format: str) -> bytes:
    from minicnn import viz

    return viz.figure_bytes(viz.plot_ledger(ledger, figure=viz.new_figure()), format)
