"""Curves of a run of learning: their data, their scales, the best epoch, and why it stopped."""

import numpy as np
import pytest

from minicnn import Conv2D, Flatten, Linear, Sequential, train, viz
from minicnn.errors import ConfigError
from minicnn.train import Epoch


def epochs(count, *, tried=True, accuracy=True, loss=lambda n: 1 / n):
    right = 0.5 if accuracy else None
    return [
        Epoch(
            n, loss(n), right, loss(n) + 0.1 if tried else None, right if tried else None, 0.1, 1.0
        )
        for n in range(1, count + 1)
    ]


def curves(what, **options):
    return viz.plot_learning_curves(what, figure=viz.new_figure(), **options)


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


@pytest.mark.parametrize("count", [1, 2, 12, 40, 100])
def test_the_lines_are_the_history(count):
    history = epochs(count)
    figure = curves(history)
    _, loss, accuracy = figure.axes
    for ax, name in ((loss, "loss"), (accuracy, "accuracy")):
        found = lines(ax)
        numbers = [e.number for e in history]
        np.testing.assert_allclose(found["training"].get_xdata(), np.array(numbers) - 0.5)
        np.testing.assert_allclose(
            found["training"].get_ydata(), [getattr(e, name) for e in history]
        )
        np.testing.assert_allclose(found["validation"].get_xdata(), numbers)
        np.testing.assert_allclose(
            found["validation"].get_ydata(), [getattr(e, f"validation_{name}") for e in history]
        )


def test_logarithmic_or_linear_and_it_says_which():
    few, many = epochs(3), epochs(30, tried=False)
    assert curves(few).axes[1].get_yscale() == "linear"
    assert "Loss, linear scale from 0" in texts(curves(few))
    assert curves(many).axes[1].get_yscale() == "log"
    assert "Loss, logarithmic scale" in texts(curves(many))
    assert curves(many, log=False).axes[1].get_yscale() == "linear"
    assert curves(few, log=True).axes[1].get_yscale() == "log"
    assert {ax.get_yscale() for ax in (curves(many).axes[2], curves(few).axes[2])} == {"linear"}
    with pytest.raises(ConfigError, match="losses above 0"):
        curves(epochs(3, loss=lambda n: 1 - n), log=True)


def test_the_axes_hold_all_values_and_accuracy_ends_at_1():
    for history in (epochs(3), epochs(30), epochs(3, loss=lambda n: -n)):
        _, loss, accuracy = curves(history).axes
        low, high = loss.get_ylim()
        values = [v for e in history for v in (e.loss, e.validation_loss)]
        assert low <= min(values)
        assert high >= max(values)
        assert accuracy.get_ylim() == (0.4, 1.0)


def test_the_best_epoch_is_marked_in_both_panels():
    history = epochs(4, loss=lambda n: abs(n - 3) + 0.5)
    figure = curves(history)
    for ax in figure.axes[1:]:
        assert lines(ax)["best"].get_xdata()[0] == 3
    found = texts(figure)
    assert "Best: epoch 3, by its validation loss, 0.6000, accuracy 0.5000." in found
    assert "epoch 3: 0.6" in found
    assert "best" not in lines(curves(epochs(4, tried=False)).axes[1])


def run(**options):
    rng = np.random.default_rng(0)
    data = rng.random((20, 1, 4, 4)), rng.integers(0, 2, 20)
    model = Sequential(Conv2D(1, 2, 3, rng=0), Flatten(), Linear(8, 2, rng=0))
    return train.fit(model, data, rng=0, **options)


def test_why_it_stopped():
    stopped = run(epochs=5, callbacks=[lambda record, model: record.number == 2])
    found = texts(curves(stopped))
    assert found[0] == "2 epochs of learning"
    assert "Stopped by a callback, after epoch 2." in found
    assert len(curves(stopped).axes[1].lines[0].get_xdata()) == 2


def test_a_run_that_diverged_at_once():
    lost = run(epochs=3, loss=lambda outputs, targets: (np.nan, outputs))
    assert lost.stopped == "diverged"
    figure = curves(lost)
    assert len(figure.axes) == 1
    found = " ".join(texts(figure))
    assert "Diverged in epoch 1" in found
    assert "no epoch was finished" in found
    figure.draw_without_rendering()
    lowest = min(t.get_window_extent().y0 for t in figure.axes[0].texts if t.get_text())
    assert 12 < lowest / 150 * 72 < 24  # the margin, and no more


def test_numbers_that_are_none_leave_gaps():
    history = epochs(3, loss=lambda n: np.inf if n == 2 else 1 / n)
    ax = curves(history).axes[1]
    assert np.isnan(lines(ax)["training"].get_ydata()).tolist() == [False, True, False]
    assert np.isfinite(ax.get_ylim()).all()


def test_without_accuracy_there_is_one_panel():
    assert len(curves(epochs(3, accuracy=False)).axes) == 2
    assert len(curves(epochs(3)).axes) == 3


@pytest.mark.parametrize("count", [1, 3, 40])
def test_nothing_leaves_the_page(count):
    figure = curves(epochs(count))
    figure.draw_without_rendering()
    every = [*figure.axes[0].texts, *(t for ax in figure.axes[1:] for t in ax.get_xticklabels())]
    every += [t for ax in figure.axes[1:] for t in ax.get_yticklabels()]
    for text in every:
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1, text.get_text()
        assert figure.bbox.y0 <= box.y0


def test_wrong_calls():
    for wrong in (3, "run", [1]):
        with pytest.raises(ConfigError, match=r"what train\.fit returns"):
            curves(wrong)
    with pytest.raises(ConfigError, match="log"):
        curves(epochs(2), log=3)


@pytest.mark.parametrize("tried", [True, False])
def test_who_chose_the_best_epoch_is_said(tried):
    said = " ".join(texts(curves(epochs(3, tried=tried))))
    assert ("does not learn from, but that choose the best epoch." in said) == tried
