"""A worker that trains nothing and is ready at once: for tests of the server alone."""

from __future__ import annotations

import base64
import sys
from queue import Empty, SimpleQueue
from typing import Any

from fizzlab.experiment import Experiment
from fizzlab.lab import messages, orders
from fizzlab.lab.greetings import first_state
from fizzlab.lab.workers.main import _pipes

STEP_S = 0.002  # an epoch


class Fake:
    def __init__(self, waiting: SimpleQueue[orders.AnyOrder], tell: Any) -> None:
        self.waiting, self.tell = waiting, tell
        self.experiment = Experiment()
        self.state: dict[str, Any] = {}
        self.mode = "pause"

    def work(self) -> None:
        self.tell(orders.Ready())
        while True:
            try:
                self.handle(self.waiting.get(timeout=STEP_S if self.mode == "run" else None))
            except Empty:
                self.train()

    def train(self) -> None:
        done = self.state["epoch"] + 1
        self.tell(orders.NewRows(run=self.state["run"], rows=((float(done), *[0.5] * 5),)))
        over = done >= self.state["epochs"]
        if over or self.mode == "epoch":
            self.mode = "pause"
        status = "finished" if over else "running" if self.mode == "run" else "paused"
        self.say(epoch=done, shown_epoch=done, step=0, status=status)

    def say(self, **changes: Any) -> None:
        self.state |= changes
        self.tell(messages.State(**self.state))

    def handle(self, order: Any) -> None:
        kind = order.order
        if kind == "build":
            self.mode, self.experiment = "pause", Experiment(**order.experiment)
            self.tell(self.data(order.run))
            self.state = first_state(order.run, self.experiment, "ready").model_dump()
            self.say()
        elif kind == "go":
            self.mode = order.mode
            if self.mode == "step":
                self.mode = "pause"
                self.say(step=self.state["step"] + 1, status="paused")
            elif self.mode == "epoch":
                self.train()
            elif self.mode == "pause" and self.state["status"] == "running":
                self.say(status="paused")
        elif kind == "uncover":
            self.say(revealed=order.shown)
        elif kind == "look":
            made = messages.Words(run=self.state["run"], epoch=0, labels="A" * 1366, tiles="")
            self.tell(made)
            self.tell(orders.Looked(run=self.state["run"], panel=order.panel, complete=True))
        elif kind == "make":
            content = base64.b64encode(order.file.encode()).decode()
            self.tell(orders.Made(number=order.number, content=content, problem=None))
        elif kind == "luck":
            self.tell(self.luck(order))

    def data(self, run: int) -> messages.Data:
        return messages.Data(
            run=run,
            experiment=self.experiment.model_dump(mode="json"),
            mapped=0,
            splits="",
            truth="",
            names=(),
            tiles=(),
            tiles_truth="",
            sizes={},
            majority={},
            layers=(),
            features=(),
        )

    def luck(self, order: orders.LuckOrder) -> messages.Luck:
        return messages.Luck(
            run=order.run,
            metric=order.metric,
            score=order.score,
            name=order.name,
            total=order.nets,
            edges=(),
            rows=(),
            seconds=0.0,
            engine="fake",
            ended="done",
        )


if __name__ == "__main__":
    try:
        Fake(*_pipes()).work()
    except KeyboardInterrupt:
        sys.exit(130)
