"""Networks by name, and what it takes to use one that was taught."""

import json

import numpy as np
import pytest
from laws import same_bits

from minicnn import images, weights
from minicnn.classifier import Classifier
from minicnn.errors import ConfigError, MiniCNNError, ShapeError, UnsupportedError, WeightsError
from minicnn.models import MODELS, lenet5, small

X = np.random.default_rng(0).random((3, 1, 30, 40))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("size", [(12, 17), (32, 24)])
@pytest.mark.parametrize("channels", [1, 3])
def test_networks_take_pictures_of_any_size(name, size, channels):
    model = MODELS[name](channels, size, 4, rng=1)
    x = np.random.default_rng(0).random((2, channels, *size), np.float32)
    assert model(x).shape == (2, 4) == model.output_shape(x.shape)
    same_bits(MODELS[name](channels, size, 4, rng=1)(x), model(x))
    assert (MODELS[name](channels, size, 4, rng=2)(x) != model(x)).any()


def test_the_number_of_parameters_is_what_the_docs_say():
    counts = {name: build().summary((1, 1, n, n)).parameters for name, build, n in (
        ("lenet5", lenet5, 28), ("small", small, 8), ("medium", MODELS["medium"], 24))}  # fmt: skip
    assert counts == {"lenet5": 61_706, "small": 1_898, "medium": 7_461}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: lenet5(size=11), ShapeError, "11 x 11 pixels are too small.*12 x 12"),
        (lambda: small(size=(9, 3)), ShapeError, "9 x 3 pixels are too small.*4 x 4"),
        (lambda: small(channels=0), ConfigError, "channels must be"),
        (lambda: small(classes=0), ConfigError, "out_features must be"),
        (lambda: small(size="8"), ConfigError, "size must be"),
        (lambda: Classifier.new("resnet", 1, 8, "ab"), ConfigError, "name must be one of 'lenet5'"),
        (lambda: Classifier.new("small", 2, 8, "ab"), ConfigError, "1 .grey. or 3 .colour., got 2"),
        (lambda: Classifier.new("small", 1, 8, ["a"]), ConfigError, "two texts or more"),
        (lambda: Classifier.new("small", 1, 8, [1, 2]), ConfigError, "two texts or more"),
    ],
)
def test_wrong_calls(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("channels", [1, 3])
def test_it_brings_pictures_to_its_size(channels):
    reader = Classifier.new("small", channels, (9, 12), "abcd", rng=0)
    shares = reader(X)
    assert shares.shape == (3, 4)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    seen = np.repeat(images.resize(X, (9, 12)), channels, axis=1)
    assert (shares.argmax(axis=1) == reader.model(seen).argmax(axis=1)).all()
    for row, ranked in zip(shares, reader.ranked(X), strict=True):
        assert [share for _, share in ranked] == sorted(row.tolist(), reverse=True)
        assert dict(ranked) == pytest.approx(dict(zip("abcd", row, strict=True)))


def test_there_and_back(tmp_path):
    reader = Classifier.new("small", 1, (9, 12), ("\u00fcber", "b", "c"), rng=0)
    path = reader.save(tmp_path / "taught.npz")
    again = Classifier.load(path)
    assert (again.name, again.channels, again.size, again.classes) == (
        *("small", 1, (9, 12)),
        ("\u00fcber", "b", "c"),
    )
    same_bits(again(X), reader(X))
    same_bits(weights.load(small(1, (9, 12), 3), path)(images.resize(X, (9, 12))),
              reader.model(images.resize(X, (9, 12))))  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"network": "resnet"},
        {"network": "medium"},
        {"channels": "3"},
        {"channels": "one"},
        {"size": "8"},
        {"size": "8x12"},
        {"size": "8x8x8"},
        {"size": "100000x100000"},
        {"size": "-8x8"},
        {"size": "8x" + "9" * 5000},
        {"classes": '["a", "b", "c"]'},
        {"classes": '"ab'},
        {"classes": "3"},
        {"classes": "[1, 2]"},
        {"classes": json.dumps(["a"] * 100_000)},
        {"classes": "[" * 100_000},
    ],
)
def test_a_file_that_says_what_cannot_be(tmp_path, change):
    path = tmp_path / "taught.npz"
    Classifier.new("small", 1, (8, 8), "ab", rng=0).save(path)
    about = weights.about(path) | change
    weights.save(weights.read(path), path, about=about, force=True)
    with pytest.raises(WeightsError):
        Classifier.load(path)
    for key in weights.about(path):
        less = {k: v for k, v in about.items() if k != key} | {"other": ""}
        weights.save(weights.read(path), path, about=less, force=True)
        with pytest.raises(WeightsError):
            Classifier.load(path)


def test_a_file_that_says_nothing(tmp_path):
    path = weights.save(small(rng=0), tmp_path / "plain.npz")
    with pytest.raises(WeightsError, match=r"(?s)does not say which network.*weights\.load"):
        Classifier.load(path)
    with pytest.raises(FileNotFoundError):
        Classifier.load(tmp_path / "none.npz")
    with pytest.raises(UnsupportedError):
        Classifier.load(tmp_path / "model.pt")


def test_colour_is_not_made_grey_in_silence():
    reader = Classifier.new("small", 1, 8, "ab", rng=0)
    with pytest.raises(MiniCNNError, match="channels"):
        reader(np.ones((1, 3, 8, 8)))
