"""Layers that leave values out at random while a model learns."""

from __future__ import annotations

import copy
from typing import Any, Self

from minicnn.layers.base import Backward, Layer, any_shape, generator
from minicnn.ops.arrays import real_array
from minicnn.ops.dropout import dropout, dropout_backward
from minicnn.shapes import Array, Shape, integer, real


class Dropout(Layer):
    """Leave each value out with probability p while learning; change nothing while looking.

    A network that cannot count on any one value learns to say everything more than once.

    ``Dropout(p)`` is the layer for looking: it passes its input on. Its `for_training` draws a
    seed and returns ``Dropout(p, seed=...)``, which leaves out the same values at every call.

    Parameters
    ----------
    p : float
        From 0 to 1.
    seed : int, optional
        Which values are left out; see `minicnn.ops.dropout`.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.ones((1, 1, 1, 6))
    >>> bool((Dropout(0.5)(x) == x).all())
    True
    >>> learner = Dropout(0.5).for_training(0)      # the values that stay count double
    >>> sorted(set(learner(x).ravel().tolist())), bool((learner(x) == learner(x)).all())
    ([0.0, 2.0], True)
    """

    def __init__(self, p: float = 0.5, *, seed: int | None = None) -> None:
        """Check and keep the arguments."""
        self.p = real("p", p, least=0, most=1)
        self.seed = None if seed is None else integer("seed", seed, least=0, most=2**63 - 1)

    def __call__(self, x: Array) -> Array:
        """Return x, for x of any shape; with a seed, x with values left out."""
        if self.seed is None:
            return real_array(x, "Dropout").copy()
        return dropout(x, self.p, self.seed)

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return the input's shape."""
        return any_shape(input_shape, "Dropout")

    def vjp(self, x: Array) -> tuple[Array, Backward]:
        """Return the output, and the way back: nothing comes back to what was left out."""
        p, seed = self.p, self.seed
        if seed is None:
            return self(x), lambda dy: (real_array(dy, "Dropout", "dy").copy(), {})
        return self(x), lambda dy: (dropout_backward(dy, p, seed), {})

    def for_training(self, rng: Any = None) -> Self:
        """Return the layer that leaves values out: which ones, the generator has said."""
        new = copy.copy(self)
        new.seed = int(generator(rng).integers(2**63))
        return new
