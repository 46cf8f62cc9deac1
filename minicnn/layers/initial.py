"""A layer's first weights: PyTorch's default, uniform within 1 / sqrt(terms of each sum)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minicnn.errors import ConfigError
from minicnn.layers.base import generator
from minicnn.ops.arrays import check_bytes
from minicnn.shapes import Array, Shape, flag, integer


def seed_of(rng: Any) -> tuple[int | None, np.random.Generator]:
    """Return what a layer remembers of its `rng`, a seed or nothing, and the generator it is."""
    random = generator(rng)
    return (int(rng) if isinstance(rng, int | np.integer) else None), random


def first_weight(who: str, shape: Shape, fan_in: int, random: np.random.Generator) -> Array:
    """Return weights of this shape, drawn for sums of `fan_in` terms.

    Raises
    ------
    LimitError
        If there are more than any machine has room for.

    References
    ----------
    He et al., "Delving Deep into Rectifiers", 2015: where the range comes from.
    """
    check_bytes(who, shape, np.float32, None)
    limit = 1 / math.sqrt(fan_in)
    return random.uniform(-limit, limit, shape).astype(np.float32)


def first_bias(bias: Any, number: int, fan_in: int, random: np.random.Generator) -> Array | None:
    """Return a bias drawn as the weights are, or None if there is to be none."""
    if not flag("bias", bias):
        return None
    limit = 1 / math.sqrt(fan_in)
    return random.uniform(-limit, limit, number).astype(np.float32)


def per_group(name: str, channels: Any, groups: Any) -> int:
    """Return how many of some channels are in each of so many groups.

    Raises
    ------
    ConfigError
        If they cannot be shared out.
    """
    integer(name, channels, least=1)
    integer("groups", groups, least=1)
    if channels % groups:
        raise ConfigError(f"groups={groups} does not divide {name}={channels}")
    return int(channels) // int(groups)
