"""The ledger of every layer: against the network, its trace, its gradient, and by poking."""

import json
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import arrays, paddings_of_pools, pairs
from test_explain_ledger import check_latex, seen

from minicnn import (
    AdaptiveAvgPool2D,
    AvgPool2D,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    GlobalAvgPool2D,
    LeakyReLU,
    Linear,
    MaxPool2D,
    PReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    Upsample,
    explain,
)
from minicnn.explain.ledger_accounts import Constant, Copied, Formula, Unopened
from minicnn.explain.ledger_share import Share
from minicnn.explain.ledger_sum import WeightedSum


@st.composite
def layers(draw, kind):
    """Draw a layer of a kind, for two or four channels of at least three rows and columns."""
    if kind in (MaxPool2D, AvgPool2D):
        kernel = draw(pairs(1, 3))
        arguments = {"stride": draw(pairs(1, 3)), "padding": draw(paddings_of_pools(kernel))}
        if kind is MaxPool2D:
            dilation = tuple(1 if taps == 3 else draw(st.integers(1, 2)) for taps in kernel)
            return MaxPool2D(kernel, **arguments, dilation=dilation, ceil_mode=True)
        inside = draw(st.booleans())
        return AvgPool2D(kernel, **arguments, ceil_mode=True, count_include_pad=inside)
    if kind is ConvTranspose2D:
        groups, stride = draw(st.integers(1, 2)), draw(pairs(1, 3))
        geometry = {"stride": stride, "dilation": draw(pairs(1, 2)), "padding": draw(pairs(0, 1))}
        bias, seed = draw(st.booleans()), draw(st.integers(0, 99))
        kernel = draw(pairs(1, 4))
        return ConvTranspose2D(2, 4, kernel, **geometry, groups=groups, bias=bias, rng=seed)
    simple = {
        AdaptiveAvgPool2D: lambda: AdaptiveAvgPool2D(draw(pairs(1, 4))),
        PReLU: lambda: PReLU(draw(st.sampled_from([1, 2])), init=draw(st.sampled_from([0.3, -2]))),
        LeakyReLU: lambda: LeakyReLU(draw(st.sampled_from([0.01, -1.5]))),
        Softmax: lambda: Softmax(draw(st.sampled_from([1, 2, -1]))),
        Upsample: lambda: Upsample(draw(pairs(1, 3))),
        Flatten: lambda: Flatten(draw(st.integers(1, 2)), draw(st.integers(2, 3))),
    }
    return simple.get(kind, kind)()


KINDS = [MaxPool2D, AvgPool2D, AdaptiveAvgPool2D, GlobalAvgPool2D, ConvTranspose2D, Upsample]
KINDS += [Flatten, LeakyReLU, PReLU, Sigmoid, Tanh, Softmax]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def asked(data, model, x):
    """Draw a value of a model's last step; return its ledger, its sample and its place."""
    trace = model.trace(x)
    sample, *place = (data.draw(st.integers(0, n - 1)) for n in trace.output.shape)
    return explain.pixel(trace, None, -1, *place, sample=sample), trace, sample


def check(ledger):
    """Hold a ledger against its network, its trace and its promises of form."""
    assert ledger.check.agrees, str(ledger)
    found = ledger.account
    assert not isinstance(found, Unopened)
    before = ledger.recording.maps(ledger.origin, ledger.sample)
    assert len({one.place for one in ledger.inputs}) == len(ledger.inputs)
    for one in ledger.inputs:
        assert one.value == float(before[one.place])
    text = str(ledger)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    data = json.loads(json.dumps(ledger.to_dict(), allow_nan=False))
    assert data["check"]["agrees"] is True


@every_kind
@settings(max_examples=4)
@given(st.data())
def test_latex(kind, data):
    layer = data.draw(layers(kind))
    x = data.draw(arrays((2, 2, 4, 5), np.float32, whole=False))
    check_latex(asked(data, Sequential(layer), x)[0].to_latex())


@every_kind
@given(st.data(), st.sampled_from([np.float32, np.float64]), st.booleans())
def test_the_ledger_equals_the_network_and_names_what_matters(kind, data, dtype, whole):
    layer = data.draw(layers(kind))
    x = data.draw(arrays((2, 2, *data.draw(pairs(3, 6))), dtype, whole=whole))
    ledger, trace, sample = asked(data, Sequential(layer), x)
    check(ledger)
    involved = ledger.pixels()
    rng = np.random.default_rng(0)
    other = x + rng.standard_normal(x.shape).astype(dtype) * ~involved
    again = trace[0].layer(other)[(sample, *ledger.place[: trace.output.ndim - 1])]
    assert float(again) == ledger.value
    other[sample][involved] = np.nan
    poisoned = trace[0].layer(other)[(sample, *ledger.place[: trace.output.ndim - 1])]
    assert math.isnan(float(poisoned)) == bool(involved.any())


@every_kind
@given(st.data())
def test_a_sums_weights_are_the_layers_slopes(kind, data):
    layer = data.draw(layers(kind))
    x = data.draw(arrays((2, 2, *data.draw(pairs(3, 6))), np.float64, whole=False))
    ledger, _, sample = asked(data, Sequential(layer), x)
    y, backward = layer.vjp(x)
    dy = np.zeros_like(y)
    dy[(sample, *ledger.place[: y.ndim - 1])] = 1
    slopes = backward(dy)[0][sample]
    found = ledger.account
    if isinstance(found, WeightedSum):
        for one in ledger.inputs:
            assert one.weight == pytest.approx(seen(slopes[None], 0, one.place), rel=1e-14)
    elif isinstance(found, Copied):
        assert slopes[found.source.place] == 1
    expected = {tuple(place) for place in np.argwhere(slopes).tolist()}
    assert expected <= {tuple(one.place) for one in ledger.inputs}


@given(st.data(), st.sampled_from([np.float32, np.float64]), st.booleans())
def test_linear(data, dtype, has_bias):
    shape = data.draw(st.sampled_from([(2, 7), (2, 3, 7), (2, 3, 4, 7)]))
    x = data.draw(arrays(shape, dtype, whole=False))
    model = Sequential(Linear(7, 5, bias=has_bias, rng=0))
    ledger, _, sample = asked(data, model, x)
    check(ledger)
    found = ledger.account
    output = ledger.place[x.ndim - 2]
    np.testing.assert_array_equal(found.weights.ravel(), model[0].weight[output])
    row = x[(sample, *ledger.place[: x.ndim - 2])]
    np.testing.assert_array_equal(found.values.ravel(), row)
    assert (found.bias is None) == (not has_bias)


@given(st.data(), st.sampled_from([np.nan, np.inf, -np.inf, 1e30]), st.integers(0, 99))
def test_odd_numbers(data, odd, seed):
    kind = data.draw(st.sampled_from(KINDS))
    layer = data.draw(layers(kind))
    x = data.draw(arrays((2, 2, 4, 5), np.float32, whole=True))
    x[np.random.default_rng(seed).random(x.shape) < 0.4] = odd
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ledger, _, _ = asked(data, Sequential(layer), x)
        assert ledger.check.agrees, str(ledger)
        ledger.to_latex()
        json.dumps(ledger.to_dict(), allow_nan=False)


def classifier():
    return Sequential(
        Conv2D.from_kernels(["sobel_x", "sobel_y"]),
        LeakyReLU(),
        MaxPool2D(2),
        ConvTranspose2D(2, 3, 2, rng=0),
        Tanh(),
        AdaptiveAvgPool2D(2),
        Flatten(),
        Linear(12, 4, rng=1),
        Softmax(),
    )


@given(arrays((2, 1, 9, 8), np.float64, whole=True), st.randoms(use_true_random=False))
def test_from_a_class_down_to_a_pixel(x, random):
    trace = classifier().trace(x)
    ledger = explain.pixel(trace, None, "softmax", random.randrange(4), sample=1)
    while ledger.inputs:
        assert ledger.check.agrees
        one = random.choice(ledger.inputs)
        below = ledger.explain(*one.place)
        assert (below.place, below.value) == (one.place, one.value)
        ledger = below
    assert ledger.step == "picture"
    assert ledger.value == seen(x, 1, ledger.place)
    tree = explain.pixel(trace, None, -1, 2).trace_back()
    assert max(map(len, str(tree).splitlines())) <= 80


# --- what they say ---------------------------------------------------------------------------


def said(layer, x, *place):
    """Return a ledger's text, its lines joined."""
    text = str(explain.pixel(Sequential(layer), np.asarray(x, float), -1, *place))
    return " ".join(text.split())


PICTURE = [[[[1, 3, 2], [4, 2, 6]]]]


def test_a_maximum_says_who_won():
    text = said(MaxPool2D(2, 1), PICTURE, 0, 0, 1)
    assert "the largest of the 4 values under a 2 x 2 window" in text
    assert "picture channel 0, row 1, column 2 = 6 chosen before 3, 2, 2" in text
    tied = said(MaxPool2D(2), [[[[5, 5], [5, 1]]]], 0)
    assert "the first of 3 that are equally large" in tied
    assert "row 0, column 0 = 5" in tied
    nan = said(MaxPool2D(2), [[[[np.nan, np.nan], [9, 1]]]], 0)
    assert "a NaN under a 2 x 2 window: it wins" in nan
    assert "row 0, column 1 = nan" in nan
    assert "the only value under" in said(MaxPool2D(2, 2, 1), PICTURE, 0, 0, 0)


def test_a_mean_is_written_out():
    text = said(AvgPool2D(2), PICTURE, 0)
    assert "the mean under a 2 x 2 window: add up, divide by 4" in text
    assert "1 3 4 2 they add up to 10; 10 / 4 = 2.5" in text
    over = said(AvgPool2D(2, ceil_mode=True), PICTURE, 0, 0, 1)
    assert "divide by 2; the window hangs over" in over
    assert "2 (0) 6 (0) they add up to 8; 8 / 2 = 4" in over
    whole = said(GlobalAvgPool2D(), PICTURE, 0)
    assert "they add up to 18; 18 / 6 = 3" in whole


def test_a_number_in_a_line_has_no_row():
    model = Sequential(Flatten(), Linear(6, 2))
    model[1].weight[...] = [[1, 0, 0, 0, 0, -1], [1, 1, 1, 1, 1, 1]]
    model[1].bias[...] = 0.5
    ledger = explain.pixel(model, np.array(PICTURE, float), "linear", 0)
    assert str(ledger).startswith("linear, feature 0\n")
    assert "flatten feature 5: 6 x -1" in str(ledger)
    assert str(ledger.check) == "ledger -4.5 = network -4.5"
    below = ledger.explain(5)
    assert "flatten, feature 5" in str(below)
    assert "picture channel 0, row 1, column 2 = 6" in str(below)
    assert "-6 = -1 x 6: flatten feature 5, the same number" in str(ledger.trace_back())


def test_shares():
    ledger = explain.pixel(Sequential(Softmax()), np.log([[1.0, 5.0, 2.0]]), -1, 2)
    assert isinstance(ledger.account, Share)
    assert ledger.value == pytest.approx(0.25)
    assert [one.place.channel for one in ledger.inputs] == [2, 1, 0]
    assert "over the sum of all 3" in str(ledger)
    many = explain.pixel(Sequential(Softmax()), np.zeros((1, 40)), -1, 7)
    assert "and 32 more, with 0.8 together" in str(many)
    assert r"\dots" in many.to_latex()


def test_functions_and_strokes():
    assert "tanh(0) = 0" in said(Tanh(), [[[[0.0]]]], 0)
    assert "1 / (1 + exp(-(0))) = 0.5" in said(Sigmoid(), [[[[0.0]]]], 0)
    assert "0.1 * (-2) = -0.2" in said(LeakyReLU(0.1), [[[[-2.0]]]], 0)
    assert "the learnt slope of the channel" in said(PReLU(2), [[[[-1.0]], [[-1.0]]]], 1)
    assert "NaN stays NaN" in said(LeakyReLU(), [[[[np.nan]]]], 0)
    assert isinstance(
        explain.pixel(Sequential(LeakyReLU()), np.ones((1, 1)), -1, 0).account, Formula
    )
    strokes = ConvTranspose2D(1, 1, 2, stride=3, bias=False)
    strokes.weight[...] = [[[[1, 2], [3, 4]]]]
    assert "1 strokes of 2 x 2 kernels meet here" in said(strokes, PICTURE, 0, 1, 0)
    gap = explain.pixel(Sequential(strokes), np.array(PICTURE, float), -1, 0, 2, 0)
    assert isinstance(gap.account, Constant)
    assert "between or beyond all strokes" in str(gap)
