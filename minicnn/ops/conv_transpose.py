"""The transposed convolution: every input value paints a kernel, and the strokes are added up.

What a convolution does on its way back, taken as a way forward: where a convolution with stride
2 halves a picture, this one doubles it. Neither undoes the other; they are adjoint.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minicnn.errors import ConfigError, ShapeError
from minicnn.ops import blas
from minicnn.ops.arrays import came_back, check_bytes, fitting, image_batch, real_array
from minicnn.ops.columns import tap
from minicnn.ops.conv import conv2d
from minicnn.ops.pad import pad2d
from minicnn.shapes import Array, Pair, Shape, Window, integer, pair


def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Array:
    """Let every value of x paint all kernels of its channel, `stride` apart, and add the bias.

    ::

        y[n, o, i * stride + u * dilation - padding, ...] = bias[o] + sum of all
                        x[n, c, i, ...] * weight[c, o, u, v]   that fall on that place

    Parameters
    ----------
    x : array (N, C, H, W)
    weight : array (C, O // groups, KH, KW)
        For each input channel a kernel for each output channel of its group.
    bias : array (O,), optional
    stride, dilation : int or (rows, columns)
        How far apart neighbours paint, and the distance between the kernel's taps.
    padding : int, (rows, columns), ((top, bottom), (left, right)) or four ints
        How much of the painting is cut off on each side: what a convolution would have padded.
    output_padding : int or (rows, columns)
        Rows and columns added at the bottom and on the right, for the size alone; less than
        the stride or the dilation.
    groups : int

    Returns
    -------
    array (N, O, OH, OW)
        With OH = (H - 1) * stride + dilation * (KH - 1) + 1 - top - bottom + output_padding.

    Raises
    ------
    ShapeError, DTypeError, ConfigError, LimitError

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, chapter 4.

    Examples
    --------
    >>> stroke = np.array([[[[1.0, 2.0, 1.0]]]])
    >>> conv_transpose2d(np.array([[[[1.0, 10.0]]]]), stroke, stride=2)
    array([[[[ 1.,  2., 11., 20., 10.]]]])
    """
    call = check_transposed(x, weight, stride, padding, output_padding, groups, dilation)
    x, weight, (batch, filters, oh, ow) = call.x, call.weight, call.output_shape
    check_bytes("conv_transpose2d", call.output_shape, x.dtype, None)
    (top, bottom), (left, right) = call.window.padding
    canvas = np.zeros((batch, filters, top + oh + bottom, left + ow + right), x.dtype)
    height, width = x.shape[2:]
    rows = x.reshape(batch, groups, x.shape[1] // groups, height * width)
    by_group = weight.reshape(groups, -1, *weight.shape[1:])  # (G, C/G, O/G, KH, KW)
    with blas.one_thread, np.errstate(all="ignore"):
        for u, v in np.ndindex(*call.window.kernel_size):
            factors = np.ascontiguousarray(by_group[..., u, v].swapaxes(1, 2))
            strokes = factors @ rows  # (N, G, O/G, H*W)
            painted = canvas[:, :, *tap(call.window, u, v, slice(0, height), width)]
            painted += strokes.reshape(batch, filters, height, width)
        if bias is not None:
            canvas += _checked_bias(bias, filters, x)[:, None, None]
    return canvas[:, :, top : top + oh, left : left + ow].copy()


def conv_transpose2d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    *,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> tuple[Array, Array, Array]:
    """Return the gradients of the input, the weight and the bias of `conv_transpose2d`.

    The way back is the convolution with the same kernels. The gradient of a kernel's tap is what
    painted it times what came back from where it painted.

    Parameters
    ----------
    dy : array (N, O, OH, OW)
    x, weight, stride, padding, output_padding, groups, dilation
        As given to `conv_transpose2d`.

    Returns
    -------
    dx : array (N, C, H, W)
    dweight : array (C, O // groups, KH, KW)
    dbias : array (O,)
    """
    call = check_transposed(x, weight, stride, padding, output_padding, groups, dilation)
    x, weight, window = call.x, call.weight, call.window
    dy = came_back(dy, call.output_shape, x.dtype, "conv_transpose2d_backward")
    dy = np.ascontiguousarray(dy)
    (batch, _, height, width), filters = x.shape, dy.shape[1]
    canvas = pad2d(dy, window.padding)
    dx = conv2d(canvas, weight, stride=window.stride, dilation=window.dilation, groups=groups)[
        :, :, :height, :width
    ]  # a large output_padding has room for more stops than there were
    rows = x.reshape(batch, groups, x.shape[1] // groups, height * width)
    dweight = np.empty((groups, rows.shape[2], *weight.shape[1:]), x.dtype)
    with blas.one_thread, np.errstate(all="ignore"):
        for u, v in np.ndindex(*window.kernel_size):
            back = canvas[:, :, *tap(window, u, v, slice(0, height), width)]
            back = back.reshape(batch, groups, filters // groups, height * width)
            dweight[..., u, v] = (rows @ back.swapaxes(2, 3)).sum(axis=0)
        dbias = dy.sum(axis=(0, 2, 3))
    return dx.copy(), dweight.reshape(weight.shape), dbias


class Transposed(NamedTuple):
    """The arguments of a transposed convolution, checked; the window is the one going back."""

    x: Array
    weight: Array
    window: Window
    output_shape: Shape


def check_transposed(
    x: Any, weight: Any, stride: Any, padding: Any, extra: Any, groups: Any, dilation: Any
) -> Transposed:
    """Return the arguments of a transposed convolution, converted and checked."""
    x = np.ascontiguousarray(image_batch(x, "conv_transpose2d"))  # BLAS sees one layout only
    weight = image_batch(weight, "conv_transpose2d", "weight")
    window, output_padding = painting(weight.shape[2:], stride, padding, extra, dilation)
    shape = transposed_shape(x.shape, weight.shape, window, output_padding, groups)
    return Transposed(x, fitting(weight, x.dtype, "conv_transpose2d", "weight"), window, shape)


def painting(
    kernel_size: Any, stride: Any, padding: Any, extra: Any, dilation: Any
) -> tuple[Window, Pair]:
    """Return the window of a transposed convolution and its output_padding.

    Raises
    ------
    ConfigError
        If the output_padding is not less than the stride or the dilation.
    """
    window = Window(kernel_size, stride, padding, dilation)
    output_padding = pair("output_padding", extra, least=0)
    for added, step, apart in zip(output_padding, window.stride, window.dilation, strict=True):
        if added >= max(step, apart):
            raise ConfigError(
                f"output_padding must be less than the stride or the dilation, got "
                f"output_padding {output_padding}, stride {window.stride}, "
                f"dilation {window.dilation}"
            )
    return window, output_padding


def transposed_shape(
    x_shape: Shape, weight_shape: Shape, window: Window, output_padding: Pair, groups: Any
) -> Shape:
    """Return the output's shape (N, O, OH, OW).

    Raises
    ------
    ShapeError
        For channels that do not fit, and if the padding cuts off everything.
    """
    integer("groups", groups, least=1)
    if 0 in weight_shape:
        raise ShapeError(
            f"conv_transpose2d: weight (C, O // groups, KH, KW) = {weight_shape} is empty"
        )
    shapes = (
        f"  x      (N, C, H, W)             = {tuple(x_shape)}\n"
        f"  weight (C, O // groups, KH, KW) = {weight_shape}, groups = {groups}"
    )
    if x_shape[1] != weight_shape[0]:
        raise ShapeError(
            f"conv_transpose2d: the input has {x_shape[1]} channels, the weight is for "
            f"{weight_shape[0]}.\n{shapes}\n"
            f"  Use ConvTranspose2D(in_channels={x_shape[1]}, ...)."
        )
    if weight_shape[0] % groups:
        raise ConfigError(f"groups={groups} does not divide the {weight_shape[0]} channels")
    size = []
    for pixels, step, span, around, added in zip(
        x_shape[2:], window.stride, window.span, window.padding, output_padding, strict=True
    ):
        size.append((pixels - 1) * step + span - sum(around) + added if pixels else 0)
    if min(size) < 1:
        raise ShapeError(
            f"conv_transpose2d: the padding {window.padding} cuts off everything.\n{shapes}\n"
            f"  Use less padding, or a larger picture."
        )
    return x_shape[0], weight_shape[1] * int(groups), size[0], size[1]


def _checked_bias(bias: Any, filters: int, x: Array) -> Array:
    bias = real_array(bias, "conv_transpose2d", "bias")
    if bias.shape != (filters,):
        raise ShapeError(
            f"conv_transpose2d: bias must have one value for each of the {filters} maps, "
            f"got {bias.shape}"
        )
    return fitting(bias, x.dtype, "conv_transpose2d", "bias")
