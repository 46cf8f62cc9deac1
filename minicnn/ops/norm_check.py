"""What the normalisations insist on, and what they say otherwise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minicnn.errors import ConfigError, ShapeError
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, Shape, integer, real


def check_eps(eps: Any) -> float:
    """Return what is added to a variance, refusing what is below 0."""
    return real("eps", eps, least=0, most=1e6)


def check_groups(shape: Shape, groups: Any, who: str) -> Shape:
    """Return the shape (N, groups, values of a group) of an input, cut into groups of channels.

    Raises
    ------
    ConfigError, ShapeError
        If there are no channels, or the groups do not divide them.
    """
    groups = integer("groups", groups, least=1)
    if len(shape) < 2:
        raise ShapeError(f"{who}: x needs axes (N, C, ...), got shape {shape}")
    if shape[1] % groups:
        raise ConfigError(
            f"{who}: {groups} groups do not divide {shape[1]} channels.\n"
            f"  Take as many groups as divide them: 1, or {shape[1]}, or something in between."
        )
    return shape[0], groups, math.prod(shape[1:]) // groups


def last_axes(shape: Shape, last: Sequence[int], who: str) -> tuple[int, ...]:
    """Return which of an input's axes the last ones are, if they have the sizes `last`.

    Raises
    ------
    ShapeError
        If they have others.
    """
    sizes = tuple(last)
    if not sizes or shape[-len(sizes) :] != sizes:
        raise ShapeError(
            f"{who}: the last axes of x are not those that are normalised.\n"
            f"  x           {shape}\n"
            f"  normalised  {sizes}\n"
            f"  For whole pictures it is (C, H, W) = x.shape[1:]."
        )
    return tuple(range(len(shape) - len(sizes), len(shape)))


def laid(array: Any, x: Array, axes: tuple[int, ...], who: str, name: str) -> Array:
    """Return numbers that belong to some axes of x so that they broadcast against x.

    Raises
    ------
    ShapeError
        If their shape is not that of x along these axes.
    """
    numbers = real_array(array, who, name)
    wanted = tuple(x.shape[axis] for axis in axes)
    if numbers.shape != wanted:
        raise ShapeError(
            f"{who}: {name} has another shape than it needs for x {x.shape}.\n"
            f"  {name:<6}  {numbers.shape}\n"
            f"  needed  {wanted}, one number for each {'channel' if axes == (1,) else 'place'}"
        )
    return numbers.reshape([x.shape[axis] if axis in axes else 1 for axis in range(x.ndim)])
