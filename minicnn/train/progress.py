"""The line that says how learning goes: loss, accuracy, time left."""

from __future__ import annotations

import sys
import time

from minicnn.terminal import Line, is_terminal
from minicnn.train.history import Epoch, duration
from minicnn.train.step import Tally

EVERY = 0.1
"""Seconds between two looks of the line; quicker, nobody reads it."""


class Progress:
    """A line on standard error, renewed while an epoch runs and kept when it is over.

    Parameters
    ----------
    epochs, batches : int
        How many epochs there are to be, and how many batches in each.
    visible : bool or None
        None: on a terminal only.
    """

    def __init__(self, epochs: int, batches: int, visible: bool | None = None) -> None:
        """Start the clock."""
        self._line = Line(is_terminal(sys.stderr) if visible is None else visible)
        self._epochs, self._batches = epochs, batches
        self._start = self._last = time.monotonic()
        self._steps = 0

    def step(self, epoch: int, batch: int, tally: Tally) -> None:
        """Say how far the run is, after a step."""
        self._steps += 1
        now = time.monotonic()
        if not self._line.visible or now - self._last < EVERY:
            return
        self._last = now
        left = (self._epochs - epoch) * self._batches + self._batches - batch
        seconds = (now - self._start) / self._steps * left
        score = tally.score
        right = "" if score.accuracy is None else f", accuracy {score.accuracy:.3f}"
        self._line.show(
            f"epoch {epoch}/{self._epochs}, batch {batch}/{self._batches}: "
            f"loss {score.loss:.4f}{right}, {duration(seconds)} left"
        )

    def epoch(self, record: Epoch) -> None:
        """Say how an epoch went, and leave it standing."""
        self._line.keep(str(record))

    def end(self) -> None:
        """Take away what is not yet whole."""
        self._line.clear()
