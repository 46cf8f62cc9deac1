"""minicnn train, and the pictures that it draws of a run."""

import re
import shlex
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from minicnn import cli, explain, images, train
from minicnn.classifier import Classifier
from minicnn.cli import train as command
from minicnn.cli.mistakes import write_mistakes
from minicnn.explain import Mistakes

QUICK = ("--size", "16", "--epochs", "2", "--network", "small", "-o", "w.npz")


@pytest.fixture
def call(capsys, tmp_path, monkeypatch):
    """Call the command in a folder that has a folder of drawn shapes."""
    monkeypatch.chdir(tmp_path)
    data = train.drawn_shapes(60, size=20, noise=0.02, rng=0)
    for n, (x, label) in enumerate(zip(data.x[:, 0], data.targets, strict=True)):
        folder = tmp_path / "drawn" / data.classes[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((255 * x).astype(np.uint8)).save(folder / f"{n:02}.png")

    def said(*argv):
        capsys.readouterr()
        return cli.main(["train", "drawn/", *argv]), *capsys.readouterr()

    return said


def test_every_picture_of_a_run(call, tmp_path):
    options = ("--time-lapse", "k.gif", "--curves", "c.png", "--confusion", "m.pdf")
    code, out, err = call(*QUICK, *options, "--mistakes", "e.svg")
    assert (code, err) == (0, "")
    for line in ("k.gif: time-lapse", "c.png: curves", "m.pdf: confusion", "e.svg: mistakes"):
        assert line in out.splitlines()
    with Image.open("k.gif") as film:
        assert film.n_frames == 3
    assert (tmp_path / "m.pdf").read_bytes()[:4] == b"%PDF"
    assert b"<svg" in (tmp_path / "e.svg").read_bytes()
    plain = (tmp_path / "w.npz").read_bytes()
    assert call(*QUICK, "--force")[0] == 0
    assert (tmp_path / "w.npz").read_bytes() == plain  # drawing changes nothing


def test_a_filmstrip_where_the_suffix_is_that_of_a_still(call):
    assert call(*QUICK, "--time-lapse", "k.png")[0] == 0
    with Image.open("k.png") as strip:
        assert (strip.format, strip.width) == ("PNG", 1350)


@pytest.mark.parametrize(
    ("code", "options", "message"),
    [
        (2, ("--curves", "-"), "a file of their own"),
        (2, ("--curves", "a.png", "--mistakes", "./a.png"), "a file of their own"),
        (2, ("--curves", "a.gif"), "unknown suffix"),
        (2, ("--time-lapse", "a"), "without a suffix"),
        (2, ("--validation", "0", "--confusion", "a.png"), "--confusion needs examples"),
        (
            *(2, ("--validation", "0", "--confusion", "a.png", "--mistakes", "b.png")),
            "--confusion and --mistakes need examples",
        ),
        (2, ("--validation", "0", "--mistakes-dir", "a"), "--mistakes-dir needs examples"),
        (2, ("--mistakes-dir", ""), "needs the name of a folder"),
        (2, ("--mistakes-dir", "w.npz"), "a file of their own"),
        (1, ("--mistakes-dir", "none/a"), "there is no folder"),
        (1, ("--mistakes-dir", "there.gif"), "it is not a folder"),
        (1, ("--mistakes-dir", "other"), "the folder is not empty"),
        (1, ("--mistakes-dir", "drawn/"), "the examples are read from 'drawn/'"),
        (1, ("--mistakes-dir", "drawn/../drawn/wrong"), "the examples are read from"),
        (1, ("--curves", "none/a.png"), "there is no folder"),
        (1, ("--time-lapse", "there.gif"), "exists already"),
    ],
)
def test_refused_before_any_work(call, tmp_path, monkeypatch, code, options, message):
    (tmp_path / "there.gif").write_bytes(b"there")
    (tmp_path / "other" / "one").mkdir(parents=True)
    monkeypatch.setattr(command, "fit", None)
    found, out, err = call(*QUICK, *options)
    assert (found, out) == (code, "")
    assert message in err
    assert (tmp_path / "there.gif").read_bytes() == b"there"
    assert not (tmp_path / "w.npz").exists()


def test_a_run_without_validation_has_curves_and_a_time_lapse(call):
    options = ("--validation", "0", "--time-lapse", "k.gif", "--curves", "c.png")
    assert call(*QUICK, *options)[0] == 0


def test_each_mistake_is_a_picture_that_gets_the_same_wrong_answer(call, tmp_path, capsys):
    options = ("--mistakes-dir", "wrong/", "--seed", "3")
    code, out, err = call(*QUICK, *options)
    assert (code, err) == (0, "")
    head, ask = out.splitlines()[-2:]
    wrong = sorted((tmp_path / "wrong").iterdir())
    assert re.fullmatch(rf"wrong: {len(wrong)} of \d+ mistakes?, a picture each; .*:", head)
    data = train.read_folder("drawn", size=(16, 16), channels=1)
    _, tried = data.split(0.8, rng=3)  # README's order: an example has the same number there
    taught = Classifier.load("w.npz")
    found = {one.index: one for one in explain.worst_mistakes(taught.model, tried)}
    assert len(found) == len(wrong)
    assert cli.main(["predict", "wrong", "-w", "w.npz", "--top", "1"]) == 0
    answers = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
    for path in wrong:
        parts = re.fullmatch(r"(\d+)_(\w+)_taken_for_(\w+)\.png", path.name)
        number, true, taken_for = parts.groups()
        one = found[int(number)]
        assert (one.true, one.taken_for) == (true, taken_for)
        assert answers[path.name].startswith(f"{taken_for} ")
        np.testing.assert_allclose(
            images.load(path, channels=1), tried.x[[one.index]], rtol=0, atol=1e-5
        )
    assert cli.main(shlex.split(ask)[1:]) == 0
    said = capsys.readouterr().out
    worst = max(found.values(), key=lambda one: one.loss)
    assert f"what speaks for {worst.taken_for} rather than {worst.true}" in said
    assert call(*QUICK, *options, "--force")[0] == 0
    code, _, err = call(*QUICK, "--mistakes-dir", "wrong", "-o", "other.npz")
    assert (code, "the folder is not empty" in err) == (1, True)
    assert sorted((tmp_path / "wrong").iterdir()) == wrong


@pytest.mark.parametrize("kind", ["bytes", "sixteen bits", "colour"])
def test_a_mistakes_pixels_are_its_examples(tmp_path, kind):
    rng = np.random.default_rng(0)
    x = (rng.integers(0, 256, (1, 3 if kind == "colour" else 1, 8, 8)) / 255).astype(np.float32)
    if kind == "sixteen bits":
        x = rng.random((1, 1, 8, 8), np.float32)
    reader = Classifier.new("small", x.shape[1], (8, 8), ("a b", "c/d"), rng=0)
    ((answer, _), (truth, _)) = reader.ranked(x)[0]
    data = train.Dataset(x, np.array([reader.classes.index(truth)]), reader.classes)
    found = explain.worst_mistakes(reader.model, data)
    folder = str(tmp_path / "it is wrong")
    head, ask = write_mistakes(folder, found, reader, "w.npz", force=False)
    (path,) = (tmp_path / "it is wrong").iterdir()
    plain = {"a b": "a_b", "c/d": "c_d"}
    assert path.name == f"0_{plain[truth]}_taken_for_{plain[answer]}.png"
    expected = ["minicnn", "why", str(path), "--weights", "w.npz", "--rather-than", truth]
    assert shlex.split(ask) == expected
    assert "1 of 1 mistake," in head
    read = images.load(path, channels=x.shape[1])
    if kind == "sixteen bits":
        np.testing.assert_allclose(read, x, rtol=0, atol=0.51 / 65535)
    else:
        assert (read == x).all()


def test_a_picture_that_would_be_answered_otherwise_is_left_out(tmp_path):
    x = np.full((1, 1, 8, 8), 0.5, np.float32)
    reader = Classifier.new("small", 1, (8, 8), ("dark", "bright"), rng=0)
    one = explain.worst_mistakes(reader.model, train.Dataset(x, np.array([0]), reader.classes))
    other = explain.worst_mistakes(reader.model, train.Dataset(x, np.array([1]), reader.classes))
    found = one if len(one) else other
    turned = replace(found[0], taken_for=found[0].true)
    lines = write_mistakes(
        str(tmp_path / "d"), Mistakes((turned,), 1, 1), reader, "w.npz", force=False
    )
    assert [line.split(",")[0] for line in lines] == [
        f"{tmp_path / 'd'}: not written",
        "  left out: 1",
    ]
    assert not (tmp_path / "d").exists()
