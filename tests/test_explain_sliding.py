"""A convolution stop by stop: what is said of each stop is what the layer computes."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import convolutions

from minicnn import Conv2D, Pad, ReLU, Sequential, Window
from minicnn.errors import ConfigError, DTypeError, ShapeError, UnsupportedError
from minicnn.explain import arithmetic, sliding_window
from minicnn.ops.pad import MODES


def layer_of(case):
    """Return the layer that does a drawn convolution."""
    options = dict(case.geometry)
    groups = options["groups"]
    layer = Conv2D(
        case.weight.shape[1] * groups, len(case.weight), case.weight.shape[2:], **options
    )
    layer.weight, layer.bias = case.weight, case.bias
    return layer


@st.composite
def walks(draw, *, most_pads=2, **options):
    """Draw a convolution with any number of paddings before it, and its picture."""
    case = draw(convolutions(dtype=np.float64, whole=True, **options))
    size, layers = list(case.x.shape[2:]), []
    for _ in range(draw(st.integers(0, most_pads))):
        mode = draw(st.sampled_from(MODES))
        sides = []
        for axis in (0, 1):
            most = {"reflect": size[axis] - 1, "circular": size[axis]}.get(mode, 3)
            before, after = (draw(st.integers(0, min(most, 3))) for _ in range(2))
            sides.append((before, after))
            size[axis] += before + after
        value = draw(st.sampled_from([0.0, 2.0])) if mode == "zeros" else 0.0
        layers.append(Pad(tuple(sides), mode=mode, value=value))
    layer = layer_of(case)
    if layers or draw(st.booleans()):
        nested = draw(st.booleans())
        layer = Sequential(Sequential(*layers), layer) if nested else Sequential(*layers, layer)
    channel = draw(st.integers(0, len(case.weight) - 1))
    return layer, case.x, channel, draw(st.integers(0, len(case.x) - 1))


def windows():
    """Draw a window and a picture that it fits."""
    return convolutions(max_kernel=5, max_output=6).map(lambda c: (c.window, c.x.shape[2:]))


@given(walks())
def test_every_stop_adds_up_to_what_the_layer_computes(walk):
    layer, x, channel, sample = walk
    slide = sliding_window(layer, x, channel=channel, sample=sample)
    expected = layer(x)[sample, channel]
    assert len(slide) == expected.size
    np.testing.assert_array_equal(slide.output, expected)
    for number, value in enumerate(expected.ravel()):
        stop = slide.stop(number)
        assert (stop.row, stop.column) == divmod(number, expected.shape[1])
        assert stop.value == value == sum(stop.sums) + (stop.bias or 0.0)
        np.testing.assert_array_equal(stop.products, stop.patch * stop.weights)
        assert stop.sums == tuple(stop.products.sum(axis=(1, 2)))
        assert slide.stop((stop.row, stop.column)).number == number


@given(walks())
def test_padding_says_where_it_is_from(walk):
    layer, x, channel, sample = walk
    slide = sliding_window(layer, x, channel=channel, sample=sample)
    border, padded = slide.border, slide.padded
    (top, bottom), (left, right) = slide.arithmetic.window.padding
    inside = padded[:, top : padded.shape[1] - bottom, left : padded.shape[2] - right]
    np.testing.assert_array_equal(inside, x[sample, list(slide.channels)])
    assert (border.padding() == ~is_inside(border, padded.shape[1:])).all()
    constants = set()
    for row, column in np.ndindex(padded.shape[1:]):
        source = border.source(row, column)
        assert border.constant()[row, column] == (source is None)
        if source is None:
            constants |= set(padded[:, row, column].tolist())
            assert not border.is_inside(row, column)
        else:
            assert border.is_inside(*source)
            assert (padded[:, row, column] == padded[:, source[0], source[1]]).all()
        if border.is_inside(row, column):
            assert source == (row, column)
    assert constants <= {0.0, 2.0}
    assert bool(border.words) == bool(border.padding().any())


def is_inside(border, shape):
    return np.array([[border.is_inside(r, c) for c in range(shape[1])] for r in range(shape[0])])


@given(walks(), st.booleans())
def test_a_change_anywhere_under_the_window_and_nowhere_else_changes_the_value(walk, last):
    layer, x, channel, sample = walk
    slide = sliding_window(layer, x, channel=channel, sample=sample)
    stop = slide.stop(len(slide) - 1 if last else 0)
    before = layer(x)[sample, channel, stop.row, stop.column]
    under = {slide.border.source(r, c) for r in stop.rows for c in stop.columns}
    (top, _), (left, _) = slide.arithmetic.window.padding
    for c in range(x.shape[1]):
        changed = x.copy()
        mask = np.ones(x.shape[2:], bool)
        for place in under - {None}:
            mask[place[0] - top, place[1] - left] = False
        changed[sample, c, mask if c in slide.channels else slice(None)] = np.nan
        after = layer(changed)[sample, channel, stop.row, stop.column]
        assert after == before


@given(windows())
def test_the_formula_with_its_numbers_is_the_number_of_stops(drawn):
    window, size = drawn
    known = arithmetic(window, size)
    assert known.output_size == tuple(axis.stops for axis in known.axes)
    for axis, n in zip(known.axes, size, strict=True):
        starts = [s for s in range(0, axis.padded, axis.stride) if s + axis.span <= axis.padded]
        assert axis.stops == len(starts)
        reached = {p for stop in range(axis.stops) for p in range(axis.span) if starts[stop] <= p}
        last = starts[-1] + axis.span - 1
        assert axis.unreached == axis.padded - 1 - last
        assert axis.lost == sum(p > last for p in range(axis.before, axis.before + n))
        assert [axis.taps(i)[0] for i in range(axis.stops)] == starts
        assert axis.taps(0)[-1] - axis.taps(0)[0] + 1 == axis.span
        assert reached
        numbers = re.fullmatch(
            r"floor\(\((\d+) \+ (\d+) - (\d+) \* \((\d+) - 1\) - 1\) / (\d+)\) \+ 1 = (\d+)",
            axis.formula,
        )
        n_, p, d, k, s, o = map(int, numbers.groups())
        assert (n_, p, d, k, s) == (n, axis.before + axis.after, axis.dilation, axis.kernel, s)
        assert (n_ + p - d * (k - 1) - 1) // s + 1 == o == axis.stops
    assert bool(known.left_over) == any(window.left_over(*size))


@given(walks(max_kernel=9, max_output=2))
def test_text_and_plain_data(walk):
    layer, x, channel, sample = walk
    slide = sliding_window(layer, x, channel=channel, sample=sample)
    for text in (str(slide), str(slide.stop(0)), str(slide.arithmetic)):
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80
    data = json.loads(json.dumps(slide.stop(0).to_dict(), allow_nan=False))
    assert data["value"] == slide.stop(0).value
    assert data["patch"] == slide.stop(0).patch.tolist()
    assert json.loads(json.dumps(slide.arithmetic.to_dict()))["output_size"] == list(
        slide.output.shape
    )


def test_what_is_not_finite_is_plain_data_too():
    x = np.full((1, 1, 3, 3), np.nan)
    data = sliding_window(Conv2D(1, 1, 2, rng=0), x).stop(0).to_dict()
    assert json.loads(json.dumps(data, allow_nan=False))["value"] == "nan"


def test_it_asks_the_layer_itself():
    class Doubled(Conv2D):
        def __call__(self, x):
            return 2 * super().__call__(x)

    x = np.ones((1, 1, 4, 5))
    layer = Doubled.from_kernels("sobel_x")
    layer.weight[:] = 1
    assert (sliding_window(layer, x).output == 18).all()


def test_a_grouped_filter_looks_at_its_group():
    layer = Conv2D.from_kernels(["sobel_x", "sobel_y"], in_channels=3, per_channel=True)
    slide = sliding_window(layer, np.ones((1, 3, 4, 5)), channel="sobel_y, channel 2")
    assert (slide.channel, slide.channels) == (5, (2,))


def test_padding_of_left_over_rows_is_no_loss():
    known = arithmetic(Window(2, stride=3, padding=(0, 2)), (6, 7))
    assert [axis.unreached for axis in known.axes] == [1, 0]
    assert known.left_over == "the last row"
    assert arithmetic(Window(7, stride=2, padding=3), 224).left_over == ""
    assert str(arithmetic(Window(2, stride=4), (9, 8))).endswith(
        "left over: the last 3 rows and the last 2 columns"
    )


X = np.ones((1, 1, 5, 6))


@pytest.mark.parametrize(
    ("layer", "x", "options", "error", "words"),
    [
        (ReLU(), X, {}, UnsupportedError, "one convolution can be watched.*Pass a Conv2D"),
        ("conv", X, {}, UnsupportedError, "got 'conv'"),
        (Sequential(), X, {}, UnsupportedError, "Pass a Conv2D"),
        (
            Sequential(Pad(1), Conv2D(1, 1, 3), ReLU()),
            X,
            {},
            UnsupportedError,
            r"Leave out what comes after the convolution: model\[:2\]",
        ),
        (
            Sequential(ReLU(), Conv2D(1, 1, 3)),
            X,
            {},
            UnsupportedError,
            r"Pass the one layer that is meant, and model.trace\(x\)",
        ),
        (Conv2D(1, 1, 3), X, {"channel": 1}, ConfigError, "channel must be .* at most 0"),
        (Conv2D(1, 1, 3), X, {"channel": "a"}, ConfigError, "no names"),
        (Conv2D.from_kernels("sobel_x"), X, {"channel": "a"}, ConfigError, "there are 'sobel_x'"),
        (Conv2D(1, 1, 3), X, {"sample": 1}, ConfigError, "sample must be from 0 to 0"),
        (Conv2D(1, 1, 3), X[0], {}, ShapeError, "four axes"),
        (Conv2D(2, 1, 3), X, {}, ShapeError, "1 channel"),
        (Conv2D(1, 1, 7), X, {}, ShapeError, "larger than"),
        (Conv2D(1, 1, 3), [1], {}, DTypeError, "array"),
    ],
)
def test_wrong_calls(layer, x, options, error, words):
    with pytest.raises(error, match=f"(?s){words}"):
        sliding_window(layer, x, **options)


def test_stops_that_are_not_there():
    slide = sliding_window(Conv2D(1, 1, 3, rng=0), X)
    for stop in (12, -1, 1.0, (3, 0), (0, 4), "a"):
        with pytest.raises(ConfigError):
            slide.stop(stop)


@pytest.mark.parametrize(
    ("what", "size", "error", "words"),
    [
        (3, 7, ConfigError, "a Window or a layer with one, got 3"),
        (Window(3), 0, ConfigError, "size must be"),
        (Window(3), (7, 0), ConfigError, r"size\[1\] must be"),
        (Window(3), 2, ShapeError, "larger than the picture"),
    ],
)
def test_wrong_calls_of_arithmetic(what, size, error, words):
    with pytest.raises(error, match=words):
        arithmetic(what, size)
