"""The functional core: pure functions on (N, C, H, W) arrays."""

from minicnn.ops.activation import leaky_relu, prelu, relu, sigmoid, tanh
from minicnn.ops.choose import Choice, choose_algorithm
from minicnn.ops.columns import col2im, im2col
from minicnn.ops.conv import ALGORITHMS, conv2d
from minicnn.ops.conv_backward import conv2d_backward, conv2d_backward_params
from minicnn.ops.conv_transpose import conv_transpose2d, conv_transpose2d_backward
from minicnn.ops.dropout import dropout
from minicnn.ops.linear import flatten, linear, linear_backward, linear_backward_params
from minicnn.ops.norm import (
    batch_moments,
    batch_norm,
    batch_norm_backward,
    group_norm,
    group_norm_backward,
    layer_norm,
    layer_norm_backward,
)
from minicnn.ops.pad import pad2d, pad2d_backward
from minicnn.ops.pool import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward
from minicnn.ops.pool_adaptive import adaptive_avg_pool2d, adaptive_avg_pool2d_backward
from minicnn.ops.response_norm import local_response_norm, local_response_norm_backward
from minicnn.ops.softmax import softmax, softmax_backward
from minicnn.ops.threads import get_threads, set_threads
from minicnn.ops.upsample import upsample2d, upsample2d_backward

__all__ = [
    "ALGORITHMS",
    "Choice",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_backward",
    "avg_pool2d",
    "avg_pool2d_backward",
    "batch_moments",
    "batch_norm",
    "batch_norm_backward",
    "choose_algorithm",
    "col2im",
    "conv2d",
    "conv2d_backward",
    "conv2d_backward_params",
    "conv_transpose2d",
    "conv_transpose2d_backward",
    "dropout",
    "flatten",
    "get_threads",
    "group_norm",
    "group_norm_backward",
    "im2col",
    "layer_norm",
    "layer_norm_backward",
    "leaky_relu",
    "linear",
    "linear_backward",
    "linear_backward_params",
    "local_response_norm",
    "local_response_norm_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "pad2d",
    "pad2d_backward",
    "prelu",
    "relu",
    "set_threads",
    "sigmoid",
    "softmax",
    "softmax_backward",
    "tanh",
    "upsample2d",
    "upsample2d_backward",
]
