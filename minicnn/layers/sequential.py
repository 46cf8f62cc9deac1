"""A model as a chain of layers, which is itself a layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Self, overload

from minicnn.errors import ConfigError, short
from minicnn.layers.base import Backward, Gradients, Layer, Way, any_shape, params_only
from minicnn.layers.container import (
    Container,
    indented,
    joined,
    keys_of,
    named,
    prefixed,
    shown,
    unique_names,
)
from minicnn.layers.plan import Node, in_step
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, Shape


class Sequential(Container):
    """Layers one after the other: each takes what the one before it gave.

    Parameters
    ----------
    *layers : Layer or (name, Layer)
        A layer without a name is called after its class: "conv2d", "conv2d_2", ...

    Examples
    --------
    >>> from minicnn import Conv2D, Pad, ReLU
    >>> model = Sequential(Pad(1, mode="reflect"), ("edges", Conv2D(1, 8, 3)), ReLU())
    >>> model
    Sequential(
        Pad(1, mode='reflect'),
        ('edges', Conv2D(1, 8, 3)),
        ReLU(),
    )
    >>> model["edges"], len(model), model[1:]
    (Conv2D(1, 8, 3), 3, Sequential(
        ('edges', Conv2D(1, 8, 3)),
        ReLU(),
    ))
    >>> sorted(model.params)                    # the keys of PyTorch's nn.Sequential
    ['edges.bias', 'edges.weight']
    """

    def __init__(self, *layers: Layer | tuple[str, Layer]) -> None:
        """Check the layers and name them."""
        self._given = tuple(named(item, position) for position, item in enumerate(layers))
        self.layers: tuple[Layer, ...] = tuple(layer for _, layer in self._given)
        self.names = unique_names(self._given)

    def __call__(self, x: Array) -> Array:
        """Return the last layer's output."""
        y = x
        for position, layer in enumerate(self.layers):
            with self._where(position):
                y = layer(y)
        return real_array(x, "Sequential").copy() if y is x else y

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the last layer's output shape."""
        shape = any_shape(input_shape, "Sequential")
        for position, layer in enumerate(self.layers):
            with self._where(position):
                shape = layer.output_shape(shape)
        return shape

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back through every layer, last one first.

        Where only parameters are asked for, it ends at the first layer that has some.
        """
        ways_back: list[tuple[str, Backward]] = []
        y = x
        for position, (key, layer) in enumerate(self.children.items()):
            with self._where(position):
                y, backward = layer.vjp(y)
                ways_back.append((key, backward))
        first = next((i for i, layer in enumerate(self.layers) if layer.params), len(self))

        def back_to(position: int, dy: Array) -> tuple[Array, Gradients]:
            gradients: Gradients = {}
            for key, way_back in reversed(ways_back[position:]):
                dy, own = way_back(dy)
                gradients |= prefixed(key, own)
            return dy, gradients

        def params(dy: Array) -> Gradients:
            dy, gradients = back_to(first + 1, dy)
            for key, way_back in ways_back[first : first + 1]:
                gradients |= prefixed(key, params_only(way_back, dy))
            return gradients

        y = real_array(x, "Sequential").copy() if y is x else y
        return y, Way(lambda dy: back_to(0, dy), params)

    @property
    def children(self) -> dict[str, Layer]:
        """The layers by their given names, or their positions: "0", "1", ..."""
        return dict(zip(keys_of(self._given), self.layers, strict=True))

    def _with_children(self, layers: Iterable[Layer]) -> Self:
        return self._like(zip((name for name, _ in self._given), layers, strict=True))

    def lay_out(self, nodes: list[Node], name: str, source: int) -> int:
        """Append every layer's nodes, each looking at the one before it."""
        for own, layer in zip(self.names, self.layers, strict=True):
            source = layer.lay_out(nodes, joined(name, own), source)
        return source

    @overload
    def __getitem__(self, key: int | str) -> Layer: ...
    @overload
    def __getitem__(self, key: slice) -> Self: ...
    def __getitem__(self, key: int | str | slice) -> Layer | Self:
        """Return a layer by index or name, or part of the model by a slice."""
        if isinstance(key, slice):
            return self._like(self._given[key])
        if isinstance(key, str) and key in self.names:
            return self.layers[self.names.index(key)]
        if isinstance(key, int) and -len(self.layers) <= key < len(self.layers):
            return self.layers[key]
        known = ", ".join(f"{i}: {name!r}" for i, name in enumerate(self.names)) or "none"
        raise ConfigError(f"there is no layer {short(key)} in this model; its layers are {known}")

    def __iter__(self) -> Iterator[Layer]:
        """Go through the layers in order."""
        return iter(self.layers)

    def __len__(self) -> int:
        """Return how many layers there are."""
        return len(self.layers)

    def __repr__(self) -> str:
        """Return the call that makes a model like this one, a layer a line."""
        if not self.layers:
            return "Sequential()"
        block = "".join(f"{shown(layer, name)},\n" for name, layer in self._given)
        return f"{type(self).__name__}(\n{indented(block)})"

    def _like(self, given: Any) -> Self:
        return type(self)(*(layer if name is None else (name, layer) for name, layer in given))

    def _where(self, position: int) -> AbstractContextManager[None]:
        return in_step(position, self.names[position], type(self).__name__)
