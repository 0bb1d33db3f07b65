"""The plain loop of `training.py`, one net after the other: the oracle of all other engines."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from fizzlab.engines.contract import HISTORY, Engine, Stop, Trained, alike
from fizzlab.errors import DivergedError
from fizzlab.experiment import Experiment
from fizzlab.nets import build_net
from fizzlab.runs.ending import fit_in_closed_form, snap_at_the_end
from fizzlab.runs.report import is_best_kept
from fizzlab.runs.session import Session, one_thread
from fizzlab.runs.state import State
from fizzlab.training import build_optimizer


class Sequential(Engine):
    """Covers every experiment; `threads` does not make it faster."""

    name = "sequential"

    @classmethod
    def unavailable(cls) -> str | None:
        """It runs wherever torch does."""
        return None

    @classmethod
    def uncovered(cls, experiment: Experiment) -> str | None:
        """It covers everything."""
        return None

    def train(
        self, experiments: Sequence[Experiment], *, threads: int, stop: Stop
    ) -> Iterator[Trained]:
        """See `Engine.train`."""
        for index, experiment in alike(experiments):
            if stop():
                return
            yield train_one(index, experiment)


def train_one(index: int, experiment: Experiment) -> Trained:
    """Trains one net with the plain loop."""
    began, net, diverged = time.perf_counter(), build_net(experiment), None
    state, splits = State(net, build_optimizer(net, experiment.recipe)), experiment.splits()
    with one_thread():
        try:
            fit_in_closed_form(experiment, splits, state)
            for _ in Session(experiment, splits, state).updates():
                pass
            snap_at_the_end(experiment, state)
        except DivergedError as error:
            diverged = error.epoch
    best = is_best_kept(experiment, state)
    weights = dict((state.best or {}) if best else net.state_dict())
    if state.codebook is not None:
        weights["codebook"] = state.codebook
    return Trained(
        index,
        experiment,
        weights=tuple(value.numpy().copy() for value in weights.values()),
        history={name: np.array(state.history[name]) for name in HISTORY},
        epochs=state.epoch if diverged is None else diverged,
        stopped=state.stopped or "diverged",
        kept_epoch=state.best_epoch if best else state.epoch,
        diverged=diverged,
        seconds=time.perf_counter() - began,
    )
