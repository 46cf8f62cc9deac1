"""A stack of convolutions with nothing between them is one convolution: here it is.

Moving a window over the answers of a window is moving one larger window. With strides ``s1`` and
``s2`` and taps at offsets ``a`` and ``b``, the larger one has its taps at ``a + s1 * b``::

    weight[o, c, a + s1 * b] += sum over m of  second[o, m, b] * first[m, c, a]
    bias[o]                   = second_bias[o] + sum over m, b of  second[o, m, b] * first_bias[m]

This is exact wherever no layer but the first sees padding: padding in between sets to 0 what one
window would have computed from the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.explain.collapse_stage import Stage, joined, stage
from minicnn.layers import BatchNorm2D, Conv2D, Layer, Pad
from minicnn.shapes import Array, Pair, Shape, Sides, Window


@dataclass(frozen=True, eq=False, repr=False)
class Collapsed:
    """The one convolution that a stack of them is; printing it says where that is exact.

    Attributes
    ----------
    weight : array (O, C, KH, KW), float64
    bias : array (O,), float64
    stride : (rows, columns)
    padding : ((top, bottom), (left, right))
        Zeros around what `front` gives.
    front : tuple of Pad
        The stack's own padding layers before its first convolution: they stay in front.
    exact : bool
        Whether it equals the stack everywhere, borders included.
    steps : tuple of str
        The stack's steps.
    stack_weights : int
        How many weights and biases the stack has, and means and variances.
    """

    weight: Array
    bias: Array
    stride: Pair
    padding: Sides
    front: tuple[Pad, ...]
    exact: bool
    steps: tuple[str, ...]
    stack_weights: int
    _later: tuple[Window, ...]

    @property
    def kernel_size(self) -> Pair:
        """Rows and columns of the effective kernel."""
        return self.weight.shape[2], self.weight.shape[3]

    @property
    def layer(self) -> Conv2D:
        """The convolution, to be laid behind `front`; padding between layers becomes zeros."""
        filters, channels = self.weight.shape[:2]
        new = Conv2D(channels, filters, self.kernel_size, stride=self.stride, padding=self.padding)
        new.weight, new.bias = self.weight.copy(), self.bias.copy()
        return new

    def __call__(self, x: Array) -> Array:
        """Return what the one convolution makes of x (N, C, H, W)."""
        for pad in self.front:
            x = pad(x)
        return self.layer(x)

    def interior(self, height: int, width: int) -> tuple[slice, slice]:
        """Return the rows and columns of the output where it equals the stack.

        Parameters
        ----------
        height, width : int
            The picture's size.

        Returns
        -------
        (slice, slice)
            All of the output where `exact`; empty slices where padding reaches everywhere.
        """
        for pad in self.front:
            (top, bottom), (left, right) = pad.padding
            height, width = height + top + bottom, width + left + right
        rows, columns = self._later[0].output_size(height, width)
        clean = [(0, rows), (0, columns)]
        size = rows, columns
        for window in self._later[1:]:
            outputs = window.output_size(*size)
            clean = [
                _clean(clean[axis], window, axis, size[axis], outputs[axis]) for axis in (0, 1)
            ]
            size = outputs
        return slice(*clean[0]), slice(*clean[1])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, texts and lists, ready for JSON."""
        return {
            "steps": list(self.steps),
            "weight": self.weight.tolist(),
            "bias": self.bias.tolist(),
            "stride": list(self.stride),
            "padding": [list(side) for side in self.padding],
            "exact": self.exact,
            "stack_weights": self.stack_weights,
        }

    def __str__(self) -> str:
        """Say what it is and where it is exact, in plain ASCII of at most 80 columns."""
        filters, channels, kh, kw = self.weight.shape
        chain = " -> ".join(self.steps)
        lines = [f"{len(self.steps)} steps, one convolution:"]
        lines.append(f"  {chain if len(chain) <= 76 else chain[:73] + '...'}")
        lines.append(f"  kernel      {kh} x {kw}, channels: {channels} in, {filters} out")
        lines.append(f"  stride      {self.stride[0]} x {self.stride[1]}")
        lines.append(f"  padding     {self.padding}")
        lines.append(
            f"  numbers     {self.weight.size + self.bias.size:,} "
            f"(the stack has {self.stack_weights:,})"
        )
        if self.exact:
            lines.append("  Equal to the stack everywhere.")
        else:
            lines.append("  Equal to the stack inside; near the border it is not, because a step")
            lines.append("  between pads what the steps before it made. See interior().")
        return "\n".join(lines)

    __repr__ = __str__


def collapse(model: Layer, input_shape: Shape | None = None) -> Collapsed:
    """Return the one convolution that a stack of convolutions without activations is.

    Channels, groups, biases, strides and dilations are all taken along. Padding before the first
    convolution changes nothing; padding further on limits where the two are equal.

    Parameters
    ----------
    model : Layer
        A `Conv2D`, or a `Sequential` (also nested) of `Conv2D`, `Pad`, `BatchNorm2D` and
        `Dropout`, as they look.
    input_shape : (N, C, H, W), optional
        Needed only where a step has ``padding="same"``.

    Returns
    -------
    Collapsed
        ``collapsed.weight[o, c]`` is the kernel that channel `c` sees on its way to map `o`.

    Raises
    ------
    UnsupportedError
        For a step that is not linear, such as a ReLU: see `relu_effect`.
    ConfigError, ShapeError, LimitError

    Examples
    --------
    >>> from minicnn import Conv2D, Sequential
    >>> once = Conv2D.from_kernels([[0.25, 0.5, 0.25]])
    >>> 16 * collapse(Sequential(once, once)).weight[0, 0]
    array([[1., 4., 6., 4., 1.]])
    """
    leaves = tuple(_checked(model))
    size = _input_size(input_shape)
    front, leaves_left = _front(leaves)
    if not leaves_left:
        raise ConfigError("collapse: there is no convolution in this model.")
    for pad in front:
        size = None if size is None else _output(size, Window(1, 1, pad.padding))
    channels = _channels_in(leaves_left)
    total: Stage | None = None
    windows: list[Window] = []
    for name, layer in leaves_left:
        own = stage(layer, channels, size, name)
        window = Window(own.weight.shape[2:], own.stride, own.padding)
        total = own if total is None else joined(total, own)
        size = None if size is None else _output(size, window)
        channels = own.weight.shape[0]
        windows.append(window)
    assert total is not None
    return Collapsed(
        weight=total.weight,
        bias=total.bias,
        stride=total.stride,
        padding=total.padding,
        front=front,
        exact=all(window.padding == ((0, 0), (0, 0)) for window in windows[1:]),
        steps=tuple(name for name, _ in leaves),
        stack_weights=sum(int(a.size) for a in model.params.values() if a.dtype.kind == "f"),
        _later=tuple(windows),
    )


def _clean(clean: Pair, window: Window, axis: int, size: int, outputs: int) -> Pair:
    """Return which outputs along an axis see clean values and nothing else."""
    before, step, span = window.padding[axis][0], window.stride[axis], window.span[axis]
    first = -(-(clean[0] + before) // step)
    last = (clean[1] + before - span) // step  # the last stop that still fits
    first = max(first, 0)
    stop = min(last + 1, outputs)
    return (first, stop) if first < stop else (0, 0)


def _front(leaves: Any) -> tuple[tuple[Pad, ...], list[tuple[str, Layer]]]:
    """Split off the padding layers before the first convolution."""
    front: list[Pad] = []
    rest = list(leaves)
    while rest and isinstance(rest[0][1], Pad):
        front.append(rest.pop(0)[1])
    return tuple(front), rest


def _channels_in(leaves: list[tuple[str, Layer]]) -> int:
    for _, layer in leaves:
        if isinstance(layer, Conv2D):
            return layer.in_channels
        if isinstance(layer, BatchNorm2D):
            return layer.num_features
    return 1


def _checked(model: Any) -> Iterator[tuple[str, Layer]]:
    if not isinstance(model, Layer):
        raise ConfigError(
            f"collapse takes a model of convolutions, got {short(model)}.\n"
            f"  Sequential(Conv2D(...), Conv2D(...)), say."
        )
    yield from model.leaves()


def _input_size(input_shape: Any) -> Pair | None:
    if input_shape is None:
        return None
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 4:
        raise ShapeError(f"collapse: input_shape must be (N, C, H, W), got {short(input_shape)}")
    return input_shape[2], input_shape[3]


def _output(size: Pair, window: Window) -> Pair:
    return window.output_size(*size)
