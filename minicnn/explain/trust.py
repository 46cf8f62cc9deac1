"""Does an explanation look at the network? Randomise the weights: it must change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.explain.attribution import saliency
from minicnn.explain.attribution_record import Attribution
from minicnn.explain.trust_record import Explained, Trust, TrustStage, flat_value, middle
from minicnn.explain.way_back import a_layer
from minicnn.layers import Layer
from minicnn.layers.base import generator
from minicnn.layers.container import Container
from minicnn.shapes import Array, integer

STAGES = 4
"""At most so many: from the last layer alone to all of them."""


def trust(
    model: Layer,
    x: Any,
    target: Any,
    *,
    method: Callable[[Layer, Any, Any], Explained] = saliency,
    times: int = 3,
    rng: Any = 0,
) -> Trust:
    """Check that an explanation changes when the weights are randomised.

    Each array of parameters is shuffled, which keeps how its values are distributed and forgets
    all that was learnt: first those of the last layer, then those of more and more before it, at
    last all. An explanation that stays the same explains the picture, not the network.

    How alike two maps are is Spearman's rank correlation, without its sign: of their values, and
    of their values' sizes. Where the sizes stay alike and the values do not, the weights only say
    what is for the answer and what against it; where the map points is the picture's doing.

    A flat map, such as one of zeros where shuffled ReLUs are dead, is in no order that could be
    compared. It does not count; where half of the maps are flat, nothing was tested: take more
    `times`.

    Parameters
    ----------
    model : Layer
    x, target
        What the method takes: a picture (1, C, H, W) and a class, see `saliency`.
    method : function of (model, x, target)
        One of this package, or ``lambda m, x, t: grad_cam(m, x, t, "relu")``. For a picture that
        is made: ``lambda m, x, t: maximise(m, t, x.shape)``. For patches of a data set x:
        ``lambda m, x, t: exciting_patches(m, x, "relu", t)``.
    times : int
        How many randomised networks.
    rng : int or numpy.random.Generator

    Returns
    -------
    Trust

    Raises
    ------
    ConfigError
        If there is nothing to shuffle, and for a method that does not explain.

    References
    ----------
    Adebayo et al., "Sanity Checks for Saliency Maps", 2018.

    Examples
    --------
    >>> from minicnn import Conv2D, images
    >>> noise = Conv2D(1, 1, 20, rng=0)
    >>> trust(noise, images.disc(20), 0).passed
    True
    """
    a_layer(model)
    integer("times", times, least=1, most=1000)
    if not callable(method):
        raise ConfigError(f"method must be a function of (model, x, target), got {short(method)}")
    layers = _layers(model)
    if not layers:
        raise ConfigError("trust shuffles a model's parameters, and this model has none")
    random = generator(rng)
    shuffles = [_shuffled(model, random) for _ in range(times)]
    if all(_same(model.params[key], new) for one in shuffles for key, new in one.items()):
        raise ConfigError(
            "trust shuffles a model's parameters, and that changes nothing in this model: each "
            "array of them holds one value only"
        )
    real = _explained(method(model, x, target))
    stages = []
    for count in np.unique(np.rint(np.linspace(1, len(layers), STAGES)).astype(int)).tolist():
        last = layers[len(layers) - count :]
        keys = [key for _, keys in last for key in keys]
        others = [
            _explained(method(model.with_params({key: one[key] for key in keys}), x, target))
            for one in shuffles
        ]
        likeness = tuple(alike(real.map, other.map) for other in others)
        sizes = tuple(alike(np.abs(real.map), np.abs(other.map)) for other in others)
        if not isinstance(real, Attribution):  # what is no map of shares has no signs
            sizes = likeness
        flat = tuple(flat_value(other.map) for other in others)
        example = others[middle(likeness, flat)]
        names = tuple(name for name, _ in last)
        stages.append(TrustStage(names, likeness, sizes, flat, example))
    return Trust(real, tuple(stages))


def alike(a: Array, b: Array) -> float:
    """Return how alike two maps are: 1 is the same order of values, 0 nothing in common.

    It is Spearman's rank correlation without its sign. With a flat map it is 0, between two of
    them 1; NaN where a value is not finite.

    Examples
    --------
    >>> alike(np.array([[1.0, -2, 3]]), np.array([[-10.0, 20, -30]]))
    1.0
    """
    if a.shape != b.shape:
        raise ShapeError(f"only maps of one shape can be alike, got {a.shape} and {b.shape}")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    first, second = (one - one.mean() for one in (_ranks(a.ravel()), _ranks(b.ravel())))
    length = float(np.sqrt((first @ first) * (second @ second)))
    if length:
        return min(1.0, abs(float(first @ second)) / length)
    return 0.0 if first.any() or second.any() else 1.0


def _ranks(values: Array) -> Array:
    """Return the rank of each value, equal ones sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Array = (ends - (counts + 1) / 2.0).astype(np.float64)
    return means[inverse.reshape(-1)]


def _layers(model: Layer) -> list[tuple[str, list[str]]]:
    """Return the layers that learn, in order: the name of each step, its parameters' keys."""
    names = {id(layer): name for name, layer in reversed(list(model.leaves()))}
    statistics = set(model.statistics)
    found = []
    for key, layer in _leaves("", model):
        keys = [f"{key}{name}" for name in layer.params if f"{key}{name}" not in statistics]
        if keys:
            found.append((names.get(id(layer), key.rstrip(".") or layer.step_name), keys))
    return found


def _leaves(key: str, layer: Layer) -> Iterator[tuple[str, Layer]]:
    """Yield every layer that is made of no others, and what stands before its parameters' names."""
    if not isinstance(layer, Container):
        yield key, layer
        return
    for name, child in layer.children.items():
        yield from _leaves(f"{key}{name}.", child)


def _shuffled(model: Layer, random: np.random.Generator) -> dict[str, Array]:
    """Return what is learnt of a model's parameters, each array's values in a random order."""
    statistics = set(model.statistics)
    return {
        name: random.permutation(array.ravel()).reshape(array.shape)
        for name, array in model.params.items()
        if name not in statistics
    }


def _same(one: Array, other: Array) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def _explained(found: Any) -> Explained:
    map_ = getattr(found, "map", None)
    if not isinstance(map_, np.ndarray) or not map_.size or not hasattr(found, "method"):
        raise ConfigError(
            f"method must return what explain's functions return, such as an Attribution, "
            f"got {short(found)}"
        )
    explained: Explained = found
    return explained
