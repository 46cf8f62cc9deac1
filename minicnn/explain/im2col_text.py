"""An im2col atlas as text: plain ASCII, at most 80 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from minicnn.explain.ledger_numbers import OUTER, WIDTH, aligned, cells, clipped, number
from minicnn.shapes import Array

if TYPE_CHECKING:
    from minicnn.explain.im2col_record import Im2colAtlas

_MOST_ROWS, _MOST_COUNTS = 27, 16


def text_of(atlas: Im2colAtlas) -> str:
    """Return the atlas as text."""
    rows, columns = atlas.columns.shape
    filters = len(atlas.weight)
    body = [
        "",
        f"columns ({rows} x {columns}): each patch a column, below its place in the output",
        *_matrix_lines(atlas),
        "",
        *_weight_lines(atlas),
        *_bias_lines(atlas),
        "",
        f"weight times columns{' plus bias' if atlas.bias is not None else ''} = output "
        f"({filters} x {columns})",
        *_plain(cells(atlas.product)),
        "",
        *_count_lines(atlas),
    ]
    lines = [*_head(atlas), *(f"  {line}".rstrip() for line in body), "", atlas.check]
    return "\n".join(clipped(line) for line in [*lines, *cost_lines(atlas)])


def check_text(atlas: Im2colAtlas) -> str:
    """Return whether the product is what the layer returns, in a line."""
    count = atlas.product.size
    values = f"all {count} values" if count != 1 else "its one value"
    gap = number(atlas.difference, 2)
    if not atlas.agrees:
        return f"MISMATCH: atlas and layer differ by {gap}, more than rounding explains"
    if not atlas.difference:
        return f"atlas = layer: {values}, to the last bit"
    allowed = number(float(atlas.bounds.max()), 2)
    return f"atlas = layer: {values}, within {gap}; rounding allows {allowed}"


def cost_lines(atlas: Im2colAtlas) -> list[str]:
    """Return what it costs, here and for a picture of a real size."""
    words = [f"Here {text}." for text in (atlas.cost.copies_text,)]
    words.append(f"Memory: {atlas.cost.memory_text}.")
    there = atlas.real_cost
    if there is not None:
        size = " x ".join(map(str, there.input_shape[1:]))
        words.append(f"A picture of {size}: {there.copies_text}; {there.memory_text}.")
    return [line for text in words for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ")]


def _head(atlas: Im2colAtlas) -> list[str]:
    channels, height, width = atlas.x.shape
    kh, kw = atlas.window.kernel_size
    patches = atlas.columns.shape[1]
    what = f"{channels} x {height} x {width}"
    of = f"{patches} patch{'es' if patches != 1 else ''} of {channels} x {kh} x {kw}"
    return [f"im2col of {atlas.layer!r}", f"  picture {what}: {of} numbers"]


def _matrix_lines(atlas: Im2colAtlas) -> list[str]:
    """Return the columns with their places above and the taps beside; padding in brackets."""
    rows, columns = atlas.columns.shape
    texts = cells(atlas.columns)
    for row, column in np.argwhere(atlas.sources < 0).tolist():
        texts[row][column] = "(0)"
    places = [",".join(map(str, atlas.position(column))) for column in range(columns)]
    heads = ["channel, tap"]
    for row in range(rows):
        channel, u, v = atlas.tap(row)
        heads.append(f"{channel}, {u},{v}")
    wide = max(map(len, heads))
    room = WIDTH - 4 - wide
    found = _narrowed([places, *texts], room)
    found = _lowered(found, 1 + _MOST_ROWS)
    labels = _lowered([[head] for head in heads], 1 + _MOST_ROWS)
    body = zip(labels, aligned(found), strict=True)
    return [f"{label.rjust(wide)}  {line}" for (label,), line in body]


def _weight_lines(atlas: Im2colAtlas) -> list[str]:
    """Return the weight matrix; rows that are too long are written a channel a line."""
    heading = f"weight ({len(atlas.weight)} x {len(atlas.columns)}): each filter a row"
    texts = cells(atlas.weight_matrix)
    for row, column in np.argwhere(~atlas.sees).tolist():
        texts[row][column] = "."
    if len(aligned(texts[:1])[0]) <= WIDTH - 4:
        unseen = "" if atlas.sees.all() else "; . is a channel of another group"
        return [heading + unseen, *_plain(texts)]
    channels = len(atlas.x)
    taps = len(atlas.columns) // channels
    texts = cells(atlas.weight_matrix, 3)
    seen = np.argwhere(atlas.sees[:, ::taps]).tolist()
    names = aligned([[f"{filter_}, {channel}:"] for filter_, channel in seen])
    parts = [texts[filter_][c * taps : (c + 1) * taps] for filter_, c in seen]
    rows = aligned(_narrowed(parts, WIDTH - 6 - len(names[0])))
    lines = [[f"  {name}  {row}"] for name, row in zip(names, rows, strict=True)]
    return [f"{heading}; filter, channel:", *(line for (line,) in _lowered(lines, _MOST_ROWS))]


def _bias_lines(atlas: Im2colAtlas) -> list[str]:
    if atlas.bias is None:
        return []
    return ["", f"bias ({len(atlas.bias)})", *_plain(cells(atlas.bias[None]))]


def _count_lines(atlas: Im2colAtlas) -> list[str]:
    heading = "how often each pixel is copied (col2im of ones)"
    counts: Array = atlas.counts
    if max(counts.shape) > _MOST_COUNTS:
        low, high = (int(v) for v in (counts.min(), counts.max()))
        return [f"{heading}: {low} to {high} times"]
    return [heading, *_plain([[str(v) for v in row] for row in counts.tolist()])]


def _plain(texts: list[list[str]]) -> list[str]:
    """Return a matrix of texts as indented lines; columns that do not fit are left out."""
    found = _lowered(_narrowed(texts, WIDTH - 4), _MOST_ROWS)
    return [f"  {line}" for line in aligned(found)]


def _narrowed(texts: list[list[str]], room: int) -> list[list[str]]:
    """Return the first and last columns of a matrix of texts, as many as there is room for."""
    if not texts or not texts[0]:
        return texts
    wide = 1 + max(len(text) for row in texts for text in row)
    fit = max((room + 1) // wide, 2)
    if len(texts[0]) <= fit:
        return texts
    wide = max(wide, 1 + len("..."))
    last = min(OUTER, max(room // wide - 1, 1) // 2)
    first = max(room // wide - 1 - last, 1)
    return [[*row[:first], "...", *row[len(row) - last :]] for row in texts]


def _lowered(texts: list[list[str]], most: int) -> list[list[str]]:
    """Return the first and last rows of a matrix of texts that has more than `most`."""
    if len(texts) <= most:
        return texts
    return [*texts[: most - OUTER - 1], ["..."] * len(texts[0]), *texts[-OUTER:]]
