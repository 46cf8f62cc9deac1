"""The windows of a pooling: where they stop, what each tap of them sees, and how to sum it up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minicnn.errors import ConfigError, ShapeError
from minicnn.ops.arrays import check_bytes
from minicnn.ops.gather import cut
from minicnn.shapes import Array, Pair, Shape, Window, flag


def pool_window(kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil: Any) -> Window:
    """Return the window of a pooling; its stride is its size where none is given.

    Raises
    ------
    ConfigError
        If the padding is more than half of the kernel, as in PyTorch.
    """
    stride = kernel_size if stride is None else stride
    window = Window(kernel_size, stride, padding, dilation, ceil)
    for axis, taps_, around in zip(
        ("rows", "columns"), window.kernel_size, window.padding, strict=True
    ):
        if max(around) > taps_ // 2:
            raise ConfigError(
                f"the padding of a pooling must be at most half of its kernel_size, "
                f"{taps_ // 2} {axis} of {taps_}, got {max(around)}.\n"
                f"  Put a Pad in front for more."
            )
    return window


def pooled_size(input_shape: Shape, window: Window, who: str) -> Pair:
    """Return how often a pooling window stops, each time on at least one pixel.

    Raises
    ------
    ShapeError
        If it does not fit, or one of its stops is on padding alone.
    """
    try:
        size = window.output_size(input_shape[2], input_shape[3])
    except ShapeError as error:
        raise ShapeError(f"{who}: {error}") from None
    for axis, name in enumerate(("row", "column")):
        stop = _stop_on_padding(window, axis, input_shape[2 + axis])
        if stop is not None:
            raise ShapeError(
                f"{who}: the window of output {name} {stop} lies on padding with all its taps: "
                f"there is nothing to pool.\n"
                f"  x  (N, C, H, W) = {tuple(input_shape)}\n"
                f"  window          = kernel_size {window.kernel_size}, "
                f"padding {window.padding}, dilation {window.dilation}\n"
                f"  Use a larger picture, or less padding or dilation."
            )
    return size


def _stop_on_padding(window: Window, axis: int, pixels: int) -> int | None:
    """Return the first stop along an axis at which no tap is on a pixel; None: there is none.

    Only a stop that begins on the padding can be one: the others begin on a pixel. Its first tap
    beyond that padding is less than a dilation from the picture's first pixel.
    """
    (before, _), stride, dilation = window.padding[axis], window.stride[axis], window.dilation[axis]
    for stop in range(-(-before // stride)):
        if (stop * stride - before) % dilation >= pixels:
            return stop
    return None


class Tap(NamedTuple):
    """What one tap of the window sees along an axis: at which stops, and which pixels there."""

    stops: slice
    pixels: slice


def taps(window: Window, axis: int, input_shape: Shape, size: Pair) -> Iterator[Tap]:
    """Yield each tap along one axis (0: rows, 1: columns); stops where it is outside left out."""
    (before, _), step = window.padding[axis], window.stride[axis]
    for tap in range(window.kernel_size[axis]):
        first = tap * window.dilation[axis] - before
        yield Tap(*cut(first, step, size[axis], input_shape[2 + axis]))


def counts(window: Window, input_shape: Shape, size: Pair, include_pad: bool) -> Array:
    """Return how many values a mean is of, (OH, OW): of pixels and, it may be, of padding."""
    both = []
    flag("count_include_pad", include_pad)
    for axis, (before, after) in enumerate(window.padding):
        start = np.arange(size[axis]) * window.stride[axis] - before
        end = start + window.kernel_size[axis]
        low, high = (-before, after) if include_pad else (0, 0)
        both.append(np.minimum(end, input_shape[2 + axis] + high) - np.maximum(start, low))
    number: Array = both[0][:, None] * both[1]
    return number


def slide(
    combine: Callable[..., Array], x: Array, window: Window, axis: int, size: Pair, start: float
) -> Array:
    """Return what the window makes of x along one axis: `combine` of all its taps."""
    shape = list(x.shape)
    shape[2 + axis] = size[axis]
    check_bytes("pooling", tuple(shape), x.dtype, None)
    y, whole = np.empty(shape, x.dtype), slice(0, size[axis])
    first, *others = taps(window, axis, x.shape, size)
    with np.errstate(all="ignore"):
        if first.stops != whole:
            y.fill(start)
            others = [first, *others]
        elif others and others[0].stops == whole:
            second, *others = others
            combine(x[_along(axis, second.pixels)], x[_along(axis, first.pixels)], out=y)
        else:
            y[...] = x[_along(axis, first.pixels)]
        for tap in others:
            at = _along(axis, tap.stops)
            combine(x[_along(axis, tap.pixels)], y[at], out=y[at])
    return y


def spread(dy: Array, window: Window, axis: int, input_shape: Shape) -> Array:
    """Return the adjoint of `slide` with `np.add`: what each stop has goes to all its taps."""
    size = dy.shape[2], dy.shape[3]
    shape = list(dy.shape)
    shape[2 + axis] = input_shape[2 + axis]
    dx = np.zeros(shape, dy.dtype)
    with np.errstate(all="ignore"):
        for tap in taps(window, axis, input_shape, size):
            dx[_along(axis, tap.pixels)] += dy[_along(axis, tap.stops)]
    return dx


def _along(axis: int, some: slice) -> tuple[Any, ...]:
    return (..., some, slice(None)) if axis == 0 else (..., some)
