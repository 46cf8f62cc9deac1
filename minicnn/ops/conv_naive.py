"""The definition of a convolution: seven plain loops, dumb on purpose.

Every other algorithm is tested against this one.

What deep learning calls *convolution* is what mathematics calls *cross-correlation*: the kernel
is laid on the picture as it is, multiplied tap by tap, and summed. (The mathematicians turn it by
180 degrees first; `minicnn.kernels.flip` does that.) From here on we say convolution.
"""

from __future__ import annotations

import numpy as np

from minicnn.ops.pad import pad2d
from minicnn.shapes import Array, Pair, Window


def supports(kernel_size: Pair, stride: Pair, dilation: Pair) -> bool:
    """Say whether this algorithm can do it: the definition always can."""
    return True


def convolve(x: Array, weight: Array, bias: Array | None, window: Window) -> Array:
    """Return the convolution with its padding and its bias: pad, `correlate`, add.

    Parameters
    ----------
    x : array (N, C, H, W)
        Not padded.
    weight : array (O, C // groups, KH, KW)
    bias : array (O,) or None
    window : Window

    Returns
    -------
    array (N, O, OH, OW)
    """
    y = correlate(pad2d(x, window.padding), weight, window.stride, window.dilation)
    return y if bias is None else y + bias[:, None, None]


def correlate(x: Array, weight: Array, stride: Pair, dilation: Pair) -> Array:
    """Return the convolution of `x` with `weight`, one multiplication at a time.

    ::

        y[n, o, i, j] = sum over c, u, v of
                        x[n, first + c, i * sh + u * dh, j * sw + v * dw] * weight[o, c, u, v]

    where `first` is the first input channel of the group that filter o belongs to.

    Parameters
    ----------
    x : array (N, C, H, W)
        Padded already.
    weight : array (O, C // groups, KH, KW)
        The number of groups follows from the two channel counts.
    stride, dilation : (rows, columns)

    Returns
    -------
    array (N, O, OH, OW)
    """
    batch, in_channels, height, width = x.shape
    out_channels, group_channels, kh, kw = weight.shape
    filters_per_group = out_channels * group_channels // in_channels
    (sh, sw), (dh, dw) = stride, dilation
    oh, ow = Window((kh, kw), stride, 0, dilation).output_size(height, width)

    y = np.zeros((batch, out_channels, oh, ow), x.dtype)
    for n in range(batch):
        for o in range(out_channels):
            first = o // filters_per_group * group_channels
            for i in range(oh):
                for j in range(ow):
                    for c in range(group_channels):
                        for u in range(kh):
                            for v in range(kw):
                                pixel = x[n, first + c, i * sh + u * dh, j * sw + v * dw]
                                y[n, o, i, j] += pixel * weight[o, c, u, v]
    return y
