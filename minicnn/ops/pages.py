"""Memory for large results, on large pages.

The system clears new memory when it is first touched, page by page. Linux does so 2 MiB at a time
where NumPy has asked for it, which is much quicker than 4 KiB at a time. But an array begins
anywhere, so both its ends lie on small pages, some 500 together. One that begins where a large
page does has hardly any. Small arrays reuse memory that was cleared before, and have no need.
"""

from __future__ import annotations

import math

import numpy as np

from minicnn.shapes import Array, Shape

PAGE = 1 << 21
"""The size of a large page, in bytes."""

LARGE = 1 << 25
"""From so many bytes on, Linux hands out new memory each time, and takes it back."""


def empty(shape: Shape, dtype: np.dtype) -> Array:
    """Return a C-contiguous array of any numbers, as `numpy.empty` does.

    Examples
    --------
    >>> large = empty((4, 1024, 2048), np.dtype(np.float32))
    >>> large.ctypes.data % PAGE
    0
    """
    size = math.prod(shape) * dtype.itemsize
    if size < LARGE:
        return np.empty(shape, dtype)
    room = np.empty(size + PAGE, np.uint8)
    begin = -room.ctypes.data % PAGE
    return room[begin : begin + size].view(dtype).reshape(shape)
