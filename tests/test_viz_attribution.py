"""Pictures of attributions, of trust in them, of exciting patches and pictures: their data."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from PIL import Image

from minicnn import Conv2D, Flatten, Linear, MaxPool2D, ReLU, Sequential, explain, viz
from minicnn.errors import ConfigError
from minicnn.viz import _overlay
from minicnn.viz._style import BAD, Scale

MODEL = Sequential(
    *(Conv2D(1, 3, 3, rng=0), ReLU(), MaxPool2D(2), Conv2D(3, 4, 3, padding=1, rng=1), ReLU()),
    *(Flatten(), Linear(4 * 4 * 5, 3, rng=2)),
)
X = np.random.default_rng(0).random((1, 1, 10, 12))
SCRIPT = Path(__file__).resolve().parent.parent / "examples" / "gallery" / "12_attribution.py"


def found():
    return (
        explain.occlusion(MODEL, X, 1, size=4),
        explain.saliency(MODEL, X, 1),
        explain.integrated_gradients(MODEL, X, 1),
        explain.grad_cam(MODEL, X, 1),
    )


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def images_of(figure, gid=None):
    return [image for image in figure.axes[0].images if image.get_gid() == gid]


def test_each_method_has_a_map_a_bar_and_the_map_over_the_picture():
    asked = found()
    figure = viz.plot_attribution(*asked, figure=viz.new_figure())
    picture, *maps = images_of(figure)
    np.testing.assert_array_equal(np.asarray(picture.get_array()), X[0, 0])
    assert len(maps) == len(images_of(figure, "overlay")) == 4
    np.testing.assert_allclose(maps[1].get_array(), asked[1].map)
    assert maps[1].norm.vcenter == 0
    assert maps[3].norm.vmin == 0
    assert len(figure.axes) == 1 + 4  # a colour bar each
    assert len(images_of(figure, "overlay bar")) == 2 * 4
    said = " ".join(texts(figure))
    assert said.startswith("What output [1] =")
    assert "Occlusion" in said
    assert "Grad-CAM of relu_2" in said
    assert "3 \u00d7 3 values, of 4 \u00d7 4 pixels each, 4 apart" in said
    assert "They add up to" in said
    assert "Complete: off by" in said
    assert "Hatched: no value stands there." in said  # the convolution leaves a rim
    assert viz.plot_attribution(asked[0], title="Why $x?", figure=viz.new_figure())


def test_cells_stand_where_their_values_look():
    values, has_value = _overlay.over_pixels(explain.occlusion(MODEL, X, 1, size=4))
    covered = explain.occlusion(MODEL, X, 1, size=4).values
    assert has_value.all()
    np.testing.assert_array_equal(values, np.kron(covered, np.ones((4, 4)))[:10])
    apart = explain.occlusion(MODEL, X, 1, size=2, stride=5)
    values, has_value = _overlay.over_pixels(apart)
    rows = np.isin(np.arange(10), (0, 1, 5, 6))
    columns = np.isin(np.arange(12), (0, 1, 5, 6, 10, 11))
    np.testing.assert_array_equal(has_value, np.logical_and.outer(rows, columns))
    assert values[6, 10] == apart.values[1, 2]
    cam = explain.grad_cam(MODEL, X, 1)
    values, has_value = _overlay.over_pixels(cam)
    middle = cam.field.first[0] + cam.field.size[0] // 2 + 2 * cam.field.distance[0]
    assert values[middle, 6] in cam.map[2]
    spread = explain.Attribution("m", "q", X[0], np.arange(6.0).reshape(2, 3), None, (0,), 1.0)
    values, has_value = _overlay.over_pixels(spread)
    np.testing.assert_array_equal(values, np.kron(spread.map, np.ones((5, 4))))
    assert has_value.all()


@given(grey=st.floats(0, 1), share=st.floats(-1, 1))
def test_the_overlay_can_be_read_without_colours(grey, share):
    """Speaking for is never darker than the picture there, against never lighter; 0 is bare."""
    scale = Scale(-2.0, 2.0, signed=True)

    def lightness(value):
        colour = _overlay.mixed(np.array([[grey]]), np.array([[value]]), scale)[:, 0, 0]
        return float(colour @ [0.299, 0.587, 0.114])

    bare = lightness(0.0)
    assert bare == pytest.approx(0.32 + 0.38 * grey)
    assert (lightness(2 * share) - bare) * np.sign(share) >= -1e-12
    assert lightness(2.0) > 0.32 + 0.38  # lighter than any grey of a picture
    assert lightness(-2.0) < 0.32
    lost = _overlay.mixed(np.array([[grey]]), np.array([[np.nan]]), scale)[:, 0, 0]
    np.testing.assert_allclose(lost, to_rgb(BAD))


def test_pictures_that_are_none_are_drawn_in_stated_greys():
    x = np.random.default_rng(0).standard_normal((1, 2, 6, 7))
    x[0, 0, 0, 0] = np.nan
    asked = explain.saliency(Conv2D(2, 1, 3, rng=0), x, 0)
    said = " ".join(texts(viz.plot_attribution(asked, figure=viz.new_figure())))
    assert "The picture's greys go from" in said
    assert "of 2 channels the one furthest from 0" in said


def test_what_fails_is_in_red():
    few = explain.integrated_gradients(MODEL, X, 1, steps=1)
    assert not few.is_complete
    figure = viz.plot_attribution(few, figure=viz.new_figure())
    red = [t.get_text() for t in figure.axes[0].texts if t.get_color() == "#b3003c"]
    assert red[0].startswith("Not complete: off by")
    silent = explain.saliency(MODEL.with_params({"6.weight": np.zeros((3, 80), np.float32)}), X, 1)
    assert "Nothing counts: every value is 0." in texts(
        viz.plot_attribution(silent, figure=viz.new_figure())
    )


def test_trust_is_drawn_stage_by_stage():
    methods = {
        "saliency": explain.saliency,
        "made": lambda m, x, t: explain.maximise(m, t, x.shape, steps=5),
        "patches": lambda m, x, t: explain.exciting_patches(m, x, "relu", t),
        "flat": lambda m, x, t: explain.Attribution("flat", "", x[0], 0 * x[0], None, (0,), 1.0),
    }
    rows = [explain.trust(MODEL, X, 1, method=method, times=1) for method in methods.values()]
    figure = viz.plot_trust(*rows, figure=viz.new_figure())
    said = texts(figure)
    assert f"Saliency: {rows[0].verdict}" in said
    assert "random: all layers" in said
    for row in rows:
        for stage in row.stages:
            assert f"likeness {stage.median:.2f}" in said
    three = explain.trust(MODEL, X, 1)
    below = texts(viz.plot_trust(three, figure=viz.new_figure()))
    assert any(stage.middle for stage in three.stages)
    for stage in three.stages:
        assert f"of sizes {stage.sizes[stage.middle]:.2f}" in below
    red = [t.get_text() for t in figure.axes[0].texts if t.get_color() == "#b3003c"]
    assert "Flat: the map is flat: there is nothing to compare, and nothing to trust" in red
    maps = [i for i in images_of(figure) if i.get_array().shape == (10, 12)]
    np.testing.assert_array_equal(np.asarray(maps[0].get_array()), X[0, 0])
    np.testing.assert_allclose(maps[1].get_array(), rows[0].real.map)
    np.testing.assert_allclose(maps[2].get_array(), rows[0].stages[0].example.map)


def test_flat_maps_of_shuffled_networks_are_drawn_as_no_test():
    flat = iter([X[0, 0], *[0 * X[0, 0]] * 12])

    def method(model, x, target):
        return explain.Attribution("now flat", "", x[0], next(flat), None, (0,), 1.0)

    row = explain.trust(MODEL, X, 1, method=method)
    figure = viz.plot_trust(row, figure=viz.new_figure())
    red = [t.get_text() for t in figure.axes[0].texts if t.get_color() == "#b3003c"]
    assert red[0] == "Now flat: no test: 3 of 3 shuffled networks' maps are all 0"
    assert red[1:] == ["3 of 3 all 0"] * len(row.stages)
    assert texts(figure).count("no likeness") == len(row.stages)
    assert not any(text.startswith("likeness ") for text in texts(figure))


def test_patches_are_drawn_with_their_places():
    data = np.random.default_rng(0).random((12, 1, 10, 12))
    patches = explain.exciting_patches(MODEL, data, "conv2d_2", 1, count=20)
    figure = viz.plot_patches(patches, count=4, figure=viz.new_figure())
    drawn = images_of(figure)
    assert len(drawn) == 2 * 4
    np.testing.assert_array_equal(np.asarray(drawn[0].get_array()), data[patches[0].picture, 0])
    assert drawn[1].get_array().shape == patches.size
    said = " ".join(texts(figure))
    assert "The 4 strongest answers in 12 pictures" in said
    assert "All pixels from 0 (black) to 1 (white)." in said
    assert f"picture {patches[0].picture}, row" in said
    cut = [p for p in patches if p.pixels.shape[1:] != patches.size]
    assert cut  # the padding of the second convolution
    blanks = [a for a in figure.axes[0].get_children() if a.get_gid() == "blank"]
    assert len(blanks) == sum(p.pixels.shape[1:] != patches.size for p in patches.patches[:4])
    other = explain.exciting_patches(Conv2D(2, 1, 2, rng=0), np.repeat(data, 2, 1) - 2, 0, 0)
    assert "One scale for all" in " ".join(texts(viz.plot_patches(other, figure=viz.new_figure())))
    dead = Sequential(Conv2D.from_kernels(-np.ones((2, 2))), ReLU())
    silent = explain.exciting_patches(dead, data, "relu", 0)
    assert "It is as excited by every other picture: these say nothing." in texts(
        viz.plot_patches(silent, figure=viz.new_figure())
    )


def test_made_pictures_are_drawn_from_start_to_end():
    made = [explain.maximise(MODEL, target, X.shape, steps=7) for target in range(3)]
    figure = viz.plot_excited(*made, names=["a", "b", "c"], figure=viz.new_figure())
    drawn = images_of(figure)
    for i, one in enumerate(made):
        np.testing.assert_array_equal(np.asarray(drawn[2 * i].get_array()), one.start[0, 0])
        np.testing.assert_array_equal(np.asarray(drawn[2 * i + 1].get_array()), one.picture[0, 0])
    curves = [line for line in figure.axes[0].get_children() if line.get_gid() == "answer"]
    assert [len(line.get_xdata()) for line in curves] == [8, 8, 8]
    down = np.asarray(curves[0].get_ydata())
    assert np.argmin(down) == np.argmax(made[0].scores)  # y grows downwards
    assert {"A", "B", "C", "the answer over 7 steps"} <= set(texts(figure))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: viz.plot_attribution(), "at least one"),
        (lambda: viz.plot_attribution(3), "takes Attributions"),
        (lambda: viz.plot_attribution(list(found())), "one by one"),
        (
            lambda: viz.plot_attribution(found()[0], explain.saliency(MODEL, X, 0)),
            "one picture and one target",
        ),
        (lambda: viz.plot_trust(), "explain.trust"),
        (lambda: viz.plot_trust(found()[0]), "explain.trust"),
        (lambda: viz.plot_patches(3), "exciting_patches"),
        (lambda: viz.plot_excited(3), "explain.maximise"),
        (
            lambda: viz.plot_excited(
                explain.maximise(MODEL, 0, X.shape, steps=1), names=["a", "b"]
            ),
            "one name for each",
        ),
    ],
)
def test_wrong_calls(call, says):
    with pytest.raises(ConfigError, match=says):
        call()


def test_the_gallery_runs_and_replaces_what_an_earlier_run_left(tmp_path):
    (tmp_path / "12_trust.png").write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-W", "error", SCRIPT, tmp_path],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "complete: off by" in done.stdout
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        "12_attribution.png",
        "12_attribution_mistake.png",
        "12_exciting_patches.png",
        "12_made_pictures.png",
        "12_trust.png",
    ]
    for name in names:
        with Image.open(tmp_path / name) as picture:
            assert 900 <= picture.width <= 1400
