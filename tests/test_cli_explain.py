"""``minicnn explain``: what it prints, draws and refuses."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from minicnn import cli, images
from minicnn.classifier import Classifier


@pytest.fixture
def call(tmp_path, monkeypatch, capsysbinary):
    """Call the program in a folder with a colour picture of 9 x 12 pixels."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).save("photo.png")

    def run(*argv):
        code = cli.main(["explain", *map(str, argv)])
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


def printed(call, *argv):
    code, out, err = call("photo.png", *argv)
    assert (code, err) == (0, "")
    assert out.isascii()
    return out.decode()


def test_text_of_the_strongest_map(call):
    text = printed(call, "--at", "3,4")
    assert text.startswith("conv2d, ")
    assert max(map(len, text.splitlines())) <= 80
    values = {
        name: json.loads(printed(call, "--at", "3,4", "--channel", name, "--format", "json"))
        for name in ("sobel_x", "sobel_y", "3", "7")
    }
    chosen = re.search(r"network (\S+)", text)[1]
    assert all(abs(data["value"]) <= abs(float(chosen)) + 1e-3 for data in values.values())
    assert values["3"]["channel"] == 3
    assert values["sobel_x"]["map"] == "sobel_x"
    assert all(data["check"]["agrees"] for data in values.values())


def test_steps_modes_and_models_are_those_of_maps(call):
    pad = printed(call, "--at", "0,0", "--step", "pad", "--channel", "0", "--mode", "circular")
    assert "from the picture's other side" in pad
    assert "picture channel 0, row 8, column 11" in pad
    assert pad == printed(
        call, "--at=0,0", "--step=0", "--channel=0", "--mode=circular", "--kernels", "kirsch"
    )
    relu = printed(call, "--at", "1,1", "--step", "relu", "--channel", "0")
    assert "max(" in relu
    summed = printed(call, "--at", "1,1", "--kernels", "1 2 3", "--colour", "summed", "--stride", 2)
    assert summed.count("patch x kernel") == 3
    assert "pad channel 0, row 2, columns 2 to 4" in summed


def test_back_to_the_picture(call):
    text = printed(call, "--at", "3,4", "--step", "-1", "--back", "--kernels", "sobel_x")
    assert "\nback to the picture\nrelu sobel_x (3, 4) = " in text
    assert "picture channel 0 (" in text
    data = json.loads(printed(call, "--at", "3,4", "--back", "--format", "json"))
    assert data["back"]["step"] == "conv2d"


def test_latex(call):
    text = printed(call, "--at", "3,4", "--format", "latex")
    assert text.startswith("\\begin{align*}\n")
    assert text.endswith("\\end{align*}\n")


def test_a_figure_beside_the_text_and_on_standard_output(call, tmp_path):
    text = printed(call, "--at", "3,4", "-o", "why.svg")
    assert (tmp_path / "why.svg").read_bytes().startswith(b"<?xml")
    code, out, err = call("photo.png", "--at", "3,4", "-o", "-")
    assert code == 0
    assert out.startswith(b"\x89PNG")
    assert err == text
    code, _, err = call("photo.png", "--at", "3,4", "-o", "why.svg")
    assert (code, err.count("\n")) == (1, 1)
    assert "exists already" in err
    assert call("photo.png", "--at", "3,4", "-o", "why.svg", "--force")[0] == 0


@pytest.fixture
def taught(tmp_path):
    """Write a network that sorts pictures of 16 x 16 into three classes, as net.npz."""
    found = Classifier.new("small", 1, (16, 16), ("cat", "dog", "caf\xe9"), rng=0)
    found.save(tmp_path / "net.npz")
    return found


def test_a_class_of_a_network_that_was_taught(call, taught, tmp_path):
    with_it = "--weights", "net.npz", "--format", "json"
    x = images.load(tmp_path / "photo.png", channels=1)
    scores = taught.model(images.resize(x, taught.size))[0]
    told = json.loads(printed(call, *with_it))
    assert (told["value"], told["channel"]) == (scores.max(), scores.argmax())
    assert told["class"] == taught.classes[scores.argmax()]
    for position, name in enumerate(taught.classes):
        told = json.loads(printed(call, *with_it, "--channel", name))
        assert (told["value"], told["class"]) == (float(scores[position]), name)
    text = call("photo.png", "--weights", "net.npz", "--channel", 1, "--back")[1].decode()
    assert text.startswith("the score of 'dog':\n")
    assert "back to the picture\n" in text
    text = printed(call, "--weights", "net.npz", "--channel", "caf\xe9")
    assert text.startswith("the score of 'caf\\xe9':\n")
    told = json.loads(printed(call, *with_it, "--at", "3,4"))  # a value of a map
    assert (told["step"], told["row"]) == ("conv2d", 3)
    assert "class" not in told
    assert call("photo.png", "--weights", "net.npz", "-o", "why.png")[0] == 0
    for argv, words in (
        (["--step", "conv2d"], "--at ROW,COLUMN is missing: the maps of conv2d have 16 rows of 16"),
        (["--channel", "cow"], "have no names: give channel as a number"),
        (["--stride", "2"], "leave out --stride"),
    ):
        code, out, err = call("photo.png", "--weights", "net.npz", *argv)
        assert (code, out, err.count("\n")) == (2, b"", 1)
        assert words in err


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["photo.png"], 2, "--at ROW,COLUMN is missing"),
        (
            ["photo.png", "--at", "3"],
            2,
            "'3' is no place: write ROW,COLUMN, counted from 0, such as 120,200",
        ),
        (["photo.png", "--at", "3,-4"], 2, "is no place"),
        (["photo.png", "--at", "-1,5"], 2, "'-1,5' is no place: write ROW,COLUMN, counted from 0"),
        (["photo.png", "--at", "9,4"], 2, r"row must be from 0 to 8, got 9\. conv2d"),
        (["photo.png", "--at", "3,12"], 2, "column must be from 0 to 11, got 12"),
        (["photo.png", "--at", "3,4", "--step", "nope"], 2, "there is no step 'nope'"),
        (["photo.png", "--at", "3,4", "--step", "3"], 2, "there is no step 3"),
        (["photo.png", "--at", "3,4", "--channel", "nope"], 2, "no channel 'nope'; its channels"),
        (["photo.png", "--at", "3,4", "--channel", "8"], 2, "channel must be from 0 to 7"),
        (["photo.png", "--at", "3,4", "--step", "pad", "--channel", "a"], 2, "have no names"),
        (["photo.png", "--at", "3,4", "--force"], 2, "--force says how -o OUT"),
        (["photo.png", "--at", "3,4", "--back", "--format", "latex"], 2, "--back prints a tree"),
        (["photo.png", "--at", "3,4", "--format", "png"], 2, "invalid choice: 'png'"),
        (["photo.png", "--at", "3,4", "-o", "why.gif"], 2, r"unknown suffix '\.gif'"),
        (["photo.png", "--at", "3,4", "-o", "photo.png", "--force"], 1, "it is also an input"),
        (["photo.png", "--at", "3,4", "--max-bytes", "10"], 1, "--max-bytes"),
        (["nope.png", "--at", "3,4"], 1, "no such file"),
        (["photo.png", "photo.png", "--at", "3,4"], 2, "unrecognized arguments"),
    ],
)
def test_refusals_are_one_line(call, tmp_path, argv, code, message):
    found, out, err = call(*argv)
    assert (found, out) == (code, b"")
    assert err.count("\n") == 1
    assert re.search(message, err), err
    assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]
