"""minicnn train, and the pictures that it draws of a run."""

import numpy as np
import pytest
from PIL import Image

from minicnn import cli, train
from minicnn.cli import train as command

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
        (1, ("--curves", "none/a.png"), "there is no folder"),
        (1, ("--time-lapse", "there.gif"), "exists already"),
    ],
)
def test_refused_before_any_work(call, tmp_path, monkeypatch, code, options, message):
    (tmp_path / "there.gif").write_bytes(b"there")
    monkeypatch.setattr(command, "fit", None)
    found, out, err = call(*QUICK, *options)
    assert (found, out) == (code, "")
    assert message in err
    assert (tmp_path / "there.gif").read_bytes() == b"there"
    assert not (tmp_path / "w.npz").exists()


def test_a_run_without_validation_has_curves_and_a_time_lapse(call):
    options = ("--validation", "0", "--time-lapse", "k.gif", "--curves", "c.png")
    assert call(*QUICK, *options)[0] == 0
