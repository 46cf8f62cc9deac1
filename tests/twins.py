"""A model as PyTorch would have it, with the same names for the same parameters."""

from collections import OrderedDict
from functools import singledispatch

import pytest

from minicnn import layers

torch = pytest.importorskip("torch")
nn = torch.nn


class TorchBranches(nn.Module):
    """A Residual or a Parallel: its children under their keys, and the merge."""

    def __init__(self, children, merge):
        super().__init__()
        self.branch_names, self.merge = list(children), merge
        for name, child in children.items():
            self.add_module(name, child)

    def forward(self, x):
        outputs = [self.get_submodule(name)(x) for name in self.branch_names]
        return torch.cat(outputs, 1) if self.merge == "concat" else sum(outputs[1:], outputs[0])


@singledispatch
def twin(layer):
    """Return PyTorch's layer, with random weights of its own."""
    raise NotImplementedError(type(layer).__name__)


@twin.register
def _(layer: layers.Sequential):
    return nn.Sequential(OrderedDict((k, twin(v)) for k, v in layer.children.items()))


@twin.register
def _(layer: layers.Residual):
    return TorchBranches({k: twin(v) for k, v in layer.children.items()}, "add")


@twin.register
def _(layer: layers.Parallel):
    return TorchBranches({k: twin(v) for k, v in layer.children.items()}, layer.merge)


@twin.register
def _(layer: layers.Conv2D):
    around = layer.padding[0][0], layer.padding[1][0]
    assert layer.padding == tuple((p, p) for p in around)
    return nn.Conv2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel_size,
        layer.stride,
        around,
        layer.dilation,
        layer.groups,
        layer.bias is not None,
    )


@twin.register
def _(layer: layers.BatchNorm2D):
    return nn.BatchNorm2d(
        layer.num_features,
        layer.eps,
        layer.momentum,
        layer.affine,
        layer.track_running_stats,
    )


@twin.register
def _(layer: layers.Linear):
    return nn.Linear(layer.in_features, layer.out_features, layer.bias is not None)


@twin.register
def _(layer: layers.MaxPool2D):
    around = layer.padding[0][0], layer.padding[1][0]
    return nn.MaxPool2d(layer.kernel_size, layer.stride, around, ceil_mode=layer.ceil_mode)


@twin.register
def _(layer: layers.LocalResponseNorm):
    return nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)


@twin.register
def _(layer: layers.GlobalAvgPool2D):
    return nn.AdaptiveAvgPool2d(1)


@twin.register
def _(layer: layers.Flatten):
    return nn.Flatten()


@twin.register
def _(layer: layers.ReLU):
    return nn.ReLU()


@twin.register
def _(layer: layers.Dropout):
    return nn.Dropout(layer.p)
