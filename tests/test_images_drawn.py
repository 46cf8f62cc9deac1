"""Pictures drawn by code: known values, symmetries, and wrong calls."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicnn import images
from minicnn.errors import ConfigError, LimitError, MiniCNNError

DRAWN = {
    name: getattr(images, name)
    for name in ("disc", "checkerboard", "stripes", "gradient", "step", "test_card")
}


@pytest.mark.parametrize("name", DRAWN)
def test_shape_dtype_and_range(name):
    for size, shape in [((70, 91), (70, 91)), (80, (80, 80)), ([91, 64], (91, 64))]:
        x = DRAWN[name](size)
        assert x.shape == (1, 1, *shape)
        assert x.dtype == np.float32
        assert x.flags.c_contiguous
        assert x.flags.writeable
        assert x.min() >= 0
        assert x.max() <= 1
        assert x.max() - x.min() > 0.9
        assert x.tobytes() == DRAWN[name](size).tobytes()
    x[:] = 7
    assert DRAWN[name]((91, 64)).max() <= 1


def test_a_disc_is_symmetric_and_covers_its_area():
    x = images.disc((60, 80), radius=20.3)[0, 0]
    np.testing.assert_array_equal(x, x[::-1])
    np.testing.assert_array_equal(x, x[:, ::-1])
    assert x.sum() == pytest.approx(np.pi * 20.3**2, rel=2e-3)
    np.testing.assert_array_equal(images.disc(61)[0, 0], images.disc(61)[0, 0].T)
    assert x[30, 40] == 1
    assert x[0, 0] == 0


def test_a_disc_goes_where_it_is_told():
    x = images.disc((9, 12), radius=1, centre=(2, 7))[0, 0]
    assert np.unravel_index(x.argmax(), x.shape) == (2, 7)
    assert x[2, 6] == x[2, 8] == x[1, 7] == x[3, 7] == 0.5


def test_a_checkerboard():
    x = images.checkerboard((6, 12), square=(2, 3))[0, 0]
    assert set(np.unique(x)) == {0, 1}
    assert x[0, 0] == x[1, 2] == x[2, 3] == 0
    assert x[0, 3] == x[2, 0] == 1


def test_stripes_turn():
    upright = images.stripes((9, 30), period=6)[0, 0]
    np.testing.assert_array_equal(upright, np.broadcast_to(upright[0], (9, 30)))
    np.testing.assert_allclose(upright[:, 6:], upright[:, :-6], atol=1e-6)
    level = images.stripes((30, 9), period=6, angle=90)[0, 0]
    np.testing.assert_array_equal(level, upright.T)
    # Counter-clockwise: at 45 degrees brightness changes towards the upper right,
    # and not along the other diagonal.
    slanted = images.stripes(30, period=6, angle=45)[0, 0]
    np.testing.assert_allclose(slanted[1:, 1:], slanted[:-1, :-1], atol=1e-5)


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 200])
def test_hard_stripes_are_half_white(angle):
    x = images.stripes(240, period=12, angle=angle, profile="square")
    assert x.mean() == pytest.approx(0.5, abs=0.02)
    assert ((x == 0) | (x == 1)).mean() > 0.6


def test_gradients():
    for angle, corner in [(0, (0, -1)), (90, (0, 0)), (180, (0, 0)), (270, (-1, 0)), (45, (0, -1))]:
        x = images.gradient((20, 30), angle=angle)[0, 0]
        assert x[corner] == 1
        assert x.min() == 0
        for axis in (0, 1):  # steady
            slope = np.diff(x, axis=axis)
            np.testing.assert_allclose(slope, slope.flat[0], atol=1e-6)
    assert images.gradient(1).item() == 0


def test_steps():
    assert images.step((2, 7))[0, 0].sum(axis=1).tolist() == [4, 4]
    assert images.step((2, 7), column=6)[0, 0].tolist() == [[0] * 6 + [1]] * 2
    assert images.step((3, 2), row=1)[0, 0].tolist() == [[0, 0], [1, 1], [1, 1]]


@pytest.mark.parametrize("size", [64, (64, 200), (300, 128), 256, 512])
def test_every_kernel_finds_something_on_the_card(size):
    x = images.test_card(size)[0, 0].astype(float)
    level, upright = np.diff(x, axis=0), np.diff(x, axis=1)
    falling, rising = x[1:, 1:] - x[:-1, :-1], x[1:, :-1] - x[:-1, 1:]
    for edges in (level, upright, falling, rising):
        assert edges.max() > 0.7
        assert edges.min() < -0.7
        assert (abs(edges) > 0.1).mean() > 0.05
        assert (abs(edges) < 0.01).mean() > 0.2  # and quiet places to compare with
    assert x.min() == 0
    assert x.max() == 1


def test_the_photograph():
    x = images.photograph()
    assert x.shape == (1, 3, 600, 512)
    assert x.min() < 0.05
    assert x.max() > 0.95
    assert images.photograph(channels=1).shape == (1, 1, 600, 512)
    with pytest.raises(ConfigError, match="channels"):
        images.photograph(channels=2)


def test_a_matplotlib_without_it(monkeypatch):
    monkeypatch.setattr(images.reading, "find_spec", lambda name: None)
    with pytest.raises(MiniCNNError, match=r"use images.test_card\(\)"):
        images.photograph()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: images.disc(radius=0), "radius must be a number above 0, got 0"),
        (lambda: images.disc(radius=float("nan")), "radius"),
        (lambda: images.disc(centre=3), r"centre must be \(row, column\)"),
        (lambda: images.disc(centre=(1, None)), r"centre\[1\] must be a number"),
        (lambda: images.checkerboard(square=0), "square must be"),
        (lambda: images.stripes(period=1.9), "at least 2 pixels"),
        (lambda: images.stripes(period="3"), "period must be a number"),
        (lambda: images.stripes(angle=float("inf")), "angle must be a number"),
        (lambda: images.stripes(angle=10**400), "angle must be a number"),
        (lambda: images.stripes(profile="saw"), "profile must be one of 'sine', 'square'"),
        (lambda: images.gradient(angle=None), "angle must be a number"),
        (lambda: images.step(row=1, column=1), "one edge"),
        (lambda: images.step(column=1.5), "column must be an integer"),
        (lambda: images.test_card(63), "at least 64"),
    ],
)
def test_wrong_calls(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


@pytest.mark.parametrize("name", DRAWN)
def test_sizes_beyond_all_memory(name):
    with pytest.raises(LimitError, match="1000000 x 1000000"):
        DRAWN[name](10**6)


@given(
    st.sampled_from(sorted(DRAWN)),
    st.one_of(
        st.none(), st.text(), st.floats(), st.integers(max_value=80),
        st.lists(st.integers(-2, 80), max_size=3), st.booleans(),
    ),
)  # fmt: skip
def test_only_our_errors(name, size):
    try:
        x = DRAWN[name](size)
    except MiniCNNError:
        return
    assert np.isfinite(x).all()
