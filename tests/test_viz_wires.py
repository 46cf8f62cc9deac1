"""Storyboards of models with branches: which row comes from where, in wires and in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Circle, PathPatch
from networks import networks

from minicnn import Conv2D, Pad, Parallel, ReLU, Residual, Sequential, explain, models, viz
from minicnn.viz._wires import LANE, width_of, wires_of


@st.composite
def graphs(draw):
    """Draw for each of some rows the rows that it looks at, all of them earlier."""
    sources = (
        draw(st.lists(st.integers(0, row - 1), min_size=1, max_size=3))
        for row in range(1, draw(st.integers(2, 12)))
    )
    return [(), *map(tuple, sources)]


@given(graphs())
def test_every_far_source_has_a_wire_and_no_two_share_a_stretch_of_a_lane(origins):
    wires = wires_of(origins)
    far = {(s, row) for row, sources in enumerate(origins) for s in sources if s != row - 1}
    assert {(wire.source, target) for wire in wires for target in wire.targets} == far
    assert len({wire.source for wire in wires}) == len(wires)
    for wire in wires:
        assert wire.lane >= 1
        assert list(wire.targets) == sorted(set(wire.targets))
        for other in wires:
            if other is not wire and other.lane == wire.lane:
                assert wire.targets[-1] <= other.source or other.targets[-1] <= wire.source
    assert width_of(wires) == (LANE * (2 + max(w.lane for w in wires)) if wires else 0)


def test_a_chain_has_no_margin_and_nested_wires_lie_outside():
    assert wires_of([(), (0,), (1,)]) == ()
    inner, outer = sorted(wires_of([(), (0,), (1,), (2, 1), (3, 0)]), key=lambda wire: wire.lane)
    assert (inner.source, inner.targets, inner.lane) == (1, (3,), 1)
    assert (outer.source, outer.targets, outer.lane) == (0, (4,), 2)
    one_after_the_other = wires_of([(), (0,), (1, 0), (2,), (3, 2)])
    assert [wire.lane for wire in one_after_the_other] == [1, 1]


def plot(trace, **options):
    return viz.plot_pipeline(trace, figure=viz.new_figure(), **options)


def said(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def wires(figure):
    return [p for p in figure.axes[0].patches if isinstance(p, PathPatch) and p.get_gid() == "wire"]


def dots(figure):
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Circle)]


def block():
    return Sequential(
        Conv2D(1, 2, 3, padding=1, rng=0),
        ("block", Residual(Sequential(Conv2D(2, 2, 3, padding=1, rng=1), ReLU()))),
        Parallel(Conv2D(2, 1, 1, rng=2), Sequential()),
    )


X = np.random.default_rng(0).random((1, 1, 12, 15))


def test_words_and_wires_of_a_block():
    figure = plot(block().trace(X))
    words = " | ".join(said(figure))
    assert "From steps 2 and 0" in words
    assert "From steps 4 and 3" in words
    assert words.count("From") == 3  # the title is the third
    assert "(1 + 2) \N{MULTIPLICATION SIGN} 12" in words
    assert len(dots(figure)) == 5  # the input and 0 stand side by side, and so do 1 and 2
    assert len(wires(figure)) == 3 + 3  # three rows hang on the one before
    assert len({round(dot.center[0], 3) for dot in dots(figure)}) == 1
    names = [text for text in figure.axes[0].texts if text.get_size() == 10]
    assert len(names) == 7
    assert all(name.get_position()[0] > dots(figure)[0].center[0] for name in names)


def test_wires_end_at_the_dots_that_they_lead_to():
    figure = plot(block().trace(X))
    heights = [dot.center[1] for dot in dots(figure)]
    assert heights == sorted(heights)
    ends = set()
    for wire in wires(figure):
        points = wire.get_path().vertices
        nearest = [int(np.argmin(np.abs(np.array(heights) - y))) for y in points[[0, -1], 1]]
        ends.add(tuple(nearest))
        for y, row in zip(points[[0, -1], 1], nearest, strict=True):
            assert y == pytest.approx(heights[row], abs=0.01)
    row_of = [0, 0, 1, 1, 2, 3, 4]  # the input, then each step
    steps = enumerate(block().plan(), 1)
    every = {(row_of[source + 1], row_of[step]) for step, s in steps for source in s.sources}
    assert ends == {(above, below) for above, below in every if above != below}


def test_a_chain_looks_as_it_always_did():
    model = Sequential(Pad(1), Conv2D(1, 1, 3, rng=0), ReLU())
    figure = plot(model.trace(X))
    assert not wires(figure)
    assert not dots(figure)
    assert not [text for text in said(figure)[1:] if text.startswith("From")]
    rows = {round(text.get_position()[1], 1) for text in figure.axes[0].texts
            if text.get_text()[:3] in ("Inp", "0  ", "1  ", "2  ")}  # fmt: skip
    assert len(rows) < 4  # narrow steps stand side by side


def test_steps_that_others_look_at_have_a_row_of_their_own():
    figure = plot(Sequential(Pad(1), Residual(ReLU()), ReLU()).trace(X))
    heights = {
        text.get_text().split()[0]: text.get_position()[1]
        for text in figure.axes[0].texts
        if text.get_size() == 10
    }
    assert heights["0"] == heights["Input"]  # a chain as far as here
    assert len({heights[name] for name in ("0", "1", "2")}) == 3
    assert heights["3"] == heights["2"]
    assert len(dots(figure)) == 3


def test_a_picture_stays_one_on_its_own_branch_only():
    model = Parallel(Pad(0), Conv2D(1, 1, 1, rng=0))
    figure = plot(model.trace(X))
    assert said(figure).count("grey") == 2  # the input and the padded one
    assert said(plot(Sequential(ReLU(), Pad(1)).trace(X))).count("grey") == 1


@settings(max_examples=15)
@given(networks(most=3, largest=6))
def test_every_network_can_be_drawn(case):
    model, shape = case
    trace = model.trace(np.random.default_rng(0).random(shape))
    figure = plot(trace)
    width, height = figure.get_size_inches() * 72
    for text in figure.axes[0].texts:
        assert -0.01 <= text.get_position()[0] <= width
        assert -0.01 <= text.get_position()[1] <= height
    has_branches = any(s.sources != (i - 1,) for i, s in enumerate(trace))
    assert bool(dots(figure)) == has_branches


def test_a_small_resnet_in_full():
    trace = models.resnet8(1, 12, 3, rng=0).trace(X[:, :, :, :12])
    figure = plot(trace)
    names = [text.split("  ")[1] for text in said(figure) if "  " in text[:4]]
    assert names == list(trace.names)
    assert explain.pixel(trace, None, "block3.residual.add", 5, 1, 1).check.agrees
