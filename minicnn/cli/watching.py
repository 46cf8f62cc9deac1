"""What ``train`` draws of a run: a time-lapse, its curves, the confusion matrix, the mistakes."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

from minicnn.classifier import Classifier
from minicnn.cli import values
from minicnn.cli.console import Aside, WrongCall
from minicnn.cli.mistakes import check_mistakes_dir, write_mistakes
from minicnn.cli.outputs import Target
from minicnn.shapes import Array
from minicnn.train import Dataset, Snapshots, Training

_OF_OTHERS = ("confusion", "mistakes", "mistakes_dir")
"""What is shown of examples that were not learnt from."""

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
        group.add_argument(_option(name), type=kind, metavar="OUT", help=text)
    group.add_argument(
        "--mistakes-dir",
        metavar="DIR",
        help="write those examples, the 12 worst, to this new folder, a picture each "
        "(142_7_taken_for_1.png, by the example's number), for 'why', 'explain' and 'predict'",
    )


@dataclass(frozen=True)
class Wanted:
    """What is to be seen of a run, and where each goes."""

    targets: dict[str, Target]
    mistakes_dir: str | None


def wanted_of(args: argparse.Namespace, examples: str | None) -> Wanted:
    """Return what was asked for, checked before any work.

    `examples` is the folder that is learnt from; None for a data set with a name.
    """
    names = (*_HELP, "mistakes_dir")
    found = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    others = [_option(name) for name in found if name in _OF_OTHERS]
    if others and args.validation == 0:
        verb = "needs" if len(others) == 1 else "need"
        raise WrongCall(
            f"{' and '.join(others)} {verb} examples to try the network on: --validation above 0"
        )
    if found.get("mistakes_dir") == "":
        raise WrongCall("--mistakes-dir needs the name of a folder")
    files = [os.path.abspath(name) for name in (args.output, *found.values())]
    if "-" in found.values() or len(set(files)) < len(files):
        raise WrongCall("the weights and each picture need a file of their own")
    folder = found.pop("mistakes_dir", None)
    targets = {name: Target(path, None, args.force) for name, path in found.items()}
    for target in targets.values():
        target.check()
    if folder is not None:
        folder = os.path.normpath(folder)
        check_mistakes_dir(folder, args.force, examples)
    return Wanted(targets, folder)


def draw_run(
    wanted: Wanted,
    film: Snapshots,
    run: Training,
    taught: Classifier,
    tried: Dataset,
    example: Array,
    aside: Aside,
) -> None:
    """Draw what was asked for, and say where it is."""
    if not wanted.targets:
        return
    from minicnn import explain, viz

    for name, target in wanted.targets.items():
        figure = viz.new_figure()
        if name == "time_lapse":
            lapse = explain.time_lapse(film, example)
            if target.format == "gif":
                _write(target, name, viz.animate_learning(lapse).gif(), aside)
                continue
            viz.plot_learning_filmstrip(lapse, figure=figure)
        elif name == "curves":
            viz.plot_learning_curves(run, figure=figure)
        elif name == "confusion":
            viz.plot_confusion(explain.confusion(taught.model, tried), figure=figure)
        else:
            viz.plot_mistakes(explain.worst_mistakes(taught.model, tried), figure=figure)
        _write(target, name, viz.figure_bytes(figure, target.format), aside)


def hand_out(
    wanted: Wanted, taught: Classifier, tried: Dataset, args: argparse.Namespace, aside: Aside
) -> None:
    """Write the mistakes as pictures, if that was asked for, and say what can be asked."""
    if wanted.mistakes_dir is None:
        return
    from minicnn.explain import worst_mistakes

    found = worst_mistakes(taught.model, tried)
    for line in write_mistakes(wanted.mistakes_dir, found, taught, args.output, force=args.force):
        aside.say(line)


def _write(target: Target, name: str, data: bytes, aside: Aside) -> None:
    target.write(data)
    aside.say(f"{target.shown}: {name.replace('_', '-')}")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
