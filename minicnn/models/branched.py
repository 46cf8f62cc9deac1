"""Networks that part and meet again: residual blocks, Inception, SqueezeNet."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.layers import (
    BatchNorm2D,
    Conv2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2D,
    Parallel,
    ReLU,
    Residual,
    Sequential,
)
from minicnn.layers.base import generator
from minicnn.models.sizes import checked_size
from minicnn.shapes import Pair


def resnet8(
    channels: int = 3, size: int | Pair = 32, classes: int = 10, *, rng: Any = None
) -> Sequential:
    """ResNet-8, a block for each of the three sizes of maps: 78,042 parameters.

    Parameters
    ----------
    channels, size, classes, rng
        See `resnet20`.
    """
    return _resnet(channels, size, classes, 1, rng)


def resnet20(
    channels: int = 3, size: int | Pair = 32, classes: int = 10, *, rng: Any = None
) -> Sequential:
    """ResNet-20, for CIFAR's pictures of 32x32 pixels: 0.27 million parameters.

    Where maps become half as large, the way around the block is a convolution of 1x1 (the
    paper's option B; its own network of this depth pads with channels of zeros instead).

    Parameters
    ----------
    channels : int
        Of the pictures.
    size : int or (rows, columns)
        Of the pictures. The network is the same for all.
    classes : int
    rng : None, int or numpy.random.Generator
        Where the first weights come from.

    References
    ----------
    He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", 2015, section 4.2.
    """
    return _resnet(channels, size, classes, 3, rng)


def googlenet(
    channels: int = 3, size: int | Pair = 224, classes: int = 1000, *, rng: Any = None
) -> Sequential:
    """GoogLeNet, nine Inception blocks: 6,998,552 parameters.

    Without the two classifiers that its authors hung on its sides to teach it.

    Parameters
    ----------
    channels, size, classes, rng
        See `resnet20`; pictures have at least 31x31 pixels.

    References
    ----------
    Szegedy et al., "Going Deeper with Convolutions", 2014, table 1.
    """
    rng = generator(rng)
    checked_size(size, 31)
    return Sequential(
        *(Conv2D(channels, 64, 7, stride=2, padding=3, rng=rng), ReLU(), _halve()),
        *(LocalResponseNorm(5), Conv2D(64, 64, 1, rng=rng), ReLU()),
        *(Conv2D(64, 192, 3, padding=1, rng=rng), ReLU(), LocalResponseNorm(5), _halve()),
        ("inception_3a", inception_block(192, 64, (96, 128), (16, 32), 32, rng=rng)),
        ("inception_3b", inception_block(256, 128, (128, 192), (32, 96), 64, rng=rng)),
        _halve(),
        ("inception_4a", inception_block(480, 192, (96, 208), (16, 48), 64, rng=rng)),
        ("inception_4b", inception_block(512, 160, (112, 224), (24, 64), 64, rng=rng)),
        ("inception_4c", inception_block(512, 128, (128, 256), (24, 64), 64, rng=rng)),
        ("inception_4d", inception_block(512, 112, (144, 288), (32, 64), 64, rng=rng)),
        ("inception_4e", inception_block(528, 256, (160, 320), (32, 128), 128, rng=rng)),
        _halve(),
        ("inception_5a", inception_block(832, 256, (160, 320), (32, 128), 128, rng=rng)),
        ("inception_5b", inception_block(832, 384, (192, 384), (48, 128), 128, rng=rng)),
        *(GlobalAvgPool2D(), Flatten(), Dropout(0.4), Linear(1024, classes, rng=rng)),
    )


def inception_block(
    in_channels: int,
    ones: int,
    threes: tuple[int, int],
    fives: tuple[int, int],
    pooled: int,
    *,
    rng: Any = None,
) -> Parallel:
    """Look at several sizes at once: kernels of 1x1, 3x3 and 5x5 and a maximum, side by side.

    Parameters
    ----------
    in_channels : int
    ones : int
        How many maps the kernels of 1x1 make.
    threes, fives : (int, int)
        To how many channels a convolution of 1x1 brings the input first, to save work, and how
        many maps are then made.
    pooled : int
        How many maps are made of the maximum.
    rng : None, int or numpy.random.Generator

    Examples
    --------
    >>> block = inception_block(192, 64, (96, 128), (16, 32), 32, rng=0)     # GoogLeNet's "3a"
    >>> block.output_shape((1, 192, 28, 28))
    (1, 256, 28, 28)
    """
    rng = generator(rng)
    return Parallel(
        ("ones", Sequential(*_conv(in_channels, ones, 1, rng))),
        ("threes", Sequential(*_conv(in_channels, threes[0], 1, rng), *_conv(*threes, 3, rng))),
        ("fives", Sequential(*_conv(in_channels, fives[0], 1, rng), *_conv(*fives, 5, rng))),
        ("pooled", Sequential(MaxPool2D(3, 1, 1), *_conv(in_channels, pooled, 1, rng))),
    )


def squeezenet(
    channels: int = 3, size: int | Pair = 224, classes: int = 1000, *, rng: Any = None
) -> Sequential:
    """SqueezeNet 1.1, as good as AlexNet with a fiftieth of its parameters: 1,235,496.

    Version 1.1, from its authors' repository, takes 2.4 times less work than the paper's.

    Parameters
    ----------
    channels, size, classes, rng
        See `resnet20`; pictures have at least 17x17 pixels.

    References
    ----------
    Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model
    size", 2016.
    """
    rng = generator(rng)
    checked_size(size, 17)
    return Sequential(
        *(Conv2D(channels, 64, 3, stride=2, rng=rng), ReLU(), _halve()),
        ("fire2", fire_block(64, 16, 64, rng=rng)),
        ("fire3", fire_block(128, 16, 64, rng=rng)),
        _halve(),
        ("fire4", fire_block(128, 32, 128, rng=rng)),
        ("fire5", fire_block(256, 32, 128, rng=rng)),
        _halve(),
        ("fire6", fire_block(256, 48, 192, rng=rng)),
        ("fire7", fire_block(384, 48, 192, rng=rng)),
        ("fire8", fire_block(384, 64, 256, rng=rng)),
        ("fire9", fire_block(512, 64, 256, rng=rng)),
        *(Dropout(0.5), Conv2D(512, classes, 1, rng=rng), ReLU(), GlobalAvgPool2D(), Flatten()),
    )


def fire_block(in_channels: int, squeezed: int, expanded: int, *, rng: Any = None) -> Sequential:
    """Squeeze the channels through few, then make maps of them with kernels of 1x1 and of 3x3.

    Parameters
    ----------
    in_channels : int
    squeezed : int
        To so many.
    expanded : int
        How many maps each of the two kinds of kernels makes.
    rng : None, int or numpy.random.Generator
    """
    rng = generator(rng)
    return Sequential(
        *_conv(in_channels, squeezed, 1, rng),
        Parallel(
            ("ones", Sequential(*_conv(squeezed, expanded, 1, rng))),
            ("threes", Sequential(*_conv(squeezed, expanded, 3, rng))),
        ),
    )


def residual_block(
    in_channels: int, out_channels: int, *, stride: int = 1, rng: Any = None
) -> Sequential:
    """Two convolutions of 3x3 with batch norm, and a way around them.

    The way around is a convolution of 1x1 where the maps change their number or size.

    Parameters
    ----------
    in_channels, out_channels, stride : int
    rng : None, int or numpy.random.Generator
    """
    rng = generator(rng)
    changes = in_channels != out_channels or stride != 1
    return Sequential(
        Residual(
            Sequential(
                *_normed(in_channels, out_channels, 3, stride, rng),
                ReLU(),
                *_normed(out_channels, out_channels, 3, 1, rng),
            ),
            Sequential(*_normed(in_channels, out_channels, 1, stride, rng)) if changes else None,
        ),
        ReLU(),
    )


def _resnet(channels: int, size: Any, classes: int, blocks: int, rng: Any) -> Sequential:
    """Return a ResNet of 6 * blocks + 2 layers: so many blocks for each of three sizes of maps."""
    rng = generator(rng)
    checked_size(size, 1)
    plan = [(16, 16, 1)] + [(16, 16, 1)] * (blocks - 1)
    plan += [(16, 32, 2)] + [(32, 32, 1)] * (blocks - 1)
    plan += [(32, 64, 2)] + [(64, 64, 1)] * (blocks - 1)
    return Sequential(
        *(*_normed(channels, 16, 3, 1, rng), ReLU()),
        *(
            (f"block{number}", residual_block(before, after, stride=stride, rng=rng))
            for number, (before, after, stride) in enumerate(plan, 1)
        ),
        *(GlobalAvgPool2D(), Flatten(), Linear(64, classes, rng=rng)),
    )


def _conv(
    in_channels: int, out_channels: int, size: int, rng: np.random.Generator
) -> tuple[Layer, ...]:
    """Return a convolution that keeps the maps' size, and a ReLU."""
    return Conv2D(in_channels, out_channels, size, padding=size // 2, rng=rng), ReLU()


def _normed(
    in_channels: int, out_channels: int, size: int, stride: int, rng: np.random.Generator
) -> tuple[Layer, ...]:
    """Return a convolution and its batch norm, which has the bias."""
    return (
        Conv2D(
            in_channels, out_channels, size, stride=stride, padding=size // 2, bias=False, rng=rng
        ),
        BatchNorm2D(out_channels),
    )


def _halve() -> MaxPool2D:
    return MaxPool2D(3, 2, ceil_mode=True)
