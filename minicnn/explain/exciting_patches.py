"""What a channel likes best: the patches of a data set that excite it most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError, UnsupportedError, short
from minicnn.explain.field_steps import steady_fields
from minicnn.explain.field_wiring import wiring_of
from minicnn.explain.ledger_numbers import clipped, number
from minicnn.explain.ledger_terms import plain
from minicnn.explain.way_back import a_layer
from minicnn.layers import Field, Layer
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array, Pair, integer


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
    whole : array (C, H, W)
        The picture.
    """

    picture: int
    row: int
    column: int
    value: float
    rows: tuple[int, int]
    columns: tuple[int, int]
    pixels: Array
    whole: Array

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


@dataclass(frozen=True, eq=False, repr=False)
class Patches:
    """The patches of a data set that excite a channel most, strongest first.

    It can be gone through, counted and indexed like a tuple of `Patch`.

    Attributes
    ----------
    step : str
    channel : int
    patches : tuple of Patch
    field : Field
        Which pixels each value of the step sees.
    peaks : array (N,)
        The channel's largest value in each picture of the data set.
    method : str
    """

    step: str
    channel: int
    patches: tuple[Patch, ...]
    field: Field
    peaks: Array
    method: str = "exciting patches"

    @property
    def map(self) -> Array:
        """The peaks as one row (1, N): which pictures the channel likes, and which less."""
        return self.peaks[None]

    @property
    def size(self) -> Pair:
        """How many rows and columns of a picture a value sees, away from the borders."""
        return self.field.size

    @property
    def is_silent(self) -> bool:
        """Whether no picture excites it more than another."""
        return bool(self.peaks.min() == self.peaks.max())

    def __len__(self) -> int:
        """Return how many patches there are."""
        return len(self.patches)

    def __iter__(self) -> Iterator[Patch]:
        """Go through the patches."""
        return iter(self.patches)

    def __getitem__(self, index: int) -> Patch:
        """Return one patch; 0 is the strongest."""
        return self.patches[index]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, without the pixels."""
        return {
            "step": self.step,
            "channel": self.channel,
            "size": list(self.size),
            "pictures": len(self.peaks),
            "patches": [patch.to_dict() for patch in self.patches],
        }

    def __str__(self) -> str:
        """Say where they are."""
        pictures = f"{len(self.peaks):,} picture{'' if len(self.peaks) == 1 else 's'}"
        lines = [
            f"channel {self.channel} of {self.step}: what excites it most, in {pictures}",
            f"  a value sees {self.size[0]} x {self.size[1]} pixels",
            *(f"  {patch}" for patch in self.patches),
        ]
        if self.is_silent and len(self.peaks) > 1:
            lines.append("  it is as excited by every other picture: these say nothing")
        return "\n".join(clipped(line) for line in lines)

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
) -> Patches:
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
    Patches

    Raises
    ------
    ConfigError, ShapeError
        For a step without rows and columns, a channel that is not there, no picture at all.
    UnsupportedError
        If what the step's values see is no regular patch of the picture.

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
    a_layer(model)
    data = image_batch(data, "exciting_patches", "data")
    for name, value in (("count", count), ("apiece", apiece), ("batch", batch)):
        integer(name, value, least=1)
    if 0 in data.shape:
        raise ShapeError(f"exciting_patches: there is no picture in data {data.shape}")
    wiring = wiring_of(model, data.shape, "exciting_patches")
    position = wiring.find_step(step)
    shape = wiring.shapes[position]
    if len(shape) != 4 or 0 in shape:
        raise ConfigError(f"exciting_patches needs a step with rows and columns, got shape {shape}")
    integer("channel", channel, least=0, most=shape[1] - 1)
    field = steady_fields(wiring)[position]
    if field is None:
        raise UnsupportedError(f"what step {short(step)} sees is no regular patch of the picture")
    blind = _blind(field, shape[2:], data.shape[2:])
    found: list[tuple[float, int, int, int]] = []
    peaks = np.empty(len(data))
    for first in range(0, len(data), batch):
        output = model.trace(data[first : first + batch])[position].output
        for i, map_ in enumerate(output[:, channel]):
            seeing = np.where(blind | np.isnan(map_), -np.inf, map_)
            order = np.argsort(-seeing, axis=None, kind="stable")[:apiece]
            for row, column in (divmod(at, map_.shape[1]) for at in order.tolist()):
                found.append((float(seeing[row, column]), first + i, row, column))
            peaks[first + i] = seeing.max()
    found = [one for one in found if one[0] > -np.inf]
    if not found:
        raise UnsupportedError(f"step {short(step)} gives NaN, or looks at nothing but padding")
    found.sort(key=lambda one: (-one[0], one[1:]))
    patches = tuple(_patch(data, field, one) for one in found[:count])
    return Patches(wiring.name(position), channel, patches, field, peaks)


def _blind(field: Field, maps: tuple[int, ...], picture: tuple[int, ...]) -> Array:
    """Return the places (rows, columns) of a step's maps that see nothing of the picture."""
    axes = []
    for axis, (many, size) in enumerate(zip(maps, picture, strict=True)):
        shift = np.arange(many) * field.distance[axis]
        axes.append((field.last[axis] + shift < 0) | (field.first[axis] + shift >= size))
    return np.asarray(np.logical_or.outer(*axes))


def _patch(data: Array, field: Field, found: tuple[float, int, int, int]) -> Patch:
    value, picture, row, column = found
    ends = []
    for axis, (at, size) in enumerate(zip((row, column), data.shape[2:], strict=True)):
        shift = at * field.distance[axis]
        first, last = field.first[axis] + shift, field.last[axis] + shift
        ends.append((max(0, first), min(size - 1, last)))
    rows, columns = ends
    whole = data[picture].copy()
    pixels = whole[:, rows[0] : rows[1] + 1, columns[0] : columns[1] + 1]
    return Patch(picture, row, column, value, rows, columns, pixels, whole)
