"""Ways to get right numbers into the wrong place: a bias, an output of another size or scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from minicnn.coach.problem import Problem
from minicnn.coach.ways import NotPossible, Solve, Way
from minicnn.shapes import Array


def bias_along(axis: int) -> Way:
    """Return the way to lay the bias along another axis of the answer, as NumPy does by itself."""

    def way(p: Problem, solve: Solve) -> Array:
        y = solve(replace(p, bias=None))
        if p.bias is None:
            return y
        if len(p.bias) not in (1, y.shape[axis]):
            raise NotPossible
        shape = [1, 1, 1, 1]
        shape[axis] = len(p.bias)
        moved: Array = y + np.asarray(p.bias, float).reshape(shape)
        return moved

    return way


def as_large_as_picture(at: str, copied: bool = False) -> Way:
    """Return the way to write the answer into an array as large as the picture.

    In its corner, or half a kernel from it, rounded "down" or "up"; what is not written to is 0,
    or the picture, `copied`.
    """

    def way(p: Problem, solve: Solve) -> Array:
        y = solve(p)
        n, o, oh, ow = y.shape
        rows, columns = p.x.shape[2:]
        half = {"corner": (0, 0), "down": [(k - 1) // 2 for k in p.window.span]}
        top, left = half.get(at, [k // 2 for k in p.window.span])
        if top + oh > rows or left + ow > columns or (copied and (o != 1 or p.x.shape[1] != 1)):
            raise NotPossible
        out = np.asarray(p.x, float).copy() if copied else np.zeros((n, o, rows, columns))
        out[:, :, top : top + oh, left : left + ow] = y
        return out

    return way


def rescaled(kind: str) -> Way:
    """Return the way to stretch the answer to 0 to 1 or 0 to 255, or to at most 1."""

    def way(p: Problem, solve: Solve) -> Array:
        y = solve(p)
        low, high = (0.0, np.abs(y).max()) if kind == "largest" else (y.min(), y.max())
        if low == high:
            raise NotPossible
        scaled: Array = (y - low) / (high - low) * (255 if kind == "bytes" else 1)
        return scaled

    return way
