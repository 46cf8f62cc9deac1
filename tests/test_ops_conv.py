"""The laws of convolution, over every algorithm that can do the case."""

import threading
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits, within_rounding
from strategies import arrays, convolutions, pictures

from minicnn.errors import (
    ConfigError,
    DTypeError,
    LimitError,
    MiniCNNError,
    ShapeError,
    UnsupportedError,
)
from minicnn.kernels import flip
from minicnn.ops import (
    ALGORITHMS,
    conv2d,
    conv2d_backward,
    conv2d_backward_params,
    conv_back_input,
    conv_back_weight,
    set_threads,
)
from minicnn.shapes import Window

FAST = [name for name in ALGORITHMS if name != "naive"]
EXACT = [name for name in FAST if name in ("im2col",)]
WHOLE = ["naive", *EXACT]  # the others transform: fractions come in, and must go again
seeds = st.integers(0, 2**32 - 1)
every_algorithm = pytest.mark.parametrize("algorithm", [*FAST, "auto"])


def run(case, algorithm="auto", x=None):
    """Convolve a drawn case; None where the algorithm cannot do it."""
    try:
        x = case.x if x is None else x
        return conv2d(x, case.weight, case.bias, **case.geometry, algorithm=algorithm)
    except UnsupportedError:
        return None


def whole(x, weight, bias, algorithm, **geometry):
    """Convolve whole numbers: the result is whole too, if need be after rounding in float64."""
    if algorithm in (*WHOLE, "auto"):  # "auto" takes im2col for such small pictures
        return conv2d(x, weight, bias, algorithm=algorithm, **geometry)
    y = conv2d(x.astype(np.float64), weight, bias, algorithm=algorithm, **geometry)
    assert np.abs(y - np.rint(y)).max(initial=0) < 1e-6
    return np.rint(y)


def reference(case):
    """The definition, in float64, and the same with every term made positive."""
    x, weight = case.x.astype(np.float64), case.weight.astype(np.float64)
    bias = None if case.bias is None else case.bias.astype(np.float64)
    y = conv2d(x, weight, bias, **case.geometry, algorithm="naive")
    size = None if bias is None else abs(bias)
    return y, conv2d(abs(x), abs(weight), size, **case.geometry, algorithm="naive")


# --- equal to the definition ---------------------------------------------------------------


@pytest.mark.parametrize("algorithm", EXACT)
@given(case=convolutions(dtype=np.float64, whole=True, named_padding=True))
def test_equals_the_definition_exactly_on_whole_numbers(algorithm, case):
    same_bits(run(case, algorithm) + 0.0, run(case, "naive") + 0.0)


@pytest.mark.parametrize("algorithm", EXACT)
@given(case=convolutions())
def test_equals_the_definition_within_rounding(algorithm, case):
    y, (expected, magnitude) = run(case, algorithm), reference(case)
    within_rounding(y, expected, magnitude, case.taps)


@given(case=convolutions(dtype=np.float32))
def test_auto_stays_within_its_stated_bound(case):
    y, (expected, magnitude) = run(case), reference(case)
    within_rounding(y, expected, magnitude, case.taps)


# --- memory, threads, numbers --------------------------------------------------------------


@every_algorithm
@given(case=convolutions())
def test_any_layout_gives_the_same_bits(algorithm, case):
    y = run(case, algorithm)
    for name, x in layouts(case.x):
        got = run(case, algorithm, x)
        assert (got is None) == (y is None), name
        if y is not None:
            same_bits(got, y)


@every_algorithm
@given(case=convolutions())
def test_any_layout_of_the_weight_gives_the_same_bits(algorithm, case):
    y = run(case, algorithm)
    for _, weight in layouts(case.weight):
        if y is not None:
            kwargs = {**case.geometry, "algorithm": algorithm}
            same_bits(conv2d(case.x, weight, case.bias, **kwargs), y)


@every_algorithm
@given(case=convolutions(max_batch=1), copies=st.integers(2, 40))
def test_a_pictures_bits_do_not_depend_on_its_batch(algorithm, case, copies):
    y = run(case, algorithm)
    if y is not None:
        others = np.random.default_rng(0).permuted(np.repeat(case.x, copies, axis=0))
        others[copies // 2] = case.x[0]
        same_bits(run(case, algorithm, others)[copies // 2 : copies // 2 + 1], y)


@pytest.mark.parametrize("algorithm", [*FAST, "auto"])
def test_bits_do_not_depend_on_the_batch_when_a_picture_takes_many_bands(algorithm):
    x = np.random.default_rng(0).standard_normal((3, 16, 97, 301)).astype(np.float32)
    weight = np.random.default_rng(1).standard_normal((5, 16, 3, 3)).astype(np.float32)
    together = conv2d(x, weight, algorithm=algorithm)
    for n in range(3):
        same_bits(conv2d(x[n : n + 1], weight, algorithm=algorithm), together[n : n + 1])


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
@given(case=convolutions(max_output=3))
def test_nothing_is_modified_and_nothing_is_shared(algorithm, case):
    with Untouched(case.x, case.weight, case.bias):
        y = run(case, algorithm)
        if y is not None:
            assert not any(np.shares_memory(y, a) for a in (case.x, case.weight))
            same_bits(run(case, algorithm), y)
            assert y.flags.c_contiguous
            assert y.flags.writeable


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
@pytest.mark.parametrize(
    ("given_dtype", "computed"),
    [
        (np.float64, np.float64),
        (np.float32, np.float32),
        (np.float16, np.float32),
        (np.uint8, np.float32),
        (np.int64, np.float32),
        (bool, np.float32),
    ],
)
def test_dtypes(algorithm, given_dtype, computed):
    x = np.ones((1, 1, 4, 5), given_dtype)
    y = conv2d(x, np.ones((2, 1, 3, 3)), np.ones(2), algorithm=algorithm)
    assert y.dtype == computed
    assert abs(y - 10).max() <= (0 if algorithm in WHOLE else 1e-4)


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_bytes_do_not_wrap(algorithm):
    x = np.full((1, 2, 4, 4), 200, np.uint8)
    weight = np.ones((1, 2, 3, 3), np.uint8)
    y = conv2d(x, weight, algorithm=algorithm)
    assert abs(y - 3600).max() <= (0 if algorithm in WHOLE else 0.1)


@every_algorithm
@given(case=convolutions(whole=True, max_groups=2, with_bias=False), seed=seeds)
def test_nan_reaches_what_sees_it_and_nothing_else(algorithm, case, seed):
    rng = np.random.default_rng(seed)
    x = case.x.copy()
    x[tuple(rng.integers(x.shape))] = rng.choice([np.nan, np.inf, -np.inf])
    got, expected = run(case, algorithm, x), run(case, "naive", x)
    if got is not None:
        assert (np.isfinite(got) == np.isfinite(expected)).all()
        assert (np.isnan(got) == np.isnan(expected)).all()


def test_a_zero_weight_times_nan_is_nan():
    x = np.full((1, 1, 3, 3), np.nan)
    assert np.isnan(conv2d(x, np.zeros((1, 1, 3, 3)))).all()


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, "auto"])
@pytest.mark.parametrize(("filters", "groups"), [(4, 1), (1, 1), (3, 3), (6, 3)])
def test_an_empty_batch_gives_an_empty_batch(algorithm, filters, groups):
    weight = np.zeros((filters, 3 // groups, 2, 2))
    kwargs = {"groups": groups, "algorithm": algorithm}
    y = conv2d(np.zeros((0, 3, 5, 6)), weight, np.zeros(filters), **kwargs)
    assert y.shape == (0, filters, 4, 5)


def test_sixteen_threads_get_the_same_bits():
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal((2, 8, 60, 70)), rng.standard_normal((16, 8, 3, 3))
    expected = conv2d(x, weight, padding=1)
    results = [None] * 16

    def work(i):
        results[i] = conv2d(x, weight, padding=1)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        same_bits(result, expected)


def test_im2col_needs_little_memory_beyond_its_output():
    x = np.zeros((1, 8, 512, 512), np.float32)
    weight = np.zeros((16, 8, 5, 5), np.float32)  # the whole matrix would be 200 MiB
    tracemalloc.start()
    try:
        y = conv2d(x, weight, algorithm="im2col")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - y.nbytes < 16 * 2**20


@pytest.mark.parametrize("number", [1, 2, 4, 8])
def test_im2col_needs_little_memory_in_any_number_of_threads(number):
    """Rows of outputs in bands of unequal size, each with much to see: buffers had to grow."""
    x, weight = np.zeros((4, 128, 100, 100), np.float32), np.zeros((2, 64, 11, 11), np.float32)
    set_threads(number)
    try:
        conv2d(x, weight, groups=2, algorithm="im2col")
        tracemalloc.start()
        y = conv2d(x, weight, groups=2, algorithm="im2col")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        set_threads(None)
    assert peak - y.nbytes - weight.nbytes < 16 * 2**20


# --- what a convolution is -----------------------------------------------------------------


@every_algorithm
@given(x=pictures(channels=1), seed=seeds)
def test_a_delta_kernel_is_a_shift(algorithm, x, seed):
    rng = np.random.default_rng(seed)
    kh, kw = rng.integers(1, x.shape[2:], endpoint=True)
    u, v = rng.integers((kh, kw))
    weight = np.zeros((1, 1, kh, kw))
    weight[0, 0, u, v] = 1
    oh, ow = x.shape[2] - kh + 1, x.shape[3] - kw + 1
    try:
        y = conv2d(x, weight, algorithm=algorithm)
    except UnsupportedError:
        return
    np.testing.assert_allclose(y, x[:, :, u : u + oh, v : v + ow], rtol=0, atol=1e-9)
    if algorithm in EXACT:
        same_bits(y + 0.0, x[:, :, u : u + oh, v : v + ow] + 0.0)


@every_algorithm
@given(case=convolutions(whole=True))
def test_a_stride_keeps_every_nth_value(algorithm, case):
    sh, sw = case.geometry["stride"]
    with suppress(UnsupportedError):
        dense = whole(case.x, case.weight, case.bias, algorithm, **case.having(stride=1))
        y = whole(case.x, case.weight, case.bias, algorithm, **case.geometry)
        assert (y == dense[:, :, ::sh, ::sw]).all()


@every_algorithm
@given(case=convolutions(whole=True))
def test_dilation_is_a_kernel_stuffed_with_zeros(algorithm, case):
    (dh, dw), (kh, kw) = case.geometry["dilation"], case.weight.shape[2:]
    shape = (*case.weight.shape[:2], dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    stuffed = np.zeros(shape, case.weight.dtype)
    stuffed[:, :, ::dh, ::dw] = case.weight
    with suppress(UnsupportedError):
        y = whole(case.x, stuffed, case.bias, algorithm, **case.having(dilation=1))
        assert (whole(case.x, case.weight, case.bias, algorithm, **case.geometry) == y).all()


@every_algorithm
@given(case=convolutions(whole=True))
def test_padding_is_np_pad(algorithm, case):
    padded = np.pad(case.x, ((0, 0), (0, 0), *case.geometry["padding"]))
    with suppress(UnsupportedError):
        y = whole(padded, case.weight, case.bias, algorithm, **case.having(padding=0))
        assert (whole(case.x, case.weight, case.bias, algorithm, **case.geometry) == y).all()


@every_algorithm
@given(case=convolutions(whole=True))
def test_groups_are_convolutions_side_by_side(algorithm, case):
    g = case.geometry["groups"]
    with suppress(UnsupportedError):
        parts = [
            whole(x, w, None, algorithm, **case.having(groups=1))
            for x, w in zip(np.split(case.x, g, 1), np.split(case.weight, g), strict=True)
        ]
        bias = 0 if case.bias is None else case.bias[:, None, None]
        y = whole(case.x, case.weight, case.bias, algorithm, **case.geometry)
        assert (y == np.concatenate(parts, axis=1) + bias).all()


@every_algorithm
@given(case=convolutions(whole=True))
def test_groups_are_a_block_diagonal_weight(algorithm, case):
    g = case.geometry["groups"]
    o, c = case.weight.shape[0] // g, case.weight.shape[1]
    blocks = np.zeros((o * g, c * g, *case.weight.shape[2:]), case.weight.dtype)
    for i in range(g):
        blocks[i * o : (i + 1) * o, i * c : (i + 1) * c] = case.weight[i * o : (i + 1) * o]
    with suppress(UnsupportedError):
        y = whole(case.x, blocks, case.bias, algorithm, **case.having(groups=1))
        assert (whole(case.x, case.weight, case.bias, algorithm, **case.geometry) == y).all()


@every_algorithm
@given(case=convolutions(whole=True, with_bias=False), seed=seeds)
def test_linear_in_the_picture_and_in_the_weight(algorithm, case, seed):
    rng = np.random.default_rng(seed)
    other_x = rng.integers(-8, 9, case.x.shape).astype(case.x.dtype)
    other_w = rng.integers(-8, 9, case.weight.shape).astype(case.weight.dtype)
    a, b = map(int, rng.integers(-4, 5, 2))

    def convolve(x, weight):
        return whole(x, weight, None, algorithm, **case.geometry)

    with suppress(UnsupportedError):
        y = convolve(case.x, case.weight)
        mixed = convolve(a * case.x + b * other_x, case.weight)
        assert (mixed == a * y + b * convolve(other_x, case.weight)).all()
        mixed = convolve(case.x, a * case.weight + b * other_w)
        assert (mixed == a * y + b * convolve(case.x, other_w)).all()


@every_algorithm
@given(case=convolutions(whole=True, max_stride=1), down=st.integers(0, 3), right=st.integers(0, 3))
def test_a_shifted_picture_gives_shifted_maps(algorithm, case, down, right):
    room = ((0, 0), (0, 0), (12, 12), (12, 12))
    big = np.pad(case.x, room)
    moved = np.roll(big, (down, right), (2, 3))
    with suppress(UnsupportedError):
        y, shifted = (
            whole(x, case.weight, case.bias, algorithm, **case.having(padding=0))
            for x in (big, moved)
        )
        assert (shifted == np.roll(y, (down, right), (2, 3))).all()


@every_algorithm
@given(case=convolutions(whole=True, max_groups=1), seed=st.integers(0, 99))
def test_channels_and_filters_may_be_permuted(algorithm, case, seed):
    rng = np.random.default_rng(seed)
    c, o = (rng.permutation(size) for size in (case.x.shape[1], case.weight.shape[0]))
    bias = None if case.bias is None else case.bias[o]
    with suppress(UnsupportedError):
        y = whole(case.x, case.weight, case.bias, algorithm, **case.geometry)
        permuted = whole(case.x[:, c], case.weight[o][:, c], bias, algorithm, **case.geometry)
        assert (permuted == y[:, o]).all()


@every_algorithm
@given(case=convolutions(whole=True))
def test_a_transposed_picture_and_kernel_give_transposed_maps(algorithm, case):
    turned = {
        key: value[::-1] if isinstance(value, tuple) else value
        for key, value in case.geometry.items()
    }
    x, weight = case.x.swapaxes(2, 3), case.weight.swapaxes(2, 3)
    with suppress(UnsupportedError):
        y = whole(case.x, case.weight, case.bias, algorithm, **case.geometry)
        assert (whole(x, weight, case.bias, algorithm, **turned) == y.swapaxes(2, 3)).all()


@every_algorithm
@given(x=pictures(channels=1, min_size=5, max_size=9, whole=True), seed=st.integers(0, 99))
def test_a_separable_kernel_is_a_column_then_a_row(algorithm, x, seed):
    rng = np.random.default_rng(seed)
    column, row = (rng.integers(-5, 6, n).astype(float) for n in (3, 4))
    both = whole(x, np.outer(column, row)[None, None], None, algorithm)
    first = whole(x, column[None, None, :, None], None, algorithm)
    assert (both == whole(first, row[None, None, None], None, algorithm)).all()


@every_algorithm
@given(x=pictures(channels=1, min_size=6, max_size=9, whole=True), seed=st.integers(0, 99))
def test_two_convolutions_are_one_with_the_kernels_convolved(algorithm, x, seed):
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(-5, 6, (1, 1, 3, 3)).astype(float) for _ in range(2))
    # Correlating twice is correlating once with the kernels truly convolved: the full overlap
    # of one with the other turned by 180 degrees.
    full = whole(first, flip(second[0, 0])[None, None], None, algorithm, padding=2)
    twice = whole(whole(x, first, None, algorithm), second, None, algorithm)
    assert (twice == whole(x, full, None, algorithm)).all()


# --- gradients -----------------------------------------------------------------------------


@given(case=convolutions(dtype=np.float64, whole=True, with_bias=False), data=st.data())
def test_the_way_back_is_the_adjoint(case, data):
    dy = data.draw(arrays(run(case).shape, np.float64, whole=True))
    with Untouched(dy, case.x, case.weight):
        dx, dweight, dbias = conv2d_backward(dy, case.x, case.weight, **case.geometry)
    inner = (dy * run(case)).sum()
    assert dx.shape == case.x.shape
    assert dweight.shape == case.weight.shape
    assert (dx * case.x).sum() == inner
    assert (dweight * case.weight).sum() == inner
    assert (dbias == dy.sum(axis=(0, 2, 3))).all()


@given(case=convolutions(dtype=np.float64, whole=True, with_bias=False), data=st.data())
def test_gradients_are_the_slopes(case, data):
    dy = data.draw(arrays(run(case).shape, np.float64, whole=True))
    dx, dweight, _ = conv2d_backward(dy, case.x, case.weight, **case.geometry)
    x, weight = case.x.copy(), case.weight.copy()
    i = tuple(data.draw(st.integers(0, n - 1)) for n in x.shape)
    j = tuple(data.draw(st.integers(0, n - 1)) for n in weight.shape)
    x[i] += 1  # linear: the difference quotient is exact
    weight[j] += 1
    up = (dy * (conv2d(x, case.weight, **case.geometry) - run(case))).sum()
    assert dx[i] == up
    up = (dy * (conv2d(case.x, weight, **case.geometry) - run(case))).sum()
    assert dweight[j] == up


def gradients_by_taps(dy, x, weight, window, groups):
    """The definition: what a tap saw times what came back; what came back times its weight."""
    (o, oh, ow), (kh, kw) = dy.shape[1:], window.kernel_size
    (top, bottom), (left, right) = window.padding
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    dx, dweight = np.zeros_like(x), np.zeros_like(weight)
    share, per_group = weight.shape[1], o // groups
    for f, c, u, v in np.ndindex(o, share, kh, kw):
        channel = f // per_group * share + c
        rows = u * window.dilation[0] + window.stride[0] * np.arange(oh)
        columns = v * window.dilation[1] + window.stride[1] * np.arange(ow)
        seen = (slice(None), channel, rows[:, None], columns)
        dweight[f, c, u, v] = (x[seen] * dy[:, f]).sum()
        dx[seen] += dy[:, f] * weight[f, c, u, v]
    return dx[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right], dweight


@pytest.mark.parametrize("numbers", [None, 1, 40, 300])
@given(case=convolutions(dtype=np.float64, whole=True, with_bias=False), data=st.data())
def test_the_way_back_is_its_definition_by_taps(numbers, case, data):
    dy = data.draw(arrays(run(case).shape, np.float64, whole=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv_back_input, "SAVED", data.draw(st.sampled_from([0, 5000])))
        patch.setattr(conv_back_weight, "LONG", data.draw(st.sampled_from([0, 4])))
        patch.setattr(conv_back_weight, "WIDE", data.draw(st.sampled_from([0, 28])))
        if numbers:  # so that even small pictures are cut into bands
            patch.setattr(conv_back_input, "SMALL", data.draw(st.sampled_from([1, 1 << 14])))
            patch.setattr(conv_back_weight, "PIXELS", data.draw(st.integers(1, numbers)))
            for module in (conv_back_input, conv_back_weight):
                patch.setattr(module, "NUMBERS", numbers)
                patch.setattr(module, "SPLIT", 1)
        dx, dweight, _ = conv2d_backward(dy, case.x, case.weight, **case.geometry)
    geometry = {key: value for key, value in case.geometry.items() if key != "groups"}
    window = Window.over(*case.x.shape[2:], case.weight.shape[2:], **geometry)
    expected = gradients_by_taps(dy, case.x, case.weight, window, case.geometry.get("groups", 1))
    assert (dx == expected[0]).all()
    assert (dweight == expected[1]).all()


@pytest.mark.parametrize(("small", "saved"), [(0, 0), (1 << 14, 0), (1 << 14, 1 << 60)])
@given(case=convolutions(dtype=np.float32, whole=False, with_bias=False), data=st.data())
def test_what_comes_back_to_a_picture_does_not_depend_on_its_batch(small, saved, case, data):
    weight, geometry = case.weight, case.geometry
    x = np.zeros((data.draw(st.integers(1, 35)), *case.x.shape[1:]), np.float32)
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    dy = rng.standard_normal(conv2d(x, weight, **geometry).shape).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv_back_input, "SMALL", small)
        patch.setattr(conv_back_input, "SAVED", saved)
        dx, *_ = conv2d_backward(dy, x, weight, **geometry)
        for n in (0, len(x) - 1):
            one, *_ = conv2d_backward(dy[n : n + 1], x[n : n + 1], weight, **geometry)
            same_bits(one, dx[n : n + 1])


@pytest.mark.parametrize("filters", [3, 16, 64, 300, 700])
@pytest.mark.parametrize(
    ("channels", "size", "kernel"), [(6, 7, 5), (3, 5, 3), (6, 14, 5), (1, 21, 2)]
)
def test_nor_do_the_tiles_that_a_product_is_cut_into(filters, channels, size, kernel):
    rng = np.random.default_rng(0)
    weight = rng.standard_normal((filters, channels, kernel, kernel))
    x = rng.standard_normal((18, channels, size, size)).astype(np.float32)
    dy = conv2d(x, weight)
    dx, *_ = conv2d_backward(dy, x, weight)
    for n in range(18):
        same_bits(conv2d_backward(dy[n : n + 1], x[n : n + 1], weight)[0], dx[n : n + 1])


def test_the_bias_of_many_small_pictures_is_summed_well():
    dy = np.random.default_rng(0).random((20_000, 4, 1, 1), np.float32)
    *_, dbias = conv2d_backward(dy, np.zeros_like(dy), np.zeros((4, 4, 1, 1), np.float32))
    exact = dy.sum(axis=(0, 2, 3), dtype=np.float64)
    assert (abs(dbias / exact - 1) < 4 * np.finfo(np.float32).eps).all()


@given(case=convolutions(dtype=np.float32, whole=False, with_bias=False), data=st.data())
def test_gradients_of_parameters_alone_are_the_same(case, data):
    dy = data.draw(arrays(run(case).shape, np.float32, whole=False))
    _, *expected = conv2d_backward(dy, case.x, case.weight, **case.geometry)
    for got, one in zip(
        conv2d_backward_params(dy, case.x, case.weight, **case.geometry), expected, strict=True
    ):
        same_bits(got, one)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("x_shape", "weight_shape", "groups"),
    [
        ((5, 16, 40, 41), (32, 16, 3, 3), 1),
        ((2, 64, 60, 61), (64, 1, 3, 3), 64),
        ((1, 3, 150, 151), (12, 3, 3, 3), 1),
        ((1, 24, 100, 101), (8, 24, 5, 3), 1),
    ],
)
def test_large_gradients_are_summed_in_parts_and_right(x_shape, weight_shape, groups, stride):
    rng = np.random.default_rng(0)
    x = rng.integers(-3, 4, x_shape).astype(float)
    weight = rng.integers(-3, 4, weight_shape).astype(float)
    geometry = {"stride": stride, "padding": 1, "groups": groups}
    dy = rng.integers(-3, 4, conv2d(x, weight, **geometry).shape).astype(float)
    dx, dweight, _ = conv2d_backward(dy, x, weight, **geometry)
    expected = gradients_by_taps(dy, x, weight, Window(weight_shape[2:], stride, 1), groups)
    assert np.abs(dx - expected[0]).max() <= 1e-9  # winograd and fft are not exact on integers
    assert (dweight == expected[1]).all()


@pytest.mark.parametrize(
    ("channels", "filters", "groups"), [(24, 24, 1), (3, 64, 1), (48, 48, 48), (64, 4, 1)]
)
@pytest.mark.parametrize("stride", [1, 2])
def test_the_way_back_takes_little_memory_besides_its_results(channels, filters, groups, stride):
    x = np.ones((1, channels, 256, 256), np.float32)  # all columns: at least 20 MiB
    weight = np.ones((filters, channels // groups, 5, 5), np.float32)
    dy = conv2d(x, weight, stride=stride, padding=2, groups=groups)
    tracemalloc.start()
    try:
        results = conv2d_backward(dy, x, weight, stride=stride, padding=2, groups=groups)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - sum(a.nbytes for a in results) < 16 * 2**20


@pytest.mark.parametrize("kernel_size", [(1, 1), (2, 1), (1, 3)])
def test_outputs_that_saw_but_padding_send_nothing_back(kernel_size):
    rng = np.random.default_rng(0)
    x, weight = rng.integers(-3, 4, (2, 2, 4, 5)) * 1.0, rng.integers(-3, 4, (3, 2, *kernel_size))
    window = Window(kernel_size, 1, ((3, 1), (0, 4)))
    dy = rng.integers(-3, 4, (2, 3, *window.output_size(4, 5))) * 1.0
    dx, dweight, _ = conv2d_backward(dy, x, weight, padding=window.padding)
    expected = gradients_by_taps(dy, x, weight, window, 1)
    assert (dx == expected[0]).all()
    assert (dweight == expected[1]).all()


@pytest.mark.parametrize("backward", [conv2d_backward, conv2d_backward_params])
def test_backward_refuses_another_shape(backward):
    with pytest.raises(
        ShapeError, match=r"(?s)dy does not have the output's shape.*\(1, 1, 3, 3\)"
    ):
        backward(np.ones((1, 1, 2, 2)), np.ones((1, 1, 5, 5)), np.ones((1, 1, 3, 3)))


# --- wrong calls ---------------------------------------------------------------------------

X, W = np.ones((1, 4, 9, 8), np.float32), np.ones((2, 4, 3, 3), np.float32)


@pytest.mark.parametrize(
    ("x", "weight", "kwargs", "error", "message"),
    [
        (
            "photo.jpg",
            W,
            {},
            DTypeError,
            r"got str 'photo.jpg'.\n  To read a picture: images.load\(path\)",
        ),
        ([[1]], W, {}, DTypeError, r"must be a NumPy array, got list"),
        (None, W, {}, DTypeError, r"must be a NumPy array, got NoneType"),
        (X.astype(complex), W, {}, DTypeError, "got dtype complex128"),
        (X.astype(object), W, {}, DTypeError, "got dtype object"),
        (X.astype(np.longdouble), W, {}, DTypeError, "up to 64 bits"),
        (X.astype("datetime64[s]"), W, {}, DTypeError, "datetime64"),
        (X.astype("U3"), W, {}, DTypeError, "real numbers"),
        (np.zeros((1, 4, 9, 8), [("a", "f4")]), W, {}, DTypeError, "real numbers"),
        (np.ma.masked_array(X), W, {}, DTypeError, "masked array"),
        (X[0, 0], W, {}, ShapeError, r"One grey picture\? Use x\[None, None\]"),
        (X[0], W, {}, ShapeError, r"One picture of 4 channels\? Use x\[None\]"),
        (np.ones((64, 48, 3)), W, {}, ShapeError, r"last axis is 3.*images.to_nchw"),
        (np.ones((1, 9, 8, 4)), W, {}, ShapeError, r"last axis is 4.*images.to_nchw\(x\)"),
        (np.ones((1, 5, 9, 8)), W, {}, ShapeError, r"5 channels, the kernels expect 4"),
        (X, W[:, :2], {}, ShapeError, r"(?s)expect 2.*\(1, 4, 9, 8\).*\(2, 2, 3, 3\)"),
        (X, W[0], {}, ShapeError, "weight has shape"),
        (X, W[:0], {}, ShapeError, "is empty"),
        (X, W, {"groups": 2}, ShapeError, r"expect 8"),
        (X, W, {"groups": 3}, ConfigError, "groups=3 does not divide the 2 filters"),
        (X, W, {"groups": 0}, ConfigError, "groups must be an integer of at least 1"),
        (X, W, {"stride": 0}, ConfigError, "stride must be an integer of at least 1"),
        (X, W, {"stride": 1.0}, ConfigError, "stride must be an integer"),
        (X, W, {"dilation": True}, ConfigError, "dilation must be an integer"),
        (X, W, {"padding": "mirror"}, ConfigError, "'same', 'valid' or numbers"),
        (X, W, {"dilation": 5}, ShapeError, r"(?s)conv2d: the window is larger.*9 x 8.*11 x 11"),
        (X, W, {"stride": np.array(2)}, ConfigError, "stride must be an integer"),
        (X, W, {"padding": 10**30}, ConfigError, "padding must be an integer of at most"),
        (X, W.astype(float) * 1e300, {}, DTypeError, r"weight has values that float32 cannot hold"),
        (np.ones((5, 64, 48, 3)), W[:, :1], {}, ShapeError, r"last axis is 3.*images.to_nchw"),
        (np.ones((1, 3, 9, 8)), W[:, :1], {}, ShapeError, r"(?s)from_kernels.*channels=1\)"),
        (X, W, {"bias": np.ones(3)}, ShapeError, "one value for each of the 2 filters"),
        (X, W, {"bias": [1, 2]}, DTypeError, "bias must be a NumPy array"),
        (X, W, {"algorithm": "magic"}, ConfigError, "algorithm must be one of 'auto', 'naive'"),
        (X, W, {"stride": 2, "strict": True}, ShapeError, "0 rows and 1 column of the 9 x 8"),
        (X, W, {"max_bytes": 100}, LimitError, r"2 maps of 7 x 6 float32 = 336 B.*100 B"),
    ],
)
def test_wrong_calls(x, weight, kwargs, error, message):
    with pytest.raises(error, match=message):
        conv2d(x, weight, **kwargs)


def test_the_limit_is_checked_before_anything_is_allocated():
    x = np.broadcast_to(np.float32(0), (1, 1, 40_000, 40_000))
    with pytest.raises(LimitError, match=r"64 maps of 39998 x 39998 float32 = 381.4 GiB"):
        conv2d(x, np.ones((64, 1, 3, 3)), max_bytes=2**31)


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 5),
    st.floats(),
    st.text(max_size=3),
    st.tuples(st.integers(-1, 3), st.integers(-1, 3)),
    st.just(X),
    st.just({}),
    st.just(object()),
)


@given(
    x=st.sampled_from([X, X[0], X.astype(complex), None]),
    kwargs=st.dictionaries(
        st.sampled_from(["stride", "padding", "dilation", "groups", "bias", "algorithm", "strict"]),
        junk,
    ),
)
def test_any_wrong_call_raises_our_errors_only(x, kwargs):
    with suppress(MiniCNNError):
        assert conv2d(x, W, **kwargs).ndim == 4
