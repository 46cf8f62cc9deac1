"""The command line as a process of its own: streams, signals, full disks, what is imported."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minicnn import images

PROGRAM = (sys.executable, "-m", "minicnn")
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and pipes of POSIX")


def run(*argv, program=PROGRAM, **options):
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    options = {"capture_output": True, "timeout": 120, "env": environment, **options}
    if "stdout" in options:
        options |= {"capture_output": False, "stderr": subprocess.PIPE}
    return subprocess.run([*program, *map(str, argv)], **options)


def left(folder):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*") if not p.is_dir())


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8)).save("photo.png")
    return tmp_path


def test_the_main_job_on_an_empty_machine(tmp_path):
    done = run(cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"python -m minicnn maps photo.jpg" in done.stdout
    assert left(tmp_path) == ["minicnn-maps.png"]
    assert images.load(tmp_path / "minicnn-maps.png").shape[1] in (1, 3)


def test_the_installed_program_is_the_same(tmp_path):
    script = shutil.which("minicnn", path=os.path.dirname(sys.executable))
    if script is None:
        pytest.skip("not installed")
    done = run("kernels", "sobel_x", cwd=tmp_path, program=[script])
    assert done.stdout == run("kernels", "sobel_x").stdout
    assert run("photo.png", program=[script]).stderr.startswith(b"minicnn: 'photo.png' is no comm")


@pytest.mark.parametrize(
    ("argv", "absent"),
    [
        (["--help"], {"matplotlib", "PIL"}),
        (["kernels"], {"matplotlib", "PIL"}),
        (["summary", "--input", "9,9"], {"matplotlib", "PIL"}),
        (["summary", "photo.png"], {"matplotlib"}),
        (["maps", "photo.png", "--each", "e", "--each-format", "npy"], {"matplotlib"}),
        (["maps", "photo.png"], {"matplotlib.pyplot"}),
        (["kernels", "sobel_x", "-o", "k.png"], {"matplotlib.pyplot"}),
    ],
)
def test_what_is_not_imported(here, argv, absent):
    program = (
        "import sys; from minicnn.cli import main\n"
        "code = main(sys.argv[2:])\n"
        "found = set(sys.argv[1].split()) & set(sys.modules)\n"
        "sys.exit(f'{found} imported' if found else code)"
    )
    done = run(*argv, program=[sys.executable, "-c", program, " ".join(absent)])
    assert (done.returncode, done.stderr) == (0, b"")


def test_streams(here):
    """A picture through standard input and output gives what files give; messages stay apart."""
    with open("photo.png", "rb") as file:
        done = run("maps", "-", stdin=file)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"stdin-maps.png: 8 maps of 9 x 12\n"
    with open("photo.png", "rb") as file:
        done = run("maps", "-", "-o", "-", stdin=file)
    assert (done.returncode, done.stderr) == (0, b"standard output: 8 maps of 9 x 12\n")
    assert done.stdout == Path("stdin-maps.png").read_bytes()


def test_standard_input_is_an_input(here):
    with open("photo.png", "rb") as file:
        done = run("maps", "-", "-o", "photo.png", "--force", stdin=file)
    assert done.returncode == 1
    assert b"is also an input" in done.stderr


@pytest.mark.parametrize("content", [b"", b"text"])
def test_bad_standard_input(here, content):
    done = run("maps", "-", "-o", "-", input=content)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"python -m minicnn: '<stdin>' is ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("argv", [["maps"], ["maps", "photo.png", "-o", "a.gif"], ["nope"]])
def test_a_wrong_call(here, argv):
    done = run(*argv)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert left(here) == ["photo.png"]


def test_a_terminal_that_knows_only_ascii(here):
    os.rename("photo.png", os.fsencode("gr\u00fcn\n\udcff.png"))
    name = os.listdir(b".")[0]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [*map(os.fsencode, PROGRAM), b"maps", name], capture_output=True, env=environment
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    assert done.stdout.count(b"\n") == 1
    assert len(os.listdir(".")) == 2


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("argv", [["kernels"], ["--help"], ["kernels", "sobel_x", "-o", "-"]])
def test_nobody_reads_the_output(here, argv, unbuffered):
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*argv, stdout=writer, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    os.close(writer)
    assert done.returncode == 1 or (argv == ["--help"] and unbuffered)  # argparse lets it pass
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert b"rror" not in done.stderr


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_nobody_reads_about_a_folder(here, unbuffered):
    """A closed pipe is no failure of a picture: an answer ends, and files are made all the same."""
    from minicnn.classifier import Classifier

    Classifier.new("small", 1, (8, 8), ("dark", "bright"), rng=0).save("w.npz")
    for n in range(4):
        for name in ("many", "examples/a", "examples/b"):
            (here / name).mkdir(parents=True, exist_ok=True)
            shutil.copy("photo.png", here / name / f"{n}.png")
    learn = ["train", "examples", "--size", "8", "--epochs", "1", "--network", "small"]
    for argv in (
        ["predict", "many", "-w", "w.npz"],
        ["maps", "many", "--output-dir", "drawn"],
        [*learn, "--validation", "0.5", "-o", "new.npz", "--curves", "curves.png"],
    ):
        reader, writer = os.pipe()
        os.close(reader)
        done = run(*argv, stdout=writer, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
        os.close(writer)
        assert (done.returncode, done.stderr) == (1, b"")
    assert left(here / "drawn") == [f"{n}-maps.png" for n in range(4)]
    assert {"new.npz", "curves.png"} <= set(left(here))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("argv", [["kernels"], ["--help"], ["kernels", "sobel_x", "-o", "-"]])
def test_an_output_that_is_full(here, argv):
    with open("/dev/full", "wb") as full:
        done = run(*argv, stdout=full)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].endswith("no space left on device")
    assert done.stderr.count(b"\n") == 1


@posix
@pytest.mark.parametrize(
    "options",
    [["-o", "a.png"], ["--each", "e"], ["--output-dir", "d"], ["--each", "old", "--force"]],
)
def test_a_disk_that_is_full(here, options):
    """A real failure to write: files may not grow beyond 1,000 bytes."""
    pytest.importorskip("resource")
    (here / "old").mkdir()
    (here / "old" / "00-sobel_x.npy").write_bytes(b"old")
    program = (
        "import resource, sys; from minicnn.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    npy = (
        ["--each-format", "npy", "--padding", "20", "--mode", "zeros"]
        if "--each" in options
        else []
    )
    done = run("maps", "photo.png", *options, *npy, program=[sys.executable, "-c", program])
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"file too large" in done.stderr
    assert b"tmp" not in done.stderr
    assert left(here) == ["old/00-sobel_x.npy", "photo.png"]
    assert (here / "old" / "00-sobel_x.npy").read_bytes() == b"old"
    assert not (here / "d").exists()


@posix
@pytest.mark.parametrize("batch", [False, True])
def test_interrupted(here, batch):
    """Ctrl-C while it waits for standard input: what is done stays, nothing half done does."""
    places = ["photo.png", "-", "--output-dir", "d"] if batch else ["-", "--each", "a/b"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([*PROGRAM, "maps", *places], **pipes) as process:
        sign = here / "d" / "photo-maps.png" if batch else here / "a"
        deadline = time.monotonic() + 60
        while not sign.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"python -m minicnn: interrupted\n")
    assert left(here) == (["d/photo-maps.png"] if batch else []) + ["photo.png"]
    assert batch or not (here / "a").exists()


@posix
@pytest.mark.parametrize(
    ("program", "traceback"), [("-m", False), ("minicnn", False), ("script.py", True)]
)
def test_interrupted_while_it_is_loaded(tmp_path, program, traceback):
    """The program ends quietly, whoever starts it; a script that imports us is not our business."""
    (tmp_path / "numpy.py").write_text("import os\nos.kill(os.getpid(), 2)\nwhile True: pass\n")
    start = ["-m", "minicnn"] if program == "-m" else [program]
    (tmp_path / start[0]).write_text("from minicnn.cli import main\n")
    root = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(root)])}
    done = run(*start, program=[sys.executable], cwd=tmp_path, env=environment)
    assert done.returncode == -signal.SIGINT  # a shell calls that 130
    assert (b"Traceback" in done.stderr) == traceback
    assert traceback or done.stderr == b""


def test_processes_agree_to_the_last_byte(here):
    for name in ("a", "b"):
        argv = ["maps", "photo.png", "-o", f"{name}.png", "--each", name, "-k", "scharr"]
        environment = {**os.environ, "PYTHONHASHSEED": str(ord(name))}
        assert run(*argv, env=environment).returncode == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    for name in os.listdir("a"):
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes()
