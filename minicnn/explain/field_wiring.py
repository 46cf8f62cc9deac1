"""A whole model's wiring: sets of values followed through every step, forwards and back."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from minicnn.errors import ConfigError, DTypeError, ShapeError, short
from minicnn.explain.field_layers import links
from minicnn.explain.field_links import Link, MapsShape, maps_shape
from minicnn.layers import PICTURE, Layer, Node
from minicnn.layers.base import image_shape
from minicnn.layers.plan import in_step
from minicnn.shapes import Array, Shape, integer
from minicnn.trace import Trace

Masks: TypeAlias = dict[int, Array]
"""A set of values, (C, H, W) of bool, for each position of a plan; `PICTURE` is the picture."""


class Wiring:
    """A model's plan for pictures of one size, and every step's links.

    Parameters
    ----------
    nodes : tuple of Node
    shapes : dict
        The shape of each node's output, with its batch axis, and that of the picture.
    """

    def __init__(self, nodes: tuple[Node, ...], shapes: dict[int, Shape]) -> None:
        """Keep the plan."""
        self.nodes = nodes
        self.shapes = shapes

    @cached_property
    def links(self) -> tuple[tuple[Link, ...], ...]:
        """Every node's links, one for each of its sources."""
        return tuple(
            links(node.layer, tuple(self.shapes[s] for s in node.sources), self.shapes[position])
            for position, node in enumerate(self.nodes)
        )

    def name(self, position: int) -> str:
        """Return a step's name; the picture is called "picture"."""
        return "picture" if position == PICTURE else self.nodes[position].name

    def maps(self, position: int) -> MapsShape:
        """Return the shape of a step's output for one picture, (C, H, W)."""
        return maps_shape(self.shapes[position])

    def assumed(self, positions: Any) -> tuple[str, ...]:
        """Return the names of those steps that do not say what they look at."""
        return tuple(
            self.name(p)
            for p in positions
            if p != PICTURE and any(k.assumed for k in self.links[p])
        )

    def back(self, position: int, mask: Array) -> Masks:
        """Return what a set of a step's values is made of, at every step on the way."""
        masks: Masks = {position: mask}
        for later in range(position, PICTURE, -1):
            if later not in masks:
                continue
            for source, link in zip(self.nodes[later].sources, self.links[later], strict=True):
                found = link.back(masks[later])
                masks[source] = masks[source] | found if source in masks else found
        masks.setdefault(PICTURE, np.zeros(self.maps(PICTURE), bool))
        return masks

    def forward(self, position: int, mask: Array) -> Masks:
        """Return what is made of a set of a step's values, at every later step."""
        masks: Masks = {position: mask}
        for later in range(position + 1, len(self.nodes)):
            found = np.zeros(self.maps(later), bool)
            for source, link in zip(self.nodes[later].sources, self.links[later], strict=True):
                if source in masks:
                    found |= link.forward(masks[source])
            masks[later] = found
        return masks

    def find_step(self, step: Any) -> int:
        """Return a step's position by its name or its index; -1 is the last."""
        names = [node.name for node in self.nodes]
        if isinstance(step, str) and step in names:
            return names.index(step)
        is_index = isinstance(step, int | np.integer) and not isinstance(step, bool)
        if is_index and -len(names) <= step < len(names):
            return int(step) % len(names)
        known = ", ".join(f"{i}: {name!r}" for i, name in enumerate(names)) or "none"
        raise ConfigError(f"there is no step {short(step)} in this model; its steps are {known}")

    def find_place(self, position: int, row: Any, column: Any) -> tuple[int, int]:
        """Return a place in a step's maps; None is the middle.

        Raises
        ------
        ConfigError
            For what lies outside; the message says how large the maps are.
        """
        _, height, width = self.maps(position)
        if 0 in self.maps(position):
            raise ShapeError(f"{self.name(position)} has no values: {self.shapes[position]}")
        found = []
        for name, value, size in (("row", row, height), ("column", column, width)):
            found.append(self._within(position, name, size // 2 if value is None else value, size))
        return found[0], found[1]

    def find_channel(self, position: int, channel: Any) -> slice:
        """Return one channel of a step's maps, or for None all of them."""
        count = self.maps(position)[0]
        if channel is None:
            return slice(0, count)
        first = self._within(position, "channel", channel, count)
        return slice(first, first + 1)

    def one(self, position: int, channel: Any, row: int, column: int) -> Array:
        """Return the set of one place in one channel of a step's maps, or in all of them."""
        mask = np.zeros(self.maps(position), bool)
        mask[self.find_channel(position, channel), row, column] = True
        return mask

    def _within(self, position: int, name: str, value: Any, size: int) -> int:
        if integer(name, value, least=0) >= size:
            raise ConfigError(
                f"{name} must be from 0 to {size - 1}, got {value}.\n"
                f"  {self.name(position)} (C, H, W) = {self.maps(position)}"
            )
        return int(value)


def wiring_of(model: Any, input_shape: Any, who: str) -> Wiring:
    """Return the wiring of a model, or of the model behind a trace.

    Parameters
    ----------
    model : Layer or Trace
    input_shape : (N, C, H, W) or None
        None for a trace, which knows it.

    Raises
    ------
    ConfigError, DTypeError, ShapeError
        For a missing or impossible shape, and for what is neither.
    """
    if isinstance(model, Trace):
        if input_shape is not None:
            raise ConfigError(f"{who}: a trace has its picture already: leave input_shape out")
        _check_sources(model)
        nodes = tuple(Node(step.name, step.layer, step.sources) for step in model)
        shapes = {p: step.output.shape for p, step in enumerate(model)}
        return Wiring(nodes, shapes | {PICTURE: model.input.shape})
    if not isinstance(model, Layer):
        raise DTypeError(
            f"{who} takes a model (a Layer) or a Trace, got {type(model).__name__} {short(model)}"
        )
    if input_shape is None:
        raise ConfigError(f"{who}: input_shape is missing: input_shape=x.shape, (N, C, H, W)")
    shapes = {PICTURE: image_shape(input_shape, who)}
    nodes = model.plan()
    for position, node in enumerate(nodes):
        with in_step(position, node.name, type(model).__name__):
            shapes[position] = node.layer.output_shape(*(shapes[s] for s in node.sources))
    return Wiring(nodes, shapes)


def _check_sources(trace: Trace) -> None:
    """Raise if a step's inputs are not the outputs that it is said to look at."""
    for step in trace:
        looked_at = (trace.input if s == PICTURE else trace[s].output for s in step.sources)
        if any(one is not other for one, other in zip(step.inputs, looked_at, strict=True)):
            raise ConfigError(f"the trace does not say where {step.name} has its input from")
