"""``minicnn animate``: what it writes and refuses; and the gallery that shows the same."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn import Conv2D, Pad, Sequential, cli, explain, images, viz
from minicnn.classifier import Classifier

GALLERY = Path(__file__).resolve().parent.parent / "examples" / "gallery"


@pytest.fixture
def call(tmp_path, monkeypatch, capsysbinary):
    """Call the program in a folder with a colour picture of 9 x 12 pixels."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).save("photo.png")

    def run(*argv):
        code = cli.main(["animate", *map(str, argv)])
        out, err = capsysbinary.readouterr()
        return code, out, err.decode()

    return run


def frames(data):
    with Image.open(io.BytesIO(data)) as image:
        return image.n_frames


def test_a_gif_is_what_the_library_makes(call, tmp_path):
    options = ("--kernels", "sobel_x", "--stride", 2, "--mode", "circular", "--milliseconds", 200)
    assert call("photo.png", "-o", "a.gif", *options) == (0, b"a.gif: sobel_x, 30 stops\n", "")
    x = images.load("photo.png", channels=1)
    model = Sequential(Pad((1, 1, 0, 1), mode="circular"), Conv2D.from_kernels("sobel_x", stride=2))
    same = viz.animate_convolution(model, x, milliseconds=200).gif()
    assert (tmp_path / "a.gif").read_bytes() == same
    assert frames(same) == 30


def test_names_and_formats(call, tmp_path):
    few = ("--frames", "0:4", "--size", 6)
    assert call("photo.png", *few)[:2] == (
        0,
        b"photo-animation.gif: sobel_x, 4 of 24 stops\n",
    )
    assert call("photo.png", "--filmstrip", "--size", 6)[:2] == (
        0,
        b"photo-filmstrip.png: sobel_x, stills of 24 stops\n",
    )
    for suffix, start in (("svg", b"<?xml"), ("pdf", b"%PDF")):
        assert call("photo.png", "-o", f"a.{suffix}", "--frames", "0,7", "--size", 6)[0] == 0
        assert (tmp_path / f"a.{suffix}").read_bytes().startswith(start)
    code, out, err = call("photo.png", "-o", "-", *few)
    assert (code, out[:6], err) == (0, b"GIF89a", "standard output: sobel_x, 4 of 24 stops\n")
    assert frames(out) == 4
    assert call("photo.png", "-o", "-", "--format", "png", "--size", 6)[1].startswith(b"\x89PNG")


def test_which_map_which_stops_which_size(call):
    words = call("photo.png", "-o", "a.gif", "--channel", "kirsch_n", "-k", "kirsch", "--size", 5)
    assert words[:2] == (0, b"a.gif: kirsch_n, 15 stops\n")  # 3 rows of 5
    words = call("photo.png", "-o", "b.gif", "--channel", 1, "--size", "full", "--frames", "::40")
    assert words[:2] == (0, b"b.gif: sobel_y, 3 of 108 stops\n")
    words = call("photo.png", "-o", "c.gif", "--colour", "summed", "--dilation", 2, "--size", 4,
                 "--padding", "valid", "-k", "1 1")  # fmt: skip
    assert words[:2] == (0, b"c.gif: custom, 6 stops\n")  # 3 rows of 4: two columns are left


def test_a_convolution_of_a_network_that_was_taught(call, tmp_path):
    taught = Classifier.new("small", 1, (16, 16), ("a", "b"), rng=0)
    taught.save(tmp_path / "net.npz")
    net = "--weights", "net.npz"
    code, out, err = call("photo.png", *net, "-o", "a.gif", "--frames", "0,7")
    assert (code, out, err) == (0, b"a.gif: channel 0, 2 of 256 stops\n", "")
    assert frames((tmp_path / "a.gif").read_bytes()) == 2
    x = images.resize(images.load(tmp_path / "photo.png", channels=1), (16, 16))
    step = taught.model.trace(x)["conv2d_2"]
    code, out, _ = call("photo.png", *net, "-o", "b.gif", "--frames", "0,1", "--step", "conv2d_2",
                        "--channel", "3")  # fmt: skip
    slide = explain.sliding_window(step.layer, step.input, channel=3)
    assert (code, out.decode()) == (0, f"b.gif: channel 3, 2 of {len(slide)} stops\n")
    drawn = viz.animate_convolution(step.layer, step.input, channel=3, frames=[0, 1])
    assert (tmp_path / "b.gif").read_bytes() == drawn.gif()
    for argv, words in (
        ([*net, "--step", "relu"], "relu is no convolution: --step is one of conv2d, conv2d_2"),
        ([*net, "--step", "nope"], "there is no step 'nope'"),
        ([*net, "--size", "8"], "leave out --size"),
        ([*net, "--stride", "2"], "leave out --stride"),
        (["--step", "conv2d"], "give --weights too"),
    ):
        code, out, err = call("photo.png", *argv, "-o", "c.gif")
        assert (code, out, err.count("\n")) == (2, b"", 1)
        assert words in err
    assert not (tmp_path / "c.gif").exists()


@pytest.mark.parametrize(
    ("argv", "code", "words"),
    [
        (["photo.png", "-o", "a.mp4"], 2, "unknown suffix '.mp4'.*one of .gif, .png, .svg, .pdf"),
        (["photo.png", "--filmstrip", "-o", "a.gif"], 2, "--filmstrip is a still"),
        (["photo.png", "-o", "a.png", "--milliseconds", "50"], 2, "--milliseconds is for what mo"),
        (["photo.png", "--milliseconds", "5"], 2, "write milliseconds from 20 on"),
        (["photo.png", "--frames", "5:1"], 2, "frames must be a range or a list of stops from 0"),
        (["photo.png", "--frames", "0,400"], 2, "frames must be an integer of at most 107"),
        (["photo.png", "--frames", "::0"], 2, "write 0:100:2"),
        (["photo.png", "--frames", "a"], 2, "write 0:100:2"),
        (["photo.png", "-o", "a.png", "--frames", "0:9"], 2, "a list of 1 to 6 stops"),
        (["photo.png", "--channel", "nope"], 2, "there is no channel 'nope'"),
        (["photo.png", "--channel", "8"], 2, "channel must be an integer of at most 7"),
        (["photo.png", "--size", "0"], 2, "write 64"),
        (["photo.png", "--no-relu"], 2, "unrecognized arguments: --no-relu"),
        (["photo.png", "-o", "photo.png"], 1, "it is also an input"),
        (["photo.png", "-o", "there.gif"], 1, "it exists already"),
        (["missing.png"], 1, "no such file"),
        (["photo.png", "--padding", "valid", "--size", "2"], 1, "larger than the picture"),
        (["photo.png", "--max-bytes", "100"], 1, "more than --max-bytes"),
    ],
)
def test_refusals_leave_everything_as_it_was(call, tmp_path, argv, code, words):
    (tmp_path / "there.gif").write_bytes(b"of somebody else")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found, out, err = call(*argv)
    assert (found, out) == (code, b"")
    assert err.count("\n") == 1
    assert words.split(".*")[0] in err, err
    assert words.split(".*")[-1] in err, err
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("script", "names"),
    [
        (
            "02_sliding_window.py",
            [
                "02_dilated.gif",
                "02_filmstrip.png",
                "02_sliding_window.gif",
                "02_three_channels.gif",
            ],
        ),
        ("02b_arithmetic.py", ["02b_arithmetic.png", "02b_groups.png"]),
    ],
)
def test_the_gallery_runs_and_replaces_what_an_earlier_run_left(script, names, tmp_path):
    assert len((GALLERY / script).read_text(encoding="utf-8").splitlines()) <= 40
    for name in names:
        (tmp_path / name).write_bytes(b"of an earlier run")
    done = subprocess.run(
        [sys.executable, "-W", "error", GALLERY / script, tmp_path],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        with Image.open(tmp_path / name) as image:
            assert image.width >= 600  # a page of one channel ends where its last word does
