"""Padding: np.pad to the bit, and its adjoint."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits
from strategies import DTYPES, arrays, pictures

from minicnn.errors import ConfigError, DTypeError, LimitError, ShapeError
from minicnn.ops import pad2d, pad2d_backward
from minicnn.ops.pad import MODES, source_index

NUMPY = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
every_mode = pytest.mark.parametrize("mode", MODES)


@st.composite
def padded(draw, mode, whole=False):
    x = draw(pictures(dtype=draw(st.sampled_from(DTYPES)), whole=whole))
    most = {"reflect": lambda n: n - 1, "circular": lambda n: n}.get(mode, lambda n: 4)
    around = tuple(
        (draw(st.integers(0, min(4, most(n)))), draw(st.integers(0, min(4, most(n)))))
        for n in x.shape[2:]
    )
    return x, around


@every_mode
@given(data=st.data())
def test_it_is_np_pad_to_the_bit(mode, data):
    x, around = data.draw(padded(mode))
    with Untouched(x):
        y = pad2d(x, around, mode=mode)
    same_bits(y, np.pad(x, ((0, 0), (0, 0), *around), mode=NUMPY[mode]))
    assert not np.shares_memory(x, y)
    for _, other in layouts(x):
        same_bits(pad2d(other, around, mode=mode), y)


@given(data=st.data(), value=st.floats(-9, 9, width=32))
def test_any_constant(data, value):
    x, around = data.draw(padded("zeros"))
    expected = np.pad(x, ((0, 0), (0, 0), *around), constant_values=value)
    same_bits(pad2d(x, around, value=value), expected)


@every_mode
@given(data=st.data())
def test_source_index_says_where_each_value_came_from(mode, data):
    x, ((top, bottom), (left, right)) = data.draw(padded(mode))
    rows = source_index(x.shape[2], (top, bottom), mode)
    columns = source_index(x.shape[3], (left, right), mode)
    y = pad2d(x, ((top, bottom), (left, right)), mode=mode)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            expected = 0 if -1 in (row, column) else x[:, :, row, column]
            assert (y[:, :, i, j] == expected).all()


@every_mode
@given(data=st.data())
def test_the_way_back_is_the_adjoint(mode, data):
    x, around = data.draw(padded(mode, whole=True))
    y = pad2d(x, around, mode=mode)
    dy = data.draw(arrays(y.shape, x.dtype, whole=True))
    with Untouched(dy):
        dx = pad2d_backward(dy, around, mode=mode)
    assert dx.shape == x.shape
    assert dx.flags.c_contiguous
    assert not np.shares_memory(dx, dy)
    assert (dx * x).sum() == (dy * y).sum()


def test_drawn_in_the_docstring():
    x = np.array([[[[1.0, 2, 3, 4]]]])
    rows = {mode: pad2d(x, (0, 2), mode=mode).ravel().astype(int).tolist() for mode in MODES}
    assert rows == {
        "zeros": [0, 0, 1, 2, 3, 4, 0, 0],
        "reflect": [3, 2, 1, 2, 3, 4, 3, 2],
        "replicate": [1, 1, 1, 2, 3, 4, 4, 4],
        "circular": [3, 4, 1, 2, 3, 4, 1, 2],
    }


def test_circular_wraps_each_axis_onto_itself():
    x = np.arange(6.0).reshape(1, 1, 2, 3)
    y = pad2d(x, ((1, 0), (0, 1)), mode="circular")[0, 0]
    assert y.tolist() == [[3, 4, 5, 3], [0, 1, 2, 0], [3, 4, 5, 3]]


def test_nan_is_copied_like_any_value():
    x = np.array([[[[np.nan, 1.0]]]])
    assert np.isnan(pad2d(x, (0, 1), mode="replicate")[0, 0, 0]).tolist() == [
        True,
        True,
        False,
        False,
    ]


@every_mode
def test_an_empty_batch(mode):
    assert pad2d(np.zeros((0, 2, 4, 5)), 1, mode=mode).shape == (0, 2, 6, 7)


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        ((3,), {"mode": "reflect"}, ShapeError, r"at most 2 rows to a picture of 3, got 3"),
        (((0, 4),), {"mode": "reflect"}, ShapeError, r"at most 3 columns to a picture of 4"),
        ((4,), {"mode": "circular"}, ShapeError, r"at most 3 rows to a picture of 3, got 4"),
        ((1,), {"mode": "mirror"}, ConfigError, "'zeros', 'reflect', 'replicate', 'circular'"),
        ((1,), {"mode": None}, ConfigError, "got None"),
        ((1,), {"value": "a"}, ConfigError, "value must be a number"),
        ((1,), {"value": True}, ConfigError, "value must be a number"),
        ((1,), {"value": np.complex64(1)}, ConfigError, "value must be a number"),
        ((1,), {"value": 1e300}, ConfigError, "that float32 can hold, got 1e\\+300"),
        ((1,), {"value": 10**400}, ConfigError, "that float32 can hold"),
        ((10**10,), {}, ConfigError, "at most 2,147,483,647"),
        ((10**9,), {}, LimitError, "more than any machine has"),
        ((1,), {"value": 2, "mode": "reflect"}, ConfigError, "goes with mode='zeros'"),
        ((-1,), {}, ConfigError, "padding must be an integer of at least 0"),
        (("same",), {}, ConfigError, "padding must be an integer"),
    ],
)
def test_wrong_calls(args, kwargs, error, message):
    with pytest.raises(error, match=message):
        pad2d(np.ones((1, 1, 3, 4)), *args, **kwargs)


def test_wrong_pictures():
    with pytest.raises(ShapeError, match="pad2d expects four axes"):
        pad2d(np.ones((3, 4)), 1)
    with pytest.raises(DTypeError, match="complex"):
        pad2d(np.ones((1, 1, 3, 4), complex), 1)
    with pytest.raises(ShapeError, match="smaller than its padding"):
        pad2d_backward(np.ones((1, 1, 3, 4)), 2)
    with pytest.raises(ShapeError, match="at most 0 rows to a picture of 0"):
        pad2d(np.ones((1, 1, 0, 4)), 1, mode="replicate")
