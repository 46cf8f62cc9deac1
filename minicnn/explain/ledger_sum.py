"""The sum of products: what a convolution, a linear layer or an average says of its values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from minicnn.explain.ledger_accounts import Account
from minicnn.explain.ledger_terms import Input, Place, plain, total
from minicnn.shapes import Array


@dataclass(frozen=True, eq=False)
class WeightedSum(Account):
    """Values times weights, added up, plus a bias.

    Attributes
    ----------
    values, weights : array (C, KH, KW)
        In float64, which holds the network's numbers exactly. Where a tap lies on padding the
        value is 0.
    channels, rows, columns : tuple of int
        Where the values stand in the step's input; a row or column outside it is padding.
    inside : array (KH, KW) of bool
        False where a tap lies on padding.
    bias : float or None
    rounding : float or function
        The bound on the network's rounding, or what works it out when it is asked for.
    divisor : int or None
        For a mean: what the sum is divided by. The weights are 1 / divisor.
    """

    values: Array = field(repr=False)
    weights: Array = field(repr=False)
    channels: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    inside: Array = field(repr=False)
    bias: float | None = None
    rounding: float | Callable[[], float] = field(default=0.0, repr=False)
    divisor: int | None = None

    @cached_property
    def products(self) -> Array:
        """Each value times its weight, (C, KH, KW)."""
        with np.errstate(all="ignore"):
            products: Array = self.values * self.weights
        return products

    @cached_property
    def sums(self) -> tuple[float, ...]:
        """The sum of each channel's products."""
        return tuple(total(channel.ravel().tolist()) for channel in self.products)

    @cached_property
    def result(self) -> float:
        """All products and the bias, added up without rounding on the way."""
        bias = [] if self.bias is None else [self.bias]
        return total([*self.products.ravel().tolist(), *bias])

    @cached_property
    def bound(self) -> float:
        """How far rounding may take the network's value from `result`."""
        return self.rounding() if callable(self.rounding) else self.rounding

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The values under the kernel; padding is none of them."""
        found, taps = [], np.argwhere(self.inside).tolist()
        for c, channel in enumerate(self.channels):
            for u, v in taps:
                place = Place(channel, self.rows[u], self.columns[v])
                found.append(
                    Input(place, float(self.values[c, u, v]), float(self.weights[c, u, v]))
                )
        return tuple(found)

    @property
    def padded(self) -> int:
        """How many of the kernel's taps lie on padding."""
        return int(np.count_nonzero(~self.inside))

    def largest_first(self) -> list[int]:
        """Return the positions in `channels`, by the size of their sums; NaN first."""
        sizes = [-math.inf if math.isnan(s) else -abs(s) for s in self.sums]
        return sorted(range(len(sizes)), key=lambda i: sizes[i])

    def facts(self) -> dict[str, Any]:
        """Return patch, kernel and products, channel by channel, and the bias."""
        by_channel = zip(
            self.channels, self.values, self.weights, self.products, self.sums, strict=True
        )
        return {
            "rows": list(self.rows),
            "columns": list(self.columns),
            "on_padding": (~self.inside).tolist(),
            "channels": [
                {
                    "channel": channel,
                    "patch": plain(values.tolist()),
                    "kernel": plain(weights.tolist()),
                    "products": plain(products.tolist()),
                    "sum": plain(sum_),
                }
                for channel, values, weights, products, sum_ in by_channel
            ],
            "bias": None if self.bias is None else plain(self.bias),
        }
