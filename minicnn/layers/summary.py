"""What a model is made of, as a table: sizes, costs, receptive fields, left-over pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from minicnn.layers.base import Layer, image_shape
from minicnn.layers.field import Field
from minicnn.layers.plan import PICTURE, Node, in_step
from minicnn.shapes import Pair, Shape

_TEXTS, _NUMBERS = ("step", "layer"), ("output", "params", "mult-adds", "field", "left over")
"""Columns of text are set to the left, those of numbers to the right."""

_FROM = "from"
"""The column of text that a model with branches has as well; its steps are numbered."""


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
    sources : tuple of int
        The rows that the step gets its input from; -1 is the model's input.
    """

    name: str
    layer: str
    output_shape: Shape
    parameters: int
    multiply_adds: int
    receptive_field: Pair
    left_over: Pair
    sources: tuple[int, ...]


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

    @property
    def has_branches(self) -> bool:
        """Whether any step looks at another one than the one before it."""
        return any(row.sources != (position - 1,) for position, row in enumerate(self.rows))

    def __str__(self) -> str:
        """Return the table as text; where there are branches, it says where they are from."""
        headings, texts = self._headings(), len(self._headings()) - len(_NUMBERS)
        cells = [headings, *self._cells()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [_line(row, widths, texts) for row in cells]
        rule = "-" * max(map(len, lines))
        return "\n".join([lines[0], rule, *lines[1:], rule, self._total()])

    def _repr_html_(self) -> str:
        """Return the table for a notebook; colours are the notebook's own."""
        import html

        head = "".join(f"<th>{html.escape(text)}</th>" for text in self._headings())
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in row) + "</tr>"
            for row in self._cells()
        )
        caption = f"<caption>{html.escape(self._total())}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _headings(self) -> tuple[str, ...]:
        return (*_TEXTS, *((_FROM,) if self.has_branches else ()), *_NUMBERS)

    def _cells(self) -> Iterable[tuple[str, ...]]:
        branches, wide = self.has_branches, len(str(len(self.rows) - 1))
        margin, nowhere = (" " * (wide + 1), ("",)) if branches else ("", ())
        yield f"{margin}input", "", *nowhere, _by(self.input_shape), "", "", "1x1", ""
        for position, row in enumerate(self.rows):
            yield (
                f"{position:>{wide}} {row.name}" if branches else row.name,
                row.layer,
                *((_origin(position, row.sources),) if branches else ()),
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
    return summarize_plan(model.plan(), input_shape)


def summarize_plan(plan: Iterable[Node], input_shape: Shape) -> Summary:
    """Return the summary of layers that are wired like this.

    Parameters
    ----------
    plan : iterable of Node
    input_shape : (N, C, H, W)
    """
    start = image_shape(input_shape, "summary")
    shapes: dict[int, Shape] = {PICTURE: start}
    fields: dict[int, Field | None] = {PICTURE: Field()}
    rows = []
    for position, node in enumerate(plan):
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
                sources=node.sources,
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


def _line(row: tuple[str, ...], widths: list[int], texts: int) -> str:
    cells = tuple(zip(row, widths, strict=True))
    left = [text.ljust(width) for text, width in cells[:texts]]
    right = [text.rjust(width) for text, width in cells[texts:]]
    return "  ".join(left + right).rstrip()


def _origin(position: int, sources: tuple[int, ...]) -> str:
    """Return where a step's input is from; of the step before it nothing is said."""
    if sources == (position - 1,):
        return ""
    return ", ".join("input" if source == PICTURE else str(source) for source in sources)


def _by(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def _left_over(left_over: Pair) -> str:
    named = zip(left_over, ("row", "col"), strict=True)
    return ", ".join(f"{n} {noun}{'s' * (n > 1)}" for n, noun in named if n) or "-"
