"""One kernel: its numbers, its name, what it does and where it is from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

import numpy as np

from minicnn.errors import ConfigError, DTypeError, ShapeError, is_masked, short
from minicnn.kernels.table import table
from minicnn.shapes import Array, Pair


@dataclass(frozen=True, eq=False, repr=False)
class Kernel:
    """A small matrix that is moved over a picture, with its story.

    Parameters
    ----------
    name : str
        One line; it labels the feature map.
    values : array (KH, KW)
        Anything that NumPy reads as a matrix of real numbers. The kernel keeps an own,
        read-only, C-contiguous float64 copy.
    meaning : str
        What it does to a picture, in one sentence.
    source : str
        The paper, book or page that it is from.
    family : str
        The kernels it belongs to, such as "sobel".

    Raises
    ------
    ShapeError
        If `values` is not a matrix, or is empty.
    DTypeError
        If `values` are not real numbers.
    ConfigError
        If a value is NaN or infinite, or a text is not a text.

    Notes
    -----
    Two kernels are equal only if they are the same object; `same_values` compares the numbers.

    Examples
    --------
    >>> mine = Kernel("mine", [[1, 0, -1], [2, 0, -2], [1, 0, -1]], meaning="Sobel, the other way.")
    >>> print(mine)
    mine: Sobel, the other way.
      [[ 1  0 -1]
       [ 2  0 -2]
       [ 1  0 -1]]
    >>> mine.shape
    (3, 3)
    """

    name: str
    values: Array
    meaning: str = ""
    source: str = ""
    family: str = "custom"

    def __init__(
        self, name: str, values: Any, meaning: str = "", source: str = "", family: str = "custom"
    ) -> None:
        """Check the texts and the numbers, and keep a copy of them; see the class."""
        put = object.__setattr__  # the dataclass is frozen: this is its one writer
        put(self, "name", one_line("name", name))
        put(self, "values", matrix(values, f"kernel {name!r}"))
        put(self, "meaning", one_line("meaning", meaning, may_be_empty=True))
        put(self, "source", one_line("source", source, may_be_empty=True))
        put(self, "family", one_line("family", family))

    @property
    def shape(self) -> Pair:
        """Rows and columns: (KH, KW)."""
        rows, columns = self.values.shape
        return rows, columns

    def same_values(self, other: Any) -> bool:
        """Say whether another kernel, or a matrix, holds exactly these numbers.

        Examples
        --------
        >>> Kernel("shift", [[0, 0, 1]]).same_values([[0, 0, 1]])
        True
        """
        return bool(np.array_equal(self.values, real_numbers(other, "same_values")))

    def renamed(self, name: str) -> Kernel:
        """Return the same kernel under another name."""
        if name == self.name:
            return self
        return Kernel(name, self.values, self.meaning, self.source, self.family)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Let NumPy read the kernel as its (KH, KW) array."""
        return np.array(self.values, dtype=dtype, copy=copy)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle and copy through the constructor, so that a copy is read-only too."""
        return Kernel, (self.name, self.values, self.meaning, self.source, self.family)

    def __repr__(self) -> str:
        """Show the call that makes it."""
        numbers = ", ".join(repr(row) for row in _tidy(self.values))
        parts = [repr(self.name), f"[{numbers}]"]
        parts += [f"{key}={getattr(self, key)!r}" for key in ("meaning", "source", "family")]
        return f"Kernel({', '.join(parts)})"

    def __str__(self) -> str:
        """Show the name, the meaning, the source and the matrix, in plain ASCII."""
        lines = [f"{self.name}: {self.meaning}" if self.meaning else self.name]
        if self.source:
            lines.append(f"  Source: {self.source}")
        lines += [f"  {line}" for line in table(self.values).splitlines()]
        return "\n".join(lines)


def matrix(values: Any, what: str) -> Array:
    """Return `values` as an own, read-only, C-contiguous float64 matrix without -0.0.

    Examples
    --------
    >>> matrix([1, 0, -1], "kernel 'mine'")
    Traceback (most recent call last):
    minicnn.errors.ShapeError: kernel 'mine': a kernel is a matrix, (rows, columns); got shape (3,).
      For a single row, write [[1, 0, -1]].
    """
    array = real_numbers(values, what)
    if array.ndim != 2:
        hint = "\n  For a single row, write [[1, 0, -1]]." if array.ndim == 1 else ""
        raise ShapeError(
            f"{what}: a kernel is a matrix, (rows, columns); got shape {array.shape}.{hint}"
        )
    if array.size == 0:
        raise ShapeError(f"{what}: a kernel needs at least one value; got shape {array.shape}.")
    with np.errstate(over="ignore"):
        own = np.array(array, dtype=np.float64, order="C") + 0.0  # -0.0 + 0.0 is 0.0
    if not np.isfinite(own).all():
        row, column = (int(i) for i in np.argwhere(~np.isfinite(own))[0])
        raise ConfigError(
            f"{what}: every value must be a finite number; "
            f"row {row}, column {column} is {own[row, column]}."
        )
    return np.frombuffer(own.tobytes()).reshape(own.shape)  # bytes: nobody can make it writeable


def real_numbers(values: Any, what: str) -> Array:
    """Return `values` as an array of bools, integers or floats, of any shape.

    Raises
    ------
    ShapeError
        If rows differ in length.
    DTypeError
        If they are not real numbers: masked, complex, text, objects, dates.
    """
    if is_masked(values):
        raise DTypeError(f"{what}: got a masked array; fill it first, with .filled(0).")
    try:
        array = np.asarray(values)
    except Exception as error:  # whatever somebody's __array__ raises
        if isinstance(error, ValueError) and isinstance(values, list | tuple):
            raise ShapeError(
                f"{what}: all rows must have the same length; got {short(values)}."
            ) from error
        raise DTypeError(f"{what}: cannot be read as an array: {short(error)}") from error
    if array.dtype.kind not in "biuf":
        raise DTypeError(
            f"{what}: the values must be real numbers; got dtype {array.dtype} "
            f"from {short(values)}."
        )
    return array


def one_line(key: str, text: Any, *, may_be_empty: bool = False) -> str:
    """Return `text` if it is a str of one printable line."""
    if not isinstance(text, str):
        raise ConfigError(f"a kernel's {key} must be a text, got {short(text)}")
    if not text.isprintable() or not (text.strip() or may_be_empty):
        raise ConfigError(f"a kernel's {key} must be one printable line, got {short(text)}")
    return text


@overload
def flip(kernel: Kernel) -> Kernel: ...
@overload
def flip(kernel: Array) -> Array: ...


def flip(kernel: Any) -> Any:
    """Turn a kernel by 180 degrees: correlating with it is convolving with the one given.

    Parameters
    ----------
    kernel : Kernel, or array (..., KH, KW)
        A kernel, one matrix, or a whole weight.

    Returns
    -------
    Kernel or array of the same shape
        Of the same kind as `kernel`; an array is a copy.

    Examples
    --------
    >>> flip(Kernel("shift", [[0, 0, 1]])).values.tolist()
    [[1.0, 0.0, 0.0]]
    >>> flip([[1, 2], [3, 4]]).tolist()
    [[4, 3], [2, 1]]
    """
    if isinstance(kernel, Kernel):
        return Kernel(
            _toggled(kernel.name, "flipped_"),
            kernel.values[::-1, ::-1],
            _toggled(kernel.meaning, "Turned by 180 degrees: "),
            kernel.source,
            kernel.family,
        )
    array = real_numbers(kernel, "flip")
    if array.ndim < 2:
        raise ShapeError(f"flip: expects a matrix, (rows, columns); got shape {array.shape}.")
    return array[..., ::-1, ::-1].copy()


def _toggled(text: str, prefix: str) -> str:
    return text.removeprefix(prefix) if text.startswith(prefix) else prefix + text


def _tidy(values: Array) -> list[list[float | int]]:
    return [
        [int(v) if v == int(v) and abs(v) < 1e15 else v for v in row] for row in values.tolist()
    ]
