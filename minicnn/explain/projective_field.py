"""The projective field: which values of every step one pixel can change."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn.explain.field_poke import poke_forward
from minicnn.explain.field_steps import FieldStep, box_text, by, count, field_steps, table
from minicnn.explain.field_wiring import Masks, Wiring, wiring_of
from minicnn.explain.ledger_numbers import WIDTH, clipped
from minicnn.layers import PICTURE
from minicnn.shapes import Array


def projective_field(
    model: Any,
    row: int | None = None,
    column: int | None = None,
    *,
    input_shape: Any = None,
    channel: int | None = None,
) -> ProjectiveField:
    """Return which values of every step one pixel of the picture can change.

    The receptive field the other way round, and as exact: see `receptive_field`.

    Parameters
    ----------
    model : Layer or Trace
    row, column : int, optional
        The pixel, from 0; by default in the middle.
    input_shape : (N, C, H, W)
        The pictures' shape; left out for a trace.
    channel : int, optional
        In one channel of the picture; by default the pixel in all of them.

    Returns
    -------
    ProjectiveField
        Print it; `at(step)` is the set at a step; `poke()` is the proof.
        `minicnn.viz.plot_projective_field` draws it.

    Raises
    ------
    ConfigError, DTypeError, ShapeError
        For a place that is not there, and for what is no model.

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential
    >>> model = Sequential(Conv2D(1, 4, 3, stride=2, padding=1), Conv2D(4, 2, 3))
    >>> found = projective_field(model, 10, 0, input_shape=(1, 1, 30, 40))
    >>> print(found)
    row 10, column 0 of the picture can change
    <BLANKLINE>
    step      maps     box  rows    columns  values
    conv2d    4x15x20  1x1  5       0             4
    conv2d_2  2x13x18  3x1  3 to 5  0             6
    >>> print(found.poke())
    worked out = poked, at every step: 10 values
    """
    wiring = wiring_of(model, input_shape, "explain.projective_field")
    row, column = wiring.find_place(PICTURE, row, column)
    masks = wiring.forward(PICTURE, wiring.one(PICTURE, channel, row, column))
    return ProjectiveField(wiring, channel, row, column, masks)


@dataclass(frozen=True, eq=False)
class ProjectiveField:
    """What one pixel can change.

    Attributes
    ----------
    wiring : Wiring
        The model's plan that it was found in.
    channel : int or None
        None: the pixel in all channels.
    row, column : int
    masks : dict
        For each step's index which of its values can change, (C, H, W) of bool; -1 is the picture.
    """

    wiring: Wiring = field(repr=False)
    channel: int | None
    row: int
    column: int
    masks: Masks = field(repr=False)

    @property
    def steps(self) -> tuple[FieldStep, ...]:
        """The picture and every step: its field, and the box of what can change."""
        return field_steps(self.wiring, self.masks)

    @property
    def assumed(self) -> tuple[str, ...]:
        """The steps that do not say what they see: from there on it is rather too much."""
        return self.wiring.assumed(sorted(self.masks))

    def at(self, step: str | int = -1) -> Array:
        """Return which of a step's values can change, (C, H, W) of bool."""
        return self.masks[self.wiring.find_step(step)]

    def poke(self) -> PokedForward:
        """Run the model once with NaN in the pixel, and hold what it reached against the sets."""
        return PokedForward(self, poke_forward(self.wiring, self.masks[PICTURE]))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data that `json` can write."""
        return {
            "channel": self.channel,
            "row": self.row,
            "column": self.column,
            "assumed": list(self.assumed),
            "steps": [one.to_dict() for one in self.steps],
        }

    def __str__(self) -> str:
        """Return it as text: plain ASCII, at most 80 columns."""
        which = "" if self.channel is None else f"channel {self.channel}, "
        lines = [f"{which}row {self.row}, column {self.column} of the picture can change"]
        if self.assumed:
            note = (
                f"taken to see all that they can, as they do not say what they see: "
                f"{', '.join(self.assumed)}"
            )
            lines += [f"  {line}" for line in textwrap.wrap(note, WIDTH - 4)]
        rows: list[tuple[str, ...]] = [("step", "maps", "box", "rows", "columns", "values")]
        rows += [_row(one) for one in self.steps[1:]]
        return "\n".join(map(clipped, [*lines, "", *table(rows, (5,))]))


@dataclass(frozen=True, eq=False)
class PokedForward:
    """What poking one pixel reached, against what was worked out.

    Attributes
    ----------
    expected : ProjectiveField
    reached : dict
        For each step's index which of its values were reached, (C, H, W) of bool.
    """

    expected: ProjectiveField = field(repr=False)
    reached: Masks = field(repr=False)

    @property
    def differing(self) -> tuple[str, ...]:
        """The steps where poking found something else."""
        masks = self.expected.masks
        return tuple(
            self.expected.wiring.name(position)
            for position, found in self.reached.items()
            if not np.array_equal(found, masks[position])
        )

    @property
    def agrees(self) -> bool:
        """Whether both are the same at every step."""
        return not self.differing

    def __str__(self) -> str:
        """Say it in a line."""
        if not self.agrees:
            return clipped(f"MISMATCH at {', '.join(self.differing)}")
        steps = (mask for position, mask in self.reached.items() if position != PICTURE)
        total = sum(int(np.count_nonzero(mask)) for mask in steps)
        return f"worked out = poked, at every step: {count(total, 'value')}"


def _row(one: FieldStep) -> tuple[str, ...]:
    if not one.count:
        return clipped(one.step, 30), by(one.maps), "-", "nothing", "", "0"
    rows, columns = (text.split(" ", 1)[1] for text in box_text(one.box).split(", "))
    return clipped(one.step, 30), by(one.maps), by(one.size), rows, columns, f"{one.count:,}"
