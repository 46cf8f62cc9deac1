"""The ledger's picture, by what is in it: artists, labels, norms, data."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import FancyArrowPatch, Rectangle

from minicnn import (
    Conv2D,
    Flatten,
    GroupNorm,
    Layer,
    Linear,
    MaxPool2D,
    Pad,
    Parallel,
    ReLU,
    Sequential,
    Softmax,
    explain,
    images,
    viz,
)
from minicnn.errors import ConfigError
from minicnn.viz._style import ALARM, GREY, SIGNED

GALLERY = Path(__file__).resolve().parent.parent / "examples" / "gallery"


class Opaque(Layer):
    def __call__(self, x):
        return x * 2


def plot(ledger, **options):
    return viz.plot_ledger(ledger, figure=viz.new_figure(), **options)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def said(figure):
    return " | ".join(texts(figure))


def tiles(figure):
    return list(figure.axes[0].images)


def frames(figure):
    return [
        patch.get_bbox()
        for patch in figure.axes[0].patches
        if isinstance(patch, Rectangle)
        and patch.get_edgecolor()[:3] == pytest.approx((0.702, 0, 0.235), abs=0.01)
        and not patch.get_fill()
    ]


def running(figure):
    return [patch for patch in figure.axes[0].patches if patch.get_gid() == "running sum"]


def conv_ledger(
    channels, *, filters=2, size=3, shape=(9, 12), dtype=np.float64, at=(3, 4), **options
):
    x = np.random.default_rng(0).standard_normal((1, channels, *shape)).astype(dtype)
    model = Sequential(Conv2D(channels, filters, size, rng=1, **options))
    return explain.pixel(model, x, "conv2d", 1, *at)


def inside(figure):
    """Assert that nothing is written beyond the page, and no two texts lie on each other."""
    figure.set_dpi(72)  # texts are measured in points: fewer dots draw faster
    figure.draw_without_rendering()
    page, boxes = figure.bbox, []
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        if text.get_text().strip():
            assert page.x0 - 1 <= box.x0, text.get_text()
            assert box.x1 <= page.x1 + 1, text.get_text()
            assert page.y0 - 1 <= box.y0, text.get_text()
            assert box.y1 <= page.y1 + 1, text.get_text()
            boxes.append((box, text.get_text()))
    x0, y0, x1, y1 = np.array([box.extents for box, _ in boxes]).T
    wide = np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0)
    high = np.minimum.outer(y1, y1) - np.maximum.outer(y0, y0)
    crossing = np.argwhere(np.triu((wide > 2) & (high > 2), 1)).tolist()
    assert [(boxes[i][1], boxes[j][1]) for i, j in crossing] == []


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 64])
def test_a_row_a_channel(channels):
    ledger = conv_ledger(channels)
    figure = plot(ledger)
    rows = min(channels, 3)
    assert len(tiles(figure)) == 4 * rows + 1
    order = ledger.account.largest_first()[:rows]
    for row, position in enumerate(sorted(order)):
        whole, patch, kernel, products = tiles(figure)[4 * row : 4 * row + 4]
        # patch, kernel and products are drawn before the map that they are from
        whole, patch, kernel, products = products, whole, patch, kernel
        np.testing.assert_array_equal(whole.get_array(), ledger.recording.trace.input[0, position])
        np.testing.assert_array_equal(patch.get_array(), ledger.account.values[position])
        np.testing.assert_array_equal(kernel.get_array(), ledger.account.weights[position])
        np.testing.assert_array_equal(products.get_array(), ledger.account.products[position])
    np.testing.assert_array_equal(
        tiles(figure)[-1].get_array(), ledger.recording.trace.output[0, 1]
    )
    assert len(running(figure)) == (9 if channels == 1 else channels) + 2
    assert ("other channel" in said(figure)) == (channels > 3)
    inside(figure)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("channels", "size"), [(1, 3), (1, (1, 5)), (4, 2)])
def test_the_sum_builds_up_to_the_value(channels, size, bias):
    ledger = conv_ledger(channels, size=size, bias=bias)
    account, bars = ledger.account, running(plot(ledger))
    parts = account.products.ravel().tolist() if channels == 1 else list(account.sums)
    parts += [account.bias] if bias else []
    ends = np.cumsum([0.0, *parts])
    assert len(bars) == len(parts) + 1
    scale = np.ptp(ends) / 50  # the bars are 50 points high
    for bar, start, end in zip(bars, [*ends[:-1], 0.0], [*ends[1:], ends[-1]], strict=True):
        assert bar.get_height() * scale == pytest.approx(abs(end - start), abs=0.6 * scale)
    top = min(bar.get_y() for bar in bars)
    assert bars[-1].get_y() == pytest.approx(top + (ends.max() - max(ends[-1], 0)) / scale)


def test_a_single_number_needs_no_building_up():
    assert running(plot(conv_ledger(1, size=1, bias=False))) == []
    assert len(running(plot(conv_ledger(1, size=1)))) == 3


def test_every_colour_bar_is_true_for_every_tile_below_it():
    ledger = conv_ledger(5)
    figure = plot(ledger)
    rows = [tiles(figure)[4 * row : 4 * row + 4] for row in range(3)]
    for column in range(3):
        assert len({id(row[column].norm) for row in rows}) == 1
    assert all(row[0].norm is row[3].norm for row in rows)  # the patch and its map
    expected = (
        np.abs(ledger.recording.trace.input).max(),
        np.abs(ledger.account.weights).max(),
        np.abs(ledger.account.products).max(),
    )
    for bar, reach, column in zip(figure.axes[1:], expected, range(3), strict=True):
        assert rows[0][column].norm.vmax == pytest.approx(reach)
        assert bar.get_xlim() == pytest.approx((-reach, reach))
    assert all(image.cmap is SIGNED for image in tiles(figure))
    assert f"colours: {viz.scale_of(ledger.recording.trace.output)}".replace("-", "\u2212") in said(
        figure
    )


def test_a_picture_is_shown_in_its_greys_through_its_padding():
    model = Sequential(Pad(1, mode="reflect"), Conv2D(3, 2, 3, rng=0), ReLU())
    ledger = explain.pixel(model, images.photograph(channels=3)[:, :, :40, :50], 1, 0, 3, 4)
    figure = plot(ledger)
    assert tiles(figure)[0].cmap is GREY
    assert (tiles(figure)[0].norm.vmin, tiles(figure)[0].norm.vmax) == (0, 1)
    assert tiles(figure)[1].cmap is SIGNED
    assert tiles(figure)[-1].cmap is SIGNED


def test_the_arithmetic_and_the_check_are_written_out():
    picture = np.arange(20.0).reshape(1, 1, 4, 5)
    figure = plot(explain.pixel(Conv2D.from_kernels("sobel_x", bias=[-5]), picture, 0, 0, 0, 1))
    assert texts(figure)[0] == "Why is conv2d, sobel_x, row 0, column 1 equal to 3?"
    products = "\u22121 + 3 \u2212 12 + 16 \u2212 11 + 13 \u2212 5 (bias) = 3"
    assert products in texts(figure)
    assert "Ledger 3 = network 3" in texts(figure)
    cells = ["1", "2", "3", "6", "7", "8", "11", "12", "13"]
    start = texts(figure).index("1")
    assert texts(figure)[start : start + 9] == cells
    assert "\u221212" in texts(figure)


def test_the_frame_lies_where_the_patch_lies():
    ledger = conv_ledger(1, shape=(20, 30), stride=2, dilation=2, at=(4, 6))
    figure = plot(ledger)
    left, right, bottom, top = tiles(figure)[3].get_extent()
    dx, dy = (right - left) / 30, (bottom - top) / 20
    box = frames(figure)[0]
    found = ((box.x0 - left) / dx, (box.y0 - top) / dy, box.width / dx, box.height / dy)
    assert found == pytest.approx((12, 8, 5, 5), abs=0.05)
    left, right, bottom, top = tiles(figure)[-1].get_extent()
    box = frames(figure)[-1]
    middle = (box.x0 + box.width / 2 - left) / (right - left)
    assert middle == pytest.approx(6.5 / ledger.recording.trace.output.shape[3], abs=0.01)


def test_padding_is_hatched_and_its_zeros_are_written():
    figure = plot(conv_ledger(2, padding=1, at=(0, 0)))
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert len(hatched) == 2 * 2 * 5  # patch and products of two channels
    inside(figure)


@pytest.mark.parametrize("size", [1, (5, 5), (9, 15), (1, 11), (30, 1)])
def test_kernels_of_any_size(size):
    ledger = conv_ledger(12, size=size, shape=(40, 33), padding="same", at=(3, 2))
    inside(plot(ledger))


@pytest.mark.parametrize("shape", [(3, 300), (300, 3), (3, 3)])
def test_pictures_of_any_shape(shape):
    inside(plot(conv_ledger(4, shape=shape, at=(0, 0))))


@pytest.mark.parametrize("at", [(0, 0), (0, 30), (2, 57), (2, 0)])
def test_no_line_crosses_the_maps_name(at):
    figure = plot(conv_ledger(1, size=(3, 1), shape=(5, 60), at=at))
    figure.set_dpi(72)
    figure.draw_without_rendering()
    name = next(t for t in figure.axes[0].texts if t.get_text() == "picture channel 0")
    box = name.get_window_extent()
    for line in figure.axes[0].lines:
        (x0, x1), (y0, y1) = line.get_xdata(), line.get_ydata()
        xs = np.linspace(x0, x1, 500)
        ys = figure.bbox.y1 - np.linspace(y0, y1, 500)  # counted from below
        inside_ = (xs > box.x0) & (xs < box.x1) & (ys > box.y0) & (ys < box.y1)
        assert not inside_.any()


def test_more_rows_on_demand():
    figure = plot(conv_ledger(12), max_channels=6)
    assert len(tiles(figure)) == 4 * 6 + 1
    inside(figure)


def test_a_copy_is_an_arrow_from_its_source():
    x = np.arange(20.0).reshape(1, 1, 4, 5) / 20
    ledger = explain.pixel(Pad(2, mode="circular"), x, 0, 0, 0, 3)
    figure = plot(ledger)
    assert [image.get_array().shape for image in tiles(figure)] == [(4, 5), (8, 9)]
    assert any(isinstance(p, FancyArrowPatch) for p in figure.axes[0].patches)
    assert "picture channel 0 (2, 1) = 0.55" in texts(figure)
    assert "Outside the picture: from the picture's other side" in texts(figure)
    box, (left, right, bottom, top) = frames(figure)[0], tiles(figure)[0].get_extent()
    assert (box.x0 - left) / (right - left) == pytest.approx(1 / 5, abs=0.01)
    assert (box.y0 - top) / (bottom - top) == pytest.approx(2 / 4, abs=0.01)
    inside(figure)


@settings(max_examples=25)
@given(st.data())
def test_no_arrow_crosses_a_number_or_a_bar(data):
    size = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    layers = [Pad(1, mode="replicate"), ReLU(), MaxPool2D(2, padding=1), Flatten(), Softmax()]
    x = np.random.default_rng(0).standard_normal((1, 2, *size))
    trace = Sequential(*layers).trace(x)
    step = data.draw(st.integers(0, len(layers) - 1))
    place = [data.draw(st.integers(0, n - 1)) for n in trace[step].output.shape[1:]]
    figure = plot(explain.pixel(trace, None, step, *place))
    figure.set_dpi(72)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text()]
    boxes = [(b.x0, figure.bbox.y1 - b.y1, b.x1, figure.bbox.y1 - b.y0) for b in boxes]
    for patch in figure.axes[0].patches:
        if patch.get_gid() == "bars":
            corners = patch.get_path().vertices.reshape(-1, 5, 2)
            boxes += [(*box.min(axis=0), *box.max(axis=0)) for box in corners]
    arrows = [p for p in figure.axes[0].patches if isinstance(p, FancyArrowPatch)]
    assert len(arrows) == 2  # one, and its rim
    points = arrows[0].get_path().vertices  # in points, as the page is
    ends = pairwise(points)
    xs, ys = np.concatenate([np.linspace(a, b, 400) for a, b in ends]).T
    for x0, y0, x1, y1 in boxes:
        assert not ((xs > x0 + 1) & (xs < x1 - 1) & (ys > y0 + 1.5) & (ys < y1 - 1.5)).any()


@pytest.mark.parametrize("mode", ["zeros", "replicate"])
def test_a_padded_map_shows_where_the_picture_is(mode):
    x = np.arange(20.0).reshape(1, 1, 4, 5) / 20
    figure = plot(explain.pixel(Pad([[1, 2], [3, 0]], mode=mode), x, 0, 0, 0, 3))
    assert "pad channel 0; inner frame: the picture" in said(figure)
    left, right, bottom, top = tiles(figure)[-1].get_extent()
    box = next(
        patch.get_bbox()
        for patch in figure.axes[0].patches
        if isinstance(patch, Rectangle)
        and not patch.get_fill()
        and patch.get_edgecolor()[:3] == pytest.approx((0.122, 0.122, 0.122), abs=0.01)
    )
    expected = [3 / 8, 1 / 7, 8 / 8, 5 / 7]
    wide, high = right - left, bottom - top
    found = [(box.x0 - left) / wide, (box.y0 - top) / high]
    found += [(box.x1 - left) / wide, (box.y1 - top) / high]
    assert found == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("at", [(0, 0), (3, 3), (3, 0), (0, 3)])
def test_a_frame_on_padding_leaves_the_maps_name_free(at):
    figure = plot(conv_ledger(2, size=(5, 5), shape=(4, 4), padding=2, at=at))
    figure.set_dpi(72)
    figure.draw_without_rendering()
    names = [t for t in figure.axes[0].texts if t.get_text().startswith("picture channel")]
    assert len(names) == 2
    for name in names:
        box = name.get_window_extent()
        low, high = figure.bbox.y1 - box.y1, figure.bbox.y1 - box.y0
        for frame in frames(figure):
            apart = frame.x1 < box.x0 or frame.x0 > box.x1 or frame.y1 < low or frame.y0 > high
            assert apart, name.get_text()
    inside(figure)


def test_what_is_summed_is_called_what_it_is():
    channels = said(plot(conv_ledger(20, size=1)))
    assert "The sum as it builds up: channels 0 to 19" in channels
    assert "8 other channels" in channels
    assert "feature" not in channels
    flat = Sequential(Flatten(), Linear(20, 2, rng=0)).trace(np.ones((1, 5, 2, 2)))
    ledger = explain.pixel(flat, None, "linear", 1)
    assert "The sum as it builds up: features 0 to 19" in said(plot(ledger))
    assert "the other 12 features" in str(ledger)
    assert "other features" in ledger.to_latex()


@pytest.mark.parametrize("branches", [1, 2, 3, 6])
@pytest.mark.parametrize("shape", [(3, 4), (30, 20)])
def test_a_sum_of_branches_shares_one_scale(branches, shape):
    convs = [Conv2D(2, 2, 3, padding=1, rng=i) for i in range(branches)]
    x = np.random.default_rng(0).standard_normal((1, 2, *shape))
    trace = Parallel(*convs, merge="add").trace(x)
    figure = plot(explain.pixel(trace, None, "add", 1, 2, 3))
    bars, maps = [], []
    for image in tiles(figure):
        (bars if image.get_array().shape != shape else maps).append(image)
    shown = min(branches, 4)
    assert len(maps) == shown + 1
    values = {step.name: step.output[0, 1] for step in trace}
    drawn = [np.asarray(image.get_array()) for image in maps]
    np.testing.assert_array_equal(drawn[-1], values.pop("add"))
    largest = sorted(values.values(), key=lambda channel: -abs(channel[2, 3]))[:shown]
    expected = [channel for channel in values.values() if any(channel is one for one in largest)]
    for array, channel in zip(drawn[:-1], expected, strict=True):
        np.testing.assert_array_equal(array, channel)
    reach = max(np.abs(array).max() for array in drawn)
    for image in maps:
        assert (image.norm.vmin, image.norm.vmax) == (-reach, reach)
    signs = [text for text in texts(figure) if text.endswith(("+", "=")) and len(text) < 6]
    last = "=" if branches == shown else "+ \N{HORIZONTAL ELLIPSIS} ="
    assert signs == ["+"] * (shown - 1) + [last]
    assert len(frames(figure)) == shown + 1
    for name in values:
        assert f"({name} channel 1 (2, 3))" in " ".join(texts(figure))


def test_a_channel_of_a_concatenation_comes_from_its_own_branch():
    model = Parallel(Conv2D(2, 3, 1, rng=0), Sequential())
    x = np.random.default_rng(0).standard_normal((1, 2, 4, 5))
    figure = plot(explain.pixel(model, x, "concat", 4, 2, 3))
    assert "Input: picture channel 1" in texts(figure)
    maps = [image for image in tiles(figure) if image.get_array().shape == (4, 5)]
    for image in maps:
        np.testing.assert_array_equal(image.get_array(), x[0, 1])


def test_what_is_measured_by_all_is_framed_alone():
    x = np.random.default_rng(0).standard_normal((1, 2, 20, 30))
    figure = plot(explain.pixel(GroupNorm(1, 2), x, 0, 1, 5, 6))
    for frame in frames(figure):
        assert frame.width < 20


def test_relu_constants_pixels_and_unknown_layers():
    x = np.random.default_rng(0).standard_normal((1, 2, 40, 30))
    ledgers = {
        "max(": explain.pixel(ReLU(), x, 0, 1, 3, 4),
        "it is 7, a constant": explain.pixel(Pad(1, value=7), x, 0, 1, 0, 0),
        "run again": explain.pixel(Opaque(), x, 0, 1, 3, 4),
        "Read from the picture": explain.pixel(ReLU(), x, 0, 1, 3, 4).explain(1, 3, 4),
    }
    for words, ledger in ledgers.items():
        figure = plot(ledger)
        assert words in said(figure)
        inside(figure)


def test_a_mismatch_is_in_red():
    model, x = Sequential(Conv2D(1, 1, 3, rng=0)), np.ones((1, 1, 5, 6))
    trace = model.trace(x)
    model[0].weight[0, 0, 0, 0] += 1
    figure = plot(explain.pixel(trace, None, 0, 0, 1, 2))
    loud = [t for t in figure.axes[0].texts if t.get_text().startswith("MISMATCH")]
    assert loud
    assert loud[0].get_color() == ALARM


def test_values_that_are_not_finite():
    x = np.ones((1, 3, 5, 6))
    x[0, 0, 1, 1], x[0, 1, 2, 2] = np.nan, np.inf
    with np.errstate(all="ignore"):
        ledger = explain.pixel(Conv2D(3, 1, 3, rng=0), x, 0, 0, 1, 1)
        figure = plot(ledger)
        inside(figure)
    assert "not finite" in said(figure)


def test_titles_are_literal_and_long_names_fit():
    layer = Conv2D(1, 1, 3, rng=0, names=("a$b_{$" * 12,))
    ledger = explain.pixel(Sequential(("n" * 80, layer)), np.ones((1, 1, 5, 6)), 0, 0, 1, 2)
    for title in (None, "$x_{", ""):
        figure = plot(ledger, title=title)
        inside(figure)
        assert viz.figure_bytes(figure)[:4] == b"\x89PNG"


def test_wrong_calls():
    ledger = conv_ledger(1)
    with pytest.raises(ConfigError, match=r"takes a Ledger, got Account|takes a Ledger, got str"):
        plot("ledger")
    with pytest.raises(ConfigError, match="max_channels"):
        plot(ledger, max_channels=0)
    with pytest.raises(ConfigError, match="figure must be"):
        viz.plot_ledger(ledger, figure="x")


def test_the_gallery_runs_twice(tmp_path):
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", GALLERY / "01_ledger.py", tmp_path],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "ledger 3.023 = network 3.023" in done.stdout
    names = ["01_ledger.png", "01_ledger_64_channels.png", "01_ledger_padding.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
