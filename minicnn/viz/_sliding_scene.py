"""What all pictures of one sliding window share: its colours, and how its numbers are written."""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np

from minicnn.explain.sliding import SlidingWindow, Stop
from minicnn.shapes import Array
from minicnn.viz import _text
from minicnn.viz._digits import Digits
from minicnn.viz._kernel_numbers import kernel_texts
from minicnn.viz._ledger_parts import GreyScale
from minicnn.viz._page import BODY
from minicnn.viz._style import Scale, printed, scale_of

SOURCE = "#00707d"
"""What padding was copied from: a colour that is on no scale, and not the window's red."""

BLANK = "#f2f2f2"
"""What is not computed yet."""


class Scene:
    """A sliding window with its scales, one for all stops.

    Parameters
    ----------
    slide : SlidingWindow
    max_channels : int
        Of so many input channels everything is shown; of the others, what they add.
    dot : float
        The size of a dot, in points: cells are whole dots, so that all are alike.
    """

    def __init__(self, slide: SlidingWindow, max_channels: int, dot: float) -> None:
        """Find the scales."""
        self.slide, self.dot = slide, dot
        self.shown = min(len(slide.channels), max_channels)
        self.maps = _map_scale(slide.padded)
        self.weights = scale_of(slide.weight)
        low, high = _products(slide)
        self.products = scale_of(np.array([low, high]))
        self.outputs = scale_of(slide.output)
        self.map_digits = Digits.of([slide.padded])
        whole = self.map_digits.places == 0 and bool((slide.weight == np.rint(slide.weight)).all())
        self.product_digits = Digits.between(low, high, whole=whole)
        self.sum_digits = Digits.of([slide.output], more=1)
        self.output_digits = Digits.of([slide.output])

    @property
    def title(self) -> str:
        """The heading, if there is no other."""
        size, slide = self.slide.arithmetic.size, self.slide
        kernel = _text.by(slide.weight.shape[1:])
        return f"{slide.name}: a {kernel} kernel slides over a {_text.by(size)} picture"

    @property
    def about(self) -> list[str]:
        """The window, and how often it stops."""
        known = self.slide.arithmetic
        rows, columns = known.axes
        stops = f"Rows of the output: {rows.formula}; columns: {columns.formula}."
        if rows.formula == columns.formula:
            stops = f"Rows and columns of the output: {rows.formula}."
        settings = _text.sentence(known.settings(self.slide.border.words))
        return [typeset(f"{settings}."), typeset(stops)]

    @property
    def notes(self) -> list[str]:
        """What the marks and the colours mean."""
        known, notes = self.slide.arithmetic, []
        if self.slide.border.words:
            looks = ["pale, with green leading to where it is copied from"] if self.copies else []
            looks += ["hatched grey where constant"] if self.slide.border.constant().any() else []
            notes.append(f"Around the picture: padding, {' and '.join(looks)}.")
        if any(axis.unreached for axis in known.axes):
            lost = f"{known.left_over} of the picture" if known.left_over else "of padding only"
            notes.append(f"Hatched red: left over, {lost}; no stop reaches it.")
        if isinstance(self.maps, GreyScale):
            scales = "Input: black is 0, white is 1"
        else:
            scales = f"Colours of the input: {self.maps}"
        scales += f"; of the kernel: {self.weights}; of the products: {self.products}; "
        notes.append(typeset(f"{scales}of the output: {self.outputs}."))
        if self.product_digits.rounds or self.map_digits.rounds:
            notes.append("The numbers are rounded after they are computed.")
        return notes

    @cached_property
    def copies(self) -> bool:
        """Whether any padding is copied from the picture."""
        border = self.slide.border
        return bool((border.padding() & ~border.constant()).any())

    def stop_text(self, stop: Stop) -> str:
        """Return where the window is."""
        text = (
            f"Stop {stop.number + 1:,} of {len(self.slide):,}: row {stop.row}, column {stop.column}"
        )
        border = self.slide.border
        outside = sum(not border.is_inside(r, c) for r in stop.rows for c in stop.columns)
        if outside:
            taps = len(stop.rows) * len(stop.columns)
            text += f"; {outside} of {taps} are padding"
        return text

    def longest_stop(self) -> str:
        """Return a text that is no shorter than that of any stop."""
        rows, columns = self.slide.output.shape
        stops, taps = len(self.slide), self.slide.weight[0].size
        text = f"Stop {stops:,} of {stops:,}: row {rows - 1}, column {columns - 1}"
        return f"{text}; {taps} of {taps} are padding" if self.slide.border.words else text

    @property
    def more_sums(self) -> int:
        """How many sums there are besides those of the channels shown: the others', the bias."""
        others = len(self.slide.channels) > self.shown
        return int(others) + (self.slide.bias is not None)

    def sum_extremes(self) -> list[str]:
        """Return the longest texts that a partial sum may have."""
        reach = np.abs(self.slide.weight).sum(axis=(1, 2)).max() * _reach(self.slide.padded)
        return [self.sum_digits.text(-float(reach)), self.sum_digits.text(0.5)]

    def longest_sum(self) -> float:
        """Return how wide the products and the bias can be, written out as a sum, in points."""
        parts = self.slide.weight[0].size + (self.slide.bias is not None)
        return float((parts + 1) * (self.product_digits.widest(BODY) + _text.width(" + ", BODY)))

    @cached_property
    def kernels(self) -> tuple[list[list[list[str]]], list[str]]:
        """Each shown kernel's numbers as texts, and the factor below it: "" if there is none.

        Whole numbers and a factor if all the kernels allow it, else rounded numbers.
        """
        found = [kernel_texts(weight) for weight in self.slide.weight[: self.shown]]
        if any("." in text or "e" in text for kernel, _ in found for row in kernel for text in row):
            form = Digits.of([self.slide.weight])
            return [
                [[form.text(v) for v in row] for row in weight.tolist()]
                for weight in self.slide.weight[: self.shown]
            ], [""] * self.shown
        return [texts for texts, _ in found], [factor for _, factor in found]

    def cell_wanted(self, size: float) -> float:
        """Return how large the matrices' cells must be for numbers of this size."""
        texts = {text for kernel in self.kernels[0] for row in kernel for text in row}
        widest = max(_text.width(text, size) for text in texts) / 0.9
        return max(float(widest), self.map_digits.room(size), self.product_digits.room(size))


def typeset(text: str) -> str:
    """Return text with true signs: floor and ceiling, times and minus.

    Examples
    --------
    >>> typeset("floor((7 + 0 - 1 * (3 - 1) - 1) / 2) + 1 = 3")
    '\u230a(7 + 0 \u2212 1 \u00d7 (3 \u2212 1) \u2212 1) / 2\u230b + 1 = 3'
    """
    text = re.sub(r"floor\((\(.*?\) / \d+)\)", "\N{LEFT FLOOR}\\1\N{RIGHT FLOOR}", text)
    text = re.sub(r"ceil\((\(.*?\) / \d+)\)", "\N{LEFT CEILING}\\1\N{RIGHT CEILING}", text)
    return printed(re.sub(r" [x*] ", f" {_text.TIMES} ", text))


def hexes(scale: Scale, values: Array) -> list[list[str]]:
    """Return the colour of each value of a matrix, as text."""
    colours = scale.cmap(scale.norm(scale.masked(values)), bytes=True)
    return [[f"#{r:02x}{g:02x}{b:02x}" for r, g, b, _ in row] for row in colours.tolist()]


def _map_scale(padded: Array) -> Scale:
    is_picture = len(padded) in (1, 3) and np.isfinite(padded).all()
    if is_picture and padded.min() >= 0 and padded.max() <= 1:
        return GreyScale(0.0, 1.0, signed=False)
    return scale_of(padded)


def _products(slide: SlidingWindow) -> tuple[float, float]:
    """Return the least and the greatest product that can come up."""
    ends = [
        weight * end
        for maps, weight in zip(slide.padded, slide.weight, strict=True)
        for end in _ends(maps)
    ]
    finite = np.concatenate([np.ravel(end) for end in ends])
    finite = finite[np.isfinite(finite)]
    return float(finite.min(initial=0.0)), float(finite.max(initial=0.0))


def _reach(values: Array) -> float:
    return max(abs(end) for end in _ends(values))


def _ends(values: Array) -> tuple[float, float]:
    finite = values[np.isfinite(values)].astype(np.float64)
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
