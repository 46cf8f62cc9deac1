"""A ledger as text: plain ASCII, at most 80 columns."""

from __future__ import annotations

import math
from functools import singledispatch
from typing import TYPE_CHECKING

from minicnn.explain.ledger_accounts import (
    Account,
    Added,
    Constant,
    Copied,
    Formula,
    Measured,
    Pixel,
    Unopened,
)
from minicnn.explain.ledger_numbers import (
    WIDTH,
    clipped,
    column,
    number,
)
from minicnn.explain.ledger_patch import patch_lines, wrapped
from minicnn.explain.ledger_share import Share
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import Input, total

if TYPE_CHECKING:
    from minicnn.explain.ledger import Ledger

PATCHES = 3
"""Of so many channels patch and kernel are shown; of more, for the largest sums."""

SUMS = 8
"""So many channels' sums are listed; of more, the largest, and the rest together."""


def text_of(ledger: Ledger) -> str:
    """Return the ledger as text."""
    steps = len(ledger.recording.trace)
    about = ledger.account.what
    if ledger.position >= 0:
        about = f"step {ledger.position} (of 0 to {steps - 1}): {about}"
    body = [*wrapped(about), "", *_body(ledger.account, ledger)]
    lines = [ledger.where, *(f"  {line}".rstrip() for line in body)]
    return "\n".join(clipped(line) for line in [*lines, "", *check_lines(ledger)])


def check_lines(ledger: Ledger) -> list[str]:
    """Return the check, and what it rests on."""
    check = ledger.check
    return [str(check), *(f"  {line}" for line in wrapped(grounds_of(ledger)))]


def grounds_of(ledger: Ledger) -> str:
    """Return what the check rests on, in a sentence without its full stop."""
    check, account = ledger.check, ledger.account
    gap, bound = number(check.difference, 2), number(check.bound, 2)
    if not check.agrees:
        return (
            f"!!! they differ by {gap}, rounding in {check.dtype} explains {bound}. These "
            f"numbers do not give the network's value: was the layer changed after the trace?"
        )
    if isinstance(account, Pixel):
        return "read from the picture"
    bad = None if math.isfinite(check.network) else _not_finite(ledger)
    if bad is not None:
        return (
            f"{ledger.input_words(bad)} is {number(bad.value)} already: whatever is worked out "
            f"with it is lost"
        )
    if isinstance(account, Unopened):
        return "not a sum of our own: the layer was run again, which proves only that it is stable"
    if check.bound == math.inf:
        return f"numbers beyond the range of {check.dtype}: nothing is promised here"
    if not check.bound:
        return "exactly: nothing is rounded here"
    done = "summed" if isinstance(account, WeightedSum | Added) else "worked out"
    ground = f"{done} in float64 from the network's {check.dtype} numbers; the difference is {gap}"
    return ground if not check.difference else f"{ground}, rounding allows {bound}"


def _not_finite(ledger: Ledger) -> Input | None:
    """Return the first of the values that it is made from that is no number, if there is one."""
    return next((one for one in ledger.inputs if not math.isfinite(one.value)), None)


@singledispatch
def _body(account: Account, ledger: Ledger) -> list[str]:
    """Return the lines that tell an account."""
    lines = [f"{_where(one, ledger)} = {number(one.value)}" for one in account.inputs[:SUMS]]
    more = len(account.inputs) - SUMS
    return lines + ([f"and {more} more"] if more > 0 else [])


@_body.register(Pixel)
def _(account: Pixel, ledger: Ledger) -> list[str]:
    return [f"it is {number(account.value)}; here the explanation ends"]


@_body.register(Constant)
def _(account: Constant, ledger: Ledger) -> list[str]:
    return [f"it is {number(account.value)}, and made from nothing else"]


@_body.register(Copied)
def _(account: Copied, ledger: Ledger) -> list[str]:
    lines = [f"{_where(account.source, ledger)} = {number(account.source.value)}"]
    others = account.inputs[1:]
    if others:
        shown = ", ".join(number(one.value) for one in others[:SUMS])
        more = f", and {len(others) - SUMS} more" if len(others) > SUMS else ""
        lines += wrapped(f"chosen before {shown}{more}")
    return lines


@_body.register(Formula)
def _(account: Formula, ledger: Ledger) -> list[str]:
    filled = account.formula.format(x=number(account.source.value))
    return [
        f"x is {_where(account.source, ledger)} = {number(account.source.value)}",
        f"{filled} = {number(account.value)}",
    ]


@_body.register(Share)
def _(account: Share, ledger: Ledger) -> list[str]:
    shown, rest = account.order[:SUMS], account.order[SUMS:]
    largest = max((one.value for one in account.scores), default=0.0)
    rows = [_where(account.scores[position], ledger) for position in shown]
    powers = column([_power(account.scores[position].value - largest) for position in shown])
    texts = column([account.shares[position] for position in shown])
    room = max(map(len, rows))
    lines = [f"its score; e^(score - {number(largest)}), which is the largest; its share:"]
    for position, name, power, text in zip(shown, rows, powers, texts, strict=True):
        score = number(account.scores[position].value)
        lines.append(f"{name.ljust(room)} = {score.rjust(9)}  {power}  {text}")
    if rest:
        left = total(account.shares[position] for position in rest)
        lines.append(f"and {len(rest)} more, with {number(left)} together")
    return lines


@_body.register(Added)
def _(account: Added, ledger: Ledger) -> list[str]:
    rows = [(_where(one, ledger), one.value) for one in account.inputs]
    return _added_up(rows, account.result)


@_body.register(Measured)
def _(account: Measured, ledger: Ledger) -> list[str]:
    x, *rest = _body.dispatch(Formula)(account, ledger)
    return [x, *(line for known in account.known for line in wrapped(known)), *rest]


@_body.register(Unopened)
def _(account: Unopened, ledger: Ledger) -> list[str]:
    if account.slopes is None:
        return ["it has no gradient either: any value of its input may matter"]
    if not account.slopes:
        return ["its gradient is 0: no small change of the input changes it"]
    lines = ["by its gradient, it changes most with"]
    lines += [
        f"  {_where(one, ledger)} = {number(one.value)}, slope {number(one.weight or 0)}"
        for one in account.slopes[:SUMS]
    ]
    more = len(account.slopes) - SUMS
    return lines + ([f"  and with {more} more"] if more > 0 else [])


@_body.register(WeightedSum)
def _(account: WeightedSum, ledger: Ledger) -> list[str]:
    count = len(account.channels)
    order = list(range(count)) if count <= SUMS else account.largest_first()
    single = account.products[0].size == 1
    shown = order if count <= PATCHES else sorted(account.largest_first()[:PATCHES])
    lines: list[str] = []
    if not single:
        if count > PATCHES:
            lines += [f"the {PATCHES} channels of {count} that bring most:", ""]
        for position in shown:
            lines += [*patch_lines(account, position, ledger), ""]
    if account.padded:
        lines += [f"(0) is padding: {account.padded} of {account.inside.size} taps lie outside", ""]
    if count > 1 or single or account.bias is not None:
        lines += _sums(account, order, ledger)
    return lines[:-1] if lines and not lines[-1] else lines


def _sums(account: WeightedSum, order: list[int], ledger: Ledger) -> list[str]:
    """Return the channels' sums and the bias, one below the other, and what they add up to."""
    single = account.products[0].size == 1
    listed, rest = order[:SUMS], order[SUMS:]
    rows: list[tuple[str, float]] = []
    for position in listed:
        name = ledger.input_name(account.channels[position])
        if single:
            value, weight = account.values[position], account.weights[position]
            name += f": {number(value.item())} x {number(weight.item())}"
        rows.append((name, account.sums[position]))
    if rest:
        left = total(account.sums[position] for position in rest)
        noun = ledger.input_noun + ("s" if len(rest) > 1 else "")
        rows.append((f"the other {len(rest)} {noun}", left))
    if account.bias is not None:
        rows.append(("bias", account.bias))
    return _added_up(rows, account.result)


def _added_up(rows: list[tuple[str, float]], result: float) -> list[str]:
    """Return names and numbers, one below the other, a line, and their sum."""
    texts = column([*(value for _, value in rows), result])
    wide = max(map(len, texts))
    room = min(max(len(name) for name, _ in rows), WIDTH - wide - 8)
    lines = [
        f"{clipped(name, room).ljust(room)}  {text.rjust(wide)}"
        for (name, _), text in zip(rows, texts[:-1], strict=True)
    ]
    return [*lines, "-" * (room + 2 + wide), f"{'sum'.ljust(room)}  {texts[-1].rjust(wide)}"]


def _where(one: Input, ledger: Ledger) -> str:
    return ledger.input_words(one)


def _power(exponent: float) -> float:
    return math.exp(exponent) if exponent <= 0 else math.nan
