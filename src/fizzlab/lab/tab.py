"""One tab's session: its experiment, its worker, and what its page has to know.

Here is what becomes of news; what is asked is done in `service.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from typing import Any

from fizzlab.configuration import differences
from fizzlab.errors import FizzlabError, UsageError
from fizzlab.experiment import Experiment
from fizzlab.lab import orders
from fizzlab.lab.budgets import divided
from fizzlab.lab.greetings import configured, first_state, welcome
from fizzlab.lab.history import History
from fizzlab.lab.limits import Limits
from fizzlab.lab.line import Line
from fizzlab.lab.looks import Looks
from fizzlab.lab.making import Making
from fizzlab.lab.messages import Ghost, Problem, Rows, State
from fizzlab.lab.problems import problem
from fizzlab.lab.staff import Staff, Worker
from fizzlab.lab.visit import Visit

PICTURES = ("words", "map", "weights", "neurons", "confusion")


class Tab:
    """A session.

    Args:
        staff: Where workers are hired.
        limits: The budgets.

    Attributes:
        id: Its name, which only its page knows.
        experiment: As it is configured; the net at hand may be of an older one.
        run: Number of the present net.
        built: The present net's experiment.
        state: The latest state, as the worker told it.
        line: The way to its page; None while there is none.
    """

    def __init__(self, staff: Staff, limits: Limits) -> None:
        self.id, self.staff, self.limits = secrets.token_urlsafe(16), staff, limits
        self.language = "en"
        self.experiment = self.built = Experiment()
        self.run = 0
        self.state = first_state(0, self.built, "none").model_dump(mode="json")
        self.history, self.looks, self.visit = History(), Looks(), Visit()
        self.line: Line | None = None
        self.worker: Worker | None = None
        self.trial: Worker | None = None  # that tries luck
        self.asked = self.left = time.monotonic()  # last ask, and since when no page is there
        self._ghost: Ghost | None = None
        self._latest: dict[str, str] = {}  # data and luck, for a page that comes back
        self._making = Making()
        self._listeners: set[asyncio.Task[None]] = set()

    # The page comes and goes.

    def attach(self, line: Line, *, resumed: bool) -> None:
        """Begins to tell a page everything, from the start."""
        self.line, self.asked = line, time.monotonic()
        line.put("welcome", welcome(self.id, self.limits, resumed=resumed))
        self.tell_configured()
        line.put("runs", self.visit.listed())
        line.put("state", State(**self.state))
        for slot, text in self._latest.items():
            line.put(slot, text)
        if self._ghost is not None:
            line.put("ghost", self._ghost)
        self.looks.forget()

    def detach(self, line: Line) -> None:
        """Takes note that a page is gone."""
        if self.line is line:
            self.line, self.left = None, time.monotonic()

    def say(self, answer: Problem | Any) -> None:
        """Answers the page, if there is one."""
        if self.line is not None:
            self.line.answer(answer)

    def put(self, slot: str, text: Any) -> None:
        """Tells the page what takes the place of what it was told before."""
        if self.line is not None:
            self.line.put(slot, text)

    def tell_configured(self) -> None:
        """Tells the experiment as it is configured now."""
        against = {} if self.untouched else differences(self.built, self.experiment)
        over = self.state["status"] in {"finished", "diverged"}
        needs = against if over else divided(against, tries=self.built.recipe.tries).needs_reset
        self.put("configured", configured(self.experiment, needs))

    def rows_for(self, line: Line) -> Rows | None:
        """Gives the rows that a page lacks, and takes note that it has them then."""
        if line.run != self.history.run:
            line.run, line.cursor, line.generation = self.history.run, 0, -1
        rows = self.history.since(line.cursor, line.generation)
        line.cursor, line.generation = len(self.history.rows), self.history.generation
        return rows

    def keep_ghost(self, *, kept: bool) -> None:
        """Keeps the present curves to compare with, or drops what was kept."""
        rows = self.history.since(0, -1)
        none = Ghost(run=None, columns=(), rows=())
        made = Ghost(run=self.run, columns=rows.columns, rows=rows.rows) if rows else none
        self._ghost = made if kept else none
        self.put("ghost", self._ghost)

    # The worker.

    @property
    def untouched(self) -> bool:
        """Whether the present net has not been trained at all."""
        state = self.state
        return state["status"] == "idle" and not state["epoch"] and not state["step"]

    @property
    def works(self) -> bool:
        """Whether a worker begins, a net is in training, or luck is tried."""
        busy = self.state["status"] == "running" or self.state["worker"] == "starting"
        return busy or self.trial is not None

    async def employ(self) -> None:
        """Makes sure of a worker, and of a net.

        Raises:
            UsageError: If there is no worker to be had.
        """
        if self.worker is not None and self.worker.alive:
            return
        try:
            self.worker = await self.staff.hire()
        except UsageError:
            self.set_state(worker="none")
            raise
        self._listen(self.worker)
        self.build()

    def try_luck(self, worker: Worker, order: orders.LuckOrder) -> None:
        """Lets a worker of its own train many nets."""
        self.trial = worker
        self._listen(worker)
        worker.order(order)

    def build(self) -> None:
        """Begins anew, with the experiment as it is configured.

        Raises:
            UsageError: If the worker has too much to do.
        """
        self.run += 1
        self.built = self.experiment
        self.history = History(self.run)
        self._latest.clear()
        self.looks.forget()
        ready = self.worker is not None and self.state["worker"] == "ready"
        state = first_state(self.run, self.built, "ready" if ready else "starting")
        self.state = state.model_dump(mode="json")
        self.put("state", state)
        made = orders.Build(run=self.run, experiment=self.built.model_dump(mode="json"))
        self.order(made)

    def order(self, order: Any) -> None:
        """Gives the worker an order.

        Raises:
            UsageError: If there is no worker, or it has too much to do.
        """
        if self.worker is None or not self.worker.alive:
            raise UsageError("There is no worker for this net.", fix="restart it")
        self.worker.order(order)

    @property
    def _version(self) -> tuple[Any, ...]:
        return tuple(self.state[name] for name in ("run", "epoch", "step", "shown", "revealed"))

    @property
    def looks_due(self) -> bool:
        """Whether the page shows an older net than there is."""
        return self.state["worker"] == "ready" and self.looks.due(self._version)

    def look(self) -> None:
        """Asks for the next picture, if the page lacks one."""
        if self.looks_due and (order := self.looks.next(self._version)) is not None:
            with contextlib.suppress(UsageError):
                self.order(order)

    def _listen(self, worker: Worker) -> None:
        task = asyncio.create_task(self._hear(worker))
        self._listeners.add(task)
        task.add_done_callback(self._listeners.discard)

    async def _hear(self, worker: Worker) -> None:
        """Takes what a worker tells, until it is gone."""
        while (news := await worker.news()) is not None:
            if worker in (self.worker, self.trial):
                self._take(*news)
                if worker is self.trial and news[1].get("ended"):
                    self.trial = None
                    self.staff.release(worker)
        expected = worker.dismissed or worker not in (self.worker, self.trial)
        self.staff.release(worker)
        if not expected:
            self._lose(worker)

    def _lose(self, worker: Worker) -> None:
        """Takes note that a worker ended by itself, or was killed."""
        said = FizzlabError(
            "The process that trained is gone: the system, or someone, has ended it.",
            fix="restart it; the experiment is kept, the net is not",
        )
        if worker is self.trial:
            self.trial = None
            self.say(problem("luck", said, "lost"))
            return
        self.worker = None
        self.set_state(status="lost", worker="lost")
        self._making.give_up()
        self.say(problem("restart_worker", said, "lost"))

    def set_state(self, **changes: Any) -> None:
        """Changes the state, and tells it."""
        self.state = {**self.state, **changes}
        self.put("state", State(**self.state))

    def leave(self, status: str = "lost") -> None:
        """Lets the workers go: nobody looks at this net any more."""
        for worker in (self.worker, self.trial):
            if worker is not None:
                self.staff.release(worker)
        self.worker = self.trial = None
        self._making.give_up()
        self.set_state(status=status, worker="none")

    # News.

    def _take(self, text: bytes, news: dict[str, Any]) -> None:
        """Takes one message of a worker; of an older net only what is a problem counts."""
        kind = news["type"]
        if kind == "made":
            self._making.come(orders.Made(**news))
        elif kind == "problem":
            self.say(text.decode())
        elif kind in {"ready", "looked"} or news.get("run") == self.run:
            self._take_own(kind, text.decode(), news)

    def _take_own(self, kind: str, text: str, news: dict[str, Any]) -> None:
        if kind == "new_rows":
            self.history.add(tuple(row) for row in news["rows"])
        elif kind == "state":
            self._take_state(news, text)
        elif kind == "looked":
            self.looks.looked(news["panel"], complete=news["complete"])
        elif kind in {"data", "luck"}:
            self._latest[kind] = text
            self.put(kind, text)
        elif kind in PICTURES and self.line is not None:
            part = news.get("labels") if kind == "map" else news.get("neurons")
            self.line.picture(f"{kind} {news.get('layer')} {part}", text)
        elif kind in {"explanation", "proof"}:
            self.say(text)
        if self.line is not None:
            self.line.wake()

    def _take_state(self, news: dict[str, Any], text: str) -> None:
        changed = self.state["status"] != news["status"]
        self.state = news
        if news["status"] != "running":
            self.history.settle()
        self.put("state", text)
        if self.visit.note(news, self.built, self.history.last) or changed:
            self.put("runs", self.visit.listed())
            self.tell_configured()

    async def made(self, file: str, language: str) -> orders.Made:
        """Lets the worker make a file to download.

        Raises:
            UsageError: If there is no worker, or it takes too long.
        """
        return await self._making.ask(file, language, self.order)
