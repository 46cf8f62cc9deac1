"""Random networks that always work: each layer is drawn to fit the maps before it."""

import math

import numpy as np
from hypothesis import strategies as st

from minicnn import (
    AdaptiveAvgPool2D,
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    Dropout,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
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

MODES = ("zeros", "reflect", "replicate", "circular")


def most_padding(mode, size):
    """Return how far a picture of this size can be continued in a mode, at most 2."""
    return min(2, {"reflect": size - 1, "circular": size}.get(mode, 2))


@st.composite
def pads(draw, shape):
    mode = draw(st.sampled_from(MODES))
    sides = [[draw(st.integers(0, most_padding(mode, n))) for _ in range(2)] for n in shape[1:]]
    return Pad(sides, mode=mode)


@st.composite
def convs(draw, shape, *, keep=False):
    """Draw a convolution for maps (C, H, W); `keep` is one whose output has their size."""
    channels, *size = shape
    groups = draw(st.sampled_from([g for g in (1, 2, 3) if channels % g == 0]))
    filters = channels if keep else groups * draw(st.integers(1, 2))
    kernel, dilation, stride, padding = [], [], [], []
    for n in size:
        before, after = draw(st.integers(0, 2)), draw(st.integers(0, 2))
        most = min(4, n + before + after)
        k = draw(st.integers(1, most))
        d = draw(st.integers(1, max(1, min(3, (n + before + after - 1) // max(k - 1, 1)))))
        kernel.append(k)
        dilation.append(d)
        stride.append(1 if keep else draw(st.integers(1, 3)))
        total = d * (k - 1)
        padding.append((total // 2, total - total // 2) if keep else (before, after))
    return Conv2D(
        channels,
        filters,
        tuple(kernel),
        stride=tuple(stride),
        dilation=tuple(dilation),
        padding=tuple(padding),
        groups=groups,
        bias=draw(st.booleans()),
        rng=draw(st.integers(0, 99)),
    )


@st.composite
def pools(draw, shape):
    """Draw a pooling: padding, ceil mode, parts that are not equal."""
    kind = draw(st.sampled_from([MaxPool2D, AvgPool2D, AdaptiveAvgPool2D, GlobalAvgPool2D]))
    if kind is GlobalAvgPool2D:
        return kind()
    if kind is AdaptiveAvgPool2D:
        return kind((draw(st.integers(1, 4)), draw(st.integers(1, 4))))
    kernel = tuple(draw(st.integers(1, min(3, n))) for n in shape[1:])
    padding = [[draw(st.integers(0, k // 2)) for _ in range(2)] for k in kernel]
    stride = tuple(draw(st.integers(1, 3)) for _ in kernel)
    more = {"count_include_pad": draw(st.booleans())} if kind is AvgPool2D else {}
    return kind(kernel, stride, padding, ceil_mode=draw(st.booleans()), **more)


@st.composite
def norms(draw, shape):
    """Draw a normalisation that has learnt something."""
    channels = shape[0]
    made = draw(
        st.sampled_from(
            [
                lambda: BatchNorm2D(channels),
                lambda: GroupNorm(draw(st.sampled_from([1, channels])), channels),
                lambda: LayerNorm(shape[draw(st.integers(0, 2)) :]),
                lambda: LocalResponseNorm(draw(st.integers(1, 4)), alpha=0.5),
            ]
        )
    )()
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    learnt = {name: 0.5 + rng.random(array.shape) for name, array in made.params.items()}
    return made.with_params(learnt)


@st.composite
def transposed(draw, shape):
    groups = draw(st.sampled_from([g for g in (1, 2) if shape[0] % g == 0]))
    stride = draw(st.integers(1, 3))
    return ConvTranspose2D(
        shape[0],
        groups * draw(st.integers(1, 2)),
        (draw(st.integers(2, 3)), draw(st.integers(2, 3))),
        stride=stride,
        dilation=draw(st.integers(1, 2)),
        padding=draw(st.sampled_from([0, ((0, 1), (1, 0))])),
        output_padding=draw(st.integers(0, stride - 1)),
        groups=groups,
        rng=0,
    )


@st.composite
def steps(draw, shape, depth):
    """Draw one layer for maps of this shape."""
    kinds = ["conv", "conv", "pad", "pool", "value", "norm"]
    kinds += ["residual", "parallel", "nested"] * (depth > 0)
    kinds += ["larger", "transposed"] * (max(shape[1:]) < 8)
    kind = draw(st.sampled_from(kinds))
    if kind == "conv":
        return draw(convs(shape))
    if kind == "pad":
        return draw(pads(shape))
    if kind == "pool":
        return draw(pools(shape))
    if kind == "larger":
        return Upsample((draw(st.integers(1, 2)), draw(st.integers(1, 3))))
    if kind == "transposed":
        return draw(transposed(shape))
    if kind == "norm":
        return draw(norms(shape))
    if kind == "value":
        every = [ReLU(), LeakyReLU(0.1), PReLU(), Sigmoid(), Tanh(), Softmax(), Dropout()]
        return draw(st.sampled_from(every))
    if kind == "nested":
        return Sequential(*draw(chains(shape, depth - 1, 2)))
    keeping = draw(convs(shape, keep=True))
    if kind == "residual":
        shortcut = Conv2D(shape[0], shape[0], 1, rng=0) if draw(st.booleans()) else None
        return Residual(Sequential(keeping, ReLU()), shortcut)
    others = (Sequential(), draw(convs(shape, keep=True)))
    merge = draw(st.sampled_from(["add", "concat"]))
    return Parallel(keeping, *others[: draw(st.integers(0, 2))], merge=merge)


@st.composite
def chains(draw, shape, depth, most):
    """Draw up to so many layers, one after the other."""
    found = []
    for _ in range(draw(st.integers(1, most))):
        layer = draw(steps(shape, depth))
        found.append(layer)
        shape = layer.output_shape((1, *shape))[1:]
    return found


@st.composite
def networks(draw, *, most=4, largest=9):
    """Draw (model, input_shape): every kind of layer, padding mode, stride, groups, branches."""
    shape = (
        draw(st.integers(1, 3)),
        draw(st.integers(3, largest)),
        draw(st.integers(3, largest)),
    )
    layers = draw(chains(shape, 1, most))
    if draw(st.booleans()):
        features = math.prod(Sequential(*layers).output_shape((1, *shape)))
        tails = [[], [Linear(features, 3, rng=0)], [Linear(features, 2, rng=1), Softmax()]]
        layers += [Flatten(), *draw(st.sampled_from(tails))]
    return Sequential(*layers), (1, *shape)
