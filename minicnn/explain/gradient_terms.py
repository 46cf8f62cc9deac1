"""What a weight's gradient is a sum of: at each place, what came in times what came back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from minicnn.explain.way_back import BackStep
from minicnn.layers import Conv2D, Layer, Linear
from minicnn.ops.columns import tap
from minicnn.ops.pad import pad2d
from minicnn.shapes import Array


@dataclass(frozen=True, eq=False)
class Terms:
    """The factors of every term of a sum, each an array over the same places.

    Attributes
    ----------
    came_in : array
        What the weight was multiplied with at each place, (N, OH, OW), say.
    came_back : array
        How the loss moves with what it gave there.
    axes : tuple of str
        What the places are counted by: ("picture", "row", "column"), say.
    what_came_in, what_came_back : str
        The two in words.
    """

    came_in: Array
    came_back: Array
    axes: tuple[str, ...]
    what_came_in: str
    what_came_back: str

    @property
    def products(self) -> Array:
        """The terms, in float64."""
        with np.errstate(all="ignore"):
            return self.came_in.astype(np.float64) * self.came_back.astype(np.float64)


@singledispatch
def terms_of(layer: Layer, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    """Return the terms of the gradient of one number of a layer, or None.

    A layer without an entry here is not opened: its gradient is what its `vjp` says.

    Parameters
    ----------
    layer : Layer
    step : BackStep
        What it did and what came back.
    parameter : str
        One of its parameters, such as "weight".
    index : tuple of int
        Which number of it.
    """
    return None


@terms_of.register
def _(layer: Conv2D, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    filter_ = index[0]
    came_back = step.came_back[:, filter_]
    places = ("picture", "row", "column")
    map_ = f"map {filter_}"
    if parameter == "bias":
        return Terms(np.ones_like(came_back), came_back, places, "1, for a bias", map_)
    _, share, u, v = index
    channel = filter_ // (layer.out_channels // layer.groups) * layer.weight.shape[1] + share
    window = layer.window(step.input.shape[2], step.input.shape[3])
    padded = pad2d(step.input[:, channel : channel + 1], window.padding)[:, 0]
    oh, ow = came_back.shape[1:]
    came_in = padded[:, *tap(window, u, v, slice(0, oh), ow)]
    seen = f"channel {channel} under tap ({u}, {v})"
    return Terms(came_in, came_back, places, seen, map_)


@terms_of.register
def _(layer: Linear, step: BackStep, parameter: str, index: tuple[int, ...]) -> Terms | None:
    if step.input.ndim != 2:
        return None
    came_back, what = step.came_back[:, index[0]], f"output {index[0]}"
    if parameter == "bias":
        return Terms(np.ones_like(came_back), came_back, ("picture",), "1, for a bias", what)
    return Terms(step.input[:, index[1]], came_back, ("picture",), f"input {index[1]}", what)


def by_place(terms: Terms, flat: int) -> tuple[int, ...]:
    """Return the place of a term by its position in the flattened arrays."""
    found: Any = np.unravel_index(flat, terms.came_in.shape)
    return tuple(int(i) for i in found)
