"""Dropout: values left out at random, the others made larger to make up for them."""

from __future__ import annotations

import numpy as np

from minicnn.ops.arrays import real_array
from minicnn.shapes import Array, integer, real


def dropout(x: Array, p: float, seed: int) -> Array:
    """Return x with each value set to 0 with probability p, the others divided by 1 - p.

    So a value is on average what it was. Which ones are left out depends on the seed and on the
    shape of `x` alone: the same call gives the same values.

    Parameters
    ----------
    x : array of any shape
    p : float
        From 0 to 1. With 1, all are left out.
    seed : int

    Returns
    -------
    array of the shape of x
        NaN stays NaN, left out or not.

    References
    ----------
    Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", 2014.

    Examples
    --------
    >>> sorted(set(dropout(np.ones(100), 0.75, seed=0)))
    [np.float64(0.0), np.float64(4.0)]
    """
    x = real_array(x, "dropout")
    with np.errstate(all="ignore"):  # infinity, left out, is NaN: 0 times infinity
        y: Array = x * mask(x.shape, p, seed).astype(x.dtype)
    return y


def dropout_backward(dy: Array, p: float, seed: int) -> Array:
    """Return the gradient of the input of `dropout`: what was left out has none."""
    return dropout(dy, p, seed)


def mask(shape: tuple[int, ...], p: float, seed: int) -> Array:
    """Return what each value is multiplied with: 0 with probability p, otherwise 1 / (1 - p)."""
    p = real("p", p, least=0, most=1)
    rng = np.random.default_rng(integer("seed", seed, least=0, most=2**64 - 1))
    kept = rng.random(shape, np.float32) >= p
    return kept * (1 / (1 - p) if p < 1 else 0.0)
