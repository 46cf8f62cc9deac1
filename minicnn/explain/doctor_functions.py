"""What function of one number a layer is: found out by trying it, so that any layer will do."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minicnn.shapes import Array

_FAR = (1e15, 1e30)


class Limits(NamedTuple):
    """The ends that a function never goes beyond, however far its input.

    Attributes
    ----------
    low, high : float
        Infinite where there is none.
    is_hard : bool
        Whether it leaves values between its limits as they are: it cuts, and does not bend.
    """

    low: float
    high: float
    is_hard: bool


def is_odd(layer: Any) -> bool:
    """Say whether opposite inputs give opposite outputs, so that nothing tells signs apart."""
    values = np.array([0.3, 1.1, 7.0])
    there, back = _tried(layer, values), _tried(layer, -values)
    return there is not None and back is not None and bool(np.allclose(there, -back))


def limits_of(layer: Any) -> Limits | None:
    """Return the limits of a pointwise layer; None if it has none, or cannot be tried.

    Examples
    --------
    >>> from minicnn import ReLU
    >>> limits_of(ReLU())
    Limits(low=0.0, high=inf, is_hard=True)
    """
    ends = _tried(layer, np.array([-_FAR[1], -_FAR[0], _FAR[0], _FAR[1]]))
    if ends is None:
        return None
    low = float(ends[0]) if ends[0] == ends[1] else -np.inf
    high = float(ends[3]) if ends[2] == ends[3] else np.inf
    if low >= high or (np.isinf(low) and np.isinf(high)):
        return None
    below = high if np.isfinite(high) else low + 1
    above = low if np.isfinite(low) else high - 1
    inside = above + 0.75 * (below - above)
    tried = _tried(layer, np.array([inside]))
    return Limits(low, high, tried is not None and float(tried[0]) == inside)


def _tried(layer: Any, values: Array) -> Array | None:
    """Return what a layer makes of single values, each a picture of its own; None if it refuses."""
    try:
        with np.errstate(all="ignore"):
            given: Array = layer(values.reshape(-1, 1, 1, 1))
    except Exception:  # a layer of somebody's, with wishes of its own
        return None
    found = np.asarray(given)
    return found.ravel() if found.shape == (len(values), 1, 1, 1) else None
