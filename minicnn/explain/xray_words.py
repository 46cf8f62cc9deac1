"""A kernel in words: what it is, what it does to flat areas, which way it looks."""

from __future__ import annotations

import math

import numpy as np

from minicnn.explain.xray_frequency import FAINT, Frequency
from minicnn.explain.xray_shape import TINY, Factors, Moments, Symmetry
from minicnn.shapes import Array

_EIGHT = (
    *("to the right", "to the upper right", "upward", "to the upper left"),
    *("to the left", "to the lower left", "downward", "to the lower right"),
)
_LYING = {0: "level", 45: "rising", 90: "upright", 135: "falling"}
_SELECTIVE = 1.6


def flat_words(total: float, size: float) -> str:
    """Say what a kernel of this sum does to flat areas; `size` is the sum of absolute values."""
    if abs(total) <= TINY * size:
        return "flat areas become 0"
    if abs(total - 1) <= TINY * size:
        return "flat areas keep their value"
    return f"flat areas are multiplied by {number(total)}"


def what_words(values: Array, m: Moments, s: Symmetry, f: Factors, wave: Frequency) -> str:
    """Say in one sentence what a kernel is."""
    if m.order is None:
        return "Nothing: every number is 0."
    if np.count_nonzero(values) == 1:
        return _single(values)
    nearly_none = abs(m.total) <= FAINT * wave.peak  # of flat areas
    is_checkered = min(map(abs, wave.at)) > 0.45  # a checkerboard has no direction
    if wave.selectivity >= _SELECTIVE and nearly_none and not is_checkered:
        return _stripes(wave)
    if m.order == 0:
        return _keeper(values, m, s, wave, faint=nearly_none)
    if m.order == 1:
        return _slope(m, f)
    if m.order == 2:
        return _curve(values, m)
    return (
        f"Derivative of order {m.order}: nothing is left of areas that are flat, sloping or "
        f"evenly curved."
    )


def direction(angle: float) -> str:
    """Return an angle, counter-clockwise from "to the right", in words.

    Examples
    --------
    >>> direction(0), direction(-90), direction(30)
    ('to the right', 'downward', 'towards 30 degrees')
    """
    eighth = angle / 45
    if abs(eighth - round(eighth)) < 0.02:
        return _EIGHT[round(eighth) % 8]
    return f"towards {number(round(angle, 1))} degrees"


def lying(angle: float) -> str:
    """Return how a line lies that runs at this angle: "upright", or "at 30 degrees"."""
    angle %= 180
    nearest = 45 * round(angle / 45)
    if abs(angle - nearest) < 1:
        return _LYING[nearest % 180]
    return f"{number(round(angle))}-degree"


def number(value: float) -> str:
    """Return a number in three digits, without a sign where it is 0."""
    text = f"{float(value):.4g}" if abs(value) >= 1000 else f"{float(value):.3g}"
    return "0" if text == "-0" else text


def _single(values: Array) -> str:
    (u, v), (rows, columns) = np.argwhere(values)[0], values.shape
    up, left = int(u) - (rows - 1) // 2, int(v) - (columns - 1) // 2
    factor = float(values[u, v])
    times = "" if abs(factor - 1) <= TINY else f", times {number(factor)}"
    moves = [
        f"{abs(by)} pixel{'' if abs(by) == 1 else 's'} {word}"
        for by, word in ((up, "up" if up > 0 else "down"), (left, "left" if left > 0 else "right"))
        if by
    ]
    if moves:
        return f"Shift: moves the picture {' and '.join(moves)}{times}."
    if times:
        return f"Identity{times}: only the contrast changes."
    return "Identity: leaves the picture as it is."


def _keeper(values: Array, m: Moments, s: Symmetry, wave: Frequency, *, faint: bool) -> str:
    """Describe a kernel that leaves something of flat areas."""
    if values.min() >= 0 or values.max() <= 0:
        return _blur(values)
    if faint:
        return "Mostly an edge detector, which leaves a little of flat areas."
    picture = "the picture" if m.total > 0 else "the negative of the picture"
    if s.turned != "same" and m.angle is not None and _odd_share(values) > 0.2:
        if _plane_share(values) < 0.7:
            leaning = direction(m.angle)
            return f"No textbook kernel: {wave.kind}, leaning {leaning}."
        return (
            f"Relief: {picture} plus its slope {direction(m.angle)}, "
            f"as if lit from {_opposite(m.angle)}."
        )
    if wave.kind != "low-pass":
        return (
            f"Sharpening: {picture} plus its fine detail, which becomes up to "
            f"{number(wave.peak / abs(m.total))} times as strong as what is flat."
        )
    return "Blur with negative sides: a mean that overshoots a little at edges."


def _blur(values: Array) -> str:
    used = values[values != 0]
    kind = "a plain" if np.ptp(used) <= TINY * np.abs(used).max() else "a weighted"
    what = "mean" if abs(abs(used.sum()) - 1) <= 1e-6 else "sum"
    spread = _spread(values)
    text = f"Blur: {kind} {what} of {used.size} pixels"
    if spread[0] > 2 * spread[1]:
        return f"{text}, smeared along {_a(lying(spread[2]))} line."
    return f"{text}, about as wide as a Gaussian of sigma {number(spread[0])}."


def _a(word: str) -> str:
    """Put the article before how a line lies: "a level", "an upright", "an 80-degree"."""
    an = word[0] in "aeiou8" or word.startswith(("11-", "18-"))
    return f"{'an' if an else 'a'} {word}"


def _slope(m: Moments, f: Factors) -> str:
    assert m.angle is not None  # order 1 means that there is a slope
    strength = number(math.hypot(*m.slope))
    smoothed = ""
    if f.column is not None and f.row is not None:
        across = [v for v in (f.column, f.row) if np.count_nonzero(v) > 1 and v.min() >= 0]
        smoothed = ", smoothed across it" if across else ""
    return (
        f"First derivative {direction(m.angle)}{smoothed}: {strength} where the picture gets "
        f"brighter by 1 a pixel that way."
    )


def _curve(values: Array, m: Moments) -> str:
    (strong, across), (weak, other) = m.bends
    lines = _strongest_line(values, across + 90), _strongest_line(values, other + 90)
    if strong * weak < 0 and abs(lines[0]) < abs(lines[1]):
        (strong, across), (weak, other), lines = (weak, other), (strong, across), lines[::-1]
    sign = "dark" if strong > 0 else "bright"
    if abs(strong - weak) <= 1e-6 * abs(strong):
        return f"Laplacian: curvature, alike in all directions; positive on {sign} spots and lines."
    if abs(weak) <= 0.25 * abs(strong) or (weak * strong < 0 and 2 * abs(lines[1]) < abs(lines[0])):
        return f"Line detector: positive on {sign} {lying(across + 90)} lines."
    if strong * weak < 0:
        return (
            f"Saddle: positive where it is {sign} across {lying(across + 90)} lines "
            f"and {'bright' if sign == 'dark' else 'dark'} the other way."
        )
    return (
        f"Second derivative, stronger across {lying(across + 90)} lines; positive on {sign} ones."
    )


def _stripes(wave: Frequency) -> str:
    down, right = wave.at
    angle = math.degrees(math.atan2(-down, right)) + 90  # stripes run across the wave
    return (
        f"Stripe detector: answers most to {lying(angle)} stripes, "
        f"{number(round(wave.period, 1))} pixels from one to the next."
    )


def _strongest_line(values: Array, angle: float) -> float:
    """Return the answer to a thin line at this angle, where that answer is strongest."""
    u, v = np.indices(values.shape)
    radians = math.radians(angle)
    off = u * math.cos(radians) + v * math.sin(radians)  # the distance from the line
    off = off / max(abs(math.cos(radians)), abs(math.sin(radians)))
    sums = np.bincount(np.rint(off - off.min()).astype(int).ravel(), values.ravel())
    return float(sums[np.argmax(np.abs(sums))])


def _odd_share(values: Array) -> float:
    """Return how much of a kernel's energy changes sign when it is turned by 180 degrees."""
    odd = (values - values[::-1, ::-1]) / 2
    return float((odd**2).sum() / (values**2).sum())


def _plane_share(values: Array) -> float:
    """Return how much of the part that changes sign is an even slope."""
    odd = (values - values[::-1, ::-1]) / 2
    rows, columns = values.shape
    down = np.repeat(np.arange(rows) - (rows - 1) / 2, columns)
    right = np.tile(np.arange(columns) - (columns - 1) / 2, rows)
    found = sum(float(odd.ravel() @ a) ** 2 / max(float(a @ a), 1.0) for a in (down, right))
    return found / float((odd**2).sum())


def _spread(values: Array) -> tuple[float, float, float]:
    """Return the longer and the shorter standard deviation, and the angle of the longer."""
    weight = values / values.sum()
    u, v = np.indices(values.shape).astype(float)
    u, v = u - (u * weight).sum(), v - (v * weight).sum()
    down, right, mixed = (float((p * weight).sum()) for p in (u * u, v * v, u * v))
    sizes, vectors = np.linalg.eigh([[down, mixed], [mixed, right]])
    d, r = vectors[:, 1]
    short, long = np.sqrt(np.maximum(sizes, 0))
    return float(long), float(short), math.degrees(math.atan2(-d, r)) % 180


def _opposite(angle: float) -> str:
    """Return the side that a slope which rises in this direction turns to the light."""
    side = round(angle / 45) % 8
    names = ("right", "upper right", "top", "upper left", "left", "lower left", "bottom")
    return f"the {(*names, 'lower right')[(side + 4) % 8]}"
