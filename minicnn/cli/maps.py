"""``minicnn maps``: pictures in, figures of their feature maps out."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from minicnn import Sequential, Trace
from minicnn.cli import doctor, each, learnt, model, outputs, sources, values
from minicnn.cli.console import Aside, Progress, WrongCall, count, one_line, say, shown
from minicnn.cli.outputs import Target
from minicnn.cli.sources import Source
from minicnn.errors import MiniCNNError, OutputError
from minicnn.shapes import Shape

NAME = "maps"
HELP = "Draw the feature maps of pictures"
EXAMPLES = (
    "photo.jpg -o edges.png --kernels sobel",
    "holiday/ --output-dir maps --kernels '0 -1 0; -1 4 -1; 0 -1 0'",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be written behind the command."""
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="a picture, a folder of pictures, an http(s) address, or - for standard input",
    )
    group = outputs.add_output_options(parser, "draw the maps of one picture")
    group.add_argument(
        "--output-dir",
        metavar="DIR",
        help="draw each picture to a file of this folder, which is made if it is missing: "
        "photo-maps.png for photo.jpg",
    )
    group.add_argument(
        "--each",
        metavar="FOLDER",
        help="write every map as a file of its own (00-sobel_x.png, ..., and maps.json, which "
        "tells their scale) to this new folder; for several pictures, one folder each in it",
    )
    group.add_argument(
        "--each-format",
        choices=each.FORMATS,
        help="png, one pixel for each value, or npy, the exact values; default: png",
    )
    model.add_model_options(parser)
    learnt.add_weights_option(parser)
    look = parser.add_argument_group("the look")
    look.add_argument(
        "--scale",
        type=values.scale,
        default="step",
        metavar="SCALE",
        help="one for all maps (step, the default), one for each (map), or fixed: up to a number, "
        "or LOW,HIGH",
    )
    look.add_argument(
        "--max-maps",
        type=values.whole,
        metavar="N",
        help="draw at most N maps; default: 64, or 8 of each step with --pipeline",
    )
    look.add_argument(
        "--pipeline",
        action="store_true",
        help="draw a storyboard: the picture, every step with its maps (in a network that learnt, "
        "also its numbers, up to the answer), and the kernels",
    )
    sources.add_limits(parser)


@dataclass(frozen=True)
class Job:
    """One picture, where its results go, and what they must not be written over."""

    source: Source
    sheet: Target | None
    folder: str | None
    inputs: tuple[Any, ...]


def run(args: argparse.Namespace) -> int:
    """Draw the pictures, one after the other, and return the exit code."""
    has_folder = any(map(os.path.isdir, args.images))
    _check_call(args, several=len(args.images) > 1 or has_folder)
    args.taught = learnt.load(args)
    if has_folder or len(args.images) > 1 or args.output_dir is not None:
        return _batch(args)
    source = Source(args.images[0])
    inputs = (source.file,)
    sheet = None
    if args.output is not None or args.each is None:
        name = args.output or f"{source.stem}-maps.{args.format or 'png'}"
        sheet = Target(name, args.format, args.force, inputs)
    with outputs.made_folder(os.path.dirname(os.path.abspath(args.each or "."))):
        lines = _draw(Job(source, sheet, args.each, inputs), args)
    for line in lines:
        say(line, error=sheet is not None and sheet.is_stdout)
    return 0


def _check_call(args: argparse.Namespace, *, several: bool) -> None:
    """Raise for options that do not go together."""
    if args.images.count("-") > 1:
        raise WrongCall("standard input, -, can be read only once")
    if args.output is not None and (several or args.output_dir is not None):
        raise WrongCall("-o names one file, for one picture: for several, use --output-dir DIR")
    if several and args.output_dir is None and args.each is None:
        raise WrongCall("several pictures need --output-dir DIR, or --each FOLDER")
    if args.each_format and args.each is None:
        raise WrongCall("--each-format says how the files of --each FOLDER are written: give it")
    if "" in (args.output_dir, args.each):
        raise WrongCall("--output-dir and --each need the name of a folder")


def _batch(args: argparse.Namespace) -> int:
    """Draw several pictures; go on past a bad one, and list those at the end."""
    found: list[Source] = []
    failures: list[str] = []
    for text in args.images:
        try:
            found += sources.pictures_in(text) if os.path.isdir(text) else [Source(text)]
        except (MiniCNNError, OSError) as error:
            failures.append(one_line(error))
    inputs = tuple(source.file for source in found)
    total = len(found) + len(failures)
    progress, aside = Progress(len(found)), Aside()
    with ExitStack() as stack:
        for folder in filter(None, (args.output_dir, args.each)):
            _check_apart(folder, args.images)
            stack.enter_context(outputs.made_folder(folder))
        for done, (source, stem) in enumerate(zip(found, sources.stems(found), strict=True)):
            progress.show(done, source.title)
            try:
                lines = _draw(Job(source, *_places(args, stem, inputs), inputs), args)
            except (MiniCNNError, OSError, MemoryError) as error:
                failures.append(f"{shown(source.given)}: {one_line(error)}")
                continue
            finally:
                progress.clear()
            for line in lines:
                aside.say(line)
    if failures:
        say(f"{len(failures)} of {count(total, 'picture')} failed:", error=True)
        for failure in failures:
            say(f"  {failure}", error=True)
    aside.close()
    return 1 if failures else 0


def _places(
    args: argparse.Namespace, stem: str, inputs: tuple[Any, ...]
) -> tuple[Target | None, str | None]:
    """Return the file and the folder that a picture of a batch is written to."""
    sheet = None
    if args.output_dir is not None:
        name = os.path.join(args.output_dir, f"{stem}-maps.{args.format or 'png'}")
        sheet = Target(name, args.format, args.force, inputs)
    return sheet, None if args.each is None else os.path.join(args.each, stem)


def _check_apart(folder: str, given: list[str]) -> None:
    """Raise if results would lie among the pictures of a folder, to be read the next time."""
    for text in given:
        if os.path.isdir(text) and os.path.isdir(folder) and os.path.samefile(text, folder):
            raise OutputError(
                f"cannot write to {folder!r}: the pictures are read from there. Choose another."
            )


def _draw(job: Job, args: argparse.Namespace) -> list[str]:
    """Do one picture, and return what to say about it."""
    if job.sheet is not None:
        job.sheet.check()
    if job.folder is not None:
        outputs.check_folder(job.folder, args.force)
    x = job.source.load(args)
    if args.taught is None:
        net = model.build_model(args, x.shape)
    else:
        net, x = learnt.seeing(args.taught, x, every=args.pipeline)
    trace = net.trace(x, max_bytes=args.max_bytes)
    maps = next(step.output[0] for step in reversed(trace.steps) if step.output.ndim == 4)
    made, lines = [], []
    drawn = None if job.sheet is None else _sheet(trace, job.source.title, job.sheet.format, args)
    if job.folder is not None:
        files = each.Maps(maps, model.map_names(net, len(maps)), args.scale, args.each_format)
        about = {"picture": job.source.title, "model": repr(net)}
        every = [*files, files.index(about)]
        outputs.write_folder(job.folder, every, force=args.force, inputs=job.inputs)
        made.append(shown(job.folder))
        lines.append(f"  {files.scale_text()}")
    if job.sheet is not None and drawn is not None:
        job.sheet.write(drawn)
        made.append(job.sheet.shown)
    if args.taught is not None:
        lines += [f"  {text}" for text in learnt.answer(args.taught, trace)]
    lines += [f"  {text}" for text in (*_left_over(net, x.shape), *doctor.brief(trace))]
    height, width = maps.shape[1:]
    return [f"{', '.join(made)}: {count(len(maps), 'map')} of {height} x {width}", *lines]


def _sheet(trace: Trace, title: str, format: str, args: argparse.Namespace) -> bytes:
    """Return the figure as a file's content."""
    from minicnn import viz

    plot = viz.plot_pipeline if args.pipeline else viz.plot_feature_maps
    most = {} if args.max_maps is None else {"max_maps": args.max_maps}
    figure = plot(trace, scale=args.scale, title=title, figure=viz.new_figure(), **most)
    return viz.figure_bytes(figure, format)


def _left_over(net: Sequential, shape: Shape) -> Iterator[str]:
    """Say which rows and columns the stride leaves out: they are never dropped silently."""
    for row in net.summary(shape).rows:
        rows, columns = row.left_over
        lost = [count(n, noun) for n, noun in ((rows, "row"), (columns, "column")) if n]
        if lost:
            yield f"left over: the last {' and '.join(lost)} of what {row.name} looks at"
