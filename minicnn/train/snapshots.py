"""What a model was like after every epoch: a callback that keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minicnn.errors import ConfigError, short
from minicnn.layers import Layer
from minicnn.shapes import integer
from minicnn.train.history import Epoch


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A model at one moment of its learning.

    Attributes
    ----------
    epoch : int
        After which epoch; 0 is before the first one.
    model : Layer
        A copy: nothing that happens later changes it.
    record : Epoch or None
        How the epoch went; None before the first one.
    """

    epoch: int
    model: Layer
    record: Epoch | None = None

    @property
    def text(self) -> str:
        """Say when it was, and how good the model was: on other examples, if it was tried."""
        if self.record is None:
            return f"epoch {self.epoch}: before it learnt"
        told = self.record
        is_tried = told.validation_loss is not None
        loss = told.validation_loss if is_tried else told.loss
        right = told.validation_accuracy if is_tried else told.accuracy
        accuracy = "" if right is None else f", accuracy {right:.3f}"
        return f"epoch {self.epoch}: {'validation ' * is_tried}loss {loss:.4f}{accuracy}"


class Snapshots:
    """A callback of `fit` that keeps the model as it was before the first epoch and after each.

    Parameters
    ----------
    model : Layer
        The one that `fit` is given: what it is before it learns.
    every : int
        Keep it after every so many epochs, to save memory: each copy is as large as the model.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Conv2D
    >>> from minicnn.train import SGD, fit, mean_squared_error
    >>> x = np.random.default_rng(0).random((64, 1, 6, 6))
    >>> edges, first = Conv2D.from_kernels("sobel_x"), Conv2D(1, 1, 3, rng=0)
    >>> film = Snapshots(first)
    >>> run = fit(first, (x, edges(x)), loss=mean_squared_error, epochs=3, rng=0,
    ...           optimizer=SGD(0.05, momentum=0.9), callbacks=[film])
    >>> film
    <Snapshots of 4 moments: epochs 0 to 3>
    >>> [round(moment.model.weight[0, 0, 1, 2].item(), 2) for moment in film]
    [0.28, 0.27, 0.32, 0.44]
    """

    def __init__(self, model: Layer, *, every: int = 1) -> None:
        """Keep the model as it is now."""
        if not isinstance(model, Layer):
            raise ConfigError(f"Snapshots takes the model that fit is given, got {short(model)}")
        self.every = integer("every", every, least=1)
        self._kept = [Snapshot(0, _copied(model))]

    def __call__(self, record: Epoch, model: Layer) -> None:
        """Keep the model as it is after an epoch: `fit` calls this."""
        if record.number % self.every == 0:
            self._kept.append(Snapshot(record.number, _copied(model), record))

    @property
    def epochs(self) -> tuple[int, ...]:
        """After which epochs; the first is 0."""
        return tuple(moment.epoch for moment in self._kept)

    def __len__(self) -> int:
        """Return how many moments there are."""
        return len(self._kept)

    def __getitem__(self, position: int) -> Snapshot:
        """Return one moment, counted from 0; from the end if negative."""
        return self._kept[position]

    def __iter__(self) -> Iterator[Snapshot]:
        """Go through the moments, the first one first."""
        return iter(tuple(self._kept))

    def __repr__(self) -> str:
        """Say how many moments there are."""
        first, last = self._kept[0].epoch, self._kept[-1].epoch
        when = f"epochs {first} to {last}" if last else "before it learnt"
        moments = f"{len(self)} moment{'' if len(self) == 1 else 's'}"
        return f"<Snapshots of {moments}: {when}>"


def _copied(model: Layer) -> Layer:
    return model.with_params({})  # which copies all that it is not given
