"""The map doctor: what is wrong with a model's maps, by what it shows, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

from minicnn.explain.doctor_copies import look_for_copies
from minicnn.explain.doctor_exam import Exam
from minicnn.explain.doctor_findings import Diagnosis, Finding
from minicnn.explain.doctor_flat import look_for_flat_maps
from minicnn.explain.doctor_input import look_at_input
from minicnn.explain.doctor_limits import look_at_biases, look_at_limits
from minicnn.explain.doctor_numbers import look_for_bad_numbers
from minicnn.explain.ledger_recording import recorded
from minicnn.explain.precision import replay
from minicnn.layers import PICTURE

Look: TypeAlias = Callable[[Exam], Iterator[Finding]]

LOOKS: tuple[Look, ...] = (
    look_at_input,
    look_for_bad_numbers,
    look_at_biases,
    look_at_limits,
    look_for_flat_maps,
    look_for_copies,
)
"""What the doctor looks for, in this order: each passes over what an earlier one has explained."""

_WHATEVER_THE_PICTURE = ("nan", "inf", "zero kernel")


def diagnose(model: Any, x: Any = None) -> Diagnosis:
    """Look for maps that are sick: with evidence, a likely cause and what to do about it.

    Found are NaN and infinity (in which step they arose, where, and from what); axes that are
    mixed up; a picture from 0 to 255 where 0 to 1 was meant; kernels of zeros; maps that are
    flat, dead after a ReLU, saturated, cut off, nearly all bias, or copies of others. A map is
    reported where its sickness begins, not in every step that passes it on.

    When all is well it is silent: the diagnosis has no findings. That BGR stands for RGB cannot
    be seen in the numbers, so nothing is said about it.

    Parameters
    ----------
    model : Layer or Trace
        The network; or what ``model.trace(x)`` returned (x is then None).
    x : array (N, C, H, W) or None
        The pictures. A map counts as flat or dead if it is so on all of them.

    Returns
    -------
    Diagnosis
        Print it; its `findings` are records, the gravest first. `minicnn.viz.plot_diagnosis`
        draws it, and `minicnn.viz.plot_pipeline` marks the sick maps.

    Raises
    ------
    ConfigError, DTypeError, ShapeError
        For what is no model, and for a picture that it cannot look at.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sequential, images
    >>> model = Sequential(Conv2D.from_kernels(["sobel_x", "sobel_y"]), ReLU())
    >>> print(diagnose(model, images.disc(20)))
    nothing to report: 2 steps, 5 maps
    >>> print(diagnose(model, images.step((6, 8))))
    1 finding in 2 steps, 5 maps
    <BLANKLINE>
    note: step 0, conv2d: sobel_y is flat
      seen   all 24 values are 0; what came in goes from 0 to 1
      cause  what comes in does not change from top to bottom, and the kernel
             answers to nothing else: along each such line its weights add up to 0
      fix    Nothing is broken. A picture with level edges would show it.
    """
    exam = Exam(recorded(model, x, "explain.diagnose"))
    if not exam.trace.input.size:
        return Diagnosis((), exam.trace)
    with np.errstate(all="ignore"):
        findings = _without_consequences(exam, _found(exam))
    return Diagnosis(tuple(sorted(findings, key=lambda one: one.rank)), exam.trace)


def _found(exam: Exam) -> list[Finding]:
    return [finding for look in LOOKS for finding in look(exam)]


def _without_consequences(exam: Exam, findings: list[Finding]) -> list[Finding]:
    """Leave out what is well again once the picture is mended: tried out, where that can be."""
    if exam.mended is not None:
        again = _found(Exam(replay(exam.trace, exam.mended)))
        left = {(one.kind, one.position, channel) for one in again for channel in one.channels}
    elif any(finding.kind == "layout" for finding in findings):
        left = set()
    else:
        return findings
    return [
        one
        for one in findings
        if one.position == PICTURE
        or one.kind in _WHATEVER_THE_PICTURE
        or any((one.kind, one.position, channel) in left for channel in one.channels)
    ]
