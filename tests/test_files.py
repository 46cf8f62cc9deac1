"""Files are written whole or not at all, never over an input, over nothing else unasked."""

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from minicnn import files
from minicnn.errors import ConfigError, MiniCNNError, OutputError
from minicnn.files import check_output, write_whole

OLD, NEW = b"old" * 1000, b"new" * 2000


def left(folder):
    return sorted(path.name for path in Path(folder).iterdir())


def test_a_new_file(tmp_path):
    assert write_whole(tmp_path / "a.png", NEW).read_bytes() == NEW
    assert left(tmp_path) == ["a.png"]


@pytest.mark.parametrize("data", [b"", b"x", bytearray(NEW), memoryview(NEW)])
def test_kinds_of_bytes(tmp_path, data):
    assert write_whole(str(tmp_path / "a"), data).read_bytes() == bytes(data)


def test_a_relative_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_whole("a.png", NEW)
    assert left(tmp_path) == ["a.png"]


def test_an_existing_file_needs_force(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(OLD)
    for call in (lambda: check_output(path), lambda: write_whole(path, NEW)):
        with pytest.raises(OutputError, match=r"exists already.*--force.*force=True"):
            call()
    assert path.read_bytes() == OLD
    write_whole(path, NEW, force=True)
    assert path.read_bytes() == NEW
    assert left(tmp_path) == ["a.png"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("how", ["same", "relative", "symlink", "hardlink", "open"])
def test_an_input_is_never_replaced(tmp_path, monkeypatch, force, how):
    source, other = tmp_path / "in.png", tmp_path / "other.png"
    source.write_bytes(OLD)
    monkeypatch.chdir(tmp_path)
    output, given = source, source
    if how == "relative":
        given = "./in.png"
    elif how == "symlink":
        other.symlink_to(source)
        output = other
    elif how == "hardlink":
        os.link(source, other)
        output = other
    with open(source, "rb") as file:
        inputs = ["http://localhost/x", None, 3, "missing.png", file if how == "open" else given]
        with pytest.raises(OutputError, match="is also an input"):
            write_whole(output, NEW, force=force, inputs=inputs)
    assert source.read_bytes() == OLD


def test_one_path_as_inputs_is_one_path(tmp_path):
    path = tmp_path / "in.png"
    path.write_bytes(OLD)
    with pytest.raises(OutputError, match="is also an input"):
        check_output(path, force=True, inputs=str(path))


def test_a_symlink_stays_one(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(OLD)
    link.symlink_to(target)
    with pytest.raises(OutputError, match="exists already"):
        write_whole(link, NEW)
    assert write_whole(link, NEW, force=True) == target.resolve()
    assert link.is_symlink()
    assert target.read_bytes() == NEW


def test_a_dangling_symlink(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    with pytest.raises(OutputError, match="exists already"):
        write_whole(link, NEW)
    write_whole(link, NEW, force=True)
    assert (tmp_path / "target").read_bytes() == NEW


def test_a_loop_of_symlinks(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OutputError, match="cannot write"):
        write_whole(link, NEW, force=True)


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_replaced_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(OLD)
    path.chmod(0o604)
    write_whole(path, NEW, force=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_file(tmp_path, force):
    for path, message in [
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "a.png", "there is no folder .*none'. Make it first"),
        (f"{tmp_path}/new/", "the name of a folder"),
        ("/dev/null", "not an ordinary file|exists"),
        (Path(__file__) / "a.png", "is not a folder|not a directory"),
        (tmp_path / ("x" * 300), "too long"),
    ]:
        for call in (check_output, lambda p, force: write_whole(p, NEW, force=force)):
            with pytest.raises(OutputError, match=message):
                call(path, force=force)
    assert left(tmp_path) == []
    assert not stat.S_ISREG(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("path", [None, 3, b"a.png", "", "a\0b", ["a"]])
def test_what_is_no_path(path):
    with pytest.raises(ConfigError):
        write_whole(path, NEW)


def test_text_is_not_bytes(tmp_path):
    with pytest.raises(ConfigError, match="data must be bytes, got str"):
        write_whole(tmp_path / "a", "text")


def test_no_permission(tmp_path, monkeypatch):
    path = tmp_path / "a"
    monkeypatch.setattr(files.os, "access", lambda p, mode: str(p) != str(tmp_path))
    with pytest.raises(OutputError, match="folder cannot be written to"):
        check_output(path)
    path.write_bytes(OLD)
    monkeypatch.setattr(files.os, "access", lambda p, mode: str(p) != str(path))
    with pytest.raises(OutputError, match="write-protected"):
        check_output(path, force=True)


@pytest.mark.parametrize("where", ["fsync", "replace", "link and rename", "chmod"])
def test_a_failure_leaves_all_as_it_was(tmp_path, monkeypatch, where):
    path = tmp_path / "a"
    force = where in ("replace", "chmod")
    if force:
        path.write_bytes(OLD)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in where.split(" and "):
        monkeypatch.setattr(files.os, name, full)
    with pytest.raises(OutputError, match="no space left on device") as caught:
        write_whole(path, NEW, force=force)
    assert caught.value.errno == errno.ENOSPC
    assert left(tmp_path) == (["a"] if force else [])
    assert not force or path.read_bytes() == OLD


def test_an_interrupt_leaves_all_as_it_was(tmp_path, monkeypatch):
    def interrupt(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", NEW)
    assert left(tmp_path) == []


def test_a_file_that_may_not_grow(tmp_path):
    """A real failure to write, as on a full disk, in a process of its own."""
    path = tmp_path / "a"
    path.write_bytes(OLD)
    program = (
        "import resource, sys; from minicnn.files import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "try: write_whole(sys.argv[1], bytes(10_000_000), force=True)\n"
        "except OSError as error: print(type(error).__name__)"
    )
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "OutputError"
    assert path.read_bytes() == OLD
    assert left(tmp_path) == ["a"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs signals of POSIX")
def test_killed_at_any_moment(tmp_path):
    """The file is whole at every look, and after kill -9."""
    path = tmp_path / "a"
    contents = {bytes([n]) * 300_000 for n in range(3)}
    program = (
        "import sys; from minicnn.files import write_whole\n"
        "n = 0\n"
        "while True:\n"
        "    write_whole(sys.argv[1], bytes([n]) * 300_000, force=True); n = (n + 1) % 3"
    )
    for wait in (0.003, 0.011, 0.02):
        path.unlink(missing_ok=True)
        with subprocess.Popen([sys.executable, "-c", program, path]) as process:
            deadline = time.monotonic() + 20
            while not path.exists() and time.monotonic() < deadline:
                time.sleep(0.001)
            end = time.monotonic() + wait
            while time.monotonic() < end:
                assert path.read_bytes() in contents
            process.kill()
        assert path.read_bytes() in contents


@pytest.mark.parametrize("links", [True, False])
def test_one_of_many_writers_wins(tmp_path, monkeypatch, links):
    """Without force exactly one succeeds (where hard links work), and its file is whole."""
    path, outcomes, together = tmp_path / "a", [], threading.Barrier(8)

    def write(n):
        data = bytes([n]) * 100_000
        together.wait()
        with suppress(OutputError):
            write_whole(path, data)
            outcomes.append(data)

    if not links:

        def refuse(*args, **kwargs):
            raise OSError(errno.EPERM, "no links here")

        monkeypatch.setattr(files.os, "link", refuse)
    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in outcomes
    assert left(tmp_path) == ["a"]
    assert len(outcomes) == 1 or not links


def test_a_file_that_appears_at_the_last_moment(tmp_path, monkeypatch):
    path = tmp_path / "a"
    written = files._write_down

    def and_then_somebody_else(*args, **kwargs):
        written(*args, **kwargs)
        path.write_bytes(OLD)

    monkeypatch.setattr(files, "_write_down", and_then_somebody_else)
    with pytest.raises(OutputError, match="exists already"):
        write_whole(path, NEW)
    assert path.read_bytes() == OLD
    assert left(tmp_path) == ["a"]


def test_an_error_is_ours_and_an_os_error(tmp_path):
    with pytest.raises(MiniCNNError) as caught:
        check_output(tmp_path)
    assert isinstance(caught.value, OSError)
    assert "\n" not in str(caught.value)
