"""Four ways to continue a picture, against how it really goes on: the false edges they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, DTypeError, ShapeError, short
from minicnn.explain.field_links import maps_shape
from minicnn.explain.field_steps import count, steady_fields, table
from minicnn.explain.field_wiring import wiring_of
from minicnn.explain.ledger_numbers import clipped, number
from minicnn.explain.ledger_terms import plain
from minicnn.layers import PICTURE, Layer
from minicnn.ops.arrays import image_batch
from minicnn.ops.pad import MODES, check_room, pad2d
from minicnn.shapes import Array, Shape, Sides, sides


def padding_modes(model: Any, x: Any, padding: Any = None) -> PaddingModes:
    """Return what a model makes of a picture whose border is guessed, for each way of guessing.

    The picture's border is cut off and put back by padding, in each of the four modes. What the
    model makes of that is held against what it makes of the whole picture: the difference is
    what the padding invented.

    Parameters
    ----------
    model : Layer
        Usually one without padding of its own.
    x : array (1, C, H, W)
        A picture with its border: as much is cut off as the padding adds.
    padding : int, (rows, columns), ((top, bottom), (left, right)) or four ints, optional
        By default what lets an output be as large as the picture without its border: one less
        than the receptive field, half of it on each side.

    Returns
    -------
    PaddingModes
        Print it; `minicnn.viz.plot_padding_modes` draws it.

    Raises
    ------
    ConfigError, DTypeError, ShapeError
        For a border that leaves nothing of the picture, and for what is no model or no picture.

    Examples
    --------
    >>> from minicnn import Conv2D, images
    >>> slope = images.gradient((12, 16))                   # brighter to the right
    >>> print(padding_modes(Conv2D.from_kernels("sobel_x"), slope))
    the picture's border, 1 pixel around, guessed in four ways
      44 of 140 values have seen it; the largest true value is 0.5333
    <BLANKLINE>
    mode       wrong values  worst error  mean error
    zeros                36            4      0.9485
    reflect              20       0.5333      0.2424
    replicate            20       0.2667      0.1212
    circular             20        3.733       1.697
    """
    batch = _checked(model, x)
    around = _default_padding(model, batch.shape) if padding is None else sides("padding", padding)
    (top, bottom), (left, right) = around
    height, width = batch.shape[2] - top - bottom, batch.shape[3] - left - right
    if height < 1 or width < 1:
        raise ShapeError(
            f"explain.padding_modes: nothing is left of the picture within its border.\n"
            f"  picture (N, C, H, W) = {batch.shape}\n  border = {around}\n"
            f"  Use a larger picture, or padding=..."
        )
    inner = batch[:, :, top : top + height, left : left + width]
    truth = _maps(model(batch))
    seen = _seen(model, batch.shape, around).reshape(truth.shape)
    found = []
    for mode in MODES:
        check_room((height, width), around, mode)
        padded = pad2d(inner, around, mode=mode)
        output = _maps(model(padded))
        with np.errstate(all="ignore"):
            difference = np.where(seen, output - truth, 0)  # elsewhere they differ by rounding
        found.append(GuessedBorder(mode, padded[0], output, difference))
    return PaddingModes(around, batch[0], truth, seen, tuple(found))


@dataclass(frozen=True, eq=False)
class GuessedBorder:
    """What comes of one padding mode.

    Attributes
    ----------
    mode : str
    picture : array (C, H, W)
        The picture with its guessed border.
    output : array (O, OH, OW)
        What the model makes of it.
    difference : array (O, OH, OW)
        Its output less the true one: what the padding invented.
    """

    mode: str
    picture: Array = field(repr=False)
    output: Array = field(repr=False)
    difference: Array = field(repr=False)

    @property
    def worst(self) -> float:
        """The largest error."""
        return float(np.abs(self.difference).max(initial=0.0))

    @property
    def wrong(self) -> int:
        """How many values are not the true ones."""
        return int(np.count_nonzero(self.difference))


@dataclass(frozen=True, eq=False)
class PaddingModes:
    """The four padding modes against the truth.

    Attributes
    ----------
    padding : ((top, bottom), (left, right))
        How wide the guessed border is.
    picture : array (C, H, W)
        As it is, with its true border.
    truth : array (O, OH, OW)
        What the model makes of it.
    seen : array (O, OH, OW) of bool
        Which values have seen the border's padding.
    guesses : tuple of GuessedBorder
        One for each mode.
    """

    padding: Sides
    picture: Array = field(repr=False)
    truth: Array = field(repr=False)
    seen: Array = field(repr=False)
    guesses: tuple[GuessedBorder, ...]

    def __getitem__(self, mode: str) -> GuessedBorder:
        """Return what comes of one mode."""
        for guess in self.guesses:
            if guess.mode == mode:
                return guess
        raise ConfigError(f"mode must be one of {', '.join(map(repr, MODES))}, got {short(mode)}")

    def mean_error(self, mode: str) -> float:
        """Return the mean size of a mode's error among the values that have seen padding."""
        errors = np.abs(self[mode].difference[self.seen])
        return float(errors.mean()) if errors.size else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the errors as plain data that `json` can write."""
        return {
            "padding": [list(pair) for pair in self.padding],
            "values": int(self.truth.size),
            "seen": int(np.count_nonzero(self.seen)),
            "modes": {
                guess.mode: {
                    "wrong": guess.wrong,
                    "worst": plain(guess.worst),
                    "mean": plain(self.mean_error(guess.mode)),
                }
                for guess in self.guesses
            },
        }

    def __str__(self) -> str:
        """Return the errors as text: plain ASCII, at most 80 columns."""
        seen = int(np.count_nonzero(self.seen))
        largest = number(float(np.abs(self.truth).max(initial=0.0)))
        lines = [
            f"the picture's border, {self.width}, guessed in four ways",
            f"  {seen:,} of {count(self.truth.size, 'value')} have seen it; "
            f"the largest true value is {largest}",
        ]
        rows: list[tuple[str, ...]] = [("mode", "wrong values", "worst error", "mean error")]
        for guess in self.guesses:
            mean = number(self.mean_error(guess.mode))
            rows.append((guess.mode, f"{guess.wrong:,}", number(guess.worst), mean))
        return "\n".join(map(clipped, [*lines, "", *table(rows, (1, 2, 3))]))

    @property
    def width(self) -> str:
        """How wide the guessed border is, in words."""
        widths = {n for pair in self.padding for n in pair}
        if len(widths) == 1:
            return f"{count(widths.pop(), 'pixel')} around"
        (top, bottom), (left, right) = self.padding
        return f"{top} above, {bottom} below, {left} left, {right} right"


def _checked(model: Any, x: Any) -> Array:
    if not isinstance(model, Layer):
        raise DTypeError(
            f"explain.padding_modes takes a model (a Layer), got {type(model).__name__} "
            f"{short(model)}"
        )
    batch = image_batch(x, "explain.padding_modes")
    if len(batch) != 1:
        raise ShapeError(
            f"explain.padding_modes takes one picture (1, C, H, W), got {len(batch)}.\n"
            f"  Pass x[:1]."
        )
    return batch


def _default_padding(model: Layer, shape: Shape) -> Sides:
    wiring = wiring_of(model, shape, "explain.padding_modes")
    steady = steady_fields(wiring)[len(wiring.nodes) - 1]
    if steady is None:
        raise ConfigError(
            "explain.padding_modes: no window tells how far the model's last step sees: "
            "say padding=..."
        )
    (rows, columns) = (size - 1 for size in steady.size)
    return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)


def _seen(model: Layer, shape: Shape, around: Sides) -> Array:
    """Return which of the model's outputs see the picture's border, (C, H, W) of bool."""
    wiring = wiring_of(model, shape, "explain.padding_modes")
    border = np.ones(wiring.maps(PICTURE), bool)
    (top, bottom), (left, right) = around
    border[:, top : shape[2] - bottom, left : shape[3] - right] = False
    return wiring.forward(PICTURE, border)[len(wiring.nodes) - 1]


def _maps(output: Array) -> Array:
    """Return the first picture's values as maps (C, H, W)."""
    maps: Array = output[0].reshape(maps_shape(output.shape))
    return maps
