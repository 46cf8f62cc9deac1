"""What im2col costs: how often it copies each pixel, and what its matrix takes; from sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from minicnn.explain.ledger_numbers import number
from minicnn.layers import Conv2D
from minicnn.ops.arrays import size_text
from minicnn.shapes import Array, Window

REAL_SIZE = (224, 224)
"""What a picture has in earnest: texts and figures say what it would cost."""


@dataclass(frozen=True)
class Im2colCost:
    """What the matrix of all patches costs for one picture.

    Attributes
    ----------
    input_shape : (C, H, W)
    columns_shape : (C * KH * KW, OH * OW)
    output_shape : (O, OH, OW)
    copies : int
        How many of the matrix's entries are copies of a pixel; the others are padding.
    pixels_read : int
        How many pixels are copied at least once.
    multiply_adds : int
        Multiplications, each with an addition, of the product with the weight matrix.
    dtype : str
        What all of it is kept in.
    """

    input_shape: tuple[int, int, int]
    columns_shape: tuple[int, int]
    output_shape: tuple[int, int, int]
    copies: int
    pixels_read: int
    multiply_adds: int
    dtype: str

    @property
    def entries(self) -> int:
        """How many numbers the matrix holds."""
        return math.prod(self.columns_shape)

    @property
    def padding(self) -> int:
        """How many of them are padding."""
        return self.entries - self.copies

    @property
    def duplication(self) -> Fraction:
        """How many copies there are of a pixel that is read, on average; exact. 0: none is read."""
        return Fraction(self.copies, self.pixels_read) if self.pixels_read else Fraction(0)

    @property
    def growth(self) -> Fraction:
        """How many times as large as the picture the matrix is, padding and all; exact."""
        pixels = math.prod(self.input_shape)
        return Fraction(self.entries, pixels) if pixels else Fraction(0)

    @property
    def input_bytes(self) -> int:
        """What the picture takes."""
        return self._bytes(self.input_shape)

    @property
    def columns_bytes(self) -> int:
        """What the matrix of columns takes."""
        return self._bytes(self.columns_shape)

    @property
    def output_bytes(self) -> int:
        """What the output takes."""
        return self._bytes(self.output_shape)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers and texts, ready for JSON."""
        numbers = ("copies", "padding", "entries", "pixels_read", "multiply_adds", "dtype")
        sizes = ("input_bytes", "columns_bytes", "output_bytes")
        shapes = ("input_shape", "columns_shape", "output_shape")
        return {
            **{name: list(getattr(self, name)) for name in shapes},
            **{name: getattr(self, name) for name in numbers + sizes},
            "duplication": {"exact": str(self.duplication), "value": float(self.duplication)},
            "growth": {"exact": str(self.growth), "value": float(self.growth)},
        }

    @property
    def copies_text(self) -> str:
        """How often a pixel is copied, in words."""
        if not self.pixels_read:
            return "no pixel of the picture is read"
        exact, mean = self.duplication, number(float(self.duplication))
        if exact == 1:
            text = "each pixel that is read is copied once"
        else:
            whole = "" if exact.denominator == 1 else f"{self.copies:,} / {self.pixels_read:,} = "
            text = f"each pixel that is read is copied {whole}{mean} times on average"
        unread = math.prod(self.input_shape) - self.pixels_read
        if unread:
            text += f"; {unread:,} pixel{'s are' if unread > 1 else ' is'} never read"
        if self.padding:
            text += f"; {self.padding:,} of {self.entries:,} entries are padding"
        return text

    @property
    def growth_text(self) -> str:
        """How large the columns are, in words that "the picture" may follow."""
        return "as much as" if self.growth == 1 else f"{number(float(self.growth))} times"

    @property
    def memory_text(self) -> str:
        """What is kept, in words."""
        return (
            f"picture {size_text(self.input_bytes)}, columns {size_text(self.columns_bytes)} "
            f"({self.growth_text} that), output {size_text(self.output_bytes)}"
        )

    def __str__(self) -> str:
        """Say how much is copied and what is kept."""
        return f"{self.copies_text}\n{self.memory_text}"

    def _bytes(self, shape: tuple[int, ...]) -> int:
        return math.prod(shape) * np.dtype(self.dtype).itemsize


def cost_of(layer: Conv2D, height: int, width: int, dtype: Any) -> Im2colCost:
    """Return what im2col costs for one picture of this size, without building anything.

    Raises
    ------
    ShapeError
        If the window does not fit.
    """
    window = layer.window(height, width)
    oh, ow = window.output_size(height, width)
    channels, taps = layer.in_channels, math.prod(layer.kernel_size)
    rows, columns = axis_counts(window, 0, height), axis_counts(window, 1, width)
    return Im2colCost(
        (channels, height, width),
        (channels * taps, oh * ow),
        (layer.out_channels, oh, ow),
        copies=channels * int(rows.sum()) * int(columns.sum()),
        pixels_read=channels * int(np.count_nonzero(rows)) * int(np.count_nonzero(columns)),
        multiply_adds=layer.out_channels * math.prod(layer.weight.shape[1:]) * oh * ow,
        dtype=str(np.dtype(dtype)),
    )


def axis_counts(window: Window, axis: int, size: int) -> Array:
    """Return how often each row (axis 0) or column of a picture lies under a tap.

    Rows and columns do not know of each other, so a pixel is copied as often as its row's count
    times its column's.

    Examples
    --------
    >>> axis_counts(Window(3), 0, 5).tolist()
    [1, 2, 3, 2, 1]
    >>> axis_counts(Window(3, stride=2, padding=1), 0, 5).tolist()
    [1, 2, 1, 2, 1]
    """
    other = window.span[1 - axis]  # any size that fits
    stops = window.output_size(*((size, other) if axis == 0 else (other, size)))[axis]
    starts = np.arange(stops) * window.stride[axis] - window.padding[axis][0]
    taps = np.arange(window.kernel_size[axis]) * window.dilation[axis]
    seen = (starts[:, None] + taps).ravel()
    return np.bincount(seen[(seen >= 0) & (seen < size)], minlength=size)
