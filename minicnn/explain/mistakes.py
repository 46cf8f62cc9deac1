"""The worst mistakes: the examples that a model is most wrong about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.explain.answers import NONE, answers_of
from minicnn.explain.border_truth import percent
from minicnn.explain.ledger_numbers import clipped, number
from minicnn.explain.ledger_terms import plain
from minicnn.layers import Layer
from minicnn.shapes import Array, integer

NOTHING = "no answer (NaN)"


@dataclass(frozen=True, eq=False)
class Mistake:
    """One example that a model is wrong about.

    Attributes
    ----------
    index : int
        Which example.
    picture : array
        What the model saw, (C, H, W) for a picture.
    true, taken_for : str
        The classes' names.
    true_class, taken_for_class : int
        Their numbers; -1 where there is no answer.
    probability : float
        Of the class that it is taken for, as the model sees it.
    true_probability : float
        Of the true class.
    loss : float
    """

    index: int
    picture: Array
    true: str
    taken_for: str
    true_class: int
    taken_for_class: int
    probability: float
    true_probability: float
    loss: float

    def __str__(self) -> str:
        """Say it in a line."""
        sure = f"{percent(self.probability)} sure; {self.true} {percent(self.true_probability)}"
        if self.taken_for_class == NONE:
            return f"example {self.index}: {self.true}, {NOTHING}"
        return f"example {self.index}: {self.true} taken for {self.taken_for}, {sure}"


@dataclass(frozen=True, eq=False, repr=False)
class Mistakes:
    """The worst mistakes of a model; printing it lists them.

    Attributes
    ----------
    worst : tuple of Mistake
        Those of the largest loss, the largest first.
    wrong : int
        How many mistakes there are in all.
    examples : int
        How many examples were looked at.
    """

    worst: tuple[Mistake, ...]
    wrong: int
    examples: int

    def __len__(self) -> int:
        """Return how many mistakes are listed."""
        return len(self.worst)

    def __getitem__(self, position: int) -> Mistake:
        """Return one of them: 0 is the worst."""
        return self.worst[position]

    def __iter__(self) -> Iterator[Mistake]:
        """Go through them, the worst first."""
        return iter(self.worst)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, without the pictures, ready for JSON."""
        return {
            "examples": self.examples,
            "wrong": self.wrong,
            "worst": [
                {
                    "index": one.index,
                    "true": one.true,
                    "taken_for": one.taken_for,
                    "probability": plain(one.probability),
                    "true_probability": plain(one.true_probability),
                    "loss": plain(one.loss),
                }
                for one in self
            ],
        }

    @property
    def text(self) -> str:
        """Say how many there are."""
        noun = f"mistake{'' if self.wrong == 1 else 's'}"
        return f"{self.wrong:,} {noun}" if self.wrong else f"no {noun}"

    def __str__(self) -> str:
        """Tell it in plain ASCII, at most 80 columns wide."""
        head = f"{self.text} in {self.examples:,} examples"
        if self.wrong > len(self):
            head += f"; the worst {len(self)}" if len(self) != 1 else "; the worst one"
        lines = [f"  loss {number(one.loss, 3):>5}  {one}" for one in self]
        return "\n".join(clipped(line) for line in [head, *lines])

    __repr__ = __str__


def worst_mistakes(model: Layer, data: Any, count: int = 12) -> Mistakes:
    """Find the examples that a model is most wrong about: those of the largest loss.

    Parameters
    ----------
    model : Layer
        One that gives a number for each class.
    data : Dataset, or (inputs, targets)
    count : int
        How many are kept, at most.

    Returns
    -------
    Mistakes
        The losses are cross-entropies. Where the model's outputs are NaN there is no answer,
        which is worse than any.

    Raises
    ------
    ConfigError, ShapeError, DTypeError
        If the targets are no classes, or the model does not give a number for each class.

    Examples
    --------
    >>> from minicnn import Flatten
    >>> from minicnn.train import Dataset
    >>> x = np.array([[2.0, 0], [0, 1], [3, 1]])[:, :, None, None]
    >>> print(worst_mistakes(Flatten(), Dataset(x, np.array([0, 1, 0]), ("cat", "dog"))))
    no mistakes in 3 examples
    >>> print(worst_mistakes(Flatten(), Dataset(x, np.array([1, 1, 1]), ("cat", "dog")), count=1))
    2 mistakes in 3 examples; the worst one
      loss  2.13  example 0: dog taken for cat, 88 % sure; dog 12 %
    """
    most = integer("count", count, least=0)
    found = answers_of(model, data, "worst_mistakes")
    wrong = np.flatnonzero(found.wrong)
    losses = np.nan_to_num(found.losses[wrong], nan=np.inf)
    order = wrong[np.argsort(-losses, kind="stable")]
    names, truth = (*found.classes, NOTHING), found.data.targets
    worst = tuple(
        Mistake(
            index=i,
            picture=found.data.x[i],
            true=names[truth[i]],
            taken_for=names[found.predicted[i]],  # the last name for NONE
            true_class=int(truth[i]),
            taken_for_class=int(found.predicted[i]),
            probability=float(found.probabilities[i].max()),
            true_probability=float(found.probabilities[i, truth[i]]),
            loss=float(found.losses[i]),
        )
        for i in order[:most].tolist()
    )
    return Mistakes(worst, len(wrong), len(found.data))
