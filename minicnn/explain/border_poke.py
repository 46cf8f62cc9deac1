"""The proof of border truth: NaN takes the place of all padding; how far does it get?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from minicnn.errors import UnsupportedError
from minicnn.explain.border_layers import with_nan
from minicnn.explain.field_steps import count
from minicnn.explain.field_wiring import Masks, Wiring
from minicnn.explain.ledger_numbers import clipped
from minicnn.layers import PICTURE

if TYPE_CHECKING:
    from minicnn.explain.border_truth import BorderTruth


@dataclass(frozen=True, eq=False)
class PokedBorder:
    """What NaN in the padding reached, against what was worked out.

    Attributes
    ----------
    expected : BorderTruth
    reached : dict
        For each step's index which of its values were reached, (C, H, W) of bool.
    """

    expected: BorderTruth = field(repr=False)
    reached: Masks = field(repr=False)

    @property
    def differing(self) -> tuple[str, ...]:
        """The steps where something else was reached."""
        return tuple(
            step.step
            for step in self.expected.steps
            if not np.array_equal(step.mask, self.reached[step.position])
        )

    @property
    def agrees(self) -> bool:
        """Whether both are the same at every step."""
        return not self.differing

    def __str__(self) -> str:
        """Say it in a line."""
        if not self.agrees:
            return clipped(f"MISMATCH at {', '.join(self.differing)}")
        total = sum(step.mask.size for step in self.expected.steps)
        return f"worked out = NaN in the padding, at every step: {count(total, 'value')}"


def run_with_nan(wiring: Wiring) -> Masks:
    """Return which values NaN in the place of all padding reaches, at every step."""
    x = np.full((1, *wiring.shapes[PICTURE][1:]), 0.5, np.float32)
    outputs, plain = {PICTURE: x}, {PICTURE: x}
    found = {}
    with np.errstate(all="ignore"):
        for position, node in enumerate(wiring.nodes):
            outputs[position] = with_nan(node.layer, *(outputs[s] for s in node.sources))
            plain[position] = node.layer(*(plain[s] for s in node.sources))
            if np.isnan(plain[position]).any():
                raise UnsupportedError(
                    f"this puts NaN into the padding and looks where it arrives; {node.name} "
                    f"gives NaN without it.\n  Are there NaN or infinite weights in it?"
                )
            found[position] = np.isnan(outputs[position]).reshape(wiring.maps(position))
    return found
