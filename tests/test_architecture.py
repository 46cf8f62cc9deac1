"""Who may import whom: strictly lower ranks, or one's own room."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import minicnn
from minicnn.ops import ALGORITHMS

PACKAGE = Path(minicnn.__file__).parent
RANKS = {
    "errors": 0,
    "interrupts": 0,
    "trace": 1,
    "shapes": 1,
    "files": 1,
    "reading": 1,
    "terminal": 1,
    "ops": 2,
    "kernels": 2,
    "images": 2,
    "layers": 3,
    "models": 4,
    "weights": 4,
    "classifier": 5,
    "train": 5,
    "explain": 6,
    "viz": 7,
    "coach": 8,
    "__init__": 9,  # "import minicnn": what users see; only the command line builds on it
    "cli": 10,
    "__main__": 11,
}
ALLOWED_OUTSIDE = {"numpy"}
ONLY_IN = {
    "matplotlib": {"viz"},
    "PIL": {"images", "viz", "cli"},
    "threadpoolctl": {"ops"},
    "hypothesis": {"coach"},
    "safetensors": {"weights"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def room(path):
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path):
    """Yield (module, name or None, whether it runs when the file is imported)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None, id(node) not in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                yield node.module, alias.name, id(node) not in inside


def imported_rooms(path):
    for module, name, _ in imports(path):
        parts = module.split(".")
        if parts[0] == "minicnn":
            other = parts[1] if len(parts) > 1 else name
            yield other if other in RANKS else "__init__"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_lower_ranks_are_imported(path):
    own = room(path)
    assert own in RANKS, f"{own} has no rank: say where it stands in the house"
    for other in imported_rooms(path):
        assert other == own or RANKS[other] < RANKS[own], f"{path} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_only_declared_packages_are_imported_and_where_they_belong(path):
    for module, _, _ in imports(path):
        top = module.split(".")[0]
        if top == "minicnn" or top in sys.stdlib_module_names:
            continue
        assert top in ALLOWED_OUTSIDE or room(path) in ONLY_IN.get(top, ()), f"{path}: {top}"


OPTIONAL = ["matplotlib", "PIL", "threadpoolctl", "hypothesis", "pytest", "torch", "scipy", "onnx"]
OPTIONAL += ["safetensors", "sklearn", "mlxtend"]


def run(code):
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_importing_it_imports_numpy_and_nothing_else():
    code = f"import sys, minicnn; print([m for m in {OPTIONAL} if m in sys.modules])"
    assert run(code).strip() == "[]"


SLOW = ["numpy.ma", "numpy.typing", "fractions", "decimal", "difflib", "html", "urllib.parse"]
SLOW += ["concurrent.futures", "http.client", "pathlib", "asyncio", "minicnn.kernels"]


def test_importing_it_is_quick():
    """What takes milliseconds and few need comes when it is needed; NumPy may bring it."""
    code = f"""
import sys, numpy
before = set(sys.modules)
import minicnn
print([m for m in {SLOW} if m in sys.modules and m not in before])
"""
    assert run(code).strip() == "[]"


def test_viz_comes_when_it_is_asked_for_and_without_pyplot():
    code = (
        "import sys, minicnn\n"
        "minicnn.viz.plot_feature_maps\n"
        "print('matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    )
    assert run(code).strip() == "True False"


def test_all_is_sorted_and_true():
    assert list(minicnn.__all__) == sorted(minicnn.__all__)
    for name in minicnn.__all__:
        assert getattr(minicnn, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = minicnn.nonsense


def test_the_core_is_short_enough_to_read_in_an_hour():
    core = ["shapes.py", "trace.py", "ops/conv_naive.py", "ops/conv_im2col.py", "ops/conv.py"]
    core += ["layers/base.py", "layers/conv.py", "layers/sequential.py"]
    lines = {name: len((PACKAGE / name).read_text().splitlines()) for name in core}
    assert sum(lines.values()) < 2000, lines
    assert max(lines.values()) < 350, lines


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_algorithm_is_only_its_idea(name):
    assert len(Path(ALGORITHMS[name].__file__).read_text().splitlines()) <= 120
