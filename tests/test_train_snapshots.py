"""What a callback keeps of a run of learning."""

import numpy as np
import pytest
from laws import same_bits

from minicnn import Conv2D, Flatten, Linear, ReLU, Sequential, train
from minicnn.errors import ConfigError


def model():
    return Sequential(Conv2D(1, 2, 3, rng=0), ReLU(), Flatten(), Linear(2 * 6 * 6, 3, rng=1))


def data(n=24):
    rng = np.random.default_rng(0)
    return rng.random((n, 1, 8, 8), np.float32), rng.integers(0, 3, n)


def test_a_moment_before_and_one_after_every_epoch():
    first, film = model(), None
    film = train.Snapshots(first)
    run = train.fit(first, data(), epochs=3, rng=0, callbacks=[film])
    assert film.epochs == (0, 1, 2, 3)
    assert [moment.record for moment in film] == [None, *run.history]
    for name, array in first.params.items():
        same_bits(film[0].model.params[name], array)
        same_bits(film[-1].model.params[name], run.model.params[name])
    assert repr(film) == "<Snapshots of 4 moments: epochs 0 to 3>"


def test_it_changes_nothing_of_the_run():
    plain = train.fit(model(), data(), epochs=2, rng=0)
    watched = train.fit(model(), data(), epochs=2, rng=0, callbacks=[train.Snapshots(model())])
    for name, array in plain.model.params.items():
        same_bits(watched.model.params[name], array)


def test_each_is_what_a_shorter_run_ends_with():
    first = model()
    film = train.Snapshots(first)
    train.fit(first, data(), epochs=3, rng=0, callbacks=[film])
    for epochs in (1, 2):
        shorter = train.fit(first, data(), epochs=epochs, rng=0).model
        for name, array in shorter.params.items():
            same_bits(film[epochs].model.params[name], array)


def test_what_happens_later_changes_none():
    first = model()
    film = train.Snapshots(first)
    run = train.fit(first, data(), epochs=1, rng=0, callbacks=[film])
    before = [moment.model["conv2d"].weight.copy() for moment in film]
    first["conv2d"].weight[:] = 7
    run.model["conv2d"].weight[:] = 8
    for moment, weight in zip(film, before, strict=True):
        same_bits(moment.model["conv2d"].weight, weight)


def test_every_second_epoch():
    first = model()
    film = train.Snapshots(first, every=2)
    train.fit(first, data(), epochs=5, rng=0, callbacks=[film])
    assert film.epochs == (0, 2, 4)


def test_a_run_that_goes_on_keeps_its_own_epochs(tmp_path):
    first, path = model(), tmp_path / "run.npz"
    train.fit(first, data(), epochs=2, rng=0, checkpoint=path)
    film = train.Snapshots(first)
    train.fit(first, data(), epochs=4, rng=0, checkpoint=path, resume=True, callbacks=[film])
    assert film.epochs == (0, 3, 4)


def test_what_is_said_of_a_moment():
    first = model()
    film = train.Snapshots(first)
    train.fit(first, data(), epochs=1, rng=0, validation=data(6), callbacks=[film])
    assert film[0].text == "epoch 0: before it learnt"
    told = film[1].record
    assert film[1].text == (
        f"epoch 1: validation loss {told.validation_loss:.4f}, "
        f"accuracy {told.validation_accuracy:.3f}"
    )
    film(train.Epoch(2, 0.25, None, None, None, 0.1, 1.0), first)
    assert film[2].text == "epoch 2: loss 0.2500"


def test_wrong_calls():
    with pytest.raises(ConfigError, match="the model that fit is given"):
        train.Snapshots(3)
    with pytest.raises(ConfigError, match="every"):
        train.Snapshots(model(), every=0)
    assert repr(train.Snapshots(model())) == "<Snapshots of 1 moment: before it learnt>"
