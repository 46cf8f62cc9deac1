"""Threads that wait for something to do.

Not `concurrent.futures`: a helper is asked only if it is idle, so nobody waits for one that is
busy; each is known, so that it can be told where to run; and none is lost to Ctrl-C.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import SimpleQueue

from minicnn.ops.processors import spread


class Job:
    """Something to do, once, in another thread."""

    def __init__(self, work: Callable[[], None]) -> None:
        """Keep `work`, to be done under the caller's `numpy.errstate` (a context variable)."""
        run = copy_context().run
        self._do: Callable[[], None] | None = lambda: run(work)
        self._ended = threading.Lock()
        self._ended.acquire()
        self._error: BaseException | None = None

    def do(self) -> None:
        """Do it, keep the error if there is one, and forget what it was."""
        try:
            if self._do is not None:
                self._do()
        except BaseException as error:  # the caller raises it
            self._error = error
        self._do = None

    def let_caller_go_on(self) -> None:
        """End the caller's waiting."""
        self._ended.release()

    def end(self) -> BaseException | None:
        """Wait for its end; return its error, if any, once: an error knows the job that had it."""
        with self._ended:
            error, self._error = self._error, None
        return error


class Helper:
    """A thread that does one job after the other."""

    def __init__(self, team: Team) -> None:
        """Make it, not yet at work. It comes back to the team after each job."""
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock, self._is_leaving = threading.RLock(), False
        self._team = team
        self._thread = threading.Thread(target=self._run, name="minicnn", daemon=True)

    def start(self) -> None:
        """Start its thread."""
        self._thread.start()

    @property
    def native_id(self) -> int | None:
        """Its thread, as the system knows it; none if it was not started."""
        return self._thread.native_id

    def takes(self, job: Job) -> bool:
        """Hand over a job, which will be done; or say no, if the helper is going home."""
        with self._lock:
            if not self._is_leaving:
                self._jobs.put(job)
            return not self._is_leaving

    def go_home(self) -> None:
        """End, when all jobs that were handed over are done."""
        with self._lock:
            self._is_leaving = True
            self._jobs.put(None)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.do()
            self._team.back(self)  # before anybody hears of the end
            job.let_caller_go_on()
            del job  # and what it holds


class Team:
    """Helpers, started when they are needed first."""

    def __init__(self) -> None:
        """Start nobody yet."""
        self._all: list[Helper] = []
        self._idle: list[Helper] = []
        self._placed: object = None
        self._is_dismissed = False
        self._lock = threading.RLock()  # a signal's handler may call while its thread is in here

    def idle(self, number: int, size: int, processors: frozenset[int]) -> list[Helper]:
        """Return up to `number` helpers who have nothing to do; they are the caller's now.

        Parameters
        ----------
        number, size : int
            The team grows for it up to `size`.
        processors : set of int
            Where they are to run; see `processors.spread`.
        """
        with self._lock:
            while len(self._idle) < number and len(self._all) < size and self._grow():
                pass
            if self._placed != (size, processors, len(self._all)):
                self._placed = size, processors, len(self._all)
                known = [helper.native_id for helper in self._all]
                spread([i for i in known if i is not None], size, processors)
            found: list[Helper] = []
            with suppress(IndexError):  # there are no more
                while len(found) < number:
                    found.append(self._idle.pop())
            return found

    def back(self, helper: Helper) -> None:
        """Take back a helper who has done a job; without the lock, whose owner may wait for it."""
        self._idle.append(helper)

    def dismiss(self) -> None:
        """Send all home, whoever they were lent to."""
        with self._lock:
            self._is_dismissed = True
            for helper in self._all:
                helper.go_home()

    def _grow(self) -> bool:
        if self._is_dismissed:
            return False
        helper = Helper(self)
        self._all.append(helper)  # first, so that it is sent home even after Ctrl-C in here
        try:
            helper.start()
        except RuntimeError:  # no new threads while the interpreter closes down
            self._all.remove(helper)
            helper.go_home()  # Ctrl-C in `start` can be a RuntimeError, too, of a thread that runs
            return False
        self._idle.append(helper)
        return True
