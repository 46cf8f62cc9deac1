"""What the README shows is what happens."""

import ast
import contextlib
import io
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from minicnn import Conv2D, MiniCNNError, Pad, ReLU, Sequential, images
from minicnn.cli import main
from minicnn.train import Dataset

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
SHELL = re.findall(r"^minicnn .*$", README, flags=re.MULTILINE)
IMAGES = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
LINKS = re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", README)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a photograph, a holiday's worth of them, and one before and after."""
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    photo = Image.fromarray((images.to_hwc(images.photograph()) * 255).astype(np.uint8))
    photo.save("photo.jpg")
    (tmp_path / "holiday").mkdir()
    photo.resize((60, 70)).save("holiday/beach.png")
    photo.resize((60, 70)).save("before.png")
    photo.resize((60, 70)).rotate(180).save("after.png")
    return tmp_path


def shown_results(block):
    """Yield (source of an expression, the result that its comment shows)."""
    lines = block.splitlines()
    for node in ast.parse(block).body:
        comment = lines[node.end_lineno - 1][node.end_col_offset :].strip().lstrip("# ")
        value = node.value if isinstance(node, ast.Expr | ast.Assign) else None
        if value is not None and re.match(r"\(\d+, ", comment):
            target = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
            shape = re.match(r"\([\d, ]+\)", comment).group()
            yield (f"{target}.shape" if target else ast.unparse(value)), shape


def run(block, names):
    if "import torch" in block:
        pytest.importorskip("torch")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block, "README", "exec"), names)
    return printed.getvalue()


def test_the_python_runs_and_gives_the_results_it_shows(here):
    names = {}
    checked = 0
    for block in BLOCKS:
        if "import torch" in block and not _has_torch():
            continue
        printed = run(block, names)
        for source, expected in shown_results(block):
            assert repr(eval(source, names)) == expected, source
            checked += 1
        table = [line[2:] for line in block.splitlines() if line.startswith("# ")]
        if table:
            assert [line.rstrip() for line in printed.splitlines()] == [t.rstrip() for t in table]
            checked += 1
    assert checked >= 6
    assert {"maps.png", "story.png"} <= {path.name for path in here.iterdir()}


def test_the_same_in_pytorch_is_the_same():
    torch = pytest.importorskip("torch")
    assert torch
    names = {"x": images.photograph(channels=1)}
    block = next(block for block in BLOCKS if "import torch" in block)
    exec("from minicnn import kernels", names)
    exec(block, names)
    model = Sequential(Pad(1, mode="reflect"), Conv2D.from_kernels(names["kernels"].EDGES), ReLU())
    np.testing.assert_allclose(model(names["x"]), names["y"].numpy(), atol=1e-5)


def test_a_model_of_pytorchs_gives_the_same_here():
    torch = pytest.importorskip("torch")
    x = images.disc(24)
    block = next(block for block in BLOCKS if "theirs = " in block)
    names = {"tried": Dataset(x, np.array([0]))}
    exec("from minicnn import explain, viz, weights", names)
    exec(block.replace('.savefig("inside.png")', ""), names)
    with torch.no_grad():
        expected = names["theirs"](torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(names["ours"](x), expected, atol=1e-5)
    assert names["ledger"].value == pytest.approx(expected[0, 3], abs=1e-5)
    assert names["ledger"].check.agrees


def test_the_commands_run_one_after_the_other(here, capsys):
    assert len(SHELL) >= 8
    for line in SHELL:
        assert main(shlex.split(line.split("  #")[0])[1:]) == 0, line
        assert capsys.readouterr().err == "", line


def test_who_tries_all_of_it_in_one_folder_is_never_refused_a_file():
    """Commands and Python's `save` overwrite nothing."""
    options = r" (?:-o|--time-lapse|--mistakes|--mistakes-dir) (\S+)"
    names = [name for line in SHELL for name in re.findall(options, line)]
    names += [name for block in BLOCKS for name in re.findall(r'\bsave\(.*"(.+?)"\)', block)]
    assert len(names) >= 12
    assert len(names) == len(set(names)), names


def test_the_error_is_the_one_that_is_shown():
    model = Sequential(Pad(1), Conv2D(8, 2, 3))
    with pytest.raises(MiniCNNError) as error:
        model(np.ones((1, 4, 4, 5)))
    message = f"{type(error.value).__name__}: {error.value}"
    assert message in README


@pytest.mark.parametrize("target", [*IMAGES, *LINKS])
def test_links_lead_somewhere(target):
    if not target.startswith("http"):
        assert (ROOT / target.split("#")[0]).exists()


def test_the_two_commands_are_the_first_two():
    commands = re.findall(r"^python -m pip install.*$", README, flags=re.MULTILINE)
    assert commands == [
        "python -m pip install . && python -m minicnn",
        'python -m pip install ".[test]" && python -m pytest',
    ]


def _has_torch():
    try:
        import torch
    except ImportError:
        return False
    return torch is not None
