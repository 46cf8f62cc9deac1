"""NaN and infinity: in which step they arose, where, and what made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.errors import MiniCNNError
from minicnn.explain.doctor_exam import Exam
from minicnn.explain.doctor_findings import Finding
from minicnn.explain.doctor_vitals import as_rows
from minicnn.explain.doctor_words import number, percent
from minicnn.layers import PICTURE
from minicnn.shapes import Array

_AXES = ("picture", "channel", "row", "column")


def look_for_bad_numbers(exam: Exam) -> Iterator[Finding]:
    """Yield a finding for each place where NaN or infinity arises; not where it is passed on."""
    for position in exam.positions:
        if position == PICTURE:
            if exam.vitals(PICTURE).bad.any():
                yield _found(exam, PICTURE, *_of_input(exam))
            continue
        step = exam.trace[position]
        broken = _broken_weights(step.layer)
        passed_on = any(exam.vitals(source).bad.any() for source in step.sources)
        if broken:
            yield _found(exam, position, *_of_weights(broken))
        elif exam.vitals(position).bad.any() and not passed_on:
            yield _found(exam, position, *_of_computing(exam, position))


def _found(exam: Exam, position: int, cause: str, fix: str, seen: str) -> Finding:
    bad = ~np.isfinite(exam.maps(position))
    count, nans = int(bad.sum()), int(np.isnan(exam.maps(position)).sum())
    both = "NaN or infinite" if 0 < nans < count else "NaN" if nans else "infinite"
    numbers: dict[str, float] = {"bad": count, "nan": nans, "values": bad.size}
    what, first = "weights are NaN or infinite", ""
    if count:
        place = exam.place(position, int(np.argmax(bad)))  # the first True
        where = ", ".join(f"{axis} {i}" for axis, i in zip(_AXES, place, strict=False))
        first = f"the first is at {where}"
        what = f"{count:,} of {bad.size:,} values {'is' if count == 1 else 'are'} {both}"
        numbers |= dict(zip(_AXES, map(float, place), strict=False))
    return exam.finding(
        "nan" if nans else "inf", "error", position,
        np.flatnonzero(exam.vitals(position).bad),
        words="NaN" if nans else "inf",
        what=what,
        evidence="; ".join(filter(None, [first, seen, _spread(exam, position)])),
        cause=cause,
        fix=fix,
        numbers=numbers,
    )  # fmt: skip


def _spread(exam: Exam, position: int) -> str:
    """Say how much of the model's output is lost."""
    last = len(exam.trace) - 1
    if position == last:
        return ""
    lost = float((~np.isfinite(exam.maps(last))).mean()) if exam.maps(last).size else 0.0
    return f"{percent(lost)} of the model's output is lost"


def _of_input(exam: Exam) -> tuple[str, str, str]:
    return (
        "they are in the picture that was passed in",
        "Find out where they come from (0 / 0? a missing pixel?), or use np.nan_to_num(x).",
        "",
    )


def _of_weights(broken: dict[str, Array]) -> tuple[str, str, str]:
    counted = ", ".join(
        f"{int((~np.isfinite(array)).sum()):,} of {array.size:,} values of {name}"
        for name, array in broken.items()
    )
    names = " and ".join(broken)
    return (
        f"they are in the layer's {names}",
        "Load or draw them again. If they were learnt, the learning rate was too large.",
        f"{counted} are not finite",
    )


def _of_computing(exam: Exam, position: int) -> tuple[str, str, str]:
    """Return cause, fix and evidence for a step that made them out of finite numbers."""
    step = exam.trace[position]
    dtype = exam.maps(position).dtype
    vitals = [exam.vitals(source) for source in step.sources]
    largest = max(float(np.abs([v.low, v.high]).max(initial=0.0)) for v in vitals)
    seen = f"all that comes in is finite, at most {number(largest)}"
    limit = float(np.finfo(dtype).max)
    finer = _in_float64(step.layer, step.inputs) if dtype == np.float32 else None
    if finer is not None and np.isfinite(finer).all():
        reach = float(np.abs(finer).max(initial=0.0))
        return (
            f"overflow: {dtype} ends at {number(limit)}",
            "Use x.astype(np.float64), or scale the picture or the weights down.",
            f"{seen}; in float64 the largest result is {number(reach)}",
        )
    if largest > limit**0.25:
        return (
            f"overflow, it seems: {dtype} ends at {number(limit)}",
            "Scale the picture or the weights down.",
            seen,
        )
    return (
        f"{type(step.layer).__name__} itself makes them: a division by 0, a root or a logarithm "
        f"of what is below 0",
        "Look at what the layer computes; explain.pixel shows one of its values.",
        seen,
    )


def _in_float64(layer: Any, inputs: tuple[Array, ...]) -> Array | None:
    try:
        with np.errstate(all="ignore"):
            return as_rows(layer(*(array.astype(np.float64) for array in inputs)))
    except MiniCNNError:
        return None


def _broken_weights(layer: Any) -> dict[str, Array]:
    """Return those of a layer's arrays that are not finite, by name."""
    params = getattr(layer, "params", {})
    return {name: array for name, array in params.items() if not np.isfinite(array).all()}
