"""Convolution arithmetic: how often a window stops, by the formula with its numbers filled in."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

from minicnn.errors import ConfigError, ShapeError, UnsupportedError, short
from minicnn.explain.arithmetic_axis import AxisArithmetic
from minicnn.layers import ConvTranspose2D, Layer
from minicnn.shapes import Pair, Window, integer


@dataclass(frozen=True)
class Arithmetic:
    """How a window slides over a picture of one size.

    Attributes
    ----------
    window : Window
    size : (H, W)
        Of the picture under the window, without padding.
    transposed : bool
        False: the picture comes in, a value for each stop goes out. True: a transposed
        convolution; a value for each stop comes in and paints a kernel on the picture.
    """

    window: Window
    size: Pair
    transposed: bool = False

    @property
    def axes(self) -> tuple[AxisArithmetic, AxisArithmetic]:
        """The rows and the columns."""
        window, found = self.window, []
        stops, lost = window.output_size(*self.size), window.left_over(*self.size)
        for axis in (0, 1):
            before, after = window.padding[axis]
            found.append(
                AxisArithmetic(
                    self.size[axis],
                    window.kernel_size[axis],
                    window.stride[axis],
                    before,
                    after,
                    window.dilation[axis],
                    stops[axis],
                    lost[axis],
                    window.ceil_mode,
                )
            )
        return found[0], found[1]

    @property
    def stops(self) -> Pair:
        """How often the window stops: (rows, columns)."""
        return self.window.output_size(*self.size)

    @property
    def input_size(self) -> Pair:
        """(rows, columns) of what comes in."""
        return self.stops if self.transposed else self.size

    @property
    def output_size(self) -> Pair:
        """(rows, columns) of what goes out."""
        return self.size if self.transposed else self.stops

    @property
    def formulas(self) -> tuple[str, str]:
        """The output's rows and columns, by the formula with its numbers."""
        rows, columns = self.axes
        if self.transposed:
            return rows.painted, columns.painted
        return rows.formula, columns.formula

    @property
    def left_over(self) -> str:
        """Which rows and columns of the picture no stop reaches, in words; "" if none."""
        lost = zip(self.window.left_over(*self.size), ("row", "column"), strict=True)
        words = [_last(count, noun) for count, noun in lost if count]
        return " and ".join(words)

    @property
    def loss(self) -> str:
        """What is said of rows and columns that no stop reaches."""
        return "not painted" if self.transposed else "left over"

    def settings(self, fill: str = "") -> str:
        """Return the window in words; `fill` is what the padding is filled with.

        Examples
        --------
        >>> arithmetic(Window((3, 5), stride=2, padding=(0, 1, 0, 1)), (8, 9)).settings()
        'kernel 3 x 5, stride 2, padding 0 above, 1 below, 0 left, 1 right'
        """
        window = self.window
        parts = [f"kernel {_by(window.kernel_size)}", f"stride {_pair(window.stride)}"]
        parts.append(f"padding {padding_words(window.padding)}" + (f" ({fill})" if fill else ""))
        if window.dilation != (1, 1):
            parts.append(f"dilation {_pair(window.dilation)}")
        if window.ceil_mode:
            parts.append("ceil mode")
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for json."""
        window = self.window
        return {
            "transposed": self.transposed,
            "input_size": list(self.input_size),
            "kernel_size": list(window.kernel_size),
            "stride": list(window.stride),
            "padding": [list(side) for side in window.padding],
            "dilation": list(window.dilation),
            "ceil_mode": window.ceil_mode,
            "output_size": list(self.output_size),
            "left_over": list(window.left_over(*self.size)),
            "formulas": list(self.formulas),
        }

    def __str__(self) -> str:
        """Return both formulas with their numbers, and what is left over."""
        words = "transposed, " if self.transposed else ""
        return self.told(f"{_by(self.input_size)}: {words}{self.settings()}")

    def told(self, head: str) -> str:
        """Return both formulas, and what is left over, below a heading of your own."""
        rows, columns = self.formulas
        lines = textwrap.wrap(head, 80, subsequent_indent="    ", break_on_hyphens=False)
        lines += [f"  rows     {rows}", f"  columns  {columns}"]
        if self.left_over:
            lines.append(f"  {self.loss}: {self.left_over}")
        return "\n".join(lines)


def arithmetic(what: Any, size: Any, *, transposed: bool = False) -> Arithmetic:
    """Return how a window slides over a picture: the output-size formula with its numbers.

    Parameters
    ----------
    what : Window, or a layer that has one
        Such as `Conv2D` or `MaxPool2D`; a `ConvTranspose2D` is transposed.
    size : int or (H, W)
        What comes in, without padding.
    transposed : bool
        Whether a Window is that of a transposed convolution, the way back of a convolution taken
        as a way forward: each value that comes in paints a kernel, a stride apart, and the padding
        is cut off.

    Returns
    -------
    Arithmetic

    Raises
    ------
    ShapeError
        If the window is larger than the padded picture, or if all that is painted is cut off.
    ConfigError
        For anything else that does not slide.

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.

    Examples
    --------
    >>> print(arithmetic(Window(3, stride=2), (7, 8)))
    7 x 8: kernel 3 x 3, stride 2, padding 0
      rows     floor((7 + 0 - 1 * (3 - 1) - 1) / 2) + 1 = 3
      columns  floor((8 + 0 - 1 * (3 - 1) - 1) / 2) + 1 = 3
      left over: the last column
    >>> print(arithmetic(Window(4, stride=2, padding=1), 14, transposed=True))
    14 x 14: transposed, kernel 4 x 4, stride 2, padding 1
      rows     (14 - 1) * 2 + 1 * (4 - 1) + 1 - 2 = 28
      columns  (14 - 1) * 2 + 1 * (4 - 1) + 1 - 2 = 28
    """
    if isinstance(size, tuple | list) and len(size) == 2:
        height, width = (integer(f"size[{i}]", v, least=1) for i, v in enumerate(size))
    else:
        height = width = integer("size", size, least=1)
    if isinstance(what, ConvTranspose2D):
        return _painted_by(what, (height, width))
    if transposed and isinstance(what, Window):
        return Arithmetic(what, _painted(what, (height, width)), transposed=True)
    window = what.window(height, width) if isinstance(what, Layer) else what
    if not isinstance(window, Window) or transposed:
        kinds = "a Window for transposed=True" if transposed else "a Window or a layer with one"
        raise ConfigError(
            f"arithmetic takes what slides, {kinds}, got {short(what)}.\n"
            f"  Window(3, stride=2), say."
        )
    window.output_size(height, width)  # it fits
    return Arithmetic(window, (height, width))


def padding_words(padding: tuple[Pair, Pair]) -> str:
    """Return a padding as short as it can be said.

    Examples
    --------
    >>> padding_words(((1, 1), (1, 1))), padding_words(((1, 1), (2, 2)))
    ('1', '1 x 2')
    """
    (top, bottom), (left, right) = padding
    if top == bottom and left == right:
        return _pair((top, left))
    return f"{top} above, {bottom} below, {left} left, {right} right"


def _painted_by(layer: ConvTranspose2D, size: Pair) -> Arithmetic:
    """Return what a layer paints; rows and columns that it adds for the size are left over."""
    _, _, height, width = layer.output_shape((1, layer.in_channels, *size))
    window = layer.backward_window
    if window.output_size(height, width) != size:
        raise UnsupportedError(
            f"{short(layer)} adds so many rows or columns that another stop would fit there.\n"
            f"  Draw it with output_padding less than the stride."
        )
    return Arithmetic(window, (height, width), transposed=True)


def _painted(window: Window, stops: Pair) -> Pair:
    """Return the size of what a transposed convolution paints, the padding cut off."""
    size = []
    for n, stride, span, (before, after) in zip(
        stops, window.stride, window.span, window.padding, strict=True
    ):
        size.append((n - 1) * stride + span - before - after)
    if min(size) < 1:
        raise ShapeError(
            f"nothing is left of what is painted: {_by((size[0], size[1]))}.\n"
            f"  Cut off less: padding is {padding_words(window.padding)}."
        )
    return size[0], size[1]


def _pair(both: Pair) -> str:
    return str(both[0]) if both[0] == both[1] else _by(both)


def _by(both: Pair) -> str:
    return f"{both[0]} x {both[1]}"


def _last(count: int, noun: str) -> str:
    return f"the last {noun}" if count == 1 else f"the last {count} {noun}s"
