"""The picture of two models side by side: its differences, its scales, its words."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minicnn import Conv2D, Pad, ReLU, Sequential, explain, images, viz
from minicnn.errors import ConfigError

SCRIPT = Path(__file__).resolve().parent.parent / "examples" / "gallery" / "09_what_if.py"
X = images.disc(20)


def edges(mode="zeros", stride=1):
    conv = Conv2D.from_kernels(["sobel_x", "sobel_y"], stride=stride)
    return Sequential(Pad(1, mode=mode, value=0.5 if mode == "zeros" else 0.0), conv, ReLU())


def drawn(a, b, **options):
    return viz.plot_comparison(explain.compare(a, b, X), figure=viz.new_figure(), **options)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_differences_are_b_less_a_centred_on_zero():
    a, b = edges(), edges(mode="replicate")
    images_ = drawn(a, b, row="conv2d").axes[0].images
    of_a, of_b, difference = images_[:2], images_[2:4], images_[4:6]
    assert len(images_) == 6
    for i in range(2):
        made = np.asarray(of_b[i].get_array()) - np.asarray(of_a[i].get_array())
        np.testing.assert_allclose(np.asarray(difference[i].get_array()), made, atol=1e-5)
    assert len({id(image.norm) for image in (*of_a, *of_b)}) == 1
    assert len({id(image.norm) for image in difference}) == 1
    assert difference[0].norm.vcenter == 0


def test_where_they_part_is_framed_in_words():
    assert "They part at step 0 (pad)" in texts(drawn(edges(), edges(mode="replicate")))
    assert "They do the same" in texts(drawn(edges(), edges()))
    assert "other shape" in texts(drawn(edges(), edges(stride=2)))
    assert "mine $x" in texts(drawn(edges(), edges(), title="mine $x"))


def test_words_stand_beside_the_scale_of_differences():
    axes = drawn(edges(), edges(mode="replicate")).axes[0]
    same = [text for text in axes.texts if text.get_text() == "the same"]
    dots = [patch for patch in axes.patches if patch.get_gid() == "gap"]
    assert same
    assert min(text.get_position()[0] for text in same) > max(dot.center[0] for dot in dots)


def test_wrong_calls():
    with pytest.raises(ConfigError):
        viz.plot_comparison(3)
    with pytest.raises(ConfigError):
        drawn(edges(), edges(), row="nothing")
    with pytest.raises(ConfigError):
        drawn(edges(), edges(), sample=1)


def test_the_gallery_runs_twice(tmp_path):
    for _ in range(2):
        command = [sys.executable, "-W", "error", SCRIPT, tmp_path]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert len(list(tmp_path.glob("09_what_if*.png"))) == 3


@pytest.mark.parametrize("other", ["prewitt_x", "sobel_x", "sobel"])
def test_single_maps_stand_side_by_side(other):
    models = (Sequential(Conv2D.from_kernels(name)) for name in ("sobel_x", other))
    found = explain.compare(*models, images.photograph(channels=1)[:, :, ::6, ::6])
    figure = viz.plot_comparison(found, figure=viz.new_figure())
    tiles = [image.get_extent() for image in figure.axes[0].images if image.get_array().ndim == 2]
    maps = [(e[0], min(e[2:])) for e in tiles if abs(e[3] - e[2]) > 60]
    tops = {round(top) for _, top in maps}
    assert len({round(e[1] - e[0]) for e in tiles if abs(e[3] - e[2]) > 60}) == 1
    if other == "sobel":  # one map and four: rows, all of one size
        assert len(tops) == 2
    else:
        assert len(tops) == 1
        assert len(maps) == (3 if other == "prewitt_x" else 2)
