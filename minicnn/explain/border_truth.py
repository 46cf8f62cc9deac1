"""Border truth: which values have seen padding, and how much of their weight it is."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minicnn.explain.border_layers import picture_share
from minicnn.explain.border_poke import PokedBorder, run_with_nan
from minicnn.explain.field_links import flat
from minicnn.explain.field_steps import Box, bounding, box_dict, box_text, by, count, table
from minicnn.explain.field_wiring import Wiring, wiring_of
from minicnn.explain.ledger_numbers import WIDTH, clipped
from minicnn.layers import PICTURE
from minicnn.shapes import Array


def border_truth(model: Any, input_shape: Any = None) -> BorderTruth:
    """Return through every step which values have seen padding, and with what share of weight.

    A value has *seen padding* if any value under its taps is padding, or has itself seen
    padding; whatever the weights, and whatever the padding is filled with: zeros, a reflection,
    a copy of the edge or of the other side. The padding of a max pooling is not counted: it
    never is the largest.

    The *share* of padding in a value is 1 for padding itself, 0 for the picture, and for every
    other value the mean of the shares of the values it is made of, weighted with the size of
    their weights: ::

        share(y) = sum(|weight| * share(x)) / sum(|weight|)     over all taps and channels

    Where a layer has no weights (pooling, sums of branches), all values count alike; what a value
    is only measured by (in a normalisation, a softmax) does not count, nor does a bias; without
    any weight but 0 the share is 0. The share does not depend on the picture.

    Parameters
    ----------
    model : Layer or Trace
    input_shape : (N, C, H, W)
        The pictures' shape; left out for a trace.

    Returns
    -------
    BorderTruth
        Print it; `truth["conv2d"].mask` and `.share` are the exact sets and shares, `poke()` is
        the proof. `minicnn.viz.plot_border_truth` draws it.

    Raises
    ------
    ConfigError, DTypeError, ShapeError
        For a missing or impossible shape, and for what is no model.

    Examples
    --------
    >>> from minicnn import Conv2D, Pad, ReLU, Sequential
    >>> model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels("box_3"), ReLU(),
    ...                    Conv2D.from_kernels("box_3", padding=1))
    >>> truth = border_truth(model, (1, 1, 12, 20))
    >>> print(truth)
    47 % of conv2d_2 has seen padding: 112 of 240 values
      padding is 14 % of the weight of all its values
    <BLANKLINE>
    step      maps     seen padding  weight  untouched
    pad       1x14x22          22 %    22 %  rows 1 to 12, columns 1 to 20
    conv2d    1x12x20          25 %   8.7 %  rows 1 to 10, columns 1 to 18
    relu      1x12x20          25 %   8.7 %  rows 1 to 10, columns 1 to 18
    conv2d_2  1x12x20          47 %    14 %  rows 2 to 9, columns 2 to 17
    >>> truth["conv2d"].share[0, 0, :3].round(2)
    array([0.56, 0.33, 0.33])
    >>> print(truth.poke())
    worked out = NaN in the padding, at every step: 1,028 values
    """
    wiring = wiring_of(model, input_shape, "explain.border_truth")
    start = wiring.maps(PICTURE)
    masks, shares = {PICTURE: np.zeros(start, bool)}, {PICTURE: np.ones(start)}
    steps = []
    for position, (node, links) in enumerate(zip(wiring.nodes, wiring.links, strict=True)):
        mask = np.zeros(wiring.maps(position), bool)
        for source, link in zip(node.sources, links, strict=True):
            mask |= link.forward(masks[source]) | link.padding()
        masks[position] = mask
        of_picture = picture_share(node.layer, links, tuple(shares[s] for s in node.sources))
        shares[position] = of_picture
        share = np.where(mask, (1 - of_picture).clip(0, 1), 0)
        steps.append(BorderStep(node.name, position, mask, share))
    return BorderTruth(wiring, tuple(steps))


@dataclass(frozen=True, eq=False)
class BorderStep:
    """What a step's values have seen of padding.

    Attributes
    ----------
    step : str
    position : int
        Its index.
    mask : array (C, H, W) of bool
        Which of its values have seen padding.
    share : array (C, H, W)
        What share of their weight is padding, 0 to 1.
    """

    step: str
    position: int
    mask: Array = field(repr=False)
    share: Array = field(repr=False)

    @property
    def fraction(self) -> float:
        """Which part of its values has seen padding, 0 to 1."""
        return float(self.mask.mean()) if self.mask.size else 0.0

    @property
    def weight(self) -> float:
        """The mean share over all its values, 0 to 1."""
        return float(self.share.mean()) if self.share.size else 0.0

    @property
    def untouched(self) -> Box:
        """Rows and columns: the box around what has not seen padding in any channel."""
        return bounding(~flat(self.mask)[None])

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, without the sets: they are arrays."""
        return {
            "step": self.step,
            "position": self.position,
            "maps": list(self.mask.shape),
            "seen": int(np.count_nonzero(self.mask)),
            "fraction": self.fraction,
            "weight": self.weight,
            "untouched": box_dict(self.untouched),
        }


@dataclass(frozen=True, eq=False)
class BorderTruth:
    """What every step of a model has seen of padding.

    Attributes
    ----------
    wiring : Wiring
        The model's plan that it was found in.
    steps : tuple of BorderStep
    """

    wiring: Wiring = field(repr=False)
    steps: tuple[BorderStep, ...]

    def __getitem__(self, step: str | int) -> BorderStep:
        """Return one step by its name or its index."""
        return self.steps[self.wiring.find_step(step)]

    @property
    def assumed(self) -> tuple[str, ...]:
        """The steps that do not say what they see: from there on it is rather too much."""
        return self.wiring.assumed(range(len(self.steps)))

    def poke(self) -> PokedBorder:
        """Run the model once with NaN in the place of all padding: what it reaches has seen it."""
        return PokedBorder(self, run_with_nan(self.wiring))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data that `json` can write."""
        return {
            "input": list(self.wiring.shapes[PICTURE]),
            "assumed": list(self.assumed),
            "steps": [step.to_dict() for step in self.steps],
        }

    def __str__(self) -> str:
        """Return it as text: plain ASCII, at most 80 columns."""
        lines = []
        if self.steps:
            last = self.steps[-1]
            seen = f"{int(np.count_nonzero(last.mask)):,} of {count(last.mask.size, 'value')}"
            lines = [
                f"{percent(last.fraction)} of {last.step} has seen padding: {seen}",
                f"  padding is {percent(last.weight)} of the weight of all its values",
            ]
        if self.assumed:
            note = (
                f"taken to see all that they can, as they do not say what they see: "
                f"{', '.join(self.assumed)}"
            )
            lines += [f"  {line}" for line in textwrap.wrap(note, WIDTH - 4)]
        rows: list[tuple[str, ...]] = [("step", "maps", "seen padding", "weight", "untouched")]
        rows += [_row(step) for step in self.steps]
        return "\n".join(map(clipped, [*lines, "", *table(rows, (2, 3))]))


def percent(part: float) -> str:
    """Return a part of a whole in percent, two digits.

    Examples
    --------
    >>> [percent(part) for part in (0, 0.00001, 0.0123, 0.41, 0.9999, 1)]
    ['0 %', '<0.1 %', '1.2 %', '41 %', '>99 %', '100 %']
    """
    if part in (0, 1):
        return f"{100 * part:.0f} %"
    if part < 0.001:
        return "<0.1 %"
    if part > 0.99:
        return ">99 %"
    return f"{100 * part:.1f} %" if part < 0.1 else f"{100 * part:.0f} %"


def _row(step: BorderStep) -> tuple[str, ...]:
    untouched = box_text(step.untouched) if step.fraction < 1 else "nothing"
    if untouched != "nothing" and not step.untouched[0].stop:
        untouched = "no place in all channels"
    return (
        clipped(step.step, 24),
        by(step.mask.shape),
        percent(step.fraction),
        percent(step.weight),
        untouched,
    )
