"""What the map doctor found, marked on a storyboard."""

from __future__ import annotations

from dataclasses import replace

from minicnn.explain.doctor_findings import Diagnosis
from minicnn.viz import _text
from minicnn.viz._grid import Tile
from minicnn.viz._page import SMALL
from minicnn.viz._style import printed

_LONGEST, _MOST_NOTES = 96.0, 4


def marked(tile: Tile, diagnosis: Diagnosis | None, position: int, channel: int) -> Tile:
    """Return a map's tile with a word in red for what is wrong with it, unless it is said already.

    Parameters
    ----------
    tile : Tile
    diagnosis : Diagnosis or None
    position, channel : int
        Of the map: its step's index in the trace, -1 for the input.
    """
    if diagnosis is None:
        return tile
    words = [_text.plain(printed(word)) for word in diagnosis.words(position, channel)]
    new = [_text.fit(word, SMALL, _LONGEST) for word in words if word not in tile.alarm]
    return replace(tile, alarm=", ".join(filter(None, [tile.alarm, *new]))) if new else tile


def notes_of(diagnosis: Diagnosis | None) -> list[str]:
    """Return what is said of the sick maps below the storyboard; nothing if all are well."""
    if diagnosis is None or diagnosis.is_well:
        return []
    lines = diagnosis.headlines[:_MOST_NOTES]
    more = len(diagnosis.findings) - len(lines)
    rest = [f"and {_text.count(more, 'finding')} more"] if more else []
    return [_text.plain(f"Map doctor: {line}") for line in (*lines, *rest)]
