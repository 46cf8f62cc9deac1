"""The record of a convolution that learnt, and how it tells what became of its kernels."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, MiniCNNError
from minicnn.explain.ledger_numbers import WIDTH, clipped, number
from minicnn.explain.ledger_terms import plain
from minicnn.explain.xray import Xray, xray
from minicnn.layers import Layer
from minicnn.shapes import Array, integer
from minicnn.train.snapshots import Snapshot

TOLD = 4
"""Of so many kernels, those that moved most, the x-ray is told."""

_LISTED = 16


@dataclass(frozen=True, eq=False)
class Change:
    """What became of one kernel.

    Attributes
    ----------
    channel : int
        Which map it makes.
    name : str
    input_channel : int
        Which of its channels the x-ray looks at: the one that is strongest in the end, or amiss.
    before, after : Xray or None
        What it was and what it is; None if it holds numbers that no x-ray can be made of.
    """

    channel: int
    name: str
    input_channel: int
    before: Xray | None
    after: Xray | None

    @property
    def words(self) -> tuple[str, str]:
        """What the x-ray says, before and after."""
        return _what(self.before), _what(self.after)


@dataclass(frozen=True, eq=False, repr=False)
class TimeLapse:
    """A convolution's kernels and one picture's maps, before the first epoch and after each.

    Attributes
    ----------
    step : str
        Whose maps they are.
    convolution : str
        The step whose kernels made them: the same, or one before it.
    moments : tuple of Snapshot
        E of them: after which epoch, the model, and the epoch's record.
    names : tuple of str
        Of the O maps.
    picture : array (C, H, W)
    kernels : array (E, O, C // groups, KH, KW)
    maps : array (E, O, H', W')
    layer : Layer
        The step's, as it was first.
    """

    step: str
    convolution: str
    moments: tuple[Snapshot, ...]
    names: tuple[str, ...]
    picture: Array
    kernels: Array
    maps: Array
    layer: Layer

    def __len__(self) -> int:
        """Return how many moments there are."""
        return len(self.moments)

    @property
    def epochs(self) -> tuple[int, ...]:
        """After which epochs; 0 is before the first."""
        return tuple(moment.epoch for moment in self.moments)

    @property
    def best(self) -> int | None:
        """Which moment has the smallest validation loss, if there is one."""
        losses = {
            i: moment.record.validation_loss
            for i, moment in enumerate(self.moments)
            if moment.record is not None and moment.record.validation_loss is not None
        }
        known = {i: loss for i, loss in losses.items() if np.isfinite(loss)}
        return min(known, key=lambda i: known[i], default=None)

    @property
    def sizes(self) -> Array:
        """How large each kernel was at each moment, (E, O): the root of the sum of its squares."""
        return _size(self.kernels)

    @property
    def moved(self) -> Array:
        """How far each kernel is, in the end, from where it began, (O,): the size of the change."""
        return _size(self.kernels[-1] - self.kernels[0])

    @property
    def alike(self) -> Array:
        """The cosine between each kernel before and after, (O,): 1 is the same but for its size."""
        first, last = (kernels.astype(float) for kernels in self.kernels[[0, -1]])
        with np.errstate(all="ignore"):
            inner = (first * last).sum(axis=(1, 2, 3))
            found: Array = inner / (_size(first) * _size(last))
        return found

    def change(self, channel: int) -> Change:
        """Return what the x-ray says of one kernel, before and after.

        Parameters
        ----------
        channel : int
            Which map it makes.
        """
        last = len(self.names) - 1
        if integer("channel", channel, least=0) > last:
            raise ConfigError(f"channel must be from 0 to {last}, got {channel}")
        first, after = self.kernels[0, channel], self.kernels[-1, channel]
        seen = int(np.nan_to_num(_size(after, 2), nan=np.inf).argmax())
        name = self.names[channel]
        return Change(channel, name, seen, _xray(first[seen], name), _xray(after[seen], name))

    def most_moved(self, count: int) -> list[int]:
        """Return the channels of the kernels that moved most, the first of them first."""
        order = np.argsort(-np.nan_to_num(self.moved, nan=np.inf), kind="stable")
        return [int(channel) for channel in order[:count]]

    def to_dict(self) -> dict[str, Any]:
        """Return what is said of every kernel, ready for JSON."""
        changes = [self.change(channel) for channel in range(len(self.names))]
        return {
            "step": self.step,
            "convolution": self.convolution,
            "epochs": list(self.epochs),
            "kernels": [
                {
                    "name": one.name,
                    "sizes": [plain(v) for v in self.sizes[:, one.channel]],
                    "moved": plain(self.moved[one.channel]),
                    "alike": plain(self.alike[one.channel]),
                    "input_channel": one.input_channel,
                    "before": one.words[0],
                    "after": one.words[1],
                }
                for one in changes
            ],
        }

    def __str__(self) -> str:
        """Tell it in plain ASCII, at most 80 columns wide."""
        return "\n".join(clipped(line) for line in self._lines())

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        _, outputs, channels, rows, columns = self.kernels.shape
        what = f"{outputs} kernel{'s' * (outputs > 1)} of {channels}x{rows}x{columns}"
        when = f"epochs {self.epochs[0]} to {self.epochs[-1]}" if len(self) > 1 else "epoch 0"
        yield f"{self.convolution} from {when}: {what}"
        yield f"  at first  {self.moments[0].text}"
        yield f"  at last   {self.moments[-1].text}"
        yield ""
        yield from self._table()
        yield ""
        told = self.most_moved(TOLD)
        those = (
            "it" if outputs == 1 else "each" if len(told) == outputs else "those that moved most"
        )
        yield f"  what the x-ray says of {those}"
        for channel in told:
            change = self.change(channel)
            part = f", input channel {change.input_channel}" if channels > 1 else ""
            yield f"    {change.name}{part}"
            for word, text in zip(("before", "after"), change.words, strict=True):
                yield from _wrapped(text, f"      {word:<6}  ")

    def _table(self) -> Iterator[str]:
        listed = self.most_moved(_LISTED)
        names = [self.names[c] if len(self.names[c]) <= 24 else f"{c}" for c in sorted(listed)]
        wide = max(6, *map(len, names))
        head = f"  {'kernel':<{wide}}  {'size before':>12} {'after':>10} {'moved by':>10}"
        yield f"{head} {'alike':>7}"
        for name, channel in zip(names, sorted(listed), strict=True):
            sizes = self.sizes[[0, -1], channel]
            before, after, moved = (number(float(v)) for v in (*sizes, self.moved[channel]))
            alike = f"{self.alike[channel]:.2f}"
            yield f"  {name:<{wide}}  {before:>12} {after:>10} {moved:>10} {alike:>7}"
        if len(listed) < len(self.names):
            yield f"  {len(listed)} of {len(self.names)} shown: those that moved most"
        yield "  (size: root of the sum of squares; alike: the cosine, 1 is the same direction)"


def _size(values: Array, axes: int = 3) -> Array:
    """Return the root of the sum of squares over the last axes."""
    with np.errstate(all="ignore"):
        squares = values.astype(float) ** 2
        return np.asarray(np.sqrt(squares.sum(axis=tuple(range(-axes, 0)))))


def _xray(values: Array, name: str) -> Xray | None:
    try:
        return xray({name: values.astype(float)})
    except MiniCNNError:
        return None  # not finite, or beyond what can be squared


def _what(found: Xray | None) -> str:
    return "Its numbers are not finite: nothing can be said." if found is None else found.what


def _wrapped(text: str, head: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=" " * len(head), break_on_hyphens=False
    )
