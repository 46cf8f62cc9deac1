"""How far rounding may take two models apart that do the same."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from minicnn.explain.filters import filters_of
from minicnn.explain.precision import other_precision, rounding
from minicnn.layers import PICTURE
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array
from minicnn.trace import Step, Trace

_MEASURED = 8.0, 4.0
"""Two models that do the same may have weights that were rounded too: so many times what rounding
did to their values, and so many units of the last digit of the largest number that is added up."""

_ESTIMATED = 64.0, 64.0
"""The same where what rounding did was not measured but estimated, or is not known at all."""


class Rounding:
    """What rounding explains of one model, worked out when it is asked for, and once.

    Parameters
    ----------
    trace : Trace
    """

    def __init__(self, trace: Trace) -> None:
        """Keep the trace."""
        self.trace = trace
        self._known: dict[int, float] = {PICTURE: 0.0}

    @cached_property
    def _other(self) -> Trace | None:
        return other_precision(self.trace)

    def of(self, position: int) -> float:
        """Return how far a step's values may be from those of a model that does the same.

        float32 is measured against float64. What float64 loses can only be estimated: where that
        seems less than what the step's inputs have lost, as weighed by it, this counts.

        Parameters
        ----------
        position : int
            The step's index; -1 is the input, to which nothing has happened.
        """
        for earlier in range(position + 1):
            if earlier not in self._known:
                self._known[earlier] = self._of(earlier)
        return self._known[position]

    def _of(self, position: int) -> float:
        step = self.trace[position]
        output = real_array(step.output, "explain.compare")
        last = float(np.finfo(output.dtype).eps) * _largest_term(step, output)
        if output.dtype == np.float32 and self._other is not None:
            times, digits = _MEASURED
            return times * rounding(output, self._other[position].output) + digits * last
        times, digits = _ESTIMATED
        passed_on = max(self._known[source] for source in step.sources) * _gain(step)
        own = 0.0 if self._other is None else rounding(output, self._other[position].output)
        return max(times * own + digits * last, passed_on)


def _gain(step: Step) -> float:
    """Return how much larger a layer makes errors that have nothing to do with each other."""
    filters = filters_of(step.layer)
    if filters is None:
        return 1.0
    rows = filters.weight.reshape(len(filters.weight), -1).astype(np.float64)
    with np.errstate(over="ignore"):
        return float(np.sqrt((rows * rows).sum(axis=1)).max())


def _largest_term(step: Step, output: Array) -> float:
    """Return how large the numbers can be that a step's values are sums of."""
    filters = filters_of(step.layer)
    reach = _largest(output)
    if filters is None:
        return reach
    rows = np.abs(filters.weight).reshape(len(filters.weight), -1)
    terms = max(map(_largest, step.inputs)) * float(rows.sum(axis=1, dtype=np.float64).max())
    return max(reach, terms)


def _largest(values: Array) -> float:
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
