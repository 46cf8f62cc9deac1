"""The im2col atlas: patch, column, weight row and output pixel of a small convolution, whole."""

from __future__ import annotations

import math

import numpy as np

from minicnn.errors import ConfigError, LimitError, short
from minicnn.explain.im2col_cost import cost_of
from minicnn.explain.im2col_record import Im2colAtlas, options_of
from minicnn.explain.ledger_bounds import conv_bounds, product_bounds
from minicnn.layers import Conv2D
from minicnn.ops.columns import im2col
from minicnn.ops.conv_check import check_call
from minicnn.shapes import Array, integer

MOST_ENTRIES = 1 << 22
"""No atlas has more entries in its matrix."""


def im2col_atlas(layer: Conv2D, x: Array, *, sample: int = 0) -> Im2colAtlas:
    """Show a convolution as one product of two matrices, each number with where it is from.

    ::

        weight (O, C*KH*KW)  @  columns (C*KH*KW, OH*OW)  =  output (O, OH*OW)

    Each column is a patch of the picture, each row of the weight is a filter, and each value of
    the output is one row times one column.

    Parameters
    ----------
    layer : Conv2D
        Any stride, padding, dilation and groups.
    x : array (N, C, H, W)
        The layer's input.
    sample : int
        Which picture of the batch.

    Returns
    -------
    Im2colAtlas
        Print it; `minicnn.viz.plot_im2col` draws it.

    Raises
    ------
    ConfigError
        For what is not a Conv2D.
    ShapeError, DTypeError
        If the layer cannot be laid on `x`.
    LimitError
        If the matrix would have more than 4 million entries.

    References
    ----------
    Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for Document
    Processing", 2006: the first to say it so.

    Examples
    --------
    >>> layer = Conv2D.from_kernels([[1, 2], [0, -1]])
    >>> atlas = im2col_atlas(layer, np.arange(1.0, 10).reshape(1, 1, 3, 3))
    >>> atlas.columns
    array([[1., 2., 4., 5.],
           [2., 3., 5., 6.],
           [4., 5., 7., 8.],
           [5., 6., 8., 9.]])
    >>> atlas.tap(1), atlas.position(2), atlas.source(1, 2)
    (Tap(channel=0, row=0, column=1), (1, 0), Place(channel=0, row=1, column=1))
    >>> atlas.counts                                # how often each pixel is copied
    array([[1, 2, 1],
           [2, 4, 2],
           [1, 2, 1]])
    >>> atlas.cost.duplication, atlas.check
    (Fraction(16, 9), 'atlas = layer: all 4 values, to the last bit')
    """
    if not isinstance(layer, Conv2D):
        raise ConfigError(
            f"im2col_atlas takes a Conv2D, got {short(layer)}.\n"
            f"  Of a model, choose the layer and its input: step = model.trace(x)['conv2d'], "
            f"then im2col_atlas(step.layer, step.input)."
        )
    layer = layer.with_params({})  # as it is now, whatever becomes of it
    geometry = (layer.stride, layer.padding, layer.dilation, layer.groups)
    call = check_call(x, layer.weight, layer.bias, *geometry)
    if integer("sample", sample, least=0) >= len(call.x):
        raise ConfigError(f"sample must be below {len(call.x)}, the batch's size, got {sample}")
    one, window = call.x[sample : sample + 1].copy(), call.window
    _check_size(layer, one)

    kernel, options = window.kernel_size, options_of(window)
    numbers = np.arange(1.0, one.size + 1).reshape(one.shape)  # where padded: 0
    columns = im2col(one, kernel, **options)[0]
    sources = im2col(numbers, kernel, **options)[0].astype(np.int64) - 1
    output = layer(one)[0]
    product, magnitude = _multiplied(call.weight, call.bias, columns, layer.groups)
    terms = math.prod(call.weight.shape[1:])
    bounds = conv_bounds(layer, one[0], magnitude) + product_bounds(magnitude, terms, np.float64)
    return Im2colAtlas(
        layer=layer,
        x=one[0],
        window=window,
        weight=call.weight.copy(),
        bias=None if call.bias is None else call.bias.copy(),
        columns=columns,
        sources=sources,
        product=product,
        output=output,
        bounds=bounds,
    )


def _multiplied(
    weight: Array, bias: Array | None, columns: Array, groups: int
) -> tuple[Array, Array]:
    """Return weight @ columns + bias (O, OH * OW) in float64, and the same of the magnitudes."""
    rows = weight.astype(np.float64).reshape(groups, len(weight) // groups, -1)
    parts = columns.astype(np.float64).reshape(groups, rows.shape[2], -1)
    shift = np.zeros(len(weight)) if bias is None else bias.astype(np.float64)
    found = []
    with np.errstate(all="ignore"):
        for left, right, added in (rows, parts, shift), (abs(rows), abs(parts), abs(shift)):
            product = (left @ right).reshape(len(weight), columns.shape[1])
            found.append(product + added[:, None])
    return found[0], found[1]


def _check_size(layer: Conv2D, x: Array) -> None:
    cost = cost_of(layer, x.shape[2], x.shape[3], x.dtype)
    if cost.entries > MOST_ENTRIES:
        rows, columns = cost.columns_shape
        raise LimitError(
            f"im2col_atlas: the matrix would have {rows:,} x {columns:,} = {cost.entries:,} "
            f"entries, more than {MOST_ENTRIES:,}.\n"
            f"  It is for a small case: cut out a part, x[:, :, :12, :12]; its cost_at(height, "
            f"width) says what the whole takes."
        )
