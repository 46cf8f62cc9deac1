"""The bank: every named kernel, by family, and the stacks that are worth showing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from minicnn.errors import ConfigError, short
from minicnn.kernels.compass import kirsch, robinson
from minicnn.kernels.derivatives import first_derivatives, lines, second_derivatives
from minicnn.kernels.record import Kernel
from minicnn.kernels.smoothing import presets
from minicnn.kernels.waves import gabors

BANK: Mapping[str, Kernel] = MappingProxyType(
    {
        kernel.name: kernel
        for kernel in (
            *presets(),
            *first_derivatives(),
            *second_derivatives(),
            *lines(),
            *kirsch(),
            *robinson(),
            *gabors(),
        )
    }
)
"""Every named kernel, in order of family; read-only."""

FAMILIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        family: tuple(kernel.name for kernel in BANK.values() if kernel.family == family)
        for family in dict.fromkeys(kernel.family for kernel in BANK.values())
    }
)
"""The names in each family: every kernel of the bank is in exactly one."""

STACKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "edges": (
            *("sobel_x", "sobel_y", "sobel_se", "sobel_ne"),
            *("line_vertical", "line_horizontal", "ridge_8", "laplacian_8"),
        ),
        "wikipedia": (
            *("identity", "ridge_4", "ridge_8", "saddle", "sharpen"),
            *("box_3", "gaussian_3x3", "gaussian_5x5", "unsharp_5x5"),
        ),
        "all": tuple(BANK),
    }
)
"""Choices across families that a name stands for, as a family's name does."""

EDGES: tuple[Kernel, ...] = tuple(BANK[name] for name in STACKS["edges"])
"""The default stack, eight 3x3 kernels: slopes in four directions, then second derivatives.

The last two are one kernel with both signs: after a ReLU they show the bright and the dark side of
every edge.
"""


def get(name: str) -> Kernel:
    """Return one kernel of the bank by its name.

    Raises
    ------
    ConfigError
        If there is none; the message lists names that are close, and the families.

    Examples
    --------
    >>> get("sobel_x").values.tolist()
    [[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]
    >>> get("sobelx")
    Traceback (most recent call last):
    minicnn.errors.ConfigError: there is no kernel named 'sobelx'. Did you mean 'sobel_x', ...
    """
    if isinstance(name, str) and name in BANK:
        return BANK[name]
    raise unknown(name, tuple(BANK))


def named(name: str) -> tuple[Kernel, ...]:
    """Return the kernels that a name stands for: a kernel, a family, or a stack.

    Examples
    --------
    >>> [kernel.name for kernel in named("scharr")]
    ['scharr_x', 'scharr_y']
    """
    if name in BANK:
        return (BANK[name],)
    for groups in (FAMILIES, STACKS):
        if name in groups:
            return tuple(BANK[member] for member in groups[name])
    raise unknown(name, (*BANK, *FAMILIES, *STACKS))


def unknown(name: Any, choices: tuple[str, ...]) -> ConfigError:
    """Return the error for a name that is not there, with the close ones and the families."""
    import difflib

    message = f"there is no kernel named {short(name)}."
    if isinstance(name, str):
        like = name[:60].strip().lower().replace("-", "_").replace(" ", "_")
        close = difflib.get_close_matches(like, choices, n=4, cutoff=0.6)
        if close:
            message += f" Did you mean {', '.join(repr(choice) for choice in close)}?"
    return ConfigError(
        f"{message}\n"
        f"  Families: {', '.join(FAMILIES)}.\n"
        f"  Stacks:   {', '.join(STACKS)}.\n"
        f"  kernels.BANK holds every kernel; your own may be a matrix, such as [[1, 0, -1]]."
    )
