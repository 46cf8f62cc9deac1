"""Problems to ask: drawn by Hypothesis to attack, and a fixed set to diagnose with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.coach.learner import Learner
from minicnn.coach.problem import NEUTRAL, Problem
from minicnn.errors import UnsupportedError
from minicnn.shapes import Array, Pair, Shape

STAGES = ("floats", "integers")
"""Pictures of floats that hold whole numbers; then pictures of bytes, as files have them."""

_HALVES = (0.0, 1.0, 0.5, -1.0, 2.0, -1.5)


def hypothesis() -> Any:
    """Return Hypothesis, which only the coach needs.

    Raises
    ------
    UnsupportedError
        If it is not installed.
    """
    try:
        import hypothesis
    except ImportError:
        raise UnsupportedError(
            "the coach needs Hypothesis, which is not installed.\n"
            '  In a checkout of minicnn: python -m pip install ".[test]". '
            "By itself: python -m pip install hypothesis."
        ) from None
    return hypothesis


def strategy(learner: Learner, stage: str, *, pairs: bool) -> Any:
    """Return a Hypothesis strategy for problems that a function with these arguments can be asked.

    Small ones, valid by construction: the output's size is drawn and the picture's follows. The
    numbers come from one drawn seed, so that Hypothesis shrinks arguments and sizes, fast; see
    `minicnn.coach.shrinking` for the numbers.
    """
    st = hypothesis().strategies
    asked = learner.options

    def option(draw: Callable[[Any], Any], name: str, low: int, high: int) -> Pair:
        if name not in asked:
            return low, low
        numbers = st.integers(low, high)
        rows = draw(numbers)
        return rows, draw(numbers) if pairs else rows

    @st.composite  # type: ignore[untyped-decorator]
    def problems(draw: Callable[[Any], Any]) -> Problem:
        one = learner.layout == "hw"
        groups = draw(st.integers(1, 2)) if "groups" in asked else 1
        batch = draw(st.integers(1, 2)) if learner.layout == "nchw" else 1
        channels = 1 if one else draw(st.integers(1, 2))
        filters = 1 if one else groups * draw(st.integers(1, 2))
        kernel = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        stride = option(draw, "stride", 1, 2)
        padding = option(draw, "padding", 0, 2)
        dilation = option(draw, "dilation", 1, 2)
        size = []
        for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True):
            outputs = draw(st.integers(1, 3))
            left_over = draw(st.integers(0, s - 1)) if s > 1 else 0
            size.append(max(1, (outputs - 1) * s + d * (k - 1) + 1 + left_over - 2 * p))
        has_bias = "bias" in asked and draw(st.booleans())
        rng = np.random.default_rng(draw(st.integers(0, 999)))
        shapes = (batch, groups * channels, *size), (filters, channels, *kernel)
        x, weight = _numbers(rng, *shapes, stage)
        bias = rng.integers(-3, 4, filters).astype(float) if has_bias else None
        return Problem(x, weight, bias, _one(stride), _one(padding), _one(dilation), groups)

    return problems()


def gallery(learner: Learner, stage: str, *, pairs: bool) -> list[Problem]:
    """Return the fixed problems that a diagnosis compares on: simple ones, then everything at once.

    No two sizes are alike in them, so that what is mixed up shows; a few are square.
    """
    rng = np.random.default_rng(7)
    asked = {name for name in learner.options if name != "bias"}
    plans: list[dict[str, Any]] = [{}, {"square": True}, {"kernel": (1, 1)}, {"kernel": (3, 3)}]
    for name, values in (("stride", (2, 3)), ("padding", (1, 2)), ("dilation", (2, 3))):
        plans += [{name: value} for value in values if name in asked]
        plans += [{name: value, "square": True} for value in values[:1] if name in asked]
        plans += [{name: values} for _ in range(1) if name in asked and pairs]
    plans += [{"groups": 2}] * ("groups" in asked) + [{"equal": True}]
    both = [name for name in ("stride", "padding", "dilation") if name in asked]
    plans += [dict.fromkeys(both, 2), dict.fromkeys(both, 1), {n: 3 for n in both if n == "stride"}]
    several = [name for name in ("batch", "channels", "filters") if _has(learner, name)]
    plans += [{**plan, "several": tuple(several)} for plan in plans]
    plans += [{"several": (name,)} for name in several if len(several) > 1]
    if "bias" in learner.options:
        plans += [{**plan, "bias": True} for plan in plans]
    return [_made(rng, plan, learner, stage) for plan in plans]


def _has(learner: Learner, several: str) -> bool:
    """Say whether a function can be asked several pictures, channels or filters at once."""
    return learner.layout == "nchw" or (learner.layout == "chw" and several != "batch")


def _made(rng: np.random.Generator, plan: dict[str, Any], learner: Learner, stage: str) -> Problem:
    stride, padding, dilation = (
        plan.get(name, NEUTRAL[name]) for name in ("stride", "padding", "dilation")
    )
    kernel = plan.get("kernel", (2, 2) if plan.get("square") else (2, 3))
    outputs = (2, 2) if plan.get("square") else (2, 3)
    groups, several = plan.get("groups", 1), plan.get("several", ())
    batch = 2 if "batch" in several else 1
    channels = 2 if "channels" in several else 1
    filters = groups * ((2 if plan.get("equal") else 3) if "filters" in several else 1)
    size = [
        int((o - 1) * s + d * (k - 1) + 1 + (s > 1))
        for o, k, s, d in zip(
            outputs, kernel, np.broadcast_to(stride, 2), np.broadcast_to(dilation, 2), strict=True
        )
    ]
    x_shape, w_shape = (batch, groups * channels, *size), (filters, channels, *kernel)
    bias = rng.integers(1, 9, filters).astype(float) * 100 if plan.get("bias") else None
    x, weight = _numbers(rng, x_shape, w_shape, stage)
    return Problem(x, weight, bias, stride, padding, dilation, groups)


def _numbers(
    rng: np.random.Generator, x_shape: Shape, w_shape: Shape, stage: str
) -> tuple[Array, Array]:
    """Return a picture and a weight: whole numbers as floats, or bytes and various kernels."""
    if stage == "floats":
        x, weight = (rng.integers(-9, 10, shape).astype(float) for shape in (x_shape, w_shape))
        x[x == 0], weight[weight == 0] = 5.0, 7.0
        return x, weight
    pixels = rng.integers(0, 256, x_shape).astype(np.uint8)
    kind = ("halves", "bytes", "integers")[int(rng.integers(0, 3))]
    if kind == "halves":
        return pixels, rng.choice(_HALVES, w_shape)
    if kind == "bytes":
        return pixels, rng.integers(0, 9, w_shape).astype(np.uint8)
    return pixels, rng.integers(-4, 9, w_shape)


def _one(pair: Pair) -> int | Pair:
    return pair[0] if pair[0] == pair[1] else pair
