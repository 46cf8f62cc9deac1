"""How the map doctor speaks of maps and numbers."""

from __future__ import annotations

from collections.abc import Sequence

from minicnn.explain.found_kernel import percent
from minicnn.explain.ledger_numbers import number

__all__ = ["listed", "number", "of_maps", "percent", "pictures", "span"]

_MOST_NAMES = 6


def span(low: float, high: float) -> str:
    """Return a range in words.

    Examples
    --------
    >>> span(0.0, 2.5), span(1.0, 1.0)
    ('from 0 to 2.5', '1')
    """
    ends = number(low), number(high)
    return ends[0] if low == high else f"from {ends[0]} to {ends[1]}"


def of_maps(names: Sequence[str], total: int, one: str, many: str) -> str:
    """Return what some of a step's maps are: its subject, its verb and the rest.

    Examples
    --------
    >>> of_maps(["sobel_y"], 8, "is flat", "are flat")
    'sobel_y is flat'
    >>> of_maps(["channel 1", "channel 4"], 8, "is flat", "are flat")
    '2 of 8 maps are flat: channels 1, 4'
    >>> of_maps(["a", "b"], 2, "is flat", "are flat")
    'all 2 maps are flat'
    """
    if len(names) == 1:
        return f"{names[0]} {one}" if total > 1 else f"the only map, {names[0]}, {one}"
    if len(names) == total:
        return f"all {total} maps {many}"
    return f"{len(names)} of {total} maps {many}: {listed(names)}"


def listed(names: Sequence[str]) -> str:
    """Return names in a row, not too many of them; channels as numbers.

    Examples
    --------
    >>> listed([f"channel {c}" for c in range(9)])
    'channels 0, 1, 2, 3, 4, 5 and 3 more'
    """
    shown, more = list(names[:_MOST_NAMES]), len(names) - _MOST_NAMES
    if len(names) > 1 and all(name.startswith("channel ") for name in names):
        shown = [name.removeprefix("channel ") for name in shown]
        shown[0] = f"channels {shown[0]}"
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def pictures(count: int) -> str:
    """Return "this picture" or "these 8 pictures"."""
    return "this picture" if count == 1 else f"these {count} pictures"
