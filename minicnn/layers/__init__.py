"""Thin layers: they keep their arguments and call the operations; a call never writes to self."""

from minicnn.layers.activation import ReLU
from minicnn.layers.base import Layer
from minicnn.layers.branches import Parallel, Residual
from minicnn.layers.conv import Conv2D
from minicnn.layers.field import Field
from minicnn.layers.merge import Add, Concat, Merge
from minicnn.layers.pad import Pad
from minicnn.layers.plan import PICTURE, Node
from minicnn.layers.sequential import Sequential
from minicnn.layers.summary import Summary, SummaryRow

__all__ = [
    "PICTURE",
    "Add",
    "Concat",
    "Conv2D",
    "Field",
    "Layer",
    "Merge",
    "Node",
    "Pad",
    "Parallel",
    "ReLU",
    "Residual",
    "Sequential",
    "Summary",
    "SummaryRow",
]
