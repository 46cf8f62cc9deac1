"""A patch as text: patch, kernel and products side by side; or a mean and what it is of."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minicnn.explain.ledger_numbers import WIDTH, aligned, cells, number, shortened
from minicnn.explain.ledger_sum import WeightedSum
from minicnn.explain.ledger_terms import total

if TYPE_CHECKING:
    from minicnn.explain.ledger import Ledger


def patch_lines(account: WeightedSum, position: int, ledger: Ledger) -> list[str]:
    """Return one channel's patch, kernel and products, side by side if they fit."""
    channel = account.channels[position]
    head = (
        f"{ledger.input_name(channel)}, {_range('row', account.rows)}, "
        f"{_range('column', account.columns)}: patch x kernel = products"
    )
    if account.divisor is not None:
        return _mean(account, head)
    added = f"  they add up to {number(account.sums[position])}"
    for digits in (4, 3):
        parts = _parts(account, position, digits)
        blocks = [aligned(shortened(part, 7)) for part in parts]
        if sum(len(block[0]) for block in blocks) + 14 <= WIDTH:
            return [*wrapped(head), *_beside(blocks), added]
    parts = _parts(account, position, 4)
    fitting = (n for n in (account.values.shape[2], 7) if _widest(parts, n) <= WIDTH - 6)
    most = next(fitting, 7)
    lines = wrapped(head)
    for word, part in zip(("patch", "kernel", "products"), parts, strict=True):
        lines += [f"  {word}", *(f"    {line}" for line in aligned(shortened(part, most)))]
    return [*lines, added]


def _mean(account: WeightedSum, head: str) -> list[str]:
    """Return the values that a mean is of, and how it is made of them."""
    patch = _bracketed(account, 0, 4)
    fitting = (n for n in (account.values.shape[2], 7) if _widest([patch], n) <= WIDTH - 6)
    lines = [f"  {line}" for line in aligned(shortened(patch, next(fitting, 7)))]
    sum_ = total(account.values.ravel().tolist())
    mean = number(account.result)
    added = f"  they add up to {number(sum_)}; {number(sum_)} / {account.divisor} = {mean}"
    return [*wrapped(head.partition(": patch")[0]), *lines, added]


def _parts(account: WeightedSum, position: int, digits: int) -> list[list[list[str]]]:
    """Return patch, kernel and products as texts; what lies on padding is in brackets."""
    return [
        _bracketed(account, position, digits),
        cells(account.weights[position], digits),
        cells(account.products[position], digits),
    ]


def _bracketed(account: WeightedSum, position: int, digits: int) -> list[list[str]]:
    """Return a patch as texts, what lies on padding in brackets."""
    patch = cells(account.values[position], digits)
    for row, column_ in np.argwhere(~account.inside).tolist():
        patch[row][column_] = "(0)"
    return patch


def _widest(parts: Sequence[list[list[str]]], most: int) -> int:
    return max(len(aligned(shortened(part, most))[0]) for part in parts)


def _beside(blocks: Sequence[Sequence[str]]) -> list[str]:
    middle = (len(blocks[0]) - 1) // 2
    lines = []
    for row, parts in enumerate(zip(*blocks, strict=True)):
        times, equals = ("  x  ", "  =  ") if row == middle else ("     ", "     ")
        lines.append(f"  {parts[0]}{times}{parts[1]}{equals}{parts[2]}")
    return lines


def _range(noun: str, numbers: tuple[int, ...]) -> str:
    if len(numbers) == 1:
        return f"{noun} {numbers[0]}"
    if numbers[1] - numbers[0] == 1:
        return f"{noun}s {numbers[0]} to {numbers[-1]}"
    inner = ", ".join(map(str, numbers)) if len(numbers) <= 4 else (
        f"{numbers[0]}, {numbers[1]}, ..., {numbers[-1]}"
    )  # fmt: skip
    return f"{noun}s {inner}"


def wrapped(text: str) -> list[str]:
    """Return a text in lines that fit, at least one."""
    return textwrap.wrap(text, WIDTH - 4, break_on_hyphens=False) or [""]
