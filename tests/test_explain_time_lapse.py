"""How a convolution learnt: the record of it, and what it says."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import same_bits
from learnt import drawn, film_of

from minicnn import (
    BatchNorm2D,
    Conv2D,
    ConvTranspose2D,
    Flatten,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    explain,
    images,
    kernels,
    train,
)
from minicnn.errors import ConfigError, ShapeError

DISC = images.disc(12)


@given(moments=st.integers(1, 4), outputs=st.integers(1, 3), seed=st.integers(0, 9))
def test_kernels_and_maps_are_the_models_own(moments, outputs, seed):
    film = film_of(drawn(moments, outputs, seed=seed))
    for step, at in (("conv2d", 0), ("relu", 1)):
        lapse = explain.time_lapse(film, DISC, step)
        assert len(lapse) == moments
        assert (lapse.step, lapse.convolution) == (step, "conv2d")
        for moment, kept in enumerate(film):
            same_bits(lapse.kernels[moment], kept.model[0].weight)
            same_bits(lapse.maps[moment], kept.model.trace(DISC)[at].output[0])


def test_the_first_convolution_unless_told_otherwise():
    first = Sequential(MaxPool2D(2), Conv2D(1, 2, 3, rng=0), ReLU(), Conv2D(2, 3, 2, rng=1))
    film = train.Snapshots(first)
    assert explain.time_lapse(film, DISC).step == "conv2d"
    assert explain.time_lapse(film, DISC, "conv2d_2").kernels.shape == (1, 3, 2, 2, 2)
    assert explain.time_lapse(film, DISC, -1).step == "conv2d_2"


def test_a_bare_convolution_and_one_picture_of_many():
    film = train.Snapshots(Conv2D(1, 2, 3, rng=0))
    pictures = np.concatenate([DISC, 2 * DISC])
    lapse = explain.time_lapse(film, pictures, sample=1)
    same_bits(lapse.picture, 2 * DISC[0])
    same_bits(lapse.maps[0], film[0].model(2 * DISC)[0])


@pytest.mark.parametrize("step", ["relu", "batch_norm2d", "max_pool2d"])
def test_steps_that_keep_maps_apart_lead_back_to_the_kernels(step):
    model = Sequential(Conv2D(1, 4, 3, rng=0), BatchNorm2D(4), ReLU(), MaxPool2D(2))
    lapse = explain.time_lapse(train.Snapshots(model), DISC, step)
    assert (lapse.step, lapse.convolution) == (step, "conv2d")


def test_steps_that_mix_maps_do_not():
    body = Sequential(Conv2D(1, 1, 3, padding=1, rng=0), ReLU())
    model = Sequential(Residual(body), Flatten(), Linear(144, 2, rng=1))
    film = train.Snapshots(model)
    for step in ("residual.add", "linear", "flatten"):
        with pytest.raises(ConfigError, match=r"Choose one of 'residual\.body\.conv2d'"):
            explain.time_lapse(film, DISC, step)
    mixing = Sequential(Conv2D(1, 2, 3, rng=0), ConvTranspose2D(2, 2, 3, rng=1))
    with pytest.raises(ConfigError, match=r"Choose one of 'conv2d'\."):
        explain.time_lapse(train.Snapshots(mixing), DISC, -1)
    with pytest.raises(ConfigError, match="no convolution"):
        explain.time_lapse(train.Snapshots(Sequential(Flatten(), Linear(144, 2, rng=0))), DISC)


def test_how_far_each_kernel_went():
    first = np.array([[[[3.0, 4.0]]], [[[1.0, 0.0]]], [[[0.0, 0.0]]]])
    last = np.array([[[[6.0, 8.0]]], [[[0.0, 1.0]]], [[[0.0, 0.0]]]])
    lapse = explain.time_lapse(film_of([first, last]), DISC)
    np.testing.assert_allclose(lapse.sizes, [[5, 1, 0], [10, 1, 0]])
    np.testing.assert_allclose(lapse.moved, [5, 2**0.5, 0])
    np.testing.assert_allclose(lapse.alike, [1, 0, np.nan])
    assert lapse.most_moved(2) == [0, 1]


def test_before_and_after_by_x_ray():
    bank = [kernels.get(name).values[None, None] for name in ("gaussian_3x3", "sobel_x")]
    lapse = explain.time_lapse(film_of(bank), DISC)
    change = lapse.change(0)
    assert change.words == tuple(explain.xray(name).what for name in ("gaussian_3x3", "sobel_x"))
    text = str(lapse)
    assert "before  Blur" in text
    assert "after   First derivative to the right" in text


def test_of_several_channels_the_strongest_is_looked_at():
    weak, strong = 0.1 * kernels.get("gaussian_3x3").values, kernels.get("sobel_y").values
    stack = np.stack([weak, strong])[None]
    x = np.concatenate([DISC, DISC], axis=1)
    lapse = explain.time_lapse(film_of([stack, stack]), x)
    change = lapse.change(0)
    assert change.input_channel == 1
    np.testing.assert_allclose(change.after.values, strong)


def test_numbers_that_are_none_are_said_to_be():
    weights = drawn(2, 3)
    weights[1][1, 0, 0, 0] = np.nan
    lapse = explain.time_lapse(film_of(weights, losses=[np.nan]), DISC)
    assert lapse.change(1).after is None
    assert lapse.change(1).before is not None
    assert lapse.most_moved(1) == [1]  # what is amiss comes first
    assert "not finite" in str(lapse)
    json.dumps(lapse.to_dict(), allow_nan=False)


@pytest.mark.parametrize(("moments", "outputs"), [(1, 1), (2, 3), (41, 64)])
def test_the_text_fits_a_terminal(moments, outputs):
    text = str(explain.time_lapse(film_of(drawn(moments, outputs)), DISC))
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii()
    assert ("16 of 64 shown" in text) == (outputs == 64)
    assert ("those that moved most" in text) == (outputs == 64)


def test_wrong_calls():
    film = film_of(drawn(2))
    with pytest.raises(ConfigError, match=r"callbacks=\[film\]"):
        explain.time_lapse(Conv2D(1, 1, 3), DISC)
    with pytest.raises(ConfigError, match="sample must be from 0 to 0"):
        explain.time_lapse(film, DISC, sample=1)
    with pytest.raises(ShapeError):
        explain.time_lapse(film, np.ones((1, 3, 9, 9)))
    with pytest.raises(ConfigError, match="channel must be from 0 to 1"):
        explain.time_lapse(film, DISC).change(2)
