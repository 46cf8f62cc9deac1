"""Reading a model's arrays: headers first, all that is wrong at once, then exactly the arrays."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar

import numpy as np

from minicnn.errors import ConfigError, LimitError, MiniCNNError, WeightsError, short
from minicnn.layers import Layer
from minicnn.ops.arrays import real_array
from minicnn.reading import open_ordinary
from minicnn.shapes import Array, integer
from minicnn.weights.entry import Entries, Entry, check_total
from minicnn.weights.formats import Format, format_of, is_path

MAX_BYTES = 1 << 30
"""What `read` allows for a file and for its arrays, unless told otherwise: 1 GiB."""
MAX_HEADERS = 1 << 24
"""Bytes that a file may have beyond the numbers it should hold: names, types and shapes."""
SHOWN = 20
"""How many of the arrays that are amiss a message lists."""

L = TypeVar("L", bound=Layer)


def load(model: L, source: str | os.PathLike[str] | Mapping[str, Any]) -> L:
    """Return the model with the arrays of a file: a new model, of the same architecture.

    Parameters
    ----------
    model : Layer
        Says which arrays there must be, and of which shapes; it is not changed.
    source : path, or mapping of names to arrays
        A ``.npz`` or ``.safetensors`` file; or the arrays themselves, such as the ``state_dict``
        of a PyTorch model.

    Returns
    -------
    Layer
        Its arrays have the dtypes that `model` has.

    Raises
    ------
    WeightsError
        If the file is broken or hostile, if any name or shape is not that of the model (all of
        them are listed), or if a number is NaN or infinite.
    UnsupportedError
        For another kind of file, or if the package for it is missing.
    FileNotFoundError, PermissionError
        As the system raises them.
    """
    if not isinstance(model, Layer):
        raise ConfigError(f"load puts weights into a model, got {short(model)}")
    params = model.params
    if isinstance(source, Mapping):
        with _named("what was given"):
            arrays = _fitting({key: _given(key, value) for key, value in source.items()}, params)
    else:  # a file of the right arrays, even in float64, is not larger than this
        most = MAX_HEADERS + 8 * sum(array.size for array in params.values())
        with _entries(source, most) as entries:
            arrays = _fitting(entries, params)
    return model.with_params(arrays)


def read(source: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """Return the arrays of a file, by name.

    Parameters
    ----------
    source : path
        A ``.npz`` or ``.safetensors`` file.
    max_bytes : int
        Larger files, and files of larger arrays, are refused before anything is read.

    Returns
    -------
    dict of arrays

    Raises
    ------
    LimitError
        For arrays of more than `max_bytes` in all.
    WeightsError, UnsupportedError, FileNotFoundError, PermissionError
        See `load`.
    """
    max_bytes = integer("max_bytes", max_bytes, least=1, most=1 << 62)
    with _entries(source, max_bytes) as entries:
        check_total(entries, max_bytes)
        return _finite({key: entry.read() for key, entry in entries.items()})


def about(source: str | os.PathLike[str], *, max_bytes: int = MAX_BYTES) -> dict[str, str]:
    """Return what a file says about its arrays, as texts by name; nothing, most often.

    Parameters
    ----------
    source : path
    max_bytes : int
        Larger files are refused.

    Raises
    ------
    WeightsError, UnsupportedError, FileNotFoundError, PermissionError
        See `load`.
    """
    max_bytes = integer("max_bytes", max_bytes, least=1, most=1 << 62)
    with _opened(source, max_bytes) as (form, file, size):
        return form.about(file, size)


@contextmanager
def _entries(source: Any, max_bytes: int) -> Iterator[Entries]:
    """Yield what a file holds."""
    with _opened(source, max_bytes) as (form, file, size):
        yield form.entries(file, size)


@contextmanager
def _opened(source: Any, max_bytes: int) -> Iterator[tuple[Format, BinaryIO, int]]:
    """Yield an open file; whatever goes wrong with it becomes an error of ours."""
    if not is_path(source):
        is_module = hasattr(source, "state_dict")
        hint = "\n  Give what it has learnt: .state_dict()." if is_module else ""
        raise ConfigError(f"weights are read from a path or a mapping, got {short(source)}{hint}")
    form = format_of(source)
    opened = open_ordinary(source, "weights file", WeightsError, max_bytes)
    with opened as file, _named(repr(os.fsdecode(source))):
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size == 0:
            raise WeightsError("it is empty (0 bytes)")
        yield form, file, size


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Add to an error whose arrays it is about, and make any error one of ours."""
    try:
        yield
    except (WeightsError, LimitError) as error:
        raise type(error)(f"{name}: {error}") from error
    except MiniCNNError:
        raise
    except Exception as error:
        raise WeightsError(f"{name}: it is broken: {short(error)}") from error


def _fitting(entries: Entries, params: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays, if all names and shapes are those of the model."""
    amiss = {key: "is missing" for key in params if key not in entries}
    for key, entry in entries.items():
        if key not in params:
            amiss[key] = f"is not in the model; its shape is {entry.shape}"
        elif entry.shape != params[key].shape:
            amiss[key] = f"has shape {entry.shape}; in the model {params[key].shape}"
        elif params[key].dtype.kind in "iu" and entry.dtype.kind == "f":
            amiss[key] = f"holds {entry.dtype}; in the model {params[key].dtype}"
    if amiss:
        hint = _prefix_hint(entries, params)
        raise WeightsError(_listed("it does not fit the model", amiss) + hint)
    arrays = _finite({key: entries[key].read() for key in params})
    with np.errstate(over="ignore"):
        return _finite({key: array.astype(params[key].dtype) for key, array in arrays.items()})


def _prefix_hint(entries: Entries, params: Mapping[str, Array]) -> str:
    """Return what to do if all names have one beginning too much, as after `nn.DataParallel`."""
    longest = max(entries, key=len, default="")
    for key in params:
        start = longest.removesuffix(key)
        if start not in (longest, "") and {start + name for name in params} == set(entries):
            word = short(start)
            return (
                f"\n  All names begin with {word}, which those of the model do not. Take it away:\n"
                f"  {{key.removeprefix({word}): array for key, array in state.items()}}"
            )
    return ""


def _finite(arrays: dict[str, Array]) -> dict[str, Array]:
    amiss = {key: _odd(array) for key, array in arrays.items() if not np.isfinite(array).all()}
    if amiss:
        raise WeightsError(_listed("no model can be made of it", amiss))
    return arrays


def _odd(array: Array) -> str:
    nan, infinite = (int(is_odd(array).sum()) for is_odd in (np.isnan, np.isinf))
    return f"holds {nan:,} NaN and {infinite:,} infinite numbers"


def _listed(what: str, amiss: Mapping[str, str]) -> str:
    """Return a message that lists what is amiss, an array a line."""
    names = [short(key)[1:-1] for key in amiss]
    width = max(map(len, names))
    lines = [f"  {name:{width}}  {why}" for name, why in zip(names, amiss.values(), strict=True)]
    if len(lines) > SHOWN:
        lines = [*lines[:SHOWN], f"  ... and {len(lines) - SHOWN} more"]
    are = "one array is" if len(amiss) == 1 else f"{len(amiss)} arrays are"
    return "\n".join([f"{what}: {are} amiss.", *lines])


def _given(name: Any, value: Any) -> Entry:
    """Return an array that is in memory already, or a tensor of PyTorch's, as an entry."""
    if not isinstance(name, str):
        raise WeightsError(f"the name of an array must be text, got {short(name)}")
    if callable(getattr(value, "detach", None)):  # off the tape, and off the graphics card
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":  # which NumPy has not
            value = value.float()
        value = value.numpy()
    if not hasattr(value, "__array__"):
        raise WeightsError(f"{name} must be an array, got {short(value)}")
    array = np.asarray(value)
    real_array(array, "load", name)  # refuses what is no real number
    return Entry(array.dtype, array.shape, array.copy)
