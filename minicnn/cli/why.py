"""``minicnn why``: which pixels the answer of a network that was taught rests on."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from minicnn import Layer
from minicnn.classifier import Classifier
from minicnn.cli import answers, learnt, sources, values
from minicnn.cli.console import WrongCall, shown
from minicnn.explain import (
    Attribution,
    Trust,
    grad_cam,
    gradient_times_input,
    integrated_gradients,
    occlusion,
    rather_than,
    saliency,
    trust,
)
from minicnn.explain.border_truth import percent
from minicnn.shapes import Array

NAME = "why"
HELP = "Say which pixels an answer rests on, several ways, and whether to trust them"
EXAMPLES = (
    "seven.png --weights mnist.npz -o why.png",
    "seven.png --weights mnist.npz --class 1 --rather-than 7",
)
METHODS = ("occlusion", "saliency", "gradient-times-input", "integrated-gradients", "grad-cam")
_PATCHES = 6
"""Occlusion covers about such a part of the picture's rows, and of its columns, at a time."""

Method = Callable[[Layer, Array, Any], Attribution]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    sources.add_image(parser)
    parser.add_argument(
        "-w",
        "--weights",
        type=values.weights_file,
        metavar="W",
        required=True,
        help="the file that 'train' wrote",
    )
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--class",
        dest="answer",
        type=values.name_or_number,
        metavar="CLASS",
        help="what speaks for this class, by its name or its number; default: for its answer",
    )
    what.add_argument(
        "--rather-than",
        dest="other",
        type=values.name_or_number,
        metavar="CLASS",
        help="what speaks for it and not for this other class",
    )
    what.add_argument(
        "--method",
        choices=METHODS,
        action="append",
        metavar="METHOD",
        help=f"how it is asked: {', '.join(METHODS)}; may be repeated; default: all five",
    )
    what.add_argument(
        "--blank",
        type=values.brightness,
        default=0.0,
        metavar="V",
        help="how bright a pixel is where there is nothing, from 0 (black) to 1 (white): what "
        "occlusion covers with, and where integrated gradients begin; default: 0",
    )
    what.add_argument(
        "--trust",
        action="store_true",
        help="ask again with the weights shuffled, and say (and draw) whether that is another "
        "explanation",
    )
    what.add_argument(
        "--invert", action="store_true", help="swap black and white first, as for 'predict'"
    )
    answers.add_answer_options(parser, "text", "json")
    sources.add_reading_options(parser)


def run(args: argparse.Namespace) -> int:
    """Ask why, and return the exit code."""
    source = sources.Source(args.image)
    target = answers.target_of(args, source)
    taught = Classifier.load(args.weights)
    args.colour = "grey" if taught.channels == 1 else "summed"
    loaded = source.load(args)
    net, x = learnt.whole(taught, 1 - loaded if args.invert else loaded)
    (ranked,) = taught.ranked(x)
    answer = _class(taught, args.answer, ranked[0][0])
    name = taught.classes[answer]
    asked, output, title = net, answer, f"Why {name}? Its share is {percent(dict(ranked)[name])}"
    if args.other is not None:
        other = _class(taught, args.other, name)
        if other == answer:
            raise WrongCall(f"--rather-than {shown(name)} is the class itself: name another")
        asked, output = rather_than(net, answer, other), 0
        name = f"{name} rather than {taught.classes[other]}"
        title = f"Why {name}?"
    methods = _methods(args, x)
    found: list[Any] = [
        trust(asked, x, output, method=method)
        if args.trust
        else replace(method(asked, x, output), answer=name)
        for method in methods
    ]
    likely = ", ".join(f"{name} {percent(share)}" for name, share in ranked[:3])
    head = f"{shown(source.title)}: {likely}\nwhat speaks for {name}"
    if args.format == "json":
        text = _json(name, ranked, found)
    else:
        text = "\n\n".join([head, *map(str, found)])
    answers.give(text, target, lambda format: _drawn(found, title, format))
    return 0


def _class(taught: Classifier, given: str | int | None, best: str) -> int:
    """Return the number of the class that is asked about."""
    name = best if given is None else str(given)
    if name in taught.classes:
        return taught.classes.index(name)  # digits are named as they are numbered
    if isinstance(given, int) and 0 <= given < len(taught.classes):
        return given
    known = ", ".join(taught.classes[:12]) + (", ..." if len(taught.classes) > 12 else "")
    raise WrongCall(f"there is no class {shown(name)}: the network knows {known}")


def _methods(args: argparse.Namespace, x: Array) -> list[Method]:
    size = tuple(max(1, round(n / _PATCHES)) for n in x.shape[2:])
    stride = tuple(max(1, n // 2) for n in size)
    blank = args.blank
    every: dict[str, Method] = {
        "occlusion": lambda m, x, t: occlusion(m, x, t, size=size, stride=stride, fill=blank),
        "saliency": saliency,
        "gradient-times-input": gradient_times_input,
        "integrated-gradients": lambda m, x, t: integrated_gradients(m, x, t, baseline=blank),
        "grad-cam": grad_cam,
    }
    return [every[name] for name in dict.fromkeys(args.method or METHODS)]


def _json(name: str, ranked: list[tuple[str, float]], found: list[Any]) -> str:
    data = {
        "class": name,
        "classes": [{"class": one, "share": share} for one, share in ranked],
        "answers": [one.to_dict() for one in found],
    }
    return json.dumps(data, indent=2, allow_nan=False)


def _drawn(found: list[Any], title: str, format: str) -> bytes:
    from minicnn import viz

    draw = viz.plot_trust if isinstance(found[0], Trust) else viz.plot_attribution
    return viz.figure_bytes(draw(*found, title=title, figure=viz.new_figure()), format)
