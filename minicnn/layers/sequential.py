"""A model as a chain of layers, which is itself a layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, overload

from minicnn.errors import ConfigError, MiniCNNError, short
from minicnn.layers.base import Backward, Gradients, Layer, any_shape, check_mapping
from minicnn.layers.summary import Summary, summarize
from minicnn.ops.arrays import check_bytes, image_batch, real_array
from minicnn.shapes import Array, Shape
from minicnn.trace import Step, Trace


class Sequential(Layer):
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
        self._given = tuple(_named(item, position) for position, item in enumerate(layers))
        self.layers: tuple[Layer, ...] = tuple(layer for _, layer in self._given)
        self.names = _unique_names(self._given)

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
        """Return the output, and the way back through every layer, last one first."""
        ways_back: list[Backward] = []
        y = x
        for position, layer in enumerate(self.layers):
            with self._where(position):
                y, backward = layer.vjp(y)
                ways_back.append(backward)

        def backward_all(dy: Array) -> tuple[Array, Gradients]:
            gradients: Gradients = {}
            for key, way_back in reversed(tuple(zip(self._keys, ways_back, strict=True))):
                dy, own = way_back(dy)
                gradients |= {f"{key}.{name}": gradient for name, gradient in own.items()}
            return dy, gradients

        return (real_array(x, "Sequential").copy() if y is x else y), backward_all

    @property
    def params(self) -> dict[str, Array]:
        """Every layer's parameters: "0.weight", or "edges.weight" where a name was given."""
        return {
            f"{key}.{name}": array
            for key, layer in zip(self._keys, self.layers, strict=True)
            for name, array in layer.params.items()
        }

    def with_params(self, params: Mapping[str, Array]) -> Self:
        """Return a new model with these parameters; those not named are kept."""
        check_mapping(params)
        unknown = [name for name in params if name not in self.params]
        if unknown:
            known = ", ".join(map(repr, self.params)) or "none"
            raise ConfigError(
                f"Sequential has no parameter {short(unknown[0])}; its parameters are {known}"
            )
        parts: dict[str, dict[str, Array]] = {key: {} for key in self._keys}
        for name, array in params.items():
            key, _, rest = name.partition(".")
            parts[key][rest] = array
        layers = [
            layer.with_params(parts[key])
            for key, layer in zip(self._keys, self.layers, strict=True)
        ]
        return self._like(zip((name for name, _ in self._given), layers, strict=True))

    def trace(self, x: Array, *, max_bytes: int | None = None) -> Trace:
        """Return a record of every step, down to the layers of nested models.

        Parameters
        ----------
        x : array (N, C, H, W)
        max_bytes : int, optional
            Raise `LimitError` before any step whose output would be larger is run.
        """
        if max_bytes is not None:
            dtype = image_batch(x, "trace").dtype
            for row in self.summary(x.shape).rows:
                check_bytes(f"step {row.name}", row.output_shape, dtype, max_bytes)
        return super().trace(x)

    def walk(self, x: Array, name: str = "") -> Iterator[Step]:
        """Run the layers and yield each step as it is done, nested ones as "block.conv2d"."""
        for position, (own, layer) in enumerate(zip(self.names, self.layers, strict=True)):
            with self._where(position):
                for step in layer.walk(x, _join(name, own)):
                    yield step
                    x = step.output

    def leaves(self, name: str = "") -> Iterator[tuple[str, Layer]]:
        """Yield each step's name and layer, nested ones as "block.conv2d"."""
        for own, layer in zip(self.names, self.layers, strict=True):
            yield from layer.leaves(_join(name, own))

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return the sum over the layers."""
        return self.summary(input_shape).multiply_adds

    def summary(self, input_shape: Shape) -> Summary:
        """Return a table of every step: shape, parameters, cost, receptive field, left-over.

        Parameters
        ----------
        input_shape : (N, C, H, W)
        """
        return summarize(self, input_shape)

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
        items = (
            repr(layer) if name is None else f"({name!r}, {layer!r})" for name, layer in self._given
        )
        block = "".join(f"{item},\n" for item in items)
        return f"{type(self).__name__}(\n{_indent(block)})"

    @property
    def _keys(self) -> tuple[str, ...]:
        """The prefix of each layer's parameters: its given name, or its position."""
        return tuple(str(i) if name is None else name for i, (name, _) in enumerate(self._given))

    def _like(self, given: Any) -> Self:
        return type(self)(*(layer if name is None else (name, layer) for name, layer in given))

    @contextmanager
    def _where(self, position: int) -> Iterator[None]:
        """Add to one of our errors in which step it happened."""
        try:
            yield
        except MiniCNNError as error:
            step = f"In step {position} ({self.names[position]}) of {type(self).__name__}."
            raise error.add_context(step) from None


def _named(item: Any, position: int) -> tuple[str | None, Layer]:
    if isinstance(item, Layer):
        return None, item
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], Layer):
        name = item[0]
        if isinstance(name, str) and name and "." not in name and not name.isdigit():
            return name, item[1]
        raise ConfigError(
            f"layer {position}: a name must be text without dots, and not a number, "
            f"got {short(name)}"
        )
    example = f"{item.__name__}(...)" if isinstance(item, type) else "Conv2D(...), say"
    raise ConfigError(
        f"layer {position} must be a Layer or (name, Layer), got {short(item)}.\n  Write {example}."
    )


def _unique_names(given: tuple[tuple[str | None, Layer], ...]) -> tuple[str, ...]:
    """Return each layer's name; the second "conv2d" is "conv2d_2"."""
    taken = Counter(name for name, _ in given if name is not None)
    for name, count in taken.items():
        if count > 1:
            raise ConfigError(f"two layers are called {name!r}; names must differ")
    names: list[str] = []
    for given_name, layer in given:
        base, number = layer.step_name, 1
        unique = given_name or base
        while given_name is None and unique in taken:
            number += 1
            unique = f"{base}_{number}"
        taken[unique] += 1
        names.append(unique)
    return tuple(names)


def _join(outer: str, inner: str) -> str:
    return f"{outer}.{inner}" if outer else inner


def _indent(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())
