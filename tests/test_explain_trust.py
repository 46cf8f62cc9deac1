"""Whether an explanation looks at the network; and the patches that excite a channel."""

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
    PReLU,
    ReLU,
    Residual,
    Sequential,
    Upsample,
    explain,
)
from minicnn.errors import ConfigError, ShapeError, UnsupportedError
from minicnn.explain.trust import alike

MODEL = Sequential(
    Conv2D(2, 3, 3, rng=0),
    BatchNorm2D(3),
    ReLU(),
    Residual(Conv2D(3, 3, 3, padding=1, rng=1)),
    Conv2D(3, 4, 2, stride=2, rng=2),
    Flatten(),
    Linear(4 * 2 * 3, 3, rng=3),
)
X = np.random.default_rng(0).random((1, 2, 7, 9))


def blind(model, x, target):
    """An "explanation" that draws the picture's edges, whatever the network is."""
    edges = np.abs(np.diff(x[0], axis=1)).sum(axis=0)
    return explain.Attribution("edges", "none", x[0], edges, None, (0,), 1.0)


METHODS = {
    "saliency": explain.saliency,
    "gradient x input": explain.gradient_times_input,
    "integrated gradients": lambda m, x, t: explain.integrated_gradients(m, x, t, steps=8),
    "occlusion": lambda m, x, t: explain.occlusion(m, x, t, size=2),
    "Grad-CAM": lambda m, x, t: explain.grad_cam(m, x, t, "relu"),
    "made picture": lambda m, x, t: explain.maximise(m, t, x.shape, steps=20),
    "exciting patches": lambda m, x, t: explain.exciting_patches(
        m, np.random.default_rng(1).random((30, 2, 7, 9)), "relu", t
    ),
}


@pytest.mark.parametrize("name", METHODS)
def test_each_method_looks_at_the_network(name):
    found = explain.trust(MODEL, X, 0, method=METHODS[name], times=5)
    assert found.method.startswith(name)
    assert found.passed
    text = str(found)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert "it depends on what was learnt" in text
    assert [len(stage.layers) for stage in found.stages] == [1, 2, 4, 5]
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_method_that_looks_away_is_told():
    found = explain.trust(MODEL, X, 0, method=blind)
    assert not found.passed
    assert [stage.likeness for stage in found.stages] == [(1.0, 1.0, 1.0)] * 4
    assert [stage.sizes for stage in found.stages] == [(1.0, 1.0, 1.0)] * 4
    assert "do not trust it" in str(found)


def test_a_method_whose_signs_alone_are_learnt_is_told():
    def mostly_blind(model, x, target):
        found = blind(model, x, target)
        signs = np.random.default_rng(int(abs(float(model(x).sum())) * 1e6)).choice([-1, 1], (6, 9))
        return explain.Attribution("edges", "", x[0], found.values * signs, None, (0,), 1.0)

    found = explain.trust(MODEL, X, 0, method=mostly_blind)
    assert found.passed
    assert "its signs were learnt; where it points is the picture's doing" in str(found)
    assert found.stages[-1].sizes == pytest.approx((1.0, 1.0, 1.0))


def test_only_the_last_layers_are_random():
    seen = []

    def method(model, x, target):
        seen.append(model)
        return explain.saliency(model, x, target)

    found = explain.trust(MODEL, X, 0, method=method, times=1)
    assert [s.layers for s in found.stages] == [
        ("linear",),
        ("conv2d_2", "linear"),
        ("batch_norm2d", "residual.body", "conv2d_2", "linear"),
        ("conv2d", "batch_norm2d", "residual.body", "conv2d_2", "linear"),
    ]
    changed = [
        {k for k, v in model.params.items() if not np.array_equal(v, MODEL.params[k])}
        for model in seen[1:]
    ]
    assert changed[0] == {"6.weight", "6.bias"}
    assert changed[1] == changed[0] | {"4.weight", "4.bias"}
    every = {k for k in MODEL.params if k.endswith("weight") and k != "1.weight"}  # that is ones
    assert every <= changed[3]
    assert not changed[3] & set(MODEL.statistics)
    for model in seen[1:]:
        for key, array in model.params.items():
            np.testing.assert_array_equal(np.sort(array, None), np.sort(MODEL.params[key], None))


def test_a_flat_map_is_not_trusted():
    silent = MODEL.with_params({"6.weight": np.zeros((3, 24), np.float32)})
    found = explain.trust(silent, X, 0)
    assert not found.passed
    assert "nothing to trust" in found.verdict
    dead = Sequential(Conv2D(2, 3, 3, rng=0), ReLU())
    dead = dead.with_params({"0.bias": np.array([-100.0, 100, 100])})  # shuffled, it mostly lives
    found = explain.trust(dead, X, 0, times=9)
    assert found.stages[-1].median == 0
    assert not found.passed
    assert "nothing to trust" in str(found)
    lost = explain.trust(MODEL, np.full_like(X, np.nan), 0, method=explain.gradient_times_input)
    assert not lost.passed
    assert "not every value is finite" in lost.verdict or "flat" in lost.verdict
    json.dumps(lost.to_dict(), allow_nan=False)


def told(values):
    """Return a method that says these maps one after the other, the network's own first."""
    following = iter(values)

    def method(model, x, target):
        map_ = np.asarray(next(following), float)
        return explain.Attribution("told", "", x[0], map_, None, (0,), 1.0)

    return method


SINGLE = Sequential(Conv2D(2, 1, (7, 9), rng=0))
OWN = np.arange(63.0).reshape(7, 9)


def test_what_is_drawn_is_the_shuffle_of_the_middle_likeness():
    others = [np.random.default_rng(seed).standard_normal((7, 9)) for seed in range(3)]
    (stage,) = explain.trust(SINGLE, X, 0, method=told([OWN, *others])).stages
    one = int(np.argsort(stage.likeness)[1])
    assert one != 0  # the first would do by chance
    assert (stage.example.map == others[one]).all()
    assert stage.median == np.median(stage.likeness) == alike(OWN, others[one])
    assert stage.sizes[stage.middle] == alike(OWN, np.abs(others[one]))
    assert stage.median_of_sizes == np.median(stage.sizes)


@pytest.mark.parametrize(
    ("others", "says", "row"),
    [
        ([0 * OWN] * 3, "no test: 3 of 3 shuffled networks' maps are all 0", "none   none  3 of 3"),
        ([0 * OWN, OWN**2, 0 * OWN], "no test: 2 of 3 shuffled networks' maps are all 0", "2 of 3"),
        ([0 * OWN, 0 * OWN + 1], "no test: 2 of 2 shuffled networks' maps are flat", "2 of 2 flat"),
        ([0 * OWN + 2], "no test: the shuffled network's map is all 2", "1 of 1 all 2"),
    ],
)
def test_flat_maps_of_shuffled_networks_are_no_test(others, says, row):
    found = explain.trust(SINGLE, X, 0, method=told([OWN, *others]), times=len(others))
    assert not found.passed
    assert found.verdict == found.to_dict()["verdict"] == says
    assert f"  {says}\n" in str(found)
    assert row in str(found)
    assert max(map(len, str(found).splitlines())) <= 80


def test_a_flat_map_does_not_count_beside_others():
    order = np.random.default_rng(0).permutation(63).reshape(7, 9)
    found = explain.trust(SINGLE, X, 0, method=told([OWN, 0 * OWN, order, OWN**2]))
    (stage,) = found.stages
    assert found.to_dict()["stages"][0]["flat"] == [0.0, None, None]
    assert stage.middle == found.to_dict()["stages"][0]["middle"] == 2  # the harder one
    assert stage.median == pytest.approx(1)
    assert not found.passed
    assert "1 of 3 all 0" in str(found)
    assert "the middle one of 3 shuffles, but for flat maps" in str(found)
    lost = explain.trust(SINGLE, X, 0, method=told([OWN, order, np.nan * OWN, order]))
    assert np.isnan(lost.stages[0].median)
    assert not lost.passed


def test_grad_cam_of_a_shuffled_network_that_is_dead_is_no_pass():
    dying = Sequential(Conv2D(2, 1, 3, rng=0), ReLU(), Flatten(), Linear(5 * 7, 2, rng=0))
    for_0, kernel = np.repeat([[1.0], [-1.0]], 35, axis=1), np.random.default_rng(0).random(18)
    dying = dying.with_params({"0.weight": kernel.reshape(1, 2, 3, 3), "3.weight": for_0})
    shuffled = [
        explain.trust(dying, X, 0, method=METHODS["Grad-CAM"], times=1, rng=rng) for rng in range(8)
    ]
    dead = [found for found in shuffled if found.stages[-1].flats]  # more speaks against it
    assert 0 < len(dead) < 8
    for found in dead:
        assert not found.is_flat
        assert not found.passed
        assert found.verdict == "no test: the shuffled network's map is all 0"


@given(seed=st.integers(0, 99), shape=st.tuples(st.integers(2, 9), st.integers(2, 9)))
def test_alike(seed, shape):
    rng = np.random.default_rng(seed)
    a, b = rng.standard_normal((2, *shape))
    assert alike(a, a) == pytest.approx(1)
    assert alike(a, -3 * a) == pytest.approx(1)
    assert alike(a, np.exp(a)) == pytest.approx(1)  # the order is the same
    assert alike(a, b) == pytest.approx(alike(b, a))
    assert alike(a, np.zeros(shape)) == 0
    assert alike(np.zeros(shape), a) == 0
    assert alike(np.ones(shape), np.zeros(shape)) == 1
    assert np.isnan(alike(a, np.full(shape, np.nan)))


@given(seed=st.integers(0, 99), ties=st.booleans())
def test_alike_is_spearmans(seed, ties):
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(seed)
    a, b = rng.integers(-3, 4, (2, 5, 6)) if ties else rng.standard_normal((2, 5, 6))
    signed = stats.spearmanr(a, b, axis=None).statistic
    sizes = stats.spearmanr(np.abs(a), np.abs(b), axis=None).statistic
    assert alike(a, b) == pytest.approx(abs(signed))
    assert alike(np.abs(a), np.abs(b)) == pytest.approx(abs(sizes))


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
    assert found.peaks.tolist() == [m.max() for m in maps]
    assert len(str(found).splitlines()) == 5


@given(case=networks(), data=st.data())
def test_a_patch_is_all_that_its_value_sees(case, data):
    """What is around the patch may be anything: the value stays."""
    model, shape = case
    x = data.draw(arrays((3, *shape[1:]), np.float64, whole=False))
    steps = [s for s in model.trace(x) if s.output.ndim == 4]
    step = data.draw(st.sampled_from(steps)) if steps else None
    if step is None:
        return
    channel = data.draw(st.integers(0, step.output.shape[1] - 1))
    try:
        best = explain.exciting_patches(model, x, step.name, channel, count=1)[0]
    except UnsupportedError:  # it sees no regular patch, or nothing but padding
        return
    assert best.value == pytest.approx(step.output[best.picture, channel, best.row, best.column])
    around = np.random.default_rng(1).standard_normal((1, *shape[1:]))
    (top, bottom), (left, right) = best.rows, best.columns
    around[0, :, top : bottom + 1, left : right + 1] = best.pixels
    if any(type(s.layer).__name__ == "Pad" and s.layer.mode != "zeros" for s in model.trace(x)):
        return  # a mirror at the border shows other pixels
    again = model.trace(around)[step.name].output[0, channel, best.row, best.column]
    assert again == pytest.approx(best.value, rel=1e-9, abs=1e-9)


def test_a_silent_channel_says_so():
    dead = Sequential(Conv2D.from_kernels(-np.ones((2, 2))), ReLU())
    found = explain.exciting_patches(dead, np.ones((3, 1, 4, 4)), "relu", 0)
    assert found.is_silent
    assert "these say nothing" in str(found)
    assert not explain.trust(
        dead.with_params({"0.weight": np.array([[[[-1.0, -2], [-3, -4]]]])}),
        np.ones((3, 1, 4, 4)),
        0,
        method=lambda m, x, t: explain.exciting_patches(m, x, "relu", t),
    ).passed


def test_padding_alone_and_nan_excite_nobody():
    data = np.zeros((2, 1, 3, 3))
    data[1] = np.nan
    lonely = Conv2D(1, 1, 1, padding=1, rng=0)  # the border sees padding only, and its bias wins
    lonely.weight[...], lonely.bias[...] = 0, 1
    best, *others = explain.exciting_patches(lonely, data, 0, 0)
    assert (best.picture, best.row, best.column) == (0, 1, 1)
    assert best.pixels.shape == (1, 1, 1)
    assert not others


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: explain.trust(ReLU(), X, 0), ConfigError, "has none"),
        (lambda: explain.trust(3, X, 0), ConfigError, "must be a Layer"),
        (lambda: explain.trust(PReLU(), X, (0, 0, 0)), ConfigError, "changes nothing"),
        (lambda: explain.trust(MODEL, X, 0, method=3), ConfigError, "must be a function"),
        (lambda: explain.trust(MODEL, X, 0, method=lambda *_: 3), ConfigError, "must return"),
        (lambda: explain.exciting_patches(MODEL, X, "conv2d", 9), ConfigError, "channel"),
        (lambda: explain.exciting_patches(MODEL, X, "linear", 0), ConfigError, "rows and columns"),
        (lambda: explain.exciting_patches(MODEL, X, "x", 0), ConfigError, "no step 'x'"),
        (lambda: explain.exciting_patches(MODEL, X[:0], 0, 0), ShapeError, "no picture"),
        (lambda: explain.exciting_patches(3, X, 0, 0), ConfigError, "must be a Layer"),
        (
            lambda: explain.exciting_patches(Sequential(Upsample(2), MaxPool2D(2)), X, 0, 0),
            UnsupportedError,
            "no regular patch",
        ),
    ],
)
def test_wrong_calls(call, error, says):
    with pytest.raises(error, match=says):
        call()
