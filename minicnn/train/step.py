"""One step of learning, and one look at how good a model is: pure functions both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError
from minicnn.layers import Layer
from minicnn.layers.base import Gradients, params_only
from minicnn.shapes import Array
from minicnn.train.data import Dataset, as_dataset
from minicnn.train.losses import Loss, check_labels, cross_entropy, hits, loss_of
from minicnn.train.optimizer import Memory, Optimizer

LOOK_AT_ONCE = 256
"""How many examples `evaluate` and `predict` give a model at a time."""


@dataclass(frozen=True)
class Score:
    """How good a model is on some examples.

    Attributes
    ----------
    loss : float
        The mean over the examples.
    accuracy : float or None
        The share that is right; None where the targets are no classes.
    examples : int
    """

    loss: float
    accuracy: float | None
    examples: int

    def __str__(self) -> str:
        """Say it in a line."""
        right = "" if self.accuracy is None else f", accuracy {self.accuracy:.4f}"
        return f"loss {self.loss:.4f}{right} on {self.examples:,} examples"


@dataclass(frozen=True, eq=False)
class Tally:
    """Losses and hits added up, batch by batch."""

    loss: float = 0.0
    right: int | None = 0
    examples: int = 0

    def add(self, value: float, outputs: Array, targets: Array) -> Tally:
        """Return the tally with one more batch."""
        right = self.right
        if right is not None:
            is_class = targets.ndim == 1 and targets.dtype.kind in "iu" and outputs.ndim == 2
            right = right + int(hits(outputs, targets).sum()) if is_class else None
        n = len(targets)
        return Tally(self.loss + value * n, right, self.examples + n)

    @property
    def score(self) -> Score:
        """The means."""
        right = None if self.right is None else self.right / self.examples
        return Score(self.loss / self.examples, right, self.examples)


def gradients(
    model: Layer, x: Array, targets: Array, *, loss: Loss = cross_entropy, rng: Any = None
) -> tuple[float, Array, Gradients]:
    """Return the loss of a batch, the model's outputs, and the gradient of every parameter.

    The model is taken as it stands in learning (``model.for_training(rng)``).

    Parameters
    ----------
    model : Layer
    x, targets : arrays (N, ...)
    loss : function
        ``loss(outputs, targets) -> (value, gradient)``.
    rng : None, int or numpy.random.Generator
        For layers that make random choices, such as dropout.

    Returns
    -------
    value : float
    outputs : array
    gradients : dict of arrays
        By the names of ``model.params``.
    """
    outputs, backward = model.for_training(rng).vjp(x)
    value, dy = loss_of(loss, outputs, targets)
    return value, outputs, params_only(backward, dy)


def apply(
    model: Layer,
    gradients: Gradients,
    optimizer: Optimizer,
    memory: Memory | None = None,
    *,
    factor: float = 1.0,
) -> tuple[Layer, Memory]:
    """Return the model after one step of an optimizer, and what that remembers.

    The model's statistics (batch norm's means) are no business of an optimizer: what stands for
    them in `gradients` is the step itself.

    Parameters
    ----------
    model : Layer
    gradients : dict of arrays
        See `gradients`.
    optimizer, memory, factor
        See `Optimizer.update`.
    """
    params, statistics = model.params, frozenset(model.statistics)
    learnt = {name: array for name, array in params.items() if name not in statistics}
    slopes = {name: array for name, array in gradients.items() if name not in statistics}
    new, memory = optimizer.update(learnt, slopes, memory, factor=factor)
    for name in statistics:
        new[name] = params[name] - gradients[name].astype(params[name].dtype)
    return model.with_params(new), memory


def evaluate(model: Layer, data: Any, *, loss: Loss = cross_entropy) -> Score:
    """Return how good a model is on examples that it does not learn from.

    Parameters
    ----------
    model : Layer
    data : Dataset, or (inputs, targets)
    loss : function

    Returns
    -------
    Score
    """
    examples = as_dataset(data)
    tally = Tally()
    for start in range(0, len(examples), LOOK_AT_ONCE):
        some = examples.take(slice(start, start + LOOK_AT_ONCE))
        outputs = model(some.x)
        value, _ = loss_of(loss, outputs, some.targets)
        tally = tally.add(value, outputs, some.targets)
    return tally.score


def predict(model: Layer, x: Array) -> Array:
    """Return the model's outputs for many inputs, a few hundred at a time to save memory.

    Parameters
    ----------
    model : Layer
    x : array (N, ...)

    Returns
    -------
    array (N, ...)
    """
    if not isinstance(x, np.ndarray) or not x.ndim:
        return model(x)  # which says what is wrong
    starts = range(0, max(1, len(x)), LOOK_AT_ONCE)
    return np.concatenate([model(x[start : start + LOOK_AT_ONCE]) for start in starts])


def check_fit(model: Layer, data: Dataset, loss: Loss, name: str = "data") -> None:
    """Look before a long run whether the model's outputs and the targets go together.

    Raises
    ------
    ShapeError, ConfigError, DTypeError
        What the model or the loss would say in the midst of the run.
    """
    _check_finite("inputs", data.x, name)
    _check_finite("targets", data.targets, name)
    shape = model.output_shape((1, *data.x.shape[1:]))
    if loss is cross_entropy:
        if len(shape) != 2:
            raise ShapeError(
                f"the model gives {('N', *shape[1:])}, and cross_entropy takes (N, classes).\n"
                f"  End the model with Flatten() and Linear(..., classes)."
            )
        check_labels(data.targets, shape[1], name)


def _check_finite(what: str, array: Array, name: str) -> None:
    """Raise if an example holds NaN or infinity, which would be all that is learnt from it."""
    if array.dtype.kind != "f" or not array.size:
        return
    with np.errstate(all="ignore"):
        if np.isfinite((array.min(), array.max())).all():
            return
    first = next(n for n, one in enumerate(array) if not np.isfinite(one).all())
    raise ConfigError(
        f"{name}: the {what} hold NaN or infinite numbers, first in example {first}.\n"
        f"  Nothing can be learnt from them: mend or leave out such examples."
    )
