"""Layers made of layers: their parameters, names and plans, written once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Self

from minicnn.errors import ConfigError, short
from minicnn.layers.base import Gradients, Layer, check_mapping, generator
from minicnn.layers.summary import Summary, summarize
from minicnn.ops.arrays import check_bytes, image_batch
from minicnn.shapes import Array, Shape
from minicnn.trace import Trace


class Container(Layer):
    """A layer that holds others, each under a key: "0", "body", or a name that was given.

    A container says what it holds in `children`, how to make another like it from other
    children in `_with_children`, and how they are wired in `lay_out`.
    """

    @property
    def children(self) -> dict[str, Layer]:
        """The layers by the keys that stand before their parameters' names."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it holds")

    def _with_children(self, layers: Iterable[Layer]) -> Self:
        """Return a container like this one around other layers, given in the same order."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is made")

    @property
    def params(self) -> dict[str, Array]:
        """Every layer's parameters: "0.weight", or "edges.weight" where a name was given."""
        return {
            f"{key}.{name}": array
            for key, layer in self.children.items()
            for name, array in layer.params.items()
        }

    @property
    def statistics(self) -> tuple[str, ...]:
        """Those of `params` that are kept by counting along, not learnt from a gradient."""
        return tuple(
            f"{key}.{name}" for key, layer in self.children.items() for name in layer.statistics
        )

    def with_params(self, params: Mapping[str, Array]) -> Self:
        """Return a new model with these parameters; those not named are kept."""
        check_mapping(params)
        own = self.params
        unknown = [name for name in params if name not in own]
        if unknown:
            known = ", ".join(map(repr, own)) or "none"
            raise ConfigError(
                f"{type(self).__name__} has no parameter {short(unknown[0])}; "
                f"its parameters are {known}"
            )
        parts: dict[str, dict[str, Array]] = {key: {} for key in self.children}
        for name, array in params.items():
            key, _, rest = name.partition(".")
            parts[key][rest] = array
        return self._with_children(
            layer.with_params(parts[key]) for key, layer in self.children.items()
        )

    def for_training(self, rng: Any = None) -> Self:
        """Return the model as it stands for one step of learning; see `Layer.for_training`."""
        rng, layers = generator(rng), list(self.children.values())
        learners = [layer.for_training(rng) for layer in layers]
        if all(one is other for one, other in zip(learners, layers, strict=True)):
            return self
        return self._with_children(learners)

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


def prefixed(key: str, gradients: Gradients) -> Gradients:
    """Return gradients under their names in the container."""
    return {f"{key}.{name}": gradient for name, gradient in gradients.items()}


def joined(outer: str, inner: str) -> str:
    """Return a nested step's name, such as "block.conv2d"."""
    return f"{outer}.{inner}" if outer else inner


def named(item: Any, position: int) -> tuple[str | None, Layer]:
    """Return a layer and the name given with it, or None.

    Raises
    ------
    ConfigError
        For what is neither a layer nor (name, layer).
    """
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


def unique_names(given: tuple[tuple[str | None, Layer], ...]) -> tuple[str, ...]:
    """Return each layer's name; the second "conv2d" is "conv2d_2".

    Raises
    ------
    ConfigError
        If two layers were given one name.
    """
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


def keys_of(given: tuple[tuple[str | None, Layer], ...]) -> tuple[str, ...]:
    """Return the prefix of each layer's parameters: its given name, or its position."""
    return tuple(str(i) if name is None else name for i, (name, _) in enumerate(given))


def shown(layer: Layer, name: str | None) -> str:
    """Return a layer as it was given to a container's constructor."""
    return repr(layer) if name is None else f"({name!r}, {layer!r})"


def indented(block: str) -> str:
    """Return lines moved in by four spaces."""
    return "".join(f"    {line}\n" for line in block.splitlines())
