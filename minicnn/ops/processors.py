"""Give each helper thread processors of its own.

A system should do so by itself, and in a virtual machine it does not. Linux wakes a sleeping thread
on an idle processor, but takes one that the machine below has put to sleep for busy: then a helper
lands where the thread that woke it is running, and waits there for the end of its time slice, 3 ms,
while another processor has nothing to do (seen with Linux 6.18 on KVM; a call of 4 ms in two
threads took 4 ms). So each helper is told where to run. The caller's own threads are left alone.

Where that cannot be said (not Linux, no rights), nothing is done: a matter of speed alone.
"""

from __future__ import annotations

import os
from collections.abc import Sequence, Set
from contextlib import suppress


def allowed() -> frozenset[int]:
    """Return the processors that this thread may use; none if the system does not say."""
    if not hasattr(os, "sched_setaffinity"):
        return frozenset()
    return frozenset(os.sched_getaffinity(0))


def spread(helpers: Sequence[int], number: int, processors: Set[int]) -> None:
    """Tell helpers where to run: each on its part of the processors, if there are enough.

    Parameters
    ----------
    helpers : thread identifiers, as the system knows them (`threading.Thread.native_id`)
    number : int
        How many there may be, in the end.
    processors : set of int
        Nothing is done where there are none.
    """
    every = sorted(processors)
    for k, helper in enumerate(helpers):
        first, stop = (len(every) * i // number for i in (k, k + 1))
        part = every[first:stop] if k < number <= len(every) else every
        if part:
            with suppress(OSError):  # a system may refuse; a helper may be gone
                os.sched_setaffinity(helper, part)
