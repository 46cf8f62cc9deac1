"""``minicnn why``: what it prints, draws and refuses."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from minicnn import cli, images
from minicnn.classifier import Classifier

CLASSES = ("cat", "dog", "newt")


@pytest.fixture
def call(tmp_path, monkeypatch, capsysbinary):
    """Call the program in a folder with a picture and networks that were never taught."""
    monkeypatch.chdir(tmp_path)
    photograph = images.photograph(channels=3)[0, :, 100:160, 150:230]
    Image.fromarray(np.moveaxis(np.uint8(255 * photograph), 0, -1)).save("photo.png")
    Classifier.new("small", 1, (12, 16), CLASSES, rng=0).save("grey.npz")
    Classifier.new("small", 3, (12, 12), ("7", "1"), rng=0).save("colour.npz")

    def run(*argv):
        code = cli.main(["why", *map(str, argv)])
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


@pytest.mark.parametrize("net", ["grey.npz", "colour.npz"])
def test_five_ways(call, net):
    code, out, err = call("photo.png", "-w", net)
    assert (code, err) == (0, "")
    text = out.decode()
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert re.match(r"photo\.png: \w+ [\d.]+ %, ", text)
    for word in ("occlusion", "saliency", "gradient x input", "integrated gradients", "Grad-CAM"):
        assert f"\n{word}" in text
    assert re.search(r"^  (not )?complete: off by", text, re.MULTILINE)


def test_a_class_by_its_name_or_its_number(call):
    by_name = call("photo.png", "-w", "grey.npz", "--class", "newt", "--method", "saliency")
    assert by_name == call("photo.png", "-w", "grey.npz", "--class", 2, "--method", "saliency")
    assert b"what speaks for newt\n" in by_name[1]
    out = call("photo.png", "-w", "colour.npz", "--class", 1, "--method", "saliency")[1]
    assert b"what speaks for 1\n" in out  # a digit's name goes before a number
    assert b"saliency for '1' = " in out


def test_a_class_rather_than_another(call):
    code, out, err = call("photo.png", "-w", "grey.npz", "--class", "cat", "--rather-than", "dog")
    assert (code, err) == (0, "")
    assert b"what speaks for cat rather than dog\n" in out
    code, other, _ = call("photo.png", "-w", "grey.npz", "--class", "dog", "--rather-than", "cat")
    ahead = re.search(rb"for 'cat rather than dog' = (\S+)", out)[1]
    behind = re.search(rb"for 'dog rather than cat' = (\S+)", other)[1]
    assert float(ahead) == -float(behind)


def test_trust_and_pictures(call, tmp_path):
    code, out, _ = call("photo.png", "-w", "grey.npz", "--trust", "--method", "saliency",
                        "--method", "grad-cam", "-o", "trust.png")  # fmt: skip
    assert code == 0
    assert out.count(b"trust in ") == 2
    with Image.open(tmp_path / "trust.png") as picture:
        assert picture.width > 900
    code, out, err = call("photo.png", "-w", "grey.npz", "--invert", "-o", "-")
    assert code == 0
    assert out.startswith(b"\x89PNG")
    assert "what speaks for" in err


def test_as_json(call):
    code, out, _ = call("photo.png", "-w", "grey.npz", "--blank", "0.5", "--format", "json")
    data = json.loads(out)
    assert code == 0
    assert [one["method"] for one in data["answers"]][:2] == ["occlusion", "saliency"]
    assert "are 0.5?" in data["answers"][0]["question"]
    assert "all pixels are 0.5?" in data["answers"][3]["question"]
    assert sum(one["share"] for one in data["classes"]) == pytest.approx(1, abs=1e-5)
    code, out, _ = call("photo.png", "-w", "grey.npz", "--trust", "--format", "json")
    assert {"verdict", "passed"} <= set(json.loads(out)["answers"][0])
    stage = json.loads(out)["answers"][0]["stages"][-1]
    assert len(stage["flat"]) == len(stage["likeness"]) == 3
    assert stage["flat"][stage["middle"]] is None


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["photo.png"], 2, "required: -w"),
        (["photo.png", "-w", "grey.npz", "--class", "cow"], 2, "no class cow: .* cat, dog, newt"),
        (["photo.png", "-w", "grey.npz", "--class", "3"], 2, "no class 3"),
        (["photo.png", "-w", "grey.npz", "--class", "2", "--rather-than", "newt"], 2, "itself"),
        (["photo.png", "-w", "grey.npz", "--method", "x"], 2, "invalid choice: 'x'"),
        (["photo.png", "-w", "grey.npz", "--blank", "2"], 2, "is no brightness"),
        (["photo.png", "-w", "grey.npz", "--force"], 2, "--force says how"),
        (["nope.png", "-w", "grey.npz"], 1, "no such file"),
        (["photo.png", "-w", "nope.npz"], 1, "nope"),
        (["photo.png", "-w", "grey.npz", "-o", "photo.png", "--force"], 1, "also an input"),
    ],
)
def test_refusals_are_one_line(call, argv, code, message):
    found, out, err = call(*argv)
    assert (found, out) == (code, b"")
    assert err.count("\n") == 1
    assert re.search(message, err), err
