"""Linear: the plain product within rounding, the same bits for a row wherever it stands."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits, within_rounding
from strategies import DTYPES, arrays, pictures

from minicnn import Linear
from minicnn.errors import ConfigError, DTypeError, LimitError, ShapeError
from minicnn.ops import flatten, linear, linear_backward, linear_backward_params, set_threads
from minicnn.ops.linear import ROWS


@st.composite
def products(draw, *, whole=False, dtype=None, max_rows=40):
    """Draw (x, weight, bias) of a linear layer."""
    dtype = draw(st.sampled_from(DTYPES)) if dtype is None else dtype
    features, outputs = draw(st.integers(1, 40)), draw(st.integers(1, 30))
    shapes = ((draw(st.integers(0, max_rows)), features), (outputs, features), (outputs,))
    return tuple(draw(arrays(shape, dtype, whole=whole)) for shape in shapes)


@given(products())
def test_it_is_the_product(case):
    x, weight, bias = case
    with Untouched(*case):
        y = linear(x, weight, bias)
    wide, heavy, added = (a.astype(np.float64) for a in case)
    expected = np.einsum("nf,of->no", wide, heavy) + added
    magnitude = abs(wide) @ abs(heavy).T + abs(added)
    within_rounding(y, expected, magnitude, x.shape[1])


@given(products(max_rows=70), st.data())
def test_a_row_has_the_same_bits_wherever_it_stands(case, data):
    x, weight, _ = case
    y = linear(x, weight)
    dx, _, _ = linear_backward(y, x, weight)
    order = data.draw(st.permutations(range(len(x))))
    same_bits(linear(x[order], weight), y[order])
    same_bits(linear_backward(y[order], x[order], weight)[0], dx[order])
    for n in order[:3]:
        same_bits(linear(x[n : n + 1], weight), y[n : n + 1])
        same_bits(linear_backward(y[n : n + 1], x[n : n + 1], weight)[0], dx[n : n + 1])


@given(products())
def test_gradients_of_parameters_alone_are_the_same(case):
    x, weight, _ = case
    y = linear(x, weight)
    _, *expected = linear_backward(y, x, weight)
    for got, one in zip(linear_backward_params(y, x, weight), expected, strict=True):
        same_bits(got, one)


def test_large_ones_too_in_any_number_of_threads():
    rng = np.random.default_rng(0)
    x, weight = (rng.standard_normal(s).astype("f4") for s in ((100, 1234), (300, 1234)))
    y = linear(x, weight)
    try:
        for threads in (1, 3):
            set_threads(threads)
            same_bits(linear(x, weight), y)
    finally:
        set_threads(None)
    for n in (0, 1, ROWS - 1, ROWS, 99):
        same_bits(linear(x[n : n + 1], weight), y[n : n + 1])


@given(products(dtype=np.float32, max_rows=5))
def test_layout_does_not_matter(case):
    x, weight, bias = case
    y = linear(x, weight, bias)
    for _, other in layouts(x[..., None, None]):
        same_bits(linear(other[..., 0, 0], weight, bias), y)
    same_bits(linear(x, np.asfortranarray(weight), bias), y)


@given(products(whole=True, dtype=np.float64))
def test_the_gradients_are_exact_for_whole_numbers(case):
    x, weight, _ = case
    y = linear(x, weight)
    dy = np.random.default_rng(0).integers(-5, 6, y.shape).astype(float)
    with Untouched(dy, *case):
        dx, dweight, dbias = linear_backward(dy, x, weight)
    assert (dx == dy @ weight).all()
    assert (dweight == dy.T @ x).all()
    assert (dbias == dy.sum(axis=0)).all()
    assert (dy * y).sum() == (dx * x).sum() == (dweight * weight).sum()


def test_each_row_of_any_axes():
    rng = np.random.default_rng(0)
    x, weight = rng.random((2, 3, 4, 5)), rng.random((6, 5))
    y = linear(x, weight)
    same_bits(y, linear(x.reshape(24, 5), weight).reshape(2, 3, 4, 6))
    assert linear(x[0, 0, 0], weight).shape == (6,)
    dx, dweight, dbias = linear_backward(y, x, weight)
    assert (dx.shape, dweight.shape, dbias.shape) == (x.shape, weight.shape, (6,))


def test_nan_stays_in_its_row():
    x = np.ones((20, 3))
    x[7, 1] = np.nan
    y = linear(x, np.full((4, 3), np.inf))
    assert np.isnan(y[7]).all()
    assert (np.delete(y, 7, axis=0) == np.inf).all()


@pytest.mark.parametrize(
    ("x", "weight", "bias", "error", "message"),
    [
        ((2, 4), (3, 5), None, ShapeError, r"the 5 features(.|\n)*Use Linear\(4, 3\)"),
        ((2, 16, 5, 5), (9, 400), None, ShapeError, r"Flatten\(\) in front: it makes \(N, 400\)\."),
        ((2, 16, 4, 5), (9, 400), None, ShapeError, r"\(N, 320\), for Linear\(320, 9\)"),
        ((), (3, 5), None, ShapeError, "the last axis"),
        ((2, 5), (3, 5, 1), None, ShapeError, r"weight must be \(O, F\)"),
        ((2, 0), (3, 0), None, ShapeError, r"weight must be \(O, F\)"),
        ((2, 5), (3, 5), (4,), ShapeError, "one value for each of the 3 outputs"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_fix(x, weight, bias, error, message):
    bias = None if bias is None else np.ones(bias)
    with pytest.raises(error, match=message):
        linear(np.ones(x), np.ones(weight), bias)


def test_other_wrong_calls():
    with pytest.raises(ShapeError, match=r"output's shape.\n.*\(2, 4\)\n.*\(2, 3\)"):
        linear_backward(np.ones((2, 4)), np.ones((2, 5)), np.ones((3, 5)))
    with pytest.raises(DTypeError, match="float32 cannot hold"):
        linear(np.ones((2, 1), np.float32), np.full((1, 1), 1e300))
    with pytest.raises(ConfigError, match="in_features must be an integer of at least 1"):
        Linear(0, 1)
    with pytest.raises(ConfigError, match="bias must be True or False"):
        Linear(1, 1, bias=None)
    with pytest.raises(LimitError, match="more than any machine has"):
        Linear(10**9, 10**9)


def test_the_first_weights_are_within_the_range_for_so_many_inputs():
    layer = Linear(400, 120, rng=3)
    assert 0.049 < abs(layer.weight).max() <= 0.05
    assert 0.04 < abs(layer.bias).max() <= 0.05
    same_bits(Linear(400, 120, rng=3).weight, layer.weight)
    assert layer.multiply_adds((64, 400)) == 64 * 400 * 120


# --- flatten ---------------------------------------------------------------------------------


@given(pictures())
def test_flat_is_channel_by_channel_row_by_row(x):
    with Untouched(x):
        y = flatten(x)
    same_bits(y, x.reshape(len(x), -1))
    for _, other in layouts(x):
        same_bits(flatten(other), y)
    assert not np.shares_memory(x, y)
    assert flatten(x, -2).shape == (*x.shape[:2], x.shape[2] * x.shape[3])
    assert flatten(x, 2, 2).shape == x.shape


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ((0,), ConfigError, "start_dim must not be 0: that is the batch"),
        ((1, 0), ConfigError, "end_dim must not be 0"),
        ((-4,), ShapeError, "axes -4 to -1 of an array of 4 axes"),
        ((3, 2), ShapeError, "axes 3 to 2 of an array"),
        ((1, 4), ShapeError, "cannot be made one"),
        ((1.0,), ConfigError, "start_dim must be an integer"),
    ],
)
def test_axes_that_cannot_be_flattened(args, error, message):
    with pytest.raises(error, match=message):
        flatten(np.ones((2, 3, 4, 5)), *args)
