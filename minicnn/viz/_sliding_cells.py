"""Value times weight, and the product, in one cell: as much of it as fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minicnn.explain.sliding import Stop
from minicnn.viz import _text
from minicnn.viz._ledger_parts import Box
from minicnn.viz._pen import MIDDLE, Pen
from minicnn.viz._sliding_scene import SOURCE, Scene, hexes
from minicnn.viz._style import HAIRLINE, SOFT
from minicnn.viz.maps import readable_on

_LARGEST, _SMALLEST, _LINE = 8.0, 6.2, 1.3
_TIMES = f" {_text.TIMES} "


@dataclass(frozen=True)
class Form:
    """How a product is written in its cell.

    Attributes
    ----------
    kind : str
        "line": value, weight and below them the product; "stack": in three lines; "product": that
        alone; "colour": nothing.
    size : float
        Of the font.
    width, height : float
        Of a cell.
    """

    kind: str
    size: float
    width: float
    height: float

    def lines(self, value: str, weight: str, product: str) -> list[str]:
        """Return what is written."""
        return {
            "line": [f"{value}{_TIMES}{weight}", f"= {product}"],
            "stack": [value, f"{_TIMES.lstrip()}{weight}", f"= {product}"],
            "product": [product],
            "colour": [],
        }[self.kind]


def form_of(scene: Scene, room: float) -> Form:
    """Return the fullest form that fits when a kernel is so many points wide."""
    columns = scene.slide.weight.shape[2]
    cell = min(room / columns, 64.0)
    value, product = scene.map_digits.widest(1.0), scene.product_digits.widest(1.0)
    weight = max(_text.width(w, 1.0) for k in scene.kernels[0] for row in k for w in row)
    times, equals = _text.width(_TIMES, 1.0), _text.width("= ", 1.0)
    widths = {
        "line": max(value + times + weight, equals + product),
        "stack": max(value, times + weight, equals + product),
        "product": product,
    }
    for kind, width in widths.items():
        size = min(0.92 * cell / width, _LARGEST)
        if size >= _SMALLEST:
            lines = {"line": 2, "stack": 3, "product": 1}[kind]
            return Form(kind, size, cell, max(size * _LINE * lines + 5.0, min(cell, 20.0)))
    return Form("colour", 0.0, min(cell, 14.0), min(cell, 14.0))


def draw_cells_of(pen: Pen, scene: Scene, row: int, stop: Stop, form: Form, box: Box) -> None:
    """Draw one channel's products, in their colours; padding is framed."""
    values, products = stop.patch[row].tolist(), stop.products[row]
    weights, colours = scene.kernels[0][row], hexes(scene.products, products)
    for (i, j), product in np.ndenumerate(products):
        x, y = box[0] + j * form.width, box[1] + i * form.height
        pen.box((x, y, form.width, form.height), fill=colours[i][j], edge=HAIRLINE, thick=0.5)
        place = stop.rows[i], stop.columns[j]
        if not scene.slide.border.is_inside(*place):
            frame = (x + 1.2, y + 1.2, form.width - 2.4, form.height - 2.4)
            color = SOFT if scene.slide.border.source(*place) is None else SOURCE
            pen.box(frame, edge=color, thick=1.2, gid="padding")
        lines = form.lines(
            scene.map_digits.text(values[i][j]),
            weights[i][j],
            scene.product_digits.text(float(product)),
        )
        red, green, blue = (int(colours[i][j][k : k + 2], 16) / 255 for k in (1, 3, 5))
        for k, text in enumerate(lines):
            middle = y + form.height / 2 + (k - (len(lines) - 1) / 2) * form.size * _LINE
            pen.text(
                x + form.width / 2,
                middle + MIDDLE * form.size,
                text,
                size=form.size,
                color=readable_on((red, green, blue)),
                align="center",
            )
