"""Share the pieces of one piece of work among a few Python threads.

NumPy lets go of the interpreter while it copies and multiplies, so Python threads do help. Who
takes which piece is left to chance; that the pieces do not depend on the number of threads, and
that each writes to its own part of the output, is what keeps every bit the same.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from minicnn.errors import ConfigError
from minicnn.ops.apart import apart
from minicnn.ops.helpers import Job, Team
from minicnn.shapes import integer

T = TypeVar("T")

WORKSPACE = 16 << 20
"""What the buffers of all threads of one operation may take together, in bytes."""

_lock = threading.Lock()
_team = Team()
_wanted: int | None = None


def get_threads() -> int:
    """Return how many threads an operation may use.

    What `set_threads` was given; else the environment variable MINICNN_THREADS; else the number
    of processors that this process may use.
    """
    if _wanted is not None:
        return _wanted
    text = os.environ.get("MINICNN_THREADS", "")
    if not text.strip():
        return _processors()
    if not text.strip().isdecimal() or int(text) < 1:
        raise ConfigError(f"MINICNN_THREADS must be an integer of at least 1, got {text!r}")
    return int(text)


def set_threads(number: int | None) -> None:
    """Set how many threads an operation may use, in the whole process; None for the default.

    A matter of speed alone: results are the same, bit for bit.

    Examples
    --------
    >>> set_threads(1)
    >>> get_threads()
    1
    >>> set_threads(None)
    """
    global _wanted, _team
    number = None if number is None else integer("threads", number, least=1)
    with _lock:
        _wanted, old, _team = number, _team, Team()
    old.dismiss()


def share(
    work: Callable[[Iterator[T]], None], pieces: Iterable[T], *, most: int | None = None
) -> None:
    """Call ``work(some of the pieces)`` in a few threads at once, and wait for all of them.

    The calling thread works too, and is waited for by no one: where all helpers are busy (a call
    within a call, or many callers) it does everything itself, so there is no way to lock up.

    Parameters
    ----------
    work : function of an iterator
        What it takes from the iterator is its own to do. May be called in other threads, under
        the caller's `numpy.errstate`; an error there is raised here.
    pieces : iterable
    most : int, optional
        Use no more threads than this, for the sake of memory.
    """
    heap = deque(pieces)
    wanted = min(len(heap), len(heap) if most is None else most) - 1
    size = get_threads() - 1 if wanted > 0 else 0
    helpers = _team.idle(min(wanted, size), size) if size > 0 else []
    if not helpers:
        work(iter(heap))
        return
    jobs = [Job(lambda: work(_rest(heap))) for _ in helpers]
    try:
        with apart(helper.native_id for helper in helpers):
            for helper, job in zip(helpers, jobs, strict=True):
                helper.ask(job)
            work(_rest(heap))
    finally:
        heap.clear()  # after an error, the helpers stop at their next piece
        errors = [job.end() for job in jobs]  # waits
    for error in errors:
        if error is not None:
            raise error


def _rest(heap: deque[T]) -> Iterator[T]:
    """Take pieces until there are none; several threads may do so from one heap."""
    while heap:
        try:
            piece = heap.popleft()
        except IndexError:  # another thread was quicker
            return
        yield piece


def _processors() -> int:
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _after_fork() -> None:
    """Start anew: a forked child has none of its parent's threads, and perhaps a locked lock."""
    global _lock, _team
    _lock, _team = threading.Lock(), Team()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
