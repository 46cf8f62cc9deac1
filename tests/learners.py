"""Small models and small data to learn from, and when two runs are the same run."""

import numpy as np
from laws import same_bits

from minicnn import Conv2D, Layer, ReLU, Sequential
from minicnn.train import Dataset


class Flat(Layer):
    """The mean of each map: (N, C, H, W) to (N, C)."""

    def __call__(self, x):
        return x.mean(axis=(2, 3))

    def output_shape(self, shape):
        return shape[:2]

    def vjp(self, x):
        h, w = x.shape[2:]

        def backward(dy):
            return np.broadcast_to(dy[:, :, None, None] / (h * w), x.shape).astype(x.dtype), {}

        return self(x), backward


class Noisy(Layer):
    """Learns otherwise than it looks: noise is added, and batches are counted."""

    param_names = ("seen", "gain")

    def __init__(self, scale=0.1, noise=None):
        self.scale, self.noise = scale, noise
        self.seen, self.gain = np.array(0), np.ones(1, np.float32)

    @property
    def statistics(self):
        return ("seen",)

    def for_training(self, rng=None):
        new = self.with_params({})
        new.noise = int(rng.integers(2**32))
        return new

    def __call__(self, x):
        y = x * self.gain.astype(x.dtype)
        if self.noise is not None:
            y = y + self.scale * np.random.default_rng(self.noise).standard_normal(x.shape, x.dtype)
        return y

    def output_shape(self, shape):
        return shape

    def vjp(self, x):
        def backward(dy):
            return dy * self.gain, {
                "seen": np.array(-1),
                "gain": (dy * x).sum(keepdims=True)[0, 0, 0],
            }

        return self(x), backward


def net(*between, classes=3):
    return Sequential(
        Conv2D(1, 6, 3, rng=0), *between, ReLU(), Conv2D(6, classes, 2, rng=1), Flat()
    )


def bars(count, rng=0, size=(8, 7)):
    """Return pictures of level bars, of upright bars, and of nothing but noise."""
    rng = np.random.default_rng(rng)
    x = 0.3 * rng.standard_normal((count, 1, *size)).astype(np.float32)
    labels = np.arange(count) % 3
    for picture, label in zip(x, labels, strict=True):
        at = rng.integers(1, 6)
        if label < 2:
            picture[0][(slice(at, at + 1), slice(None))[:: 1 if label == 0 else -1]] += 1.5
    return Dataset(x, labels, ("level", "upright", "nothing"))


DATA, OTHER = bars(48), bars(30, rng=1)


def same_training(one, other):
    for a, b in ((one.model, other.model), (one.best, other.best)):
        assert a.params.keys() == b.params.keys()
        for key, array in a.params.items():
            same_bits(np.asarray(b.params[key]), np.asarray(array))
    assert without_times(one) == without_times(other)
    assert one.memory.steps == other.memory.steps


def without_times(training):
    return [{**vars(epoch), "seconds": 0} for epoch in training.history]
