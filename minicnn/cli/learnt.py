"""``--weights``: the maps of a network that was taught, not of kernels by hand."""

from __future__ import annotations

import argparse
import copy

import numpy as np

from minicnn import Conv2D, Flatten, Layer, Sequential, Trace, images
from minicnn.classifier import Classifier
from minicnn.cli import model as by_hand
from minicnn.cli import values
from minicnn.cli.console import WrongCall, shown
from minicnn.shapes import Array

_BY_HAND = {
    "kernels": None,
    "stride": 1,
    "dilation": 1,
    "padding": "same",
    "mode": "reflect",
    "colour": "grey",
    "relu": True,
}
"""The options that make a model of kernels, at their defaults: a taught network has it all."""


_SEEN = (
    "draw what its first convolution sees, or with --pipeline every step up to its answer, of the "
    "picture at the network's size"
)


def add_weights_option(parser: argparse.ArgumentParser, what: str = _SEEN) -> None:
    """Add the file that a network is read from, and say what is done with it."""
    group = parser.add_argument_group("a network that learnt")
    group.add_argument(
        "-w",
        "--weights",
        type=values.weights_file,
        metavar="W",
        help=f"the file that 'train' wrote: {what}",
    )


def load(args: argparse.Namespace, *, relu: bool = True) -> Classifier | None:
    """Return the network of --weights, and see to it that pictures are loaded as it needs them.

    `relu` is what the command's parser says of it: False where there is no --no-relu.
    """
    if args.weights is None:
        return None
    defaults = _BY_HAND | {"relu": relu}
    given = [name for name, default in defaults.items() if getattr(args, name) != default]
    if given:
        options = ", ".join("--no-relu" if name == "relu" else f"--{name}" for name in given)
        raise WrongCall(f"--weights brings a network of its own: leave out {options}")
    taught = Classifier.load(args.weights)
    args.colour = "grey" if taught.channels == 1 else "summed"
    return taught


def seeing(taught: Classifier, x: Array, *, every: bool) -> tuple[Sequential, Array]:
    """Return what is drawn of the network, and the picture as it sees it.

    With `every`, that is all of it; if not, it ends before the second convolution.
    """
    model, pictures = whole(taught, x)
    layers: list[tuple[str, Layer]] = []
    for name, layer in zip(model.names, model, strict=True):
        if not every and (isinstance(layer, Flatten) or (layers and not _keeps_size(layer))):
            break
        layers.append((name, _named(layer) if isinstance(layer, Conv2D) else layer))
    return Sequential(*layers), pictures


def answer(taught: Classifier, trace: Trace) -> list[str]:
    """Say which class each number of the last step is for, where that was drawn."""
    if trace.output.ndim != 2:
        return []
    best = shown(taught.classes[int(np.argmax(trace.output[0]))])
    named = [f"{i} {shown(name)}" for i, name in enumerate(taught.classes) if name != str(i)]
    more = ", ..." if len(named) > 12 else ""
    numbers = f"; {trace.names[-1]}: {', '.join(named[:12])}{more}" if named else ""
    return [f"its answer: {best}{numbers}"]


def whole(taught: Classifier, x: Array) -> tuple[Sequential, Array]:
    """Return the network, and the picture as it sees it."""
    pictures = images.resize(x, taught.size)
    if pictures.shape[1] == 1:
        pictures = np.repeat(pictures, taught.channels, axis=1)
    model = taught.model
    return model if isinstance(model, Sequential) else Sequential(model), pictures


def net_of(
    taught: Classifier | None, args: argparse.Namespace, x: Array
) -> tuple[Sequential, Array]:
    """Return the network that is asked about, and the picture as it sees it.

    The one that was taught; if there is none, the one that the options make by hand.
    """
    return (by_hand.build_model(args, x.shape), x) if taught is None else whole(taught, x)


def _keeps_size(layer: Layer) -> bool:
    """Whether it leaves the maps of a convolution what they are: an activation."""
    return not layer.params and layer.window(8, 8) is None


def _named(conv: Conv2D) -> Conv2D:
    """Return the convolution with a name for each of its maps."""
    new = copy.copy(conv)
    new.names = tuple(f"learnt {i}" for i in range(conv.out_channels))
    return new
