"""The im2col atlas is the layer: its product, its sources, its counts and its costs."""

import json
from dataclasses import FrozenInstanceError
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched, same_bits
from strategies import convolutions, pairs

from minicnn import Conv2D, ReLU, explain, pad2d
from minicnn.errors import ConfigError, LimitError, ShapeError
from minicnn.explain import im2col_atlas, ledger_bounds
from minicnn.explain.im2col_cost import axis_counts
from minicnn.shapes import Window


def layer_of(case, **options):
    """Return the layer that a case describes."""
    o, share, *kernel = case.weight.shape
    layer = Conv2D(share * case.geometry["groups"], o, kernel, **case.geometry, **options)
    layer.weight = case.weight.copy()
    layer.bias = None if case.bias is None else case.bias.copy()
    return layer


def check_text(atlas):
    text = str(atlas)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert atlas.check in text
    json.dumps(atlas.to_dict(), allow_nan=False)


@given(convolutions(named_padding=True), st.data())
def test_the_product_is_what_the_layer_returns(case, data):
    layer = layer_of(case)
    sample = data.draw(st.integers(0, len(case.x) - 1))
    with Untouched(case.x, layer.weight, layer.bias):
        atlas = im2col_atlas(layer, case.x, sample=sample)
        check_text(atlas)
    same_bits(atlas.output, layer(case.x)[sample])
    assert atlas.agrees
    assert atlas.check.startswith("atlas = layer")
    assert (np.abs(atlas.product - atlas.output.reshape(atlas.product.shape)) <= atlas.bounds).all()


@given(convolutions(dtype=np.float64, whole=True, named_padding=True))
def test_whole_numbers_agree_to_the_last_bit(case):
    atlas = im2col_atlas(layer_of(case), case.x)
    assert atlas.difference == 0
    assert "to the last bit" in atlas.check or atlas.output.size == 1
    shift = 0 if case.bias is None else case.bias[:, None]
    assert (atlas.weight_matrix @ atlas.columns + shift == atlas.product).all()


@given(convolutions(max_stride=1, max_dilation=1, max_kernel=3), st.sampled_from(["naive", "fft"]))
def test_it_agrees_whatever_the_algorithm(case, algorithm):
    assert im2col_atlas(layer_of(case, algorithm=algorithm), case.x).agrees


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_winograds_own_bound_is_taken(dtype):
    x = np.random.default_rng(0).standard_normal((1, 4, 20, 23)).astype(dtype)
    by = {
        name: im2col_atlas(Conv2D(4, 3, 3, padding=1, rng=0, algorithm=name), x)
        for name in ("winograd", "im2col")
    }
    assert all(atlas.agrees for atlas in by.values())
    assert (by["winograd"].bounds > by["im2col"].bounds).all()


@given(convolutions(named_padding=True))
def test_the_sources_rebuild_the_columns(case):
    atlas = im2col_atlas(layer_of(case), case.x)
    filled = np.append(atlas.x.ravel(), np.zeros(1, atlas.x.dtype))  # index -1: padding
    same_bits(filled[atlas.sources], atlas.columns)


@given(convolutions(named_padding=True), st.data())
def test_every_entry_says_where_it_is_from(case, data):
    atlas = im2col_atlas(layer_of(case), case.x)
    rows, columns = atlas.columns.shape
    row = data.draw(st.integers(0, rows - 1))
    column = data.draw(st.integers(0, columns - 1))
    tap, (i, j), source = atlas.tap(row), atlas.position(column), atlas.source(row, column)
    assert atlas.column_at(i, j) == column
    (sh, sw), (dh, dw) = case.window.stride, case.window.dilation
    at = i * sh + tap.row * dh, j * sw + tap.column * dw
    padded = pad2d(case.x[:1], case.window.padding)[0]
    assert padded[tap.channel, *at] == atlas.columns[row, column]
    (top, _), (left, _) = case.window.padding
    y, x = at[0] - top, at[1] - left
    inside = 0 <= y < case.x.shape[2] and 0 <= x < case.x.shape[3]
    assert source == ((tap.channel, y, x) if inside else None)


@given(convolutions())
def test_each_filter_sees_its_group(case):
    atlas = im2col_atlas(layer_of(case), case.x)
    share = len(atlas.columns) // case.geometry["groups"]
    for o, row in enumerate(atlas.sees):
        group = o // (len(case.weight) // case.geometry["groups"])
        assert np.flatnonzero(row).tolist() == list(range(group * share, (group + 1) * share))
        same_bits(atlas.weight_matrix[o, row], case.weight[o].astype(case.x.dtype).ravel())
        assert not atlas.weight_matrix[o, ~row].any()


@given(convolutions(named_padding=True))
def test_col2im_counts_the_copies(case):
    """By brute force, by col2im of ones, and by the two axes apart."""
    atlas = im2col_atlas(layer_of(case), case.x)
    copied = atlas.sources[atlas.sources >= 0]
    times = np.bincount(copied, minlength=atlas.x.size).reshape(atlas.x.shape)
    assert (times == atlas.counts).all()
    height, width = atlas.counts.shape
    by_axis = axis_counts(case.window, 0, height), axis_counts(case.window, 1, width)
    assert (np.multiply.outer(*by_axis) == atlas.counts).all()


@given(convolutions(named_padding=True))
def test_the_costs_are_counted_by_brute_force(case):
    layer = layer_of(case)
    atlas = im2col_atlas(layer, case.x)
    cost = atlas.cost
    assert cost.input_bytes == atlas.x.nbytes
    assert cost.columns_bytes == atlas.columns.nbytes
    assert cost.output_bytes == atlas.output.nbytes
    assert cost.multiply_adds == layer.multiply_adds(case.x[:1].shape)
    copied = [s for s in atlas.sources.ravel().tolist() if s >= 0]
    assert (cost.copies, cost.pixels_read) == (len(copied), len(set(copied)))
    assert cost.padding == atlas.sources.size - len(copied)
    expected = Fraction(len(copied), len(set(copied))) if copied else 0
    assert cost.duplication == expected
    assert cost.growth == Fraction(atlas.columns.size, atlas.x.size)


@given(convolutions(named_padding=True), pairs(0, 9))
def test_the_cost_of_another_size_is_what_an_atlas_of_it_says(case, more):
    layer = layer_of(case)
    size = [n + m for n, m in zip(case.x.shape[2:], more, strict=True)]
    x = np.zeros((1, case.x.shape[1], *size), case.x.dtype)
    assert im2col_atlas(layer, case.x).cost_at(*size) == im2col_atlas(layer, x).cost


def test_a_real_size_by_hand():
    atlas = im2col_atlas(Conv2D(3, 64, 3, padding=1), np.zeros((1, 3, 8, 8), np.float32))
    cost = atlas.real_cost
    assert "224 x 224" in str(atlas)
    assert cost.columns_shape == (27, 224 * 224)
    assert cost.columns_bytes == 9 * cost.input_bytes == 27 * 224 * 224 * 4
    assert cost.copies == 3 * (3 * 224 - 2) ** 2
    assert cost.multiply_adds == 64 * 27 * 224 * 224
    wide = im2col_atlas(Conv2D(1, 1, (1, 230)), np.zeros((1, 1, 1, 230), np.float32))
    assert wide.real_cost is None
    assert "224 x 224" not in str(wide)


def test_four_by_four_is_written_out():
    x = np.arange(1.0, 17).reshape(1, 1, 4, 4)
    text = str(im2col_atlas(Conv2D.from_kernels("sobel_x", bias=[-5]), x))
    assert "        0, 1,2    7   8  11  12\n" in text
    assert "    -1  0  1 -2  0  2 -1  0  1\n" in text
    assert "weight times columns plus bias = output (1 x 4)\n    3 3 3 3\n" in text
    assert "    2 4 4 2\n" in text
    assert "36 / 16 = 2.25 times" in text
    assert "picture 128 B, columns 288 B (2.25 times that), output 32 B" in text


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv2D(8, 8, 5, groups=8, rng=0), (1, 8, 12, 15)),
        (Conv2D(16, 40, 3, padding=1, rng=0), (1, 16, 20, 30)),
        (Conv2D(1, 1, (1, 30), rng=0), (1, 1, 2, 40)),
        (Conv2D(1, 1, 1, padding=1, rng=0), (1, 1, 0, 3)),
        (Conv2D(1, 1, 1, stride=4, padding=3, rng=0), (1, 1, 1, 1)),
    ],
    ids=str,
)
def test_any_size_makes_a_text(layer, shape):
    check_text(im2col_atlas(layer, np.random.default_rng(0).standard_normal(shape) * 1e-3))


def test_where_no_pixel_is_read_it_says_so():
    atlas = im2col_atlas(Conv2D(1, 1, 1, stride=4, padding=2, rng=0), np.ones((1, 1, 1, 1)))
    assert atlas.cost.duplication == 0
    assert "no pixel of the picture is read" in str(atlas)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_values_that_are_not_finite(bad):
    x = np.ones((1, 2, 5, 6))
    x[0, 1, 2, 2] = bad
    layer = Conv2D(2, 2, 3, groups=2, rng=0)
    layer.weight *= 100
    atlas = im2col_atlas(layer, x)
    assert np.isfinite(atlas.product[0]).all()  # the other group
    assert atlas.agrees
    check_text(atlas)


def test_a_layer_that_computes_something_else_is_found_out():
    class Wrong(Conv2D):
        def __call__(self, x):
            y = super().__call__(x)
            y[0, 0, 1, 2] += 1e-3
            return y

    atlas = im2col_atlas(Wrong(2, 2, 3, rng=0), np.ones((1, 2, 6, 7), np.float32))
    assert not atlas.agrees
    assert atlas.check.startswith("MISMATCH: atlas and layer differ by 0.001")
    assert atlas.to_dict()["agrees"] is False


def test_it_is_a_record_of_its_own():
    x, layer = np.ones((1, 1, 4, 5)), Conv2D(1, 1, 3, rng=0)
    atlas = im2col_atlas(layer, x)
    before = str(atlas)
    layer.weight[...], layer.stride, x[...] = 7, (2, 2), 9
    assert str(atlas) == before
    with pytest.raises(FrozenInstanceError):
        atlas.x = x
    for array in (atlas.weight, atlas.weight_matrix, atlas.columns, atlas.output):
        assert not np.shares_memory(array, layer.weight)
        assert not np.shares_memory(array, x)


def test_wrong_calls():
    x = np.ones((2, 1, 4, 5))
    with pytest.raises(ConfigError, match=r"takes a Conv2D, got ReLU\(\)"):
        im2col_atlas(ReLU(), x)
    with pytest.raises(ConfigError, match="sample must be below 2"):
        im2col_atlas(Conv2D(1, 1, 3), x, sample=2)
    with pytest.raises(ShapeError, match="larger than the picture"):
        im2col_atlas(Conv2D(1, 1, 5), x)
    with pytest.raises(ShapeError, match="strict=True"):
        im2col_atlas(Conv2D(1, 1, 2, stride=3, strict=True), x)
    with pytest.raises(LimitError, match=r"(?s)576 x 90,000 = 51,840,000 .*cut out a part"):
        im2col_atlas(Conv2D(64, 1, 3, padding=1), np.zeros((1, 64, 300, 300), np.float32))
    atlas = im2col_atlas(Conv2D(1, 1, 3), x)
    for call in (atlas.tap, atlas.position):
        with pytest.raises(ConfigError, match="must be from 0 to"):
            call(9)
    with pytest.raises(ConfigError, match="column must be from 0 to 2, got 3"):
        atlas.column_at(1, 3)
    with pytest.raises(ConfigError, match="row must be an integer"):
        atlas.source(-1, 0)


@given(convolutions(max_batch=1))
def test_bounds_of_all_values_are_those_of_each(case):
    layer, x = layer_of(case), case.x[0]
    atlas = im2col_atlas(layer, case.x)
    o, p = len(atlas.product) - 1, atlas.product.shape[1] - 1
    seen = atlas.columns[atlas.sees[o], p].astype(np.float64)
    weights = atlas.weight[o].ravel().astype(np.float64)
    bias = None if atlas.bias is None else float(atlas.bias[o])
    direct = ledger_bounds.sum_bound(seen, weights, bias, x.dtype)
    one = ledger_bounds.conv_bound(layer, x, o, direct)
    ours = ledger_bounds.sum_bound(seen, weights, bias, np.float64)
    assert atlas.bounds[o, p] == pytest.approx(one + ours, rel=1e-9)


def test_axis_counts_of_a_window_that_never_meets_the_picture():
    assert axis_counts(Window(1, stride=4, padding=4), 1, 1).tolist() == [1]
    assert axis_counts(Window(1, stride=4, padding=2), 0, 1).tolist() == [0]
    assert explain.Im2colCost((1, 0, 0), (1, 0), (1, 0, 0), 0, 0, 0, "float32").growth == 0


def test_pixels_that_are_never_read_are_counted():
    x = np.arange(56.0).reshape(1, 1, 7, 8)
    text = str(explain.im2col_atlas(Conv2D(1, 1, 3, stride=3, rng=0), x))
    assert "copied once; 20 pixels are never read." in text
    assert "never read" not in str(explain.im2col_atlas(Conv2D(1, 1, 1, rng=0), x))
