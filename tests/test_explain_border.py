"""Border truth: masks against NaN in the padding, shares against a network of averages."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import MODES, networks

from minicnn import (
    AvgPool2D,
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    GroupNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    MaxPool2D,
    Pad,
    Parallel,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    explain,
    images,
    pad2d,
)
from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.layers import Add


@given(case=networks())
def test_what_has_seen_padding_is_what_nan_in_the_padding_reaches(case):
    model, shape = case
    truth = explain.border_truth(model, shape)
    assert truth.poke().agrees, f"{model}\n{truth}\n{truth.poke()}"


@given(case=networks())
def test_shares_are_what_a_network_of_averages_makes_of_ones_within_zeros(case):
    """All weights made to averages, all padding to zeros, no bias: ones in, 1 - share out.

    Sums are averaged too, and nothing is done to single values.
    """
    model, shape = case
    averages = averaged(model)
    truth = explain.border_truth(model, shape)
    outputs = {-1: np.ones((1, *shape[1:]))}
    for position, node in enumerate(averages.plan()):
        inputs = [outputs[s] for s in node.sources]
        y = node.layer(*inputs)
        if isinstance(node.layer, Add):
            y = y / len(inputs)
        if isinstance(node.layer, ConvTranspose2D):
            whole = node.layer(np.ones_like(inputs[0]))
            y = np.where(whole > 0, y / np.where(whole > 0, whole, 1), 1)
        outputs[position] = y
        np.testing.assert_allclose(truth[position].share.ravel(), 1 - y.ravel(), atol=1e-12)


def averaged(layer):
    """Return a model like this one that averages, with zeros around."""
    if isinstance(layer, Conv2D | ConvTranspose2D | Linear):
        size = np.abs(layer.weight.astype(np.float64))
        if not isinstance(layer, ConvTranspose2D):
            size /= size.sum(axis=tuple(range(1, size.ndim)), keepdims=True)
        new = copy.copy(layer)
        new.weight, new.bias = size, None
        return new
    if isinstance(layer, MaxPool2D):
        window = layer.kernel_size, layer.stride, layer.padding
        return AvgPool2D(*window, ceil_mode=layer.ceil_mode, count_include_pad=False)
    if isinstance(layer, Pad):
        return Pad(layer.padding)
    if isinstance(layer, Residual):
        past = None if layer.shortcut is None else averaged(layer.shortcut)
        return Residual(averaged(layer.body), past)
    if isinstance(layer, Parallel):
        return Parallel(*(averaged(one) for _, one in layer.branches), merge=layer.merge)
    if isinstance(layer, Sequential):
        return Sequential(*map(averaged, layer))
    measures = Sigmoid | Tanh | Softmax | BatchNorm2D | GroupNorm | LayerNorm | LocalResponseNorm
    return ReLU() if isinstance(layer, measures) else layer


@given(case=networks())
def test_only_what_has_seen_padding_has_a_share_of_it(case):
    model, shape = case
    for step in explain.border_truth(model, shape).steps:
        assert (step.share[~step.mask] == 0).all()
        assert ((step.share >= 0) & (step.share <= 1)).all()
        assert step.weight <= step.fraction + 1e-12


@pytest.mark.parametrize("mode", MODES)
def test_a_known_border(mode):
    model = Sequential(Pad(1, mode=mode), Conv2D.from_kernels("box_3"), ReLU())
    truth = explain.border_truth(model, (1, 1, 4, 6))
    expected = np.ones((4, 6), bool)
    expected[1:-1, 1:-1] = False
    assert (truth["relu"].mask[0] == expected).all()
    assert truth["relu"].fraction == 16 / 24
    assert truth["relu"].untouched == (slice(1, 3), slice(1, 5))
    np.testing.assert_allclose(truth["relu"].share[0, 0], [5 / 9, *[3 / 9] * 4, 5 / 9])
    assert str(truth).startswith("67 % of relu has seen padding: 16 of 24 values\n")
    assert "padding is 26 % of the weight" in str(truth)


def test_a_weight_of_zero_sees_but_weighs_nothing():
    middle = Sequential(Conv2D.from_kernels([[0, 1, 0]], padding=(0, 1)))
    step = explain.border_truth(middle, (1, 1, 2, 5))["conv2d"]
    assert step.mask[0].tolist() == [[True, False, False, False, True]] * 2
    assert (step.share == 0).all()
    middle[0].weight[...] = 0
    assert (explain.border_truth(middle, (1, 1, 2, 5))[0].share == 0).all()


def test_without_padding_nothing_is_seen():
    truth = explain.border_truth(Sequential(Conv2D(1, 2, 3), ReLU()), (1, 1, 5, 6))
    assert [step.fraction for step in truth.steps] == [0, 0]
    assert "0 % of relu has seen padding: 0 of 24 values" in str(truth)
    everywhere = explain.border_truth(Sequential(Conv2D(1, 1, 5, padding=4)), (1, 1, 2, 2))
    assert everywhere[0].fraction == 1
    assert str(everywhere).endswith("nothing")


def test_groups_keep_a_border_in_its_channel():
    model = Sequential(Parallel(Conv2D(1, 1, 3, padding=1), Sequential()))
    step = explain.border_truth(model, (1, 1, 5, 6))[-1]
    assert [bool(channel.any()) for channel in step.mask] == [True, False]
    assert step.untouched == (slice(1, 4), slice(1, 5))


# --------------------------------------------------------------------------- padding modes


@given(
    mode=st.sampled_from(MODES),
    size=st.tuples(st.integers(12, 16), st.integers(12, 16)),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_a_guessed_border_is_wrong_only_where_it_is_seen(mode, size, kernel, stride, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((1, 2, *size))
    model = Sequential(Conv2D(2, 3, kernel, stride=stride, rng=seed), ReLU())
    found = explain.padding_modes(model, x)
    (top, bottom), (left, right) = found.padding
    assert (top + bottom + 1, left + right + 1) == kernel
    inner = x[:, :, top : size[0] - bottom, left : size[1] - right]
    guess = found[mode]
    np.testing.assert_array_equal(guess.picture, pad2d(inner, found.padding, mode=mode)[0])
    np.testing.assert_array_equal(guess.output, model(guess.picture[None])[0])
    np.testing.assert_allclose(guess.difference, guess.output - model(x)[0], atol=1e-12)
    assert (guess.difference[~found.seen] == 0).all()
    assert found.mean_error(mode) <= guess.worst + 1e-12


def test_the_modes_against_a_slope():
    """On an even slope, zeros invent the strongest edge, and wrapping around another."""
    found = explain.padding_modes(Conv2D.from_kernels("sobel_x"), images.gradient((12, 16)))
    errors = {guess.mode: guess.worst for guess in found.guesses}
    assert errors["replicate"] < errors["reflect"] < errors["circular"] < errors["zeros"]
    assert [guess.mode for guess in found.guesses] == list(MODES)
    assert str(found).isascii()
    assert found.to_dict()["modes"]["zeros"]["wrong"] == found["zeros"].wrong


def test_wrong_calls_say_what_is_wrong():
    x = np.zeros((1, 1, 8, 9))
    for error, words, call in [
        (ShapeError, "nothing is left", lambda: explain.padding_modes(Conv2D(1, 1, 3), x, 4)),
        (ShapeError, "one picture", lambda: explain.padding_modes(Conv2D(1, 1, 3), x[[0, 0]])),
        (DTypeError, "takes a model", lambda: explain.padding_modes("sobel_x", x)),
        (ShapeError, "can add at most", lambda: explain.padding_modes(Conv2D(1, 1, 3), x, 3)),
        (ConfigError, "mode must be", lambda: explain.padding_modes(Conv2D(1, 1, 3), x)["mirror"]),
        (ConfigError, "input_shape is missing", lambda: explain.border_truth(Conv2D(1, 1, 3))),
    ]:
        with pytest.raises(error, match=words):
            call()
