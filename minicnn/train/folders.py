"""Pictures sorted into folders: a folder a class."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import images
from minicnn.errors import ConfigError, DataError, short
from minicnn.images.reading import SUFFIXES, check_channels
from minicnn.ops.arrays import check_bytes
from minicnn.shapes import Array, Pair, integer, pair
from minicnn.train.data import Dataset

MAX_BYTES = 1 << 31
"""What all pictures together may take, unless told otherwise: 2 GiB."""


def read_folder(
    folder: str | os.PathLike[str],
    *,
    size: int | Pair | None = None,
    channels: int | None = None,
    max_bytes: int = MAX_BYTES,
) -> Dataset:
    """Return the pictures of a folder's folders: each folder is a class, and names it.

    ::

        animals/cat/1.png   animals/cat/2.jpg   animals/dog/1.png

    Parameters
    ----------
    folder : path
        Folders and pictures are taken in the order of their names; hidden ones, and files that
        are no pictures by their suffix, are passed over.
    size : int or (rows, columns), optional
        What every picture is brought to: see `images.resize`. None: all must have one size.
    channels : 1, 3 or None
        Grey or colour; None: colour if the first picture is.
    max_bytes : int
        What all pictures together may take, as float32.

    Returns
    -------
    Dataset
        x (N, C, H, W), float32 in [0, 1].

    Raises
    ------
    DataError
        If there are no folders, a folder has no pictures, or the pictures have several sizes.
    ImageError
        If a picture cannot be read; the message names it.
    LimitError
        If the pictures would be larger than `max_bytes`.
    FileNotFoundError, PermissionError
        As the system raises them.
    """
    if not isinstance(folder, str | os.PathLike):
        raise ConfigError(f"folder must be a path, got {short(folder)}")
    wanted = None if size is None else pair("size", size, least=1)
    max_bytes = integer("max_bytes", max_bytes, least=1, most=1 << 62)
    check_channels(channels)
    classes = _classes(Path(os.fsdecode(folder)))
    paths = [path for found in classes.values() for path in found]
    x: Array | None = None
    for n, path in enumerate(paths):
        picture = images.load(path, channels=channels)
        picture = picture if wanted is None else images.resize(picture, wanted)
        if x is None:
            channels = picture.shape[1]
            check_bytes("read_folder", (len(paths), *picture.shape[1:]), np.float32, max_bytes)
            x = np.empty((len(paths), *picture.shape[1:]), np.float32)
        _check_size(picture, x, path, paths[0])
        x[n] = picture[0]
    assert x is not None  # there is a picture in every class
    labels = np.repeat(np.arange(len(classes)), [len(found) for found in classes.values()])
    return Dataset(x, labels, tuple(classes))


def _classes(folder: Path) -> dict[str, list[Path]]:
    """Return the pictures of each class, by the class' name."""
    name = repr(str(folder))
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{name} is a file: give the folder that holds a folder for each class")
    found = {inner.name: _pictures(inner) for inner in sorted(folder.iterdir()) if _is_class(inner)}
    if not found:
        raise DataError(
            f"{name} holds no folders.\n  Sort the pictures into one folder a class: cat/, dog/."
        )
    for inner, pictures in found.items():
        if not pictures:
            raise DataError(
                f"{name}: its folder {inner!r} holds no pictures (.png, .jpg, ...)."
                f"{_deeper(folder / inner)}"
            )
    return found


def _deeper(folder: Path) -> str:
    """Return what to do where the classes are one folder further down: train/cat, test/cat."""
    if any(map(_is_class, folder.iterdir())):
        return f"\n  It holds folders: are they the classes? Then give {str(folder)!r}."
    return ""


def _is_class(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _pictures(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower().removeprefix(".") in SUFFIXES
        and not path.name.startswith(".")
        and path.is_file()
    ]


def _check_size(picture: Array, x: Array, path: Any, first: Any) -> None:
    if picture.shape[1:] != x.shape[1:]:
        here, there = ("x".join(map(str, shape[-2:])) for shape in (picture.shape, x.shape))
        raise DataError(
            f"the pictures have several sizes: {str(first)!r} {there}, {str(path)!r} {here}.\n"
            f"  Bring them to one: read_folder(folder, size=({x.shape[2]}, {x.shape[3]}))."
        )
