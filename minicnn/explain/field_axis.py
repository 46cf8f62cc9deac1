"""Along one axis: which positions of the input each position of the output looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from minicnn.ops.pad import source_index
from minicnn.ops.pool_adaptive import bins
from minicnn.shapes import Array, Pair, Window

NOTHING = -1
"""The source of a tap that finds nothing of the input."""


@dataclass(frozen=True, eq=False)
class Axis:
    """Where each output position looks along one axis, tap by tap.

    Attributes
    ----------
    sources : array (outputs, taps) of int
        Positions of the input; `NOTHING` where a tap lies outside.
    made_up : array (outputs, taps) of bool
        Where the value under a tap is padding: a constant, or a copy of another position.
    size : int
        How many positions the input has.

    Examples
    --------
    >>> Axis.sliding(Window(3, 1, 1), 0, 4).sources.tolist()
    [[-1, 0, 1], [0, 1, 2], [1, 2, 3], [2, 3, -1]]
    >>> Axis.padded(3, (1, 1), "reflect").sources.ravel().tolist()
    [1, 0, 1, 2, 1]
    """

    sources: Array
    made_up: Array
    size: int

    @classmethod
    def sliding(cls, window: Window, axis: int, size: int, *, padding_counts: bool = True) -> Self:
        """Return where a window looks at each of its stops; rows are axis 0, columns 1.

        Parameters
        ----------
        padding_counts : bool
            Whether what the window adds around the input goes into its result.
        """
        before, after = window.padding[axis]
        height, width = (size, window.span[1]) if axis == 0 else (window.span[0], size)
        stops = np.arange(window.output_size(height, width)[axis]) * window.stride[axis]
        taps = np.arange(window.kernel_size[axis]) * window.dilation[axis]
        at = stops[:, None] + taps - before  # (outputs, taps)
        inside = (at >= 0) & (at < size)
        padding = ~inside & (at < size + after)  # beyond it nothing is added: a window hangs over
        return cls(np.where(inside, at, NOTHING), padding & padding_counts, size)

    @classmethod
    def padded(cls, size: int, around: Pair, mode: str) -> Self:
        """Return where each position of a padded axis was copied from."""
        sources = source_index(size, around, mode)
        made_up = np.ones(len(sources), bool)
        made_up[around[0] : around[0] + size] = False
        return cls(sources[:, None], made_up[:, None], size)

    @classmethod
    def parts(cls, size: int, number: int) -> Self:
        """Return where each of so many parts looks, as equal as they can be."""
        ends = np.array(bins(size, number)).reshape(-1, 2)
        at = ends[:, :1] + np.arange(int((ends[:, 1] - ends[:, 0]).max(initial=0)))
        return cls._of(np.where(at < ends[:, 1:], at, NOTHING), size)

    @classmethod
    def repeated(cls, size: int, times: int) -> Self:
        """Return where each position looks if every one of the input is repeated."""
        return cls._of(np.arange(size * times)[:, None] // times, size)

    @classmethod
    def painted(cls, window: Window, axis: int, size: int, outputs: int) -> Self:
        """Return which inputs paint on each output of a transposed convolution.

        Parameters
        ----------
        window : Window
            Of the convolution that it is the way back of.
        axis, size, outputs : int
            Rows are axis 0, columns 1; how many positions come in, and how many go out.
        """
        taps = np.arange(window.kernel_size[axis]) * window.dilation[axis]
        from_first = np.arange(outputs)[:, None] + window.padding[axis][0] - taps
        at, between = np.divmod(from_first, window.stride[axis])
        return cls._of(np.where((between == 0) & (at >= 0) & (at < size), at, NOTHING), size)

    @classmethod
    def _of(cls, sources: Array, size: int) -> Self:
        return cls(sources, np.zeros(sources.shape, bool), size)

    @property
    def touches_padding(self) -> Array:
        """Which output positions look at padding, (outputs,) of bool."""
        found: Array = np.any(self.made_up, axis=1)
        return found

    @property
    def counts(self) -> Array:
        """How many values each output position looks at, padding among them, (outputs,)."""
        found: Array = ((self.sources != NOTHING) | self.made_up).sum(axis=1)
        return found

    def forward(self, mask: Array) -> Array:
        """Return which outputs look at any of these inputs: (size, ...) to (outputs, ...)."""
        found = np.zeros((len(self.sources), *mask.shape[1:]), bool)
        for tap in self.sources.T:
            here = np.flatnonzero(tap != NOTHING)
            found[here] |= mask[tap[here]]
        return found

    def back(self, mask: Array) -> Array:
        """Return which inputs any of these outputs looks at: (outputs, ...) to (size, ...)."""
        found = np.zeros((self.size, *mask.shape[1:]), bool)
        active = mask.reshape(len(mask), -1).any(axis=1)
        for tap in self.sources.T:
            here = np.flatnonzero((tap != NOTHING) & active)
            np.logical_or.at(found, tap[here], mask[here])  # two outputs may look at one input
        return found

    def totals(self, values: Array) -> Array:
        """Return the sum of what each output sees of the input itself; padding counts as 0."""
        found = np.zeros((len(self.sources), *values.shape[1:]), values.dtype)
        for tap, made_up in zip(self.sources.T, self.made_up.T, strict=True):
            here = np.flatnonzero((tap != NOTHING) & ~made_up)
            found[here] += values[tap[here]]
        return found
