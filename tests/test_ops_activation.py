"""ReLU: value by value, NaN kept."""

import numpy as np
from hypothesis import given
from laws import Untouched, layouts, same_bits
from strategies import pictures

from minicnn.ops import relu
from minicnn.ops.activation import relu_backward


def test_values():
    x = np.array([-np.inf, -1.0, 0.0, 2.0, np.inf])
    assert relu(x).tolist() == [0, 0, 0, 2, np.inf]


def test_nan_stays_nan():
    assert np.isnan(relu(np.array([np.nan, 1.0]))).tolist() == [True, False]


@given(x=pictures())
def test_layout_and_memory(x):
    with Untouched(x):
        y = relu(x)
    assert (y == np.where(x > 0, x, 0)).all()
    assert not np.shares_memory(x, y)
    for _, other in layouts(x):
        same_bits(np.ascontiguousarray(relu(other)), y)


def test_bytes_are_computed_in_float32():
    assert relu(np.array([3, 0], np.uint8)).dtype == np.float32


@given(x=pictures())
def test_what_comes_back_goes_on_where_the_input_was_positive(x):
    assert (relu_backward(np.full_like(x, 7), x) == 7 * (x > 0)).all()
