"""Checkpoints: whole at any moment, refused if they are of another run, and exact to go on from."""

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from learners import DATA, OTHER, Noisy, net, same_training

from minicnn import train, weights
from minicnn.errors import ConfigError, LimitError, OutputError, WeightsError
from minicnn.train import SGD, Adam, Cosine, Dataset, WarmUp, fit
from minicnn.train.state import digest

ARGUMENTS = {"validation": OTHER, "optimizer": Adam(0.05), "schedule": WarmUp(), "rng": 2}


@pytest.mark.parametrize("cut", [1, 3, 4])
def test_a_resumed_run_has_the_bits_of_one_that_never_stopped(tmp_path, cut):
    whole = fit(net(Noisy()), DATA, epochs=5, **ARGUMENTS)
    path = tmp_path / "run.npz"
    first = fit(net(Noisy()), DATA, epochs=cut, checkpoint=path, **ARGUMENTS)
    assert len(first.history) == cut
    second = fit(net(Noisy()), DATA, epochs=5, checkpoint=path, resume=True, **ARGUMENTS)
    same_training(second, whole)
    third = fit(net(Noisy()), DATA, epochs=5, checkpoint=path, resume=True, **ARGUMENTS)
    same_training(third, whole)
    read = train.load_checkpoint(net(Noisy()), path)
    same_training(read, whole)
    assert read.stopped == "checkpoint"
    assert str(path) in read.why


def test_the_best_model_is_kept_beside_the_last(tmp_path):
    labels = np.random.default_rng(0).integers(0, 3, 30)
    arguments = {**ARGUMENTS, "validation": (DATA.x[:30], labels)}  # nothing to be learnt for them
    path = tmp_path / "run.npz"
    first = fit(net(), DATA, epochs=6, checkpoint=path, **arguments)
    assert 0 < first.best_epoch < 6
    assert (first.best.params["0.weight"] != first.model.params["0.weight"]).any()
    same_training(train.load_checkpoint(net(), path), first)
    whole = fit(net(), DATA, epochs=7, **arguments)
    same_training(fit(net(), DATA, epochs=7, checkpoint=path, resume=True, **arguments), whole)


def test_interrupted_in_the_midst_of_an_epoch_it_resumes_before_it(tmp_path):
    def impatient(outputs, targets):
        steps.append(0)
        if len(steps) == 8:
            raise KeyboardInterrupt
        return train.cross_entropy(outputs, targets)

    impatient.__qualname__ = "cross_entropy"
    steps, path = [], tmp_path / "run.npz"
    arguments = {"batch_size": 16, "epochs": 4, "rng": 0, "optimizer": SGD(0.1, momentum=0.9)}
    first = fit(net(), DATA, loss=impatient, checkpoint=path, **arguments)
    assert (first.stopped, len(first.history), first.memory.steps) == ("interrupted", 2, 7)
    second = fit(net(), DATA, checkpoint=path, resume=True, **arguments)
    same_training(second, fit(net(), DATA, **arguments))


def test_resume_without_a_checkpoint_begins(tmp_path):
    path = tmp_path / "run.npz"
    run = fit(net(), DATA, epochs=1, checkpoint=path, resume=True)
    assert len(run.history) == 1
    again = fit(net(), DATA, epochs=2, checkpoint=path, resume=True)  # whatever the seed was
    assert again.seed == run.seed
    assert len(again.history) == 2


def test_a_checkpoint_is_not_replaced_unasked(tmp_path):
    path = tmp_path / "run.npz"
    weights.save(net(), path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        fit(net(), DATA, checkpoint=path)
    with pytest.raises(WeightsError, match=r"(?s)is no checkpoint.*weights\.load"):
        fit(net(), DATA, checkpoint=path, resume=True)
    assert path.read_bytes() == before


def test_another_run_is_refused_with_all_that_differs(tmp_path):
    path = tmp_path / "run.npz"
    fit(net(), DATA, epochs=1, checkpoint=path, rng=0)
    with pytest.raises(ConfigError) as caught:
        fit(net(), OTHER, epochs=2, checkpoint=path, resume=True, batch_size=7,
            optimizer=SGD(0.1), schedule=Cosine(), validation=DATA, rng=1)  # fmt: skip
    text = str(caught.value)
    assert "is of another run" in text
    for word in ("examples", "batch_size", "optimizer", "schedule", "validation", "seed"):
        assert f"\n  {word}" in text
    assert "then '32', now '7'" in text
    assert "\n  model" not in text
    with pytest.raises(WeightsError, match="does not fit the model"):
        fit(net(classes=4), DATA, epochs=2, checkpoint=path, resume=True)


def test_a_checkpoint_of_one_changed_number_is_of_another_run(tmp_path):
    path = tmp_path / "run.npz"
    fit(net(), DATA, epochs=1, checkpoint=path, rng=0)
    x = DATA.x.copy()
    x[-1, 0, -1, -1] += 1e-3
    assert digest(DATA) != digest(Dataset(x, DATA.targets))
    with pytest.raises(ConfigError, match="examples"):
        fit(net(), (x, DATA.targets), epochs=2, checkpoint=path, resume=True)


@pytest.fixture(scope="module")
def checkpoint_bytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.npz"
    fit(net(), DATA, epochs=1, checkpoint=path, **ARGUMENTS)
    return path.read_bytes()


@settings(max_examples=150)
@given(data=st.data())
def test_a_broken_checkpoint_raises_only_our_errors(tmp_path_factory, checkpoint_bytes, data):
    content = bytearray(checkpoint_bytes)
    start = content.index(b'{"minicnn checkpoint"')
    near = st.integers(start, start + 900)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.one_of(st.integers(0, len(content) - 1), near))
        content[at] = data.draw(st.sampled_from(list(b'0123456789nulx"{}[],:-e.\x00\xff')))
    path = tmp_path_factory.getbasetemp() / "fuzzed.npz"
    path.write_bytes(content)
    try:
        str(train.load_checkpoint(net(), path))
        fit(net(), DATA, epochs=1, checkpoint=path, resume=True, **ARGUMENTS)
    except (WeightsError, LimitError, ConfigError):
        pass


def tampered(path, change):
    """Change what a checkpoint says of its run, with all sums right."""
    arrays = weights.read(path)
    about = json.loads(arrays["about"].tobytes())
    change(about, arrays)
    arrays["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    path.write_bytes(weights.encode(arrays))


@pytest.mark.parametrize(
    "change",
    [
        lambda about, _: about.update(history=3),
        lambda about, _: about.update(history=[{}]),
        lambda about, _: about["history"][0].update(loss="low"),
        lambda about, _: about["history"][0].update(loss=None),
        lambda about, _: about["history"][0].update(number=2),
        lambda about, _: about["history"][0].update(seconds=math.nan),
        lambda about, _: about["history"][0].update(seconds=-1),
        lambda about, _: about["history"][0].pop("seconds"),
        lambda about, _: about["history"][0].update(more=2),
        lambda about, _: about.update(steps=-1),
        lambda about, _: about.update(best_epoch=2),
        lambda about, _: about.update(asked=[]),
        lambda about, _: about["asked"].update(seed="-1"),
        lambda about, _: about["asked"].pop("seed"),
        lambda about, _: about.update({"minicnn checkpoint": 99}),
        lambda about, _: about.update({"minicnn checkpoint": True}),
        lambda _, arrays: arrays.update({"memory/mean/9.weight": np.ones(1)}),
        lambda _, arrays: arrays.update({"memory/mean/0.weight": np.ones(1)}),
        lambda _, arrays: arrays.update({"best/0.weight": np.ones(1)}),
        lambda _, arrays: arrays.pop("model/0.weight"),
        lambda _, arrays: arrays.pop("memory/mean/0.weight"),
        lambda _, arrays: [arrays.pop(key) for key in list(arrays) if "square" in key],
    ],
)
def test_a_checkpoint_that_contradicts_itself(tmp_path, checkpoint_bytes, change):
    path = tmp_path / "run.npz"
    path.write_bytes(checkpoint_bytes)
    tampered(path, lambda about, arrays: None)
    assert len(fit(net(), DATA, epochs=2, checkpoint=path, resume=True, **ARGUMENTS).history) == 2
    path.write_bytes(checkpoint_bytes)
    tampered(path, change)
    with pytest.raises((WeightsError, ConfigError)):
        fit(net(), DATA, epochs=2, checkpoint=path, resume=True, **ARGUMENTS)


def test_a_run_killed_in_the_middle_leaves_a_whole_checkpoint(tmp_path):
    """Kill -9 at odd moments; then go on, to the same bits as a run that was left alone."""
    path = tmp_path / "run.npz"
    program = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "import learners as t\n"
        "from minicnn.train import Adam, fit\n"
        "fit(t.net(t.Noisy()), t.DATA, epochs=100_000, checkpoint=sys.argv[1], resume=True,"
        " batch_size=24, optimizer=Adam(0.01), rng=2)"
    )
    epochs = 0
    for wait in (0.0, 0.013, 0.031):
        arguments = [sys.executable, "-c", program, path, Path(__file__).parent]
        before = path.stat().st_mtime_ns if path.exists() else None
        with subprocess.Popen(arguments, env={**os.environ, "MINICNN_THREADS": "1"}) as process:
            deadline = time.monotonic() + 60
            while not path.exists() or path.stat().st_mtime_ns == before:
                assert time.monotonic() < deadline
                time.sleep(0.002)
            time.sleep(wait)
            process.kill()
        done = train.load_checkpoint(net(Noisy()), path)
        assert len(done.history) > epochs
        epochs = len(done.history)
    whole = fit(net(Noisy()), DATA, epochs=epochs, batch_size=24, optimizer=Adam(0.01), rng=2)
    same_training(done, whole)
