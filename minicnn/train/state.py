"""Where a run of learning stands, and what it was asked to do: two frozen records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from minicnn.layers import Layer
from minicnn.shapes import real
from minicnn.train.data import Dataset
from minicnn.train.history import Epoch
from minicnn.train.losses import Loss
from minicnn.train.optimizer import Memory, Optimizer
from minicnn.train.schedules import LARGEST, Schedule
from minicnn.train.step import Tally

Callback: TypeAlias = Callable[[Epoch, Layer], Any]


@dataclass(frozen=True, eq=False)
class State:
    """Where a run stands; a new one after every step.

    Attributes
    ----------
    model : Layer
    memory : Memory
        The optimizer's.
    history : tuple of Epoch
        The whole epochs that are over.
    best : Layer
    best_epoch : int
    batch : int
        How many batches of the epoch that is under way are over.
    tally : Tally
        Their losses.
    """

    model: Layer
    memory: Memory
    history: tuple[Epoch, ...]
    best: Layer
    best_epoch: int
    batch: int = 0
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run was asked to do."""

    data: Dataset
    validation: Dataset | None
    epochs: int
    batch_size: int
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    patience: int | None
    seed: int

    @property
    def batches(self) -> int:
        """How many there are in an epoch."""
        return -(-len(self.data) // self.batch_size)

    def factor(self, epoch: float) -> float:
        """Return what the learning rate is multiplied by; a schedule of one's own is checked."""
        found = self.schedule(epoch, self.epochs)
        return real("what schedule(epoch, epochs) returns", found, least=0, most=LARGEST)

    def fingerprint(self, model: Layer) -> dict[str, str]:
        """Return what must be the same for a run to go on as if it had never stopped."""
        return {
            "model": repr(model),
            "examples": digest(self.data),
            "validation": "none" if self.validation is None else digest(self.validation),
            "batch_size": str(self.batch_size),
            "loss": _name(self.loss),
            "optimizer": _name(self.optimizer),
            "schedule": _name(self.schedule),
            "seed": str(self.seed),
        }


def digest(data: Dataset) -> str:
    """Return a few letters that stand for all numbers of a data set.

    Examples
    --------
    >>> digest(Dataset(np.zeros((2, 1, 3, 3)), np.array([0, 1])))
    '2 x 1x3x3, 1951c666'
    """
    total = hashlib.sha256()
    for array in (data.x, data.targets):
        total.update(f"{array.dtype.str} {array.shape}".encode())
        total.update(np.ascontiguousarray(array).data)
    sizes = "x".join(map(str, data.x.shape[1:]))
    return f"{len(data)} x {sizes}, {total.hexdigest()[:8]}"


def _name(thing: Any) -> str:
    """Return a function's name, which is the same in every process, or how a record prints."""
    return getattr(thing, "__qualname__", None) or repr(thing)
