"""Losses: one number that says how wrong the outputs are, and its gradient.

A loss is a function ``loss(outputs, targets) -> (value, gradient)``, where `gradient` has the
shape of `outputs`: it is what a model's way back starts from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from minicnn.errors import ConfigError, DTypeError, ShapeError, short
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array

Loss: TypeAlias = Callable[[Array, Array], tuple[float, Array]]


def loss_of(loss: Loss, outputs: Array, targets: Array) -> tuple[float, Array]:
    """Return what a loss says, which may be one's own: its value, and the gradient.

    Raises
    ------
    ConfigError
        If it returns no pair of a number and an array.
    ShapeError
        If the gradient has not the shape of the outputs.
    """
    said = loss(outputs, targets)
    name = getattr(loss, "__name__", type(loss).__name__)
    if not isinstance(said, tuple | list) or len(said) != 2:
        raise ConfigError(
            f"the loss {name} must return (value, gradient), got {short(said)}.\n"
            f"  End it with: return value, gradient."
        )
    value, gradient = said
    plain = isinstance(value, int | float | np.generic | np.ndarray)
    if not plain or np.ndim(value) or np.asarray(value).dtype.kind not in "iuf":
        raise ConfigError(
            f"the value of the loss {name} must be one number, got {short(value)}.\n"
            f"  Take the mean over the batch: values.mean()."
        )
    if not isinstance(gradient, np.ndarray):
        raise ConfigError(
            f"the gradient of the loss {name} must be an array, got {short(gradient)}"
        )
    if gradient.shape != outputs.shape:
        raise ShapeError(
            f"the gradient of the loss {name} has the shape {gradient.shape}, the model's outputs "
            f"have {outputs.shape}.\n  It says how the loss changes with each of the outputs."
        )
    return float(value), gradient


def cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    """Return how surprised a model is by the true classes, on average over the examples.

    The logits are turned into probabilities by softmax, p = exp(z) / sum(exp(z)), and the
    surprise is -log p of the true class: 0 if the model was sure of it, log K if it could not
    tell at all among K classes. The gradient is simply (p - 1) for the true class and p for the
    others, over N. Neither overflows, whatever the logits.

    Parameters
    ----------
    logits : array (N, K)
        One row of scores an example, before any softmax; higher is likelier.
    labels : array (N,) of integers
        The true classes, from 0 to K - 1.

    Returns
    -------
    value : float
    gradient : array (N, K)
        Of `value`, by the logits.

    Raises
    ------
    ShapeError
        If the sizes do not fit, or there is no example.
    DTypeError
        If `labels` are not integers.
    ConfigError
        If a label is no class.

    References
    ----------
    Goodfellow, Bengio and Courville, "Deep Learning", 2016, section 6.2.2.

    Examples
    --------
    >>> value, gradient = cross_entropy(np.log([[0.5, 0.25, 0.25]]), np.array([0]))
    >>> round(value, 4), gradient                                   # log 2
    (0.6931, array([[-0.5 ,  0.25,  0.25]]))
    """
    z = real_array(logits, "cross_entropy", "logits")
    if z.ndim != 2:
        hint = "Put a Flatten() at the model's end." if z.ndim == 4 else "One row an example."
        raise ShapeError(
            f"cross_entropy: logits must be (N, K) = (examples, classes), got {z.shape}.\n  {hint}"
        )
    classes = check_labels(labels, z.shape[1], "cross_entropy")
    _check_count("logits", z, "labels", classes)
    rows = np.arange(len(z))
    with np.errstate(all="ignore"):  # NaN and inf pass through, as numbers to be seen
        z = z - z.max(axis=1, keepdims=True)  # (N, K), the largest is 0
        exponentials = np.exp(z)
        totals = exponentials.sum(axis=1, keepdims=True)  # (N, 1), at least 1
        surprise = np.log(totals[:, 0]) - z[rows, classes]
        gradient = exponentials / totals
        gradient[rows, classes] -= 1
        gradient /= len(z)
    return float(surprise.mean(dtype=np.float64)), gradient


def mean_squared_error(outputs: Array, targets: Array) -> tuple[float, Array]:
    """Return the mean of the squared differences, over all values of all examples.

    Parameters
    ----------
    outputs, targets : arrays of one shape (N, ...)

    Returns
    -------
    value : float
    gradient : array, of that shape
        2 (outputs - targets) / (how many values there are).

    Raises
    ------
    ShapeError
        If the shapes differ, or there is no value. Nothing is broadcast.

    Examples
    --------
    >>> mean_squared_error(np.array([[1.0, 5.0]]), np.array([[2.0, 2.0]]))
    (5.0, array([[-1.,  3.]]))
    """
    y = real_array(outputs, "mean_squared_error", "outputs")
    t = real_array(targets, "mean_squared_error", "targets")
    if y.shape != t.shape:
        raise ShapeError(
            f"mean_squared_error: outputs and targets must have one shape.\n"
            f"  outputs  {y.shape}\n  targets  {t.shape}"
        )
    if y.size == 0:
        raise ShapeError(f"mean_squared_error: there is nothing to average over in {y.shape}")
    with np.errstate(all="ignore"):
        difference = y - t.astype(y.dtype, copy=False)
        value = np.square(difference).mean(dtype=np.float64)
        difference *= 2 / y.size
    return float(value), difference


def accuracy(logits: Array, labels: Array) -> float:
    """Return the share of the examples whose largest logit is that of the true class.

    A row with NaN in it counts as wrong.

    Parameters
    ----------
    logits : array (N, K)
    labels : array (N,) of integers

    Examples
    --------
    >>> accuracy(np.array([[1.0, 3.0], [2.0, 0.0]]), np.array([1, 1]))
    0.5
    """
    z = real_array(logits, "accuracy", "logits")
    if z.ndim != 2:
        raise ShapeError(f"accuracy: logits must be (N, K) = (examples, classes), got {z.shape}")
    classes = check_labels(labels, z.shape[1], "accuracy")
    _check_count("logits", z, "labels", classes)
    return float(hits(z, classes).mean())


def hits(logits: Array, labels: Array) -> Array:
    """Return for each row whether its largest logit is that of the true class: (N,) of bool."""
    right: Array = (logits.argmax(axis=1) == labels) & ~np.isnan(logits).any(axis=1)
    return right


def check_labels(labels: Any, classes: int, who: str) -> Array:
    """Return labels as integers, having looked at every one.

    Raises
    ------
    DTypeError, ShapeError, ConfigError
    """
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
        kind = f"dtype {labels.dtype}" if isinstance(labels, np.ndarray) else short(labels)
        raise DTypeError(
            f"{who}: labels must be an array of integers, the numbers of the classes, got {kind}.\n"
            f"  For example np.array([3, 0, 9])."
        )
    if labels.ndim != 1:
        hint = " One-hot rows? Use labels.argmax(axis=1)." if labels.ndim == 2 else ""
        raise ShapeError(f"{who}: labels must be (N,), one an example, got {labels.shape}.{hint}")
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        at = int(wrong.argmax())
        raise ConfigError(
            f"{who}: labels must be from 0 to {classes - 1}, the model's {classes} outputs; "
            f"label {at} is {labels[at]}"
        )
    return labels


def _check_count(name: str, array: Array, other_name: str, other: Array) -> None:
    if len(array) != len(other) or not len(array):
        raise ShapeError(
            f"one of the {other_name} for each row of {name}, and at least one, is needed.\n"
            f"  {name:8} {array.shape}\n  {other_name:8} {other.shape}"
        )
