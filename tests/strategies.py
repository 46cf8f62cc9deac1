"""Valid cases by construction: draw the output's size, derive the input. Nothing is rejected."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from minicnn.shapes import Window

DTYPES = (np.float32, np.float64)


@dataclass(frozen=True, eq=False)
class Case:
    """A convolution that can be done: its arrays and its arguments."""

    x: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)
    bias: np.ndarray | None = field(repr=False)
    geometry: dict

    def __repr__(self):
        bias = self.bias is not None
        return (
            f"Case(x {self.x.dtype} {self.x.shape}, weight {self.weight.shape}, "
            f"bias {bias}, {self.geometry})"
        )

    @property
    def window(self):
        return Window.over(
            *self.x.shape[2:],
            self.weight.shape[2:],
            self.geometry["stride"],
            self.geometry["padding"],
            self.geometry["dilation"],
        )

    def having(self, **changed):
        """Return the geometry with some of it changed."""
        return {**self.geometry, **changed}

    @property
    def taps(self):
        """How many products each output value is the sum of."""
        return int(np.prod(self.weight.shape[1:]))


def pairs(low, high):
    """Draw (rows, columns), each within the limits."""
    return st.tuples(st.integers(low, high), st.integers(low, high))


def arrays(shape, dtype, *, whole):
    """Draw an array of this shape: small integers, or reals of mixed size."""

    def build(seed):
        rng = np.random.default_rng(seed)
        if whole:
            return rng.integers(-8, 9, shape).astype(dtype)
        return (rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 4, shape)).astype(dtype)

    return st.integers(0, 2**32 - 1).map(build)


@st.composite
def convolutions(
    draw,
    *,
    dtype=None,
    whole=False,
    max_stride=3,
    max_dilation=3,
    max_kernel=4,
    max_output=5,
    max_batch=2,
    max_groups=3,
    with_bias=None,
    named_padding=False,
):
    """Draw a convolution: groups up to depthwise, even and odd kernels, padding on four sides.

    Every other one has stride and dilation 1, which not every algorithm can do without.
    """
    if draw(st.booleans()):
        max_stride = max_dilation = 1
    dtype = draw(st.sampled_from(DTYPES)) if dtype is None else dtype
    groups = draw(st.integers(1, max_groups))
    channels = groups * draw(st.integers(1, 2))
    filters = groups * draw(st.integers(1, 3))
    kernel, stride = draw(pairs(1, max_kernel)), draw(pairs(1, max_stride))
    dilation, output = draw(pairs(1, max_dilation)), draw(pairs(1, max_output))
    size, padding = [], []
    for k, s, d, o in zip(kernel, stride, dilation, output, strict=True):
        before, after = draw(st.integers(0, 2)), draw(st.integers(0, 2))
        padded = (o - 1) * s + d * (k - 1) + 1 + draw(st.integers(0, s - 1))
        size.append(max(1, padded - before - after))
        padding.append((before, after))
    padding = tuple(padding)
    if named_padding:
        padding = draw(st.sampled_from(["same", padding]))
    shape = (draw(st.integers(1, max_batch)), channels, *size)
    x = draw(arrays(shape, dtype, whole=whole))
    weight = draw(arrays((filters, channels // groups, *kernel), dtype, whole=whole))
    has_bias = draw(st.booleans()) if with_bias is None else with_bias
    bias = draw(arrays((filters,), dtype, whole=whole)) if has_bias else None
    geometry = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return Case(x, weight, bias, geometry)


@st.composite
def pictures(draw, *, dtype=np.float64, min_size=1, max_size=7, channels=None, whole=False):
    """Draw a batch of pictures, height and width apart."""
    c = draw(st.integers(1, 3)) if channels is None else channels
    size = draw(pairs(min_size, max_size))
    return draw(arrays((draw(st.integers(1, 2)), c, *size), dtype, whole=whole))


@dataclass(frozen=True, eq=False)
class Pooling:
    """A pooling that can be done: its pictures and its arguments."""

    x: np.ndarray = field(repr=False)
    geometry: dict

    def __repr__(self):
        return f"Pooling(x {self.x.dtype} {self.x.shape}, {self.geometry})"


def paddings_of_pools(kernel):
    """Draw ((top, bottom), (left, right)), at most half of the kernel each."""
    return st.tuples(*(pairs(0, taps // 2) for taps in kernel))


@st.composite
def poolings(draw, *, dtype=None, whole=True, max_dilation=3):
    """Draw a pooling: padding of at most half a kernel, on four sides; in ceil mode or not."""
    dtype = draw(st.sampled_from(DTYPES)) if dtype is None else dtype
    kernel, stride = draw(pairs(1, 4)), draw(pairs(1, 4))
    dilation, output = draw(pairs(1, max_dilation)), draw(pairs(1, 4))
    size, padding = [], []
    for k, s, d, o in zip(kernel, stride, dilation, output, strict=True):
        before, after = draw(pairs(0, k // 2))
        padded = (o - 1) * s + d * (k - 1) + 1 + draw(st.integers(0, s - 1))
        size.append(max(d, padded - before - after))  # so large that every window sees a pixel
        padding.append((before, after))
    geometry = {
        "kernel_size": kernel,
        "stride": stride,
        "padding": tuple(padding),
        "dilation": dilation,
        "ceil_mode": draw(st.booleans()),
    }
    return Pooling(draw(arrays((2, 2, *size), dtype, whole=whole)), geometry)
