"""What an attribution is: a number for each pixel or patch, and what the numbers add up to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.explain.ledger_numbers import clipped, number
from minicnn.explain.ledger_terms import plain
from minicnn.layers import Field
from minicnn.shapes import Array, Pair

COMPLETE = 0.05
"""So large a part of what is to be shared out may be missing: Sundararajan et al. ask for that."""

ADDED, FURTHEST = "added up", "the one furthest from 0"
"""How a pixel's channels become one number."""


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """How much each pixel, or each cell of a coarser grid, counts for one answer.

    Attributes
    ----------
    method : str
        "saliency", "occlusion", ...
    question : str
        What the numbers answer, in a sentence.
    picture : array (C, H, W)
    values : array (C, H, W), or (rows, columns) where a number is for a whole patch
    field : Field or None
        Which pixels each value stands for; None where that is no regular grid.
    target : tuple of int
        Which output value, or map, was asked about.
    score : float
        What the network answered there.
    total : float or None
        What the values should add up to, where they share something out; None elsewhere.
    channels : str
        How a pixel's channels become one number in `map`: "added up", as shares are, or "the one
        furthest from 0", as slopes are, which could cancel.
    answer : str
        What that output stands for, such as a class's name; "" where it has but a number.
    """

    method: str
    question: str
    picture: Array
    values: Array
    field: Field | None
    target: tuple[int, ...]
    score: float
    total: float | None = None
    channels: str = ADDED
    answer: str = ""

    @property
    def map(self) -> Array:
        """The values as one map (rows, columns); see `channels`."""
        if self.values.ndim == 2:
            return self.values
        if self.channels == ADDED:
            return np.asarray(self.values.sum(axis=0))
        furthest = np.abs(self.values).argmax(axis=0)[None]
        return np.asarray(np.take_along_axis(self.values, furthest, axis=0)[0])

    @property
    def sum(self) -> float:
        """What the values add up to."""
        return float(self.values.sum(dtype=np.float64))

    @property
    def gap(self) -> float | None:
        """How far the values' sum is from `total`; None where nothing is shared out."""
        return None if self.total is None else abs(self.sum - self.total)

    @property
    def is_complete(self) -> bool | None:
        """Whether the values add up to `total`, but for one part in twenty; None: see `gap`."""
        if self.total is None or self.gap is None:
            return None
        rounding = 1e-9 * float(np.abs(self.values).sum(dtype=np.float64))
        return self.gap <= max(COMPLETE * abs(self.total), rounding)

    @property
    def verdict(self) -> str:
        """Whether what was to be shared out is, in words; "" where nothing is."""
        if self.total is None or self.gap is None:
            return ""
        missing = 100 * self.gap / abs(self.total) if self.total else 0.0
        if self.is_complete:
            return f"complete: off by {number(missing, 2)} %" if self.total else "complete"
        if not np.isfinite(self.gap):
            return "not finite: nothing is shared out"
        off = f"{number(missing, 2)} %" if self.total else number(self.gap, 2)
        return f"not complete: off by {off}; take more steps"

    @property
    def grain(self) -> str:
        """What one value stands for, in words."""
        rows, columns = self.map.shape
        if self.values.ndim == 3:
            channels = len(self.values)
            of = "" if self.channels == ADDED else "of "
            joined = f", {of}{channels} channels {self.channels}" if channels > 1 else ""
            return f"{rows} x {columns} pixels{joined}"
        if self.field is None:
            return f"{rows} x {columns} values, spread over the picture"
        tall, wide = self.field.size
        down, across = self.field.distance
        apart = str(down) if down == across else f"{down} and {across}"
        return f"{rows} x {columns} values, of {tall} x {wide} pixels each, {apart} apart"

    def strongest(self, count: int = 3) -> list[tuple[Pair, float]]:
        """Return the (row, column) of the values that count most, and the values."""
        flat = self.map.ravel()
        order = np.argsort(-np.abs(flat), kind="stable")[:count]
        width = self.map.shape[1]
        return [(divmod(int(i), width), float(flat[i])) for i in order]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, with the map's numbers."""
        return {
            "method": self.method,
            "question": self.question,
            "target": list(self.target),
            "score": plain(self.score),
            "total": None if self.total is None else plain(self.total),
            "gap": None if self.gap is None else plain(self.gap),
            "complete": self.is_complete,
            "values": [[plain(float(v)) for v in row] for row in self.map],
        }

    def __str__(self) -> str:
        """Tell it in plain ASCII, at most 80 columns wide."""
        return "\n".join(clipped(line) for line in self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        target = ", ".join(map(str, self.target))
        asked = repr(self.answer) if self.answer else f"output [{target}]"
        yield f"{self.method} for {asked} = {number(self.score)}"
        yield f"  {self.question}"
        yield f"  {self.grain}"
        yield f"  from {number(float(self.map.min()))} to {number(float(self.map.max()))}"
        most = [(place, value) for place, value in self.strongest() if value]
        yield "  what counts most" if most else "  nothing counts: every value is 0"
        for (row, column), value in most:
            yield f"    row {row}, column {column}: {number(value)}"
        if self.total is not None:
            yield (
                f"  they add up to {number(self.sum, 6)}; to be shared out was "
                f"{number(self.total, 6)}"
            )
            yield f"  {self.verdict}"
