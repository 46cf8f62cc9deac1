"""Receptive and projective fields: every set is held against what poking the picture finds."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import networks

from minicnn import (
    AdaptiveAvgPool2D,
    Conv2D,
    Layer,
    Pad,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    explain,
)
from minicnn.errors import ConfigError, DTypeError, ShapeError, UnsupportedError


class Flip(Layer):
    """A layer that nobody knows: it keeps the shape, but says nothing of what it sees."""

    def __call__(self, x):
        return np.ascontiguousarray(x[:, :, ::-1])

    def output_shape(self, input_shape):
        return input_shape


class Mean(Layer):
    """A layer that nobody knows, and that changes the shape."""

    def __call__(self, x):
        return x.mean(axis=(2, 3))

    def output_shape(self, input_shape):
        return input_shape[:2]


@st.composite
def asked(draw):
    """Draw a network and one of its values."""
    model, shape = draw(networks())
    position = draw(st.integers(0, len(model.plan()) - 1))
    wiring = explain.field_wiring.wiring_of(model, shape, "test")
    channels, height, width = wiring.maps(position)
    channel = draw(st.none() | st.integers(0, channels - 1))
    place = {"row": draw(st.integers(0, height - 1)), "column": draw(st.integers(0, width - 1))}
    return model, position, {"input_shape": shape, "channel": channel} | place


# ---------------------------------------------------------------------- against poking


@given(case=asked())
def test_a_receptive_field_is_what_poking_finds(case):
    model, position, where = case
    found = explain.receptive_field(model, position, **where)
    poked = found.poke()
    assert poked.agrees, f"{model}\n{found}\n{poked}"
    assert (poked.changed == found.mask).all()
    assert str(poked).startswith("field ")


@given(case=networks(), data=st.data())
def test_a_projective_field_is_what_poking_finds(case, data):
    model, shape = case
    row, column = (data.draw(st.integers(0, n - 1)) for n in shape[2:])
    channel = data.draw(st.none() | st.integers(0, shape[1] - 1))
    found = explain.projective_field(model, row, column, input_shape=shape, channel=channel)
    assert found.poke().agrees, f"{model}\n{found}\n{found.poke()}"


@given(case=asked())
def test_the_two_fields_are_each_others_inverse(case):
    model, position, where = case
    back = explain.receptive_field(model, position, **where)
    some = np.argwhere(back.mask)[::3].tolist() + np.argwhere(~back.mask)[::7].tolist()
    for channel, row, column in some:
        ahead = explain.projective_field(
            model, row, column, channel=channel, input_shape=where["input_shape"]
        )
        mask = ahead.at(position)[:, where["row"], where["column"]]
        reached = mask.any() if where["channel"] is None else mask[where["channel"]]
        assert reached == back.mask[channel, row, column]


@given(case=networks(), seed=st.integers(0, 999))
def test_every_link_leads_back_where_it_leads_from(case, seed):
    model, shape = case
    rng = np.random.default_rng(seed)
    wiring = explain.field_wiring.wiring_of(model, shape, "test")
    for link in (link for links in wiring.links for link in links):
        before, after = rng.random(link.before) < 0.1, rng.random(link.after) < 0.1
        there, back = link.forward(before) & after, before & link.back(after)
        assert there.any() == back.any()
        for mask, follow in ((before, link.forward), (after, link.back)):
            parts = [mask & (rng.random(mask.shape) < 0.5) for _ in range(2)]
            np.testing.assert_array_equal(
                follow(parts[0] | parts[1]), follow(parts[0]) | follow(parts[1])
            )


@given(case=networks(most=3))
def test_size_stride_and_offset_hold_wherever_no_border_is_near(case):
    """The rule of the table gives the box of every value whose field lies within the picture."""
    model, shape = case
    last = len(model.plan()) - 1
    steady = explain.receptive_field(model, input_shape=shape).steady
    if steady is None:
        return
    unsteady = any(
        isinstance(layer, AdaptiveAvgPool2D) or (isinstance(layer, Pad) and layer.mode != "zeros")
        for _, layer in model.leaves()
    )
    has_branches = any(isinstance(layer, Parallel | Residual) for layer in model)
    _, height, width = explain.receptive_field(model, input_shape=shape).wiring.maps(last)
    for row in range(height):
        found = explain.receptive_field(model, input_shape=shape, row=row, column=width // 2)
        first = steady.first[0] + row * steady.distance[0]
        expected = slice(first, first + steady.size[0])
        inside = expected.start >= 0 and expected.stop <= shape[2]
        if found.count and not unsteady and (inside or not has_branches):
            clipped = slice(max(expected.start, 0), min(expected.stop, shape[2]))
            assert clipped.start <= found.rows.start
            assert found.rows.stop <= clipped.stop
            if inside:
                assert found.rows == expected


# ---------------------------------------------------------------------------- worked by hand


def test_dilation_leaves_holes():
    found = explain.receptive_field(Conv2D(1, 1, 3, dilation=2), input_shape=(1, 1, 9, 8))
    assert (found.row, found.column) == (2, 2)
    assert np.argwhere(found.mask[0]).tolist() == [[r, c] for r in (2, 4, 6) for c in (2, 4, 6)]
    assert found.count == 9
    assert "holes in the box" in str(found)


def test_groups_see_their_own_channels_only():
    model = Sequential(Conv2D(4, 4, 3, groups=4), Conv2D(4, 2, 1, groups=2))
    for channel, seen in ((0, (0, 1)), (1, (2, 3)), (None, (0, 1, 2, 3))):
        found = explain.receptive_field(model, input_shape=(1, 4, 5, 6), channel=channel)
        assert found.channels == seen
    ahead = explain.projective_field(model, 2, 2, input_shape=(1, 4, 5, 6), channel=3)
    assert np.flatnonzero(ahead.at().any(axis=(1, 2))).tolist() == [1]
    assert np.flatnonzero(ahead.at("conv2d").any(axis=(1, 2))).tolist() == [3]


@pytest.mark.parametrize(
    ("mode", "rows", "columns"),
    [
        ("zeros", [0, 1], [0, 1]),
        ("reflect", [0, 1], [0, 1]),
        ("replicate", [0, 1], [0, 1]),
        ("circular", [0, 1, 5], [0, 1, 6]),
    ],
)
def test_padding_leads_the_field_to_where_its_values_are_from(mode, rows, columns):
    model = Sequential(Pad(1, mode=mode), Conv2D(1, 1, 3))
    found = explain.receptive_field(model, input_shape=(1, 1, 6, 7), row=0, column=0)
    assert np.argwhere(found.mask[0]).tolist() == [[r, c] for r in rows for c in columns]
    corner = explain.receptive_field(model, "pad", input_shape=(1, 1, 6, 7), row=0, column=0)
    source = {"zeros": [], "reflect": [[1, 1]], "replicate": [[0, 0]], "circular": [[5, 6]]}[mode]
    assert np.argwhere(corner.mask[0]).tolist() == source
    assert corner.poke().agrees


def test_a_value_of_padding_alone_sees_nothing():
    found = explain.receptive_field(Pad(2), input_shape=(1, 1, 4, 5), row=0, column=0)
    assert found.count == 0
    assert found.rows == found.columns == slice(0, 0)
    assert "sees nothing of the picture" in str(found)
    assert str(found.poke()) == "field 0 x 0 = poked 0 x 0\n  no value of the picture changes it"


def test_branches_join_at_every_step():
    model = Sequential(Parallel(("small", Conv2D(1, 2, 1)), ("large", Conv2D(1, 3, 5, padding=2))))
    shape = (1, 1, 11, 12)
    assert explain.receptive_field(model, input_shape=shape, channel=1).count == 1
    assert explain.receptive_field(model, input_shape=shape, channel=2).count == 25
    both = explain.receptive_field(model, input_shape=shape)
    assert [one.size for one in both.steps] == [(5, 5), (1, 1), (1, 1), (1, 1)]
    only = explain.receptive_field(model, "parallel.small", input_shape=shape)
    assert [one.count for one in only.steps] == [1, 2, 0, 0]


def test_the_table_of_a_known_network():
    """The first layers of AlexNet, by the rule that everybody uses."""
    model = Sequential(
        Conv2D(1, 1, 11, stride=4, padding=2), ReLU(), Conv2D(1, 1, 3, stride=2), Conv2D(1, 1, 5)
    )
    found = explain.receptive_field(model, input_shape=(1, 1, 224, 224))
    steady = [one.field for one in found.steps]
    assert [f.size for f in steady] == [(1, 1), (11, 11), (11, 11), (19, 19), (51, 51)]
    assert [f.distance[0] for f in steady] == [1, 4, 4, 8, 8]
    assert [f.first[0] for f in steady] == [0, -2, -2, -2, -2]


def test_a_layer_that_says_nothing_is_taken_at_its_word_and_poking_finds_out():
    model = Sequential(Conv2D(1, 1, 3, padding=1), Flip())
    found = explain.receptive_field(model, input_shape=(1, 1, 9, 9), row=0)
    poked = found.poke()
    assert not poked.agrees
    assert str(poked).startswith("MISMATCH: field 2 x 3, poked 2 x 3")
    ahead = explain.projective_field(model, 0, 0, input_shape=(1, 1, 9, 9)).poke()
    assert ahead.differing == ("flip",)
    assert str(ahead) == "MISMATCH at flip"


def test_a_layer_that_changes_the_shape_is_taken_to_see_everything():
    model = Sequential(Conv2D(2, 3, 3), Mean())
    found = explain.receptive_field(model, input_shape=(1, 2, 6, 7), channel=1)
    assert found.mask.all()
    assert found.assumed == ("mean",)
    assert found.steady is None
    assert "taken to see all that they can" in str(found)
    assert "?" in str(found)
    assert found.poke().box == found.box  # too many channels, which is said
    assert explain.receptive_field(model, "conv2d", input_shape=(1, 2, 6, 7)).assumed == ()


def test_of_many_pixels_some_are_poked():
    model = Sequential(Conv2D(1, 1, 5, padding=2), Conv2D(1, 1, 5, padding=2))
    found = explain.receptive_field(model, input_shape=(1, 1, 20, 20))
    some = found.poke(most=10)
    assert np.count_nonzero(some.poked) == 10
    assert some.agrees
    assert some.box == found.box


def test_a_trace_will_do_as_well():
    model = Sequential(Conv2D(1, 2, 3, padding=1), ReLU())
    trace = model.trace(np.zeros((2, 1, 5, 6)))
    from_trace = explain.receptive_field(trace, "relu", row=0, column=0)
    from_model = explain.receptive_field(model, input_shape=(2, 1, 5, 6), row=0, column=0)
    assert str(from_trace) == str(from_model)
    assert from_trace.poke().agrees


@given(case=asked())
def test_what_is_printed_fits_and_what_is_told_is_plain(case):
    model, position, where = case
    found = explain.receptive_field(model, position, **where)
    ahead = explain.projective_field(model, input_shape=where["input_shape"])
    truth = explain.border_truth(model, where["input_shape"])
    for record in (found, ahead, truth):
        text = str(record)
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 80
        json.dumps(record.to_dict(), allow_nan=False)
    told = found.to_dict()
    assert np.sum(told["set"]) == told["count"] == found.count
    json.dumps(found.poke().to_dict())


def test_wrong_calls_say_what_is_wrong():
    model, shape = Sequential(Conv2D(1, 2, 3)), (1, 1, 5, 6)
    for error, words, call in [
        (ConfigError, "input_shape is missing", lambda: explain.receptive_field(model)),
        (ConfigError, "there is no step 'relu'", lambda: ask(model, "relu")),
        (ConfigError, "there is no step 7", lambda: ask(model, 7)),
        (ConfigError, "row must be from 0 to 2, got 3", lambda: ask(model, row=3)),
        (ConfigError, "channel must be from 0 to 1", lambda: ask(model, channel=2)),
        (ConfigError, "column must be an integer", lambda: ask(model, column=1.5)),
        (DTypeError, "takes a model", lambda: ask("model")),
        (ShapeError, "input_shape must be", lambda: ask(model, input_shape=(5, 6))),
        (ShapeError, r"In step 0 \(conv2d\)", lambda: ask(model, input_shape=(1, 1, 2, 2))),
        (ShapeError, "has no values", lambda: ask(Sequential(ReLU()), input_shape=(1, 1, 0, 2))),
        (ConfigError, "most must be", lambda: ask(model).poke(0)),
        (
            ConfigError,
            "leave input_shape out",
            lambda: ask(model.trace(np.zeros(shape)), input_shape=shape),
        ),
    ]:
        with pytest.raises(error, match=words):
            call()

    broken = Sequential(Conv2D(1, 2, 3))
    broken[0].weight[0, 0, 0, 0] = np.nan
    with pytest.raises(UnsupportedError, match="gives NaN"):
        ask(broken).poke()
    with pytest.raises(UnsupportedError, match="gives NaN"):
        explain.projective_field(broken, input_shape=shape).poke()
    with pytest.raises(UnsupportedError, match="gives NaN"):
        explain.border_truth(broken, shape).poke()


def ask(model, step=-1, *, input_shape=(1, 1, 5, 6), **where):
    return explain.receptive_field(model, step, input_shape=input_shape, **where)
