"""What each step's maps are called: names are given to kernels and travel with their maps."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np

from minicnn.layers import Conv2D
from minicnn.trace import Trace

Names = tuple[str, ...]


@singledispatch
def map_names(layer: Any, before: Names | None, channels: int) -> Names | None:
    """Return the names of a layer's output channels, given those of its input; None if unknown.

    A layer that keeps the number of channels, and has no weights that could mix them, keeps
    their names.
    """
    mixes = any(np.ndim(array) > 1 for array in getattr(layer, "params", {}).values())
    return before if before is not None and len(before) == channels and not mixes else None


@map_names.register
def _(layer: Conv2D, before: Names | None, channels: int) -> Names | None:
    return layer.names


def names_along(trace: Trace) -> tuple[Names | None, ...]:
    """Return the names of each step's maps: a layer's own, or carried on from the step before.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Conv2D, Pad, ReLU, Sequential
    >>> model = Sequential(Pad(1), Conv2D.from_kernels(["sobel_x", "sobel_y"]), ReLU())
    >>> names_along(model.trace(np.ones((1, 1, 3, 4))))
    (None, ('sobel_x', 'sobel_y'), ('sobel_x', 'sobel_y'))
    """
    names: Names | None = None
    found = []
    for step in trace:
        channels = int(step.output.shape[1]) if step.output.ndim > 1 else 0
        names = map_names(step.layer, names, channels)
        found.append(names)
    return tuple(found)
