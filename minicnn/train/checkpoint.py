"""A run of learning in a file, whole: what it takes to go on as if it had never stopped."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import weights
from minicnn.errors import ConfigError, WeightsError, short
from minicnn.files import write_whole
from minicnn.layers import Layer
from minicnn.shapes import Array, integer
from minicnn.train.history import Epoch, Training
from minicnn.train.optimizer import Memory
from minicnn.train.state import State

VERSION = 1
MAX_BYTES = 1 << 33
"""Larger checkpoints are not read: 8 GiB."""

ABOUT = "about"


def save_checkpoint(path: str | os.PathLike[str], state: State, asked: Mapping[str, str]) -> Path:
    """Write where a run stands, in place of an earlier checkpoint of it.

    Parameters
    ----------
    path : path
        ``.npz``; see `check_path`.
    state : State
    asked : mapping of texts
        What the run was asked to do: `Plan.fingerprint`.
    """
    about = {
        "minicnn checkpoint": VERSION,
        "asked": dict(asked),
        "steps": state.memory.steps,
        "best_epoch": state.best_epoch,
        "history": [asdict(epoch) for epoch in state.history],
    }
    text = json.dumps(about).encode()
    arrays = {ABOUT: np.frombuffer(text, np.uint8)}
    arrays |= _under("model", state.model.params)
    if state.best is not state.model:
        arrays |= _under("best", state.best.params)
    for name, averages in state.memory.averages.items():
        arrays |= _under(f"memory/{name}", averages)
    return write_whole(path, weights.encode(arrays), force=True)


def read_checkpoint(path: str | os.PathLike[str], model: Layer) -> tuple[State, dict[str, str]]:
    """Return where a run stood, and what it was asked to do.

    Parameters
    ----------
    path : path
    model : Layer
        The model that the run began with, or one like it.

    Raises
    ------
    WeightsError
        If the file is no checkpoint, is broken, or does not fit the model.
    """
    arrays = weights.read(path, max_bytes=MAX_BYTES)
    name = repr(os.fsdecode(path))
    try:
        about = json.loads(arrays[ABOUT].tobytes())
        if integer("version", about["minicnn checkpoint"], least=0) != VERSION:
            raise WeightsError(f"{name} is a checkpoint of another version of minicnn")
        history = tuple(_epoch(n, epoch) for n, epoch in enumerate(about["history"], 1))
        steps = integer("steps", about["steps"], least=0, most=2**62)
        best_epoch = integer("best_epoch", about["best_epoch"], least=0, most=len(history))
        asked = {str(key): str(value) for key, value in about["asked"].items()}
        integer("seed", int(asked["seed"]), least=0, most=2**128)
    except WeightsError:
        raise
    except Exception as error:
        raise WeightsError(
            f"{name} is no checkpoint of a run of learning: {short(error)}.\n"
            f"  To read the weights of a model: weights.load(model, path)."
        ) from error
    learnt = weights.load(model, _out_of("model", arrays))
    best = learnt
    if any(key.startswith("best/") for key in arrays):
        best = weights.load(model, _out_of("best", arrays))
    memory = Memory(steps, _memory(arrays, model.params, name))
    return State(learnt, memory, history, best, best_epoch), asked


def load_checkpoint(model: Layer, path: str | os.PathLike[str]) -> Training:
    """Return what a run had learnt when it wrote its checkpoint, without going on.

    Parameters
    ----------
    model : Layer
        The model that the run began with, or one like it.
    path : path
        What ``fit(..., checkpoint=path)`` wrote.

    Returns
    -------
    Training

    Raises
    ------
    WeightsError
        If the file is no checkpoint, is broken, or does not fit the model.
    """
    state, asked = read_checkpoint(path, model)
    why = f"Read from the checkpoint {os.fsdecode(path)!r}."
    return Training(
        model=state.model,
        best=state.best,
        best_epoch=state.best_epoch,
        history=state.history,
        stopped="checkpoint",
        why=why.encode("ascii", "backslashreplace").decode(),
        seed=int(asked["seed"]),
        memory=state.memory,
    )


def check_asked(path: Any, before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Raise if a run is to go on with other arguments than it began with; name all of them.

    Raises
    ------
    ConfigError
    """
    changed = [key for key in now if before.get(key) != now[key]]
    if changed:
        lines = [
            f"  {key:10}  then {short(before.get(key))}, now {short(now[key])}" for key in changed
        ]
        raise ConfigError(
            "\n".join(
                [
                    f"the checkpoint {os.fsdecode(path)!r} is of another run.",
                    *lines,
                    "  Give fit the same arguments, or another checkpoint=.",
                ]
            )
        )


def _under(folder: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {f"{folder}/{name}": array for name, array in arrays.items()}


def _out_of(folder: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    start = f"{folder}/"
    return {key.removeprefix(start): a for key, a in arrays.items() if key.startswith(start)}


def _epoch(number: int, about: Mapping[str, Any]) -> Epoch:
    """Return an epoch's record from JSON, each of its numbers a number."""
    numbers = {key: None if value is None else float(value) for key, value in about.items()}
    needed = ("loss", "learning_rate", "seconds")
    if not 0 <= numbers["seconds"] < math.inf:  # type: ignore[operator] # None is an error, too
        raise ValueError(f"epoch {number} took {short(about['seconds'])} seconds")
    if numbers.pop("number") != number or None in [numbers[key] for key in needed]:
        raise ValueError(f"epoch {number} is amiss")
    return Epoch(number=number, **numbers)  # type: ignore[arg-type]


def _memory(
    arrays: Mapping[str, Array], params: Mapping[str, Array], name: str
) -> dict[str, dict[str, Array]]:
    """Return the optimizer's averages, each of the shape of its parameter."""
    averages: dict[str, dict[str, Array]] = {}
    for key, array in _out_of("memory", arrays).items():
        average, _, parameter = key.partition("/")
        if parameter not in params or params[parameter].shape != array.shape:
            raise WeightsError(f"{name}: its {short(key)} does not fit the model")
        averages.setdefault(average, {})[parameter] = array
    return averages
