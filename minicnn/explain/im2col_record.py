"""What the im2col atlas holds: both matrices, and where each of their numbers is from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from minicnn.errors import ConfigError
from minicnn.explain.im2col_cost import REAL_SIZE, Im2colCost, cost_of
from minicnn.explain.im2col_text import check_text, text_of
from minicnn.explain.ledger_terms import Place, plain
from minicnn.layers import Conv2D
from minicnn.ops.columns import col2im
from minicnn.shapes import Array, Pair, Window, integer


class Tap(NamedTuple):
    """What a row of the matrix stands for: a channel, and a row and a column of the kernel."""

    channel: int
    row: int
    column: int


@dataclass(frozen=True, eq=False, repr=False)
class Im2colAtlas:
    """A convolution of one picture as a product of matrices; printing it tells the story.

    Attributes
    ----------
    layer : Conv2D
        A copy of the layer.
    x : array (C, H, W)
        The picture, as the layer computes with it: float32 or float64.
    window : Window
        What slides over it.
    weight : array (O, C // groups, KH, KW)
    bias : array (O,) or None
    columns : array (C * KH * KW, OH * OW)
        What `minicnn.ops.im2col` returns: each patch a column.
    sources : array (C * KH * KW, OH * OW) of int
        Of which pixel each entry is a copy, as an index into ``x.ravel()``; -1 is padding.
    product : array (O, OH * OW)
        Weight times columns, plus bias, in float64.
    output : array (O, OH, OW)
        What the layer itself returns.
    bounds : array (O, OH * OW)
        How far apart rounding may take the two.
    """

    layer: Conv2D
    x: Array
    window: Window
    weight: Array
    bias: Array | None
    columns: Array
    sources: Array
    product: Array
    output: Array
    bounds: Array

    @cached_property
    def weight_matrix(self) -> Array:
        """The weight as a matrix (O, C * KH * KW): 0 where a filter does not see a channel."""
        matrix = np.zeros(self.sees.shape, self.weight.dtype)
        matrix[self.sees] = self.weight.ravel()
        return matrix

    @cached_property
    def sees(self) -> Array:
        """Which rows of the columns each filter sees, (O, C * KH * KW): all, but for groups."""
        groups, rows = self.layer.groups, len(self.columns)
        of_filter = np.arange(len(self.weight)) // (len(self.weight) // groups)
        sees: Array = np.equal.outer(of_filter, np.arange(rows) // (rows // groups))
        return sees

    @cached_property
    def counts(self) -> Array:
        """How often each pixel (H, W) is copied: `minicnn.ops.col2im` of ones."""
        (kh, kw), size = self.window.kernel_size, self.x.shape[1:]
        ones = np.ones((1, kh * kw, self.columns.shape[1]))
        added = col2im(ones, (1, 1, *size), (kh, kw), **options_of(self.window))
        counts: Array = added[0, 0].astype(np.int64)
        return counts

    @cached_property
    def cost(self) -> Im2colCost:
        """What it takes: duplication, memory, multiplications."""
        return self.cost_at(*self.x.shape[1:])

    def cost_at(self, height: int, width: int) -> Im2colCost:
        """Return what the same layer would take for a picture of another size.

        Raises
        ------
        ShapeError
            If the window does not fit into it.
        """
        return cost_of(self.layer, height, width, self.x.dtype)

    @property
    def real_cost(self) -> Im2colCost | None:
        """The same for a picture of 224 x 224; None if the window does not fit into it."""
        return self.cost_at(*REAL_SIZE) if self.layer.window(*REAL_SIZE).fits(*REAL_SIZE) else None

    def tap(self, row: int) -> Tap:
        """Return what a row of the columns, and a column of the weight, stands for."""
        kernel = self.window.kernel_size
        index = _below("row", row, len(self.columns))
        return Tap(*map(int, np.unravel_index(index, (len(self.x), *kernel))))

    def position(self, column: int) -> Pair:
        """Return the (row, column) of the output's pixel that a column is for."""
        index = _below("column", column, self.columns.shape[1])
        return divmod(index, int(self.output.shape[2]))

    def column_at(self, row: int, column: int) -> int:
        """Return which column is for the output's pixel (row, column)."""
        _, oh, ow = map(int, self.output.shape)
        return _below("row", row, oh) * ow + _below("column", column, ow)

    def source(self, row: int, column: int) -> Place | None:
        """Return of which pixel an entry is a copy: channel, row, column; None for padding."""
        _below("row", row, len(self.columns))
        index = int(self.sources[row, _below("column", column, self.columns.shape[1])])
        return None if index < 0 else Place(*map(int, np.unravel_index(index, self.x.shape)))

    def sees_channel(self, filter_: int, channel: int) -> bool:
        """Say whether a filter sees a channel: with groups, only those of its own."""
        taps = math.prod(self.window.kernel_size)
        return bool(self.sees[filter_, _below("channel", channel, len(self.x)) * taps])

    def filter_name(self, filter_: int) -> str:
        """Return what a filter is called: its kernel's name, or "filter 3"."""
        names = self.layer.names
        return f"filter {filter_}" if names is None else names[filter_]

    @property
    def difference(self) -> float:
        """By how much product and layer differ at most."""
        return float(self._differences.max(initial=0.0))

    @property
    def agrees(self) -> bool:
        """Whether they are the same, as far as rounding lets them."""
        return bool((self._differences <= self.bounds).all())

    @property
    def check(self) -> str:
        """Whether the product is what the layer returns, in a line."""
        return check_text(self)

    @cached_property
    def _differences(self) -> Array:
        ours, theirs = self.product, self.output.reshape(self.product.shape).astype(np.float64)
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        with np.errstate(all="ignore"):
            apart = np.abs(ours - theirs)
        return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, texts and lists, ready for JSON."""
        rows, columns = self.columns.shape
        arrays = ("x", "columns", "weight_matrix", "product", "output")
        return {
            "layer": repr(self.layer),
            **{name: plain(getattr(self, name).tolist()) for name in arrays},
            "bias": None if self.bias is None else plain(self.bias.tolist()),
            "taps": [list(self.tap(row)) for row in range(rows)],
            "positions": [list(self.position(column)) for column in range(columns)],
            "sources": [[self.source(r, c) for c in range(columns)] for r in range(rows)],
            "sees": self.sees.tolist(),
            "counts": self.counts.tolist(),
            "cost": self.cost.to_dict(),
            "difference": plain(self.difference),
            "agrees": self.agrees,
            "check": self.check,
        }

    def __str__(self) -> str:
        """Tell the story, in plain ASCII of at most 80 columns."""
        return text_of(self)

    __repr__ = __str__


def _below(name: str, value: Any, size: int) -> int:
    if integer(name, value, least=0) >= size:
        raise ConfigError(f"{name} must be from 0 to {size - 1}, got {value}")
    return int(value)


def options_of(window: Window) -> dict[str, Any]:
    """Return a window as the arguments of `im2col` and `col2im`."""
    return {"stride": window.stride, "padding": window.padding, "dilation": window.dilation}
