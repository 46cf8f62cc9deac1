"""What-if: steps find each other, and where two models part is where they were made to differ."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import Untouched
from sick import Dense, Flat, Lossy, Root, textured
from strategies import convolutions, pairs

from minicnn import (
    BatchNorm2D,
    Conv2D,
    Flatten,
    Linear,
    MaxPool2D,
    Pad,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    explain,
    images,
    models,
    viz,
)
from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.explain.compare_align import align
from minicnn.ops.conv import ALGORITHMS

seeds = st.integers(0, 2**32 - 1)


def draw_layers(rng, count, channels=3):
    """Draw layers that keep the picture's size and channels, so that any can be left out."""
    kinds = [
        lambda: Conv2D(channels, channels, 3, padding=1, rng=rng),
        lambda: Conv2D(channels, channels, 5, padding=2, rng=rng),
        ReLU,
        Tanh,
        lambda: BatchNorm2D(channels),
        lambda: MaxPool2D(3, stride=1, padding=1),
    ]
    return [kinds[int(rng.integers(len(kinds)))]() for _ in range(count)]


def verdicts(found):
    return [None if row.gap is None else row.gap.verdict for row in found.rows]


def positions(found):
    return [(row.a and row.a.position, row.b and row.b.position) for row in found.rows[1:]]


@given(seeds, st.integers(0, 6), pairs(5, 9), st.sampled_from([np.float32, np.float64]))
def test_a_model_is_the_same_as_itself(seed, count, size, dtype):
    rng = np.random.default_rng(seed)
    model = Sequential(*draw_layers(rng, count))
    x = textured((2, 3, *size), rng, dtype)
    found = explain.compare(model, copy.deepcopy(model), x)
    assert verdicts(found) == ["same"] * (count + 1)
    assert positions(found) == [(i, i) for i in range(count)]
    assert found.parts_at is None
    assert found.agrees
    assert [row.change for row in found.rows] == [""] * (count + 1)
    assert str(found).endswith("They do the same, to the last bit.")


@given(seeds, st.integers(1, 7), st.booleans())
def test_a_step_more_stands_alone_and_all_others_find_each_other(seed, count, in_a):
    rng = np.random.default_rng(seed)
    layers = draw_layers(rng, count)
    at = int(rng.integers(count + 1))
    extra = Sigmoid()  # no other step is one
    more = [*layers[:at], extra, *layers[at:]]
    x = textured((1, 3, 7, 8), rng)
    one, other = Sequential(*layers).trace(x), Sequential(*more).trace(x)
    expected = [(i, i + (i >= at)) for i in range(count)]
    expected.insert(at, (None, at))
    if in_a:
        one, other, expected = other, one, [(j, i) for i, j in expected]
    assert align(one.steps, other.steps) == expected


@given(seeds, st.integers(2, 6))
def test_of_equal_layers_those_with_the_same_weights_find_each_other(seed, count):
    """A whole block is left out of a chain in which every step looks the same."""
    rng = np.random.default_rng(seed)
    convs = [Conv2D(2, 2, 3, padding=1, rng=rng) for _ in range(count)]
    out = int(rng.integers(count))
    x = textured((1, 2, 7, 8), rng)
    steps = [layer for conv in convs for layer in (conv, ReLU())]
    fewer = steps[: 2 * out] + steps[2 * out + 2 :]
    pairs_ = align(Sequential(*steps).trace(x).steps, Sequential(*fewer).trace(x).steps)
    matched = [(i, j) for i, j in pairs_ if i is not None and j is not None and not i % 2]
    assert matched == [(2 * i, 2 * i - 2 * (i > out)) for i in range(count) if i != out]


def test_a_layer_in_anothers_place_is_paired_with_it():
    x = textured((1, 2, 7, 8), np.random.default_rng(0))
    conv = Conv2D(2, 3, 3, rng=0)
    found = explain.compare(Sequential(conv, ReLU()), Sequential(conv, Sigmoid()), x)
    assert positions(found) == [(0, 0), (1, 1)]
    assert found.rows[2].change == "ReLU against Sigmoid"
    assert found.rows[2].name == "relu / sigmoid"
    found = explain.compare(Sequential(conv, ReLU()), Sequential(conv, MaxPool2D(2)), x)
    assert positions(found) == [(0, 0), (1, None), (None, 1)]
    assert found.output.verdict == "shapes"


@given(seeds, st.integers(1, 6), st.sampled_from([np.float32, np.float64]))
def test_they_part_where_the_weights_were_changed(seed, count, dtype):
    rng = np.random.default_rng(seed)
    convs = [Conv2D(2, 2, 3, padding=1, rng=rng) for _ in range(count)]
    changed = [copy.deepcopy(conv) for conv in convs]
    at = int(rng.integers(count))
    changed[at].weight[1, 0, 2, 1] += 0.125
    x = textured((2, 2, 9, 8), rng, dtype)
    found = explain.compare(Sequential(*convs), Sequential(*changed), x)
    assert found.parts_at == at + 1
    assert verdicts(found)[: at + 2] == ["same"] * (at + 1) + ["apart"]
    assert found.rows[at + 1].change == "weight differs by up to 0.125"
    gap = found.rows[at + 1].gap
    assert gap.by_map[0] == 0
    outputs = [step.output.astype(np.float64) for step in (found.a[at], found.b[at])]
    expected = outputs[1] - outputs[0]
    np.testing.assert_array_equal(found.difference(at + 1), expected)
    assert gap.largest == np.abs(expected).max() == np.abs(expected[gap.place])
    assert gap.by_map[1] == gap.largest
    assert f"They part at step {at} (conv2d" in str(found)


@given(convolutions(max_batch=1, max_groups=2, max_stride=2, max_dilation=1))
def test_another_algorithm_is_no_difference(case):
    def model(name):
        channels = case.weight.shape[1] * case.geometry["groups"]
        conv = Conv2D(channels, len(case.weight), case.weight.shape[2:], bias=False,
                      **case.geometry, algorithm=name)  # fmt: skip
        conv.weight = case.weight
        return Sequential(conv, ReLU(), Conv2D(len(case.weight), 2, 1, rng=0))

    how = case.weight.shape[2:], case.geometry["stride"], case.geometry["dilation"]
    for name in (name for name, module in ALGORITHMS.items() if module.supports(*how)):
        found = explain.compare(model("naive"), model(name), case.x)
        assert found.agrees, f"{name}: {found}"
        assert found.parts_at is None


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rounding_is_told_from_a_difference_however_deep_the_model(dtype):
    """After twelve layers a bound for every input would be larger than the values themselves."""
    rng = np.random.default_rng(0)
    convs = [Conv2D(16, 16, 3, padding=1, rng=rng) for _ in range(12)]
    x = textured((1, 16, 12, 13), rng, dtype)
    eps = float(np.finfo(dtype).eps)
    for relative, verdict in ((1e4 * eps, "apart"), (eps / 2, "rounding")):
        changed = [copy.deepcopy(conv) for conv in convs]
        for one, other in zip(convs, changed, strict=True):
            one.weight = one.weight.astype(np.float64)
            noise = 1 + relative * rng.choice([-1, 1], one.weight.shape)
            other.weight = one.weight * noise
        found = explain.compare(Sequential(*convs), Sequential(*changed), x)
        assert set(verdicts(found)[1:]) == {verdict}
        assert found.agrees == (verdict == "rounding")


def test_what_float32_loses_is_measured_so_that_little_can_be_seen():
    rng = np.random.default_rng(0)
    conv = Conv2D(16, 16, 3, rng=0)
    near = copy.deepcopy(conv)
    near.weight *= 1 + 400 * 2.0**-23 * rng.choice([-1, 1], near.weight.shape).astype(np.float32)
    x = textured((1, 16, 12, 13), rng)
    assert explain.compare(conv, near, x).output.verdict == "apart"
    near.weight = conv.weight * np.float32(1 + 2.0**-23)
    assert explain.compare(conv, near, x).output.verdict == "rounding"


@given(seeds, pairs(6, 12))
def test_a_folded_batch_norm_parts_and_meets_again(seed, size):
    rng = np.random.default_rng(seed)
    conv, norm = Conv2D(2, 4, 3, rng=rng), BatchNorm2D(4)
    norm.running_mean[:], norm.running_var[:] = rng.normal(size=4), rng.uniform(0.2, 2, 4)
    norm.weight[:], norm.bias[:] = rng.uniform(0.5, 2, 4), rng.normal(size=4)
    scale = norm.weight / np.sqrt(norm.running_var + norm.eps)
    folded = Conv2D(2, 4, 3, rng=0)
    folded.weight = (conv.weight * scale[:, None, None, None]).astype(np.float32)
    folded.bias = ((conv.bias - norm.running_mean) * scale + norm.bias).astype(np.float32)
    x = textured((1, 2, *size), rng)
    found = explain.compare(Sequential(conv, norm, Tanh()), Sequential(folded, Tanh()), x)
    assert positions(found) == [(0, 0), (1, None), (2, 1)]
    assert found.parts_at == 1
    assert found.meets_at == 3
    assert found.output.agrees  # rarely, even to the last bit
    text = " ".join(str(found).split())
    assert "From step 2 (tanh) of a, step 1 (tanh) of b on they agree again." in text
    assert "At the end their outputs are the same" in text


def test_what_only_one_has_is_named_where_they_part():
    x = textured((1, 1, 9, 10), np.random.default_rng(0))
    edges = Conv2D.from_kernels("sobel_x")
    one, other = Sequential(edges, Tanh()), Sequential(edges, MaxPool2D(3, 1, padding=1), Tanh())
    found = explain.compare(one, other, x)
    assert positions(found) == [(0, 0), (None, 1), (1, 2)]
    text = " ".join(str(found).split())
    assert "Before it, b alone has max_pool2d, MaxPool2D(3, stride=1, padding=1)." in text
    found = explain.compare(Sequential(Pad(0), *one), Sequential(*one, ReLU(), edges), x)
    assert "alone" not in str(found)  # what comes later has nothing to do with it
    found = explain.compare(Sequential(Pad(0), *one), other, x)
    assert "Before it, b alone has max_pool2d, MaxPool2D" in " ".join(str(found).split())


def test_settings_and_shapes():
    x = images.disc((20, 24))
    bank = ["sobel_x", "sobel_y"]
    one = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(bank), ReLU())
    other = Sequential(Pad(1), Conv2D.from_kernels(bank, stride=2), ReLU())
    found = explain.compare(one, other, x)
    assert found.rows[1].change == "mode='reflect' against 'zeros'"
    assert found.rows[2].change == "stride=1 against 2"
    assert found.rows[2].gap.verdict == "shapes"
    assert found.difference(2) is None
    assert (found.rows[2].a.receptive_field, found.rows[2].b.multiply_adds) == ((3, 3), 2160)
    assert str(found).count("other shape") == 2
    assert found.output.verdict == "shapes"
    summary = one.summary(x.shape).rows
    assert [row.a.parameters for row in found.rows[1:]] == [row.parameters for row in summary]


def test_nan_in_both_is_no_difference_and_in_one_is():
    x = textured((1, 1, 6, 7), np.random.default_rng(0))
    x[0, 0, 2, 3] = np.nan
    assert explain.compare(ReLU(), ReLU(), x).agrees
    found = explain.compare(Sequential(ReLU()), Sequential(Root()), x - 0.5)
    assert found.output.largest == np.inf
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["output"]["largest"] == "inf"
    text = " ".join(str(found).split())
    assert "nan, at channel 0, row 0, column 3" in text
    assert "At the end one output is not finite where the other is." in text
    assert "inf" not in text
    broken = Sequential(Conv2D(1, 1, 3, rng=0))
    broken["conv2d"].weight[0, 0, 0, 0] = np.nan
    text = str(explain.compare(Sequential(Conv2D(1, 1, 3, rng=0)), broken, images.disc(9)))
    assert "weight is not finite in one of them" in text


@pytest.mark.parametrize("swapped", [False, True])
def test_where_one_model_only_goes_on_they_part_there(swapped):
    x = textured((1, 1, 9, 10), np.random.default_rng(0))
    edges, more = Conv2D.from_kernels("sobel_x"), Conv2D.from_kernels("box_3")
    pair = [Sequential(edges, Tanh()), Sequential(edges, Tanh(), more, ReLU())]
    found = explain.compare(*(pair[::-1] if swapped else pair), x)
    assert found.parts_at == 3
    text = str(found)
    assert f"They part at step 2 (conv2d_2) of {'a' if swapped else 'b'}: only" in text
    assert "goes on with relu." in text
    assert "<- they part" in text
    wide = Sequential(Conv2D(1, 2, 3, padding=1, rng=0), Conv2D(2, 2, 3, padding=1, rng=1))
    added = Sequential(wide[0], Residual(wide[1]))
    assert explain.compare(added, wide, x).rows[-1].name == "residual.add"
    assert explain.compare(added, wide, x).parts_at == 3
    assert viz.plot_comparison(found, figure=viz.new_figure()).axes


def test_long_names_leave_room_for_where_they_part():
    x = textured((1, 3, 32, 32), np.random.default_rng(0))
    text = str(explain.compare(models.resnet8(rng=0), models.resnet8(rng=1), x))
    assert max(map(len, text.splitlines())) <= 80
    assert "<- they part" in text
    names = [line.split()[1] for line in text.splitlines() if line[:1].isdigit()]
    assert len(set(names)) > len(names) / 2  # the ends of names tell steps apart


def test_branches_and_numbers():
    rng = np.random.default_rng(0)
    x = textured((2, 3, 8, 9), rng)
    body = Sequential(Conv2D(3, 3, 3, padding=1, rng=0), ReLU())
    wide = Parallel(Conv2D(3, 2, 1, rng=1), Conv2D(3, 4, 3, padding=1, rng=2))
    head = Linear(6 * 72, 4, rng=3)
    one = Sequential(Residual(body), wide, Flatten(), head)
    other = Sequential(body, wide, Flatten(), head)
    found = explain.compare(one, other, x)
    assert positions(found) == [(0, 0), (1, 1), (2, None), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6)]
    assert found.rows[found.parts_at].name == "parallel.conv2d"
    assert "a alone has residual.add, Add()" in " ".join(str(found).split())
    assert found.difference(-1).shape == (2, 4)
    found = explain.compare(Sequential(Flat(), Dense(np.eye(216))), Sequential(Flat()), x)
    assert found.agrees


def test_two_traces_may_be_of_two_pictures():
    x = images.disc((9, 10))
    model = Sequential(Conv2D.from_kernels("sobel_x"))
    found = explain.compare(model.trace(x), model.trace(x / 2))
    assert found.parts_at == 0
    assert str(found).splitlines()[-2].startswith("They part at the input: up to 0.5, at channel 0")
    found = explain.compare(model.trace(x), model.trace(images.disc((8, 8))))
    assert found.rows[0].gap.verdict == "shapes"
    assert explain.compare(model.trace(x), model.trace(x)).agrees


def test_what_cannot_be_run_in_the_other_precision_has_a_plain_bound():
    conv = Conv2D.from_kernels([[1e300]])
    near = Conv2D.from_kernels([[1e300 * (1 + 1e-15)]])
    far = Conv2D.from_kernels([[1e300 * (1 + 1e-9)]])
    x = images.disc((5, 6)).astype(np.float64)
    assert explain.compare(conv, near, x).output.verdict == "rounding"
    assert explain.compare(conv, far, x).output.verdict == "apart"


def test_rows_maps_and_names():
    x = images.disc((9, 10))
    one = Sequential(Pad(1), Conv2D.from_kernels({"a": "sobel_x", "b": "sobel_y"}))
    other = Sequential(("border", Pad(1)), Conv2D.from_kernels({"a": "sobel_x", "c": "box_3"}))
    with Untouched(x):
        found = explain.compare(one, other, x)
    assert found.find("pad") == found.find("border") == found.find(1) == found.find(-2) == 1
    assert [found.map_name(2, c) for c in (0, 1)] == ["a", "b / c"]
    assert found.rows[2].change == "weight differs by up to 2.11"  # names are only names
    assert found.maps(2)[0] is found.a[1].output
    with pytest.raises(ConfigError, match=r"no row 'relu' in this comparison; its rows are 0: 'in"):
        found.find("relu")
    with pytest.raises(ConfigError, match="there is no row 3"):
        found.maps(3)
    with pytest.raises(ConfigError, match="there is no row True"):
        found.find(True)


def test_wrong_calls_say_which_model():
    x = images.disc((9, 10))
    model = Sequential(Conv2D.from_kernels("sobel_x"))
    colour = Sequential(Conv2D(3, 2, 3))
    with pytest.raises(ShapeError, match=r"(?s)the kernels expect 3.*For model_b\."):
        explain.compare(model, colour, x)
    with pytest.raises(DTypeError, match=r"(?s)explain\.compare takes a model.*For model_a\."):
        explain.compare("a", model, x)
    with pytest.raises(ConfigError, match=r"(?s)x is missing.*For model_a"):
        explain.compare(model, model)


@given(seeds, st.integers(0, 4), st.integers(0, 4))
def test_any_two_models_print_and_dump(seed, one, other):
    rng = np.random.default_rng(seed)
    a = Sequential(*draw_layers(rng, one), ("a_name_that_is_rather_too_long", Lossy()))
    b = Sequential(*draw_layers(rng, other), Sequential(Conv2D(3, 4, 3, rng=rng)))
    found = explain.compare(a, b, textured((2, 3, 7, 8), rng))
    text = str(found)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(data["rows"]) == len(found.rows)
    used = [[row[side]["position"] for row in data["rows"] if row[side]] for side in "ab"]
    assert used == [list(range(-1, len(a))), list(range(-1, len(b)))]  # each once, in order
