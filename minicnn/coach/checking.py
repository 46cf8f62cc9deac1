"""The attack: Hypothesis looks for a case that fails, and makes it as small as it can be."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.coach.diagnosis import Diagnosis, diagnose
from minicnn.coach.learner import Learner, copied, learner_of
from minicnn.coach.mistakes import UNSTABLE
from minicnn.coach.problem import NEUTRAL, Problem, close, in_layout, solve
from minicnn.coach.problems import STAGES, gallery, hypothesis, strategy
from minicnn.coach.report import Report
from minicnn.coach.shrinking import smallest
from minicnn.errors import ConfigError, UnsupportedError, short
from minicnn.shapes import integer


def check(
    my_conv: Callable[..., Any],
    *,
    layout: str = "auto",
    integers: bool = True,
    pairs: bool = False,
    tries: int = 300,
) -> Report:
    """Attack a convolution of your own, and say what is wrong with it.

    The function is asked hundreds of small convolutions and compared with the definition. If one
    fails, it is made as small as it can be and still fail; and what the function does is compared
    with what some fifty well-known mistakes do.

    Parameters
    ----------
    my_conv : function
        ``my_conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)``, of which
        only the first two are needed: it is asked for what it has. Other names are understood
        too (``strides``, ``pad``, ``rate``, ...), and other arguments with a default are left
        alone. It may take pictures (N, C, H, W) with weights (O, C // groups, KH, KW), single
        pictures (C, H, W), or plain matrices, ``my_conv(image, kernel)``.
    layout : {'auto', 'nchw', 'chw', 'hw'}
        Which of the three. By default the simplest picture is tried.
    integers : bool
        Whether to ask with pictures of bytes (uint8) as well.
    pairs : bool
        Whether stride, padding and dilation may also be (rows, columns).
    tries : int
        How many cases to try, at most, of each kind.

    Returns
    -------
    Report
        True if all was right; ``print`` explains it, ``viz.plot_coach`` draws it.

    Raises
    ------
    ConfigError
        For what is no function, or one that needs arguments that the coach does not know.
    UnsupportedError
        If Hypothesis is not installed (``python -m pip install ".[test]"`` in a checkout).

    Notes
    -----
    Whatever the function raises is caught and told; what it prints is swallowed. Two calls of
    `check` say the same, nothing is written to any file.

    Examples
    --------
    >>> import numpy as np
    >>> def my_conv(image, kernel):
    ...     rows, columns = (n - k + 1 for n, k in zip(image.shape, kernel.shape))
    ...     y = np.zeros((rows, columns))
    ...     for i in range(rows):
    ...         for j in range(columns):
    ...             patch = image[i : i + kernel.shape[0], j : j + kernel.shape[1]]
    ...             y[i, j] = (patch * kernel[::-1, ::-1]).sum()
    ...     return y
    >>> report = check(my_conv)
    >>> report.passed, report.mistake
    (False, 'kernel flipped')
    >>> report.picture.size, report.kernel.size                      # as small as can be
    (2, 2)
    """
    hypothesis()
    for name, value in (("integers", integers), ("pairs", pairs)):
        if not isinstance(value, bool):
            raise ConfigError(f"{name} must be True or False, got {short(value)}")
    integer("tries", tries, least=1)
    learner = learner_of(my_conv, layout)
    tried = 0
    for stage in STAGES[: 1 + integers]:
        problems = gallery(learner, stage, pairs=pairs)
        failing, asked = _attack(learner, strategy(learner, stage, pairs=pairs), problems, tries)
        tried += asked
        if failing is not None:
            steady = _steady(learner, problems)
            found = diagnose(learner, problems) if steady else _FICKLE
            return _failed(learner, failing, found, tried)
    unstable = _unstable(learner, gallery(learner, "floats", pairs=pairs))
    if unstable is not None:
        return _failed(learner, unstable, _FICKLE, tried)
    return Report(passed=True, tried=tried, **_scope(learner))


def _attack(
    learner: Learner, problems: Any, fixed: list[Problem], tries: int
) -> tuple[Problem | None, int]:
    """Return the smallest problem that fails, or None, and how many were tried."""
    h = hypothesis()
    count, last = 0, None
    found: Problem | None

    def fails(problem: Problem) -> bool:
        nonlocal count, last
        count += 1
        if not _wrong(learner, problem):
            return False
        last = problem
        return True

    quiet = h.settings(
        database=None,
        max_examples=tries,
        deadline=None,
        phases=(h.Phase.generate, h.Phase.shrink),
        suppress_health_check=list(h.HealthCheck),
        verbosity=h.Verbosity.quiet,
        print_blob=False,
    )
    try:
        found = h.find(problems, fails, settings=quiet, random=random.Random(0))
    except h.errors.NoSuchExample:
        found = next((problem for problem in fixed if fails(problem)), None)
    except h.errors.HypothesisException as error:
        if last is None:
            raise UnsupportedError(
                "coach.check cannot attack here: Hypothesis refuses.\n"
                "  Within a test of Hypothesis's own, allow it there: "
                "@settings(suppress_health_check=[HealthCheck.nested_given])."
            ) from error
        found = last  # the function is not even wrong in the same way twice
    if found is None:
        return None, count
    how = _failure(learner, found)
    return smallest(found, lambda problem: _failure(learner, problem) == how), count


def _wrong(learner: Learner, problem: Problem) -> bool:
    return _failure(learner, problem) is not None


def _failure(learner: Learner, problem: Problem) -> tuple[str, str] | None:
    """Return in which way a problem fails, or None if the answer is right."""
    outcome = learner.run(problem)
    expected = in_layout(solve(problem), learner.layout)
    if outcome.array is None:
        return outcome.kind, outcome.error.partition(":")[0]
    if not outcome.right(expected):
        return "answer", "values" if outcome.array.shape == expected.shape else "shape"
    return ("modified", " ".join(outcome.modified)) if outcome.modified else None


_FICKLE = Diagnosis((UNSTABLE,), "certain", 1, 1, 1)


def _steady(learner: Learner, problems: list[Problem]) -> bool:
    """Say whether the same questions get the same answers twice."""
    pairs = ((learner.run(p).array, learner.run(p).array) for p in problems)
    return all(
        a is b if a is None or b is None else np.array_equal(a, b, equal_nan=True) for a, b in pairs
    )


def _unstable(learner: Learner, problems: list[Problem]) -> Problem | None:
    """Return a problem whose answer changes, after it was returned or when asked again."""
    for problem in problems:
        arrays, named = learner.arguments(problem)
        result = learner.call(arrays, named)
        first = copied(result)
        for other in problems[:4]:
            learner.run(other)
        again = learner.run(problem)
        if again.array is None or not close(copied(result), first) or not again.right(first):
            return problem
    return None


def _failed(learner: Learner, problem: Problem, found: Diagnosis, tried: int) -> Report:
    outcome = learner.run(problem)
    error = outcome.error
    if outcome.modified:
        error = f"{error}; " * bool(error) + f"{' and '.join(outcome.modified)} changed in the call"
    return Report(
        passed=False,
        tried=tried,
        mistakes=found.mistakes,
        certainty=found.certainty,
        evidence=_evidence(found),
        hint=found.hint if found.certainty != "certain" else "",
        problem=problem,
        call=learner.call_text(problem),
        expected=in_layout(solve(problem), learner.layout),
        got=outcome.array,
        error=error,
        **_scope(learner),
    )


def _evidence(found: Diagnosis) -> str:
    if found.certainty == "certain" and found.mistakes == (UNSTABLE,):
        return ""
    if found.certainty == "certain" and len(found.mistakes) == 2:
        return f"Both together explain all {found.tried} test cases, number by number."
    if found.certainty == "certain":
        return f"That explains all {found.tried} test cases, number by number."
    if found.certainty == "partly":
        return (
            f"That explains all {found.explained} test cases without further arguments; with them, "
            f"more goes wrong. Mend this first, then ask again."
        )
    if found.certainty == "likely":
        return (
            f"That explains {found.explained} of the {found.failed} test cases that failed "
            f"(of {found.tried}), and contradicts none."
        )
    return f"{found.failed} of {found.tried} test cases failed."


def _scope(learner: Learner) -> dict[str, Any]:
    tested = tuple(name for name in NEUTRAL if name in learner.options)
    missing = tuple(
        name
        for name in NEUTRAL
        if name not in learner.options and not (name == "groups" and learner.layout == "hw")
    )
    return {
        "function": learner.name,
        "tested": tested,
        "not_tested": (*missing, *learner.left_out),
        "layout": learner.layout,
    }
