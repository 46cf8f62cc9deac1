"""The functional core: pure functions on (N, C, H, W) arrays."""

from minicnn.ops.activation import relu
from minicnn.ops.choose import Choice, choose_algorithm
from minicnn.ops.columns import col2im, im2col
from minicnn.ops.conv import ALGORITHMS, conv2d
from minicnn.ops.conv_backward import conv2d_backward
from minicnn.ops.pad import pad2d, pad2d_backward
from minicnn.ops.threads import get_threads, set_threads

__all__ = [
    "ALGORITHMS",
    "Choice",
    "choose_algorithm",
    "col2im",
    "conv2d",
    "conv2d_backward",
    "get_threads",
    "im2col",
    "pad2d",
    "pad2d_backward",
    "relu",
    "set_threads",
]
