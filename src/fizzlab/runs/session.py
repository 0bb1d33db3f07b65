"""One training, watched: consumes the loop, and keeps history, best net, stops and the disk.

Nothing here changes what is learned. Interruptions (Ctrl-C, a time budget, a kill) lose at most
the epochs since the last checkpoint, and resuming gives the same bits as not having stopped.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import numpy as np
import torch
from torch import Tensor

from fizzlab.data import Split, Splits
from fizzlab.errors import DivergedError
from fizzlab.evaluation import dead_share, frequency_loss, measure
from fizzlab.experiment import Experiment
from fizzlab.nets import logits
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
    """Trains a state to its end, or until it is interrupted.

    Args:
        experiment: What is trained, and how.
        splits: Its data.
        state: Where training stands; changed in place.
        save: Writes the state; called at least every `save_every_s` seconds.
        watch: Told after every epoch.
        time_budget_s: Seconds after which to interrupt; None for no limit.
        save_every_s: Longest time between two writes, in seconds.
    """

    def __init__(
        self,
        experiment: Experiment,
        splits: Splits,
        state: State,
        *,
        save: Callable[[State], None],
        watch: Watcher | None = None,
        time_budget_s: float | None = None,
        save_every_s: float = 2.0,
    ) -> None:
        self.experiment, self.splits, self.state = experiment, splits, state
        self.recipe = experiment.recipe
        self._save, self._watch = save, watch
        self._time_budget_s, self._save_every_s = time_budget_s, save_every_s
        self._train = tensors(experiment, splits.train)
        self._validation = tensors(experiment, splits.validation)
        watched = watched_integers(experiment, splits)
        self._watched = torch.from_numpy(experiment.encoding.rows(watched))
        self._baseline = math.inf
        if len(splits.validation):
            self._baseline = frequency_loss(splits.validation.labels)
        self.interrupted = False

    def run(self) -> str:
        """Trains; gives why it ended: epochs, target, patience, time or interrupted.

        Raises:
            DivergedError: If the loss becomes NaN or infinite; the last checkpoint stays.
        """
        state, began, earlier = self.state, time.monotonic(), self.state.seconds
        saved = began
        with one_thread(), self._listening_to_ctrl_c():
            if not state.history["epoch"]:
                self._evaluate(0.0)
                self._tell(math.nan, evaluated=True)
                self._save(state)
            if state.stopped is None:
                for epoch in self._epochs():
                    state.epoch = epoch.number
                    self._after(epoch)
                    now = time.monotonic()
                    state.seconds = earlier + now - began
                    if state.stopped is not None:
                        break
                    over = self._is_interrupted(now - began)
                    if over or now - saved >= self._save_every_s:
                        self._refuse_divergence(epoch)
                        self._save(state)
                        saved = now
                    if over:
                        break
            self._save(state)
        return state.stopped or ("interrupted" if self.interrupted else "time")

    def _epochs(self) -> Iterator[Epoch]:
        state, (rows, labels) = self.state, self._train
        return train_epochs(
            state.net, state.optimizer, rows, labels, self.experiment, done=state.epoch
        )

    def _after(self, epoch: Epoch) -> None:
        if not math.isfinite(epoch.loss):
            raise DivergedError(epoch.number, epoch.learning_rate, epoch.loss)
        on_grid = epoch.number % self.recipe.evaluate_every == 0
        is_last = epoch.number == self.recipe.epochs
        if on_grid or is_last:
            self._evaluate(epoch.learning_rate)
        if on_grid:
            self._choose()
        if is_last and self.state.stopped is None:
            self.state.stopped = "epochs"
        self._tell(epoch.loss, evaluated=on_grid or is_last)

    def _refuse_divergence(self, epoch: Epoch) -> None:
        """Makes sure that no checkpoint holds a net that the last step has ruined."""
        loss = measure(self.state.net, *self._train).loss
        if not math.isfinite(loss):
            raise DivergedError(epoch.number, epoch.learning_rate, loss)

    def _evaluate(self, learning_rate: float) -> None:
        """Adds a row to the history, and a snapshot now and then."""
        net, history = self.state.net, self.state.history
        train = measure(net, *self._train)
        if not math.isfinite(train.loss):
            raise DivergedError(self.state.epoch, learning_rate, train.loss)
        row = {
            "epoch": float(self.state.epoch),
            "learning_rate": learning_rate,
            "train_loss": train.loss,
            "train_accuracy": train.accuracy,
            "validation_loss": math.nan,
            "validation_accuracy": math.nan,
            "gradient_norm": norm(p.grad for p in net.parameters()),
            "weight_norm": norm(net.parameters()),
            "dead_share": dead_share(net, self._train[0]),
        }
        if len(self.splits.validation):
            validation = measure(net, *self._validation)
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
        state, recipe = self.state, self.recipe
        if not len(self.splits.validation):
            return
        loss = state.history["validation_loss"][-1]
        state.keep_best(loss)
        accuracy = state.history["validation_accuracy"][-1]
        if recipe.target_accuracy is not None and accuracy >= recipe.target_accuracy:
            state.stopped = "target"
        counts = state.best_loss < self._baseline
        waited = state.epoch - state.best_epoch
        if recipe.patience is not None and counts and waited >= recipe.patience:
            state.stopped = "patience"

    def _tell(self, batch_loss: float, *, evaluated: bool) -> None:
        if self._watch is None:
            return
        history = self.state.history
        row = {name: values[-1] for name, values in history.items()} if evaluated else None
        epoch, epochs = self.state.epoch, self.recipe.epochs
        self._watch(
            Update(epoch, epochs, batch_loss, row, self.state, self.experiment, self.splits)
        )

    def _is_interrupted(self, seconds: float) -> bool:
        over = self._time_budget_s is not None and seconds >= self._time_budget_s
        return self.interrupted or over

    @contextlib.contextmanager
    def _listening_to_ctrl_c(self) -> Iterator[None]:
        """The first Ctrl-C ends training after the epoch, a second one at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(signum: int, frame: FrameType | None) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


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
    norms = [value.detach().norm() for value in values if value is not None]
    return torch.stack(norms).norm().item() if norms else math.nan


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
