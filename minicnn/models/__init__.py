"""Well-known networks, each one expression, with their sources.

>>> lenet5(rng=0).summary((1, 1, 28, 28)).parameters
61706
>>> resnet20(rng=0).output_shape((1, 3, 32, 32))
(1, 10)

All take the same arguments: how many channels the pictures have, their size, how many classes
there are, and ``rng=`` for the first weights.
"""

from __future__ import annotations

from collections.abc import Callable

from minicnn.layers import Sequential
from minicnn.models.branched import (
    fire_block,
    googlenet,
    inception_block,
    residual_block,
    resnet8,
    resnet20,
    squeezenet,
)
from minicnn.models.large import alexnet, vgg11, vgg16
from minicnn.models.plain import lenet5, medium, small

MODELS: dict[str, Callable[..., Sequential]] = {
    "lenet5": lenet5,
    "medium": medium,
    "resnet8": resnet8,
    "resnet20": resnet20,
    "small": small,
}
"""The networks that can be taught on an ordinary machine, by name."""

CLASSICS: dict[str, Callable[..., Sequential]] = {
    "alexnet": alexnet,
    "googlenet": googlenet,
    "squeezenet": squeezenet,
    "vgg11": vgg11,
    "vgg16": vgg16,
}
"""The networks of ImageNet, by name: to be looked at, and to be given weights."""

__all__ = [
    "CLASSICS",
    "MODELS",
    "alexnet",
    "fire_block",
    "googlenet",
    "inception_block",
    "lenet5",
    "medium",
    "residual_block",
    "resnet8",
    "resnet20",
    "small",
    "squeezenet",
    "vgg11",
    "vgg16",
]
