"""Which pixels an answer rests on: a map over the picture, and what proves it.

Every method here answers a different question; none says what the network "thinks". Gradients ask
what a small change would do, occlusion what a patch's absence does, integrated gradients how the
whole answer is shared out among the pixels. `trust` asks whether a method looked at the network
at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.explain.ledger_numbers import clipped, number
from minicnn.explain.ledger_terms import plain
from minicnn.explain.way_back import way_back
from minicnn.layers import Field, Layer
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array, Pair, integer


@dataclass(frozen=True, eq=False, repr=False)
class Attribution:
    """How much each pixel, or each cell of a coarser grid, counts for one answer.

    Attributes
    ----------
    method : str
        "saliency", "occlusion", ...
    question : str
        What the numbers answer, in a sentence.
    picture : array (C, H, W)
    values : array (C, H, W), or (rows, columns) where a number is for a whole patch
    field : Field or None
        Which pixels each value stands for; None where that is no regular grid.
    target : tuple of int
        Which output value, or map, was asked about.
    score : float
        What the network answered there.
    total : float or None
        What the values should add up to, where they share something out; None elsewhere.
    """

    method: str
    question: str
    picture: Array
    values: Array
    field: Field | None
    target: tuple[int, ...]
    score: float
    total: float | None = None

    @property
    def map(self) -> Array:
        """The values as one map (rows, columns): channels added up."""
        return self.values if self.values.ndim == 2 else self.values.sum(axis=0)

    @property
    def gap(self) -> float | None:
        """How far the values' sum is from `total`; None where nothing is shared out."""
        if self.total is None:
            return None
        return abs(float(self.values.sum(dtype=np.float64)) - self.total)

    def strongest(self, count: int = 3) -> list[tuple[Pair, float]]:
        """Return the (row, column) of the values that count most, and the values."""
        flat = self.map.ravel()
        order = np.argsort(-np.abs(flat), kind="stable")[:count]
        width = self.map.shape[1]
        return [(divmod(int(i), width), float(flat[i])) for i in order]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, with the map's numbers."""
        return {
            "method": self.method,
            "question": self.question,
            "target": list(self.target),
            "score": plain(self.score),
            "total": None if self.total is None else plain(self.total),
            "gap": None if self.gap is None else plain(self.gap),
            "values": [[plain(float(v)) for v in row] for row in self.map],
        }

    def __str__(self) -> str:
        """Tell it in plain ASCII, at most 80 columns wide."""
        target = ", ".join(map(str, self.target))
        lines = [
            f"{self.method} for output [{target}] = {number(self.score)}",
            f"  {self.question}",
            f"  {self.map.shape[0]} x {self.map.shape[1]} values from "
            f"{number(float(self.map.min()))} to {number(float(self.map.max()))}",
            "  what counts most",
        ]
        for (row, column), value in self.strongest():
            lines.append(f"    row {row}, column {column}: {number(value)}")
        if self.total is not None and self.gap is not None:
            lines.append(
                f"  they add up to {number(float(self.values.sum(dtype=np.float64)), 6)}; "
                f"to be shared out was {number(self.total, 6)}"
            )
        return "\n".join(clipped(line) for line in lines)

    __repr__ = __str__


def saliency(model: Layer, x: Array, target: Any) -> Attribution:
    """Return the gradient of an answer by every pixel.

    Parameters
    ----------
    model : Layer
    x : array (1, C, H, W)
        One picture.
    target : int or tuple of int
        Which output: a class; or (channel, row, column) of a map; a channel alone means the mean
        of its map.

    Returns
    -------
    Attribution
        With values (C, H, W).

    References
    ----------
    Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2013.

    Examples
    --------
    >>> from minicnn import Conv2D
    >>> edges = Conv2D.from_kernels("sobel_x")
    >>> saliency(edges, np.zeros((1, 1, 5, 5)), (0, 1, 1)).map[1:4, 1:4]   # the kernel itself
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    """
    x = one_picture(x, "saliency")
    values, score, place = _slopes(model, x, target)
    question = "by how much would the answer grow if this pixel grew by 1, at first?"
    return Attribution("saliency", question, x[0], values, Field(), place, score)


def gradient_times_input(model: Layer, x: Array, target: Any) -> Attribution:
    """Return the gradient of an answer by every pixel, times the pixel.

    Exact for a network without bias that only ReLU bends: there the values add up to the answer.
    See `saliency` for the arguments.

    References
    ----------
    Shrikumar et al., "Not Just a Black Box", 2016.

    Examples
    --------
    >>> from minicnn import Conv2D, images
    >>> x = images.disc(9).astype(float)
    >>> edges = Conv2D.from_kernels("sobel_x")
    >>> found = gradient_times_input(edges, x, (0, 3, 1))
    >>> bool(abs(found.values.sum() - found.score) < 1e-6)
    True
    """
    x = one_picture(x, "gradient_times_input")
    values, score, place = _slopes(model, x, target)
    question = "what would be lost, at this slope, if the pixel went to 0?"
    return Attribution("gradient x input", question, x[0], values * x[0], Field(), place, score)


def integrated_gradients(
    model: Layer, x: Array, target: Any, *, baseline: Any = 0.0, steps: int = 64
) -> Attribution:
    """Return how the answer, less that for a baseline, is shared out among the pixels.

    The gradient is averaged along the straight way from the baseline to the picture (by the
    midpoint rule), and multiplied by the difference. By the fundamental theorem of calculus the
    values add up to the difference of the two answers: `gap` says how nearly.

    Parameters
    ----------
    model, x, target
        See `saliency`.
    baseline : number or array (1, C, H, W)
        The picture that stands for "nothing there": black by default.
    steps : int
        How many gradients are averaged; more make the gap smaller.

    References
    ----------
    Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", 2017.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sequential, images
    >>> model = Sequential(Conv2D.from_kernels("sobel_x"), ReLU())
    >>> integrated_gradients(model, images.disc(9), (0, 3, 1)).gap < 1e-6
    True
    """
    x = one_picture(x, "integrated_gradients").astype(np.float64)
    integer("steps", steps, least=1, most=100_000)
    try:
        start = np.broadcast_to(np.asarray(baseline, dtype=np.float64), x.shape)
    except (TypeError, ValueError):
        raise ShapeError(
            f"baseline must be a number or an array like x {x.shape}, got {short(baseline)}"
        ) from None
    mean = np.zeros(x.shape[1:])
    for step in range(steps):
        between = start + (step + 0.5) / steps * (x - start)
        mean += _slopes(model, between, target)[0] / steps
    answer, place = score_of(model(x), target)
    nothing, _ = score_of(model(start), target)
    question = "what is this pixel's share of the answer, less that of the baseline?"
    values = mean * (x - start)[0]
    total = answer - nothing
    return Attribution(
        "integrated gradients", question, x[0], values, Field(), place, answer, total
    )


def one_picture(x: Any, who: str) -> Array:
    """Return a batch of one picture, checked.

    Raises
    ------
    ShapeError
        For a batch of none or of several.
    """
    picture: Array = image_batch(x, who)
    if len(picture) != 1 or 0 in picture.shape:
        shape = picture.shape
        raise ShapeError(f"{who} looks at one picture, got x (N, C, H, W) = {shape}: use x[:1]")
    return picture


def score_of(output: Array, target: Any) -> tuple[float, tuple[int, ...]]:
    """Return the answer that a target names, for the first picture, and the target in full."""
    place = checked_target(target, output.shape)
    return float(output[0][place].mean(dtype=np.float64)), place


def direction_of(target: Any) -> Callable[[Array], Array]:
    """Return the function that gives, for an output, the gradient of the target's score by it."""

    def dy(output: Array) -> Array:
        place = checked_target(target, output.shape)
        gradient: Array = np.zeros_like(output)
        gradient[0][place] = 1 / output[0][place].size
        return gradient

    return dy


def checked_target(target: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a target as a tuple of ints that fits an output of this shape (N, ...).

    Raises
    ------
    ConfigError
        If it does not.
    """
    given = target if isinstance(target, tuple | list) else (target,)
    if len(given) not in (1, len(shape) - 1):
        raise ConfigError(
            f"target must be a class or channel, or {len(shape) - 1} integers for one value of an "
            f"output of shape {shape}, got {short(target)}"
        )
    return tuple(
        integer("target" if len(given) == 1 else f"target[{i}]", one, least=0, most=size - 1)
        for i, (one, size) in enumerate(zip(given, shape[1:], strict=False))
    )


def _slopes(model: Layer, x: Array, target: Any) -> tuple[Array, float, tuple[int, ...]]:
    """Return the gradient of the score by the picture (C, H, W), the score, and its place."""
    back = way_back(model, x, direction_of(target))
    score, place = score_of(back.output, target)
    slopes: Array = back.input_gradient[0]
    return slopes, score, place
