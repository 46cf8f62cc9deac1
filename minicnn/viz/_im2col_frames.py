"""What is framed in an im2col atlas: one value, and all that it is made from."""

from __future__ import annotations

import numpy as np

from minicnn.explain.im2col_record import Im2colAtlas
from minicnn.viz._im2col_cells import box_of
from minicnn.viz._im2col_layout import Extra, Layout, Shown
from minicnn.viz._im2col_moment import Moment
from minicnn.viz._im2col_pictures import COARSEST
from minicnn.viz._ledger_parts import Box


def frames_of(
    atlas: Im2colAtlas, shown: Shown, layout: Layout, extra: Extra, moment: Moment
) -> list[Box]:
    """Return the boxes around the patch and its column; if it is multiplied, all the others too."""
    column, kernel = moment.column, moment.kernel
    found = []
    for position, channel in enumerate(shown.channels):
        if not moment.multiplied or atlas.sees_channel(kernel, channel):
            found += _patch(atlas, layout, column, position)
            if moment.multiplied:
                (rows, columns), cell = atlas.window.kernel_size, layout.pixel
                found.append((*layout.kernel(position), columns * cell, rows * cell))
    cell, (x, y) = layout.cell, layout.columns
    seen = np.flatnonzero(atlas.sees[kernel]) if moment.multiplied else np.array(shown.rows)
    start, stop = max(int(seen[0]), shown.rows.start), min(int(seen[-1]) + 1, shown.rows.stop)
    first, long = (start - shown.rows.start) * cell, max(stop - start, 0) * cell
    left = x + shown.columns.index(column) * cell
    found.append((left, y + first, cell, long))
    if moment.multiplied:
        down = shown.filters.index(kernel) * cell
        found.append((layout.weight[0] + first, layout.weight[1] + down, long, cell))
        found.append((left, layout.output[1] + down, cell, cell))
        (i, j), size = atlas.position(column), extra.output_cell
        found.append((extra.output[0] + j * size, extra.output[1] + i * size, size, size))
    return found


def _patch(atlas: Im2colAtlas, layout: Layout, column: int, position: int) -> list[Box]:
    """Return the frame of a column's patch; with gaps between its taps, one for each of them."""
    mask, cell, (x, y) = layout.covers(column), layout.pixel, layout.picture(position)
    if atlas.window.dilation == (1, 1) or cell < COARSEST:
        return [box_of(mask, x, y, cell)]
    places = np.argwhere(mask).tolist()
    return [(x + place * cell, y + row * cell, cell, cell) for row, place in places]
