"""What a step's values see of the input: an interval of rows and one of columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from minicnn.shapes import Pair, Window


@dataclass(frozen=True)
class Field:
    """The receptive field of a step's first value, and how far the next one's lies from it.

    The value in row r sees the input's rows ``first[0] + r * distance[0]`` to
    ``last[0] + r * distance[0]``, both included; columns likewise. Rows below 0 or beyond the
    last are padding.

    Where pictures were enlarged, so many neighbours share one distance: the value in row r sees
    what its formula says for r // enlarged[0]; a stride over them makes fields rather too large.

    Attributes
    ----------
    first, last : (row, column)
    distance : (rows, columns)
    enlarged : (times, times)

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
    enlarged: Pair = (1, 1)

    @property
    def size(self) -> Pair:
        """How many rows and columns one value sees, away from the borders."""
        return self.last[0] - self.first[0] + 1, self.last[1] - self.first[1] + 1

    def through(self, window: Window) -> Self:
        """Return the field of what `window` makes of values with this field."""
        first, last, distance, enlarged = [], [], [], []
        for axis, (before, _) in enumerate(window.padding):
            step, times, stride = self.distance[axis], self.enlarged[axis], window.stride[axis]
            start = self.first[axis] - -(-before // times) * step
            reach = -(-(window.span[axis] - 1) // times) * step
            first.append(start)
            last.append(start + self.last[axis] - self.first[axis] + reach)
            distance.append(step if stride < times else step * -(-stride // times))
            enlarged.append(times // stride if stride < times else 1)
        pairs = ((one[0], one[1]) for one in (first, last, distance, enlarged))
        return type(self)(*pairs)

    def repeated(self, times: Pair) -> Self:
        """Return the field of values that are each repeated so many times."""
        down, across = self.enlarged
        return replace(self, enlarged=(down * times[0], across * times[1]))

    def joined(self, *others: Self) -> Self:
        """Return the smallest field that holds this one and the others."""
        fields = (self, *others)
        return type(self)(
            (min(f.first[0] for f in fields), min(f.first[1] for f in fields)),
            (max(f.last[0] for f in fields), max(f.last[1] for f in fields)),
            (max(f.distance[0] for f in fields), max(f.distance[1] for f in fields)),
            (min(f.enlarged[0] for f in fields), min(f.enlarged[1] for f in fields)),
        )
