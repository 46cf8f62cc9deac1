"""The gradient of a convolution: of its input, of its weight, of its bias.

- Of the input: a pixel's value went through every tap that saw it, so what comes back to it is a
  sum over the same taps. Each output's gradient times the weight is a column, added back to where
  `im2col` would have taken it from. A large picture is rather convolved once more: `dy` with the
  kernel turned by half, filters and channels exchanged, which needs no columns of its own (but
  puts zeros around `dy`, and an infinite weight times those would be NaN).
- Of the weight: what a tap saw, times what came back, summed over all places: the rows of `dy`
  times the columns of `im2col`. What the input's gradient is plays no part in it: who learns, and
  does not ask how the picture should change, takes `conv2d_backward_params`.
- Of the bias: what came back, summed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.ops.arrays import came_back
from minicnn.ops.conv import conv2d
from minicnn.ops.conv_back_input import SMALL, of_input
from minicnn.ops.conv_back_weight import of_weight
from minicnn.ops.conv_check import Call, check_call
from minicnn.ops.lanes import NUMBERS, numbers
from minicnn.shapes import Array, Padding, Window

FEW = 4
"""With so many times as many filters as channels, columns are fewer than those of `dy` would be."""


def conv2d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    *,
    stride: Any = 1,
    padding: Padding = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[Array, Array, Array]:
    """Return the gradients of the input, the weight and the bias of `conv2d`.

    Parameters
    ----------
    dy : array (N, O, OH, OW)
        The gradient of the output.
    x, weight, stride, padding, dilation, groups
        As given to `conv2d`.

    Returns
    -------
    dx : array (N, C, H, W)
    dweight : array (O, C // groups, KH, KW)
    dbias : array (O,)

    Raises
    ------
    ShapeError, DTypeError, ConfigError

    References
    ----------
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, chapter 4.

    Examples
    --------
    >>> x, weight = np.array([[[[1.0, 2, 3]]]]), np.array([[[[10.0, 20]]]])
    >>> dx, dweight, dbias = conv2d_backward(np.ones((1, 1, 1, 2)), x, weight)
    >>> dx, dweight, dbias      # 2 was seen by both taps; the first tap saw 1 + 2, the other 2 + 3
    (array([[[[10., 30., 20.]]]]), array([[[[3., 5.]]]]), array([2.]))
    """
    call = check_call(x, weight, None, stride, padding, dilation, groups)
    dy = _checked(dy, call, "conv2d_backward")
    with np.errstate(all="ignore"):
        return _of_input(dy, call, groups), *_of_params(dy, call, groups)


def conv2d_backward_params(
    dy: Array,
    x: Array,
    weight: Array,
    *,
    stride: Any = 1,
    padding: Padding = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[Array, Array]:
    """Return the gradients of the weight and the bias alone: see `conv2d_backward`.

    Returns
    -------
    dweight : array (O, C // groups, KH, KW)
    dbias : array (O,)
    """
    call = check_call(x, weight, None, stride, padding, dilation, groups)
    dy = _checked(dy, call, "conv2d_backward_params")
    with np.errstate(all="ignore"):
        return _of_params(dy, call, groups)


def _checked(dy: Any, call: Call, who: str) -> Array:
    return np.ascontiguousarray(came_back(dy, call.output_shape, call.x.dtype, who))


def _of_params(dy: Array, call: Call, groups: int) -> tuple[Array, Array]:
    dweight = of_weight(dy, call.x, call.weight.shape, call.window, groups)
    by_picture = dy.sum(axis=(2, 3))
    return dweight, by_picture.sum(axis=0, dtype=np.float64).astype(dy.dtype)


def _of_input(dy: Array, call: Call, groups: int) -> Array:
    filters, share = call.weight.shape[:2]
    by_group = call.weight.reshape(groups, filters // groups, *call.weight.shape[1:])
    columns = numbers(share * groups, call.window, dy.shape[2:])
    few = filters >= FEW * groups * share and columns > NUMBERS
    strided = call.window.stride != (1, 1)
    if strided or few or columns <= SMALL or not np.isfinite(call.weight).all():
        return of_input(dy, call.x.shape, by_group, call.window)
    return _of_input_by_convolution(dy, by_group, call.window)


def _of_input_by_convolution(dy: Array, weight: Array, window: Window) -> Array:
    """Return the gradient of the input of a convolution whose window took no steps."""
    groups, _, share = weight.shape[:3]
    turned = weight.swapaxes(1, 2)[..., ::-1, ::-1]  # (G, C/G, O/G, KH, KW)
    turned = turned.reshape(groups * share, -1, *weight.shape[3:])
    padding, kept = [], []
    for span, ends, size in zip(window.span, window.padding, dy.shape[2:], strict=True):
        reach = [span - 1 - end for end in ends]  # below 0: outputs that saw but padding
        padding.append(tuple(max(0, r) for r in reach))
        kept.append(slice(max(0, -reach[0]), size - max(0, -reach[1])))
    dy = dy[:, :, kept[0], kept[1]]
    return conv2d(dy, turned, padding=padding, dilation=window.dilation, groups=groups)
