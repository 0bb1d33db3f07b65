"""One training, watched: consumes the loop, measures, keeps the best net, and decides when to stop.

Nothing here changes what is learned, and nothing here touches the disk.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from fizzlab.data import Split, Splits
from fizzlab.errors import DivergedError
from fizzlab.evaluation import frequency_loss, measure
from fizzlab.experiment import Experiment
from fizzlab.nets import Reader, logits
from fizzlab.readers import accepted, states_needed, train_reader
from fizzlab.runs.selection import Selection
from fizzlab.runs.state import State
from fizzlab.training import Epoch, train_epochs

MAX_WATCHED = 4096  # integers in a snapshot


@dataclass(frozen=True)
class Update:
    """What a watcher is told after an epoch.

    Attributes:
        epoch: Epochs done.
        epochs: Epochs planned.
        batch_loss: Loss of the epoch's last batch.
        row: Newest row of the history, by column; None if this epoch was not evaluated.
        state: The training itself; read it, do not change it.
        experiment: What is trained.
        splits: Its data.
    """

    epoch: int
    epochs: int
    batch_loss: float
    row: dict[str, float] | None
    state: State
    experiment: Experiment
    splits: Splits


Watcher = Callable[[Update], None]


class Session:
    """Trains a state to its end, and keeps its history, snapshots and best net.

    Args:
        experiment: What is trained, and how.
        splits: Its data.
        state: Where training stands; changed in place.
    """

    def __init__(self, experiment: Experiment, splits: Splits, state: State) -> None:
        self.experiment, self.splits, self.state = experiment, splits, state
        self.recipe = experiment.recipe
        self._train = tensors(experiment, splits.train)
        self._validation = tensors(experiment, splits.validation)
        watched = watched_integers(experiment, splits)
        self._watched = torch.from_numpy(experiment.encoding.rows(watched))
        baseline = math.inf
        if len(splits.validation):
            baseline = frequency_loss(splits.validation.labels, self.recipe.loss)
        self._selection = Selection(self.recipe, baseline, state.best_loss, state.best_epoch)
        self._learning_rate = 0.0  # of the last step
        self._needed = 0  # states that a machine needs that fits the training labels
        if self.recipe.extract_below is not None:
            self._needed = states_needed(splits.train, experiment.encoding.base)

    def updates(self) -> Iterator[Update]:
        """Trains, and yields once for the untrained net and once an epoch, until it is over.

        Whoever consumes this may stop at any yield: `state` is then between two epochs.

        Raises:
            DivergedError: If the loss becomes NaN or infinite.
        """
        state, began = self.state, time.monotonic()
        if not state.history["epoch"]:
            self._evaluate()
            yield self._update(math.nan, evaluated=True)
            began = time.monotonic()
        if state.stopped is not None:
            return
        for epoch in self._epochs():
            state.epoch, self._learning_rate = epoch.number, epoch.learning_rate
            if epoch.number > 1 and (epoch.number - 1) % self.recipe.epochs == 0:
                self._begin_anew()
            evaluated = self._after(epoch)
            state.seconds += time.monotonic() - began
            yield self._update(epoch.loss, evaluated=evaluated)
            began = time.monotonic()
            if state.stopped is not None:
                return

    def _epochs(self) -> Iterator[Epoch]:
        state, (rows, labels) = self.state, self._train
        if isinstance(state.net, Reader):
            return train_reader(
                state.net, state.optimizer, rows, labels, self.experiment, done=state.epoch
            )
        return train_epochs(
            state.net, state.optimizer, rows, labels, self.experiment, done=state.epoch
        )

    def _after(self, epoch: Epoch) -> bool:
        """Evaluates and chooses where the recipe says so; tells whether it evaluated.

        Raises:
            DivergedError: If the loss is NaN or infinite.
        """
        if not math.isfinite(epoch.loss):
            raise DivergedError(epoch.number, epoch.learning_rate, epoch.loss)
        recipe, state = self.recipe, self.state
        on_grid = epoch.number % recipe.evaluate_every == 0
        ends_a_try = epoch.number % recipe.epochs == 0 or epoch.number == recipe.last_epoch
        if on_grid or ends_a_try:
            self._evaluate()
            if isinstance(state.net, Reader) and self._accepts(state.net):
                state.stopped = "accepted"
        if on_grid:
            self._choose()
        if epoch.number == recipe.last_epoch and state.stopped is None:
            state.stopped = "epochs"
        return on_grid or ends_a_try

    def _accepts(self, net: Reader) -> bool:
        return accepted(net, self.experiment, self.splits.train, self._needed)

    def _begin_anew(self) -> None:
        """Forgets the best net of the try before: its successor has a choice of its own."""
        state, began = self.state, self.state.epoch - 1
        state.best, state.best_loss, state.best_epoch = None, math.inf, began
        self._selection = Selection(self.recipe, self._selection.baseline, best_epoch=began)

    def refuse_divergence(self) -> None:
        """Makes sure that no checkpoint will hold a net that the last step has ruined.

        Raises:
            DivergedError: If the training loss is NaN or infinite.
        """
        loss = measure(self.state.net, *self._train, self.recipe.loss).loss
        if not math.isfinite(loss):
            raise DivergedError(self.state.epoch, self._learning_rate, loss)

    def _evaluate(self) -> None:
        """Adds a row to the history, and a snapshot now and then.

        Raises:
            DivergedError: If the training loss is NaN or infinite.
        """
        net, history = self.state.net, self.state.history
        train = measure(net, *self._train, self.recipe.loss)
        if not math.isfinite(train.loss):
            raise DivergedError(self.state.epoch, self._learning_rate, train.loss)
        row = {
            "epoch": float(self.state.epoch),
            "learning_rate": self._learning_rate,
            "train_loss": train.loss,
            "train_accuracy": train.accuracy,
            "validation_loss": math.nan,
            "validation_accuracy": math.nan,
            "gradient_norm": norm(p.grad for p in net.parameters()),
            "weight_norm": norm(net.parameters()),
            "dead_share": train.dead_share,
        }
        if len(self.splits.validation):
            validation = measure(net, *self._validation, self.recipe.loss)
            row |= {
                "validation_loss": validation.loss,
                "validation_accuracy": validation.accuracy,
            }
        for name, value in row.items():
            history[name].append(value)
        if len(self._watched) and is_snapshot_epoch(self.state.epoch):
            labels = logits(net, self._watched).argmax(dim=1)
            self.state.snapshots[self.state.epoch] = labels.numpy().astype(np.int16)

    def _choose(self) -> None:
        """Keeps the best net by validation, and decides whether to stop."""
        state = self.state
        if not len(self.splits.validation):
            return
        loss = state.history["validation_loss"][-1]
        accuracy = state.history["validation_accuracy"][-1]
        is_best, stopped = self._selection.see(state.epoch, loss, accuracy)
        state.stopped = state.stopped or stopped
        if is_best:
            state.keep_best(loss)

    def _update(self, batch_loss: float, *, evaluated: bool) -> Update:
        history = self.state.history
        row = {name: values[-1] for name, values in history.items()} if evaluated else None
        epoch, epochs = self.state.epoch, self.recipe.last_epoch
        return Update(epoch, epochs, batch_loss, row, self.state, self.experiment, self.splits)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Computes on one thread: sums then have one order, and small nets train faster."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def tensors(experiment: Experiment, split: Split) -> tuple[Tensor, Tensor]:
    """Encodes a split: rows (n, features) float32, labels (n,) int64."""
    rows = torch.from_numpy(experiment.encoding.rows(split.integers))
    return rows, torch.tensor(split.labels)


def norm(values: Iterator[Tensor | None]) -> float:
    """Gives the Euclidean norm of several tensors together; NaN if there are none."""
    found = [value.detach() for value in values if value is not None]
    return nn.utils.get_total_norm(found).item() if found else math.nan


def watched_integers(experiment: Experiment, splits: Splits) -> np.ndarray:
    """Gives the integers of snapshots: all of the encoding, else the test's, else none."""
    if experiment.encoding.capacity <= MAX_WATCHED:
        return np.arange(experiment.encoding.capacity)
    return splits.test.integers[: MAX_WATCHED if len(splits.test) <= MAX_WATCHED else 0]


def is_snapshot_epoch(epoch: int) -> bool:
    """Tells whether to take a snapshot: five times as often early as late, at most ~45 a decade.

    >>> [epoch for epoch in range(0, 200, 10) if is_snapshot_epoch(epoch)][-5:]
    [100, 120, 140, 160, 180]
    """
    decade = 10 ** (len(str(epoch)) - 1)
    return epoch % max(1, decade // 5) == 0
