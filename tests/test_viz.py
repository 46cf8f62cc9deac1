"""Figures, by what is in them: artists, labels, norms, data."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure

from minicnn import Conv2D, Layer, Pad, ReLU, Sequential, kernels, viz
from minicnn.errors import ConfigError, DTypeError, MiniCNNError, ShapeError
from minicnn.viz import _values
from minicnn.viz._style import BAD, FROM_ZERO, SIGNED


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def plot(what, **options):
    return viz.plot_feature_maps(what, figure=viz.new_figure(), **options)


def tiles(figure):
    return [image for image in figure.axes[0].images if image.get_gid() != "colour bar"]


def strips(figure):
    return [image for image in figure.axes[0].images if image.get_gid() == "colour bar"]


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def hatches(figure):
    return [patch.get_hatch() for patch in figure.axes[0].patches if patch.get_hatch()]


def said(figure):
    return " ".join(texts(figure))


# ---------------------------------------------------------------------------------------- scales


def test_signed_maps_are_centred_on_zero_and_share_one_norm():
    maps = random(1, 5, 6, 7)
    figure = plot(maps)
    norms = {id(image.norm) for image in tiles(figure)}
    norm = tiles(figure)[0].norm
    assert len(norms) == 1
    assert isinstance(norm, CenteredNorm)
    assert norm.vmax == -norm.vmin == np.abs(maps).max()
    assert all(image.cmap is SIGNED for image in tiles(figure))
    assert "One scale for all 5 maps." in texts(figure)


def test_maps_without_negatives_go_from_zero():
    maps = np.abs(random(1, 3, 6, 7)) + 1
    norm = tiles(plot(maps))[0].norm
    assert (norm.vmin, norm.vmax) == (0, maps.max())
    assert tiles(plot(maps))[0].cmap is FROM_ZERO


def test_the_kind_of_colours_is_decided_by_the_step_not_by_the_map():
    maps = np.stack([np.abs(random(4, 4)), random(4, 4)])[None]
    for scale in ("step", "map"):
        assert [image.cmap for image in tiles(plot(maps, scale=scale))] == [SIGNED, SIGNED]


def test_the_scale_counts_the_maps_that_are_not_shown():
    maps = np.zeros((1, 3, 4, 4))
    maps[0, :, 0, 0] = (1, 2, 50)
    assert tiles(plot(maps, max_maps=2))[0].norm.vmax == 50


def test_the_colour_bar_is_the_tiles_own():
    figure = plot(random(1, 3, 6, 7))
    image, bar = tiles(figure)[0], figure.axes[1]
    assert bar.get_xlim() == (image.norm.vmin, image.norm.vmax)
    assert bar._colorbar.norm is image.norm
    assert bar._colorbar.cmap is image.cmap
    labels = [label.get_text().replace("\N{MINUS SIGN}", "-") for label in bar.get_xticklabels()]
    assert [float(label) for label in labels] == pytest.approx(
        [image.norm.vmin, 0, image.norm.vmax], rel=0.01
    )


def test_a_scale_per_map_brings_a_colour_bar_per_map():
    maps = random(1, 3, 6, 7) * np.array([1, 10, 100])[:, None, None]
    figure = plot(maps, scale="map")
    assert len(figure.axes) == 1
    assert len(strips(figure)) == len(tiles(figure)) == 3
    for values, image, strip in zip(maps[0], tiles(figure), strips(figure), strict=True):
        assert strip.norm is image.norm
        assert image.norm.vmax == np.abs(values).max()
        ramp = strip.get_array()
        assert (ramp.min(), ramp.max()) == (values.min(), values.max())
    assert "Each map has a scale of its own" in said(figure)


@pytest.mark.parametrize(
    ("scale", "vmin", "vmax", "shown"),
    [
        (2, -2, 2, (-2, 2)),
        ((-1, 3), -3, 3, (-1, 3)),
        ((0, 1), 0, 1, (0, 1)),
        ((1, 2), 1, 2, (1, 2)),
    ],
)
def test_a_fixed_scale_is_kept_and_what_lies_beyond_is_counted(scale, vmin, vmax, shown):
    maps = np.array([[[[-5.0, 0, 1, 1, 1, 1, 1, 9]]]])
    figure = plot(maps, scale=scale)
    image = tiles(figure)[0]
    assert (image.norm.vmin, image.norm.vmax) == (vmin, vmax)
    assert figure.axes[1].get_xlim() == shown
    assert (image.get_array().min(), image.get_array().max()) == shown
    part = "38 %" if scale == (1, 2) else "25 %"
    assert f"{part} clipped" in texts(figure)
    assert "A fixed scale." in texts(figure)


def test_nothing_is_beyond_a_scale_that_fits():
    assert "clipped" not in said(plot(random(1, 2, 5, 5), scale=100))


@pytest.mark.parametrize("cmap", [SIGNED, FROM_ZERO])
def test_lightness_rises_with_the_value(cmap):
    red, green, blue = cmap(np.linspace(0, 1, 101))[:, :3].T
    assert (np.diff(0.2126 * red + 0.7152 * green + 0.0722 * blue) > 0).all()


def test_zero_is_neutral_on_the_signed_scale():
    red, green, blue, _ = SIGNED(CenteredNorm(0, 3)(0.0))
    assert red == green == blue


# ------------------------------------------------------------------------------- honest captions


def test_every_map_says_its_name_and_its_true_range():
    maps = np.array([[[[-1.5, 2.25]], [[0.5, 40]]]])
    figure = plot(maps, names=["first", "second"])
    assert {"first", "second", "\N{MINUS SIGN}1.5 to 2.25", "0.5 to 40"} <= set(texts(figure))
    assert {"channel 0", "channel 1"} <= set(texts(plot(maps)))


def test_not_all_maps_shown_is_said():
    figure = plot(random(1, 96, 3, 3))
    assert len(tiles(figure)) == 64
    assert "64 of 96 shown" in said(figure)
    assert "shown" not in said(plot(random(1, 64, 3, 3)))


def test_the_step_is_said():
    trace = Sequential(Pad(1), ("edges", Conv2D(1, 2, 3)), ReLU()).trace(random(1, 1, 6, 7))
    assert texts(plot(trace))[:2] == [
        "Output of relu",
        "Step 2 (relu): what is below 0 becomes 0 \N{MIDDLE DOT} 2 maps of 6 \u00d7 7",
    ]
    assert texts(plot(trace, step="edges"))[0] == "Output of edges"
    assert texts(plot(trace, step=0))[0] == "Output of pad"
    assert texts(plot(trace[1]))[0] == "Output of edges"
    assert texts(plot(trace, title="mine"))[0] == "mine"
    assert np.array_equal(tiles(plot(trace, step=1))[0].get_array(), trace[1].output[0, 0])


def test_names_are_carried_on_by_layers_that_keep_the_channels():
    class Mix(Layer):
        param_names = ("weight",)
        weight = np.ones((2, 2))

        def __call__(self, x):
            return x

    x = random(1, 1, 8, 9)
    named = Conv2D.from_kernels(["sobel_x", "sobel_y"])
    trace = Sequential(named, ReLU(), Pad(1), Mix()).trace(x)
    for step in (0, 1, 2):
        assert {"sobel_x", "sobel_y"} <= set(texts(plot(trace, step=step)))
    assert "channel 1" in texts(plot(trace, step=3))
    trace = Sequential(named, Conv2D(2, 2, 3), ReLU()).trace(x)
    assert "channel 1" in texts(plot(trace))


def test_the_picture_of_the_batch_is_said():
    maps = random(3, 1, 4, 5)
    figure = plot(maps, sample=2)
    assert np.array_equal(tiles(figure)[0].get_array(), maps[2, 0])
    assert "picture 2 of 3" in said(figure)


# ------------------------------------------------------------------- flat, dead, NaN and infinite


def test_dead_flat_and_lost_maps_are_hatched_and_labelled():
    maps = np.abs(random(1, 5, 4, 5))
    maps[0, 1], maps[0, 2], maps[0, 3, 1:3, 2], maps[0, 4] = 0, 0.5, np.nan, np.inf
    trace = ReLU().trace(maps)
    figure = plot(trace)
    found = set(texts(figure))
    assert {"dead: all 0", "flat: all 0.5", "2 NaN", "no finite value", "20 inf"} <= found
    assert sorted(hatches(figure)) == ["//", "//", "xxxx", "xxxx"]
    assert "flat: all 0" in texts(plot(maps[:, :3]))
    assert hatches(plot(maps[:, :1])) == []


def test_only_the_lost_pixels_are_hatched():
    maps = random(1, 1, 4, 5)
    maps[0, 0, 1, 2:4] = np.nan
    figure = plot(maps)
    image = tiles(figure)[0]
    (patch,) = [p for p in figure.axes[0].patches if p.get_hatch()]
    left, right, bottom, top = image.get_extent()
    box = patch.get_path().get_extents()
    assert box.width == pytest.approx((right - left) * 2 / 5)
    assert box.height == pytest.approx((bottom - top) / 4)
    assert np.ma.getmaskarray(image.get_array()).sum() == 2


@pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf])
def test_a_lost_pixel_has_a_colour_that_no_value_has(lost):
    values = np.array([[lost, -1.0, 1.0]])
    pink = [round(255 * part) for part in mpl.colors.to_rgb(BAD)]
    assert viz.render_map(values)[0, 0].tolist() == pink
    for cmap in (SIGNED, FROM_ZERO):
        distance = np.abs(cmap(np.linspace(0, 1, 511))[:, :3] - mpl.colors.to_rgb(BAD)).sum(axis=1)
        assert distance.min() > 0.5


@pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf])
def test_one_lost_pixel_of_a_large_map_is_not_reduced_away(lost):
    maps = np.ones((1, 1, 1500, 1600), np.float32)
    maps[0, 0, 700, 801] = lost
    maps[0, 0, 0, 0] = -2
    shown = tiles(plot(maps))[0].get_array()
    assert np.ma.getmaskarray(shown).sum() == 1
    assert shown.min() == -2


def test_many_scattered_lost_pixels_are_hatched_too():
    maps = random(1, 1, 200, 200)
    maps[0, 0, ::2, ::2] = np.nan
    figure = plot(maps)
    assert hatches(figure) == ["xxxx"]
    assert "10000 NaN" in texts(figure)


# ----------------------------------------------------------------------------------------- pixels


def test_a_tile_holds_the_maps_own_values_in_square_pixels():
    maps = random(1, 3, 6, 7)
    figure = plot(maps)
    for values, image in zip(maps[0], tiles(figure), strict=True):
        assert np.array_equal(image.get_array(), values)
        assert image.get_interpolation() == "nearest"
        left, right, bottom, top = image.get_extent()
        assert (right - left) / 7 == pytest.approx((bottom - top) / 6, rel=0.02)
    width, height = figure.get_size_inches()
    (xmin, xmax), (ymax, ymin) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
    assert (xmax - xmin) / width == pytest.approx((ymax - ymin) / height)
    assert "square" not in said(figure)


def test_pixels_that_are_not_square_are_said():
    assert "Pixels are not square here" in said(plot(random(1, 4, 1, 500)))


def test_a_thin_line_survives_being_drawn_smaller():
    maps = np.zeros((1, 1, 3000, 4000), np.float32)
    maps[0, 0, 1234] = -1
    figure = plot(maps)
    shown = tiles(figure)[0].get_array()
    assert shown.shape[1] < 1400
    assert (shown.min(axis=0) == -1).all()
    assert "Drawn smaller than they are" in said(figure)
    assert "Drawn smaller" not in said(plot(random(1, 2, 50, 50)))


@pytest.mark.parametrize("bank", ["edges", "sobel"])
@pytest.mark.parametrize("step", [1, 2])
@pytest.mark.parametrize("storyboard", [False, True])
def test_each_channel_by_itself_has_a_row(bank, step, storyboard):
    conv = Conv2D.from_kernels(bank, in_channels=3, per_channel=True)
    trace = Sequential(Pad(1), conv, ReLU()).trace(random(1, 3, 30, 40))
    if storyboard:
        figure = viz.plot_pipeline(trace, max_maps=24, figure=viz.new_figure())
        found = tiles(figure)[-len(conv.names) :]
    else:
        found = tiles(plot(trace, step=step))
    tops = [round(image.get_extent()[3]) for image in found]
    assert len(set(tops)) == 3
    assert sorted(tops) == tops  # from above, channel after channel


@pytest.mark.parametrize("dpi", [72, 100, 150, 200])
@pytest.mark.parametrize("storyboard", [False, True])
def test_how_many_values_share_a_dot_is_said_for_the_figures_own_dots(dpi, storyboard):
    maps = random(1, 2, 900, 900)
    figure = viz.new_figure(dpi)
    if storyboard:
        viz.plot_pipeline(ReLU().trace(maps), figure=figure)
    else:
        viz.plot_feature_maps(maps, figure=figure)
    rows, columns = (-(-900 // size) for size in tiles(figure)[0].get_array().shape)
    assert f"of up to {rows} \u00d7 {columns} values" in " ".join(said(figure).split())


@pytest.mark.parametrize("names", ["roberts", "sobel"])
def test_a_few_kernels_stand_in_a_row(names):
    figure = viz.plot_kernels(names, figure=viz.new_figure())
    tops = {round(image.get_window_extent().y1) for image in figure.axes[0].images}
    assert len(tops) == 1


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 30), st.integers(1, 30))
def test_reducing_keeps_the_strongest_values(height, width, rows, columns):
    values = random(height, width, seed=height * 31 + width)
    small = _values.strongest(values, (rows, columns))
    assert small.shape == (min(height, rows), min(width, columns))
    assert np.isin(small, values).all()
    assert np.abs(small).max() == np.abs(values).max()
    assert _values.averaged(np.full((height, width), 0.5), (rows, columns)) == pytest.approx(0.5)


# ------------------------------------------------------------------------------ purity and safety


@pytest.mark.parametrize("scale", ["step", "map", 0.5, (-0.1, 0.1)])
def test_inputs_are_not_modified(scale):
    maps = random(1, 4, 5, 6)
    maps[0, 0, 0, 0] = np.nan
    before = maps.tobytes()
    maps.setflags(write=False)
    plot(maps, scale=scale)
    viz.render_map(maps[0, 0], scale)
    assert maps.tobytes() == before


def test_a_figure_does_not_change_with_its_array():
    maps = random(1, 1, 4, 5)
    shown = tiles(plot(maps))[0].get_array()
    before = shown.copy()
    maps[:] = 7
    assert np.array_equal(shown, before)


def test_the_users_settings_are_untouched_and_have_no_say():
    plain = viz.figure_bytes(plot(random(1, 2, 5, 5)))
    ours = {
        "font.size": 20,
        "axes.facecolor": "red",
        "figure.facecolor": "black",
        "text.color": "green",
        "font.family": "serif",
        "image.interpolation": "bilinear",
        "image.origin": "lower",
        "image.cmap": "jet",
        "figure.autolayout": True,
    }
    with mpl.rc_context(ours):
        before = dict(mpl.rcParams)
        changed = viz.figure_bytes(plot(random(1, 2, 5, 5)))
        assert dict(mpl.rcParams) == before
    assert changed == plain


def test_names_are_taken_literally():
    name = r"a$b_{$ \frac"
    trace = Sequential((name, ReLU())).trace(random(1, 2, 5, 6))
    figure = plot(trace, names=[name, "100% $x$"], title=name)
    assert texts(figure).count(name) == 2
    written = figure.axes[0].texts + figure.axes[1].get_xticklabels()
    assert not any(text.get_parse_math() for text in written)
    figures = [figure, viz.plot_pipeline(trace, title=name, figure=viz.new_figure())]
    figures.append(viz.plot_images([random(4, 4)], titles=[name], figure=viz.new_figure()))
    figures.append(viz.plot_kernels({name: [[1, 2]]}, figure=viz.new_figure()))
    for each in figures:
        for format in ("png", "svg", "pdf"):
            assert viz.figure_bytes(each, format)


def test_letters_that_the_typeface_lacks_do_not_warn():
    figure = plot(random(1, 2, 5, 6), names=["日本", "two\nlines\t\0"], title="日")
    assert viz.figure_bytes(figure)
    assert "\N{REPLACEMENT CHARACTER}" * 2 in texts(figure)
    assert "two lines  " in texts(figure)


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_the_same_figure_gives_the_same_bytes(format):
    maps = random(1, 4, 9, 8)
    maps[0, 0] = 0
    maps[0, 1, 0, 0] = np.nan
    first, second = (viz.figure_bytes(plot(maps), format) for _ in range(2))
    assert first == second
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[format]
    assert first.startswith(start)
    assert not any(word in first for word in (b"atplotlib v", b"CreationDate", b"dc:date"))


def test_the_dots_per_inch_can_be_chosen():
    from PIL import Image

    figure = plot(random(1, 2, 5, 5))
    width, height = figure.get_size_inches()
    for dpi in (50, 150):
        with Image.open(io.BytesIO(viz.figure_bytes(figure, dpi=dpi))) as image:
            assert image.size == pytest.approx((width * dpi, height * dpi), abs=1)


def test_a_given_figure_is_cleared_and_returned():
    figure = Figure()
    figure.add_subplot().plot([1, 2])
    assert viz.plot_feature_maps(random(1, 1, 4, 4), figure=figure) is figure
    assert len(figure.axes) == 2


# ----------------------------------------------------------------------------- draw_map, render_map


def test_draw_map_draws_on_the_axes_it_is_given():
    axes = viz.new_figure().add_subplot()
    values = random(4, 5)
    image = viz.draw_map(values, ax=axes, title="a$b_{$")
    assert image.axes is axes
    assert np.array_equal(image.get_array(), values)
    assert image.norm.vmax == -image.norm.vmin == np.abs(values).max()
    assert image.get_interpolation() == "nearest"
    assert axes.get_aspect() == 1
    assert axes.get_title() == "a$b_{$"
    assert axes.get_xlabel().endswith(f" to {values.max():.3g}")
    assert viz.figure_bytes(axes.figure)


def test_draw_map_marks_what_is_flat_or_lost():
    for values, hatch in ((np.zeros((3, 3)), "//"), (np.array([[1, np.nan]]), "xxxx")):
        axes = viz.new_figure().add_subplot()
        viz.draw_map(values, ax=axes)
        assert [p.get_hatch() for p in axes.patches] == [hatch]


def test_draw_map_says_what_it_reduces():
    axes = Figure(figsize=(2, 2), dpi=100).add_subplot()
    image = viz.draw_map(np.eye(1000), ax=axes)
    assert max(image.get_array().shape) < 200
    assert "each dot the strongest of" in axes.get_xlabel()


def test_render_map_has_a_pixel_for_each_value():
    values = np.array([[-2.0, 0.0], [1.0, 2.0]])
    pixels = viz.render_map(values)
    assert (pixels.shape, pixels.dtype) == ((2, 2, 3), np.uint8)
    assert np.array_equal(pixels[0, 1], viz.render_map(values, 5)[0, 1])  # 0 is 0 on any scale
    shared = viz.scale_of(np.array([-4.0, 4.0]))
    assert str(shared) == "-4 to 4, centred on 0"
    assert not np.array_equal(viz.render_map(values, shared)[1, 1], pixels[1, 1])
    assert np.array_equal(
        viz.render_map(values, (0, 1))[0, 0], viz.render_map(values, (0, 1))[0, 1]
    )


# ------------------------------------------------------------------------------------- kernels


def test_a_kernels_numbers_are_written_in_its_cells():
    axes = viz.new_figure().add_subplot()
    kernel = kernels.get("sobel_x")
    image = viz.draw_kernel(kernel, ax=axes)
    written = [text.get_text().replace("\N{MINUS SIGN}", "-") for text in axes.texts]
    assert [float(text) for text in written] == kernel.values.ravel().tolist()
    assert axes.get_title() == "sobel_x"
    for text, colour in zip(
        axes.texts, image.cmap(image.norm(kernel.values)).reshape(-1, 4), strict=True
    ):
        assert _contrast(text.get_color(), colour) >= 4.5


def _contrast(first, second):
    def luminance(colour):
        parts = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in mpl.colors.to_rgb(colour)
        ]
        return np.dot((0.2126, 0.7152, 0.0722), parts)

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("cmap", [SIGNED, FROM_ZERO])
def test_numbers_are_legible_on_every_colour(cmap):
    from minicnn.viz.maps import readable_on

    for colour in cmap(np.linspace(0, 1, 101)):
        assert _contrast(readable_on(colour), colour) >= 4.5


@pytest.mark.parametrize("name", ["box_3", "gaussian_3x3", "gaussian_5x5"])
def test_fractions_are_written_as_whole_numbers_and_a_factor(name):
    values = kernels.get(name).values
    axes = viz.new_figure().add_subplot()
    viz.draw_kernel(name, ax=axes)
    below = int(axes.get_xlabel().split("1/")[1])
    written = [float(text.get_text()) / below for text in axes.texts]
    assert written == pytest.approx(values.ravel().tolist())


def test_numbers_that_do_not_fit_are_left_out():
    axes = Figure(figsize=(1, 1), dpi=100).add_subplot()
    viz.draw_kernel(random(15, 15), ax=axes)
    assert len(axes.texts) == 0
    viz.draw_kernel([[1, 2]], ax=(axes := viz.new_figure().add_subplot()), numbers=False)
    assert len(axes.texts) == 0


def test_plot_kernels_of_a_bank_a_layer_and_a_weight():
    def show(what, **options):
        return viz.plot_kernels(what, figure=viz.new_figure(), **options)

    bank = show(["sobel_x", "box_3"])
    assert {"sobel_x", "box_3", "\N{MULTIPLICATION SIGN} 1/9"} <= set(texts(bank))
    assert [image.norm.vmax for image in tiles(bank)] == pytest.approx([2, 1 / 9])
    assert "Each kernel has colours of its own" in said(bank)

    layer = show(Conv2D(3, 4, 3, rng=0))
    assert len(tiles(layer)) == 12
    assert len({id(image.norm) for image in tiles(layer)}) == 1
    assert "One scale for all 12 kernels." in texts(layer)
    assert {"filter 0, channel 0", "filter 3, channel 2"} <= set(texts(layer))

    same = show(Conv2D.from_kernels("edges", in_channels=3))
    assert len(tiles(same)) == len(kernels.EDGES)
    assert "the same for each of 3 channels" in said(same)
    assert "2 of 12 shown" in said(show(Conv2D(3, 4, 3, rng=0).weight, max_kernels=2))
    assert {id(i.norm) for i in tiles(show("edges", scale="step"))} != 8


def test_a_flat_kernel_is_not_marked():
    assert hatches(viz.plot_kernels("box_3", figure=viz.new_figure())) == []


# ------------------------------------------------------------------------------ pictures, pipeline


def test_pictures_are_shown_as_what_they_show():
    grey, colour = np.array([[0.0, 0.5, 1.5]]), np.full((3, 2, 2), 0.25)
    colour[0] = -1
    figure = viz.plot_images([grey, colour], titles=["g", "c"], figure=viz.new_figure())
    first, second = tiles(figure)
    assert (first.norm.vmin, first.norm.vmax) == (0, 1)
    assert first.get_array().tolist() == [[0, 0.5, 1]]
    assert np.array_equal(second.get_array()[0, 0], [0, 0.25, 0.25])
    assert {"g", "c", "33 % clipped (0 to 1.5)", "33 % clipped (\N{MINUS SIGN}1 to 0.25)"} <= set(
        texts(figure)
    )


def test_the_pipeline_shows_input_every_step_every_map_and_the_kernels():
    x = np.abs(np.clip(random(2, 3, 20, 31), 0, 1))
    block = Sequential(
        Pad(1, mode="reflect"), Conv2D.from_kernels(["sobel_x", "box_3"], in_channels=3)
    )
    model = Sequential(("block", block), ReLU(), Conv2D(2, 12, 3, stride=3, rng=0))
    figure = viz.plot_pipeline(model.trace(x), sample=1, figure=viz.new_figure())
    found = said(figure)
    for part in (
        "Input",
        "0  block.pad",
        "1  block.conv2d",
        "2  relu",
        "3  conv2d",
        "picture 1 of 2",
    ):
        assert part in texts(figure) or part in found
    assert "8 of 12 maps shown" in found
    assert (
        "2 \N{MULTIPLICATION SIGN} 20 \N{MULTIPLICATION SIGN} 31 \N{RIGHTWARDS ARROW} 12" in found
    )
    assert "left over: the last 2 rows and the last column" in found
    assert "1 pixel around: mirrored" in found
    assert "the same for each of 3 channels" in found
    # input, padded input; 2 maps and their kernels; 2 maps; 8 maps and both channels' kernels
    assert len(tiles(figure)) == 2 + 2 * 2 + 2 + 8 + 8 * 2
    assert texts(figure).count("sobel_x") == 2
    assert texts(figure).count("red, green, blue") == 2
    assert len(figure.axes) == 1 + 3


def test_each_bar_of_the_pipeline_is_true_for_the_tiles_of_its_step():
    model = Sequential(Conv2D(1, 2, 3, rng=0), ReLU())
    trace = model.trace(random(1, 1, 9, 9))
    figure = viz.plot_pipeline(trace, figure=viz.new_figure())
    bars = [axes._colorbar.norm for axes in figure.axes[1:]]
    norms = [image.norm for image in tiles(figure)]
    assert all(any(norm is bar for norm in norms) for bar in bars)
    assert [bar.vmax for bar in bars] == pytest.approx(
        [np.abs(a).max() for a in (trace.input, trace[0].output, trace[1].output)]
    )


def test_numbers_in_the_pipeline_come_with_their_factor():
    trace = Conv2D.from_kernels(["box_3", "sobel_x"]).trace(random(1, 1, 30, 40))
    figure = viz.plot_pipeline(trace, figure=viz.new_figure())
    assert texts(figure).count("\u00d7 1/9") == 1
    assert texts(figure).count("1") >= 9
    narrow = Conv2D.from_kernels(["box_3"] * 8).trace(random(1, 1, 30, 3))
    figure = viz.plot_pipeline(narrow, figure=viz.new_figure())
    assert ("1" in texts(figure)) == ("\u00d7 1/9" in texts(figure))


@pytest.mark.parametrize(
    ("kernel", "numbers"),
    [("gaussian_5x5", {"36", "24", "\u00d7 1/256"}), ([[0.123, -0.457]], {"0.12", "\u22120.46"})],
)
def test_the_numbers_of_a_lone_kernel_can_be_read(kernel, numbers):
    trace = Conv2D.from_kernels(kernel).trace(random(1, 1, 30, 40))
    figure = viz.plot_pipeline(trace, figure=viz.new_figure())
    assert numbers <= set(texts(figure))
    assert "ach kernel" not in said(figure)
    assert "Kernel's colours: " in said(figure)
    assert texts(figure).count("Its own scale.") == 2


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([[-0.16, -0.35, -0.0497, 0.3]], "-0.16 -0.35 -0.05 0.30"),
        ([[0.5, 0.45, 0.004], [0.25, 0.03, -0.09]], "0.50 0.45 0.00 0.25 0.03 -0.09"),
        ([[0.012, -0.0104]], "0.01 -0.01"),
        ([[-12.34, 7.0]], "-12.3 7.0"),
        ([[2.0, -1.0]], "2 -1"),
    ],
)
def test_the_numbers_of_a_stack_have_one_format_and_one_size(weights, says):
    weight = np.array(weights)[:, :, None, None]
    model = Conv2D(weight.shape[1], len(weight), 1, rng=0).with_params({"weight": weight})
    x = np.random.default_rng(0).random((1, weight.shape[1], 20, 20))
    figure = viz.plot_pipeline(model.trace(x), figure=viz.new_figure())
    numbers = [text for text in figure.axes[0].texts if text.get_ha() == "center"]
    assert " ".join(text.get_text() for text in numbers).replace("\u2212", "-") == says
    assert len({text.get_fontsize() for text in numbers}) == 1


def test_the_kernels_of_a_layer_have_one_format_and_one_size():
    weight = np.array([[-0.161, -0.354, -0.0497], [0.5, 0.0123, -0.2]])[:, :, None, None]
    layer = Conv2D(3, 2, 1, rng=0).with_params({"weight": weight})
    figure = viz.plot_kernels(layer, figure=viz.new_figure())
    numbers = [text for text in figure.axes[0].texts if text.get_ha() == "center"]
    found = " ".join(text.get_text() for text in numbers).replace("\u2212", "-")
    assert found == "-0.16 -0.35 -0.05 0.50 0.01 -0.20"
    assert len({text.get_fontsize() for text in numbers}) == 1
    assert not any("\u00d7 1/" in text for text in texts(figure))


def test_kernels_made_by_hand_keep_whole_numbers_beside_others():
    model = Conv2D.from_kernels([[[1, 2, 1]], [[0.123, 0.5, 0.123]]])
    figure = viz.plot_pipeline(model.trace(np.ones((1, 1, 9, 9))), figure=viz.new_figure())
    said = [text.get_text() for text in figure.axes[0].texts if text.get_ha() == "center"]
    assert said == ["1", "2", "1", "0.12", "0.50", "0.12"]


def test_the_storyboard_shows_as_many_channels_of_a_kernel_as_fit():
    def shown(channels, filters, size=3):
        trace = Conv2D(channels, filters, size, rng=0).trace(random(1, channels, 30, 30))
        return viz.plot_pipeline(trace, figure=viz.new_figure())

    assert "channels shown" not in said(shown(4, 6))
    assert len(tiles(shown(4, 6))) == 4 + 6 * (4 + 1)
    assert "3 of 9 channels shown" in said(shown(9, 8, 7))


@pytest.mark.parametrize(
    ("sides", "said_of_it"),
    [
        (((3, 2), (4, 1)), ["3 above, 2 below;", "4 left, 1 right added: mirrored"]),
        (((0, 1), (0, 2)), ["1 below; 2 right added: mirrored"]),
        (((2, 1), (0, 0)), ["2 above, 1 below added: mirrored"]),
    ],
)
def test_what_is_added_on_each_side_is_said_axis_by_axis(sides, said_of_it):
    trace = Pad(sides, mode="reflect").trace(random(1, 1, 30, 30))
    figure = viz.plot_pipeline(trace, figure=viz.new_figure())
    assert [text for text in texts(figure) if "added" in text or ";" in text] == said_of_it


def test_a_model_of_one_step_has_a_pipeline():
    figure = viz.plot_pipeline(ReLU().trace(np.zeros((1, 1, 5, 5))), figure=viz.new_figure())
    assert {"dead: all 0", "Every value is 0."} <= set(texts(figure))


# ---------------------------------------------------------------------------------- wrong calls

GOOD = np.ones((1, 2, 4, 4))
MODEL = Sequential(ReLU())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: plot(MODEL), DTypeError, r"Pass model\.trace\(x\)"),
        (lambda: plot("photo.jpg"), DTypeError, r"images\.load"),
        (lambda: plot(np.ones((4, 4))), ShapeError, r"\[None, None\]"),
        (lambda: plot(np.ones((1, 0, 4, 4))), ShapeError, "nothing to draw"),
        (lambda: plot(GOOD, step=1), ConfigError, "chooses a step of a trace"),
        (lambda: plot(MODEL.trace(GOOD), step="conv"), ConfigError, "0: 'relu'"),
        (lambda: plot(GOOD, sample=1), ConfigError, "sample must be from 0 to 0"),
        (lambda: plot(GOOD, names=["one"]), ConfigError, "one name for each of the 2 maps"),
        (lambda: plot(GOOD, names="ab"), ConfigError, "sequence of 2 strings"),
        (lambda: plot(GOOD, names=7), ConfigError, "sequence of 2 strings"),
        (lambda: plot(GOOD, scale="layer"), ConfigError, "'step', 'map'"),
        (lambda: plot(GOOD, scale=-1), ConfigError, "a number above 0"),
        (lambda: plot(GOOD, scale=True), ConfigError, "a number above 0"),
        (lambda: plot(GOOD, scale=(2, 1)), ConfigError, "low < high"),
        (lambda: plot(GOOD, scale=(0, np.inf)), ConfigError, "two finite numbers"),
        (lambda: plot(GOOD, max_maps=0), ConfigError, "max_maps"),
        (lambda: plot(GOOD, columns=1.5), ConfigError, "columns"),
        (lambda: plot(GOOD, title=3), ConfigError, "title must be a text"),
        (lambda: viz.plot_feature_maps(GOOD, figure=3), ConfigError, r"viz\.new_figure\(\)"),
        (lambda: viz.plot_pipeline(MODEL), DTypeError, r"Pass model\.trace\(x\)"),
        (lambda: viz.plot_pipeline(GOOD), ConfigError, "takes a Trace"),
        (lambda: viz.plot_kernels("nonesuch"), ConfigError, "there is no kernel"),
        (lambda: viz.plot_kernels(np.ones((0, 1, 3, 3))), ShapeError, "nothing to draw"),
        (lambda: viz.plot_images([]), ConfigError, "pictures must be"),
        (lambda: viz.plot_images(np.ones((1, 5, 4, 4))), ShapeError, "1 or 3 channels"),
        (
            lambda: viz.plot_images([GOOD[0, 0]], titles=["a", "b"]),
            ConfigError,
            "one text for each",
        ),
        (lambda: viz.draw_map(np.ones((4, 4)), ax=None), ConfigError, "matplotlib Axes"),
        (lambda: viz.draw_map(GOOD, ax=None), ShapeError, r"one map \(H, W\)"),
        (lambda: viz.draw_kernel("sobel", ax=None), ConfigError, "plot_kernels draws several"),
        (lambda: viz.render_map(np.ones(3)), ShapeError, r"one map \(H, W\)"),
        (lambda: viz.figure_bytes(viz.new_figure(), "gif"), ConfigError, "'png', 'svg', 'pdf'"),
        (lambda: viz.figure_bytes(viz.new_figure(), dpi=0), ConfigError, "dpi"),
        (lambda: viz.figure_bytes(None), ConfigError, "Figure"),
    ],
)
def test_a_wrong_call_gets_our_error_and_the_fix(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, MiniCNNError)


@pytest.mark.parametrize(
    "values",
    [
        np.array([[-1.7e308, 1.7e308]]),
        np.array([[0.0, 5e-324]]),
        np.array([[0, 1e-40]], np.float32),
        np.array([[0, 255]], np.uint8),
        np.array([[False, True]]),
        np.array([[-1, 1]], np.float16),
        np.array([[-1.0, 2.0]], ">f8"),
        np.array([[-0.0, 0.0]]),
        np.array([[2**62, -(2**62)]]),
        np.full((1, 2), np.nan),
        np.full((1, 2), -3.0),
    ],
)
@pytest.mark.parametrize("scale", ["step", "map"])
def test_every_kind_of_number_can_be_drawn(values, scale):
    figure = plot(values[None, None], scale=scale)
    assert viz.figure_bytes(figure)
    assert viz.render_map(values, scale).shape == (1, 2, 3)
    viz.figure_bytes(viz.plot_pipeline(ReLU().trace(values[None, None]), figure=viz.new_figure()))
