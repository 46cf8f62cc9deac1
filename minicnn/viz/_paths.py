"""Paths along the cells of a map: rectangles that cover a set of them, and the set's edge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from matplotlib.path import Path

from minicnn.shapes import Array

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height of the whole map; a negative height is upwards."""

_MOST_RUNS, _MOST_SIDES = 2000, 20_000


def runs_path(mask: Array, box: Box) -> Path | None:
    """Return rectangles that cover a set (H, W), one for each run in a row; None if it is empty.

    Of a set that is too scattered, the whole map.
    """
    rows, columns = mask.shape
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (row, start), (_, stop) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    if not len(row):
        return None
    if len(row) > _MOST_RUNS:
        row, start, stop = np.arange(rows), np.zeros(rows, int), np.full(rows, columns)
    x, y, width, height = box
    x0, x1 = (x + width * v / columns for v in (start, stop))
    y0, y1 = (y + height * v / rows for v in (row, row + 1))
    boxes = [np.column_stack(pair) for pair in ((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0))]
    corners = np.stack(boxes, axis=1).reshape(-1, 2)  # (5 * runs, 2)
    codes = np.tile([Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY], len(row))
    return Path(corners, codes)


def edge_path(mask: Array, box: Box) -> Path | None:
    """Return the edge of a set (H, W) along its values' sides; None if it is empty.

    Of a set that is too scattered, the edge of the smallest box around it.
    """
    if not mask.any():
        return None
    x, y, width, height = box
    rows, columns = mask.shape
    down, across = height / rows, width / columns
    if np.count_nonzero(np.diff(mask, axis=0)) + np.count_nonzero(np.diff(mask)) > _MOST_SIDES:
        mask = np.outer(np.any(mask, axis=1), np.any(mask, axis=0))
    points: list[tuple[float, float]] = []
    for line, start, stop in _edges(mask):
        points += [(x + start * across, y + line * down), (x + stop * across, y + line * down)]
    for line, start, stop in _edges(mask.T):
        points += [(x + line * across, y + start * down), (x + line * across, y + stop * down)]
    return Path(points, [Path.MOVETO, Path.LINETO] * (len(points) // 2))


def _edges(mask: Array) -> Iterator[tuple[int, int, int]]:
    """Yield where a set begins or ends between two rows: before which row, from and to where."""
    between = np.diff(np.pad(mask, ((1, 1), (0, 0))).astype(np.int8), axis=0) != 0
    runs = np.diff(np.pad(between, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    starts, stops = np.argwhere(runs == 1), np.argwhere(runs == -1)
    for (line, start), (_, stop) in zip(starts.tolist(), stops.tolist(), strict=True):
        yield line, start, stop
