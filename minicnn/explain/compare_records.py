"""The records of a comparison: two models on one picture, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.explain.compare_gap import APART, SHAPES, Gap, difference
from minicnn.explain.ledger_recording import Recording
from minicnn.layers import PICTURE
from minicnn.shapes import Array, Pair, Shape
from minicnn.trace import Trace


@dataclass(frozen=True)
class Side:
    """One model's part of a row: its step, or the input.

    Attributes
    ----------
    position : int
        The step's index; -1 for the input.
    name, layer : str
        The step's name and its layer's call; "input" and "" for the input.
    output_shape : tuple of int
    parameters, multiply_adds : int
    receptive_field : (rows, columns) or None
        None behind an input that is no picture.
    """

    position: int
    name: str
    layer: str
    output_shape: Shape
    parameters: int
    multiply_adds: int
    receptive_field: Pair | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        seen = None if self.receptive_field is None else list(self.receptive_field)
        return {
            "position": self.position,
            "name": self.name,
            "layer": self.layer,
            "output_shape": list(self.output_shape),
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            "receptive_field": seen,
        }


@dataclass(frozen=True)
class Row:
    """Two steps that answer to each other, or one that stands alone.

    Attributes
    ----------
    a, b : Side or None
        None if that model has no such step.
    gap : Gap or None
        How far their outputs are apart; None if one stands alone.
    change : str
        What differs between the two layers; "" if nothing does.
    """

    a: Side | None
    b: Side | None
    gap: Gap | None
    change: str = ""

    @property
    def name(self) -> str:
        """The step's name, in both models if they differ."""
        names = [side.name for side in (self.a, self.b) if side]
        return " / ".join(dict.fromkeys(names))

    @property
    def parts(self) -> bool:
        """Whether the two give different outputs, by more than rounding."""
        return self.gap is not None and self.gap.verdict in (APART, SHAPES)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "a": None if self.a is None else self.a.to_dict(),
            "b": None if self.b is None else self.b.to_dict(),
            "gap": None if self.gap is None else self.gap.to_dict(),
            "change": self.change,
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two models on one picture.

    Attributes
    ----------
    rows : tuple of Row
        The input, then every step, aligned.
    output : Gap
        How far the models' outputs are apart.
    a, b : Trace
        What each did.
    """

    rows: tuple[Row, ...]
    output: Gap
    a: Trace = field(repr=False)
    b: Trace = field(repr=False)

    @property
    def parts_at(self) -> int | None:
        """The first row where the two part; None if they never do.

        Where they agree in all steps that both have, but not at the end, it is the first step
        that only one of them has after those.
        """
        found = next((i for i, row in enumerate(self.rows) if row.parts), None)
        if found is not None or self.agrees:
            return found
        last = max(i for i, row in enumerate(self.rows) if row.gap)
        return next((i for i in range(last, len(self.rows)) if not self.rows[i].gap), None)

    @property
    def meets_at(self) -> int | None:
        """The first row from which on they agree again, having parted; None if they do not."""
        parted = [i for i, row in enumerate(self.rows) if row.parts]
        later = (i for i, row in enumerate(self.rows) if parted and i > parted[-1] and row.gap)
        return next(later, None)

    @property
    def agrees(self) -> bool:
        """Whether the models' outputs are the same, at least up to rounding."""
        return self.output.agrees

    def maps(self, row: int) -> tuple[Array | None, Array | None]:
        """Return what both models give in a row, (N, C, H, W) or (N, F); None if one stands alone.

        Raises
        ------
        ConfigError
            If there is no such row.
        """
        sides = self.rows[self.find(row)]
        pairs = ((self.a, sides.a), (self.b, sides.b))
        found = [None if side is None else _output(trace, side.position) for trace, side in pairs]
        return found[0], found[1]

    def difference(self, row: int) -> Array | None:
        """Return b - a in a row; None if one stands alone, or if the shapes differ."""
        one, other = self.maps(row)
        if one is None or other is None or one.shape != other.shape:
            return None
        return difference(one, other)

    def find(self, row: str | int) -> int:
        """Return the index of a row, by its step's name in either model or by its index.

        Raises
        ------
        ConfigError
            If there is no such row; the message lists those there are.
        """
        if isinstance(row, str):
            for i, one in enumerate(self.rows):
                if row in [side.name for side in (one.a, one.b) if side]:
                    return i
        is_index = isinstance(row, int | np.integer) and not isinstance(row, bool)
        if is_index and -len(self.rows) <= int(row) < len(self.rows):
            return int(row) % len(self.rows)
        known = ", ".join(f"{i}: {one.name!r}" for i, one in enumerate(self.rows))
        raise ConfigError(f"there is no row {short(row)} in this comparison; its rows are {known}")

    def map_name(self, row: int, channel: int) -> str:
        """Return what a map of a row is called: its kernel's name in both models, or "channel 3".

        Names that differ stand side by side: "sobel_x / prewitt_x".
        """
        sides = self.rows[row]
        pairs = ((self._recordings[0], sides.a), (self._recordings[1], sides.b))
        names = (
            recording.map_name(side.position, channel)
            for recording, side in pairs
            if side and channel < self._count(recording, side)
        )
        return " / ".join(dict.fromkeys(names))

    @cached_property
    def _recordings(self) -> tuple[Recording, Recording]:
        return Recording(self.a), Recording(self.b)

    @staticmethod
    def _count(recording: Recording, side: Side) -> int:
        shape = recording.array(side.position).shape
        return shape[1] if len(shape) > 1 else 1

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data that `json` can write."""
        return {
            "rows": [row.to_dict() for row in self.rows],
            "parts_at": self.parts_at,
            "meets_at": self.meets_at,
            "output": self.output.to_dict(),
        }

    def __str__(self) -> str:
        """Return the comparison as text: plain ASCII, at most 80 columns."""
        from minicnn.explain.compare_text import comparison_text

        return comparison_text(self)


def _output(trace: Trace, position: int) -> Array:
    return trace.input if position == PICTURE else trace[position].output
