"""``minicnn doctor``: what is wrong with a model's maps, by what it shows, why, and what to do."""

from __future__ import annotations

import argparse
import json

from minicnn import Trace
from minicnn.cli import answers, learnt, model, sources
from minicnn.cli.console import WrongCall
from minicnn.explain import Diagnosis, diagnose

NAME = "doctor"
HELP = "Say which maps are flat, dead, copies, saturated or not finite: why, and what to do"
EXAMPLES = ("photo.jpg --kernels all", "photo.jpg --weights net.npz --steps -o sick.png")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    sources.add_image(parser)
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--steps",
        action="store_true",
        help="also print a table of the steps: each one's range, its zeros, and what is sick",
    )
    what.add_argument(
        "--strict", action="store_true", help="leave with exit code 1 if there is a finding"
    )
    answers.add_answer_options(parser, "text", "json", draw="draw the sick maps")
    model.add_model_options(parser)
    learnt.add_weights_option(parser, "ask about its maps, of the picture at its own size")
    sources.add_limits(parser)


def run(args: argparse.Namespace) -> int:
    """Examine the maps, say what was found, and return the exit code."""
    if args.steps and args.format == "json":
        raise WrongCall("--steps prints a table, as text: leave out --format json")
    taught = learnt.load(args)
    source = sources.Source(args.image)
    target = answers.target_of(args, source)
    x = source.load(args)
    net, x = learnt.net_of(taught, args, x)
    diagnosis = diagnose(net.trace(x, max_bytes=args.max_bytes))
    answers.give(_printed(diagnosis, args), target, lambda format: _drawn(diagnosis, format))
    return 1 if args.strict and not diagnosis.is_well else 0


def brief(trace: Trace) -> list[str]:
    """Return a line for each finding, for what another command says; none if all is well."""
    return [f"doctor: {line}" for line in diagnose(trace).headlines]


def _printed(diagnosis: Diagnosis, args: argparse.Namespace) -> str:
    if args.format == "json":
        return json.dumps(diagnosis.to_dict(), indent=2, allow_nan=False)
    return f"{diagnosis.table()}\n\n{diagnosis}" if args.steps else str(diagnosis)


def _drawn(diagnosis: Diagnosis, format: str) -> bytes:
    from minicnn import viz

    return viz.figure_bytes(viz.plot_diagnosis(diagnosis, figure=viz.new_figure()), format)
