"""The im2col atlas's picture, by what is in it: colours, numbers, frames, notes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import convolutions
from test_explain_im2col import layer_of
from test_viz_ledger import frames, inside, said, texts

from minicnn import Conv2D, viz
from minicnn.errors import ConfigError
from minicnn.explain import im2col_atlas
from minicnn.viz import _im2col_colours

GALLERY = Path(__file__).resolve().parent.parent / "examples" / "gallery"
FEW = settings(max_examples=max(settings.default.max_examples // 7, 6))


def plot(atlas, **options):
    return viz.plot_im2col(atlas, figure=viz.new_figure(), **options)


def small(channels=1, filters=1, size=(4, 4), **options):
    x = np.random.default_rng(1).integers(0, 10, (1, channels, *size)).astype(float)
    return im2col_atlas(Conv2D(channels, filters, 3, rng=0, **options), x)


def image(figure, name):
    return next(i for i in figure.axes[0].images if i.get_gid() == name)


def box(figure, name):
    """Return an image's x, y, width and height on the page."""
    left, right, bottom, top = image(figure, name).get_extent()
    return left, top, right - left, bottom - top


def written(figure, name, shape):
    """Return the texts in the cells of an image, "" where there is none."""
    x, y, width, height = box(figure, name)
    rows, columns = shape
    found = [[""] * columns for _ in range(rows)]
    for text in figure.axes[0].texts:
        column, row = (text.get_position()[0] - x) / width, (text.get_position()[1] - y) / height
        if 0 < column < 1 and 0 < row < 1:
            found[int(row * rows)][int(column * columns)] = text.get_text()
    return found


def framed(figure, name, shape):
    """Return the cells (rows, columns) of an image that are framed."""
    x, y, width, height = box(figure, name)
    rows, columns = shape
    for frame in frames(figure):
        left, top = (frame.x0 - x) / width * columns, (frame.y0 - y) / height * rows
        wide, high = frame.width / width * columns, frame.height / height * rows
        if -0.01 <= left <= columns - 0.9 and -0.01 <= top <= rows - 0.9:
            return tuple(round(v) for v in (top, left, high, wide))
    return None


@pytest.mark.parametrize(
    ("atlas", "at", "filter_"),
    [
        (small(), (0, 1), 0),
        (small(2, 2, (5, 5), stride=2), (1, 0), 1),
        (small(2, 2, (5, 5), stride=2, padding=1), (1, 1), 1),
        (small(1, 3, (5, 6), bias=False, stride=2), (1, 1), 2),
    ],
    ids=["one", "two", "padded", "three filters"],
)
def test_the_whole_atlas_is_drawn(atlas, at, filter_):
    figure = plot(atlas, at=at, filter=filter_)
    rows, columns = atlas.columns.shape
    count, column = len(atlas.weight), atlas.column_at(*at)
    tints = _im2col_colours.pale(columns)
    for name, high in (("columns", rows), ("output", count)):
        assert np.allclose(image(figure, name).get_array(), np.tile(tints, (high, 1, 1)))
    assert np.array_equal(image(figure, "weight").get_array(), atlas.weight_matrix)
    assert np.array_equal(image(figure, "copies").get_array(), atlas.counts)
    _, oh, ow = atlas.output.shape
    assert np.allclose(image(figure, "output picture").get_array(), tints.reshape(oh, ow, 3))
    for c in range(len(atlas.x)):
        assert np.array_equal(image(figure, f"kernel {c}").get_array(), atlas.weight[filter_, c])
    found = written(figure, "columns", (rows, columns))
    assert [[float(v) for v in row] for row in found] == atlas.columns.tolist()
    assert framed(figure, "columns", (rows, columns)) == (0, column, rows, 1)
    assert framed(figure, "weight", (count, rows)) == (filter_, 0, 1, rows)
    assert framed(figure, "output", (count, columns)) == (filter_, column, 1, 1)
    assert framed(figure, "output picture", (oh, ow)) == (*at, 1, 1)
    (sh, sw), ((top, bottom), (left, right)) = atlas.window.stride, atlas.window.padding
    padded = atlas.x.shape[1] + top + bottom, atlas.x.shape[2] + left + right
    for c in range(len(atlas.x)):
        assert framed(figure, f"picture {c}", padded) == (at[0] * sh, at[1] * sw, 3, 3)
    assert "Too large" not in said(figure)
    inside(figure)


@given(case=convolutions(max_batch=1, max_groups=2, max_output=3, named_padding=True))
@FEW
def test_a_pixel_has_the_colours_of_all_columns_that_copy_it(case):
    atlas = im2col_atlas(layer_of(case), case.x)
    figure = plot(atlas)
    tints = _im2col_colours.pale(atlas.columns.shape[1])
    if "Too large" in said(figure):
        return
    _, height, width = atlas.x.shape
    ((top, bottom), (left, right)) = atlas.window.padding
    drawn = [i for i in figure.axes[0].images if i.get_gid() == "picture 0"]
    for one in drawn:  # none, if the pixels are too small to be divided
        colours = one.get_array().reshape(height + top + bottom, 60, width + left + right, 60, 3)
        for row, column in np.ndindex(height, width):
            pixel = colours[row + top, :, column + left].reshape(-1, 3)
            by = np.sort(np.argwhere(atlas.sources == row * width + column)[:, 1])
            found, parts = np.unique(pixel.round(9), axis=0, return_counts=True)
            expected = tints[by] if len(by) else np.ones((1, 3))
            assert np.allclose(found, np.unique(expected.round(9), axis=0))
            assert (np.abs(parts - 3600 / len(found)) <= 120).all()
            corners = pixel[[0, -1]]  # in the order of the output
            assert np.allclose(corners, tints[by[[0, -1]]] if len(by) else 1)


@given(
    case=convolutions(max_batch=1, max_output=6, named_padding=True),
    dtype=st.sampled_from([np.float32, np.float64]),
)
@FEW
def test_no_text_lies_on_another(case, dtype):
    inside(plot(im2col_atlas(layer_of(case), case.x.astype(dtype))))


@pytest.mark.parametrize(
    ("layer", "shape", "note"),
    [
        (Conv2D(1, 1, 3, padding=1, rng=0), (28, 31), "here are 18 of 868 columns. Grey"),
        (Conv2D(16, 9, 5, padding=2, rng=0), (6, 7), "9 of 42 columns"),
        (Conv2D(8, 8, 3, groups=4, rng=0), (9, 12), "2 of 8 channels"),
        (Conv2D(1, 1, (1, 30), rng=0), (2, 40), "of 30 rows"),
        (Conv2D(1, 1, (12, 1), rng=0), (14, 300), "of 900 columns"),
        (Conv2D(1, 64, 1, rng=0), (3, 2), "6 of 64 filters"),
        (Conv2D(3, 2, 3, rng=0), (4, 4), ""),
        (Conv2D(1, 1, 1, padding=1, rng=0), (1, 1), ""),
        (Conv2D(1, 2, 2, dilation=2, stride=2, rng=0), (8, 9), ""),
        (Conv2D(1, 1, 9, rng=0), (9, 9), "of 81 rows"),
    ],
    ids=str,
)
def test_of_what_is_too_large_a_part_is_drawn_and_told(layer, shape, note):
    x = np.random.default_rng(0).standard_normal((1, layer.in_channels, *shape))
    figure = plot(im2col_atlas(layer, x.astype(np.float32)), filter=layer.out_channels - 1)
    assert note in " ".join(texts(figure))
    assert ("Too large" in said(figure)) == bool(note)
    inside(figure)


def test_of_many_groups_the_filters_own_channels_are_drawn():
    atlas = small(8, 8, (6, 7), groups=8)
    figure = plot(atlas, filter=5)
    assert np.array_equal(image(figure, "kernel 5").get_array(), atlas.weight[5, 0])
    assert "Picture, channel 5" in texts(figure)
    assert "Hatched: the channels of another group" in said(figure)
    part = written(figure, "columns", image(figure, "columns").get_array().shape[:2])
    first = float(part[0][0])
    assert first in atlas.x[5]


def test_the_foot_says_what_it_costs_and_that_it_is_the_layer():
    x = np.arange(1.0, 17).reshape(1, 1, 4, 4)
    figure = plot(im2col_atlas(Conv2D.from_kernels("sobel_x"), x), at=(0, 0))
    words = said(figure)
    assert "Atlas = layer: all 4 values, to the last bit" in words
    assert "is copied 36 / 16 = 2.25 times on average." in words
    assert "288 B, 2.25 times the picture" in words
    assert "For a picture of 224 \u00d7 224" in words
    products = "1 \u00d7 (\u22121) + 2 \u00d7 0 + 3 \u00d7 1 + 5 \u00d7 (\u22122)"
    assert products in words.replace("\N{NO-BREAK SPACE}", " ")
    bars = {p.get_gid(): p for p in figure.axes[0].patches if "bytes" in (p.get_gid() or "")}
    assert bars["columns bytes"].get_width() > bars["picture bytes"].get_width()


def test_a_mismatch_is_in_red():
    class Wrong(Conv2D):
        def __call__(self, x):
            return super().__call__(x) + 1

    figure = plot(im2col_atlas(Wrong(1, 1, 3, rng=0), np.ones((1, 1, 4, 4))))
    loud = next(t for t in figure.axes[0].texts if t.get_text().startswith("MISMATCH"))
    assert loud.get_color() == viz._style.ALARM


def test_values_that_are_not_finite_and_titles_that_are_not_mathematics():
    x = np.ones((1, 1, 4, 5))
    x[0, 0, 1, 1], x[0, 0, 2, 2] = np.nan, np.inf
    layer = Conv2D(1, 1, 3, rng=0, names=("a$b_{$" * 12,))
    for title in (None, "$x_{", ""):
        figure = plot(im2col_atlas(layer, x), title=title)
        inside(figure)
    assert viz.figure_bytes(figure, "svg")[:5] == b"<?xml"


@pytest.mark.parametrize("count", [1, 2, 4, 9, 30])
def test_no_two_colours_are_alike_and_black_can_be_read_on_all(count):
    tints = _im2col_colours.pale(count)
    assert len(np.unique(tints.round(3), axis=0)) == count
    linear = np.where(tints <= 0.04045, tints / 12.92, ((tints + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    assert ((luminance + 0.05) / 0.05 > 7).all()


def test_wrong_calls():
    with pytest.raises(ConfigError, match=r"plot_im2col takes an Im2colAtlas, got 'x'"):
        plot("x")
    with pytest.raises(ConfigError, match="filter must be from 0 to 0, got 1"):
        plot(small(), filter=1)
    with pytest.raises(ConfigError, match="row must be from 0 to 1, got 2"):
        plot(small(), at=(2, 0))
    with pytest.raises(ConfigError, match="figure must be"):
        viz.plot_im2col(small(), figure="x")


def test_the_gallery_runs_twice(tmp_path):
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", GALLERY / "06_im2col_atlas.py", tmp_path],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "atlas = layer: all 4 values, to the last bit" in done.stdout
    names = ["06_im2col_atlas.gif", "06_im2col_atlas.png"]
    names += [f"06_im2col_atlas_{case}.png" for case in ("groups", "two_channels")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
