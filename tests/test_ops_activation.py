"""Activations: their values at every extreme, NaN kept, gradients that stay where they belong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits
from strategies import DTYPES, arrays, pictures

from minicnn.errors import ConfigError, ShapeError
from minicnn.ops import leaky_relu, prelu, relu, sigmoid, softmax, softmax_backward, tanh
from minicnn.ops.activation import (
    ZEROS,
    leaky_relu_backward,
    prelu_backward,
    relu_backward,
    sigmoid_backward,
    tanh_backward,
)

EXTREMES = np.array([-np.inf, -1e300, -1000.0, -1.0, -0.0, 0.0, 2.0, 1000.0, 1e300, np.inf, np.nan])
POINTWISE = {
    "relu": (relu, relu_backward),
    "leaky_relu": (leaky_relu, leaky_relu_backward),
    "sigmoid": (sigmoid, sigmoid_backward),
    "tanh": (tanh, tanh_backward),
}
every_function = pytest.mark.parametrize("name", POINTWISE)


def test_values():
    x = np.array([-np.inf, -1.0, 0.0, 2.0, np.inf])
    assert relu(x).tolist() == [0, 0, 0, 2, np.inf]
    assert leaky_relu(x, 0.5).tolist() == [-np.inf, -0.5, 0, 2, np.inf]
    assert prelu(x, np.array([0.25])).tolist() == [-np.inf, -0.25, 0, 2, np.inf]
    assert sigmoid(x)[[0, 2, 4]].tolist() == [0, 0.5, 1]
    assert tanh(x)[[0, 2, 4]].tolist() == [-1, 0, 1]


@every_function
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_extreme_warns_and_nan_stays_nan(name, dtype):
    forward, backward = POINTWISE[name]
    with np.errstate(over="ignore"):
        x = EXTREMES.astype(dtype)
    with np.errstate(all="raise"):
        y = forward(x)
        dx = backward(np.ones_like(x), x)
    assert np.isnan(y).tolist() == np.isnan(x).tolist()
    assert y.dtype == dx.dtype == dtype
    assert (y[1:-1] >= y[:-2]).all()
    assert np.isfinite(dx[:-1]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [0, 1, ZEROS - 1, ZEROS, ZEROS + 1, 2 * ZEROS + 3])
def test_relu_of_any_size_is_numpys_maximum(size, dtype):
    with np.errstate(over="ignore"):
        x = np.resize(EXTREMES.astype(dtype), size)
    same_bits(relu(x), np.maximum(x, 0))
    same_bits(relu(x.reshape(1, -1)[:, ::-1]), np.maximum(x, 0)[None, ::-1])


@every_function
@given(x=pictures())
def test_layout_and_memory(name, x):
    forward, backward = POINTWISE[name]
    with Untouched(x):
        y, dx = forward(x), backward(x, x)
    assert not np.shares_memory(x, y)
    assert not np.shares_memory(x, dx)
    for _, other in layouts(x):
        same_bits(np.ascontiguousarray(forward(other)), y)
        same_bits(np.ascontiguousarray(backward(other, other)), dx)


@every_function
def test_bytes_are_computed_in_float32(name):
    assert POINTWISE[name][0](np.array([3, 0], np.uint8)).dtype == np.float32


@every_function
def test_a_gradient_of_another_shape_is_refused(name):
    with pytest.raises(ShapeError, match=r"(?s)dy does not have.*dy +\(2,\).*output +\(3,\)"):
        POINTWISE[name][1](np.ones(2), np.ones(3))


@given(x=pictures())
def test_what_comes_back_goes_on_where_the_input_was_positive(x):
    assert (relu_backward(np.full_like(x, 7), x) == 7 * (x > 0)).all()
    assert (leaky_relu_backward(np.full_like(x, 8), x, 0.5) == np.where(x > 0, 8, 4)).all()


@pytest.mark.parametrize("odd", [np.inf, np.nan])
def test_what_is_cut_off_is_cut_off_whatever_it_is(odd):
    x = np.array([-1.0, 0.0, 1.0])
    np.testing.assert_array_equal(relu_backward(np.full(3, odd), x), [0, 0, odd])


@given(pictures(channels=2), arrays((2,), np.float64, whole=False), st.data())
def test_slopes_that_are_learnt(x, weight, data):
    dy = data.draw(arrays(x.shape, np.float64, whole=False))
    by_channel = weight[:, None, None]
    with Untouched(x, weight, dy):
        y = prelu(x, weight)
        dx, dweight = prelu_backward(dy, x, weight)
    same_bits(y, np.where(x > 0, x, by_channel * x))
    same_bits(dx, np.where(x > 0, dy, by_channel * dy))
    cut = np.where(x > 0, 0, x * dy)
    room = 1e-13 * abs(cut).sum()
    np.testing.assert_allclose(dweight, cut.sum(axis=(0, 2, 3)), rtol=0, atol=room)
    one = prelu_backward(dy, x, weight[:1])[1]
    np.testing.assert_allclose(one, [cut.sum()], rtol=0, atol=room)


@given(arrays((2, 5), np.float64, whole=False))
def test_sigmoid_is_symmetric_and_its_slope_is_tanhs(x):
    np.testing.assert_allclose(sigmoid(x) + sigmoid(-x), 1, rtol=1e-15)
    np.testing.assert_allclose(2 * sigmoid(2 * x) - 1, tanh(x), atol=4e-16)


def test_sigmoid_is_exact_where_it_is_small():
    assert sigmoid(np.array([-700.0])).item() == pytest.approx(np.exp(-700.0), rel=1e-15)


@pytest.mark.parametrize("slope", [True, "0.1", None, np.nan, np.inf, 1e300])
def test_slopes_that_cannot_be(slope):
    with pytest.raises(ConfigError, match="negative_slope must be a number"):
        leaky_relu(np.ones(2), slope)


def test_slopes_for_other_channels():
    with pytest.raises(ShapeError, match=r"2 slopes for 3 channels(.|\n)*Use PReLU\(3\)"):
        prelu(np.ones((1, 3, 2, 2)), np.ones(2))
    with pytest.raises(ShapeError, match=r"weight must be \(C,\) or \(1,\)"):
        prelu(np.ones((1, 3, 2, 2)), np.ones((3, 1)))


# --- softmax ---------------------------------------------------------------------------------


@given(pictures(), st.sampled_from([1, 2, 3, -1, -3]))
def test_shares_add_up_to_one(x, dim):
    with Untouched(x):
        y = softmax(x, dim)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(axis=dim), 1, rtol=1e-14)
    for _, other in layouts(x):
        same_bits(softmax(other, dim), y)


@given(arrays((3, 4), np.float64, whole=True), st.integers(-1000, 1000))
def test_only_distances_count(x, shift):
    same_bits(softmax(x), softmax(x + shift))
    powers = np.exp(x)
    np.testing.assert_allclose(softmax(x), powers / powers.sum(axis=1, keepdims=True), rtol=1e-14)


@given(arrays((3, 4), np.float64, whole=True), arrays((3, 4), np.float64, whole=True))
def test_a_gradient_of_shares_adds_up_to_nothing(x, dy):
    dx = softmax_backward(dy, x)
    assert abs(dx.sum(axis=1)).max() <= 1e-14 * (1 + abs(dy).max())
    assert not softmax_backward(np.full_like(x, 3), x).round(14).any()


def test_shares_at_the_extremes():
    inf = np.inf
    with np.errstate(all="raise"):
        assert softmax(np.array([[1e300, -1e300]])).tolist() == [[1, 0]]
        assert softmax(np.array([[0.0, -inf]])).tolist() == [[1, 0]]
        for row in ([np.nan, 1.0], [inf, 1.0], [-inf, -inf]):
            assert np.isnan(softmax(np.array([row]))).any()


@pytest.mark.parametrize(("dim", "error"), [(2, ShapeError), (-3, ShapeError), (0.5, ConfigError)])
def test_an_axis_that_is_not_there(dim, error):
    with pytest.raises(error, match="dim"):
        softmax(np.ones((2, 3)), dim)
