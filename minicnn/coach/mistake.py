"""What the coach means by a mistake: its name, words for it, and convolutions that make it."""

from __future__ import annotations

from dataclasses import dataclass

from minicnn.coach.ways import Way


@dataclass(frozen=True)
class Mistake:
    """A mistake that people make.

    Attributes
    ----------
    name : str
    explanation, fix : str
        What happens, and what to do.
    ways : tuple of functions
        The ways to make it, ``way(problem, solve) -> answer (N, O, OH, OW)``.
    """

    name: str
    explanation: str
    fix: str
    ways: tuple[Way, ...] = ()
