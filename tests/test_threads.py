"""Threads and BLAS: the same bits for any number of them, no lock-ups, everything put back."""

import gc
import os
import signal
import subprocess
import sys
import threading
import weakref
from functools import partial

import numpy as np
import pytest
from laws import same_bits

from minicnn.errors import ConfigError, UnsupportedError
from minicnn.ops import (
    ALGORITHMS,
    bands,
    blas,
    conv2d,
    conv2d_backward,
    conv_im2col,
    get_threads,
    helpers,
    set_threads,
    threads,
)

FAST = [name for name in ALGORITHMS if name != "naive"]

# name: x, weight, geometry; large enough for several bands, and for BLAS to use several threads
LAYERS = {
    "bank": ((1, 1, 300, 333), (8, 1, 3, 3), {"padding": 1}),
    "stem": ((2, 3, 97, 131), (64, 3, 7, 7), {"stride": 2, "padding": 3}),
    "deep": ((1, 64, 60, 61), (48, 64, 3, 3), {"padding": 1}),
    "narrow": ((2, 128, 27, 29), (96, 128, 3, 3), {"stride": (1, 2), "padding": 1}),
    "dilated": ((1, 16, 70, 75), (24, 16, 3, 3), {"dilation": (5, 2)}),
    "one": ((3, 64, 40, 41), (80, 64, 1, 1), {}),
    "depthwise": ((1, 24, 90, 93), (24, 1, 3, 3), {"padding": 1, "groups": 24}),
    "grouped": ((1, 32, 64, 66), (64, 8, 3, 3), {"stride": 2, "groups": 4}),
    "flat": ((1, 3, 12, 902), (1, 3, 3, 3), {}),
    "batch": ((40, 1, 28, 28), (6, 1, 5, 5), {"padding": 2}),
}


@pytest.fixture(autouse=True)
def default_threads(monkeypatch):
    """Small work is shared, too: that it is not worth it does not matter here."""
    for module in (bands, conv_im2col):
        monkeypatch.setattr(module, "SPLIT", 1000)
    yield
    set_threads(None)


def limits(number):
    return pytest.importorskip("threadpoolctl").threadpool_limits(number, "blas")


def blas_threads():
    """Return the limit of NumPy's BLAS; SciPy, say, may have brought another since."""
    info = pytest.importorskip("threadpoolctl").threadpool_info()
    found = [one for one in info if one["user_api"] == "blas"]
    numpys = [one for one in found if "numpy" in one["filepath"]]
    return [one["num_threads"] for one in numpys or found]


def convolve(layer, algorithm, dtype=np.float32):
    """Return the layer's output, or None where the algorithm cannot do it."""
    x_shape, weight_shape, geometry = LAYERS[layer]
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal(x_shape).astype(dtype), rng.standard_normal(weight_shape)
    bias = rng.standard_normal(len(weight))
    try:
        return conv2d(x, weight, bias, **geometry, algorithm=algorithm)
    except UnsupportedError:
        return None


def in_a_process(code, **environment):
    """Run some lines of Python; fail if they do not end."""
    script = "import numpy as np\nfrom minicnn.ops import blas, conv2d, set_threads, threads\n"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script + code],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment or None,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the same bits -------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gradients_are_the_same_bits_for_any_number_of_blas_threads(dtype):
    rng = np.random.default_rng(0)
    x, weight = (
        rng.standard_normal((2, 24, 57, 61)).astype(dtype),
        rng.standard_normal((40, 24, 3, 3)),
    )
    dy = rng.standard_normal((2, 40, 55, 59)).astype(dtype)
    with limits(1):
        expected = conv2d_backward(dy, x, weight)
    for number in (2, 4, 8):
        with limits(number):
            for got, one in zip(conv2d_backward(dy, x, weight), expected, strict=True):
                same_bits(got, one)


@pytest.mark.parametrize("algorithm", FAST)
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_number_of_threads_gives_the_same_bits(layer, algorithm, dtype):
    set_threads(1)
    expected = convolve(layer, algorithm, dtype)
    for number in (2, 4, 8):
        set_threads(number)
        got = convolve(layer, algorithm, dtype)
        assert (got is None) == (expected is None)
        if got is not None:
            same_bits(got, expected)


@pytest.mark.parametrize("find", [blas.numpys_openblas, blas.threadpoolctls])
@pytest.mark.parametrize("algorithm", FAST)
@pytest.mark.parametrize("layer", LAYERS)
def test_any_number_of_blas_threads_gives_the_same_bits(layer, algorithm, find, monkeypatch):
    if not find():
        pytest.skip("no BLAS that we can hold")
    monkeypatch.setattr(blas, "one_thread", blas.OneThread(find))
    with limits(1):
        expected = convolve(layer, algorithm)
    for number in (2, 4, 8):
        with limits(number):
            got = convolve(layer, algorithm)
        if got is not None:
            same_bits(got, expected)


@pytest.mark.parametrize("find", [blas.numpys_openblas, blas.threadpoolctls])
@pytest.mark.parametrize("algorithm", FAST)
def test_any_thread_may_call(algorithm, find, monkeypatch):
    """`limits` makes the main thread the one that threadpoolctl listens to."""
    monkeypatch.setattr(blas, "one_thread", blas.OneThread(find))
    with limits(1):
        expected = convolve("deep", algorithm)
    with limits(2):
        results = []
        run_at_once(lambda: results.append(convolve("deep", algorithm)), 1)
        run_at_once(lambda: results.append(convolve("deep", algorithm)), 16)
        assert set(blas_threads()) == {2}
    assert len(results) == 17
    for result in results:
        same_bits(result, expected)


@pytest.mark.parametrize("find", [blas.numpys_openblas, blas.threadpoolctls])
def test_one_thread_begins_the_hold_and_another_ends_it(find):
    hold = blas.OneThread(find)
    if not find():
        pytest.skip("no BLAS that we can hold")
    with limits(2):
        hold.__enter__()
        run_at_once(hold.__enter__, 1)
        assert set(blas_threads()) == {1}
        hold.__exit__()
        assert set(blas_threads()) == {1}
        run_at_once(hold.__exit__, 1)
        assert set(blas_threads()) == {2}
        run_at_once(hold.__enter__, 1)
        assert set(blas_threads()) == {1}
        hold.__exit__()
        assert set(blas_threads()) == {2}


@pytest.mark.parametrize("algorithm", FAST)
@pytest.mark.parametrize("layer", ["bank", "depthwise", "batch"])
def test_without_any_hold_threads_still_give_the_same_bits(layer, algorithm, monkeypatch):
    monkeypatch.setattr(blas, "one_thread", blas.OneThread(list))
    set_threads(1)
    expected = convolve(layer, algorithm)
    set_threads(4)
    if expected is not None:
        same_bits(convolve(layer, algorithm), expected)


DIGEST = """
import hashlib, sys
{without}
from minicnn.errors import UnsupportedError
rng, digest = np.random.default_rng(0), hashlib.sha256()
for x, weight, geometry in {layers}:
    x, weight = (rng.standard_normal(shape, np.float32) for shape in (x, weight))
    for algorithm in {algorithms}:
        try:
            digest.update(conv2d(x, weight, **geometry, algorithm=algorithm).tobytes())
        except UnsupportedError:
            pass
assert bool(sys.modules.get("threadpoolctl")) == {expected}  # as asked for
print(digest.hexdigest())
"""


def test_processes_agree_with_and_without_threadpoolctl_on_any_number_of_threads():
    pytest.importorskip("threadpoolctl")
    if not blas.numpys_openblas():
        pytest.skip("without threadpoolctl there is no BLAS that we can hold")
    digests = {}
    for without in ("blas.numpys_openblas = list", "sys.modules['threadpoolctl'] = None"):
        words = {"layers": list(LAYERS.values()), "algorithms": FAST}
        code = DIGEST.format(without=without, expected="list" in without, **words)
        for number in (1, 2, 4, 8):
            counts = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MINICNN_THREADS"), str(number))
            digests[without, number] = in_a_process(code, **{**os.environ, **counts})
    assert len(set(digests.values())) == 1, digests


def test_without_threadpoolctl_numpys_own_blas_is_held(monkeypatch):
    pytest.importorskip("threadpoolctl")
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    found = blas.find_libraries()
    assert len(found) == len(blas.numpys_openblas())
    if not found:
        pytest.skip("NumPy is not linked with an OpenBLAS")
    before = found[0].get()
    with blas.OneThread(lambda: found):
        assert found[0].get() == 1
    assert found[0].get() == before


def test_a_blas_that_is_not_openblas_is_left_alone(monkeypatch):
    monkeypatch.setattr(blas.ctypes, "CDLL", lambda path: object())
    assert blas.numpys_openblas() == []


# --- the hold on BLAS ----------------------------------------------------------------------


class FakeBlas:
    def __init__(self, number):
        self.number, self.log = number, []

    def set(self, number):
        self.number = number
        self.log.append(number)

    def library(self):
        return blas.Library(lambda: self.number, self.set)


def test_the_first_holds_and_the_last_puts_back():
    one, two = FakeBlas(4), FakeBlas(3)
    hold = blas.OneThread(lambda: [one.library(), two.library()])

    def fail():
        with hold:
            assert (one.number, two.number) == (1, 1)
            raise ZeroDivisionError

    with hold:
        with hold, pytest.raises(ZeroDivisionError):
            fail()
        assert (one.number, two.number) == (1, 1)
    assert (one.log, two.log) == ([1, 4], [1, 3])


def test_what_changed_in_between_is_seen_at_the_next_hold():
    fake = FakeBlas(4)
    hold = blas.OneThread(lambda: [fake.library()])
    with hold:
        pass
    fake.number = 2
    with hold:
        assert fake.number == 1
    assert fake.number == 2


def test_one_thread_is_left_as_it_is():
    fake = FakeBlas(1)
    with blas.OneThread(lambda: [fake.library()]):
        pass
    assert fake.log == []


def test_many_at_once_hold_until_the_last_one_leaves():
    fake = FakeBlas(4)
    hold, seen = blas.OneThread(lambda: [fake.library()]), []

    def work():
        for _ in range(200):
            with hold:
                seen.append(fake.number)

    run_at_once(work, 8)
    assert set(seen) == {1}
    assert fake.number == 4


def test_a_fork_lets_go():
    fake = FakeBlas(4)
    hold = blas.OneThread(lambda: [fake.library()])
    hold.__enter__()
    hold.forget_users()
    assert fake.number == 4
    with hold:
        assert fake.number == 1
    assert fake.number == 4


@pytest.mark.parametrize("algorithm", FAST)
def test_the_limit_is_put_back_whatever_happens(algorithm, monkeypatch):
    with limits(2):
        before = blas_threads()
        convolve("deep", algorithm)
        assert blas_threads() == before
        seen = []

        def fail(*args, **kwargs):
            seen.extend(blas_threads())
            raise MemoryError

        monkeypatch.setattr(np, "matmul", fail)
        monkeypatch.setattr(np.fft, "rfft2", fail)
        with pytest.raises(MemoryError):
            convolve("deep", algorithm)
        assert set(seen) == {1}
        assert blas_threads() == before


# --- sharing -------------------------------------------------------------------------------


def run_at_once(work, number):
    """Run `work` in threads; fail if they do not end."""
    running = [threading.Thread(target=work, daemon=True) for _ in range(number)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
        assert not thread.is_alive(), "locked up"


@pytest.mark.parametrize("number", [1, 2, 8])
def test_each_piece_is_done_once(number):
    set_threads(number)
    done = []
    threads.share(done.extend, range(1000))
    assert sorted(done) == list(range(1000))


def test_helpers_do_help_and_no_more_than_asked_for():
    set_threads(8)
    for most, expected in ((3, 3), (1, 1), (0, 1)):
        meet, who = threading.Barrier(expected), set()

        def work(pieces, meet=meet, who=who):
            for _ in pieces:
                who.add(threading.get_ident())
                meet.wait(30)

        threads.share(work, range(6), most=most)
        assert len(who) == expected


def lend(number):
    """Take helpers away: as if other callers had them."""
    return threads._team.idle(number, get_threads(), frozenset())


@pytest.mark.parametrize("in_helper", [False, True])
def test_an_error_in_any_thread_is_raised_here(in_helper):
    set_threads(2)
    caller, meet, done = threading.get_ident(), threading.Barrier(2), []
    assert len(lend(1)) == 1  # so the caller works, too

    def work(pieces):
        next(pieces)
        meet.wait(30)
        if (threading.get_ident() != caller) == in_helper:
            raise ZeroDivisionError
        done.extend(pieces)

    with pytest.raises(ZeroDivisionError):
        threads.share(work, range(10))
    threads.share(done.extend, range(3))  # and all is well afterwards
    assert len(lend(2)) == 2  # there are new helpers


def test_helpers_work_under_the_callers_errstate():
    set_threads(2)
    meet, seen = threading.Barrier(2), []

    def work(pieces):
        for _ in pieces:
            meet.wait(30)
            seen.append(np.geterr()["divide"])

    with np.errstate(divide="raise"):
        threads.share(work, range(2))
    assert seen == ["raise", "raise"]


def test_while_helpers_are_busy_the_caller_works():
    set_threads(3)
    caller = threading.get_ident()
    assert len(lend(3)) == 3
    who = set()
    threads.share(lambda pieces: who.update(threading.get_ident() for _ in pieces), range(9))
    assert who == {caller}


def test_a_team_grows_to_its_size_and_helpers_come_back_after_an_error():
    team, nowhere = helpers.Team(), frozenset()
    first = team.idle(2, 3, nowhere)
    assert len(first) == 2
    assert len(team.idle(5, 3, nowhere)) == 1
    assert team.idle(1, 3, nowhere) == []
    job = helpers.Job(lambda: 1 / 0)
    assert first[0].takes(job)
    assert isinstance(job.end(), ZeroDivisionError)  # it is back before anybody hears of it
    assert team.idle(1, 3, nowhere) == first[:1]
    done = helpers.Job(lambda: None)
    assert first[1].takes(done)
    team.dismiss()
    assert done.end() is None  # what was handed over is done
    assert not any(helper.takes(helpers.Job(int)) for helper in first)
    for helper in first:
        helper._thread.join(30)
        assert not helper._thread.is_alive()
    assert len(team.idle(9, 9, nowhere)) <= 1  # it grows no more


def test_nothing_is_kept_of_what_was_done():
    set_threads(2)
    x = np.ones(5)
    alive = weakref.ref(x)

    def work(pieces, x=x):
        for _ in pieces:
            x.sum()
            if x.size > 5:
                raise ZeroDivisionError

    gc.disable()  # no help with circles
    try:
        threads.share(work, range(9))
        x = np.ones(6)
        fails = weakref.ref(x)
        with pytest.raises(ZeroDivisionError):
            threads.share(partial(work, x=x), range(9))
        del work, x
        assert alive() is None
        assert fails() is None
    finally:
        gc.enable()


INTERRUPTED = """
import os, signal, threading, time
set_threads(2)
x, w = np.ones((1, 8, 200, 200), np.float32), np.ones((16, 8, 3, 3), np.float32)
expected, stop, count = conv2d(x, w), time.monotonic() + 1.5, 0
signal.signal(signal.SIGALRM, signal.default_int_handler)
rng = np.random.default_rng(0)
while time.monotonic() < stop:
    try:
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-4, 4e-3), 0.5)  # one may be lost
        while True:
            conv2d(x, w)
    except KeyboardInterrupt:
        count += 1
signal.setitimer(signal.ITIMER_REAL, 0)
assert count > 20
assert (conv2d(x, w) == expected).all()
meet = threading.Barrier(2)
threads.share(lambda pieces: [meet.wait(30) for _ in pieces], range(2))  # there are two of us
running = lambda: sum(thread.is_alive() for thread in threading.enumerate())
gone = time.monotonic() + 30
while running() > 3 and time.monotonic() < gone:
    time.sleep(0.01)
assert running() <= 3, threading.enumerate()
"""

REENTRANT = """
import signal, time
set_threads(2)
x, w = np.ones((1, 8, 200, 200), np.float32), np.ones((16, 8, 3, 3), np.float32)
expected, calls = conv2d(x, w), []
signal.signal(signal.SIGALRM, lambda *_: calls.append((conv2d(x, w) == expected).all()))
rng, stop = np.random.default_rng(0), time.monotonic() + 1.5
while time.monotonic() < stop:
    signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-4, 4e-3))
    assert (conv2d(x, w) == expected).all()
signal.setitimer(signal.ITIMER_REAL, 0)
assert len(calls) > 20
assert all(calls)
"""

has_timer = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")


@has_timer
def test_ctrl_c_at_any_moment_loses_no_helper():
    in_a_process(INTERRUPTED)


@has_timer
def test_a_signals_handler_may_call_too():
    in_a_process(REENTRANT)


def test_calls_within_calls_and_many_callers_do_not_lock_up():
    set_threads(3)
    done = []

    def outer(pieces):
        for _ in pieces:
            threads.share(inner, range(5))

    def inner(pieces):
        for _ in pieces:
            threads.share(done.extend, range(4))

    run_at_once(lambda: threads.share(outer, range(6)), 8)
    assert len(done) == 8 * 6 * 5 * 4


def test_the_number_may_change_while_others_work():
    expected = convolve("bank", "im2col")

    def work():
        for number in (1, 3, 2, 5):
            set_threads(number)
            same_bits(convolve("bank", "im2col"), expected)

    run_at_once(work, 8)


def test_a_forked_child_computes_on():
    in_a_process("""
import os, sys
if not hasattr(os, "fork"):
    sys.exit(0)
set_threads(2)
x, w = np.ones((1, 8, 200, 200), np.float32), np.ones((16, 8, 3, 3), np.float32)
expected = conv2d(x, w)
blas.one_thread.__enter__()      # as if another thread were at work
threads._lock.acquire()
child = os.fork()
if child == 0:
    os._exit(0 if (conv2d(x, w) == expected).all() and blas.one_thread._users == 0 else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""")


def test_threads_keep_no_process_alive_and_its_last_words_compute_too():
    out = in_a_process("""
import atexit
set_threads(4)
x, w = np.ones((1, 8, 200, 200), np.float32), np.ones((16, 8, 3, 3), np.float32)
conv2d(x, w)
atexit.register(lambda: print(conv2d(x, w)[0, 0, 0, 0]))
""")
    assert out.strip() == "72.0"


# --- how many ------------------------------------------------------------------------------


def test_the_number_is_the_callers_then_the_environments_then_the_machines(monkeypatch):
    monkeypatch.setenv("MINICNN_THREADS", " 3 ")
    assert get_threads() == 3
    set_threads(5)
    assert get_threads() == 5
    set_threads(None)
    monkeypatch.setenv("MINICNN_THREADS", "")
    assert get_threads() >= 1


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_wrong_environment_is_said(value, monkeypatch):
    monkeypatch.setenv("MINICNN_THREADS", value)
    with pytest.raises(ConfigError, match="MINICNN_THREADS must be an integer of at least 1"):
        get_threads()


@pytest.mark.parametrize("value", [0, -1, 1.0, True, "2"])
def test_a_wrong_number_is_refused(value):
    with pytest.raises(ConfigError, match="threads must be an integer of at least 1"):
        set_threads(value)
