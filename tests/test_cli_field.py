"""``minicnn field``: what it prints, draws and refuses."""

import json

import numpy as np
import pytest
from PIL import Image

from minicnn import cli
from minicnn.classifier import Classifier
from minicnn.explain import border_truth, receptive_field


@pytest.fixture
def call(tmp_path, monkeypatch, capsysbinary):
    """Call the program in a folder with a grey picture of 9 x 12 pixels."""
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 12), np.uint8)
    Image.fromarray(pixels).save("photo.png")

    def run(*argv):
        code = cli.main(["field", "photo.png", *map(str, argv)])
        out, err = capsysbinary.readouterr()
        return code, out.decode("latin-1"), err.decode()

    return run


def test_a_value_and_its_proof(call):
    code, out, err = call("--at", "0,5", "--step", "conv2d", "-k", "gaussian_5x5", "--poke")
    assert (code, err) == (0, "")
    assert out.startswith("conv2d, row 0, column 5 sees 3 x 5 pixels of the picture\n")
    assert "field 3 x 5 = poked 3 x 5\n" in out
    assert call("-k", "sobel_x")[1].startswith("relu, row 4, column 6 sees 3 x 3 pixels")


def test_a_pixel_and_what_it_changes(call):
    code, out, _ = call("--at", "3,4", "--changes", "--poke", "--padding", "valid")
    assert code == 0
    assert out.startswith("row 3, column 4 of the picture can change\n")
    assert "worked out = poked, at every step: 144 values" in out


def test_the_border(call):
    code, out, _ = call("--border", "--poke", "-k", "box_3")
    assert code == 0
    assert out.startswith("35 % of relu has seen padding: 38 of 108 values\n")
    assert "worked out = NaN in the padding, at every step: 370 values" in out


def test_as_json(call):
    told = json.loads(call("--at", "1,1", "--format", "json", "--poke", "-k", "box_3")[1])
    assert (told["rows"], told["columns"], told["count"]) == ([0, 2], [0, 2], 9)
    assert told["poke"]["agrees"]
    border = json.loads(call("--border", "--format", "json", "-k", "box_3")[1])
    assert border["steps"][-1]["seen"] == 38


def test_a_network_that_was_taught(call, tmp_path):
    taught = Classifier.new("small", 3, (16, 16), ("a", "b"), rng=0)
    taught.save(tmp_path / "net.npz")
    code, out, err = call("--weights", "net.npz", "--step", "conv2d_2", "--at", "0,0", "--poke")
    assert (code, err) == (0, "")
    shape = (1, 3, 16, 16)
    expected = receptive_field(taught.model, "conv2d_2", input_shape=shape, row=0, column=0)
    assert str(expected) in out
    assert "all " in out
    code, out, _ = call("--weights", "net.npz", "--border", "-o", "border.png")
    assert code == 0
    assert str(border_truth(taught.model, shape)) in out
    assert call("--weights", "net.npz", "--mode", "zeros")[0] == 2


def test_the_step_asked_about_is_the_last_that_does_not_see_everything(call, tmp_path):
    taught = Classifier.new("medium", 1, (24, 24), ("a", "b"), rng=0)
    taught.save(tmp_path / "net.npz")
    code, out, err = call("--weights", "net.npz", "--at", "3,3", "-o", "sees.png")
    assert code == 0
    assert out.startswith("relu_3, row 3, column 3 sees 20 x 20 pixels of the picture\n")
    assert err == "relu_3: the last step that does not see the whole picture\n"
    assert call("--weights", "net.npz", "--step", "linear")[1].startswith("linear sees 24 x 24")
    assert call("-k", "box_3", "--at", "4,4")[2] == ""


@pytest.mark.parametrize("which", [["--at", "2,3"], ["--at", "2,3", "--changes"], ["--border"]])
def test_a_picture(call, tmp_path, which):
    code, out, err = call(*which, "-o", "out.png")
    assert (code, err) == (0, "")
    assert out
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.width > 900
    code, _, err = call(*which, "-o", "out.png")
    assert code == 1
    assert "--force" in err
    code, out, err = call(*which, "-o", "-")
    assert (code, out[1:4]) == (0, "PNG")
    assert "pixels" in err or "picture" in err or "padding" in err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--at", "9,3"], "row must be from 0 to 8, got 9"),
        (["--at", "3"], "is no place: write ROW,COLUMN"),
        (["--at", "-1,5"], "'-1,5' is no place: write ROW,COLUMN, counted from 0"),
        (["--step", "pool"], "there is no step 'pool'"),
        (["--border", "--at", "1,2"], "leave out --at"),
        (["--border", "--step", "0"], "leave it out here"),
        (["--border", "--changes"], "not allowed with"),
        (["--force"], "--force says how -o OUT is written"),
        (["-o", "out.gif"], "unknown suffix '.gif'"),
    ],
)
def test_wrong_calls(call, argv, words):
    code, out, err = call(*argv)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
