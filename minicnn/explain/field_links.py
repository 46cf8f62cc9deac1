"""One layer's wiring: from which of its input's values each of its output's values is made.

A link leads from one input of a layer to its output, and can be followed both ways with sets of
values, masks (C, H, W) of bool. What is followed is what *can* matter, whatever the weights: a
value under a tap counts even where its weight happens to be 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from minicnn.errors import UnsupportedError
from minicnn.explain.field_axis import Axis
from minicnn.shapes import Array

MapsShape: TypeAlias = tuple[int, int, int]
"""(C, H, W): one picture's maps; plain numbers are maps of one value."""

Channels: TypeAlias = tuple[tuple[slice, slice], ...]
"""Groups of channels: these outputs look at these inputs, and at no others."""


@dataclass(frozen=True, eq=False)
class Link:
    """What every link knows, and what holds where each value is made of the one in its place.

    Attributes
    ----------
    before, after : (C, H, W)
        The shapes of one picture's values in this input and in the output.
    assumed : bool
        Whether the layer does not say what it looks at, so that this is the most it can be.
    """

    before: MapsShape
    after: MapsShape
    assumed: bool = False

    def forward(self, mask: Array) -> Array:
        """Return which outputs look at any of these inputs."""
        return mask.reshape(self.after)

    def back(self, mask: Array) -> Array:
        """Return which inputs any of these outputs looks at."""
        return mask.reshape(self.before)

    def padding(self) -> Array:
        """Return which outputs look at padding that the layer itself adds, (C, H, W) of bool."""
        return np.zeros(self.after, bool)

    def mean(self, values: Array) -> Array:
        """Return the mean of the inputs that each output looks at; padding counts as 0."""
        return values.reshape(self.after)

    def reached(self) -> Array:
        """Return which outputs look at this input, or at padding around it, at all."""
        return self.forward(np.ones(self.before, bool)) | self.padding()


@dataclass(frozen=True, eq=False, kw_only=True)
class Along(Link):
    """Every output looks at all inputs along some axes, in its own place on the others.

    Attributes
    ----------
    axes : tuple of int
        Of (C, H, W): 0, 1, 2. By default all of them: every output looks at every input.
    groups : int
        Into how many groups the channels are dealt; each output looks at its own.
    """

    axes: tuple[int, ...] = (0, 1, 2)
    groups: int = 1

    def forward(self, mask: Array) -> Array:
        """Return which outputs have any of these inputs along the axes."""
        return self._spread(np.any(self._dealt(mask), axis=self._along, keepdims=True), self.after)

    def back(self, mask: Array) -> Array:
        """Return which inputs have any of these outputs along the axes."""
        return self._spread(np.any(self._dealt(mask), axis=self._along, keepdims=True), self.before)

    def mean(self, values: Array) -> Array:
        """Return the mean of the inputs along the axes."""
        return self._spread(self._dealt(values).mean(axis=self._along, keepdims=True), self.after)

    @property
    def _along(self) -> tuple[int, ...]:
        return tuple(axis + 1 for axis in self.axes)

    def _dealt(self, values: Array) -> Array:
        channels, height, width = values.shape
        return values.reshape(self.groups, channels // self.groups, height, width)

    def _spread(self, found: Any, shape: MapsShape) -> Array:
        channels, height, width = shape
        dealt = self.groups, channels // self.groups, height, width
        return np.broadcast_to(found, dealt).reshape(shape)


@dataclass(frozen=True, eq=False, kw_only=True)
class Part(Link):
    """The input is some channels of the output, and nothing else.

    Attributes
    ----------
    first : int
        The output's channel in which the input's first one stands.
    """

    first: int

    @property
    def _own(self) -> slice:
        return slice(self.first, self.first + self.before[0])

    def forward(self, mask: Array) -> Array:
        """Return the same values, among the output's channels."""
        found = np.zeros(self.after, bool)
        found[self._own] = mask
        return found

    def back(self, mask: Array) -> Array:
        """Return those that are in this input's channels."""
        return mask[self._own]

    def mean(self, values: Array) -> Array:
        """Return the same values, among the output's channels; 0 elsewhere."""
        found = np.zeros(self.after)
        found[self._own] = values
        return found


@dataclass(frozen=True, eq=False, kw_only=True)
class Sliding(Link):
    """Each output looks at some rows and some columns of a group of channels.

    Attributes
    ----------
    rows, columns : Axis
    channels : tuple of (outputs, inputs)
        Slices: each group's channels of the output, and those of the input it looks at.
    """

    rows: Axis
    columns: Axis
    channels: Channels

    def forward(self, mask: Array) -> Array:
        """Return which outputs look at any of these inputs."""
        found = np.zeros(self.after, bool)
        for outputs, inputs in self.channels:
            seen = flat(mask[inputs])
            if seen.any():
                found[outputs] = self.columns.forward(self.rows.forward(seen).T).T
        return found

    def back(self, mask: Array) -> Array:
        """Return which inputs any of these outputs looks at."""
        found = np.zeros(self.before, bool)
        for outputs, inputs in self.channels:
            asked = flat(mask[outputs])
            if asked.any():
                found[inputs] |= self.columns.back(self.rows.back(asked).T).T
        return found

    def padding(self) -> Array:
        """Return which outputs have a tap on padding."""
        found = np.zeros(self.after, bool)
        touched = self.rows.touches_padding[:, None] | self.columns.touches_padding
        for outputs, _ in self.channels:
            found[outputs] = touched
        return found

    def mean(self, values: Array) -> Array:
        """Return the mean under each output's taps, padding counting as 0."""
        found = np.zeros(self.after)
        taps = self.rows.counts[:, None] * self.columns.counts
        for outputs, inputs in self.channels:
            sums = self.columns.totals(self.rows.totals(values[inputs].mean(axis=0)).T).T
            found[outputs] = np.divide(sums, taps, out=np.zeros(sums.shape), where=taps > 0)
        return found


def flat(mask: Array) -> Array:
    """Return in which places a set (C, H, W) has a value, in any of its channels, (H, W)."""
    places: Array = np.any(mask, axis=0)
    return places


def maps_shape(shape: tuple[int, ...]) -> MapsShape:
    """Return the shape of one picture's maps for an array's shape, with its batch axis.

    Examples
    --------
    >>> maps_shape((2, 8, 5, 6)), maps_shape((2, 10))
    ((8, 5, 6), (10, 1, 1))
    """
    if not 2 <= len(shape) <= 4:
        raise UnsupportedError(
            f"fields are followed through arrays (N, C, H, W) or (N, F), got shape {shape}"
        )
    channels, height, width = shape[1:] + (1,) * (4 - len(shape))
    return channels, height, width


def grouped(outputs: int, inputs: int, groups: int = 1) -> Channels:
    """Return so many groups of channels; as many groups as channels: each by itself."""
    wide, deep = outputs // groups, inputs // groups
    return tuple(
        (slice(g * wide, (g + 1) * wide), slice(g * deep, (g + 1) * deep)) for g in range(groups)
    )
