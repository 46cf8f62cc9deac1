"""What a kernel makes of the plainest things: a step, a bar, a dot, a corner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minicnn.ops import conv2d
from minicnn.shapes import Array


@dataclass(frozen=True, eq=False)
class Probe:
    """A test picture, the kernel's answer to it, and the answer in words.

    Attributes
    ----------
    name : str
    picture : array (H, W)
        What was shown: 0 is dark, 1 is light.
    answer : array (OH, OW)
        What the kernel made of it, without padding.
    words : str
    """

    name: str
    picture: Array
    answer: Array
    words: str

    @property
    def low(self) -> float:
        """The least value of the answer."""
        return float(self.answer.min())

    @property
    def high(self) -> float:
        """The greatest value of the answer."""
        return float(self.answer.max())


def probes(values: Array) -> tuple[Probe, ...]:
    """Return what a kernel (KH, KW) makes of six test pictures.

    Examples
    --------
    >>> for probe in probes(np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]))[:2]:
    ...     print(f"{probe.name}: {probe.words}")
    step to the right: a bright line, 2 pixels wide, up to 4
    step down: nothing
    """
    rows, columns = values.shape
    size = 2 * max(rows, columns) + 7  # so that something flat stands on every side
    middle = size // 2
    blank = np.zeros((size, size))
    names = ("step to the right", "step down", "upright bar", "level bar", "dot", "corner")
    pictures = {name: blank.copy() for name in names}
    pictures["step to the right"][:, middle:] = 1
    pictures["step down"][middle:] = 1
    pictures["upright bar"][:, middle] = 1
    pictures["level bar"][middle] = 1
    pictures["dot"][middle, middle] = 1
    pictures["corner"][middle:, middle:] = 1
    answers = {name: _answer(picture, values) for name, picture in pictures.items()}
    words = {
        "step to the right": _step_words(answers["step to the right"][0]),
        "step down": _step_words(answers["step down"][:, 0]),
        "upright bar": _line_words(answers["upright bar"][0]),
        "level bar": _line_words(answers["level bar"][:, 0]),
        "dot": _dot_words(values),
        "corner": _corner_words(answers),
    }
    return tuple(Probe(name, pictures[name], answers[name], words[name]) for name in names)


def _answer(picture: Array, values: Array) -> Array:
    answer: Array = conv2d(picture[None, None], values[None, None])[0, 0]
    answer[np.abs(answer) <= 1e-9 * np.abs(values).sum()] = 0.0
    return answer


def _step_words(across: Array) -> str:
    """Say what became of a step from 0 to 1, cut across."""
    dark, light = float(across[0]), float(across[-1])
    if dark == light:
        return _line_words(across)
    between = across[1:-1]
    room = 1e-9 * np.abs(across).max()
    wide = int(np.count_nonzero(np.abs(np.diff(across)) > room))
    ends = f"{_number(dark)} to {_number(light)}"
    if between.max() > max(dark, light) + room or between.min() < min(dark, light) - room:
        low, high = _number(across.min()), _number(across.max())
        return f"a step {ends} that overshoots, from {low} to {high}"
    if wide == 1:
        return f"a step {ends}, as sharp as before"
    return f"a softer step {ends}, over {wide} pixels"


def _line_words(across: Array) -> str:
    """Say what became of a line, or of a step whose sides both became 0, cut across."""
    lit = np.flatnonzero(across)
    if not lit.size:
        return "nothing"
    low, high = float(across.min()), float(across.max())
    wide = int(lit[-1] - lit[0] + 1)
    width = f"{wide} pixel{'' if wide == 1 else 's'} wide"
    if low >= 0:
        return f"a bright line, {width}, up to {_number(high)}"
    if high <= 0:
        return f"a dark line, {width}, down to {_number(low)}"
    signs = np.sign(across[lit])
    changes = int(np.count_nonzero(np.diff(signs)))
    if changes == 1:
        first, second = ("dark", "bright") if signs[0] < 0 else ("bright", "dark")
        return f"a {first} and a {second} line side by side, {_number(low)} to {_number(high)}"
    return f"{changes + 1} lines, dark and bright by turns, {_number(low)} to {_number(high)}"


def _dot_words(values: Array) -> str:
    if not values.any():
        return "nothing"
    turned = not np.array_equal(values, values[::-1, ::-1])
    return f"the kernel itself{', turned by 180 degrees' * turned}"


def _corner_words(answers: dict[str, Array]) -> str:
    answer = answers["corner"]
    if not answer.any():
        return "nothing"
    strongest = float(np.abs(answer).max())
    edges = max(float(np.abs(answers[name]).max()) for name in ("step to the right", "step down"))
    ends = f"{_number(answer.min())} to {_number(answer.max())}"
    if edges == 0:
        return f"the corner and nothing else, {ends}"
    if strongest > edges * (1 + 1e-9):
        return f"strongest at the corner itself, {ends}"
    return f"{ends}, no more than along its edges"


def _number(value: float) -> str:
    text = f"{float(value):.3g}"
    return "0" if text == "-0" else text
