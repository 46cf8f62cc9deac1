"""What every optimizer promises, and what it remembers. Pure: state in, state out.

An optimizer is a frozen set of numbers with one method, ``update``, from parameters, gradients
and what it remembers (`Memory`) to new parameters and a new memory; nothing is changed in place.
A new one writes `_step`, and names its running averages in `_averages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from minicnn.errors import ConfigError, ShapeError
from minicnn.shapes import Array, real

Arrays: TypeAlias = dict[str, Array]

LARGEST = 1e6
"""No learning rate, decay or epsilon is larger."""


@dataclass(frozen=True, eq=False)
class Memory:
    """What an optimizer remembers from one step to the next.

    Attributes
    ----------
    steps : int
        How many steps were taken.
    averages : dict
        By the name of a running average, then by the name of the parameter, its array.
    """

    steps: int = 0
    averages: Mapping[str, Arrays] = field(default_factory=dict)


@dataclass(frozen=True)
class Optimizer:
    """The contract; `SGD`, `Adam` and `AdamW` keep it.

    Parameters
    ----------
    learning_rate : float
        How long the steps are.
    weight_decay : float
        How strongly the parameters are pulled to 0.
    """

    learning_rate: float = 0.01
    weight_decay: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        """Check the numbers."""
        self._keep("learning_rate", most=LARGEST)
        self._keep("weight_decay", most=LARGEST)

    def update(
        self,
        params: Mapping[str, Array],
        gradients: Mapping[str, Array],
        memory: Memory | None = None,
        *,
        factor: float = 1.0,
    ) -> tuple[Arrays, Memory]:
        """Take one step.

        Parameters
        ----------
        params, gradients : mappings of the same names to arrays of the same shapes
        memory : Memory, optional
            What the step before returned; None before the first one.
        factor : float
            What the learning rate is multiplied by, as a schedule says.

        Returns
        -------
        params : dict of arrays
            New ones, each of the dtype it had.
        memory : Memory
            For the next step.
        """
        memory = memory or Memory()
        _check_names(params, gradients)
        rate = self.learning_rate * float(factor)
        steps = memory.steps + 1
        new: Arrays = {}
        averages: dict[str, Arrays] = {name: {} for name in self._averages()}
        if memory.steps:
            _check_memory(memory, averages, params)
        with np.errstate(all="ignore"):  # what overflows shows in the loss
            for key, p in params.items():
                g = gradients[key].astype(p.dtype, copy=False)
                before = {
                    name: memory.averages[name][key] if memory.steps else np.zeros_like(p)
                    for name in averages
                }
                stepped, after = self._step(p, g, before, rate, steps)
                new[key] = np.asarray(stepped)  # of no axes, it is a mere number by now
                for name, average in after.items():
                    averages[name][key] = np.asarray(average)
        return new, Memory(steps, averages)

    def _keep(self, name: str, *, most: float) -> None:
        """Check a number and keep it as Python's own, which widens no float32."""
        object.__setattr__(self, name, real(name, getattr(self, name), least=0, most=most))

    def _averages(self) -> tuple[str, ...]:
        """Return the names of the running averages that are kept."""
        return ()

    def _step(
        self, p: Array, g: Array, before: Arrays, rate: float, steps: int
    ) -> tuple[Array, Arrays]:
        """Return one parameter after the step, and its averages."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it steps")


def _check_names(params: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
    if params.keys() != gradients.keys():
        odd = sorted(params.keys() ^ gradients.keys())
        raise ConfigError(f"parameters and gradients must have the same names; not so {odd[:4]}")
    for key, p in params.items():
        if gradients[key].shape != p.shape:
            raise ShapeError(
                f"the gradient of {key} has another shape.\n"
                f"  parameter  {p.shape}\n  gradient   {gradients[key].shape}"
            )


def _check_memory(memory: Memory, names: Mapping[str, Any], params: Mapping[str, Array]) -> None:
    shapes = {key: p.shape for key, p in params.items()}
    kept = {name: {k: a.shape for k, a in some.items()} for name, some in memory.averages.items()}
    if kept != dict.fromkeys(names, shapes):
        raise ConfigError(
            f"the memory is that of another optimizer, or of another model.\n"
            f"  needed  {', '.join(names) or 'nothing'}, for {len(shapes)} parameters\n"
            f"  given   {', '.join(kept) or 'nothing'}"
        )
