"""``minicnn predict``: pictures in, what a network that was taught takes them for out."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from typing import Any

from minicnn.classifier import Classifier
from minicnn.cli import sources, values
from minicnn.cli.console import count, one_line, say, shown
from minicnn.cli.sources import Source
from minicnn.errors import MiniCNNError
from minicnn.explain.border_truth import percent

NAME = "predict"
HELP = "Say what pictures show, by a network that 'train' taught"
EXAMPLES = ("seven.png --weights mnist.npz", "photos/ --weights animals.npz --top 1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="a picture, a folder of pictures, an http(s) address, or - for standard input",
    )
    parser.add_argument(
        "-w",
        "--weights",
        type=values.weights_file,
        metavar="W",
        required=True,
        help="the file that 'train' wrote",
    )
    parser.add_argument(
        "--top", type=values.whole, default=3, metavar="N", help="show N classes; default: 3"
    )
    parser.add_argument(
        "--invert",
        action="store_true",
        help="swap black and white first: the digits it learnt from are white on black",
    )
    sources.add_reading_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print a line for each picture; go on past a bad one, and list those at the end."""
    taught = Classifier.load(args.weights)
    args.colour = "grey" if taught.channels == 1 else "summed"
    found: list[Source] = []
    failures: list[str] = []
    for text in args.images:
        try:
            found += sources.pictures_in(text) if os.path.isdir(text) else [Source(text)]
        except (MiniCNNError, OSError) as error:
            failures.append(one_line(error))
    total = len(found) + len(failures)
    alike = Counter(source.title for source in found)
    for source in found:
        try:
            answer = _answer(taught, source, args)
        except (MiniCNNError, OSError, MemoryError) as error:
            failures.append(f"{shown(source.given)}: {one_line(error)}")
            continue
        name = source.title if alike[source.title] == 1 else source.given
        say(f"{shown(name)}: {answer}")
    if failures and total == 1:
        say(f"minicnn: {failures[0]}", error=True)
    elif failures:
        say(f"{len(failures)} of {count(total, 'picture')} failed:", error=True)
        for failure in failures:
            say(f"  {failure}", error=True)
    return 1 if failures else 0


def _answer(taught: Classifier, source: Source, args: Any) -> str:
    x = source.load(args)
    (ranked,) = taught.ranked(1 - x if args.invert else x)
    return ", ".join(f"{name} {percent(share)}" for name, share in ranked[: args.top])
