"""Learning from examples: the same step, batch after batch, epoch after epoch.

Everything that happens follows from the arguments and one seed. A run is a series of frozen
states (`State`), so whatever interrupts it, there is always a whole model to return.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from minicnn.errors import ConfigError, short
from minicnn.files import check_output
from minicnn.layers import Layer
from minicnn.layers.base import generator
from minicnn.shapes import integer
from minicnn.train.checkpoint import check_asked, read_checkpoint, save_checkpoint
from minicnn.train.data import Dataset, as_dataset
from minicnn.train.epoch import batches, close, finished, is_sound
from minicnn.train.history import Training
from minicnn.train.losses import Loss, cross_entropy
from minicnn.train.optimizer import Memory, Optimizer
from minicnn.train.optimizers import Adam
from minicnn.train.progress import Progress
from minicnn.train.schedules import Constant, Schedule
from minicnn.train.state import Callback, Plan, State
from minicnn.train.step import check_fit
from minicnn.weights.formats import is_path


def fit(
    model: Layer,
    data: Dataset | tuple[Any, Any],
    *,
    epochs: int = 10,
    batch_size: int = 32,
    loss: Loss = cross_entropy,
    optimizer: Optimizer | None = None,
    schedule: Schedule | None = None,
    validation: Dataset | tuple[Any, Any] | None = None,
    patience: int | None = None,
    rng: int | np.random.Generator | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool | None = None,
) -> Training:
    """Return what a model becomes by learning from examples; the model itself is not changed.

    Every epoch goes through all examples once, in a new order, a batch at a time. Ctrl-C ends the
    run and keeps what was learnt.

    Parameters
    ----------
    model : Layer
        Usually a `Sequential` that ends with one number a class.
    data : Dataset, or (inputs, targets)
    epochs : int
        How many there are to be; with `resume`, those of before are counted.
    batch_size : int
        After how many examples a step is taken.
    loss : function
        `cross_entropy`, `mean_squared_error`, or one's own:
        ``loss(outputs, targets) -> (value, gradient)``.
    optimizer : Optimizer, optional
        `Adam()` unless told otherwise.
    schedule : function, optional
        ``schedule(epoch, epochs) -> factor`` of the learning rate; `Constant()` unless told
        otherwise.
    validation : Dataset, or (inputs, targets), optional
        Examples that nothing is learnt from. After each epoch the model is tried on them.
    patience : int, optional
        Stop when the validation loss has not fallen for so many epochs.
    rng : None, int or numpy.random.Generator
        Where the order of the examples, and what dropout drops, come from. The same seed gives
        the same bits. None takes a new seed, which the result names.
    callbacks : sequence of functions
        ``callback(epoch, model)``, called after each epoch with its record (`Epoch`) and the model
        as it is then. One that returns True stops the run.
    checkpoint : path, optional
        An ``.npz`` file that is written, whole, after each epoch. One that exists is refused,
        unless `resume`.
    resume : bool
        Go on from the checkpoint, if it is there: with the same bits as if the run had never
        stopped. All arguments but `epochs`, `patience` and `callbacks` must be as they were, and
        with a schedule that depends on it, `epochs` too.
    progress : bool, optional
        Whether a line on standard error says how it goes. None: on a terminal only.

    Returns
    -------
    Training
        The model, the best one by its validation loss, the history, and why the run stopped.

    Raises
    ------
    ConfigError, ShapeError, DTypeError
        If the arguments can never work, or the model and the examples do not fit.
    OutputError, WeightsError
        If the checkpoint cannot be written or read.

    Examples
    --------
    >>> from minicnn import Conv2D, Layer, Sequential
    >>> from minicnn.train import SGD, mean_squared_error
    >>> x = np.random.default_rng(0).random((64, 1, 6, 6))
    >>> edges = Conv2D.from_kernels("sobel_x")                 # what is to be found
    >>> run = fit(Conv2D(1, 1, 3, rng=0), (x, edges(x)), loss=mean_squared_error, rng=0,
    ...           epochs=60, optimizer=SGD(0.05, momentum=0.9))
    >>> run.model.weight[0, 0].round(2) + 0.0
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]], dtype=float32)
    """
    if not isinstance(model, Layer):
        raise ConfigError(f"fit takes a model, got {short(model)}")
    plan = Plan(
        data=as_dataset(data),
        validation=None if validation is None else as_dataset(validation, "validation"),
        epochs=integer("epochs", epochs, least=0),
        batch_size=integer("batch_size", batch_size, least=1),
        loss=_function("loss", loss),
        optimizer=Adam() if optimizer is None else optimizer,
        schedule=Constant() if schedule is None else _function("schedule", schedule),
        patience=None if patience is None else integer("patience", patience, least=1),
        seed=_seed(rng),
    )
    _check(model, plan, callbacks)
    state = State(model, Memory(), (), model, 0)
    if checkpoint is not None:
        plan, state = _begin(checkpoint, plan, state, resume, rng is None)
    return _run(plan, state, tuple(callbacks), checkpoint, progress)


def _run(
    plan: Plan,
    state: State,
    callbacks: tuple[Callback, ...],
    checkpoint: str | os.PathLike[str] | None,
    progress: bool | None,
) -> Training:
    """Go from state to state until there is a reason to stop."""
    line = Progress(plan.epochs, plan.batches, progress)
    asked = plan.fingerprint(state.model) if checkpoint is not None else {}
    stopped = finished(plan, state)
    try:
        while stopped is None:
            start, whole = time.monotonic(), state
            for step in batches(plan, state):
                state = step
                line.step(len(state.history) + 1, state.batch, state.tally)
            if not is_sound(state):
                state, stopped = replace(whole, batch=state.batch), "diverged"
                break
            state = close(plan, state, time.monotonic() - start)
            if checkpoint is not None:
                save_checkpoint(checkpoint, state, asked)
            record = state.history[-1]
            line.epoch(record)
            asks = [callback(record, state.model) is True for callback in callbacks]
            stopped = "callback" if any(asks) else finished(plan, state)
    except KeyboardInterrupt:
        stopped = "interrupted"
    finally:
        line.end()
    return _training(plan, state, stopped)


def _training(plan: Plan, state: State, stopped: str) -> Training:
    done, epoch = len(state.history), len(state.history) + 1
    why = {
        "finished": "Finished: the one epoch is done."
        if plan.epochs == 1
        else f"Finished: all {plan.epochs} epochs are done.",
        "no better": f"Stopped: the validation loss has not fallen for {plan.patience} epochs.",
        "callback": f"Stopped by a callback, after epoch {done}.",
        "interrupted": f"Interrupted in epoch {epoch}, after {state.batch} of {plan.batches} "
        "batches.",
        "diverged": f"Diverged in epoch {epoch}, batch {state.batch}: numbers grew beyond all "
        f"bounds.\nThe model is that of epoch {done}. Try a smaller learning_rate than "
        f"{plan.optimizer.learning_rate:g}.",
    }[stopped]
    has_best = plan.validation is not None
    return Training(
        model=state.model,
        best=state.best if has_best else state.model,
        best_epoch=state.best_epoch,
        history=state.history,
        stopped=stopped,
        why=why,
        seed=plan.seed,
        memory=state.memory,
    )


def _begin(
    checkpoint: Any, plan: Plan, state: State, resume: bool, any_seed: bool
) -> tuple[Plan, State]:
    """Return where to start from: the checkpoint, if there is one to go on from."""
    if not is_path(checkpoint) or not os.fsdecode(checkpoint).lower().endswith(".npz"):
        raise ConfigError(f"checkpoint must be the path of an .npz file, got {short(checkpoint)}")
    if resume and os.path.lexists(checkpoint):
        check_output(checkpoint, force=True)
        there, before = read_checkpoint(checkpoint, state.model)
        if any_seed:
            plan = replace(plan, seed=int(before["seed"]))
        check_asked(checkpoint, before, plan.fingerprint(state.model))
        return plan, there
    check_output(checkpoint)
    return plan, state


def _check(model: Layer, plan: Plan, callbacks: Any) -> None:
    if not isinstance(plan.optimizer, Optimizer):
        raise ConfigError(
            f"optimizer must be an Optimizer, such as SGD(0.1), got {short(plan.optimizer)}"
        )
    if plan.patience is not None and plan.validation is None:
        raise ConfigError("patience needs a validation set: give validation=(x, targets), too")
    if not isinstance(callbacks, tuple | list) or not all(map(callable, callbacks)):
        raise ConfigError(f"callbacks must be a sequence of functions, got {short(callbacks)}")
    if not model.params:
        raise ConfigError("the model has no parameters: there is nothing to learn")
    check_fit(model, plan.data, plan.loss)
    last = len(plan.data) - (plan.batches - 1) * plan.batch_size  # it may be too small for a norm
    model.for_training(0).output_shape((last, *plan.data.x.shape[1:]))
    if plan.validation is not None:
        check_fit(model, plan.validation, plan.loss, "validation")


def _function(name: str, value: Any) -> Any:
    if not callable(value):
        raise ConfigError(f"{name} must be a function, got {short(value)}")
    return value


def _seed(rng: Any) -> int:
    """Return the seed that all random choices of a run come from."""
    if isinstance(rng, int | np.integer):
        return integer("rng", rng, least=0, most=2**128)
    return int(generator(rng).integers(2**32))
