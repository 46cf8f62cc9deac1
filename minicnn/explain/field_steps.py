"""Every step's receptive field away from the borders: size, stride, offset; and sets in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from minicnn.explain.field_links import MapsShape, flat
from minicnn.explain.field_wiring import Masks, Wiring
from minicnn.layers import PICTURE, Field
from minicnn.shapes import Array, Pair

Box: TypeAlias = tuple[slice, slice]
"""Rows and columns, as they index a picture."""


@dataclass(frozen=True)
class FieldStep:
    """One step on the way from the picture to a value, or from a pixel on.

    Attributes
    ----------
    step : str
    position : int
        Its index; -1 is the picture.
    maps : (C, H, W)
        The shape of its output.
    field : Field or None
        What one of its values sees of the picture, away from the borders: size, stride
        (`Field.distance`) and offset (`Field.first`). None where no window says so: a value may
        see everything there, or some more than others.
    box : (rows, columns)
        Slices: the smallest box around those of its values that belong to the set.
    count : int
        How many values of its maps belong to the set.
    """

    step: str
    position: int
    maps: MapsShape
    field: Field | None
    box: Box
    count: int

    @property
    def size(self) -> Pair:
        """How many rows and columns the box has."""
        return size_of(self.box)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        field = self.field
        steady = None if field is None else {
            "size": list(field.size), "stride": list(field.distance), "offset": list(field.first),
        }  # fmt: skip
        return {
            "step": self.step,
            "position": self.position,
            "maps": list(self.maps),
            "field": steady,
            **box_dict(self.box),
            "count": self.count,
        }


def field_steps(wiring: Wiring, masks: Masks) -> tuple[FieldStep, ...]:
    """Return the picture and every step, each with its field and its part of a set of values."""
    fields = steady_fields(wiring)
    found = []
    for position in range(PICTURE, len(wiring.nodes)):
        mask = masks.get(position)
        found.append(
            FieldStep(
                wiring.name(position),
                position,
                wiring.maps(position),
                fields[position],
                NOWHERE if mask is None else bounding(mask),
                0 if mask is None else int(np.count_nonzero(mask)),
            )
        )
    return tuple(found)


def steady_fields(wiring: Wiring) -> dict[int, Field | None]:
    """Return each step's field away from the borders; None where no window tells it."""
    fields: dict[int, Field | None] = {PICTURE: Field()}
    for position, node in enumerate(wiring.nodes):
        known = [f for f in (fields[s] for s in node.sources) if f is not None]
        shape, after = wiring.shapes[node.sources[0]], wiring.shapes[position]
        if len(known) < len(node.sources):
            fields[position] = None
            continue
        window = node.layer.window(*shape[2:]) if len(shape) == 4 else None
        joined = known[0].joined(*known[1:])
        if window is not None:
            fields[position] = joined.through(window)
        else:
            fields[position] = joined if shape[2:] == after[2:] and len(shape) > 2 else None
    return fields


NOWHERE: Box = (slice(0, 0), slice(0, 0))


def bounding(mask: Array) -> Box:
    """Return the smallest box around a set of values (C, H, W), over all channels.

    Examples
    --------
    >>> mask = np.zeros((1, 4, 5), bool)
    >>> mask[0, 1:3, 4] = True
    >>> bounding(mask)
    (slice(1, 3, None), slice(4, 5, None))
    """
    places = flat(mask)
    if not places.any():
        return NOWHERE
    rows, columns = (np.flatnonzero(np.any(places, axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def size_of(box: Box) -> Pair:
    """Return how many rows and columns a box has."""
    rows, columns = box
    return rows.stop - rows.start, columns.stop - columns.start


def box_dict(box: Box) -> dict[str, Any]:
    """Return a box as plain data: first and last row and column, both included; [] if empty."""
    names = ("rows", "columns")
    return {
        name: [part.start, part.stop - 1] if part.stop > part.start else []
        for name, part in zip(names, box, strict=True)
    }


def box_text(box: Box) -> str:
    """Return a box in words.

    Examples
    --------
    >>> box_text((slice(0, 3), slice(4, 5)))
    'rows 0 to 2, column 4'
    """
    parts = []
    for noun, part in zip(("row", "column"), box, strict=True):
        one = part.stop - part.start == 1
        parts.append(f"{noun} {part.start}" if one else f"{noun}s {part.start} to {part.stop - 1}")
    return ", ".join(parts)


def by(sizes: Iterable[int], sign: str = "x") -> str:
    """Return sizes with a sign between them.

    Examples
    --------
    >>> by((3, 64, 80)), by((7, 7), " x ")
    ('3x64x80', '7 x 7')
    """
    return sign.join(map(str, sizes))


def both(pair: Sequence[int]) -> str:
    """Return a pair as short as it can be said: one number if both are the same."""
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]},{pair[1]}"


def count(number: int, noun: str) -> str:
    """Return "1 value", "2 values"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def table(rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> list[str]:
    """Return rows of texts as lines with aligned columns; those of numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            text.rjust(width) if i in numbers else text.ljust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
