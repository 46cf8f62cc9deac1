"""Backends, notebooks and threads: what can only be seen in a process of its own."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

SETUP = """
import sys
import numpy as np
from minicnn import Conv2D, Pad, ReLU, Sequential, viz
maps = np.random.default_rng(0).normal(size=(1, 3, 8, 9))
trace = Sequential(Pad(1), Conv2D(3, 4, 3, rng=0), ReLU()).trace(maps)
"""


def run(code, **environment):
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", SETUP + code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_a_bare_figure_needs_no_pyplot():
    code = """
for format in ("png", "svg", "pdf"):
    for figure in (
        viz.plot_feature_maps(trace, figure=viz.new_figure()),
        viz.plot_pipeline(trace, figure=viz.new_figure()),
        viz.plot_kernels(trace[1], figure=viz.new_figure()),
        viz.plot_images(maps, figure=viz.new_figure()),
    ):
        viz.figure_bytes(figure, format)
viz.render_map(maps[0, 0])
print("matplotlib.pyplot" in sys.modules)
"""
    assert run(code) == ["False"]


def test_without_a_figure_it_is_a_pyplot_figure_that_stays_open():
    code = """
figure = viz.plot_feature_maps(trace)
import matplotlib.pyplot as plt
print(plt.get_fignums() == [figure.number], plt.gcf() is figure)
"""
    assert run(code, MPLBACKEND="agg") == ["True", "True"]


def test_a_wrong_call_leaves_no_figure_open():
    code = """
import matplotlib.pyplot as plt
for call in (
    lambda: viz.plot_feature_maps(trace, columns=0),
    lambda: viz.plot_feature_maps(trace, title=3),
    lambda: viz.plot_pipeline(trace, title=3),
    lambda: viz.plot_images(maps, titles=[1, 2, 3]),
    lambda: viz.plot_kernels(trace[1], title=3),
):
    try:
        call()
    except ValueError:
        print(len(plt.get_fignums()))
"""
    assert run(code, MPLBACKEND="agg") == ["0"] * 5


INLINE = """
import matplotlib
figure = viz.plot_feature_maps(trace)
import matplotlib.pyplot as plt
print(len(plt.get_fignums()), len(figure.axes))
"""


def test_in_a_notebook_it_is_closed_so_that_it_shows_once():
    # The inline backend shows every pyplot figure still open at a cell's end, and the cell's value.
    code = "import matplotlib; matplotlib.get_backend = lambda: 'module://matplotlib_inline'\n"
    assert run(code + INLINE, MPLBACKEND="agg") == ["0", "2"]


@pytest.mark.skipif(find_spec("matplotlib_inline") is None, reason="needs matplotlib-inline")
@pytest.mark.skipif(find_spec("IPython") is None, reason="needs IPython")
def test_with_the_real_inline_backend():
    backend = "module://matplotlib_inline.backend_inline"
    assert run(INLINE, MPLBACKEND=backend) == ["0", "2"]


def test_threads_draw_the_same_bytes():
    code = """
from concurrent.futures import ThreadPoolExecutor
def draw(_):
    return viz.figure_bytes(viz.plot_feature_maps(trace, figure=viz.new_figure()))
with ThreadPoolExecutor(4) as pool:
    print(len(set(pool.map(draw, range(8)))))
"""
    assert run(code) == ["1"]
