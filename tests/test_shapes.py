"""The size formula, counted out; "same"; what is left over; what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pairs

from minicnn.errors import ConfigError, ShapeError
from minicnn.shapes import Window, integer, pair, same_padding, sides

WORKED_BY_HAND = [
    # n, k, s, p (both sides), d -> stops, left over
    (100, 3, 1, 0, 1, 98, 0),
    (100, 3, 2, 0, 1, 49, 1),
    (5, 3, 1, 0, 1, 3, 0),
    (5, 3, 1, 1, 1, 5, 0),
    (7, 3, 2, 0, 1, 3, 0),
    (8, 3, 2, 0, 1, 3, 1),
    (8, 3, 3, 0, 1, 2, 2),
    (224, 7, 2, 3, 1, 112, 0),
    (227, 11, 4, 0, 1, 55, 0),
    (28, 5, 1, 2, 1, 28, 0),
    (10, 3, 1, 0, 4, 2, 0),
    (1, 1, 5, 0, 1, 1, 0),
    (6, 2, 5, 0, 1, 1, 4),
]


@pytest.mark.parametrize(("n", "k", "s", "p", "d", "stops", "left"), WORKED_BY_HAND)
def test_worked_by_hand(n, k, s, p, d, stops, left):
    window = Window(k, s, p, d)
    assert window.output_size(n, n) == (stops, stops)
    assert window.left_over(n, n) == (left, left)


def count_stops(n, k, s, before, after, d):
    """Slide the window and count: where it stops, and which pixels are behind its last reach."""
    positions = list(range(-before, n + after))
    stops = [i for i in range(0, len(positions), s) if i + d * (k - 1) < len(positions)]
    last = positions[stops[-1] + d * (k - 1)]
    return len(stops), sum(1 for pixel in range(n) if pixel > last)


@given(st.data())
def test_the_formula_is_what_sliding_gives(data):
    (k, k2), (s, s2), (d, d2) = (data.draw(pairs(1, 5)) for _ in range(3))
    (p, q), (p2, q2) = (data.draw(pairs(0, 3)) for _ in range(2))
    n = data.draw(st.integers(max(1, d * (k - 1) + 1 - p - q), 30))
    m = data.draw(st.integers(max(1, d2 * (k2 - 1) + 1 - p2 - q2), 30))
    window = Window((k, k2), (s, s2), ((p, q), (p2, q2)), (d, d2))
    rows, columns = count_stops(n, k, s, p, q, d), count_stops(m, k2, s2, p2, q2, d2)
    assert window.output_size(n, m) == (rows[0], columns[0])
    assert window.left_over(n, m) == (rows[1], columns[1])


@given(st.data())
def test_in_ceil_mode_the_last_stop_may_hang_over(data):
    n, k, s, d = (data.draw(st.integers(1, high)) for high in (20, 5, 5, 3))
    before, after = data.draw(pairs(0, k // 2))
    span = d * (k - 1) + 1
    starts = list(range(-before, n, s))  # on the picture, or on the padding before it
    within = [i for i in starts if i + span <= n + after]
    over = starts[len(within) : len(within) + 1]
    if within and within[-1] + span == n + after:
        over = []  # nothing is left to be reached
    if not within and n + before + after + s <= span:
        return  # it does not fit
    if not within + over:
        return
    window = Window((k, 1), (s, 1), ((before, after), (0, 0)), (d, 1), ceil_mode=True)
    assert window.output_size(n, 1)[0] == len(within + over)
    last = (within + over)[-1] + span
    assert window.left_over(n, 1)[0] == max(0, n - last)


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 5), st.integers(1, 3))
def test_same_gives_a_stop_for_every_stride(n, k, s, d):
    before, after = same_padding(n, k, s, d)
    assert after - before in (0, 1)
    window = Window.over(n, 1, (k, 1), (s, 1), "same", (d, 1))
    assert window.padding[0] == (before, after)
    assert window.output_size(n, 1)[0] == -(-n // s)


def test_same_with_stride_is_tensorflows_rule():
    assert same_padding(224, kernel=7, stride=2, dilation=1) == (2, 3)
    assert same_padding(5, kernel=2, stride=1, dilation=1) == (0, 1)


def test_valid_is_no_padding():
    assert Window.over(5, 6, 3, padding="valid") == Window(3)


def test_a_picture_that_is_never_reached_is_left_over_whole():
    window = Window(1, stride=5, padding=((3, 0), (0, 0)))  # its one stop is on the padding
    assert window.output_size(1, 1) == (1, 1)
    assert window.left_over(1, 1) == (1, 0)


def test_a_window_larger_than_the_picture_is_refused_with_the_sizes():
    with pytest.raises(
        ShapeError, match=r"(?s)larger than the picture.*4 x 9.*5 x 3.*padding="
    ) as e:
        Window((3, 3), padding=0, dilation=(2, 1)).output_size(4, 9)
    assert "dilation (2, 1)" in str(e.value)


def test_strict_names_what_would_be_lost():
    Window(3, 2).check_strict(7, 7)
    with pytest.raises(ShapeError, match="strict=True: 1 row and 0 columns of the 8 x 7 picture"):
        Window(3, 2).check_strict(8, 7)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2, ((2, 2), (2, 2))),
        ((1, 2), ((1, 1), (2, 2))),
        ([(0, 1), (2, 3)], ((0, 1), (2, 3))),
        ((0, 1, 2, 3), ((0, 1), (2, 3))),
        (((0, 1), 2), ((0, 1), (2, 2))),
        (np.array([[0, 1], [2, 3]]), ((0, 1), (2, 3))),
    ],
)
def test_sides(value, expected):
    assert sides("padding", value) == expected


@pytest.mark.parametrize("value", [-1, 1.5, True, "1", None, (1, 2, 3), (1, -1), ((1, 2), "a"), ()])
def test_sides_refuses(value):
    with pytest.raises(ConfigError, match=r"padding"):
        sides("padding", value)


@pytest.mark.parametrize(
    "value", [0, -1, 1.0, True, np.bool_(True), "3", None, np.float32(2), np.array(2)]
)
def test_integer_refuses(value):
    with pytest.raises(ConfigError, match="stride must be an integer of at least 1, got "):
        integer("stride", value, least=1)


def test_integer_takes_numpys():
    assert type(integer("stride", np.int16(3), least=1)) is int


@pytest.mark.parametrize("value", [(1,), (1, 2, 3), "ab", 0, (1, 0)])
def test_pair_refuses(value):
    with pytest.raises(ConfigError, match="stride"):
        pair("stride", value, least=1)


@pytest.mark.parametrize("padding", ["full", "SAME", 1.5, None])
def test_padding_words(padding):
    with pytest.raises(ConfigError, match="padding must be"):
        Window.over(5, 5, 3, padding=padding)


def test_windows_are_values():
    assert Window(3, 1, 1) == Window((3, 3), (1, 1), ((1, 1), (1, 1)))
    assert hash(Window(3)) == hash(Window((3, 3)))
    with pytest.raises(AttributeError):
        Window(3).stride = (2, 2)


@pytest.mark.parametrize("size", [("a", 9), (9, None), (2.5, 9), (-1, 9), (10**30, 9)])
def test_a_pictures_size_is_checked(size):
    for ask in (Window(3).output_size, Window(3).left_over, Window(3).fits, Window(3).padded_size):
        with pytest.raises(ConfigError, match=r"height must be|width must be"):
            ask(*size)
    with pytest.raises(ConfigError, match=r"height must be|width must be"):
        Window.over(*size, 3)
