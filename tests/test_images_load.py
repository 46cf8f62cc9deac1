"""The image zoo: every file is made here, and every one is read, or refused in so many words."""

import io
import os
import struct
import subprocess
import sys
import threading
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from minicnn import images
from minicnn.errors import ConfigError, ImageError, MiniCNNError

Image.init()
RNG = np.random.default_rng(2)
GREY = RNG.integers(0, 256, (5, 7), dtype=np.uint8)
RGB = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)


def encode(picture, kind="PNG", **options):
    """Return a picture (of Pillow, or an array) as the bytes of a file."""
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def load(data, **options):
    return images.load(io.BytesIO(data), **options)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(height, width, bits, colour, rows, *others):
    """Return a PNG from its bare rows: for what Pillow does not write."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [(b"IHDR", header), *others, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def with_tag(mode, bits, form, numbers):
    """Return a bare little-endian TIFF of one strip: for numbers Pillow does not write."""
    height, width = numbers.shape
    body = numbers.tobytes()
    tags = [
        (256, 3, width), (257, 3, height), (258, 3, bits), (259, 3, 1), (262, 3, mode),
        (273, 4, 8), (277, 3, 1), (278, 3, height), (279, 4, len(body)), (339, 3, form),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    return (
        b"II*\0" + struct.pack("<I", 8 + len(body)) + body
        + struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    )  # fmt: skip


def check(x, shape, wanted, atol=0.0):
    assert x.shape == shape
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    assert x.flags.writeable
    assert 0 <= x.min() <= x.max() <= 1
    np.testing.assert_allclose(x[0], wanted, rtol=0, atol=atol)


def chw(array, white=255):
    return (np.atleast_3d(array).transpose(2, 0, 1) / np.float32(white)).astype(np.float32)


# What is read


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "JPEG2000"])
def test_grey_and_colour_without_loss(kind):
    check(load(encode(GREY, kind)), (1, 1, 5, 7), chw(GREY))
    check(load(encode(RGB, kind)), (1, 3, 5, 7), chw(RGB))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_grey_and_colour_with_loss(kind):
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow has no {kind}")
    smooth = np.add.outer(np.arange(32), np.arange(48)).astype(np.uint8)
    colour = np.stack([smooth, 255 - smooth, smooth // 2], -1)
    check(load(encode(colour, kind, quality=95)), (1, 3, 32, 48), chw(colour), atol=0.04)
    if kind == "JPEG":
        check(load(encode(smooth, kind, quality=95)), (1, 1, 32, 48), chw(smooth), atol=0.02)


def test_grey_is_exact_luma():
    x = load(encode(RGB), channels=1)
    luma = (RGB / 255) @ [0.299, 0.587, 0.114]
    check(x, (1, 1, 5, 7), luma[np.newaxis], atol=6e-8)
    assert len(np.unique(load(encode(RNG.integers(0, 256, (99, 99, 3), np.uint8)), channels=1))) > (
        256
    )


def test_grey_stored_as_colour_is_the_same_grey():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    colour = np.repeat(ramp[:, :, None], 3, axis=2)
    np.testing.assert_array_equal(load(encode(colour), channels=1), load(encode(ramp)))


def test_grey_becomes_colour():
    check(load(encode(GREY), channels=3), (1, 3, 5, 7), np.repeat(chw(GREY), 3, axis=0))
    assert load(encode(RGB), channels=np.int64(3)).shape == (1, 3, 5, 7)


def test_palette_is_looked_up():
    picture = Image.new("P", (2, 2))
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.putdata([0, 1, 2, 0])
    red, green, blue = np.eye(3)
    wanted = np.array([[red, green], [blue, red]]).transpose(2, 0, 1)
    for kind in ("PNG", "GIF", "TIFF", "BMP"):
        check(load(encode(picture, kind)), (1, 3, 2, 2), wanted)
    # The second colour is see-through, once wholly and once by half.
    for transparency, part in [(1, 0.0), (bytes([255, 128, 255]), 128 / 255)]:
        x = load(encode(picture, transparency=transparency))
        see_through = wanted.copy()
        see_through[:, 0, 1] = green * part + 1 - part
        check(x, (1, 3, 2, 2), see_through, atol=1e-6)
    see_through[:, 0, 1] = 1
    check(load(encode(picture, "GIF", transparency=1)), (1, 3, 2, 2), see_through)


def test_sixteen_bit_grey_loses_nothing():
    numbers = np.array([[0, 1, 255, 256, 40_000, 65_535]], np.uint16)
    wanted = chw(numbers, 65_535)
    rows = [numbers.astype(">u2").tobytes()]
    check(load(png(1, 6, 16, 0, rows)), (1, 1, 1, 6), wanted)
    check(load(encode(numbers, "TIFF")), (1, 1, 1, 6), wanted)
    check(load(encode(Image.new("I;16B", (6, 1)), "TIFF")), (1, 1, 1, 6), 0 * wanted)
    big = bytearray(encode(Image.new("I;16B", (6, 1)), "TIFF"))
    at = Image.open(io.BytesIO(big)).tag_v2[273][0]
    big[at : at + 12] = rows[0]
    assert Image.open(io.BytesIO(big)).mode == "I;16B"
    check(load(bytes(big)), (1, 1, 1, 6), wanted)
    check(load(b"P5 6 1 65535\n" + rows[0]), (1, 1, 1, 6), wanted)
    check(load(encode(np.repeat(numbers, 9, axis=0), "JPEG2000")), (1, 1, 9, 6), wanted[:, [0] * 9])


def test_sixteen_bit_colour_is_read_with_eight():
    row = np.array([0x0102, 0x80FF, 0xFFFF], ">u2").tobytes()
    check(load(png(1, 1, 16, 2, [row])), (1, 3, 1, 1), chw(np.array([[[1, 0x80, 255]]])))


def test_one_bit():
    bits = np.array([[True, False, True]])
    for kind in ("PNG", "TIFF", "BMP", "PPM"):
        check(load(encode(bits, kind)), (1, 1, 1, 3), chw(bits, 1))


def test_32_bit_integers_have_the_white_of_16():
    numbers = np.array([[0, 7, 65_535]], np.int32)
    check(load(with_tag(1, 32, 2, numbers)), (1, 1, 1, 3), chw(numbers, 65_535))
    for numbers in (np.array([[0, -1]], np.int32), np.array([[0, 65_536]], np.int32)):
        with pytest.raises(ImageError, match=r"32-bit integers from .*only 0 to 65535.*to_nchw"):
            load(with_tag(1, 32, 2, numbers))


def test_floats_stay_as_they_are():
    numbers = np.array([[0, 0.1, 1]], np.float32)
    check(load(encode(numbers, "TIFF")), (1, 1, 1, 3), chw(numbers, 1))
    for bad in (-0.1, 1.5, 255.0, np.nan, np.inf):
        with pytest.raises(ImageError, match=r"32-bit floats from .* only 0 to 1 has"):
            load(encode(np.array([[0, bad]], np.float32), "TIFF"))


def test_cmyk():
    ink = np.zeros((16, 16, 4), np.uint8)
    ink[:, 8:, 0] = 255  # cyan: no red
    ink[8:, :, 3] = 255  # black
    wanted = np.zeros((3, 16, 16))
    wanted[:, :8] = 1
    wanted[0, :, 8:] = 0
    picture = Image.frombytes("CMYK", (16, 16), ink.tobytes())
    check(load(encode(picture, "TIFF")), (1, 3, 16, 16), wanted)
    jpeg = encode(picture, "JPEG", quality=100)
    assert b"Adobe" in jpeg  # where inks are stored inverted
    check(load(jpeg), (1, 3, 16, 16), wanted, atol=0.02)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "PA"])
def test_transparency_is_laid_on_white(mode):
    data = RNG.integers(0, 256, (1, 3, 4), dtype=np.uint8)
    data[0, :, 3] = 0, 255, 51
    picture = Image.fromarray(data).convert(mode)
    shown = picture.convert("RGBA" if mode != "LA" else "LA")
    numbers = np.asarray(shown).astype(float) / 255
    colour, alpha = numbers[..., :-1], numbers[..., -1:]
    wanted = (colour * alpha + 1 - alpha).transpose(2, 0, 1)
    x = load(encode(picture, "TIFF" if mode == "PA" else "PNG"))
    check(x, (1, 1 if mode == "LA" else 3, 1, 3), wanted, atol=1e-6)
    assert (x[..., alpha[0, :, 0] == 0] == 1).all()  # what is hidden does not show
    np.testing.assert_array_equal(x[0, :, 0, 1], colour[0, 1].astype(np.float32))


def test_one_transparent_grey_or_colour():
    see_through = (b"tRNS", struct.pack(">H", 9))
    check(load(png(1, 2, 8, 0, [b"\x09\x33"], see_through)), (1, 1, 1, 2), [[[1, 0.2]]], 1e-8)
    row = struct.pack(">HH", 9, 0)
    check(load(png(1, 2, 16, 0, [row], see_through)), (1, 1, 1, 2), [[[1, 0]]])
    black = (b"tRNS", struct.pack(">H", 0))
    check(load(png(1, 2, 1, 0, [b"\x40"], black)), (1, 1, 1, 2), [[[1, 1]]])
    colour = (b"tRNS", struct.pack(">HHH", 1, 2, 3))
    x = load(png(1, 2, 8, 2, [b"\1\2\3\xff\0\0"], colour))
    check(x, (1, 3, 1, 2), [[[1, 1]], [[1, 0]], [[1, 0]]])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_exif_orientation(kind, orientation):
    upright = np.zeros((16, 32), np.uint8)
    upright[:8, :16] = 255  # the top left quarter is white
    upright[8:, 16:] = 128
    stored = {
        1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
        5: upright.T, 6: np.rot90(upright), 7: upright[::-1, ::-1].T, 8: np.rot90(upright, -1),
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    x = load(encode(np.ascontiguousarray(stored), kind, exif=exif), channels=1)
    check(x, (1, 1, 16, 32), chw(upright), atol=0.05)


def test_damaged_exif_is_ignored():
    data = encode(np.zeros((8, 8), np.uint8), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff junk")
    check(load(data), (1, 1, 8, 8), np.zeros((1, 8, 8)))


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "WEBP", "PNG"])
def test_frames(kind):
    frames = [Image.new("RGB", (6, 4), (shade, 0, 0)) for shade in (255, 102, 0)]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    for n, red in enumerate((1, 0.4, 0)):
        x = load(data, frame=n)
        check(x[:, :1], (1, 1, 4, 6), np.full((1, 4, 6), red), atol=1e-6)
        assert x.shape == (1, 3, 4, 6)
    np.testing.assert_array_equal(load(data), load(data, frame=0))
    with pytest.raises(ImageError, match="has no frame 3: it has 3 frames, 0 to 2"):
        load(data, frame=3)
    with pytest.raises(ImageError, match="no frame 1: it has 1 frame: frame must be 0"):
        load(encode(frames[0], "JPEG"), frame=1)


def test_one_pixel():
    check(load(encode(np.array([[255]], np.uint8))), (1, 1, 1, 1), [[[1]]])


# Where from


def test_paths_and_files(tmp_path, monkeypatch):
    path = tmp_path / "a b\u00fc.png"
    path.write_bytes(b"##" + encode(GREY))
    with open(path, "rb") as file:
        file.seek(2)  # an open file is read from where it stands
        check(images.load(file), (1, 1, 5, 7), chw(GREY))
        assert not file.closed
    path.write_bytes(encode(GREY))
    monkeypatch.chdir(tmp_path)
    for source in (path, str(path), path.name):
        check(images.load(source), (1, 1, 5, 7), chw(GREY))
    link = tmp_path / "link"
    link.symlink_to(path)
    check(images.load(link), (1, 1, 5, 7), chw(GREY))


def test_a_file_that_gives_little_at_a_time():
    class Slow(io.RawIOBase):
        data = encode(GREY)

        def read(self, size=-1):
            part, self.data = self.data[:3], self.data[3:]
            return part

    check(images.load(Slow()), (1, 1, 5, 7), chw(GREY))


def test_system_errors_stay(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError) as caught:
        images.load(tmp_path / "none.png")
    assert not isinstance(caught.value, MiniCNNError)

    def forbid(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "a.png"
    path.write_bytes(encode(GREY))
    monkeypatch.setattr(os, "open", forbid)
    with pytest.raises(PermissionError):
        images.load(path)


# What is refused

GOOD = encode(RGB)
BROKEN = {
    "cut": (GOOD[:-40], "broken or cut-off PNG"),
    "cut in the header": (GOOD[:20], "broken or cut-off PNG"),
    "no end": (GOOD[:-12], "broken or cut-off PNG"),
    "CRC of the data": (
        GOOD.replace(b"IEND", b"IEND")[:-16] + b"\0\0\0\0" + GOOD[-12:], "broken or cut-off PNG",
    ),
    "CRC of the header": (GOOD[:29] + b"\0\0\0\0" + GOOD[33:], "broken or cut-off PNG"),
    "cut JPEG": (encode(np.zeros((99, 99), np.uint8), "JPEG")[:-20], "broken or cut-off JPEG"),
    "cut GIF": (encode(RGB, "GIF")[:-20], "broken or cut-off GIF"),
    "cut TIFF": (encode(RGB, "TIFF")[:-20], "broken or cut-off TIFF"),
    "cut BMP": (encode(RGB, "BMP")[:-20], "broken or cut-off BMP"),
    "cut WebP": (encode(RGB, "WEBP")[:-20], "broken or cut-off WebP"),
    "empty": (b"", r"is empty \(0 bytes\)"),
    "text": (b"hello, world", r"is not a PNG, JPEG, .* \(it starts with 'hello, world'\)"),
    "html": (b"\n <!DOCTYPE html><p>", r"it starts with '<!DOCTYPE html>.*web page.*address"),
    "svg": (b"<svg width='1'/>", "starts with .<svg .*it is a drawing"),
    "xml svg": (b"<?xml version='1.0'?>\n<svg/>", "it is a drawing"),
    "npy": (b"\x93NUMPY\1\0v\0{'descr'", r"starts with b'.x93NUMPY.*it is an array.*numpy.load"),
    "pdf": (b"%PDF-1.7", "'%PDF-1.7'.*it is a document"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0", "it is HEIC"),
    "one byte": (b"\0", r"it starts with b'.x00'"),
    "noise": (np.random.default_rng(0).bytes(300), "it starts with b'"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not a PNG"),
    "no pixels": (b"P6 0 0 255\n", "broken|no pixels|not a"),
    "LAB": (encode(Image.new("LAB", (4, 4)), "TIFF"), "is stored as LAB"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_picture_is_refused(name, tmp_path):
    data, message = BROKEN[name]
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=message) as caught:
        images.load(path)
    assert str(caught.value).startswith(repr(str(path)))
    assert "\n" not in str(caught.value)
    with pytest.raises(ImageError, match=message):
        load(data)


@pytest.mark.parametrize("make", ["mkdir", "mkfifo", "socket", "device", "too long", "nul", "sub"])
def test_what_is_no_file_is_refused_and_never_waited_for(make, tmp_path):
    path = tmp_path / "it"
    message = {"mkdir": "is a folder", "mkfifo": "is a pipe", "device": "is a device"}.get(make)
    if make in ("mkdir", "mkfifo"):
        getattr(os, make)(path)
    elif make == "socket":
        import socket

        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
        message = "is a socket"
    elif make == "device":
        path = "/dev/zero"
    elif make == "sub":
        path.write_bytes(GOOD)
        path = path / "deeper.png"
    else:
        path = "x" * 5000 if make == "too long" else "a\0b.png"
    with pytest.raises(ImageError, match=message or "cannot be read"):
        images.load(path)


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path, monkeypatch):
    """Between the look and the opening: what was opened is looked at again."""
    path, ordinary = tmp_path / "it", os.stat(__file__)
    os.mkfifo(path)
    monkeypatch.setattr("minicnn.images.sources.os.stat", lambda path: ordinary)
    with pytest.raises(ImageError, match="is a pipe"):
        images.load(str(path))


def test_bombs_are_refused_before_decoding():
    claims = png(1, 1, 8, 2, [b""]).replace(
        chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)),
        chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)),
    )
    with pytest.raises(ImageError, match="more pixels than Pillow itself allows"):
        load(claims)
    real = encode(Image.new("1", (10_000, 10_000)))
    assert len(real) < 20_000
    with pytest.raises(ImageError, match=r"10,000 x 10,000 = 100,000,000 pixels.*50,000,000.*max_"):
        load(real)
    with pytest.raises(ImageError, match="set max_pixels"):
        load(GOOD, max_pixels=34)
    assert load(GOOD, max_pixels=35).shape == (1, 3, 5, 7)


def test_a_large_second_page_is_refused_too():
    pages = [Image.new("1", (8, 8)), Image.new("1", (80, 80))]
    data = encode(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert load(data, max_pixels=100).shape == (1, 1, 8, 8)
    with pytest.raises(ImageError, match="80 x 80"):
        load(data, frame=1, max_pixels=100)


def test_large_files_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "a.png"
    with open(path, "wb") as file:
        file.truncate(300_000_000)  # takes no room
    with pytest.raises(ImageError, match="300,000,000 bytes, more than the 256,000,000"):
        images.load(path)

    class Endless(io.RawIOBase):
        def read(self, size=-1):
            return b"x" * size

    with pytest.raises(ImageError, match="more than the 1,000 bytes that are allowed"):
        images.load(Endless(), max_bytes=1000)
    assert load(GOOD, max_bytes=len(GOOD)).shape == (1, 3, 5, 7)
    with pytest.raises(ImageError, match="set max_bytes"):
        load(GOOD, max_bytes=len(GOOD) - 1)


class Rude:
    def read(self, size):
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "got NoneType: give the name"),
        (3, "got int"),
        (RGB, r"got ndarray: an array needs no loading: images.to_nchw"),
        (GOOD, "got bytes: wrap .*io.BytesIO"),
        (["a.png"], "one by one"),
        (Image.new("L", (2, 2)), "open already"),
        (io.StringIO("text"), "rb"),
        (Rude(), "cannot be read: no"),
        ("ftp://localhost/a.png", "not an http or https address"),
        ("file:///etc/passwd", "not an http or https address"),
    ],
)
def test_wrong_sources(source, message):
    with pytest.raises(MiniCNNError, match=message):
        images.load(source)


def test_a_closed_file():
    file = io.BytesIO(GOOD)
    file.close()
    with pytest.raises(ImageError, match="closed"):
        images.load(file)


@pytest.mark.parametrize(
    "options",
    [{"channels": value} for value in (0, 2, 4, True, 1.0, "1", np.ones(2))]
    + [{"frame": value} for value in (-1, 0.5, None, True)]
    + [{"max_pixels": value} for value in (0, -1, 1.5, None)]
    + [{"max_bytes": value} for value in (0, "1", None)]
    + [{"timeout": value} for value in (0, -1, None, float("nan"), float("inf"), "1")],
)
def test_wrong_options(options):
    with pytest.raises(ConfigError, match=next(iter(options))):
        load(GOOD, **options)


# Promises


def test_many_threads_leave_the_warnings_as_they_were():
    data = encode(Image.new("P", (64, 64)), transparency=bytes([0, 128]))
    before = list(warnings.filters)
    results = []
    threads = [
        threading.Thread(target=lambda: results.extend(load(data).shape for _ in range(20)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [(1, 3, 64, 64)] * 160
    assert warnings.filters == before


def test_importing_images_imports_neither_matplotlib_nor_pillow():
    program = (
        "import sys, minicnn.images as i; i.test_card()\n"
        "print(sorted({'PIL', 'matplotlib'} & set(sys.modules)))\n"
        "i.photograph(); print('matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "False"]


SEEDS = [
    encode(RGB), encode(Image.fromarray(RGB).convert("P"), transparency=bytes([0, 128])),
    encode(GREY.astype(np.uint16) * 257), encode(RGB, "JPEG"), encode(RGB, "GIF"),
    encode(Image.fromarray(RGB).convert("CMYK"), "JPEG"), encode(RGB, "TIFF"),
    encode(RGB, "TIFF", compression="tiff_lzw"), encode(GREY / np.float32(255), "TIFF"),
    encode(RGB, "WEBP"), encode(RGB, "BMP"), encode(RGB, "PPM"), encode(RGB, "JPEG2000"),
    encode(Image.fromarray(RGB), "GIF", save_all=True, append_images=[Image.fromarray(255 - RGB)]),
    *([encode(RGB, "AVIF")] if "AVIF" in Image.SAVE else []),
]  # fmt: skip


def mutate(rng, data):
    """Return `data` with some bytes changed, taken out, doubled, cut off, or mixed with noise."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        at = int(rng.integers(len(data) or 1))
        match rng.integers(6):
            case 0:
                data[at : at + 1] = rng.bytes(1)
            case 1:
                del data[at : at + int(rng.integers(1, 20))]
            case 2:
                data[at:at] = data[at : at + int(rng.integers(1, 40))]
            case 3:
                del data[at:]
            case 4:
                data[at : at + 4] = rng.choice([0, 1, 255, 127]).astype(np.uint8).tobytes() * 4
            case 5:
                low = int(rng.integers(min(60, len(data) or 1)))  # headers are near the start
                data[low : low + 2] = rng.bytes(2)
    return bytes(data)


def fuzz(count, seed):
    """Load `count` mutated files: how many could be read, how many were refused as they should."""
    rng = np.random.default_rng(seed)
    good = bad = 0
    said = set()
    for n in range(count):
        data = mutate(rng, SEEDS[n % len(SEEDS)])
        try:
            x = load(data, frame=n % 2 if n % 3 == 0 else 0, max_pixels=200_000)
        except ImageError as error:
            bad += 1
            said.add(str(error))
        else:
            assert x.dtype == np.float32
            assert 0 <= x.min() <= x.max() <= 1
            good += 1
    assert all(message.isprintable() for message in said)
    return good, bad


def test_mutated_files_raise_nothing_else():
    good, bad = fuzz(3000, seed=0)
    assert good > 300
    assert bad > 300
