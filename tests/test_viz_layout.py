"""Whatever is drawn: no text is cut off, none overlaps another, all can be read."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import Conv2D, Pad, ReLU, Sequential, viz

NAMES = st.text(st.characters(codec="utf-8"), max_size=40)


def check_layout(figure, *, centred=False):
    """Raise unless texts lie inside the figure, apart from each other and from the tiles.

    Those that are centred stand in cells, unless `centred` is true.
    """
    canvas = figure.canvas
    renderer = canvas.get_renderer() if hasattr(canvas, "get_renderer") else figure._get_renderer()
    page, *bars = figure.axes
    texts = [t for t in page.texts if t.get_text().strip() and (centred or t.get_ha() != "center")]
    texts += [label for bar in bars for label in bar.get_xticklabels()]
    boxes = np.array([t.get_window_extent(renderer).extents for t in texts])
    tiles = np.array([i.get_window_extent(renderer).extents for i in page.images]).reshape(-1, 4)
    width, height = figure.bbox.size
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2] <= width).all()
    assert (boxes[:, 3] <= height).all()
    overlaps = _overlapping(boxes, boxes)
    np.fill_diagonal(overlaps, False)
    assert not overlaps.any(), [texts[i].get_text() for i in np.argwhere(overlaps)[0]]
    crossed = _overlapping(boxes, tiles)
    assert not crossed.any(), texts[np.argwhere(crossed)[0][0]].get_text()
    assert min(t.get_fontsize() for t in texts) >= 7
    assert figure.get_size_inches()[0] <= 9.01


def _overlapping(first, second, slack=1.0):
    a, b = first[:, None], second[None]
    return (
        (a[..., 0] < b[..., 2] - slack)
        & (b[..., 0] < a[..., 2] - slack)
        & (a[..., 1] < b[..., 3] - slack)
        & (b[..., 1] < a[..., 3] - slack)
    )


@st.composite
def pictures_of_maps(draw):
    count = draw(st.integers(1, 40))
    height, width = draw(st.sampled_from([(1, 1), (1, 500), (500, 1), (7, 9), (60, 40), (40, 90)]))
    size = draw(st.sampled_from([1e-9, 1.0, 12345.0, 1e30]))
    maps = np.random.default_rng(count).normal(size=(1, count, height, width)) * size
    for index in draw(st.lists(st.integers(0, count - 1), max_size=3)):
        maps[0, index] = draw(st.sampled_from([0.0, 0.5, np.nan, np.inf]))
    names = draw(st.none() | st.lists(NAMES, min_size=count, max_size=count))
    return maps, names


@given(
    pictures_of_maps(),
    st.sampled_from(["step", "map", 0.5]),
    st.sampled_from([None, "", "a title", "a very long title " * 12]),
    st.sampled_from([72, 100, 150, 200]),
)
@settings(max_examples=settings.default.max_examples // 2)
def test_feature_maps_are_set_without_overlap(maps_and_names, scale, title, dpi):
    maps, names = maps_and_names
    figure = viz.plot_feature_maps(
        maps, names=names, scale=scale, title=title, figure=viz.new_figure(dpi)
    )
    check_layout(figure)


@given(
    st.integers(1, 3),
    st.integers(1, 20),
    st.sampled_from([(9, 12), (40, 8), (8, 200)]),
    st.sampled_from([1, 3, 5]),
    st.sampled_from(["step", "map", (-1, 1)]),
)
@settings(max_examples=settings.default.max_examples // 4)
def test_storyboards_are_set_without_overlap(channels, filters, size, kernel, scale):
    x = np.random.default_rng(filters).random((1, channels, *size))
    model = Sequential(
        ("a_block_with_a_long_name", Sequential(Pad(1, mode="circular"), ReLU())),
        Conv2D(channels, filters, kernel, stride=2, padding=(0, 1, 2, 3), rng=0),
        ReLU(),
    )
    check_layout(viz.plot_pipeline(model.trace(x), scale=scale, figure=viz.new_figure()))


@pytest.mark.parametrize("what", ["all", "edges", "identity", "gabor", [[1, 2, 3]]])
def test_kernels_are_set_without_overlap(what):
    check_layout(viz.plot_kernels(what, figure=viz.new_figure()))


@pytest.mark.parametrize("shape", [(3, 30, 40), (1, 1, 1), (3, 2, 300)])
def test_pictures_are_set_without_overlap(shape):
    pictures = [np.random.default_rng(n).normal(size=shape) for n in range(7)]
    titles = ["a long title for a picture " * 3] * 7
    check_layout(viz.plot_images(pictures, titles=titles, title="t", figure=viz.new_figure()))


def test_two_hundred_maps_take_seconds():
    maps = np.random.default_rng(0).normal(size=(1, 200, 56, 56)).astype(np.float32)
    start = time.process_time()
    figure = viz.plot_feature_maps(maps, max_maps=200, figure=viz.new_figure())
    viz.figure_bytes(figure)
    assert time.process_time() - start < 10
    check_layout(figure)


def test_the_maps_of_blocks_side_by_side_end_on_one_line():
    x = np.random.default_rng(0).random((1, 1, 40, 40))
    model = Sequential(Conv2D.from_kernels("gaussian_5x5"), ReLU())
    figure = viz.plot_pipeline(model.trace(x), figure=viz.new_figure())
    maps = [image for image in figure.axes[0].images if max(image.get_array().shape) > 5]
    left, right = ([image.get_extent()[i] for image in maps] for i in (0, 1))
    assert len(maps) == 3
    assert right[0] < left[1] < right[1] < left[2]
    assert len({round(image.get_extent()[2], 3) for image in maps}) == 1
