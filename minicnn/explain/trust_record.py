"""Whether an explanation looked at the network: the answer, as numbers and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from minicnn.explain.ledger_numbers import clipped
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
    example : Attribution, Excited or Patches
        What the method says of the first of them.
    """

    layers: tuple[str, ...]
    likeness: tuple[float, ...]
    sizes: tuple[float, ...]
    example: Any

    @property
    def median(self) -> float:
        """The middle one of `likeness`."""
        return float(np.median(self.likeness))

    @property
    def median_of_sizes(self) -> float:
        """The middle one of `sizes`."""
        return float(np.median(self.sizes))


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
        """Whether the explanation changed when all weights did; of a flat one, nobody can say."""
        return not self.is_flat and self.stages[-1].median < CHANGED  # False for NaN

    @property
    def is_flat(self) -> bool:
        """Whether the network's own map has one value everywhere: then there is nothing to see."""
        map_ = self.real.map
        return bool((map_ == map_.flat[0]).all())

    @property
    def verdict(self) -> str:
        """What follows, in words."""
        if self.is_flat:
            return "the map is flat: there is nothing to compare, and nothing to trust"
        if not np.isfinite(self.stages[-1].median):
            return "not every value is finite: there is nothing to compare"
        if self.passed and self.stages[-1].median_of_sizes >= CHANGED:
            return "its signs were learnt; where it points is the picture's doing"
        if self.passed:
            return "it depends on what was learnt"
        return "it hardly depends on what was learnt: do not trust it here"

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
        width = min(max(map(len, names)), 44)
        yield f"    {' ' * width}  values  sizes"
        for name, one in zip(names, self.stages, strict=True):
            values = f"{one.median:6.2f}  {one.median_of_sizes:5.2f}"
            yield f"    {clipped(name, width).ljust(width)}  {values}"
        count = len(self.stages[0].likeness)
        yield f"    {'the middle one of' if count > 1 else 'by'} {count} shuffle{'s'[: count > 1]}"


def stage_text(stage: TrustStage, trust: Trust) -> str:
    """Say which layers of a stage are random."""
    count, every = len(stage.layers), len(trust.stages[-1].layers)
    if count == every:
        return "all layers" if count > 1 else f"{stage.layers[0]}, all there is"
    if count == 1:
        return f"the last layer, {stage.layers[0]}"
    return f"the last {count}, from {stage.layers[0]} on"
