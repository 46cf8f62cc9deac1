"""What if: two models on one picture, side by side, and the first step where they part."""

from __future__ import annotations

from typing import Any

from minicnn.errors import MiniCNNError
from minicnn.explain.compare_align import align
from minicnn.explain.compare_changes import change_of
from minicnn.explain.compare_gap import gap_of
from minicnn.explain.compare_records import Comparison, Row, Side
from minicnn.explain.compare_rounding import Rounding
from minicnn.explain.doctor_findings import INPUT
from minicnn.explain.ledger_recording import recorded
from minicnn.layers import PICTURE, Node, SummaryRow
from minicnn.layers.summary import learnable, summarize_plan
from minicnn.trace import Trace


def compare(model_a: Any, model_b: Any, x: Any = None) -> Comparison:
    """Run two models on one picture and lay them side by side, step by step.

    Steps are aligned as well as they can be when one model has a step more or another layer in a
    step's place. Outputs are the same to the last bit, or the same up to rounding (measured: how
    far float32 takes each model from float64), or apart.

    Parameters
    ----------
    model_a, model_b : Layer or Trace
        The models; or what they did, if x is None. Two traces may be of two pictures: then they
        part at the input.
    x : array (N, C, H, W), optional
        The picture for both.

    Returns
    -------
    Comparison
        Print it; its `rows` have sizes, costs and gaps, its `difference` the signed difference of
        two steps' maps. `minicnn.viz.plot_comparison` draws them.

    Raises
    ------
    ConfigError, DTypeError, ShapeError
        For what is no model, and for a picture that one of them cannot look at; the message says
        which.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sequential, images
    >>> one = Sequential(Conv2D.from_kernels("sobel_x"), ReLU())
    >>> two = Sequential(Conv2D.from_kernels("prewitt_x"), ReLU())
    >>> found = compare(one, two, images.step((6, 8)))
    >>> found.rows[found.parts_at].name, found.difference(1).min().item()
    ('conv2d', -1.0)
    >>> compare(one, one, images.step((6, 8))).agrees
    True
    """
    traces = []
    for name, model in (("model_a", model_a), ("model_b", model_b)):
        try:
            given = None if isinstance(model, Trace) and x is None else x
            traces.append(recorded(model, given, "explain.compare"))
        except MiniCNNError as error:
            raise error.add_context(f"For {name}.") from None
    a, b = traces
    ours, theirs = Rounding(a), Rounding(b)
    sides = _sides(a), _sides(b)
    start = Row(sides[0][0], sides[1][0], gap_of(a.input, b.input, lambda: 0.0))
    rows = [start]
    for i, j in align(a.steps, b.steps):
        one = None if i is None else sides[0][i + 1]
        other = None if j is None else sides[1][j + 1]
        if i is None or j is None:
            rows.append(Row(one, other, None))
            continue
        gap = gap_of(a[i].output, b[j].output, lambda i=i, j=j: ours.of(i) + theirs.of(j))
        rows.append(Row(one, other, gap, change_of(a[i].layer, b[j].layer)))
    ends = len(a) - 1, len(b) - 1
    output = gap_of(a.output, b.output, lambda: ours.of(ends[0]) + theirs.of(ends[1]))
    return Comparison(tuple(rows), output, a, b)


def _sides(trace: Trace) -> list[Side]:
    """Return the input and every step, with sizes and costs."""
    shape = trace.input.shape
    first = Side(PICTURE, INPUT, "", shape, 0, 0, (1, 1) if len(shape) == 4 else None)
    rows: list[SummaryRow | None] = [None] * len(trace)
    if len(shape) == 4:
        nodes = [Node(step.name, step.layer, step.sources) for step in trace]
        rows = list(summarize_plan(nodes, shape).rows)
    return [first] + [
        Side(
            position,
            step.name,
            " ".join(repr(step.layer).split()),
            step.output.shape,
            learnable(step.layer),
            row.multiply_adds if row else step.layer.multiply_adds(step.input.shape),
            row.receptive_field if row else None,
        )
        for position, (step, row) in enumerate(zip(trace, rows, strict=True))
    ]
