"""``minicnn compare``, ``xray`` and ``find-kernel``: what they print, draw and refuse."""

import json

import numpy as np
import pytest
from PIL import Image

from minicnn import cli, conv2d, images, kernels
from minicnn.classifier import Classifier


@pytest.fixture
def call(tmp_path, monkeypatch, capsysbinary):
    """Call the program in a folder with a photograph, and what a blur makes of it."""
    monkeypatch.chdir(tmp_path)
    photograph = images.photograph()[:, :, 100:160, 150:230]
    blurred = conv2d(photograph[0][:, None], kernels.get("gaussian_3x3").values[None, None])
    soft = np.pad(blurred[:, 0], ((0, 0), (1, 1), (1, 1)))
    for name, picture in (("photo.png", photograph[0]), ("soft.png", soft)):
        Image.fromarray(np.uint8(np.rint(255 * np.moveaxis(picture, 0, -1)))).save(name)

    def run(*argv):
        code = cli.main(list(map(str, argv)))
        out, err = capsysbinary.readouterr()
        text = out.decode("ascii") if not out.startswith(b"\x89PNG") else "a picture"
        assert max(map(len, text.splitlines()), default=0) <= 80 or text[0] == "{"
        return code, text, err.decode()

    return run


def test_the_same_model_but_for_one_option(call, tmp_path):
    code, out, err = call("compare", "photo.png", "-k", "sobel", "--what-if", "--mode zeros")
    assert (code, err) == (0, "")
    assert "They part at step 0 (pad)" in out
    assert "mode='reflect' against 'zeros'" in out
    assert "4x60x80" in out
    code, out, _ = call("compare", "photo.png", "--what-if", "--no-relu", "-o", "c.svg")
    assert (code, "only a has it, ReLU()." in out) == (0, True)
    assert (tmp_path / "c.svg").read_bytes().startswith(b"<?xml")
    code, out, err = call("compare", "photo.png", "--what-if=-k prewitt_x", "-k", "sobel_x",
                          "--step", "relu", "-o", "-")  # fmt: skip
    assert (code, out) == (0, "a picture")
    assert "sobel_x / prewitt_x" in err
    data = json.loads(
        call("compare", "photo.png", "--what-if", "--stride 2", "--format", "json")[1]
    )
    assert data["output"]["verdict"] == "shapes"


def test_kernels_of_the_second_model_take_the_place_of_the_first_ones(call):
    matrix = "-k '0 1 0; 0 0 0; 0 -1 0'"
    code, out, _ = call("compare", "photo.png", "-k", "sobel_x", "--what-if", matrix)
    assert (code, "1x1x60x80" in out) == (0, True)
    code, out, _ = call("compare", "photo.png", "-k", "sobel_x", "--what-if", "-k sobel_x")
    assert "They do the same, to the last bit." in out
    assert call("compare", "photo.png", "--what-if", "-k edges", "--strict")[0] == 0
    assert call("compare", "photo.png", "--what-if", "-k blur", "--strict")[0] == 1
    assert call("compare", "photo.png", "--what-if", "--colour summed")[0] == 0


def test_two_networks_that_were_taught(call, tmp_path):
    for seed, name in enumerate(("one.npz", "two.npz")):
        Classifier.new("small", 1, (16, 16), ("a", "b"), rng=seed).save(tmp_path / name)
    given = ("compare", "photo.png", "--weights", "one.npz", "--what-if")
    code, out, _ = call(*given, "--weights two.npz")
    assert (code, "weight differs by up to" in out) == (0, True)
    assert "They do the same, to the last bit." in call(*given, "-w one.npz")[1]
    code, _, err = call(*given, "--stride 2")
    assert (code, "leave out --stride" in err) == (2, True)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--what-if", ""), "says nothing"),
        (("--what-if", "--wat 3"), "--what-if: unrecognized arguments: --wat 3"),
        (("--what-if", "--stride x"), "--what-if: argument --stride"),
        (("--what-if", "-k 'sobel_x"), "--what-if: No closing quotation"),
        ((), "--what-if"),
        (("--what-if", "--stride 2", "--step", "relu"), "give -o OUT too"),
        (("--what-if", "--stride 2", "--step", "9", "-o", "x.png"), "no row 9"),
    ],
)
def test_wrong_comparisons(call, tmp_path, argv, words):
    code, out, err = call("compare", "photo.png", *argv)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err
    assert not (tmp_path / "x.png").exists()


def test_xray(call, tmp_path):
    code, out, err = call("xray", "sobel_x", "-o", "x.pdf")
    assert (code, err) == (0, "")
    assert out.startswith("sobel_x: First derivative to the right, smoothed across it")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
    mine = call("xray", "-1 0 1; -2 0 2; -1 0 1")[1]
    assert mine.partition("\n\n")[2] == out.partition("\n\n")[2]
    both = json.loads(call("xray", "laplacian_4", "box_3", "--in-turn", "--format", "json")[1])
    assert (both["name"], len(both["values"])) == ("laplacian_4, then box_3", 5)
    assert json.loads(call("xray", "box_3", "--in-turn", "--format", "json")[1])["rank"] == 1
    code, _, err = call("xray", "sobel")
    assert (code, "got 4 (sobel_x, sobel_y" in err, err.count("\n")) == (2, True, 1)
    assert call("xray", "nonsense")[0] == 2


def test_find_kernel(call, tmp_path):
    code, out, err = call("find-kernel", "photo.png", "soft.png", "-o", "found.png")
    assert (code, err) == (0, "")
    assert "It is gaussian_3x3." in out
    assert (tmp_path / "found.png").exists()
    data = json.loads(call("find-kernel", "photo.png", "soft.png", "--colour", "--size", "3,1",
                           "--bias", "--format", "json")[1])  # fmt: skip
    assert np.shape(data["weight"]) == (3, 3, 3, 1)
    assert np.shape(data["bias"]) == (3,)
    assert "residual" not in data  # as many numbers as there are pixels: that is for Python
    assert call("find-kernel", "photo.png", "soft.png", "-o", "photo.png", "--force")[0] == 1
    code, _, err = call("find-kernel", "photo.png", "soft.png", "--size", "99")
    assert (code, "does not fit" in err, err.count("\n")) == (1, True, 1)
    assert call("find-kernel", "photo.png")[0] == 2
