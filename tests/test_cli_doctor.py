"""``minicnn doctor``: what it prints, draws and refuses; what other commands say of sick maps."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from minicnn import cli, images
from minicnn.classifier import Classifier


@pytest.fixture
def call(tmp_path, monkeypatch, capsysbinary):
    """Call the program in a folder with a photograph and a picture of one upright edge."""
    monkeypatch.chdir(tmp_path)
    photograph = images.photograph(channels=3)[0, :, 100:160, 150:230]
    Image.fromarray(np.moveaxis(np.uint8(255 * photograph), 0, -1)).save("photo.png")
    Image.fromarray(np.uint8(255 * images.step((20, 30))[0, 0])).save("edge.png")

    def run(*argv):
        code = cli.main(list(map(str, argv)))
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


def test_nothing_to_report(call):
    assert call("doctor", "photo.png") == (0, b"nothing to report: 3 steps, 18 maps\n", "")
    assert call("doctor", "photo.png", "--strict", "--colour", "summed")[0] == 0


def test_findings(call):
    code, out, err = call("doctor", "edge.png", "-k", "sobel", "--steps")
    assert (code, err) == (0, "")
    text = out.decode()
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^conv2d +1x4x20x30 .* flat, copy$", text, re.MULTILINE)
    assert "\nnote: step 1, conv2d: sobel_y is flat\n  seen   all 600 values are 0;" in text
    assert call("doctor", "edge.png", "--strict")[0] == 1
    code, out, _ = call("doctor", "edge.png", "-k", "sobel", "--format", "json")
    data = json.loads(out)
    assert code == 0
    assert [one["kind"] for one in data["findings"]] == ["flat", "copy"]
    assert data["steps"] == ["input", "pad", "conv2d", "relu"]


def test_a_figure_beside_the_text_and_on_standard_output(call, tmp_path):
    _, text, _ = call("doctor", "edge.png", "-o", "sick.svg")
    assert (tmp_path / "sick.svg").read_bytes().startswith(b"<?xml")
    code, out, err = call("doctor", "edge.png", "-o", "-")
    assert code == 0
    assert out.startswith(b"\x89PNG")
    assert err == text.decode()
    code, _, err = call("doctor", "edge.png", "-o", "sick.svg")
    assert (code, err.count("\n")) == (1, 1)
    assert call("doctor", "edge.png", "-o", "sick.svg", "--force")[0] == 0
    assert call("doctor", "photo.png", "-o", "well.png")[0] == 0


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_that_was_taught(call, tmp_path, channels):
    taught = Classifier.new("small", channels, (16, 16), ("a", "b"), rng=0)
    key = next(name for name in taught.model.params if name.endswith("weight"))
    weight = taught.model.params[key].copy()
    weight[1] = 0
    sick = Classifier(taught.name, taught.model.with_params({key: weight}), channels, (16, 16),
                      taught.classes)  # fmt: skip
    sick.save(tmp_path / "net.npz")
    for picture in ("photo.png", "edge.png"):
        code, out, err = call("doctor", picture, "--weights", "net.npz")
        assert (code, err) == (0, "")
        assert "conv2d: channel 1 has a kernel of zeros" in out.decode()


def test_other_commands_say_it_in_a_line(call):
    line = "doctor: note: step 1, conv2d: sobel_y is flat\n"
    for argv in (["summary", "edge.png"], ["maps", "edge.png", "-o", "maps.png"]):
        _, out, _ = call(*argv, "-k", "sobel")
        assert line in out.decode()
        _, out, _ = call(*(arg.replace("edge", "photo").replace("maps.", "2.") for arg in argv))
        assert "doctor" not in out.decode()
    assert "doctor" not in call("summary")[1].decode()


def test_a_summary_makes_no_large_maps(call, monkeypatch):
    monkeypatch.setattr("minicnn.cli.summary._MOST_BYTES", 1000)
    code, out, _ = call("summary", "photo.png")
    assert code == 0
    assert "doctor: not asked, the maps are large" in out.decode()


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["edge.png", "--force"], 2, "--force says how -o OUT"),
        (["edge.png", "--steps", "--format", "json"], 2, "--steps prints a table"),
        (["edge.png", "--weights", "net.npz", "--stride", "2"], 2, "leave out --stride"),
        (["edge.png", "-o", "sick.gif"], 2, r"unknown suffix '\.gif'"),
        (["edge.png", "-o", "edge.png", "--force"], 1, "it is also an input"),
        (["edge.png", "--max-bytes", "10"], 1, "--max-bytes"),
        (["nope.png"], 1, "no such file"),
        ([], 2, "required: IMAGE"),
    ],
)
def test_refusals_are_one_line(call, argv, code, message):
    found, out, err = call("doctor", *argv)
    assert (found, out) == (code, b"")
    assert err.count("\n") == 1
    assert re.search(message, err), err
