"""The loop: it learns, it repeats, it stops for a reason, and it can be interrupted."""

import json
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import Untouched, same_bits
from learners import DATA, OTHER, Flat, Noisy, bars, net, same_training, without_times

from minicnn import (
    BatchNorm2D,
    Conv2D,
    Flatten,
    GlobalAvgPool2D,
    Layer,
    Linear,
    ReLU,
    Sequential,
    train,
)
from minicnn.errors import (
    ConfigError,
    DTypeError,
    OutputError,
    ShapeError,
    UnsupportedError,
)
from minicnn.train import SGD, Adam, AdamW, Cosine, Dataset, Steps, WarmUp, fit

# --- it learns -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "optimizer", [SGD(0.3, momentum=0.9), Adam(0.02), AdamW(0.02)], ids=lambda o: type(o).__name__
)
def test_it_learns_something_small_in_seconds(optimizer):
    x = np.tile(DATA.x, (4, 1, 1, 1))
    run = fit(net(), (x, np.tile(DATA.targets, 4)), epochs=12, optimizer=optimizer, rng=0)
    assert run.stopped == "finished"
    assert run.history[-1].loss < 0.35 * run.history[0].loss
    score = train.evaluate(run.model, OTHER)
    assert score.accuracy >= 0.9
    assert train.accuracy(train.predict(run.model, OTHER.x), OTHER.targets) == score.accuracy


def test_a_kernel_is_found_again():
    x = np.random.default_rng(0).random((32, 2, 6, 7)) - 0.5
    goal = Conv2D(2, 3, (3, 2), rng=5)
    run = fit(
        *(Conv2D(2, 3, (3, 2), rng=6), (x, goal(x))),
        **{"loss": train.mean_squared_error, "optimizer": Adam(0.05), "schedule": Cosine()},
        **{"epochs": 150, "rng": 0},
    )
    assert run.history[0].accuracy is None
    np.testing.assert_allclose(run.model.weight, goal.weight, atol=0.02)


def test_one_epoch_is_its_steps_by_hand():
    optimizer, schedule = SGD(0.1, momentum=0.5, weight_decay=0.01), WarmUp(0.5, then=Steps(0.25))
    run = fit(net(Noisy()), DATA, epochs=1, batch_size=20, rng=9, optimizer=optimizer,
              schedule=schedule)  # fmt: skip
    model, memory, losses = net(Noisy()), None, 0.0
    rng = np.random.default_rng([9, 0])
    order = rng.permutation(48)
    for number, batch in enumerate((order[:20], order[20:40], order[40:])):
        value, _, slopes = train.gradients(model, DATA.x[batch], DATA.targets[batch], rng=rng)
        losses += value * len(batch)
        factor = schedule(number / 3, 1)
        model, memory = train.apply(model, slopes, optimizer, memory, factor=factor)
    for key, array in run.model.params.items():
        same_bits(np.asarray(array), np.asarray(model.params[key]))
    assert run.model.params["1.seen"] == 3
    assert run.history[0].loss == losses / 48
    assert run.history[0].learning_rate == pytest.approx(0.1 * schedule(2 / 3, 1))
    assert "1.seen" not in run.memory.averages["velocity"]


def test_a_gradient_is_that_of_the_model_as_it_learns():
    model = net(Noisy(5.0))
    value, outputs, slopes = train.gradients(model, DATA.x, DATA.targets, rng=7)
    learner = model.for_training(np.random.default_rng(7))
    y, backward = learner.vjp(DATA.x)
    same_bits(outputs, y)
    assert value == train.cross_entropy(y, DATA.targets)[0]
    assert value != train.evaluate(model, DATA).loss
    _, by_hand = backward(train.cross_entropy(y, DATA.targets)[1])
    for key, slope in slopes.items():
        same_bits(np.asarray(slope), np.asarray(by_hand[key]))


def test_the_model_and_the_data_are_not_touched():
    model = net(Noisy())
    with Untouched(DATA.x, DATA.targets, *model.params.values()):
        before = repr(model)
        run = fit(model, DATA, epochs=1, rng=0)
        assert repr(model) == before
    assert run.model is not model
    assert run.best is run.model


def test_the_scores_are_those_of_the_models():
    seen = []
    run = fit(
        *(net(), DATA),
        **{"epochs": 4, "validation": OTHER, "rng": 3, "optimizer": Adam(0.1)},
        callbacks=[lambda epoch, model: seen.append((epoch, model))],
    )
    assert tuple(epoch for epoch, _ in seen) == run.history
    for epoch, model in seen:
        score = train.evaluate(model, OTHER)
        assert (score.loss, score.accuracy) == (epoch.validation_loss, epoch.validation_accuracy)
    lowest = min(run.history, key=lambda epoch: epoch.validation_loss)
    assert run.best_epoch == lowest.number
    assert run.best is seen[lowest.number - 1][1]
    assert run.model is seen[-1][1]


@given(st.integers(1, 600), st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_scores_do_not_depend_on_how_many_are_looked_at_once(count, seed):
    data = bars(count, rng=seed, size=(6, 8))
    score, outputs = train.evaluate(net(), data), train.predict(net(), data.x)
    same_bits(outputs, net()(data.x))
    value, _ = train.cross_entropy(outputs, data.targets)
    assert score.loss == pytest.approx(value, rel=1e-5)
    assert score.accuracy == train.accuracy(outputs, data.targets)


# --- it repeats ----------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits():
    def run(rng):
        return fit(net(Noisy()), DATA, epochs=2, validation=OTHER, rng=rng)

    one = run(4)
    same_training(one, run(4))
    other = run(5)
    assert without_times(one) != without_times(other)
    unseeded = run(None)
    same_training(unseeded, run(unseeded.seed))
    assert unseeded.seed != run(None).seed
    same_training(run(np.random.default_rng(1)), run(np.random.default_rng(1)))


def test_threads_and_layouts_do_not_matter():
    x = np.asfortranarray(DATA.x)
    one = fit(net(), DATA, epochs=1, rng=0)
    from minicnn.ops import threads

    try:
        threads.set_threads(1)
        same_training(one, fit(net(), (x, DATA.targets.astype(np.uint8)), epochs=1, rng=0))
    finally:
        threads.set_threads(None)


def test_every_example_has_its_turn_once_an_epoch():
    seen = []

    class Watch(Flat):
        def vjp(self, x):
            seen.append(x[:, 0, 0, 0])
            y, backward = super().vjp(x)
            return y, backward

    class Keep(Conv2D):
        def vjp(self, x):
            seen.append(x[:, 0, 0, 0].copy())
            return super().vjp(x)

    x = np.arange(10, dtype=np.float64).reshape(10, 1, 1, 1)
    fit(Sequential(Keep(1, 2, 1), Flat()), (x, np.zeros(10, int)), epochs=2, batch_size=4, rng=0)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 2
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert sorted(first) == sorted(second) == list(range(10))
    assert first.tolist() not in (second.tolist(), sorted(first))


# --- it stops for a reason -----------------------------------------------------------------


def test_early_stop():
    hopeless = Dataset(DATA.x[:30], np.random.default_rng(0).integers(0, 3, 30))
    run = fit(net(), DATA, epochs=60, validation=hopeless, patience=3, rng=0, optimizer=Adam(0.05))
    assert run.stopped == "no better"
    losses = [epoch.validation_loss for epoch in run.history]
    assert len(losses) == run.best_epoch + 3
    assert min(losses) == losses[run.best_epoch - 1] < min(losses[run.best_epoch :])
    assert train.evaluate(run.best, hopeless).loss == min(losses)
    assert "not fallen for 3 epochs" in str(run)


def test_a_callback_stops():
    run = fit(net(), DATA, epochs=9, rng=0, callbacks=[lambda epoch, _: epoch.number == 2])
    assert (run.stopped, len(run.history)) == ("callback", 2)
    run = fit(net(), DATA, epochs=2, rng=0, callbacks=[lambda *_: "yes", lambda *_: 1])
    assert run.stopped == "finished"  # True, and nothing that merely counts as such


def test_a_loss_beyond_all_bounds_goes_back_to_numbers():
    x, optimizer = 3 * DATA.x, SGD(5, momentum=0.9)
    goal = (x, Conv2D(1, 2, 3, rng=9)(x))
    arguments = {"loss": train.mean_squared_error, "optimizer": optimizer, "rng": 0}
    run = fit(Conv2D(1, 2, 3, rng=0), goal, epochs=500, **arguments)
    assert run.stopped == "diverged"
    assert 0 < len(run.history) < 500
    assert all(np.isfinite(array).all() for array in run.model.params.values())
    assert "Try a smaller learning_rate than 5." in str(run)
    again = fit(Conv2D(1, 2, 3, rng=0), goal, epochs=len(run.history), **arguments)
    for key, array in again.model.params.items():
        same_bits(run.model.params[key], array)


def test_parameters_beyond_all_bounds_are_seen_at_the_epochs_end():
    class Late(SGD):
        def _step(self, p, g, before, rate, steps):
            return (p * np.inf if steps == 4 else p), {}

    run = fit(net(), DATA, epochs=9, rng=0, optimizer=Late(), batch_size=24)
    assert (run.stopped, len(run.history)) == ("diverged", 1)
    assert all(np.isfinite(array).all() for array in run.model.params.values())


@pytest.mark.parametrize("when", [1, 4, 7])
def test_an_interrupt_keeps_what_was_learnt(when):
    """At any batch: the model is that of the last whole step."""

    def loss(outputs, targets):
        steps.append(0)
        if len(steps) == when:
            raise KeyboardInterrupt
        return train.cross_entropy(outputs, targets)

    steps = []
    run = fit(net(), DATA, epochs=9, rng=0, batch_size=16, loss=loss)
    assert run.stopped == "interrupted"
    assert len(run.history) == (when - 1) // 3
    assert run.memory.steps == when - 1
    assert f"in epoch {1 + (when - 1) // 3}, after {(when - 1) % 3} of 3" in run.why


def test_an_interrupt_in_a_callback():
    def impatient(epoch, model):
        raise KeyboardInterrupt

    run = fit(net(), DATA, epochs=9, rng=0, callbacks=[impatient])
    assert (run.stopped, len(run.history)) == ("interrupted", 1)


def test_nothing_to_do():
    model = net()
    run = fit(model, DATA, epochs=0, rng=0)
    assert (run.model, run.history, run.stopped) == (model, (), "finished")
    assert str(run) == "Finished: all 0 epochs are done."
    assert "Finished: the one epoch is done." in str(fit(net(), DATA, epochs=1, rng=0))


# --- what it says --------------------------------------------------------------------------


def test_the_record_prints_itself():
    run = fit(net(), DATA, epochs=30, validation=OTHER, rng=11, optimizer=Adam(0.02))
    text = str(run)
    assert repr(run) == text
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    lines = text.splitlines()
    assert lines[0].split("  ")[0].strip() == "epoch"
    for word in ("loss", "accuracy", "val. loss", "val. accuracy", "learning rate", "time"):
        assert word in lines[0]
    assert "... 10 more ..." in lines
    assert lines[1].split()[0] == "1"
    assert "Finished: all 30 epochs are done." in lines
    assert f"seed {run.seed}." in text
    best = run.history[run.best_epoch - 1]
    assert f"Best validation loss {best.validation_loss:.4f}" in lines[-1]
    told = json.loads(json.dumps(run.to_dict()))
    assert [e["loss"] for e in told["history"]] == [e.loss for e in run.history]
    assert (told["stopped"], told["seed"]) == ("finished", 11)


def test_columns_that_say_nothing_are_left_out():
    x = np.ones((4, 1, 3, 3))
    text = str(fit(Conv2D(1, 1, 3), (x, np.ones((4, 1, 1, 1))), epochs=1,
                   loss=train.mean_squared_error))  # fmt: skip
    assert "accuracy" not in text
    assert "val" not in text


def test_a_progress_line_on_a_terminal_only(monkeypatch, capsys):
    from minicnn.train import progress

    monkeypatch.setattr(progress, "EVERY", 0)
    fit(net(), DATA, epochs=2, validation=OTHER, rng=0)
    assert capsys.readouterr() == ("", "")
    fit(net(), DATA, epochs=2, rng=0, progress=False)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(progress, "is_terminal", lambda stream: stream is sys.stderr)
    fit(net(), DATA, epochs=2, validation=OTHER, rng=0)
    out, err = capsys.readouterr()
    assert out == ""
    shown = [part.removesuffix("\x1b[K") for part in err.replace("\n", "").split("\r")[1:]]
    assert all(len(text) <= 78 for text in shown)
    assert shown[0].startswith("epoch 1/2, batch 1/2: loss ")
    assert ", accuracy " in shown[0]
    assert shown[0].endswith(" s left")
    kept = [line.split("\r")[-1] for line in err.split("\n")[:-1]]
    assert len(kept) == 2
    assert kept[1].startswith("epoch 2: loss ")
    assert "validation" in kept[1]


def test_a_terminal_that_goes_away_is_no_reason_to_stop(monkeypatch):
    class Gone:
        encoding = "ascii"

        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    assert fit(net(), DATA, epochs=1, progress=True).stopped == "finished"


# --- wrong calls ---------------------------------------------------------------------------


def sick(odd):
    """Return the examples with one number of the fourth changed."""
    x = DATA.x.copy()
    x[3, 0, 1, 2] = odd
    return x, DATA.targets


def normed():
    """Return a model that cannot learn from one example alone: a norm of single values."""
    return Sequential(GlobalAvgPool2D(), BatchNorm2D(1), Flatten(), Linear(1, 3, rng=0))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "net"}, ConfigError, "fit takes a model, got 'net'"),
        ({"model": Sequential(ReLU(), Flat())}, ConfigError, "nothing to learn"),
        ({"model": net()[:-1]}, ShapeError, r"(?s)gives \('N', 3, 5, 4\).*Flatten"),
        (
            {"model": net(classes=2)},
            ConfigError,
            "from 0 to 1, the model's 2 outputs; label 2 is 2",
        ),
        ({"model": Conv2D(3, 1, 2)}, ShapeError, "channels"),
        ({"data": 3}, ConfigError, "data must be a Dataset, or a pair of arrays"),
        ({"data": DATA.x}, ConfigError, "data must be a Dataset"),
        ({"data": DATA.take(slice(0))}, ConfigError, "holds no examples"),
        ({"data": (DATA.x, DATA.targets[:5])}, ShapeError, "as many targets as inputs"),
        ({"data": (DATA.x, list(DATA.targets))}, DTypeError, "targets must be a NumPy array"),
        ({"data": (DATA.x, DATA.targets / 2)}, DTypeError, "labels must be an array of integers"),
        ({"data": sick(np.nan)}, ConfigError, "data: the inputs hold NaN .* in example 3"),
        ({"data": sick(-np.inf)}, ConfigError, "data: the inputs hold NaN or infinite"),
        (
            {"data": (DATA.x, np.full((48, 3), np.nan)), "loss": train.mean_squared_error},
            ConfigError,
            "data: the targets hold NaN",
        ),
        ({"validation": sick(np.inf)}, ConfigError, "validation: the inputs hold NaN"),
        (
            {"model": normed(), "batch_size": len(DATA) - 1, "epochs": 0},  # before any step
            ShapeError,
            r"(?s)one value alone has no variance.*batch_norm2d",
        ),
        ({"validation": 3}, ConfigError, "validation must be a Dataset"),
        ({"validation": (DATA.x, DATA.targets + 1)}, ConfigError, "validation: labels must be"),
        ({"epochs": -1}, ConfigError, "epochs must be an integer"),
        ({"epochs": 1.5}, ConfigError, "epochs must be an integer"),
        ({"batch_size": 0}, ConfigError, "batch_size must be an integer of at least 1"),
        ({"loss": "mse"}, ConfigError, "loss must be a function, got 'mse'"),
        *(
            ({"loss": lambda outputs, targets, said=said: said}, ConfigError, message)
            for said, message in (
                (None, r"must return \(value, gradient\), got None"),
                (0.5, r"must return \(value, gradient\), got 0.5.*return value, gradient"),
                ((0.5, DATA.x, 1), r"must return \(value, gradient\)"),
                ((None, DATA.x), "value of the loss <lambda> must be one number, got None"),
                ((1j, DATA.x), "value of the loss <lambda> must be one number"),
                ((np.complex64(1), DATA.x), "value of the loss <lambda> must be one number"),
                ((np.ones(3), DATA.x), "value of the loss <lambda> must be one number"),
                ((0.5, None), "gradient of the loss <lambda> must be an array, got None"),
            )
        ),
        (
            {"loss": lambda outputs, targets: (0.5, outputs[:, :1])},
            ShapeError,
            "gradient of the loss <lambda> has the shape .* outputs have",
        ),
        *(
            ({"schedule": lambda epoch, epochs, said=said: said}, ConfigError, message)
            for said, message in (
                (None, r"what schedule\(epoch, epochs\) returns must be a number from 0 .* None"),
                ((1.0, 2.0), "must be a number from 0"),
                (np.nan, "must be a number from 0"),
                (-1.0, "must be a number from 0"),
            )
        ),
        ({"optimizer": "adam"}, ConfigError, "optimizer must be an Optimizer, such as"),
        ({"optimizer": SGD}, ConfigError, "optimizer must be an Optimizer"),
        ({"schedule": 0.5}, ConfigError, "schedule must be a function"),
        ({"patience": 3}, ConfigError, "patience needs a validation set"),
        ({"patience": 0, "validation": DATA}, ConfigError, "patience must be an integer"),
        ({"rng": -1}, ConfigError, "rng must be"),
        ({"rng": "seed"}, ConfigError, "rng must be"),
        ({"callbacks": print}, ConfigError, "callbacks must be a sequence of functions"),
        ({"callbacks": [3]}, ConfigError, "callbacks must be a sequence of functions"),
        ({"checkpoint": 3}, ConfigError, "checkpoint must be the path of an .npz file"),
        ({"checkpoint": "run.pt"}, ConfigError, "checkpoint must be the path of an .npz file"),
        ({"checkpoint": "no/folder/run.npz"}, OutputError, "there is no folder"),
    ],
)
def test_wrong_calls(arguments, error, message):
    with pytest.raises(error, match=f"(?s){message.removeprefix('(?s)')}"):
        fit(**{"model": net(), "data": DATA, **arguments})


def test_a_layer_without_a_gradient_is_named():
    class Blind(ReLU):
        def vjp(self, x):
            return Layer.vjp(self, x)

    with pytest.raises(UnsupportedError, match=r"(?s)Blind has no gradient.*In step 1"):
        fit(net(Blind()), DATA)
