"""The way back, recorded; and a weight's gradient as a sum that proves itself."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import same_bits
from networks import networks
from strategies import arrays, convolutions

from minicnn import (
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    GlobalAvgPool2D,
    GroupNorm,
    LayerNorm,
    Linear,
    Pad,
    Parallel,
    PReLU,
    ReLU,
    Residual,
    Sequential,
    explain,
)
from minicnn.errors import ConfigError, DTypeError, ShapeError

MODEL = Sequential(
    Pad(1, mode="reflect"),
    Conv2D(3, 4, 3, stride=2, rng=0),
    ReLU(),
    Residual(Sequential(Conv2D(4, 4, 3, padding=1, groups=2, rng=1), ReLU())),
    Parallel(Conv2D(4, 2, 1, rng=2), Conv2D(4, 3, 3, padding=2, dilation=2, rng=3)),
    Conv2D(5, 2, 2, rng=4),
)


@st.composite
def pictures(draw, dtype=np.float64):
    shape = draw(st.integers(1, 3)), 3, draw(st.integers(4, 9)), draw(st.integers(4, 9))
    return draw(arrays(shape, dtype, whole=False))


@given(x=pictures(), seed=st.integers(0, 9))
def test_the_recorded_way_back_is_the_models(x, seed):
    y, backward = MODEL.vjp(x)
    dy = np.random.default_rng(seed).standard_normal(y.shape)
    dx, gradients = backward(dy)
    back = explain.way_back(MODEL, x, dy)
    same_bits(back.output, y)
    np.testing.assert_allclose(back.input_gradient, dx, rtol=0, atol=1e-12 * abs(dy).sum())
    layers = {id(layer): key for key, layer in _parameter_layers(MODEL)}
    for step in back:
        assert step.came_back.shape == step.output.shape
        for name, gradient in step.gradients.items():
            expected = gradients[f"{layers[id(step.layer)]}.{name}"]
            np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-9)


def _parameter_layers(layer, key=""):
    for name, child in getattr(layer, "children", {}).items():
        yield f"{key}{name}", child
        yield from _parameter_layers(child, f"{key}{name}.")


@given(x=pictures(np.float32), data=st.data())
def test_the_sum_is_the_gradient(x, data):
    steps = [step for step in MODEL.trace(x) if step.layer.params]
    step = data.draw(st.sampled_from(steps))
    parameter = data.draw(st.sampled_from(sorted(step.layer.params)))
    shape = step.layer.params[parameter].shape
    index = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    target = np.random.default_rng(0).standard_normal(MODEL.output_shape(x.shape))
    story = explain.gradient(MODEL, x, target, step.name, index, parameter=parameter)
    assert story.check.agrees
    assert story.terms.came_in.shape == story.terms.came_back.shape
    assert story.weight == step.layer.params[parameter][index]
    assert max(map(len, str(story).splitlines())) <= 80
    assert str(story).isascii()
    json.dumps(story.to_dict(), allow_nan=False)


@given(case=convolutions(dtype=np.float64, whole=True, with_bias=False), data=st.data())
def test_of_any_convolution_exactly(case, data):
    layer = Conv2D(case.x.shape[1], len(case.weight), case.weight.shape[2:], **case.geometry)
    layer.weight = case.weight
    index = tuple(data.draw(st.integers(0, n - 1)) for n in case.weight.shape)
    ones = explain.gradient(layer, case.x, None, 0, index, loss=lambda y, _: (0.0, np.ones_like(y)))
    moved = case.weight.copy()
    moved[index] += 1
    layer.bias[...] = 0
    up = layer(case.x).sum()
    layer.weight = moved
    assert ones.value == ones.terms.products.sum() == layer(case.x).sum() - up


@given(case=networks(), data=st.data())
def test_of_every_layer_that_learns(case, data):
    """The sum is what the model's own way back gives for that number, in any network."""
    model, shape = case
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    x = data.draw(arrays((data.draw(st.integers(1, 3)), *shape[1:]), dtype, whole=False))
    y, backward = model.vjp(x)
    dy = np.random.default_rng(0).standard_normal(y.shape).astype(dtype)
    gradients = backward(dy)[1]
    keys = {id(layer): key for key, layer in _parameter_layers(model)}
    for step in model.trace(x):
        for parameter, values in step.layer.params.items():
            if parameter in step.layer.statistics:
                continue
            index = tuple(data.draw(st.integers(0, n - 1)) for n in values.shape)
            story = explain.gradient(
                model, x, None, step.name, index, parameter=parameter, loss=lambda *_: (0.0, dy)
            )
            expected = gradients[f"{keys[id(step.layer)]}.{parameter}"][index]
            assert story.check.agrees, str(story)
            size = np.abs(story.terms.products).sum()
            assert story.value == pytest.approx(expected, rel=1e-3, abs=1e-4 * size)
            assert story.terms.came_in.shape == story.terms.came_back.shape
            assert len(story.terms.axes) == story.terms.came_in.ndim
            text = str(story)
            assert text.isascii()
            assert max(map(len, text.splitlines())) <= 80
            json.dumps(story.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Conv2D(4, 4, (3, 2), stride=(2, 1), padding=1, groups=2, rng=0), (2, 4, 5, 6)),
        (ConvTranspose2D(4, 2, 3, stride=2, padding=1, groups=2, rng=0), (2, 4, 3, 4)),
        (ConvTranspose2D(2, 2, 2, stride=3, output_padding=2, rng=0), (2, 2, 3, 4)),
        (Linear(4, 3, rng=0), (2, 4)),
        (Linear(4, 3, rng=0), (2, 3, 4)),
        (PReLU(), (2, 3, 4, 5)),
        (PReLU(3), (2, 3, 4, 5)),
        (PReLU(4), (3, 4)),
        (BatchNorm2D(3), (2, 3, 4, 5)),
        (BatchNorm2D(3, moments="batch"), (2, 3, 4, 5)),
        (GroupNorm(2, 4), (2, 4, 3, 5)),
        (LayerNorm((3, 4)), (2, 2, 3, 4)),
        (LayerNorm(4), (2, 4)),
    ],
    ids=str,
)
def test_the_sum_is_the_slope_by_central_differences(layer, shape):
    rng = np.random.default_rng(1)
    x = rng.standard_normal(shape)
    layer = layer.with_params(
        {k: rng.integers(4, 13, v.shape) / 8 for k, v in layer.params.items() if "num" not in k}
    )
    dy = rng.standard_normal(layer.output_shape(shape))
    for parameter, values in layer.params.items():
        if parameter in layer.statistics:
            closed = explain.gradient(
                layer,
                x,
                None,
                0,
                (0,) * values.ndim,
                parameter=parameter,
                loss=lambda *_: (0.0, dy),
            )
            assert closed.terms is None
            assert "no plain sum" in str(closed)
            continue
        for index in np.ndindex(values.shape):
            story = explain.gradient(
                layer, x, None, 0, index, parameter=parameter, loss=lambda *_: (0.0, dy)
            )
            ends = []
            for by in (-0.5, 0.5):  # exact, and each layer is linear in its parameters
                moved = values.copy()
                moved[index] += by
                ends.append((layer.with_params({parameter: moved})(x) * dy).sum())
            slope = ends[1] - ends[0]
            assert story.terms.products.sum() == pytest.approx(slope, rel=1e-9, abs=1e-9)
            assert story.check.agrees


def test_learning_goes_where_it_says():
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((2, 3, 6, 7)), rng.standard_normal((2, 2, 2, 3))
    for index in np.ndindex(2, 3, 1, 1):
        story = explain.gradient(MODEL, x, target, "conv2d", (*index[:2], 1, 1))
        weight = MODEL["conv2d"].weight.copy()
        weight[(*index[:2], 1, 1)] += {"up": 1e-3, "down": -1e-3}[story.direction]
        after = explain.gradient(
            MODEL.with_params({"1.weight": weight}), x, target, "conv2d", (*index[:2], 1, 1)
        )
        assert after.loss < story.loss


def test_the_story_as_text():
    conv = Conv2D.from_kernels(np.array([[1.0, -1.0]]), bias=[0.5])
    x = np.array([[[[1.0, 2, 3]]]])
    story = explain.gradient(conv, x, np.zeros((1, 1, 1, 2)), 0, (0, 0, 0, 0))
    assert str(story).splitlines() == [
        "conv2d.weight[0, 0, 0, 0] = 1, a weight of step 0",
        "  the loss is 0.25",
        "  its slope by this weight is -1.5: learning moves it up",
        "",
        "  came in: channel 0 under tap (0, 0)",
        "  came back: the slope of the loss by map 0",
        "",
        "  of 2 places (slope of each = came in x came back)",
        "    2 pull it up    together -1.5",
        "    0 pull it down  together    0",
        "    0 do nothing    together    0",
        "    -----------------------------",
        "      all           together -1.5",
        "",
        "  the places that bring most",
        "    picture 0, row 0, column 1: 2 x -0.5 = -1",
        "    picture 0, row 0, column 0: 1 x -0.5 = -0.5",
        "",
        "sum -1.5 = gradient -1.5",
        "  added in float64; the difference is 0, rounding allows 1.3e-15",
    ]


def test_class_labels_need_scores():
    with pytest.raises(ShapeError, match="Flatten"):
        explain.gradient(Conv2D(1, 3, (4, 5)), np.ones((1, 1, 4, 5)), 1, 0, (0, 0, 0, 0))


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((3, np.ones((1, 3, 4, 4)), 1, 0, 0), ConfigError, "model must be a Layer"),
        ((MODEL, [1], 1, 0, 0), DTypeError, "x"),
        ((MODEL, np.ones((1, 3, 5, 5)), np.ones(3), 0, 0), ShapeError, "one shape"),
        ((MODEL, np.ones((1, 3, 5, 5)), "cat", 0, 0), DTypeError, "targets"),
        ((MODEL, np.ones((1, 3, 5, 5)), np.ones((1, 2, 2, 2)), "x", 0), ConfigError, "no step 'x'"),
        (
            (MODEL, np.ones((1, 3, 5, 5)), np.ones((1, 2, 2, 2)), "relu", 0),
            ConfigError,
            "no parameter 'weight'; its parameters are none",
        ),
        (
            (MODEL, np.ones((1, 3, 5, 5)), np.ones((1, 2, 2, 2)), "conv2d", (0, 0)),
            ConfigError,
            r"4 integers, one for each axis of conv2d.weight \(4, 3, 3, 3\)",
        ),
        (
            (MODEL, np.ones((1, 3, 5, 5)), np.ones((1, 2, 2, 2)), "conv2d", (0, 3, 0, 0)),
            ConfigError,
            r"index\[1\]",
        ),
    ],
)
def test_wrong_calls(arguments, error, says):
    with pytest.raises(error, match=says):
        explain.gradient(*arguments)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ShapeError, match="dy does not have the output's shape"):
        explain.way_back(ReLU(), np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 3)))


@given(x=pictures(np.float32), data=st.data())
def test_the_sum_is_the_gradient_of_linear_layers_too(x, data):
    model = Sequential(Conv2D(3, 2, 3, rng=0), ReLU(), GlobalAvgPool2D(), Flatten(), Linear(2, 4))
    parameter, shape = data.draw(st.sampled_from([("weight", (4, 2)), ("bias", (4,))]))
    index = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    story = explain.gradient(model, x, 3, "linear", index, parameter=parameter)
    assert story.check.agrees
    assert story.terms.came_in.shape == (len(x),)
    assert "picture 0" in str(story)
