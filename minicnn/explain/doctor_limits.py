"""Maps that live at the end of a scale: saturated, cut off, or all bias."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from minicnn.explain.doctor_exam import Exam
from minicnn.explain.doctor_findings import Finding
from minicnn.explain.doctor_functions import Limits, limits_of
from minicnn.explain.doctor_words import number, of_maps, percent, span
from minicnn.layers import BatchNorm2D
from minicnn.shapes import Array

_CLOSE, _NEARLY_ALL = 0.01, 0.95
"""A map is saturated if so many of its values are so near the limits, in parts of what lies
between."""

_OFTEN = 0.25
"""A map is cut off if so many of its values sit on a limit."""

_DOMINATES = 20.0
"""A bias is too large if it is so many times larger than all that the kernel ever gives."""


def look_at_limits(exam: Exam) -> Iterator[Finding]:
    """Yield the steps whose maps sit at the limits of a bounded function."""
    for position, step in enumerate(exam.trace):
        limits = limits_of(step.layer) if exam.is_pointwise(position) else None
        if limits is None:
            continue
        shares = {
            channel: _share(exam, position, channel, limits)
            for channel in exam.channels(position)
            if exam.vitals(position).judged[channel]
            and not exam.is_flat(*exam.feeds(position, channel)[0])
        }
        least = _OFTEN if limits.is_hard else _NEARLY_ALL
        sick = {channel: share for channel, share in shares.items() if share >= least}
        exam.level |= {(position, channel) for channel in sick}
        if sick:
            yield _at_limits(exam, position, sick, limits)


def _share(exam: Exam, position: int, channel: int, limits: Limits) -> float:
    """Return how many of a map's values are at a limit, of those that came in different.

    What a ReLU sets to 0 is no loss: a lower limit of 0 is not counted where what is above is
    left as it is.
    """
    values = exam.maps(position)[:, channel]
    came_in = exam.maps(exam.trace[position].sources[0])[:, channel]
    ends = [end for end in (limits.low, limits.high) if np.isfinite(end)]
    if limits.is_hard:
        ends = [end for end in ends if end != 0]
        at_end = [values == end for end in ends]
        at_end = [where for where in at_end if _differ(came_in[where])]
    else:
        near = _CLOSE * (limits.high - limits.low)
        at_end = [np.abs(values - end) <= near for end in ends] if np.isfinite(near) else []
    return float(np.any(at_end, axis=0).mean()) if at_end else 0.0


def _differ(values: Array) -> bool:
    return values.size > 1 and float(values.min()) < float(values.max())


def _at_limits(exam: Exam, position: int, shares: dict[int, float], limits: Limits) -> Finding:
    channels = list(shares)
    names, total = [exam.name(position, c) for c in channels], len(exam.channels(position))
    layer = type(exam.trace[position].layer).__name__
    is_last = position == len(exam.trace) - 1
    before = exam.vitals(exam.trace[position].sources[0])
    low, high = float(before.low[channels].min()), float(before.high[channels].max())
    share = span_of_shares(shares.values())
    ends = " or ".join(number(end) for end in (limits.low, limits.high) if np.isfinite(end))
    numbers = {"share": min(shares.values()), "least input": low, "greatest input": high}
    if limits.is_hard:
        ends = " or ".join(number(e) for e in (limits.low, limits.high) if np.isfinite(e) and e)
        return exam.finding(
            "clipped", "note", position, channels,
            words=f"cut at {ends}",
            what=of_maps(names, total, f"is cut off at {ends}", f"are cut off at {ends}"),
            evidence=f"{share} of its values sit on {ends}; what came in goes {span(low, high)}",
            cause=f"what comes in goes beyond what {layer} lets through",
            fix="Scale what comes in, by smaller weights or a smaller picture's range.",
            numbers=numbers,
        )  # fmt: skip
    return exam.finding(
        "saturated", "note" if is_last else "warning", position, channels,
        words="saturated",
        what=of_maps(names, total, "is saturated", "are saturated"),
        evidence=f"{share} of its values are within {percent(_CLOSE)} of {ends}; "
        f"what came in goes {span(low, high)}",
        cause=f"what comes in is so large that {layer} is level there: its slope, and every "
        f"gradient through it, is about 0"
        + ("; as a last step that may be meant: the model is sure" if is_last else ""),
        fix="Make it smaller: a picture from 0 to 1, smaller first weights, BatchNorm before it.",
        numbers=numbers,
    )  # fmt: skip


def span_of_shares(shares: Iterable[float]) -> str:
    """Return shares as percentages, from the least to the greatest.

    Examples
    --------
    >>> span_of_shares([0.5, 1.0])
    '50 % to 100 %'
    """
    found = sorted(shares)
    least, greatest = percent(found[0]), percent(found[-1])
    return least if least == greatest else f"{least} to {greatest}"


def look_at_biases(exam: Exam) -> Iterator[Finding]:
    """Yield the maps that are nearly all bias."""
    for position in range(len(exam.trace)):
        filters = exam.filters(position)
        if filters is None or filters.bias is None or _is_normalised(exam, position):
            continue
        vitals = exam.vitals(position)
        channels = [
            channel
            for channel in exam.channels(position)
            if vitals.judged[channel]
            and abs(filters.bias_of(channel)) >= _DOMINATES * _answer(exam, position, channel)
            and not exam.is_flat(position, channel)
        ]
        exam.biased |= {(position, channel) for channel in channels}
        if channels:
            yield _all_bias(exam, position, channels)


def _is_normalised(exam: Exam, position: int) -> bool:
    """Say whether what comes next takes the mean away, and with it any bias."""
    consumers = [exam.trace[consumer].layer for consumer in exam.consumers(position)]
    return any(isinstance(layer, BatchNorm2D) for layer in consumers)


def _answer(exam: Exam, position: int, channel: int) -> float:
    """Return the largest value that a kernel gives, without its bias."""
    vitals, filters = exam.vitals(position), exam.filters(position)
    bias = filters.bias_of(channel) if filters else 0.0
    return max(abs(float(end) - bias) for end in (vitals.low[channel], vitals.high[channel]))


def _all_bias(exam: Exam, position: int, channels: list[int]) -> Finding:
    filters = exam.filters(position)
    biases = [filters.bias_of(c) for c in channels] if filters else []
    answers = [_answer(exam, position, c) for c in channels]
    names, total = [exam.name(position, c) for c in channels], len(exam.channels(position))
    looked_at = [exam.vitals(p) for p in exam.trace[position].sources]
    reach = max(float(np.abs([v.low, v.high]).max(initial=0.0)) for v in looked_at)
    weights = max(float(np.abs(filters.weight[c]).max()) for c in channels) if filters else 0.0
    if reach <= 0.05:
        cause = f"what comes in is small, at most {number(reach)}: was the picture divided twice?"
    else:
        cause = f"the weights are small, at most {number(weights)}, and the bias is not"
    return exam.finding(
        "bias", "warning", position, channels,
        words="all bias",
        what=of_maps(names, total, "is nearly all bias", "are nearly all bias"),
        evidence=f"the bias is {span(min(biases), max(biases))}, the kernel's own part at most "
        f"{number(max(answers))}",
        cause=cause,
        fix="Start biases at 0, or draw larger weights.",
        numbers={"bias": max(biases, key=abs), "kernel": max(answers)},
    )  # fmt: skip
