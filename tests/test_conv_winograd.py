"""Winograd: exact in fractions, within its stated bound in floats, in tiles that nobody notices."""

from fractions import Fraction

import numpy as np
import pytest
import transforms
from hypothesis import given
from hypothesis import strategies as st
from laws import EPS, same_bits
from strategies import pairs

from minicnn.ops import conv_im2col, conv_naive, conv_winograd
from minicnn.ops.cook_toom import POINTS, amplification, cook_toom, in_two_directions

ONE = (1, 1)
KERNELS = pairs(1, 5).map(lambda k: (3, 3) if k == ONE else k)
TILES = [(m, r) for r, m in conv_winograd.OUTPUTS.items()]


def correlate(x, weight, stride=ONE, dilation=ONE):
    return conv_winograd.correlate(x, weight, stride, dilation)


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


@pytest.mark.parametrize(("m", "r"), [*TILES, (1, 4), (4, 1), (1, 6), (6, 1), (5, 2), (2, 3)])
@given(seed=st.integers(0, 2**32 - 1))
def test_exact_in_fractions(m, r, seed):
    rng = np.random.default_rng(seed)
    kernel = [Fraction(int(v), 7) for v in rng.integers(-99, 99, r)]
    pixels = [Fraction(int(v), 11) for v in rng.integers(-99, 99, m + r - 1)]
    a, g, b = cook_toom(m, r)
    products = [u * v for u, v in zip(times(g, kernel), times(b, pixels), strict=True)]
    assert times(a, products) == [
        sum(pixels[i + j] * kernel[j] for j in range(r)) for i in range(m)
    ]


def test_the_published_matrices():
    """F(2, 3) of Lavin and Gray, up to the sign that a row of B may share with its row of G."""
    a, g, b = cook_toom(2, 3)
    for k, row in enumerate([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]]):
        assert b[k] in (row, [-v for v in row])
    assert a == [[1, 1, 1, 0], [0, 1, -1, 1]]
    assert g[1] == [Fraction(1, 2)] * 3


def test_amplification_is_what_it_says():
    """No kernel and pixels of size 1 make the numbers on the way larger, and some reach it."""
    for m, r in TILES:
        a, g, b = (np.abs(np.array(part, float)) for part in cook_toom(m, r))
        reached = max((a @ (g[:, j] * (b @ np.ones(m + r - 1)))).max() for j in range(r))
        assert reached == pytest.approx(amplification(m, r))
    assert amplification(4, 3) < 12.34  # 29.3 with the points 0, 1, -1, 2, -2


def test_points_are_apart():
    for size, points in POINTS.items():
        assert len(set(points)) == len(points) == size - 1


def test_cached_matrices_cannot_be_written():
    for matrix in in_two_directions((4, 4), (3, 3), "f"):
        assert not matrix.flags.writeable


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "can"),
    [
        ((3, 3), ONE, ONE, True),
        ((1, 3), ONE, ONE, True),
        ((5, 2), ONE, ONE, True),
        (ONE, ONE, ONE, False),
        ((6, 3), ONE, ONE, False),
        ((3, 3), (1, 2), ONE, False),
        ((3, 3), ONE, (2, 1), False),
    ],
)
def test_supports(kernel, stride, dilation, can):
    assert conv_winograd.supports(kernel, stride, dilation) is can


@given(case=transforms.cases(kernels=KERNELS))
def test_within_its_bound(case):
    weight = case[1]
    bound = conv_winograd.error_bound(weight.shape)
    transforms.within_bound(correlate(*case), *case, bound)


@given(case=transforms.cases(kernels=KERNELS, dtype=np.float64))
def test_every_digit_of_float64(case):
    """Far inside the bound, which has to hold for the worst case: a few roundings in practice."""
    x, weight, *_ = case
    error = np.abs(correlate(*case) - transforms.direct(*case))
    amplified = np.prod([amplification(conv_winograd.OUTPUTS[k], k) for k in weight.shape[2:]])
    assert (error <= 3 * amplified * EPS[x.dtype] * transforms.scale(x, weight)).all()


def test_as_accurate_as_direct_summation_usually_is():
    """64 channels of noise: an error of a hundred-thousandth of a typical output, in float32."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((1, 64, 30, 34)).astype(np.float32)
    for kernel in [(3, 3), (5, 5), (2, 2), (4, 4), (3, 5)]:
        weight = rng.standard_normal((32, 64, *kernel)).astype(np.float32)
        reference = transforms.direct(x, weight, ONE, ONE)
        assert np.abs(correlate(x, weight) - reference).max() <= 1e-5 * reference.std()


@given(case=transforms.cases(kernels=KERNELS, max_output=9))
def test_same_bits_whatever_the_layout_and_the_batch(case):
    transforms.same_in_every_layout(conv_winograd.correlate, *case)


def test_same_bits_at_sizes_where_blas_takes_blocks():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((3, 70, 37, 45)).astype(np.float32)
    weight = rng.standard_normal((50, 70, 3, 3)).astype(np.float32)
    transforms.same_in_every_layout(conv_winograd.correlate, x, weight, ONE, ONE)


@given(case=transforms.cases(kernels=KERNELS, max_output=20), room=st.integers(1, 40_000))
def test_blocks_of_any_size_agree(case, room):
    """The blocks decide bits at most, never values: also where they cut a row of tiles."""
    weight = case[1]
    before = conv_winograd.BUFFER_BYTES
    try:
        conv_winograd.BUFFER_BYTES = room
        y = correlate(*case)
    finally:
        conv_winograd.BUFFER_BYTES = before
    transforms.within_bound(y, *case, conv_winograd.error_bound(weight.shape))


@given(
    case=transforms.cases(kernels=KERNELS, max_output=9),
    value=st.sampled_from([np.nan, np.inf, -np.inf]),
    where=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99), st.floats(0, 0.99)),
)
def test_nan_and_infinity_reach_only_what_sees_them(case, value, where):
    x = case[0]
    c, i, j = (int(share * size) for share, size in zip(where, x.shape[1:], strict=True))
    spots = [(len(x) - 1, c, i, j, value)]
    assert transforms.spilled_nothing(conv_winograd.correlate, *case, spots) > 0


def test_a_nan_leaves_the_other_tiles_their_bits():
    rng = np.random.default_rng(3)
    x, weight = rng.standard_normal((2, 3, 18, 18)), rng.standard_normal((2, 3, 3, 3))
    clean = correlate(x, weight)
    x[0, 1, 0, 0] = np.nan
    y = correlate(x, weight)
    same_bits(y[1], clean[1])
    same_bits(y[0, :, 4:], clean[0, :, 4:])
    assert np.isnan(y).sum() == 2


def test_what_overflows_on_the_way_only():
    x = np.full((1, 1, 6, 6), 3e38, np.float32)
    weight = np.zeros((1, 1, 3, 3), np.float32)
    weight[0, 0, 1, 1] = 1
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(correlate(x, weight), x[:, :, 1:-1, 1:-1])


def test_nan_in_a_weight_is_nan_in_its_filter_alone():
    rng = np.random.default_rng(4)
    x, weight = rng.standard_normal((1, 2, 9, 9)), rng.standard_normal((3, 2, 3, 3))
    weight[1, 0, 2, 2] = np.nan
    y = correlate(x, weight)
    assert np.isnan(y[:, 1]).all()
    assert np.isfinite(y[:, ::2]).all()


def test_integers_come_out_whole():
    """F(2, 3) in one direction only has halves; F(3, 2) too: these are exact on integers."""
    rng = np.random.default_rng(5)
    x = rng.integers(-8, 9, (2, 3, 9, 11)).astype(float)
    weight = rng.integers(-8, 9, (4, 3, 2, 2)).astype(float)
    same_bits(correlate(x, weight) + 0.0, conv_naive.correlate(x, weight, ONE, ONE) + 0.0)


@pytest.mark.parametrize(
    ("x_shape", "weight_shape", "most"),
    [
        ((1, 1, 1024, 1024), (8, 1, 3, 3), 8),
        ((1, 16, 1024, 1024), (4, 16, 3, 3), 8),
        ((1, 8, 512, 512), (8, 1, 5, 5), 8),
        ((1, 64, 6, 20_000), (2, 64, 3, 3), 8),
        ((4, 64, 56, 56), (64, 64, 3, 3), 8),
    ],
)
def test_memory(x_shape, weight_shape, most):
    x, weight = np.ones(x_shape, np.float32), np.ones(weight_shape, np.float32)
    assert transforms.peak_beyond_output(conv_winograd.correlate, x, weight) < most


def test_large_layers_against_im2col():
    rng = np.random.default_rng(6)
    x = rng.standard_normal((1, 96, 58, 50)).astype(np.float32)
    weight = rng.standard_normal((128, 96, 3, 3)).astype(np.float32)
    wide = conv_im2col.correlate(x.astype(float), weight.astype(float), ONE, ONE)
    error = np.abs(correlate(x, weight) - wide) / transforms.scale(x, weight)
    assert error.max() <= conv_winograd.error_bound(weight.shape) * EPS[x.dtype]
