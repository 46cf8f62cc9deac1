"""The ledger: one value of a network as the sum that it is, back to the picture, and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from minicnn.errors import ConfigError
from minicnn.explain import (  # for what they register
    ledger_features,  # noqa: F401
    ledger_functions,  # noqa: F401
    ledger_merge,  # noqa: F401
    ledger_norm,  # noqa: F401
    ledger_pooling,  # noqa: F401
)
from minicnn.explain.field_wiring import wiring_of
from minicnn.explain.ledger_accounts import Account, Constant, Pixel
from minicnn.explain.ledger_check import Check
from minicnn.explain.ledger_latex import latex_of
from minicnn.explain.ledger_layers import account
from minicnn.explain.ledger_recording import PICTURE, Recording, recorded
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import Input, Place, plain
from minicnn.explain.ledger_text import grounds_of, text_of
from minicnn.explain.ledger_tree import Branch, grow
from minicnn.shapes import Array, integer


def pixel(
    model: Any,
    x: Any,
    step: str | int,
    channel: str | int,
    row: int = 0,
    column: int = 0,
    *,
    sample: int = 0,
) -> Ledger:
    """Explain one value of a network: from which numbers it is made, and how.

    Parameters
    ----------
    model : Layer or Trace
        The network; or what ``model.trace(x)`` returned, so that it is not run again (x is then
        None).
    x : array (N, C, H, W) or None
        The pictures.
    step : str or int
        Which step, by its name ("conv2d", "block.relu") or its index; -1 is the last.
    channel : int or str
        Which of the step's maps, from 0, or the name of its kernel.
    row, column : int
        Where in the map, from 0. A step whose output is plain numbers, (N, F), has maps of one
        value.
    sample : int
        Which picture of the batch.

    Returns
    -------
    Ledger
        Print it; ask it for `to_latex`, `to_dict`, `trace_back`; `explain` any value it is made
        from. `minicnn.viz.plot_ledger` draws it.

    Raises
    ------
    ConfigError
        For a step, channel, row or column that is not there.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Conv2D, Pad, Sequential
    >>> model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels("sobel_x"))
    >>> picture = np.array([[[[0.0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]]])
    >>> ledger = pixel(model, picture, "conv2d", "sobel_x", row=1, column=1)
    >>> print(ledger)
    conv2d, sobel_x, row 1, column 1
      step 1 (of 0 to 1): a 3 x 3 kernel laid on the input: multiply, add up
    <BLANKLINE>
      pad channel 0, rows 1 to 3, columns 1 to 3: patch x kernel = products
        0 0 1     -1  0  1     0 0 1
        0 0 1  x  -2  0  2  =  0 0 2
        0 0 1     -1  0  1     0 0 1
        they add up to 4
    <BLANKLINE>
    ledger 4 = network 4
      summed in float64 from the network's float64 numbers; the difference is 0
    >>> ledger.explain(0, 1, 3).account.source.place       # where the padding has its 1 from
    Place(channel=0, row=0, column=2)
    """
    recording = Recording(recorded(model, x))
    position = recording.find_step(step)
    which = recording.find_sample(sample)
    place = recording.find_place(position, which, channel, row, column)
    return ledger_at(recording, position, which, place)


@dataclass(frozen=True, eq=False)
class Ledger:
    """One value of a network, and how it came about.

    Attributes
    ----------
    recording : Recording
        The trace that it is from.
    position : int
        The step's index; -1 for the picture.
    sample : int
    place : Place
        Channel, row and column of the value in the step's output.
    account : Account
        What the step's layer says: a `WeightedSum`, `Copied`, a `Formula`, ...
    check : Check
        The account's result against the network's value.
    """

    recording: Recording = field(repr=False)
    position: int
    sample: int
    place: Place
    account: Account
    check: Check

    @property
    def step(self) -> str:
        """The step's name."""
        return self.recording.step_name(self.position)

    @property
    def map_name(self) -> str:
        """The map's name: its kernel's, or "channel 3"."""
        return self.recording.map_name(self.position, self.place.channel)

    @property
    def where(self) -> str:
        """Where the value stands: "conv2d, sobel_x, row 1, column 2", or "linear, feature 3"."""
        return f"{self.step}, {self.recording.in_words(self.position, self.place)}"

    @property
    def value(self) -> float:
        """The network's value."""
        return self.check.network

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The values of the step's input that it is made from."""
        return self.account.inputs

    @cached_property
    def origins(self) -> tuple[int | None, ...]:
        """The positions of the steps that this one looks at; None for what is not in the trace.

        More than one only where branches meet; `Input.branch` is an index of this.
        """
        return () if self.position == PICTURE else self.recording.origins(self.position)

    @property
    def origin(self) -> int | None:
        """The position of the step that the first of `inputs` stands in the output of."""
        return self.origins[self._branch] if self.origins else None

    @property
    def origin_name(self) -> str:
        """The name of the step that the first of `inputs` stands in the output of."""
        return self.branch_name(self._branch)

    @property
    def grounds(self) -> str:
        """What the check rests on: how it was summed, how far apart the two are."""
        return grounds_of(self)

    @property
    def input_noun(self) -> str:
        """What the step's input consists of: "channel"s, or "feature"s that stand in a line."""
        return "channel" if self.origin is None else self.recording.noun(self.origin)

    def branch_name(self, branch: int) -> str:
        """Return the name of one of the steps that this one looks at."""
        origin = self.origins[branch] if self.origins else None
        return "its input" if origin is None else self.recording.step_name(origin)

    def input_name(self, channel: int, branch: int | None = None) -> str:
        """Return what a channel of the step's input is called: "relu sobel_x"."""
        branch = self._branch if branch is None else branch
        origin = self.origins[branch] if self.origins else None
        name = f"channel {channel}" if origin is None else self.recording.map_name(origin, channel)
        return f"{self.branch_name(branch)} {name}"

    def input_words(self, one: Input) -> str:
        """Return where a value of the step's input stands: "relu sobel_x, row 1, column 2"."""
        origin = self.origins[one.branch] if self.origins else None
        if origin is None:
            place = f"row {one.place.row}, column {one.place.column}"
            return f"{self.input_name(one.place.channel, one.branch)}, {place}"
        return f"{self.branch_name(one.branch)} {self.recording.in_words(origin, one.place)}"

    def explain(
        self, channel: int | str, row: int = 0, column: int = 0, *, branch: int | None = None
    ) -> Ledger:
        """Explain one of the values that this one is made from.

        Parameters
        ----------
        channel, row, column : int
            Where it stands in the step's *input*, as `inputs` and the text say it; the channel
            also by its name.
        branch : int, optional
            In which of the inputs, where branches meet: an index of `origins`. By default the
            one that the first of `inputs` stands in.

        Raises
        ------
        ConfigError
            If this value is not made from it; the message says from which it is.
        """
        branch = self._branch if branch is None else branch
        origin = self._known_origin(branch)
        self._refuse_padding(channel, row, column)
        place = self.recording.find_place(origin, self.sample, channel, row, column)
        asked = place, branch
        if self.account.complete and all((one.place, one.branch) != asked for one in self.inputs):
            raise ConfigError(
                f"{self.step} {tuple(self.place)} is not made from {self.branch_name(branch)} "
                f"{tuple(place)}.\n  It is made from {self._made_from()}."
            )
        return ledger_at(self.recording, origin, self.sample, place)

    def trace_back(self, depth: int | None = None, breadth: int = 3) -> Branch:
        """Follow the value back towards the picture, along the terms that matter most.

        Parameters
        ----------
        depth : int, optional
            How many steps at most. By default all, down to the picture: the tree then forks as
            often as can still be read, and below follows the largest term only.
        breadth : int
            How many terms of each sum; those left out are counted and summed up.

        Returns
        -------
        Branch
            Print it; its `branches` are Branches.
        """
        return grow(self, depth, breadth)

    def pixels(self) -> Array:
        """Return which of the picture's values can change this one: its receptive field.

        Returns
        -------
        array (C, H, W) of bool
            Of the picture: see `minicnn.explain.receptive_field`.
        """
        wiring = wiring_of(self.recording.trace, None, "explain.pixel")
        return wiring.back(self.position, wiring.one(self.position, *self.place))[PICTURE]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data that `json` can write; NaN and infinities as text."""
        return {
            "step": self.step,
            "position": self.position,
            "sample": self.sample,
            "map": self.map_name,
            **self.place._asdict(),
            "value": plain(self.value),
            "input": None if self.position == PICTURE else self.origin_name,
            "branches": [self.branch_name(branch) for branch in range(len(self.origins))],
            "account": self.account.to_dict(),
            "check": self.check.to_dict(),
        }

    def to_latex(self) -> str:
        """Return the arithmetic as an ``align*`` of amsmath, ready to be pasted."""
        return latex_of(self)

    def __str__(self) -> str:
        """Return the ledger as text: plain ASCII, at most 80 columns."""
        return text_of(self)

    @property
    def _branch(self) -> int:
        return self.inputs[0].branch if self.inputs else 0

    def _known_origin(self, branch: Any) -> int:
        if self.position == PICTURE:
            raise ConfigError("a picture's value is made from nothing else: here it ends")
        last = len(self.origins) - 1
        if integer("branch", branch, least=0) > last:
            raise ConfigError(f"branch must be from 0 to {last}: {self.step} looks at no other")
        origin: int | None = self.origins[branch]
        if origin is None:
            raise self._lost(self.position)
        return origin

    def _lost(self, position: int) -> ConfigError:
        return ConfigError(
            f"the trace does not say where {self.recording.step_name(position)} has its input from"
        )

    def _refuse_padding(self, channel: Any, row: Any, column: Any) -> None:
        if not isinstance(self.account, WeightedSum):
            return
        rows, columns = self.account.rows, self.account.columns
        if row in rows and column in columns:
            tap = rows.index(row), columns.index(column)
            if not self.account.inside[tap]:
                raise ConfigError(
                    f"row {row}, column {column} is padding: a 0 that {self.step} adds itself, "
                    f"made from nothing"
                )

    def _made_from(self) -> str:
        found = self.account
        if isinstance(found, WeightedSum):
            return (
                f"channels {_listed(found.channels)}, rows {_listed(found.rows)}, "
                f"columns {_listed(found.columns)}"
            )
        if isinstance(found, Constant):
            return "nothing: it is a constant"
        several = len(self.origins) > 1
        return ", ".join(
            (f"{self.branch_name(one.branch)} " if several else "") + str(tuple(one.place))
            for one in found.inputs[:4]
        )


def ledger_at(recording: Recording, position: int, sample: int, place: Place) -> Ledger:
    """Return the ledger of a value whose place is known to be there."""
    found = account_at(recording, position, sample, place)
    network = recording.value(position, sample, place)
    dtype = recording.array(position).dtype
    check = Check(found.result, network, found.bound, str(dtype))
    return Ledger(recording, position, sample, place, found, check)


def account_at(recording: Recording, position: int, sample: int, place: Place) -> Account:
    """Return what is said about a value: by its step's layer, or that it is the picture's."""
    if position == PICTURE:
        return Pixel("a value of the picture itself", recording.value(position, sample, place))
    asked = recording.asked(position, sample, place)
    return account(asked.step.layer, asked)


def _listed(numbers: tuple[int, ...]) -> str:
    if len(numbers) > 6:
        return f"{numbers[0]}, {numbers[1]}, ..., {numbers[-1]}"
    return ", ".join(map(str, numbers))
