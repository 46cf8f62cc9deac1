"""Convolution arithmetic along one axis: the formula with its numbers, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AxisArithmetic:
    """One axis of a sliding window: rows or columns.

    Attributes
    ----------
    size, kernel, stride, dilation : int
    before, after : int
        Padding.
    stops : int
        The output's size.
    lost : int
        The last pixels of the picture that no stop reaches.
    ceil_mode : bool
        Whether the last stop may hang over the end.
    """

    size: int
    kernel: int
    stride: int
    before: int
    after: int
    dilation: int
    stops: int
    lost: int
    ceil_mode: bool = False

    @property
    def padded(self) -> int:
        """The size with padding."""
        return self.before + self.size + self.after

    @property
    def span(self) -> int:
        """Positions from the kernel's first tap to its last."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def unreached(self) -> int:
        """The last positions, padding among them, that no stop reaches."""
        return max(self.padded - self._end, 0)

    @property
    def hangs_over(self) -> int:
        """How many positions the last stop hangs over the end; only in ceil mode."""
        return max(self._end - self.padded, 0)

    def taps(self, stop: int) -> range:
        """Return the positions, padding counted, that the kernel lies on at one stop."""
        first = stop * self.stride
        return range(first, first + self.span, self.dilation)

    @property
    def painted(self) -> str:
        """The transposed formula with its numbers: what a window that paints makes of its stops."""
        padding, taps = self.before + self.after, f"{self.dilation} * ({self.kernel} - 1)"
        more = f" + {self.unreached}" if self.unreached else ""
        return f"({self.stops} - 1) * {self.stride} + {taps} + 1 - {padding}{more} = {self.size}"

    @property
    def formula(self) -> str:
        """The formula of `minicnn.shapes.Window` with its numbers, and what it comes to.

        In ceil mode, "- 1" at its end takes back a stop that would begin beyond the picture; wide
        padding behind a narrow kernel takes more.
        """
        padding, taps = self.before + self.after, f"{self.dilation} * ({self.kernel} - 1)"
        rounded, back = "floor", ""
        if self.ceil_mode:
            rounded = "ceil"
            beyond = -(-(self.padded - self.span) // self.stride) + 1 - self.stops
            back = f" - {beyond}" if beyond else ""
        inner = f"({self.size} + {padding} - {taps} - 1) / {self.stride}"
        return f"{rounded}({inner}) + 1{back} = {self.stops}"

    @property
    def _end(self) -> int:
        """One past the last position that a stop reaches."""
        return (self.stops - 1) * self.stride + self.span
