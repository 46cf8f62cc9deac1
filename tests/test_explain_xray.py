"""The x-ray: rebuilds separable kernels, knows derivatives, agrees with waves; stacks collapse."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, pairs

from minicnn import (
    BatchNorm2D,
    Conv2D,
    Dropout,
    Pad,
    ReLU,
    Residual,
    Sequential,
    conv2d,
    explain,
    images,
    kernels,
)
from minicnn.errors import ConfigError, MiniCNNError, ShapeError, UnsupportedError
from minicnn.explain.xray_frequency import frequency
from minicnn.explain.xray_shape import factors, moments, symmetry


@st.composite
def matrices(draw, low=1, high=6, whole=True):
    return draw(arrays(draw(pairs(low, high)), np.float64, whole=whole))


@st.composite
def vectors(draw, high=7):
    values = draw(st.lists(st.integers(-9, 9), min_size=1, max_size=high))
    return np.array(values, float) if any(values) else np.array([*values[1:], 3.0])


@given(vectors(), vectors(), st.sampled_from([1.0, 1 / 16, 0.1, -2.5, 1e-6, 1e7]))
def test_a_separable_kernel_is_rebuilt_from_its_two_vectors(column, row, factor):
    kernel = factor * np.outer(column, row)
    found = explain.xray(kernel).factors
    assert found.rank == 1
    assert found.separable
    assert np.allclose(found.factor * np.outer(found.column, found.row), kernel, rtol=1e-12, atol=0)
    for vector in (found.column, found.row):  # small whole numbers, without a common divisor
        assert np.array_equal(vector, np.rint(vector))
        assert np.gcd.reduce(vector.astype(int)) == 1
    assert found.in_passes == len(column) + len(row)


@given(st.integers(0, 2**32 - 1), pairs(2, 6), st.integers(1, 5))
def test_the_rank_is_how_many_products_were_added_up(seed, shape, count):
    rng = np.random.default_rng(seed)
    parts = [np.outer(rng.standard_normal(shape[0]), rng.standard_normal(shape[1]))
             for _ in range(count)]  # fmt: skip
    assert factors(np.sum(parts, axis=0)).rank == min(count, *shape)


@given(matrices())
def test_symmetries_are_what_turning_and_mirroring_give(kernel):
    even, odd = kernel + kernel[::-1, ::-1], kernel - kernel[::-1, ::-1]
    assert symmetry(even).turned == "same"
    assert symmetry(odd).turned in ("opposite", "same")
    assert (symmetry(odd).turned == "same") == (not odd.any())
    assert symmetry(kernel + kernel[:, ::-1]).left_right == "same"
    assert symmetry(kernel + kernel[::-1]).up_down == "same"
    if kernel.shape[0] == kernel.shape[1]:
        assert symmetry(kernel + kernel.T).transposed == "same"


@given(matrices(), st.integers(-3, 3), st.integers(-3, 3), st.integers(-3, 3))
def test_moments_are_the_answers_to_flat_sloping_and_curved_pictures(kernel, a, b, c):
    found = moments(kernel)
    rows, columns = kernel.shape
    down = np.arange(rows)[:, None] - (rows - 1) / 2
    right = np.arange(columns)[None] - (columns - 1) / 2

    def answer(picture):
        return float((np.broadcast_to(picture, kernel.shape) * kernel).sum())

    assert np.isclose(answer(np.array(a)), a * found.total)
    slope = answer(a + b * down + c * right)
    assert np.isclose(slope, a * found.total + b * found.slope[0] + c * found.slope[1])
    bent = answer(b * down**2 / 2 + c * right**2 / 2 + a * down * right)
    y, x, mixed = found.curvature
    assert np.isclose(bent, b * y + c * x + a * mixed)
    if found.order is not None and found.order >= 1:
        assert found.total == 0
    if found.order is not None and found.order >= 2:
        assert found.slope == (0, 0)


@given(matrices(high=5), st.integers(0, 2**32 - 1))
def test_the_order_does_not_depend_on_where_the_kernel_lies(kernel, seed):
    wide = np.pad(kernel, np.random.default_rng(seed).integers(0, 3, (2, 2)))
    assert moments(wide).order == moments(kernel).order


@pytest.mark.parametrize(("angle", "name"), [(0, "sobel_x"), (-90, "sobel_y"), (45, "sobel_ne"),
                                             (-45, "sobel_se"), (90, "kirsch_n")])  # fmt: skip
def test_the_direction_of_a_derivative_is_that_of_the_bank(angle, name):
    found = explain.xray(name)
    assert found.moments.order == 1
    assert found.moments.angle == pytest.approx(angle)


@given(matrices(whole=False), st.integers(0, 64), st.integers(0, 64))
def test_the_gain_is_what_a_wave_is_multiplied_by(kernel, i, j):
    found = frequency(kernel)
    down, right = found.axis[i], found.axis[j]
    y, x = np.indices((kernel.shape[0] + 3, kernel.shape[1] + 2))
    wave = np.exp(2j * np.pi * (down * y + right * x))
    parts = [
        conv2d(np.ascontiguousarray(part)[None, None], kernel[None, None])[0, 0]
        for part in (wave.real, wave.imag)
    ]
    amplitude = np.abs(parts[0] + 1j * parts[1])
    scale = np.abs(kernel).sum()
    assert np.allclose(amplitude, found.gain[i, j], atol=1e-9 * scale)
    assert found.gain[32, 32] == pytest.approx(abs(kernel.sum()), abs=1e-9 * scale)
    assert found.peak >= found.gain.max()
    assert abs(_wave(kernel, *found.at)) == pytest.approx(found.peak, abs=1e-9 * scale)


def _wave(kernel, down, right):
    y, x = np.indices(kernel.shape)
    return (kernel * np.exp(2j * np.pi * (down * y + right * x))).sum()


@given(matrices(high=5))
def test_no_wave_has_a_greater_gain_than_the_peak(kernel):
    """Not even between the points of the grid that is drawn."""
    found, fine = frequency(kernel), np.linspace(-0.5, 0.5, 401)
    down, right = (np.exp(2j * np.pi * np.outer(fine, np.arange(n))) for n in kernel.shape)
    assert np.abs(down @ kernel @ right.T).max() <= found.peak * (1 + 1e-7) + 1e-12


@pytest.mark.parametrize(("period", "angle"), [(4, 45), (6, 30), (5, 100)])
def test_a_gabors_stripes_are_found_as_they_were_made(period, angle):
    what = explain.xray(kernels.gabor(period, angle)).what
    lies = {45: "falling", 30: "120-degree", 100: "10-degree"}[angle]
    assert (
        what
        == f"Stripe detector: answers most to {lies} stripes, {period} pixels from one to the next."
    )


def test_a_kernel_with_its_strongest_wave_among_the_fine_is_not_called_low_pass():
    kernel = np.random.default_rng(1).standard_normal((31, 31))
    found = explain.xray(kernel).frequency
    assert found.period < 3
    assert found.kind == "uneven"


def test_words_are_english_and_numbers_short():
    assert "along an upright line" in explain.xray([[1], [1]]).what
    assert "1 multiplication a pixel" in str(explain.xray([[1]]))
    assert len(str(explain.xray([[1e-90, -1e-90]])).splitlines()) < 25
    text = " ".join(str(explain.xray("box_3")).split())
    assert "left and right may change places, and so may" not in text  # it is so in every way
    text = " ".join(str(explain.xray("line_vertical")).split())
    assert "left and right may change places, and so may top and bottom" in text
    assert explain.xray("box_3").probes[4].words == "the kernel itself"
    assert explain.xray("sobel_x").probes[4].words == "the kernel itself, turned by 180 degrees"
    names = ("laplacian_4", "gaussian_5x5")
    both = explain.collapse(Sequential(*map(Conv2D.from_kernels, names))).weight[0, 0]
    text = " ".join(str(explain.xray(both)).split())
    assert "49 multiplications a pixel, 28 in 4 passes" in text


@pytest.mark.parametrize(("kernel", "kind"), [
    ("identity", "all-pass"), ("box_3", "low-pass"), ("gaussian_5x5", "low-pass"),
    ("motion_7_45", "low-pass"), ("sobel_x", "band-pass"), ("ridge_8", "high-pass"),
    ("roberts_se", "high-pass"), ("sharpen", "high-boost"), ("gabor_4_45", "band-pass"),
    ([[0, 0], [0, 0]], "nothing"), ([[1, 0, 1]], "band-stop"),
])  # fmt: skip
def test_what_it_lets_through_has_a_name(kernel, kind):
    assert explain.xray(kernel).frequency.kind == kind


@given(matrices(high=4))
def test_each_answer_is_the_kernels_own(kernel):
    for probe in explain.xray(kernel).probes:
        y = conv2d(probe.picture[None, None], kernel[None, None])[0, 0]
        assert np.array_equal(probe.answer, y)
    dot = explain.xray(kernel).probes[4].answer
    middle = explain.xray(kernel).probes[4].picture.shape[0] // 2
    top, left = middle - kernel.shape[0] + 1, middle - kernel.shape[1] + 1
    seen = dot[top : top + kernel.shape[0], left : left + kernel.shape[1]]
    assert np.array_equal(seen, kernel[::-1, ::-1])
    assert np.count_nonzero(dot) == np.count_nonzero(kernel)


@pytest.mark.parametrize(("kernel", "words"), [
    ("identity", "Identity: leaves the picture as it is."),
    ([[0, 0, 2]], "Shift: moves the picture 1 pixel left, times 2."),
    ([[0], [0], [1]], "Shift: moves the picture 1 pixel up."),
    ("box_3", "Blur: a plain mean of 9 pixels"), ("motion_7_45", "smeared along a rising line"),
    ("gaussian_5x5", "Gaussian of sigma 1."), ("sharpen", "Sharpening"), ("emboss", "upper left"),
    ("scharr_y", "First derivative downward"), ("laplacian_4", "positive on dark spots"),
    ("ridge_8", "positive on bright spots"), ("line_vertical", "bright upright lines"),
    ("line_falling", "bright falling lines"), ("saddle", "Saddle"),
    ("gabor_4_135", "rising stripes, 4 pixels"), ([[0]], "every number is 0"),
    ([[1, -3, 3, -1]], "stripes"), ([[1, -2, 1], [-1, 2, -1]], "order 3"),
])  # fmt: skip
def test_it_says_what_a_kernel_is(kernel, words):
    assert words in explain.xray(kernel).what


def check_text(record):
    text = str(record)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert repr(record) == text
    json.dumps(record.to_dict(), allow_nan=False)


@given(matrices(high=8, whole=False), st.sampled_from([1.0, 1e-90, 1e90]))
def test_any_kernel_can_be_looked_at(kernel, size):
    with np.errstate(all="raise"):
        found = explain.xray(kernel * size)
    check_text(found)


@pytest.mark.parametrize("name", kernels.BANK)
def test_every_kernel_of_the_bank_is_told_of(name):
    check_text(explain.xray(name))
    check_text(explain.xray(kernels.Kernel("caf\N{LATIN SMALL LETTER E WITH ACUTE}", [[1]])))


def test_a_kernel_of_any_size_prints():
    check_text(explain.xray(kernels.gaussian(9)))
    check_text(explain.xray(np.ones((1, 200))))


@pytest.mark.parametrize("wrong", ["edges", "sobels", [1, 2], [[np.nan]], [[1e200]], None, []])
def test_what_is_not_one_kernel_is_refused(wrong):
    with pytest.raises(MiniCNNError):
        explain.xray(wrong)


# --- collapse ---


def whole_norm(channels, rng, *, affine):
    """Return a batch norm that divides by powers of two, so that nothing is rounded."""
    norm = BatchNorm2D(channels, eps=0, affine=affine)
    for name in ("running_mean", "weight", "bias")[: 3 if affine else 1]:
        setattr(norm, name, rng.integers(-3, 4, channels).astype(float))
    norm.running_var = 4.0 ** rng.integers(-1, 2, channels)
    return norm


@st.composite
def stacks(draw, padding=True):
    """Draw a stack of convolutions and padding, and a picture for it."""
    channels = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    layers, first = [], channels
    if padding and draw(st.booleans()):
        mode = draw(st.sampled_from(["zeros", "reflect"]))
        layers.append(Pad(draw(st.integers(0, 2)), mode=mode))
    for _ in range(draw(st.integers(1, 3))):
        groups = draw(st.sampled_from([g for g in (1, 2, 3) if channels % g == 0]))
        out = groups * draw(st.integers(1, 2))
        pad = draw(st.integers(0, 2)) if padding else 0
        layer = Conv2D(
            channels, out, draw(pairs(1, 3)), stride=draw(pairs(1, 2)), dilation=draw(pairs(1, 2)),
            padding=pad, groups=groups, bias=draw(st.booleans()),
        )  # fmt: skip
        layer.weight = rng.integers(-3, 4, layer.weight.shape).astype(float)
        if layer.bias is not None:
            layer.bias = rng.integers(-3, 4, out).astype(float)
        layers.append(layer)
        channels = out
        if draw(st.integers(0, 2)) == 0:
            layers.append(whole_norm(channels, rng, affine=draw(st.booleans())))
        if padding and draw(st.integers(0, 4)) == 0:
            layers.append(Pad(((0, 1), (1, 0)), mode="replicate"))
    height, width = 40 + draw(st.integers(0, 5)), 43 + draw(st.integers(0, 5))
    x = rng.integers(-5, 6, (2, first, height, width)).astype(float)
    return Sequential(*layers), x


@given(stacks(padding=False))
def test_a_stack_without_padding_is_its_one_kernel_exactly(case):
    model, x = case
    one = explain.collapse(model)
    assert one.exact
    assert np.array_equal(one(x), model(x))  # whole numbers: no rounding
    rows, columns = one.interior(*x.shape[2:])
    assert (rows.stop, columns.stop) == model(x).shape[2:]


@given(stacks())
def test_padding_limits_where_it_is_exact_and_the_limit_is_told(case):
    model, x = case
    one = explain.collapse(model, x.shape)
    y, z = model(x), one(x)
    assert y.shape == z.shape
    rows, columns = one.interior(*x.shape[2:])
    assert np.array_equal(y[:, :, rows, columns], z[:, :, rows, columns])
    if one.exact:
        assert np.array_equal(y, z)
    check_text(one)


@given(st.integers(1, 3), st.integers(0, 3), pairs(1, 3))
def test_the_limit_is_as_wide_as_it_can_be(first, padding, stride):
    """The values that are left out are just those that see padding between the layers."""
    size = 30
    before = Conv2D(1, 1, (first, 2), stride=stride)
    after = Conv2D(1, 1, 3, padding=padding)
    model = Sequential(before, after)
    rows, columns = explain.collapse(model).interior(size, size)
    oh, ow = before.output_shape((1, 1, size, size))[2:]
    inside = np.ones((1, 1, oh, ow))
    after.weight, after.bias = np.ones((1, 1, 3, 3)), None
    clean = after(inside)[0, 0] == 9
    expected = np.zeros_like(clean)
    expected[rows, columns] = True
    assert np.array_equal(clean, expected)


def test_same_padding_needs_the_pictures_size():
    model = Sequential(Conv2D(1, 1, 3), Conv2D(1, 1, 3, stride=2, padding="same"))
    with pytest.raises(ConfigError, match="input_shape"):
        explain.collapse(model)
    x = images.disc(21)
    one = explain.collapse(model, x.shape)
    rows, columns = one.interior(21, 21)
    y = model(x)
    assert one(x).shape == y.shape
    assert np.allclose(one(x)[:, :, rows, columns], y[:, :, rows, columns], atol=1e-6)


def test_a_nested_model_collapses_and_what_is_not_linear_is_named():
    inner = Sequential(Conv2D(1, 2, 3), Sequential(Conv2D(2, 1, 3)))
    assert explain.collapse(Sequential(inner)).kernel_size == (5, 5)
    with pytest.raises(UnsupportedError, match="step relu is a ReLU"):
        explain.collapse(Sequential(Conv2D(1, 1, 3), ReLU()))
    for wrong in (None, Sequential(), Sequential(Pad(1))):
        with pytest.raises(ConfigError):
            explain.collapse(wrong)
    for three in (Conv2D(3, 1, 3), BatchNorm2D(3)):
        with pytest.raises(ShapeError, match="expects 3 channels"):
            explain.collapse(Sequential(Conv2D(1, 2, 3), three))
    with pytest.raises(UnsupportedError, match="step add is a Add"):
        explain.collapse(Residual(Conv2D(1, 1, 3, padding=1)))


def test_a_batch_norm_goes_into_the_convolution_before_it():
    model = Sequential(Conv2D(2, 3, 3, bias=False, rng=0), BatchNorm2D(3), Dropout(0.5))
    x = np.random.default_rng(0).random((2, 2, 6, 7))
    one = explain.collapse(model)
    assert one.kernel_size == (3, 3)
    assert one.stack_weights == 2 * 3 * 9 + 4 * 3
    np.testing.assert_allclose(one(x), model(x), rtol=1e-12)
    assert explain.collapse(BatchNorm2D(2))(x).shape == x.shape
    for layer in (BatchNorm2D(2), Dropout(0.5)):
        learner = Sequential(Conv2D(2, 2, 1), layer).for_training(0)
        with pytest.raises(UnsupportedError, match=r"not its for_training\(\)"):
            explain.collapse(learner)


@given(stacks(), st.integers(0, 9))
def test_what_a_relu_between_changes_is_what_the_two_models_differ_by(case, seed):
    model, x = case
    convolutions = [layer for _, layer in model.leaves() if isinstance(layer, Conv2D)]
    if len(convolutions) < 2:
        with pytest.raises(ConfigError, match="at least two"):
            explain.relu_effect(model, x)
        return
    layers = []
    for layer in model:
        layers += [layer, ReLU()] if layer in convolutions[:-1] else [layer]
    effect = explain.relu_effect(Sequential(*layers), x)
    assert np.array_equal(effect.straight, model(x))
    assert np.array_equal(effect.bent, Sequential(*layers)(x))
    assert len(effect.cut) == len(convolutions) - 1
    check_text(effect)


def test_a_relu_where_nothing_is_negative_changes_nothing():
    stack = Sequential(Conv2D.from_kernels("box_3"), Conv2D.from_kernels("box_3"))
    effect = explain.relu_effect(stack, images.disc(30))
    assert effect.largest == 0
    assert effect.best_r2 == pytest.approx(1)
    assert "changes nothing" in str(effect)
