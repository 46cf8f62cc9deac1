"""The confusion matrix and the worst mistakes, counted by hand."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import Conv2D, Flatten, explain
from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.train import Dataset, cross_entropy, evaluate

SAME = Flatten()  # the inputs are the outputs


def given_outputs(outputs, targets, classes=()):
    return Dataset(np.asarray(outputs, float)[:, :, None, None], np.asarray(targets), classes)


@st.composite
def answers(draw):
    classes, n = draw(st.integers(2, 5)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    outputs = rng.normal(size=(n, classes)).round(1)
    if draw(st.booleans()):
        outputs[rng.integers(n), rng.integers(classes)] = np.nan
    return given_outputs(outputs, rng.integers(0, classes, n))


@given(data=answers())
def test_every_example_is_counted_once_and_where_it_belongs(data):
    found = explain.confusion(SAME, data)
    classes = data.x.shape[1]
    counts = np.zeros((classes, classes), int)
    lost = np.zeros(classes, int)
    for row, true in zip(data.x[:, :, 0, 0], data.targets, strict=True):
        if np.isnan(row).any():
            lost[true] += 1
        else:
            counts[true, int(row.argmax())] += 1
    np.testing.assert_array_equal(found.counts, counts)
    np.testing.assert_array_equal(found.unanswered, lost)
    assert len(found) == len(data)
    score = evaluate(SAME, data, loss=cross_entropy)
    assert found.accuracy == score.accuracy
    mixed = found.mix_ups()
    assert [one.count for one in mixed] == sorted((one.count for one in mixed), reverse=True)
    assert sum(one.count for one in mixed) + found.right + lost.sum() == len(data)


@given(data=answers(), count=st.integers(0, 6))
def test_the_worst_mistakes_are_those_of_the_largest_loss(data, count):
    found = explain.worst_mistakes(SAME, data, count)
    outputs = data.x[:, :, 0, 0]
    losses = np.array(
        [cross_entropy(row[None], true[None])[0]
         for row, true in zip(outputs, data.targets, strict=True)]
    )  # fmt: skip
    right = (outputs.argmax(axis=1) == data.targets) & ~np.isnan(outputs).any(axis=1)
    assert found.wrong == int((~right).sum())
    assert len(found) == min(count, found.wrong)
    ranked = sorted(np.nan_to_num(losses[~right], nan=np.inf), reverse=True)
    mine = [np.inf if np.isnan(one.loss) else one.loss for one in found]
    np.testing.assert_allclose(mine, ranked[: len(found)], rtol=1e-6)
    for one in found:
        assert one.true_class == data.targets[one.index]
        np.testing.assert_array_equal(one.picture, data.x[one.index])
        if one.loss == one.loss:
            assert one.taken_for_class == outputs[one.index].argmax()
            assert one.true_probability == pytest.approx(np.exp(-one.loss), rel=1e-6)


def test_by_hand():
    data = given_outputs([[2, 0], [0, 1], [3, 1], [0, 0.1]], [0, 1, 1, 0], ("cat", "dog"))
    found = explain.confusion(SAME, data)
    assert found.counts.tolist() == [[1, 1], [1, 1]]
    assert found.recall.tolist() == found.precision.tolist() == [0.5, 0.5]
    assert found.mix_ups(1) == [explain.MixUp("cat", "dog", 1, 0.5)]
    mistakes = explain.worst_mistakes(SAME, data)
    assert [one.index for one in mistakes] == [2, 3]
    assert str(mistakes[0]) == "example 2: dog taken for cat, 88 % sure; dog 12 %"


def test_the_tables_text():
    counts = np.array([[8, 2, 0], [0, 5, 0], [1, 0, 0]])
    found = explain.Confusion(counts, np.array([0, 1, 0]), ("cat", "dog", "\u732b"))
    text = str(found)
    lines = text.splitlines()
    assert lines[0] == "13 of 17 right (76.5 %), 3 classes"
    assert lines[1] == "no answer (NaN) for 1"
    assert lines[5].split() == ["cat", "8", "2", ".", "10", "80.0", "%"]
    assert lines[6].split() == ["dog", ".", "5", ".", "6", "83.3", "%"]
    assert "    cat taken for dog: 2 times, 20.0 %" in lines
    assert text.isascii()
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.worst() == [2, 0, 1]


@pytest.mark.parametrize("classes", [2, 10, 12, 13, 100])
def test_any_number_of_classes_fits_a_terminal(classes):
    rng = np.random.default_rng(0)
    names = tuple(f"{'long ' * 20}{i}" for i in range(classes))
    found = explain.Confusion(
        rng.integers(0, 9999, (classes, classes)), np.zeros(classes, int), names
    )
    assert max(map(len, str(found).splitlines())) <= 80
    outputs = rng.normal(size=(50, classes))
    mistakes = explain.worst_mistakes(
        SAME, given_outputs(outputs, rng.integers(0, classes, 50), names)
    )
    assert max(map(len, str(mistakes).splitlines())) <= 80


def test_no_mistakes_and_a_class_without_examples():
    data = given_outputs([[2, 0, 0], [0, 1, 0]], [0, 1], ("a", "b", "c"))
    found = explain.confusion(SAME, data)
    assert np.isnan(found.recall[2])
    assert "no class is taken for another" in str(found)
    assert str(explain.worst_mistakes(SAME, data)) == "no mistakes in 2 examples"
    json.dumps(found.to_dict(), allow_nan=False)


def test_more_outputs_than_names_get_numbers():
    data = given_outputs([[0, 0, 1]], [0], ("a", "b"))
    assert explain.confusion(SAME, data).mix_ups()[0].taken_for == "2"


def test_no_answer_is_the_worst():
    data = given_outputs([[50, 0], [np.nan, 0], [1, 0]], [1, 1, 0])
    found = explain.worst_mistakes(SAME, data)
    assert [one.index for one in found] == [1, 0]
    assert str(found[0]) == "example 1: 1, no answer (NaN)"
    json.dumps(found.to_dict(), allow_nan=False)


def test_wrong_calls():
    data = given_outputs([[2, 0]], [0])
    for function in (explain.confusion, explain.worst_mistakes):
        with pytest.raises(ConfigError, match="takes a model"):
            function(3, data)
        with pytest.raises(ConfigError, match="0 to 1"):
            function(SAME, given_outputs([[2, 0]], [2]))
        with pytest.raises(DTypeError, match="integers"):
            function(SAME, (data.x, np.array([0.5])))
        with pytest.raises(ShapeError, match="a number a class"):
            function(Conv2D(2, 2, 1, rng=0), data)
    with pytest.raises(ConfigError, match="count"):
        explain.worst_mistakes(SAME, data, -1)
