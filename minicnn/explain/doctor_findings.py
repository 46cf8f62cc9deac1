"""What the map doctor finds: one record for each thing that is wrong, the gravest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minicnn.explain.ledger_terms import plain
from minicnn.layers import PICTURE
from minicnn.trace import Trace

SEVERITIES = ("error", "warning", "note")
"""The numbers are broken, or say nothing of the picture; a mistake is likely; it is so on this
picture, and may be meant."""

INPUT = "input"
"""What the step before the first is called."""


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that is wrong with some maps of a step.

    Attributes
    ----------
    kind : str
        "nan", "inf", "layout", "range", "flat", "dead", "zero kernel", "copy", "saturated",
        "clipped" or "bias".
    severity : str
        "error", "warning" or "note".
    step : str
        The step's name, or "input".
    position : int
        The step's index in the trace; -1 for the input.
    channels : tuple of int
        Its maps, from 0.
    maps : tuple of str
        The maps' names.
    words : tuple of str
        For each map, what a figure writes on it.
    what, evidence, cause, fix : str
        What is the matter, in a sentence; the numbers that show it; the likely cause; what to do.
    numbers : mapping of str to float
        The numbers of the evidence.
    beside : tuple of (position, channel)
        For each map, the one to be looked at beside it: what it is a copy of, or what came in.
    """

    kind: str
    severity: str
    step: str
    position: int
    channels: tuple[int, ...]
    maps: tuple[str, ...]
    words: tuple[str, ...]
    what: str
    evidence: str
    cause: str
    fix: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    beside: tuple[tuple[int, int], ...] = ()

    @property
    def rank(self) -> tuple[int, int, int]:
        """What findings are sorted by: the gravest first, then the earliest."""
        first = self.channels[0] if self.channels else -1
        return SEVERITIES.index(self.severity), self.position, first

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data that `json` can write."""
        texts = ("kind", "severity", "step", "what", "evidence", "cause", "fix")
        return {
            **{name: getattr(self, name) for name in texts},
            "position": self.position,
            "channels": list(self.channels),
            "maps": list(self.maps),
            "beside": [list(one) for one in self.beside],
            "numbers": {name: plain(value) for name, value in self.numbers.items()},
        }

    def __str__(self) -> str:
        """Return the finding as text: plain ASCII, at most 80 columns."""
        from minicnn.explain.doctor_text import finding_text

        return finding_text(self)


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What the map doctor has to say about one call of a model.

    Attributes
    ----------
    findings : tuple of Finding
        The gravest first; none if all is well.
    trace : Trace
        The call.
    """

    findings: tuple[Finding, ...]
    trace: Trace = field(repr=False)

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to report."""
        return not self.findings

    @property
    def maps(self) -> int:
        """How many maps were looked at, the input's channels among them."""
        arrays = (self.trace.input, *(step.output for step in self.trace))
        return sum(array.shape[1] if array.ndim > 1 else 1 for array in arrays)

    @property
    def headlines(self) -> tuple[str, ...]:
        """A line for each finding: how bad, where, and what."""
        from minicnn.explain.doctor_text import heading

        return tuple(map(heading, self.findings))

    def words(self, position: int, channel: int) -> tuple[str, ...]:
        """Return what a figure writes on a map; nothing if it is well.

        Parameters
        ----------
        position : int
            The step's index; -1 for the input.
        channel : int
        """
        found = (finding for finding in self.findings if finding.position == position)
        pairs = (pair for one in found for pair in zip(one.channels, one.words, strict=True))
        return tuple(dict.fromkeys(word for which, word in pairs if which == channel))

    def at(self, position: int) -> tuple[Finding, ...]:
        """Return the findings of one step; -1 for the input."""
        return tuple(finding for finding in self.findings if finding.position == position)

    def table(self) -> str:
        """Return a summary of the trace: each step's shape, range and zeros, and what is sick."""
        from minicnn.explain.doctor_text import table_text

        return table_text(self)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data that `json` can write."""
        return {
            "steps": [INPUT, *self.trace.names],
            "maps": self.maps,
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        """Return the findings as text: plain ASCII, at most 80 columns."""
        from minicnn.explain.doctor_text import diagnosis_text

        return diagnosis_text(self)


def name_of_step(trace: Trace, position: int) -> str:
    """Return a step's name, "input" for the model's input."""
    return INPUT if position == PICTURE else trace[position].name
