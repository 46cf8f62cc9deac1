"""What the algorithms that transform tiles must all hold to: helpers that assert."""

import tracemalloc

import numpy as np
from hypothesis import strategies as st
from laws import EPS, Untouched, layouts, same_bits
from strategies import DTYPES, pairs

from minicnn.ops import conv_im2col, conv_naive
from minicnn.shapes import Window


@st.composite
def cases(draw, *, kernels, max_stride=1, max_dilation=1, max_output=14, dtype=None):
    """Draw (x, weight, stride, dilation), x padded already: the output first, then the input."""
    dtype = draw(st.sampled_from(DTYPES)) if dtype is None else dtype
    groups, per_group = draw(st.sampled_from([(1, 1), (1, 3), (2, 2), (3, 1), (4, 1)]))
    filters = groups * draw(st.integers(1, 3))
    kernel, output = draw(kernels), draw(pairs(1, max_output))
    stride, dilation = draw(pairs(1, max_stride)), draw(pairs(1, max_dilation))
    size = [
        (o - 1) * s + d * (k - 1) + 1 + draw(st.integers(0, s - 1))
        for k, s, d, o in zip(kernel, stride, dilation, output, strict=True)
    ]
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.standard_normal((draw(st.integers(1, 2)), groups * per_group, *size))
    if draw(st.booleans()):  # numbers of very different size, all of one sign
        x = np.abs(x) * 10.0 ** rng.integers(-4, 5, x.shape)
    weight = rng.standard_normal((filters, per_group, *kernel))
    return x.astype(dtype), weight.astype(dtype), stride, dilation


def direct(x, weight, stride, dilation):
    """Return the definition, in more digits than either dtype has."""
    if x.dtype == np.float32:
        return conv_im2col.correlate(x.astype(float), weight.astype(float), stride, dilation)
    wide = x.astype(np.longdouble), weight.astype(np.longdouble)
    return conv_naive.correlate(*wide, stride, dilation)


def scale(x, weight):
    """Return sum over c of max|x[n, c]| * sum|weight[o, c]|: (N, O, 1, 1)."""
    groups = x.shape[1] // weight.shape[1]
    largest = np.abs(x).max(axis=(2, 3), initial=0).reshape(len(x), groups, 1, -1).astype(float)
    sums = np.abs(weight).sum(axis=(2, 3), dtype=float).reshape(groups, -1, weight.shape[1])
    return (largest * sums).sum(axis=-1).reshape(len(x), -1, 1, 1)


def within_bound(y, x, weight, stride, dilation, bound):
    """Assert the stated error bound, value by value; return the worst error as a share of it."""
    assert y.dtype == x.dtype
    reference = direct(x, weight, stride, dilation)
    assert y.shape == reference.shape
    assert y.flags.c_contiguous
    allowed = bound * EPS[y.dtype] * scale(x, weight)
    error = np.abs(y - reference)
    assert (error <= allowed).all()
    return float((error / np.maximum(allowed, np.finfo(y.dtype).tiny)).max(initial=0))


def same_in_every_layout(correlate, x, weight, stride, dilation):
    """Assert that layout, batch and repetition change no bit, and nothing is written to."""
    with Untouched(x, weight):
        y = correlate(x, weight, stride, dilation)
    for name, other in layouts(x):
        if name != "big-endian":  # conv2d turns the bytes before an algorithm sees them
            same_bits(correlate(other, weight, stride, dilation), y)
    for n in range(len(x)):
        same_bits(correlate(x[n : n + 1], weight, stride, dilation), y[n : n + 1])
    many = np.concatenate([x[:1] * 3, x, x[:1]])
    same_bits(correlate(many, weight, stride, dilation)[1 : 1 + len(x)], y)
    assert correlate(x[:0], weight, stride, dilation).shape == (0, *y.shape[1:])


def spilled_nothing(correlate, x, weight, stride, dilation, spots):
    """Assert that odd values reach only the outputs that see them, as in the definition."""
    clean = correlate(x, weight, stride, dilation)
    dirty = x.copy()
    for n, c, i, j, value in spots:
        dirty[n, c, i, j] = value
    with np.errstate(all="ignore"):
        y = correlate(dirty, weight, stride, dilation)
        reference = conv_naive.correlate(dirty, weight, stride, dilation)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(reference))
    np.testing.assert_array_equal(np.isposinf(y), np.isposinf(reference))
    np.testing.assert_array_equal(np.isneginf(y), np.isneginf(reference))
    finite = np.isfinite(reference)
    allowed = 1e-4 if x.dtype == np.float32 else 1e-12
    assert np.abs(y - clean)[finite].max(initial=0) <= allowed * np.abs(clean).max()
    return int((~finite).sum())


def peak_beyond_output(correlate, x, weight):
    """Return the MiB that a call takes at most, beyond what it returns."""
    tracemalloc.start()
    try:
        y = correlate(x, weight, (1, 1), (1, 1))
        return (tracemalloc.get_traced_memory()[1] - y.nbytes) / 2**20
    finally:
        tracemalloc.stop()


def output_size(x, weight, stride, dilation):
    """Return the output's (rows, columns)."""
    return Window(weight.shape[2:], stride, 0, dilation).output_size(*x.shape[2:])
