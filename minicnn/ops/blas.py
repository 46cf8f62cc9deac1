"""Hold BLAS, which multiplies NumPy's matrices, to one thread while we work.

For two reasons. Where several Python threads multiply at once, BLAS threads of their own would
only stand in each other's way. And the last bit of a product depends on how many BLAS threads
cut it up (measured with OpenBLAS 0.3.31, in float32 and float64; by its source, it always uses one
up to 2**18 multiplications, or 9216 of a matrix by a vector). So the same bits for any number of
threads are to be had with one BLAS thread only.

The number of BLAS threads is one number for the whole process. So the hold is counted: the first
who comes notes the number and sets one, the last who leaves puts it back, whatever happened in
between (but for a Ctrl-C in the very microsecond of coming or leaving: then BLAS stays with one).
We know the OpenBLAS in NumPy's own wheels; `threadpoolctl` (``pip install ".[fast]"``) knows
others. One that neither knows is left as it is: results are right, but the last bit may follow its
number of threads.
"""

from __future__ import annotations

import ctypes
import os
import threading
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

TINY = 9216
"""Up to so many multiplications no product needs a hold: see above."""


class Library(NamedTuple):
    """A loaded BLAS: how to ask for its number of threads, and how to set it."""

    get: Callable[[], int]
    set: Callable[[int], object]


class OneThread:
    """A counted hold on some libraries, for `with`: any number of users, nested or at once."""

    def __init__(self, find: Callable[[], list[Library]]) -> None:
        """Keep `find`, which is asked for the libraries at the first use."""
        self._find = find
        self._libraries: list[Library] | None = None
        self._before: list[int] | None = None
        self._is_held = False
        self._users = 0
        self._lock = threading.RLock()

    @property
    def is_known(self) -> bool:
        """Whether there is a library to hold: else its threads may be born at any product."""
        if self._libraries is None:
            self._libraries = self._find()
        return bool(self._libraries)

    def __enter__(self) -> None:
        """Hold them, or join those who do."""
        with self._lock:  # steps in an order that a signal's handler, which calls too, may cut
            self._users += 1
            if not self._is_held and self.is_known:
                if self._before is None:
                    self._before = [library.get() for library in self._libraries or ()]
                self._set(self._before, [1] * len(self._before))
                self._is_held = True

    def __exit__(self, *error: object) -> None:
        """Leave; the last one puts things back."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._put_back()

    def forget_users(self) -> None:
        """Let go of everything: a forked child has none of its parent's other threads."""
        self._lock = threading.RLock()
        self._users = 0
        self._put_back()

    def _put_back(self) -> None:
        before, self._before = self._before, None
        self._is_held = False
        if before is not None:
            self._set(before, before)

    def _set(self, before: list[int], numbers: list[int]) -> None:
        for library, once, number in zip(self._libraries or (), before, numbers, strict=True):
            if once != 1:  # else there is nothing to hold, and nothing to put back
                library.set(number)


def find_libraries() -> list[Library]:
    """Return every BLAS that we can control; none is not an error."""
    return numpys_openblas() or threadpoolctls()


def threadpoolctls() -> list[Library]:
    """Return every BLAS that `threadpoolctl` knows, if it is there."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return []
    with warnings.catch_warnings():  # about mixtures of OpenMP, which we neither make nor mend
        warnings.simplefilter("ignore")
        found = ThreadpoolController().select(user_api="blas").lib_controllers
    return [Library(one.get_num_threads, _from_any_thread(one)) for one in found]


def _from_any_thread(controller: Any) -> Callable[[int], object]:
    """Return its `set_num_threads` as it works in every thread.

    threadpoolctl 3.7 and later listen to the first thread that sets the number of an OpenBLAS,
    and do nothing, silently, for others. Our hold may begin in one thread and end in another.
    """

    def set_number(number: int) -> None:
        if hasattr(controller, "clear_controlling_thread"):
            controller.clear_controlling_thread(force=True)
        controller.set_num_threads(number)
        if hasattr(controller, "clear_controlling_thread"):
            controller.clear_controlling_thread(force=True)

    return set_number


def numpys_openblas() -> list[Library]:
    """Return the OpenBLAS that NumPy is linked with, found through NumPy's own extension."""
    try:
        linked = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return []
    for prefix in ("scipy_openblas", "openblas"):
        for suffix in ("64_", ""):
            get = getattr(linked, f"{prefix}_get_num_threads{suffix}", None)
            set_ = getattr(linked, f"{prefix}_set_num_threads{suffix}", None)
            if get and set_:
                set_.argtypes, set_.restype = [ctypes.c_int], None
                return [Library(get, set_)]
    return []


one_thread = OneThread(find_libraries)
"""``with one_thread: ...`` — what every product in this package runs in, unless it is tiny."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=one_thread.forget_users)
