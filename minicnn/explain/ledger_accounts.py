"""How a value came about, in the few ways there are: a sum of products, a copy, a formula, ...

An account is what a layer says about one of its output values. Most layers need no account of
their own kind: an average is a `WeightedSum`, and so are a linear layer and a normalisation with
fixed numbers; a maximum is `Copied` from one of several.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np

from minicnn.explain.ledger_terms import Input, Place, plain, total
from minicnn.shapes import Array


@dataclass(frozen=True, eq=False)
class Account:
    """What a layer says about one of its values.

    Attributes
    ----------
    what : str
        What was done, in a sentence without its full stop.
    result : float
        The value, worked out here and not by the network.
    bound : float
        How far the network's value may lie from `result`, because it rounds; 0: not at all.
    inputs : tuple of Input
        The values of the step's input that it is made from: no other can change it.
    """

    what: str

    @property
    def result(self) -> float:
        """The value, worked out here."""
        raise NotImplementedError

    @property
    def bound(self) -> float:
        """How far rounding may take the network's value from `result`."""
        return 0.0

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The values of the step's input that it is made from."""
        return ()

    @property
    def complete(self) -> bool:
        """Whether `inputs` are surely all that can change the value."""
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, for JSON."""
        about = {"kind": type(self).__name__, "what": self.what, "result": plain(self.result)}
        return about | self.facts()

    def facts(self) -> dict[str, Any]:
        """Return what `to_dict` adds for this kind of account."""
        return {"inputs": [one.to_dict() for one in self.inputs]}


@dataclass(frozen=True, eq=False)
class Copied(Account):
    """The same as one of the input's values.

    Attributes
    ----------
    source : Input
    among : tuple of Input
        All that it was chosen from, for a maximum; empty where there was no choice.
    """

    source: Input
    among: tuple[Input, ...] = field(default=(), repr=False)

    @property
    def result(self) -> float:
        """The value that is copied."""
        return self.source.value

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The source first, then those that were not chosen."""
        return (self.source, *(one for one in self.among if one.place != self.source.place))


@dataclass(frozen=True, eq=False)
class Constant(Account):
    """A number that comes from nowhere, such as the zeros around a picture."""

    value: float

    @property
    def result(self) -> float:
        """The number."""
        return self.value


@dataclass(frozen=True, eq=False)
class Pixel(Constant):
    """A value of the picture itself: here every explanation ends."""


@dataclass(frozen=True, eq=False)
class Formula(Account):
    """A function of one number.

    Attributes
    ----------
    source : Input
    value : float
        The function's value, worked out here.
    formula, latex : str
        The function with {x} for its argument: "max({x}, 0)". The same as LaTeX; by default the
        formula as it is.
    rounding : float
    """

    source: Input
    value: float
    formula: str
    latex: str = ""
    rounding: float = 0.0

    @property
    def result(self) -> float:
        """The function's value."""
        return self.value

    @property
    def bound(self) -> float:
        """How far rounding may take the network's value from `result`."""
        return self.rounding

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The one argument."""
        return (self.source,)

    def facts(self) -> dict[str, Any]:
        """Return the formula and its argument."""
        return {"formula": self.formula.format(x="x"), **super().facts()}


@dataclass(frozen=True, eq=False)
class Measured(Formula):
    """A function of one number and of what is known of all the numbers around it.

    Attributes
    ----------
    region : (range, range, range)
        Channels, rows and columns of the step's input that it is measured by, itself among them.
    known : tuple of str
        What was found of them: their mean and variance, or the sum of their squares.
    x : array (C, H, W)
        The step's input.
    alone : bool
        Whether nothing outside the region matters, not even another picture of the batch.
    """

    region: tuple[range, range, range] = (range(0), range(0), range(0))
    known: tuple[str, ...] = ()
    x: Array = field(default_factory=lambda: np.zeros((0, 0, 0)), repr=False)
    alone: bool = True

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """The number itself, then all others of the region."""
        places = (Place(*place) for place in product(*self.region))
        others = (Input(at, float(self.x[at])) for at in places if at != self.source.place)
        return (self.source, *others)

    @property
    def complete(self) -> bool:
        """Whether nothing but `inputs` can change the value."""
        return self.alone

    def facts(self) -> dict[str, Any]:
        """Return the formula, its argument, and what is known of the others."""
        names = ("channels", "rows", "columns")
        return {
            "formula": self.formula.format(x="x"),
            "inputs": [self.source.to_dict()],
            "measured_by": {
                **{
                    name: [where.start, where.stop - 1]
                    for name, where in zip(names, self.region, strict=True)
                },
                "known": list(self.known),
            },
        }


@dataclass(frozen=True, eq=False)
class Added(Account):
    """The sum of one value of each branch.

    Attributes
    ----------
    terms : tuple of Input
    rounding : float
    """

    terms: tuple[Input, ...]
    rounding: float = 0.0

    @property
    def result(self) -> float:
        """The sum, rounded once."""
        return total(one.value for one in self.terms)

    @property
    def bound(self) -> float:
        """How far rounding may take the network's value from `result`."""
        return self.rounding

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The values that are added."""
        return self.terms


@dataclass(frozen=True, eq=False)
class Unopened(Account):
    """A layer that nobody has described: what it gives when it is run again.

    Attributes
    ----------
    value : float
        What the layer returned the second time.
    slopes : tuple of Input or None
        The input's values that the value changes with, each with its slope as the weight; None
        if the layer has no gradient.
    """

    value: float
    slopes: tuple[Input, ...] | None = field(default=None, repr=False)

    @property
    def result(self) -> float:
        """What the layer returned the second time."""
        return self.value

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The values that the gradient names; others may matter as well."""
        return self.slopes or ()

    @property
    def complete(self) -> bool:
        """Say no: a slope of 0 is no proof."""
        return False
