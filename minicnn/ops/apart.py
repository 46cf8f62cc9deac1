"""Keep the threads of one piece of work on processors of their own.

A system should do so by itself, and in a virtual machine it does not. Linux wakes a sleeping thread
on an idle processor, but takes one that the machine below has put to sleep for busy: then a helper
lands where the thread that woke it is running, and waits there for the end of its time slice, 3 ms,
while another processor has nothing to do (seen with Linux 6.18 on KVM; a call of 4 ms on two
processors took 4 ms on both). So, for the length of a call, the caller stays where it is and its
helpers are told to go elsewhere.

Where that cannot be said (not Linux, no rights, one processor), nothing is done: a matter of speed
alone.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress


def _find_getcpu() -> Callable[[], int] | None:
    """Return the C library's question for the processor that a thread runs on, if it has it."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    try:
        found: Callable[[], int] = ctypes.CDLL(None).sched_getcpu
    except (AttributeError, OSError, TypeError):
        return None
    return found


_getcpu = _find_getcpu()
_alone = threading.Lock()


@contextmanager
def apart(helpers: Iterable[int]) -> Iterator[None]:
    """Hold this thread on its processor, and keep `helpers` off it; then let this one go.

    Where several threads call at once each has work for a processor anyway: only the first one
    is held, and only its helpers are moved.

    Parameters
    ----------
    helpers : thread identifiers, as the system knows them (`threading.Thread.native_id`)
        They stay where they were told to go, until told otherwise.
    """
    if _getcpu is None or not _alone.acquire(blocking=False):
        yield
        return
    allowed: set[int] = set()
    try:
        with suppress(OSError):
            allowed = _part(_getcpu(), helpers)
        yield
    finally:
        if allowed:
            os.sched_setaffinity(0, allowed)
        _alone.release()


def _part(here: int, helpers: Iterable[int]) -> set[int]:
    """Send the helpers away from `here`; return what this thread was allowed before."""
    allowed = os.sched_getaffinity(0)
    others = allowed - {here}
    if not others or len(others) == len(allowed):
        return set()
    os.sched_setaffinity(0, {here})
    with suppress(OSError):
        for helper in helpers:
            os.sched_setaffinity(helper, others)
    return allowed


def _after_fork() -> None:
    global _alone
    _alone = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
