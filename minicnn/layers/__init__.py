"""Thin layers: they keep their arguments and call the operations; a call never writes to self."""

from minicnn.layers.activation import LeakyReLU, PReLU, ReLU, Sigmoid, Softmax, Tanh
from minicnn.layers.base import Layer, Way
from minicnn.layers.batch_norm import BatchNorm2D
from minicnn.layers.branches import Parallel, Residual
from minicnn.layers.conv import Conv2D
from minicnn.layers.dropout import Dropout
from minicnn.layers.field import Field
from minicnn.layers.linear import Flatten, Linear
from minicnn.layers.merge import Add, Concat, Merge
from minicnn.layers.norm import GroupNorm, LayerNorm
from minicnn.layers.pad import Pad
from minicnn.layers.plan import PICTURE, Node
from minicnn.layers.pool import AdaptiveAvgPool2D, AvgPool2D, GlobalAvgPool2D, MaxPool2D
from minicnn.layers.response_norm import LocalResponseNorm
from minicnn.layers.sequential import Sequential
from minicnn.layers.summary import Summary, SummaryRow
from minicnn.layers.upsample import ConvTranspose2D, Upsample

__all__ = [
    "PICTURE",
    "AdaptiveAvgPool2D",
    "Add",
    "AvgPool2D",
    "BatchNorm2D",
    "Concat",
    "Conv2D",
    "ConvTranspose2D",
    "Dropout",
    "Field",
    "Flatten",
    "GlobalAvgPool2D",
    "GroupNorm",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LocalResponseNorm",
    "MaxPool2D",
    "Merge",
    "Node",
    "PReLU",
    "Pad",
    "Parallel",
    "ReLU",
    "Residual",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Summary",
    "SummaryRow",
    "Tanh",
    "Upsample",
    "Way",
]
