"""What can be wrong with the picture itself: its axes, its range, that it shows nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from minicnn.explain.doctor_exam import Exam
from minicnn.explain.doctor_findings import Finding
from minicnn.explain.doctor_vitals import MANY
from minicnn.explain.doctor_words import number, percent, span
from minicnn.explain.precision import replay
from minicnn.layers import PICTURE
from minicnn.shapes import Array

_LEAST_SIDE, _LEAST_PIXELS, _LEAST_GREYS = 8, 256, 32
_DARKEST = 1 / 20  # of 1/255: a picture that is darker was not just divided twice
"""Smaller pictures, and those of fewer different values, are not judged by what they show."""

_BAND, _MOST_VALUES = 128, 1 << 16
"""So many rows above and below the middle, and so many values, are enough to tell."""

_SMOOTH = 0.5
"""Neighbours in a picture differ by less than this part of all values' standard deviation; in
noise, by 1.13."""


def look_at_input(exam: Exam) -> Iterator[Finding]:
    """Yield what is wrong with the model's input; and note which of its channels are flat."""
    vitals = exam.vitals(PICTURE)
    exam.flat |= {(PICTURE, c) for c in exam.channels(PICTURE) if exam.is_flat(PICTURE, c)}
    if not vitals.values or vitals.bad.any():
        return
    yield from _one_colour(exam)
    if exam.trace.input.ndim == 4:
        yield from _channels_last(exam)
        yield from _reshaped(exam)
    yield from _range(exam)
    yield from _clipped(exam)


def _one_colour(exam: Exam) -> Iterator[Finding]:
    channels, vitals = exam.channels(PICTURE), exam.vitals(PICTURE)
    if vitals.values < MANY or not all((PICTURE, c) in exam.flat for c in channels):
        return
    low, high = float(vitals.low.min()), float(vitals.high.max())
    yield exam.finding(
        "flat", "warning", PICTURE, channels,
        words="flat",
        what="the picture is one colour, edge to edge",
        evidence=f"all values are {span(low, high)}",
        cause="an empty picture, or one that was divided or cut until nothing was left",
        fix="Look at it as it was loaded: print(x.min(), x.max()).",
        numbers={"least": low, "greatest": high},
    )  # fmt: skip


def _channels_last(exam: Exam) -> Iterator[Finding]:
    """Find (N, H, W, C), by the narrow last axis, and by "channels" as alike as rows are."""
    x = exam.trace.input
    _, rows, columns, last = x.shape
    if last not in (1, 3, 4) or min(rows, columns) < _LEAST_SIDE:
        return
    down, right = (roughness(x[0], axis) for axis in (0, 1))
    if max(down, right) >= _SMOOTH:
        return
    yield exam.finding(
        "layout", "error", PICTURE, exam.channels(PICTURE),
        words="axes mixed up",
        what=f"its {rows} channels are the rows of a picture: the axes are mixed up",
        evidence=f"x.shape = {x.shape}; neighbours along the channel axis differ by "
        f"{percent(down)} of the standard deviation, as in a picture, and maps are {last} wide",
        cause="the array has its channels last: (N, H, W, C)",
        fix="Use images.to_nchw(array), or np.moveaxis(x, -1, 1).",
        numbers={"along channels": down, "along rows": right},
    )  # fmt: skip


def _reshaped(exam: Exam) -> Iterator[Finding]:
    """Find a picture (H, W, C) that reshape, not moveaxis, has made (C, H, W)."""
    x = exam.maps(PICTURE)[0].reshape(exam.trace.input.shape[1:])
    channels, rows, columns = x.shape
    if channels not in (3, 4) or min(rows, columns) < _LEAST_SIDE or x.size < _LEAST_PIXELS:
        return
    band = slice(max(0, rows // 2 - _BAND), rows // 2 + _BAND)  # enough to tell
    as_it_is, as_hwc = np.moveaxis(x[:, band], 0, -1), x.reshape(rows, columns, channels)[band]
    if _greys(x) < _LEAST_GREYS or abs(likeness(as_it_is[..., 0], as_it_is[..., 1])) > 0.8:
        return
    given, other = _roughnesses(as_it_is), _roughnesses(as_hwc)
    if given.down < 0.25 or other.down > given.down / 2 or other.right > _SMOOTH:
        return
    batch = exam.maps(PICTURE).reshape(-1, rows, columns, channels)
    exam.mended = np.moveaxis(batch, -1, 1)
    yield exam.finding(
        "layout", "error", PICTURE, exam.channels(PICTURE),
        words="axes mixed up",
        what="its values are in the order of another layout: the picture is scrambled",
        evidence=f"read as (H, W, C), neighbouring rows differ by {percent(other.down)} of the "
        f"standard deviation; as it is, by {percent(given.down)}",
        cause="an array (H, W, C) was given the shape (C, H, W) by reshape, which moves nothing",
        fix="Use images.to_nchw(array), or np.moveaxis(array, -1, 0).",
        numbers={"as it is": given.down, "as (H, W, C)": other.down},
    )  # fmt: skip


def _range(exam: Exam) -> Iterator[Finding]:
    """Find a picture from 0 to 255, or 65535, or one that was divided twice."""
    position = _first_weighed(exam)
    if position is None or exam.maps(PICTURE).size < _LEAST_PIXELS:
        return
    looked_at = exam.maps(position)
    white = _white_of(looked_at)
    if white is None or _greys(looked_at) < _LEAST_GREYS:
        return
    low, high = float(looked_at.min()), float(looked_at.max())
    changed = _changed_by_scaling(exam, white)
    if changed is None:
        return
    matters = changed > 0.01
    x = exam.maps(PICTURE).reshape(exam.trace.input.shape)
    exam.mended = x / x.dtype.type(white)
    if white < 1:
        what, cause = "so dark that nothing can be seen", "it was divided by 255 twice"
        fix, factor = "Divide once: images.load and images.to_nchw have done it.", "smaller"
        if white != 1 / 255:
            cause = "it was made far smaller than 0 to 1"
            fix = "Find out where, or bring its white back to 1: x / x.max()."
    else:
        what, cause = f"from 0 to {white:.0f}, not from 0 to 1", "it was not divided by its white"
        fix, factor = f"Use images.to_nchw(array), or x / {white:.0f}.", "larger"
    times = white if white > 1 else 1 / white
    evidence = f"its values go {span(low, high)}; on values from 0 to 1, "
    evidence += (
        f"the output would differ by {percent(changed)} of its range, apart from the factor"
        if matters
        else f"every output would be the same, but for the factor {number(times)}"
    )
    effect = "a bias, and whatever bends or limits, was meant for other numbers" if matters else (
        f"every map is up to {number(times)} times {factor}, and nothing else changes"
    )  # fmt: skip
    yield exam.finding(
        "range", "warning" if matters else "note", PICTURE, exam.channels(PICTURE),
        words="not 0 to 1",
        what=f"the picture is {what}",
        evidence=evidence,
        cause=f"{cause}: {effect}",
        fix=fix,
        numbers={"least": low, "greatest": high, "white": white, "changed": changed},
    )  # fmt: skip


def _clipped(exam: Exam) -> Iterator[Finding]:
    """Find a photograph whose lights or shadows were cut off: level, and greys lead up to it.

    Around something that is white or black, paper say or ink, the values change steeply.
    """
    x = exam.maps(PICTURE)
    high, low = float(x.max()), float(x.min())
    if x.size < _LEAST_PIXELS or exam.trace.input.ndim != 4 or _greys(x) < _LEAST_GREYS:
        return
    parts = {end: float((x == end).mean()) for end in (high, low)}
    if sum(parts.values()) > 0.5:
        return
    if high in (1.0, 255.0) and parts[high] >= 0.05:
        yield from _cut_off(exam, high, high - low, parts[high])
    if low == 0 and parts[low] >= 0.05:
        yield from _cut_off(exam, low, high - low, parts[low])


def _cut_off(exam: Exam, end: float, reach: float, part: float) -> Iterator[Finding]:
    """Find out whether greys lead up to an end of the picture's range, or it stands by itself.

    What was cut off lies in areas; single values that reach the end are noise.
    """
    x = exam.maps(PICTURE).reshape(exam.trace.input.shape)
    rim, there = _around(x, end), x == end
    led_up_to = float((np.abs(end - rim) < 0.1 * reach).mean()) if rim.size else 0.0
    in_areas = float((there[..., 1:] & there[..., :-1]).sum()) / there.sum()
    if led_up_to < 0.25 or in_areas < 0.55:
        return
    is_dark = end == 0
    most, exposed, more, side = (
        ("darkest", "underexposed", "darker", "above")
        if is_dark
        else ("brightest", "overexposed", "brighter", "below")
    )
    yield exam.finding(
        "clipped", "note", PICTURE, exam.channels(PICTURE),
        words="clipped",
        what=f"the picture is cut off at {number(end)}: its {most} places are all the same",
        evidence=f"{percent(part)} of its values are {number(end)}; of those beside them, "
        f"{percent(led_up_to)} are less than a tenth of the range {side}",
        cause=f"it was {exposed}, or np.clip has cut what was {more}",
        fix="Scale before you clip. If the camera did it, no kernel finds edges there.",
        numbers={"at the extreme": part, "led up to": led_up_to},
    )  # fmt: skip


def _around(x: Array, end: float) -> Array:
    """Return the values beside those that are `end`, to the right and below."""
    there = x == end
    right = x[..., 1:][there[..., :-1] & ~there[..., 1:]]
    below = x[..., 1:, :][there[..., :-1, :] & ~there[..., 1:, :]]
    return np.concatenate([right, below])


class Roughness(NamedTuple):
    """By how much neighbours differ, in standard deviations: down and to the right."""

    down: float
    right: float


def roughness(values: Array, axis: int) -> float:
    """Return by how much neighbours along an axis differ, in parts of the standard deviation.

    Examples
    --------
    >>> roughness(np.tile([0.0, 1.0], (3, 4)), axis=0), roughness(np.tile([0.0, 1.0], (3, 4)), 1)
    (0.0, 2.0)
    """
    values = values.astype(np.float64)
    spread = float(values.std())
    return float(np.abs(np.diff(values, axis=axis)).mean() / spread) if spread else 0.0


def likeness(one: Array, other: Array) -> float:
    """Return the correlation of two maps, 0 if one of them is flat."""
    a, b = (v.astype(np.float64) - v.mean(dtype=np.float64) for v in (one, other))
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / size) if size else 0.0


def _greys(values: Array) -> int:
    """Return how many different values there are, in some of them."""
    return len(np.unique(values.ravel()[:: max(1, values.size // _MOST_VALUES)]))


def _roughnesses(picture: Array) -> Roughness:
    return Roughness(roughness(picture, 0), roughness(picture, 1))


def _first_weighed(exam: Exam) -> int | None:
    """Return where the picture stands that the first filters look at: the input, or a step."""
    for position, step in enumerate(exam.trace):
        if exam.filters(position) is not None:
            return step.sources[0]
    return None


def _white_of(values: Array) -> float | None:
    """Return what white seems to be, if it is not 1: 255, 65535, 1/255, or even less."""
    low, high = float(values.min()), float(values.max())
    is_whole = bool((values == np.rint(values)).all())
    if low < 0 or high <= 0:
        return None
    if 128 <= high <= 255:
        return 255.0
    if is_whole and 256 < high <= 65535:
        return 65535.0
    if high > 1.001 / 255:
        return None
    return 1 / 255 if high > _DARKEST / 255 else high


def _changed_by_scaling(exam: Exam, white: float) -> float | None:
    """Return by how much the output changes, beyond the factor, if the picture is divided.

    In parts of its range, None if that cannot be said: tried out, so it holds for every layer.
    """
    trace = exam.trace
    x = exam.maps(PICTURE).reshape(trace.input.shape)
    here, there = trace.output.astype(np.float64), replay(trace, x / x.dtype.type(white)).output
    gap = np.abs(there.astype(np.float64) - here / white)
    reach = max(float(np.abs(there).max(initial=0.0)), float(np.abs(here / white).max(initial=0.0)))
    if not np.isfinite(gap).all():
        return None
    return float(gap.max(initial=0.0) / reach) if reach else 0.0
