"""The benchmarks: contenders agree, a wrong one stops the race, the README shows what it gave."""

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"
sys.path.insert(0, str(FOLDER))
try:
    bank, contenders, figure, layers, machine, picture, results, report = (
        importlib.import_module(name)
        for name in (
            *("_bank", "_contenders", "figure", "layers", "_machine", "picture_to_png"),
            *("_results", "report"),
        )
    )
finally:
    sys.path.remove(str(FOLDER))

seconds = st.floats(1e-6, 1e3)
turns = st.lists(st.lists(seconds, min_size=1, max_size=5).map(results.turn_of), min_size=1)


def run(script, *words, expected=0):
    """Run a script as a user would; return what it printed."""
    done = subprocess.run(
        [sys.executable, str(script), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(FOLDER), str(FOLDER.parent)])},
    )
    assert done.returncode == expected, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def found():
    return json.loads(report.RESULTS.read_text())


# --- the contenders -------------------------------------------------------------------------


def asked(needs):
    absent = machine.missing(needs)
    return [
        pytest.param(name, marks=pytest.mark.skipif(name in absent, reason="not installed"))
        for name in needs
    ]


@pytest.mark.parametrize("name", asked(bank.NEEDS))
@pytest.mark.parametrize("kernel", [3, 5])
def test_every_contender_of_the_bank_draws_the_same_maps(name, kernel):
    case = {"size": 37, "kernel": kernel, "kernels": 3}
    if bank.can(name, case):
        y = bank.MAKERS[name](case)()
        assert contenders.difference(y, bank.reference(case)) < contenders.TOLERANCE
        corner = bank.reference({**case, "corner": 9})
        assert contenders.difference(y, corner, 9) < contenders.TOLERANCE


TINY = {
    "plain": layers.layer(3, 11, 4, 3, p=1),
    "strided": layers.layer(2, 13, 3, 5, s=2, p=2, n=2),
    "depthwise": layers.layer(4, 9, 4, 3, p=1, g=4),
    "grouped": layers.layer(4, 9, 6, 3, g=2),
    "one channel": layers.layer(1, 12, 2, 5, p=2, n=3),
    "1x1": layers.layer(5, 6, 7, 1),
}


@pytest.mark.parametrize("name", asked(layers.NEEDS))
@pytest.mark.parametrize("layer", TINY)
def test_every_contender_computes_the_same_layers(name, layer):
    case = TINY[layer]
    if layers.can(name, case):
        y = layers.MAKERS[name](case)()
        assert contenders.difference(y, layers.reference(case)) < contenders.TOLERANCE


def test_there_are_twelve_layers_and_their_work_is_counted():
    assert len(layers.LAYERS) == 12
    assert figure.flops("64->256 1x1 at 56 (ResNet)") == 2 * 64 * 256 * 56 * 56
    assert figure.flops("depthwise 3x3 at 112") == 2 * 64 * 9 * 112 * 112
    assert figure.flops("1->6 5x5 batch 64 (LeNet)") == 2 * 64 * 6 * 25 * 28 * 28


def test_both_figures_of_the_photograph_show_the_same(tmp_path, monkeypatch):
    picture.make_photo(tmp_path)
    picture.check_drawings(tmp_path / "photo.png")
    other = tmp_path / "other.py"
    other.write_text(picture.BY_HAND.read_text().replace("[-2, 0, 2]", "[-2, 0, 1]", 1))
    monkeypatch.setattr(picture, "BY_HAND", other)
    with pytest.raises(SystemExit, match="other maps"):
        picture.check_drawings(tmp_path / "photo.png")


# --- the race -------------------------------------------------------------------------------

SCRIPT = """
import sys
import numpy as np
from _contenders import arguments, parse, present, race, save, serve

def die(case):
    sys.exit(3)

makers = {
    "right": lambda case: lambda: np.ones(5),
    "late": lambda case: lambda: np.ones(5),
    "wrong": lambda case: lambda: np.ones(5) * 1.001,
    "dead": die,
    "absent": None,
}
needs = {**dict.fromkeys(makers, "numpy"), "absent": "numpy no_such_module"}
args = parse(arguments("A race."))
if args.serve:
    serve(makers, args)
else:
    found = race(__file__, present(needs, args), {"a case": {}}, lambda case: np.ones(5), args)
    save("test", found, args)
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def test_a_race_keeps_every_turn_and_says_who_is_missing(script, tmp_path):
    file = tmp_path / "numbers.json"
    names = ("right", "late", "dead", "absent")
    out = run(script, "--quick", "--seconds", "0.001", "--only", *names, "--json", str(file))
    assert "skipped: absent (no module no_such_module)" in out
    assert "dead has gone (exit code 3)" in out
    kept = json.loads(file.read_text())
    assert set(kept) == {"occasion", "machine", "test"}
    assert kept["machine"]["threads each"] == "2"
    assert {name: len(turns) for name, turns in kept["test"]["a case"].items()} == {
        "right": 3,
        "late": 3,
    }
    for low, middle, high, calls in kept["test"]["a case"]["late"]:
        assert low <= middle <= high
        assert calls >= 3


def test_a_wrong_result_stops_the_race(script):
    out = run(script, "--quick", "--only", "right", "wrong", expected=1)
    assert "a case: wrong is wrong by 1.0e-03 of the largest value" in out


def test_an_unknown_contender_is_refused(script):
    assert "no contender is called 'nobody'" in run(script, "--only", "nobody", expected=1)


def test_a_real_race(tmp_path):
    file = tmp_path / "bank.json"
    words = ("--size", "40", "--kernel", "3", "--only", "minicnn", "NumPy im2col")
    out = run(FOLDER / "kernel_bank.py", *words, "--quick", "--json", str(file))
    assert "minicnn / it" in out
    times = json.loads(file.read_text())["kernel_bank"]["8 kernels 3x3 over 40x40"]
    assert list(times) == ["minicnn", "NumPy im2col"]


SCRIPTS = sorted(path.name for path in FOLDER.glob("[!_]*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_says_what_it_does_from_anywhere(script, tmp_path):
    """Beside the package, not installed: no path is set."""
    bare = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, str(FOLDER / script), "--help"]
    out = subprocess.run(
        command, cwd=tmp_path, env=bare, capture_output=True, text=True, check=True
    )
    about = ast.get_docstring(ast.parse((FOLDER / script).read_text(encoding="utf-8")))
    assert about.splitlines()[0] in " ".join(out.stdout.split())


def test_where_nobody_can_take_part_it_says_so(script):
    out = run(script, "--only", "absent", expected=1)
    assert out.endswith("nobody is here to take part\n")


@pytest.mark.parametrize("words", [("--rounds", "0"), ("--threads", "-1"), ("--rounds", "2.5")])
def test_numbers_that_make_no_sense_are_refused(script, words):
    assert f"argument {words[0]}: must be an integer of at least 1" in run(
        script, *words, expected=2
    )


def test_what_a_script_does_not_do_it_does_not_offer():
    assert "unrecognized arguments: --cpu" in run(FOLDER / "memory.py", "--cpu", expected=2)
    assert "unrecognized arguments: --seconds" in run(
        FOLDER / "import_time.py", "--seconds", "1", expected=2
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_measured_of_what_is_right(tmp_path):
    file, names = tmp_path / "memory.json", ("minicnn", "NumPy im2col")
    words = ("--size", "80", "--kernels", "2", "--only", *names, "--json", str(file))
    run(FOLDER / "memory.py", *words)
    found = json.loads(file.read_text())["memory"]["80x80 to 2 maps, 3x3"]
    assert list(found) == list(names)


def test_only_a_whole_run_is_published():
    out = run(FOLDER / "run.py", "--publish", "--parts", "growth", expected=2)
    assert "--publish needs all parts" in out


# --- others on the machine -------------------------------------------------------------------


def test_a_benchmark_does_not_take_itself_for_noise(monkeypatch):
    """In 20 seconds processors worked for 30, we for 28: others kept a tenth of one busy."""
    moments = iter([(0.0, 100.0, 10.0), (20.0, 130.0, 38.0)])
    monkeypatch.setattr(machine.Others, "_now", lambda self: next(moments))
    assert machine.Others().at_work() == 0.1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_work_of_children_is_our_own():
    others = machine.Others()
    before = others._now()
    code = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    clock, busy, ours = (b - a for a, b in zip(before, others._now(), strict=True))
    assert ours >= 0.25
    assert busy >= 0.2
    assert clock > 0


def test_where_others_cannot_be_seen_nothing_is_judged(found):
    unknown = {**found, "occasion": {**found["occasion"], "others": [float("nan")] * 2}}
    text = report.report(unknown)
    assert "cannot be told here" in text
    assert "was not quiet" not in text
    assert "not judged" in report.targets(unknown)


# --- what is worked out ---------------------------------------------------------------------


@given(turns=turns)
def test_a_time_lies_within_its_spread(turns):
    low, high = results.spread(turns)
    assert low <= results.middle(turns) <= high
    assert results.ratio(turns, turns) == 1


@given(turns=turns, factor=st.floats(0.01, 100))
def test_a_noise_that_both_feel_falls_out_of_the_ratio(turns, factor):
    slower = [[factor * value for value in turn] for turn in turns]
    assert results.ratio(slower, turns) == pytest.approx(factor)


@given(power=st.floats(0.2, 3), factor=seconds)
def test_the_slope_is_the_power(power, factor):
    sizes = [256, 512, 2048]
    assert results.slope(sizes, [factor * s ** (2 * power) for s in sizes]) == pytest.approx(power)


# --- the report -----------------------------------------------------------------------------


def test_the_readme_shows_what_was_measured_and_nothing_else(found):
    """If this fails: `python benchmarks/report.py --publish`."""
    text = report.README.read_text(encoding="utf-8")
    assert report.with_report(text, found) == text
    assert report.FIGURE.is_file()


def test_a_busy_machine_is_not_judged(found):
    quiet = {**found, "occasion": {**found["occasion"], "others": [0.0, 0.1]}}
    busy = {**found, "occasion": {**found["occasion"], "others": [0.0, 0.9]}}
    assert "was not quiet" not in report.report(quiet)
    assert "**The machine was not quiet**: others kept 0.0 to 0.9" in report.report(busy)
    assert "yes" not in report.targets(busy)


def test_a_target_is_met_or_not(found):
    (case,) = (case for case in found["kernel_bank"] if "3x3" in case)
    for factor, word in ((0.59, "yes"), (0.61, "no")):
        times = {"minicnn": [[0, factor, 0, 1]], "OpenCV": [[0, 1.0, 0, 1]]}
        some = {"kernel_bank": {case: times}, "occasion": {"others": [0.0, 0.0]}}
        last = report.targets(some).splitlines()[-1]
        assert last.endswith(f"| {factor}{report.TIMES} | {word} |")


def test_tables_have_as_many_cells_in_every_row(found):
    blocks = [block for block in report.report(found).split("\n\n") if block.startswith("|")]
    assert len(blocks) >= 8
    for block in blocks:
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_the_figure_shows_the_numbers(found):
    growth, speeds = figure.plot(found).axes
    drawn = {line.get_label(): line for line in growth.lines}
    for size, times in found["growth"].items():
        for name in set(times) & set(figure.STYLES):
            x, y = drawn[name].get_data()
            value = y[list(x).index(int(size))]
            assert value == pytest.approx(1e9 * results.middle(times[name]) / int(size) ** 2)
    limit = found["limits"]["gflops"]
    assert drawn["sgemm limit"].get_ydata()[0] == pytest.approx(144 / limit)
    assert any(list(line.get_xdata()) == [limit, limit] for line in speeds.lines)
    labels = {text.get_text() for text in growth.texts}
    assert labels == set(drawn)
    for ax in (growth, speeds):
        assert ax.get_xscale() == "log"
    assert [label.get_text() for label in speeds.get_yticklabels()] == list(found["layers"])


def test_labels_stand_apart(found):
    ax = figure.plot(found).axes[0]
    heights = sorted(text.xy[1] for text in ax.texts)
    assert np.diff(heights).min() > 0.05
