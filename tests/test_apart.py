"""A caller and its helpers stand on processors of their own, and nobody stays held."""

import os
import threading

import pytest

from minicnn.ops import apart as module
from minicnn.ops import set_threads, threads
from minicnn.ops.apart import apart

linux = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two processors, and a system that says who may use them",
)


@pytest.fixture
def helper():
    """Yield a thread that waits, as the system knows it."""
    end = threading.Event()
    thread = threading.Thread(target=end.wait, daemon=True)
    thread.start()
    yield thread.native_id
    end.set()
    thread.join()


@linux
def test_the_caller_stays_and_helpers_go_elsewhere(helper):
    before = os.sched_getaffinity(0)
    with apart([helper]):
        (here,) = os.sched_getaffinity(0)
        assert os.sched_getaffinity(helper) == before - {here}
    assert os.sched_getaffinity(0) == before


@linux
def test_the_caller_is_let_go_after_an_error(helper):
    before = os.sched_getaffinity(0)
    with pytest.raises(ZeroDivisionError), apart([helper]):
        raise ZeroDivisionError
    assert os.sched_getaffinity(0) == before
    with apart([helper]):  # and the next one is held again
        assert len(os.sched_getaffinity(0)) == 1


@linux
def test_while_one_is_held_nobody_else_is(helper):
    before, begin, seen = os.sched_getaffinity(0), threading.Event(), []

    def other():
        begin.wait(30)
        with apart([helper]):
            seen.append(os.sched_getaffinity(0))

    thread = threading.Thread(target=other)
    thread.start()  # not from within: a thread is born with its maker's processors
    with apart([]):
        begin.set()
        thread.join(30)
    assert seen == [before]
    assert os.sched_getaffinity(helper) == before


@linux
def test_a_helper_that_is_gone_harms_nobody():
    gone = threading.Thread(target=int)
    gone.start()
    gone.join()
    before = os.sched_getaffinity(0)
    with apart([gone.native_id]):
        assert len(os.sched_getaffinity(0)) == 1
    assert os.sched_getaffinity(0) == before


@linux
def test_on_one_processor_nothing_is_done(helper):
    before, theirs = os.sched_getaffinity(0), os.sched_getaffinity(helper)
    one = {min(before)}
    os.sched_setaffinity(0, one)
    try:
        with apart([helper]):
            assert os.sched_getaffinity(helper) == theirs
        assert os.sched_getaffinity(0) == one
    finally:
        os.sched_setaffinity(0, before)


def refuse(*args):
    raise PermissionError


@pytest.mark.parametrize("name", ["sched_setaffinity", "sched_getaffinity"])
@linux
def test_without_the_right_to_it_nothing_is_done(name, helper, monkeypatch):
    before = os.sched_getaffinity(0)
    with monkeypatch.context() as patch:
        patch.setattr(os, name, refuse)
        with apart([helper]):
            pass
    assert os.sched_getaffinity(0) == before


def test_another_system_does_without(monkeypatch):
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert module._find_getcpu() is None
    monkeypatch.setattr(module, "_getcpu", None)
    with apart([1]):
        pass


@linux
def test_shared_work_runs_on_two_processors_at_once():
    set_threads(2)
    before, meet, seen = os.sched_getaffinity(0), threading.Barrier(2), []

    def work(pieces):
        for _ in pieces:
            meet.wait(30)
            seen.append(os.sched_getaffinity(0))

    try:
        threads.share(work, range(2))
        assert seen[0].isdisjoint(seen[1])
        with pytest.raises(ZeroDivisionError):
            threads.share(lambda pieces: 1 / 0, range(2))
    finally:
        set_threads(None)
    assert os.sched_getaffinity(0) == before
