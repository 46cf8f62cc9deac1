"""Does an explanation look at the network? Randomise the weights: it must change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.explain.attribution import Attribution, saliency
from minicnn.explain.ledger_terms import plain
from minicnn.layers import Layer
from minicnn.layers.base import generator
from minicnn.shapes import Array, integer

CHANGED = 0.5
"""Maps whose values' ranks correlate less than this count as different."""


@dataclass(frozen=True, eq=False, repr=False)
class Trust:
    """An explanation of a network, beside those of the same network with random weights.

    Attributes
    ----------
    method : str
    correlations : tuple of float
        For each randomised network, how alike the two maps are: Spearman's rank correlation of
        their absolute values. 1 is the same order of pixels, 0 none in common.
    real, randomised : Attribution
        Of the network, and of the first randomised one.
    """

    method: str
    correlations: tuple[float, ...]
    real: Attribution
    randomised: Attribution

    @property
    def passed(self) -> bool:
        """Whether the explanation changed with the weights."""
        return float(np.median(self.correlations)) < CHANGED

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "method": self.method,
            "passed": self.passed,
            "correlations": [plain(one) for one in self.correlations],
        }

    def __str__(self) -> str:
        """Say it in two lines."""
        shown = ", ".join(f"{one:.2f}" for one in self.correlations[:6])
        verdict = (
            "it depends on what was learnt"
            if self.passed
            else "it hardly depends on what was learnt: do not trust it here"
        )
        return (
            f"{self.method}: {verdict}\n  rank correlation with the map for random weights: {shown}"
        )

    __repr__ = __str__


def trust(
    model: Layer,
    x: Array,
    target: Any,
    *,
    method: Callable[[Layer, Array, Any], Attribution] = saliency,
    times: int = 3,
    rng: Any = 0,
) -> Trust:
    """Check that an explanation changes when the weights are randomised.

    Each array of parameters is shuffled, which keeps how its values are distributed and forgets
    all that was learnt. An explanation that stays the same explains the picture, not the network.

    Parameters
    ----------
    model : Layer
    x : array (1, C, H, W)
    target : int or tuple of int
        See `saliency`.
    method : function of (model, x, target)
        One of this package, or ``lambda m, x, t: grad_cam(m, x, t, "relu")``.
    times : int
        How many randomised networks.
    rng : int or numpy.random.Generator

    Returns
    -------
    Trust

    Raises
    ------
    ConfigError
        If the model has no parameters to shuffle.

    References
    ----------
    Adebayo et al., "Sanity Checks for Saliency Maps", 2018.

    Examples
    --------
    >>> from minicnn import Conv2D, images
    >>> noise = Conv2D(1, 1, 20, rng=0)
    >>> trust(noise, images.disc(20), 0).passed
    True
    """
    if not isinstance(model, Layer):
        raise ConfigError(f"model must be a Layer, such as Sequential(...), got {short(model)}")
    integer("times", times, least=1, most=1000)
    if not model.params:
        raise ConfigError("trust shuffles a model's parameters, and this model has none")
    random = generator(rng)
    real = method(model, x, target)
    others = [method(_shuffled(model, random), x, target) for _ in range(times)]
    correlations = tuple(alike(real.map, other.map) for other in others)
    return Trust(real.method, correlations, real, others[0])


def alike(a: Array, b: Array) -> float:
    """Return Spearman's rank correlation of two maps' absolute values; 0 where one is flat.

    Examples
    --------
    >>> alike(np.array([[1.0, -2, 3]]), np.array([[10.0, 20, 30]]))
    1.0
    """
    ranks = [_ranks(np.abs(one).ravel()) for one in (a, b)]
    first, second = (one - one.mean() for one in ranks)
    length = float(np.sqrt((first @ first) * (second @ second)))
    return float(np.clip(first @ second / length, -1, 1)) if length else 0.0


def _ranks(values: Array) -> Array:
    """Return the rank of each value, equal ones sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Array = (ends - (counts + 1) / 2.0).astype(np.float64)
    return means[inverse.reshape(-1)]


def _shuffled(model: Layer, random: np.random.Generator) -> Layer:
    statistics = set(model.statistics)
    return model.with_params(
        {
            name: random.permutation(array.ravel()).reshape(array.shape)
            for name, array in model.params.items()
            if name not in statistics
        }
    )
