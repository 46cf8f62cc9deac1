"""Which pixels an answer rests on: each method against what it promises."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import networks
from strategies import arrays

from minicnn import (
    BatchNorm2D,
    Conv2D,
    Flatten,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    explain,
)
from minicnn.errors import ConfigError, ShapeError

MODEL = Sequential(
    Conv2D(2, 3, 3, rng=0),
    ReLU(),
    Residual(Conv2D(3, 3, 3, padding=1, rng=1)),
    Conv2D(3, 4, 2, stride=2, rng=2),
    Flatten(),
    Linear(4 * 2 * 3, 3, rng=3),
)
METHODS = (explain.saliency, explain.gradient_times_input, explain.integrated_gradients)


def pictures():
    return arrays((1, 2, 7, 9), np.float64, whole=False)


@given(x=pictures(), target=st.integers(0, 2))
def test_saliency_is_the_slope(x, target):
    found = explain.saliency(MODEL, x, target)
    _, backward = MODEL.vjp(x)
    expected = backward(np.eye(3)[target][None])[0][0]
    np.testing.assert_allclose(found.values, expected, rtol=0, atol=1e-12)
    assert found.score == MODEL(x)[0, target]
    times = explain.gradient_times_input(MODEL, x, target)
    np.testing.assert_allclose(times.values, expected * x[0], rtol=0, atol=1e-9)


@given(x=pictures(), target=st.integers(0, 2))
def test_integrated_gradients_share_out_the_answer(x, target):
    few = explain.integrated_gradients(MODEL, x, target, steps=200)
    assert few.total == pytest.approx(few.score - MODEL(0 * x)[0, target])
    assert few.gap <= 0.02 * np.abs(few.values).sum() + 1e-9


@given(x=pictures(), target=st.integers(0, 2))
def test_what_is_linear_is_shared_out_exactly(x, target):
    linear = Sequential(Conv2D(2, 3, 3, rng=0), Flatten(), Linear(3 * 5 * 7, 3, rng=1))
    found = explain.integrated_gradients(linear, x, target, steps=1)
    assert found.gap <= 1e-9 * (1 + np.abs(found.values).sum())


@given(x=pictures())
def test_variants_of_a_picture_are_not_measured_by_each_other(x):
    """Batch norm that takes its moments from the batch sees one variant at a time."""
    model = Sequential(Conv2D(2, 3, 3, rng=0), BatchNorm2D(3, moments="batch"), Conv2D(3, 2, 3))
    found = explain.occlusion(model, x, 0, size=3)
    covered = x.copy()
    covered[:, :, 3:6, 3:6] = 0
    cost = float((model(x) - model(covered))[0, 0].mean())
    assert found.values[1, 1] == pytest.approx(cost, rel=1e-6, abs=1e-9)
    shares = explain.integrated_gradients(model, x, 0, steps=2)
    slopes = [explain.saliency(model, share * x, 0).values for share in (0.25, 0.75)]
    expected = (slopes[0] + slopes[1]) / 2 * x[0]
    np.testing.assert_allclose(shares.values, expected, rtol=1e-6, atol=1e-9)


@given(x=pictures(), size=st.sampled_from([1, 2, (3, 2)]), stride=st.sampled_from([None, 1, 2]))
def test_occlusion_is_what_covering_costs(x, size, stride):
    found = explain.occlusion(MODEL, x, 1, size=size, stride=stride, fill=0.25)
    kh, kw = (size, size) if isinstance(size, int) else size
    for row, column in np.ndindex(found.values.shape):
        covered = x.copy()
        top, left = row * found.field.distance[0], column * found.field.distance[1]
        covered[:, :, top : top + kh, left : left + kw] = 0.25
        cost = MODEL(x)[0, 1] - MODEL(covered)[0, 1]
        assert found.values[row, column] == pytest.approx(cost, abs=1e-12)


@given(x=pictures())
def test_grad_cam_is_the_maps_weighted_by_their_mean_slope(x):
    found = explain.grad_cam(MODEL, x, 2, "relu")
    back = explain.way_back(MODEL, x, np.array([[0.0, 0, 1]]))["relu"]
    weighted = (back.came_back[0].mean(axis=(1, 2))[:, None, None] * back.output[0]).sum(axis=0)
    np.testing.assert_allclose(found.values, np.maximum(weighted, 0), rtol=0, atol=1e-9)
    assert found.field.size == (3, 3)


def test_grad_cam_takes_the_last_convolution_and_what_bends_its_maps():
    x = np.random.default_rng(0).random((1, 2, 8, 8))
    model = Sequential(
        *(Conv2D(2, 3, 3, padding=1, rng=0), ReLU(), MaxPool2D(2)),
        *(Residual(Conv2D(3, 3, 3, padding=1, rng=1)), ReLU(), MaxPool2D(2), Flatten()),
        Linear(3 * 2 * 2, 3, rng=2),
    )
    assert explain.grad_cam(model, x, 0).method == "Grad-CAM of relu_2"
    assert explain.grad_cam(model, x, 0).grain == "4 x 4 values, of 8 x 8 pixels each, 2 apart"
    assert explain.grad_cam(model[:4], x, 0).method == "Grad-CAM of residual.add"
    silent = explain.grad_cam(model.with_params({"7.weight": np.zeros((3, 12))}), x, 0)
    assert "nothing counts: every value is 0" in str(silent)


@given(x=pictures(), classes=st.permutations([0, 1, 2]))
def test_a_choice_is_explained_by_the_difference(x, classes):
    this, that, _ = classes
    choice = explain.rather_than(MODEL, this, that)
    assert choice(x) == pytest.approx(MODEL(x)[:, [this]] - MODEL(x)[:, [that]])
    found = explain.saliency(choice, x, 0).values
    expected = explain.saliency(MODEL, x, this).values - explain.saliency(MODEL, x, that).values
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    assert choice.params.keys() == MODEL.params.keys()
    assert choice.output_shape(x.shape) == choice(x).shape
    assert repr(choice[-1]) == f"Ahead({this}, {that})"


def test_channels_that_work_against_each_other_do_not_hide_a_pixel():
    red_minus_green = Conv2D.from_kernels(np.ones((1, 1)), in_channels=3)
    red_minus_green.weight[...] = np.array([2.0, -2.0, 0.5]).reshape(1, 3, 1, 1)
    found = explain.saliency(red_minus_green, np.zeros((1, 3, 1, 2)), (0, 0, 1))
    assert found.map.tolist() == [[0, 2]]
    assert found.grain == "1 x 2 pixels, of 3 channels the one furthest from 0"
    shares = explain.integrated_gradients(red_minus_green, np.ones((1, 3, 1, 2)), (0, 0, 1))
    assert shares.map.tolist() == [[0, 0.5]]
    assert shares.grain == "1 x 2 pixels, 3 channels added up"


def test_completeness_is_said_in_words():
    bent = Sequential(Conv2D.from_kernels(np.ones((1, 1)), bias=[-1.0]), ReLU())  # 0 below 1
    x = np.full((1, 1, 1, 1), 1.5)
    rough = explain.integrated_gradients(bent, x, 0, steps=1)
    assert (rough.sum, rough.total, rough.is_complete) == (0, 0.5, False)
    assert "not complete: off by 100 %; take more steps" in str(rough)
    fine = explain.integrated_gradients(bent, x, 0, steps=30)
    assert fine.gap < 1e-9
    assert fine.is_complete
    assert "they add up to 0.5; to be shared out was 0.5\n  complete: off by" in str(fine)
    nothing = explain.integrated_gradients(bent, x, 0, baseline=x)
    assert nothing.verdict == "complete"
    assert explain.saliency(bent, x, 0).is_complete is None
    lost = explain.integrated_gradients(bent, np.full_like(x, np.nan), 0)
    assert lost.verdict == "not finite: nothing is shared out"


@given(x=pictures(), size=st.integers(1, 7), stride=st.integers(1, 7))
def test_no_pixel_escapes_occlusion(x, size, stride):
    found = explain.occlusion(MODEL, x, 0, size=size, stride=min(stride, size))
    seen = np.zeros((7, 9), int)
    for row, column in np.ndindex(found.values.shape):
        top, left = row * found.field.distance[0], column * found.field.distance[1]
        assert top < 7
        assert left < 9
        seen[top : top + size, left : left + size] += 1
    assert (seen > 0).all()


@given(case=networks(), data=st.data())
def test_any_network_can_be_asked(case, data):
    model, shape = case
    x = data.draw(arrays(shape, data.draw(st.sampled_from([np.float32, np.float64])), whole=False))
    target = data.draw(st.integers(0, model(x).shape[1] - 1))
    calls = [*METHODS, lambda *a: explain.occlusion(*a, size=2)]
    if any(isinstance(step.layer, Conv2D) for step in model.trace(x)):
        calls.append(explain.grad_cam)
    y, backward = model.vjp(x)
    for call in calls:
        found = call(model, x, target)
        assert found.score == pytest.approx(float(y[0, target].mean()), rel=1e-4, abs=1e-4)
        assert str(found).isascii()
        assert max(map(len, str(found).splitlines())) <= 80
        json.dumps(found.to_dict(), allow_nan=False)
    dy = np.zeros_like(y)
    dy[0, target] = 1 / y[0, target].size
    np.testing.assert_array_equal(explain.saliency(model, x, target).values, backward(dy)[0][0])


def test_a_picture_made_for_an_output_excites_it():
    kernel = np.array([[0.0, 1], [-1, 0]])
    conv = Conv2D.from_kernels(kernel)
    made = explain.maximise(conv, 0, (1, 1, 2, 2), decay=0.0)
    np.testing.assert_allclose(made.picture[0, 0][kernel != 0], [1, 0], atol=1e-9)
    assert made.scores[-1] == pytest.approx(1)
    assert made.scores[0] == pytest.approx(conv(made.start)[0, 0, 0, 0])
    assert made.scores[-1] > made.scores[0]
    assert (np.abs(made.start - 0.5) <= 0.05).all()
    again = explain.maximise(conv, 0, (1, 1, 2, 2), decay=0.0)
    assert (again.picture == made.picture).all()
    assert "100 steps uphill" in str(made)
    assert "50 % of their numbers are at an end" in str(made)
    assert made.map[0, 1] == 0.5
    assert made.map[1, 0] == -0.5


@pytest.mark.parametrize("method", METHODS)
def test_records_print_and_become_json(method):
    x = np.random.default_rng(0).random((1, 2, 7, 9))
    found = method(MODEL, x, 1)
    assert str(found).isascii()
    assert max(map(len, str(found).splitlines())) <= 80
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda x: explain.saliency(MODEL, x, 3), ConfigError, "target"),
        (lambda x: explain.saliency(MODEL, x, (0, 1)), ConfigError, "target must be a class"),
        (lambda x: explain.saliency(MODEL, x[[0, 0]], 0), ShapeError, r"use x\[:1\]"),
        (lambda x: explain.grad_cam(MODEL, x, 0, "linear"), ConfigError, "rows and columns"),
        (lambda x: explain.occlusion(MODEL, x, 0, size=99), ShapeError, "99"),
        (
            lambda x: explain.occlusion(MODEL, x, 0, size=2, fill=np.nan),
            ConfigError,
            "fill must be a",
        ),
        (lambda x: explain.rather_than(MODEL, 1, 1), ConfigError, "got 1 twice"),
        (lambda x: explain.rather_than(3, 1, 0), ConfigError, "must be a Layer"),
        (lambda x: explain.rather_than(MODEL, 1, 3)(x), ShapeError, "no output 3"),
        (lambda x: explain.occlusion(3, x, 0), ConfigError, "must be a Layer"),
        (lambda x: explain.occlusion(MODEL, x, 0, size=(2, 10)), ShapeError, "smaller size"),
        (lambda x: explain.grad_cam(Flatten(), x, 0), ConfigError, "no convolution"),
        (
            lambda x: explain.integrated_gradients(MODEL, x, 0, baseline=None),
            ShapeError,
            "baseline must be a finite number",
        ),
        (lambda x: explain.maximise(MODEL, 0, (2, 2, 7, 9)), ShapeError, "one picture"),
        (lambda x: explain.integrated_gradients(MODEL, x, 0, baseline="x"), ShapeError, "baseline"),
    ],
)
def test_wrong_calls(call, error, says):
    with pytest.raises(error, match=says):
        call(np.random.default_rng(0).random((1, 2, 7, 9)))
