"""One array of a file, of which only the header has been looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from minicnn.errors import LimitError
from minicnn.ops.arrays import size_text
from minicnn.shapes import Array, Shape

MAX_AXES = 32
"""Arrays of more axes are refused; NumPy itself takes 64, older ones 32."""


@dataclass(frozen=True)
class Entry:
    """What a file says of an array, and the function that reads it.

    Attributes
    ----------
    dtype : numpy.dtype
        Of bools, integers or floats up to 64 bits: the type of what `read` returns.
    shape : tuple of int
    read : function
        Returns the array, a new one, having read no more bytes than dtype and shape call for.
    """

    dtype: np.dtype[np.generic]
    shape: Shape
    read: Callable[[], Array]

    @property
    def nbytes(self) -> int:
        """How many bytes the array takes."""
        return math.prod(self.shape) * self.dtype.itemsize


Entries: TypeAlias = Mapping[str, Entry]


def check_total(entries: Entries, max_bytes: int) -> None:
    """Raise before arrays of more than `max_bytes` in all are read.

    Raises
    ------
    LimitError
    """
    total = sum(entry.nbytes for entry in entries.values())
    if total > max_bytes:
        raise LimitError(
            f"its arrays take {size_text(total)}, more than max_bytes = {size_text(max_bytes)}.\n"
            f"  If you trust the file, allow a larger max_bytes."
        )
