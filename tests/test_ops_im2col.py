"""im2col and col2im: the whole matrix, and its adjoint."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, layouts, same_bits
from strategies import arrays, convolutions

from minicnn.errors import MiniCNNError, ShapeError
from minicnn.ops import bands, col2im, conv2d, conv_im2col, im2col, products, set_threads


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


# --- in bands ------------------------------------------------------------------------------


@pytest.mark.parametrize("band_bytes", [40, 400, 4000])
@pytest.mark.parametrize(("saved", "far"), [(-(10**9), 10**9), (-(10**9), 1), (10**9, 1)])
@given(case=convolutions(dtype=np.float64, whole=True, named_padding=True, max_output=9))
def test_any_cut_and_any_way_to_multiply_is_exact(band_bytes, saved, far, case):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conv_im2col, "BAND_BYTES", band_bytes)
        patch.setattr(conv_im2col, "PIXELS", 2)
        patch.setattr(bands, "SPLIT", 100)
        patch.setattr(conv_im2col, "SAVED", saved)
        patch.setattr(products, "FAR", far)
        y = conv2d(case.x, case.weight, case.bias, **case.geometry, algorithm="im2col")
    expected = conv2d(case.x, case.weight, case.bias, **case.geometry, algorithm="naive")
    same_bits(y + 0.0, expected + 0.0)


@given(
    sizes=st.tuples(*[st.integers(1, 9)] * 4),
    pixel_bytes=st.sampled_from([4, 36, 1000]),
    halo_bytes=st.sampled_from([0, 500, 10_000]),
    steps=st.sampled_from([1, 10**9]),
    band_bytes=st.integers(1, 20_000),
)
def test_bands_cover_every_output_once(sizes, pixel_bytes, halo_bytes, steps, band_bytes):
    batch, groups, oh, ow = sizes
    seen = np.zeros(sizes, int)
    for band in bands.bands(batch, groups, (oh, ow), pixel_bytes, band_bytes, steps, halo_bytes):
        part = seen[band.images, band.groups, band.rows, band.columns]
        part += 1
        assert part.size * pixel_bytes <= max(band_bytes, pixel_bytes)
        maps = part.shape[0] * part.shape[1]  # each has a halo; one alone may exceed the buffer
        assert maps == 1 or part.size * pixel_bytes + maps * halo_bytes <= band_bytes
        flat = seen.reshape(batch, groups, -1)[band.images, band.groups, band.pixels(ow)]
        assert flat.size == part.size
        assert (flat == 1).all()
    assert (seen == 1).all()


@pytest.mark.parametrize("steps", [1, 10**9])
@pytest.mark.parametrize("batch", [2, 5, 64])
def test_a_pictures_bands_do_not_depend_on_its_batch(batch, steps):
    def cuts(batch):
        pieces = bands.bands(batch, 3, (500, 300), 36, 1 << 20, steps)
        return {(band.groups.start, *map(str, band[2:])) for band in pieces}

    assert cuts(batch) == cuts(1)


@pytest.mark.parametrize(
    ("x_shape", "weight_shape", "geometry"),
    [
        ((1, 1, 1024, 1024), (8, 1, 3, 3), {"padding": 1}),
        ((1, 3, 1024, 1024), (4, 3, 7, 7), {"stride": 2, "padding": 3}),
        ((1, 16, 512, 512), (16, 16, 7, 7), {}),
        ((1, 64, 40, 3000), (4, 64, 9, 9), {}),
        ((1, 16, 512, 512), (16, 1, 15, 15), {"groups": 16, "padding": 7}),
        ((1, 128, 100, 100), (8, 128, 3, 3), {"dilation": 12}),
        ((1, 2, 36, 9000), (2, 1, 31, 31), {"groups": 2}),
        ((8, 64, 64, 64), (64, 64, 1, 1), {"stride": 2}),
        ((1, 64, 900, 900), (2, 64, 9, 9), {"stride": 8}),
        ((1, 512, 28, 28), (64, 512, 3, 3), {"padding": 1}),
        ((64, 512, 31, 31), (512, 1, 31, 31), {"groups": 512}),  # 31 rows for one of outputs
        ((512, 1, 31, 54), (1, 1, 31, 31), {}),
        ((256, 8, 41, 400), (2, 8, 41, 3), {}),
        ((256, 1, 28, 28), (6, 1, 5, 5), {"padding": 2}),
    ],
)
def test_memory_beyond_the_output_is_bounded(x_shape, weight_shape, geometry):
    assert beyond_the_output(x_shape, weight_shape, geometry) < 16 * 2**20


@pytest.mark.parametrize(
    ("x_shape", "weight_shape", "geometry"),
    [
        ((1, 512, 28, 28), (512, 512, 3, 3), {"padding": 1}),
        ((1, 1024, 14, 14), (1024, 1024, 3, 3), {"padding": 1}),
        ((16, 1024, 7, 7), (2048, 1024, 1, 1), {}),
        ((1, 512, 40, 40), (4, 512, 31, 31), {}),
        ((1, 512, 56, 56), (512, 1, 31, 31), {"groups": 512, "padding": 15}),
    ],
)
def test_of_heavy_weights_there_is_one_copy(x_shape, weight_shape, geometry):
    share, kh, kw = weight_shape[1:]
    copy = 4 * weight_shape[0] * kh * (share * kw + 1)  # with the bias
    assert beyond_the_output(x_shape, weight_shape, geometry) < copy + 16 * 2**20


def beyond_the_output(x_shape, weight_shape, geometry):
    """Return the bytes that a call takes at most, in sixteen threads, beyond what it returns."""
    set_threads(16)
    x, weight = np.zeros(x_shape, np.float32), np.zeros(weight_shape, np.float32)
    tracemalloc.start()
    try:
        y = conv2d(x, weight, np.zeros(len(weight)), **geometry, algorithm="im2col")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        set_threads(None)
    return peak - y.nbytes
