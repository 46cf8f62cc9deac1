"""Every example runs without a warning, draws what it says, prints what the library computes."""

import importlib
import json
import math
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn import Conv2D, Window, conv2d, images, kernels, pad2d
from minicnn.ops import ALGORITHMS, choose_algorithm

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
PICTURES = EXAMPLES / "pictures"
MOVING = {"13_kernels.gif"}
SCRIPTS = sorted(path.name for path in EXAMPLES.glob("[0-9][0-9]_*.py"))


def run(script, *arguments):
    """Run one example as a reader would, but let no warning pass."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "MPLBACKEND")}
    return subprocess.run(
        [sys.executable, "-W", "error", EXAMPLES / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Run all examples, two at a time: what each printed, and its folder."""
    folders = {script: tmp_path_factory.mktemp(script[:2]) for script in SCRIPTS}
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda script: run(script, folders[script]), SCRIPTS)
        return {s: (result, folders[s]) for s, result in zip(SCRIPTS, results, strict=True)}


def printed(done, start):
    script = next(script for script in SCRIPTS if script.startswith(start))
    return done[script][0].stdout


@pytest.fixture(scope="module")
def make_pictures():
    sys.path.insert(0, str(EXAMPLES))
    try:
        return importlib.import_module("make_pictures")
    finally:
        sys.path.remove(str(EXAMPLES))


@pytest.mark.parametrize("script", SCRIPTS)
def test_runs_and_draws(done, script):
    result, folder = done[script]
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    names = sorted(path.name for path in folder.iterdir() if path.name not in MOVING)
    assert names, "no picture"
    assert all(name.startswith(script[:2]) and name.endswith(".png") for name in names)
    assert set(re.findall(r"^wrote (.+)$", result.stdout, re.MULTILINE)) <= set(names)
    for name in names:
        check_picture(Image.open(folder / name))


def check_picture(picture):
    """A sane size, something on it, and a white margin: nothing is cut off at the rim."""
    assert 900 <= picture.width <= 1700
    assert 350 <= picture.height <= 2800
    pixels = np.asarray(picture.convert("RGB"))
    assert pixels.std() > 15
    assert len(picture.convert("RGB").getcolors(1 << 24)) > 50
    rim = np.ones(pixels.shape[:2], bool)
    rim[5:-5, 5:-5] = False
    assert (pixels[rim] == 255).all()


def test_a_blank_or_cut_picture_would_be_found(done):
    with pytest.raises(AssertionError):
        check_picture(Image.new("RGB", (1000, 500), "white"))
    whole = Image.open(done["06_channels.py"][1] / "06_channels.png")
    with pytest.raises(AssertionError):
        check_picture(whole.crop((0, 0, whole.width - 70, whole.height)))


def test_edges_prints_the_summary(done):
    assert "1x8x600x512" in printed(done, "01")
    assert 8 <= len((EXAMPLES / "01_edges.py").read_text(encoding="utf-8").splitlines()) <= 15


def test_short_lessons_stay_short():
    for script in SCRIPTS:
        lines = (EXAMPLES / script).read_text(encoding="utf-8").splitlines()
        longer = {
            "03": 180,
            "11": 135,
            "12": 110,
            "13": 110,
        }  # a post; four in one; a survey; a run
        assert len(lines) <= longer.get(script[:2], 80), script


def test_by_hand_is_the_library(done):
    out = printed(done, "02")
    by_hand, by_library = (
        float(re.search(rf"{words} +(-?[\d.]+)$", out, re.MULTILINE)[1])
        for words in ("Added up by hand:", "The library's value:")
    )
    tables = " ".join(re.findall(r"^\[\[.*?\]\]", out, re.MULTILINE | re.DOTALL))
    numbers = np.array(re.findall(r"-?\d+\.", tables), float).reshape(2, 3, 3)
    kernel = kernels.get("sobel_x").values
    assert (numbers[0] * kernel == numbers[1]).all()
    assert (
        numbers[1].sum() == by_hand == by_library == conv2d(numbers[:1, None], kernel[None, None])
    )


def test_worked_example_of_the_post(done):
    out = printed(done, "03")
    rows = ("11100", "01110", "00111", "00110", "01100")
    picture = np.array([[float(n) for n in row] for row in rows])
    kernel = np.array([[1.0, 0, 1], [0, 1, 0], [1, 0, 1]])
    products = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 1]])  # as the post prints them
    result = conv2d(picture[None, None], kernel[None, None])[0, 0]
    places = [
        (i, j)
        for i, j in np.ndindex(3, 3)
        if (picture[i : i + 3, j : j + 3] * kernel == products).all()
    ]
    assert len(places) == 1
    assert result[places[0]] == products.sum()
    assert f"add up to {products.sum()}." in out
    assert f"places = {places}" in out
    assert f"matrix =\n{result.astype(int)}\n" in out
    assert f"{(result == products.sum()).sum()} of the 9 places" in out


def test_sizes_of_the_post(done):
    out = printed(done, "03")
    for stride in (1, 2):
        window = Window(3, stride=stride)
        assert f"window.output_size(100, 100) = {window.output_size(100, 100)}," in out
    assert f"window.left_over(100, 100) = {Window(3, stride=2).left_over(100, 100)}" in out
    assert "(100 - 3) / 1 + 1 = 98" in out
    assert "(100 - 3) / 2 + 1 = 49.5" in out
    assert "animal.shape = (1, 3, 100, 100)" in out
    assert "images.to_hwc(animal).shape = (100, 100, 3)" in out
    means = re.findall(r"(?:mean\(\)|0, 0, 0, 0\]) += ([\d.]+)$", out, re.MULTILINE)
    assert len(means) == 2
    assert float(means[0]) == pytest.approx(float(means[1]), abs=1e-6)


def test_the_posts_own_picture_can_be_passed(tmp_path):
    pixel = 132, 131, 137  # the upper left one of Vd-Orig.png: 0.5176471, 0.5137255, 0.5372549
    Image.new("RGB", (100, 100), pixel).save(tmp_path / "Vd-Orig.png")
    folder = tmp_path / "a new" / "folder"
    result = run("03_seed_post.py", folder, "--picture", tmp_path / "Vd-Orig.png")
    assert result.returncode == 0, result.stderr
    assert "[0.5176471, 0.5137255, 0.5372549], dtype=float32" in result.stdout
    assert "[132., 131., 137.]" in result.stdout
    assert len(list(folder.glob("*.png"))) == 4


def test_padding_modes(done):
    out = printed(done, "04")
    slope = (0.3 + 0.6 * images.gradient((9, 48))).astype(np.float32)
    for mode in ("zeros", "reflect", "replicate", "circular"):
        row = Conv2D.from_kernels("sobel_x")(pad2d(slope, 1, mode=mode))[0, 0, 4]
        expected = [row[0], row[24], row[-1]]
        line = re.search(rf"^{mode}((?: +-?[\d.]+)+)$", out, re.MULTILINE)
        assert [float(v) for v in line[1].split()] == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_stride(done, stride):
    window = Window(3, stride=stride)
    stops, left_over = window.output_size(10, 10)[0], window.left_over(10, 10)[0]
    line = re.search(rf"^stride {stride}: .*$", printed(done, "05"), re.MULTILINE)[0]
    assert line.endswith(f"{stops} stops, {left_over} left over")


def test_channels(done):
    out = printed(done, "06")
    step = np.concatenate([0.2 + 0.6 * images.step(8), 0.8 - 0.6 * images.step(8)], axis=1)
    apart = Conv2D.from_kernels("sobel_x", in_channels=2, per_channel=True)(step)
    added = Conv2D.from_kernels("sobel_x", in_channels=2)(step)
    assert f"np.abs(apart).max() = {np.abs(apart).max():.2f}" in out
    assert f"np.abs(added(x)).max() = {np.abs(added).max():.2f}" in out
    assert f"np.abs(learnt(x)).max() = {np.abs(apart[:, 0] - apart[:, 1]).max():.2f}" in out


def test_own_kernel_and_picture(tmp_path):
    Image.linear_gradient("L").resize((120, 80)).save(tmp_path / "mine.png")
    result = run(
        *("07_your_own_kernel.py", tmp_path, "--picture", tmp_path / "mine.png"),
        *("--kernel", "wide = 1/4 * 1 2 1"),
    )
    assert result.returncode == 0, result.stderr
    assert "1/4 * [[1 2 1]]" in result.stdout
    assert "(1, 1, 80, 118)" in result.stdout
    check_picture(Image.open(tmp_path / "07_your_own_kernel.png"))


def test_convolution_turns_the_kernel(done):
    dot = np.zeros((1, 1, 5, 5))
    dot[0, 0, 2, 2] = 1
    kernel = np.arange(1.0, 10).reshape(3, 3)
    for turned in (kernel, kernels.flip(kernel)):
        assert str(conv2d(dot, turned[None, None])[0, 0]) in printed(done, "08")


def test_same_with_stride(done):
    row, middle = np.array([[[[1.0, 2, 3, 4, 5, 6]]]]), np.array([[[[0.0, 1, 0]]]])
    for padding in ("same", (0, 1)):
        found = conv2d(row, middle, stride=2, padding=padding)[0, 0, 0]
        assert f"the middles are on {found}" in printed(done, "09")


def test_four_ways(done):
    out = printed(done, "11")
    for name in ALGORITHMS:
        wrong = re.search(rf"^{name} .* ms here; wrong by (\S+) at most$", out, re.MULTILINE)
        assert float(wrong[1]) < 1e-5
    assert "9 multiplications for each value" in out
    tiles = math.ceil(254 / 4) ** 2
    products, transforms = 36 * tiles / 254**2, 36 * (36 + 16) * tiles / 254**2
    assert f"{products:.2f} for each value, and {transforms:.0f} to get there and back" in out
    differences = re.findall(r"differ from the map(?:'s)? by (\S+)$", out, re.MULTILINE)
    assert len(differences) == 2
    assert max(map(float, differences)) < 1e-6


def test_crossover(done):
    out = printed(done, "12")
    for shape in ((3, 128), (3, 3), (31, 1)):
        taps, channels = shape
        side = 95 + taps
        weight = (channels, channels, taps, taps)
        assert f"{choose_algorithm((1, channels, side, side), weight)}\n" in out
    measured, fastest = map(int, re.search(r"of (\d+) layers .* fastest for (\d+);", out).groups())
    assert fastest <= measured
    assert measured > 60  # which are measured follows from their size; who wins is the machine's


def check_learning(out, folder):
    """Check the sums that it shows, and that every epoch is a frame."""
    places, biases, lead = (
        float(re.search(rf"{words} (-?[\d.]+)", out)[1])
        for words in ("from the places", "from the biases", "a lead of")
    )
    assert places + biases == pytest.approx(lead, abs=2e-4)
    assert lead > 0  # that is why it is wrong
    by_hand, moved = re.search(r"by hand (-?[\d.]+); by moving .* (-?[\d.]+)$", out, re.M).groups()
    assert float(by_hand) == pytest.approx(float(moved), abs=2e-3 + 0.02 * abs(float(moved)))
    assert out.count("ledger ") == 2
    with Image.open(folder / "13_kernels.gif") as film:
        assert film.n_frames == int(re.search(r"^(\d+) epochs in ", out, re.M)[1]) + 1


def test_learning(done):
    check_learning(printed(done, "13"), done["13_learning.py"][1])


def test_learning_needs_no_other_package(tmp_path):
    result = run("13_learning.py", tmp_path, "--data", "shapes")
    assert result.returncode == 0, result.stderr
    assert "4,000 examples of 1x24x24 in 5 classes" in result.stdout
    check_learning(result.stdout, tmp_path)
    for path in tmp_path.glob("*.png"):
        check_picture(Image.open(path))


def test_running_again_replaces_the_picture(done, tmp_path):
    picture = tmp_path / "09_same_with_stride.png"
    picture.write_bytes(b"of an earlier run")
    assert run("09_same_with_stride.py", tmp_path).returncode == 0
    first = done["09_same_with_stride.py"][1] / picture.name
    assert picture.read_bytes() == first.read_bytes()  # the same bytes every time


def test_committed_pictures_are_up_to_date(done, make_pictures):
    """If this fails: `python examples/make_pictures.py`, look at the pictures, commit them."""
    drawn = {path.name: path for _, folder in done.values() for path in folder.glob("*.png")}
    assert {path.name for path in PICTURES.iterdir()} >= {*drawn, "kernels.png"}
    if "5,000 examples of 1x28x28" not in printed(done, "13"):  # no digits here to learn from
        drawn = {name: path for name, path in drawn.items() if not name.startswith("13")}
    stale = [
        name
        for name, path in drawn.items()
        if make_pictures.differs(PICTURES / name, make_pictures.reduced(path.read_bytes()))
    ]
    assert stale == []


def test_the_gallerys_lecture_has_every_script_once():
    gallery = EXAMPLES / "gallery"
    listed = re.findall(r"\]\((\w+\.py)\)", (gallery / "README.md").read_text())
    there = {path.name for path in gallery.glob("*.py")}
    assert len(listed) == len(set(listed))
    assert set(listed) == there


def test_the_readmes_pictures_of_the_gallery_are_up_to_date(make_pictures):
    for name, picture in make_pictures.gallery().items():
        assert not make_pictures.differs(PICTURES / name, picture), name


def test_a_stale_picture_would_be_found(make_pictures, tmp_path):
    path = PICTURES / "06_channels.png"
    picture = Image.open(path)
    assert not make_pictures.differs(path, picture)
    assert make_pictures.differs(tmp_path / "missing.png", picture)
    assert make_pictures.differs(PICTURES / "08_convolution_or_correlation.png", picture)
    changed = picture.convert("RGB")
    changed.paste("white", (600, 540, 760, 660))  # a feature map is gone
    for text in picture.text, {}:  # made with these versions, or with others
        words = make_pictures.PngImagePlugin.PngInfo()
        for key, value in text.items():
            words.add_text(key, value)
        changed.save(tmp_path / "changed.png", pnginfo=words)
        assert make_pictures.differs(tmp_path / "changed.png", picture)


def test_what_was_measured_may_come_out_otherwise(make_pictures, tmp_path):
    path = PICTURES / "12_crossover.png"
    picture = Image.open(path)
    (box,) = json.loads(picture.info["Measured"])
    corners = [round(v * n) for v, n in zip(box, picture.size * 2, strict=True)]
    for paste, expected in ((corners, False), ([corners[0] - 200, *corners[1:]], True)):
        changed = picture.convert("RGB")
        changed.paste("white", tuple(paste))
        assert changed.info["Measured"] == picture.info["Measured"]
        assert make_pictures.differs(path, changed) is expected


def test_committed_pictures_are_small():
    sizes = [path.stat().st_size for path in PICTURES.iterdir()]
    assert max(sizes) <= 300_000
    assert sum(sizes) <= 1_800_000


def test_readme_shows_every_example():
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| \[(\d\d_\w+\.py)\]", text, re.MULTILINE) == SCRIPTS
    linked = re.findall(r"\]\(([^)]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    assert [name for name in linked if not (EXAMPLES / name).is_file()] == []
    assert all(f'src="pictures/{script[:2]}_' in text for script in SCRIPTS)
