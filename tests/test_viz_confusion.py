"""The confusion matrix and the worst mistakes as figures."""

import itertools

import numpy as np
import pytest

from minicnn import Flatten, explain, viz
from minicnn.errors import ConfigError, ShapeError
from minicnn.train import Dataset
from minicnn.viz._style import ALARM

COUNTS = np.array([[8, 2, 0], [1, 9, 0], [0, 4, 6]])
NAMES = ("cat", "dog", "cow")


def record(counts=COUNTS, names=NAMES, lost=None):
    lost = np.zeros(len(counts), int) if lost is None else np.array(lost)
    return explain.Confusion(np.asarray(counts), lost, names)


def matrix(found, **options):
    return viz.plot_confusion(found, figure=viz.new_figure(), **options)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def shares_of(figure):
    (image,) = (one for one in figure.axes[0].images if one.get_gid() == "confusion")
    return image


def test_the_colours_are_the_shares_of_mistakes_from_0_to_the_largest():
    image = shares_of(matrix(record()))
    expected = [[0, 0.2, 0], [0.1, 0, 0], [0, 0.4, 0]]
    np.testing.assert_allclose(image.get_array(), expected)
    assert (image.norm.vmin, image.norm.vmax) == (0.0, 0.4)


def test_the_colour_bar_is_in_per_cent_and_the_title_as_the_text():
    found = record(np.array([[1908, 92], [10, 990]]), ("a", "b"))
    figure = matrix(found)
    bar = figure.axes[1]
    assert [label.get_text() for label in bar.get_xticklabels()] == ["0 %", "4.6 %"]
    title = texts(figure)[0]
    assert title == "2,898 of 3,000 right: 96.6 %"
    assert title.split(": ")[1] in str(found).splitlines()[0]


def test_shares_are_of_the_true_class_with_those_that_were_not_answered():
    image = shares_of(matrix(record(lost=[10, 0, 0])))
    assert image.get_array()[0, 1] == 0.1


def test_counts_shares_names_and_totals_are_written():
    found = texts(matrix(record()))
    for text in (
        "8",
        "80 %",
        "2",
        "20 %",
        "4",
        "40 %",
        *NAMES,
        "10",
        "right",
        "23 of 30 right: 76.7 %",
    ):
        assert text in found
    assert found.count("cat") == 2  # a row and a column
    assert found[-3:] == ["cow as dog: 4 (40 %)", "cat as dog: 2 (20 %)", "dog as cat: 1 (10 %)"]


def test_the_worst_first():
    found = matrix(record(), sort="worst")
    np.testing.assert_allclose(
        shares_of(found).get_array(), [[0, 0, 0.4], [0, 0, 0.2], [0, 0.1, 0]]
    )
    rows = [text.get_text() for text in found.axes[0].texts if text.get_ha() == "right"]
    assert rows[:3] == ["cow", "cat", "dog"]
    with pytest.raises(ConfigError, match="sort must be one of"):
        matrix(record(), sort="name")


def test_the_diagonal_has_no_colour():
    figure = matrix(record())
    white = [
        p for p in figure.axes[0].patches if p.get_facecolor()[:3] == (1, 1, 1) and p.get_fill()
    ]
    assert len([p for p in white if p.get_facecolor()[3]]) == 3


def test_what_is_not_answered_and_classes_without_examples_are_said():
    figure = matrix(record(np.array([[3, 0], [0, 0]]), ("a", "b"), [2, 0]))
    red = [text.get_text() for text in figure.axes[0].texts if text.get_color() == ALARM]
    assert red == ["2 NaN", "none"]
    assert "No class is taken for another." in texts(figure)
    assert len(figure.axes) == 1  # no colour bar


@pytest.mark.parametrize("classes", [2, 3, 10, 30, 100, 1000])
def test_any_number_of_classes_fits_the_page(classes):
    rng = np.random.default_rng(0)
    names = tuple(f"a rather long name {i}" for i in range(classes))
    figure = matrix(record(rng.integers(0, 2000, (classes, classes)), names))
    figure.draw_without_rendering()
    for text in figure.axes[0].texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1, text.get_text()
        assert box.y0 >= 0
        assert box.y1 <= figure.bbox.y1
    assert ("Drawn smaller" in " ".join(texts(figure))) == (classes == 1000)


@pytest.mark.parametrize("classes", [10, 60, 100])
def test_the_names_of_columns_do_not_overlap(classes):
    figure = matrix(record(np.eye(classes, dtype=int), tuple(map(str, range(classes)))))
    figure.draw_without_rendering()
    middle = [text for text in figure.axes[0].texts if text.get_ha() == "center"]
    top = min(text.get_position()[1] for text in middle)
    boxes = [text.get_window_extent() for text in middle if text.get_position()[1] == top]
    assert len(boxes) >= 10
    assert all(a.x1 <= b.x0 for a, b in itertools.pairwise(boxes))


def test_wrong_calls():
    with pytest.raises(ConfigError, match=r"explain\.confusion\(model, data\)"):
        matrix(3)
    with pytest.raises(ConfigError, match=r"explain\.worst_mistakes\(model, data\)"):
        viz.plot_mistakes(3)
    with pytest.raises(ConfigError, match="title"):
        matrix(record(), title=3)


def mistakes_of(n=4, channels=1, classes=2, right=False, count=12, names=None):
    rng = np.random.default_rng(0)
    x = rng.random((n, channels, 5, 4)).astype(np.float32)
    width = 20 * channels
    targets = x.reshape(n, width)[:, :classes].argmax(axis=1)
    targets = targets if right else (targets + 1) % classes
    names = names or tuple(f"class {i}" for i in range(width))
    return explain.worst_mistakes(Head(classes), Dataset(x, targets, names), count)


class Head(Flatten):
    """The first numbers of a picture, as what is said of the classes."""

    def __init__(self, classes):
        super().__init__()
        self.classes = classes

    def __call__(self, x):
        return super().__call__(x)[:, : self.classes]


def mistakes_figure(found, **options):
    return viz.plot_mistakes(found, figure=viz.new_figure(), **options)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_pictures_and_what_is_said_of_them(channels):
    found = mistakes_of(channels=channels)
    figure = mistakes_figure(found)
    images = figure.axes[0].images
    assert len(images) == 4
    for one, image in zip(found, images, strict=True):
        seen = one.picture[0] if channels == 1 else np.moveaxis(one.picture, 0, -1)
        np.testing.assert_allclose(image.get_array(), seen)
    words = texts(figure)
    assert words[0] == "4 mistakes in 4 examples"
    first = found[0]
    start = f"{first.true} taken for {first.taken_for}: {round(100 * first.probability)} %"
    assert start in words
    assert any(f"{first.true}: {round(100 * first.true_probability)} %" in text for text in words)
    assert any(f"example {first.index}" in text for text in words)


def test_no_mistakes_and_none_shown():
    figure = mistakes_figure(mistakes_of(right=True))
    assert texts(figure) == ["No mistakes in 4 examples", "Every example is answered rightly."]
    assert texts(mistakes_figure(mistakes_of(count=0)))[1] == "None of them is shown."


def test_some_of_many_and_long_names_fit():
    names = tuple(f"{'long ' * 15}{i}" for i in range(20))
    for found in (mistakes_of(40, count=12, names=names), mistakes_of(2, count=1)):
        figure = mistakes_figure(found)
        figure.draw_without_rendering()
        for text in figure.axes[0].texts:
            assert text.get_window_extent().x1 <= figure.bbox.x1
    assert "The 12 worst, the worst first." in " ".join(texts(mistakes_figure(mistakes_of(40))))


def test_other_channels_are_refused():
    x = np.zeros((1, 2, 3, 3))
    found = explain.worst_mistakes(Head(2), Dataset(x, np.array([1])))
    with pytest.raises(ShapeError, match="1 or 3 channels"):
        mistakes_figure(found)


def test_no_answer():
    x = np.full((1, 1, 5, 4), np.nan)
    found = explain.worst_mistakes(Head(2), Dataset(x, np.array([1]), ("a", "b")))
    words = texts(mistakes_figure(found))
    assert "b: no answer (NaN)" in words
    assert any("loss NaN" in text for text in words)


def test_no_mistakes_are_white_and_more_are_darker():
    scale = shares_of(matrix(record()))
    light = scale.cmap(np.linspace(0, 1, 50))[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert light[0] == pytest.approx(1)
    assert np.all(np.diff(light) < 0)


def test_columns_whose_names_would_be_cut_short_are_as_the_rows():
    names = tuple(f"class {i}" for i in range(30))
    found = texts(matrix(record(np.ones((30, 30), int), names, [0] * 30)))
    assert "taken for: as the rows" in found
    assert not [text for text in found if "…" in text or "..." in text]
