"""The options that make a model, and the model they make: what `maps` runs and `summary` shows."""

from __future__ import annotations

import argparse

from minicnn import Conv2D, Layer, Pad, ReLU, Sequential
from minicnn.cli import values
from minicnn.shapes import Shape, Window

COLOURS = ("red", "green", "blue")
MODES = ("reflect", "zeros", "replicate", "circular")


def add_model_options(parser: argparse.ArgumentParser, *, relu: bool = True) -> None:
    """Add what decides which model is run; without `relu`, it ends with the convolution."""
    group = parser.add_argument_group("the model")
    group.add_argument(
        "-k",
        "--kernels",
        type=values.kernel_text,
        action="append",
        metavar="KERNELS",
        help="names or families (sobel_x,kirsch), or a matrix ('0 -1 0; -1 4 -1; 0 -1 0'); "
        "may be repeated; default: edges, a stack of eight",
    )
    group.add_argument(
        "--stride", type=values.stride, default=1, metavar="S", help="steps of S pixels; default: 1"
    )
    group.add_argument(
        "--dilation",
        type=values.stride,
        default=1,
        metavar="D",
        help="put the kernel's values D pixels apart; default: 1",
    )
    group.add_argument(
        "--padding",
        type=values.padding,
        default="same",
        metavar="P",
        help="pixels added around the picture, or same (maps keep its size; the default), or valid "
        "(none)",
    )
    group.add_argument(
        "--mode",
        choices=MODES,
        default="reflect",
        help="what the padding is filled with; default: reflect",
    )
    colour = group.add_mutually_exclusive_group()
    colour.add_argument(
        "--grey",
        "--gray",
        dest="colour",
        action="store_const",
        const="grey",
        default="grey",
        help="look at the picture in grey (the default)",
    )
    colour.add_argument(
        "--colour",
        "--color",
        dest="colour",
        choices=("summed", "each"),
        help="look at red, green and blue: summed to one map for a kernel, as in a CNN, or each by "
        "itself, as in a picture editor",
    )
    if not relu:
        parser.set_defaults(relu=False)
        return
    group.add_argument(
        "--no-relu",
        dest="relu",
        action="store_false",
        help="keep what is below 0 (dark-to-light edges and light-to-dark ones)",
    )


def channels(args: argparse.Namespace) -> int | None:
    """Return how many channels a picture is loaded with: None keeps what it has."""
    return 1 if args.colour == "grey" else None


def build_model(args: argparse.Namespace, shape: Shape) -> Sequential:
    """Return the model for pictures of this shape, (N, C, H, W).

    The padding is a layer of its own, so that it can have any mode and be seen; "same" is worked
    out for the picture.
    """
    _, in_channels, height, width = shape
    kernels = values.together(args.kernels or [values.kernel_text("edges")])
    size = max(k.shape[0] for k in kernels), max(k.shape[1] for k in kernels)
    sides = Window.over(height, width, size, args.stride, args.padding, args.dilation).padding
    layers: list[Layer] = []
    if sides != ((0, 0), (0, 0)):
        layers.append(Pad(sides, mode=args.mode))
    each = args.colour == "each"
    conv = Conv2D.from_kernels(
        kernels,
        in_channels=in_channels,
        per_channel=each,
        stride=args.stride,
        dilation=args.dilation,
    )
    if each and in_channels == len(COLOURS):
        conv.names = tuple(f"{kernel.name}, {colour}" for colour in COLOURS for kernel in kernels)
    layers.append(conv)
    if args.relu:
        layers.append(ReLU())
    return Sequential(*layers)


def map_names(model: Sequential, count: int) -> tuple[str, ...]:
    """Return the names of the model's last maps: their kernels', or else their numbers."""
    convs = [layer for layer in model if isinstance(layer, Conv2D)]
    names = (convs[-1].names or ()) if convs else ()
    return names if len(names) == count else tuple(f"channel {i}" for i in range(count))
