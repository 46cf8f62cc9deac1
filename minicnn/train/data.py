"""Examples to learn from: inputs and what they should lead to, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, ShapeError, short
from minicnn.layers.base import generator
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array


@dataclass(frozen=True, eq=False)
class Dataset:
    """Examples to learn from; printing it says what there is.

    Parameters
    ----------
    x : array (N, C, H, W), or (N, ...)
        The inputs, one example after the other.
    targets : array (N,) of integers, or (N, ...)
        The number of each example's class; or what a model should answer.
    classes : tuple of str
        The classes' names, in the order of their numbers; empty if there are none.

    Examples
    --------
    >>> data = Dataset(np.zeros((4, 1, 8, 8)), np.array([0, 1, 1, 0]), ("dark", "bright"))
    >>> print(data)
    4 examples of 1x8x8 in 2 classes: 2 each of dark, bright
    >>> first, rest = data.split(2, rng=0)
    >>> first.targets.tolist(), rest.targets.tolist()      # both have both classes
    ([1, 0], [1, 0])
    """

    x: Array
    targets: Array
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the arrays and the names fit together."""
        for name in ("x", "targets"):
            array = getattr(self, name)
            real_array(array[:0] if _has_axes(array) else array, "Dataset", name)
            if not _has_axes(array):
                raise ShapeError(f"Dataset: {name} must be (N, ...), one an example, got a number")
        if len(self.x) != len(self.targets):
            raise ShapeError(
                f"Dataset: there must be as many targets as inputs.\n"
                f"  x        {self.x.shape}\n  targets  {self.targets.shape}"
            )
        object.__setattr__(self, "classes", self._checked_classes())

    @property
    def is_labelled(self) -> bool:
        """Whether the targets are the numbers of classes."""
        return self.targets.ndim == 1 and self.targets.dtype.kind in "iu"

    def __len__(self) -> int:
        """Return how many examples there are."""
        return len(self.x)

    def take(self, indices: Any) -> Dataset:
        """Return some of the examples: whatever NumPy takes as an index, such as a slice."""
        return Dataset(self.x[indices], self.targets[indices], self.classes)

    def split(self, first: int | float, *, rng: Any = None) -> tuple[Dataset, Dataset]:
        """Share the examples out at random, each class by itself: both get their part of it.

        Parameters
        ----------
        first : int or float
            How many examples the first part has, or what share (0 to 1) of them.
        rng : None, int or numpy.random.Generator

        Returns
        -------
        (Dataset, Dataset)
            In random order.
        """
        n = len(self)
        is_share = isinstance(first, float | np.floating) and 0 <= first <= 1
        count = round(first * n) if is_share else first
        if (
            not isinstance(count, int | np.integer)
            or isinstance(count, bool)
            or not 0 <= count <= n
        ):
            raise ConfigError(
                f"first must be a number of examples up to {n}, or a share from 0.0 to 1.0, "
                f"got {short(first)}"
            )
        order = generator(rng).permutation(n)
        if self.is_labelled:  # spread every class evenly over the order
            order = order[np.argsort(_places(self.targets[order]), kind="stable")]
        return self.take(order[:count]), self.take(order[count:])

    def __str__(self) -> str:
        """Say how many examples there are, and of what."""
        count = f"{len(self):,} example{'s' if len(self) != 1 else ''}"
        text = f"{count} of {'x'.join(map(str, self.x.shape[1:])) or 'one number'}"
        if not self.is_labelled:
            return f"{text}, targets of {'x'.join(map(str, self.targets.shape[1:])) or '1'}"
        counts = np.bincount(self.targets, minlength=len(self.classes))
        names = self.classes or tuple(map(str, range(len(counts))))
        if len(names) == 1:
            return f"{text} in one class, {names[0]}"
        if len(set(counts.tolist())) == 1:
            return f"{text} in {len(names)} classes: {counts[0]:,} each of {_listed(names)}"
        pairs = zip(counts, names, strict=True)
        listed = [f"{count:,} {name}" for count, name in pairs]
        return f"{text} in {len(names)} classes: {_listed(listed)}"

    def _checked_classes(self) -> tuple[str, ...]:
        """Return the classes' names, if there is one for every target."""
        names: Any = self.classes
        is_text = isinstance(names, tuple | list) and all(isinstance(name, str) for name in names)
        if not is_text:
            raise ConfigError(f"Dataset: classes must be a tuple of texts, got {short(names)}")
        if self.is_labelled and len(self):
            low, high = self.targets.min(), self.targets.max()
            if low < 0 or (names and high >= len(names)):
                known = f"from 0 to {len(names) - 1}" if names else "of at least 0"
                raise ConfigError(
                    f"Dataset: a target must be the number of a class, {known}; "
                    f"these go from {low} to {high}"
                )
        return tuple(names)


def as_dataset(data: Any, who: str = "data") -> Dataset:
    """Return `data`, a `Dataset` or a pair of arrays (inputs, targets), as a `Dataset`.

    Raises
    ------
    ConfigError
        For anything else, and if there is no example.
    """
    if isinstance(data, tuple | list) and len(data) == 2:
        data = Dataset(*data)
    if not isinstance(data, Dataset):
        raise ConfigError(
            f"{who} must be a Dataset, or a pair of arrays (inputs, targets), got {short(data)}"
        )
    if not len(data):
        raise ConfigError(f"{who} holds no examples")
    return data


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:10]) + (", ..." if len(texts) > 10 else "")


def _has_axes(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.ndim > 0


def _places(labels: Array) -> Array:
    """Return for each label how far along its class it comes: between 0 and 1."""
    places = np.empty(len(labels))
    for label in np.unique(labels):
        at = np.flatnonzero(labels == label)
        places[at] = (np.arange(len(at)) + 0.5) / len(at)
    return places
