"""Runs of learning for tests, made up in an instant: moments of a model with chosen weights."""

import numpy as np

from minicnn import Conv2D, ReLU, Sequential
from minicnn.train import Epoch, Snapshots


def film_of(weights, *, tried=False, losses=None, bias=None):
    """Return snapshots of a convolution and a ReLU, one for each array (O, C, KH, KW)."""
    weights = [np.asarray(weight, np.float64) for weight in weights]
    outputs, channels, *size = weights[0].shape
    first = Sequential(Conv2D(channels, outputs, tuple(size), rng=0), ReLU())
    bias = np.zeros(outputs) if bias is None else np.asarray(bias, float)
    models = [first.with_params({"0.weight": w, "0.bias": bias}) for w in weights]
    film = Snapshots(models[0])
    for epoch, model in enumerate(models[1:], 1):
        loss = 1 / epoch if losses is None else losses[epoch - 1]
        other = (loss + 0.1, 0.5) if tried else (None, None)
        film(Epoch(epoch, loss, 0.75, *other, 0.1, 1.0), model)
    return film


def drawn(moments, outputs=2, channels=1, size=3, seed=0):
    """Return weights at random for so many moments, each a little larger than the last."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(outputs, channels, size, size)) * (1 + m) for m in range(moments)]
