"""One net in training: `runs.Session` over the loop of `training.py`, with a hand on the brake.

The loop itself is not touched. torch calls a hook after every step of an optimiser: there orders
are taken in the middle of an epoch, and there a training that goes batch by batch waits. Settings
that act on a net in training are changed between two epochs, as `resume` would: the same state goes
on under another experiment. So a net that nobody altered is the very net of `fizzlab train`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Literal, Protocol, runtime_checkable

import torch

from fizzlab.configuration import differences
from fizzlab.errors import DivergedError, FizzlabError, NetError, UsageError
from fizzlab.experiment import Experiment
from fizzlab.lab.messages import Change, Status
from fizzlab.lab.problems import problem
from fizzlab.lab.workers.main import Tell
from fizzlab.lab.workers.reports import Reporter
from fizzlab.nets import build_net
from fizzlab.runs import Run, Update
from fizzlab.runs.ending import fit_in_closed_form
from fizzlab.runs.session import Session
from fizzlab.runs.state import State
from fizzlab.training import build_optimizer

POLL_S = 0.02  # between two looks at the orders, within an epoch
PATIENCE_S = 0.3  # that a pause waits for the end of an epoch

Mode = Literal["run", "pause", "step", "epoch"]


@runtime_checkable
class Poll(Protocol):
    """Handles orders that have come in."""

    def __call__(self, *, wait: bool = False) -> None:
        """Handles them; waits for one if there is none and `wait`."""


class Abandoned(Exception):
    """A training was given up in the middle of an epoch, for another one."""


class Training:
    """Trains a net as orders say, and reports.

    Args:
        run: Number of the run in its session.
        experiment: What is trained.
        tell: Takes news for the server.
        poll: Handles orders; called within epochs.

    Attributes:
        state: The training itself.
        status: What the page is told of it.
        step: Batches done of the present epoch.
        revealed: Whether test results are told.
        changes: Settings that were changed on the way.
        finished: The run, once it is over.
    """

    def __init__(self, run: int, experiment: Experiment, tell: Tell, poll: Poll) -> None:
        self.run, self.experiment, self.tell, self._poll = run, experiment, tell, poll
        self.splits = experiment.splits()
        self.status: Status = "idle"
        self.revealed, self.step = False, 0
        self.batch_loss: float | None = None
        self.changes: list[Change] = []
        self.finished: Run | None = None
        self._mode: Mode = "pause"
        self._asked = self._polled = self._until = self._waited = 0.0
        self._altered: Experiment | None = None
        self._begin()
        self._reporter = Reporter(self)

    def _begin(self) -> None:
        """Builds the net; where it will be trained, its untrained state begins the history."""
        net = build_net(self.experiment)
        self.state = State(net, build_optimizer(net, self.experiment.recipe))
        self.state.optimizer.register_step_post_hook(self._after_batch)
        self._updates = self._session()
        if self.experiment.recipe.method == "gradient":
            next(self._updates)

    def _session(self) -> Iterator[Update]:
        self.session = Session(self.experiment, self.splits, self.state)
        return self.session.updates()

    @property
    def wants_to_train(self) -> bool:
        """Whether `advance` is to be called."""
        return self._mode != "pause" and self.status in {"idle", "running", "paused"}

    @property
    def net(self) -> torch.nn.Module:
        """The net that is shown: at the end the one that the run keeps."""
        return self.finished.net if self.finished else self.state.net

    @property
    def steps(self) -> int:
        """The number of batches of an epoch."""
        return -(-len(self.splits.train) // self.experiment.recipe.batch_size)

    @property
    def version(self) -> tuple[object, ...]:
        """Changes whenever pictures of the net, or what they may tell, change."""
        return self.state.epoch, self.step, self.finished is not None, self.revealed

    def introduce(self) -> None:
        """Tells of the new net."""
        self._reporter.introduce()
        self._reporter.report()

    def go(self, mode: Mode, seconds: float) -> None:
        """Changes what is done from now on."""
        self._mode, self._asked = mode, time.monotonic()
        self._until = self._asked + seconds
        if mode != "pause" and self.status in {"idle", "paused"}:
            self.status = "running"
            self._reporter.report()
        elif mode == "pause" and self.status == "running" and not self.step:
            self.status = "paused"
            self._reporter.report()

    def uncover(self, *, shown: bool) -> None:
        """Tells results on test integers from now on, or no more."""
        self.revealed = shown
        self._reporter.report()

    def advance(self) -> None:
        """Trains to the end of the present epoch.

        Raises:
            Abandoned: If another training took its place.
        """
        self._alter_now()
        self.step, self._waited = 0, 0.0
        try:
            if self.experiment.recipe.method != "gradient":
                fit_in_closed_form(self.experiment, self.splits, self.state)
            update = next(self._updates, None)
        except FizzlabError as error:
            self._end_badly(error)
            return
        self.state.seconds -= self._waited
        self.step = 0
        if update is not None:
            self.batch_loss = update.batch_loss if math.isfinite(update.batch_loss) else None
        self._after_epoch()

    def _after_epoch(self) -> None:
        if self.state.stopped is not None:
            self._finish()
        elif self._mode != "run" or self._out_of_time():
            self._mode, self.status = "pause", "paused"
        self._reporter.report(at_once=self.status != "running")

    def _after_batch(self, optimizer: object, args: object, kwargs: object) -> None:
        """Is called by torch after each step of the optimiser."""
        self.step += 1
        hold = self._mode == "step"
        now = time.monotonic()
        if not hold and now - self._polled < POLL_S:
            return
        self._polled = now
        self._poll()
        self._out_of_time()
        self._reporter.report(at_once=False)
        if self.step == self.steps:
            return
        if hold and self._mode == "step":
            self._mode = "pause"
        while self._mode == "pause" and (hold or time.monotonic() - self._asked > PATIENCE_S):
            self._hold()

    def _hold(self) -> None:
        """Waits between two batches until an order has come in."""
        began, self.status = time.monotonic(), "paused"
        self._reporter.report()
        self._poll(wait=True)
        self._waited += time.monotonic() - began

    def _out_of_time(self) -> bool:
        """Pauses a training whose time is over; tells whether it is."""
        over = self._mode == "run" and time.monotonic() > self._until
        if over:
            self._mode, self._asked = "pause", time.monotonic()
            said = UsageError(
                "The time for one go is over: the net is paused.",
                fix="press start to train it on",
            )
            self.tell(problem("start", said, "budget"))
        return over

    def alter(self, experiment: Experiment) -> None:
        """Goes on under another experiment, from the next epoch on.

        Raises:
            UsageError: If it has no epoch left to train.
        """
        done = self.state.epoch + (self.step > 0)
        if experiment.recipe.last_epoch <= done and not self.finished:
            raise UsageError(
                f'"recipe.epochs": {done} epochs are done already.',
                expected=f"more than {done}",
                fix="choose more epochs, or reset the net",
            )
        self._altered = experiment
        if not self.step:
            self._alter_now()
            self._reporter.report()

    def _alter_now(self) -> None:
        altered, self._altered = self._altered, None
        if altered is None or self.finished or altered == self.experiment:
            return
        for name, (before, after) in differences(self.experiment, altered).items():
            self.changes.append(
                Change(epoch=self.state.epoch, name=name, before=before, after=after)
            )
        self.experiment = altered
        options = build_optimizer(self.state.net, altered.recipe).param_groups[0]
        for group in self.state.optimizer.param_groups:
            group.update({name: value for name, value in options.items() if name != "params"})
        self._updates = self._session()

    def _finish(self) -> None:
        self.status, self._mode = "finished", "pause"
        self.finished = Run(self.experiment, self.splits, self.state)
        if self.experiment.recipe.snap and self.state.stopped in {"accepted", "fitted"}:
            try:
                self.finished.snap()
            except NetError as error:
                self.tell(problem("start", error))

    def _end_badly(self, error: FizzlabError) -> None:
        self.status, self._mode, self.step = "diverged", "pause", 0
        self._reporter.report()
        self.tell(problem("start", error))

    def as_run(self) -> Run:
        """Gives the run as it stands between two epochs; its net is the one that is shown.

        Raises:
            UsageError: If it stands within an epoch, or diverged before.
            DivergedError: If it turns out now that it diverged.
        """
        if self.status == "diverged":
            raise UsageError("This net has diverged: there is nothing to keep.", fix="reset it")
        if self.step:
            raise UsageError(
                f"The net stands within epoch {self.state.epoch + 1}, and a run holds whole ones.",
                fix="finish the epoch first",
            )
        if self.finished:
            return self.finished
        try:
            self.session.refuse_divergence()
        except DivergedError as error:
            self._end_badly(error)
            raise
        return Run(self.experiment, self.splits, self.state)
