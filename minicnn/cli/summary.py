"""``minicnn summary``: the table of the model that ``minicnn maps`` would run."""

from __future__ import annotations

import argparse

from minicnn import images
from minicnn.cli import model, sources, values
from minicnn.cli.console import WrongCall, say

NAME = "summary"
HELP = "Print sizes, parameters, costs and receptive fields of the model that 'maps' runs"
EXAMPLES = ("photo.jpg", "--input 224,224 --kernels kirsch --stride 2")


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
    """Print the table."""
    wanted = model.channels(args)
    if args.input is not None:
        if args.image is not None:
            raise WrongCall("give a picture or --input, not both")
        shape = args.input
        if wanted == 1 and shape[1] != 1:
            raise WrongCall(
                f"--input with {shape[1]} channels needs --colour summed or --colour each: "
                f"without it, pictures are made grey"
            )
    elif args.image is None:
        shape = images.photograph(channels=wanted).shape
    else:
        shape = sources.Source(args.image).load(args).shape
    say(str(model.build_model(args, shape).summary(shape)))
    return 0
