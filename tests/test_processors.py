"""Helpers are spread over the processors; the caller's own threads are left alone."""

import os
import threading

import pytest

from minicnn.ops import blas, helpers, processors, set_threads, threads

linux = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two processors, and a system that says who may use them",
)


@pytest.mark.parametrize(
    ("number", "every", "parts"),
    [
        (2, {0, 1}, [[0], [1]]),
        (2, {3, 5, 7, 9}, [[3, 5], [7, 9]]),
        (3, range(8), [[0, 1], [2, 3, 4], [5, 6, 7]]),
        (3, {4, 6}, [[4, 6], [4, 6], [4, 6]]),
        (2, {}, []),
    ],
)
def test_each_has_its_part_if_there_are_enough(number, every, parts, monkeypatch):
    told = {}
    monkeypatch.setattr(os, "sched_setaffinity", told.__setitem__, raising=False)
    processors.spread(range(100, 100 + number), number, set(every))
    assert told == {100 + k: part for k, part in enumerate(parts)}


def seen_by_two():
    """Return where two who share work may run, and the caller meanwhile."""
    meet, seen, caller = threading.Barrier(2), [], threading.get_native_id()

    def work(pieces):
        for _ in pieces:
            meet.wait(30)
            seen.append(os.sched_getaffinity(0))
            assert os.sched_getaffinity(caller) == before

    before = os.sched_getaffinity(0)
    set_threads(2)
    try:
        threads.share(work, range(2))
    finally:
        set_threads(None)
    assert os.sched_getaffinity(0) == before
    return seen


@linux
def test_two_run_on_different_processors_and_the_caller_is_left_alone():
    if not blas.one_thread.is_known:
        pytest.skip("no BLAS that we can hold")
    one, two = seen_by_two()
    assert one.isdisjoint(two)


@linux
def test_a_helper_that_was_not_started_is_not_taken_for_the_caller():
    before, team = os.sched_getaffinity(0), helpers.Team()
    team._all.append(helpers.Helper(team))  # as Ctrl-C can leave it; 0 would mean this thread
    team.idle(1, 2, frozenset(before))
    assert os.sched_getaffinity(0) == before
    team.dismiss()


@linux
def test_where_blas_may_start_threads_of_its_own_nobody_is_told_where_to_run(monkeypatch):
    monkeypatch.setattr(blas, "one_thread", blas.OneThread(list))
    assert seen_by_two() == [os.sched_getaffinity(0)] * 2


@linux
def test_the_callers_own_choice_is_followed():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert all(seen == {min(before)} for seen in seen_by_two())
    finally:
        os.sched_setaffinity(0, before)


@linux
def test_a_refusal_harms_nobody(monkeypatch):
    def refuse(*args):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    assert seen_by_two() == [os.sched_getaffinity(0)] * 2


def test_another_system_does_without(monkeypatch):
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert processors.allowed() == frozenset()
    processors.spread([1, 2], 2, processors.allowed())
