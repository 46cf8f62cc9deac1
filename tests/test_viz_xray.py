"""The pictures of x-ray, found kernel and coach: what is written, what is drawn, on which scale."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import CenteredNorm
from strategies import arrays, pairs

from minicnn import Conv2D, coach, conv2d, explain, images, relu, viz
from minicnn.errors import ConfigError

GALLERY = Path(__file__).resolve().parent.parent / "examples" / "gallery"


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def check_page(figure):
    """Assert that every text lies on the page, and that no two lie on each other."""
    figure.canvas.draw()
    page = figure.bbox
    boxes = [(t.get_text(), t.get_window_extent()) for t in figure.axes[0].texts if t.get_text()]
    for text, box in boxes:
        assert box.x0 >= page.x0, text
        assert box.x1 <= page.x1 + 1, text
        assert box.y0 >= page.y0, text
        assert box.y1 <= page.y1, text
    for i, (text, box) in enumerate(boxes):
        for other, second in boxes[i + 1 :]:
            apart = (
                box.x1 <= second.x0 + 1
                or second.x1 <= box.x0 + 1
                or box.y1 <= second.y0 + 4
                or second.y1 <= box.y0 + 4
            )
            assert apart, (text, other)


@pytest.mark.parametrize("kernel", ["sobel_x", "ridge_8", "gaussian_5x5", "gabor_4_45", "emboss",
                                    [[1, -1]], [[2], [1]], [[0.0]], "motion_7_45"])  # fmt: skip
def test_an_xray_fits_its_page_and_shows_the_kernels_answers(kernel):
    found = explain.xray(kernel)
    figure = viz.plot_xray(kernel, figure=viz.new_figure())
    check_page(figure)
    assert texts(figure)[0] == found.kernel.name
    shown = [np.asarray(image.get_array()) for image in figure.axes[0].images]
    assert any(np.array_equal(values, found.values) for values in shown)
    norms = set()
    for probe in found.probes:
        assert any(np.array_equal(values, probe.picture) for values in shown)
        match = [i for i, v in zip(figure.axes[0].images, shown, strict=True)
                 if v.shape == probe.answer.shape and np.allclose(v, probe.answer)]  # fmt: skip
        assert match
        norms.add(id(match[-1].norm))
    assert len(norms) <= len(found.probes)


def test_the_answers_share_one_norm_centred_on_0():
    figure = viz.plot_xray("sobel_x", figure=viz.new_figure())
    size = explain.xray("sobel_x").probes[0].answer.shape
    norms = {id(image.norm): image.norm for image in figure.axes[0].images
             if np.shape(image.get_array()) == size}  # fmt: skip
    assert len(norms) == 1
    (norm,) = norms.values()
    assert isinstance(norm, CenteredNorm)
    assert (norm.vmin, norm.vmax) == (-4, 4)


@settings(max_examples=8)
@given(st.data())
def test_any_kernel_can_be_drawn(data):
    kernel = data.draw(arrays(data.draw(pairs(1, 7)), np.float64, whole=False))
    check_page(viz.plot_xray(kernel, figure=viz.new_figure()))


@cache
def found_cases():
    x = images.photograph(channels=1)[:, :, 100:160, 150:200]
    edges = Conv2D.from_kernels("sobel_x")(x)
    many = np.random.default_rng(0).uniform(0, 1, (1, 64, 20, 20))
    rng = np.random.default_rng(1)
    return {
        "all": explain.find_kernel(x, edges),
        "cut": explain.find_kernel(x, relu(edges)),
        "not linear": explain.find_kernel(x, np.sqrt(x), bias=True),
        "stripes": explain.find_kernel(images.stripes(30), images.stripes(30) ** 2),
        "64 channels": explain.find_kernel(many, conv2d(many, rng.normal(size=(2, 64, 3, 3))), 3),
        "colours": explain.find_kernel(images.photograph()[..., :40, :50],
                                       images.photograph()[..., :40, :50], (2, 3)),
        "flat": explain.find_kernel(np.zeros((9, 9)), np.zeros((9, 9))),
        "wide": explain.find_kernel(rng.normal(size=(9, 200)), rng.normal(size=(9, 200)), (1, 30)),
        "tall": explain.find_kernel(rng.normal(size=(200, 9)), rng.normal(size=(200, 9)), (30, 1)),
    }  # fmt: skip


@pytest.mark.parametrize("name", found_cases())
def test_a_found_kernel_fits_its_page(name):
    found = found_cases()[name]
    figure = viz.plot_found_kernel(found, figure=viz.new_figure())
    check_page(figure)
    joined = " ".join(texts(figure)).replace("\N{MINUS SIGN}", "-")
    assert found.verdict.split(":")[0] in joined
    marks = texts(figure).count("?")
    shown = 1 if found.clip is not None else min(found.weight.shape[1], 3)
    assert marks == np.count_nonzero(found.unknown[:shown])
    if found.doubt:
        assert "cannot be told" in joined
    if found.weight.shape[1] > 3:
        assert "3 of 64 channels shown" in joined


def test_after_and_made_share_a_norm_and_the_difference_is_centred():
    found = found_cases()["not linear"]
    shown = viz.plot_found_kernel(found, figure=viz.new_figure()).axes[0].images
    after, made, difference = shown[1:4]
    assert after.norm is made.norm
    assert isinstance(difference.norm, CenteredNorm)
    assert difference.norm.halfrange == pytest.approx(np.abs(found.residual).max())


def flipped(image, kernel, bias=0):
    (h, w), (kh, kw) = image.shape, kernel.shape
    y = np.zeros((h - kh + 1, w - kw + 1))
    for i, j in np.ndindex(y.shape):
        y[i, j] = (image[i : i + kh, j : j + kw] * kernel[::-1, ::-1]).sum()
    return y


def channels_lost(x, weight, bias=None, stride=1, padding=0):
    return conv2d(x[:, :1], weight[:, :1], bias, stride=stride, padding=padding)


FUNCTIONS = {
    "flipped": flipped,
    "channels": channels_lost,
    "raises": lambda x, weight: x[9, 9, 9],
    "None": lambda x, weight: None,
    "NaN": lambda x, weight: conv2d(x, weight) * np.nan,
    "empty": lambda x, weight: np.zeros((0, 2)),
    "number": lambda x, weight: 5.0,
    "text": lambda image, kernel: "$a_{",
    "large": lambda x, weight: np.zeros((40, 60)),
    "right": lambda x, weight: conv2d(x, weight),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_the_coach_says_fits_its_page(name):
    report = coach.check(FUNCTIONS[name], tries=20, integers=False)
    figure = viz.plot_coach(report, figure=viz.new_figure())
    check_page(figure)
    joined = " ".join(texts(figure))
    if report.passed:
        assert "right in all" in joined
    else:
        assert (report.mistake or "does not know") in joined
        assert "The smallest case" in joined
    if report.difference is not None and np.isfinite(report.difference).all():
        assert "difference" in texts(figure)


def test_expected_got_and_difference_are_drawn_on_true_scales():
    report = coach.check(flipped, tries=20)
    drawn = viz.plot_coach(report, figure=viz.new_figure()).axes[0].images
    picture, kernel, expected, got, difference = drawn
    assert np.array_equal(picture.get_array(), report.picture)
    assert np.array_equal(kernel.get_array(), report.kernel)
    assert expected.norm is got.norm
    assert np.array_equal(difference.get_array(), report.difference)
    assert isinstance(difference.norm, CenteredNorm)


@pytest.mark.parametrize(
    ("plot", "wrong"),
    [
        (viz.plot_found_kernel, np.ones((3, 3))),
        (viz.plot_coach, flipped),
        (viz.plot_xray, "edges"),
    ],
)
def test_wrong_calls_are_refused(plot, wrong):
    with pytest.raises(ConfigError):
        plot(wrong, figure=viz.new_figure())
    with pytest.raises(ConfigError, match="figure"):
        plot(wrong, figure=3)


def test_a_channel_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="channel must be from 0 to 0"):
        viz.plot_found_kernel(found_cases()["all"], channel=1, figure=viz.new_figure())


@pytest.mark.parametrize("name", ["07_xray", "08_find_kernel", "10_coach"])
def test_the_gallery_runs_twice(name, tmp_path):
    for _ in range(2 if name == "10_coach" else 1):
        script, folder = str(GALLERY / f"{name}.py"), str(tmp_path / "out")
        command = [sys.executable, "-W", "error", script, folder]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        assert result.stdout.isascii()
        assert max(map(len, result.stdout.splitlines())) <= 80
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert f"{name}.png" in written
    assert all(file.startswith(name) for file in written)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
