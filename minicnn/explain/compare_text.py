"""A comparison as text: plain ASCII, at most 80 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator

from minicnn.explain.compare_gap import ROUNDING, SAME, SHAPES, Gap
from minicnn.explain.compare_records import Comparison, Row, Side
from minicnn.explain.ledger_numbers import WIDTH, clipped, number
from minicnn.layers import PICTURE

_HEADINGS = ("a", "b", "output", "params", "field", "apart")
_LONGEST, _SHORTEST = 16, 6
_AXES = ("picture", "channel", "row", "column")


def comparison_text(comparison: Comparison) -> str:
    """Return a comparison as text."""
    tables = (_table(comparison, longest) for longest in range(_LONGEST, _SHORTEST - 1, -1))
    lines = next(t for t in tables if max(map(len, t[0])) <= WIDTH or t[1] == _SHORTEST)[0]
    lines = list(map(clipped, lines))
    rule = "-" * max(map(len, lines))
    lines = [lines[0], rule, *lines[1:], rule, _totals(comparison)]
    for text in sentences(comparison):
        lines += map(clipped, textwrap.wrap(text, WIDTH, break_on_hyphens=False))
    return "\n".join(lines)


def _table(comparison: Comparison, longest: int) -> tuple[list[str], int]:
    """Return the table's lines, names no longer than that, and how long that is."""
    cells = [_HEADINGS, *_cells(comparison, longest)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        texts = [text.ljust(width) for text, width in zip(row[:2], widths, strict=False)]
        texts += [text.rjust(w) for text, w in zip(row[2:5], widths[2:5], strict=True)]
        lines.append("  ".join([*texts, row[5]]).rstrip())
    return lines, longest


def sentences(comparison: Comparison) -> list[str]:
    """Return where two models part, how far, why, and what becomes of it, a sentence each."""
    at, output = comparison.parts_at, comparison.output
    if at is None:
        found = [row.gap for row in comparison.rows if row.gap and row.gap.verdict == ROUNDING]
        if not found:
            return ["They do the same, to the last bit."] if output.agrees else [_end(output)]
        largest = max(found, key=lambda gap: gap.largest)
        return [
            f"They do the same, up to rounding: they are apart by {number(largest.largest)} at "
            f"most, and rounding explains {number(largest.rounding)}."
        ]
    row = comparison.rows[at]
    lines = [f"They part at {place(row)}: {_how_far(comparison, at)}."]
    if row.gap is None:
        later = [side for one in comparison.rows[at + 1 :] if (side := one.a or one.b)]
        if later:
            which = "a" if row.a else "b"
            lines.append(f"Then {which} goes on with {', '.join(side.name for side in later)}.")
        return [*lines, "Before it, they do the same.", _end(output)]
    if row.change:
        lines.append(f"What differs there: {row.change}.")
    alone = list(_alone_before(comparison, at))
    if alone:
        lines.append(f"Before it, {'; '.join(alone)}.")
    if comparison.meets_at is not None:
        lines.append(f"From {place(comparison.rows[comparison.meets_at])} on they agree again.")
    return [*lines, _end(output)]


def place(row: Row) -> str:
    """Return which step of each model a row is: "step 1 (conv2d)".

    Examples
    --------
    >>> from minicnn import Pad, ReLU, Sequential, images
    >>> from minicnn.explain import compare
    >>> found = compare(ReLU(), Sequential(Pad(0), ReLU()), images.disc(5))
    >>> [place(row) for row in found.rows]
    ['the input', 'step 0 (pad) of b', 'step 0 (relu) of a, step 1 (relu) of b']
    """
    one, other = row.a, row.b
    if one is None or other is None:
        side = one or other
        step = f"step {side.position} ({side.name})" if side else ""
        return f"{step} of {'a' if one else 'b'}"
    if one.position == PICTURE:
        return "the input"
    ours, theirs = (f"step {side.position} ({side.name})" for side in (one, other))
    return ours if ours == theirs else f"{ours} of a, {theirs} of b"


def gap_text(gap: Gap | None) -> str:
    """Return how far two outputs are apart, in a word or two."""
    if gap is None:
        return "-"
    if math.isinf(gap.largest):
        return "not finite"
    words = {SAME: "0", ROUNDING: f"{number(gap.largest, 2)} rounding", SHAPES: "other shape"}
    return words.get(gap.verdict, number(gap.largest, 3))


def _how_far(comparison: Comparison, index: int) -> str:
    row = comparison.rows[index]
    if row.gap is None or row.a is None or row.b is None:
        side = row.a or row.b
        return f"only {'a' if row.a else 'b'} has it, {side.layer if side else ''}"
    if row.gap.verdict == SHAPES:
        return f"{_by(row.a.output_shape)} against {_by(row.b.output_shape)}"
    several = row.a.output_shape[0] > 1
    where = [
        comparison.map_name(index, i) if axis == "channel" else f"{axis} {i}"
        for axis, i in zip(_AXES, row.gap.place, strict=False)
        if several or axis != "picture"
    ]
    rounded = f"; rounding explains {number(row.gap.rounding, 2)}" if row.gap.rounding else ""
    if math.isinf(row.gap.largest):
        one, other = (
            number(float(v[row.gap.place])) for v in comparison.maps(index) if v is not None
        )
        return f"{one} against {other}, at {', '.join(where)}"
    return f"up to {number(row.gap.largest)}, at {', '.join(where)}{rounded}"


def _alone_before(comparison: Comparison, at: int) -> Iterator[str]:
    """Yield the steps that only one model has, since the last row where both agreed."""
    since = max((i for i in range(at) if comparison.rows[i].gap), default=0)
    for row in comparison.rows[since:at]:
        side = row.a or row.b
        if side and not (row.a and row.b):
            yield f"{'a' if row.a else 'b'} alone has {side.name}, {side.layer}"


def _end(output: Gap) -> str:
    if output.verdict == SAME:
        return "At the end their outputs are the same."
    if output.verdict == ROUNDING:
        return f"At the end their outputs are the same, up to rounding ({number(output.largest)})."
    if output.verdict == SHAPES:
        return "At the end their outputs have different shapes."
    if math.isinf(output.largest):
        return "At the end one output is not finite where the other is."
    return f"At the end their outputs are apart by up to {number(output.largest)}."


def _cells(comparison: Comparison, longest: int) -> Iterator[tuple[str, ...]]:
    for i, row in enumerate(comparison.rows):
        apart = gap_text(row.gap) + ("   <- they part" if i == comparison.parts_at else "")
        one, other = row.a, row.b
        alike = one and other and _sizes(one) == _sizes(other)
        if one and other and not alike:
            yield _name(one, longest), "", *_sizes(one), ""
            yield "", _name(other, longest), *_sizes(other), apart
        else:
            side = one or other
            sizes = _sizes(side) if side else ("", "", "")
            yield _name(one, longest), _name(other, longest), *sizes, apart


def _name(side: Side | None, longest: int) -> str:
    """Return a step's number and name; of a long name the end, which tells it from others."""
    if side is None:
        return "-"
    name = side.name if len(side.name) <= longest else f"..{side.name[2 - longest :]}"
    return name if side.position == PICTURE else f"{side.position} {name}"


def _sizes(side: Side) -> tuple[str, str, str]:
    seen = "-" if side.receptive_field is None else _by(side.receptive_field)
    return _by(side.output_shape), f"{side.parameters:,}", seen


def _totals(comparison: Comparison) -> str:
    totals = []
    for name in ("a", "b"):
        sides = [side for row in comparison.rows if (side := getattr(row, name))]
        parameters = sum(side.parameters for side in sides)
        costs = sum(side.multiply_adds for side in sides)
        totals.append(f"{name}: {parameters:,} parameters, {costs:,} multiply-adds")
    return "\n".join(totals)


def _by(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))
