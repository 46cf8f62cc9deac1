"""The x-ray of a kernel: what it is, read off its numbers alone."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError
from minicnn.explain.xray_frequency import Frequency, frequency
from minicnn.explain.xray_probes import Probe, probes
from minicnn.explain.xray_shape import Factors, Moments, Symmetry, factors, moments, symmetry
from minicnn.explain.xray_words import direction, flat_words, number, what_words
from minicnn.kernels import Kernel, as_kernels
from minicnn.kernels.table import WIDEST, table
from minicnn.shapes import Array

_WIDTH, _LABEL = 78, 12
_LARGEST = 100_000
"""Up to so large, the inverse of a factor is nicer than the factor."""


@dataclass(frozen=True, eq=False, repr=False)
class Xray:
    """What a kernel is, in numbers and in words; printing it tells the story.

    Attributes
    ----------
    kernel : Kernel
    what : str
        What it is, in a sentence.
    flat : str
        What it does to flat areas.
    moments : Moments
        Its sum, its slope, its curvature, and the order of derivative that it is.
    symmetry : Symmetry
    factors : Factors
        Whether it is a column times a row.
    frequency : Frequency
    probes : tuple of Probe
        What it makes of a step, a bar, a dot and a corner.
    """

    kernel: Kernel
    what: str
    flat: str
    moments: Moments
    symmetry: Symmetry
    factors: Factors
    frequency: Frequency
    probes: tuple[Probe, ...]

    @property
    def values(self) -> Array:
        """The kernel's numbers, (KH, KW)."""
        return self.kernel.values

    @property
    def total(self) -> float:
        """The sum of the kernel's numbers."""
        return self.moments.total

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what there is to say, as pairs of a subject and a sentence."""
        found = [
            ("sum", f"{number(self.total)}: {self.flat}"),
            ("symmetry", self.symmetry.words),
            ("derivative", _derivative(self.moments)),
            ("separable", separable_words(self.factors)),
            ("frequency", f"{self.frequency.words}; {_peak(self.frequency)}"),
        ]
        return (*found, *((probe.name, probe.words) for probe in self.probes))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, texts and lists, ready for JSON."""
        m, s, f, wave = self.moments, self.symmetry, self.factors, self.frequency
        return {
            "name": self.kernel.name,
            "values": self.values.tolist(),
            "what": self.what,
            "sum": self.total,
            "flat": self.flat,
            "symmetry": {
                "turned": s.turned,
                "left_right": s.left_right,
                "up_down": s.up_down,
                "transposed": s.transposed,
            },
            "order": m.order,
            "slope": list(m.slope),
            "angle": m.angle,
            "curvature": list(m.curvature),
            "rank": f.rank,
            "singular_values": f.singular_values.tolist(),
            "factor": f.factor,
            "column": None if f.column is None else f.column.tolist(),
            "row": None if f.row is None else f.row.tolist(),
            "multiplications": f.multiplications,
            "multiplications_in_passes": f.in_passes,
            "frequency": {
                "kind": wave.kind,
                "axis": wave.axis.tolist(),
                "gain": wave.gain.tolist(),
                "radii": wave.radii.tolist(),
                "profile": wave.profile.tolist(),
                "peak": wave.peak,
                "at": list(wave.at),
            },
            "probes": [
                {
                    "name": probe.name,
                    "picture": probe.picture.tolist(),
                    "answer": probe.answer.tolist(),
                    "words": probe.words,
                }
                for probe in self.probes
            ],
        }

    def __str__(self) -> str:
        """Tell the story, in plain ASCII of at most 80 columns."""
        heading = textwrap.wrap(f"{_ascii(self.kernel.name)}: {self.what}", _WIDTH)
        shown = _matrix_lines(self.values)
        lines = [*heading, "", *shown, ""] if shown else [*heading, ""]
        for name, text in self.facts():
            head = f"  {name:<{_LABEL + 5}} "
            lines += textwrap.wrap(
                text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head)
            )
        return "\n".join(lines)

    __repr__ = __str__


def xray(kernel: Any) -> Xray:
    """Read off a kernel's numbers what it is and what it does.

    Its sum says what becomes of flat areas; its symmetry and moments which derivative it is, and
    in which direction; its rank whether it is a column times a row; its frequency response what
    it lets through; and six plain test pictures show it at work.

    Parameters
    ----------
    kernel : Kernel, name, or matrix (KH, KW)
        What `minicnn.kernels.as_kernels` takes for one kernel.

    Returns
    -------
    Xray

    Raises
    ------
    ConfigError
        For more than one kernel, or an unknown name.
    ShapeError, DTypeError
        For what is no matrix of real numbers.

    Examples
    --------
    >>> found = xray("sobel_x")
    >>> print(found.what)
    First derivative to the right, smoothed across it: 8 where the picture gets brighter by 1 a \
pixel that way.
    >>> found.factors.column, found.factors.row, found.frequency.kind
    (array([1., 2., 1.]), array([-1.,  0.,  1.]), 'band-pass')
    >>> xray([[1, 1], [1, 1]]).flat
    'flat areas are multiplied by 4'
    """
    found = as_kernels(kernel)
    if len(found) != 1:
        names = ", ".join(one.name for one in found[:4])
        raise ConfigError(
            f"xray looks at one kernel, got {len(found)}: {names}{', ...' * (len(found) > 4)}.\n"
            f"  Name one of them, or go through them: [explain.xray(k) for k in "
            f"kernels.as_kernels(...)]."
        )
    one = found[0]
    values = one.values
    largest = float(np.abs(values).max())
    if largest > 1e100 or 0 < largest < 1e-100:
        raise ConfigError(
            f"xray: the largest number of kernel {one.name!r} is {largest:.3g}, which is beyond "
            f"what can be squared and added up.\n  Scale the kernel first."
        )
    m, s, f, wave = moments(values), symmetry(values), factors(values), frequency(values)
    return Xray(
        kernel=one,
        what=what_words(values, m, s, f, wave),
        flat=flat_words(m.total, float(np.abs(values).sum())),
        moments=m,
        symmetry=s,
        factors=f,
        frequency=wave,
        probes=probes(values),
    )


def separable_words(found: Factors) -> str:
    """Say whether two passes would do, and what they would save."""
    if found.rank == 0:
        return "there is nothing to multiply"
    many = "multiplication" + "s" * (found.multiplications != 1)
    costs = f"{found.multiplications} {many} a pixel"
    passes = f"{found.in_passes} in {'two' if found.rank == 1 else 2 * found.rank} passes"
    saves = found.in_passes < found.multiplications
    if found.column is not None and found.row is not None:
        made = f"{_vector(found.column)} down times {_vector(found.row)} across"
        if found.factor != 1:
            made += f" times {_factor(found.factor)}"
        return f"yes: {made}; {costs}, {passes}{'' if saves else ': nothing saved'}"
    share = f"the best single one holds {min(100 * found.best_share, 99.9):.3g} % of it"
    cheaper = f", {passes}" if saves else ""
    return f"no: it takes {found.rank} such products added up ({share}); {costs}{cheaper}"


def _derivative(m: Moments) -> str:
    if m.order is None:
        return "none"
    if m.order == 0:
        return "none: it keeps something of flat areas"
    order = {1: "first", 2: "second", 3: "third", 4: "fourth"}.get(m.order, f"order {m.order}")
    if m.order == 1 and m.angle is not None:
        down, right = m.slope
        return (
            f"{order}, {direction(m.angle)} (a slope of 1 a pixel to the right gives "
            f"{number(right)}, downward {number(down)})"
        )
    if m.order == 2:
        down, right, mixed = m.curvature
        return (
            f"{order} (across columns {number(right)}, across rows {number(down)}, "
            f"mixed {number(mixed)})"
        )
    return order


def _peak(wave: Frequency) -> str:
    if wave.peak == 0:
        return "no wave is left"
    if wave.at == (0.0, 0.0):
        return f"at most times {number(wave.peak)}, for flat areas"
    period = number(round(wave.period, 1))
    return f"at most times {number(wave.peak)}, for waves {period} pixels long"


def _vector(values: Array) -> str:
    if values.size > 9:
        values_text = [number(v) for v in (*values[:3], *values[-3:])]
        return f"[{' '.join(values_text[:3])} ... {' '.join(values_text[3:])}]"
    return f"[{' '.join(number(v) for v in values)}]"


def _factor(factor: float) -> str:
    below = 1 / factor
    if 1 < abs(below) < _LARGEST and abs(below - round(below)) < 1e-9 * abs(below):
        sign = "-" if factor < 0 else ""
        return f"{sign}1/{abs(round(below))}"
    return number(factor)


def _matrix_lines(values: Array) -> list[str]:
    """Return the matrix as text, if it fits."""
    if not values.any() or max(values.shape) > WIDEST:
        return []
    lines = [f"  {line}" for line in table(values).splitlines()]
    return lines if all(len(line) <= _WIDTH for line in lines) else []


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()
