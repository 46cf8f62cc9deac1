"""The chooser: its sentence is true, its promise is kept, and it is as fast as looking up."""

import re

import numpy as np
import pytest
import transforms
from hypothesis import given
from hypothesis import strategies as st
from laws import same_bits
from strategies import DTYPES

from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.ops import ALGORITHMS, choose, conv2d, conv_fft, conv_winograd
from minicnn.ops.choose import Choice, choose_algorithm
from minicnn.shapes import Window


@st.composite
def layers(draw):
    """Draw (input_shape, weight_shape, options) of a convolution that can be done."""
    groups = draw(st.sampled_from([1, 1, 1, 2, 16]))
    share, filters = draw(st.integers(1, 128)), groups * draw(st.integers(1, 64))
    kernel = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    small = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    kernel = draw(st.sampled_from([kernel, small]))
    plain = draw(st.booleans())
    stride, dilation = (1, 1) if plain else (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    padding = draw(st.integers(0, 3))
    size = [dilation * (k - 1) + 1 + draw(st.integers(0, 300)) for k in kernel]
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return (draw(st.integers(0, 4)), groups * share, *size), (filters, share, *kernel), options


@given(layer=layers(), dtype=st.sampled_from(DTYPES))
def test_can_do_it_and_keeps_the_promised_accuracy(layer, dtype):
    input_shape, weight_shape, options = layer
    choice = choose_algorithm(*layer[:2], **options, dtype=dtype)
    kernel, pairs = weight_shape[2:], {k: (options[k],) * 2 for k in ("stride", "dilation")}
    assert ALGORITHMS[choice.name].supports(kernel, pairs["stride"], pairs["dilation"])
    direct = np.prod(weight_shape[1:]) + 2
    window = Window(kernel, options["stride"], options["padding"], options["dilation"])
    size = window.output_size(*input_shape[2:])
    tiles = conv_fft.tiles_for(window, size, weight_shape[1], np.dtype(dtype).itemsize)
    if choice.name == "winograd":
        assert conv_winograd.error_bound(weight_shape) <= choose.LARGEST_LOSS * direct
    if choice.name == "fft":
        assert conv_fft.error_bound(weight_shape, tiles) <= choose.LARGEST_LOSS * direct
    assert choice.reason.startswith(f"{choice.name}: {kernel[0]}x{kernel[1]}, ")
    assert str(choice) == choice.reason


@pytest.mark.parametrize(
    ("channels", "filters", "taps", "size", "name"),
    [
        (1, 1, 15, 256, "fft"),
        (3, 3, 15, 256, "fft"),
        (3, 8, 15, 512, "fft"),
        (8, 8, 15, 112, "fft"),
        (16, 16, 15, 112, "fft"),
        (1, 8, 15, 128, "im2col"),
        (4, 16, 11, 128, "im2col"),
        (3, 64, 11, 224, "im2col"),
        (64, 64, 11, 96, "im2col"),
    ],
)
def test_large_kernels(channels, filters, taps, size, name):
    """Where one was measured to be at least 1.4 times as fast as the other."""
    side = size + taps - 1
    shapes = (1, channels, side, side), (filters, channels, taps, taps)
    assert choose_algorithm(*shapes).name == name


def numbers(kind, shape, rng):
    """Return float32 numbers that are hard on an algorithm that mixes the pixels of a tile."""
    noise = rng.standard_normal(shape)
    made = {
        "noise": noise,
        "bright": 1e6 + noise,
        "signs": rng.choice([-1.0, 1.0], shape),
        "of all sizes": noise * np.exp(rng.uniform(-30, 30, shape)),
        "one hot pixel": np.where(np.arange(noise.size).reshape(shape) == 555, 1e8, 1e-6 * noise),
        "near the largest": rng.choice([-1.0, 1.0], shape) * 3e38,
    }
    return made[kind].astype(np.float32)


@pytest.mark.parametrize(
    "kind",
    ["noise", "bright", "signs", "of all sizes", "one hot pixel", "near the largest"],
)
@pytest.mark.parametrize(
    ("name", "x_shape", "weight_shape"),
    [
        ("winograd", (1, 64, 40, 40), (64, 64, 3, 3)),
        ("winograd", (1, 64, 40, 43), (64, 64, 5, 4)),
        ("fft", (1, 1, 160, 150), (1, 1, 31, 31)),
        ("fft", (1, 2, 96, 90), (3, 2, 31, 25)),
    ],
)
def test_what_auto_takes_stays_within_its_bound_on_hard_numbers(name, x_shape, weight_shape, kind):
    assert choose_algorithm(x_shape, weight_shape).name == name
    rng = np.random.default_rng(0)
    x = numbers(kind, x_shape, rng)
    weight = (rng.standard_normal(weight_shape) / np.prod(weight_shape[1:])).astype(np.float32)
    y = conv2d(x, weight)
    exact = conv2d(x.astype(np.float64), weight.astype(np.float64), algorithm="im2col")
    if name == "winograd":
        bound = conv_winograd.error_bound(weight_shape)
    else:
        tiles = conv_fft.tiles_for(Window(weight_shape[2:]), y.shape[2:], weight_shape[1], 4)
        bound = conv_fft.error_bound(weight_shape, tiles)
    assert (np.abs(y - exact) <= bound * 2.0**-23 * transforms.scale(x, weight)).all()


@given(layer=layers(), batch=st.integers(0, 100))
def test_the_batch_makes_no_difference(layer, batch):
    input_shape, weight_shape, options = layer
    other = (batch, *input_shape[1:])
    assert choose_algorithm(other, weight_shape, **options) == choose_algorithm(
        input_shape, weight_shape, **options
    )


@pytest.mark.parametrize(
    ("input_shape", "weight_shape", "options", "sentence"),
    [
        (
            (1, 128, 112, 112),
            (128, 128, 3, 3),
            {"padding": 1},
            "winograd: 3x3, stride 1, 128 channels: 4.0 times fewer multiplications",
        ),
        (
            (1, 64, 56, 56),
            (64, 64, 5, 5),
            {"padding": "same"},
            "winograd: 5x5, stride 1, 64 channels: 2.8 times fewer multiplications",
        ),
        (
            (1, 3, 224, 224),
            (64, 3, 7, 7),
            {"stride": (2, 1)},
            "im2col: 7x7, stride 2x1, 3 channels: nothing else is estimated to be faster",
        ),
        (
            (1, 1, 1024, 1024),
            (8, 1, 3, 3),
            {},
            "im2col: 3x3, stride 1, 1 channel: nothing else is estimated to be faster",
        ),
    ],
)
def test_sentences(input_shape, weight_shape, options, sentence):
    assert choose_algorithm(input_shape, weight_shape, **options).reason == sentence


def test_fft_for_a_large_kernel():
    choice = choose_algorithm((1, 1, 256, 256), (1, 1, 31, 31))
    assert choice.name == "fft"
    assert re.fullmatch(
        r"fft: 31x31, stride 1, 1 channel: an estimated \d+\.\d times faster than im2col",
        choice.reason,
    )


def test_fewer_multiplications_counts_the_tiles_that_reach_out():
    """Nine outputs a side take three tiles of four: 3 * 3 * 36 products, not 9 * 9 * 9."""
    found = choose.estimates(99, (99, 99, 3, 3), Window(3), (9, 9), "f")
    gains = {estimate.name: estimate.gain for estimate in found}
    assert gains["winograd"] == f"{81 * 9 / (9 * 36):.1f} times fewer multiplications"


def test_what_would_be_less_accurate_is_not_chosen(monkeypatch):
    monkeypatch.setattr(choose, "LARGEST_LOSS", 10.0)
    choose.choice_for.cache_clear()
    choice = choose_algorithm((1, 64, 224, 224), (64, 64, 3, 3))
    choose.choice_for.cache_clear()
    assert choice.name == "im2col"
    assert choice.reason.endswith("winograd would be faster, but less accurate than we promise")


@pytest.mark.parametrize(
    ("x_shape", "weight_shape"),
    [
        ((1, 64, 40, 40), (64, 64, 3, 3)),
        ((1, 2, 30, 30), (2, 2, 3, 3)),
        ((2, 1, 90, 99), (1, 1, 31, 31)),
    ],
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_auto_is_what_is_chosen(x_shape, weight_shape, dtype):
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal(x_shape).astype(dtype), rng.standard_normal(weight_shape)
    name = choose_algorithm(x_shape, weight_shape, padding=1, dtype=dtype).name
    same_bits(conv2d(x, weight, padding=1), conv2d(x, weight, padding=1, algorithm=name))


def test_all_three_are_chosen_somewhere():
    shapes = [((1, 64, 40, 40), (64, 64, 3, 3)), ((1, 2, 30, 30), (2, 2, 3, 3))]
    shapes.append(((1, 1, 256, 256), (1, 1, 31, 31)))
    assert [choose_algorithm(*pair).name for pair in shapes] == ["winograd", "im2col", "fft"]


@pytest.mark.parametrize(
    ("input_shape", "weight_shape", "options", "error", "message"),
    [
        ((1, 3, 9), (4, 3, 3, 3), {}, ShapeError, r"input_shape must be \(N, C, H, W\)"),
        ((1, 3, 9, 9), (4, 3, 3), {}, ShapeError, r"weight_shape must be \(O, C"),
        (
            (1, 3, 9, 9),
            (4, 3, 3, 10**30),
            {},
            ConfigError,
            r"weight_shape\[3\] must be an integer of at most",
        ),
        ((1, 4, 9, 9), (4, 3, 3, 3), {}, ShapeError, "4 channels, the kernels expect 3"),
        ((1, 3, 9, 9), (4, 3, 3, 3), {"groups": 3}, ConfigError, "does not divide the 4 filters"),
        ((1, 3, 2, 9), (4, 3, 3, 3), {}, ShapeError, "larger than the picture"),
        ((1, 3, 9, 9), (4, 3, 3, 3), {"stride": 0}, ConfigError, "stride must be an integer"),
        ((1, 3, 9, 9), (4, 3, 3, 3), {"dtype": complex}, DTypeError, "complex128"),
    ],
)
def test_wrong_calls(input_shape, weight_shape, options, error, message):
    with pytest.raises(error, match=message):
        choose_algorithm(input_shape, weight_shape, **options)


def test_the_faster_of_two_that_are_good(monkeypatch):
    """Where columns cost a thousand times as much, both others are better than im2col."""
    monkeypatch.setattr(choose, "COLUMN", 400.0)
    choose.choice_for.cache_clear()
    shapes = (1, 64, 56, 56), (64, 64, 3, 3)
    found = choose.estimates(64, shapes[1], Window(3), (54, 54), "f")
    choice = choose_algorithm(*shapes)
    choose.choice_for.cache_clear()
    assert [estimate.name for estimate in found] == ["im2col", "winograd", "fft"]
    assert found[1].time < found[2].time < found[0].time
    assert choice.name == "winograd"


def test_the_dtype_that_it_is_computed_in():
    assert [choose._computed_in(d) for d in ("f8", ">f8", "f4", "f2", "u1", "i8", bool)] == [
        *"dd",
        *"fffff",
    ]


def test_bytes_are_chosen_for_as_float32():
    shapes = (1, 64, 40, 40), (64, 64, 3, 3)
    assert choose_algorithm(*shapes, dtype=np.uint8) == choose_algorithm(*shapes)
    assert isinstance(choose_algorithm(*shapes), Choice)
