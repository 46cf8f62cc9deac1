"""Sizes: what slides over a picture, how often it stops, and what it leaves over.

The output-size formula is written here once; convolution, pooling, receptive fields and
drawings all ask `Window`.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from minicnn.errors import ConfigError, ShapeError, short

Array: TypeAlias = np.ndarray[tuple[Any, ...], np.dtype[Any]]
Shape: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[int, int]
Sides: TypeAlias = tuple[Pair, Pair]
"""Padding as ((top, bottom), (left, right))."""
Padding: TypeAlias = int | str | Sequence[int] | Sequence[Sequence[int]]
"""What a caller may write for padding; `sides` reads it."""


LARGEST = 2**31 - 1
"""No size, stride or padding is larger: no picture is."""


def integer(name: str, value: Any, *, least: int, most: int = LARGEST) -> int:
    """Return `value` as an int, refusing bools, floats and what is not from `least` to `most`.

    Raises
    ------
    ConfigError
        With the argument's name and what was given.

    Examples
    --------
    >>> integer("stride", 2, least=1)
    2
    >>> integer("stride", 0, least=1)
    Traceback (most recent call last):
    minicnn.errors.ConfigError: stride must be an integer of at least 1, got 0
    """
    if type(value) is int and least <= value <= most:  # by far the most frequent, and quick
        return value
    is_integer = isinstance(value, int | np.integer) and not isinstance(value, bool | np.bool_)
    if not is_integer or value < least:
        raise ConfigError(f"{name} must be an integer of at least {least}, got {short(value)}")
    if value > most:
        raise ConfigError(f"{name} must be an integer of at most {most:,}, got {short(value)}")
    return operator.index(value)


def pair(name: str, value: Any, *, least: int) -> Pair:
    """Return `value` as (rows, columns): one integer means the same for both.

    Examples
    --------
    >>> pair("stride", 2, least=1)
    (2, 2)
    >>> pair("stride", (2, 1), least=1)
    (2, 1)
    """
    if _is_sequence(value):
        if len(value) != 2:
            raise ConfigError(f"{name} must be an integer or (rows, columns), got {short(value)}")
        rows, columns = value
        return integer(f"{name}[0]", rows, least=least), integer(f"{name}[1]", columns, least=least)
    both = integer(name, value, least=least)
    return both, both


def flag(name: str, value: Any) -> bool:
    """Return `value` if it is True or False, and nothing that merely counts as such.

    Examples
    --------
    >>> flag("bias", 1)
    Traceback (most recent call last):
    minicnn.errors.ConfigError: bias must be True or False, got 1
    """
    if not isinstance(value, bool | np.bool_):
        raise ConfigError(f"{name} must be True or False, got {short(value)}")
    return bool(value)


def sides(name: str, value: Any) -> Sides:
    """Return an explicit padding as ((top, bottom), (left, right)).

    Parameters
    ----------
    name : str
        The argument's name, for the error.
    value : int, pair, pair of pairs, or four ints
        ``1``: one on every side; ``(1, 2)``: one above and below, two left and right;
        ``((0, 1), (2, 3))`` or ``(0, 1, 2, 3)``: top, bottom, left, right.

    Examples
    --------
    >>> sides("padding", 1)
    ((1, 1), (1, 1))
    >>> sides("padding", (1, 2))
    ((1, 1), (2, 2))
    >>> sides("padding", (0, 1, 2, 3)) == sides("padding", ((0, 1), (2, 3)))
    True
    """
    if not _is_sequence(value):
        both = integer(name, value, least=0)
        return (both, both), (both, both)
    if len(value) == 2:
        rows, columns = value
        return pair(f"{name}[0]", rows, least=0), pair(f"{name}[1]", columns, least=0)
    if len(value) == 4:
        top, bottom, left, right = (
            integer(f"{name}[{i}]", v, least=0) for i, v in enumerate(value)
        )
        return (top, bottom), (left, right)
    raise ConfigError(
        f"{name} must be an integer, (rows, columns), ((top, bottom), (left, right)) "
        f"or (top, bottom, left, right), got {short(value)}"
    )


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> Pair:
    """Return the (before, after) zeros that give ceil(size / stride) outputs along one axis.

    TensorFlow's rule, for any stride: where the total is odd, the extra one goes after (to the
    bottom, or to the right).

    Examples
    --------
    >>> same_padding(5, kernel=3, stride=1, dilation=1)
    (1, 1)
    >>> same_padding(6, kernel=3, stride=2, dilation=1)    # the odd pixel goes after
    (0, 1)
    """
    outputs = -(-size // stride)
    total = max(0, (outputs - 1) * stride + dilation * (kernel - 1) + 1 - size)
    return total // 2, total - total // 2


@dataclass(frozen=True)
class Window:
    """What slides: a kernel-sized window, its stride, the padding around the picture, its gaps.

    Along one axis of n pixels with padding p = before + after, a kernel of k taps that are
    d apart spans d(k - 1) + 1 pixels, and with steps of s it stops ::

        floor((n + p - d(k - 1) - 1) / s) + 1

    times: that is the output's size. In ceil mode, the division is rounded up instead: the last
    stop may hang over the end, if it begins on the picture or on the padding before it.

    Parameters
    ----------
    kernel_size, stride, dilation : int or (rows, columns)
        Each at least 1.
    padding : int, pair, pair of pairs, or four ints
        See `sides`. `Window.over` also understands "same" and "valid".
    ceil_mode : bool

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> Window(3).output_size(100, 100)          # 100 - 3 + 1
    (98, 98)
    >>> Window(3, stride=2).output_size(100, 100)
    (49, 49)
    >>> Window(3, stride=2).left_over(100, 100)  # the last row and the last column
    (1, 1)
    >>> Window(3, stride=2, ceil_mode=True).output_size(100, 100)
    (50, 50)
    """

    kernel_size: Pair
    stride: Pair = (1, 1)
    padding: Sides = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    ceil_mode: bool = False

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
    ) -> None:
        """Check and complete the arguments; see the class."""
        put = object.__setattr__  # the dataclass is frozen: this is its one writer
        put(self, "kernel_size", pair("kernel_size", kernel_size, least=1))
        put(self, "stride", pair("stride", stride, least=1))
        put(self, "padding", sides("padding", padding))
        put(self, "dilation", pair("dilation", dilation, least=1))
        put(self, "ceil_mode", flag("ceil_mode", ceil_mode))

    @classmethod
    def over(
        cls,
        height: int,
        width: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Padding = 0,
        dilation: Any = 1,
    ) -> Window:
        """Return the window for a picture of this size; "same" and "valid" become numbers.

        Examples
        --------
        >>> Window.over(6, 5, 3, stride=2, padding="same").padding
        ((0, 1), (1, 1))
        """
        height, width = integer("height", height, least=0), integer("width", width, least=0)
        if not isinstance(padding, str):
            return cls(kernel_size, stride, padding, dilation)
        check_padding(padding)
        bare = cls(kernel_size, stride, 0, dilation)
        if padding == "valid":
            return bare
        rows, columns = zip(
            (height, width), bare.kernel_size, bare.stride, bare.dilation, strict=True
        )
        around = same_padding(*rows), same_padding(*columns)
        return cls(bare.kernel_size, bare.stride, around, bare.dilation)

    @property
    def span(self) -> Pair:
        """Rows and columns from the kernel's first tap to its last: d(k - 1) + 1."""
        (kh, kw), (dh, dw) = self.kernel_size, self.dilation
        return dh * (kh - 1) + 1, dw * (kw - 1) + 1

    def padded_size(self, height: int, width: int) -> Pair:
        """Return the picture's size with its padding."""
        (top, bottom), (left, right) = self.padding
        height, width = integer("height", height, least=0), integer("width", width, least=0)
        return height + top + bottom, width + left + right

    def fits(self, height: int, width: int) -> bool:
        """Say whether the window stops at least once."""
        return min(self._stops(height, width)) > 0

    def output_size(self, height: int, width: int) -> Pair:
        """Return how often the window stops: (rows, columns) of the output.

        Raises
        ------
        ShapeError
            If the window is larger than the padded picture.
        """
        stops = self._stops(height, width)
        if min(stops) < 1:
            raise ShapeError(
                f"the window is larger than the picture.\n"
                f"  picture, padded  = {_by(self.padded_size(height, width))}  "
                f"(padding {self.padding})\n"
                f"  window           = {_by(self.span)}  "
                f"(kernel_size {self.kernel_size}, dilation {self.dilation})\n"
                f"  Use a larger picture, a smaller kernel, or padding=..."
            )
        return stops

    def _stops(self, height: int, width: int) -> Pair:
        """Return how often the window stops along each axis; 0 or less: it does not fit."""
        stops = []
        for axis, padded in enumerate(self.padded_size(height, width)):
            free, stride = padded - self.span[axis], self.stride[axis]
            last = free // stride
            if self.ceil_mode:
                last = min(-(-free // stride), (padded - self.padding[axis][1] - 1) // stride)
            stops.append(last + 1)
        return stops[0], stops[1]

    def left_over(self, height: int, width: int) -> Pair:
        """Return how many of the picture's last rows and columns no stop reaches.

        Only pixels count: padding that is left over loses nothing. (Pixels *between* two stops,
        where the stride is larger than the window, are skipped by design and not counted.)

        Examples
        --------
        >>> Window(7, stride=2, padding=3).left_over(224, 224)   # what is left over is padding
        (0, 0)
        """
        lost, sizes = [], (height, width)
        for axis, stops in enumerate(self.output_size(height, width)):
            before, size = self.padding[axis][0], sizes[axis]
            reached = (stops - 1) * self.stride[axis] + self.span[axis] - before  # pixels
            lost.append(size - min(max(reached, 0), size))
        return lost[0], lost[1]

    def check_strict(self, height: int, width: int) -> None:
        """Raise unless every row and column is reached.

        Raises
        ------
        ShapeError
            Naming the rows and columns that would be lost.
        """
        rows, columns = self.left_over(height, width)
        if rows or columns:
            raise ShapeError(
                f"strict=True: {_count(rows, 'row')} and {_count(columns, 'column')} of the "
                f"{_by((height, width))} picture are never reached "
                f"(kernel_size {self.kernel_size}, stride {self.stride}).\n"
                f"  Pad or crop the picture, change the stride, or drop strict=True."
            )


def check_padding(padding: Any) -> None:
    """Raise unless `padding` is "same", "valid" or something that `sides` can read."""
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ConfigError(f"padding must be 'same', 'valid' or numbers, got {short(padding)}")
    else:
        sides("padding", padding)


def real(name: str, value: Any, *, least: float, most: float) -> float:
    """Return `value` as a float between two bounds, refusing bools, texts, NaN.

    Examples
    --------
    >>> real("sigma", 0, least=0.1, most=100)
    Traceback (most recent call last):
    minicnn.errors.ConfigError: sigma must be a number from 0.1 to 100, got 0
    """
    good = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    if not good or not least <= value <= most:
        raise ConfigError(f"{name} must be a number from {least:g} to {most:g}, got {short(value)}")
    return float(value)


def _is_sequence(value: Any) -> bool:
    return isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim > 0)


def _by(size: Pair) -> str:
    return f"{size[0]} x {size[1]}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
