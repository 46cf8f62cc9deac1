"""A convolution, stop by stop: where the window lies, what it multiplies, what it sums to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, UnsupportedError, short
from minicnn.explain.arithmetic import Arithmetic
from minicnn.explain.ledger_numbers import aligned, cells, clipped, number, shortened
from minicnn.explain.ledger_terms import plain
from minicnn.explain.sliding_border import Border, border_of
from minicnn.layers import Conv2D, Layer, Pad
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array, integer

_SHOWN = 3
"""Of so many channels the text shows patch, kernel and products."""


@dataclass(frozen=True, eq=False)
class Stop:
    """One stop of a sliding window, for one feature map.

    Attributes
    ----------
    number : int
        Counted from 0, along the rows.
    row, column : int
        Of the output value.
    rows, columns : tuple of int
        Where the kernel's taps lie in the padded picture.
    patch, weights, products : array (C, KH, KW)
        float64; C is the channels that the filter looks at.
    sums : tuple of float
        Each channel's products, added.
    bias : float or None
    value : float
        What the layer itself gives there.
    """

    number: int
    row: int
    column: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    patch: Array = field(repr=False)
    weights: Array = field(repr=False)
    products: Array = field(repr=False)
    sums: tuple[float, ...]
    bias: float | None
    value: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, for json."""
        return {
            "number": self.number,
            "row": self.row,
            "column": self.column,
            "rows": list(self.rows),
            "columns": list(self.columns),
            "patch": plain(self.patch.tolist()),
            "weights": plain(self.weights.tolist()),
            "products": plain(self.products.tolist()),
            "sums": plain(list(self.sums)),
            "bias": None if self.bias is None else plain(self.bias),
            "value": plain(self.value),
        }

    def __str__(self) -> str:
        """Return patch, kernel and products, and the sum, in plain ASCII."""
        lines = [f"stop {self.number}: row {self.row}, column {self.column} of the output"]
        for patch, weights, products in zip(
            self.patch[:_SHOWN], self.weights[:_SHOWN], self.products[:_SHOWN], strict=True
        ):
            blocks = [aligned(shortened(cells(m, 3), 6)) for m in (patch, weights, products)]
            middle = (len(blocks[0]) - 1) // 2
            for i, (a, b, c) in enumerate(zip(*blocks, strict=True)):
                times, equals = (" * ", " = ") if i == middle else ("   ", "   ")
                lines.append(f"  {a}{times}{b}{equals}{c}")
            lines.append("")
        if len(self.sums) > _SHOWN:
            lines.append(f"  and {len(self.sums) - _SHOWN} more channels")
        lines.append(f"  {self.sum_text()}")
        return "\n".join(clipped(line) for line in lines)

    def sum_text(self) -> str:
        """Return the channels' sums and the bias, written out.

        Examples
        --------
        >>> layer = Conv2D.from_kernels([[1.0, -1.0]], in_channels=2, bias=[0.5])
        >>> sliding_window(layer, np.arange(8.0).reshape(1, 2, 1, 4)).stop(0).sum_text()
        '-1 - 1 + 0.5 (bias) = -1.5'
        """
        parts = [*self.sums, *([] if self.bias is None else [self.bias])]
        texts = [number(parts[0])]
        texts += [f"{'-' if part < 0 else '+'} {number(abs(part))}" for part in parts[1:]]
        if self.bias is not None:
            texts[-1] += " (bias)"
        if len(parts) == 1:
            return f"sum = {number(self.value)}"
        return f"{' '.join(texts)} = {number(self.value)}"


@dataclass(frozen=True, eq=False)
class SlidingWindow:
    """One filter on its way over one picture.

    Attributes
    ----------
    name : str
        What the feature map is called.
    channel : int
        The feature map's number.
    channels : tuple of int
        The input channels that the filter looks at: those of its group.
    arithmetic : Arithmetic
        What slides, over which size; all padding counted, the `Pad` layers' too.
    border : Border
        Where each padded position comes from.
    padded : array (C, PH, PW)
        What the filter lies on; only the channels that it looks at.
    weight : array (C, KH, KW)
    bias : float or None
    output : array (OH, OW)
        The feature map, as the layer itself computes it.
    """

    name: str
    channel: int
    channels: tuple[int, ...]
    arithmetic: Arithmetic
    border: Border
    padded: Array = field(repr=False)
    weight: Array = field(repr=False)
    bias: float | None
    output: Array = field(repr=False)

    def __len__(self) -> int:
        """Return how often the window stops."""
        return int(self.output.size)

    def stop(self, number: Any) -> Stop:
        """Return one stop, by its number or as (row, column) of the output.

        Raises
        ------
        ConfigError
            If there is no such stop.
        """
        rows, columns = self.output.shape
        if isinstance(number, tuple | list) and len(number) == 2:
            row = integer("row", number[0], least=0, most=rows - 1)
            column = integer("column", number[1], least=0, most=columns - 1)
        else:
            row, column = divmod(integer("stop", number, least=0, most=rows * columns - 1), columns)
        down, along = self.arithmetic.axes
        taps = tuple(down.taps(row)), tuple(along.taps(column))
        patch = self.padded[:, taps[0]][:, :, taps[1]].astype(np.float64)  # (C, KH, KW)
        with np.errstate(all="ignore"):
            products = patch * self.weight
            sums = tuple(float(part) for part in products.sum(axis=(1, 2)))
        value = float(self.output[row, column])
        return Stop(
            row * columns + column, row, column, *taps, patch, self.weight, products, sums,
            self.bias, value,
        )  # fmt: skip

    def __str__(self) -> str:
        """Return what slides over what, and the formula of the output's size."""
        height, width = self.arithmetic.size
        settings = self.arithmetic.settings(self.border.words)
        head = f"{self.name} over {height} x {width}: {settings}"
        return "\n".join(map(clipped, self.arithmetic.told(head).splitlines()))


def sliding_window(layer: Any, x: Array, *, channel: Any = 0, sample: int = 0) -> SlidingWindow:
    """Return one filter of a convolution on its way over a picture, stop by stop.

    Parameters
    ----------
    layer : Conv2D, or Sequential of Pad layers and then a Conv2D
        The actual layer: its weights, stride, padding, dilation and groups are what is shown.
    x : array (N, C, H, W)
    channel : int or str
        The feature map, by its number or its name.
    sample : int
        Which picture of the batch.

    Returns
    -------
    SlidingWindow

    Raises
    ------
    UnsupportedError
        For any other layer.
    ConfigError, ShapeError, DTypeError
        For a channel that is not there, or a picture that does not fit the layer.

    Examples
    --------
    >>> from minicnn import Sequential
    >>> model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels("sobel_x"))
    >>> window = sliding_window(model, np.arange(12.0).reshape(1, 1, 3, 4))
    >>> print(window.stop((1, 1)))
    stop 5: row 1, column 1 of the output
       0  1  2   -1  0  1    0  0  2
       4  5  6 * -2  0  2 = -8  0 12
       8  9 10   -1  0  1   -8  0 10
    <BLANKLINE>
      sum = 8
    """
    pads, conv = _taken_apart(layer)
    x = image_batch(x, "sliding_window")
    if integer("sample", sample, least=0) >= len(x):
        raise ConfigError(f"sample must be from 0 to {len(x) - 1}: the batch has {len(x)}")
    x = x[sample : sample + 1]
    index = _channel(conv, channel)
    output = layer(x)[0, index]
    border = border_of(pads, conv, x.shape[2:])
    for pad in pads:
        x = pad(x)
    first = index // (conv.out_channels // conv.groups) * conv.weight.shape[1]
    channels = tuple(range(first, first + conv.weight.shape[1]))
    return SlidingWindow(
        name=f"channel {index}" if conv.names is None else conv.names[index],
        channel=index,
        channels=channels,
        arithmetic=border.arithmetic,
        border=border,
        padded=border.padded_by_conv(x[0, list(channels)]),
        weight=conv.weight[index].astype(x.dtype).astype(np.float64),  # as the layer rounds it
        bias=None if conv.bias is None else float(conv.bias[index].astype(x.dtype)),
        output=output,
    )


def _taken_apart(layer: Any) -> tuple[list[Pad], Conv2D]:
    leaves = [leaf for _, leaf in layer.leaves()] if isinstance(layer, Layer) else []
    pads = [pad for pad in leaves[:-1] if isinstance(pad, Pad)]
    if leaves and isinstance(leaves[-1], Conv2D) and len(pads) == len(leaves) - 1:
        return pads, leaves[-1]
    convs = [i for i, leaf in enumerate(leaves) if isinstance(leaf, Conv2D)]
    fix = "Pass a Conv2D, or Sequential(Pad(...), Conv2D(...))."
    if convs and len(leaves) > convs[0] + 1 and all(isinstance(x, Pad) for x in leaves[: convs[0]]):
        fix = f"Leave out what comes after the convolution: model[:{convs[0] + 1}]."
    elif convs:
        fix = "Pass the one layer that is meant, and model.trace(x)[name].input as its picture."
    raise UnsupportedError(
        f"one convolution can be watched, with Pad layers before it; got {short(layer)}.\n  {fix}"
    )


def _channel(conv: Conv2D, channel: Any) -> int:
    if isinstance(channel, str):
        if conv.names is None:
            raise ConfigError("the maps of this layer have no names: give channel as a number")
        if channel not in conv.names:
            known = ", ".join(map(repr, conv.names[:8]))
            raise ConfigError(f"there is no channel {short(channel)}; there are {known}")
        return conv.names.index(channel)
    return integer("channel", channel, least=0, most=conv.out_channels - 1)
