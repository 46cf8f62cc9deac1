"""Small networks of one layer after the other, to be taught on an ordinary machine."""

from __future__ import annotations

from typing import Any

from minicnn.layers import Conv2D, Flatten, Linear, MaxPool2D, ReLU, Sequential
from minicnn.layers.base import generator
from minicnn.models.sizes import features_of
from minicnn.shapes import Pair


def lenet5(
    channels: int = 1, size: int | Pair = 28, classes: int = 10, *, rng: Any = None
) -> Sequential:
    """LeNet-5, which read the digits on cheques: two convolutions, three linear layers.

    With ReLU and max pooling, as it is usually built today; in 1998 there were tanh, sums with a
    weight in place of the maximum, and not every map of the second layer saw all of the first.

    Parameters
    ----------
    channels : int
        Of the pictures.
    size : int or (rows, columns)
        Of the pictures, at least 12.
    classes : int
    rng : None, int or numpy.random.Generator
        Where the first weights come from.

    References
    ----------
    LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998.
    """
    rng = generator(rng)
    seeing = Sequential(
        *(Conv2D(channels, 6, 5, padding=2, rng=rng), ReLU(), MaxPool2D(2)),
        *(Conv2D(6, 16, 5, rng=rng), ReLU(), MaxPool2D(2), Flatten()),
    )
    return Sequential(
        *seeing,
        *(Linear(features_of(seeing, channels, size, 12), 120, rng=rng), ReLU()),
        *(Linear(120, 84, rng=rng), ReLU(), Linear(84, classes, rng=rng)),
    )


def small(
    channels: int = 1, size: int | Pair = 8, classes: int = 10, *, rng: Any = None
) -> Sequential:
    """Two convolutions and one linear layer: 1,898 parameters for digits of 8x8 pixels.

    Parameters
    ----------
    channels, size, classes, rng
        See `lenet5`; pictures have at least 4x4 pixels.
    """
    rng = generator(rng)
    seeing = Sequential(
        *(Conv2D(channels, 8, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2)),
        *(Conv2D(8, 16, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2), Flatten()),
    )
    return Sequential(*seeing, Linear(features_of(seeing, channels, size, 4), classes, rng=rng))


def medium(
    channels: int = 1, size: int | Pair = 24, classes: int = 5, *, rng: Any = None
) -> Sequential:
    """Three convolutions and one linear layer: 7,461 parameters for shapes of 24x24 pixels.

    Parameters
    ----------
    channels, size, classes, rng
        See `lenet5`; pictures have at least 8x8 pixels.
    """
    rng = generator(rng)
    seeing = Sequential(
        *(Conv2D(channels, 8, 5, padding=2, rng=rng), ReLU(), MaxPool2D(2)),
        *(Conv2D(8, 16, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2)),
        *(Conv2D(16, 32, 3, padding=1, rng=rng), ReLU(), MaxPool2D(2), Flatten()),
    )
    return Sequential(*seeing, Linear(features_of(seeing, channels, size, 8), classes, rng=rng))
