"""Why a map shows nothing: found by trying out each cause on the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from minicnn.explain.doctor_exam import Exam
from minicnn.explain.doctor_words import pictures
from minicnn.layers import PICTURE, BatchNorm2D
from minicnn.ops.arrays import real_array
from minicnn.ops.conv import conv2d
from minicnn.shapes import Array


class Verdict(NamedTuple):
    """Why a map shows nothing; `facts` are its own numbers, by what they are called."""

    severity: str
    cause: str
    fix: str
    facts: tuple[tuple[str, float], ...] = ()


_SAME = 1e-5
"""What changes by less than this part of all there is does not change."""


class Direction(NamedTuple):
    """A way along which a picture may not change, and what a kernel then cannot see."""

    rows: int
    columns: int
    words: str
    edges: str


DIRECTIONS = (
    Direction(0, 1, "from left to right", "upright"),
    Direction(1, 0, "from top to bottom", "level"),
    Direction(1, 1, "along the falling diagonal", "rising"),
    Direction(1, -1, "along the rising diagonal", "falling"),
)


def why_flat(exam: Exam, position: int, channel: int) -> Verdict:
    """Say why a map is flat although what it is made from is not."""
    step, filters = exam.trace[position], exam.filters(position)
    if len(step.sources) > 1:
        return Verdict(
            "warning",
            "what its branches bring cancels",
            "Look at the branches: one is the other's opposite.",
        )
    if filters is None or not filters.slides:
        return Verdict(
            "note",
            f"what comes in changes, but not in a way that {type(step.layer).__name__} sees",
            "Look at what comes in; explain.pixel shows how a value is made.",
        )
    seen = filters.seen(channel)
    maps = [real_array(step.input, "explain.diagnose")[:, c] for c in seen]  # each (N, H, W)
    alive = [
        (values, kernel)
        for values, kernel, c in zip(maps, filters.weight[channel], seen, strict=True)
        if (step.sources[0], c) not in exam.flat
    ]
    found = (try_out(alive) for try_out in _CAUSES)
    verdict = next((verdict for verdict in found if verdict), None)
    return verdict or _channels_cancel(alive, step.layer) or _OTHERWISE


Alive: TypeAlias = list[tuple[Array, Array]]
"""The input's maps (N, H, W) that are not flat, each with its kernel (KH, KW)."""


def _too_plain(alive: Alive) -> Verdict | None:
    """Find a picture that does not change in the one direction that the kernel asks for."""
    for direction in DIRECTIONS:
        blind = all(_sums_to_0(kernel, direction) for _, kernel in alive)
        if blind and all(_same_along(values, direction) for values, _ in alive):
            return Verdict(
                "note",
                f"what comes in does not change {direction.words}, and the kernel answers to "
                f"nothing else: along each such line its weights add up to 0",
                f"Nothing is broken. A picture with {direction.edges} edges would show it.",
            )
    return None


def _steady_slope(alive: Alive) -> Verdict | None:
    """Find a picture that rises steadily."""
    if not all(_is_slope(values) for values, _ in alive):
        return None
    return Verdict(
        "note",
        "what comes in rises steadily, and a derivative of that is the same everywhere",
        "Nothing is broken. A picture with edges would show it.",
    )


def _grey(alive: Alive) -> Verdict | None:
    """Find a grey picture under a kernel that asks for colour."""
    first, kernel = alive[0]
    reach = _SAME * float(np.ptp(first))
    is_grey = all(float(np.abs(values - first).max()) <= reach for values, _ in alive)
    summed = np.sum([one for _, one in alive], axis=0)
    if len(alive) < 2 or not is_grey or np.abs(summed).max() > _SAME * np.abs(kernel).max():
        return None
    return Verdict(
        "note",
        "the channels that come in are the same, and the kernels for them add up to 0",
        "Nothing is broken. A coloured picture would show it.",
    )


def _channels_cancel(alive: Alive, layer: Any) -> Verdict | None:
    """Find channels of which each would be seen, if it were alone."""
    dilation = getattr(layer, "dilation", 1)
    answers = [
        float(np.ptp(conv2d(values[:, None], kernel[None, None], dilation=dilation)))
        for values, kernel in alive
        if kernel.any()
    ]
    largest = max((float(np.abs(k).sum() * np.abs(values).max()) for values, k in alive), default=0)
    if len(answers) < 2 or max(answers) <= 1e-3 * largest:
        return None
    return Verdict(
        "note",
        "what the channels bring cancels: each by itself would be seen",
        "Weigh the channels differently, or look at each by itself: per_channel=True.",
        (("greatest difference that one channel makes", max(answers)),),
    )


_CAUSES: tuple[Callable[[Alive], Verdict | None], ...] = (
    _too_plain,
    _steady_slope,
    _grey,
)
_OTHERWISE = Verdict(
    "note",
    "what comes in changes, but under the kernel it always adds up to the same",
    "Look at the kernel with explain.xray, and try another picture.",
)


def why_below_0(exam: Exam, source: tuple[int, int]) -> Verdict:
    """Say why a map, the input of a ReLU, is nowhere above 0."""
    position, channel = source
    filters = exam.filters(position)
    if position != PICTURE and isinstance(exam.trace[position].layer, BatchNorm2D):
        return _normalised_below_0(exam, source)
    if filters is None:
        fix = "Look at the step before; try it with several pictures."
        return Verdict("note", "what comes in is nowhere above 0", fix)
    bias, weights = filters.bias_of(channel), filters.weight[channel]
    best = float(exam.vitals(position).high[channel]) - bias
    if bias < 0 < best:
        return Verdict(
            "warning",
            "the bias takes it below 0: without it, something would be left",
            "Start biases at 0. If it was learnt, take a smaller learning rate, or LeakyReLU.",
            (("bias", bias), ("greatest value without it", best)),
        )
    if all(exam.vitals(p).low[c] >= 0 for p, c in exam.feeds(position, channel)):
        if (weights <= 0).all():
            return Verdict(
                "warning",
                "none of its weights is above 0, and nothing that comes in is below 0",
                "Turn the kernel's sign, or leave out the ReLU.",
                (("greatest weight", float(weights.max())),),
            )
        if weights.sum() < 0 and not exam.is_picture(exam.feeds(position, channel)[0][0]):
            return Verdict(
                "note",
                "its weights add up to less than 0, and nothing that comes in is below 0",
                "Usual in a network that learnt: try it with several pictures. If it is dead on "
                "all of them, the network can do without it.",
                (("sum of its weights", float(weights.sum())),),
            )
        if weights.sum() < 0:
            return Verdict(
                "note",
                "its weights add up to less than 0, and nothing that comes in is below 0: where "
                "there are no edges, the sum is negative",
                "In training, centre the picture: x - x.mean(). By hand, turn the kernel's sign.",
                (("sum of its weights", float(weights.sum())),),
            )
    shown = pictures(len(exam.trace.input))
    return Verdict(
        "note",
        f"nothing in {shown} gives the kernel a positive answer: its edges go the other way",
        "Nothing is broken: the kernel with the opposite sign sees them.",
    )


def _normalised_below_0(exam: Exam, source: tuple[int, int]) -> Verdict:
    """Say why batch norm leaves nothing above 0: its shift, or a mean that was not this one's."""
    position, channel = source
    layer = exam.trace[position].layer
    shift = 0.0 if layer.bias is None else float(layer.bias[channel])
    best = float(exam.vitals(position).high[channel]) - shift
    if shift < 0 < best:
        return Verdict(
            "warning",
            "the shift of its normalisation takes it below 0: without it, something would be left",
            "If it was learnt, take a smaller learning rate, or LeakyReLU.",
            (("shift", shift), ("greatest value without it", best)),
        )
    if layer.of_batch or layer.running_mean is None:
        return Verdict(
            "note",
            "its normalisation leaves nothing above 0",
            "Look at its weight and bias.",
        )
    if not layer.running_mean.any() and (layer.running_var == 1).all():
        return Verdict(
            "note",
            "its normalisation has not learnt: with mean 0 and variance 1, it leaves all as it is",
            "Teach it, or look with layer.for_training(), which takes these pictures' own mean.",
        )
    mean = float(layer.running_mean[channel])
    return Verdict(
        "note",
        "all of it lies on one side of the mean that its normalisation noted while it learnt",
        "Prepare the picture as those that it learnt from; try it with several.",
        (("the mean that it noted", mean),),
    )


def _sums_to_0(kernel: Array, direction: Direction) -> bool:
    """Say whether a kernel's weights add up to 0 along every line of a direction.

    Examples
    --------
    >>> sobel_x = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    >>> [_sums_to_0(sobel_x, direction) for direction in DIRECTIONS]
    [True, False, False, False]
    """
    rows, columns = np.indices(kernel.shape)
    line = rows * direction.columns - columns * direction.rows
    sums = [kernel[line == which].sum() for which in np.unique(line)]
    return float(np.abs(sums).max()) <= _SAME * float(np.abs(kernel).max())


def _same_along(values: Array, direction: Direction) -> bool:
    """Say whether maps (N, H, W) do not change in a direction."""
    rows, columns = values.shape[1:]
    down, right = direction.rows, direction.columns
    if rows <= down or columns <= abs(right):
        return False
    here = values[:, : rows - down, max(0, -right) : columns - max(0, right)]
    there = values[:, down:, max(0, right) : columns - max(0, -right)]
    return float(np.abs(there - here).max(initial=0.0)) <= _SAME * float(np.ptp(values))


def _is_slope(values: Array) -> bool:
    """Say whether maps (N, H, W) rise by the same from each pixel to the next."""
    reach = _SAME * float(np.ptp(values))
    if min(values.shape[1:]) < 2:
        return False
    slopes = [np.diff(values, axis=axis) for axis in (1, 2)]
    return all(float(np.ptp(slope)) <= reach for slope in slopes)
