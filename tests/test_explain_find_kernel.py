"""find_kernel recovers random kernels, says where it cannot, and needs little memory."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pairs

from minicnn import Conv2D, conv2d, images, kernels, relu, viz
from minicnn.errors import ConfigError, DTypeError, LimitError, ShapeError
from minicnn.explain import find_kernel, least_squares
from minicnn.explain.found_kernel import percent


@st.composite
def cases(draw, max_channels=2):
    """Draw pictures, a weight and a bias; enough windows for all unknowns."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kernel = draw(pairs(1, 4))
    channels, filters = draw(st.integers(1, max_channels)), draw(st.integers(1, max_channels))
    size = [k + draw(st.integers(8, 14)) for k in kernel]
    x = rng.uniform(0, 1, (draw(st.integers(1, 2)), channels, *size))
    weight = rng.standard_normal((filters, channels, *kernel)) * 10.0 ** draw(st.integers(-3, 3))
    bias = rng.standard_normal(filters) if draw(st.booleans()) else None
    return x, weight, bias


def check_text(found):
    text = str(found)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    json.dumps(found.to_dict(), allow_nan=False)


@given(cases())
def test_a_random_kernel_is_found_again(case):
    x, weight, bias = case
    y = conv2d(x, weight, bias)
    found = find_kernel(x, y, weight.shape[2:], bias=bias is not None)
    assert np.allclose(found.weight, weight, rtol=1e-9, atol=1e-9 * np.abs(weight).max())
    if bias is not None:
        assert np.allclose(found.bias, bias, rtol=1e-7, atol=1e-9 * np.abs(weight).max())
    assert found.r2 == pytest.approx(1)
    assert not found.unknown.any()
    assert np.allclose(found.layer(x), y, atol=1e-6 * np.abs(y).max())
    check_text(found)


@given(cases(), st.sampled_from(["reflect", "edge", "constant", "wrap"]))
def test_a_picture_of_the_same_size_is_matched_whatever_its_border(case, mode):
    x, weight, _ = case
    kh, kw = weight.shape[2:]
    before, after = ((k - 1) // 2 for k in (kh, kw)), (k // 2 for k in (kh, kw))
    around = [(0, 0), (0, 0), *zip(before, after, strict=True)]
    y = conv2d(np.pad(x, around, mode=mode), weight)
    assert y.shape[2:] == x.shape[2:]
    found = find_kernel(x, y, (kh, kw))
    assert np.allclose(found.weight, weight, rtol=1e-8, atol=1e-9 * np.abs(weight).max())
    assert found.corner == ((kh - 1) // 2, (kw - 1) // 2)


@given(cases(), st.integers(1, 10_000))
def test_bands_of_any_size_give_the_same_kernel(case, size):
    x, weight, _ = case
    y = conv2d(x, weight)
    whole = find_kernel(x, y, weight.shape[2:])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(least_squares, "BAND_BYTES", size)
        banded = find_kernel(x, y, weight.shape[2:])
    assert np.allclose(banded.weight, whole.weight, rtol=1e-9, atol=1e-9 * np.abs(weight).max())
    assert banded.windows == whole.windows == len(x) * y.shape[2] * y.shape[3]


@given(cases(max_channels=1), st.integers(0, 99), st.floats(0.01, 0.3))
def test_it_is_the_least_squares_solution_and_its_errors_are_the_textbooks(case, seed, noise):
    x, weight, _ = case
    rng = np.random.default_rng(seed)
    y = conv2d(x, weight)
    y += noise * rng.standard_normal(y.shape) * max(np.ptp(y), 1e-9)
    found = find_kernel(x, y, weight.shape[2:])
    windows = np.lib.stride_tricks.sliding_window_view(x[:, 0], weight.shape[2:], axis=(1, 2))
    a, b = windows.reshape(-1, weight[0, 0].size), y[:, 0].ravel()
    solution, squares, *_ = np.linalg.lstsq(a, b, rcond=None)
    assert np.allclose(
        found.weight.ravel(), solution, rtol=1e-6, atol=1e-9 * np.abs(solution).max()
    )
    assert found.r2 == pytest.approx(1 - squares[0] / ((b - b.mean()) ** 2).sum(), abs=1e-9)
    assert found.residual.ravel() @ a[:, 0] == pytest.approx(0, abs=1e-6 * np.abs(b).sum())
    covariance = squares[0] / (len(b) - a.shape[1]) * np.linalg.inv(a.T @ a)
    assert np.allclose(found.error.ravel(), np.sqrt(np.diag(covariance)), rtol=1e-5)
    n, o, row, column = found.worst
    assert abs(found.residual[n, o, row, column]) == np.abs(found.residual).max()


@given(st.integers(0, 2**32 - 1), pairs(2, 4), st.booleans())
def test_stripes_tell_sums_along_them_and_nothing_else(seed, size, upright):
    rng = np.random.default_rng(seed)
    line = rng.uniform(0, 1, 30)
    x = np.tile(line, (25, 1)) if upright else np.tile(line[:, None], (1, 25))
    weight = rng.standard_normal(size)
    found = find_kernel(x, conv2d(x[None, None], weight[None, None])[0, 0], size)
    assert found.unknown.all()
    assert found.blind == (size[0] - 1) * size[1] if upright else (size[1] - 1) * size[0]
    axis = 0 if upright else 1
    assert np.allclose(found.kernel.sum(axis=axis), weight.sum(axis=axis), atol=1e-8)
    assert f"the sum of each {'column' if upright else 'row'}" in found.known_sums
    assert np.isinf(found.error).all()
    assert "cannot be told" in str(found)
    check_text(found)


def test_only_the_weights_in_the_dark_are_unknown():
    """The last column of the kernel sees nothing but 0: it, and only it, cannot be told."""
    x = np.zeros((20, 12))
    x[:, :10] = np.random.default_rng(0).uniform(0, 1, (20, 10))
    y = conv2d(x[None, None], kernels.get("sobel_x").values[None, None])[0, 0]
    assert not find_kernel(x, y, 3).unknown.any()
    two = np.random.default_rng(1).uniform(0, 1, (2, 20, 20))
    two[1] = 0
    found = find_kernel(two, conv2d(two[None], np.ones((1, 2, 3, 3)))[0], 3)
    assert not found.unknown[0].any()
    assert found.unknown[1].all()
    assert found.blind == 9


def test_fewer_windows_than_weights():
    x = np.random.default_rng(0).uniform(0, 1, (4, 4))
    found = find_kernel(x, np.ones((2, 2)), 3)
    assert found.windows == 4
    assert found.blind == 5
    assert np.allclose(found.residual, 0)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_flat_pictures(value):
    x = np.full((9, 8), value)
    found = find_kernel(x, 2 * x, 3)
    assert found.unknown.all()
    assert found.r2 == 1
    assert found.kernel.sum() == pytest.approx(2 if value else 0)
    check_text(found)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_a_cut_is_found_and_the_kernel_behind_it(seed, both_ends):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, (20, 25))
    kernel = rng.standard_normal((3, 3))
    kernel -= kernel.mean()
    y = conv2d(x[None, None], kernel[None, None])[0, 0]
    high = float(np.quantile(y, 0.9))
    cut = np.clip(y, 0, high) if both_ends else relu(y)
    found = find_kernel(x, cut, 3)
    assert found.clip is not None
    assert np.allclose(found.clip.weight[0, 0], kernel, atol=1e-6)
    assert found.clip.ends == ((0.0, high) if both_ends else (0.0,))
    assert "cut off at 0" in found.verdict
    check_text(found)


def test_what_is_no_convolution_is_said_so():
    x = images.photograph(channels=1)[0, 0, 100:200, 100:220]
    for after in (np.sqrt(x), x**2, np.median([x, np.roll(x, 1, 0), np.roll(x, 1, 1)], axis=0)):
        found = find_kernel(x, after, 3, bias=True)
        assert found.clip is None
        assert 0 < found.r2 < 1 - 1e-4
        assert "no convolution" in found.verdict or "rounding" in found.verdict
    unrelated = np.random.default_rng(0).uniform(0, 1, x.shape)
    assert find_kernel(x, unrelated, 3).r2 < 0.1


@pytest.mark.parametrize("name", ["sobel_x", "sharpen", "box_3", "gaussian_5x5"])
def test_a_kernel_of_the_bank_is_recognised(name):
    x = images.photograph(channels=1)
    kernel = kernels.get(name)
    found = find_kernel(x, Conv2D.from_kernels(kernel)(x), kernel.shape)
    assert found.like == name
    assert np.allclose(found.kernel, kernel.values, atol=1e-5)


def test_memory_is_bounded_by_the_kernel_not_by_the_picture(monkeypatch):
    x = np.random.default_rng(0).uniform(0, 1, (1, 1, 500, 700))
    y = conv2d(x, np.ones((1, 1, 5, 5)))
    monkeypatch.setattr(least_squares, "BAND_BYTES", 1 << 20)
    tracemalloc.start()
    find_kernel(x, y, 5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    whole_matrix = 25 * y.nbytes
    assert peak < 8 * y.nbytes < whole_matrix / 3


@pytest.mark.parametrize(
    ("before", "after", "size", "error", "words"),
    [
        ([[1.0]], np.ones((2, 2)), 1, DTypeError, "before must be a NumPy array"),
        (np.ones(3), np.ones(3), 1, ShapeError, "must be a picture"),
        (np.ones((5, 5)), np.ones((4, 5)), 3, ShapeError, "3 x 3 .no padding"),
        (np.ones((2, 2)), np.ones((2, 2)), 3, ShapeError, "does not fit"),
        (np.ones((2, 1, 5, 5)), np.ones((1, 1, 5, 5)), 3, ShapeError, "2 pictures before"),
        (np.full((5, 5), np.nan), np.ones((5, 5)), 3, ConfigError, "25 pixels that are NaN"),
        (np.ones((90, 90)), np.ones((90, 90)), 60, LimitError, "3000 unknowns"),
        (np.ones((5, 5)), np.ones((5, 5)), 0, ConfigError, "size"),
        (np.ones((5, 5)), np.ones((5, 5)), "3", ConfigError, "size"),
    ],
)
def test_wrong_calls_are_refused(before, after, size, error, words):
    with pytest.raises(error, match=words):
        find_kernel(before, after, size)


def test_there_is_no_single_kernel_of_many():
    x = np.random.default_rng(0).uniform(0, 1, (3, 20, 20))
    found = find_kernel(x, x, 3)
    with pytest.raises(ShapeError, match=r"found\.weight"):
        _ = found.kernel
    assert np.allclose(found.weight[:, :, 1, 1], np.eye(3), atol=1e-9)
    with pytest.raises(ConfigError, match="bias"):
        find_kernel(x, x, 3, bias=1)


@given(st.floats(0, 1))
def test_a_share_is_never_rounded_to_all(share):
    assert (percent(share) == "100 %") == (share >= 1 - 1e-9)


def photo():
    return images.photograph(channels=1)[:, :, ::6, ::6].astype(float)


def convolved(x, name, factor=1.0):
    return conv2d(x, factor * kernels.get(name).values[None, None])


def test_a_cut_convolution_is_printed_with_the_kernel_it_was():
    x = photo()
    found = find_kernel(x, np.maximum(convolved(x, "sobel_x"), 0))
    text = str(found)
    assert "Without the pixels that were cut off:\n  -1  0  1\n  -2  0  2\n  -1  0  1" in text
    assert "Of all pixels:" in text


@pytest.mark.parametrize(("size", "bias"), [(3, False), (2, False), (2, True)])
def test_too_few_windows_show_nothing_whatever_was_done(size, bias):
    rng = np.random.default_rng(0)
    windows = size**2 + bias
    x = rng.standard_normal((size, size + windows - 1))
    found = find_kernel(x, rng.standard_normal((1, windows)), size, bias=bias)
    assert found.r2 > 0.999  # and all the same
    assert f"Nothing is shown: {windows} windows for {windows} weights" in found.verdict
    assert "explains the change" not in str(found)


def test_noise_is_called_noise_and_the_kernel_is_named_all_the_same():
    x, rng = photo(), np.random.default_rng(0)
    y = convolved(x, "sobel_x")
    found = find_kernel(x, y + 0.2 * rng.standard_normal(y.shape))
    assert found.noise
    assert found.like == "sobel_x"
    assert "the rest looks like noise" in found.verdict


@given(st.integers(0, 2**32 - 1))
def test_what_is_not_linear_is_not_called_noise(seed):
    """Even where each pixel is changed by itself, and no two pixels go together."""
    x = np.random.default_rng(seed).uniform(0, 1, (1, 1, 60, 50))
    for after in (x**2, np.sqrt(x)):
        assert not find_kernel(x, after, 3, bias=True).noise


def test_a_missing_constant_is_suggested():
    x = photo()
    found = find_kernel(x, 1 - x)
    assert "With bias=True: One kernel explains the change completely." in str(found)
    assert found.to_dict()["with_bias"]
    cut = find_kernel(x, np.maximum(convolved(x, "sobel_x") + 0.3, 0))
    assert "With bias=True: A convolution that was cut off at 0" in " ".join(str(cut).split())
    assert find_kernel(x, 1 - x, bias=True).with_bias == ""
    assert find_kernel(x, np.sort(x, axis=3)).with_bias == ""


@pytest.mark.parametrize(
    ("factor", "what"),
    [(1, "It is sobel_x."), (0.25, "It is sobel_x times 0.25."), (-1, "It is robinson_w.")],
)
def test_multiples_of_known_kernels_are_named(factor, what):
    x = photo()
    assert find_kernel(x, convolved(x, "sobel_x", factor)).what == what


def test_a_kernel_without_a_name_is_x_rayed():
    x = photo()
    found = find_kernel(x, np.roll(x, (1, -1), (2, 3)))
    assert found.what == "Shift: moves the picture 1 pixel down and 1 pixel left."
    assert found.what in str(found)


def test_next_to_nothing_beside_another_kernel_is_0():
    x = images.photograph()[:, :, ::8, ::8].astype(float)
    weight = np.zeros((1, 3, 2, 2))
    weight[0, 1] = [[1, 2], [3, 4]]
    found = find_kernel(x, conv2d(x, weight), 2)
    assert "from channel 0 to map 0:\n  0 0\n  0 0\n" in str(found)
    drawn = viz.plot_found_kernel(found, figure=viz.new_figure()).axes[0].images
    shown = [np.asarray(image.get_array()).ravel() for image in drawn]
    assert sum(values.shape == (4,) and not values.any() for values in shown) == 2
    scales = {image.get_clim() for image, v in zip(drawn, shown, strict=True) if v.shape == (4,)}
    assert len(scales) == 1


def test_a_wide_kernel_is_cut_between_columns():
    x = photo()
    lines = str(find_kernel(x, conv2d(x, np.full((1, 1, 1, 21), 1 / 21)), (1, 21))).splitlines()
    row = next(line for line in lines if line.endswith(" .."))
    assert set(row.split()) == {"0.0476", ".."}


@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_what_cannot_be_squared_is_refused(scale):
    with pytest.raises(ConfigError, match="Scale the pictures"):
        find_kernel(photo() * scale, photo())


def test_channels_last_are_recognised():
    x = np.zeros((20, 30, 3))
    with pytest.raises(ShapeError, match=r"looks like \(H, W, C\), channels last"):
        find_kernel(x, x)
