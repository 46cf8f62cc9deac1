"""What is said where branches meet: a sum of one value of each, or a copy from one of them."""

from __future__ import annotations

import numpy as np

from minicnn.explain.ledger_accounts import Account, Added, Copied
from minicnn.explain.ledger_bounds import sum_bound
from minicnn.explain.ledger_layers import Asked, account
from minicnn.layers import Add, Concat


@account.register
def _(layer: Add, asked: Asked) -> Account:
    terms = tuple(asked.input(asked.place, branch=branch) for branch in range(len(asked.xs)))
    values = np.array([one.value for one in terms])
    dtype = np.result_type(*(x.dtype for x in asked.xs))
    bound = sum_bound(values, np.ones(len(values)), None, dtype)
    return Added("one value of each branch: add up", terms, bound)


@account.register
def _(layer: Concat, asked: Asked) -> Account:
    channel, branch = asked.place.channel, 0
    while channel >= len(asked.xs[branch]):
        channel -= len(asked.xs[branch])
        branch += 1
    what = f"the branches' channels stand one behind the other: copied from branch {branch}"
    return Copied(what, asked.input(asked.place._replace(channel=channel), branch=branch))
