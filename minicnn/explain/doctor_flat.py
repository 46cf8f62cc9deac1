"""Maps that show nothing: zero kernels, flat maps, maps that a ReLU has killed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from minicnn.explain.doctor_causes import Verdict, why_below_0, why_flat
from minicnn.explain.doctor_exam import Exam
from minicnn.explain.doctor_findings import Finding
from minicnn.explain.doctor_words import number, of_maps, pictures, span


def look_for_flat_maps(exam: Exam) -> Iterator[Finding]:
    """Yield what shows nothing, where it begins: what is made of flat maps only is passed over."""
    for position in range(len(exam.trace)):
        zero = _zero_kernels(exam, position)
        if zero:
            yield _of_zero_kernels(exam, position, zero)
        groups: dict[tuple[str, ...], dict[int, Verdict]] = defaultdict(dict)
        for channel in _flat_channels(exam, position):
            sources = exam.feeds(position, channel)
            exam.flat.add((position, channel))
            broken = any(exam.vitals(p).bad[c] for p, c in sources)
            passed_on = broken or all(source in exam.flat | exam.biased for source in sources)
            told = channel in zero or (position, channel) in exam.level
            if told or passed_on or not exam.vitals(position).judged[channel]:
                continue
            kind, verdict = _verdict(exam, position, channel, sources)
            groups[(kind, *verdict[:3])][channel] = verdict
        for (kind, *_), verdicts in groups.items():
            yield _found(exam, position, kind, verdicts)


def _flat_channels(exam: Exam, position: int) -> list[int]:
    return [channel for channel in exam.channels(position) if exam.is_flat(position, channel)]


def _zero_kernels(exam: Exam, position: int) -> set[int]:
    """Return the channels whose filter is nothing but zeros."""
    filters = exam.filters(position)
    if filters is None:
        return set()
    flat = filters.weight.reshape(len(filters.weight), -1)
    return {int(c) for c in np.flatnonzero(~flat.any(axis=1))}


def _of_zero_kernels(exam: Exam, position: int, channels: set[int]) -> Finding:
    filters = exam.filters(position)
    biases = [filters.bias_of(c) for c in channels] if filters else [0.0]
    names = [exam.name(position, c) for c in sorted(channels)]
    total = len(exam.channels(position))
    what = of_maps(names, total, "has a kernel of zeros", "have kernels of zeros")
    return exam.finding(
        "zero kernel", _worse("warning", len(channels) == total), position, sorted(channels),
        words="zero kernel",
        what=what,
        evidence=f"every weight is 0, so every value is the bias, "
        f"{span(min(biases), max(biases))}",
        cause="weights that were set to 0, or never filled in; where all start at 0, learning "
        "cannot tell them apart",
        fix="Draw them: Conv2D(..., rng=0); or leave the map out.",
        numbers={"maps": len(channels), "least bias": min(biases), "greatest bias": max(biases)},
    )  # fmt: skip


def _verdict(
    exam: Exam, position: int, channel: int, sources: list[tuple[int, int]]
) -> tuple[str, Verdict]:
    """Return the kind, "flat" or "dead", and why."""
    if _is_dead(exam, position, channel, sources):
        return "dead", why_below_0(exam, sources[0])
    return "flat", why_flat(exam, position, channel)


def _is_dead(exam: Exam, position: int, channel: int, sources: list[tuple[int, int]]) -> bool:
    """Say whether a map is nothing but zeros because what came in was not above 0."""
    vitals = exam.vitals(position)
    if vitals.low[channel] or vitals.high[channel] or len(sources) != 1:
        return False
    before, which = sources[0]
    return bool(exam.vitals(before).high[which] <= 0) and exam.filters(position) is None


def _found(exam: Exam, position: int, kind: str, verdicts: dict[int, Verdict]) -> Finding:
    channels, total = list(verdicts), len(exam.channels(position))
    names = [exam.name(position, channel) for channel in channels]
    sources = {source for channel in channels for source in exam.feeds(position, channel)}
    came_in = [(exam.vitals(p).low[c], exam.vitals(p).high[c]) for p, c in sources]
    least, greatest = float(min(low for low, _ in came_in)), float(max(high for _, high in came_in))
    on = f" on {pictures(len(exam.trace.input))}" if kind == "dead" else ""
    facts: dict[str, list[float]] = defaultdict(list)
    for verdict in verdicts.values():
        for label, value in verdict.facts:
            facts[label].append(value)
    told = [f"; {label}: {span(min(found), max(found))}" for label, found in facts.items()]
    first = next(iter(verdicts.values()))
    vitals = exam.vitals(position)
    return exam.finding(
        kind, _worse(first.severity, len(channels) == total > 1), position, channels,
        words=kind,
        what=of_maps(names, total, f"is {kind}{on}", f"are {kind}{on}"),
        evidence=f"{_values(exam, position, channels)}; what came in goes {span(least, greatest)}"
        + "".join(told),
        cause=first.cause,
        fix=first.fix,
        numbers={
            "values": vitals.values,
            "least": float(vitals.low[channels].min()),
            "greatest": float(vitals.high[channels].max()),
            "least input": least,
            "greatest input": greatest,
            **{label: max(found, key=abs) for label, found in facts.items()},
        },
    )  # fmt: skip


def _values(exam: Exam, position: int, channels: list[int]) -> str:
    """Say which value flat maps have."""
    vitals = exam.vitals(position)
    low, high = float(vitals.low[channels].min()), float(vitals.high[channels].max())
    spread = float(vitals.spread[channels].max())
    rounded = f", up to rounding ({number(spread)})" if spread else ""
    if max(abs(low), abs(high)) <= 2 * spread:
        low = high = 0.0
    if low == high or len(channels) == 1:
        return f"all {vitals.values:,} values are {number(low)}{rounded}"
    return f"each has one value, {span(low, high)}{rounded}"


def _worse(severity: str, is_all: bool) -> str:
    """Return a step higher if it is so of all maps: what comes later sees nothing at all."""
    return {"note": "warning", "warning": "error"}.get(severity, severity) if is_all else severity
