"""Whatever is handed to the x-ray, the finder and the coach: our own errors come out, no others."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from test_wrong_calls import JUNK, arguments

from minicnn import coach, explain, viz
from minicnn.errors import MiniCNNError

FUNCTIONS = [explain.xray, explain.collapse, explain.relu_effect, explain.find_kernel]
FUNCTIONS += [explain.im2col_atlas, explain.saliency, explain.gradient_times_input]
FUNCTIONS += [explain.integrated_gradients, explain.occlusion, explain.grad_cam, explain.trust]
FUNCTIONS += [explain.maximise, explain.exciting_patches, explain.gradient, explain.way_back]
FUNCTIONS += [explain.rather_than]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@given(data=st.data())
def test_only_our_errors_come_out(function, data):
    args, kwargs = data.draw(arguments(function))
    with suppress(MiniCNNError):
        str(function(*args, **kwargs))


FIGURES = ["plot_xray", "plot_found_kernel", "plot_coach", "plot_im2col", "plot_attribution"]
FIGURES += ["plot_trust", "plot_patches", "plot_excited", "plot_gradient"]


@pytest.mark.parametrize("name", FIGURES)
@given(data=st.data())
def test_figures_too(name, data):
    with suppress(MiniCNNError):
        getattr(viz, name)(data.draw(JUNK), figure=Figure())


@settings(max_examples=15, suppress_health_check=[HealthCheck.nested_given])
@given(result=JUNK)
def test_the_coach_reads_any_result(result):
    report = coach.check(lambda x, weight: result, tries=5, integers=False)
    assert str(report).isascii()
    assert not report.passed
    viz.plot_coach(report, figure=Figure())


@settings(max_examples=30)
@given(what=JUNK.filter(lambda value: not callable(value)))
def test_the_coach_takes_functions_only(what):
    with pytest.raises(MiniCNNError):
        coach.check(what)
