"""The order in which a model's layers run, and where each gets its input from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from minicnn.errors import MiniCNNError

if TYPE_CHECKING:
    from minicnn.layers.base import Layer

PICTURE = -1
"""The source of a node that looks at the model's input."""


@dataclass(frozen=True)
class Node:
    """One layer of a plan.

    Attributes
    ----------
    name : str
        The step's name, such as "conv2d" or "block.relu".
    layer : Layer
    sources : tuple of int
        The positions in the plan of the nodes whose outputs it takes, all of them earlier;
        `PICTURE` is the model's input. Only a `Merge` has more than one.
    """

    name: str
    layer: Layer
    sources: tuple[int, ...]


@contextmanager
def in_step(position: int, name: str, of: str) -> Iterator[None]:
    """Add to one of our errors in which step it happened."""
    try:
        yield
    except MiniCNNError as error:
        raise error.add_context(f"In step {position} ({name}) of {of}.") from None
