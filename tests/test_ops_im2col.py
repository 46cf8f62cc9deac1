"""im2col and col2im: the whole matrix, and its adjoint."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits
from strategies import arrays, convolutions

from minicnn.errors import MiniCNNError, ShapeError
from minicnn.ops import col2im, conv2d, im2col


def geometry(case):
    return {key: case.geometry[key] for key in ("stride", "padding", "dilation")}


@given(case=convolutions(dtype=np.float64, whole=True, max_groups=1, named_padding=True))
def test_the_product_of_weight_rows_and_columns_is_the_convolution(case):
    columns = im2col(case.x, case.weight.shape[2:], **geometry(case))
    y = case.weight.reshape(len(case.weight), -1) @ columns
    expected = conv2d(case.x, case.weight, algorithm="naive", **geometry(case))
    assert (y.reshape(expected.shape) == expected).all()


@given(case=convolutions(dtype=np.float64, whole=True, max_groups=1), data=st.data())
def test_col2im_is_the_adjoint(case, data):
    size = case.weight.shape[2:]
    columns = im2col(case.x, size, **geometry(case))
    other = data.draw(arrays(columns.shape, np.float64, whole=True))
    with Untouched(other, case.x):
        back = col2im(other, case.x.shape, size, **geometry(case))
    assert back.shape == case.x.shape
    assert (back * case.x).sum() == (other * columns).sum()


@given(case=convolutions(max_groups=1))
def test_layout_and_memory(case):
    size = case.weight.shape[2:]
    expected = im2col(case.x, size, **geometry(case))
    assert expected.flags.c_contiguous
    assert not np.shares_memory(expected, case.x)
    for _, x in layouts(case.x):
        same_bits(im2col(x, size, **geometry(case)), expected)


def test_a_kernel_of_one_pixel_copies():
    x = np.ones((1, 2, 3, 4))
    assert not np.shares_memory(im2col(x, 1), x)
    columns = x.reshape(1, 2, 12)
    assert not np.shares_memory(col2im(columns, x.shape, 1), columns)


def test_overlap_counts_with_stride_and_padding():
    ones = im2col(np.ones((1, 1, 4, 4)), 3, stride=2, padding=1)
    assert ones.shape == (1, 9, 4)
    counts = col2im(np.ones_like(ones), (1, 1, 4, 4), 3, stride=2, padding=1)[0, 0]
    assert counts.tolist() == [[1, 2, 1, 1], [2, 4, 2, 2], [1, 2, 1, 1], [1, 2, 1, 1]]


@pytest.mark.parametrize(
    ("columns", "shape", "message"),
    [
        (np.ones((1, 4, 5)), (1, 1, 3, 3), r"(?s)do not fit.*\(1, 4, 5\).*\(1, 4, 4\)"),
        (np.ones((1, 4, 4)), (3, 3), r"input_shape must be \(N, C, H, W\)"),
        (np.ones((1, 4, 4)), (1, 1, 3.0, 3), r"input_shape\[2\] must be an integer"),
        ([[1]], (1, 1, 3, 3), "must be a NumPy array"),
    ],
)
def test_col2im_refuses(columns, shape, message):
    with pytest.raises(MiniCNNError, match=message):
        col2im(columns, shape, 2)


def test_im2col_refuses():
    with pytest.raises(ShapeError, match="larger than the picture"):
        im2col(np.ones((1, 1, 3, 3)), 4)
    with pytest.raises(ShapeError, match="im2col expects four axes"):
        im2col(np.ones((3, 3)), 2)
