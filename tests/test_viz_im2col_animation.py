"""The im2col atlas in motion: what is there at which moment, by the colours of single dots."""

import io

import numpy as np
import pytest
from PIL import Image

from minicnn import Conv2D, viz
from minicnn.errors import ConfigError, OutputError
from minicnn.explain import im2col_atlas
from minicnn.viz._im2col_colours import pale
from minicnn.viz._im2col_moving import Reel

DPI = 72


def atlas_of(channels=1, filters=1, size=(4, 5), **options):
    x = np.random.default_rng(1).integers(0, 10, (1, channels, *size)).astype(float)
    return im2col_atlas(Conv2D(channels, filters, 3, rng=0, **options), x)


ATLASES = {
    "one channel": atlas_of(),
    "stride and padding": atlas_of(2, 2, (5, 5), stride=2, padding=1),
    "dilation and groups": atlas_of(2, 2, (6, 7), dilation=2, groups=2),
}


def reel_of(atlas):
    return Reel(atlas, 0, 0, "title", DPI)


def colour(frame, x, y):
    """Return the colour of the dot at a point of the page."""
    return np.array(frame.getpixel((int(x * DPI / 72), int(y * DPI / 72)))) / 255


def is_tint(found, expected):
    return np.abs(found - expected).max() < 0.02


@pytest.mark.parametrize("atlas", ATLASES.values(), ids=ATLASES)
def test_columns_fill_one_by_one_and_so_do_the_values(atlas):
    reel = reel_of(atlas)
    count, filters = atlas.columns.shape[1], len(atlas.weight)
    assert len(reel.moments) == count + filters * count
    tints, layout = pale(count), reel.sheet.layout
    x, y = layout.columns
    cell, at = layout.cell, 0.16 * layout.cell  # beside the number, inside the frame
    padded = atlas.sources < 0
    for position in range(0, len(reel.moments), 5):
        frame = reel.frame(position)
        for column in range(count):
            row = int((~padded[:, column]).argmax())
            found = colour(frame, x + column * cell + at, y + (row + 0.16) * cell)
            expected = tints[column] if column <= position else np.ones(3)
            assert is_tint(found, expected), (position, column)
        left, top = layout.output
        for o, p in np.ndindex(filters, count):
            done = position - count >= o * count + p
            found = colour(frame, left + p * cell + at, top + (o + 0.16) * cell)
            assert is_tint(found, tints[p] if done else np.ones(3)), (position, o, p)


@pytest.mark.parametrize("atlas", ATLASES.values(), ids=ATLASES)
def test_pixels_take_on_the_colours_of_the_columns_copied_so_far(atlas):
    reel = reel_of(atlas)
    layout, (rows, columns) = reel.sheet.layout, reel.sheet.layout.padded
    x, y = layout.picture(0)
    whole = tuple(round(v * DPI / 72) for v in (x, y, columns * layout.pixel, rows * layout.pixel))
    stops = reel.sheet.pictures.stops_at(whole[3], whole[2])
    white = np.array(reel._page(0, full=False))[whole[1] :, whole[0] :][: whole[3], : whole[2]]
    blank = (white == 255).all(axis=-1)  # no number, no line, no hatching
    tints = pale(atlas.columns.shape[1])
    for copied in range(1, atlas.columns.shape[1] + 1):
        frame = Image.fromarray(np.array(reel._page(0, full=False)))
        reel._tint(frame, copied)
        seen = np.array(frame)[whole[1] :, whole[0] :][: whole[3], : whole[2]] / 255
        there = (stops >= 0) & (stops < copied)
        assert np.abs(seen[blank & there] - tints[stops[blank & there]]).max() < 0.01
        assert (seen[blank & ~there] == 1).all()


def test_the_last_frame_is_the_still_with_its_frames():
    atlas = ATLASES["stride and padding"]
    reel = reel_of(atlas)
    last, full = np.array(reel.frame(-1)), np.array(reel._page(1, full=True))
    box = reel._dots((*reel.sheet.layout.columns, 8 * reel.sheet.layout.cell - 3, 100))
    inside = (slice(box[1] + 2, box[3]), slice(box[0] + 2, box[2] - 2))
    assert np.array_equal(last[inside], full[inside])


def test_what_is_said():
    atlas = ATLASES["stride and padding"]
    reel = reel_of(atlas)
    assert reel.caption(reel.moments[3]) == "Patch 1,0 is copied: column 4 of 9"
    assert reel.caption(reel.moments[-1]) == "Filter 1 times column 2,2: value 18 of 18"
    copied = int((atlas.sources[:, :4] >= 0).sum())
    pixels = len(np.unique(atlas.sources[:, :4])) - 1  # one is padding
    words = f"So far {copied} numbers are copied from {pixels} pixels."
    assert reel._words(reel.moments[3]) == [words]
    assert reel._words(reel.moments[-1])[0].replace("\u00a0", " ").startswith("Output 2,2 of f")


def test_copies_are_counted():
    atlas = ATLASES["one channel"]
    reel = reel_of(atlas)
    for copied in range(atlas.columns.shape[1] + 1):
        sources = atlas.sources[:, :copied]
        brute = np.bincount(sources[sources >= 0], minlength=atlas.x.size)
        assert (reel.sheet.pictures.counts(copied).ravel() == brute).all()


def test_it_is_a_gif_of_all_moments(tmp_path):
    animation = viz.animate_im2col(ATLASES["one channel"], dpi=50, milliseconds=80)
    path = animation.save(tmp_path / "a.gif")
    with Image.open(io.BytesIO(path.read_bytes())) as gif:
        assert gif.n_frames == len(animation) == 6 + 6
        assert gif.size == animation.frame(0).size == (450, gif.height)
    with pytest.raises(OutputError):
        animation.save(path)


def test_of_what_is_too_large_a_part_moves():
    x = np.random.default_rng(0).random((1, 1, 30, 40))
    atlas = im2col_atlas(Conv2D(1, 20, 3, rng=0), x)
    animation = viz.animate_im2col(atlas, at=(20, 30), filter=19, dpi=50)
    shown = Reel(atlas, atlas.column_at(20, 30), 19, "", 50).shown
    assert len(animation) == len(shown.columns) * (1 + len(shown.filters)) < 250
    assert 19 in shown.filters
    assert atlas.column_at(20, 30) in shown.columns
    animation.frame(-1)
    many = viz.animate_im2col(atlas, frames=range(0, 30, 5), dpi=50)
    assert len(many) == 6
    assert many.milliseconds == 700


def test_wrong_calls():
    with pytest.raises(ConfigError, match="animate_im2col takes an Im2colAtlas"):
        viz.animate_im2col("x")
    for options, words in (
        ({"dpi": 5}, "dpi must be"),
        ({"title": 5}, "title must be"),
        ({"frames": [99]}, "frames must be"),
        ({"at": (9, 9)}, "row must be from 0 to 1"),
        ({"filter": 1}, "filter must be from 0 to 0"),
        ({"milliseconds": 1}, "milliseconds must be"),
    ):
        with pytest.raises(ConfigError, match=words):
            viz.animate_im2col(ATLASES["one channel"], **options)
