"""Which input channels each filter sees: a convolution's groups, drawn as wires."""

from __future__ import annotations

from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from minicnn.layers import Conv2D
from minicnn.viz import _text
from minicnn.viz._page import BODY, SMALL, Page
from minicnn.viz._style import SOFT

_ROW, _TALL, _WIDEST = 16.0, 46.0, 26.0
_GROUPS = ("#1d3766", "#b07d12", "#00707d", "#8a2b5b")
"""One colour after the other for the groups; dark enough for a line."""

_MOST_WIRES = 4096


def groups_height(layer: Conv2D) -> float:
    """Return how high the wires and their lines of text are, in points."""
    return _TALL + _ROW + SMALL + 12


def draw_groups(page: Page, layer: Conv2D, x: float, top: float, width: float) -> None:
    """Draw input channels above, feature maps below, and a wire wherever a filter looks."""
    own = layer.in_channels // layer.groups
    page.text(x, top + BODY, _text.fit(_headline(layer), BODY, width), color=SOFT)
    y = top + _ROW
    room = min(width, _WIDEST * max(layer.in_channels, layer.out_channels))
    ins, outs = _places(layer.in_channels, x, room), _places(layer.out_channels, x, room)
    shape = f"weight {_text.by(layer.weight.shape)}: each filter sees {own} of {layer.in_channels}"
    for group in range(layer.groups):
        color = _GROUPS[group % len(_GROUPS)]
        for o in _members(group, layer.out_channels, layer.groups):
            for c in _members(group, layer.in_channels, layer.groups):
                if layer.out_channels * own <= _MOST_WIRES:
                    _wire(page, (ins[c], y + 7), (outs[o], y + _TALL - 7), color)
        levels = ((ins, layer.in_channels, y), (outs, layer.out_channels, y + _TALL - 7))
        for places, count, level in levels:
            for member in _members(group, count, layer.groups):
                _node(page, places[member], level, _node_size(count, width), color)
    page.text(x, y + _TALL + SMALL + 3, _text.fit(shape, SMALL, width), size=SMALL, color=SOFT)


def _headline(layer: Conv2D) -> str:
    ins, outs = layer.in_channels, layer.out_channels
    words = "every filter sees every channel" if layer.groups == 1 else f"{layer.groups} groups"
    if layer.groups == ins > 1:
        words += " (depthwise)"
    return f"{_text.count(ins, 'channel')} above, {_text.count(outs, 'map')} below: {words}"


def _members(group: int, count: int, groups: int) -> range:
    share = count // groups
    return range(group * share, (group + 1) * share)


def _places(count: int, x: float, width: float) -> list[float]:
    return [x + width / count * (i + 0.5) for i in range(count)]


def _node_size(count: int, width: float) -> float:
    return max(min(0.7 * min(width / count, _WIDEST), 12.0), 0.6)


def _node(page: Page, x: float, y: float, size: float, color: str) -> None:
    box = Rectangle((x - size / 2, y), size, 7.0, facecolor=color, linewidth=0, gid="channel")
    box.set_clip_on(False)
    page.axes.add_artist(box)


def _wire(page: Page, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    line = Line2D([start[0], end[0]], [start[1], end[1]], color=color, linewidth=0.7, gid="wire")
    line.set_clip_on(False)
    page.axes.add_artist(line)
