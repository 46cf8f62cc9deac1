"""The share of a whole: what softmax says of its values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from minicnn.explain.ledger_accounts import Account
from minicnn.explain.ledger_terms import Input, plain


@dataclass(frozen=True, eq=False)
class Share(Account):
    """e to the power of one score, over the sum of all of them.

    Attributes
    ----------
    scores : tuple of Input
        All that share the whole, in order.
    own : int
        The position of the one whose share the value is.
    shares : tuple of float
        Each one's.
    rounding : float
    """

    scores: tuple[Input, ...] = field(repr=False)
    own: int
    shares: tuple[float, ...] = field(repr=False)
    rounding: float

    @property
    def result(self) -> float:
        """The share."""
        return self.shares[self.own]

    @property
    def bound(self) -> float:
        """How far rounding may take the network's value from `result`."""
        return self.rounding

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The score itself, then the others, those with the largest shares first."""
        return tuple(self.scores[position] for position in self.order)

    @property
    def order(self) -> list[int]:
        """The positions in `scores`: its own first, the others by their shares, NaN first."""
        sizes = [-math.inf if math.isnan(share) else -share for share in self.shares]
        others = (i for i in range(len(sizes)) if i != self.own)
        return [self.own, *sorted(others, key=lambda i: sizes[i])]

    def facts(self) -> dict[str, Any]:
        """Return all scores and shares."""
        both = zip(self.scores, self.shares, strict=True)
        return {"scores": [{**one.to_dict(), "share": plain(share)} for one, share in both]}
