"""Animated GIFs: what another program reads back is what was put in."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from minicnn.errors import ConfigError, DTypeError, ShapeError
from minicnn.viz import new_figure
from minicnn.viz._gif import figure_frame, gif_bytes


def read(data):
    """Return a GIF's frames (H, W, 3) and how long each stands, as Pillow reads them."""
    image, frames, times = Image.open(io.BytesIO(data)), [], []
    for position in range(getattr(image, "n_frames", 1)):
        image.seek(position)
        times.append(image.info["duration"])
        frames.append(np.asarray(image.convert("RGB")))
    return frames, times


@st.composite
def films(draw):
    """Frames of few colours: a first one, then small changes, often none."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 300))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    colours = rng.integers(0, 256, (draw(st.integers(1, 255)), 3)).astype(np.uint8)
    frames = [colours[rng.integers(len(colours), size=(height, width))]]
    for _ in range(draw(st.integers(0, 5))):
        frame = frames[-1].copy()
        if draw(st.booleans()):
            top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
            patch = frame[top : top + 7, left : left + 9]
            patch[:] = colours[rng.integers(len(colours), size=patch.shape[:2])]
        frames.append(frame)
    return frames


@given(films(), st.integers(20, 400), st.integers(0, 3000))
def test_up_to_255_colours_come_back_exactly(frames, milliseconds, hold):
    found, times = read(gif_bytes(frames, milliseconds, hold=hold))
    shown = [i for i, f in enumerate(frames) if i == 0 or (f != frames[i - 1]).any()]
    assert len(found) == len(shown)
    for position, frame in zip(shown, found, strict=True):
        assert (frame == frames[position]).all()
    unit = round(milliseconds / 10) * 10
    stands = [unit * n for n in np.diff([*shown, len(frames)])]
    stands[-1] += hold // 10 * 10
    assert times == stands


@given(st.integers(0, 2**32), st.integers(2, 4))
def test_what_does_not_change_does_not_flicker(seed, count):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 256, (30, 50, 3)).astype(np.uint8)  # 1500 colours: a palette is shared
    first[:9] = 255  # the commonest is kept exactly
    frames = [first.copy() for _ in range(count)]
    for frame in frames[1:]:
        frame[20:, 10:20] = rng.integers(0, 256, (10, 10, 3))
    found, _ = read(gif_bytes(frames))
    assert len(found) == count
    still = np.ones((30, 50), bool)
    still[20:, 10:20] = False
    for frame in found:
        assert (frame[:9] == 255).all()
        assert (frame[still] == found[0][still]).all()
        assert abs(frame.astype(int) - first)[still].mean() < 25


def test_a_drawn_page_keeps_its_looks():
    """Thousands of colours, from letters' edges and from two ramps: none is far off."""
    rng = np.random.default_rng(0)
    page = np.full((200, 400, 3), 255, np.uint8)
    page[:40, :256] = np.arange(256)[:, None]  # greys
    page[40:80, :256] = np.stack([np.arange(256), 255 - np.arange(256) // 2, [80] * 256], axis=-1)
    edges = rng.integers(0, 200, 1500), rng.integers(260, 400, 1500)
    page[edges] = rng.integers(0, 256, (1500, 3))
    (found,), _ = read(gif_bytes([page]))
    error = np.abs(found.astype(int) - page).max(axis=-1)
    assert (error[page.min(axis=-1) == 255] == 0).all()  # white
    assert error[:80, :256].mean() < 4
    assert error[:80, :256].max() <= 12
    assert error.max() <= 90


def test_a_frame_forgotten_by_its_maker_is_not_changed_by_it():
    buffer = np.zeros((4, 5, 3), np.uint8)

    def frames():
        for shade in (0, 100, 200):
            buffer[1, 2] = shade
            yield buffer

    found, _ = read(gif_bytes(frames()))
    assert [frame[1, 2, 0] for frame in found] == [0, 100, 200]


def test_it_runs_for_ever_or_so_often_and_is_the_same_every_time():
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "blue")]
    data = gif_bytes(frames)
    assert data == gif_bytes(frames)
    assert Image.open(io.BytesIO(data)).info["loop"] == 0
    assert Image.open(io.BytesIO(gif_bytes(frames, loop=3))).info["loop"] == 3


def test_a_figure_is_a_frame():
    figure = new_figure(dpi=40)
    figure.set_size_inches(3, 2)
    figure.set_facecolor("#ff0000")
    frame = figure_frame(figure)
    assert frame.shape == (80, 120, 3)
    assert (frame == [255, 0, 0]).all()
    assert len(read(gif_bytes([frame, frame // 2]))[0]) == 2


FRAME = np.zeros((2, 3, 3), np.uint8)


@pytest.mark.parametrize(
    ("frames", "options", "error", "words"),
    [
        ([], {}, ConfigError, "at least one frame"),
        (3, {}, ConfigError, "must be a sequence of frames, got 3"),
        ([FRAME, FRAME * 1.0], {}, DTypeError, "frame 1 must be uint8"),
        ([FRAME[0]], {}, ShapeError, "frame 0 must be .H, W, 3."),
        ([FRAME, FRAME[:1]], {}, ShapeError, "frame 1 is 1 x 3, the first is 2 x 3"),
        ([FRAME[:0]], {}, ShapeError, "frame 0"),
        ([FRAME], {"milliseconds": 10}, ConfigError, "milliseconds must be .* at least 20"),
        ([FRAME], {"loop": -1}, ConfigError, "loop must be"),
        ([FRAME], {"hold": 0.5}, ConfigError, "hold must be"),
    ],
)
def test_wrong_calls(frames, options, error, words):
    with pytest.raises(error, match=words):
        gif_bytes(frames, **options)
