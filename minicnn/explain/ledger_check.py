"""The proof at a ledger's end: its own result against the network's value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_terms import plain


@dataclass(frozen=True)
class Check:
    """The ledger's own result against the network's value.

    Attributes
    ----------
    ledger, network : float
    bound : float
        How far apart rounding may take them: 0 for what is not rounded; infinity where the
        numbers leave the range of the network's floats.
    dtype : str
        What the network computes in.
    """

    ledger: float
    network: float
    bound: float
    dtype: str

    @property
    def difference(self) -> float:
        """How far they are apart."""
        if self.ledger == self.network or (math.isnan(self.ledger) and math.isnan(self.network)):
            return 0.0
        return abs(self.ledger - self.network)

    @property
    def agrees(self) -> bool:
        """Whether they are the same number, as far as rounding lets them."""
        return self.difference <= self.bound or self.bound == math.inf

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        numbers = {
            name: plain(getattr(self, name))
            for name in ("ledger", "network", "difference", "bound")
        }
        return {**numbers, "agrees": self.agrees, "dtype": self.dtype}

    def __str__(self) -> str:
        """Say it in a line: "ledger 0.4371 = network 0.4371"."""
        ours, theirs = number(self.ledger), number(self.network)
        if not self.agrees:
            ours, theirs = number(self.ledger, 9), number(self.network, 9)
            return f"MISMATCH: ledger {ours}, network {theirs}"
        sign = "=" if ours == theirs else "~"
        return f"ledger {ours} {sign} network {theirs}"
