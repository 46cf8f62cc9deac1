"""Why a weight is about to change: its gradient, as a sum that can be followed by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.explain.gradient_record import GradientLedger
from minicnn.explain.gradient_terms import terms_of
from minicnn.explain.ledger_bounds import sum_bound
from minicnn.explain.ledger_check import Check
from minicnn.explain.way_back import BackStep, way_back
from minicnn.layers import Layer
from minicnn.shapes import Array, integer
from minicnn.train.losses import cross_entropy, mean_squared_error

Loss = Callable[[Array, Any], tuple[float, Array]]


def gradient(
    model: Layer,
    x: Array,
    target: Any,
    step: str | int,
    index: Any,
    *,
    parameter: str = "weight",
    loss: Loss | None = None,
) -> GradientLedger:
    """Explain one weight's gradient: everywhere, what came in times what came back, added up.

    A weight takes part in many output values. Each of them pulls at it: the stronger, the larger
    what it was multiplied with there (what came in), and the more the loss minds the result (what
    came back). The gradient is the sum of these pulls, and learning goes against it.

    Parameters
    ----------
    model : Layer
        As it is to be looked at; ``model.for_training(rng)`` for what one step of learning sees.
    x : array (N, C, H, W)
    target : array (N,) of integers, one integer, or an array in the output's shape
        The true classes, or the outputs that are wanted.
    step : str or int
        Whose weight: a step's name or index, as in ``model.trace(x)``.
    index : tuple of int
        Which weight: (filter, channel, kernel row, kernel column) of a convolution, say.
    parameter : str
        "weight" or "bias", or whatever else the layer has.
    loss : function of (outputs, target) that returns (value, gradient), optional
        By default cross-entropy for integers, mean squared error for an array like the output.

    Returns
    -------
    GradientLedger
        Printing it tells the story; it checks itself against the gradient that learning uses.

    Raises
    ------
    ConfigError
        If there is no such step, parameter or weight.
    ShapeError, DTypeError
        If the target does not fit the output.
    UnsupportedError
        If a layer of the model has no gradient.

    Examples
    --------
    >>> from minicnn import Conv2D
    >>> x = np.array([[[[1.0, 2, 3]]]])
    >>> conv = Conv2D.from_kernels(np.array([[1.0, -1]]))
    >>> story = gradient(conv, x, np.array([[[[0.0, 0]]]]), "conv2d", (0, 0, 0, 0))
    >>> story.terms.came_in, story.terms.came_back, story.value
    (array([[[1., 2.]]]), array([[[-1., -1.]]]), -3.0)
    >>> story.check.agrees
    True
    """
    outcome: list[float] = []

    def start(output: Array) -> Array:
        value, dy = _loss_for(target, output, loss)
        outcome.append(value)
        return dy

    back = way_back(model, x, start)
    found = back[step]
    return account_of(found, back.steps.index(found), parameter, index, outcome[0])


def account_of(
    step: BackStep, position: int, parameter: str, index: Any, loss: float | None
) -> GradientLedger:
    """Return the ledger of one number's gradient, from a way back that was recorded."""
    params = step.layer.params
    if parameter not in params:
        known = ", ".join(map(repr, params)) or "none"
        raise ConfigError(
            f"step {step.name!r} has no parameter {short(parameter)}; its parameters are {known}"
        )
    weights = params[parameter]
    place = _checked_index(index, weights.shape, f"{step.name}.{parameter}")
    network = float(step.gradients[parameter][place])
    terms = terms_of(step.layer, step, parameter, place)
    check = None
    if terms is not None:
        bound = sum_bound(terms.came_in, terms.came_back, None, step.output.dtype)
        check = Check(float(terms.products.sum()), network, bound, str(step.output.dtype))
    return GradientLedger(
        step=step.name,
        position=position,
        layer=type(step.layer).__name__,
        parameter=parameter,
        index=place,
        weight=float(weights[place]),
        value=network,
        loss=loss,
        terms=terms,
        check=check,
    )


def _loss_for(target: Any, output: Array, loss: Loss | None) -> tuple[float, Array]:
    if loss is not None:
        return loss(output, target)
    if isinstance(target, int | np.integer) and not isinstance(target, bool):
        target = np.full(len(output), target)
    if isinstance(target, np.ndarray) and target.ndim == 1 and target.dtype.kind in "iu":
        return cross_entropy(output, target)
    return mean_squared_error(output, target)


def _checked_index(index: Any, shape: tuple[int, ...], name: str) -> tuple[int, ...]:
    given = index if isinstance(index, tuple | list) else (index,)
    if len(given) != len(shape):
        raise ConfigError(
            f"index must be {len(shape)} integers, one for each axis of {name} {shape}, "
            f"got {short(index)}"
        )
    return tuple(
        integer(f"index[{axis}]", one, least=0, most=size - 1)
        for axis, (one, size) in enumerate(zip(given, shape, strict=True))
    )
