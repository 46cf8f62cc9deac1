"""Plain numbers as bars: as long as they are, each where it belongs, legible however many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from test_viz_layout import NAMES, check_layout

from minicnn import (
    AvgPool2D,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    GlobalAvgPool2D,
    LeakyReLU,
    Linear,
    MaxPool2D,
    PReLU,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    Upsample,
    explain,
    images,
    viz,
)
from minicnn.trace import Step
from minicnn.viz._bars import ABOVE_0, _round_step
from minicnn.viz._style import ALARM
from minicnn.viz._text import TIMES

MINUS = "\N{MINUS SIGN}"


def plotted(values, **options):
    values = np.asarray(values, float)[None]
    step = Step("linear", Linear(2, 2), (np.ones((1, 2)),), values)
    return viz.plot_feature_maps(step, figure=viz.new_figure(), **options)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


def bars(figure):
    """Return {x of the middle: (signed length, width)} of all bars."""
    found = {}
    for patch in figure.axes[0].patches:
        if patch.get_gid() == "bars":
            sign = 1 if patch.get_facecolor()[0] > 0.5 else -1
            for box in patch.get_path().vertices.reshape(-1, 5, 2):
                (left, top), (right, foot) = box.min(axis=0), box.max(axis=0)
                found[(left + right) / 2] = sign * (foot - top), right - left
    return found


@given(st.integers(1, 200), st.sampled_from([1e-9, 1.0, 1e20]), st.booleans())
@settings(max_examples=settings.default.max_examples // 2)
def test_bars_are_as_long_as_their_numbers(count, size, positive):
    values = np.random.default_rng(count).standard_normal(count) * size
    values = abs(values) if positive else values
    found = bars(plotted(values))
    assert len(found) == count
    lengths = np.array([found[x][0] for x in sorted(found)])
    np.testing.assert_allclose(lengths / abs(lengths).max(), values / abs(values).max(), atol=1e-9)
    assert len({round(width, 6) for _, width in found.values()}) == 1
    middles = np.diff(sorted(found))
    np.testing.assert_allclose(middles, middles[0] if count > 1 else [])


@st.composite
def lines_of_numbers(draw):
    count = draw(st.sampled_from([1, 2, 3, 7, 10, 16, 25, 40, 120, 600, 5000]))
    size = draw(st.sampled_from([1e-9, 1.0, 12345.0, 1e30]))
    values = np.random.default_rng(count).standard_normal(count) * size
    for index in draw(st.lists(st.integers(0, count - 1), max_size=3)):
        values[index] = draw(st.sampled_from([0.0, 0.5, np.nan, np.inf, -np.inf]))
    names = (
        draw(st.none() | st.lists(NAMES, min_size=count, max_size=count)) if count < 50 else None
    )
    return values, names


@given(lines_of_numbers(), st.sampled_from(["step", "map", 0.5, (-1, 2), (1, 3)]))
@settings(max_examples=settings.default.max_examples // 2)
def test_they_are_set_without_overlap(case, scale):
    values, names = case
    check_layout(plotted(values, names=names, scale=scale), centred=True)


def test_few_numbers_are_written_with_their_classes():
    figure = plotted([0.1, -0.25, 0.9])
    assert texts(figure)[2:] == [
        "0.1",
        "0",
        f"{MINUS}0.25",
        "1",
        "0.9",
        "2",
        "largest: 2",
        f"{MINUS}0.25 to 0.9",
    ]
    named = plotted([0.1, -0.25, 0.9], names=["cat", "dog", "bird"])
    assert "largest: bird" in texts(named)
    assert "dog" in texts(named)


def test_many_numbers_have_a_scale_and_positions():
    figure = plotted(np.linspace(-1, 3, 100))
    assert texts(figure)[2:5] == ["3", "0", f"{MINUS}1"]
    assert [t for t in texts(figure)[5:] if t.isdecimal()] == [str(i) for i in range(0, 100, 20)]
    assert "100 numbers" in texts(figure)[1]


def test_more_numbers_than_there_is_room_for_keep_those_furthest_from_0():
    values = np.zeros(4096)
    values[1234], values[3000] = 5.0, -2.0
    figure = plotted(values)
    assert "each bar: of 9 numbers, the one furthest from 0" in texts(figure)[-1]
    lengths = [length for length, _ in bars(figure).values()]
    assert len(lengths) == 2
    assert min(lengths) / max(lengths) == pytest.approx(-0.4)
    assert "largest: 1234" in texts(figure)


def test_what_is_no_number_is_hatched_and_counted():
    figure = plotted([1.0, np.nan, np.inf, -2.0])
    assert "1 NaN, 1 inf" in texts(figure)
    hatched = [p for p in figure.axes[0].patches if isinstance(p, Rectangle) and p.get_hatch()]
    assert len(hatched) == 1
    assert len(bars(figure)) == 3
    with np.errstate(all="raise"):
        assert "no finite value" in texts(plotted([np.nan, np.nan]))[-2]


@pytest.mark.parametrize(("value", "said"), [(0.0, "flat: all 0"), (0.5, "flat: all 0.5")])
def test_numbers_that_are_all_the_same_are_said_to_be(value, said):
    assert said in texts(plotted([value] * 5))
    assert not any("largest" in text for text in texts(plotted([value] * 5)))


def test_a_fixed_scale_counts_what_is_beyond():
    figure = plotted([0.5, 2.0, -3.0], scale=1)
    assert "2 of 3 beyond the scale" in texts(figure)
    assert "A fixed scale." in texts(figure)
    lengths = [bars(figure)[x][0] for x in sorted(bars(figure))]
    np.testing.assert_allclose(np.array(lengths) / lengths[1], [0.5, 1, -1])


def test_maps_of_one_value_are_numbers_too():
    trace = Sequential(Conv2D.from_kernels(["sobel_x", "box_3"]), GlobalAvgPool2D()).trace(
        images.disc(20)
    )
    figure = viz.plot_feature_maps(trace, figure=viz.new_figure())
    assert {"sobel_x", "box_3", "largest: box_3"} <= set(texts(figure))
    assert "2 numbers" in texts(figure)[1]


def test_a_storyboard_to_the_end():
    model = Sequential(
        Conv2D(1, 4, 3, stride=2, rng=0),
        LeakyReLU(),
        MaxPool2D(3, 2, 1),
        ConvTranspose2D(4, 3, 4, stride=2, padding=1, rng=1),
        PReLU(3),
        AvgPool2D(2),
        Upsample(2),
        Flatten(),
        Linear(3 * 12 * 12, 30, rng=2),
        Tanh(),
        Linear(30, 10, rng=3),
        Sigmoid(),
        Softmax(),
    )
    x = np.random.default_rng(0).random((2, 1, 25, 25))
    figure = viz.plot_pipeline(model.trace(x), sample=1, figure=viz.new_figure())
    check_layout(figure)
    said = " ".join(texts(figure))
    for words in (
        "What is below 0 is multiplied by 0.01",
        f"The largest under each 3 {TIMES} 3 window, stride 2, 1 pixel around",
        f"Every value paints 3 kernels of 4 {TIMES} 4, 2 apart, 1 pixel around cut off, and a bias",
        "All maps in one line of numbers",
        "30 weighted sums of all 432 numbers, and a bias",
        "Scores as shares that add up to 1",
        "432 → 30",
    ):
        assert words in said, words
    assert sum(text.startswith("largest: ") for text in texts(figure)) == 5  # flatten's is repeated
    drawn = [p for p in figure.axes[0].patches if p.get_gid() == "bars"]
    assert any(np.allclose(p.get_facecolor()[:3], _rgb(ABOVE_0), atol=0.01) for p in drawn)
    assert all(isinstance(p.get_path(), Path) for p in drawn)


def _rgb(color):
    return [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def test_lines_of_numbers_are_rows_of_a_map():
    model = Sequential(Flatten(1, 2), Linear(7, 5, rng=0), ReLU())
    trace = model.trace(np.random.default_rng(0).random((2, 3, 4, 7)))
    figure = viz.plot_pipeline(trace, figure=viz.new_figure())
    assert figure.axes[0].images[-1].get_array().shape == (12, 5)
    check_layout(viz.plot_feature_maps(trace, figure=viz.new_figure()))


def test_a_pooled_picture_is_still_a_picture():
    trace = Sequential(AvgPool2D(2), Upsample(2), MaxPool2D(2)).trace(images.test_card())
    figure = viz.plot_pipeline(trace, figure=viz.new_figure())
    assert len(figure.axes) == 1  # no colour bars
    assert len(figure.axes[0].images) == 4


def test_round_steps():
    for number in (1, 5, 9, 10, 37, 100, 4096, 10**6):
        step = _round_step(number)
        assert -(-number // step) <= 9
        assert str(step).rstrip("0") in ("1", "2", "5")


def ledger_figure(step, place):
    model = Sequential(
        Conv2D.from_kernels(["sobel_x", "sobel_y"]),
        MaxPool2D(3),
        Flatten(),
        Linear(2 * 6 * 6, 30, rng=0),
        Sigmoid(),
        Linear(30, 10, rng=1),
        Softmax(),
    )
    x = np.random.default_rng(0).random((1, 1, 20, 20))
    figure = viz.plot_ledger(explain.pixel(model, x, step, place), figure=viz.new_figure())
    check_layout(figure)
    return figure


def red(figure):
    """Return how many bars are red: those of the value itself."""
    patches = [p for p in figure.axes[0].patches if p.get_gid() == "bars"]
    return sum(np.allclose(p.get_facecolor()[:3], _rgb(ALARM), atol=0.01) for p in patches)


def test_a_weighted_sum_of_numbers_is_a_table():
    figure = ledger_figure("linear", 7)
    found = texts(figure)
    assert "Why is linear, feature 7 equal to" in found[0]
    assert sum(text.startswith("flatten feature") for text in found) == 12
    assert {"Value", f"{TIMES}  weight", "=  product", "60 other features", "bias", "sum"} <= {
        *found
    }
    assert any("(72 products)" in text for text in found)
    assert red(figure) == 1


@pytest.mark.parametrize(("step", "bars_"), [("flatten", 1), ("sigmoid", 2), ("softmax", 2)])
def test_a_value_among_numbers_is_red(step, bars_):
    figure = ledger_figure(step, 3)
    assert red(figure) == bars_
    if step == "softmax":
        assert any(text.startswith("exp(") for text in texts(figure))


def test_a_maximum_is_written_out():
    assert any(text.startswith("the largest of ") for text in texts(ledger_figure("max_pool2d", 1)))
