"""What a model is made of, as a table: sizes, costs, receptive fields, left-over pixels."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass

from minicnn.layers.base import Layer, image_shape
from minicnn.layers.field import Field
from minicnn.layers.plan import PICTURE, in_step
from minicnn.shapes import Pair, Shape

_HEADINGS = ("step", "layer", "output", "params", "mult-adds", "field", "left over")
_TEXT_COLUMNS = 2
"""So many columns hold text and are set to the left; the others are numbers, to the right."""


@dataclass(frozen=True)
class SummaryRow:
    """One step of a model.

    Attributes
    ----------
    name, layer : str
        The step's name, and its layer's class.
    output_shape : (N, C, H, W)
    parameters : int
        How many numbers the layer could learn.
    multiply_adds : int
        By the textbook, for the whole batch.
    receptive_field : (rows, columns)
        The input pixels that can change one of the step's values, away from the borders.
    left_over : (rows, columns)
        The last rows and columns of the step's input that its window never reaches.
    """

    name: str
    layer: str
    output_shape: Shape
    parameters: int
    multiply_adds: int
    receptive_field: Pair
    left_over: Pair


@dataclass(frozen=True)
class Summary:
    """A table of a model's steps; printing it shows it, in plain ASCII."""

    input_shape: Shape
    rows: tuple[SummaryRow, ...]

    @property
    def output_shape(self) -> Shape:
        """The shape of what the model returns."""
        return self.rows[-1].output_shape if self.rows else self.input_shape

    @property
    def parameters(self) -> int:
        """How many numbers the model could learn."""
        return sum(row.parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        """What one call costs, by the textbook."""
        return sum(row.multiply_adds for row in self.rows)

    def __str__(self) -> str:
        """Return the table as text."""
        cells = [_HEADINGS, *self._cells()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [_line(row, widths) for row in cells]
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:], rule, self._total()])

    def _repr_html_(self) -> str:
        """Return the table for a notebook; colours are the notebook's own."""
        head = "".join(f"<th>{html.escape(text)}</th>" for text in _HEADINGS)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>"
            for row in self._cells()
        )
        caption = f"<caption>{html.escape(self._total())}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _cells(self) -> Iterable[tuple[str, ...]]:
        yield "input", "", _by(self.input_shape), "", "", "1x1", ""
        for row in self.rows:
            yield (
                row.name,
                row.layer,
                _by(row.output_shape),
                f"{row.parameters:,}",
                f"{row.multiply_adds:,}",
                _by(row.receptive_field),
                _left_over(row.left_over),
            )

    def _total(self) -> str:
        return f"{self.parameters:,} parameters, {self.multiply_adds:,} multiply-adds"


def summarize(model: Layer, input_shape: Shape) -> Summary:
    """Return the summary of a model for pictures of this shape.

    Parameters
    ----------
    model : Layer
    input_shape : (N, C, H, W)
    """
    start = image_shape(input_shape, "summary")
    shapes: dict[int, Shape] = {PICTURE: start}
    fields: dict[int, Field | None] = {PICTURE: Field()}
    rows = []
    for position, node in enumerate(model.plan()):
        inputs = [shapes[source] for source in node.sources]
        with in_step(position, node.name, "the summary"):
            shapes[position] = node.layer.output_shape(*inputs)
        window = node.layer.window(*inputs[0][2:]) if len(inputs[0]) == 4 else None
        known = [field for s in node.sources if (field := fields[s]) is not None]
        field = known[0].joined(*known[1:]) if len(known) == len(inputs) else None
        fields[position] = field = field and node.layer.field(field, inputs[0])
        rows.append(
            SummaryRow(
                name=node.name,
                layer=type(node.layer).__name__,
                output_shape=shapes[position],
                parameters=learnable(node.layer),
                multiply_adds=node.layer.multiply_adds(inputs[0]),
                receptive_field=field.size if field else start[2:],
                left_over=window.left_over(*inputs[0][2:]) if window else (0, 0),
            )
        )
    return Summary(start, tuple(rows))


def learnable(layer: Layer) -> int:
    """Return how many numbers a layer could learn; statistics are not learnt."""
    return sum(
        math.prod(array.shape)
        for name, array in layer.params.items()
        if name not in layer.statistics
    )


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = tuple(zip(row, widths, strict=True))
    texts = [text.ljust(width) for text, width in cells[:_TEXT_COLUMNS]]
    numbers = [text.rjust(width) for text, width in cells[_TEXT_COLUMNS:]]
    return "  ".join(texts + numbers).rstrip()


def _by(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def _left_over(left_over: Pair) -> str:
    named = zip(left_over, ("row", "col"), strict=True)
    return ", ".join(f"{n} {noun}{'s' * (n > 1)}" for n, noun in named if n) or "-"
