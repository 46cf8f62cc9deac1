"""The picture of a diagnosis, and the marks on a storyboard: artists, labels, norms, data."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from sick import Dense, Flat, textured

from minicnn import Conv2D, ReLU, Sequential, Tanh, explain, images, viz
from minicnn.errors import ConfigError
from minicnn.viz._histogram import BINS, spread_of
from minicnn.viz._style import ALARM


def plot(diagnosis, **options):
    return viz.plot_diagnosis(diagnosis, figure=viz.new_figure(), **options)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def said(figure):
    return " ".join(texts(figure))


def histograms(figure):
    return [c for c in figure.axes[0].collections
            if isinstance(c, PolyCollection) and c.get_gid() == "histogram"]  # fmt: skip


def sickest(filters=6):
    rng = np.random.default_rng(0)
    first, second = Conv2D(3, filters, 3, rng=rng), Conv2D(filters, 4, 3, rng=rng)
    first.weight[2] = 0
    first.bias[1] = -2
    second.weight[3], second.bias[3] = second.weight[1], second.bias[1]
    second.weight[2] *= 1e4
    model = Sequential(first, ReLU(), second, Tanh(), Conv2D(4, 2, 1, rng=rng))
    return explain.diagnose(model, textured((2, 3, 40, 50), rng))


def inside(figure):
    """Assert that nothing is written beyond the page, and no two texts lie on each other."""
    figure.set_dpi(72)
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


def test_each_finding_has_its_maps_its_values_and_its_words():
    diagnosis = sickest()
    figure = plot(diagnosis)
    kinds = [one.kind for one in diagnosis.findings]
    assert {"zero kernel", "dead", "copy", "saturated"} <= set(kinds)
    assert len(histograms(figure)) == len(kinds)
    assert len(figure.axes[0].images) == 2 * len(kinds)
    for one in diagnosis.findings:
        assert f"{one.step}: {one.what}"[:40] in said(figure)
        assert one.cause.split()[-1] in said(figure)
    labels = [text for text in figure.axes[0].texts if text.get_color() == ALARM]
    assert {"warning", "conv2d channel 2"} <= {text.get_text() for text in labels}
    inside(figure)


def test_the_maps_are_those_that_are_said_and_a_copy_shares_its_scale():
    diagnosis = sickest()
    figure = plot(diagnosis)
    trace = diagnosis.trace
    pairs = np.array(figure.axes[0].images, dtype=object).reshape(-1, 2)
    for one, (left, right) in zip(diagnosis.findings, pairs, strict=True):
        sick = trace[one.position].output[0, one.channels[0]]
        position, channel = one.beside[0]
        beside = (trace.input if position < 0 else trace[position].output)[0, channel]
        mine, other = (left, right) if one.kind == "copy" else (right, left)
        np.testing.assert_allclose(mine.get_array(), sick, atol=1e-6)
        if position >= 0:  # a picture is drawn as a picture
            np.testing.assert_allclose(other.get_array(), beside, atol=1e-6)
        if one.kind == "copy":
            assert (mine.norm.vmin, mine.norm.vmax) == (other.norm.vmin, other.norm.vmax)
        elif position >= 0:
            reach = np.abs(trace[one.position].output[0]).max()
            assert mine.norm.vmax == pytest.approx(reach, rel=1e-6)


def test_of_a_dead_map_the_values_that_came_in_are_counted():
    diagnosis = sickest()
    figure = plot(diagnosis)
    at = [one.kind for one in diagnosis.findings].index("dead")
    (position, channel), bars = diagnosis.findings[at].beside[0], histograms(figure)[at]
    counts, low, high = spread_of(diagnosis.trace[position].output[:, channel])
    assert counts.sum() == 2 * 38 * 48
    assert high < 0
    heights = [np.ptp(path.vertices[:, 1]) for path in bars.get_paths()]
    shown = counts[counts > 0]
    assert len(heights) == len(shown)
    tall = np.array(heights) / max(heights)
    big = shown > 0.05 * shown.max()
    np.testing.assert_allclose(tall[big], (shown / shown.max())[big], rtol=1e-6)
    assert f"\u2212{abs(low):.3g}" in said(figure)
    assert "what came in, all 2 pictures" in said(figure)


@pytest.mark.parametrize("values", [[1.0, 1.0], [np.nan, np.inf], [], [-1, 0, 3]])
def test_bins(values):
    values = np.array(values)
    counts, low, high = spread_of(values)
    assert len(counts) == BINS
    assert counts.sum() == np.isfinite(values).sum()
    assert low < high


def test_how_many_are_shown_and_titles_are_literal():
    diagnosis = sickest(64)
    figure = plot(diagnosis, max_findings=2, title="my $net_{")
    assert texts(figure)[0] == "my $net_{"
    assert f"2 of {len(diagnosis.findings)} shown" in said(figure)
    assert len(histograms(figure)) == 2
    inside(figure)


def test_pictures_that_are_sick_themselves():
    rng = np.random.default_rng(0)
    x = textured((2, 3, 40, 50), rng)
    model = Sequential(Conv2D(3, 6, 3, rng=1))
    broken = x.copy()
    broken[1, 2, 3:6, 4:9] = np.nan
    scrambled = np.ascontiguousarray(np.moveaxis(0.8 * x[:, :1] + 0.2 * x, 1, -1)).reshape(x.shape)
    for picture, words in [
        (broken, "15 NaN"),
        (scrambled, "scrambled"),
        (255 * x, "not from 0 to 1"),
        (0 * x, "one colour"),
        (np.moveaxis(x, 1, -1), "axes are mixed up"),
    ]:
        net = Sequential(ReLU()) if picture.shape[1] != 3 else model
        diagnosis = explain.diagnose(net, picture)
        figure = plot(diagnosis)
        assert words in said(figure)
        inside(figure)
    figure = plot(explain.diagnose(model, broken))
    shown = np.ma.getmaskarray(figure.axes[0].images[0].get_array())
    assert shown.sum() == 15  # of the second picture, where the first bad number is


def test_well_is_said_and_numbers_can_be_drawn():
    well = explain.diagnose(Sequential(ReLU()), textured((1, 1, 9, 9), np.random.default_rng(0)))
    assert texts(plot(well)) == ["Nothing to report: 1 step, 2 maps"]
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(4, 20))
    weight[2] = 0
    diagnosis = explain.diagnose(Sequential(Flat(), Dense(weight)), textured((20, 1, 4, 5), rng))
    assert "zero" in said(plot(diagnosis))
    inside(plot(diagnosis))


def test_wrong_calls():
    with pytest.raises(ConfigError, match=r"takes a Diagnosis, got Trace.\n.*explain\.diagnose"):
        viz.plot_diagnosis(ReLU().trace(np.zeros((1, 1, 2, 2))))
    with pytest.raises(ConfigError, match="max_findings must be an integer of at least 1"):
        plot(sickest(), max_findings=0)


# The marks on a storyboard.


def alarms(figure):
    return [t.get_text() for t in figure.axes[0].texts if t.get_color() == ALARM]


def test_a_storyboard_marks_what_is_sick_and_says_why_below():
    diagnosis = sickest()
    figure = viz.plot_pipeline(diagnosis.trace, figure=viz.new_figure())
    red = alarms(figure)
    assert "= channel 1" in red
    assert any("zero kernel" in text for text in red)
    assert "flat: all 1, saturated" in red
    assert any(text.startswith("dead") for text in red)
    notes = [text for text in texts(figure) if text.startswith("Map doctor: ")]
    assert len(notes) == min(len(diagnosis.findings), 5)
    assert notes[0] == f"Map doctor: {diagnosis.headlines[0]}"
    inside(figure)
    plain = viz.plot_pipeline(diagnosis.trace, marks=False, figure=viz.new_figure())
    assert "= channel 1" not in alarms(plain)
    assert "Map doctor" not in said(plain)


def test_a_storyboard_is_as_it_was_if_all_are_well():
    model = Sequential(Conv2D.from_kernels("edges"), ReLU())
    trace = model.trace(images.photograph(channels=1)[:, :, ::4, ::4])
    figures = [viz.plot_pipeline(trace, marks=m, figure=viz.new_figure()) for m in (True, False)]
    assert viz.figure_bytes(figures[0], "svg") == viz.figure_bytes(figures[1], "svg")
    with pytest.raises(ConfigError, match="marks must be True or False"):
        viz.plot_pipeline(trace, marks="all")


def test_more_findings_than_there_is_room_for_are_counted():
    rng = np.random.default_rng(0)
    layers = [Conv2D(3, 3, 1, rng=rng) for _ in range(6)]
    for layer in layers:
        layer.weight[1] = 0
    trace = Sequential(*layers).trace(textured((1, 3, 10, 12), rng))
    figure = viz.plot_pipeline(trace, figure=viz.new_figure())
    count = len(explain.diagnose(trace).findings)
    assert f"Map doctor: and {count - 4} findings more" in texts(figure)
    flat = viz.plot_pipeline(Sequential(ReLU()).trace(np.full((1, 3, 9, 9), 0.5)),
                                figure=viz.new_figure())  # fmt: skip
    assert "flat" in " ".join(alarms(flat))


def test_the_gallery_runs_twice(tmp_path):
    script = Path(__file__).resolve().parent.parent / "examples" / "gallery" / "05_map_doctor.py"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", script, tmp_path],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("nothing to report: 3 steps, 22 maps\n")
    assert "error: input: its values are in the order of another layout" in done.stdout
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"05_map_doctor{which}.png" for which in ("", "_scrambled", "_upright")]
