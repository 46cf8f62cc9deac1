"""What ``train`` draws of a run: a time-lapse, its curves, the confusion matrix, the mistakes."""

from __future__ import annotations

import argparse
import os

from minicnn.classifier import Classifier
from minicnn.cli import values
from minicnn.cli.console import WrongCall, say
from minicnn.cli.outputs import Target
from minicnn.shapes import Array
from minicnn.train import Dataset, Snapshots, Training

_OF_OTHERS = ("confusion", "mistakes")
"""What is drawn of examples that were not learnt from."""

_HELP = {
    "time_lapse": "draw the first kernels and their maps of one example, after every epoch: a GIF, "
    "or a few stills as PNG, SVG or PDF",
    "curves": "draw loss and accuracy of every epoch",
    "confusion": "draw what each class is taken for",
    "mistakes": "draw the examples that it is most wrong about",
}


def add_watching_options(parser: argparse.ArgumentParser) -> None:
    """Add the pictures of a run; those of the network are of the one that is written."""
    group = parser.add_argument_group("seeing it learn")
    for name, text in _HELP.items():
        kind = values.moving_output if name == "time_lapse" else values.output
        group.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar="OUT", help=text)


def targets_of(args: argparse.Namespace) -> dict[str, Target]:
    """Return where each picture that was asked for goes, checked before any work."""
    found = {name: getattr(args, name) for name in _HELP if getattr(args, name) is not None}
    others = [f"--{name}" for name in found if name in _OF_OTHERS]
    if others and args.validation == 0:
        raise WrongCall(
            f"{' and '.join(others)} needs examples to try the network on: --validation above 0"
        )
    files = [os.path.abspath(name) for name in (args.output, *found.values())]
    if "-" in found.values() or len(set(files)) < len(files):
        raise WrongCall("the weights and each picture need a file of their own")
    targets = {name: Target(path, None, args.force) for name, path in found.items()}
    for target in targets.values():
        target.check()
    return targets


def draw_run(
    targets: dict[str, Target],
    film: Snapshots,
    run: Training,
    taught: Classifier,
    tried: Dataset,
    example: Array,
) -> None:
    """Draw what was asked for, and say where it is."""
    if not targets:
        return
    from minicnn import explain, viz

    for name, target in targets.items():
        figure = viz.new_figure()
        if name == "time_lapse":
            lapse = explain.time_lapse(film, example)
            if target.format == "gif":
                _write(target, name, viz.animate_learning(lapse).gif())
                continue
            viz.plot_learning_filmstrip(lapse, figure=figure)
        elif name == "curves":
            viz.plot_learning_curves(run, figure=figure)
        elif name == "confusion":
            viz.plot_confusion(explain.confusion(taught.model, tried), figure=figure)
        else:
            viz.plot_mistakes(explain.worst_mistakes(taught.model, tried), figure=figure)
        _write(target, name, viz.figure_bytes(figure, target.format))


def _write(target: Target, name: str, data: bytes) -> None:
    target.write(data)
    say(f"{target.shown}: {name.replace('_', '-')}")
