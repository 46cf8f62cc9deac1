"""The animated convolution, by what is drawn: strokes, labels, pixels, bytes."""

import io
import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle
from PIL import Image, ImageColor
from test_explain_sliding import walks

from minicnn import Conv2D, Pad, Sequential, images, viz
from minicnn.errors import ConfigError, OutputError, UnsupportedError
from minicnn.explain import sliding_window
from minicnn.viz import _text
from minicnn.viz._page import BODY, MARGIN, Page
from minicnn.viz._sliding_layout import layout_of
from minicnn.viz._sliding_moving import draw_moving
from minicnn.viz._sliding_scene import BLANK, Scene, hexes, typeset
from minicnn.viz._sliding_still import draw_still
from minicnn.viz.animation import checked_frames

REFLECTED = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels("sobel_x"))


class Recorder:
    """A pen that only remembers."""

    def __init__(self):
        self.boxes, self.lines, self.texts = [], [], []

    def box(self, box, *, fill=None, edge=None, thick=0.5, gid=""):
        self.boxes.append((gid, box, fill))

    def line(self, points, *, color, thick):
        self.lines.append((points, color))

    def text(self, x, baseline, text, *, size, color, align="left"):
        self.texts.append((x, baseline, text, size, align))

    def marked(self, gid):
        return [box for name, box, _ in self.boxes if name == gid]


def scene_of(layer, x, channel=0, sample=0, max_channels=3):
    slide = sliding_window(layer, x, channel=channel, sample=sample)
    scene = Scene(slide, max_channels, 0.72)
    return slide, scene, layout_of(scene, None)


def extent(text):
    """Return the box of a recorded text."""
    x, baseline, words, size, align = text
    wide = _text.width(words, size)
    left = x - {"left": 0, "center": wide / 2, "right": wide}[align]
    return left, baseline - 0.8 * size, left + wide, baseline + 0.2 * size


def no_overlap(texts, layout):
    boxes = [(extent(text), text[2]) for text in texts if text[2].strip()]
    for (x0, y0, x1, y1), words in boxes:
        assert x0 >= -0.5, words
        assert x1 <= layout.width + 0.5, words
        assert y0 >= 0, words
        assert y1 <= layout.height, words
    for (a, one), (b, other) in itertools.combinations(boxes, 2):
        wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        assert wide <= 1.5 or high <= 1.5, (one, other)


@settings(max_examples=30)
@given(walks(max_groups=2))
def test_each_stop_shows_its_numbers(walk):
    layer, x, channel, sample = walk
    slide, scene, layout = scene_of(layer, x, channel, sample)
    for stop in {0, len(slide) - 1}:
        pen, now = Recorder(), slide.stop(stop)
        draw_moving(pen, scene, layout, now)
        said = [text for _, _, text, _, _ in pen.texts]
        assert said[0].startswith(f"Stop {stop + 1} of {len(slide)}: row {now.row}, column")
        outside = sum(not slide.border.is_inside(r, c) for r in now.rows for c in now.columns)
        assert ("padding" in said[0]) == bool(outside)
        shown = min(3, len(slide.channels))
        assert len(pen.marked("padding")) == shown * outside
        products = [scene.product_digits.text(p) for p in now.products[:shown].ravel()]
        patch = [scene.map_digits.text(p) for p in now.patch[:shown].ravel()]
        if scene.product_digits.size(layout.cell) and scene.map_digits.size(layout.cell):
            assert sorted(said[1 : 1 + 2 * len(products)]) == sorted(products + patch)
        assert f"= {scene.sum_digits.text(now.value)}" in said
        if len(slide.channels) > 1:
            for part in now.sums[:shown]:
                assert scene.sum_digits.text(part) in said


@settings(max_examples=30)
@given(walks(max_groups=2))
def test_the_window_lies_on_its_taps(walk):
    layer, x, channel, sample = walk
    slide, scene, layout = scene_of(layer, x, channel, sample)
    pen, stop = Recorder(), slide.stop(len(slide) - 1)
    draw_moving(pen, scene, layout, stop)
    high, wide = slide.padded.shape[1:]
    assert len(pen.marked("window")) == len(layout.maps)
    for found, (left, top, width, height) in zip(pen.marked("window"), layout.maps, strict=True):
        expected = (
            left + stop.columns[0] * width / wide,
            top + stop.rows[0] * height / high,
            (stop.columns[-1] - stop.columns[0] + 1) * width / wide,
            (stop.rows[-1] - stop.rows[0] + 1) * height / high,
        )
        if min(expected[2:]) >= 5:
            assert found == pytest.approx(expected)
    copied = {
        slide.border.source(r, c)
        for r in stop.rows
        for c in stop.columns
        if not slide.border.is_inside(r, c) and slide.border.source(r, c) is not None
    }
    if min(layout.maps[0][2] / wide, layout.maps[0][3] / high) >= 3:
        assert len(pen.marked("source")) == len(copied) * len(layout.maps)
    for points, _ in pen.lines:  # between rows and columns, where no number stands
        for x, y in points:
            assert any(
                (x - left) * wide / width
                == pytest.approx(round((x - left) * wide / width), abs=1e-6)
                and (y - top) * high / height
                == pytest.approx(round((y - top) * high / height), abs=1e-6)
                for left, top, width, height in layout.maps
            )


@settings(max_examples=25)
@given(walks())
@example((Conv2D(64, 2, 3, rng=0), np.ones((1, 64, 9, 9)), 1, 0))
@example((Conv2D(1, 2, 11, rng=0), np.ones((1, 1, 40, 60)), 1, 0))
@example((Conv2D.from_kernels("sobel_x"), np.full((1, 1, 7, 200), 1e-9), 0, 0))
@example((Conv2D.from_kernels("gaussian_5x5", bias=[2]), np.eye(300)[None, None], 0, 0))
def test_nothing_is_clipped_and_no_texts_meet(walk):
    layer, x, channel, sample = walk
    slide, scene, layout = scene_of(layer, x, channel, sample)
    for stop in {0, len(slide) - 1}:
        pen = Recorder()
        draw_moving(pen, scene, layout, slide.stop(stop))
        still = [(x, y, text, 8.0, "left") for x, y, text in layout.labels]
        still += [(16, layout.notes_top + 9 * (i + 1), text, 7.0, "left")
                  for i, text in enumerate(layout.notes)]  # fmt: skip
        no_overlap(pen.texts + still, layout)


@settings(max_examples=12)
@given(walks(max_groups=1))
@example((Conv2D(2, 1, 2, stride=2, rng=0), np.ones((1, 2, 7, 8)), 0, 0))
@example((Conv2D(1, 1, 2, stride=3, rng=0), np.ones((1, 1, 8, 7)), 0, 0))
def test_what_stands_still(walk):
    layer, x, channel, sample = walk
    slide, scene, layout = scene_of(layer, x, channel, sample)
    page = Page(viz.new_figure(50), layout.width, layout.height)
    draw_still(page, scene, layout)
    axes = page.done().axes[0]
    marks = [patch.get_gid() for patch in axes.patches if isinstance(patch, Rectangle)]
    down, along = slide.arithmetic.axes
    left_over = [patch for patch in axes.patches if patch.get_gid() == "left over"]
    assert len(left_over) == len(layout.maps) * (bool(down.unreached) + bool(along.unreached))
    (left, top, width, height), (rows, columns) = layout.maps[0], slide.padded.shape[1:]
    hatched = sum(patch.get_width() * patch.get_height() for patch in left_over)
    bare = (rows - down.unreached) * (columns - along.unreached) / (rows * columns)
    assert hatched == pytest.approx(len(layout.maps) * (1 - bare) * width * height)
    if down.unreached:
        assert left_over[0].get_height() == pytest.approx(height * down.unreached / rows)
        assert left_over[0].get_y() + left_over[0].get_height() == pytest.approx(top + height)
    assert ("constant" in marks) == bool(slide.border.constant().any())
    said = [text.get_text() for text in axes.texts]
    assert all(typeset(axis.formula) in " ".join(said) for axis in slide.arithmetic.axes)
    for left, top, width, height in [*layout.maps, *layout.kernels, layout.output]:
        assert min(left, top) >= 0
        assert left + width <= layout.width
        assert top + height <= layout.height


@settings(max_examples=12)
@given(walks(max_groups=1))
def test_the_output_grows_in_its_own_colours(walk):
    layer, x, channel, sample = walk
    slide, _, layout = scene_of(layer, x, channel, sample)
    animation = viz.animate_convolution(layer, x, channel=channel, sample=sample)
    assert len(animation) == len(slide)
    output = layer(x)[sample, channel]
    colours = hexes(viz.scale_of(output), output)
    left, top, width, height = layout.output
    rows, columns = slide.output.shape
    for stop in {0, len(slide) // 2, len(slide) - 1}:
        frame = animation.frame(stop)
        assert frame.size == tuple(math.ceil(v / 0.72) for v in (layout.width, layout.height))
        if min(width / columns, height / rows) > 9:  # within the cursor's frame, beside the number
            row, column = divmod(stop, columns)
            place = left + column * width / columns + 3, top + row * height / rows + 3
            pixel = frame.getpixel(tuple(int(v / 0.72) for v in place))
            expected = ImageColor.getrgb(colours[row][column])
            assert np.abs(np.subtract(pixel, expected)).max() <= 1
        for number, (row, column) in enumerate(np.ndindex(rows, columns)):
            beside = (row, column) in [(0, 0)] or abs(number - stop) <= columns + 1
            if beside:  # the cursor's frame lies over it
                continue
            place = left + (column + 0.15) * width / columns, top + (row + 0.2) * height / rows
            pixel = frame.getpixel(tuple(int(v / 0.72) for v in place))
            expected = colours[row][column] if number <= stop else BLANK
            assert np.abs(np.subtract(pixel, ImageColor.getrgb(expected))).max() <= 1


def test_the_page_of_one_channel_ends_where_its_last_word_or_map_does():
    x = np.random.default_rng(0).random((1, 1, 16, 13))
    for layer in (Conv2D.from_kernels("sobel_x"), Conv2D.from_kernels("sobel_x", padding=1)):
        slide, scene, layout = scene_of(layer, x)
        ends = [layout.output[0] + layout.output[2]]
        ends += [MARGIN + _text.width(line, BODY) for line in layout.about]
        assert 0 <= layout.width - MARGIN - max(ends) < 20
        for stop in map(slide.stop, range(len(slide))):
            assert _text.width(scene.stop_text(stop), BODY) <= _text.width(
                scene.longest_stop(), BODY
            )


def test_channels_that_are_not_shown_are_summed():
    layer, x = Conv2D(9, 1, 3, rng=0), np.random.default_rng(0).random((1, 9, 5, 6))
    slide, scene, layout = scene_of(layer, x, max_channels=2)
    pen, stop = Recorder(), slide.stop(7)
    draw_moving(pen, scene, layout, stop)
    said = [text for _, _, text, _, _ in pen.texts]
    assert said[said.index("7 more channels") - 1] == scene.sum_digits.text(sum(stop.sums[2:]))
    assert scene.sum_digits.text(stop.bias) in said


def test_frames_are_drawn_when_they_are_asked_for():
    drawn = []

    def draw(position):
        drawn.append(position)
        return Image.new("L", (4, 3), position)

    animation = viz.Animation(draw, 5, milliseconds=40, about='<"7">')
    assert drawn == []
    assert animation.frame(-1).getpixel((0, 0)) == (4, 4, 4)
    assert drawn == [4]
    assert len(list(animation)) == 5
    page = animation._repr_html_()
    assert page.startswith('<img alt="&lt;&quot;7&quot;&gt;" src="data:image/gif;base64,')
    for wrong in (5, -6, 1.0, True, "a"):
        with pytest.raises(ConfigError, match="frame must be from 0 to 4"):
            animation.frame(wrong)


def test_it_is_saved_whole_and_replaces_nothing_unasked(tmp_path):
    animation = viz.animate_convolution(REFLECTED, images.disc(5), frames=range(0, 25, 5))
    path = animation.save(tmp_path / "a.gif")
    with Image.open(path) as image:
        assert (image.n_frames, image.info["loop"], image.size) == (5, 0, animation.frame(0).size)
        first = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(first - np.asarray(animation.frame(0))).mean() < 0.5
    with pytest.raises(OutputError, match="exists already"):
        animation.save(path)
    data = path.read_bytes()
    animation.save(path, force=True)
    assert path.read_bytes() == data
    with pytest.raises(OutputError, match=r"cannot write .* an animation"):
        animation.save(tmp_path / "a.png")
    assert [p.name for p in tmp_path.iterdir()] == ["a.gif"]


@given(st.integers(1, 10_000), st.integers(1, 300))
def test_the_last_of_many_stops_is_shown(count, most):
    shown = checked_frames(None, count, most)
    assert len(shown) <= most or shown == [0, count - 1]
    assert shown[-1] == count - 1
    assert most == 1 or shown[0] == 0
    steps = np.diff(shown)
    assert (steps[:-1] == steps[:1].repeat(len(steps[:-1]))).all()
    assert len(steps) < 2 or 0 < steps[-1] <= steps[0]


def test_a_range_of_stops_and_the_longest_way():
    x = images.disc((30, 40))
    some = viz.animate_convolution(REFLECTED, x, frames=range(100, 400, 7))
    assert len(some) == 43
    whole = viz.animate_convolution(REFLECTED, x)
    assert len(whole) == 241  # every fifth of 1200, and the last
    assert whole.milliseconds == 82
    last = viz.animate_convolution(REFLECTED, x, frames=[1199]).frame(0)
    assert np.array_equal(whole.frame(-1), last)
    same = viz.animate_convolution(REFLECTED, x, frames=[100]).frame(0)
    assert same.tobytes() == some.frame(0).tobytes()
    assert list(Image.open(io.BytesIO(some.gif())).size) == list(same.size)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite(bad):
    x = images.disc(6)
    x[0, 0, 2, 3] = bad
    animation = viz.animate_convolution(Conv2D.from_kernels("sobel_x"), x, frames=[0, 5])
    with np.errstate(all="ignore"):
        animation.frame(0)
        animation.frame(1)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"frames": range(0)}, ConfigError, "frames must be a range or a list"),
        ({"frames": 3}, ConfigError, "frames must be a range or a list of stops from 0 to 48"),
        ({"frames": range(50)}, ConfigError, "frames must be an integer of at most 48"),
        ({"frames": [-1]}, ConfigError, "frames must be"),
        ({"milliseconds": 5}, ConfigError, "milliseconds must be .* at least 20"),
        ({"max_channels": 0}, ConfigError, "max_channels"),
        ({"dpi": 5000}, ConfigError, "dpi must be"),
        ({"title": 3}, ConfigError, "title must be a text"),
        ({"channel": 1}, ConfigError, "channel must be"),
        ({"layer": Pad(1)}, UnsupportedError, "one convolution can be watched"),
    ],
)
def test_wrong_calls(options, error, words):
    call = {"layer": REFLECTED, "x": images.disc(7)} | options
    with pytest.raises(error, match=words):
        viz.animate_convolution(call.pop("layer"), call.pop("x"), **call)


def test_a_title_is_literal():
    for title in ("$x_{", "n" * 300):
        viz.animate_convolution(REFLECTED, images.disc(4), title=title).frame(0)
