"""Which pixels an answer rests on: a map over the picture, and what proves it.

Every method here answers a different question; none says what the network "thinks". Gradients ask
what a small change would do, occlusion what a patch's absence does, integrated gradients how the
whole answer is shared out among the pixels. `trust` asks whether a method looked at the network
at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.explain.attribution_record import FURTHEST, Attribution
from minicnn.explain.ledger_numbers import number
from minicnn.explain.way_back import a_layer, way_back
from minicnn.layers import Field, Layer
from minicnn.ops.arrays import image_batch, real_array
from minicnn.shapes import Array, integer

_MOST_AT_ONCE, _AT_ONCE = 64, 1 << 22
"""So many variants of a picture are looked at together, of so many bytes in all."""


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
        With values (C, H, W). In its `map` each pixel has the slope of that channel whose slope
        is furthest from 0, with its sign: added up, channels that work against each other would
        look like pixels that do not count.

    Notes
    -----
    Ask about a score, not about a share: behind a `Softmax` a slope also says what speaks for
    the other classes, and vanishes where the network is sure.

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
    return Attribution("saliency", question, x[0], values, Field(), place, score, channels=FURTHEST)


def gradient_times_input(model: Layer, x: Array, target: Any) -> Attribution:
    """Return the gradient of an answer by every pixel, times the pixel.

    Exact for a network without bias that only ReLU and max pooling bend: there the values add up
    to the answer. A black pixel gets nothing, however much it matters. See `saliency` for the
    arguments.

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
        The picture that stands for "nothing there": black by default. A pixel that is as in the
        baseline gets nothing: where black pixels matter, take another one.
    steps : int
        How many gradients are averaged; more make the gap smaller.

    Returns
    -------
    Attribution
        With `total`, `gap`, and whether it `is_complete`.

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
    start = _baseline(baseline, x.shape)
    answer, place = score_of(a_layer(model)(x), target)
    mean, many = np.zeros(x.shape[1:]), pictures_at_once(model, x)
    for first in range(0, steps, many):
        way = (np.arange(first, min(first + many, steps)) + 0.5) / steps
        y, backward = model.vjp(start + way[:, None, None, None] * (x - start))
        mean += backward(_dy(y, place))[0].sum(axis=0) / steps
    nothing, _ = score_of(model(start), target)
    other = (
        f"where all pixels are {number(start.flat[0])}" if _is_flat(start) else "to the baseline"
    )
    question = f"what is its share of the answer, less the answer {other}?"
    values = mean * (x - start)[0]
    total = answer - nothing
    return Attribution(
        "integrated gradients", question, x[0], values, Field(), place, answer, total
    )


def _baseline(given: Any, shape: tuple[int, ...]) -> Array:
    """Return a baseline as a picture of float64."""
    is_number = isinstance(given, int | float | np.number) and not isinstance(given, bool)
    if isinstance(given, np.ndarray) or (is_number and abs(given) < 1e300):
        array = real_array(np.asarray(given), "integrated_gradients", "baseline")
        if array.shape in ((), shape) and np.isfinite(array).all():
            return np.broadcast_to(array.astype(np.float64), shape)
    raise ShapeError(
        f"baseline must be a finite number, or an array of them like x {shape}, got {short(given)}"
    )


def _is_flat(array: Array) -> bool:
    return bool((array == array.flat[0]).all())


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

    return lambda output: _dy(output[:1], checked_target(target, output.shape))


def _dy(output: Array, place: tuple[int, ...]) -> Array:
    """Return the gradient of every picture's score by the output."""
    gradient: Array = np.zeros_like(output)
    every: Any = (slice(None), *place)
    gradient[every] = 1 / output[0][place].size
    return gradient


def pictures_at_once(model: Layer, x: Array) -> int:
    """Return how many variants of a picture a model is asked about together.

    One, if a layer measures each picture by the others of its batch.
    """
    if any(getattr(node.layer, "of_batch", False) for node in model.plan()):
        return 1
    return min(_MOST_AT_ONCE, max(1, _AT_ONCE // x.nbytes))


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
