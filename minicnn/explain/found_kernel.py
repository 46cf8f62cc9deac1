"""What `find_kernel` found: the weights, how sure they are, and where they fail."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.explain.xray import xray
from minicnn.explain.xray_words import number
from minicnn.layers import Conv2D
from minicnn.shapes import Array, Pair

COMPLETE, NEARLY_ALL = 1 - 1e-9, 1 - 1e-6
"""Shares of a change from which on nothing is left over, or next to nothing."""


@dataclass(frozen=True, eq=False)
class Clip:
    """The finding that a convolution was cut off: at 0 by a ReLU, at 0 and 1 by a clip.

    Attributes
    ----------
    weight : array (1, C, KH, KW)
        The kernel, from the pixels that were not cut off.
    bias : array (1,) or None
    r2 : float
        How much of those pixels it explains.
    ends : tuple of float
        The values at which it was cut off.
    shares : tuple of float
        Which share of the pixels has each.
    like : str or None
        The kernel of the bank that it is.
    """

    weight: Array
    bias: Array | None
    r2: float
    ends: tuple[float, ...]
    shares: tuple[float, ...]
    like: str | None

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        ends = " and ".join(
            f"{number(end)} ({percent(share)} of the pixels)"
            for end, share in zip(self.ends, self.shares, strict=True)
        )
        name = f" ({self.like})" if self.like else ""
        return (
            f"A convolution that was cut off at {ends}: without those pixels one "
            f"kernel{name} explains {percent(self.r2)}."
        )


@dataclass(frozen=True, eq=False, repr=False)
class FoundKernel:
    """The kernel between two pictures; printing it tells how far to trust it.

    Attributes
    ----------
    weight : array (O, C, KH, KW)
        The best kernel for every pair of channels; of equally good ones, the smallest.
    bias : array (O,) or None
    error : array (O, C, KH, KW)
        The standard error of each weight; infinite where the pictures cannot tell.
    unknown : array (C, KH, KW) of bool
        Weights that can be changed together without any window noticing.
    blind : int
        In how many independent ways they can.
    known_sums : tuple of str
        Sums of weights that are known all the same.
    r2 : float
        The share of the variation of `after` that the kernel explains; 1 is all.
    before, after : array (N, C, H, W), array (N, O, OH, OW)
        The pictures, `after` without the border that nobody can explain.
    residual : array (N, O, OH, OW)
        `after` less what the kernel makes of `before`: where it is not 0, the change was no
        convolution with this kernel.
    corner : (row, column)
        Where the residual's first pixel lies in `after`.
    windows : int
        How many equations there were.
    singular_values : array (K,)
        Of the matrix of windows; their ratio says how ill-posed the question is.
    like : str or None
        The kernel of the bank that it is, or a multiple of one: "sobel_x times 0.25".
    clip : Clip or None
        Set if the change was a convolution that was cut off, as by a ReLU.
    noise : bool
        Whether what is left over looks like noise: no pixel of it goes with its neighbours, or
        with what the kernel makes.
    with_bias : str
        The verdict with a constant added, where that explains what one kernel does not; else "".
    """

    weight: Array
    bias: Array | None
    error: Array
    unknown: Array
    blind: int
    known_sums: tuple[str, ...]
    r2: float
    before: Array
    after: Array
    residual: Array
    corner: Pair
    windows: int
    singular_values: Array
    like: str | None
    clip: Clip | None
    noise: bool = False
    with_bias: str = ""

    @property
    def kernel(self) -> Array:
        """The kernel (KH, KW), where there is one channel before and one after."""
        if self.weight.shape[:2] != (1, 1):
            raise ShapeError(
                f"there is no single kernel: weight (O, C, KH, KW) = {self.weight.shape}.\n"
                f"  Choose one: found.weight[0, 0], say."
            )
        values: Array = self.weight[0, 0]
        return values

    @property
    def rmse(self) -> float:
        """By how much a pixel is missed (root mean square)."""
        return float(np.sqrt((self.residual**2).mean()))

    @property
    def worst(self) -> tuple[int, int, int, int]:
        """Where the kernel misses most: (picture, channel, row, column) of `after`."""
        n, o, i, j = np.unravel_index(np.abs(self.residual).argmax(), self.residual.shape)
        return int(n), int(o), int(i) + self.corner[0], int(j) + self.corner[1]

    @property
    def condition(self) -> float:
        """How many times better the picture shows the clearest pattern than the faintest."""
        s = self.singular_values
        return float(s[0] / s[-1]) if s[-1] > 0 else float("inf")

    @property
    def layer(self) -> Conv2D:
        """The convolution that was found."""
        filters, channels, kh, kw = self.weight.shape
        new = Conv2D(channels, filters, (kh, kw), bias=self.bias is not None)
        new.weight = self.weight.copy()
        new.bias = None if self.bias is None else self.bias.copy()
        return new

    @property
    def is_complete(self) -> bool:
        """Whether one kernel explains the change, all of it."""
        return self.r2 > COMPLETE

    @property
    def what(self) -> str:
        """Say what the kernel is, where it is one kernel and known: its name, or its x-ray."""
        if self.like:
            return f"It is {self.like}."
        if self.weight.shape[:2] != (1, 1) or self.unknown.any() or not self.is_complete:
            return ""
        return xray(tidy(self.kernel, self.weight)).what

    @property
    def verdict(self) -> str:
        """Say in a sentence how well one kernel explains the change."""
        share = percent(self.r2)
        weights = self.weight[0].size + (self.bias is not None)
        if self.windows <= weights:
            return (
                f"Nothing is shown: {self.windows} windows for {weights} weights, so that any "
                f"change could be explained. Take a larger picture or a smaller kernel."
            )
        if self.is_complete:
            return "One kernel explains the change completely."
        if self.clip is not None:
            return self.clip.words
        if self.r2 > 0.999:
            return f"One kernel explains {share} of the change: the rest may be rounding."
        if self.noise and self.r2 > 0.1:
            return (
                f"One kernel explains {share}; the rest looks like noise: no pixel of it goes "
                f"with its neighbours."
            )
        if self.r2 <= 0:
            return "No kernel explains the change: a constant would do better."
        if self.r2 > 0.9:
            return f"One kernel explains {share}; the rest is no convolution of this size."
        return f"One kernel explains only {share}: this was no convolution of this size."

    @property
    def doubt(self) -> str:
        """Say which weights the pictures cannot tell, or "" if they tell all."""
        count = int(np.count_nonzero(self.unknown))
        if not count:
            return ""
        text = (
            f"{count} of {self.unknown.size} weights cannot be told from these pictures: "
            f"they can change together in {self.blind} way{'s' * (self.blind != 1)} that no "
            f"window notices. Shown is the smallest solution."
        )
        if self.known_sums:
            text += f" Known all the same: {', '.join(self.known_sums)}."
        return text

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, texts and lists, ready for JSON."""
        clip = self.clip
        return {
            "weight": self.weight.tolist(),
            "bias": None if self.bias is None else self.bias.tolist(),
            "error": [None if np.isinf(v) else v for v in self.error.ravel().tolist()],
            "unknown": self.unknown.tolist(),
            "blind": self.blind,
            "known_sums": list(self.known_sums),
            "r2": self.r2,
            "rmse": self.rmse,
            "worst": list(self.worst),
            "windows": self.windows,
            "residual": self.residual.tolist(),
            "like": self.like,
            "verdict": self.verdict,
            "doubt": self.doubt,
            "noise": self.noise,
            "with_bias": self.with_bias,
            "what": self.what,
            "clip": None
            if clip is None
            else {
                "weight": clip.weight.tolist(),
                "r2": clip.r2,
                "ends": list(clip.ends),
                "shares": list(clip.shares),
                "like": clip.like,
            },
        }

    def __str__(self) -> str:
        """Tell the story, in plain ASCII of at most 80 columns."""
        filters, channels = self.weight.shape[:2]
        lines = textwrap.wrap(self.verdict, 78)
        lines += textwrap.wrap(self.what, 78)
        if self.with_bias:
            lines += textwrap.wrap(f"With bias=True: {self.with_bias}", 78)
        lines.append("")
        if self.clip is not None:
            lines += ["  Without the pixels that were cut off:"]
            lines += _rows(tidy(self.clip.weight[0, 0], self.clip.weight))
            lines += ["", "  Of all pixels:"]
        for o, c in list(np.ndindex(filters, channels))[:_MOST_SHOWN]:
            if filters * channels > 1:
                lines.append(f"  from channel {c} to map {o}:")
            lines += self._kernel_lines(o, c)
        if filters * channels > _MOST_SHOWN:
            lines.append(f"  ... and {filters * channels - _MOST_SHOWN} more kernels.")
        if self.bias is not None:
            shown = ", ".join(number(v) for v in self.bias[:_MOST_SHOWN])
            lines.append(f"  bias {shown}{', ...' * (filters > _MOST_SHOWN)}")
        lines.append("")
        lines.append(f"  R squared     {self.r2:.6f}, a pixel is missed by {number(self.rmse)}")
        picture, channel, row, column = self.worst
        lines.append(
            f"  worst pixel   row {row}, column {column} (picture {picture}, map {channel}), "
            f"by {number(float(np.abs(self.residual).max()))}"
        )
        lines.append(f"  equations     {self.windows:,} for {self.weight[0].size} weights")
        if self.doubt:
            lines += ["", *textwrap.wrap(self.doubt, 78)]
        return "\n".join(lines)

    __repr__ = __str__

    def _kernel_lines(self, o: int, c: int) -> list[str]:
        """Return a kernel as text: "?" behind a weight that cannot be told, else +- its error."""
        lines = _rows(tidy(self.weight[o, c], self.weight), self.unknown[c])
        error = self.error[o, c][~self.unknown[c]]
        if error.size and error.max() > 1e-6 * float(np.abs(self.weight).max()):
            lines.append(f"  give or take {number(float(error.max()))}")
        return lines


def tidy(kernel: Array, weight: Array) -> Array:
    """Return a kernel with 0 where it is next to nothing, beside all of the weight."""
    cleaned: Array = np.where(np.abs(kernel) < 1e-6 * np.abs(weight).max(), 0.0, kernel)
    return cleaned


def _rows(kernel: Array, unknown: Array | None = None) -> list[str]:
    """Return a kernel as lines, as many of its columns as fit."""
    marks = np.zeros(kernel.shape, bool) if unknown is None else unknown
    texts = [
        [number(v) + "?" * bool(bad) for v, bad in zip(*both, strict=True)]
        for both in zip(kernel, marks, strict=True)
    ]
    width = max(len(text) for row in texts for text in row)
    most = (78 - 4) // (width + 1)
    more = " .." if kernel.shape[1] > most else ""
    return [f"  {' '.join(text.rjust(width) for text in row[:most])}{more}" for row in texts]


_MOST_SHOWN = 4


def percent(share: float) -> str:
    """Return a share as a percentage that is not rounded to all or nothing.

    Examples
    --------
    >>> percent(1.0), percent(0.99999), percent(0.5), percent(0.00001)
    ('100 %', '99.999 %', '50 %', '0.001 %')
    """
    value = 100 * share
    if 99.9 < value < 100 - 1e-7:
        digits = next(d for d in range(2, 9) if round(value, d) < 100)
        return f"{value:.{digits}f} %"
    return f"{value:.3g} %"
