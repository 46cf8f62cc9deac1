"""The largest value of each window, and which tap it came from: where its gradient goes back to."""

from __future__ import annotations

from functools import reduce
from itertools import product
from typing import NamedTuple

import numpy as np

from minicnn.ops.masks import bits, keep
from minicnn.ops.pool_windows import Tap, slide, taps
from minicnn.shapes import Array, Pair, Shape, Window

CACHED = 1 << 22
"""Pictures of up to so many bytes, all together, stay near the processor, and a copy is cheap."""

FEW = 9
"""Up to so many taps it pays to copy what each sees, and to write what goes back to each without a
copy; more are short work each, which begins and ends too often."""


class Winner(NamedTuple):
    """Where one tap of the window saw the largest value: what it saw, and at which stops."""

    rows: Tap
    columns: Tap
    won: Array


def largest(x: Array, window: Window, size: Pair) -> Array:
    """Return the largest value of each window; NaN wins."""
    rows = slide(np.maximum, x, window, 0, size, -np.inf)
    return slide(np.maximum, rows, window, 1, size, -np.inf)


def largest_and_winners(x: Array, window: Window, size: Pair) -> tuple[Array, list[Winner]]:
    """Return the largest values, and for each tap of the window where it wins.

    The first of several that are equally large wins, in the order of reading; the last of several
    NaN. That is all that the way back must know: a byte for each tap of each window, so one for
    each value of x where windows do not overlap.

    Parameters
    ----------
    x : array (N, C, H, W)
    window : Window
    size : (OH, OW)
    """
    down, across = (list(taps(window, axis, x.shape, size)) for axis in (0, 1))
    seen = [[x[..., rows.pixels, columns.pixels] for columns in across] for rows in down]
    whole = all(values.shape[2:] == size for row in seen for values in row)
    if whole and _are_apart(window) and len(down) * len(across) <= FEW and x.nbytes <= CACHED:
        # each value is seen once: a copy, to be read in one go, serves both
        seen = [[values.copy() for values in row] for row in seen]
        y = reduce(_larger, (reduce(_larger, column) for column in zip(*seen, strict=True)))
    else:
        y = largest(x, window, size)
    left = np.ones(y.shape, bool)  # what has no winner yet
    found = []
    for (i, rows), (j, columns) in product(enumerate(down), enumerate(across)):
        here = (..., rows.stops, columns.stops)
        won = seen[i][j] == y[here]
        won &= left[here]
        left[here] ^= won
        found.append(Winner(rows, columns, won))
    if np.isnan(y).any():
        for rows, columns, won in reversed(found):
            at = left[..., rows.stops, columns.stops]
            last = np.isnan(x[..., rows.pixels, columns.pixels]) & at
            at ^= last
            won |= last
    return y, found


def send_to_winners(dy: Array, found: list[Winner], window: Window, shape: Shape) -> Array:
    """Return the gradient (N, C, H, W) of an x of this shape: all of dy goes to the winners.

    Parameters
    ----------
    dy : array (N, C, OH, OW)
        In the dtype of x, which is no longer needed.
    """
    dy = np.ascontiguousarray(dy)
    dx, apart = np.zeros(shape, dy.dtype), _are_apart(window)
    for rows, columns, won in found:
        came_back, into = dy[..., rows.stops, columns.stops], dx[..., rows.pixels, columns.pixels]
        if apart and len(found) <= FEW:
            np.multiply(bits(came_back), won, out=bits(into))  # `keep`, without a copy of it
        elif apart:
            into[...] = keep(won, came_back)
        else:
            with np.errstate(all="ignore"):
                into += keep(won, came_back)
    return dx


def _are_apart(window: Window) -> bool:
    """Say whether no two windows see the same pixel."""
    return all(np.less_equal(window.span, window.stride))


def _larger(values: Array, others: Array) -> Array:
    """Return the larger of two, in the order in which `slide` takes them: 0 and -0 are equal."""
    with np.errstate(all="ignore"):
        return np.maximum(others, values)
