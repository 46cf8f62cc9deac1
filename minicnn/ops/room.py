"""Buffers that one thread keeps from band to band."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.shapes import Array

KEPT = 1 << 23
"""The bytes of a block that `keep_memory` asks for and gives back at once."""


class Room:
    """One thread's buffers, by name."""

    def __init__(self, dtype: Any) -> None:
        """Begin with none."""
        self._dtype = np.dtype(dtype)
        self._buffers: dict[str, Array] = {}

    def array(self, name: str, *shape: int) -> Array:
        """Return an array of this shape in the buffer of that name, with what it had in it."""
        size = math.prod(shape)
        if name not in self._buffers or self._buffers[name].size < size:
            self._buffers.pop(name, None)  # first, so that there are never two
            self._buffers[name] = np.empty(size, self._dtype)
        return self._buffers[name][:size].reshape(shape)


def keep_memory() -> None:
    """Have the C library keep what will be given back, for who asks next.

    On Linux it does so, instead of asking the system for new pages, but for not more than twice the
    largest block that it has ever been given back. After one of `KEPT` bytes, a step of learning
    LeNet-5 asks for hardly a page; without one it asked for 1,400, which took a quarter of its time
    (measured). Pages that are not written to cost nothing.
    """
    np.empty(KEPT, np.uint8)
