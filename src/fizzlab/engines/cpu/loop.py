"""One net, from its first epoch to its last, in one compiled call.

It follows `training.train_epochs` and `runs.session.Session` step for step: the order of an epoch,
its batches, the rates of each step, evaluations every so many epochs, the best net, the stops.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import float32

from fizzlab.engines.cpu import kernels, losses, optimizers, pair, tables
from fizzlab.engines.cpu.compiling import compiled, inlined
from fizzlab.engines.cpu.kernels import TILE
from fizzlab.engines.cpu.optimizers import ADAMW, SGD
from fizzlab.engines.cpu.order import permute
from fizzlab.engines.cpu.simd import item

GIVEN, PERMUTED, RESHUFFLED = 0, 1, 2
EPOCHS, TARGET, PATIENCE, DIVERGED = 0, 1, 2, 3  # why training ended
ORDER_STREAM = 3
EVERY = -1  # of the rows of tables


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
        heads: The last layer with its last row taken from all others, laid out as the net.
        work: Activations and deltas of one tile of samples.
        spare: Room for 48 numbers.
        grad: The gradient, laid out as the net.
        moments: Momentum, or Adam's first moments.
        squares: Adam's second moments.
        samples: Table rows of the epoch's samples, as `lay_out` writes them.
        sample_labels: Their labels, float32.
        sample_scales: The loss's `scales` of each.
        sample_sharp: The loss's `sharp` of each.
        shared: Row of the last table that four samples share; very negative if they do not.
        used: Which rows of the tables each batch needs, see `tables`.
        order: The epoch's order; 0, 1, 2 … at first.
        words: See `order.permute`.
        ends: See `order.permute`.
    """

    tables: np.ndarray
    table_gradients: np.ndarray
    heads: np.ndarray
    work: np.ndarray
    spare: np.ndarray
    grad: np.ndarray
    moments: np.ndarray
    squares: np.ndarray
    samples: np.ndarray
    sample_labels: np.ndarray
    sample_scales: np.ndarray
    sample_sharp: np.ndarray
    shared: np.ndarray
    used: np.ndarray
    order: np.ndarray
    words: np.ndarray
    ends: np.ndarray


@inlined
def lay_out(order, batch_size, split, loss, groups, room):
    """Copies the samples of an epoch in their order, each batch filled up to a multiple of 4."""
    at, (table_rows, labels, used, _) = 0, split
    for start in range(0, len(order), batch_size):
        seen = 0
        for i in range(start, min(start + batch_size, len(order))):
            n = item(order, i)
            seen |= item(used, n)
            for group in range(groups):
                room.samples[at * groups + group] = item(table_rows, n * groups + group)
            label = item(labels, n)
            room.sample_labels[at] = label
            room.sample_scales[at] = item(loss.scales, int(label))
            room.sample_sharp[at] = item(loss.sharp, int(label))
            at += 1
        room.used[start // batch_size] = seen
        while at % 4 > 0:
            for group in range(groups):
                room.samples[at * groups + group] = room.samples[(at - 1) * groups + group]
            at += 1
    for s in range(0, at, 4):
        a, b, c, d = kernels.items(room.samples, (s + 1) * groups - 1, groups)
        room.shared[s // 4] = a if a == b and a == c and a == d else -(1 << 60)


@inlined
def forward(theta, shape, samples, first, count, room):
    """Gives the logits of a tile's samples, in the work space."""
    last = len(shape.widths) - 1
    if pair.is_pair(shape):
        places = pair.places_of(shape)
        pair.pair_forward(room.heads, places, samples, first, count, room.work, room.tables)
        return
    kernels.lookup_forward(room.tables, shape, samples, first, count, room.work)
    for layer in range(1, last + 1):
        weights = room.heads if layer == last else theta
        kernels.dense_forward(weights, shape, layer, count, room.work)


@inlined
def backward(theta, shape, first, count, room):
    """Adds what a tile gives to the gradient, and to the gradients of the lookup layer's tables."""
    last, samples, work, grad = len(shape.widths) - 1, room.samples, room.work, room.grad
    if last == 0:
        kernels.lookup_backward(shape, samples, first, count, work, room.table_gradients)
    for layer in range(last, 0, -1):
        kernels.add_to_biases(shape, layer, count, work, grad)
        if pair.is_pair(shape):
            pair.pair_backward(
                room.heads,
                pair.places_of(shape),
                samples,
                room.shared,
                first,
                count,
                work,
                grad,
                room.tables,
                room.table_gradients,
            )
            return
        weights = room.heads if layer == last else theta
        kernels.dense_backward(
            weights, shape, layer, samples, first, count, work, grad, room.table_gradients
        )


@inlined
def prepare(theta, shape, used, room):
    """Makes what depends on the weights only."""
    tables.build_tables(theta, shape, used, room.tables)
    if len(shape.widths) > 1:
        kernels.differences(theta, shape, room.heads)


@inlined
def add_gradient(theta, shape, loss, start, count, is_last, used, room):
    """Computes the gradient of one batch; tells whether its logits were finite."""
    last = len(shape.widths) - 1
    room.grad[:] = 0
    prepare(theta, shape, used, room)
    weight = float32(count)
    if not loss.uniform:
        weight = float32(0.0)
        for at in range(start, start + count):
            weight += loss.weights[int(room.sample_labels[at])]
    finite = True
    for first in range(start, start + count, TILE):
        left = min(TILE, start + count - first)
        filled = (left + 3) // 4 * 4
        forward(theta, shape, room.samples, first, filled, room)
        if is_last:  # the plain loop looks at the last batch
            finite = finite and are_finite(shape, left, room.work)
        losses.softmax_backward(shape, loss, room, first, left, weight)
        backward(theta, shape, first, filled, room)
    tables.fold_tables(room.table_gradients, shape, used, room.grad)
    if last > 0:
        kernels.complete_gradient(shape, room.grad)
    return finite


@inlined
def are_finite(shape, count, work):
    """Tells whether the logits of a tile are finite."""
    for s in range(count):
        for label in range(shape.labels):
            if not np.isfinite(item(work, kernels.place_of_logit(shape, s, label))):
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


@compiled
def measure(theta, shape, split, room):
    """Gives mean cross-entropy (nats) and share right of a split.

    Args:
        theta: The net.
        shape: Its shape.
        split: See `layout.numbers_of`.
        room: Its `tables` are those of the net.
    """
    table_rows, labels, _, n = split
    entropy, right = 0.0, 0
    for first in range(0, n, TILE):
        count = min(TILE, n - first)
        forward(theta, shape, table_rows, first, (count + 3) // 4 * 4, room)
        more, hits = losses.cross_entropy(shape, labels, first, count, room.work, room.spare)
        entropy, right = entropy + more, right + hits
    return entropy / n, right / n


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
def evaluate(theta, shape, train, validation, room, row):
    """Fills one row of the history but for its epoch; tells whether the training loss is finite."""
    prepare(theta, shape, EVERY, room)
    row[1], row[2] = measure(theta, shape, train, room)
    if validation[3]:
        row[3], row[4] = measure(theta, shape, validation, room)
    return np.isfinite(row[1])


@compiled
def train_net(theta, shape, loss, plan, rates, train, validation, room, best, history):
    """Trains one net in place.

    Args:
        theta: The net, flat, float32; trained in place.
        shape: See `Shape`.
        loss: See `losses.Loss`.
        plan: See `Plan`.
        rates: Learning rates and momenta of all steps, float64.
        train: The training integers, see `layout.numbers_of`.
        validation: The validation integers, perhaps none.
        room: See `Room`.
        best: Receives the kept net if validation chooses it.
        history: Receives the rows, NaN before, shape (rows, 5): see `contract.HISTORY`.

    Returns:
        Rows filled, the last epoch, why it ended, and the epoch of `best` (0 for none).
    """
    n, rows, best_epoch, best_loss, step = train[3], 1, 0, np.inf, 0
    history[0, 0] = 0
    if not evaluate(theta, shape, train, validation, room, history[0]):
        return 0, 0, DIVERGED, 0
    groups, batch_size = len(shape.group_sizes), min(plan.batch_size, n)
    if plan.order == PERMUTED:
        permute(plan.seed, ORDER_STREAM, 0, room.words, room.ends, room.order)
    for epoch in range(1, plan.epochs + 1):
        if plan.order == RESHUFFLED:
            permute(plan.seed, ORDER_STREAM, epoch, room.words, room.ends, room.order)
        if plan.order == RESHUFFLED or epoch == 1:
            lay_out(room.order, batch_size, train, loss, groups, room)
        finite = True
        for start in range(0, n, batch_size):
            batch, count = start // batch_size, min(batch_size, n - start)
            at, is_last = batch * -(-batch_size // 4) * 4, start + count == n
            finite = add_gradient(theta, shape, loss, at, count, is_last, room.used[batch], room)
            update(theta, plan, room, rates[0][step], rates[1][step], step + 1)
            step += 1
        if not finite:
            return rows, epoch, DIVERGED, best_epoch
        on_grid = epoch % plan.evaluate_every == 0
        if not on_grid and epoch < plan.epochs:
            continue
        history[rows, 0] = epoch
        if not evaluate(theta, shape, train, validation, room, history[rows]):
            history[rows] = np.nan
            return rows, epoch, DIVERGED, best_epoch
        rows += 1
        if not on_grid or not validation[3]:
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
