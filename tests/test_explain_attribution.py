"""Which pixels an answer rests on: each method against what it promises."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays

from minicnn import Conv2D, Flatten, Linear, ReLU, Residual, Sequential, explain
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


def test_a_picture_made_for_an_output_excites_it():
    kernel = np.array([[0.0, 1], [-1, 0]])
    made = explain.maximise(Conv2D.from_kernels(kernel), 0, (1, 1, 2, 2), decay=0.0)
    np.testing.assert_allclose(made.picture[0, 0][kernel != 0], [1, 0], atol=1e-9)
    assert made.scores[-1] == pytest.approx(1)
    assert made.scores[-1] > made.scores[0]
    again = explain.maximise(Conv2D.from_kernels(kernel), 0, (1, 1, 2, 2), decay=0.0)
    assert (again.picture == made.picture).all()
    assert "in 100 steps" in str(made)


def test_the_patches_that_excite_are_those_of_the_largest_values():
    data = np.random.default_rng(0).random((5, 1, 8, 9))
    layer = Conv2D(1, 2, 3, padding=1, rng=0)
    best, *_ = found = explain.exciting_patches(layer, data, 0, 1, count=3, batch=2)
    maps = layer(data)[:, 1]
    assert best.value == maps.max()
    assert maps[best.picture, best.row, best.column] == best.value
    (top, bottom), (left, right) = best.rows, best.columns
    assert (best.pixels == data[best.picture, :, top : bottom + 1, left : right + 1]).all()
    assert len({one.picture for one in found}) == 3
    assert [one.value for one in found] == sorted((m.max() for m in maps), reverse=True)[:3]


def test_trust_tells_who_looks_at_the_network():
    x = np.random.default_rng(0).random((1, 2, 7, 9))
    assert explain.trust(MODEL, x, 0).passed

    def edges(model, x, target):
        found = explain.saliency(model, x, target)
        return explain.Attribution(
            "edges", "none", x[0], np.abs(np.diff(x[0], axis=1)), None, (0,), found.score
        )

    blind = explain.trust(MODEL, x, 0, method=edges)
    assert not blind.passed
    assert blind.correlations == (1.0, 1.0, 1.0)
    assert "do not trust it" in str(blind)


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
        (lambda x: explain.occlusion(MODEL, x, 0, fill=np.nan), ConfigError, "finite"),
        (lambda x: explain.trust(ReLU(), x, 0), ConfigError, "has none"),
        (lambda x: explain.maximise(MODEL, 0, (2, 2, 7, 9)), ShapeError, "one picture"),
        (lambda x: explain.integrated_gradients(MODEL, x, 0, baseline="x"), ShapeError, "baseline"),
        (lambda x: explain.exciting_patches(MODEL, x, "conv2d", 9), ConfigError, "channel"),
    ],
)
def test_wrong_calls(call, error, says):
    with pytest.raises(error, match=says):
        call(np.random.default_rng(0).random((1, 2, 7, 9)))
