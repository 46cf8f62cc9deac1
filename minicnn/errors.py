"""Every error that minicnn raises on purpose.

::

    Exception
     └─ MiniCNNError                 catch this one to catch them all
         ├─ ShapeError               (ValueError)   sizes that do not fit together
         ├─ DTypeError               (TypeError)    an array of the wrong kind of number
         ├─ ConfigError              (ValueError)   an argument that can never work
         ├─ ImageError               (ValueError)   a picture that cannot be read
         ├─ WeightsError             (ValueError)   a weights file that cannot be read
         ├─ DataError                (ValueError)   a data set that cannot be read
         ├─ UnsupportedError         (ValueError)   a right question without an answer here
         ├─ OutputError              (OSError)      a file that will not be written
         └─ LimitError               (MemoryError)  more memory than was allowed

Each is also the built-in error that Python programmers expect, so ``except ValueError`` works.
A message says what is wrong, shows the shapes with their names, and then what to do.
"""

from __future__ import annotations

import sys
from typing import Any, Self


class MiniCNNError(Exception):
    """The base of every error that minicnn raises on purpose."""

    def add_context(self, line: str) -> Self:
        """Append a line that says where it happened, and return the same error to raise again.

        Examples
        --------
        >>> print(ShapeError("conv2d: no.").add_context("In step 1 (conv2d) of Sequential."))
        conv2d: no.
          In step 1 (conv2d) of Sequential.
        """
        self.args = (f"{self}\n  {line}",)
        return self


class ShapeError(MiniCNNError, ValueError):
    """Array sizes that do not fit together."""


class DTypeError(MiniCNNError, TypeError):
    """Something that is not an array of ordinary real numbers."""


class ConfigError(MiniCNNError, ValueError):
    """An argument that can never work, whatever the input."""


class ImageError(MiniCNNError, ValueError):
    """A picture that cannot be read, or that is too large to be read safely."""


class WeightsError(MiniCNNError, ValueError):
    """A file of weights that cannot be read, or that does not fit the model."""


class DataError(MiniCNNError, ValueError):
    """A file or folder of examples that cannot be read."""


class UnsupportedError(MiniCNNError, ValueError):
    """A well-formed request that this version has no answer for."""


class OutputError(MiniCNNError, OSError):
    """A file that will not or cannot be written: it exists already, it is an input, no room."""


class LimitError(MiniCNNError, MemoryError):
    """A result that would need more memory than was allowed."""


def is_masked(values: Any) -> bool:
    """Say whether this is a masked array, without importing what they are made with (10 ms)."""
    masked = sys.modules.get("numpy.ma")
    return masked is not None and isinstance(values, masked.MaskedArray)


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return `value` if it is one of `choices`; say what the choices are if it is not.

    Raises
    ------
    ConfigError
        "mode must be one of 'zeros', 'reflect', got 'mirror'".
    """
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise ConfigError(f"{name} must be one of {listed}, got {short(value)}")
    return value


def short(value: Any) -> str:
    """Return what an error message shows of a value: at most 60 characters, on one line."""
    try:
        text = value if isinstance(value, Exception) else repr(value)
        text = " ".join(str(text).split())
    except Exception:  # somebody's __repr__
        return f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."
