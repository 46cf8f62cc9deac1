"""The proof of a field: NaN is put into the picture, and the model says what it reached.

NaN goes through every sum and every maximum, whatever the weights, so it reaches exactly what
can change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn.errors import UnsupportedError
from minicnn.explain.field_steps import Box, box_dict, by, count, size_of
from minicnn.explain.field_wiring import Masks, Wiring
from minicnn.layers import PICTURE
from minicnn.shapes import Array, integer

if TYPE_CHECKING:
    from minicnn.explain.receptive_field import ReceptiveField

_AT_ONCE = 2**22
"""So many values at most of the widest step are computed at once."""


@dataclass(frozen=True, eq=False)
class Poked:
    """What poking found, against what was worked out.

    Attributes
    ----------
    expected : Box
        The box of the set that was worked out.
    box : Box
        The box of what poking found, without knowing the other.
    poked : array (C, H, W) of bool
        Which of the picture's values were poked one by one: those of `box`, or a part of them.
    changed : array (C, H, W) of bool
        Which of these reached the value.
    agrees : bool
        Whether box and values are the same.
    """

    expected: Box
    box: Box
    poked: Array = field(repr=False)
    changed: Array = field(repr=False)
    agrees: bool

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "field": box_dict(self.expected),
            "poked": box_dict(self.box),
            "values": int(np.count_nonzero(self.poked)),
            "changed": int(np.count_nonzero(self.changed)),
            "agrees": self.agrees,
        }

    def __str__(self) -> str:
        """Say it in two lines: "field 7 x 7 = poked 7 x 7"."""
        ours, theirs = (by(size_of(box), " x ") for box in (self.expected, self.box))
        sign = f"field {ours} = poked {theirs}"
        if not self.agrees:
            sign = f"MISMATCH: field {ours}, poked {theirs}"
        done, changed = (int(np.count_nonzero(mask)) for mask in (self.poked, self.changed))
        if not done:
            return f"{sign}\n  no value of the picture changes it"
        how_many = f"all {changed:,} change" if changed == done else f"{changed:,} change"
        if changed == done == 1:
            how_many = "and it changes"
        rows, columns = size_of(self.box)
        box = rows * columns * len(self.poked)
        done_text = f"{count(box, 'value')} poked one by one"
        if done < box:
            done_text = f"{done:,} of {count(box, 'value')} poked one by one"
        return f"{sign}\n  {done_text}, {how_many} it; no value outside does"


def poke_value(found: ReceptiveField, most: int) -> Poked:
    """Poke the picture and see what reaches a value; see `ReceptiveField.poke`."""
    integer("most", most, least=1)
    wiring = found.wiring
    asked = (wiring.find_channel(found.position, found.channel), found.row, found.column)

    def reached(pokes: Array) -> Array:
        arrived: Array = np.any(_run(wiring, found.position, pokes)[(slice(None), *asked)], axis=1)
        return arrived

    _check_quiet(wiring, reached)
    box = _poked_box(wiring.maps(PICTURE), reached)
    places = _places(wiring.maps(PICTURE), box, most)
    poked, changed = (np.zeros(wiring.maps(PICTURE), bool) for _ in range(2))
    step = _batch(wiring)
    for first in range(0, len(places), step):
        some = places[first : first + step]
        pokes = np.zeros((len(some), *poked.shape), bool)
        pokes[(np.arange(len(some)), *some.T)] = True
        changed[tuple(some.T)] = reached(pokes)
    poked[tuple(places.T)] = True
    same = bool((changed == (found.mask & poked)).all())
    return Poked(found.box, box, poked, changed, same and box == found.box)


def poke_forward(wiring: Wiring, pixel: Array) -> Masks:
    """Return what a set of the picture's values, (C, H, W) of bool, reaches at every step."""
    _check_quiet(wiring, lambda pokes: _run(wiring, len(wiring.nodes) - 1, pokes).any())
    outputs = _outputs(wiring, len(wiring.nodes) - 1, pixel[None])
    return {position: np.isnan(output[0]) for position, output in outputs.items()}


def _run(wiring: Wiring, position: int, pokes: Array) -> Array:
    """Return where NaN is in a step's maps, (N, C, H, W), for each of some sets of pixels."""
    return np.isnan(_outputs(wiring, position, pokes)[position])


def _outputs(wiring: Wiring, position: int, pokes: Array) -> dict[int, Array]:
    """Run the plan as far as a step, on pictures with NaN in some places."""
    shape = (len(pokes), *wiring.shapes[PICTURE][1:])
    x = np.where(pokes, np.nan, 0.5).astype(np.float32).reshape(shape)
    outputs, wanted = {PICTURE: x}, _needed(wiring, position)
    with np.errstate(all="ignore"):
        for at in sorted(wanted):
            node = wiring.nodes[at]
            outputs[at] = node.layer(*(outputs[source] for source in node.sources))
    return {at: output.reshape(len(pokes), *wiring.maps(at)) for at, output in outputs.items()}


def _needed(wiring: Wiring, position: int) -> set[int]:
    """Return the steps without which a step cannot be run, itself among them."""
    wanted: set[int] = {position} - {PICTURE}
    for at in range(position, PICTURE, -1):
        if at in wanted:
            wanted |= {source for source in wiring.nodes[at].sources if source != PICTURE}
    return wanted


def _poked_box(maps: tuple[int, ...], reached: Callable[[Array], Array]) -> Box:
    """Return the box of what can be reached: each side by halving, all four at once.

    The first row that matters is where NaN in all rows up to it begins to arrive.
    """
    height, width = maps[1:]
    sizes = (height, height, width, width)
    low, high = [0] * 4, list(sizes)  # so many rows from this side: too few, enough
    if not reached(np.ones((1, *maps), bool))[0]:
        return slice(0, 0), slice(0, 0)
    while any(a < b - 1 for a, b in zip(low, high, strict=True)):
        middle = [(a + b) // 2 for a, b in zip(low, high, strict=True)]
        strips = (_strip(maps, side, deep)[None] for side, deep in enumerate(middle))
        answers = np.concatenate([reached(strip) for strip in strips])
        for side, arrived in enumerate(answers.tolist()):
            if high[side] - low[side] > 1:
                low[side], high[side] = (
                    (low[side], middle[side]) if arrived else (middle[side], high[side])
                )
    top, bottom, left, right = high
    return slice(top - 1, height - bottom + 1), slice(left - 1, width - right + 1)


def _strip(maps: tuple[int, ...], side: int, deep: int) -> Array:
    """Return the set of the first (0), last (1) rows, first (2) or last (3) columns."""
    strip = np.zeros(maps, bool)
    if side < 2:
        strip[:, slice(0, deep) if side == 0 else slice(maps[1] - deep, None)] = True
    else:
        strip[:, :, slice(0, deep) if side == 2 else slice(maps[2] - deep, None)] = True
    return strip


def _places(maps: tuple[int, ...], box: Box, most: int) -> Array:
    """Return the places of a box in all channels, (places, 3); of too many, some by chance."""
    inside = np.zeros(maps, bool)
    inside[:, box[0], box[1]] = True
    places = np.argwhere(inside)
    if len(places) > most:
        places = np.random.default_rng(0).choice(places, most, replace=False, shuffle=False)
    return places


def _batch(wiring: Wiring) -> int:
    widest = max(int(np.prod(wiring.maps(p))) for p in (PICTURE, *range(len(wiring.nodes))))
    return max(1, _AT_ONCE // max(widest, 1))


def _check_quiet(wiring: Wiring, reached: Any) -> None:
    """Raise if there is NaN without any poke."""
    if np.any(reached(np.zeros((1, *wiring.maps(PICTURE)), bool))):
        raise UnsupportedError(
            "poking puts NaN into the picture and looks where it arrives; this model gives NaN "
            "without it.\n  Are there NaN or infinite weights in it?"
        )
