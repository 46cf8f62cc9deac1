"""A trace as the map doctor examines it: every map's range, and where each map comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from minicnn.explain.doctor_findings import Finding, name_of_step
from minicnn.explain.doctor_vitals import Vitals, as_rows, vitals_of
from minicnn.explain.field_layers import links
from minicnn.explain.field_links import Link, maps_shape
from minicnn.explain.filters import Filters, filters_of
from minicnn.explain.ledger_recording import Recording
from minicnn.explain.precision import other_precision
from minicnn.layers import PICTURE
from minicnn.shapes import Array
from minicnn.trace import Trace

_LAST_DIGITS = 4
"""Values that differ by no more than so many of the last digit's units are the same."""


class Exam:
    """A trace, and what the doctor's questions need of it.

    Attributes
    ----------
    trace : Trace
    flat : set of (position, channel)
        The maps that were found to be flat, the picture's channels among them.
    biased : set of (position, channel)
        The maps that were found to be nearly all bias.
    level : set of (position, channel)
        The maps that were found to sit at the limits of a bounded function.
    mended : array or None
        The input as it was meant, where that is known.
    copies : mapping
        For a position, each map that is a copy: of which, and by which factor.
    """

    def __init__(self, trace: Trace) -> None:
        """Keep the trace."""
        self.trace = trace
        self.flat: set[tuple[int, int]] = set()
        self.biased: set[tuple[int, int]] = set()
        self.level: set[tuple[int, int]] = set()
        self.mended: Array | None = None
        self.copies: dict[int, dict[int, tuple[int, float]]] = {}
        self._recording = Recording(trace)
        self._maps: dict[int, Array] = {}
        self._vitals: dict[int, Vitals] = {}
        self._links: dict[int, tuple[Link, ...]] = {}
        self._feeds: dict[tuple[int, int], list[tuple[int, int]]] = {}
        self._others: dict[int, Vitals | None] = {}

    @property
    def positions(self) -> range:
        """The picture's position, then every step's."""
        return range(PICTURE, len(self.trace))

    @cached_property
    def other(self) -> Trace | None:
        """The same steps in the other precision."""
        return other_precision(self.trace)

    def maps(self, position: int) -> Array:
        """Return a step's output as (N, C, values): every map's values in a row."""
        if position not in self._maps:
            self._maps[position] = as_rows(self._recording.array(position))
        return self._maps[position]

    def vitals(self, position: int) -> Vitals:
        """Return what each map of a step is like."""
        if position not in self._vitals:
            self._vitals[position] = vitals_of(self.maps(position))
        return self._vitals[position]

    def channels(self, position: int) -> range:
        """Return the channels of a step's output."""
        return range(self.maps(position).shape[1])

    def links(self, position: int) -> tuple[Link, ...]:
        """Return what a step looks at, one link for each of its inputs."""
        if position not in self._links:
            step = self.trace[position]
            shapes = tuple(array.shape for array in step.inputs)
            self._links[position] = links(step.layer, shapes, step.output.shape)
        return self._links[position]

    def feeds(self, position: int, channel: int) -> list[tuple[int, int]]:
        """Return the (position, channel) of every map that a map is made from."""
        key = position, channel
        if key not in self._feeds:
            step = self.trace[position]
            mask = np.zeros(maps_shape(step.output.shape), bool)
            mask[channel] = True
            self._feeds[key] = [
                (source, int(c))
                for source, link in zip(step.sources, self.links(position), strict=True)
                for c in np.flatnonzero(link.back(mask).any(axis=(1, 2)))
            ]
        return self._feeds[key]

    def is_picture(self, position: int) -> bool:
        """Say whether a step's maps are the picture's channels, as its layers pass them on."""
        while position != PICTURE:
            if self.filters(position) is not None or len(self.trace[position].sources) > 1:
                return False
            position = self.trace[position].sources[0]
        return True

    def is_pointwise(self, position: int) -> bool:
        """Say whether a step is a function of one number, applied everywhere, as ReLU is."""
        step, found = self.trace[position], self.links(position)
        has_weights = bool(getattr(step.layer, "params", {}))
        is_one = len(found) == 1 and type(found[0]) is Link
        return is_one and not has_weights and step.input.shape == step.output.shape

    def filters(self, position: int) -> Filters | None:
        """Return the filters of a step's layer, if it has one for each of its maps."""
        if position == PICTURE:
            return None
        found = filters_of(self.trace[position].layer)
        if found is None or len(found.weight) != len(self.channels(position)):
            return None
        is_along_channels = found.weight.ndim > 2 or self.trace[position].output.ndim == 2
        return found if is_along_channels else None

    def consumers(self, position: int) -> list[int]:
        """Return the steps that look at a step's output."""
        return [i for i, step in enumerate(self.trace) if position in step.sources]

    def is_flat(self, position: int, channel: int) -> bool:
        """Say whether all values of a map are the same, up to rounding.

        They are if they differ by a few last digits of the largest number that was added up to
        make them. Where an algorithm rounds more, the same map in the other precision tells:
        what is left of rounding is a thousand times larger in float32 than in float64, what is
        really there is the same in both.
        """
        vitals = self.vitals(position)
        spread = float(vitals.spread[channel])
        if vitals.bad[channel] or not vitals.values:
            return False
        terms = self._largest_term(position, channel)
        if spread <= _LAST_DIGITS * float(np.finfo(self.maps(position).dtype).eps) * terms:
            return True
        if position == PICTURE or spread > 1e-3 * max(terms, self._largest_input(position)):
            return False
        other = self._other_vitals(position)
        if other is None or other.bad[channel]:
            return False
        is_single = self.maps(position).dtype == np.float32
        spreads = float(other.spread[channel]), spread
        fine, coarse = spreads if is_single else spreads[::-1]
        return fine <= 1e-3 * coarse

    def _largest_term(self, position: int, channel: int) -> float:
        """Return how large the numbers can be that a map's values are sums of."""
        vitals = self.vitals(position)
        size = max(abs(float(vitals.low[channel])), abs(float(vitals.high[channel])))
        filters = self.filters(position)
        if filters is None:
            return size
        weights = float(np.abs(filters.weight[channel]).sum(dtype=np.float64))
        return max(size, self._largest_input(position) * weights)

    def _largest_input(self, position: int) -> float:
        sources = map(self.vitals, self.trace[position].sources)
        return max(float(np.abs([v.low, v.high]).max(initial=0.0)) for v in sources)

    def _other_vitals(self, position: int) -> Vitals | None:
        if position not in self._others:
            other = self.other
            found = None if other is None else vitals_of(as_rows(other[position].output))
            self._others[position] = found
        return self._others[position]

    def name(self, position: int, channel: int) -> str:
        """Return a map's name: its kernel's, or "channel 3"; both if others are called the same."""
        name = self._recording.map_name(position, channel)
        names = None if position == PICTURE else self._recording.names[position]
        return f"{name} ({channel})" if names and names.count(name) > 1 else name

    def place(self, position: int, flat_index: Any) -> tuple[int, ...]:
        """Return where a value stands: (picture, channel, row, column), as far as there are."""
        where = np.unravel_index(flat_index, self._recording.array(position).shape)
        return tuple(int(i) for i in where)

    def finding(
        self,
        kind: str,
        severity: str,
        position: int,
        channels: Iterable[int],
        *,
        words: Sequence[str] | str,
        numbers: Mapping[str, float] | None = None,
        beside: Iterable[tuple[int, int]] | None = None,
        **texts: str,
    ) -> Finding:
        """Return a finding; `texts` are its `what`, `evidence`, `cause` and `fix`."""
        which = tuple(int(channel) for channel in channels)
        if beside is None and position != PICTURE:
            beside = (self._liveliest_source(position, channel) for channel in which)
        return Finding(
            kind=kind,
            severity=severity,
            step=name_of_step(self.trace, position),
            position=position,
            channels=which,
            maps=tuple(self.name(position, channel) for channel in which),
            words=(words,) * len(which) if isinstance(words, str) else tuple(words),
            numbers=dict(numbers or {}),
            beside=tuple(beside or ()),
            **texts,
        )

    def _liveliest_source(self, position: int, channel: int) -> tuple[int, int]:
        """Return the map that changes most of those that a map is made from."""
        sources = self.feeds(position, channel)
        return max(sources, key=lambda one: float(self.vitals(one[0]).spread[one[1]]))
