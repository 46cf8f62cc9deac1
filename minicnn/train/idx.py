"""The files that MNIST and its successors come in: IDX, packed with gzip or not.

An IDX file says what it holds in a few bytes (two zeros, a type, how many axes, each axis' size,
all big-endian), then come the bare numbers. What it claims is held against what is there.
"""

from __future__ import annotations

import gzip
import math
import os
import re
from typing import Any, BinaryIO

import numpy as np

from minicnn.errors import ConfigError, DataError, LimitError, MiniCNNError, short
from minicnn.images.words import one_line
from minicnn.ops.arrays import size_text
from minicnn.reading import open_ordinary
from minicnn.shapes import Array, integer
from minicnn.train.data import Dataset

MAX_BYTES = 1 << 31
"""Larger arrays are refused before they are read, unless told otherwise: 2 GiB."""
CHUNK = 1 << 20

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MAX_AXES = 8


def read_idx(
    pictures: str | os.PathLike[str],
    labels: str | os.PathLike[str],
    *,
    max_bytes: int = MAX_BYTES,
) -> Dataset:
    """Return the examples of two IDX files, such as ``train-images-idx3-ubyte.gz`` and its labels.

    Parameters
    ----------
    pictures : path
        Bytes, (N, H, W) or (N, C, H, W); 255 becomes 1.
    labels : path
        Bytes or other integers, (N,).
    max_bytes : int
        What each array may take, the pictures as float32.

    Returns
    -------
    Dataset
        x (N, C, H, W), float32 in [0, 1]; the classes are called "0", "1", ...

    Raises
    ------
    DataError
        If a file is broken, cut off, or not what it should be.
    LimitError
        If the arrays would be larger than `max_bytes`.
    FileNotFoundError, PermissionError
        As the system raises them.
    """
    x = idx_array(pictures, max_bytes=max(1, max_bytes // 4))
    named = repr(os.fsdecode(pictures))
    if x.dtype != np.uint8 or x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[1] not in (1, 3)):
        hint = " Are the two files in the right order?" if x.ndim == 1 else ""
        raise DataError(
            f"{named} holds {x.dtype} of shape {x.shape}; pictures are bytes, (N, H, W).{hint}"
        )
    if 0 in x.shape[1:]:
        raise DataError(f"{named} holds pictures without pixels, of shape {x.shape}")
    y = idx_array(labels, max_bytes=max_bytes)
    if y.ndim != 1 or y.dtype.kind not in "iu" or len(y) != len(x) or (len(y) and y.min() < 0):
        raise DataError(
            f"{os.fsdecode(labels)!r} holds {y.dtype} of shape {y.shape}; the labels of "
            f"{len(x):,} pictures are as many integers of at least 0"
        )
    if len(y) and y.max() > MOST_CLASSES:
        raise DataError(f"{os.fsdecode(labels)!r} has a label of {y.max()}: that is no class")
    x = x if x.ndim == 4 else x[:, None]  # (N, C, H, W)
    classes = map(str, range(int(y.max()) + 1 if len(y) else 0))
    return Dataset(x.astype(np.float32) / np.float32(255), y.astype(np.int64), tuple(classes))


def idx_files(folder: str | os.PathLike[str]) -> tuple[str, str] | None:
    """Return the two files to learn from in a folder of MNIST's or one of its successors'.

    They are called ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte``, packed (.gz) or
    not; some programs write a dot for the second hyphen. None if there are no such pictures.

    Raises
    ------
    DataError
        If there are pictures, but no labels.
    """
    folder = os.fsdecode(folder)
    found = {
        part: [n for n in sorted(os.listdir(folder)) if TRAIN[part].fullmatch(n)] for part in TRAIN
    }
    if not found["images"]:
        return None
    if not found["labels"]:
        raise DataError(
            f"{folder!r} has {found['images'][0]!r} and no labels: train-labels-idx1-ubyte, "
            f"or .gz, must lie beside it."
        )
    return os.path.join(folder, found["images"][0]), os.path.join(folder, found["labels"][0])


MOST_CLASSES = 100_000
TRAIN = {
    "images": re.compile(r"train-images[-.]idx3-ubyte(\.gz)?"),
    "labels": re.compile(r"train-labels[-.]idx1-ubyte(\.gz)?"),
}
"""How the files to learn from are called; others, called t10k, are for a last test."""


def idx_array(path: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> Array:
    """Return the array of one IDX file, packed with gzip or not.

    Parameters
    ----------
    path : path
    max_bytes : int
        A larger array is refused before it is read.

    Returns
    -------
    array
        Of the type and the shape that the file has.

    Raises
    ------
    DataError, LimitError, FileNotFoundError, PermissionError
        See `read_idx`.
    """
    if not isinstance(path, str | os.PathLike):
        raise ConfigError(f"an IDX file is read from a path, got {short(path)}")
    max_bytes = integer("max_bytes", max_bytes, least=1, most=1 << 62)
    name = repr(os.fsdecode(path))
    with open_ordinary(path, "data file", DataError, max_bytes + CHUNK) as file:
        try:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            return _read(gzip.GzipFile(fileobj=file) if packed else file, max_bytes)
        except (DataError, LimitError) as error:
            raise type(error)(f"{name}: {error}") from error
        except MiniCNNError:
            raise
        except Exception as error:
            raise DataError(f"{name} is broken: {one_line(error)}") from error


def _read(stream: BinaryIO | gzip.GzipFile, max_bytes: int) -> Array:
    start = stream.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES:
        raise DataError(f"it is no IDX file (it starts with {start!r})" if start else "it is empty")
    dtype, axes = np.dtype(TYPES[start[2]]), start[3]
    sizes = stream.read(4 * axes)
    if not 1 <= axes <= MAX_AXES or len(sizes) < 4 * axes:
        raise DataError(f"it has {axes} axes, or is cut off")
    shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
    wanted = math.prod(shape) * dtype.itemsize
    if wanted > max_bytes:
        raise LimitError(
            f"it says that it holds {shape} {dtype.name}, {size_text(wanted)}, and "
            f"{size_text(max_bytes)} are allowed.\n  If you trust it, use a larger max_bytes."
        )
    data = _exactly(stream, wanted)
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def _exactly(stream: Any, wanted: int) -> bytearray:
    """Return so many bytes, and be sure that they were all there was."""
    data = bytearray()
    while len(data) < wanted:
        part = stream.read(min(CHUNK, wanted - len(data)))
        if not part:
            raise DataError(f"it is cut off: {len(data):,} bytes of {wanted:,} are there")
        data += part
    if stream.read(1):
        raise DataError(f"it is longer than the {wanted:,} bytes that it says")
    return data
