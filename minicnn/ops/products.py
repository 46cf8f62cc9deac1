"""Weight times what a window sees: three ways, for the three ways it is laid out."""

from __future__ import annotations

import numpy as np

from minicnn.shapes import Array

FAR = 1 << 25
"""Maps a multiple of so many bytes apart share their places in the processor's caches and page
tables: there a row of all maps is made close together, and then brought to each map in turn."""

FEW = 3
"""Up to so many filters are taken one by one: BLAS is slow with matrices of two or three rows."""


def in_order_of_lines(weight: Array, bias: Array | None) -> Array:
    """Return the weight (G, O/G, C/G, KH, KW) in the order of lines: (G, O/G, KH, C/G * KW).

    A bias is one weight more, for a line of ones: (G, O/G, KH, C/G * KW + 1), once, then zeros.
    """
    groups, per_group, share, kh, kw = weight.shape
    ones = bias is not None
    lines = np.zeros((groups, per_group, kh, share * kw + ones), weight.dtype)
    by_channel = lines[..., : share * kw].reshape(groups, per_group, kh, share, kw)
    by_channel[...] = weight.swapaxes(2, 3)
    if bias is not None:
        lines[:, :, 0, -1] = bias.reshape(groups, per_group)
    return lines


def multiply_rows(weight: Array, lines: Array, out: Array) -> None:
    """Write a matrix product for each row of outputs.

    Parameters
    ----------
    weight : array (G, O/G, KH, lines)
    lines : array (N, G, KH, lines, rows, columns)
        The rows of a column follow each other in memory.
    out : array (N, G, O/G, rows, columns)
    """
    images, groups, kh, many, rows, columns = lines.shape
    matrices = lines.transpose(0, 1, 4, 2, 3, 5).reshape(images, groups, rows, kh * many, columns)
    matrix, by_row = weight.reshape(groups, 1, -1, kh * many), out.swapaxes(2, 3)
    if out.strides[2] % FAR:
        _multiply(matrix, matrices, by_row)
        return
    near = np.empty((*by_row.shape[:2], 1, by_row.shape[3], columns + 16), out.dtype)
    for row in range(rows):
        one = slice(row, row + 1)
        _multiply(matrix, matrices[:, :, one], near[..., :columns])
        by_row[:, :, one] = near[..., :columns]


def multiply_block(weight: Array, columns: Array, out: Array) -> None:
    """Write one matrix product to out (N, G, O/G, pixels), from columns (N, G, taps, pixels)."""
    _multiply(weight.reshape(*weight.shape[:2], -1), columns, out)


def sum_taps(weight: Array, lines: Array, out: Array) -> None:
    """Write the sum over the taps to out (N, G, 1, pixels); see `multiply_rows`.

    What a tap sees is a run of the lines as they lie: `einsum` sums long runs.
    """
    images, groups, kh, many, _, _ = lines.shape
    taps = weight[:, 0]
    seen = lines.reshape(images, groups, kh, many, -1)
    np.einsum("nguvp,guv->ngp", seen, taps, out=out[:, :, 0])


def _multiply(weight: Array, columns: Array, out: Array) -> None:
    """Write weight (..., O/G, taps) times columns (..., taps, pixels) to out."""
    filters = weight.shape[-2]
    step = 1 if filters <= FEW else filters
    for first in range(0, filters, step):
        some = slice(first, first + step)
        np.matmul(weight[..., some, :], columns, out=out[..., some, :])
