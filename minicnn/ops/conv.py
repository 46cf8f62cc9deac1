"""The convolution that users call: check, choose, hand to an algorithm."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np

from minicnn.errors import UnsupportedError, one_of
from minicnn.ops import conv_fft, conv_im2col, conv_naive, conv_winograd
from minicnn.ops.arrays import check_bytes
from minicnn.ops.choose import choice_for
from minicnn.ops.conv_check import check_call
from minicnn.shapes import Array, Padding

ALGORITHMS: Mapping[str, ModuleType] = MappingProxyType(
    {
        "naive": conv_naive,
        "im2col": conv_im2col,
        "fft": conv_fft,
        "winograd": conv_winograd,
    }
)
"""Every way to compute a convolution: modules with `supports`, `convolve` and `correlate`."""


def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Any = 1,
    padding: Padding = 0,
    dilation: Any = 1,
    groups: int = 1,
    algorithm: str = "auto",
    strict: bool = False,
    max_bytes: int | None = None,
) -> Array:
    """Slide every filter over every picture: multiply, sum, add the bias.

    ::

        y[n, o, i, j] = bias[o] + sum over c, u, v of
                        x[n, c, i * stride + u * dilation, ...] * weight[o, c, u, v]

    What deep learning calls convolution (mathematics: cross-correlation, the kernel is not
    turned). Computed in float64 where `x` is float64, in float32 otherwise.

    Parameters
    ----------
    x : array (N, C, H, W)
        The pictures.
    weight : array (O, C // groups, KH, KW)
        One filter for each output channel.
    bias : array (O,), optional
    stride, dilation : int or (rows, columns)
        The step of the window, and the distance between the kernel's taps.
    padding : int, (rows, columns), ((top, bottom), (left, right)), four ints, "same", "valid"
        Zeros around the picture. "same" gives ceil(H / stride) rows; an odd pixel goes to the
        bottom and to the right. For other borders see `pad2d`.
    groups : int
        The channels and the filters are split into so many groups that do not see each other;
        ``groups=C`` filters each channel by itself (depthwise).
    algorithm : {'auto', 'naive', 'im2col', 'fft', 'winograd'}
        How to compute it; all give the same result, within rounding. 'auto' takes what
        `choose_algorithm` says, which follows from the shapes and the dtype.
    strict : bool
        Raise if rows or columns of the picture are never reached, instead of leaving them out.
    max_bytes : int, optional
        Raise `LimitError` before a larger output is allocated.

    Returns
    -------
    array (N, O, OH, OW)
        With OH = floor((H + padding - dilation * (KH - 1) - 1) / stride) + 1, and OW likewise.

    Raises
    ------
    ShapeError, DTypeError, ConfigError, LimitError

    Notes
    -----
    Within rounding means, with eps = 2**-23 in float32 and 2**-52 in float64, where nothing falls
    below the smallest normal number: 'naive' and 'im2col' are wrong by at most ``(K + 2) * eps *
    (sum of |x| |w| + |bias|)``, K = C // groups * KH * KW, at each value. 'winograd' and 'fft' mix
    the pixels of a tile, so their error goes by the largest of a channel: at most ``b * eps * sum
    over c of max|x[c]| * sum|w[c]|`` before the bias, with b from their `error_bound`. So a dark
    value in a picture with one very bright pixel keeps all its digits with ``algorithm="im2col"``
    only. 'auto' takes the others only where b is at most 256 times K + 2.

    Examples
    --------
    >>> picture = np.array([[0.0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]])
    >>> edge = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    >>> conv2d(picture[None, None], edge[None, None])
    array([[[[4., 4.]]]])
    """
    call = check_call(x, weight, bias, stride, padding, dilation, groups)
    x, weight, window = call.x, call.weight, call.window
    one_of("algorithm", algorithm, ("auto", *ALGORITHMS))
    if strict:
        window.check_strict(x.shape[2], x.shape[3])
    check_bytes("conv2d", call.output_shape, x.dtype, max_bytes)

    if algorithm == "auto":
        algorithm = choice_for(x.shape[1:], weight.shape, window, x.dtype.char).name
    chosen = ALGORITHMS[algorithm]
    if not chosen.supports(window.kernel_size, window.stride, window.dilation):
        raise UnsupportedError(
            f"conv2d: algorithm={algorithm!r} cannot do kernel_size {window.kernel_size}, "
            f"stride {window.stride}, dilation {window.dilation}.\n  Use algorithm='auto'."
        )
    if len(x) == 0:
        return np.empty(call.output_shape, x.dtype)
    with np.errstate(all="ignore"):  # some BLAS builds raise false flags on finite data
        y: Array = chosen.convolve(x, weight, call.bias, window)
    return y
