"""``train --mistakes-dir``: what a network is wrong about, as pictures that can be asked about."""

from __future__ import annotations

import io
import os
import re
import shlex

import numpy as np

from minicnn import images
from minicnn.classifier import Classifier
from minicnn.cli import outputs
from minicnn.cli.console import count, shown
from minicnn.errors import OutputError
from minicnn.explain.mistakes import Mistake, Mistakes
from minicnn.files import check_output
from minicnn.images.encoding import png_bytes
from minicnn.shapes import Array


def check_mistakes_dir(path: str, force: bool, examples: str | None) -> None:
    """Raise before any work unless a set of files can go to this folder.

    In the folder that is learnt from, they would be examples the next time.
    """
    inside = None if examples is None else os.path.join(os.path.realpath(examples), "")
    if inside is not None and os.path.join(os.path.realpath(path), "").startswith(inside):
        raise OutputError(
            f"cannot write to {path!r}: the examples are read from {examples!r}. Choose another."
        )
    outputs.check_folder(path, force)
    if os.path.isdir(path):
        check_output(os.path.join(path, "0.png"), force=True)
    else:
        check_output(path)


def write_mistakes(
    path: str, mistakes: Mistakes, taught: Classifier, weights: str, *, force: bool
) -> list[str]:
    """Write each mistake as a picture that gets the same wrong answer; return what to say of it.

    A picture that would get another answer, its pixels rounded to those of a file, is left out.
    """
    files = {one: png_bytes(_pixels(one.picture)) for one in mistakes}
    kept = [one for one, data in files.items() if _answer(taught, data) == one.taken_for]
    left_out = len(mistakes) - len(kept)
    why = [f"  left out: {left_out}, answered otherwise once rounded to pixels"] * bool(left_out)
    if not kept:
        return [f"{shown(path)}: not written, there is no mistake to show", *why]
    outputs.write_folder(path, [(_name(one), files[one]) for one in kept], force=force)
    first = kept[0]
    call = ["minicnn", "why", os.path.join(path, _name(first)), "--weights", weights]
    call += ["--rather-than", first.true]
    how_many = f"{len(kept)} of {count(mistakes.wrong, 'mistake')}"
    head = f"{shown(path)}: {how_many}, a picture each; to ask about the worst:"
    return [head, f"  {shlex.join(call)}", *why]


def _pixels(picture: Array) -> Array:
    """Return a picture (C, H, W) as a file's pixels: bytes; where they lose something, 16 bits.

    Colours are bytes always: a PNG that is read has no more.
    """
    shades = np.clip(picture, 0, 1)
    eight: Array = np.round(shades * 255).astype(np.uint8)
    if len(picture) == 3:
        return np.ascontiguousarray(eight.transpose(1, 2, 0))
    if (images.to_nchw(eight[0])[0] == picture).all():
        grey: Array = eight[0]
        return grey
    sixteen: Array = np.round(shades[0].astype(np.float64) * 65535).astype(np.uint16)
    return sixteen


def _answer(taught: Classifier, data: bytes) -> str:
    """Return what the file is taken for, as ``predict`` says it."""
    (ranked,) = taught.ranked(images.load(io.BytesIO(data), channels=taught.channels))
    return ranked[0][0]


def _name(one: Mistake) -> str:
    """Return a file's name, whatever the classes are called.

    Examples
    --------
    >>> _name(Mistake(142, np.ones((1, 1, 1)), "7", "a/b", 7, 1, 0.9, 0.1, 2.3))
    '142_7_taken_for_a_b.png'
    """
    true, taken_for = (
        re.sub(r"[^A-Za-z0-9.+-]", "_", name)[:80] for name in (one.true, one.taken_for)
    )
    return f"{one.index}_{true}_taken_for_{taken_for}.png"
