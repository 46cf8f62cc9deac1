"""Which format a file of weights has: its suffix says so."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from minicnn.errors import UnsupportedError
from minicnn.shapes import Array
from minicnn.weights import npz_file, safetensors_file
from minicnn.weights.entry import Entry


@dataclass(frozen=True)
class Format:
    """How arrays become bytes, and how an open file of so many bytes tells what it holds."""

    encode: Callable[[Mapping[str, Array], Mapping[str, str]], bytes]
    entries: Callable[[BinaryIO, int], dict[str, Entry]]
    about: Callable[[BinaryIO, int], dict[str, str]]


FORMATS = {
    ".npz": Format(npz_file.encode, npz_file.entries, npz_file.about),
    ".safetensors": Format(
        safetensors_file.encode, safetensors_file.entries, safetensors_file.about
    ),
}

_HINTS = {
    (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle"): (
        "Such a file may run code when it is read. In PyTorch, write one that can't: "
        "safetensors.torch.save_file(model.state_dict(), 'model.safetensors')."
    ),
    (".npy",): "That holds one array without a name: numpy.savez gives each its name.",
}


def format_of(path: str | os.PathLike[str]) -> Format:
    """Return the format that a path's suffix stands for.

    Raises
    ------
    UnsupportedError
        For any other suffix.

    Examples
    --------
    >>> format_of("lenet.pt")
    Traceback (most recent call last):
    minicnn.errors.UnsupportedError: weights are kept in .npz or .safetensors files, got 'lenet.pt'.
      Such a file may run code when it is read. In PyTorch, write one that can't: \
safetensors.torch.save_file(model.state_dict(), 'model.safetensors').
    """
    name = os.fsdecode(path)
    suffix = os.path.splitext(name)[1].lower()
    if suffix in FORMATS:
        return FORMATS[suffix]
    hint = next((hint for known, hint in _HINTS.items() if suffix in known), "")
    known = " or ".join(FORMATS)
    raise UnsupportedError(
        f"weights are kept in {known} files, got {name!r}.{hint and chr(10) + '  ' + hint}"
    )


def is_path(source: Any) -> bool:
    """Say whether `source` is the name of a file."""
    return isinstance(source, str | os.PathLike)
