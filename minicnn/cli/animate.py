"""``minicnn animate``: a kernel on its way over a picture, moving or in stills."""

from __future__ import annotations

import argparse
import re
from typing import Any

from minicnn import Conv2D, Layer, Trace, images
from minicnn.cli import learnt, model, outputs, sources, values
from minicnn.cli.console import WrongCall, count, one_line, say
from minicnn.cli.outputs import Target
from minicnn.errors import ConfigError
from minicnn.ops.arrays import check_bytes
from minicnn.shapes import Array

NAME = "animate"
HELP = "Watch a kernel slide over a picture: products, sum, and the output as it grows"
EXAMPLES = (
    "photo.jpg -o sobel.gif --kernels sobel_x --size 12",
    "seven.png -o strip.pdf --weights mnist.npz --step conv2d_2 --frames 0,20,40",
)

_SIZE = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    sources.add_image(parser)
    outputs.add_output_options(parser, "draw the animation, or a filmstrip of stills,", moves=True)
    what = parser.add_argument_group("what is shown")
    what.add_argument(
        "--filmstrip",
        action="store_true",
        help="a few stills side by side, for print; so are PNG, SVG and PDF",
    )
    what.add_argument(
        "--size",
        type=values.picture_size,
        default=_SIZE,
        metavar="N",
        help="shrink the picture to at most N rows and columns, so that numbers can be read, or "
        "full; default: 16",
    )
    what.add_argument(
        "--channel",
        metavar="MAP",
        default="0",
        help="the feature map, by its kernel's name or its number; default: 0",
    )
    what.add_argument(
        "--step",
        type=values.name_or_number,
        metavar="STEP",
        help="with --weights: which convolution, by its step's name or number; default: the first",
    )
    what.add_argument(
        "--frames",
        type=values.stops,
        metavar="STOPS",
        help="which stops of the window: 0:100:2 (from, up to, every), or 0,24,48; default: all, "
        "or every n-th of many; three for a filmstrip",
    )
    what.add_argument(
        "--milliseconds",
        type=values.milliseconds,
        metavar="MS",
        help="how long each frame stands; default: as long as 20 seconds in all allow, from 60 to "
        "400",
    )
    model.add_model_options(parser, relu=False)
    learnt.add_weights_option(
        parser, "watch its first convolution, or that of --step, on the picture at its own size"
    )
    sources.add_limits(parser)


def run(args: argparse.Namespace) -> int:
    """Draw it, and return the exit code."""
    taught = learnt.load(args, relu=False)
    if taught is None and args.step is not None:
        raise WrongCall("--step is for a network that learnt: give --weights too, or leave it out")
    if taught is not None and args.size != _SIZE:
        raise WrongCall("--weights brings pictures to the network's own size: leave out --size")
    source = sources.Source(args.image)
    target = _target(args, source)
    target.check()
    x = source.load(args)
    net: Layer
    if taught is None:
        x = _shrunk(x, args.size)
        net = model.build_model(args, x.shape)
        check_bytes("animate", net.output_shape(x.shape), x.dtype, args.max_bytes)
    else:
        whole, x = learnt.whole(taught, x)
        net, x = _convolution(whole.trace(x, max_bytes=args.max_bytes), args.step)
    try:
        data, what = _drawn(net, x, args, target.format)
    except ConfigError as error:  # a map or stops that this picture does not have
        raise WrongCall(one_line(error)) from error
    target.write(data)
    say(f"{target.shown}: {what}", error=target.is_stdout)
    return 0


def _convolution(trace: Trace, step: str | int | None) -> tuple[Layer, Array]:
    """Return a step that is a convolution, the first if none is chosen, and what comes in."""
    known = [each.name for each in trace if isinstance(each.layer, Conv2D)]
    try:
        found = trace[known[0] if step is None else step]
    except ConfigError as error:
        raise WrongCall(one_line(error)) from error
    if not isinstance(found.layer, Conv2D):
        raise WrongCall(f"{found.name} is no convolution: --step is one of {', '.join(known)}")
    return found.layer, found.input


def _target(args: argparse.Namespace, source: sources.Source) -> Target:
    """Return the file to write; GIF if nothing else is said."""
    still = "filmstrip" if args.filmstrip else "animation"
    format = args.format or ("png" if args.filmstrip else "gif")
    name = args.output or f"{source.stem}-{still}.{format}"
    target = Target(name, format if name == "-" else args.format, args.force, (source.file,))
    if args.filmstrip and target.format == "gif":
        raise WrongCall("--filmstrip is a still: write it to a PNG, SVG or PDF file")
    if args.milliseconds is not None and target.format != "gif":
        raise WrongCall("--milliseconds is for what moves, a GIF: leave it out")
    return target


def _shrunk(x: Array, size: int | None) -> Array:
    """Return the picture with at most so many rows and columns, not distorted."""
    height, width = x.shape[2:]
    longest = max(height, width)
    if size is None or longest <= size:
        return x
    return images.resize(x, (max(1, height * size // longest), max(1, width * size // longest)))


def _drawn(net: Layer, x: Array, args: argparse.Namespace, format: str) -> tuple[bytes, str]:
    """Return the content of the file, and what it shows."""
    from minicnn import explain, viz

    channel: Any = int(args.channel) if re.fullmatch("[0-9]{1,9}", args.channel) else args.channel
    slide = explain.sliding_window(net, x, channel=channel)
    stops: Any = args.frames
    if isinstance(stops, slice):
        stops = range(*stops.indices(len(slide)))
    if format == "gif":
        animation = viz.animate_convolution(
            net, x, channel=channel, frames=stops, milliseconds=args.milliseconds
        )
        some = f"{len(animation):,} of " if len(animation) != len(slide) else ""
        return animation.gif(), f"{slide.name}, {some}{count(len(slide), 'stop')}"
    figure = viz.plot_filmstrip(net, x, channel=channel, stops=stops, figure=viz.new_figure())
    return viz.figure_bytes(figure, format), f"{slide.name}, stills of {count(len(slide), 'stop')}"
