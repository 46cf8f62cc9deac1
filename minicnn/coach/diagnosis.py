"""Which mistake explains what a function does: compared with broken convolutions, case by case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minicnn.coach.learner import Learner, Outcome
from minicnn.coach.mistake import Mistake
from minicnn.coach.mistakes import COMPLEX, INPUT_MODIFIED, NOTHING_RETURNED, ways
from minicnn.coach.problem import Problem, close, in_layout, solve
from minicnn.coach.suspects import (
    asked_otherwise,
    square_kernel,
    square_picture,
    suspected,
    three_by_three,
)
from minicnn.coach.ways import NotPossible, Way
from minicnn.errors import MiniCNNError
from minicnn.shapes import Array

_LIKELY = 0.5
"""A mistake that explains at least this share of what is wrong, and contradicts nothing."""


@dataclass(frozen=True)
class Diagnosis:
    """What is probably wrong.

    Attributes
    ----------
    mistakes : tuple of Mistake
        Usually one; two that are made at once; or none that is known.
    certainty : "certain", "likely", "partly" or "unknown"
        Partly: it explains all cases without options; with them, more goes wrong.
    explained, failed, tried : int
        So many of the cases that failed are explained, of so many tried.
    hint : str
        What the failed cases have in common, if that helps.
    """

    mistakes: tuple[Mistake, ...]
    certainty: str
    explained: int
    failed: int
    tried: int
    hint: str = ""


@dataclass(frozen=True, eq=False)
class Case:
    """A problem, what the function made of it, and what it should have."""

    problem: Problem
    outcome: Outcome
    expected: Array

    @property
    def right(self) -> bool:
        """Whether the answer is the expected one."""
        return self.outcome.right(self.expected)


def diagnose(learner: Learner, problems: Sequence[Problem]) -> Diagnosis:
    """Return the mistake that explains best what a function does on these problems."""
    cases = [Case(p, learner.run(p), in_layout(solve(p), learner.layout)) for p in problems]
    wrong = [case for case in cases if not case.right]
    count = len(wrong), len(cases)
    if not wrong:
        if any(case.outcome.modified for case in cases):
            return Diagnosis((INPUT_MODIFIED,), "certain", *_all(cases))
        return Diagnosis((), "unknown", 0, *count)
    hint = _common(cases)
    kinds = {case.outcome.kind for case in wrong}
    if kinds == {"none"}:
        return Diagnosis((NOTHING_RETURNED,), "certain", len(wrong), *count)
    if kinds == {"odd"} and "complex" in wrong[0].outcome.error:
        return Diagnosis((COMPLEX,), "certain", len(wrong), *count)
    ordered = wrong + [case for case in cases if case.right]
    best: tuple[int, Mistake] | None = None
    for mistake, way in ways():
        explained = _explained(way, ordered, learner.layout)
        if explained == len(wrong):
            return Diagnosis((mistake,), "certain", explained, *count)
        if explained and (best is None or explained > best[0]):
            best = explained, mistake
    pair = _two(ordered, learner.layout) if all(map(_finite, ordered)) else None
    if pair is not None:
        return Diagnosis(pair, "certain", len(wrong), *count, hint)
    if best is not None and best[0] >= _LIKELY * len(wrong):
        return Diagnosis((best[1],), "likely", best[0], *count, hint)
    other = asked_otherwise(learner)
    if other is not None:
        return Diagnosis((other,), "certain", len(wrong), *count)
    good = [case.problem for case in cases if case.right]
    suspect = suspected(good, [case.problem for case in wrong])
    if suspect is not None:
        return Diagnosis((suspect,), "likely", len(wrong), *count, hint)
    plain = [p for p in problems if not p.options]
    if 0 < len(plain) < len(problems) and any(not p.options for p in (c.problem for c in wrong)):
        found = diagnose(learner, plain)
        if found.certainty == "certain":
            return Diagnosis(found.mistakes, "partly", found.tried, *count)
    return Diagnosis((), "unknown", 0, *count, hint)


def _explained(way: Way, ordered: Sequence[Case], layout: str) -> int:
    """Return how many wrong answers a way explains; 0 if it contradicts any case.

    A case in which the function raised something is explained if this mistake cannot be made
    there either (the kernel is larger than a picture that was not padded); else it is neither
    for nor against.
    """
    answers, raised = 0, 0
    for case in ordered:
        made = _make(way, case.problem, layout)
        got = case.outcome.array
        if got is None or made is None:
            raised += got is None and made is None
        elif close(got, made):
            answers += not case.right
        elif case.right or not close(made, case.expected):
            return 0
    return answers + raised if answers else 0


def _two(ordered: Sequence[Case], layout: str) -> tuple[Mistake, ...] | None:
    """Return two mistakes that explain everything when made at once."""
    known = list(ways())
    for i, (first, outer) in enumerate(known):
        for j, (second, inner) in enumerate(known):
            if i != j and first is not second and _fits(_around(outer, inner), ordered, layout):
                return first, second
    return None


def _finite(case: Case) -> bool:
    array = case.outcome.array
    if array is None or array.ndim != case.expected.ndim:
        return False
    return bool(np.isfinite(array).all())


def _around(outer: Way, inner: Way) -> Way:
    return lambda p, solve_: outer(p, lambda q: inner(q, solve_))


def _fits(way: Way, ordered: Sequence[Case], layout: str) -> bool:
    for case in ordered:
        made = _make(way, case.problem, layout)
        assert case.outcome.array is not None
        if made is None or not close(case.outcome.array, made):
            return False
    return True


def _make(way: Way, problem: Problem, layout: str) -> Array | None:
    """Return what a mistake makes of a problem, or None if it cannot be made with it."""
    try:
        with np.errstate(all="ignore"):
            return in_layout(way(problem, solve), layout)
    except (NotPossible, MiniCNNError, ValueError, IndexError):
        return None


def _common(cases: Sequence[Case]) -> str:
    """Say what all failed cases have and no good one has, if there is such a thing."""
    traits: tuple[tuple[str, Callable[[Problem], bool]], ...] = (
        ("stride is above 1", lambda p: bool(np.any(np.asarray(p.stride) > 1))),
        ("padding is above 0", lambda p: bool(np.any(np.asarray(p.padding) > 0))),
        ("dilation is above 1", lambda p: bool(np.any(np.asarray(p.dilation) > 1))),
        ("there is a bias", lambda p: p.bias is not None),
        ("groups is above 1", lambda p: p.groups > 1),
        ("there is more than one channel", lambda p: p.x.shape[1] > 1),
        ("there is more than one filter", lambda p: len(p.weight) > 1),
        ("there is more than one picture", lambda p: len(p.x) > 1),
        ("the kernel is not square", lambda p: not square_kernel(p)),
        ("the picture is not square", lambda p: not square_picture(p)),
        ("the kernel is larger than 1 x 1", lambda p: p.weight.shape[2:] != (1, 1)),
        ("the kernel is not 3 x 3", lambda p: not three_by_three(p)),
        ("the weights are not whole numbers", lambda p: bool((p.weight % 1).any())),
    )
    wrong = [case.problem for case in cases if not case.right]
    good = [case.problem for case in cases if case.right]
    if not good:
        return ""
    for text, has in traits:
        if all(map(has, wrong)) and not any(map(has, good)):
            return f"It fails exactly where {text}."
    for text, has in traits:
        if all(map(has, wrong)) and sum(map(has, good)) <= 0.5 * len(good):
            return f"It fails only where {text}."
    return ""


def _all(cases: Sequence[Case]) -> tuple[int, int, int]:
    return len(cases), len(cases), len(cases)
