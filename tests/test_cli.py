"""The command line, called in this process: every option, every refusal, every exit code."""

import io
import json
import os
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import minicnn
from minicnn import Conv2D, Pad, ReLU, Sequential, cli, images, kernels, viz
from minicnn.cli import console, each, firstrun, maps, outputs, parser, sources, values
from minicnn.errors import LimitError, OutputError, ShapeError
from minicnn.viz import saving

PNG, SVG, PDF = b"\x89PNG", b"<?xml", b"%PDF"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a colour picture of 9 x 12 pixels."""
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "photo.png")
    return tmp_path


def picture(path, size=(9, 12), seed=0, **options):
    rng = np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(path, **options)


def left(folder):
    return sorted(
        os.path.relpath(os.path.join(at, name), folder)
        for at, folders, names in os.walk(folder)
        for name in names + [f for f in folders if not os.listdir(os.path.join(at, f))]
    )


class Said:
    """What one call said and returned."""

    def __init__(self, capsys, *argv):
        capsys.readouterr()
        self.code = cli.main([str(text) for text in argv])
        self.out, self.err = capsys.readouterr()

    def __iter__(self):
        return iter((self.code, self.out, self.err))


@pytest.fixture
def call(capsys):
    return lambda *argv: Said(capsys, *argv)


@pytest.fixture
def refused(call, here):
    """Call, expecting a refusal on one line, and nothing written."""

    def refuse(code, message, *argv):
        before = {
            name: (here / name).read_bytes() for name in left(here) if (here / name).is_file()
        }
        said = call(*argv)
        assert (said.code, said.out) == (code, "")
        assert said.err.count("\n") == 1
        assert said.err.startswith("minicnn")
        assert re.search(message, said.err), said.err
        assert {n: (here / n).read_bytes() for n in left(here) if (here / n).is_file()} == before
        return said.err

    return refuse


# ------------------------------------------------------------------------------- the program


def test_version(call):
    assert tuple(call("--version")) == (0, f"minicnn {minicnn.__version__}\n", "")


@pytest.mark.parametrize("command", [None, *(c.NAME for c in parser.COMMANDS)])
def test_help_ends_with_two_examples_that_parse(call, command):
    code, out, err = call(*filter(None, [command]), "--help")
    assert (code, err) == (0, "")
    assert out.isascii()
    head, _, examples = out.partition("\nexamples:\n")
    lines = examples.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("  minicnn ") for line in lines)
    assert max(map(len, head.splitlines())) <= 80
    _, commands = parser.build_parsers("minicnn")
    for line in lines:
        _, name, *rest = shlex.split(line)
        assert commands[name][1].parse_intermixed_args(rest)


def test_every_command_is_listed(call):
    out = call("--help").out
    for command in parser.COMMANDS:
        assert re.search(rf"^ +{command.NAME}( |$)", out, re.MULTILINE), command.NAME


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nope"], "'nope' is no command: they are maps, kernels, .*, why"),
        (["map"], r"'map' is no command; did you mean: minicnn maps \.\.\.\?"),
        (["find_kernel", "a.txt"], "did you mean: minicnn find-kernel"),
        (["photo.png"], r"'photo.png' is no command; did you mean: minicnn maps"),
        (["x.jpg"], "did you mean: minicnn maps"),
        (["http://localhost/"], "did you mean: minicnn maps"),
        (["--nope"], "unrecognized arguments|required"),
        (["--vers"], "unrecognized arguments|required"),
        ([""], "'' is no command"),
        (["two\nlines"], "is no command"),
        (["maps"], "required: IMAGE"),
        (["maps", "photo.png", "--nope"], "unrecognized arguments: --nope"),
        (["maps", "photo.png", "--no-rel"], "unrecognized arguments: --no-rel"),
        (["maps", "photo.png", "-o"], "expected one argument"),
        (["maps", "photo.png", "-o", "out.jpg"], r"unknown suffix '.jpg'.*one of .png, .svg, .pdf"),
        (["maps", "photo.png", "-o", "out"], "without a suffix"),
        (["maps", "photo.png", "-o", ""], "without a suffix"),
        (["maps", "photo.png", "-o", ".png"], "without a suffix"),
        (["maps", "photo.png", "-o", "a.png", "--format", "svg"], "does not fit a.png"),
        (["maps", "photo.png", "--format", "jpg"], "invalid choice: 'jpg'"),
        (["maps", "photo.png", "photo.png", "-o", "a.png"], "--output-dir DIR"),
        (["maps", ".", "-o", "a.png"], "--output-dir DIR"),
        (["maps", "photo.png", "-o", "a.png", "--output-dir", "d"], "-o names one file"),
        (["maps", "photo.png", "photo.png"], "several pictures need --output-dir"),
        (["maps", "."], "several pictures need --output-dir"),
        (["maps", "-", "-", "--output-dir", "d"], "read only once"),
        (["maps", "photo.png", "--each-format", "npy"], "--each FOLDER"),
        (["maps", "photo.png", "--each", "e", "--each-format", "jpg"], "invalid choice"),
        (["maps", "photo.png", "--each", ""], "need the name of a folder"),
        (["maps", "photo.png", "--output-dir", ""], "need the name of a folder"),
        (["maps", "photo.png", "-k", "zobel"], "no kernel named 'zobel'. Did you mean 'sobel'"),
        (["maps", "photo.png", "-k", ""], "no kernels were given"),
        (["maps", "photo.png", "-k", "1 0; 1"], "same length"),
        (["maps", "photo.png", "-k", "1 x"], "'x' is not a number"),
        (["maps", "photo.png", "-k", "1/0"], "divides by zero"),
        (["maps", "photo.png", "-k", "__import__('os')"], "no kernel named"),
        *(
            (["maps", "photo.png", "--stride", s], "write 2, or 2,1")
            for s in ("0", "-1", "x", "1.5", "1,2,3", "", "1e9", "99999999999", "\u0663")
        ),
        *(
            (["maps", "photo.png", "--padding", s], "write same, valid, 1")
            for s in ("-1", "full", "1,2,3", "1,2,3,4,5", "Same", "")
        ),
        (["maps", "photo.png", "--mode", "mirror"], "invalid choice: 'mirror'"),
        (["maps", "photo.png", "--colour", "all"], "invalid choice: 'all'"),
        (["maps", "photo.png", "--colour"], "expected one argument"),
        (["maps", "photo.png", "--grey", "--colour", "each"], "not allowed with"),
        *(
            (["maps", "photo.png", "--scale", s], "write step, map, 2.5")
            for s in ("0", "-1", "nan", "inf", "1,1", "2,1", "1,2,3", "layer", "1e999", "")
        ),
        *((["maps", "photo.png", "--max-maps", s], "write 64") for s in ("0", "-3", "x", "1,2")),
        *(
            (["maps", "photo.png", "--max-bytes", s], "is no size")
            for s in ("0", "-1", "x", "1PB", "", "9e9", "9" * 40)
        ),
        (["maps", "photo.png", "--max-pixels", "0"], "does not fit"),
        *((["maps", "photo.png", "--timeout", s], "is no time limit") for s in ("0", "x", "1e9")),
        (["kernels", "zobel"], "Did you mean 'sobel'"),
        (["kernels", "-o", "k.txt"], "unknown suffix"),
        (["kernels", "--force"], "give it too"),
        (["kernels", "--format", "svg"], "give it too"),
        (["summary", "a.png", "b.png"], "unrecognized arguments: b.png"),
        (["summary", "photo.png", "--input", "9,9"], "not both"),
        (["summary", "--input", "3,9,9"], "needs --colour"),
        *((["summary", "--input", s], "write 600,512") for s in ("9", "0,9", "1,2,3,4", "a,b")),
    ],
)  # fmt: skip
def test_a_wrong_call(refused, argv, message):
    refused(2, message, *argv)


def test_the_program_says_how_it_was_called(monkeypatch):
    for argv0, name in [
        ("/x/minicnn/__main__.py", "python -m minicnn"),
        ("C:\\x\\minicnn\\__main__.py", "python -m minicnn"),
        ("/usr/bin/minicnn", "minicnn"),
        ("", "minicnn"),
    ]:
        monkeypatch.setattr(sys, "argv", [argv0])
        assert parser.program_name() == name


def test_main_reads_sys_argv(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["minicnn", "--version"])
    assert cli.main() == 0
    assert capsys.readouterr().out.startswith("minicnn ")


# ----------------------------------------------------------------------------- the first run


def test_the_first_run_and_the_second(call, here):
    code, out, err = call()
    assert (code, err) == (0, "")
    data = (here / "minicnn-maps.png").read_bytes()
    assert data.startswith(PNG)
    assert f"wrote {here}/minicnn-maps.png" in out
    for words in ("600 x 512", "8 feature maps", "laplacian_8", "0 to 5.27", "maps photo.jpg"):
        assert words in out
    assert max(map(len, out.splitlines()[1:])) <= 80
    code, out, err = call()
    assert (code, err) == (0, "")
    assert "is there already, the same: " in out
    assert left(here) == ["minicnn-maps.png", "photo.png"]
    assert (here / "minicnn-maps.png").read_bytes() == data


@pytest.mark.parametrize("kind", ["file", "same size", "folder", "dangling link"])
def test_the_first_run_never_writes_over_anything(call, here, kind, monkeypatch):
    monkeypatch.setattr(viz, "figure_bytes", lambda figure: b"drawn")
    path = here / "minicnn-maps.png"
    if kind == "folder":
        path.mkdir()
    elif kind == "dangling link":
        path.symlink_to("nowhere")
    else:
        path.write_bytes(b"other" if kind == "same size" else b"mine, all mine")
    before = path.lstat()
    assert call().code == 0
    assert (here / "minicnn-maps-2.png").read_bytes() == b"drawn"
    after = path.lstat()
    assert (after.st_ino, after.st_size) == (before.st_ino, before.st_size)
    assert after.st_mtime_ns == before.st_mtime_ns
    assert "is there already" in call().out
    assert len(left(here)) == 3


def test_the_first_run_in_a_folder_that_cannot_be_written_to(refused, monkeypatch, here):
    monkeypatch.setattr(outputs.os, "access", lambda path, mode: False)
    refused(1, "cannot write 'minicnn-maps.png': its folder cannot be written to")


# -------------------------------------------------------------------------------------- maps


def drawn(monkeypatch):
    """Let figures be described instead of drawn; return the calls."""
    calls = []
    plain = viz.new_figure()

    def plot(kind):
        def record(trace, **options):
            options.pop("figure")
            calls.append((kind, trace, options))
            return plain

        return record

    monkeypatch.setattr(viz, "plot_feature_maps", plot("maps"))
    monkeypatch.setattr(viz, "plot_pipeline", plot("pipeline"))
    monkeypatch.setattr(viz, "figure_bytes", lambda figure, format: format.encode())
    return calls


def test_maps_by_default(call, here):
    code, out, err = call("maps", "photo.png")
    assert (code, out, err) == (0, "photo-maps.png: 8 maps of 9 x 12\n", "")
    assert left(here) == ["photo-maps.png", "photo.png"]
    model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(kernels.EDGES), ReLU())
    figure = viz.plot_feature_maps(
        model.trace(images.load("photo.png", channels=1)),
        title="photo.png",
        figure=viz.new_figure(),
    )
    assert (here / "photo-maps.png").read_bytes() == viz.figure_bytes(figure)


@pytest.mark.parametrize(("suffix", "start"), [("png", PNG), ("SVG", SVG), ("pdf", PDF)])
def test_the_format_follows_the_suffix_and_the_bytes_are_the_same_each_time(
    call, here, suffix, start
):
    for name in ("a", "b"):
        assert call("maps", "photo.png", "-o", f"{name}.{suffix}", "-k", "sobel_x").code == 0
    assert (here / f"a.{suffix}").read_bytes().startswith(start)
    assert (here / f"a.{suffix}").read_bytes() == (here / f"b.{suffix}").read_bytes()


def test_the_formats_are_those_of_viz():
    assert values.FORMATS == saving.FORMATS


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        ([], "Pad(1, mode='reflect') Conv2D(1, 8, 3) ReLU()"),
        (["-k", "sobel_x"], "Pad(1, mode='reflect') Conv2D(1, 1, 3) ReLU()"),
        (["-k", "sobel_x", "-k", "1 2;3 4"], "Pad(1, mode='reflect') Conv2D(1, 2, 3) ReLU()"),
        (["-k", "-1,0,1"], "Pad((0, 1), mode='reflect') Conv2D(1, 1, (1, 3)) ReLU()"),
        (["--kernels", "-1 0 1"], "Pad((0, 1), mode='reflect') Conv2D(1, 1, (1, 3)) ReLU()"),
        (["-k", "gaussian_5x5"], "Pad(2, mode='reflect') Conv2D(1, 1, 5) ReLU()"),
        (["-k", "roberts"], "Pad(((0, 1), (0, 1)), mode='reflect') Conv2D(1, 2, 2) ReLU()"),
        (["--no-relu"], "Pad(1, mode='reflect') Conv2D(1, 8, 3)"),
        (["--padding", "valid"], "Conv2D(1, 8, 3) ReLU()"),
        (["--padding", "0"], "Conv2D(1, 8, 3) ReLU()"),
        (["--padding", "2"], "Pad(2, mode='reflect') Conv2D(1, 8, 3) ReLU()"),
        (["--padding", "1,2"], "Pad((1, 2), mode='reflect') Conv2D(1, 8, 3) ReLU()"),
        (["--padding", "0,1,2,3"], "Pad(((0, 1), (2, 3)), mode='reflect') Conv2D(1, 8, 3) ReLU()"),
        (["--mode", "zeros"], "Pad(1) Conv2D(1, 8, 3) ReLU()"),
        (["--mode", "replicate"], "Pad(1, mode='replicate') Conv2D(1, 8, 3) ReLU()"),
        (["--mode", "circular"], "Pad(1, mode='circular') Conv2D(1, 8, 3) ReLU()"),
        (["--stride", "3"], "Pad(((0, 0), (0, 0))) Conv2D(1, 8, 3, stride=3) ReLU()"),
        (["--stride", "2,1"], "Pad(1, mode='reflect') Conv2D(1, 8, 3, stride=(2, 1)) ReLU()"),
        (["--grey"], "Pad(1, mode='reflect') Conv2D(1, 8, 3) ReLU()"),
        (["--gray"], "Pad(1, mode='reflect') Conv2D(1, 8, 3) ReLU()"),
        (["--colour", "summed"], "Pad(1, mode='reflect') Conv2D(3, 8, 3) ReLU()"),
        (["--color", "each"], "Pad(1, mode='reflect') Conv2D(3, 24, 3, groups=3) ReLU()"),
    ],
)  # fmt: skip
def test_the_model_options(call, here, monkeypatch, argv, expected):
    calls = drawn(monkeypatch)
    assert call("maps", "photo.png", *argv).code == 0
    ((_, trace, _),) = calls
    said = " ".join(re.sub(r", bias=False|, names=\(.*?\)(?=\))", "", repr(s.layer)) for s in trace)
    assert said == expected.replace("Pad(((0, 0), (0, 0))) ", "")
    x = images.load("photo.png", channels=3 if "each" in argv or "summed" in argv else 1)
    assert (trace.input == x).all()
    if "--padding" not in argv and "--stride" not in argv:
        assert trace.output.shape[2:] == (9, 12)


def test_kernels_without_a_name_are_numbered(call, here, monkeypatch):
    calls = drawn(monkeypatch)
    assert (
        call("maps", "photo.png", "-k", "1 2", "-k", "sobel_x", "-k", "m = 1", "-k", "3").code == 0
    )
    names = next(s.layer.names for s in calls[0][1] if isinstance(s.layer, Conv2D))
    assert names == ("custom_1", "sobel_x", "m", "custom_2")


@pytest.mark.parametrize(
    ("argv", "kind", "expected"),
    [
        ([], "maps", {"scale": "step"}),
        (["--scale", "map"], "maps", {"scale": "map"}),
        (["--scale", "2.5"], "maps", {"scale": 2.5}),
        (["--scale", "-1,1.5"], "maps", {"scale": (-1.0, 1.5)}),
        (["--max-maps", "3"], "maps", {"scale": "step", "max_maps": 3}),
        (["--pipeline"], "pipeline", {"scale": "step"}),
        (["--pipeline", "--max-maps", "2"], "pipeline", {"scale": "step", "max_maps": 2}),
    ],
)
def test_the_look(call, here, monkeypatch, argv, kind, expected):
    calls = drawn(monkeypatch)
    assert call("maps", "photo.png", *argv).code == 0
    assert [(calls[0][0], calls[0][2])] == [(kind, {"title": "photo.png", **expected})]


def test_the_storyboard_is_drawn(call, here):
    assert call("maps", "photo.png", "-o", "p.png", "--pipeline", "--colour", "each").code == 0
    assert (here / "p.png").read_bytes().startswith(PNG)


def test_options_may_stand_anywhere(call, here, monkeypatch):
    drawn(monkeypatch)
    picture(here / "b.png")
    assert call("maps", "photo.png", "-k", "sobel_x", "b.png", "--output-dir", "d").code == 0
    assert left(here / "d") == ["b-maps.png", "photo-maps.png"]


def test_left_over_is_said(call, here, monkeypatch):
    drawn(monkeypatch)
    out = call("maps", "photo.png", "--stride", "2", "--padding", "valid").out
    assert out.splitlines()[1] == "  left over: the last 1 column of what conv2d looks at"


def test_maps_of_one_colour_are_named_by_it(call, here, monkeypatch):
    calls = drawn(monkeypatch)
    argv = ["maps", "photo.png", "-k", "sobel_x,box_3", "--each", "out", "--colour"]
    assert call(*argv, "each", "-o", "a.png").code == 0
    expected = [f"{k}, {c}" for c in ("red", "green", "blue") for k in ("sobel_x", "box_3")]
    assert list(calls[0][1][1].layer.names) == expected
    assert left(here / "out") == [
        *("00-sobel_x-red.png", "01-box_3-red.png", "02-sobel_x-green.png"),
        *("03-box_3-green.png", "04-sobel_x-blue.png", "05-box_3-blue.png", "maps.json"),
    ]
    conv = eval(repr(calls[0][1][1].layer), {"Conv2D": Conv2D})
    assert list(conv.names) == expected
    assert call(*argv, "summed", "-o", "b.png", "--force").code == 0
    assert calls[1][1][1].layer.names == ("sobel_x", "box_3")


def test_a_grey_picture_in_colour_is_one_channel(call, here, monkeypatch):
    calls = drawn(monkeypatch)
    Image.new("L", (5, 4)).save("grey.png")
    assert call("maps", "grey.png", "--colour", "each").code == 0
    assert calls[0][1].input.shape == (1, 1, 4, 5)
    assert calls[0][1][1].layer.names == tuple(k.name for k in kernels.EDGES)


def test_an_address(call, here, monkeypatch):
    calls, asked, real = drawn(monkeypatch), [], images.load

    def load(source, **options):
        asked.append((source, options))
        return real("photo.png", channels=options["channels"])

    monkeypatch.setattr(images, "load", load)
    address = "https://localhost/cats/my%20cat.jpeg?size=9"
    said = call("maps", address, "--timeout", "2.5", "--max-pixels", "500", "--colour", "each")
    assert tuple(said) == (0, "my_cat-maps.png: 24 maps of 9 x 12\n", "")
    assert asked == [(address, {"channels": None, "max_pixels": 500, "timeout": 2.5})]
    assert calls[0][2]["title"] == "my cat.jpeg"
    assert call("summary", address).out
    assert asked[1] == (address, {"channels": 1, "max_pixels": 50_000_000, "timeout": 30.0})


# --------------------------------------------------------------------------- what is refused


def test_an_existing_output_is_refused_before_any_work(refused, here, monkeypatch):
    (here / "a.png").write_bytes(b"old")
    monkeypatch.setattr(images, "load", lambda *a, **k: pytest.fail("work was done"))
    refused(
        1,
        "'a.png': it exists already.*--force on the command line.$",
        "maps",
        "photo.png",
        "-o",
        "a.png",
    )
    (here / "photo-maps.png").write_bytes(b"old")
    refused(1, "exists already", "maps", "photo.png")
    (here / "d").mkdir()
    (here / "d" / "x").write_bytes(b"")
    refused(1, "'d': the folder is not empty", "maps", "photo.png", "--each", "d")
    refused(1, "'a.png': it is not a folder", "maps", "photo.png", "--each", "a.png")
    refused(1, "no folder 'no'", "maps", "photo.png", "-o", "no/a.png")
    monkeypatch.setattr(viz, "plot_kernels", lambda *a, **k: pytest.fail("work was done"))
    refused(1, "exists already", "kernels", "-o", "a.png")


def test_force(call, here):
    for argv in (["maps", "photo.png", "-o"], ["kernels", "sobel", "-o"]):
        (here / "a.png").write_bytes(b"old")
        assert call(*argv, "a.png", "--force").code == 0
        assert (here / "a.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize("how", ["same", "link", "hard link", "dots"])
def test_an_input_is_never_written_over(refused, here, how):
    name = {"same": "photo.png", "dots": "./photo.png"}.get(how, "other.png")
    if how == "link":
        (here / name).symlink_to("photo.png")
    elif how == "hard link":
        os.link(here / "photo.png", here / name)
    for force in ([], ["--force"]):
        refused(1, "is also an input", "maps", "photo.png", "-o", name, *force)


def test_no_picture_of_a_batch_is_written_over(call, here, monkeypatch):
    drawn(monkeypatch)
    picture(here / "photo-maps.png")
    before = (here / "photo-maps.png").read_bytes()
    said = call("maps", "photo.png", "photo-maps.png", "--output-dir", ".", "--force")
    assert said.code == 1
    assert "photo.png: cannot write './photo-maps.png': it is also an input" in said.err
    assert (here / "photo-maps.png").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "argv", "message"),
    [
        (None, [], "'bad.png': no such file or directory"),
        (b"", [], "is empty"),
        (b"<svg/>", [], "it is a drawing"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 99, [], "broken or cut-off PNG"),
        ((2, 2), ["-k", "gaussian_5x5"], "--mode reflect can add at most 1 .*or use --mode zeros"),
        ((2, 2), ["--padding", "valid"], "window is larger than the picture"),
        ((9, 12), ["--max-bytes", "3KiB"], r"conv2d: 8 maps of 9 x 12 .*larger --max-bytes\.$"),
        ((9, 12), ["--max-pixels", "107"], "than the 107 that are allowed: set --max-pixels to"),
    ],
)  # fmt: skip
def test_a_picture_that_cannot_be_used(refused, here, content, argv, message):
    if isinstance(content, tuple):
        picture(here / "bad.png", content)
    elif content is not None:
        (here / "bad.png").write_bytes(content)
    text = refused(1, message, "maps", "bad.png", *argv)
    assert "max_" not in text
    refused(1, message, "maps", "bad.png", *argv, "--each", "new/folder")


def test_no_permission_to_read(refused, here, monkeypatch):
    def denied(*args, **kwargs):
        raise PermissionError(13, "Permission denied", "photo.png")

    monkeypatch.setattr(images, "load", denied)
    refused(1, "^minicnn: 'photo.png': permission denied$", "maps", "photo.png")


def test_no_memory(refused, monkeypatch):
    def too_much(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(images, "load", too_much)
    refused(1, "there is not enough memory", "maps", "photo.png")


def test_an_interrupt(call, here, monkeypatch):
    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(each, "png_bytes", interrupt)
    said = call("maps", "photo.png", "--each", "a/b", "-o", "a.png")
    assert tuple(said) == (130, "", "minicnn: interrupted\n")
    assert left(here) == ["photo.png"]


# --------------------------------------------------------------------------------- each map


def test_each_map_as_a_picture(call, here):
    code, out, _ = call(
        "maps", "photo.png", "--each", "out", "-k", "sobel", "-k", "1 -1", "--no-relu"
    )
    assert code == 0
    assert left(here / "out") == [
        *("00-sobel_x.png", "01-sobel_y.png", "02-sobel_se.png", "03-sobel_ne.png"),
        *("04-custom.png", "maps.json"),
    ]
    assert left(here) == [f"out/{name}" for name in left(here / "out")] + ["photo.png"]
    index = json.loads((here / "out/maps.json").read_text())
    assert index["picture"] == "photo.png"
    model = eval(index["model"], {"Sequential": Sequential, "Pad": Pad, "Conv2D": Conv2D})
    assert model.names == ("pad", "conv2d")
    x = images.load("photo.png", channels=1)
    bank = [*kernels.as_kernels("sobel"), *kernels.parse("1 -1")]
    y = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(bank))(x)[0]
    scale = viz.scale_of(y)
    assert out.splitlines() == ["out: 5 maps of 9 x 12", f"  colours: {scale}, one scale for all"]
    for entry, values_, name in zip(index["maps"], y, left(here / "out"), strict=False):
        assert entry["file"] == name
        assert (entry["least"], entry["greatest"]) == (values_.min(), values_.max())
        assert entry["scale"] == {
            "darkest": scale.low,
            "lightest": scale.high,
            "centred_on_0": True,
        }
        pixels = np.asarray(Image.open(here / "out" / name))
        assert (pixels == viz.render_map(values_, scale)).all()


@pytest.mark.parametrize("given", ["map", "2", "-1,1"])
def test_each_on_another_scale(call, here, given):
    out = call("maps", "photo.png", "--each", "out", "--scale", given).out
    entries = json.loads((here / "out/maps.json").read_text())["maps"]
    scales = [(e["scale"]["darkest"], e["scale"]["lightest"]) for e in entries]
    if given == "map":
        assert "each map on a scale of its own, see maps.json" in out
        assert scales == [(0, e["greatest"]) for e in entries]
    else:
        assert set(scales) == {(0.0, 2.0) if given == "2" else (-1.0, 1.0)}
        assert f"colours: {'0 to 2' if given == '2' else '-1 to 1, centred on 0'}" in out


def test_each_map_exactly(call, here):
    out = call("maps", "photo.png", "--each", "out", "--each-format", "npy", "--colour", "each").out
    assert "exact values, float32" in out
    names = left(here / "out")
    assert (names[0], names[8]) == ("00-sobel_x-red.npy", "08-sobel_x-green.npy")
    assert len(names) == 25
    x = images.load("photo.png")
    conv = Conv2D.from_kernels(kernels.EDGES, in_channels=3, per_channel=True)
    y = Sequential(Pad(1, mode="reflect"), conv, ReLU())(x)[0]
    for name, expected in zip(names, y, strict=False):
        found = np.load(here / "out" / name, allow_pickle=False)
        assert found.dtype == np.float32
        assert (found == expected).all()
    assert "scale" not in json.loads((here / "out/maps.json").read_text())["maps"][0]


def test_each_and_a_figure(call, here):
    out = call("maps", "photo.png", "--each", "deep/er/out", "-o", "a.svg").out
    assert out.startswith("deep/er/out, a.svg: 8 maps")
    assert len(left(here)) == 9 + 2


def test_each_is_the_same_every_time(call, here):
    for name in ("a", "b"):
        call("maps", "photo.png", "--each", name)
    for name in left(here / "a"):
        assert (here / "a" / name).read_bytes() == (here / "b" / name).read_bytes()


def test_each_into_an_existing_folder(call, here):
    (here / "empty").mkdir()
    state = (here / "empty").stat().st_ino
    assert call("maps", "photo.png", "--each", "empty").code == 0
    assert (here / "empty").stat().st_ino == state  # the same folder, not one in its place
    (here / "empty" / "mine.txt").write_text("mine")
    (here / "empty" / "00-sobel_x.png").write_bytes(b"old")
    assert call("maps", "photo.png", "--each", "empty", "--force").code == 0
    assert (here / "empty" / "00-sobel_x.png").read_bytes().startswith(PNG)
    assert (here / "empty" / "mine.txt").read_text() == "mine"
    assert len(left(here / "empty")) == 10


def test_each_never_replaces_an_input(refused, here):
    (here / "out").mkdir()
    picture(here / "out" / "00-sobel_x.png")
    refused(1, "also an input", "maps", "out/00-sobel_x.png", "--each", "out", "--force")


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("where", ["write", "replace", "rename"])
def test_each_is_all_or_nothing(call, here, monkeypatch, exists, where):
    """A disk that is full at the third file, or at the last step."""
    if exists:
        (here / "out").mkdir()
    count = 0
    name = {"write": "write_whole"}.get(where, where)
    owner = outputs if where == "write" else outputs.os
    real = getattr(owner, name)

    def full(*args, **kwargs):
        nonlocal count
        count += 1
        if count == 3 or where == "rename":
            raise OSError(28, "No space left on device")
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, full)
    said = call("maps", "photo.png", "--each", "out", "-k", "all", "--padding", "0")
    monkeypatch.undo()
    if exists == (where == "rename") or (where == "replace" and not exists):
        return  # that step is not taken on this way
    assert said.code == 1
    assert said.err == "minicnn: cannot write to 'out': no space left on device.\n"
    assert left(here) == (["out", "photo.png"] if exists else ["photo.png"])


def test_an_error_in_the_hidden_folder_speaks_of_the_folder_asked_for(call, here, monkeypatch):
    def full(path, data):
        raise OutputError(f"cannot write {path!r}: no space left on device.")

    monkeypatch.setattr(outputs, "write_whole", full)
    said = call("maps", "photo.png", "--each", "out")
    assert "tmp" not in said.err
    assert f"cannot write 'out{os.sep}00-sobel_x.png': no space" in said.err


def test_each_of_odd_values():
    found = each.Maps(np.full((2, 3, 4), np.nan), ("a", "b/../c d"), "step", "png")
    found.values[1] = np.inf
    found.values[1, 0, 0] = -2
    assert [name for name, _ in found] == ["00-a.png", "01-b_.._c_d.png"]
    name, data = found.index({})
    first, second = json.loads(data)["maps"]
    assert (name, first["least"], second["least"]) == ("maps.json", None, -2)
    assert (
        len({name for name, _ in each.Maps(np.zeros((101, 1, 1)), ("k" * 200,) * 101, 1.0, "npy")})
        == 101
    )


# ----------------------------------------------------------------------------------- batches


def test_a_batch_goes_on_past_what_is_bad(call, here, monkeypatch):
    drawn(monkeypatch)
    (here / "in").mkdir()
    picture(here / "in" / "a.png")
    picture(here / "in" / "b.JPG", format="JPEG")
    (here / "in" / "c.png").write_bytes(b"no picture")
    (here / "in" / "notes.txt").write_text("not looked at")
    picture(here / "in" / ".hidden.png")
    (here / "in" / "folder.png").mkdir()
    (here / "nothing").mkdir()
    code, out, err = call(
        "maps", "in", "photo.png", "missing.png", "nothing", "--output-dir", "o/p"
    )
    assert code == 1
    assert out.splitlines() == [
        f"o/p/{name}-maps.png: 8 maps of 9 x 12" for name in ("a", "b", "photo")
    ]
    assert left(here / "o/p") == ["a-maps.png", "b-maps.png", "photo-maps.png"]
    lines = err.splitlines()
    assert lines[0] == "3 of 6 pictures failed:"
    assert [line.split(":")[0] for line in lines[1:]] == [
        "  'nothing' is a folder without pictures (.png, .jpg, .tif, ...)",
        "  in/c.png",
        "  missing.png",
    ]


def test_a_batch_where_all_is_well(call, here, monkeypatch):
    drawn(monkeypatch)
    (here / "in").mkdir()
    picture(here / "in" / "a.png")
    assert call("maps", "in", "--output-dir", "o", "--format", "svg").code == 0
    assert (here / "o/a-maps.svg").read_bytes() == b"svg"
    said = call("maps", "in", "--output-dir", "o", "--format", "svg")
    assert said.code == 1
    assert "exists already" in said.err
    assert call("maps", "in", "--output-dir", "o", "--format", "svg", "--force").code == 0


def test_a_batch_where_all_is_bad_leaves_nothing(call, here):
    said = call("maps", "no.png", "none.png", "--output-dir", "o/p", "--each", "e")
    assert said.code == 1
    assert left(here) == ["photo.png"]


def test_a_batch_of_one_with_each(call, here, monkeypatch):
    drawn(monkeypatch)
    out = call("maps", "photo.png", "--output-dir", "o", "--each", "e", "-k", "sobel_x").out
    assert out.splitlines()[0] == "e/photo, o/photo-maps.png: 1 map of 9 x 12"
    assert left(here / "e") == ["photo/00-sobel_x.png", "photo/maps.json"]


def test_results_do_not_lie_among_the_pictures_of_a_folder(refused, call, here):
    refused(1, "the pictures are read from there", "maps", ".", "--output-dir", "../" + here.name)
    refused(1, "the pictures are read from there", "maps", ".", "--each", ".", "--force")


def test_a_folder_for_results_that_is_none(refused, here):
    (here / "file").write_bytes(b"")
    for folder in ("file", "file/deeper"):
        refused(1, f"cannot write to '{folder}'", "maps", "photo.png", "--output-dir", folder)


def test_an_interrupt_in_a_batch_keeps_what_is_done(call, here, monkeypatch):
    drawn(monkeypatch)
    real = images.load

    def load(source, **options):
        if source == "second.png":
            raise KeyboardInterrupt
        return real(source, **options)

    monkeypatch.setattr(images, "load", load)
    said = call("maps", "photo.png", "second.png", "--output-dir", "o")
    assert said.code == 130
    assert left(here) == ["o/photo-maps.png", "photo.png"]


def test_a_progress_line_on_a_terminal_only(call, here, monkeypatch):
    drawn(monkeypatch)
    picture(here / "b\n.png")
    monkeypatch.setattr(console, "is_terminal", lambda stream: stream is sys.stderr)
    _, out, err = call("maps", "photo.png", "b\n.png", "--output-dir", "o")
    assert err == "\r[1/2] photo.png\x1b[K\r\x1b[K\r[2/2] 'b\\n.png'\x1b[K\r\x1b[K"
    assert len(out.splitlines()) == 2
    monkeypatch.setattr(console, "is_terminal", lambda stream: False)
    assert call("maps", "photo.png", "b\n.png", "--output-dir", "o2").err == ""


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["x.png", "y.png"], ["x", "y"]),
        (["x.png", "x.jpg"], ["x.png", "x.jpg"]),
        (["a/x.png", "b/x.png", "c/x.png"], ["x.png", "x.png-2", "x.png-3"]),
        (["x.png", "X.PNG"], ["x.png", "X.PNG-2"]),
        (["a/x", "b/x", "x-2"], ["x", "x-3", "x-2"]),
        (["x", "x.png", "x.png.png"], ["x", "x.png-2", "x.png"]),
        (["-", "http://h/a%20b.png?x=1#y", "http://h/", "http://h"], ["stdin", "a_b", "h", "h-2"]),
        (["http://h/%2e%2e%2fx.p%5cg", "http://h/..%2Fx.PNG"], [".._x.p_g", ".._x.PNG"]),
        ([".png", "é" * 120 + ".png"], [".png", "é" * 100]),
    ],
)  # fmt: skip
def test_names_of_results(given, names):
    assert sources.stems([sources.Source(text) for text in given]) == names


@given(st.lists(st.text(min_size=1, max_size=8), max_size=8))
def test_no_two_results_share_a_name(given):
    stems = sources.stems([sources.Source(text) for text in given])
    assert len({stem.casefold() for stem in stems}) == len(given)


# ------------------------------------------------------------------------- kernels and summary


def test_the_list_of_kernels(call):
    code, out, err = call("kernels")
    assert (code, err) == (0, "")
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    listed = re.findall(r"^  (\w+) ", out, re.MULTILINE)
    assert listed == [*kernels.BANK, *kernels.STACKS]
    assert re.findall(r"^\w+$", out, re.MULTILINE) == list(kernels.FAMILIES)
    flat = " ".join(out.split())
    assert all(kernel.meaning in flat for kernel in kernels.BANK.values())


@pytest.mark.parametrize("name", kernels.BANK)
def test_the_story_of_a_kernel(call, name):
    out = call("kernels", name).out
    kernel = kernels.BANK[name]
    assert out.startswith(f"{name}: ")
    assert " ".join(kernel.meaning.split()) in " ".join(out.split())
    assert " ".join(kernel.source.split()) in " ".join(out.split())
    lines = out.splitlines()
    assert str(kernel).splitlines()[-1] in lines
    assert all(len(line) <= 80 for line in lines if not re.match(r" *(1/\d+ \* )?\[", line))


def test_the_stories_of_several(call):
    out = call("kernels", "roberts", "1 2; 3 4").out
    assert [part.split(":")[0].split("\n")[0] for part in out.split("\n\n")] == [
        *("roberts_se", "roberts_sw", "custom")
    ]


def test_kernels_are_drawn(call, here):
    assert tuple(call("kernels", "-o", "k.png")) == (0, f"k.png: {len(kernels.BANK)} kernels\n", "")
    assert tuple(call("kernels", "sobel_x", "-o", "k.svg")) == (0, "k.svg: 1 kernel\n", "")
    assert (here / "k.png").read_bytes().startswith(PNG)
    figure = viz.plot_kernels(kernels.get("sobel_x"), figure=viz.new_figure())
    assert (here / "k.svg").read_bytes() == viz.figure_bytes(figure, "svg")


def test_the_summary(call, here):
    bank = kernels.EDGES
    model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(bank), ReLU())
    assert call("summary", "photo.png").out == f"{model.summary((1, 1, 9, 12))}\n"
    assert call("summary", "--input", "9,12").out == f"{model.summary((1, 1, 9, 12))}\n"
    assert call("summary").out == f"{model.summary((1, 1, 600, 512))}\n"
    model = Sequential(Conv2D.from_kernels(bank, in_channels=3, stride=2))
    said = {"photo.png": "doctor: note: step 0, conv2d: laplacian_8 is a copy: -ridge_8\n", "": ""}
    for picture, more in said.items():  # without a picture, nobody can be asked
        what = [picture] if picture else ["--input", "3,9,12"]
        options = ["--colour", "summed", "--stride", "2", "--padding", "valid", "--no-relu"]
        out = call("summary", *what, *options).out
        assert out == f"{model.summary((1, 3, 9, 12))}\n{more}"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["missing.png"], "no such file"),
        (["--input", "2,2", "--padding", "valid"], "larger than the picture"),
        (["--input", "1,1"], "or use --mode zeros"),
    ],
)
def test_no_summary(refused, argv, message):
    refused(1, message, "summary", *argv)


# ------------------------------------------------------------------------------- small parts


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ShapeError("a: b.\n  x  (N, C)   = 1\n  Fix it."), "a: b. x (N, C) = 1 Fix it."),
        (LimitError("more than max_bytes = 1 B."), "more than --max-bytes = 1 B."),
        (OutputError("  two  blanks stay"), "  two  blanks stay"),
        (OSError(28, "No space"), "no space"),
        (OSError("odd"), "odd"),
        (OSError(2, "No such file", b"a\n"), r"'a\n': no such file"),
        (MemoryError(), "there is not enough memory"),
        (OSError(), "OSError"),
    ],
)
def test_an_error_on_one_line(error, line):
    assert console.one_line(error) == line


@pytest.mark.parametrize(
    ("text", "found"),
    [("1", 1), ("2k", 2048), ("1.5 MiB", 3 * 2**19), ("1GB", 2**30), ("1T", 2**40)],
)
def test_sizes(text, found):
    assert values.size_in_bytes(text) == found


def test_what_cannot_be_printed_is_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    console.say("\u00fc \u251c \udcff")
    stream.flush()
    assert stream.buffer.getvalue().decode("cp1252").split() == ["\u00fc", "\\u251c", "\\udcff"]


@pytest.mark.parametrize("argv", [["kernels"], ["--version"], ["nope"], ["maps", "photo.png"]])
def test_streams_that_are_closed(here, monkeypatch, argv):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdin", None)
    assert cli.main(argv) == (2 if argv == ["nope"] else 0)


def test_standard_input_that_is_closed(refused, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    refused(1, "standard input is closed", "maps", "-")


def test_terminals_get_no_pictures(refused, monkeypatch):
    monkeypatch.setattr(outputs, "is_terminal", lambda stream: True)
    refused(2, "standard output is a terminal", "maps", "photo.png", "-o", "-")
    refused(2, "standard output is a terminal", "kernels", "-o", "-")
    monkeypatch.setattr(sources, "is_terminal", lambda stream: True)
    refused(2, "standard input is the keyboard", "maps", "-")


# ------------------------------------------------------------------------------------ hostile

HOSTILE = [
    "two\nlines.png",
    "dollar$b_{$.png",
    "-o.png",
    "--help.png",
    "%s%(prog)s.png",
    "{0!r}.png",
    " .png",
    "tab\t\x1b[31m.png",
    "quote'\".png",
    "\u65e5\u672c\U0001f600\u200f.png",
    "\udcff\udcfe.png",
    "a" * 251 + ".png",
    "http:x.png",
    "con.png",
    "*?[x].png",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(call, here, name):
    try:
        picture(here / name, (4, 5), format="PNG")
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    (here / "in").mkdir()
    os.rename(here / name, here / "in" / name)
    with pytest.MonkeyPatch.context() as patch:
        drawn(patch)
        for what in ("in", f"in/{name}"):
            said = call("maps", what, "--output-dir", "out", "--each", "each", "--force")
            assert said.code == 0, said.err
            assert len(said.out.splitlines()) == 2
            assert "\x1b" not in said.out
    assert len(left(here / "out")) == 1
    os.chdir(here / "in")
    said = call("maps", "-k", "sobel_x", "-o", "../one.svg", "--", name)
    assert said.code == 0, said.err
    assert call("summary", "--", name).code == 0


WORDS = st.sampled_from(
    [
        *("maps", "kernels", "summary", "photo.png", "in", "-", "--", "no.png", "sobel", "1 2;3 4"),
        *("-o", "out.png", "out.gif", "--each", "e", "--output-dir", "d", "-k", "kirsch"),
        *("--stride", "2", "0", "-1", "--padding", "same", "--mode", "zeros", "--grey", "--colour"),
        *("each", "summed", "--no-relu", "--scale", "map", "1e300", "--max-maps", "--pipeline"),
        *("--max-bytes", "1k", "--force", "--format", "svg", "--input", "3,4,5", "\0", "a\nb"),
        *("--help", "--version", "--timeout", "--max-pixels", "9"),
    ]
) | st.text(max_size=12)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, max_size=8))
def test_random_calls(here, monkeypatch, capsys, argv):
    drawn(monkeypatch)
    monkeypatch.setattr(viz, "plot_kernels", lambda *a, **k: None)
    monkeypatch.setattr(firstrun, "run", lambda program: 0)
    if any("://" in word for word in argv):
        return
    assert cli.main(argv) in (0, 1, 2)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err


def test_maps_options_have_a_test(capsys):
    """Every option of every command stands in a call of these tests."""
    tests = Path(__file__).parent.glob("test_cli*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in tests)
    _, commands = parser.build_parsers("minicnn")
    for _, reader in commands.values():
        for action in reader._actions:
            for option in action.option_strings:
                if option not in ("-h", "--output"):
                    assert f'"{option}"' in text or f" {option} " in text, option
    assert maps.NAME == "maps"
