"""Race several ways to do the same job: each in a process of its own, the processes taking turns.

In one process the threads of one library spin while another one works, and every figure is wrong.
So a script here starts itself again once for each contender (`--serve NAME`), hands over one case
after the other, lets each check its result against a float64 reference, and only then asks for
times, round after round.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _machine import (
    QUIET,
    Others,
    environment,
    machine,
    missing,
    occasion,
    wait_for_quiet,
    wait_for_rest,
)
from _results import Results, Times, Turn, text_table, turn_of

Case = dict[str, Any]
Run = Callable[[], np.ndarray]
Maker = Callable[[Case], Run]

TOLERANCE = 1e-4
"""Largest difference from the reference, as a part of the reference's largest value; a case may
have a "tolerance" of its own."""

LONG = 2
"""What takes as long as so many turns is called once in a turn, and needs no call to warm up."""


class Gone(Exception):
    """A contender's process has ended: out of memory, perhaps."""


def arguments(
    about: str,
    *,
    quick: str = "fewer rounds, shorter turns",
    turns: bool = True,
    calls: bool = True,
) -> argparse.ArgumentParser:
    """Return a parser with the options that every race has; then `parse`.

    Parameters
    ----------
    about : str
    quick : str
        What --quick does.
    turns, calls : bool
        Whether contenders take turns, and call something again and again in each: else there is
        no --rounds and no --cpu, or no --seconds.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help=f"{quick}, for a first look")
    if turns:
        parser.add_argument("--rounds", type=_number, help="how often each contender has its turn")
    if turns and calls:
        parser.add_argument("--seconds", type=float, help="how long a turn takes, at least")
    parser.add_argument("--threads", type=_number, default=2, help="for every contender (2)")
    if turns:
        parser.add_argument(
            "--cpu",
            action="store_true",
            help="one thread each, and processor time: where others use the machine, too",
        )
    parser.add_argument(
        "--quiet",
        action="store_true",
        help="wait, before each turn, until the machine has nothing else to do (Linux)",
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these contenders only")
    parser.add_argument("--json", type=Path, help="write all numbers to this file")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the arguments, those that follow from others filled in.

    A contender whose first call takes longer than `patience` has one turn only.
    """
    args = parser.parse_args()
    args.cpu = getattr(args, "cpu", False)
    args.threads = 1 if args.cpu else args.threads
    args.rounds = getattr(args, "rounds", None) or (3 if args.quick else 9)
    args.seconds = getattr(args, "seconds", None) or (0.03 if args.quick else 0.1)
    args.patience = 0.15 if args.quick else 4.0
    return args


def present(needs: Mapping[str, str], args: argparse.Namespace) -> list[str]:
    """Return the contenders ({name: the module that it needs}) that can take part, and say so."""
    wanted = {name: needs[name] for name in args.only or needs if name in needs}
    for name in args.only or ():
        if name not in needs:
            sys.exit(f"no contender is called {name!r}; there are {', '.join(needs)}")
    absent = missing(wanted)
    for name, module in absent.items():
        print(f"skipped: {name} (no module {module})")
    here = [name for name in wanted if name not in absent]
    return here or sys.exit("nobody is here to take part")


def _number(text: str) -> int:
    """Read an integer of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be an integer of at least 1, got {text!r}")
    return int(text)


def serve(makers: Mapping[str, Maker], args: argparse.Namespace) -> None:
    """Be one contender: answer each line of JSON on stdin with a line of JSON on stdout."""
    name, clock = args.serve, time.process_time if args.cpu else time.perf_counter
    run: Run = np.empty
    for line in sys.stdin:
        order = json.loads(line)
        if "case" in order:
            run = makers[name](order["case"])
            start = clock()
            y = run()
            seconds = clock() - start
            reference = np.load(order["reference"])
            wrong_by = difference(y, reference, order["case"].get("corner"))
            answer: Any = {"wrong by": wrong_by, "seconds": seconds}
            del y
        else:
            answer = _times(run, order["seconds"], clock)
        print(json.dumps(answer), flush=True)


def race(
    script: str,
    names: Sequence[str],
    cases: Mapping[str, Case],
    reference: Callable[[Case], np.ndarray],
    args: argparse.Namespace,
    *,
    can: Callable[[str, Case], bool] = lambda name, case: True,
) -> Results:
    """Return {case: {contender: its turns}}, and print a table for each case.

    Stops the whole script where a contender's result is wrong: its speed would mean nothing.

    Parameters
    ----------
    script : str
        To be started anew for each contender.
    names : sequence of str
        The contenders, the one that is compared with all others first.
    cases : {title: case}
        A case is handed over as JSON. With ``"corner": n`` in it only the last n rows and columns
        of a result are checked, and `reference` returns only these.
    can : function of a name and a case
        Whether that contender can do that case.
    """
    show(machine(args.threads, cpu=args.cpu))
    others = Others()
    processes = {name: _start(script, name, args) for name in names}
    results: Results = {}
    with tempfile.TemporaryDirectory() as folder:
        for title, case in cases.items():
            file = str(Path(folder) / "reference.npy")
            np.save(file, reference(case))
            first: dict[str, float] = {}
            for name in [name for name in processes if can(name, case)]:
                try:
                    answer = _ask(processes[name], {"case": case, "reference": file})
                except Gone as gone:
                    print(f"{title}: {name} has gone ({gone})")
                    del processes[name]
                    continue
                wait_for_rest(processes[name].pid)
                if not answer["wrong by"] <= case.get("tolerance", TOLERANCE):
                    wrong_by = f"{answer['wrong by']:.1e} of the largest value"
                    sys.exit(f"{title}: {name} is wrong by {wrong_by}")
                first[name] = answer["seconds"]
            asked = {name: _turn_asker(processes[name], args) for name in first}
            slow = [name for name in first if first[name] > args.patience]
            once = {name: [asked.pop(name)()] for name in slow}
            times = once | take_turns(asked, args)
            if first:
                results[title] = {name: times[name] for name in first}
                print(text_table(title, results[title]), flush=True)
    for process in processes.values():
        process.communicate()
    if others.at_work() > QUIET:
        print(f"\nothers kept {others.at_work()} processors busy: do not trust these figures")
    return results


def race_commands(
    title: str, commands: Mapping[str, Sequence[str]], args: argparse.Namespace
) -> Results:
    """Race whole processes, from the start of each to its end; the first round is thrown away."""
    show(machine(args.threads, cpu=args.cpu))
    runs = {name: _process_timer(command, args) for name, command in commands.items()}
    for run in runs.values():
        run()  # files are read, and compiled
    times = take_turns(runs, args)
    print(text_table(title, times), flush=True)
    return {title: times}


def take_turns(contenders: Mapping[str, Callable[[], Turn]], args: argparse.Namespace) -> Times:
    """Let each have its turn, round after round."""
    times: Times = {name: [] for name in contenders}
    for _ in range(args.rounds):
        for name, contender in contenders.items():
            if args.quiet:
                wait_for_quiet()
            times[name].append(contender())
    return times


def save(part: str, results: Any, args: argparse.Namespace) -> None:
    """Write results to the file that --json names, if it does."""
    if args.json is not None:
        about = {"occasion": occasion(), "machine": machine(args.threads, cpu=args.cpu)}
        args.json.write_text(json.dumps({**about, part: results}))


def show(facts: Mapping[str, str]) -> None:
    """Print versions, processor and threads, one a line."""
    for key, value in facts.items():
        print(f"{key:24}{value}")


def difference(y: np.ndarray, reference: np.ndarray, corner: int | None = None) -> float:
    """Return the largest difference, as a part of the reference's largest value."""
    if corner is not None:
        y = y[..., -corner:, -corner:]
    if y.shape != reference.shape:
        sys.exit(f"a result of shape {y.shape}, expected {reference.shape}")
    return float(abs(y - reference).max() / abs(reference).max())


def _start(script: str, name: str, args: argparse.Namespace) -> subprocess.Popen[str]:
    command = [sys.executable, script, "--serve", name, *(["--cpu"] if args.cpu else [])]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, env=environment(args.threads)
    )


def _turn_asker(process: subprocess.Popen[str], args: argparse.Namespace) -> Callable[[], Turn]:
    def turn() -> Turn:
        answer = _ask(process, {"seconds": args.seconds})
        wait_for_rest(process.pid)
        return turn_of(answer)

    return turn


def _process_timer(command: Sequence[str], args: argparse.Namespace) -> Callable[[], Turn]:
    def run() -> Turn:
        before, start = _childrens_time(), time.perf_counter()
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, env=environment(args.threads)
        )
        wall = time.perf_counter() - start
        return turn_of([_childrens_time() - before if args.cpu else wall])

    return run


def _childrens_time() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ask(process: subprocess.Popen[str], order: Any) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
    except BrokenPipeError:
        raise Gone(f"exit code {process.wait()}") from None
    line = process.stdout.readline()
    if not line:
        raise Gone(f"exit code {process.wait()}")
    return json.loads(line)


def _times(run: Run, seconds: float, clock: Callable[[], float]) -> list[float]:
    """Time single calls until `seconds` are over; at least three, after one to warm up."""

    def once() -> float:
        start = clock()
        y = run()
        seconds = clock() - start
        del y  # memory is given back outside the clock
        return seconds

    first = once()
    if first > LONG * seconds:
        return [first]
    times: list[float] = []
    stop = time.perf_counter() + seconds
    while len(times) < 3 or (time.perf_counter() < stop and len(times) < 1000):
        times.append(once())
    return times
