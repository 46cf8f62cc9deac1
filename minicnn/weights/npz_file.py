"""The `.npz` format: a zip of `.npy` files, one for each array.

A `.npy` file is a short text that tells the type and the shape, then the bare numbers. That text
is matched here, not evaluated; a zip's member is decompressed up to the size that it calls for.
"""

from __future__ import annotations

import io
import json
import math
import re
import struct
import zipfile
from collections.abc import Mapping
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from minicnn.errors import WeightsError
from minicnn.shapes import Array
from minicnn.weights.entry import MAX_AXES, Entry

MAX_DIRECTORY = 1 << 20
"""Bytes that the zip's table of contents may take: some 15,000 arrays."""
MAX_HEADER = 10_000
"""Bytes of an array's header; NumPy's own limit."""

ABOUT = "about.json"
"""The one member that is no array: texts about the arrays, by name."""
MAX_ABOUT = 1 << 20
"""Bytes that they may take."""

_END = struct.Struct("<4s4H2LH")
"""How a zip ends: signature, disks, numbers of members, the directory's size and place."""
_HEADER = re.compile(
    r"\s*\{\s*'descr'\s*:\s*'([<>|=])([fiub])([1248])'\s*,"
    r"\s*'fortran_order'\s*:\s*(True|False)\s*,"
    r"\s*'shape'\s*:\s*\(((?:\s*\d{1,18}L?\s*,?)*)\s*\)\s*,?\s*\}\s*"
)


def encode(arrays: Mapping[str, Array], about: Mapping[str, str]) -> bytes:
    """Return the content of an `.npz` file: always the same bytes for the same arrays."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # a member's date is 1980 for all
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        if about:
            with archive.open(ABOUT, "w") as member:
                member.write(json.dumps(dict(about)).encode())
    return buffer.getvalue()


def entries(file: BinaryIO, size: int) -> dict[str, Entry]:
    """Return what an open `.npz` file of `size` bytes holds, by name.

    Raises
    ------
    WeightsError
        Without the file's name, which the caller adds.
    """
    archive = _archive(file, size)
    found: dict[str, Entry] = {}
    for member in archive.infolist():
        if member.filename == ABOUT:
            continue
        name = member.filename.removesuffix(".npy")
        if name == member.filename:
            raise WeightsError(f"its member {name[:60]!r} is not an array (no .npy)")
        if name in found:
            raise WeightsError(f"it has two members called {name[:60]!r}")
        found[name] = _entry(archive, member)
    return found


def about(file: BinaryIO, size: int) -> dict[str, str]:
    """Return the texts about the arrays of an open `.npz` file; none if there are none.

    Raises
    ------
    WeightsError
        Without the file's name, which the caller adds.
    """
    archive = _archive(file, size)
    members = [member for member in archive.infolist() if member.filename == ABOUT]
    if not members:
        return {}
    if len(members) > 1 or members[0].file_size > MAX_ABOUT:
        raise WeightsError(f"it has {len(members)} members {ABOUT}, or a very large one")
    _check_packing(members[0])
    with archive.open(members[0]) as stream:
        return texts(json.loads(stream.read(MAX_ABOUT)))


def texts(found: Any) -> dict[str, str]:
    """Return what was read about the arrays, if it is texts by name."""
    pairs = found.items() if isinstance(found, dict) else [(0, 0)]
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in pairs):
        raise WeightsError("what it says about its arrays are no texts by name")
    return dict(pairs)


def _archive(file: BinaryIO, size: int) -> zipfile.ZipFile:
    """Return the zip, having looked at its last bytes before its directory is read."""
    file.seek(max(0, size - _END.size - 20))
    tail = file.read(_END.size + 20)
    if len(tail) < _END.size or not tail[-_END.size :].startswith(b"PK\5\6"):
        raise WeightsError("it is cut off, or no zip file")
    *_, directory, _, comment = _END.unpack(tail[-_END.size :])
    if comment or tail.startswith(b"PK\6\7"):
        raise WeightsError("it is a zip with a comment, or one of more than 4 GiB")
    if directory > MAX_DIRECTORY:
        raise WeightsError(f"its table of contents has {directory:,} bytes")
    return zipfile.ZipFile(file)


def _check_packing(member: zipfile.ZipInfo) -> None:
    known = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if member.flag_bits & 1 or not known:
        raise WeightsError(f"its member {member.filename[:60]!r} is encrypted, or packed oddly")


def _entry(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Entry:
    """Return what a member's header says, having held it against the member's size."""
    _check_packing(member)
    with archive.open(member) as stream:
        offset, dtype, fortran, shape = _header(stream, member.filename)
    if offset + math.prod(shape) * dtype.itemsize != member.file_size:
        raise WeightsError(f"its array {member.filename[:60]!r} is shorter or longer than it says")
    read = partial(_read, archive, member, offset, dtype, fortran, shape)
    return Entry(dtype.newbyteorder("="), shape, read)


def _header(stream: Any, name: str) -> tuple[int, np.dtype[Any], bool, tuple[int, ...]]:
    """Return where the numbers begin, their type, their order and the array's shape."""
    magic = stream.read(8)
    if len(magic) < 8 or magic[:6] != b"\x93NUMPY" or magic[6] not in (1, 2, 3):
        raise WeightsError(f"its member {name[:60]!r} is not an array")
    width = 2 if magic[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    if length > MAX_HEADER:
        raise WeightsError(f"its array {name[:60]!r} has a header of {length:,} bytes")
    text = stream.read(length).decode("latin-1")
    match = _HEADER.fullmatch(text)
    if match is None:
        raise WeightsError(
            f"its array {name[:60]!r} does not hold plain numbers: {' '.join(text.split())[:60]!r}"
        )
    order, kind, width_text, fortran, sizes = match.groups()
    shape = tuple(int(text.rstrip("L")) for text in re.findall(r"\d+L?", sizes))
    if f"{kind}{width_text}" in ("f1", "b2", "b4", "b8") or len(shape) > MAX_AXES:
        raise WeightsError(f"its array {name[:60]!r} is none that NumPy has")
    dtype = np.dtype(f"{order}{kind}{width_text}")
    return 8 + width + length, dtype, fortran == "True", shape


def _read(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    offset: int,
    dtype: np.dtype[Any],
    fortran: bool,
    shape: tuple[int, ...],
) -> Array:
    """Return the array itself; at its last byte the zip's checksum is checked."""
    count = math.prod(shape)
    with archive.open(member) as stream:
        stream.read(offset)
        data = stream.read(count * dtype.itemsize)
        if len(data) != count * dtype.itemsize:
            raise WeightsError(f"its array {member.filename[:60]!r} is cut off")
    flat = np.frombuffer(data, dtype)
    array = flat.reshape(shape, order="F" if fortran else "C")
    return np.array(array, dtype.newbyteorder("="), order="C")
