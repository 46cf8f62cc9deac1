"""Writing a model's arrays: checked, read back, and only then put in their place."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, WeightsError, short
from minicnn.files import check_output, write_whole
from minicnn.layers import Layer
from minicnn.ops.arrays import real_array
from minicnn.shapes import Array
from minicnn.weights.formats import Format, format_of, is_path


def save(
    model: Layer | Mapping[str, Array],
    path: str | os.PathLike[str],
    *,
    about: Mapping[str, str] | None = None,
    force: bool = False,
    inputs: Iterable[Any] = (),
) -> Path:
    """Write a model's arrays to a file: all of it, or none.

    Parameters
    ----------
    model : Layer, or mapping of names to arrays
        What is written is ``model.params``, names and all.
    path : str or path
        ``.npz``, which `numpy.load` reads too; or ``.safetensors``, which needs the package of
        that name, and which PyTorch reads (``safetensors.torch.load_file``).
    about : mapping of texts to texts, optional
        What there is to say about the arrays, for `about` to read; `load` passes it over.
    force, inputs
        See `minicnn.files.check_output`: an existing file is replaced only if `force`, and none
        of `inputs` ever.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UnsupportedError
        For another suffix, or if the package is missing.
    WeightsError
        If a number is NaN or infinite: `load` would refuse the file.
    OutputError
        If the file will not or cannot be written.
    """
    if not is_path(path):
        raise ConfigError(f"the file to write must be a path, got {short(path)}")
    form = format_of(path)
    check_output(path, force=force, inputs=inputs)
    return write_whole(path, encode(model, form, about), force=force, inputs=inputs)


def encode(
    model: Layer | Mapping[str, Array],
    form: Format | str = ".npz",
    about: Mapping[str, str] | None = None,
) -> bytes:
    """Return what `save` would write, having read it back.

    Parameters
    ----------
    model : Layer, or mapping of names to arrays
    form : '.npz' or '.safetensors'
    about : mapping of texts to texts, optional
    """
    if not isinstance(form, Format):
        form = format_of(f"weights{form}")
    arrays = _arrays(model)
    said = _texts(about)
    data = form.encode(arrays, said)
    changed = _changed(arrays, form, data)
    if changed:
        raise WeightsError(f"{short(changed)} would not be read back as it is: rename it")
    return data


def _texts(about: Any) -> dict[str, str]:
    """Return what there is to say about the arrays, if it is texts by name."""
    if about is None:
        return {}
    good = isinstance(about, Mapping)
    if not good or not all(isinstance(text, str) for pair in about.items() for text in pair):
        raise ConfigError(f"about must map texts to texts, got {short(about)}")
    return dict(about)


def _arrays(model: Any) -> dict[str, Array]:
    """Return the arrays to write, having looked at them all."""
    params = model.params if isinstance(model, Layer) else model
    if not isinstance(params, Mapping):
        raise ConfigError(f"save takes a model, or a mapping of arrays, got {short(model)}")
    for name, array in params.items():
        if not isinstance(name, str):
            raise ConfigError(f"the name of an array must be text, got {short(name)}")
        if not np.isfinite(real_array(array, "save", name)).all():
            raise WeightsError(
                f"{name} holds NaN or infinite numbers: it was not saved.\n"
                f"  Go back to weights from before that, and learn with a smaller learning_rate."
            )
    return dict(params)


def _changed(arrays: dict[str, Array], form: Format, data: bytes) -> str | None:
    """Return the first name, if any, whose array is not read back as it was."""
    try:
        again = form.entries(io.BytesIO(data), len(data))
    except WeightsError:  # a name that the format cannot hold
        again = {}
    for name, array in arrays.items():
        if name not in again or not _same(again[name], array):
            return name
    return None


def _same(entry: Any, array: Array) -> bool:
    if entry.shape != array.shape or entry.dtype != array.dtype.newbyteorder("="):
        return False
    read = entry.read()
    return bool(read.tobytes() == np.asarray(array, read.dtype).tobytes())
