"""Fields and borders as pictures, by what is in them: artists, labels, norms, data."""

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from matplotlib.image import AxesImage
from test_viz_ledger import inside, said, texts

from minicnn import (
    Conv2D,
    Flatten,
    Linear,
    MaxPool2D,
    Pad,
    Parallel,
    ReLU,
    Sequential,
    explain,
    images,
    viz,
)
from minicnn.errors import ConfigError, DTypeError
from minicnn.viz._paths import edge_path, runs_path
from minicnn.viz._sets import GREY, PALE
from minicnn.viz._text import TIMES

GALLERY = Path(__file__).resolve().parent.parent / "examples" / "gallery"
GREY_EYE = images.photograph(channels=1)[:, :, 170:210, 178:238]
EYE = images.photograph(channels=3)[:, :, 170:210, 178:238]
DEEP = Sequential(
    Conv2D(3, 4, 3, padding=1, rng=0), ReLU(), MaxPool2D(2), Conv2D(4, 2, 3, padding=1, rng=1)
)


def veils(figure):
    return [image for image in figure.axes[0].images if image.get_gid() == "veil"]


def by_gid(figure, gid):
    return [patch for patch in figure.axes[0].patches if patch.get_gid() == gid]


def maps(figure):
    return [
        image
        for image in figure.axes[0].images
        if isinstance(image, AxesImage) and image.get_gid() is None
    ]


def clear(veil):
    """Return where a veil lets the map through."""
    return np.asarray(veil.get_array())[..., 3] == 0


# ------------------------------------------------------------------------------------- paths


@given(mask=hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)))
def test_paths_cover_and_surround_exactly_the_set(mask):
    rows, columns = mask.shape
    box = (3.0, 5.0, 2.0 * columns, 4.0 * rows)
    runs, edge = runs_path(mask, box), edge_path(mask, box)
    if not mask.any():
        assert runs is None
        assert edge is None
        return
    covered = np.zeros(mask.shape, bool)
    for corners in runs.vertices.reshape(-1, 5, 2):
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        top, stop = round((y0 - 5) / 4), round((y1 - 5) / 4)
        covered[top:stop, round((x0 - 3) / 2) : round((x1 - 3) / 2)] = True
    assert (covered == mask).all()
    length = np.abs(np.diff(edge.vertices.reshape(-1, 2, 2), axis=1))[:, 0]
    wide = np.pad(mask, 1)
    assert length[:, 0].sum() / 2 == np.count_nonzero(np.diff(wide, axis=0))
    assert length[:, 1].sum() / 4 == np.count_nonzero(np.diff(wide, axis=1))


def test_scattered_sets_become_their_box():
    mask = np.indices((300, 300)).sum(axis=0) % 2 == 0
    assert len(edge_path(mask, (0, 0, 300, 300)).vertices) == 8
    assert len(runs_path(mask, (0, 0, 300, 300)).vertices) == 5 * 300


# ------------------------------------------------------------------------------------ fields


def test_everything_outside_the_field_is_veiled():
    found = explain.receptive_field(DEEP, input_shape=EYE.shape, row=7, column=9)
    figure = viz.plot_receptive_field(DEEP, EYE, row=7, column=9, figure=viz.new_figure())
    whole, part, *steps = veils(figure)
    seen = clear(whole)
    assert seen.shape == EYE.shape[2:]  # each pixel has dots enough
    assert (seen == found.mask.any(axis=0)).all()
    assert np.count_nonzero(clear(part)) == np.count_nonzero(seen)
    for veil, one in zip(steps, found.steps[1:], strict=True):
        assert np.count_nonzero(clear(veil)) == one.size[0] * one.size[1]
    assert f"conv2d_2, row 7, column 9 sees 8 {TIMES} 8 pixels" in texts(figure)
    assert f"what one value of conv2d sees (3 {TIMES} 3)" in said(figure)
    assert f"3 {TIMES} 3 of 20 {TIMES} 30" in texts(figure)
    inside(figure)


def test_nested_frames_lie_in_each_other():
    found = explain.receptive_field(DEEP, input_shape=EYE.shape, row=7, column=9)
    frames = viz.field.nested_frames(found)
    assert [name for name, _ in frames] == ["conv2d", "max_pool2d", "conv2d_2"]
    for (_, small), (_, large) in pairwise(frames):
        for inner, outer in zip(small, large, strict=True):
            assert outer.start <= inner.start
            assert inner.stop <= outer.stop
    many = Sequential(*(Conv2D(1, 1, 3, rng=i) for i in range(12)))
    found = explain.receptive_field(many, input_shape=(1, 1, 40, 40))
    frames = viz.field.nested_frames(found)
    sizes = [columns.stop - columns.start for _, (_, columns) in frames]
    assert (len(sizes), sizes[0], sizes[-1]) == (6, 3, 25)
    assert sizes == sorted(set(sizes))


def test_what_a_pixel_changes_is_clear_at_every_step():
    found = explain.projective_field(DEEP, 12, 20, input_shape=EYE.shape)
    figure = viz.plot_projective_field(DEEP, EYE, 12, 20, figure=viz.new_figure())
    _, _, *steps = veils(figure)
    for veil, one in zip(steps, found.steps[1:], strict=True):
        assert np.count_nonzero(clear(veil)) == one.size[0] * one.size[1]
    assert "What row 12, column 20 of the picture can change" in texts(figure)
    inside(figure)


def test_a_set_with_holes_is_counted_beside_its_box():
    around = Sequential(Pad(1, mode="circular"), Conv2D(1, 2, 3, rng=0))
    figure = viz.plot_projective_field(around, images.disc((20, 30)), 0, 0, figure=viz.new_figure())
    assert f"9 values in 20 {TIMES} 30 of 20 {TIMES} 30" in texts(figure)
    inside(figure)
    whole = viz.plot_projective_field(around, images.disc((20, 30)), 9, 9, figure=viz.new_figure())
    assert f"3 {TIMES} 3 of 20 {TIMES} 30" in texts(whole)


def test_the_veil_is_grey_where_the_set_is_light():
    model = Sequential(Conv2D.from_kernels("box_3"))
    for value, veil in ((0.1, PALE), (0.95, GREY)):
        x = np.full((1, 1, 20, 30), value)
        figure = viz.plot_receptive_field(model, x, figure=viz.new_figure())
        colours = np.asarray(veils(figure)[0].get_array())
        np.testing.assert_allclose(colours[0, 0], veil)


@pytest.mark.parametrize(
    ("model", "x", "where"),
    [
        (Sequential(Pad(2)), GREY_EYE, {"row": 0, "column": 0}),
        (
            Sequential(Pad(3, mode="reflect"), Conv2D(1, 1, 5, dilation=2, rng=0)),
            GREY_EYE,
            {"row": 0},
        ),
        (
            Sequential(Conv2D(3, 64, 3, rng=0), ReLU(), Conv2D(64, 64, 5, stride=3, rng=1)),
            EYE,
            {"channel": 40},
        ),
        (
            Sequential(Parallel(Conv2D(1, 2, 1, rng=0), Conv2D(1, 2, 5, padding=2, rng=1))),
            GREY_EYE,
            {"channel": 0},
        ),
        (
            Sequential(Conv2D(1, 2, 3, rng=0), Flatten(), Linear(2 * 38 * 58, 3, rng=0)),
            GREY_EYE,
            {},
        ),
        (Sequential(Conv2D(2, 2, 3, rng=0)), GREY_EYE[:, [0, 0]] * 300 - 20, {}),
        (Sequential(Conv2D(1, 1, 3, rng=0)), np.zeros((1, 1, 3, 400)), {}),
        (Sequential(*(Conv2D(1, 1, 3, padding=1, rng=i) for i in range(30))), GREY_EYE, {}),
    ],
)
def test_any_model_can_be_drawn(model, x, where):
    figure = viz.plot_receptive_field(model, x, figure=viz.new_figure(), **where)
    inside(figure)
    inside(viz.plot_projective_field(model.trace(x), None, figure=viz.new_figure()))
    inside(viz.plot_border_truth(model, x, figure=viz.new_figure()))


def test_what_is_no_picture_is_drawn_as_a_map():
    x = GREY_EYE[:, [0, 0]] * 300 - 20
    x[:, 1] *= 2
    figure = viz.plot_receptive_field(Conv2D(2, 2, 3, rng=0), x, figure=viz.new_figure())
    (caption,) = [text for text in texts(figure) if text.startswith("The picture")]
    assert ", channel 1: " in caption


def test_steps_that_are_not_shown_are_counted():
    model = Sequential(*(Conv2D(1, 1, 3, padding=1, rng=i) for i in range(30)))
    figure = viz.plot_receptive_field(model, GREY_EYE, figure=viz.new_figure())
    assert "The last 20 of 30 steps are shown." in texts(figure)
    figure = viz.plot_border_truth(model, GREY_EYE, max_steps=5, figure=viz.new_figure())
    assert "the last 5 of 30 steps shown" in said(figure)


# ------------------------------------------------------------------------------------ borders


def test_what_has_seen_padding_is_hatched_and_its_share_drawn():
    truth = explain.border_truth(DEEP, EYE.shape)
    figure = viz.plot_border_truth(DEEP, EYE, figure=viz.new_figure())
    assert f"{100 * truth[-1].fraction:.0f} % of conv2d_2 has seen padding" in texts(figure)
    drawn = [image for image in maps(figure) if image.norm.vmax == 1 and image.norm.vmin == 0]
    shares = [image for image in drawn if image.get_array().shape == truth[-1].share.shape[1:]]
    assert any(
        np.allclose(image.get_array(), share) for image in shares for share in truth[-1].share
    )
    hatched = by_gid(figure, "hatched")
    assert all(patch.get_hatch() for patch in hatched)
    for patch, step in zip(hatched, truth.steps, strict=True):
        corners = patch.get_path().vertices.reshape(-1, 5, 2)
        whole = np.ptp(corners.reshape(-1, 2), axis=0).prod()  # from border to border
        part = np.ptp(corners, axis=1).prod(axis=1).sum() / whole
        assert part == pytest.approx(step.fraction)
    assert sum("of the weight" in text for text in texts(figure)) == 4
    inside(figure)


@pytest.mark.parametrize("border", [False, True])
def test_maps_and_storyboards_hatch_it_if_asked(border):
    model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(["sobel_x", "sobel_y"]), ReLU())
    trace = model.trace(GREY_EYE)
    maps_figure = viz.plot_feature_maps(trace, border=border, figure=viz.new_figure())
    story = viz.plot_pipeline(trace, border=border, figure=viz.new_figure())
    assert len(by_gid(maps_figure, "hatched")) == (2 if border else 0)
    assert len(by_gid(story, "hatched")) == (5 if border else 0)
    assert ("hatched: what has seen padding, 8.2 %" in said(maps_figure)) == border
    assert ("8.2 % has seen padding" in said(story)) == border
    for figure in (maps_figure, story):
        inside(figure)


def test_the_hatched_region_is_the_mask():
    trace = Sequential(Conv2D.from_kernels("box_5", padding=2)).trace(GREY_EYE)
    figure = viz.plot_feature_maps(trace, border=True, figure=viz.new_figure())
    (patch,) = by_gid(figure, "hatched")
    (image,) = maps(figure)
    left, right, bottom, top = image.get_extent()
    corners = patch.get_path().vertices.reshape(-1, 5, 2)
    areas = np.ptp(corners, axis=1).prod(axis=1)
    part = areas.sum() / ((right - left) * (bottom - top))
    assert part == pytest.approx(explain.border_truth(trace)[0].fraction)


def test_padding_modes_share_their_scales():
    model = Sequential(Conv2D.from_kernels("gaussian_5x5"), Conv2D.from_kernels("sobel_x"))
    found = explain.padding_modes(model, GREY_EYE)
    figure = viz.plot_padding_modes(model, GREY_EYE, figure=viz.new_figure())
    signed = [image for image in maps(figure) if image.norm.vmin < 0]
    assert len(signed) == 9  # the truth and four guesses, four differences
    assert len({id(image.norm) for image in signed}) == 2
    errors = [image for image in signed if image.norm.vmax == max(g.worst for g in found.guesses)]
    for image, guess in zip(errors, found.guesses, strict=True):
        np.testing.assert_allclose(image.get_array(), guess.difference[0])
    assert sum(bool(re.match(r"worst [\d.]+, mean", text)) for text in texts(figure)) == 4
    inside(figure)


@pytest.mark.parametrize("shape", [(120, 300), (40, 200), (130, 20)])
def test_of_large_maps_the_part_around_the_worst_error_is_drawn(shape):
    x = np.random.default_rng(0).random((1, 1, *shape))
    found = explain.padding_modes(Conv2D.from_kernels("box_3"), x)
    figure = viz.plot_padding_modes(Conv2D.from_kernels("box_3"), x, figure=viz.new_figure())
    signed = [image for image in maps(figure) if image.norm.vmin < 0]
    said_ = said(figure).replace(" | ", " ")
    rows, columns = map(int, re.search(r"rows (\d+) to \d+, columns (\d+) to", said_).groups())
    for image, guess in zip(signed[-4:], found.guesses, strict=True):
        part = guess.difference[0, rows : rows + 96, columns : columns + 96]
        np.testing.assert_allclose(image.get_array(), part)
    largest = max(np.abs(image.get_array()).max() for image in signed[-4:])
    assert largest == max(guess.worst for guess in found.guesses)
    inside(figure)


def test_a_channel_can_be_chosen():
    model = Conv2D.from_kernels(["sobel_x", "box_3"])
    figure = viz.plot_padding_modes(model, GREY_EYE, channel=1, figure=viz.new_figure())
    assert "map 1 of 2, one scale for all" in texts(figure)
    inside(figure)
    colour = Conv2D.from_kernels("sobel_x", in_channels=3)
    inside(viz.plot_padding_modes(colour, EYE, title="mine $", figure=viz.new_figure()))
    loud = viz.plot_padding_modes(model, GREY_EYE * 9, figure=viz.new_figure())
    assert not [image for image in loud.axes[0].images if image.cmap.name == "minicnn_grey"]
    assert "Drawn: channel 0 of 1." in said(loud)


def test_wrong_calls():
    new = viz.new_figure
    for error, words, call in [
        (ConfigError, "x is missing", lambda: viz.plot_receptive_field(DEEP, None, figure=new())),
        (DTypeError, "takes a model", lambda: viz.plot_border_truth("x", EYE, figure=new())),
        (ConfigError, "figure must be", lambda: viz.plot_projective_field(DEEP, EYE, figure=1)),
        (ConfigError, "row must be", lambda: viz.plot_receptive_field(DEEP, EYE, row=99)),
        (ConfigError, "max_steps", lambda: viz.plot_border_truth(DEEP, EYE, max_steps=0)),
        (ConfigError, "no steps", lambda: viz.plot_border_truth(Sequential(), EYE, figure=new())),
        (
            ConfigError,
            "channel must be",
            lambda: viz.plot_padding_modes(Conv2D(1, 1, 3), GREY_EYE, channel=1),
        ),
        (ConfigError, "needs a whole trace", lambda: viz.plot_feature_maps(EYE, border=True)),
        (ConfigError, "border must be", lambda: viz.plot_pipeline(DEEP.trace(EYE), border=1)),
    ]:
        with pytest.raises(error, match=words):
            call()


@pytest.mark.parametrize(
    ("script", "says", "names"),
    [
        (
            "03_receptive_field.py",
            "field 18 x 18 = poked 18 x 18",
            ["03_projective_field", "03_receptive_field", "03_receptive_field_folded"],
        ),
        (
            "04_border_truth.py",
            "32 % of conv2d_3 has seen padding: 1,100 of 3,456 values",
            ["04_border_pipeline", "04_border_truth", "04_padding_modes"],
        ),
    ],
)
def test_the_gallery_runs_twice(script, says, names, tmp_path):
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", GALLERY / script, tmp_path],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert says in done.stdout
    assert sorted(path.stem for path in tmp_path.iterdir()) == names
