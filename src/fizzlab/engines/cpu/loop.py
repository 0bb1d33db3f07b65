"""One net, from its first epoch to its last, in one compiled call.

It follows `training.train_epochs` and `runs.session.Session` step for step: the order of an epoch,
its batches, the rates of each step, evaluations every so many epochs, the best net, the stops.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32

from fizzlab.engines.cpu import kernels, losses, optimizers
from fizzlab.engines.cpu.compiling import compiled, inlined
from fizzlab.engines.cpu.kernels import TILE
from fizzlab.engines.cpu.optimizers import ADAMW, SGD
from fizzlab.engines.cpu.order import permute

GIVEN, PERMUTED, RESHUFFLED = 0, 1, 2
EPOCHS, TARGET, PATIENCE, DIVERGED = 0, 1, 2, 3  # why training ended
ORDER_STREAM = 3


class Plan(NamedTuple):
    """A recipe in numbers; 0 or NaN stand for what is not wanted.

    Attributes:
        seed: Of the stream `order`.
        order: GIVEN, PERMUTED or RESHUFFLED.
        batch_size: Integers a step.
        epochs: The last epoch.
        optimizer: SGD, ADAM or ADAMW.
        nesterov: Whether SGD's momentum is Nesterov's.
        beta2: Adam's second beta.
        decay: Weight decay.
        clip_norm: Largest norm of a gradient; 0 for any.
        evaluate_every: Epochs between two evaluations.
        keep_best: Whether the net of lowest validation loss is kept.
        target: Validation accuracy at which to stop; NaN for none.
        patience: Epochs without a lower validation loss after which to stop; 0 for none.
        baseline: Label-frequency baseline of the validation labels, nats.
    """

    seed: int
    order: int
    batch_size: int
    epochs: int
    optimizer: int
    nesterov: bool
    beta2: float
    decay: float
    clip_norm: float
    evaluate_every: int
    keep_best: bool
    target: float
    patience: int
    baseline: float


class Room(NamedTuple):
    """Memory that one net needs while it is trained; made by `layout.py`.

    Attributes:
        tables: The lookup layer's tables, flat, float32.
        table_gradients: Their gradients.
        work: Activations and deltas of one tile of samples.
        sums: Log-sums of a tile, and room for sixteen numbers.
        grad: The gradient, laid out as the net.
        moments: Momentum, or Adam's first moments.
        squares: Adam's second moments.
        samples: Table rows of a tile's samples, shape (TILE, groups).
        sample_labels: Their labels, shape (TILE,).
        order: The epoch's order.
        words: See `order.permute`.
        ends: See `order.permute`.
    """

    tables: np.ndarray
    table_gradients: np.ndarray
    work: np.ndarray
    sums: np.ndarray
    grad: np.ndarray
    moments: np.ndarray
    squares: np.ndarray
    samples: np.ndarray
    sample_labels: np.ndarray
    order: np.ndarray
    words: np.ndarray
    ends: np.ndarray


@inlined
def take(order, start, end, table_rows, labels, padding, room):
    """Copies up to TILE samples; gives their number, filled up to a multiple of 4."""
    count = min(TILE, end - start)
    filled = (count + 3) // 4 * 4
    for s in range(filled):
        n = order[start + min(s, count - 1)]
        for group in range(table_rows.shape[1]):
            room.samples[s, group] = table_rows[n, group]
        room.sample_labels[s] = labels[n] if s < count else padding
    return count, filled


@inlined
def forward(theta, shape, count, room):
    """Gives the logits of a tile's samples, in the work space."""
    kernels.lookup_forward(room.tables, shape, room.samples, count, room.work)
    for layer in range(1, len(shape.widths)):
        kernels.dense_forward(theta, shape, layer, count, room.work)


@inlined
def add_gradient(theta, shape, loss, order, start, end, table_rows, labels, room):
    """Computes the gradient of one batch; tells whether its logits were finite."""
    room.grad[:] = 0
    room.table_gradients[:] = 0
    kernels.build_tables(theta, shape, room.tables)
    weight = float32(end - start)
    if not loss.uniform:
        weight = float32(0.0)
        for at in range(start, end):
            weight += loss.weights[labels[order[at]]]
    finite = True
    for first in range(start, end, TILE):
        count, filled = take(order, first, end, table_rows, labels, shape.labels, room)
        forward(theta, shape, filled, room)
        if end == len(order):  # the plain loop looks at the last batch
            finite = finite and are_finite(shape, count, room.work)
        losses.softmax_backward(
            shape, loss, room.sample_labels, filled, float32(1.0) / weight, room.work
        )
        for layer in range(len(shape.widths) - 1, 0, -1):
            kernels.dense_backward(
                theta,
                shape,
                layer,
                room.samples,
                filled,
                room.work,
                room.grad,
                room.table_gradients,
            )
        if len(shape.widths) == 1:
            kernels.lookup_backward(shape, room.samples, count, room.work, room.table_gradients)
    kernels.fold_tables(room.table_gradients, shape, room.grad)
    return finite


@inlined
def are_finite(shape, count, work):
    """Tells whether the logits of a tile are finite."""
    last = len(shape.widths) - 1
    for s in range(count):
        for label in range(shape.labels):
            at = shape.activations[last] + kernels.place(s, label, shape.widths[last])
            if not np.isfinite(work[at]):
                return False
    return True


@inlined
def update(theta, plan, room, learning_rate, momentum, step):
    """Takes one step of the optimiser; `step` is counted from 1."""
    if plan.clip_norm > 0:
        optimizers.clip(room.grad, plan.clip_norm)
    if plan.optimizer == SGD:
        optimizers.step_sgd(
            theta, room.grad, room.moments, learning_rate, momentum, plan.nesterov, plan.decay
        )
    else:
        optimizers.step_adam(
            theta,
            room.grad,
            room.moments,
            room.squares,
            learning_rate,
            momentum,
            plan.beta2,
            step,
            plan.decay,
            plan.optimizer == ADAMW,
        )


@inlined
def logit(shape, room, s, label):
    """Gives one logit of a tile's sample."""
    last = len(shape.widths) - 1
    return room.work[shape.activations[last] + kernels.place(s, label, shape.widths[last])]


@compiled
def measure(theta, shape, everything, table_rows, labels, room):
    """Gives mean cross-entropy (nats) and number right of a split.

    Args:
        theta: The net.
        shape: Its shape.
        everything: 0, 1, 2 … as far as the split is long.
        table_rows: Table rows of its integers, shape (n, groups).
        labels: Their labels.
        room: Its `tables` are those of the net.
    """
    total, right = 0.0, 0
    for first in range(0, len(labels), TILE):
        count, filled = take(everything, first, len(labels), table_rows, labels, 0, room)
        forward(theta, shape, filled, room)
        losses.log_sums(shape, filled, room.work, room.sums)
        for s in range(count):
            largest, said, y = logit(shape, room, s, 0), 0, room.sample_labels[s]
            for label in range(1, shape.labels):
                if logit(shape, room, s, label) > largest:
                    largest, said = logit(shape, room, s, label), label
            total += float(room.sums[s]) - float(logit(shape, room, s, y))
            right += said == y
    return total / len(labels), right


@compiled
def see(plan, best_loss, best_epoch, epoch, loss, accuracy):
    """Is `runs.selection.Selection.see`: gives is_best, and why to stop (EPOCHS for not yet)."""
    is_best = loss < best_loss
    if is_best:
        best_loss, best_epoch = loss, epoch
    if accuracy >= plan.target:
        return is_best, TARGET
    if plan.patience > 0 and best_loss < plan.baseline and epoch - best_epoch >= plan.patience:
        return is_best, PATIENCE
    return is_best, EPOCHS


@compiled
def evaluate(theta, shape, train, validation, everything, room, row):
    """Fills one row of the history but for its epoch; tells whether the training loss is finite."""
    kernels.build_tables(theta, shape, room.tables)
    row[1], right = measure(theta, shape, everything, train[0], train[1], room)
    row[2] = right / len(train[1])
    if len(validation[1]):
        row[3], right = measure(theta, shape, everything, validation[0], validation[1], room)
        row[4] = right / len(validation[1])
    return np.isfinite(row[1])


@compiled
def train_net(theta, shape, loss, plan, rates, train, validation, everything, room, best, history):
    """Trains one net in place.

    Args:
        theta: The net, flat, float32; trained in place.
        shape: See `Shape`.
        loss: See `losses.Loss`.
        plan: See `Plan`.
        rates: Learning rates and momenta of all steps, float64.
        train: Table rows (n, groups) and labels (n,) of the training integers.
        validation: The same of the validation integers, perhaps none.
        everything: 0, 1, 2 … as far as the longer of both.
        room: See `Room`.
        best: Receives the kept net if validation chooses it.
        history: Receives the rows, NaN before, shape (rows, 5): see `contract.HISTORY`.

    Returns:
        Rows filled, the last epoch, why it ended, and the epoch of `best` (0 for none).
    """
    n, rows, best_epoch, best_loss, step = len(train[1]), 1, 0, np.inf, 0
    history[0, 0] = 0
    if not evaluate(theta, shape, train, validation, everything, room, history[0]):
        return 0, 0, DIVERGED, 0
    order = everything[:n]
    if plan.order == PERMUTED:
        permute(plan.seed, ORDER_STREAM, 0, room.words, room.ends, room.order)
        order = room.order
    for epoch in range(1, plan.epochs + 1):
        if plan.order == RESHUFFLED:
            permute(plan.seed, ORDER_STREAM, epoch, room.words, room.ends, room.order)
            order = room.order
        finite = True
        for start in range(0, n, plan.batch_size):
            end = min(start + plan.batch_size, n)
            finite = add_gradient(theta, shape, loss, order, start, end, train[0], train[1], room)
            update(theta, plan, room, rates[0][step], rates[1][step], step + 1)
            step += 1
        if not finite:
            return rows, epoch, DIVERGED, best_epoch
        on_grid = epoch % plan.evaluate_every == 0
        if not on_grid and epoch < plan.epochs:
            continue
        history[rows, 0] = epoch
        if not evaluate(theta, shape, train, validation, everything, room, history[rows]):
            history[rows] = np.nan
            return rows, epoch, DIVERGED, best_epoch
        rows += 1
        if not on_grid or not len(validation[1]):
            continue
        is_best, why = see(
            plan, best_loss, best_epoch, epoch, history[rows - 1, 3], history[rows - 1, 4]
        )
        if is_best:
            best_loss, best_epoch = history[rows - 1, 3], epoch
            if plan.keep_best:
                for i in range(len(theta)):
                    best[i] = theta[i]
        if why != EPOCHS:
            return rows, epoch, why, best_epoch
    return rows, plan.epochs, EPOCHS, best_epoch
