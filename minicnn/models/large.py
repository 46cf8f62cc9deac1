"""AlexNet and VGG: what the network of 1998 became when there was ImageNet to learn from.

Large: AlexNet has 61 million parameters, VGG-16 138 million, nearly all of them in the first
linear layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from minicnn.layers import (
    Conv2D,
    Dropout,
    Flatten,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2D,
    ReLU,
    Sequential,
)
from minicnn.layers.base import generator
from minicnn.models.sizes import features_of
from minicnn.shapes import Pair


def alexnet(
    channels: int = 3, size: int | Pair = 227, classes: int = 1000, *, rng: Any = None
) -> Sequential:
    """AlexNet, which won ImageNet's contest of 2012: 60,965,224 parameters.

    As in the paper, where two processors had half of the channels each: three of its convolutions
    have two groups. The paper's alpha is not divided by the number of channels; ours is, hence
    5e-4 for its 1e-4.

    Parameters
    ----------
    channels : int
        Of the pictures.
    size : int or (rows, columns)
        Of the pictures, at least 67. (The paper says 224, but its numbers are those for 227.)
    classes : int
    rng : None, int or numpy.random.Generator
        Where the first weights come from.

    References
    ----------
    Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural
    Networks", 2012.
    """
    rng = generator(rng)
    seeing = Sequential(
        *(Conv2D(channels, 96, 11, stride=4, rng=rng), ReLU(), *_quieted(), MaxPool2D(3, 2)),
        *(Conv2D(96, 256, 5, padding=2, groups=2, rng=rng), ReLU(), *_quieted(), MaxPool2D(3, 2)),
        *(Conv2D(256, 384, 3, padding=1, rng=rng), ReLU()),
        *(Conv2D(384, 384, 3, padding=1, groups=2, rng=rng), ReLU()),
        *(Conv2D(384, 256, 3, padding=1, groups=2, rng=rng), ReLU(), MaxPool2D(3, 2), Flatten()),
    )
    return Sequential(
        *seeing,
        *_deciding(features_of(seeing, channels, size, 67), classes, rng),
    )


def vgg11(
    channels: int = 3, size: int | Pair = 224, classes: int = 1000, *, rng: Any = None
) -> Sequential:
    """VGG-11, configuration A of its paper: 132,863,336 parameters.

    Parameters
    ----------
    channels, size, classes, rng
        See `alexnet`; pictures have at least 32x32 pixels.

    References
    ----------
    Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    2014.
    """
    return _vgg(channels, size, classes, (1, 1, 2, 2, 2), rng)


def vgg16(
    channels: int = 3, size: int | Pair = 224, classes: int = 1000, *, rng: Any = None
) -> Sequential:
    """VGG-16, configuration D of its paper: 138,357,544 parameters.

    Two convolutions of 3x3 see what one of 5x5 sees, with fewer weights and a ReLU more.

    Parameters
    ----------
    channels, size, classes, rng
        See `alexnet`; pictures have at least 32x32 pixels.

    References
    ----------
    Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    2014.
    """
    return _vgg(channels, size, classes, (2, 2, 3, 3, 3), rng)


def _vgg(channels: int, size: Any, classes: int, depths: tuple[int, ...], rng: Any) -> Sequential:
    """Return a VGG with so many convolutions before each pooling."""
    rng = generator(rng)
    widths = channels, 64, 128, 256, 512, 512
    seeing = Sequential(
        *(
            layer
            for before, after, depth in zip(widths, widths[1:], depths, strict=False)
            for layer in _deep(before, after, depth, rng)
        ),
        Flatten(),
    )
    return Sequential(
        *seeing,
        *_deciding(features_of(seeing, channels, size, 32), classes, rng),
    )


def _deep(before: int, after: int, depth: int, rng: np.random.Generator) -> Iterator[Layer]:
    """Yield so many convolutions of 3x3, and a pooling."""
    for number in range(depth):
        yield Conv2D(after if number else before, after, 3, padding=1, rng=rng)
        yield ReLU()
    yield MaxPool2D(2)


def _quieted() -> tuple[Layer, ...]:
    return (LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0),)


def _deciding(features: int, classes: int, rng: np.random.Generator) -> tuple[Layer, ...]:
    """Return the three linear layers that AlexNet and VGG end in."""
    return (
        *(Linear(features, 4096, rng=rng), ReLU(), Dropout(0.5)),
        *(Linear(4096, 4096, rng=rng), ReLU(), Dropout(0.5)),
        Linear(4096, classes, rng=rng),
    )
