"""Threads that wait for something to do.

As `concurrent.futures`, but a helper is asked for only if it is idle, which takes a third of the
time: a call of a millisecond feels the difference.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue


class Job:
    """Something to do, once: by a helper, unless the caller takes it back before that."""

    def __init__(self, work: Callable[[], None]) -> None:
        """Keep `work`, to be done under the caller's `numpy.errstate` (a context variable)."""
        self._work, self._context = work, copy_context()
        self._begun, self._ended = threading.Lock(), threading.Lock()
        self._ended.acquire()
        self._error: BaseException | None = None

    def do(self, afterwards: Callable[[], None]) -> None:
        """Do it, and then `afterwards`, before anybody hears of its end."""
        mine = self._begun.acquire(blocking=False)
        try:
            if mine:
                self._context.run(self._work)
        except BaseException as error:  # the caller raises it
            self._error = error
        finally:
            afterwards()
            if mine:
                self._ended.release()

    def end(self) -> BaseException | None:
        """Take it back if nobody began it; else wait for its end and return its error, if any."""
        if not self._begun.acquire(blocking=False):
            self._ended.acquire()
        return self._error


class Helper:
    """A thread that does one job after the other."""

    def __init__(self, idle: deque[Helper]) -> None:
        """Start it. It comes back to `idle` after each job."""
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._idle = idle
        thread = threading.Thread(target=self._run, name="minicnn", daemon=True)
        thread.start()
        self.native_id = thread.native_id or 0

    def ask(self, job: Job | None) -> None:
        """Hand over a job; None sends the helper home."""
        self._jobs.put(job)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.do(lambda: self._idle.append(self))
            del job  # and what it holds


class Team:
    """Helpers, started when they are needed first."""

    def __init__(self) -> None:
        """Start nobody yet."""
        self._all: list[Helper] = []
        self._idle: deque[Helper] = deque()
        self._lock, self._dismissed = threading.Lock(), False

    def idle(self, number: int, size: int) -> list[Helper]:
        """Return up to `number` helpers who have nothing to do; they are the caller's now.

        The team grows for it up to `size`.
        """
        found: list[Helper] = []
        while len(found) < number:
            try:
                found.append(self._idle.pop())
            except IndexError:
                if not self._grow(size):
                    break
        return found

    def dismiss(self) -> None:
        """Send all home, when they have done what they began."""
        with self._lock:
            self._dismissed = True
            for helper in self._all:
                helper.ask(None)

    def _grow(self, size: int) -> bool:
        with self._lock:
            if self._dismissed or len(self._all) >= size:
                return False
            with suppress(RuntimeError):  # no new threads while the interpreter closes down
                self._all.append(Helper(self._idle))
                self._idle.append(self._all[-1])
                return True
            return False
