"""Which algorithm is best for which convolution: an estimate from the shapes, in a sentence.

The choice follows from one picture's shape, the kernels' shape and the dtype: not from how many
pictures there are, nor from the machine, its threads or its memory. So a picture gives the same
bits alone and in a batch.

The estimate counts what each algorithm copies, transforms and multiplies, and weighs the counts
with a few constants, in nanoseconds on one core (`benchmarks/crossover.py` compares them with the
clock). Only their proportions matter, and these are much alike from one processor to another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minicnn.errors import DTypeError, ShapeError, short
from minicnn.ops import conv_fft, conv_winograd
from minicnn.ops.conv_check import check_channels, check_filters
from minicnn.shapes import Padding, Pair, Shape, Window, integer

MULTIPLY = 0.025
"""One multiplication and addition inside a matrix product."""

COLUMN, WEIGHT, OUTPUT = 0.15, 4.8, 0.5
"""im2col: one number of a column; reading one weight, band after band; writing one output."""

TILE, PRODUCT, KERNEL = 1.2, 0.5, 1.2
"""Winograd: cutting out one number of a tile; reading one product; one number of a kernel."""

TRANSFORM, REARRANGE, COMPLEX, SUMMED = 0.45, 2.5, 0.5, 0.3
"""FFT: one pixel there or back, for each doubling of a tile; putting one in order for the products;
one product of two, alone or in a matrix product."""

SETUP = {"im2col": 2e4, "winograd": 1e5, "fft": 1.5e5}
"""What a call costs before it does anything."""

MARGIN = 1.1
"""im2col is left only for what is estimated to be so many times as fast."""

LARGEST_LOSS = 256.0
"""im2col is never left for what can be more than so many times as wrong: 8 of float32's 24 bits.

What is compared are bounds, which hold for the worst case: im2col's is (K + 2) * eps * sum|x||w|,
with K = C // groups * KH * KW; the others have an `error_bound`. On ordinary numbers all of them
are about as exact as each other.
"""


@dataclass(frozen=True)
class Choice:
    """The algorithm chosen, and why.

    Attributes
    ----------
    name : str
        A key of `minicnn.ops.ALGORITHMS`.
    reason : str
        One sentence.
    """

    name: str
    reason: str

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason


def choose_algorithm(
    input_shape: Shape,
    weight_shape: Shape,
    *,
    stride: Any = 1,
    padding: Padding = 0,
    dilation: Any = 1,
    groups: int = 1,
    dtype: Any = np.float32,
) -> Choice:
    """Return the algorithm that ``conv2d(..., algorithm="auto")`` takes, and why.

    Parameters
    ----------
    input_shape : (N, C, H, W)
        How many pictures, N, makes no difference.
    weight_shape : (O, C // groups, KH, KW)
    stride, padding, dilation, groups
        As for `conv2d`.
    dtype : dtype
        The input's.

    Returns
    -------
    Choice

    Raises
    ------
    ShapeError, ConfigError, DTypeError

    Examples
    --------
    >>> print(choose_algorithm((1, 128, 112, 112), (128, 128, 3, 3), padding=1))
    winograd: 3x3, stride 1, 128 channels: 4.0 times fewer multiplications
    >>> print(choose_algorithm((1, 3, 224, 224), (64, 3, 7, 7), stride=2, padding=3))
    im2col: 7x7, stride 2, 3 channels: nothing else is estimated to be faster
    >>> choose_algorithm((1, 1, 256, 256), (1, 1, 31, 31)).name
    'fft'
    """
    input_shape = _four("input_shape", "(N, C, H, W)", input_shape)
    weight_shape = _four("weight_shape", "(O, C // groups, KH, KW)", weight_shape)
    check_filters(weight_shape, groups)
    check_channels(input_shape, weight_shape, groups)
    height, width = input_shape[2:]
    window = Window.over(height, width, weight_shape[2:], stride, padding, dilation)
    return choice_for(input_shape[1:], weight_shape, window, _computed_in(dtype))


def _four(name: str, meaning: str, sizes: Any) -> Shape:
    if not isinstance(sizes, tuple | list) or len(sizes) != 4:
        raise ShapeError(f"choose_algorithm: {name} must be {meaning}, got {short(sizes)}")
    return tuple(integer(f"{name}[{axis}]", size, least=0) for axis, size in enumerate(sizes))


def _computed_in(dtype: Any) -> str:
    """Return 'd' if `conv2d` computes an input of this dtype in float64, 'f' if in float32."""
    try:
        kind = np.dtype(dtype)
    except Exception:
        raise DTypeError(f"choose_algorithm: {short(dtype)} is not a dtype") from None
    if kind.kind not in "biuf" or kind.itemsize > 8:
        raise DTypeError(
            f"choose_algorithm: dtype must be one of real numbers of up to 64 bits, got {kind}"
        )
    return "d" if kind.kind == "f" and kind.itemsize == 8 else "f"  # whatever its byte order


@lru_cache(maxsize=1024)
def choice_for(picture: Shape, weight_shape: Shape, window: Window, dtype: str) -> Choice:
    """Return the choice for one picture (C, H, W), all arguments checked already."""
    size = window.output_size(*picture[1:])
    im2col, *others = estimates(picture[0], weight_shape, window, size, dtype)
    (kh, kw), (sh, sw) = window.kernel_size, window.stride
    stride = f"{sh}" if sh == sw else f"{sh}x{sw}"
    channels = f"{picture[0]} channel{'' if picture[0] == 1 else 's'}"
    layer = f"{kh}x{kw}, stride {stride}, {channels}"
    faster = [other for other in others if other.time * MARGIN < im2col.time]
    good = [other for other in faster if other.error <= LARGEST_LOSS * im2col.error]
    if good:
        best = min(good, key=lambda estimate: estimate.time)
        gain = best.gain or f"an estimated {im2col.time / best.time:.1f} times faster than im2col"
        return Choice(best.name, f"{best.name}: {layer}: {gain}")
    if faster:
        why = f"{faster[0].name} would be faster, but less accurate than we promise"
    else:
        why = "nothing else is estimated to be faster"
    return Choice("im2col", f"im2col: {layer}: {why}")


class Estimate(NamedTuple):
    """What is expected of an algorithm: nanoseconds, error bound, and why it would be taken."""

    name: str
    time: float
    error: float
    gain: str = ""


def estimates(
    channels: int, weight_shape: Shape, window: Window, size: Pair, dtype: str
) -> list[Estimate]:
    """Return what is expected of every algorithm that can do it, im2col first."""
    itemsize = np.dtype(dtype).itemsize
    found = (
        one(channels, weight_shape, window, size, itemsize) for one in (_im2col, _winograd, _fft)
    )
    return [estimate for estimate in found if estimate]


def _im2col(
    channels: int, weight_shape: Shape, window: Window, size: Pair, itemsize: int
) -> Estimate:
    filters, taps = weight_shape[0], math.prod(weight_shape[1:])
    columns = channels // weight_shape[1] * taps
    work = columns * COLUMN + filters * taps * MULTIPLY + filters * OUTPUT
    time = SETUP["im2col"] + math.prod(size) * work + filters * taps * WEIGHT
    return Estimate("im2col", time, taps + 2)


def _winograd(
    channels: int, weight_shape: Shape, window: Window, size: Pair, itemsize: int
) -> Estimate | None:
    if not conv_winograd.supports(window.kernel_size, window.stride, window.dilation):
        return None
    filters, share, kh, kw = weight_shape
    tiles = conv_winograd.tiles_for((kh, kw))
    outputs, numbers = math.prod(tiles.outputs), math.prod(tiles.pixels)
    many = math.prod(tiles.grid(size))
    transforms = channels * numbers + filters * outputs
    work = numbers * (transforms + filters * share) * MULTIPLY
    work += numbers * (channels * TILE + filters * PRODUCT) + outputs * filters * OUTPUT
    fewer = math.prod(size) * kh * kw / (many * numbers)
    return Estimate(
        "winograd",
        SETUP["winograd"] + many * work + numbers * filters * share * KERNEL,
        conv_winograd.error_bound(weight_shape),
        f"{fewer:.1f} times fewer multiplications",
    )


def _fft(channels: int, weight_shape: Shape, window: Window, size: Pair, itemsize: int) -> Estimate:
    filters, share = weight_shape[:2]
    tiles = conv_fft.tiles_for(window, size, share, itemsize)
    some = conv_fft.at_once(tiles, weight_shape, filters * share // channels, itemsize)
    again = -(-filters // some) if share == channels else 1  # the pixels, for other filters
    many, pixels = math.prod(tiles.grid(size)), math.prod(tiles.pixels)
    there = TRANSFORM * math.log2(pixels) + (REARRANGE if share > 1 else 0.0)
    work = many * (channels * again + filters) * there
    work += filters * share * (there + many * (SUMMED if share > 1 else COMPLEX))
    return Estimate("fft", SETUP["fft"] + pixels * work, conv_fft.error_bound(weight_shape, tiles))
