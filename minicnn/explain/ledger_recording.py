"""A trace, asked for places: which step, which map, which value, and where its input is from."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, DTypeError, ShapeError, short
from minicnn.explain.ledger_layers import Asked, as_maps
from minicnn.explain.ledger_terms import Place
from minicnn.explain.naming import Names, names_along
from minicnn.layers import Layer
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, Shape, integer
from minicnn.trace import Trace

PICTURE = -1
"""The position of the picture, before the first step."""


class Recording:
    """What a model did with its input, for explanations.

    Parameters
    ----------
    trace : Trace
    """

    def __init__(self, trace: Trace) -> None:
        """Keep the trace."""
        self.trace = trace
        self._inputs: dict[tuple[int, int], tuple[Array, ...]] = {}

    @cached_property
    def names(self) -> tuple[Names | None, ...]:
        """Each step's names of its maps."""
        return names_along(self.trace)

    def step_name(self, position: int) -> str:
        """Return a step's name; the picture is called "picture"."""
        return "picture" if position == PICTURE else self.trace[position].name

    def map_name(self, position: int, channel: int) -> str:
        """Return what a map is called: a kernel's name, or "channel 3"; a number, "feature 3"."""
        names = None if position == PICTURE else self.names[position]
        return f"{self.noun(position)} {channel}" if names is None else names[channel]

    def noun(self, position: int) -> str:
        """Return what a map is an example of: "channel"; a number among numbers, "feature"."""
        return "feature" if self.array(position).ndim == 2 else "channel"

    def in_words(self, position: int, place: Place) -> str:
        """Return where a value stands: "channel 3, row 1, column 2", or "feature 3" of a line."""
        name = self.map_name(position, place.channel)
        if self.array(position).ndim == 2:
            return name
        return f"{name}, row {place.row}, column {place.column}"

    def array(self, position: int) -> Array:
        """Return a step's output for the whole batch."""
        return self.trace.input if position == PICTURE else self.trace[position].output

    def maps(self, position: int, sample: int) -> Array:
        """Return a step's output for one picture, (C, H, W)."""
        return as_maps(self.array(position)[sample])

    def value(self, position: int, sample: int, place: Place) -> float:
        """Return one value as the next layer computes with it."""
        one = np.asarray(self.maps(position, sample)[place])
        return float(real_array(one, "explain"))

    def asked(self, position: int, sample: int, place: Place) -> Asked:
        """Return the question that a step's layer is asked."""
        step, key = self.trace[position], (position, sample)
        if key not in self._inputs:
            self._inputs[key] = tuple(
                as_maps(real_array(x[sample], "explain")) for x in step.inputs
            )
        return Asked(step, sample, place, self._inputs[key])

    def origins(self, position: int) -> tuple[int | None, ...]:
        """Return the steps whose outputs a step looks at; None for what is not in the trace.

        What the step says in `sources` is believed if it is so: steps that somebody put together
        by hand do not say it.
        """
        step = self.trace[position]
        earlier = range(position - 1, PICTURE - 1, -1)
        return tuple(
            next((at for at in (source, *earlier) if self.array(at) is x), None)
            for x, source in zip(step.inputs, step.sources, strict=True)
        )

    def find_step(self, step: Any) -> int:
        """Return a step's position by its name or its index."""
        if isinstance(step, np.integer):
            step = int(step)
        if isinstance(step, bool):
            raise ConfigError(f"step must be a name or an index, got {step}")
        found = self.trace[step]
        return next(i for i, each in enumerate(self.trace) if each is found)

    def find_sample(self, sample: Any) -> int:
        """Return the picture's index in the batch."""
        count = len(self.trace.input)
        if integer("sample", sample, least=0) >= count:
            last = f"from 0 to {count - 1}" if count else "left out: the batch is empty"
            raise ConfigError(f"sample must be {last}, got {sample}")
        return int(sample)

    def find_place(self, position: int, sample: int, channel: Any, row: Any, column: Any) -> Place:
        """Return a place in a step's output, the channel by its name or its index.

        Raises
        ------
        ConfigError
            For what is not there; the message says what is.
        """
        shape = self.maps(position, sample).shape
        if isinstance(channel, str):
            channel = self._channel(position, channel)
        return Place(
            *(
                _within(name, value, size, self.step_name(position), shape)
                for name, value, size in zip(
                    Place._fields, (channel, row, column), shape, strict=True
                )
            )
        )

    def _channel(self, position: int, name: str) -> int:
        names = (None if position == PICTURE else self.names[position]) or ()
        if name in names:
            return names.index(name)
        step = self.step_name(position)
        if not names:
            raise ConfigError(f"the maps of {step} have no names: give channel as a number")
        known = ", ".join(f"{i}: {known!r}" for i, known in enumerate(names[:12]))
        more = f", ... ({len(names)} in all)" if len(names) > 12 else ""
        raise ConfigError(f"{step} has no channel {short(name)}; its channels are {known}{more}")


def recorded(model: Any, x: Any, who: str = "explain.pixel") -> Trace:
    """Return the trace of a model on pictures, or the trace that was given instead.

    `who` is the function that was called, for the errors.

    Raises
    ------
    ConfigError, DTypeError
        For what is neither.
    """
    if isinstance(model, Trace):
        if x is not None:
            raise ConfigError(
                "a trace has its picture already: pass None for x, or the model and x"
            )
        found = model
    elif isinstance(model, Layer):
        if x is None:
            raise ConfigError("x is missing: pass the picture, or pass model.trace(x) as the model")
        found = model.trace(x)
    else:
        raise DTypeError(
            f"{who} takes a model (a Layer) or a Trace, got {type(model).__name__} {short(model)}"
        )
    if found.input.ndim == 0:
        raise ShapeError(f"{who}: the input must be a batch, (N, C, H, W); got one number")
    return found


def _within(name: str, value: Any, size: int, step: str, shape: Shape) -> int:
    if integer(name, value, least=0) >= size:
        raise ConfigError(
            f"{name} must be from 0 to {size - 1}, got {value}.\n"
            f"  {step} (C, H, W) = {tuple(shape)}"
        )
    return int(value)
