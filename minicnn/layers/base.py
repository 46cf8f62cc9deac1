"""What every layer promises.

A layer is a plain object that keeps its arguments and its weights. It can be

- **looked through**: ``y = layer(x)``. Pure: no argument and no attribute is changed, nothing is
  remembered, the result shares no memory with the input; so one layer may stand in two places,
  or serve many threads;
- **asked for sizes**: ``layer.output_shape(x.shape) == layer(x).shape``, without computing;
- **learnt through**: ``y, backward = layer.vjp(x)``, then ``dx, gradients = backward(dy)``, where
  `dx` is the gradient of the input and `gradients` maps each parameter's name to its gradient;
- **given other parameters**: ``layer.with_params(params)`` is a new layer, the old one is
  untouched, and ``layer.params`` names the arrays it has;
- **made ready to learn**: ``layer.for_training(rng)`` is the layer as it stands for one step of
  learning. Nearly always that is the layer itself. One that learns otherwise than it looks
  (dropout, batch norm) returns another layer, so that nothing has a switch: of every layer,
  ``layer(x)`` and ``layer.vjp(x)`` agree, and the same layer gives the same values again;
- **printed**: ``repr(layer)`` is the call that makes a layer like it.

A new layer writes `__call__` and `output_shape`, and `vjp` if it can be learnt through; where `dx`
costs much, `vjp` returns a `Way`, which can do without it (learning asks no model for it). If it
slides a window it says so in `window`, and what it costs in `multiply_adds`: summaries and
receptive fields follow.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np

from minicnn.errors import ConfigError, ShapeError, UnsupportedError, short
from minicnn.layers.field import Field
from minicnn.layers.plan import PICTURE, Node, in_step
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, Shape, Window, integer
from minicnn.trace import Step, Trace

Gradients: TypeAlias = dict[str, Array]
Backward: TypeAlias = Callable[[Array], tuple[Array, Gradients]]


class Way:
    """A way back that can stop at the parameters, and leave the gradient of the input alone.

    It is called like the function that it stands for: ``way(dy) -> (dx, gradients)``.

    Attributes
    ----------
    params : function
        ``way.params(dy)`` is the same `gradients`, without the work for `dx`.
    """

    def __init__(self, whole: Backward, params: Callable[[Array], Gradients]) -> None:
        """Keep both."""
        self._whole, self.params = whole, params

    def __call__(self, dy: Array) -> tuple[Array, Gradients]:
        """Go the whole way."""
        return self._whole(dy)


def params_only(backward: Backward, dy: Array) -> Gradients:
    """Return the gradients of the parameters, without that of the input if it can be spared."""
    return backward.params(dy) if isinstance(backward, Way) else backward(dy)[1]


class Layer:
    """The contract that the module describes, and what follows from it."""

    param_names: ClassVar[tuple[str, ...]] = ()
    """The attributes that hold arrays to be learnt; one that is None is left out of `params`."""

    def __call__(self, x: Array) -> Array:
        """Return the layer's output for `x`."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes")

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the output for an input of this shape, without computing it."""
        raise NotImplementedError(f"{type(self).__name__} does not say its output's shape")

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the function that takes its gradient back to the input.

        Returns
        -------
        y : array
            The same as ``layer(x)``.
        backward : function
            ``backward(dy) -> (dx, gradients)``, with ``dy.shape == y.shape``,
            ``dx.shape == x.shape``, and one gradient for each of `params`.
        """
        raise UnsupportedError(f"{type(self).__name__} has no gradient: it can be looked through")

    @property
    def params(self) -> dict[str, Array]:
        """The arrays that are learnt, by name; the layer's own arrays, not copies."""
        named = {name: getattr(self, name) for name in self.param_names}
        return {name: array for name, array in named.items() if array is not None}

    def with_params(self, params: Mapping[str, Array]) -> Self:
        """Return a new layer with these parameters (copied); those not named are kept.

        Raises
        ------
        ConfigError
            For a name that the layer does not have.
        ShapeError
            For an array of another shape.
        """
        check_mapping(params)
        new, own = copy.copy(self), self.params
        for name, array in params.items():
            setattr(new, name, self._checked_param(name, array, own))
        for name, old in own.items():
            if name not in params:
                setattr(new, name, old.copy())
        return new

    @property
    def statistics(self) -> tuple[str, ...]:
        """The names of those `params` that count along instead of being learnt by a gradient.

        For each of them the way back of `for_training` gives, in the place of a gradient, the
        step to be subtracted: ``new = old - gradients[name]``, whatever the optimizer.
        """
        return ()

    def for_training(self, rng: Any = None) -> Layer:
        """Return the layer as it stands for one step of learning; most layers: themselves.

        Parameters
        ----------
        rng : None, int or numpy.random.Generator
            Where random choices come from. The layer returned has made them: called twice, it
            gives the same values.
        """
        return self

    def window(self, height: int, width: int) -> Window | None:
        """Return what slides over an input of this size; None if every value stands alone."""
        return None

    def field(self, before: Field, input_shape: Shape) -> Field | None:
        """Return what each value sees of the picture; None if it is all of it.

        Parameters
        ----------
        before : Field
            What each of the input's values sees.
        input_shape : (N, C, H, W), or any
        """
        window = self.window(*input_shape[2:]) if len(input_shape) == 4 else None
        return before if window is None else before.through(window)

    def multiply_adds(self, input_shape: Shape) -> int:
        """Return how many multiplications, each with an addition, one call takes."""
        return 0

    def trace(self, x: Array) -> Trace:
        """Return a record of every step: its input and its output, by name and by index."""
        return Trace(x, tuple(self.walk(x)))

    def plan(self) -> tuple[Node, ...]:
        """Return every step in the order it runs, and where each gets its input from."""
        nodes: list[Node] = []
        self.lay_out(nodes, "", PICTURE)
        return tuple(nodes)

    def lay_out(self, nodes: list[Node], name: str, source: int) -> int:
        """Append this layer's nodes to a plan and return the position of its output.

        Parameters
        ----------
        nodes : list of Node
            The plan so far.
        name : str
            What this layer is called in it; "" for a whole model.
        source : int
            The position of the node that this layer looks at, or `PICTURE`.
        """
        nodes.append(Node(name or self.step_name, self, (source,)))
        return len(nodes) - 1

    def walk(self, x: Array) -> Iterator[Step]:
        """Run the plan and yield each step as it is done."""
        outputs: list[Array] = []
        for position, node in enumerate(self.plan()):
            inputs = tuple(x if s == PICTURE else outputs[s] for s in node.sources)
            with in_step(position, node.name, type(self).__name__):
                outputs.append(node.layer(*inputs))
            yield Step(node.name, node.layer, inputs, outputs[-1], node.sources)

    def leaves(self) -> Iterator[tuple[str, Layer]]:
        """Yield each step's name and layer, as `walk` would, without running anything."""
        for node in self.plan():
            yield node.name, node.layer

    @property
    def step_name(self) -> str:
        """The name of a step that this layer does, such as "conv2d"."""
        return snake_case(type(self).__name__)

    def __repr__(self) -> str:
        """Return the call that makes a layer like this one."""
        return f"{type(self).__name__}({', '.join(self._arguments())})"

    def _arguments(self) -> Iterator[str]:
        """Yield the constructor's arguments as text, leaving out those at their default."""
        for name, parameter in inspect.signature(type(self)).parameters.items():
            value = self._argument(name)
            if parameter.default is parameter.empty:
                yield repr(value)
            elif not (type(value) is type(parameter.default) and value == parameter.default):
                yield f"{name}={value!r}"

    def _argument(self, name: str) -> Any:
        """Return the value of one of the constructor's arguments, as short as it can be said."""
        return compact(getattr(self, name))

    def _by_name(self, *gradients: Array) -> Gradients:
        """Return gradients, given in the order of `param_names`, by name."""
        named = zip(self.param_names, gradients, strict=True)
        return {name: gradient for name, gradient in named if getattr(self, name) is not None}

    def _checked_param(self, name: str, array: Any, own: Mapping[str, Array]) -> Array:
        who = type(self).__name__
        if name not in own:
            known = ", ".join(map(repr, own)) or "none"
            raise ConfigError(f"{who} has no parameter {short(name)}; its parameters are {known}")
        old = own[name]
        if isinstance(array, np.generic):  # what arithmetic makes of an array of no axes
            array = np.asarray(array)
        new = real_array(array, who, name)
        if new.shape != old.shape:
            raise ShapeError(
                f"{who}: {name} has another shape.\n  given  {new.shape}\n  layer  {old.shape}"
            )
        return np.array(array, old.dtype)  # not `new`: float32 cannot count beyond 2**24


def generator(rng: Any) -> np.random.Generator:
    """Return the generator that `rng` stands for: itself, a seed's, or a fresh one for None.

    Raises
    ------
    ConfigError
        For what is neither None, a whole number from 0 to 2**128, nor a Generator.
    """
    if rng is not None and not isinstance(rng, np.random.Generator):
        integer("rng", rng, least=0, most=2**128)
    return np.random.default_rng(rng)


def check_mapping(params: Any) -> None:
    """Raise unless `params` maps names to arrays."""
    if not isinstance(params, Mapping):
        raise ConfigError(f"params must map names to arrays, got {short(params)}")


def compact(value: Any) -> Any:
    """Return a pair, or a pair of pairs, in its shortest form.

    Examples
    --------
    >>> compact(((1, 1), (1, 1))), compact((2, 2)), compact(((1, 1), (2, 2)))
    (1, 2, (1, 2))
    """
    while isinstance(value, tuple) and len(value) == 2:
        first, second = (compact(part) if isinstance(part, tuple) else part for part in value)
        if not (isinstance(first, int) and isinstance(second, int)):
            return value
        if first != second:
            return (first, second)
        value = first
    return value


def image_shape(input_shape: Any, who: str) -> tuple[int, int, int, int]:
    """Return a shape of four axes as ints, refusing any other.

    Raises
    ------
    ShapeError
        For a shape that is not (N, C, H, W).
    """
    shape = any_shape(input_shape, who)
    if len(shape) != 4:
        raise ShapeError(
            f"{who}: input_shape must be (N, C, H, W) = (batch, channels, height, width), "
            f"got {short(input_shape)}"
        )
    n, c, h, w = shape
    return n, c, h, w


def any_shape(input_shape: Any, who: str) -> Shape:
    """Return a shape of any number of axes as a tuple of ints.

    Raises
    ------
    ConfigError, ShapeError
        For what is not a sequence of integers of at least 0.
    """
    if not isinstance(input_shape, tuple | list):
        raise ShapeError(
            f"{who}: input_shape must be a tuple of integers, got {short(input_shape)}"
        )
    return tuple(integer(f"input_shape[{i}]", v, least=0) for i, v in enumerate(input_shape))


def snake_case(name: str) -> str:
    """Return a class's name as a step's: words in lower case, joined by underscores.

    Examples
    --------
    >>> snake_case("Conv2D"), snake_case("ReLU"), snake_case("GlobalAvgPool2D")
    ('conv2d', 'relu', 'global_avg_pool2d')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", name).lower()
