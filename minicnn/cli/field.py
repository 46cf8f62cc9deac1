"""``minicnn field``: which pixels one value sees, what one pixel can change, what saw padding."""

from __future__ import annotations

import argparse
import json
from typing import Any

from minicnn import Trace
from minicnn.cli import model, sources, values
from minicnn.cli.console import WrongCall, one_line, say
from minicnn.cli.outputs import Target
from minicnn.errors import ConfigError
from minicnn.explain import border_truth, projective_field, receptive_field

NAME = "field"
HELP = "Which pixels one value sees, what one pixel can change, what has seen padding"
EXAMPLES = (
    "photo.jpg --at 120,200 --kernels gaussian_5x5 --poke -o sees.png",
    "photo.jpg --border -o border.png",
)

_MOST_BYTES = 2 * 2**30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    parser.add_argument(
        "image", metavar="IMAGE", help="a picture, an http(s) address, or - for standard input"
    )
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
        "the last",
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
    out = parser.add_argument_group("output")
    out.add_argument(
        "--format", choices=("text", "json"), default="text", help="how it is printed; "
        "default: text"
    )  # fmt: skip
    out.add_argument(
        "-o",
        "--output",
        type=values.output,
        metavar="OUT",
        help="also draw it to this file: PNG, SVG or PDF by its suffix; - is standard output (and "
        "what is printed goes to standard error)",
    )
    out.add_argument(
        "--force", action="store_true", help="write over an existing file (never over an input)"
    )
    model.add_model_options(parser)
    sources.add_reading_options(parser).add_argument(
        "--max-bytes",
        type=values.size_in_bytes,
        default=_MOST_BYTES,
        metavar="SIZE",
        help="refuse maps that need more memory; default: 2GiB",
    )
