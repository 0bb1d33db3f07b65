"""A worker's desk: takes orders one by one, and trains in between."""

from __future__ import annotations

import traceback
from queue import SimpleQueue

import torch

from fizzlab.errors import FizzlabError
from fizzlab.experiment import Experiment
from fizzlab.lab import orders
from fizzlab.lab.problems import problem
from fizzlab.lab.workers import answers, luck
from fizzlab.lab.workers.main import Tell
from fizzlab.lab.workers.pictures import Pictures
from fizzlab.lab.workers.training import Abandoned, Training

ABOUT = {"why": "explain", "go": "start", "build": "reset", "alter": "configure"}


class Desk:
    """Handles orders.

    Args:
        waiting: Orders as they come in.
        tell: Takes news for the server.
    """

    def __init__(self, waiting: SimpleQueue[orders.AnyOrder], tell: Tell) -> None:
        self.waiting, self.tell = waiting, tell
        self.training: Training | None = None
        self.pictures: Pictures | None = None
        torch.set_num_threads(1)

    def warm_up(self) -> None:
        """Trains a small net once, so that all that is loaded late is loaded now."""
        small = Experiment().replaced({"recipe.epochs": 1, "net.hidden": 2})
        training = Training(0, small, lambda news: None, self.poll)
        training.introduce()
        training.go("run", 10)
        training.advance()

    def work(self) -> None:
        """Works until the process ends."""
        while True:
            training = self.training
            try:
                if training is None or not training.wants_to_train:
                    self.handle(self.waiting.get())
                    continue
                self.poll()
                if self.training is training and training.wants_to_train:
                    training.advance()
            except Abandoned:
                continue

    def poll(self, *, wait: bool = False) -> None:
        """Handles the orders that have come in; waits for one if there is none and `wait`.

        Raises:
            Abandoned: If the training that was going on is given up for another one.
        """
        before = self.training
        if wait:
            self.handle(self.waiting.get())
        while not self.waiting.empty():
            self.handle(self.waiting.get())
        if before is not self.training and before is not None:
            raise Abandoned

    def handle(self, order: orders.AnyOrder) -> None:
        """Does what one order says; what goes wrong is told.

        Raises:
            Abandoned: If the training that was going on is given up for another one.
        """
        try:
            self._do(order)
        except Abandoned:
            raise
        except FizzlabError as error:
            self.tell(problem(ABOUT.get(order.order, order.order), error))
        except Exception as error:  # the net at hand shall not be lost by it
            traceback.print_exc()
            said = FizzlabError(
                f"The lab failed: {type(error).__name__}: {error}.",
                fix="the terminal of `fizzlab lab` tells more; please report it",
            )
            self.tell(problem(ABOUT.get(order.order, order.order), said))

    def _do(self, order: orders.AnyOrder) -> None:
        if isinstance(order, orders.Build):
            self.training = None
            made = Training(order.run, Experiment(**order.experiment), self.tell, self.poll)
            self.training, self.pictures = made, Pictures(made)
            made.introduce()
        elif isinstance(order, orders.LuckOrder):
            luck.try_luck(order, self.tell, self._ended)
        elif self.training is None or self.pictures is None:
            if isinstance(order, orders.Make):
                self.tell(answers.no_net(order))
        elif isinstance(order, orders.Go):
            self.training.go(order.mode, order.seconds)
        elif isinstance(order, orders.Alter):
            self.training.alter(Experiment(**order.experiment))
        elif isinstance(order, orders.Uncover):
            self.training.uncover(shown=order.shown)
        elif isinstance(order, orders.Look):
            self._look(order, self.training, self.pictures)
        elif isinstance(order, orders.Why):
            self.tell(answers.explanation(self.training, order.integer))
        elif isinstance(order, orders.ProveOrder):
            self.tell(answers.proof(self.training))
        elif isinstance(order, orders.Make):
            self.tell(answers.made(self.training, order))

    def _look(self, order: orders.Look, training: Training, pictures: Pictures) -> None:
        parts, complete = pictures.look(order.panel, order.neurons)
        for part in parts:
            self.tell(part)
        self.tell(orders.Looked(run=training.run, panel=order.panel, complete=complete))

    def _ended(self) -> bool:
        """Tells whether luck is to end: nothing else is asked of a worker that tries it."""
        while not self.waiting.empty():
            if isinstance(self.waiting.get(), orders.LuckEnd):
                return True
        return False
