"""The plain loop of `training.py`, one net after the other: the oracle of all other engines."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from fizzlab.engines.contract import HISTORY, Engine, Stop, Trained, alike
from fizzlab.errors import DivergedError, NetError
from fizzlab.experiment import Experiment
from fizzlab.nets import Reader, build_net
from fizzlab.readers import snap
from fizzlab.runs.closed_form import fit_in_closed_form
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


def answering(experiment: Experiment, state: State) -> dict[str, Tensor]:
    """Gives the weights of the net that answers: snapped where the recipe says so, if it can be."""
    wanted = experiment.recipe.snap and state.stopped in {"accepted", "fitted"}
    if wanted and isinstance(state.net, Reader):
        with contextlib.suppress(NetError), one_thread():
            return state.net.state_dict() | {"codebook": snap(state.net).codebook}
    return state.net.state_dict()


def train_one(index: int, experiment: Experiment) -> Trained:
    """Trains one net with the plain loop."""
    began, net, diverged = time.perf_counter(), build_net(experiment), None
    state, splits = State(net, build_optimizer(net, experiment.recipe)), experiment.splits()
    with one_thread():
        try:
            fit_in_closed_form(experiment, splits, state)
            for _ in Session(experiment, splits, state).updates():
                pass
        except DivergedError as error:
            diverged = error.epoch
    best = is_best_kept(experiment, state)
    net.load_state_dict((state.best or {}) if best else net.state_dict())
    return Trained(
        index,
        experiment,
        weights=tuple(value.numpy().copy() for value in answering(experiment, state).values()),
        history={name: np.array(state.history[name]) for name in HISTORY},
        epochs=state.epoch if diverged is None else diverged,
        stopped=state.stopped or "diverged",
        kept_epoch=state.best_epoch if best else state.epoch,
        diverged=diverged,
        seconds=time.perf_counter() - began,
    )
