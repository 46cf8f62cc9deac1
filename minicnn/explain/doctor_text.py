"""A diagnosis as text: plain ASCII, at most 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from minicnn.explain.doctor_findings import Diagnosis, Finding, name_of_step
from minicnn.explain.doctor_vitals import as_rows, vitals_of
from minicnn.explain.doctor_words import number, percent
from minicnn.explain.ledger_numbers import WIDTH, clipped
from minicnn.layers import PICTURE
from minicnn.shapes import Array

_HEADINGS = ("step", "output", "least", "greatest", "zeros", "doctor")


def diagnosis_text(diagnosis: Diagnosis) -> str:
    """Return a diagnosis as text."""
    steps, maps = len(diagnosis.trace), diagnosis.maps
    looked_at = f"{_count(steps, 'step')}, {_count(maps, 'map')}"
    if diagnosis.is_well:
        return f"nothing to report: {looked_at}"
    head = f"{_count(len(diagnosis.findings), 'finding')} in {looked_at}"
    return "\n\n".join([head, *map(finding_text, diagnosis.findings)])


def finding_text(finding: Finding) -> str:
    """Return one finding as text."""
    lines = _wrapped(heading(finding), "", "  ")
    for label, text in (
        ("seen", finding.evidence), ("cause", finding.cause), ("fix", finding.fix),
    ):  # fmt: skip
        lines += _wrapped(text, f"  {label:<7}", " " * 9)
    return "\n".join(map(clipped, lines))


def heading(finding: Finding) -> str:
    """Return what is the matter, how bad, and where: "note: step 0, conv2d: sobel_y is flat"."""
    return f"{finding.severity}: {place(finding)}: {finding.what}"


def place(finding: Finding) -> str:
    """Return which step a finding is about.

    Examples
    --------
    >>> from minicnn import Conv2D, images
    >>> from minicnn.explain import diagnose
    >>> place(diagnose(Conv2D.from_kernels("sobel_y"), images.step(8)).findings[0])
    'step 0, conv2d'
    """
    if finding.position == PICTURE:
        return finding.step
    return f"step {finding.position}, {finding.step}"


def table_text(diagnosis: Diagnosis) -> str:
    """Return a summary of the trace: each step's shape, range and zeros, and what is sick."""
    rows = [_HEADINGS, *_rows(diagnosis)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(w) for cell, w in zip(row[1:-1], widths[1:-1], strict=True)]
        lines.append(clipped("  ".join([*cells, row[-1]]).rstrip()))
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _rows(diagnosis: Diagnosis) -> Iterator[tuple[str, ...]]:
    trace = diagnosis.trace
    for position in range(PICTURE, len(trace)):
        output: Array = trace.input if position == PICTURE else trace[position].output
        vitals = vitals_of(as_rows(output))
        kinds = dict.fromkeys(finding.kind for finding in diagnosis.at(position))
        has_range = bool(vitals.values) and bool(len(vitals.low))
        yield (
            name_of_step(trace, position),
            "x".join(map(str, output.shape)),
            number(float(vitals.low.min())) if has_range else "-",
            number(float(vitals.high.max())) if has_range else "-",
            percent(float((output == 0).mean())) if has_range else "-",
            ", ".join(kinds) or "-",
        )


def _wrapped(text: str, first: str, later: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False
    )


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
