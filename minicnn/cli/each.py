"""Every map as a file of its own, with an index that tells what the colours mean."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minicnn.images.encoding import png_bytes
from minicnn.shapes import Array

FORMATS = ("png", "npy")
INDEX = "maps.json"


class Maps:
    """The maps of one picture as files; going through it gives each one's name and content.

    Parameters
    ----------
    values : array (O, H, W)
    names : tuple of str
        One for each map.
    scale : "step", "map", number or (low, high)
        See `viz.scale_of`. For PNG only: npy holds the values themselves.
    format : "png" or "npy"
    """

    def __init__(
        self, values: Array, names: tuple[str, ...], scale: Any, format: str | None
    ) -> None:
        """Work out the scales, unless the values are written as they are."""
        self.values, self.names, self.format = values, names, format or "png"
        self.per_map = scale == "map"
        self.scales: list[Any] = [None] * len(values)
        if self.format == "png":
            from minicnn import viz

            if self.per_map:
                self.scales = [viz.scale_of(one, scale) for one in values]
            else:
                self.scales = [viz.scale_of(values, scale)] * len(values)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Go through the files, (name, content)."""
        for name, values, scale in zip(self._files(), self.values, self.scales, strict=True):
            yield name, _exact(values) if scale is None else _picture(values, scale)

    def index(self, about: Mapping[str, Any]) -> tuple[str, bytes]:
        """Return the index as one more file: JSON, each map with its true range and its scale."""
        entries = [
            {
                "file": file,
                "name": name,
                "rows": values.shape[0],
                "columns": values.shape[1],
                **_range(values),
                **({} if scale is None else {"scale": _colours(scale)}),
            }
            for file, name, values, scale in zip(
                self._files(), self.names, self.values, self.scales, strict=True
            )
        ]
        text = json.dumps({**about, "maps": entries}, indent=2, allow_nan=False)
        return INDEX, text.encode("ascii") + b"\n"

    def scale_text(self) -> str:
        """Say what the files hold."""
        if self.format == "npy":
            return f"exact values, {self.values.dtype}"
        if self.per_map:
            return f"colours: each map on a scale of its own, see {INDEX}"
        return f"colours: {self.scales[0]}, one scale for all"

    def _files(self) -> list[str]:
        width = max(2, len(str(len(self.names) - 1)))
        return [f"{i:0{width}}-{_plain(name)}.{self.format}" for i, name in enumerate(self.names)]


def _plain(name: str) -> str:
    """Return a kernel's name as part of a file's, whatever the file system.

    Examples
    --------
    >>> _plain("sobel_x, red")
    'sobel_x-red'
    """
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", name.replace(", ", "-"))[:100]


def _picture(values: Array, scale: Any) -> bytes:
    from minicnn import viz

    return png_bytes(viz.render_map(values, scale))


def _exact(values: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(values), allow_pickle=False)
    return file.getvalue()


def _colours(scale: Any) -> dict[str, Any]:
    """Return what the colours of a picture stand for, from the darkest to the lightest."""
    return {"darkest": scale.low, "lightest": scale.high, "centred_on_0": scale.signed}


def _range(values: Array) -> dict[str, float | None]:
    """Return the least and the greatest finite value."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return {"least": None, "greatest": None}
    return {"least": float(finite.min()), "greatest": float(finite.max())}
