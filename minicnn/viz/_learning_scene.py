"""What a time-lapse of learning shows: how many maps, on which scales, and what is said of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.explain.time_lapse_record import TimeLapse
from minicnn.viz import _layers, _text
from minicnn.viz._style import Scale, scale_of
from minicnn.viz._values import Facts, facts
from minicnn.viz.maps import bad_text, range_text

GAP = 1.5
"""Points between the channels of a kernel."""

MOST_CHANNELS = 36
"""More channels of a kernel would be too small to see."""

_LARGEST_CELL = 24.0


@dataclass(frozen=True, eq=False)
class Scene:
    """A time-lapse, and how many of its maps are drawn."""

    lapse: TimeLapse
    shown: int

    @cached_property
    def kernel_scale(self) -> Scale:
        """The one scale of all kernels, over all moments; those not drawn count, too."""
        return scale_of(self.lapse.kernels)

    @cached_property
    def map_scale(self) -> Scale:
        """The one scale of all maps, over all moments."""
        return scale_of(self.lapse.maps)

    @cached_property
    def names(self) -> list[str]:
        """What the drawn maps are called."""
        return [_text.plain(name) for name in self.lapse.names[: self.shown]]

    @cached_property
    def zero(self) -> str:
        """What a map of nothing but zeros is called."""
        return _layers.word_for_zero(self.lapse.layer)

    @cached_property
    def facts(self) -> list[list[Facts]]:
        """The facts of each drawn map at each moment."""
        return [[facts(one) for one in maps[: self.shown]] for maps in self.lapse.maps]

    @property
    def title(self) -> str:
        """The heading."""
        kernels = _text.count(len(self.lapse.names), "kernel")
        each = "it" if len(self.lapse.names) == 1 else "each"
        return (
            f"What {self.lapse.convolution} learns: {kernels}, and what {each} makes of a picture"
        )

    @property
    def about(self) -> str:
        """What is seen, in a few words."""
        lapse = self.lapse
        _, total, channels, rows, columns = lapse.kernels.shape
        parts = [
            f"one picture of {_text.by(lapse.picture.shape)}",
            f"kernels of {_text.by((channels, rows, columns))}",
            f"maps of {_text.by(lapse.maps.shape[2:])}"
            + (f", behind {lapse.step}" if lapse.step != lapse.convolution else ""),
        ]
        if self.shown < total:
            parts.append(f"{self.shown} of {total} shown")
        return _text.sentence(_text.DOT.join(parts))

    def scale_text(self, noun: str) -> str:
        """Say what a scale is for: all maps or kernels, at all moments."""
        total, moments = len(self.lapse.names), len(self.lapse)
        things = {1: f"the {noun}", 2: f"both {noun}s"}.get(total, f"all {total} {noun}s")
        when = {1: "", 2: " at both moments"}.get(moments, f" at all {moments} moments")
        return f"One scale for {things}{when}."

    @cached_property
    def channels(self) -> int:
        """How many channels of each kernel are drawn: all, but the first of many, or of copies."""
        weight = self.lapse.kernels
        return 1 if self.copies else int(min(weight.shape[2], MOST_CHANNELS))

    @cached_property
    def copies(self) -> bool:
        """Whether every kernel is the same for each of several channels."""
        weight = self.lapse.kernels
        return weight.shape[2] > 1 and bool((weight == weight[:, :, :1]).all())

    def kernel_places(self, room: float, tallest: float) -> tuple[float, list[tuple[float, float]]]:
        """Return the size of a kernel's cells, and where each of its channels is drawn.

        Several channels stand in rows and columns, as square as can be.
        """
        rows, columns = self.lapse.kernels.shape[-2:]
        across = math.ceil(math.sqrt(self.channels))
        down = -(-self.channels // across)
        wide, high = (room + GAP) / across - GAP, (tallest + GAP) / down - GAP
        cell = min(wide / columns, high / rows, _LARGEST_CELL)
        step = cell * columns + GAP, cell * rows + GAP
        places = [(i % across * step[0], i // across * step[1]) for i in range(self.channels)]
        return cell, places

    @property
    def channel_note(self) -> str:
        """Say which channels of the kernels are drawn, if there are several."""
        total = self.lapse.kernels.shape[2]
        if total == 1:
            return ""
        if self.copies:
            return f"Each kernel is the same for each of its {total} channels."
        shown = "all" if self.channels == total else f"the first {self.channels} of"
        return f"Each kernel has a part for each channel that it sees: {shown} {total} are drawn."

    @property
    def is_picture(self) -> bool:
        """Whether what comes in can be shown as a picture."""
        picture = self.lapse.picture
        inside = bool(np.isfinite(picture).all()) and picture.min() >= 0 and picture.max() <= 1
        return len(picture) in (1, 3) and bool(inside)


def checked_lapse(lapse: object, who: str) -> TimeLapse:
    """Return what `explain.time_lapse` made.

    Raises
    ------
    ConfigError
        For anything else.
    """
    if isinstance(lapse, TimeLapse):
        return lapse
    raise ConfigError(
        f"{who} takes a TimeLapse, got {short(lapse)}.\n"
        f"  explain.time_lapse(snapshots, x) makes one."
    )


def score_words(scene: Scene, moment: int) -> list[str]:
    """Return the loss and the accuracy after an epoch, a line each; none before the first one."""
    told = scene.lapse.moments[moment].record
    if told is None:
        return ["before it learnt"]
    is_tried = told.validation_loss is not None
    loss = told.validation_loss if is_tried else told.loss
    right = told.validation_accuracy if is_tried else told.accuracy
    digits = f"{loss:#.3g}".rstrip(".").replace("nan", "NaN")
    lines = [f"{'val. ' * is_tried}loss {digits}"]
    return lines if right is None else [*lines, f"accuracy {right:.3f}"]


def range_of(known: Facts, zero: str = "") -> tuple[str, bool]:
    """Return a range in words, and whether something is amiss: NaN, or a map that is flat.

    `zero` is what a map of zeros is called; "" is for kernels, which may well be flat.
    """
    bad = bad_text(known)
    return bad or range_text(known, zero or "flat"), bool(bad or (zero and known.flat))
