"""The picture of a weight's gradient: its data, its signs, its words."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minicnn import Conv2D, Linear, Pad, PReLU, Sequential, explain, images, viz
from minicnn.errors import ConfigError, UnsupportedError


def story(batch=3, index=(0, 0, 1, 2), parameter="weight"):
    x = np.concatenate([images.disc(20) * (n + 1) for n in range(batch)])
    model = Sequential(Pad(1), Conv2D.from_kernels(["sobel_x", "sobel_y"], bias=[0.1, 0.2]))
    return explain.gradient(
        model, x, None, "conv2d", index, parameter=parameter, loss=lambda y, _: (0.5, y / y.size)
    )


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_three_maps_whose_product_is_the_third():
    told = story()
    figure = viz.plot_gradient(told, picture=1, figure=viz.new_figure())
    came_in, came_back, pull = (np.asarray(image.get_array()) for image in figure.axes[0].images)
    np.testing.assert_allclose(came_in * came_back, pull, rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(came_in, told.terms.came_in[1], rtol=1e-6)
    scales = [image.norm for image in figure.axes[0].images]
    assert scales[1].vcenter == scales[2].vcenter == 0
    assert "the pull of picture 1" in texts(figure)


def test_the_bars_are_the_pictures_pulls_and_add_up():
    told = story(batch=11)
    figure = viz.plot_gradient(told, figure=viz.new_figure())
    widths = [patch.get_width() for patch in figure.axes[0].patches if patch.get_height() == 8]
    assert len(widths) == 8 + 2  # the hardest, the others, the gradient
    assert sum(widths[:-1]) == pytest.approx(widths[-1], rel=1e-5)
    assert "the other 3" in texts(figure)
    hardest = int(np.argmax(np.abs(told.terms.products.sum(axis=(1, 2)))))
    assert f"the pull of picture {hardest}" in texts(figure)


def test_a_weight_that_goes_nowhere_and_a_bias():
    still = story(batch=1, index=(0,), parameter="bias")
    assert viz.plot_gradient(still, title="mine $x", figure=viz.new_figure()).axes[0].texts[
        0
    ].get_text() == ("mine $x")


def test_wrong_calls():
    with pytest.raises(ConfigError, match=r"what explain\.gradient returns"):
        viz.plot_gradient(3)
    with pytest.raises(ConfigError, match="sample"):
        viz.plot_gradient(story(), picture=3)
    closed = explain.GradientLedger("s", 0, "L", "w", (0,), 1.0, 2.0, None, None, None)
    with pytest.raises(UnsupportedError, match="not a sum of products"):
        viz.plot_gradient(closed)


def test_the_check_is_said_and_a_failed_one_is_red():
    told = story(batch=2)
    assert "Added up, 800 pulls are the same" in " ".join(texts(drawn(told)))
    wrong = replace(told, check=replace(told.check, ledger=told.check.network + 1))
    red = [t.get_text() for t in drawn(wrong).axes[0].texts if t.get_color() == "#b3003c"]
    assert "not the same" in " ".join(red)


def test_many_pulls_are_counted_as_the_text_counts_them():
    told = story(batch=3)
    assert "Added up, 1,200 pulls" in " ".join(texts(drawn(told)))
    assert "1,200" in str(told)


@pytest.mark.parametrize("batch", [1, 3, 11])
def test_no_band_is_empty(batch):
    figure = drawn(story(batch=batch))
    figure.draw_without_rendering()
    dots = 150 / 72
    bars = [label.get_window_extent() for ax in figure.axes[1:] for label in ax.get_xticklabels()]
    words = {t.get_text(): t.get_window_extent() for t in figure.axes[0].texts}
    assert 6 < (min(box.y0 for box in bars) - words["pull it up"].y1) / dots < 18
    assert 12 < words["the gradient"].y0 / dots < 24


def test_where_each_picture_pulls_once_its_factors_are_said():
    x = np.array([[2.0, 1.0], [0.5, 3.0]])
    told = explain.gradient(
        Linear(2, 1), x, None, 0, (0, 1), loss=lambda *_: (0.0, np.array([[4.0], [-0.25]]))
    )
    assert "1 \u00d7 4 = 4" in texts(drawn(told))
    assert "3 \u00d7 \u22120.25 = \u22120.75" in texts(drawn(told))


@pytest.mark.parametrize("name", ["1", "3"])
@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (2, 3)])
def test_slopes_of_one_and_of_every_channel(name, shape):
    layer = PReLU(int(name))
    x = np.random.default_rng(0).standard_normal(shape)
    told = explain.gradient(layer, x, None, 0, 0, loss=lambda y, _: (0.0, y))
    maps = 3 if name == "3" and len(shape) == 4 else 0
    assert len(drawn(told).axes[0].images) == maps


def drawn(told):
    return viz.plot_gradient(told, figure=viz.new_figure())


def test_the_gallery_runs_twice(tmp_path):
    script = Path(__file__).resolve().parent.parent / "examples/gallery/14_gradient_ledger.py"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", script, tmp_path],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    before, after = re.search(r"loss ([\d.]+), after a step ([\d.]+)", done.stdout).groups()
    assert float(after) < float(before)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "14_gradient_64_channels.png",
        "14_gradient_ledger.png",
        "14_gradient_linear.png",
    ]
