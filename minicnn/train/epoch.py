"""One epoch of learning: its batches, one state after the other, and what is said at its end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from minicnn.train.history import Epoch
from minicnn.train.state import Plan, State
from minicnn.train.step import apply, evaluate, gradients


def batches(plan: Plan, state: State) -> Iterator[State]:
    """Yield the states of one epoch, batch by batch; a loss that is no number ends it."""
    epoch = len(state.history)
    rng = np.random.default_rng([plan.seed, epoch])
    order = rng.permutation(len(plan.data))
    for batch in range(plan.batches):
        some = plan.data.take(order[batch * plan.batch_size : (batch + 1) * plan.batch_size])
        value, outputs, slopes = gradients(
            state.model, some.x, some.targets, loss=plan.loss, rng=rng
        )
        tally = state.tally.add(value, outputs, some.targets)
        factor = plan.factor(epoch + batch / plan.batches)
        model, memory = apply(state.model, slopes, plan.optimizer, state.memory, factor=factor)
        state = replace(state, model=model, memory=memory, batch=batch + 1, tally=tally)
        yield state
        if not np.isfinite(value):
            return


def close(plan: Plan, state: State, seconds: float) -> State:
    """Return the state after a whole epoch: with its record, and the best model so far."""
    number = len(state.history) + 1
    score, other = state.tally.score, None
    start = time.monotonic()
    if plan.validation is not None:
        other = evaluate(state.model, plan.validation, loss=plan.loss)
    record = Epoch(
        number=number,
        loss=score.loss,
        accuracy=score.accuracy,
        validation_loss=None if other is None else other.loss,
        validation_accuracy=None if other is None else other.accuracy,
        learning_rate=plan.optimizer.learning_rate * plan.factor(number - 1 / plan.batches),
        seconds=seconds + time.monotonic() - start,
    )
    past = [e.validation_loss for e in state.history if e.number == state.best_epoch]
    lowest = past[0] if past and past[0] is not None else np.inf
    is_best = other is None or other.loss < lowest
    return State(
        model=state.model,
        memory=state.memory,
        history=(*state.history, record),
        best=state.model if is_best else state.best,
        best_epoch=number if is_best else state.best_epoch,
    )


def finished(plan: Plan, state: State) -> str | None:
    """Return why there is nothing more to do, if that is so."""
    if len(state.history) >= plan.epochs:
        return "finished"
    if plan.patience is not None and len(state.history) - state.best_epoch >= plan.patience:
        return "no better"
    return None


def is_sound(state: State) -> bool:
    """Say whether all that was learnt are numbers."""
    averages = [a for average in state.memory.averages.values() for a in average.values()]
    arrays = [*state.model.params.values(), *averages]
    return bool(np.isfinite(state.tally.loss)) and all(np.isfinite(a).all() for a in arrays)
