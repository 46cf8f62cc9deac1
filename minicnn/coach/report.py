"""What the coach says: the smallest case that fails, and what is probably wrong."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.coach.mistake import Mistake
from minicnn.coach.problem import Problem
from minicnn.shapes import Array

_WIDTH = 78


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """The result of `check`; it is true if everything was right, and printing it explains.

    Attributes
    ----------
    function : str
        The learner's function.
    passed : bool
    tried : int
        How many cases it was asked.
    tested, not_tested : tuple of str
        Arguments beyond picture and kernel: those it has, and those it has not.
    layout : "nchw", "chw" or "hw"
        What pictures it takes: (N, C, H, W), (C, H, W) or (H, W).
    mistakes : tuple of Mistake
        What explains it, most often one.
    certainty : "certain", "likely", "partly" or "unknown"
        Partly: there are more mistakes than that.
    evidence : str
        How well it explains it.
    hint : str
        What the failed cases have in common.
    problem : Problem or None
        The smallest case that fails.
    call : str
        How it was called.
    expected, got : array or None
        The right answer and the function's.
    error : str
        What happened instead of an answer.
    """

    function: str
    passed: bool
    tried: int
    tested: tuple[str, ...]
    not_tested: tuple[str, ...]
    layout: str
    mistakes: tuple[Mistake, ...] = ()
    certainty: str = "unknown"
    evidence: str = ""
    hint: str = ""
    problem: Problem | None = None
    call: str = ""
    expected: Array | None = None
    got: Array | None = None
    error: str = ""

    def __bool__(self) -> bool:
        """Say whether everything was right: ``assert coach.check(my_conv)``."""
        return self.passed

    @property
    def mistake(self) -> str | None:
        """The name of the mistake; of two, joined by " and "; None if it is not known."""
        return " and ".join(m.name for m in self.mistakes) or None

    @property
    def explanation(self) -> str:
        """What is wrong, in words, and what to do."""
        if self.passed:
            return ""
        if not self.mistakes:
            return "This is none of the mistakes that the coach knows."
        return " ".join(f"{m.explanation} Fix: {m.fix}" for m in self.mistakes)

    @property
    def difference(self) -> Array | None:
        """The function's answer less the right one, if they have one shape."""
        if self.got is None or self.expected is None or self.got.shape != self.expected.shape:
            return None
        with np.errstate(all="ignore"):
            difference: Array = self.got.astype(np.float64) - self.expected
        return difference

    @property
    def picture(self) -> Array | None:
        """The smallest failing case's picture, as the function got it."""
        return None if self.problem is None else _in(self.problem.x, self.layout)

    @property
    def kernel(self) -> Array | None:
        """The smallest failing case's kernel, as the function got it."""
        if self.problem is None:
            return None
        return self.problem.weight[0, 0] if self.layout == "hw" else self.problem.weight

    @property
    def bias(self) -> Array | None:
        """The smallest failing case's bias, if it has one."""
        return None if self.problem is None else self.problem.bias

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain numbers, texts and lists, ready for JSON."""
        arrays = ("picture", "kernel", "bias", "expected", "got", "difference")
        return {
            "function": self.function,
            "passed": self.passed,
            "tried": self.tried,
            "tested": list(self.tested),
            "not_tested": list(self.not_tested),
            "layout": self.layout,
            "mistake": self.mistake,
            "explanation": self.explanation,
            "certainty": self.certainty,
            "evidence": self.evidence,
            "hint": self.hint,
            "call": self.call,
            "error": self.error,
            **{name: _plain(getattr(self, name)) for name in arrays},
        }

    def __str__(self) -> str:
        """Explain, in plain ASCII of at most 80 columns."""
        return "\n".join(self._passed_lines() if self.passed else self._failed_lines())

    __repr__ = __str__

    def _passed_lines(self) -> list[str]:
        lines = [f"{_short(self.function)}: right in all {self.tried} cases."]
        return [*lines, *self._scope()]

    def _scope(self) -> list[str]:
        kind = {"nchw": "(N, C, H, W)", "chw": "(C, H, W)", "hw": "(H, W)"}[self.layout]
        text = f"Asked with pictures {kind}"
        if self.tested:
            text += f", and {', '.join(self.tested)}"
        lines = textwrap.wrap(f"{text}.", _WIDTH)
        if self.not_tested:
            lines += textwrap.wrap(f"Not asked: {', '.join(self.not_tested)}.", _WIDTH)
        return lines

    def _failed_lines(self) -> list[str]:
        what = self.mistake or "wrong, in a way that the coach does not know"
        lines = [f"{_short(self.function)}: {what}", ""]
        for mistake in self.mistakes:
            lines += textwrap.wrap(mistake.explanation, _WIDTH)
            lines += textwrap.wrap(f"Fix: {mistake.fix}", _WIDTH, subsequent_indent="     ")
        for text in (self.evidence, self.hint):
            lines += textwrap.wrap(text, _WIDTH)
        lines += ["", "The smallest case that shows it:", ""]
        lines += textwrap.wrap(self.call, _WIDTH - 2, initial_indent="  ", subsequent_indent="    ")
        if self.error:
            lines += textwrap.wrap(
                f"-> {_plain_ascii(self.error)}", _WIDTH - 2, initial_indent="  ",
                subsequent_indent="     ",
            )  # fmt: skip
        lines += ["", *_beside(self._blocks()), ""]
        return [*lines, *self._scope()]

    def _blocks(self) -> list[list[str]]:
        first, second = ("image", "kernel") if self.layout == "hw" else ("x", "weight")
        named = [(first, self.picture), (second, self.kernel)]
        named.append(("bias", self.bias))
        named += [("expected", self.expected), ("got", self.got), ("difference", self.difference)]
        return [_block(name, array) for name, array in named if array is not None]


def _block(name: str, array: Array) -> list[str]:
    """Return a small array as lines, its name and shape above."""
    kind = "" if array.dtype == np.float64 else f" {array.dtype}"
    head = f"{name} {'x'.join(map(str, array.shape)) or 'a number'}{kind}"
    if array.size == 0:
        return [head, "(empty)"]
    if array.ndim <= 1:
        return [head, *_rows(np.atleast_2d(array))]
    planes = array.reshape(-1, *array.shape[-2:])
    lines = [head]
    for i, plane in enumerate(planes[:_MOST_PLANES]):
        if i:
            lines.append("")
        lines += _rows(plane)
    if len(planes) > _MOST_PLANES:
        lines.append(f"and {len(planes) - _MOST_PLANES} more")
    return lines


_MOST_PLANES, _MOST_ROWS = 4, 10


def _rows(plane: Array) -> list[str]:
    texts = [[number(v) for v in row[:_MOST_ROWS]] for row in plane[:_MOST_ROWS]]
    width = max((len(text) for row in texts for text in row), default=1)
    lines = [" ".join(text.rjust(width) for text in row) for row in texts]
    if plane.shape[1] > _MOST_ROWS:
        lines = [f"{line} .." for line in lines]
    return [*lines, ".."] if plane.shape[0] > _MOST_ROWS else lines


def number(value: Any) -> str:
    """Return one value as short as it can be said."""
    text = f"{float(value):.4g}"
    return "0" if text == "-0" else text


def _beside(blocks: list[list[str]]) -> list[str]:
    """Put blocks of lines side by side, as many as fit."""
    rows: list[list[list[str]]] = []
    used = 0
    for block in blocks:
        width = max(map(len, block)) + 3
        if not rows or used + width > _WIDTH:
            rows.append([])
            used = 2
        rows[-1].append(block)
        used += width
    lines: list[str] = []
    for i, row in enumerate(rows):
        if i:
            lines.append("")
        widths = [max(map(len, block)) for block in row]
        for k in range(max(map(len, row))):
            cells = [
                (block[k] if k < len(block) else "").ljust(width)
                for block, width in zip(row, widths, strict=True)
            ]
            lines.append(("  " + "   ".join(cells)).rstrip()[:80])
    return lines


def _in(array: Array, layout: str) -> Array:
    return array if layout == "nchw" else array[0] if layout == "chw" else array[0, 0]


def _plain(array: Array | None) -> Any:
    if array is None:
        return None
    listed = array.astype(object)
    listed[~np.isfinite(array.astype(np.float64))] = None  # JSON has no NaN
    return listed.tolist()


def _plain_ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def _short(name: str) -> str:
    text = _plain_ascii(name)
    return text if len(text) <= 40 else f"{text[:37]}..."
