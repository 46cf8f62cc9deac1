"""Which block of a storyboard gets its input from which: wires down its left margin.

A block that looks at the one before it hangs on it by a straight piece. From one that others look
at as well, further down, a wire turns off below its dot and runs beside the blocks in between, in
a lane of its own, to the dots that it leads to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from minicnn.viz._page import Page
from minicnn.viz._style import INK, SOFT

LANE, _ARROW, _DOT, _ROUND, _BELOW = 9.0, 5.0, 2.5, 4.0, 8.0


@dataclass(frozen=True)
class Wire:
    """A wire from one row to some further down, past those in between.

    Attributes
    ----------
    source : int
        The row that it comes from, counted from 0.
    targets : tuple of int
        The rows that it leads to, in order.
    lane : int
        From 1, next to the straight pieces, outwards.
    """

    source: int
    targets: tuple[int, ...]
    lane: int


def wires_of(origins: Sequence[Sequence[int]]) -> tuple[Wire, ...]:
    """Return the wires that pass rows by; none for a chain.

    Parameters
    ----------
    origins : sequence of sequences of int
        For each row, the rows that it looks at, all of them earlier.

    Examples
    --------
    >>> wires_of([(), (0,), (1,), (2, 0)])          # a residual block around rows 1 and 2
    (Wire(source=0, targets=(3,), lane=1),)
    """
    far: dict[int, list[int]] = {}
    for row, sources in enumerate(origins):
        for source in dict.fromkeys(sources):
            if source != row - 1:
                far.setdefault(source, []).append(row)
    done: list[Wire] = []
    for source, targets in sorted(far.items(), key=lambda one: (one[1][-1] - one[0], one[0])):
        taken = {
            wire.lane for wire in done if wire.source < targets[-1] and source < wire.targets[-1]
        }
        lane = next(lane for lane in range(1, len(taken) + 2) if lane not in taken)
        done.append(Wire(source, tuple(targets), lane))
    return tuple(sorted(done, key=lambda wire: wire.source))


def width_of(wires: Sequence[Wire]) -> float:
    """Return how wide a margin the wires need, in points: none if there are none."""
    return 2 * LANE + LANE * max(wire.lane for wire in wires) if wires else 0.0


def draw_wires(
    page: Page,
    origins: Sequence[Sequence[int]],
    wires: Sequence[Wire],
    right: float,
    heights: Sequence[float],
) -> None:
    """Draw a dot for each row, the straight pieces between them, and the wires.

    Parameters
    ----------
    right : float
        Where the margin ends, in points.
    heights : sequence of float
        How far down each row's dot stands.
    """
    spine = right - LANE
    for row, sources in enumerate(origins):
        if row - 1 in sources:
            _line(page, [(spine, heights[row - 1]), (spine, heights[row])], INK)
    for wire in wires:
        x, top = spine - LANE * wire.lane, heights[wire.source]
        for y in (heights[target] for target in wire.targets):
            corners = [(spine, top + _BELOW), (x, top + _BELOW), (x, y)]
            _line(page, [(spine, top), *corners, (spine - _DOT, y)], SOFT)
            _arrow(page, spine - _DOT, y)
    for y in heights:
        dot = Circle((spine, y), _DOT, facecolor=INK, edgecolor="white", linewidth=0.8)
        dot.set_clip_on(False)
        dot.set_zorder(3)
        page.axes.add_artist(dot)


def _line(page: Page, points: Sequence[tuple[float, float]], color: str) -> None:
    """Draw a line from point to point, its corners rounded."""
    path, codes = [points[0]], [Path.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        path += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    line = PathPatch(
        Path([*path, points[-1]], [*codes, Path.LINETO]),
        fill=False,
        edgecolor=color,
        linewidth=1.0,
        gid="wire",
    )
    line.set_clip_on(False)
    page.axes.add_artist(line)


def _towards(corner: tuple[float, float], end: tuple[float, float]) -> tuple[float, float]:
    """Return the point on the way from a corner to an end where the rounding begins."""
    (x, y), (to_x, to_y) = corner, end
    far = abs(to_x - x) + abs(to_y - y)
    part = min(_ROUND / far, 0.5) if far else 0.0
    return x + (to_x - x) * part, y + (to_y - y) * part


def _arrow(page: Page, x: float, y: float) -> None:
    corners = [(x, y), (x - _ARROW, y - _ARROW / 2.4), (x - _ARROW, y + _ARROW / 2.4), (x, y)]
    head = PathPatch(Path(corners), facecolor=SOFT, edgecolor="none")
    head.set_clip_on(False)
    page.axes.add_artist(head)
