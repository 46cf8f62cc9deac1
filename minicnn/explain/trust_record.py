"""Whether an explanation looked at the network: the answer, as numbers and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from minicnn.explain.ledger_numbers import clipped, number
from minicnn.explain.ledger_terms import plain
from minicnn.shapes import Array

CHANGED = 0.5
"""Maps that are less alike than this count as different."""


class Explained(Protocol):
    """What can be trusted or not: an `Attribution`, an `Excited` picture, `Patches`."""

    @property
    def method(self) -> str:
        """What it is called."""

    @property
    def map(self) -> Array:
        """The numbers that are compared."""


@dataclass(frozen=True, eq=False)
class TrustStage:
    """The same explanation of networks whose last layers were randomised.

    Attributes
    ----------
    layers : tuple of str
        The steps whose weights were randomised, first to last.
    likeness : tuple of float
        For each of the randomised networks, how alike its map is to the real one.
    sizes : tuple of float
        The same of the maps without signs; for what has none, `likeness` again.
    flat : tuple of float or None
        The one value that a randomised network's map has everywhere; None: it has several.
    example : Attribution, Excited or Patches
        What the method says of the middle one of them.
    """

    layers: tuple[str, ...]
    likeness: tuple[float, ...]
    sizes: tuple[float, ...]
    flat: tuple[float | None, ...]
    example: Any

    @property
    def middle(self) -> int:
        """Which randomised network stands for all: that of the middle likeness, see `middle`."""
        return middle(self.likeness, self.flat)

    @property
    def median(self) -> float:
        """The middle one of `likeness`."""
        return self.likeness[self.middle]

    @property
    def median_of_sizes(self) -> float:
        """The middle one of `sizes`; it may be that of another network."""
        return self.sizes[middle(self.sizes, self.flat)]

    @property
    def flats(self) -> int:
        """How many of the maps are flat."""
        return sum(value is not None for value in self.flat)

    @property
    def is_test(self) -> bool:
        """Whether most maps are not flat, so that there is something to compare."""
        return 2 * self.flats < len(self.flat)

    @property
    def flat_text(self) -> str:
        """How many maps are flat, and of which value, "" if none is."""
        return f"{self.flats} of {len(self.flat)} {self._how_flat}" if self.flats else ""

    @property
    def no_test_text(self) -> str:
        """Why nothing was tested, in words."""
        whose = "the shuffled network's map is"
        if len(self.flat) > 1:
            whose = f"{self.flats} of {len(self.flat)} shuffled networks' maps are"
        return f"{whose} {self._how_flat}"

    @property
    def _how_flat(self) -> str:
        values = {value for value in self.flat if value is not None}
        return f"all {number(values.pop())}" if len(values) == 1 else "flat"


@dataclass(frozen=True, eq=False, repr=False)
class Trust:
    """An explanation of a network, beside those of the same network with random weights.

    Attributes
    ----------
    real : Attribution, Excited or Patches
        Of the network itself.
    stages : tuple of TrustStage
        From the last layer alone to all layers.
    """

    real: Any
    stages: tuple[TrustStage, ...]

    @property
    def method(self) -> str:
        """What was tried."""
        return str(self.real.method)

    @property
    def passed(self) -> bool:
        """Whether the explanation changed when all weights did; of flat ones, nobody can say."""
        last = self.stages[-1]
        return not self.is_flat and last.is_test and last.median < CHANGED  # False for NaN

    @property
    def is_flat(self) -> bool:
        """Whether the network's own map has one value everywhere: then there is nothing to see."""
        return flat_value(self.real.map) is not None

    @property
    def verdict(self) -> str:
        """What follows, in words."""
        if self.is_flat:
            return "the map is flat: there is nothing to compare, and nothing to trust"
        if not np.isfinite(self.stages[-1].median):
            return "not every value is finite: there is nothing to compare"
        if not self.stages[-1].is_test:
            return f"no test: {self.stages[-1].no_test_text}"
        if self.passed and self.stages[-1].median_of_sizes >= CHANGED:
            return "its signs were learnt; where it points is the picture's doing"
        if self.passed:
            return "it depends on what was learnt"
        return "it hardly depends on what was learnt: do not trust it here"

    def compares_nothing(self, stage: TrustStage) -> bool:
        """Whether all maps of a stage are flat, and the network's own is not."""
        return stage.flats == len(stage.flat) and not self.is_flat

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "method": self.method,
            "passed": self.passed,
            "verdict": self.verdict,
            "stages": [
                {
                    "layers": list(one.layers),
                    "likeness": [plain(v) for v in one.likeness],
                    "sizes": [plain(v) for v in one.sizes],
                    "flat": [None if v is None else plain(v) for v in one.flat],
                    "middle": one.middle,
                }
                for one in self.stages
            ],
        }

    def __str__(self) -> str:
        """Say it in a few lines of plain ASCII, at most 80 columns wide."""
        return "\n".join(clipped(line) for line in self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        yield f"trust in {self.method}"
        yield f"  {self.verdict}"
        yield (
            f"  likeness of its map where weights are random: 1 is the same, below {CHANGED:g} "
            f"another"
        )
        names = [stage_text(one, self) for one in self.stages]
        width = min(max(map(len, names)), 40)
        yield f"    {' ' * width}  values  sizes"
        for name, one in zip(names, self.stages, strict=True):
            values = f"{one.median:6.2f}  {one.median_of_sizes:5.2f}"
            if self.compares_nothing(one):
                values = f"{'none':>6}  {'none':>5}"
            row = f"    {clipped(name, width).ljust(width)}  {values}  {one.flat_text}"
            yield row.rstrip()
        count = len(self.stages[0].likeness)
        left_out = ", but for flat maps" if any(one.flats for one in self.stages) else ""
        shuffles = f"{count} shuffle{'s'[: count > 1]}{left_out}"
        yield f"    {'the middle one of' if count > 1 else 'by'} {shuffles}"


def flat_value(map_: Array) -> float | None:
    """Return the one value that a map has everywhere; None if it has several.

    Examples
    --------
    >>> flat_value(np.array([[2.0, 2.0]])), flat_value(np.array([[2.0, 3.0]]))
    (2.0, None)
    """
    return float(map_.flat[0]) if bool((map_ == map_.flat[0]).all()) else None


def middle(likeness: Sequence[float], flat: Sequence[float | None]) -> int:
    """Return which likeness is the middle one of those whose maps are not flat.

    Of two in the middle, the greater one, which is harder to pass with. If all are flat, of all;
    where one is NaN, that one.

    Examples
    --------
    >>> middle((0.9, 0.2, 0.5), (None, None, None)), middle((0.0, 0.2, 0.5), (7.0, None, None))
    (2, 2)
    """
    there = [i for i, value in enumerate(flat) if value is None] or list(range(len(flat)))
    lost = [i for i in there if np.isnan(likeness[i])]
    return lost[0] if lost else sorted(there, key=lambda i: likeness[i])[len(there) // 2]


def stage_text(stage: TrustStage, trust: Trust) -> str:
    """Say which layers of a stage are random."""
    count, every = len(stage.layers), len(trust.stages[-1].layers)
    if count == every:
        return "all layers" if count > 1 else f"{stage.layers[0]}, all there is"
    if count == 1:
        return f"the last layer, {stage.layers[0]}"
    return f"the last {count}, from {stage.layers[0]} on"
