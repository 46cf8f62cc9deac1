"""Make a failing case smaller, by hand: fewer axes, rows and numbers, as long as it fails alike.

Hypothesis shrinks what it has drawn, number by number. Here rows and columns are cut off, which
keeps the numbers that matter where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from minicnn.coach.problem import NEUTRAL, Problem
from minicnn.errors import MiniCNNError
from minicnn.shapes import Array, pair

_MOST_STEPS = 400


def smallest(problem: Problem, fails: Callable[[Problem], bool]) -> Problem:
    """Return the smallest problem on the way down that still fails."""
    for _ in range(_MOST_STEPS):
        smaller = next((p for p in _simpler(problem) if _possible(p) and fails(p)), None)
        if smaller is None:
            break
        problem = smaller
    return problem


def _simpler(p: Problem) -> Iterator[Problem]:
    """Yield problems that are simpler by one step, the largest steps first."""
    for name in p.options:
        if name != "groups":
            yield _with(p, name, NEUTRAL[name])
    yield from _fewer(p)
    for name in ("stride", "padding", "dilation"):
        first, second = pair(name, getattr(p, name), least=0)
        low = NEUTRAL[name]
        for smaller in ((first - 1, second - 1), (first - 1, second), (first, second - 1)):
            if min(smaller) >= low and (first == second) == (smaller[0] == smaller[1]):
                yield _with(p, name, smaller[0] if smaller[0] == smaller[1] else smaller)
    yield from _cut(p)
    for name in ("x", "weight"):
        array = getattr(p, name)
        if array.dtype != np.float64:
            yield _with(p, name, array.astype(np.float64))
    for name in ("x", "weight", "bias"):
        array = getattr(p, name)
        if array is not None:
            yield from (_with(p, name, simpler) for simpler in _plainer(array))


def _fewer(p: Problem) -> Iterator[Problem]:
    """Yield problems with one picture, channel or filter less."""
    for n in range(len(p.x)):
        if len(p.x) > 1:
            yield replace(p, x=np.delete(p.x, n, axis=0))
    if p.groups > 1:
        channels, filters = p.weight.shape[1], len(p.weight) // p.groups
        first = p.bias if p.bias is None else p.bias[:filters]
        weight = p.weight[:filters]
        yield replace(p, x=p.x[:, :channels], weight=weight, bias=first, groups=1)
        return
    for c in range(p.weight.shape[1]):
        if p.weight.shape[1] > 1:
            yield replace(p, x=np.delete(p.x, c, axis=1), weight=np.delete(p.weight, c, axis=1))
    for o in range(len(p.weight)):
        if len(p.weight) > 1:
            bias = None if p.bias is None else np.delete(p.bias, o)
            yield replace(p, weight=np.delete(p.weight, o, axis=0), bias=bias)


def _cut(p: Problem) -> Iterator[Problem]:
    """Yield problems with one row or column less, of the kernel or of the picture."""
    for name in ("weight", "x"):
        array = getattr(p, name)
        for axis in (2, 3):
            if array.shape[axis] > 1:
                for end in (-1, 0):
                    yield _with(p, name, np.delete(array, end, axis=axis))


def _plainer(array: Array) -> Iterator[Array]:
    """Yield the array with one number replaced by 0, by 1, or by its positive."""
    for index in np.ndindex(array.shape):
        value = array[index]
        for simpler in (0, 1, -value if value < 0 else value):
            if value != simpler and value != 0 and not (simpler == 1 and value == 0):
                other = array.copy()
                other[index] = simpler
                yield other


def _with(p: Problem, name: str, value: Any) -> Problem:
    changes: dict[str, Any] = {name: value}
    return replace(p, **changes)


def _possible(p: Problem) -> bool:
    try:
        return p.window.fits(*p.x.shape[2:])
    except MiniCNNError:
        return False
