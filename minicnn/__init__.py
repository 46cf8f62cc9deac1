"""A mini CNN framework in NumPy: convolve, look at feature maps, understand every number.

>>> from minicnn import Conv2D, Pad, ReLU, Sequential, images, kernels
>>> model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(kernels.EDGES), ReLU())
>>> model(images.test_card()).shape[1] == len(kernels.EDGES)
True

Importing it imports NumPy only; `minicnn.viz` brings matplotlib when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

import minicnn.interrupts  # noqa: F401 - first: it takes Ctrl-C while the rest is loaded
from minicnn import errors, layers, ops, shapes, trace
from minicnn.errors import (
    ConfigError,
    DataError,
    DTypeError,
    ImageError,
    LimitError,
    MiniCNNError,
    OutputError,
    ShapeError,
    UnsupportedError,
    WeightsError,
)
from minicnn.layers import (
    AdaptiveAvgPool2D,
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    LocalResponseNorm,
    MaxPool2D,
    Pad,
    Parallel,
    PReLU,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    Upsample,
)
from minicnn.ops import col2im, conv2d, im2col, pad2d, relu
from minicnn.shapes import Window
from minicnn.trace import Step, Trace

__version__ = "0.1.0"

__all__ = [
    "AdaptiveAvgPool2D",
    "AvgPool2D",
    "BatchNorm2D",
    "ConfigError",
    "Conv2D",
    "ConvTranspose2D",
    "DTypeError",
    "DataError",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2D",
    "GroupNorm",
    "ImageError",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "LimitError",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2D",
    "MiniCNNError",
    "OutputError",
    "PReLU",
    "Pad",
    "Parallel",
    "ReLU",
    "Residual",
    "Sequential",
    "ShapeError",
    "Sigmoid",
    "Softmax",
    "Step",
    "Tanh",
    "Trace",
    "UnsupportedError",
    "Upsample",
    "WeightsError",
    "Window",
    "__version__",
    "classifier",
    "coach",
    "col2im",
    "conv2d",
    "errors",
    "explain",
    "im2col",
    "images",
    "kernels",
    "layers",
    "models",
    "ops",
    "pad2d",
    "relu",
    "shapes",
    "trace",
    "train",
    "viz",
    "weights",
]

_WHEN_ASKED_FOR = {"classifier", "coach", "explain", "images", "kernels", "models", "train", "viz"}
_WHEN_ASKED_FOR |= {"weights"}


def __getattr__(name: str) -> Any:
    """Import what is not needed by all, when it is asked for; `viz` brings matplotlib."""
    if name in _WHEN_ASKED_FOR:
        return importlib.import_module(f"minicnn.{name}")
    raise AttributeError(f"module 'minicnn' has no attribute {name!r}")
