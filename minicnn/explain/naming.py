"""What each step's maps are called: names are given to kernels and travel with their maps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from minicnn.layers import PICTURE, Concat, Conv2D
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


@singledispatch
def joined_names(layer: Any, befores: Sequence[Names | None]) -> Names | None:
    """Return the names of what a layer looks at, given those of each of its inputs.

    Where branches meet, a map keeps its name if it has the same one in every branch.
    """
    return befores[0] if len(set(befores)) == 1 else None


@joined_names.register
def _(layer: Concat, befores: Sequence[Names | None]) -> Names | None:
    known = [names for names in befores if names is not None]
    return sum(known, ()) if len(known) == len(befores) else None


def names_along(trace: Trace) -> tuple[Names | None, ...]:
    """Return the names of each step's maps: a layer's own, or carried on from where it looks.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Conv2D, Pad, ReLU, Sequential
    >>> model = Sequential(Pad(1), Conv2D.from_kernels(["sobel_x", "sobel_y"]), ReLU())
    >>> names_along(model.trace(np.ones((1, 1, 3, 4))))
    (None, ('sobel_x', 'sobel_y'), ('sobel_x', 'sobel_y'))
    """
    found: list[Names | None] = []
    for step in trace:
        befores = [None if source == PICTURE else found[source] for source in step.sources]
        channels = int(step.output.shape[1]) if step.output.ndim > 1 else 0
        found.append(map_names(step.layer, joined_names(step.layer, befores), channels))
    return tuple(found)
