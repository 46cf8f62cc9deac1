"""The `.safetensors` format: a JSON header that names every array, then the bare numbers.

The package `safetensors` (an extra) writes and checks it. Its header is looked at here first: a
few lines of JSON that say how much there is to read, and that the package itself would take with
a name in it twice.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, BinaryIO

import numpy as np

from minicnn.errors import UnsupportedError, WeightsError
from minicnn.shapes import Array
from minicnn.weights.entry import MAX_AXES, Entry
from minicnn.weights.npz_file import texts

MAX_HEADER = 1 << 20
"""Bytes that the header may take: some 10,000 arrays."""

KINDS = {
    "BOOL": "?",
    **{f"U{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"I{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    "BF16": "<u2",
}
"""The format's names for types, and NumPy's; bfloat16, which NumPy has not, is widened."""


def encode(arrays: Mapping[str, Array], about: Mapping[str, str]) -> bytes:
    """Return the content of a `.safetensors` file."""
    plain = {  # the package silently garbles arrays that are not C-contiguous and little-endian
        name: np.array(array, array.dtype.newbyteorder("<"), order="C")
        for name, array in arrays.items()
    }
    _package()
    from safetensors.numpy import save

    return bytes(save(plain, dict(about) or None))


def entries(file: BinaryIO, size: int) -> dict[str, Entry]:
    """Return what an open `.safetensors` file of `size` bytes holds, by name.

    Raises
    ------
    WeightsError
        Without the file's name, which the caller adds.
    UnsupportedError
        If the package is missing.
    """
    package = _package()
    header, length = _header(file, size)
    header.pop("__metadata__", None)

    @cache
    def all_of_it() -> dict[str, dict[str, Any]]:
        file.seek(0)
        return dict(package.deserialize(file.read(size)))

    found = {name: _entry(name, about, all_of_it) for name, about in header.items()}
    if 8 + length + sum(_stored(header[name]) for name in found) != size:
        raise WeightsError("its arrays are shorter or longer than its header says")
    return found


def about(file: BinaryIO, size: int) -> dict[str, str]:
    """Return the texts about the arrays of an open file; none if there are none."""
    header, _ = _header(file, size)
    return texts(header.get("__metadata__", {}))


def _header(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """Return what the file's header says, and how many bytes it takes."""
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        raise WeightsError("it is cut off, or no safetensors file")
    if length > MAX_HEADER:
        raise WeightsError(f"its header has {length:,} bytes")
    header = json.loads(file.read(length).decode("utf-8"), object_pairs_hook=_once)
    if not isinstance(header, dict):
        raise WeightsError("its header names no arrays")
    return header, length


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, insisting that no name is in it twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WeightsError("its header has a name twice")
    return found


def _entry(name: str, about: Any, all_of_it: Any) -> Entry:
    """Return what the header says of one array."""
    said: dict[str, Any] = about if isinstance(about, dict) else {}
    kind, shape = said.get("dtype"), said.get("shape")
    if not isinstance(kind, str) or kind not in KINDS:
        raise WeightsError(f"its array {name[:60]!r} does not hold plain numbers: {kind!r}")
    if (
        not isinstance(shape, list)
        or len(shape) > MAX_AXES
        or not all(type(n) is int and 0 <= n < 1 << 60 for n in shape)
    ):
        raise WeightsError(f"its array {name[:60]!r} has no proper shape")
    dtype = np.dtype(np.float32 if kind == "BF16" else KINDS[kind]).newbyteorder("=")
    return Entry(dtype, tuple(shape), partial(_read, name, kind, tuple(shape), all_of_it))


def _stored(about: dict[str, Any]) -> int:
    """Return how many bytes an array takes in the file."""
    count: int = math.prod(about["shape"])
    return count * np.dtype(KINDS[about["dtype"]]).itemsize


def _read(name: str, kind: str, shape: tuple[int, ...], all_of_it: Any) -> Array:
    flat = np.frombuffer(all_of_it()[name]["data"], KINDS[kind])
    if kind == "BF16":  # the upper half of a float32
        return (flat.astype(np.uint32) << np.uint32(16)).view(np.float32).reshape(shape)
    return np.array(flat.reshape(shape), flat.dtype.newbyteorder("="), order="C")


def _package() -> Any:
    try:
        import safetensors
    except ImportError:
        raise UnsupportedError(
            "safetensors files need a package that is not installed.\n"
            "  Install it (python -m pip install safetensors), or use .npz."
        ) from None
    return safetensors
