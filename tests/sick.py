"""Layers for the map doctor's tests, and pictures on which every kernel has something to say."""

import numpy as np

from minicnn import Layer


class Function(Layer):
    """A function of one number, applied everywhere."""

    def __call__(self, x):
        with np.errstate(all="ignore"):
            return self.of(x).astype(x.dtype)

    def output_shape(self, input_shape):
        return input_shape


class Squash(Function):
    def of(self, x):
        return 1 / (1 + np.exp(-x))


class Bend(Function):
    of = staticmethod(np.tanh)


class Cut6(Function):
    def of(self, x):
        return np.clip(x, 0, 6)


class Root(Function):
    of = staticmethod(np.sqrt)


class Lossy(Function):
    """Nothing, but for what rounding leaves of it."""

    def of(self, x):
        return ((x + 1000) - 1000) - x


class Scale(Function):
    def of(self, x):
        return x / 255


class Flat(Layer):
    """Numbers instead of maps, as a layer of somebody else's would give them: (N, F)."""

    def __call__(self, x):
        return x.reshape(len(x), -1)

    def output_shape(self, input_shape):
        return input_shape[0], int(np.prod(input_shape[1:]))


class Dense(Layer):
    """A linear layer of somebody else's: a row of weights for each number it gives."""

    param_names = ("weight", "bias")

    def __init__(self, weight, bias=None):
        self.weight, self.bias = np.array(weight), None if bias is None else np.array(bias)

    def __call__(self, x):
        y = x @ self.weight.T.astype(x.dtype)
        return y if self.bias is None else y + self.bias.astype(x.dtype)

    def output_shape(self, input_shape):
        return input_shape[0], len(self.weight)


def textured(shape, rng, dtype=np.float32):
    """Draw pictures from 0 to 1, smooth as photographs are, with edges in all directions."""
    n, c, h, w = shape
    rows, columns = np.mgrid[:h, :w] / 8
    x = np.zeros(shape)
    for _ in range(6):
        a, b, phase = rng.normal(size=(3, n, c, 1, 1))
        x += np.sin(2 * a * rows + 2 * b * columns + 6 * phase)
    low, high = x.min(axis=(2, 3), keepdims=True), x.max(axis=(2, 3), keepdims=True)
    return (0.05 + 0.9 * (x - low) / (high - low)).astype(dtype)
