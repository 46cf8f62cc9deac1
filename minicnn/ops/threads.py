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
from minicnn.ops import blas, processors
from minicnn.ops.helpers import Job, Team
from minicnn.shapes import integer

T = TypeVar("T")

WORKSPACE = 16 << 20
"""What the buffers of all threads of one operation may take together, in bytes."""

_lock = threading.RLock()  # a signal's handler may call while its thread is in here
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
    global _wanted
    number = None if number is None else integer("threads", number, least=1)
    with _lock:
        _wanted = number
    _renew_team()


def share(
    work: Callable[[Iterator[T]], None], pieces: Iterable[T], *, most: int | None = None
) -> None:
    """Call ``work(some of the pieces)`` in a few threads at once, and wait for all of them.

    Where too few helpers are idle (a call within a call, or many callers) the calling thread works,
    too, and does everything itself if it must: so there is no way to lock up.

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
    number = len(heap) if most is None else min(len(heap), most)
    size = get_threads() if number > 1 else 1
    if size == 1:
        work(iter(heap))
        return
    try:
        _work_together(work, heap, min(number, size), size)
    except BaseException:  # Ctrl-C at any moment may have lost a helper
        _renew_team()
        raise


def _work_together(
    work: Callable[[Iterator[T]], None], heap: deque[T], number: int, size: int
) -> None:
    """Do what `share` promises, in `number` threads."""
    where = processors.allowed() if blas.one_thread.is_known else frozenset()
    helpers, jobs = _team.idle(number, size, where), []
    try:
        for helper in helpers:
            job = Job(lambda: work(_rest(heap)))
            if helper.takes(job):
                jobs.append(job)
        if len(jobs) < number:
            work(_rest(heap))
        errors = [job.end() for job in jobs]  # waits
    finally:
        heap.clear()  # after an error, all stop at their next piece
        for job in jobs:
            job.end()
    error = next((one for one in errors if one is not None), None)
    try:
        if error is not None:
            raise error
    finally:
        del error, errors  # an error knows this frame: a circle, which would keep the arrays


def _renew_team() -> None:
    """Begin with new helpers; the old ones go home when they have done what they began."""
    global _team
    with _lock:
        old, _team = _team, Team()
    old.dismiss()


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
    _lock, _team = threading.RLock(), Team()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
