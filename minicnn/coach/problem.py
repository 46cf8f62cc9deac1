"""One question to a learner's function: the arrays, the arguments, and the right answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.ops import conv2d
from minicnn.shapes import Array, Sides, Window

LAYOUTS = ("nchw", "chw", "hw")
NEUTRAL: dict[str, Any] = {"bias": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1}
"""Every argument beyond picture and weight, at the value at which it does nothing."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A convolution to be done.

    Attributes
    ----------
    x : array (N, C, H, W)
    weight : array (O, C // groups, KH, KW)
    bias : array (O,) or None
    stride, padding, dilation : int or (rows, columns)
    groups : int
    """

    x: Array
    weight: Array
    bias: Array | None = None
    stride: Any = 1
    padding: Any = 0
    dilation: Any = 1
    groups: int = 1

    @property
    def options(self) -> dict[str, Any]:
        """The arguments that are not at their neutral value."""
        return {
            name: getattr(self, name)
            for name, neutral in NEUTRAL.items()
            if getattr(self, name) is not neutral and not _same(getattr(self, name), neutral)
        }

    @property
    def window(self) -> Window:
        """What slides over the picture."""
        return Window(self.weight.shape[2:], self.stride, self.padding, self.dilation)

    @property
    def sides(self) -> Sides:
        """The padding as ((top, bottom), (left, right))."""
        return self.window.padding

    def answer(self) -> Array:
        """Return the right answer in float64."""
        return solve(self)


def solve(problem: Problem) -> Array:
    """Return the convolution that a problem asks for, (N, O, OH, OW), in float64.

    The numbers are small and whole, or halves: every algorithm is exact on them.
    """
    bias = None if problem.bias is None else np.asarray(problem.bias, np.float64)
    return conv2d(
        np.asarray(problem.x, np.float64),
        np.asarray(problem.weight, np.float64),
        bias,
        stride=problem.stride,
        padding=problem.padding,
        dilation=problem.dilation,
        groups=problem.groups,
        algorithm="im2col",
    )


def in_layout(array: Array, layout: str) -> Array:
    """Return (N, C, H, W) as a function of this layout takes and returns it."""
    return array if layout == "nchw" else array[0] if layout == "chw" else array[0, 0]


def close(got: Array, expected: Array) -> bool:
    """Say whether two arrays have one shape and the same values, but for rounding."""
    if got.shape != expected.shape:
        return False
    room = 1e-4 * max(1.0, float(np.abs(expected).max(initial=0.0)))
    with np.errstate(all="ignore"):
        return bool((np.abs(got.astype(np.float64) - expected) <= room).all())


def _same(value: Any, neutral: Any) -> bool:
    return neutral is not None and bool(np.all(np.asarray(value) == neutral))
