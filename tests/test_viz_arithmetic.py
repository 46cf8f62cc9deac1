"""The pictures of convolution arithmetic and the filmstrip, by their artists and texts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from test_explain_sliding import walks, windows
from test_viz_ledger import inside

from minicnn import (
    Conv2D,
    ConvTranspose2D,
    MaxPool2D,
    Pad,
    ReLU,
    Sequential,
    Window,
    explain,
    images,
    viz,
)
from minicnn.errors import ConfigError, ShapeError, UnsupportedError
from minicnn.explain import arithmetic, sliding_window
from minicnn.viz._arithmetic_grids import FIRST
from minicnn.viz._sliding_scene import Scene, typeset


def arithmetic_of(what, size=None, **options):
    return viz.plot_arithmetic(what, size, figure=viz.new_figure(), **options)


def strip_of(layer, x, **options):
    return viz.plot_filmstrip(layer, x, figure=viz.new_figure(), **options)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def marked(figure, gid):
    artists = [*figure.axes[0].patches, *figure.axes[0].lines]
    return [artist for artist in artists if artist.get_gid() == gid]


@settings(max_examples=25)
@given(windows())
def test_a_window_is_drawn_as_it_slides(drawn):
    window, size = drawn
    known = arithmetic(window, size)
    figure = arithmetic_of(window, size)
    assert len(marked(figure, "stop")) == np.prod(known.output_size)
    taps = marked(figure, "tap")
    assert len(taps) == np.prod(window.kernel_size)
    assert {to_hex(tap.get_facecolor()) for tap in taps} == {FIRST}
    unreached = any(axis.unreached for axis in known.axes)
    assert bool(marked(figure, "left over")) == unreached
    said = " ".join(texts(figure))
    for formula in known.formulas:
        assert typeset(formula) in said
    assert ("left over" in said) == unreached
    assert f"out: {known.stops[0]} \u00d7 {known.stops[1]}" in said
    cell = taps[0].get_width()
    (picture,) = marked(figure, "picture")
    assert picture.get_width() == pytest.approx(size[1] * cell)
    assert picture.get_height() == pytest.approx(size[0] * cell)
    (top, _), (left, _) = window.padding
    assert taps[0].get_x() == pytest.approx(picture.get_x() - left * cell)
    assert taps[0].get_y() == pytest.approx(picture.get_y() - top * cell)


@settings(max_examples=12)
@given(windows())
def test_a_transposed_window_takes_the_size_back(drawn):
    window, size = drawn
    stops = window.output_size(*size)
    tight = [
        n - axis.unreached for n, axis in zip(size, arithmetic(window, size).axes, strict=True)
    ]
    if min(tight) < 1:
        with pytest.raises(ShapeError, match="nothing is left"):
            arithmetic(window, stops, transposed=True)
        return
    known = arithmetic(window, stops, transposed=True)
    assert (known.input_size, known.output_size) == (stops, tuple(tight))
    assert window.output_size(*known.output_size) == stops
    for formula, n in zip(known.formulas, tight, strict=True):
        left, _, right = formula.partition(" = ")
        assert eval(left) == n == int(right)
    assert str(known).isascii()
    figure = arithmetic_of(known)
    said = " ".join(texts(figure))
    assert all(typeset(formula) in said for formula in known.formulas)
    assert not marked(figure, "left over")


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
@settings(max_examples=10)
def test_a_wire_wherever_a_filter_looks(groups, ins, outs):
    layer = Conv2D(groups * ins, groups * outs, 3, groups=groups)
    figure = arithmetic_of(layer, 7)
    if max(layer.in_channels, layer.out_channels) == 1:
        assert not marked(figure, "wire")
        return
    wires = marked(figure, "wire")
    assert len(wires) == layer.out_channels * ins == layer.weight[..., 0, 0].size
    assert len({wire.get_color() for wire in wires}) == groups
    assert len(marked(figure, "channel")) == layer.in_channels + layer.out_channels
    assert f"each filter sees {ins} of {layer.in_channels}" in " ".join(texts(figure))


def test_every_panel_has_its_place():
    windows = {
        "plain": Window(3),
        "same, a very long name that will not fit into half a page of this width": Window(3, 1, 1),
        "stride": Window((2, 5), stride=(3, 2), padding=(0, 1, 2, 0)),
        "$x_{": Conv2D(6, 12, 3, groups=3, padding="same", stride=2),
        "transposed": explain.arithmetic(Window(3, stride=2), 3, transposed=True),
    }
    for chosen in (windows, {"one": Window(1)}, {"64": Conv2D(64, 128, 3)}):
        inside(arithmetic_of(chosen, (8, 11), title="$y_{ arithmetic"))


@pytest.mark.parametrize(
    ("what", "size", "words"),
    [
        (Window(3), None, "size must be the picture's"),
        (Window(3), 100, r"10000 cells.*at most 4096"),
        ({}, 7, "the mapping is empty"),
        ({3: Window(3)}, 7, "each name must be a text, got 3"),
        (7, 7, "a Window or a layer with one, got 7"),
        (ReLU(), 7, "a Window or a layer with one, got ReLU"),
    ],
)
def test_wrong_calls(what, size, words):
    with pytest.raises(ConfigError, match=f"(?s){words}"):
        arithmetic_of(what, size)


@settings(max_examples=12)
@given(windows(), st.booleans())
def test_a_window_may_hang_over_the_end(drawn, ceil_mode):
    plain, size = drawn
    window = Window(plain.kernel_size, plain.stride, plain.padding, plain.dilation, ceil_mode)
    known = arithmetic(window, size)
    for axis, stops in zip(known.axes, window.output_size(*size), strict=True):
        left, _, right = axis.formula.partition(" = ")
        assert eval(left, {"ceil": math.ceil, "floor": math.floor}) == stops == int(right)
        assert axis.taps(axis.stops - 1)[-1] + 1 == axis.padded - axis.unreached + axis.hangs_over
        assert not (axis.unreached and axis.hangs_over)
        assert ceil_mode or not axis.hangs_over
    inside(arithmetic_of(window, size))


def test_every_stop_beyond_the_picture_is_taken_back():
    wide = Window(1, padding=((0, 2), (0, 0)), ceil_mode=True)
    rows, columns = arithmetic(wide, (1, 1)).axes
    assert rows.formula == "ceil((1 + 2 - 1 * (1 - 1) - 1) / 1) + 1 - 2 = 1"
    assert columns.formula == "ceil((1 + 0 - 1 * (1 - 1) - 1) / 1) + 1 = 1"


def test_layers_that_have_a_window():
    pool = arithmetic(MaxPool2D(3, stride=2, ceil_mode=True), (7, 8))
    assert (pool.output_size, [axis.hangs_over for axis in pool.axes]) == ((3, 4), [0, 1])
    for options in ({}, {"output_padding": 1}, {"padding": 1, "output_padding": (0, 1)}):
        layer = ConvTranspose2D(2, 3, 3, stride=2, **options)
        known = arithmetic(layer, (4, 5))
        assert known.output_size == layer.output_shape((1, 2, 4, 5))[2:]
        for formula, n in zip(known.formulas, known.output_size, strict=True):
            assert eval(formula.partition(" = ")[0]) == n
        said = texts(arithmetic_of(layer, (4, 5)))
        assert ("not painted: the last row and the last column" in said) == (
            options == {"output_padding": 1}
        )
    with pytest.raises(UnsupportedError, match="another stop would fit"):
        arithmetic(ConvTranspose2D(1, 1, 3, dilation=3, output_padding=2), 4)


def test_transposed_takes_a_window():
    with pytest.raises(ConfigError, match="a Window for transposed=True, got Conv2D"):
        arithmetic(Conv2D(1, 1, 3), 7, transposed=True)


@settings(max_examples=10)
@given(walks(max_groups=2, max_kernel=3))
def test_a_strip_has_three_stops_with_their_sums(walk):
    layer, x, channel, sample = walk
    slide = sliding_window(layer, x, channel=channel, sample=sample)
    figure = strip_of(layer, x, channel=channel, sample=sample)
    said = texts(figure)
    rows, columns = slide.output.shape
    numbers = {0, rows // 2 * columns + columns // 2, len(slide) - 1}
    scene = Scene(slide, 3, 0.48)
    for number in numbers:
        stop = slide.stop(number)
        assert f"Stop {number + 1} of {len(slide)}" in said
        assert f"Output so far: {number + 1} of {len(slide)}" in said
        assert f"= {scene.sum_digits.text(stop.value)}" in said
    shown = min(3, len(slide.channels))
    stops = len(numbers)
    outside = sum(
        not slide.border.is_inside(r, c)
        for number in numbers
        for r in slide.stop(number).rows
        for c in slide.stop(number).columns
    )
    framed = [mark for mark in marked(figure, "padding") if not mark.get_alpha()]
    assert len(framed) == shown * outside
    assert len(marked(figure, "window")) == shown * stops
    assert len(marked(figure, "cursor")) == stops


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels("sobel_x", bias=[0.5])), (1, 7, 7)),
        (Conv2D(3, 2, 3, padding=1, stride=2, rng=0), (3, 9, 8)),
        (Conv2D(64, 2, 5, dilation=2, rng=0), (64, 12, 14)),
        (Conv2D.from_kernels("gaussian_5x5", in_channels=2), (2, 28, 28)),
        (Conv2D(1, 1, 11, rng=0), (1, 60, 90)),
        (Conv2D(1, 1, (1, 3), rng=0), (1, 1, 200)),
    ],
)
def test_a_strip_is_not_clipped_and_no_texts_meet(layer, shape):
    x = np.random.default_rng(0).random((1, *shape))
    for stops in (None, range(6)):
        inside(strip_of(layer, x, stops=stops))


def test_stops_are_chosen_by_number_or_by_place():
    layer, x = Conv2D.from_kernels("sobel_x"), images.disc(9)
    by_number = texts(strip_of(layer, x, stops=[8, 20]))
    assert by_number == texts(strip_of(layer, x, stops=[(1, 1), (2, 6)]))
    for wrong in ([], 3, range(7), [49], [(7, 0)], "all"):
        with pytest.raises(ConfigError):
            strip_of(layer, x, stops=wrong)
    with pytest.raises(ConfigError, match="figure must be"):
        viz.plot_filmstrip(layer, x, figure=3)


def test_a_strip_shows_only_what_is_computed():
    x = images.disc(9)
    figure = strip_of(Conv2D.from_kernels("sobel_x"), x, stops=[10])
    maps = [image.get_array() for image in figure.axes[0].images]
    expected = Conv2D.from_kernels("sobel_x")(x)[0, 0]
    rows, part = maps[-2:]
    np.testing.assert_array_equal(rows, expected[:1])
    np.testing.assert_array_equal(part, expected[1:2, :4])
