"""What rounding does to a model's numbers: measured, by running the same steps more precisely.

A bound that holds for every input grows by the sum of the weights' sizes at each layer, while
the values themselves hardly grow: after ten layers it is larger than they are. What one run
really lost is known exactly when it is done once more in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.errors import MiniCNNError
from minicnn.layers import PICTURE
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array
from minicnn.trace import Step, Trace

_FINER = 2.0**-29
"""How much smaller float64's roundings are than float32's."""


def replay(trace: Trace, x: Array) -> Trace:
    """Return what the same steps make of another input, or of the same in another precision.

    Parameters
    ----------
    trace : Trace
    x : array of the shape of the trace's input

    Examples
    --------
    >>> from minicnn import Conv2D
    >>> trace = Conv2D.from_kernels("box_3").trace(np.ones((1, 1, 3, 3), np.float32))
    >>> replay(trace, 2.0 * trace.input.astype(np.float64)).output.round(12)
    array([[[[2.]]]])
    """
    steps: list[Step] = []
    with np.errstate(all="ignore"):
        for step in trace:
            inputs = tuple(x if s == PICTURE else steps[s].output for s in step.sources)
            steps.append(Step(step.name, step.layer, inputs, step.layer(*inputs), step.sources))
    return Trace(x, tuple(steps))


def other_precision(trace: Trace) -> Trace | None:
    """Return a trace of float32 numbers in float64, and one of float64 numbers in float32.

    None where that cannot be: float32 does not hold the weights.
    """
    x = real_array(trace.input, "explain")
    other = np.float64 if x.dtype == np.float32 else np.float32
    try:
        with np.errstate(over="ignore"):
            return replay(trace, x.astype(other))
    except MiniCNNError:
        return None


def rounding(output: Array, other: Array) -> float:
    """Return by how much rounding has moved the values of an output, at most.

    Parameters
    ----------
    output : array
        What a step gave.
    other : array
        The same in the other precision, see `other_precision`.

    Returns
    -------
    float
        For float32, what it lost against float64: measured. For float64, float32's loss times
        2**-29: an estimate, as there is nothing finer to measure against. Never less than the
        last digit of the largest value, unless nothing was lost at all.
    """
    gaps = np.abs(output.astype(np.float64) - other.astype(np.float64))
    gap = _largest(gaps)
    if not gap:
        return 0.0
    last = float(np.finfo(output.dtype).eps) * _largest(np.abs(output))
    return max(gap * (_FINER if output.dtype == np.float64 else 1.0), last)


def _largest(values: Any) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max(initial=0.0))
