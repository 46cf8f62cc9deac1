"""The story of one weight's gradient, as numbers and as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.explain.gradient_terms import Terms, by_place
from minicnn.explain.ledger_check import Check
from minicnn.explain.ledger_numbers import WIDTH, clipped, column, number
from minicnn.explain.ledger_terms import plain

LISTED = 5
"""So many of the largest terms are listed."""


@dataclass(frozen=True, eq=False, repr=False)
class GradientLedger:
    """Why one weight is about to change.

    Attributes
    ----------
    step : str
    position : int
        The step's index in the trace.
    layer : str
        The class of its layer.
    parameter : str
    index : tuple of int
    weight : float
        What it is now.
    value : float
        Its gradient, as the way back gave it: the loss changes by so much for each unit the
        weight goes up. Learning goes the other way.
    loss : float or None
        The loss itself.
    terms : Terms or None
        What the gradient is a sum of; None where the layer's gradient is not such a sum.
    check : Check or None
        The sum against `value`.
    """

    step: str
    position: int
    layer: str
    parameter: str
    index: tuple[int, ...]
    weight: float
    value: float
    loss: float | None
    terms: Terms | None
    check: Check | None

    @property
    def name(self) -> str:
        """Which weight: "conv2d.weight[3, 0, 1, 2]"."""
        return f"{self.step}.{self.parameter}[{', '.join(map(str, self.index))}]"

    @property
    def direction(self) -> str:
        """Where learning takes the weight: "up", "down" or "nowhere"."""
        if self.value == 0 or np.isnan(self.value):
            return "nowhere"
        return "up" if self.value < 0 else "down"

    def largest(self, count: int = LISTED) -> list[tuple[tuple[int, ...], float, float, float]]:
        """Return the terms that bring most: (place, came in, came back, their product)."""
        if self.terms is None:
            return []
        products = self.terms.products.ravel()
        order = np.argsort(-np.abs(products), kind="stable")[:count]
        came_in, came_back = self.terms.came_in.ravel(), self.terms.came_back.ravel()
        return [
            (by_place(self.terms, i), float(came_in[i]), float(came_back[i]), float(products[i]))
            for i in order.tolist()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, with the largest terms."""
        return {
            "weight": self.name,
            "value": plain(self.weight),
            "gradient": plain(self.value),
            "loss": None if self.loss is None else plain(self.loss),
            "direction": self.direction,
            "places": 0 if self.terms is None else self.terms.came_in.size,
            "largest": [
                {
                    "place": list(place),
                    "came_in": plain(came_in),
                    "came_back": plain(came_back),
                    "product": plain(product),
                }
                for place, came_in, came_back, product in self.largest()
            ],
            "check": None if self.check is None else self.check.to_dict(),
        }

    def __str__(self) -> str:
        """Tell the story in plain ASCII, at most 80 columns wide."""
        return "\n".join(clipped(line) for line in self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        yield f"{self.name} = {number(self.weight)}, a weight of step {self.position}"
        if self.loss is not None:
            yield f"  the loss is {number(self.loss)}"
        yield f"  its slope by this weight is {number(self.value)}: {self._outlook()}"
        yield ""
        if self.terms is None or self.check is None:
            yield f"  The gradient of {self.layer}.{self.parameter} is no plain sum of products;"
            yield "  it is what the layer's vjp says."
            return
        yield from self._sum(self.terms)
        yield ""
        yield str(self.check).replace("ledger", "sum").replace("network", "gradient")
        gap, bound = number(self.check.difference, 2), number(self.check.bound, 2)
        yield f"  added in float64; the difference is {gap}, rounding allows {bound}"

    def _outlook(self) -> str:
        if self.direction == "nowhere":
            return "it stays as it is"
        return f"learning moves it {self.direction}"

    def _sum(self, terms: Terms) -> Iterator[str]:
        products = terms.products
        yield from _wrapped(f"came in: {terms.what_came_in}")
        yield from _wrapped(f"came back: the slope of the loss by {terms.what_came_back}")
        yield ""
        rows = [
            ("pull it up", products[products < 0]),
            ("pull it down", products[products > 0]),
            ("do nothing", products[products == 0]),
        ]
        sums = column([*(float(some.sum()) for _, some in rows), float(products.sum())])
        counts = [f"{some.size:,}" for _, some in rows]
        wide, tall = max(map(len, counts)), max(map(len, sums))
        yield f"  of {products.size:,} places (slope of each = came in x came back)"
        for (word, _), count, text in zip(rows, counts, sums, strict=False):
            yield f"    {count.rjust(wide)} {word:<12}  together {text.rjust(tall)}"
        yield f"    {'-' * (wide + tall + 24)}"
        yield f"    {' ' * wide} {'all':<12}  together {sums[-1].rjust(tall)}"
        yield ""
        yield "  the places that bring most"
        for place, came_in, came_back, product in self.largest():
            where = ", ".join(f"{a} {i}" for a, i in zip(terms.axes, place, strict=True))
            yield f"    {where}: {number(came_in)} x {number(came_back)} = {number(product)}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )
