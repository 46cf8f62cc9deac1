"""``minicnn summary``: the table of the model that ``minicnn maps`` would run."""

from __future__ import annotations

import argparse

from minicnn import Sequential, images
from minicnn.cli import doctor, model, sources, values
from minicnn.cli.console import WrongCall, say
from minicnn.errors import LimitError
from minicnn.shapes import Array

NAME = "summary"
HELP = "Print sizes, parameters, costs and receptive fields of the model that 'maps' runs"
EXAMPLES = ("photo.jpg", "--input 224,224 --kernels kirsch --stride 2")

_MOST_BYTES = 2**28
"""Larger maps are not made for a table of sizes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    parser.add_argument(
        "image",
        nargs="?",
        metavar="IMAGE",
        help="a picture, an http(s) address, or - for standard input; default: the photograph of "
        "the first run",
    )
    parser.add_argument(
        "--input",
        type=values.input_shape,
        metavar="C,H,W",
        help="no picture, only its size: channels, rows, columns",
    )
    model.add_model_options(parser)
    sources.add_reading_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print the table, and below it what is wrong with the picture's maps, if anything is."""
    wanted = model.channels(args)
    x = None
    if args.input is not None:
        if args.image is not None:
            raise WrongCall("give a picture or --input, not both")
        shape = args.input
        if wanted == 1 and shape[1] != 1:
            raise WrongCall(
                f"--input with {shape[1]} channels needs --colour summed or --colour each: "
                f"without it, pictures are made grey"
            )
    else:
        named = args.image is not None
        x = sources.Source(args.image).load(args) if named else images.photograph(channels=wanted)
        shape = x.shape
    net = model.build_model(args, shape)
    say(str(net.summary(shape)))
    for line in [] if x is None else _findings(net, x):
        say(line)
    return 0


def _findings(net: Sequential, x: Array) -> list[str]:
    try:
        return doctor.brief(net.trace(x, max_bytes=_MOST_BYTES))
    except LimitError:
        return ["doctor: not asked, the maps are large; 'minicnn doctor' looks at them"]
