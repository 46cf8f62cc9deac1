"""The transposed convolution: its definition, stroke by stroke, and a convolution's adjoint."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits
from strategies import arrays, pairs, pictures

from minicnn import ConvTranspose2D, Upsample
from minicnn.errors import ConfigError, LimitError, ShapeError
from minicnn.ops import (
    conv2d,
    conv_transpose2d,
    conv_transpose2d_backward,
    upsample2d,
    upsample2d_backward,
)


@st.composite
def paintings(draw, dtype=np.float64):
    """Draw (x, weight, bias, geometry) of a transposed convolution that leaves something."""
    groups = draw(st.integers(1, 3))
    channels, share = groups * draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kernel, stride, dilation, size = (draw(pairs(1, high)) for high in (4, 3, 3, 4))
    padding, output_padding = [], []
    for k, s, d, n in zip(kernel, stride, dilation, size, strict=True):
        extra = draw(st.integers(0, max(s, d) - 1))
        painted = (n - 1) * s + d * (k - 1) + 1 + extra
        before = draw(st.integers(0, min(3, painted - 1)))
        padding.append((before, draw(st.integers(0, min(3, painted - 1 - before)))))
        output_padding.append(extra)
    shapes = (2, channels, *size), (channels, share, *kernel), (groups * share,)
    geometry = {
        "stride": stride,
        "padding": tuple(padding),
        "output_padding": tuple(output_padding),
        "groups": groups,
        "dilation": dilation,
    }
    return *(draw(arrays(shape, dtype, whole=True)) for shape in shapes), geometry


def defined(x, weight, bias, geometry):
    """Paint stroke by stroke."""
    (sh, sw), (dh, dw), groups = geometry["stride"], geometry["dilation"], geometry["groups"]
    (top, bottom), (left, right) = geometry["padding"]
    batch, channels, height, width = x.shape
    _, share, kh, kw = weight.shape
    extra = geometry["output_padding"]
    rows = (height - 1) * sh + dh * (kh - 1) + 1 + extra[0]
    columns = (width - 1) * sw + dw * (kw - 1) + 1 + extra[1]
    canvas = np.zeros((batch, groups * share, rows, columns)) + bias[:, None, None]
    for c, i, j, o, u, v in np.ndindex(channels, height, width, share, kh, kw):
        first = c // (channels // groups) * share
        canvas[:, first + o, i * sh + u * dh, j * sw + v * dw] += x[:, c, i, j] * weight[c, o, u, v]
    return canvas[:, :, top : rows - bottom, left : columns - right]


@given(paintings())
def test_every_value_paints_a_kernel(case):
    *arguments, geometry = case
    with Untouched(*arguments):
        y = conv_transpose2d(*arguments, **geometry)
    assert (y == defined(*case)).all()
    assert y.flags.c_contiguous


@given(paintings(), st.data())
def test_it_is_the_adjoint_of_a_convolution(case, data):
    x, weight, _, geometry = case
    geometry = {**geometry, "output_padding": 0}
    try:
        y = conv_transpose2d(x, weight, **geometry)
    except ShapeError:  # all that was left was the output_padding
        return
    geometry.pop("output_padding")
    z = data.draw(arrays(y.shape, np.float64, whole=True))
    assert (y * z).sum() == (x * conv2d(z, weight, **geometry)).sum()


@given(paintings(), st.data())
def test_its_gradients_are_exact_for_whole_numbers(case, data):
    x, weight, _, geometry = case
    y = conv_transpose2d(x, weight, **geometry)
    dy = data.draw(arrays(y.shape, np.float64, whole=True))
    with Untouched(dy, x, weight):
        dx, dweight, dbias = conv_transpose2d_backward(dy, x, weight, **geometry)
    assert (dx.shape, dweight.shape) == (x.shape, weight.shape)
    assert (dy * y).sum() == (dx * x).sum() == (dweight * weight).sum()
    other_x, other_weight = (data.draw(arrays(a.shape, np.float64, whole=True)) for a in case[:2])
    assert (dx * other_x).sum() == (dy * conv_transpose2d(other_x, weight, **geometry)).sum()
    assert (dweight * other_weight).sum() == (
        dy * conv_transpose2d(x, other_weight, **geometry)
    ).sum()
    assert (dbias == dy.sum(axis=(0, 2, 3))).all()


@given(paintings(np.float32))
def test_layout_and_batch_do_not_matter(case):
    x, weight, bias, geometry = case
    x, weight = x * np.float32(0.1), weight * np.float32(0.3)
    y = conv_transpose2d(x, weight, bias, **geometry)
    for _, other in layouts(x):
        same_bits(conv_transpose2d(other, weight, bias, **geometry), y)
    for n in range(len(x)):
        same_bits(conv_transpose2d(x[n : n + 1], weight, bias, **geometry), y[n : n + 1])


def test_it_takes_back_a_convolutions_size():
    layer = ConvTranspose2D(3, 2, 4, stride=2, padding=1)
    assert layer.output_shape((1, 3, 7, 9)) == (1, 2, 14, 18)
    assert layer.multiply_adds((1, 3, 7, 9)) == 3 * 7 * 9 * 2 * 16


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: ConvTranspose2D(4, 6, 3, groups=3), ConfigError, "does not divide in_channels=4"),
        (lambda: ConvTranspose2D(6, 4, 3, groups=3), ConfigError, "does not divide out_channels=4"),
        (lambda: ConvTranspose2D(1, 1, 0), ConfigError, "kernel_size must be"),
        (lambda: ConvTranspose2D(1, 1, 3, padding=-1), ConfigError, "padding must be"),
        (lambda: ConvTranspose2D(1, 1, 3, output_padding=1), ConfigError, "less than the stride"),
        (lambda: ConvTranspose2D(10**9, 10**9, 3), LimitError, "more than any machine has"),
        (lambda: Upsample(0), ConfigError, "scale_factor must be an integer of at least 1"),
        (lambda: Upsample(1.5), ConfigError, "scale_factor must be an integer"),
        (lambda: Upsample(2, mode="bilinear"), ConfigError, "mode must be one of 'nearest'"),
    ],
)
def test_what_can_be_known_is_refused_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_what_does_not_fit_is_refused_with_the_fix():
    layer = ConvTranspose2D(3, 2, 3, padding=1)
    for attempt in (lambda s: layer(np.ones(s)), layer.output_shape):
        with pytest.raises(ShapeError, match=r"has 2 channels, the weight is for 3"):
            attempt((1, 2, 5, 5))
        with pytest.raises(ShapeError, match="cuts off everything"):
            ConvTranspose2D(3, 2, 2, padding=1).output_shape((1, 3, 1, 5))
        with pytest.raises(ShapeError, match="cuts off everything"):
            attempt((1, 3, 0, 5))
    with pytest.raises(ConfigError, match="groups=2 does not divide the 3 channels"):
        conv_transpose2d(np.ones((1, 3, 2, 2)), np.ones((3, 1, 2, 2)), groups=2)
    with pytest.raises(ShapeError, match="output's shape"):
        conv_transpose2d_backward(
            np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2))
        )
    with pytest.raises(ShapeError, match="each of the 1 maps"):
        conv_transpose2d(np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2)), np.ones(2))


# --- upsample --------------------------------------------------------------------------------


@given(pictures(whole=True), pairs(1, 4), st.data())
def test_every_pixel_is_a_block_and_its_gradient_the_blocks_sum(x, factors, data):
    with Untouched(x):
        y = upsample2d(x, factors)
    same_bits(y, x.repeat(factors[0], axis=2).repeat(factors[1], axis=3))
    dy = data.draw(arrays(y.shape, np.float64, whole=True))
    with Untouched(dy):
        dx = upsample2d_backward(dy, factors)
    assert dx.shape == x.shape
    assert (dy * y).sum() == (dx * x).sum()
    assert not np.shares_memory(dx, dy)


def test_upsampling_that_cannot_be():
    with pytest.raises(LimitError, match="more than any machine has"):
        upsample2d(np.ones((1, 1, 9, 9)), 10**8)
    with pytest.raises(ShapeError, match="not made of blocks of 2 x 3"):
        upsample2d_backward(np.ones((1, 1, 4, 4)), (2, 3))
