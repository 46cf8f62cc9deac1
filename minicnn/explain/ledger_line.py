"""What normalisations compute of a number, a straight line: its value, its bound, its words."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.explain.ledger_numbers import number, typeset

ROUNDINGS = 12
"""So many roundings are allowed, each of the largest number in sight."""


@dataclass(frozen=True)
class Line:
    """(x - mean) / sqrt(var + eps) * weight + bias, with its numbers.

    Attributes
    ----------
    mean, var, eps : float
    weight, bias : float or None
    unsure : (float, float)
        How far the network's mean may be off, and its variance.
    """

    mean: float
    var: float
    eps: float
    weight: float | None
    bias: float | None
    unsure: tuple[float, float] = (0.0, 0.0)

    def at(self, x: float) -> float:
        """Return the formula's value."""
        with np.errstate(all="ignore"):
            z = (np.float64(x) - self.mean) / np.sqrt(np.float64(self.var + self.eps))
            return float(z * (1.0 if self.weight is None else self.weight) + (self.bias or 0.0))

    def bound(self, x: float, dtype: Any) -> float:
        """Return how far rounding may take the network's value from it."""
        limits = np.finfo(dtype)
        weight = 1.0 if self.weight is None else abs(self.weight)
        with np.errstate(all="ignore"):
            steep = float(weight / np.sqrt(np.float64(self.var + self.eps)))
            reach = (abs(x) + abs(self.mean)) * steep + abs(self.bias or 0.0)
            wrong = float(np.float64(self.unsure[1]) / np.float64(self.var + self.eps))
            largest = max(reach, abs(x) + abs(self.mean), steep, self.var)
        if not largest < float(limits.max) or not wrong < 0.1:
            return math.inf
        unsure = steep * self.unsure[0] + wrong * abs(x - self.mean) * steep
        tiny = float(limits.tiny) * (1 + weight) * (1 + steep)
        return ROUNDINGS * (float(limits.eps) * reach + tiny) + unsure

    def text(self) -> str:
        """Return the formula with {x} in the place of x."""
        distance = "({x}" + _then("-", self.mean) + ")"
        return f"{distance} / sqrt({number(self.var)} + {number(self.eps)})" + self._affine("*")

    def latex(self) -> str:
        """Return the formula as LaTeX, with {x} in the place of x."""
        distance = "({x}" + _then("-", self.mean, _tex) + ")"
        under = rf"\sqrt{{{_tex(self.var)} + {_tex(self.eps)}}}"
        return rf"{distance} \,/\, {under}" + self._affine(r"\times", _tex)

    def _affine(self, times: str, write: Callable[[float], str] = number) -> str:
        weight = ""
        if self.weight is not None:
            value = write(self.weight)
            weight = f" {times} " + (f"({value})" if self.weight < 0 else value)
        return weight + ("" if self.bias is None else _then("+", self.bias, write))


def _then(sign: str, value: float, write: Callable[[float], str] = number) -> str:
    """Return " + 3"; of -3, the other sign and 3."""
    if value < 0:
        sign = "-" if sign == "+" else "+"
    return f" {sign} {write(abs(value))}"


def _tex(value: float) -> str:
    return typeset(number(value))
