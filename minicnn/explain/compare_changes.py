"""What differs between two layers, in words."""

from __future__ import annotations

import ast
import inspect
import math
from typing import Any

import numpy as np

from minicnn.explain.compare_gap import difference

_PASSED_OVER = ("names", "rng")
"""Names are only words, and what was drawn shows in the weights."""


def change_of(one: Any, other: Any) -> str:
    """Say what differs between two layers; "" if nothing does.

    Examples
    --------
    >>> from minicnn import Conv2D, ReLU, Sigmoid
    >>> change_of(ReLU(), Sigmoid())
    'ReLU against Sigmoid'
    >>> change_of(Conv2D(1, 2, 3, rng=0), Conv2D(1, 2, 3, stride=2, rng=0))
    'stride=1 against 2'
    """
    if type(one) is not type(other):
        return f"{type(one).__name__} against {type(other).__name__}"
    ours, theirs = arguments_of(one), arguments_of(other)
    names = [name for name in dict.fromkeys([*ours, *theirs]) if name not in _PASSED_OVER]
    pairs = ((name, ours.get(name, "-"), theirs.get(name, "-")) for name in names)
    parts = [f"{name}={mine} against {yours}" for name, mine, yours in pairs if mine != yours]
    return ", ".join([*parts, *_weights(one, other)])


def arguments_of(layer: Any) -> dict[str, str]:
    """Return a layer's arguments as its `repr` shows them, and the others' defaults.

    Examples
    --------
    >>> from minicnn import Pad
    >>> arguments_of(Pad(1, mode="reflect"))
    {'padding': '1', 'mode': "'reflect'", 'value': '0.0'}
    """
    try:
        call = ast.parse(repr(layer), mode="eval").body
    except (SyntaxError, ValueError):
        call = None
    if not isinstance(call, ast.Call):
        return {"layer": repr(layer)}
    known = inspect.signature(type(layer)).parameters
    given = {name: ast.unparse(value) for name, value in zip(known, call.args, strict=False)}
    given |= {word.arg or "**": ast.unparse(word.value) for word in call.keywords}
    defaults = {
        name: repr(one.default) for name, one in known.items() if one.default is not one.empty
    }
    return {name: given.get(name, defaults.get(name, "-")) for name in [*known, *given]}


def _weights(one: Any, other: Any) -> list[str]:
    """Say by how much two layers' arrays differ."""
    ours, theirs = (getattr(layer, "params", {}) for layer in (one, other))
    parts = []
    for name in dict.fromkeys([*ours, *theirs]):
        if name not in ours or name not in theirs:
            parts.append(f"{'a' if name in ours else 'b'} alone has a {name}")
        elif ours[name].shape != theirs[name].shape:
            parts.append(f"{name} {ours[name].shape} against {theirs[name].shape}")
        else:
            gap = float(np.abs(difference(ours[name], theirs[name])).max(initial=0.0))
            if math.isinf(gap):
                parts.append(f"{name} is not finite in one of them")
            elif gap:
                parts.append(f"{name} differs by up to {gap:.3g}")
    return parts
