"""What a run of learning did, as records that print themselves."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from minicnn.layers import Layer
from minicnn.train.optimizer import Memory

SHOWN = 20
"""How many epochs the table of a run shows; of more, the first and the last."""

STOPPED = ("finished", "no better", "callback", "interrupted", "diverged", "checkpoint")
"""Why a run can have stopped; see `Training.why`."""


@dataclass(frozen=True)
class Epoch:
    """What happened while all examples were seen once.

    Attributes
    ----------
    number : int
        The first is 1.
    loss : float
        The mean over the examples, each measured when its batch had its turn.
    accuracy : float or None
        Likewise; None where the targets are no classes.
    validation_loss, validation_accuracy : float or None
        Of the model after the epoch, on the examples that it does not learn from.
    learning_rate : float
        At the epoch's last step.
    seconds : float
        How long it took: the one number that is not the same every time.
    """

    number: int
    loss: float
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    seconds: float

    def __str__(self) -> str:
        """Say it in a line."""
        parts = [f"epoch {self.number}: loss {self.loss:.4f}"]
        if self.accuracy is not None:
            parts.append(f"accuracy {self.accuracy:.3f}")
        if self.validation_loss is not None:
            parts.append(f"validation {self.validation_loss:.4f}")
        if self.validation_accuracy is not None:
            parts[-1] += f" / {self.validation_accuracy:.3f}"
        return f"{', '.join(parts)} ({duration(self.seconds)})"


@dataclass(frozen=True, eq=False, repr=False)
class Training:
    """What `fit` returns; printing it tells how the run went.

    Attributes
    ----------
    model : Layer
        As it was learnt last.
    best : Layer
        As it was after the epoch of the smallest validation loss; without a validation set, the
        same as `model`.
    best_epoch : int
        That epoch's number; 0 is before the first one.
    history : tuple of Epoch
        One for every whole epoch.
    stopped : {'finished', 'no better', 'callback', 'interrupted', 'diverged', 'checkpoint'}
    why : str
        That, in a sentence.
    seed : int
        What all random choices came from: ``fit(..., rng=seed)`` gives the same bits.
    memory : Memory
        What the optimizer remembers.
    """

    model: Layer
    best: Layer
    best_epoch: int
    history: tuple[Epoch, ...]
    stopped: str
    why: str
    seed: int
    memory: Memory

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, ready for JSON."""
        return {
            "stopped": self.stopped,
            "why": self.why,
            "seed": self.seed,
            "best_epoch": self.best_epoch,
            "history": [asdict(epoch) for epoch in self.history],
        }

    def __str__(self) -> str:
        """Return a table of the epochs, and why there are no more; ASCII, at most 80 columns."""
        lines = [*_table(self.history), self.why]
        seconds = sum(epoch.seconds for epoch in self.history)
        if self.history:
            count = f"{len(self.history)} epoch{'s' * (len(self.history) > 1)}"
            lines.append(f"{count} in {duration(seconds)}, seed {self.seed}.")
        best = next((e for e in self.history if e.number == self.best_epoch), None)
        if best is not None and best.validation_loss is not None:
            right = best.validation_accuracy
            accuracy = "" if right is None else f", accuracy {right:.4f}"
            lines.append(
                f"Best validation loss {best.validation_loss:.4f}{accuracy}, "
                f"in epoch {best.number}."
            )
        return "\n".join(lines)

    __repr__ = __str__


def duration(seconds: float) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> duration(0.42), duration(7.4), duration(75), duration(3700)
    ('0.4 s', '7 s', '1 min 15 s', '1 h 1 min')
    """
    if seconds < 5:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _table(history: tuple[Epoch, ...]) -> list[str]:
    """Return the epochs as lines, without the columns that nothing stands in."""
    columns = {
        "epoch": [f"{e.number}" for e in history],
        "loss": [_number(e.loss) for e in history],
        "accuracy": [_number(e.accuracy) for e in history],
        "val. loss": [_number(e.validation_loss) for e in history],
        "val. accuracy": [_number(e.validation_accuracy) for e in history],
        "learning rate": [f"{e.learning_rate:.3g}" for e in history],
        "time": [duration(e.seconds) for e in history],
    }
    columns = {name: cells for name, cells in columns.items() if any(cells)}
    widths = [max(len(name), *map(len, cells)) for name, cells in columns.items()]
    rows = [tuple(columns), *zip(*columns.values(), strict=True)] if history else []
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    if len(history) > SHOWN:
        left_out = f"... {len(history) - SHOWN} more ..."
        lines = [*lines[: SHOWN // 2 + 1], left_out, *lines[-(SHOWN // 2) :]]
    return lines


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
