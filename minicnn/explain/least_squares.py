"""Least squares on all windows of a picture, a band of rows at a time.

Every window is an equation: its pixels times the unknown weights is the pixel that came out. The
matrix of a large picture does not fit into memory, and its square (the normal equations) would
lose half of the digits. So the equations are taken in bands, and of what was seen so far only the
triangular factor is kept: ``R = qr([R; band])``. It is as small as the kernel, whatever the
picture's size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from minicnn.ops import im2col
from minicnn.ops.blas import one_thread
from minicnn.shapes import Array, Pair

BAND_BYTES = 16 << 20
"""About so much memory is used for the equations of a band."""

_ROUNDING = 1e-13

RELIABLE = 1e-10
"""A direction whose singular value is below this share of the largest cannot be told."""


@dataclass(frozen=True, eq=False)
class Fit:
    """The solution of least squares, and how sure it is.

    Attributes
    ----------
    weights : array (K, O)
        Of all solutions, the one with the least sum of squares.
    error : array (K, O)
        The standard error of each weight, estimated from what is left over; infinite where the
        pictures cannot tell.
    unknown : array (K,) of bool
        Weights that could be changed, together with others, without any window noticing.
    blind : array (B, K)
        The directions in which nothing can be told: orthonormal rows.
    singular_values : array (K,)
    equations : int
    squares, variation : array (O,)
        The sum of squares that is left over, and that of the answers about their mean.
    """

    weights: Array
    error: Array
    unknown: Array
    blind: Array
    singular_values: Array
    equations: int
    squares: Array
    variation: Array

    @property
    def explained(self) -> float:
        """The share of the answers' variation that is explained: R squared."""
        left, all_ = float(self.squares.sum()), float(self.variation.sum())
        if all_ > 0:
            return 1 - left / all_
        return 1.0 if left == 0 else 0.0


def solve(
    before: Array, after: Array, kernel_size: Pair, *, bias: bool, where: Array | None
) -> Fit:
    """Return the weights that take every window of `before` closest to its pixel of `after`.

    Parameters
    ----------
    before : array (N, C, H, W), float64
    after : array (N, O, OH, OW), float64
        A value for each window, without padding.
    kernel_size : (KH, KW)
    bias : bool
        Whether the last unknown is a constant, added to every window.
    where : array (N, OH, OW) of bool, optional
        Which windows count.
    """
    unknowns = before.shape[1] * kernel_size[0] * kernel_size[1] + bias
    outputs = after.shape[1]
    triangle = np.zeros((0, unknowns + outputs))
    equations, total = 0, np.zeros(outputs)
    with one_thread:  # the last bit must not follow the number of threads
        for columns, answers in _bands(before, after, kernel_size, bias, where):
            equations += len(columns)
            total += answers.sum(axis=0)
            rows = np.vstack([triangle, np.hstack([columns, answers])])
            triangle = np.asarray(np.linalg.qr(rows, mode="r"))
    triangle = np.vstack([triangle, np.zeros((unknowns + outputs, unknowns + outputs))])
    a, b = triangle[:unknowns, :unknowns], triangle[:unknowns, unknowns:]
    left_over = triangle[unknowns : unknowns + outputs, unknowns:]

    with one_thread:
        u, s, vt = np.linalg.svd(a)
    kept = s > RELIABLE * s[0] if s[0] else np.zeros(unknowns, bool)
    inverse = np.where(kept, 1 / np.where(kept, s, 1.0), 0.0)
    weights = vt.T @ (inverse[:, None] * (u.T @ b))
    squares = (left_over**2).sum(axis=0) + ((u.T @ b)[~kept] ** 2).sum(axis=0)
    blind = vt[~kept]
    unknown = (blind**2).sum(axis=0) > RELIABLE
    freedom = max(equations - int(kept.sum()), 1)
    spread = ((vt.T * inverse) ** 2).sum(axis=1)  # (K,)
    error = np.sqrt(spread[:, None] * (squares / freedom))
    error[unknown] = np.inf
    squares_of_answers = (triangle[:, unknowns:] ** 2).sum(axis=0)
    variation = squares_of_answers - total**2 / max(equations, 1)
    variation[variation <= _ROUNDING * squares_of_answers] = 0.0  # a constant
    squares[squares <= _ROUNDING**2 * squares_of_answers] = 0.0
    return Fit(weights, error, unknown, blind, s, equations, squares, variation)


def _bands(
    before: Array, after: Array, kernel_size: Pair, bias: bool, where: Array | None
) -> Iterator[tuple[Array, Array]]:
    """Yield the equations: (windows, K) and their answers (windows, O)."""
    (kh, _), (_, outputs, oh, ow) = kernel_size, after.shape
    unknowns = before.shape[1] * kernel_size[0] * kernel_size[1] + bias
    rows = max(1, BAND_BYTES // (16 * ow * (unknowns + outputs)))
    for picture, answer, index in zip(before, after, range(len(before)), strict=True):
        for top in range(0, oh, rows):
            stop = min(top + rows, oh)
            columns = im2col(picture[None, :, top : stop + kh - 1], kernel_size)[0].T
            answers = answer[:, top:stop].reshape(outputs, -1).T
            if bias:
                columns = np.hstack([columns, np.ones((len(columns), 1))])
            if where is not None:
                chosen = where[index, top:stop].ravel()
                columns, answers = columns[chosen], answers[chosen]
            if len(columns):
                yield columns, answers
