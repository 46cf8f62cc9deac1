"""Pooling against its definition, window by window; its gradients; what is refused."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, same_bits, within_rounding
from strategies import DTYPES, arrays, pairs, pictures, poolings

from minicnn import MaxPool2D
from minicnn.errors import ConfigError, DTypeError, LimitError, ShapeError
from minicnn.ops import (
    adaptive_avg_pool2d,
    adaptive_avg_pool2d_backward,
    avg_pool2d,
    avg_pool2d_backward,
    max_pool2d,
    max_pool2d_backward,
    pool_winners,
)
from minicnn.ops.pool_adaptive import bins
from minicnn.shapes import Window


def seen_by(window, height, width):
    """Yield (i, j, taps): of each stop the pixels under the kernel, in the order of reading."""
    (sh, sw), (dh, dw), (kh, kw) = window.stride, window.dilation, window.kernel_size
    top, left = window.padding[0][0], window.padding[1][0]
    for i, j in np.ndindex(*window.output_size(height, width)):
        places = [(i * sh - top + u * dh, j * sw - left + v * dw) for u, v in np.ndindex(kh, kw)]
        yield i, j, [(r, c) for r, c in places if 0 <= r < height and 0 <= c < width]


def window_of(geometry):
    return Window(**geometry)


@given(poolings(dtype=np.float64))
def test_the_largest_of_each_window(case):
    y = max_pool2d(case.x, **case.geometry)
    for i, j, taps in seen_by(window_of(case.geometry), *case.x.shape[2:]):
        rows, columns = zip(*taps, strict=True)
        assert (y[:, :, i, j] == case.x[:, :, rows, columns].max(axis=2)).all()


@given(poolings(dtype=np.float32), st.integers(0, 99))
def test_who_learns_sees_the_same_largest_values(case, seed):
    """To the bit, though 0 and -0 are equal, and whatever way is taken."""
    x = np.random.default_rng(seed).choice([0.0, -0.0, np.nan], case.x.shape, p=[0.45, 0.45, 0.1])
    layer = MaxPool2D(**case.geometry)
    y, backward = layer.vjp(x)
    same_bits(y, layer(x))
    dx, _ = backward(np.ones_like(y))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool_winners, "FEW", 0)
        y, backward = layer.vjp(x)
        same_bits(y, layer(x))
        same_bits(backward(np.ones_like(y))[0], dx)


@given(poolings(max_dilation=1), st.booleans())
def test_the_mean_of_each_window(case, count_include_pad):
    geometry = {**case.geometry}
    window = window_of(geometry)
    geometry.pop("dilation")
    y = avg_pool2d(case.x, **geometry, count_include_pad=count_include_pad)
    (top, bottom), (left, right) = window.padding
    height, width = case.x.shape[2:]
    for i, j, taps in seen_by(window, height, width):
        rows, columns = zip(*taps, strict=True)
        number = len(taps)
        if count_include_pad:  # what lies on the picture or its padding, not what hangs over
            first = i * window.stride[0] - top, j * window.stride[1] - left
            number = min(window.kernel_size[0], height + bottom - first[0])
            number *= min(window.kernel_size[1], width + right - first[1])
        values = case.x[:, :, rows, columns].astype(np.float64)
        within_rounding(
            y[:, :, i, j], values.sum(axis=2) / number, abs(values).sum(axis=2) / number, len(taps)
        )


@given(poolings(), st.data())
def test_a_gradient_goes_to_the_winner_of_each_window(case, data):
    x = case.x // 4  # many that are equally large
    lost = data.draw(st.sampled_from([0.0, 0.2, 0.7]))
    odd = data.draw(st.sampled_from([np.nan, np.inf, -np.inf]))
    x[np.random.default_rng(data.draw(st.integers(0, 99))).random(x.shape) < lost] = odd
    y = max_pool2d(x, **case.geometry)
    dy = data.draw(arrays(y.shape, x.dtype, whole=True))
    expected = np.zeros_like(x)
    for i, j, taps in seen_by(window_of(case.geometry), *x.shape[2:]):
        for n, c in np.ndindex(x.shape[:2]):
            values = [x[n, c, row, column] for row, column in taps]
            nans = [k for k, value in enumerate(values) if np.isnan(value)]
            won = nans[-1] if nans else values.index(max(values))
            expected[n, c, *taps[won]] += dy[n, c, i, j]
    with Untouched(x, dy):
        dx = max_pool2d_backward(dy, x, **case.geometry)
    same_bits(dx + 0.0, expected + 0.0)
    assert dx.flags.c_contiguous


@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_an_infinite_gradient_stays_where_it_belongs(odd):
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    dy = np.array([[[[1.0, odd], [2.0, 3.0]]]])
    dx = max_pool2d_backward(dy, x, 2)
    np.testing.assert_array_equal(dx[0, 0, 1::2, 1::2], dy[0, 0])
    assert not dx[0, 0, ::2].any()


@given(poolings(dtype=np.float64, max_dilation=1), st.booleans(), st.data())
def test_the_way_back_of_the_mean_is_its_adjoint(case, count_include_pad, data):
    geometry = {**case.geometry, "count_include_pad": count_include_pad}
    geometry.pop("dilation")
    y = avg_pool2d(case.x, **geometry)
    dy = data.draw(arrays(y.shape, np.float64, whole=True))
    with Untouched(dy):
        dx = avg_pool2d_backward(dy, case.x.shape, **geometry)
    assert dx.shape == case.x.shape
    assert abs((dx * case.x).sum() - (dy * y).sum()) <= 1e-12 * (1 + abs(dy * y).sum())


def test_a_window_on_padding_alone_is_refused_and_no_other():
    refused = 0
    for n, k, s, d in np.ndindex(4, 4, 3, 5):
        n, k, s, d = n + 1, k + 1, s + 1, d + 1
        for before, after, ceil_mode in np.ndindex(k // 2 + 1, k // 2 + 1, 2):
            geometry = {"kernel_size": (k, 1), "stride": (s, 1), "dilation": (d, 1)}
            geometry |= {"padding": ((before, after), (0, 0)), "ceil_mode": bool(ceil_mode)}
            window, x = window_of(geometry), np.ones((1, 1, n, 1))
            if not window.fits(n, 1):
                with pytest.raises(ShapeError, match=r"max_pool2d: the window is larger"):
                    max_pool2d(x, **geometry)
            elif all(taps for _, _, taps in seen_by(window, n, 1)):
                assert (max_pool2d(x, **geometry) == 1).all()
            else:
                refused += 1
                with pytest.raises(ShapeError, match="lies on padding with all its taps"):
                    max_pool2d(x, **geometry)
    assert refused > 9


def test_the_shape_is_known_without_looking_at_every_stop():
    from minicnn import MaxPool2D

    far = 2**31 - 1
    assert MaxPool2D(3, 2, 1).output_shape((1, 1, far, far)) == (1, 1, 2**30, 2**30)


@pytest.mark.parametrize("backward", [max_pool2d_backward, avg_pool2d_backward])
def test_a_gradient_of_another_shape_is_refused(backward):
    x = np.ones((1, 1, 4, 4))
    of = x if backward is max_pool2d_backward else x.shape
    with pytest.raises(ShapeError, match=r"output's shape.\n.*\(1, 1, 4, 2\)\n.*\(1, 1, 2, 2\)"):
        backward(np.ones((1, 1, 4, 2)), of, 2)


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        ((0,), {}, ConfigError, "kernel_size must be an integer of at least 1"),
        ((2, 0), {}, ConfigError, "stride must be"),
        ((2, 2, 2), {}, ConfigError, "at most half of its kernel_size, 1 rows of 2, got 2"),
        ((3, 1, 2), {}, ConfigError, "1 rows of 3, got 2"),
        ((2, 2, (0, 1, 0, 2)), {}, ConfigError, r"1 columns of 2, got 2.\n  Put a Pad in front"),
        ((2,), {"ceil_mode": 1}, ConfigError, "ceil_mode must be True or False"),
        ((9,), {}, ShapeError, r"_pool2d: the window is larger than the picture"),
    ],
)
@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
def test_wrong_calls(pool, args, kwargs, error, message):
    with pytest.raises(error, match=message):
        pool(np.ones((1, 1, 3, 4)), *args, **kwargs)


def test_wrong_pictures():
    with pytest.raises(ShapeError, match="max_pool2d expects four axes"):
        max_pool2d(np.ones((3, 4)), 2)
    with pytest.raises(DTypeError, match="complex"):
        avg_pool2d(np.ones((1, 1, 3, 4), complex), 2)
    with pytest.raises(ConfigError, match="count_include_pad must be True or False"):
        avg_pool2d(np.ones((1, 1, 3, 4)), 2, count_include_pad=0)
    with pytest.raises(LimitError, match="more than any machine has"):
        adaptive_avg_pool2d(np.ones((1, 1, 3, 4)), 10**9)


# --- adaptive --------------------------------------------------------------------------------


@given(st.integers(1, 30), st.integers(1, 30))
def test_parts_cover_the_axis_in_order_and_are_nearly_equal(size, parts):
    found = bins(size, parts)
    assert len(found) == parts
    assert found[0][0] == 0
    assert found[-1][1] == size
    widths = [end - start for start, end in found]
    assert min(widths) >= 1
    assert max(widths) - min(widths) <= 1 + (size % parts != 0)
    for (_, end), (start, _) in pairwise(found):
        assert 0 <= end - start <= 1  # side by side, or one pixel shared
    if size % parts == 0:
        assert set(widths) == {size // parts}


@given(st.data(), st.sampled_from(DTYPES))
def test_the_mean_of_each_part(data, dtype):
    x = data.draw(pictures(dtype=dtype, min_size=1, max_size=9))
    rows, columns = data.draw(pairs(1, 6))
    y = adaptive_avg_pool2d(x, (rows, columns))
    for i, (top, bottom) in enumerate(bins(x.shape[2], rows)):
        for j, (left, right) in enumerate(bins(x.shape[3], columns)):
            part = x[:, :, top:bottom, left:right].astype(np.float64)
            size = part[0, 0].size
            magnitude = abs(part).sum(axis=(2, 3)) / size
            within_rounding(y[:, :, i, j], part.mean(axis=(2, 3)), magnitude, size)


@given(st.data())
def test_the_way_back_of_the_parts_is_their_adjoint(data):
    x = data.draw(pictures(whole=True))
    y = adaptive_avg_pool2d(x, data.draw(pairs(1, 8)))
    dy = data.draw(arrays(y.shape, np.float64, whole=True))
    dx = adaptive_avg_pool2d_backward(dy, x.shape)
    assert abs((dx * x).sum() - (dy * y).sum()) <= 1e-12 * (1 + abs(dy * y).sum())


def test_as_many_as_come_in():
    x = np.random.default_rng(0).random((2, 3, 4, 5))
    same_bits(adaptive_avg_pool2d(x, (None, None)), x)
    assert adaptive_avg_pool2d(x, (None, 2)).shape == (2, 3, 4, 2)


@pytest.mark.parametrize("value", [0, (1, 2, 3), (0, 1), "2", 1.5, True])
def test_sizes_that_cannot_be(value):
    with pytest.raises(ConfigError, match="output_size must be an integer of at least 1"):
        adaptive_avg_pool2d(np.ones((1, 1, 3, 4)), value)


def test_nothing_has_no_mean():
    with pytest.raises(ShapeError, match="nothing to average"):
        adaptive_avg_pool2d(np.ones((1, 1, 0, 4)), 1)
    with pytest.raises(ShapeError, match="does not belong to a picture"):
        adaptive_avg_pool2d_backward(np.ones((1, 2, 1, 1)), (1, 1, 3, 3))
    with pytest.raises(ShapeError, match=r"input_shape must be \(N, C, H, W\)"):
        adaptive_avg_pool2d_backward(np.ones((1, 2, 1, 1)), (1, 1))
