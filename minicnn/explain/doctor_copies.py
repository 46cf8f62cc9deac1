"""Maps that are copies of others: the same, or the same times a factor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from minicnn.explain.doctor_exam import Exam
from minicnn.explain.doctor_findings import Finding
from minicnn.explain.doctor_functions import is_odd
from minicnn.explain.doctor_words import number, pictures
from minicnn.layers import PICTURE
from minicnn.shapes import Array

_MOST_VALUES = 1 << 14
"""So many values of each map are compared at first; then all of those that look alike."""

_SAME = 1e-5
"""Maps are the same if they differ by no more than this part of the largest value."""


class Copy(NamedTuple):
    """One map that is another one times a factor, and why."""

    channel: int
    of: int
    factor: float
    cause: int


_KERNEL, _OPPOSITE, _INPUT, _CHANNELS, _PICTURE, _PASSED_ON = range(6)
"""The causes; the last is none of this step's."""

_TEXTS = {
    _KERNEL: (
        "warning",
        "their kernels are the same, up to the factor",
        "Leave one out. If they were learnt, draw their first weights at random.",
    ),
    _OPPOSITE: (
        "note",
        "their kernels are opposite: the same with the sign turned",
        "A ReLU behind them would keep the one side of each edge in one, and the other side in "
        "the other.",
    ),
    _INPUT: (
        "note",
        "the channels that they look at are the same: a grey picture in several channels",
        "Load it with images.load(path, channels=1), or leave it: nothing is broken.",
    ),
    _CHANNELS: (
        "note",
        "they look at different channels, but {pictures} has the same edges there",
        "Nothing is broken. A more colourful picture would tell them apart.",
    ),
    _PICTURE: (
        "note",
        "their kernels differ, but {pictures} cannot tell them apart",
        "Nothing is broken. A picture with edges in all directions would do it.",
    ),
}


def look_for_copies(exam: Exam) -> Iterator[Finding]:
    """Yield the maps that are copies, where they become so; not where they are passed on."""
    for position in exam.positions:
        found = copies_at(exam, position)
        exam.copies[position] = {one.channel: (one.of, one.factor) for one in found}
        if position == PICTURE:
            continue
        for cause in _TEXTS:
            here = [one for one in found if one.cause == cause]
            if here:
                yield _finding(exam, position, cause, here)


def copies_at(exam: Exam, position: int) -> list[Copy]:
    """Return the copies among a step's maps, each of the first map that is like it."""
    judged = exam.vitals(position).judged
    channels = [c for c in exam.channels(position) if judged[c] and (position, c) not in exam.flat]
    if len(channels) < 2:
        return []
    maps = exam.maps(position)  # (N, C, values)
    alike = _alike(maps, channels)
    signs_matter = position != PICTURE and _signs_matter(exam, position)
    found: list[Copy] = []
    for later in range(1, len(channels)):
        pairs = []
        for earlier in np.flatnonzero(alike[later, :later]):
            factor = _factor(maps[:, channels[later]], maps[:, channels[earlier]])
            if factor is not None and (factor > 0 or not signs_matter):
                pair = channels[later], channels[earlier]
                pairs.append(Copy(*pair, factor, _why(exam, position, *pair, factor)))
        if pairs:
            found.append(min(pairs, key=lambda one: one.cause))  # the same kernel, above all
    return found


def _alike(maps: Array, channels: list[int]) -> Array:
    """Return which of some maps look alike, up to a factor, at some of their values."""
    step = max(1, maps.shape[0] * maps.shape[2] // _MOST_VALUES)
    some = np.swapaxes(maps[:, channels, ::step], 0, 1).astype(np.float64)
    some = some.reshape(len(channels), -1)
    largest = np.abs(some).max(axis=1, keepdims=True)
    some /= np.where(largest, largest, 1.0)
    sizes = np.sqrt((some * some).sum(axis=1))
    gram = some @ some.T
    return np.asarray(np.abs(gram) >= (1 - 1e-6) * np.outer(sizes, sizes))


def _factor(later: Array, earlier: Array) -> float | None:
    """Return by what one map must be multiplied to be the other; None if nothing will do."""
    where = np.unravel_index(int(np.argmax(np.abs(earlier))), earlier.shape)
    if not earlier[where]:
        return None
    factor = float(later[where]) / float(earlier[where])
    if not factor or not np.isfinite(factor):
        return None
    nearest = round(factor * 840) / 840  # 1/2, 1/3, ... 1/8, for the text
    factor = nearest if abs(nearest - factor) <= _SAME * abs(factor) else factor
    gap = np.abs(later.astype(np.float64) - factor * earlier.astype(np.float64))
    largest = float(np.abs(later).max())
    return factor if float(gap.max()) <= 2 * _SAME * largest else None


def _why(exam: Exam, position: int, later: int, earlier: int, factor: float) -> int:
    """Return what makes one map a copy of another."""
    if position == PICTURE:
        return _PASSED_ON
    filters = exam.filters(position)
    if filters is None:
        return _PASSED_ON if _come_from_copies(exam, position, later, earlier) else _PICTURE
    a, b = filters.weight[later], filters.weight[earlier]
    same = float(np.abs(a - factor * b).max()) <= _SAME * float(np.abs(a).max())
    if filters.seen(later) == filters.seen(earlier):
        if not same:
            return _PICTURE
        return _KERNEL if factor > 0 else _OPPOSITE
    if _come_from_copies(exam, position, later, earlier):
        source = exam.feeds(position, later)[0][0]
        return _INPUT if exam.is_picture(source) else _PASSED_ON
    return _CHANNELS if _factor(a.ravel(), b.ravel()) is not None else _PICTURE


def _come_from_copies(exam: Exam, position: int, later: int, earlier: int) -> bool:
    """Say whether each map that one is made from is a copy of the one that the other is."""
    pairs = zip(exam.feeds(position, later), exam.feeds(position, earlier), strict=False)
    return all(a == b or _origin(exam, *a) == _origin(exam, *b) for a, b in pairs)


def _origin(exam: Exam, position: int, channel: int) -> tuple[int, int]:
    """Return the map that a map is a copy of: itself, if it is none."""
    return position, exam.copies[position].get(channel, (channel, 1.0))[0]


def _signs_matter(exam: Exam, position: int) -> bool:
    """Say whether opposite maps are told apart later, by a ReLU: then they are no copies."""
    for consumer in exam.consumers(position):
        step = exam.trace[consumer]
        if exam.is_pointwise(consumer) and not is_odd(step.layer):
            return True
        keeps = exam.filters(consumer) is None and len(step.sources) == 1
        if keeps and _signs_matter(exam, consumer):
            return True
    return False


def _finding(exam: Exam, position: int, cause: int, found: list[Copy]) -> Finding:
    severity, why, fix = _TEXTS[cause]
    shown = pictures(len(exam.trace.input))
    names = [_told(exam, position, one) for one in found[:4]]
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    first = found[0]
    if len(found) == 1:
        name = exam.name(position, first.channel)
        what = f"{name} is a copy: {_told_of(exam, position, first)}"
    else:
        what = f"{len(found)} of {len(exam.channels(position))} maps are copies"
    between = "; " if any("," in name for name in names) else ", "
    if all(one.factor == 1 for one in found):
        why = why.removesuffix(", up to the factor")
    evidence = f"{between.join(names)}{more}, in all {exam.vitals(position).values:,} values"
    return exam.finding(
        "copy", severity, position, [one.channel for one in found],
        words=[f"= {_told_of(exam, position, one)}" for one in found],
        what=what,
        evidence=evidence,
        cause=why.format(pictures=shown),
        fix=fix,
        numbers={"copies": len(found), "factor": first.factor},
        beside=[(position, one.of) for one in found],
    )  # fmt: skip


def _told(exam: Exam, position: int, one: Copy) -> str:
    return f"{exam.name(position, one.channel)} = {_told_of(exam, position, one)}"


def _told_of(exam: Exam, position: int, one: Copy) -> str:
    """Return what a map is a copy of: "sobel_x", "-sobel_x", "0.5 x sobel_x"."""
    name = exam.name(position, one.of)
    if abs(one.factor) == 1:
        return name if one.factor > 0 else f"-{name}"
    return f"{number(one.factor)} x {name}"
