"""The learner's function: which arguments it has, how it is called, what came of it."""

from __future__ import annotations

import inspect
import io
import linecache
import traceback
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from minicnn.coach.problem import LAYOUTS, NEUTRAL, Problem, close, in_layout
from minicnn.errors import ConfigError, one_of, short
from minicnn.shapes import Array

_ALIASES = {
    "bias": ("bias", "b", "biases"),
    "stride": ("stride", "strides", "step", "s"),
    "padding": ("padding", "pad", "p", "zero_padding"),
    "dilation": ("dilation", "dilations", "dilation_rate", "rate", "d"),
    "groups": ("groups", "group", "g"),
}
_ONE_KERNEL = ("kernel", "k", "mask", "filter", "filter_", "filt")
_UNDERSTOOD = "my_conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one call gave.

    Attributes
    ----------
    array : array or None
        The result, if it was one.
    error : str
        Else what happened instead.
    kind : "ok", "raised", "none" or "odd"
    modified : tuple of str
        The arguments that were changed by the call.
    """

    array: Array | None
    error: str = ""
    kind: str = "ok"
    modified: tuple[str, ...] = ()

    def right(self, expected: Array) -> bool:
        """Say whether this is the expected answer."""
        return self.array is not None and close(self.array, expected)


@dataclass(frozen=True, eq=False)
class Learner:
    """A function with what is known about its arguments.

    Attributes
    ----------
    function : callable
    name : str
    options : dict
        Our name of each argument it has, and its own.
    always : tuple of str
        Those that must be passed even at their neutral value.
    left_out : tuple of str
        Arguments that are understood but not tested, since they take a text.
    layout : "nchw", "chw" or "hw"
    """

    function: Callable[..., Any]
    name: str
    options: dict[str, str]
    always: tuple[str, ...]
    left_out: tuple[str, ...]
    layout: str = "nchw"

    def arguments(self, problem: Problem) -> tuple[list[Array], dict[str, Any]]:
        """Return fresh arguments for a call: the arrays by position, the rest by name."""
        if self.layout == "hw":
            weight = problem.weight[0, 0]
        else:
            weight = problem.weight
        arrays = [in_layout(problem.x, self.layout).copy(), weight.copy()]
        named: dict[str, Any] = {}
        for name, own in self.options.items():
            value = getattr(problem, name)
            if name in problem.options or name in self.always:
                named[own] = value.copy() if isinstance(value, np.ndarray) else value
        return arrays, named

    def call_text(self, problem: Problem) -> str:
        """Return the call as one would write it."""
        _, named = self.arguments(problem)
        parts = ["image, kernel" if self.layout == "hw" else "x, weight"]
        parts += [f"{k}={k if isinstance(v, np.ndarray) else repr(v)}" for k, v in named.items()]
        return f"{self.name}({', '.join(parts)})"

    def run(self, problem: Problem) -> Outcome:
        """Call the function and say what came of it; whatever it raises is caught."""
        arrays, named = self.arguments(problem)
        given = {"the picture": arrays[0], "the kernel": arrays[1]}
        given |= {key: value for key, value in named.items() if isinstance(value, np.ndarray)}
        before = {key: value.tobytes() for key, value in given.items()}
        try:
            result = self.call(arrays, named)
        except (Exception, SystemExit) as error:  # whatever a learner's function may raise
            return Outcome(None, self._told(error), "raised")
        modified = tuple(key for key, value in given.items() if value.tobytes() != before[key])
        return _read(result, modified)

    def call(self, arrays: list[Array], named: dict[str, Any]) -> Any:
        """Call the function, without its prints and NumPy's warnings."""
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return self.function(*arrays, **named)

    def _told(self, error: BaseException) -> str:
        """Return an error as its name, its text, and the learner's own line."""
        text = f"{type(error).__name__}: {short(error)}" if str(error) else type(error).__name__
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if code is not None and frame.filename == code.co_filename and frame.lineno:
                line = linecache.getline(frame.filename, frame.lineno).strip()
                return f"{text}, in line {frame.lineno}{f': {short(line)[1:-1]}' if line else ''}"
        return text


def learner_of(function: Any, layout: str) -> Learner:
    """Return a function with what its signature says about it.

    Raises
    ------
    ConfigError
        If it cannot be called, or needs an argument that the coach does not know.
    """
    one_of("layout", layout, ("auto", *LAYOUTS))
    if not callable(function):
        raise ConfigError(
            f"coach.check takes a function, got {short(function)}.\n"
            f"  Pass it without calling it: coach.check(my_conv), not coach.check(my_conv(...))."
        )
    name = getattr(function, "__name__", type(function).__name__)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # built-in functions may not say
        return _placed(Learner(function, name, {}, (), ()), layout, ("x", "weight"))
    taken = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    many = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    if len(taken) < 2 and not many:
        raise ConfigError(
            f"coach.check: {name}() takes {len(taken)} arrays by position; it must take two, the "
            f"picture and the kernel.\n  Understood: {_UNDERSTOOD}."
        )
    first = tuple(p.name for p in taken[:2])
    rest = [p for p in parameters if p.name not in first]
    options, always, left_out = _options(rest, name)
    return _placed(Learner(function, name, options, always, left_out), layout, first)


def _options(
    parameters: list[inspect.Parameter], name: str
) -> tuple[dict[str, str], tuple[str, ...], tuple[str, ...]]:
    options: dict[str, str] = {}
    always, left_out = [], []
    for p in parameters:
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            continue
        ours = next((key for key, known in _ALIASES.items() if p.name.lower() in known), None)
        if ours is None or ours in options or p.kind is p.POSITIONAL_ONLY:
            if p.default is p.empty:
                raise ConfigError(
                    f"coach.check: {name}() needs an argument {p.name!r}, which the coach does "
                    f"not know.\n  Give it a default value. Understood: {_UNDERSTOOD}."
                )
            continue
        if isinstance(p.default, str):
            left_out.append(p.name)
            continue
        options[ours] = p.name
        default_is_neutral = p.default is not p.empty and _is_neutral(p.default, NEUTRAL[ours])
        if not default_is_neutral:
            always.append(ours)
    return options, tuple(always), tuple(left_out)


def _is_neutral(default: Any, neutral: Any) -> bool:
    if neutral is None or default is None:
        return default is neutral
    try:
        return bool(np.all(np.asarray(default) == neutral))
    except Exception:  # somebody's own type
        return False


def _placed(learner: Learner, layout: str, names: tuple[str, ...]) -> Learner:
    """Return the learner with its layout: as said, or found by trying the simplest picture."""
    if layout != "auto":
        return _with_layout(learner, layout)
    second = names[1].lower() if len(names) > 1 else ""
    order = ("hw", "nchw", "chw") if second in _ONE_KERNEL else ("nchw", "chw", "hw")
    rng = np.random.default_rng(0)
    x, weight = rng.integers(1, 9, (1, 1, 4, 5)), rng.integers(1, 9, (1, 1, 2, 3))
    simple = Problem(x.astype(float), weight.astype(float))
    expected = simple.answer()
    tried = {}
    for each in order:
        outcome = _with_layout(learner, each).run(simple)
        wanted = in_layout(expected, each)
        points = 0
        if outcome.array is not None:
            points = 1 + (outcome.array.ndim == wanted.ndim) + (outcome.array.shape == wanted.shape)
        tried[each] = points
    best = max(tried.values())
    return _with_layout(learner, next(each for each in order if tried[each] == best))


def _with_layout(learner: Learner, layout: str) -> Learner:
    options = dict(learner.options)
    if layout == "hw":
        options.pop("groups", None)
    return Learner(
        learner.function, learner.name, options, learner.always, learner.left_out, layout
    )


def copied(result: Any) -> Array:
    """Return what a function returned as an array of our own; it may be older than this NumPy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array(result)


def _read(result: Any, modified: tuple[str, ...]) -> Outcome:
    """Return what a function returned as an outcome."""
    if result is None:
        return Outcome(None, "it returned None: is there a return at its end?", "none", modified)
    try:
        array = copied(result)
    except Exception as error:  # whatever somebody's object raises
        return Outcome(None, f"it returned what is no array: {short(error)}", "odd", modified)
    if array.dtype.kind == "c":
        text = "it returned complex numbers: take .real of an inverse Fourier transform"
        return Outcome(None, text, "odd", modified)
    if array.dtype.kind not in "biuf":
        kind = f"{type(result).__name__} of dtype {array.dtype}"
        text = f"it returned {kind}, not an array of numbers"
        return Outcome(None, text, "odd", modified)
    return Outcome(array, modified=modified)
