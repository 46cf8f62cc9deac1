"""What a channel likes best: a picture made for it, and the patches of a data set that it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError, UnsupportedError, short
from minicnn.explain.attribution import direction_of, score_of
from minicnn.explain.field_steps import steady_fields
from minicnn.explain.field_wiring import wiring_of
from minicnn.explain.ledger_numbers import clipped, number
from minicnn.explain.ledger_terms import plain
from minicnn.explain.way_back import way_back
from minicnn.layers import Field, Layer
from minicnn.layers.base import generator, image_shape
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array, integer, real


@dataclass(frozen=True, eq=False, repr=False)
class Excited:
    """A picture that was made to excite an output.

    Attributes
    ----------
    picture : array (1, C, H, W)
        Between 0 and 1.
    scores : tuple of float
        The answer before each step and after the last.
    target : tuple of int
    """

    picture: Array
    scores: tuple[float, ...]
    target: tuple[int, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "target": list(self.target),
            "scores": [plain(score) for score in self.scores],
            "picture": self.picture.tolist(),
        }

    def __str__(self) -> str:
        """Say how far it came."""
        target = ", ".join(map(str, self.target))
        return (
            f"output [{target}] went from {number(self.scores[0])} to {number(self.scores[-1])} "
            f"in {len(self.scores) - 1} steps"
        )

    __repr__ = __str__


def maximise(
    model: Layer,
    target: Any,
    input_shape: Any,
    *,
    steps: int = 100,
    rate: float = 0.05,
    decay: float = 0.01,
    rng: Any = 0,
) -> Excited:
    """Make a picture that excites an output as much as it can, going uphill from grey noise.

    Every step moves the picture by `rate` along the gradient (divided by its own length, so that
    flat and steep places are crossed at one pace), draws it towards grey by `decay`, and keeps it
    between 0 and 1.

    Parameters
    ----------
    model : Layer
    target : int or tuple of int
        Which output: a class; or (channel, row, column) of a map; a channel alone means the mean
        of its map.
    input_shape : (1, C, H, W)
    steps : int
    rate, decay : float
    rng : int or numpy.random.Generator
        Where the noise comes from; the same seed makes the same picture.

    Returns
    -------
    Excited

    References
    ----------
    Erhan, Bengio, Courville and Vincent, "Visualizing Higher-Layer Features of a Deep Network",
    2009.

    Examples
    --------
    >>> from minicnn import Conv2D
    >>> found = maximise(Conv2D.from_kernels("sobel_x"), 0, (1, 1, 3, 3))
    >>> found.scores[-1] > found.scores[0]
    True
    """
    shape = image_shape(input_shape, "maximise")
    if shape[0] != 1 or 0 in shape:
        raise ShapeError(f"maximise makes one picture: input_shape is (1, C, H, W), got {shape}")
    integer("steps", steps, least=1, most=100_000)
    rate, decay = real("rate", rate, least=1e-9, most=1), real("decay", decay, least=0, most=1)
    x = 0.5 + 0.1 * (generator(rng).random(shape) - 0.5)
    scores: list[float] = []
    for _ in range(steps):
        back = way_back(model, x, direction_of(target))
        scores.append(score_of(back.output, target)[0])
        length = float(np.abs(back.input_gradient).max())
        slope = back.input_gradient / length if length > 0 else back.input_gradient
        x = np.clip(x + rate * slope - decay * (x - 0.5), 0.0, 1.0)
    last, place = score_of(model(x), target)
    return Excited(x, (*scores, last), place)


@dataclass(frozen=True, eq=False, repr=False)
class Patch:
    """A place that excites a channel.

    Attributes
    ----------
    picture, row, column : int
        Which of the data set, and where on the step's map.
    value : float
        The channel's value there.
    rows, columns : (first, last)
        The pixels that this value sees, borders cut off, both included.
    pixels : array (C, rows, columns)
    """

    picture: int
    row: int
    column: int
    value: float
    rows: tuple[int, int]
    columns: tuple[int, int]
    pixels: Array

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, without the pixels."""
        names = ("picture", "row", "column", "rows", "columns")
        return {"value": plain(self.value), **{name: getattr(self, name) for name in names}}

    def __str__(self) -> str:
        """Say where it is."""
        return clipped(
            f"{number(self.value)} in picture {self.picture}, rows {self.rows[0]} to "
            f"{self.rows[1]}, columns {self.columns[0]} to {self.columns[1]}"
        )

    __repr__ = __str__


def exciting_patches(
    model: Layer,
    data: Any,
    step: str | int,
    channel: int,
    *,
    count: int = 9,
    apiece: int = 1,
    batch: int = 64,
) -> tuple[Patch, ...]:
    """Return the patches of a data set that excite a channel most, strongest first.

    Parameters
    ----------
    model : Layer
    data : array (N, C, H, W)
        The pictures.
    step : str or int
        Whose channel.
    channel : int
    count : int
        How many patches.
    apiece : int
        At most so many from one picture, so that one picture does not take all places.
    batch : int
        So many pictures are looked at together.

    Returns
    -------
    tuple of Patch

    References
    ----------
    Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2013.

    Examples
    --------
    >>> from minicnn import Conv2D, images
    >>> patches = exciting_patches(Conv2D.from_kernels("sobel_x"), images.disc(20), 0, 0, count=1)
    >>> patches[0].pixels.shape
    (1, 3, 3)
    """
    data = image_batch(data, "exciting_patches", "data")
    for name, value in (("count", count), ("apiece", apiece), ("batch", batch)):
        integer(name, value, least=1)
    if not len(data):
        raise ShapeError("exciting_patches: there is no picture in data")
    found: list[tuple[float, int, int, int]] = []
    for first in range(0, len(data), batch):
        trace = model.trace(data[first : first + batch])
        output = trace[step].output
        if output.ndim != 4:
            raise ConfigError(
                f"exciting_patches needs a step with rows and columns, got shape {output.shape}"
            )
        integer("channel", channel, least=0, most=output.shape[1] - 1)
        for i, map_ in enumerate(output[:, channel]):
            flat = np.nan_to_num(map_.ravel(), nan=-np.inf)
            for at in np.argsort(-flat, kind="stable")[:apiece].tolist():
                row, column = divmod(at, map_.shape[1])
                found.append((float(map_[row, column]), first + i, row, column))
    position = next(i for i, one in enumerate(trace) if one is trace[step])
    field = steady_fields(wiring_of(model, data.shape, "exciting_patches"))[position]
    if field is None:
        raise UnsupportedError(f"what step {short(step)} sees is no regular patch of the picture")
    found.sort(key=lambda one: (-one[0], one[1:]))
    return tuple(_patch(data, field, one) for one in found[:count])


def _patch(data: Array, field: Field, found: tuple[float, int, int, int]) -> Patch:
    value, picture, row, column = found
    ends = []
    for axis, (at, size) in enumerate(zip((row, column), data.shape[2:], strict=True)):
        shift = at * field.distance[axis]
        first, last = field.first[axis] + shift, field.last[axis] + shift
        ends.append((max(0, first), min(size - 1, last)))
    (top, bottom), (left, right) = ends
    pixels = data[picture, :, top : bottom + 1, left : right + 1].copy()
    return Patch(picture, row, column, value, (top, bottom), (left, right), pixels)
