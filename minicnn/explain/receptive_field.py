"""The receptive field: which pixels can change a value, exactly, and checked by poking them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn.explain.field_poke import Poked, poke_value
from minicnn.explain.field_steps import (
    Box,
    FieldStep,
    both,
    bounding,
    box_dict,
    box_text,
    by,
    count,
    field_steps,
    size_of,
    table,
)
from minicnn.explain.field_wiring import Masks, Wiring, wiring_of
from minicnn.explain.ledger_numbers import WIDTH, clipped
from minicnn.layers import PICTURE, Field
from minicnn.shapes import Array


def receptive_field(
    model: Any,
    step: str | int = -1,
    *,
    input_shape: Any = None,
    row: int | None = None,
    column: int | None = None,
    channel: int | None = None,
) -> ReceptiveField:
    """Return which of the picture's values can change one value of a step, and how it comes about.

    The set is exact: cut at the borders, folded back where padding reflects the picture, with
    the holes that dilation and strides leave, by channel where groups keep channels apart. It
    holds for any weights: a value under a tap counts even where its weight happens to be 0.

    Parameters
    ----------
    model : Layer or Trace
    step : str or int
        The value's step, by its name or its index; -1 is the last.
    input_shape : (N, C, H, W)
        The pictures' shape; left out for a trace.
    row, column : int, optional
        Where the value stands in the step's maps, from 0; by default in the middle.
    channel : int, optional
        In which of its maps. By default in all of them: what can change any value at this place.

    Returns
    -------
    ReceptiveField
        Print it; its `steps` are the table of sizes, strides and offsets, `mask` is the set,
        `poke()` is the proof. `minicnn.viz.plot_receptive_field` draws it.

    Raises
    ------
    ConfigError, DTypeError, ShapeError
        For a step or a place that is not there, and for what is no model.

    References
    ----------
    Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    Distill, 2019.

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential
    >>> model = Sequential(Conv2D(1, 4, 3, stride=2, padding=1), Conv2D(4, 2, 3))
    >>> found = receptive_field(model, input_shape=(1, 1, 30, 40), row=0, column=5)
    >>> print(found)
    conv2d_2, row 0, column 5 sees 6 x 7 pixels of the picture
      rows 0 to 5, columns 9 to 15: 42 values
      away from the borders, values of conv2d_2 see up to 7 x 7 pixels
    <BLANKLINE>
    step      maps     field  stride  offset  made of
    picture   1x30x40    1x1       1       0      6x7
    conv2d    4x15x20    3x3       2      -1      3x3
    conv2d_2  2x13x18    7x7       2      -1      1x1
    >>> found.rows, found.columns, found.steps[-1].field.size
    (slice(0, 6, None), slice(9, 16, None), (7, 7))
    >>> print(found.poke())
    field 6 x 7 = poked 6 x 7
      42 values poked one by one, all 42 change it; no value outside does
    """
    wiring = wiring_of(model, input_shape, "explain.receptive_field")
    position = wiring.find_step(step)
    row, column = wiring.find_place(position, row, column)
    masks = wiring.back(position, wiring.one(position, channel, row, column))
    return ReceptiveField(wiring, position, channel, row, column, masks)


@dataclass(frozen=True, eq=False)
class ReceptiveField:
    """What one value sees.

    Attributes
    ----------
    wiring : Wiring
        The model's plan that it was found in.
    position : int
        The value's step, by its index.
    channel : int or None
        None: any channel.
    row, column : int
    masks : dict
        For each position of the plan on the way (-1 is the picture) which of its values the
        value is made of, (C, H, W) of bool.
    """

    wiring: Wiring = field(repr=False)
    position: int
    channel: int | None
    row: int
    column: int
    masks: Masks = field(repr=False)

    @property
    def step(self) -> str:
        """The value's step, by its name."""
        return self.wiring.name(self.position)

    @property
    def mask(self) -> Array:
        """Which of the picture's values can change it, (C, H, W) of bool."""
        return self.masks[PICTURE]

    @property
    def rows(self) -> slice:
        """The picture's rows from the first to the last that it sees."""
        return self.box[0]

    @property
    def columns(self) -> slice:
        """The picture's columns from the first to the last that it sees."""
        return self.box[1]

    @property
    def box(self) -> Box:
        """Rows and columns: the smallest box around what it sees."""
        return bounding(self.mask)

    @property
    def channels(self) -> tuple[int, ...]:
        """The picture's channels that it sees."""
        return tuple(np.flatnonzero(self.mask.any(axis=(1, 2))).tolist())

    @property
    def count(self) -> int:
        """How many of the picture's values can change it."""
        return int(np.count_nonzero(self.mask))

    @property
    def steps(self) -> tuple[FieldStep, ...]:
        """The picture and every step: field, stride, offset, and what the value is made of."""
        return field_steps(self.wiring, self.masks)

    @property
    def steady(self) -> Field | None:
        """Size, stride and offset away from the borders; None where no window tells them."""
        return self.steps[self.position + 1].field

    @property
    def cut_off(self) -> bool:
        """Whether away from the picture's borders some value of its step sees more."""
        if self.steady is None or self.steady.size == size_of(self.box):
            return False
        picture = self.mask.shape[1:]
        return all(size <= most for size, most in zip(self.steady.size, picture, strict=True))

    @property
    def assumed(self) -> tuple[str, ...]:
        """The steps on the way that do not say what they see: there it is rather too much."""
        return self.wiring.assumed(sorted(self.masks))

    def poke(self, most: int = 256) -> Poked:
        """Run the model on NaN, pixel by pixel, and return which of them reached the value.

        Parameters
        ----------
        most : int
            Poke at most so many values of the poked box one by one, chosen evenly by chance;
            the box itself is always found exactly.
        """
        return poke_value(self, most)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data that `json` can write; the set within its box as 0, 1."""
        return {
            "step": self.step,
            "position": self.position,
            "channel": self.channel,
            "row": self.row,
            "column": self.column,
            **box_dict(self.box),
            "channels": list(self.channels),
            "count": self.count,
            "set": self.mask[:, self.rows, self.columns].astype(int).tolist(),
            "assumed": list(self.assumed),
            "steps": [one.to_dict() for one in self.steps],
        }

    def __str__(self) -> str:
        """Return it as text: plain ASCII, at most 80 columns."""
        lines = [
            self._head(),
            *(f"  {line}" for note in self._notes() for line in textwrap.wrap(note, WIDTH - 4)),
        ]
        return "\n".join(map(clipped, [*lines, "", *table(self._rows(), range(2, 6))]))

    def _head(self) -> str:
        who = self.step if self.channel is None else f"{self.step}, channel {self.channel}"
        if self.wiring.maps(self.position)[1:] != (1, 1):
            who += f", row {self.row}, column {self.column}"
        if not self.count:
            return f"{who} sees nothing of the picture: it is made of padding"
        return f"{who} sees {by(size_of(self.box), ' x ')} pixels of the picture"

    def _notes(self) -> list[str]:
        notes, channels = [], self.mask.shape[0]
        if self.count:
            within = ""
            if channels > 1:
                seen = len(self.channels)
                within = f" in {'all' if seen == channels else f'{seen} of'} {channels} channels"
            notes.append(f"{box_text(self.box)}: {count(self.count, 'value')}{within}")
            rows, columns = size_of(self.box)
            if self.count < rows * columns * len(self.channels):
                notes.append("there are holes in the box: pixels that no tap falls on")
        if self.cut_off and self.steady is not None:
            size = by(self.steady.size, " x ")
            notes.append(f"away from the borders, values of {self.step} see up to {size} pixels")
        if self.assumed:
            notes.append(
                f"taken to see all that they can, as they do not say what they see: "
                f"{', '.join(self.assumed)}"
            )
        return notes

    def _rows(self) -> list[tuple[str, ...]]:
        rows: list[tuple[str, ...]] = [("step", "maps", "field", "stride", "offset", "made of")]
        for one in self.steps:
            steady = one.field
            rows.append(
                (
                    clipped(one.step, 30),
                    by(one.maps),
                    "?" if steady is None else by(steady.size),
                    "?" if steady is None else both(steady.distance),
                    "?" if steady is None else both(steady.first),
                    by(one.size) if one.count else "-",
                )
            )
        return rows
