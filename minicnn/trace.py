"""What a model did: frozen records of every step's input and output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from minicnn.errors import ConfigError, short

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a model: the layer, what went in and what came out.

    Attributes
    ----------
    name : str
        The step's name in its model, such as "conv2d" or "block.relu".
    layer : Layer
        The layer that did it.
    inputs : tuple of arrays
        What it took, usually one array (N, C, H, W); where branches meet, one of each.
    output : array
        Usually (N, C, H, W). The arrays are the computed ones, not copies.
    sources : tuple of int
        The index in the trace of the step that each input came from; -1 is the model's input.
    """

    name: str
    layer: Any
    inputs: tuple[NDArray[Any], ...] = field(repr=False)
    output: NDArray[Any] = field(repr=False)
    sources: tuple[int, ...] = (-1,)

    @property
    def input(self) -> NDArray[Any]:
        """What the layer took; where branches meet, what the first of them gave."""
        return self.inputs[0]


class Trace:
    """The steps of one call, in order; look one up by its name or its index.

    Examples
    --------
    >>> import numpy as np
    >>> from minicnn import Pad, ReLU, Sequential
    >>> trace = Sequential(Pad(1), ReLU()).trace(np.ones((1, 1, 2, 3)))
    >>> trace
    Trace(pad (1, 1, 4, 5), relu (1, 1, 4, 5))
    >>> trace["pad"].output.shape == trace[0].output.shape
    True
    >>> [step.name for step in trace]
    ['pad', 'relu']
    """

    def __init__(self, input: NDArray[Any], steps: tuple[Step, ...]) -> None:
        """Keep the model's input and its steps."""
        self.input = input
        self.steps = tuple(steps)

    @property
    def output(self) -> NDArray[Any]:
        """The model's output: the last step's, or the input where there is no step."""
        return self.steps[-1].output if self.steps else self.input

    @property
    def names(self) -> tuple[str, ...]:
        """The steps' names, in order."""
        return tuple(step.name for step in self.steps)

    def __getitem__(self, key: str | int) -> Step:
        """Return one step.

        Raises
        ------
        ConfigError
            If there is no such step; the message lists those there are.
        """
        if isinstance(key, str):
            for step in self.steps:
                if step.name == key:
                    return step
        elif isinstance(key, int) and -len(self.steps) <= key < len(self.steps):
            return self.steps[key]
        known = ", ".join(f"{i}: {name!r}" for i, name in enumerate(self.names)) or "none"
        raise ConfigError(f"there is no step {short(key)} in this trace; its steps are {known}")

    def __iter__(self) -> Iterator[Step]:
        """Go through the steps in order."""
        return iter(self.steps)

    def __len__(self) -> int:
        """Return how many steps there are."""
        return len(self.steps)

    def __repr__(self) -> str:
        """Show each step's name and output shape."""
        return f"Trace({', '.join(f'{s.name} {s.output.shape}' for s in self.steps)})"
