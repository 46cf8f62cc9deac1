"""``minicnn field``: which pixels one value sees, what one pixel can change, what saw padding."""

from __future__ import annotations

import argparse
import json
from typing import Any

from minicnn import Trace
from minicnn.cli import answers, learnt, model, sources, values
from minicnn.cli.console import WrongCall, one_line, say
from minicnn.errors import ConfigError
from minicnn.explain import border_truth, projective_field, receptive_field

NAME = "field"
HELP = "Which pixels one value sees, what one pixel can change, what has seen padding"
EXAMPLES = (
    "photo.jpg --at 120,200 --kernels gaussian_5x5 --poke -o sees.png",
    "photo.jpg --border -o border.png",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    sources.add_image(parser)
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--at",
        type=values.place,
        metavar="ROW,COLUMN",
        help="where the value stands in its step's maps, counted from 0; default: the middle",
    )
    what.add_argument(
        "--step",
        type=values.name_or_number,
        metavar="STEP",
        help="the value's step, by its name or number: pad, conv2d, relu, or 0, 1, 2; default: "
        "the last that does not see the whole picture",
    )
    way = what.add_mutually_exclusive_group()
    way.add_argument(
        "--changes",
        action="store_true",
        help="the other way round: --at is a pixel of the picture; what can it change?",
    )
    way.add_argument(
        "--border",
        action="store_true",
        help="which values of every step have seen padding, and how much of their weight it is",
    )
    what.add_argument(
        "--poke",
        action="store_true",
        help="prove it: put NaN into the picture, or into the padding, and see what it reaches",
    )
    answers.add_answer_options(parser, "text", "json")
    model.add_model_options(parser)
    learnt.add_weights_option(parser, "ask about its steps, of the picture at its own size")
    sources.add_limits(parser)


def run(args: argparse.Namespace) -> int:
    """Print what was found, draw it, and return the exit code."""
    _check_call(args)
    taught = learnt.load(args)
    source = sources.Source(args.image)
    target = answers.target_of(args, source)
    x = source.load(args)
    net, x = learnt.net_of(taught, args, x)
    trace = net.trace(x, max_bytes=args.max_bytes)
    if args.step is None and not (args.border or args.changes):
        args.step = _last_that_chooses(trace)
    try:
        found = _found(trace, args)
    except ConfigError as error:  # a place that this picture's maps do not have
        raise WrongCall(one_line(error)) from error
    proof = found.poke() if args.poke else None
    answers.give(_printed(found, proof, args), target, lambda format: _drawn(trace, args, format))
    return 0


def _check_call(args: argparse.Namespace) -> None:
    """Raise for options that do not go together."""
    if args.border and args.at is not None:
        raise WrongCall("--border tells of whole steps: leave out --at")
    if args.step is not None and (args.border or args.changes):
        raise WrongCall("--step says where the value of --at stands: leave it out here")


def _found(trace: Trace, args: argparse.Namespace) -> Any:
    if args.border:
        return border_truth(trace)
    row, column = (None, None) if args.at is None else args.at
    if args.changes:
        return projective_field(trace, row, column)
    return receptive_field(trace, args.step, row=row, column=column)


def _last_that_chooses(trace: Trace) -> str:
    """Return the last step whose values do not see the whole picture: of others, all is said.

    Where there is none, the last of all; where it is not the last of all, that is told.
    """
    steps, last = receptive_field(trace).steps, trace.names[-1]
    whole = trace.input.shape[2:]
    for step in reversed(steps[1:]):
        size = (1, 1) if step.field is None else step.field.size
        if size != (1, 1) and (size[0] < whole[0] or size[1] < whole[1]):
            if step.step != last:
                say(f"{step.step}: the last step that does not see the whole picture", error=True)
            return step.step
    return last


def _printed(found: Any, proof: Any, args: argparse.Namespace) -> str:
    if args.format == "text":
        return str(found) if proof is None else f"{found}\n\n{proof}"
    data = found.to_dict()
    if proof is not None:
        data["poke"] = {"agrees": proof.agrees, "says": str(proof)}
    return json.dumps(data, indent=2, allow_nan=False)


def _drawn(trace: Trace, args: argparse.Namespace, format: str) -> bytes:
    from minicnn import viz

    figure = viz.new_figure()
    row, column = (None, None) if args.at is None else args.at
    if args.border:
        viz.plot_border_truth(trace, None, figure=figure)
    elif args.changes:
        viz.plot_projective_field(trace, None, row, column, figure=figure)
    else:
        viz.plot_receptive_field(trace, None, args.step, row, column, figure=figure)
    return viz.figure_bytes(figure, format)
