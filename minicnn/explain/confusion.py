"""The confusion matrix: what each class is taken for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.explain.answers import answers_of
from minicnn.explain.ledger_numbers import WIDTH, clipped
from minicnn.explain.ledger_terms import plain
from minicnn.layers import Layer
from minicnn.shapes import Array

TOLD = 8
"""So many mix-ups are told, the commonest."""

_CLASSES, _NAME, _LONGER = 12, 16, 48


@dataclass(frozen=True)
class MixUp:
    """One class taken for another.

    Attributes
    ----------
    true, taken_for : str
    count : int
    share : float
        Of all examples of the true class.
    """

    true: str
    taken_for: str
    count: int
    share: float


@dataclass(frozen=True, eq=False, repr=False)
class Confusion:
    """How often each class is taken for each; printing it shows the table.

    Attributes
    ----------
    counts : array (K, K) of integers
        ``counts[true, predicted]``.
    unanswered : array (K,) of integers
        How often the outputs were NaN, which is no answer, for each true class.
    classes : tuple of str
    """

    counts: Array
    unanswered: Array
    classes: tuple[str, ...]

    def __len__(self) -> int:
        """Return how many examples there are."""
        return int(self.counts.sum() + self.unanswered.sum())

    @property
    def totals(self) -> Array:
        """How many examples of each class there are, (K,)."""
        found: Array = self.counts.sum(axis=1) + self.unanswered
        return found

    @property
    def right(self) -> int:
        """How many answers are right."""
        return int(np.trace(self.counts))

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.right / len(self)

    @property
    def shares(self) -> Array:
        """The counts as shares of each true class, (K, K); NaN for a class without examples."""
        return self._of(self.totals[:, None])

    @property
    def recall(self) -> Array:
        """Of each class's examples, the share that is recognised, (K,); NaN if there is none."""
        return np.diag(self.shares)

    @property
    def precision(self) -> Array:
        """Of what is taken for each class, the share that is one, (K,); NaN if nothing is."""
        return np.diag(self._of(self.counts.sum(axis=0)))

    @property
    def mixed(self) -> int:
        """How many pairs of classes there are of which one was taken for the other."""
        return int((self._wrong > 0).sum())

    def mix_ups(self, count: int | None = None) -> list[MixUp]:
        """Return which classes are taken for which, the commonest first; at most `count`."""
        wrong, shares = self._wrong, self.shares
        order = np.argsort(-wrong, axis=None, kind="stable")[: self.mixed]
        pairs = [divmod(int(at), len(self.classes)) for at in order[:count]]
        return [
            MixUp(self.classes[i], self.classes[j], int(wrong[i, j]), float(shares[i, j]))
            for i, j in pairs
        ]

    @property
    def _wrong(self) -> Array:
        return np.where(np.eye(len(self.classes), dtype=bool), 0, self.counts)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, ready for JSON."""
        return {
            "classes": list(self.classes),
            "counts": self.counts.tolist(),
            "unanswered": self.unanswered.tolist(),
            "accuracy": plain(self.accuracy),
            "recall": [plain(v) for v in self.recall],
            "precision": [plain(v) for v in self.precision],
        }

    def __str__(self) -> str:
        """Tell it in plain ASCII, at most 80 columns wide."""
        return "\n".join(clipped(line) for line in self._lines())

    __repr__ = __str__

    def _of(self, totals: Array) -> Array:
        with np.errstate(all="ignore"):
            found: Array = self.counts / totals
        return found

    def _lines(self) -> Iterator[str]:
        share = share_text(self.accuracy)
        yield f"{self.right:,} of {len(self):,} right ({share}), {len(self.classes)} classes"
        if lost := int(self.unanswered.sum()):
            yield f"no answer (NaN) for {lost:,}"
        yield ""
        table = self._table() if len(self.classes) <= _CLASSES else []
        yield from table if table and max(map(len, table)) <= WIDTH else self._list()
        yield ""
        told = self.mix_ups(TOLD)
        if not told:
            yield "  no class is taken for another"
            return
        yield "  most often"
        for one in told:
            times = f"{one.count} time{'s' * (one.count > 1)}"
            yield f"    {one.true} taken for {one.taken_for}: {times}, {share_text(one.share)}"
        more = self.mixed - len(told)
        if more:
            yield f"    and {more} more"

    def _table(self) -> list[str]:
        """Return the whole table: a row for each true class, and how many of it are right."""
        names = [_short(name) for name in self.classes]
        wide = max(map(len, [*names, "true"]))
        cell = max(3, len(str(self.counts.max())), *(len(name[:6]) for name in names))
        heads = " ".join(name[:cell].rjust(cell) for name in names)
        lines = [
            f"  {'':<{wide}}  taken for",
            f"  {'true':<{wide}}  {heads}     of   right",
        ]
        for i, name in enumerate(names):
            row = " ".join((str(n) if n else ".").rjust(cell) for n in self.counts[i])
            lines.append(f"  {name:<{wide}}  {row}  {self.totals[i]:>5}  {self._right(i)}")
        return lines

    def _list(self) -> list[str]:
        """Return a line for each of the classes that are recognised worst."""
        order = self.worst()[:TOLD]
        wide = max(len(_short(self.classes[i], _LONGER)) for i in order)
        lines = [f"  the {len(order)} that are recognised worst"]
        for i in order:
            name = _short(self.classes[i], _LONGER)
            lines.append(f"    {name:<{wide}}  {self._right(i)} of {self.totals[i]:,}")
        return lines

    def worst(self) -> list[int]:
        """Return the classes' numbers, those first that are recognised worst."""
        order = np.argsort(np.nan_to_num(self.recall, nan=2.0), kind="stable")
        return [int(i) for i in order]

    def _right(self, i: int) -> str:
        return f"{share_text(self.recall[i]):>7}" if self.totals[i] else "      -"


def confusion(model: Layer, data: Any) -> Confusion:
    """Count what each class is taken for.

    Parameters
    ----------
    model : Layer
        One that gives a number for each class.
    data : Dataset, or (inputs, targets)
        Examples that it did not learn from, best.

    Returns
    -------
    Confusion

    Raises
    ------
    ConfigError, ShapeError, DTypeError
        If the targets are no classes, or the model does not give a number for each class.

    Examples
    --------
    >>> from minicnn import Flatten
    >>> from minicnn.train import Dataset
    >>> x = np.array([[2.0, 0], [0, 1], [3, 1]])[:, :, None, None]
    >>> found = confusion(Flatten(), Dataset(x, np.array([0, 1, 1]), ("cat", "dog")))
    >>> found.counts.tolist(), found.recall.tolist()
    ([[1, 0], [1, 1]], [1.0, 0.5])
    """
    found = answers_of(model, data, "confusion")
    count, truth = len(found.classes), found.data.targets
    answered = found.predicted >= 0
    pairs = truth[answered] * count + found.predicted[answered]
    return Confusion(
        counts=np.bincount(pairs, minlength=count * count).reshape(count, count),
        unanswered=np.bincount(truth[~answered], minlength=count),
        classes=found.classes,
    )


def _short(name: str, most: int = _NAME) -> str:
    plain_name = name.encode("ascii", "backslashreplace").decode("ascii")
    return plain_name if len(plain_name) <= most else f"{plain_name[: most - 2]}.."


def share_text(share: float) -> str:
    """Return a share of examples in per cent, as the text and the figure have it.

    Examples
    --------
    >>> share_text(0.952)
    '95.2 %'
    """
    return f"{100 * share:.1f} %"
