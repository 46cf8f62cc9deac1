"""Which step of one model answers to which of another, when one has a step more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from minicnn.trace import Step

Aligned: TypeAlias = tuple[int | None, int | None]
"""A step of the first model and the one of the second that answers to it; None: there is none."""

_SAME_TYPE, _SAME_SHAPE, _SAME_NAME, _SAME_SETTINGS, _SAME_WEIGHTS = 4.0, 1.0, 0.5, 1.0, 2.0
_REPLACED = 1.0
"""What speaks for two steps being each other's; steps of two types are, at best, replaced."""


@dataclass(frozen=True, eq=False)
class Looks:
    """What a step looks like, for finding the one that answers to it."""

    step: Step

    @cached_property
    def type(self) -> type:
        """Its layer's type."""
        return type(self.step.layer)

    @cached_property
    def settings(self) -> str:
        """Its layer's arguments."""
        return repr(self.step.layer)

    @cached_property
    def weights(self) -> bytes:
        """A digest of its layer's arrays; empty if it has none."""
        params: dict[str, Any] = getattr(self.step.layer, "params", {})
        if not params:
            return b""
        digest = hashlib.blake2b(digest_size=16)
        for name, array in params.items():
            digest.update(f"{name} {array.shape} {array.dtype}".encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.digest()


def align(a: Sequence[Step], b: Sequence[Step]) -> list[Aligned]:
    """Return the steps of two models side by side, in order, as well as they can be matched.

    The best of all ways to pair steps in order (a longest common subsequence, weighed): pairs
    of one type above all, then those with the same weights, settings, output shape and name. A
    step whose place is taken by one of another type, with the same output shape, is paired with
    it; any other stands alone.

    References
    ----------
    Needleman and Wunsch, "A general method applicable to the search for similarities in the
    amino acid sequence of two proteins", 1970.

    Examples
    --------
    >>> from minicnn import Conv2D, MaxPool2D, ReLU, Sequential
    >>> x = np.zeros((1, 1, 8, 8))
    >>> one = Sequential(Conv2D(1, 2, 3, rng=0), ReLU()).trace(x)
    >>> more = Sequential(Conv2D(1, 2, 3, rng=0), MaxPool2D(2), ReLU()).trace(x)
    >>> align(one.steps, more.steps)
    [(0, 0), (None, 1), (1, 2)]
    """
    left, right = [Looks(step) for step in a], [Looks(step) for step in b]
    alike = np.array([[likeness(one, other) for other in right] for one in left])
    best = np.zeros((len(left) + 1, len(right) + 1))  # of the steps from here on
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            together = best[i + 1, j + 1] + alike[i, j] if alike[i, j] else 0.0
            best[i, j] = max(together, best[i + 1, j], best[i, j + 1])
    pairs: list[Aligned] = []
    i = j = 0
    while i < len(left) and j < len(right):
        if alike[i, j] and best[i, j] == best[i + 1, j + 1] + alike[i, j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i, j] == best[i + 1, j]:
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    alone: list[Aligned] = [(k, None) for k in range(i, len(left))]
    return pairs + alone + [(None, k) for k in range(j, len(right))]


def likeness(one: Looks, other: Looks) -> float:
    """Return how much speaks for two steps being each other's; 0: nothing."""
    same_shape = one.step.output.shape == other.step.output.shape
    name = _SAME_NAME * (one.step.name == other.step.name)
    if one.type is not other.type:
        return _REPLACED + name if same_shape else 0.0
    return (
        _SAME_TYPE
        + name
        + _SAME_SHAPE * same_shape
        + _SAME_SETTINGS * (one.settings == other.settings)
        + _SAME_WEIGHTS * (one.weights == other.weights != b"")
    )
