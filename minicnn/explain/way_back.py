"""The way back through a model, recorded: what came back to every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.layers import PICTURE, Layer, Merge
from minicnn.layers.base import Backward, Gradients
from minicnn.layers.plan import in_step
from minicnn.ops.arrays import came_back, real_array
from minicnn.shapes import Array
from minicnn.trace import Step, Trace


@dataclass(frozen=True, eq=False)
class BackStep(Step):
    """One step of a model, and what came back to it.

    Attributes
    ----------
    came_back : array
        The gradient of the step's output, in its shape: how the target moves with each value.
    gradients : dict of str to array
        The gradient of each of the layer's parameters.
    """

    came_back: Array = field(default_factory=lambda: np.zeros(0), repr=False)
    gradients: Gradients = field(default_factory=dict, repr=False)


class WayBack(Trace):
    """A trace whose steps also hold what came back to them; see `way_back`.

    Attributes
    ----------
    input_gradient : array
        What came back to the model's input, in its shape.
    """

    def __init__(self, input: Array, steps: tuple[BackStep, ...], input_gradient: Array) -> None:
        """Keep the model's input, its steps, and what came back."""
        super().__init__(input, steps)
        self.input_gradient = input_gradient

    def __getitem__(self, key: str | int) -> BackStep:
        """Return one step; see `Trace`."""
        step = super().__getitem__(key)
        assert isinstance(step, BackStep)  # as __init__ was given
        return step


def way_back(model: Layer, x: Array, dy: Any) -> WayBack:
    """Return a record of what goes through a model and of what comes back to each step.

    Where two steps look at one output, what comes back to it is the sum of both.

    Parameters
    ----------
    model : Layer
        As it is to be looked at: `model` itself, or ``model.for_training(rng)``.
    x : array
        Its input, usually (N, C, H, W).
    dy : array, or function of the output that returns one
        The gradient of the output, in its shape: 1 at the value that is asked about, say.

    Returns
    -------
    WayBack

    Raises
    ------
    ConfigError, ShapeError
        If `model` is no layer, or `dy` does not have the output's shape.
    UnsupportedError
        If a layer has no gradient.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sequential
    >>> model = Sequential(Conv2D.from_kernels("sobel_x"), ReLU())
    >>> x = np.arange(25.0).reshape(1, 1, 5, 5)
    >>> back = way_back(model, x, np.ones_like)
    >>> back["conv2d"].came_back.shape, back.input_gradient[0, 0, 0]
    ((1, 1, 3, 3), array([-1., -1.,  0.,  1.,  1.]))
    """
    plan, who = a_layer(model).plan(), type(model).__name__
    values: dict[int, Array] = {PICTURE: real_array(x, "way_back")}
    ways: list[Backward | None] = []
    for position, node in enumerate(plan):
        inputs = [values[source] for source in node.sources]
        with in_step(position, node.name, who):
            if isinstance(node.layer, Merge):
                values[position], way = node.layer(*inputs), None
            else:
                values[position], way = node.layer.vjp(*inputs)
        ways.append(way)
    last = len(plan) - 1
    y = values[last]
    slopes = {last: came_back(dy(y) if callable(dy) else dy, y.shape, y.dtype, "way_back")}
    gradients: list[Gradients] = [{} for _ in plan]
    for position in range(last, -1, -1):
        node, way = plan[position], ways[position]
        arrived = slopes.setdefault(position, np.zeros_like(values[position]))
        if way is not None:
            onward, gradients[position] = way(arrived)
            parts: tuple[Array, ...] = (onward,)
        else:
            assert isinstance(node.layer, Merge)
            parts = node.layer.split(arrived, *(values[s].shape for s in node.sources))
        for source, part in zip(node.sources, parts, strict=True):
            slopes[source] = slopes[source] + part if source in slopes else part
    steps = tuple(
        BackStep(
            node.name,
            node.layer,
            tuple(values[source] for source in node.sources),
            values[position],
            node.sources,
            slopes[position],
            gradients[position],
        )
        for position, node in enumerate(plan)
    )
    return WayBack(values[PICTURE], steps, slopes[PICTURE])


def a_layer(model: Any) -> Layer:
    """Return `model` if it is one.

    Raises
    ------
    ConfigError
        If it is not.
    """
    if not isinstance(model, Layer):
        raise ConfigError(f"model must be a Layer, such as Sequential(...), got {short(model)}")
    return model
