"""What a figure is of: from a trace, a step or an array to maps with names and facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.explain.border_truth import BorderStep, border_truth
from minicnn.explain.naming import map_names, names_along
from minicnn.layers import Layer
from minicnn.ops.arrays import image_batch
from minicnn.shapes import Array, integer
from minicnn.trace import Step, Trace
from minicnn.viz._style import Scale, bounded, scale_for
from minicnn.viz._text import plain
from minicnn.viz._values import Facts, facts


@dataclass(frozen=True)
class Maps:
    """One picture's maps at one step.

    Attributes
    ----------
    values : array (C, H, W)
    labels : tuple of str
        A kernel's name or "channel 3", for each map.
    facts : tuple of Facts
    zero : str
        What a map of nothing but zeros is called: "flat" or "dead".
    """

    values: Array
    labels: tuple[str, ...]
    facts: tuple[Facts, ...]
    zero: str = "flat"

    def __len__(self) -> int:
        """Return how many maps there are."""
        return len(self.values)

    @property
    def are_numbers(self) -> bool:
        """Whether they are maps of one value each, which are drawn as bars."""
        return self.values.shape[1:] == (1, 1)

    @property
    def low(self) -> float:
        """The least finite value of all maps, 0 if there is none."""
        return min((f.low for f in self.facts if f.low == f.low), default=0.0)

    @property
    def high(self) -> float:
        """The greatest finite value of all maps, 0 if there is none."""
        return max((f.high for f in self.facts if f.high == f.high), default=0.0)

    def scale(self, scale: Any) -> Scale:
        """Return the scale of all maps."""
        return scale_for(self.low, self.high, scale)

    def own_scale(self, index: int) -> Scale:
        """Return a scale for one map, in the same kind of colours as its neighbours."""
        known = self.facts[index]
        reach = max(abs(known.low), abs(known.high)) if known.low == known.low else 0.0
        reach = bounded(reach)
        return (
            Scale(-reach, reach, signed=True) if self.low < 0 else Scale(0.0, reach, signed=False)
        )


def maps_of(
    values: Array, sample: int, names: Sequence[str] | None, zero: str = "flat", who: str = "maps"
) -> Maps:
    """Return the maps of one picture of a batch.

    Raises
    ------
    ShapeError
        If there is nothing to draw.
    ConfigError
        If there is no such picture, or not a name for each map.
    """
    if 0 in values.shape:
        raise ShapeError(f"{who}: there is nothing to draw.\n  maps (N, C, H, W) = {values.shape}")
    chosen = values[sample_index(sample, len(values))]
    noun = "" if chosen.shape[1:] == (1, 1) else "channel "
    labels = checked_names(names, len(chosen)) or tuple(f"{noun}{c}" for c in range(len(chosen)))
    return Maps(chosen, tuple(map(plain, labels)), tuple(map(facts, chosen)), zero)


def sample_index(sample: Any, count: int) -> int:
    """Return `sample` if there is such a picture in the batch."""
    if integer("sample", sample, least=0) >= count:
        raise ConfigError(
            f"sample must be from 0 to {count - 1}: the batch has {count}, got {sample}"
        )
    return int(sample)


def checked_names(names: Any, maps: int) -> tuple[str, ...] | None:
    """Return `names` as a tuple of one text for each map."""
    if names is None:
        return None
    try:
        found = tuple(names)
    except TypeError:
        found = ()
    is_list = not isinstance(names, str) and hasattr(names, "__iter__")
    if not is_list or not all(isinstance(name, str) for name in found):
        raise ConfigError(f"names must be a sequence of {maps} strings, got {names!r}")
    if len(found) != maps:
        raise ConfigError(f"names must have one name for each of the {maps} maps, got {len(found)}")
    return found


def chosen_step(what: Any, step: Any, who: str) -> tuple[Step | None, int, tuple[str, ...] | None]:
    """Return the step that is meant, its position (-1: unknown) and its maps' names."""
    if isinstance(what, Trace):
        key = len(what) - 1 if step is None and len(what) else (0 if step is None else step)
        found = what[key]
        position = next(i for i, s in enumerate(what) if s is found)
        return found, position, names_along(what)[position]
    if step is not None:
        raise ConfigError(f"{who}: step={step!r} chooses a step of a trace, got a {_kind(what)}")
    if isinstance(what, Step):
        return what, -1, map_names(what.layer, None, _channels(what.output))
    if isinstance(what, Layer):
        raise DTypeError(
            f"{who} takes what a model did, not the model.\n  Pass model.trace(x), for a picture x."
        )
    return None, -1, None


def seen_along(trace: Any, who: str) -> tuple[BorderStep, ...]:
    """Return what each step of a trace has seen of padding."""
    if not isinstance(trace, Trace):
        raise ConfigError(
            f"{who}: border=True needs a whole trace, to know what stands before: "
            f"pass model.trace(x), got a {_kind(trace)}"
        )
    return border_truth(trace).steps


def batch_of(array: Any, who: str, name: str = "what") -> Array:
    """Return a step's output with four axes: plain numbers (N, F) are maps of one pixel.

    Lines of numbers (N, T, F) are the rows of one map.
    """
    if hasattr(array, "ndim") and array.ndim in (2, 3) and name == "output":
        array = array[:, :, None, None] if array.ndim == 2 else array[:, None]
    return image_batch(array, who, name)


def _channels(output: Array) -> int:
    return int(output.shape[1]) if output.ndim > 1 else 0


def _kind(what: Any) -> str:
    return "Step" if isinstance(what, Step) else type(what).__name__
