"""FFT: within its stated bound, in tiles that nobody notices, in bounded memory."""

import numpy as np
import pytest
import transforms
from hypothesis import given
from hypothesis import strategies as st
from laws import EPS, same_bits
from strategies import pairs

from minicnn.ops import conv_fft, conv_im2col
from minicnn.ops.tiles import fast_side
from minicnn.shapes import Window

ONE = (1, 1)


def correlate(x, weight, stride=ONE, dilation=ONE):
    return conv_fft.correlate(x, weight, stride, dilation)


def tiles_of(x, weight, stride=ONE, dilation=ONE):
    window = Window(weight.shape[2:], stride, 0, dilation)
    size = window.output_size(*x.shape[2:])
    return conv_fft.tiles_for(window, size, weight.shape[1], x.itemsize)


def within_bound(case):
    weight = case[1]
    bound = conv_fft.error_bound(weight.shape, tiles_of(*case))
    return transforms.within_bound(correlate(*case), *case, bound)


@pytest.fixture
def small_buffers(monkeypatch):
    """Make tiles small, so that small pictures have many."""
    conv_fft.tiles_for.cache_clear()
    monkeypatch.setattr(conv_fft, "BUFFER_BYTES", 1500)
    yield
    conv_fft.tiles_for.cache_clear()


@given(case=transforms.cases(kernels=pairs(1, 7), max_stride=3, max_dilation=3, max_output=9))
def test_within_its_bound(case):
    within_bound(case)


@pytest.mark.parametrize("seed", range(30))
def test_many_tiles_and_few_filters_at_a_time(small_buffers, seed):
    rng = np.random.default_rng(seed)
    groups, per_group = [(1, 1), (1, 3), (2, 2), (4, 1), (3, 2)][seed % 5]
    kernel, stride, dilation = (tuple(rng.integers(1, n, 2).tolist()) for n in (5, 4, 3))
    x = rng.standard_normal((2, groups * per_group, *rng.integers(40, 70, 2)))
    weight = rng.standard_normal((groups * rng.integers(1, 4), per_group, *kernel))
    case = x.astype(np.float32), weight.astype(np.float32), stride, dilation
    assert np.prod(tiles_of(*case).grid(transforms.output_size(*case))) > 1
    within_bound(case)
    same_bits(correlate(*case)[1:], correlate(case[0][1:], *case[1:]))


@given(case=transforms.cases(kernels=pairs(1, 9), max_stride=2, dtype=np.float64))
def test_every_digit_of_float64(case):
    """Far inside the bound, which has to hold for the worst case: a few roundings in practice."""
    x, weight, *_ = case
    error = np.abs(correlate(*case) - transforms.direct(*case))
    assert (error <= 8 * EPS[x.dtype] * transforms.scale(x, weight)).all()


@given(case=transforms.cases(kernels=pairs(1, 5), max_stride=2, max_dilation=2, max_output=9))
def test_same_bits_whatever_the_layout_and_the_batch(case):
    transforms.same_in_every_layout(conv_fft.correlate, *case)


def test_same_bits_at_sizes_where_blas_takes_blocks():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((3, 40, 37, 45)).astype(np.float32)
    weight = rng.standard_normal((30, 40, 7, 7)).astype(np.float32)
    transforms.same_in_every_layout(conv_fft.correlate, x, weight, ONE, ONE)


@given(
    case=transforms.cases(kernels=pairs(1, 5), max_stride=2, max_dilation=2, max_output=9),
    value=st.sampled_from([np.nan, np.inf, -np.inf]),
    where=st.tuples(st.floats(0, 0.99), st.floats(0, 0.99), st.floats(0, 0.99)),
)
def test_nan_and_infinity_reach_only_what_sees_them(case, value, where):
    x = case[0]
    c, i, j = (int(share * size) for share, size in zip(where, x.shape[1:], strict=True))
    transforms.spilled_nothing(conv_fft.correlate, *case, [(len(x) - 1, c, i, j, value)])


def test_what_overflows_on_the_way_only():
    x = np.full((1, 1, 9, 9), 3e38, np.float32)
    weight = np.zeros((1, 1, 3, 3), np.float32)
    weight[0, 0, 1, 1] = 1
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(correlate(x, weight), x[:, :, 1:-1, 1:-1])


def test_large_kernels_against_im2col():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((1, 3, 150, 131)).astype(np.float32)
    for kernel in [(31, 31), (1, 101), (64, 5)]:
        weight = rng.standard_normal((4, 3, *kernel)).astype(np.float32)
        wide = conv_im2col.correlate(x.astype(float), weight.astype(float), ONE, ONE)
        error = np.abs(correlate(x, weight) - wide) / transforms.scale(x, weight)
        assert error.max() <= conv_fft.error_bound(weight.shape, tiles_of(x, weight)) * EPS[x.dtype]
        assert np.abs(correlate(x, weight) - wide).max() <= 1e-5 * wide.std()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transforms_keep_the_dtype(dtype):
    """NumPy before 2.0 computed every transform in float64."""
    x = np.ones((2, 8, 8), dtype)
    spectrum = np.fft.rfft2(x)
    assert spectrum.dtype == np.result_type(dtype, np.complex64)
    assert np.fft.irfft2(spectrum, (8, 8)).dtype == dtype


@given(
    span=st.integers(1, 200),
    stride=st.integers(1, 5),
    size=st.integers(1, 3000),
    largest=st.integers(1, 600),
)
def test_a_tile_holds_its_outputs(span, stride, size, largest):
    outputs, pixels = fast_side(span, stride, size, max(largest, 2 * span))
    assert outputs >= 1
    assert (outputs - 1) * stride + span <= pixels
    assert 30**20 % pixels == 0  # a product of 2, 3 and 5


def test_a_small_picture_is_one_tile():
    x, weight = np.ones((1, 1, 256, 256), np.float32), np.ones((1, 1, 31, 31), np.float32)
    assert tiles_of(x, weight).pixels == (256, 256)


@pytest.mark.parametrize(
    ("x_shape", "weight_shape"),
    [
        ((1, 1, 1024, 1024), (8, 1, 31, 31)),
        ((1, 16, 1024, 1024), (4, 16, 9, 9)),
        ((1, 32, 512, 512), (32, 1, 15, 15)),
        ((1, 64, 17, 8000), (2, 64, 9, 9)),
        ((4, 64, 56, 56), (128, 64, 7, 7)),
    ],
)
def test_memory(x_shape, weight_shape):
    x, weight = np.ones(x_shape, np.float32), np.ones(weight_shape, np.float32)
    assert transforms.peak_beyond_output(conv_fft.correlate, x, weight) < 16
