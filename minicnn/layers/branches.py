"""Layers that lead a picture along several ways at once and merge what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from minicnn.errors import ConfigError, one_of, short
from minicnn.layers.base import Backward, Gradients, Layer, Way, params_only
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
from minicnn.layers.merge import Add, Concat, Merge
from minicnn.layers.plan import Node, in_step
from minicnn.layers.sequential import Sequential
from minicnn.shapes import Array, Shape

MERGES: dict[str, Merge] = {"add": Add(), "concat": Concat()}


class Branches(Container):
    """What `Residual` and `Parallel` share: branches that start from one input, and a merge."""

    branches: tuple[tuple[str, Layer], ...]
    """Each branch by its step's name."""

    merging: Merge
    """What makes one array of the branches' outputs."""

    def __call__(self, x: Array) -> Array:
        """Return what the merge makes of every branch's output."""
        outputs = []
        for position, (name, layer) in enumerate(self.branches):
            with in_step(position, name, type(self).__name__):
                outputs.append(layer(x))
        return self.merging(*outputs)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the shape of the merged branches."""
        shapes = []
        for position, (name, layer) in enumerate(self.branches):
            with in_step(position, name, type(self).__name__):
                shapes.append(layer.output_shape(input_shape))
        return self.merging.output_shape(*shapes)

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: the branches' gradients of the input add up."""
        outputs, ways_back = [], []
        for position, (name, layer) in enumerate(self.branches):
            with in_step(position, name, type(self).__name__):
                y, way_back = layer.vjp(x)
            outputs.append(y)
            ways_back.append(way_back)
        shapes = [y.shape for y in outputs]

        def parts(dy: Array) -> Iterator[tuple[str, Backward, Array]]:
            yield from zip(self.children, ways_back, self.merging.split(dy, *shapes), strict=True)

        def whole(dy: Array) -> tuple[Array, Gradients]:
            gradients: Gradients = {}
            dxs = []
            for key, way_back, part in parts(dy):
                dx, own = way_back(part)
                dxs.append(dx)
                gradients |= prefixed(key, own)
            return MERGES["add"](*dxs), gradients

        def params(dy: Array) -> Gradients:
            gradients: Gradients = {}
            for key, way_back, part in parts(dy):
                gradients |= prefixed(key, params_only(way_back, part))
            return gradients

        return self.merging(*outputs), Way(whole, params)

    def lay_out(self, nodes: list[Node], name: str, source: int) -> int:
        """Append every branch's nodes, and the merge, which looks at their ends."""
        ends = [layer.lay_out(nodes, joined(name, own), source) for own, layer in self.branches]
        nodes.append(Node(joined(name, self.merging.step_name), self.merging, tuple(ends)))
        return len(nodes) - 1


class Residual(Branches):
    """Add what a body makes of the input to the input itself: x + body(x).

    The body only has to learn what is to change, and a gradient finds a way around it.

    Parameters
    ----------
    body : Layer
        Its output must have the shape of what it is added to.
    shortcut : Layer, optional
        What the input goes through on its way past the body, such as a 1x1 convolution where
        the body changes the number of channels or the size; nothing by default.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sequential
    >>> block = Residual(Sequential(Conv2D(4, 4, 3, padding=1), ReLU()))
    >>> block.output_shape((1, 4, 8, 9))
    (1, 4, 8, 9)
    >>> [(node.name, node.sources) for node in block.plan()]    # -1 is the input
    [('body.conv2d', (-1,)), ('body.relu', (0,)), ('add', (1, -1))]

    References
    ----------
    He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2015.
    """

    merging = MERGES["add"]

    def __init__(self, body: Layer, shortcut: Layer | None = None) -> None:
        """Check and keep the two ways."""
        self.body = _checked("body", body)
        self.shortcut = None if shortcut is None else _checked("shortcut", shortcut)
        past = Sequential() if self.shortcut is None else self.shortcut
        self.branches = ("body", self.body), ("shortcut", past)

    @property
    def children(self) -> dict[str, Layer]:
        """The body, and the shortcut, which is an empty `Sequential` if none was given."""
        return dict(self.branches)

    def _with_children(self, layers: Iterable[Layer]) -> Self:
        body, shortcut = layers
        return type(self)(body, None if self.shortcut is None else shortcut)

    def __repr__(self) -> str:
        """Return the call that makes a layer like this one."""
        past = "" if self.shortcut is None else f"shortcut={self.shortcut!r},\n"
        block = f"{self.body!r},\n{past}"
        return f"Residual(\n{indented(block)})"


class Parallel(Branches):
    """Lead the input through several branches and merge what they give.

    Parameters
    ----------
    *branches : Layer or (name, Layer)
        At least one. An empty `Sequential` passes the input on as it is.
    merge : {'concat', 'add'}
        Lay the branches' channels one behind the other, or add the branches up.

    Examples
    --------
    >>> from minicnn import Conv2D
    >>> block = Parallel(Conv2D(3, 4, 1), Conv2D(3, 8, 5, padding=2))
    >>> block.output_shape((1, 3, 8, 9))
    (1, 12, 8, 9)
    >>> sorted(block.params)
    ['0.bias', '0.weight', '1.bias', '1.weight']

    References
    ----------
    Szegedy et al., "Going Deeper with Convolutions", 2014.
    """

    def __init__(self, *branches: Layer | tuple[str, Layer], merge: str = "concat") -> None:
        """Check the branches and name them."""
        if not branches:
            raise ConfigError("Parallel needs at least one branch, such as Parallel(Conv2D(...))")
        self._given = tuple(named(item, position) for position, item in enumerate(branches))
        layers = (layer for _, layer in self._given)
        self.branches = tuple(zip(unique_names(self._given), layers, strict=True))
        self.merge = one_of("merge", merge, ("concat", "add"))
        self.merging = MERGES[self.merge]

    @property
    def children(self) -> dict[str, Layer]:
        """The branches by their given names, or their positions: "0", "1", ..."""
        return dict(zip(keys_of(self._given), (layer for _, layer in self.branches), strict=True))

    def _with_children(self, layers: Iterable[Layer]) -> Self:
        names = (name for name, _ in self._given)
        given = zip(names, layers, strict=True)
        branches = (layer if name is None else (name, layer) for name, layer in given)
        return type(self)(*branches, merge=self.merge)

    def __repr__(self) -> str:
        """Return the call that makes a layer like this one, a branch a line."""
        block = "".join(f"{shown(layer, name)},\n" for name, layer in self._given)
        merge = "" if self.merge == "concat" else f"merge={self.merge!r},\n"
        return f"Parallel(\n{indented(block + merge)})"


def _checked(name: str, layer: object) -> Layer:
    if not isinstance(layer, Layer):
        raise ConfigError(f"{name} must be a Layer, such as Sequential(...), got {short(layer)}")
    return layer
