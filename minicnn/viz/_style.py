"""Colours, type and scales: what every figure agrees on, in one place.

- Lightness always rises with the value, so that a figure keeps its meaning in grey: dark is low,
  light is high. The signed colours are dark blue below 0, grey at 0, gold above; those from 0
  go from charcoal to the same gold. Blue and yellow are told apart by every kind of
  colour-blindness but the rarest, and those who cannot still see dark and light.
- A table of counts is no map: it is written on paper, nothing is white, and more is darker.
- A scale is made once for all the maps it is for, and they share its `norm`.
- The only typeface is DejaVu Sans, which matplotlib brings along: every machine draws the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.colors import CenteredNorm, Colormap, LinearSegmentedColormap, Normalize

from minicnn.errors import ConfigError
from minicnn.shapes import Array

DPI = 150
"""Dots per inch of a new figure: a page of 9 inches is then crisp at 900 pixels and above."""

INK, SOFT, HAIRLINE, ALARM = "#1f1f1f", "#5f5f5f", "#a8a8a8", "#b3003c"
"""Text; text that may be passed over; frames; what the reader must not miss."""

BAD = "#e5007d"
"""NaN and infinity: a colour that is on no scale."""


def _colours(name: str, anchors: dict[float, str]) -> Colormap:
    stops = list(anchors.items())
    return LinearSegmentedColormap.from_list(name, stops, N=511).with_extremes(bad=BAD)


# Both change fastest near 0, so that the weak answers, which are most, can be seen.
SIGNED = _colours(
    "minicnn_signed",
    {
        0: "#050d24",
        0.2: "#1d3766",
        0.35: "#3a5b92",
        0.44: "#6b84a6",
        0.5: "#a0a0a0",
        0.56: "#c2ad6a",
        0.65: "#dcbb58",
        0.8: "#f0d67c",
        1: "#fffbe6",
    },
)
FROM_ZERO = _colours(
    "minicnn_from_zero",
    {0: "#16171b", 0.12: "#5a5140", 0.3: "#a48b50", 0.58: "#e3c66e", 1: "#fffbe6"},
)
ON_PAPER = _colours(
    "minicnn_on_paper",
    {0: "#ffffff", 0.12: "#f3e3b4", 0.4: "#dcbb58", 0.7: "#8f6c24", 1: "#3d2c0b"},
)
GREY = _colours("minicnn_grey", {0: "#000000", 1: "#ffffff"})

SMALLEST, LARGEST = 1e-35, 1e300
"""No scale ends closer to 0 or further away: beyond, the colours could not be computed."""


@dataclass(frozen=True)
class Scale:
    """Which colour stands for which value.

    Attributes
    ----------
    low, high : float
        Values beyond are drawn in the colour of the end.
    signed : bool
        True: diverging colours, neutral at 0 and as far on either side. False: sequential
        colours, dark to light.

    Examples
    --------
    >>> print(Scale(-2.0, 2.0, signed=True))
    -2 to 2, centred on 0
    """

    low: float
    high: float
    signed: bool

    @cached_property
    def norm(self) -> Normalize:
        """The one norm of all the maps that share this scale."""
        if self.signed:
            return CenteredNorm(0.0, halfrange=max(abs(self.low), abs(self.high)))
        return Normalize(self.low, self.high)

    @property
    def cmap(self) -> Colormap:
        """The colours."""
        return SIGNED if self.signed else FROM_ZERO

    def masked(self, values: Array) -> Any:
        """Return values ready for the colours: held within the ends, what is not finite masked."""
        held = np.clip(np.where(np.abs(values) < SMALLEST, 0, values), self.low, self.high)
        return np.ma.masked_where(~np.isfinite(values), held)

    def clipped(self, values: Array) -> int:
        """Return how many finite values lie beyond the scale's ends."""
        with np.errstate(invalid="ignore"):
            beyond = ((values < self.low) | (values > self.high)) & np.isfinite(values)
        return int(np.count_nonzero(beyond))

    def __str__(self) -> str:
        """Say it in plain ASCII, for a command line."""
        ends = f"{number_text(self.low)} to {number_text(self.high)}"
        return f"{ends}, centred on 0" if self.signed else ends


class PaperScale(Scale):
    """A scale from 0 for the cells of a table: white is nothing, darker is more."""

    @property
    def cmap(self) -> Colormap:
        """The colours."""
        return ON_PAPER


def scale_of(values: Array | Iterable[Array], scale: Any = "step") -> Scale:
    """Return the scale that these values are drawn on.

    Parameters
    ----------
    values : array of any shape
        A whole step's output for one scale per step, one map for a scale of its own. NaN and
        infinite values are passed over.
    scale : "step", "map", number, (low, high) or Scale
        The two words: from 0 (or, with any negative value, centred on 0) to the value that is
        furthest from 0. A number m: from 0 (or from -m) to m. A pair: as it says; below 0 it
        has the signed colours, neutral at 0.

    Raises
    ------
    ConfigError
        For a scale that is none of these.

    Examples
    --------
    >>> scale_of(np.array([0.0, 3.0]))
    Scale(low=0.0, high=3.0, signed=False)
    >>> scale_of(np.array([-1.0, 3.0]))
    Scale(low=-3.0, high=3.0, signed=True)
    >>> scale_of(np.array([-1.0, 3.0]), (-1, 2))
    Scale(low=-1.0, high=2.0, signed=True)
    """
    if isinstance(scale, Scale):
        return scale
    low, high = _span(values)
    return scale_for(low, high, scale)


def scale_for(low: float, high: float, scale: Any = "step") -> Scale:
    """Return the scale for values that are known to go from `low` to `high`; see `scale_of`."""
    check_scale(scale)
    if isinstance(scale, Scale):
        return scale
    if isinstance(scale, tuple | list | np.ndarray):
        return Scale(float(scale[0]), float(scale[1]), signed=float(scale[0]) < 0)
    reach = max(abs(low), abs(high)) if isinstance(scale, str) else float(scale)
    reach = bounded(reach)
    return Scale(-reach, reach, signed=True) if low < 0 else Scale(0.0, reach, signed=False)


def bounded(reach: float) -> float:
    """Return how far a scale goes for values that go so far; any end will do for zeros."""
    return min(max(reach, SMALLEST), LARGEST) if reach else 1.0


def check_scale(scale: Any) -> None:
    """Raise unless `scale` is something that `scale_of` reads."""
    if isinstance(scale, Scale) or (isinstance(scale, str) and scale in ("step", "map")):
        return
    if isinstance(scale, tuple | list | np.ndarray) and len(scale) == 2:
        low, high = scale
        if _is_finite(low) and _is_finite(high) and low < high:
            return
        raise ConfigError(
            f"scale=(low, high) must be two finite numbers, low < high, got {scale!r}"
        )
    if _is_finite(scale) and scale >= SMALLEST:
        return
    raise ConfigError(
        f"scale must be 'step', 'map', a number above 0, or (low, high), got {scale!r}.\n"
        f"  'step' is one scale for all maps, 'map' gives each its own."
    )


def number_text(value: float) -> str:
    """Return a number in three significant digits, as short as it can be said.

    Examples
    --------
    >>> [number_text(v) for v in (0.5, -2.0, 3.14159, 12345.6, 1.5e-7, 0.1 + 0.2)]
    ['0.5', '-2', '3.14', '12346', '1.5e-7', '0.3']
    """
    value = float(value)
    if 1000 <= abs(value) < 1e6:
        return f"{value:.0f}"
    text = f"{value:.3g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        return f"{mantissa}e{int(exponent)}"
    return "0" if text == "-0" else text


def printed(text: str) -> str:
    """Return numbers with a true minus sign, for figures.

    Examples
    --------
    >>> printed("-1 to 2e-7")
    '\u22121 to 2e\u22127'
    """
    return text.replace("-", "\N{MINUS SIGN}")


def _span(values: Any) -> tuple[float, float]:
    array = np.asarray(values)
    finite = array[np.isfinite(array)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _is_finite(value: Any) -> bool:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return is_number and abs(value) <= LARGEST  # not for NaN
