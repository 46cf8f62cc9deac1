"""A value followed back to the picture, as a tree that prints well."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from minicnn.errors import ConfigError
from minicnn.explain.ledger_accounts import Added, Constant, Pixel, Unopened
from minicnn.explain.ledger_numbers import WIDTH, clipped, number
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import Input, plain, total
from minicnn.shapes import integer

if TYPE_CHECKING:
    from minicnn.explain.ledger import Ledger

READABLE, MOST_LEAVES = 120, 3000
"""About so many lines a tree has if it is not told how deep to go; so many ends at most."""


@dataclass(frozen=True, eq=False)
class Branch:
    """A value on the way back to the picture.

    Attributes
    ----------
    ledger : Ledger
        The value's own.
    term : Input or None
        What it was in the sum that it is followed back from; None for the first.
    branches : tuple of Branch
        The values that it is made from: those that bring most.
    left_out : int
        How many more there are.
    left_out_sum : float
        What those bring together.
    cut : bool
        Whether it was not followed further because of the depth.
    """

    ledger: Ledger
    term: Input | None
    branches: tuple[Branch, ...]
    left_out: int = 0
    left_out_sum: float = 0.0
    cut: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as plain data."""
        ledger = self.ledger
        return {
            "step": ledger.step,
            "map": ledger.map_name,
            **ledger.place._asdict(),
            "value": plain(ledger.value),
            "weight": None
            if self.term is None or self.term.weight is None
            else plain(self.term.weight),
            "kind": type(ledger.account).__name__,
            "what": ledger.account.what,
            "made_from": [branch.to_dict() for branch in self.branches],
            "left_out": self.left_out,
            "left_out_sum": plain(self.left_out_sum),
            "cut": self.cut,
        }

    def __str__(self) -> str:
        """Return the tree as text, a value a line: plain ASCII, at most 80 columns.

        What is too long for a line goes on below, further in than the values that follow.
        """
        return "\n".join(clipped(line) for line in self._lines(0))

    def _lines(self, level: int) -> list[str]:
        indent = "  " * min(level, 16)
        lines = textwrap.wrap(
            self._own_line(), WIDTH, initial_indent=indent, subsequent_indent=indent + "        ",
            break_on_hyphens=False,
        )  # fmt: skip
        for branch in self.branches:
            lines += branch._lines(level + 1)
        bias = self.ledger.account.bias if isinstance(self.ledger.account, WeightedSum) else None
        if self.cut:
            lines.append(f"{indent}  ... and so on")
            return lines
        if self.left_out:
            more = f"{self.left_out} {'more' if self.branches else 'terms'}"
            together = f", together {number(self.left_out_sum)}" if _is_sum(self.ledger) else ""
            lines.append(f"{indent}  + {more}{together}")
        if bias is not None:
            lines.append(f"{indent}  + bias {number(bias)}")
        return lines

    def _own_line(self) -> str:
        ledger = self.ledger
        where = f"{ledger.step} {ledger.map_name}"
        if ledger.recording.array(ledger.position).ndim != 2:
            where += f" ({ledger.place.row}, {ledger.place.column})"
        said = f"{where} = {number(ledger.value)}"
        if self.term is not None and self.term.weight is not None:
            said = (
                f"{number(self.term.product)} = {number(self.term.weight)} x "
                f"{number(self.term.value)}: {where}"
            )
        account = ledger.account
        if isinstance(account, WeightedSum):
            return f"{said}, sum of {account.products.size} products"
        if isinstance(account, Pixel):
            return said
        return f"{said}, {account.what}"


def grow(ledger: Ledger, depth: Any, breadth: Any) -> Branch:
    """Return the tree of a value; see `Ledger.trace_back`."""
    integer("breadth", breadth, least=1)
    forks = _forks(ledger, breadth)
    if depth is None:
        sizes = (math.prod(forks[:steps]) for steps in range(1, len(forks) + 1))
        wide = sum(size * len(forks) <= READABLE for size in sizes)
        return _grow(ledger, None, len(ledger.recording.trace) + 1, breadth, wide)
    if math.prod(forks[: integer("depth", depth, least=0)]) > MOST_LEAVES:
        raise ConfigError(
            f"a tree of depth {depth} and breadth {breadth} would have more than {MOST_LEAVES} "
            f"ends.\n  Make one of them smaller."
        )
    return _grow(ledger, None, depth, breadth, depth)


def _forks(ledger: Ledger, breadth: int) -> list[int]:
    """Return into how many each step forks, seen on the way along the largest terms."""
    forks: list[int] = []
    while not isinstance(ledger.account, Constant) and ledger.origin is not None:
        kept, _ = _kept(ledger, breadth)
        forks.append(max(1, len(kept)))
        if not kept:
            break
        ledger = _below(ledger, kept[0])
    return forks


def _grow(ledger: Ledger, term: Input | None, depth: int, breadth: int, wide: int) -> Branch:
    """Return the tree of a value, `depth` steps deep, of which `wide` steps fork."""
    if isinstance(ledger.account, Constant):
        return Branch(ledger, term, ())
    if depth == 0 or ledger.origin is None:
        return Branch(ledger, term, (), cut=True)
    kept, rest = _kept(ledger, breadth if wide > 0 else 1)
    branches = tuple(_grow(_below(ledger, one), one, depth - 1, breadth, wide - 1) for one in kept)
    left_out_sum = total(one.product for one in rest) if _is_sum(ledger) else 0.0
    return Branch(ledger, term, branches, len(rest), left_out_sum)


def _kept(ledger: Ledger, breadth: int) -> tuple[list[Input], list[Input]]:
    """Return the inputs that are followed, those that bring most, and the others."""
    if _is_sum(ledger):
        inputs = sorted(ledger.inputs, key=lambda one: -abs(one.product))
        count = sum(one.product != 0 for one in inputs[:breadth])
        return inputs[:count], inputs[count:]
    if isinstance(ledger.account, Unopened):  # slopes are no weights
        inputs = [Input(one.place, one.value, None, one.branch) for one in ledger.inputs]
        return inputs[:breadth], inputs[breadth:]
    return list(ledger.inputs[:1]), []


def _below(ledger: Ledger, one: Input) -> Ledger:
    return ledger.explain(*one.place, branch=one.branch)


def _is_sum(ledger: Ledger) -> bool:
    return isinstance(ledger.account, WeightedSum | Added)
