"""Thin layers: they keep their arguments and call the operations; a call never writes to self."""

from minicnn.layers.activation import ReLU
from minicnn.layers.base import Layer
from minicnn.layers.conv import Conv2D
from minicnn.layers.pad import Pad
from minicnn.layers.sequential import Sequential
from minicnn.layers.summary import Summary, SummaryRow

__all__ = ["Conv2D", "Layer", "Pad", "ReLU", "Sequential", "Summary", "SummaryRow"]
