"""A ledger as LaTeX: an ``align*`` that needs amsmath and nothing else."""

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
    Unopened,
)
from minicnn.explain.ledger_numbers import cells, number, shortened, typeset
from minicnn.explain.ledger_share import Share
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import Input, total
from minicnn.shapes import Array

if TYPE_CHECKING:
    from minicnn.explain.ledger import Ledger

PATCHES, TERMS, COLUMNS = 3, 8, 9
"""Channels whose matrices are shown; sums that are written out; columns of a matrix (amsmath
allows ten)."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{letter: f"\\{letter}" for letter in "{}#$%&_"},
}


def latex_of(ledger: Ledger) -> str:
    """Return the ledger as LaTeX."""
    lines = [*_lines(ledger.account, ledger), _check(ledger)]
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def escaped(text: str) -> str:
    r"""Return any text for ``\text{...}``: what LaTeX gives a meaning is taken literally.

    Examples
    --------
    >>> print(escaped("sobel_x, 50 %"))
    sobel\_x, 50 \%
    """
    ascii_only = text.encode("ascii", "backslashreplace").decode("ascii")
    return "".join(_SPECIAL.get(letter, letter if letter.isprintable() else " ")
                   for letter in ascii_only)  # fmt: skip


def latex_number(value: float) -> str:
    r"""Return a number as LaTeX.

    Examples
    --------
    >>> latex_number(-1.5e-7), latex_number(float("inf"))
    ('-1.5 \\times 10^{-7}', '\\infty')
    """
    return typeset(number(value))


@singledispatch
def _lines(account: Account, ledger: Ledger) -> list[str]:
    """Return the rows of the alignment that tell an account."""
    return [rf"{_symbol(ledger)} &= {latex_number(account.result)}"]


@_lines.register(Constant)
def _(account: Constant, ledger: Ledger) -> list[str]:
    said = rf"\quad\text{{({escaped(account.what)})}}"
    return [rf"{_symbol(ledger)} &= {latex_number(account.value)}{said}"]


@_lines.register(Added)
def _(account: Added, ledger: Ledger) -> list[str]:
    names = " + ".join(_x(one, ledger) for one in account.inputs)
    values = " + ".join(_bracketed(one.value) for one in account.inputs)
    return [rf"{_symbol(ledger)} &= {names} = {values} = {latex_number(account.result)}"]


@_lines.register(Copied)
def _(account: Copied, ledger: Ledger) -> list[str]:
    x = _x(account.source, ledger)
    if account.among:
        most = len(account.inputs) - TERMS
        others = [latex_number(one.value) for one in account.inputs[:TERMS]]
        inner = ",\\ ".join([*others, *([r"\dots"] if most > 0 else [])])
        value = latex_number(account.result)
        return [rf"{_symbol(ledger)} &= \max\{{{inner}\}} = {x} = {value}"]
    said = rf"\quad\text{{({escaped(account.what)})}}"
    value = latex_number(account.result)
    return [rf"{_symbol(ledger)} &= {x} = {value}{said}"]


@_lines.register(Formula)
def _(account: Formula, ledger: Ledger) -> list[str]:
    form = account.latex or rf"\text{{{escaped(account.formula)}}}"
    general = _filled(form, _x(account.source, ledger))
    filled = _filled(form, latex_number(account.source.value))
    return [rf"{_symbol(ledger)} &= {general} = {filled} = {latex_number(account.value)}"]


@_lines.register(Share)
def _(account: Share, ledger: Ledger) -> list[str]:
    own, *others = (rf"\exp({latex_number(one.value)})" for one in account.inputs)
    terms = [own, *others[: TERMS - 1], *([r"\dots"] if len(others) >= TERMS else [])]
    x, value = _x(account.scores[account.own], ledger), latex_number(account.result)
    return [
        rf"{_symbol(ledger)} &= \exp({x}) \,/\, \sum \exp(x)",
        rf"&= {own} \,/\, ({' + '.join(terms)}) = {value}",
    ]


@_lines.register(Unopened)
def _(account: Unopened, ledger: Ledger) -> list[str]:
    said = rf"\quad\text{{({escaped(account.what)})}}"
    return [rf"{_symbol(ledger)} &= {latex_number(account.value)}{said}"]


@_lines.register(WeightedSum)
def _(account: WeightedSum, ledger: Ledger) -> list[str]:
    bias = "" if account.bias is None else f" + b_{{{ledger.place.channel}}}"
    first, last = account.channels[0], account.channels[-1]
    over = f"s_{{{first}}}" if first == last else rf"\sum_{{c={first}}}^{{{last}}} s_c"
    formula = rf"s_c = \sum_{{u,v}} x_{{c,\,i_u,\,j_v}}\, w_{{{ledger.place.channel},\,c,\,u,\,v}}"
    lines = [rf"{_symbol(ledger)} &= {over}{bias}, \qquad {formula}"]
    lines.append(
        rf"&\quad i_u \in \{{{_numbers(account.rows)}\}},\quad "
        rf"j_v \in \{{{_numbers(account.columns)}\}}"
    )
    if account.padded:
        outside = rf"{account.padded} of {account.inside.size} taps lie on padding, shown as"
        lines[-1] += rf"\quad\text{{({outside} }}\underline{{0}}\text{{)}}"
    order = account.largest_first()
    for position in sorted(order[:PATCHES]):
        patch = _matrix(account.values[position], account.inside)
        kernel, products = _matrix(account.weights[position]), _matrix(account.products[position])
        sum_ = latex_number(account.sums[position])
        lines.append(rf"s_{{{account.channels[position]}}} &= \sum {patch} \odot {kernel}")
        lines.append(rf"&= \sum {products} = {sum_}")
    if len(order) == 1 and account.bias is None:
        result = latex_number(account.result)
        return [*lines, rf"{_symbol(ledger)} &= s_{{{account.channels[0]}}} = {result}"]
    return [*lines, _written_out(account, ledger, order)]


def _written_out(account: WeightedSum, ledger: Ledger, order: list[int]) -> str:
    many = len(order) > TERMS
    listed = order[:TERMS] if many else sorted(order)
    terms = [account.sums[position] for position in listed]
    text = "".join(_signed(value, at_start=not i) for i, value in enumerate(terms))
    if many:
        rest = total(account.sums[position] for position in order[TERMS:])
        noun = ledger.input_noun + ("s" if len(order) > TERMS + 1 else "")
        words = f"{len(order) - TERMS} other {noun}"
        text += rf" + \underbrace{{{_bracketed(rest)}}}_{{\text{{{words}}}}}"
    if account.bias is not None:
        text += rf" + \underbrace{{{_bracketed(account.bias)}}}_{{\text{{bias}}}}"
    return rf"{_symbol(ledger)} &= {text} = {latex_number(account.result)}"


def _check(ledger: Ledger) -> str:
    check = ledger.check
    words = "ledger" if not isinstance(ledger.account, Unopened) else "run again"
    ours, theirs = latex_number(check.ledger), latex_number(check.network)
    sign = "=" if ours == theirs else r"\approx"
    sign = sign if check.agrees else r"\neq"
    loud = "" if check.agrees else r"\quad\textbf{MISMATCH}"
    line = rf"\text{{{words} }} {ours} &{sign} \text{{ network }} {theirs}{loud}"
    if check.agrees and check.difference and math.isfinite(check.bound):
        gap, bound = (latex_number(float(f"{v:.2g}")) for v in (check.difference, check.bound))
        line += rf"\quad(\text{{difference }} {gap} \leq {bound}\text{{, the rounding bound}})"
    return line


def _symbol(ledger: Ledger) -> str:
    c, i, j = ledger.place
    return rf"\text{{{escaped(ledger.step)}}}_{{{c},\,{i},\,{j}}}"


def _x(one: Input, ledger: Ledger) -> str:
    """Return an input's symbol; where branches meet it says of which it is one."""
    c, i, j = one.place
    branch = rf"^{{({one.branch})}}" if len(ledger.origins) > 1 else ""
    return rf"x{branch}_{{{c},\,{i},\,{j}}}"


def _matrix(values: Array, inside: Array | None = None) -> str:
    texts = cells(values)
    if inside is not None:
        texts = [
            [text if kept else "PAD" for text, kept in zip(row, line, strict=True)]
            for row, line in zip(texts, inside.tolist(), strict=True)
        ]
    rows = shortened(texts, COLUMNS)
    body = r" \\ ".join(" & ".join(map(typeset, row)) for row in rows)
    return rf"\begin{{bmatrix}} {body} \end{{bmatrix}}"


def _filled(form: str, argument: str) -> str:
    return form.replace("{x}", argument)


def _signed(value: float, *, at_start: bool) -> str:
    if at_start:
        return latex_number(value)
    return f" - {latex_number(-value)}" if value < 0 else f" + {latex_number(value)}"


def _bracketed(value: float) -> str:
    return f"({latex_number(value)})" if value < 0 else latex_number(value)


def _numbers(numbers: tuple[int, ...]) -> str:
    if len(numbers) > 6:
        return rf"{numbers[0]}, {numbers[1]}, \dots, {numbers[-1]}"
    return ", ".join(map(str, numbers))
