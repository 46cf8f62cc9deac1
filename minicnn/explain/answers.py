"""What a model answers to many examples: its classes, how sure it is, and how wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError
from minicnn.layers import Layer
from minicnn.ops import softmax
from minicnn.shapes import Array
from minicnn.train.data import Dataset, as_dataset
from minicnn.train.losses import check_labels
from minicnn.train.step import predict

NONE = -1
"""In the place of a class, where the outputs hold NaN: there is no answer."""


@dataclass(frozen=True, eq=False)
class Answers:
    """A model's answers, side by side with the truth.

    Attributes
    ----------
    data : Dataset
        N examples.
    classes : tuple of str
        The K classes' names.
    predicted : array (N,) of integers
        The class of the largest output; `NONE` where an output is NaN.
    probabilities : array (N, K)
        The softmax of the outputs, in float64.
    losses : array (N,)
        The cross-entropy of each example: minus the logarithm of the true class's probability.
    """

    data: Dataset
    classes: tuple[str, ...]
    predicted: Array
    probabilities: Array
    losses: Array

    @property
    def wrong(self) -> Array:
        """Whether each answer is wrong, (N,); none at all is wrong, too."""
        found: Array = self.predicted != self.data.targets
        return found


def answers_of(model: Layer, data: Any, who: str) -> Answers:
    """Return what a model answers to every example.

    Raises
    ------
    ConfigError, ShapeError, DTypeError
        If the targets are no classes, or the model does not give a number for each class.
    """
    if not isinstance(model, Layer):
        raise ConfigError(f"{who} takes a model and examples, got {type(model).__name__}")
    examples = as_dataset(data)
    with np.errstate(all="ignore"):  # a run may have ended in NaN: it is counted
        outputs = predict(model, examples.x)
        if outputs.ndim != 2:
            raise ShapeError(
                f"{who}: the model gives {('N', *outputs.shape[1:])}, not a number a class.\n"
                f"  End it with Flatten() and Linear(..., classes)."
            )
        count = outputs.shape[1]
        labels = check_labels(examples.targets, count, who)
        scores = outputs.astype(np.float64)
        shares = softmax(scores)
        beyond = scores - scores.max(axis=1, keepdims=True)
        losses = np.log(np.exp(beyond).sum(axis=1)) - beyond[np.arange(len(labels)), labels]
    predicted = np.where(np.isnan(scores).any(axis=1), NONE, scores.argmax(axis=1))
    names = examples.classes + tuple(map(str, range(len(examples.classes), count)))
    return Answers(examples, names, predicted, shares, losses)
