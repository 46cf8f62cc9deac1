"""What a step's values see of the input: an interval of rows and one of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from minicnn.shapes import Pair, Window


@dataclass(frozen=True)
class Field:
    """The receptive field of a step's first value, and how far the next one's lies from it.

    The value in row r sees the input's rows ``first[0] + r * distance[0]`` to
    ``last[0] + r * distance[0]``, both included; columns likewise. Rows below 0 or beyond the
    last are padding.

    Attributes
    ----------
    first, last : (row, column)
    distance : (rows, columns)

    Examples
    --------
    >>> two = Field().through(Window(3, 2, 1)).through(Window(3))
    >>> two.size, two.first, two.distance
    ((7, 7), (-1, -1), (2, 2))

    References
    ----------
    Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    Distill, 2019.
    """

    first: Pair = (0, 0)
    last: Pair = (0, 0)
    distance: Pair = (1, 1)

    @property
    def size(self) -> Pair:
        """How many rows and columns one value sees, away from the borders."""
        return self.last[0] - self.first[0] + 1, self.last[1] - self.first[1] + 1

    def through(self, window: Window) -> Self:
        """Return the field of what `window` makes of values with this field."""
        (top, _), (left, _) = window.padding
        rows, columns = self.distance
        first = self.first[0] - top * rows, self.first[1] - left * columns
        reach = (window.span[0] - 1) * rows, (window.span[1] - 1) * columns
        return type(self)(
            first,
            (self.last[0] - top * rows + reach[0], self.last[1] - left * columns + reach[1]),
            (rows * window.stride[0], columns * window.stride[1]),
        )

    def joined(self, *others: Self) -> Self:
        """Return the smallest field that holds this one and the others."""
        fields = (self, *others)
        return type(self)(
            (min(f.first[0] for f in fields), min(f.first[1] for f in fields)),
            (max(f.last[0] for f in fields), max(f.last[1] for f in fields)),
            (max(f.distance[0] for f in fields), max(f.distance[1] for f in fields)),
        )
