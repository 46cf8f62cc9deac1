"""What is suspected where no number tells: by which cases fail, and by asking in another way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minicnn.coach.learner import Learner
from minicnn.coach.mistake import Mistake
from minicnn.coach.mistakes import CHANNELS_LAST, KERNEL_FIRST, KERNEL_FIXED, MISTAKES
from minicnn.coach.problem import LAYOUTS, Problem, in_layout, solve
from minicnn.coach.problems import gallery
from minicnn.shapes import Array

SWAPPED = next(m for m in MISTAKES if m.name == "height and width swapped")
_WEIGHT_AXES = ((2, 3, 1, 0), (0, 2, 3, 1))
"""How (O, C, KH, KW) is turned where channels stand last: as in TensorFlow, or filters first."""


def square_picture(p: Problem) -> bool:
    """Whether a problem's picture is square."""
    return bool(p.x.shape[2] == p.x.shape[3])


def square_kernel(p: Problem) -> bool:
    """Whether a problem's kernel is square."""
    return bool(p.weight.shape[2] == p.weight.shape[3])


def three_by_three(p: Problem) -> bool:
    """Whether a problem's kernel is 3 x 3."""
    return bool(p.weight.shape[2:] == (3, 3))


_TELLING: tuple[tuple[Callable[[Problem], bool], Mistake], ...] = (
    (square_picture, SWAPPED),
    (square_kernel, SWAPPED),
    (lambda p: square_picture(p) and square_kernel(p), SWAPPED),
    (three_by_three, KERNEL_FIXED),
)


def suspected(good: Sequence[Problem], wrong: Sequence[Problem]) -> Mistake | None:
    """Return the mistake that divides the problems as they are divided, if one does.

    All that is square comes out right and nothing else does, say: one exception, and it is none.
    """
    if not good or not wrong:
        return None
    for has, mistake in _TELLING:
        if all(map(has, good)) and not any(map(has, wrong)):
            return mistake
    return None


def asked_otherwise(learner: Learner) -> Mistake | None:
    """Return why a function is right on all problems when it is asked in another way, if it is."""
    for layout in LAYOUTS:
        plain = replace(learner, layout=layout)
        others = [(KERNEL_FIRST, _kernel_first(plain))]
        if layout != "hw":
            others += [(CHANNELS_LAST, _channels_last(plain, axes)) for axes in _WEIGHT_AXES]
        for mistake, other in others:
            problems = gallery(other, "floats", pairs=False)
            if all(other.run(p).right(in_layout(solve(p), layout)) for p in problems):
                return mistake
    return None


def _kernel_first(learner: Learner) -> Learner:
    def turned(first: Array, second: Array, **named: Any) -> Any:
        return learner.function(second, first, **named)

    return replace(learner, function=turned)


def _channels_last(learner: Learner, axes: tuple[int, ...]) -> Learner:
    def moved(x: Array, weight: Array, **named: Any) -> Any:
        y = np.asarray(learner.function(np.moveaxis(x, -3, -1), weight.transpose(axes), **named))
        return np.moveaxis(y, -1, -3) if y.ndim > 2 else y

    return replace(learner, function=moved)
