"""Trains the nets of a plan that a folder does not hold yet, and keeps each batch of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from fizzlab.engines import AUTO, ENGINES, Trained, pick, train_many
from fizzlab.errors import FizzlabError, StudyError
from fizzlab.runs.folder import sweep
from fizzlab.runs.interruptions import Interruptions
from fizzlab.studies.pace import Watcher, bar
from fizzlab.studies.plan import MAX_CHECKED, Plan
from fizzlab.studies.pressing import announced
from fizzlab.studies.results import Study
from fizzlab.studies.shards import find_shards, row, write_shard
from fizzlab.studies.study_folder import grown, locked, prepare
from fizzlab.studies.texts import Texts, texts

SHARD_S = 5.0  # longest time between two shards; a kill loses what came after the last one
MAX_SLICE = 4096  # nets given to an engine at once


@dataclass
class Execution:
    """What one call of `execute` did.

    Attributes:
        study: The study, as it stands on disk now.
        trained: Nets trained by this call.
        seconds: Time that it took.
        ended: "done", "interrupted" or "time".
        engines: Names of the engines that trained.
        fallback: The settings because of which a slower engine took the place of the fastest one,
            by commas.
        notes: What a user should be told: damaged shards, a fallback.
    """

    study: Study
    trained: int = 0
    seconds: float = 0.0
    ended: str = "done"
    engines: dict[str, None] = field(default_factory=dict)
    fallback: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def nets_per_second(self) -> float | None:
        """The pace of this call; None if it trained nothing."""
        return self.trained / self.seconds if self.trained else None


def execute(
    plan: Plan,
    out: str | Path,
    *,
    engine: str = AUTO,
    threads: int | None = None,
    progress: bool = True,
    time_budget_s: float | None = None,
    yes: bool = False,
    shard_s: float = SHARD_S,
    grow: bool = False,
    tell: Callable[[str], None] = lambda note: None,
    language: str = "en",
) -> Execution:
    """Trains the nets of a plan; the same call again goes on where it was cut short.

    Args:
        plan: What to train.
        out: The study's folder.
        engine: An engine's name, or "auto".
        threads: Nets trained at the same time; None for the number of processors.
        progress: Show a progress bar.
        time_budget_s: End after this many seconds; the study can be resumed.
        yes: Whether more than ten million nets are meant.
        shard_s: Longest time between two shards, in seconds.
        grow: Whether a study in the folder may be of the same nets with another number of seeds.
            It is given more if it has fewer; of more, only the nets of this plan are trained.
        tell: Called with each note as soon as it is known; of Ctrl-C in the signal's handler.
        language: Of the notes on engines: "en" or "fr".

    Returns:
        What was done. Ctrl-C ends it after the nets that are in training.

    Raises:
        UsageError: If the plan is too large, or the engine cannot run here.
        UnknownNameError: If there is no such engine.
        DataError: If the data cannot be used.
        RunExistsError: If `out` is taken, or holds a study of another plan.
        StudyError: If the study cannot be read, or another process is at work in it.
        StorageError: If it cannot be written; what is trained is kept.
        KeyboardInterrupt: At a second Ctrl-C; the nets that were in training are lost.
    """
    plan.check(yes=yes)
    pick(engine, [plan.experiment_at(0)])  # refuses an engine before anything is written
    path, wanted = Path(out), plan.nets
    plan = prepare(plan, path, grow=grow)
    with announced(time_budget_s, tell) as cut, locked(path):
        sweep(path)
        plan = grown(path, wanted // plan.num_conditions)
        done, notes = _done(plan, path)
        worker = _Worker(plan, path, engine, threads, cut, shard_s, tell, texts(language))
        for note in notes:
            worker.note(note)
        left = np.flatnonzero(~done[:wanted])
        worker.foresee(left, first_use=progress)
        began = time.monotonic()
        with bar(wanted, wanted - len(left), shown=progress) as watch:
            worker.work(left, watch)
        return worker.execution(wanted, time.monotonic() - began)


def _done(plan: Plan, path: Path) -> tuple[np.ndarray, list[str]]:
    """Tells which nets are trained, and removes damaged shards: their nets are trained again.

    Raises:
        StudyError: If the folder holds nets that the plan does not have.
    """
    shards = find_shards(path)
    done = np.zeros(plan.nets, dtype=bool)
    indices = shards.read(["index"])["index"].to_numpy()
    if len(indices) and indices.max() >= plan.nets:
        raise StudyError(
            f"{path} holds net {indices.max()}, which its plan does not have.",
            expected=f"nets 0 to {plan.nets - 1}",
            fix="restore plan.toml, or choose another --out",
        )
    done[indices] = True
    notes = []
    for shard, reason in shards.damaged:
        shard.unlink(missing_ok=True)
        notes.append(f"{shard} is damaged ({reason}): its nets are trained again.")
    if notes:
        notes.append(f"{int(done.sum()):,} nets in {len(shards.whole)} whole files are kept.")
    return done, notes


class _Worker:
    """Trains nets slice by slice, and writes a shard every few seconds."""

    def __init__(
        self,
        plan: Plan,
        path: Path,
        engine: str,
        threads: int | None,
        cut: Interruptions,
        shard_s: float,
        tell: Callable[[str], None],
        words: Texts,
    ) -> None:
        self.plan, self.path, self.cut, self.words = plan, path, cut, words
        self.threads, self.shard_s, self.tell = threads, shard_s, tell
        self.found = Execution(Study(path, plan))
        self.rows: list[dict[str, Any]] = []
        self.saved = time.monotonic()
        self.uncovered: dict[str, None] = {}
        self.engine_of = lru_cache(maxsize=4096)(lambda number: self._picked(engine, number))

    def note(self, text: str) -> None:
        """Tells a user something, and remembers it."""
        self.found.notes.append(text)
        self.tell(text)

    def foresee(self, indices: np.ndarray, *, first_use: bool) -> None:
        """Tells which settings need a slower engine, and what takes time when it is first used.

        Args:
            indices: Of the nets that are to be trained.
            first_use: Whether to tell the latter.
        """
        numbers = np.unique(indices % self.plan.num_conditions)[:MAX_CHECKED].tolist()
        names = dict.fromkeys(self.engine_of(number) for number in numbers)
        self._note_fallback()
        if first_use and any(ENGINES[name].first_use() for name in names):
            self.tell(self.words["first_use"])

    def work(self, indices: np.ndarray, watch: Watcher) -> None:
        """Trains nets until all are done, or something cuts it short; keeps what is trained."""
        done, size = 0, max(8, 2 * (self.threads or 1))
        try:
            while self.cut.reason is None and done < len(indices):
                part = indices[done : done + size].tolist()
                began, before, done = time.monotonic(), self.found.trained, done + size
                self._train(part, watch)
                pace = (self.found.trained - before) / max(time.monotonic() - began, 1e-9)
                size = int(min(MAX_SLICE, 4 * size, max(8, 2 * self.shard_s * pace)))
        finally:
            self._save()

    def _train(self, part: list[int], watch: Watcher) -> None:
        """Trains a slice, engine by engine: its conditions may need several."""

        def engine_of(index: int) -> str:
            return self.engine_of(index % self.plan.num_conditions)

        ordered = sorted(part, key=engine_of)
        self._note_fallback()
        for name, group in groupby(ordered, key=engine_of):
            places = list(group)
            for place, trained in enumerate(self._trained(name, places)):
                index = places[place]
                number = index % self.plan.num_conditions
                self.rows.append(row(trained, index, number, name))
                self.found.trained += 1
                watch(1, trained.diverged is not None)
                if time.monotonic() - self.saved >= self.shard_s or len(self.rows) >= MAX_SLICE:
                    self._save()

    def _trained(self, name: str, indices: Sequence[int]) -> Iterator[Trained]:
        """Trains nets with one engine; an error names the net it came with."""
        self.found.engines[name] = None
        came = 0
        try:
            experiments = [self.plan.experiment_at(index) for index in indices]
            for trained in train_many(
                experiments,
                engine=name,
                threads=self.threads,
                stop=lambda: self.cut.reason is not None,
            ):
                yield trained
                came += 1
        except FizzlabError as error:
            index = indices[min(came, len(indices) - 1)]
            seed = self.plan.seed_at(index)
            raise error.in_file(f"net {index} (seed {seed})") from None

    def _picked(self, engine: str, number: int) -> str:
        """Gives the name of the engine for a condition; gathers why it is not the fastest."""
        chosen, settings = pick(engine, [self.plan.experiment_of_condition(number)])
        self.uncovered |= dict.fromkeys(settings.split(", ") if settings else ())
        return chosen.name

    def _note_fallback(self) -> None:
        """Names the settings that need a slower engine, once each."""
        told = [] if self.found.fallback is None else self.found.fallback.split(", ")
        if new := [name for name in self.uncovered if name not in told]:
            self.found.fallback = ", ".join([*told, *new])
            self.note(self.words["fallback"].format(settings=self.words["and_settings"].join(new)))

    def _save(self) -> None:
        if self.rows:
            write_shard(self.path, self.rows)
            self.rows = []  # cut short just before, they are written once more to the same file
        self.saved = time.monotonic()

    def execution(self, wanted: int, seconds: float) -> Execution:
        """Gives what was done, of so many nets that were wanted."""
        self.found.seconds = seconds
        self.found.study = Study.open(self.path)
        whole = self.found.study.trained_of(wanted) == wanted
        self.found.ended = "done" if whole else (self.cut.reason or "interrupted")
        return self.found
