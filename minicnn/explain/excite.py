"""What an output likes best: a picture made for it, by going uphill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ShapeError
from minicnn.explain.attribution import direction_of, score_of
from minicnn.explain.ledger_numbers import number
from minicnn.explain.ledger_terms import plain
from minicnn.explain.way_back import way_back
from minicnn.layers import Layer
from minicnn.layers.base import generator, image_shape
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
    start : array (1, C, H, W)
        The grey noise that it was made from.
    method : str
    """

    picture: Array
    scores: tuple[float, ...]
    target: tuple[int, ...]
    start: Array
    method: str = "made picture"

    @property
    def map(self) -> Array:
        """How far each pixel went from grey (rows, columns); of its channels, the furthest."""
        gone = self.picture[0] - 0.5
        furthest = np.abs(gone).argmax(axis=0)[None]
        return np.asarray(np.take_along_axis(gone, furthest, axis=0)[0])

    @property
    def at_an_end(self) -> float:
        """Which part of the picture's numbers is 0 or 1: there it cannot go on."""
        return float(np.mean((self.picture <= 0) | (self.picture >= 1)))

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
        _, rows, columns = self.picture.shape[1:]
        return (
            f"a picture made for output [{target}]\n"
            f"  {len(self.scores) - 1} steps uphill, from grey noise: the answer went from "
            f"{number(self.scores[0])} to {number(self.scores[-1])}\n"
            f"  {rows} x {columns} pixels; {100 * self.at_an_end:.0f} % of their numbers are at "
            f"an end, 0 or 1"
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

    Every step moves the picture along the gradient, so far that the pixel with the steepest slope
    moves by `rate` (flat and steep places are crossed at one pace), draws it towards grey by
    `decay`, and keeps it between 0 and 1.

    Parameters
    ----------
    model : Layer
    target : int or tuple of int
        Which output: a class; or (channel, row, column) of a map; a channel alone means the mean
        of its map.
    input_shape : (1, C, H, W)
    steps : int
    rate, decay : float
        Both from 0 to 1.
    rng : int or numpy.random.Generator
        Where the noise comes from; the same seed makes the same picture.

    Returns
    -------
    Excited

    References
    ----------
    Erhan, Bengio, Courville and Vincent, "Visualizing Higher-Layer Features of a Deep Network",
    2009. Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2013: the decay.

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
    start = x = 0.5 + 0.1 * (generator(rng).random(shape) - 0.5)
    scores: list[float] = []
    for _ in range(steps):
        back = way_back(model, x, direction_of(target))
        scores.append(score_of(back.output, target)[0])
        steepest = float(np.abs(back.input_gradient).max())
        slope = back.input_gradient / steepest if steepest > 0 else back.input_gradient
        x = np.clip(x + rate * slope - decay * (x - 0.5), 0.0, 1.0)
    last, place = score_of(model(x), target)
    return Excited(x, (*scores, last), place, start)
