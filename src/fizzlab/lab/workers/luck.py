"""Many nets like this one, on the fast engine, told as they finish."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fizzlab.engines import Trained, pick, train_many
from fizzlab.errors import FizzlabError
from fizzlab.evaluation import binomial_interval
from fizzlab.experiment import Experiment
from fizzlab.lab.messages import Luck, LuckRow
from fizzlab.lab.orders import LuckOrder
from fizzlab.lab.problems import problem
from fizzlab.lab.workers.main import Tell
from fizzlab.lab.workers.reports import rounded
from fizzlab.studies.forward import encoded_splits, figures

TELL_S = 0.2  # between two reports
FIRST, MOST = 4, 64  # nets of one value at a time
BINS = 24


@dataclass
class Scores:
    """The nets of one value so far.

    Attributes:
        value: The value; None where nothing is varied.
        experiment: With that value.
        found: Scores of the nets that did not diverge: shares, or losses.
        diverged: Number of those that did.
    """

    value: Any
    experiment: Experiment
    found: list[float] = field(default_factory=list)
    diverged: int = 0

    @property
    def nets(self) -> int:
        """The number of nets trained."""
        return len(self.found) + self.diverged


class Trial:
    """One ask for luck: trains nets of each value in turn, and tells.

    Args:
        order: What is asked.
        tell: Takes news.
        ended: Whether it is to end now.
    """

    def __init__(self, order: LuckOrder, tell: Tell, ended: Callable[[], bool]) -> None:
        self.order, self.tell, self._ended = order, tell, ended
        base = Experiment(**order.experiment)
        name, values = order.name, order.values
        self.values = [Scores(v, base.replaced({name: v})) for v in values] if name else []
        self.values = self.values or [Scores(None, base)]
        self.engine: str | None = None
        self.stopped: str | None = None
        self._began = self._told = time.monotonic()

    def run(self) -> None:
        """Trains all nets, or as many as there is time for."""
        size = FIRST
        self._tell(None)  # the engine may have to be compiled first
        while self.stopped is None and any(v.nets < self.order.nets for v in self.values):
            for scores in self.values:
                for trained in self._slice(scores, size):
                    self._add(scores, trained)
                    self._maybe_tell()
            size = min(2 * size, MOST)
        self._tell(self.stopped or "done")

    def _slice(self, scores: Scores, size: int) -> Iterator[Trained]:
        seeds = range(scores.nets, min(scores.nets + size, self.order.nets))
        experiments = [scores.experiment.model_copy(update={"seed": seed}) for seed in seeds]
        if not experiments or self._stop():
            return
        self.engine = pick("auto", experiments[:1])[0].name
        yield from train_many(experiments, threads=os.cpu_count() or 1, stop=self._stop)

    def _stop(self) -> bool:
        if self.stopped is None and time.monotonic() - self._began > self.order.seconds:
            self.stopped = "time"
        if self.stopped is None and self._ended():
            self.stopped = "stopped"
        return self.stopped is not None

    def _add(self, scores: Scores, trained: Trained) -> None:
        value = score(trained, self.order.metric)
        if value is None:
            scores.diverged += 1
        else:
            scores.found.append(value)

    def _maybe_tell(self) -> None:
        if time.monotonic() - self._told >= TELL_S:
            self._tell(None)

    def _tell(self, ended: str | None) -> None:
        self._told = time.monotonic()
        order, edges = self.order, self._edges()
        self.tell(
            Luck(
                run=order.run,
                metric=order.metric,
                score=order.score,
                name=order.name,
                total=order.nets,
                edges=tuple(rounded(x, 6) or 0.0 for x in edges),
                rows=tuple(_row(v, edges, order) for v in self.values),
                seconds=round(self._told - self._began, 2),
                engine=self.engine,
                ended=ended,  # type: ignore[arg-type]
            )
        )

    def _edges(self) -> np.ndarray:
        """Gives the borders of bins for all scores; shares of a total are never on one."""
        found = np.array([x for v in self.values for x in v.found])
        if not len(found):
            return np.zeros(0)
        if self.order.metric == "loss":
            low, high = found.min(), found.max()
            return np.linspace(low, high if high > low else low + 1e-9, BINS + 1)
        total = len(encoded_splits(self.values[0].experiment)[self.order.metric].labels)
        least, most = np.rint(np.array([found.min(), found.max()]) * total)
        step = math.ceil((most - least + 1) / BINS)
        return (np.arange(least, most + step + 1, step) - 0.5) / total


def score(trained: Trained, metric: str) -> float | None:
    """Gives the score of a net; None if it diverged."""
    if trained.diverged is not None:
        return None
    if metric == "loss":
        last = float(trained.history["train_loss"][-1])
        return last if math.isfinite(last) else None
    split = encoded_splits(trained.experiment)[metric]
    found = figures(trained.experiment, trained.weights, split)
    return found.right / found.total


def _row(scores: Scores, edges: np.ndarray, order: LuckOrder) -> LuckRow:
    found = np.array(scores.found)
    counts = np.histogram(found, bins=edges)[0].tolist() if len(edges) else []
    percentile, low, high = standing(found, scores.diverged, order.score, order.metric)
    return LuckRow(
        value=scores.value,
        nets=scores.nets,
        diverged=scores.diverged,
        counts=tuple(counts),
        median=rounded(float(np.median(found))) if len(found) else None,
        perfect=None if order.metric == "loss" else int((found == 1).sum()),
        percentile=percentile,
        low=low,
        high=high,
    )


def standing(
    found: np.ndarray, diverged: int, score: float | None, metric: str
) -> tuple[float | None, float | None, float | None]:
    """Gives the share of nets that a score beats, in %, ties half, with its 95 % interval."""
    nets = len(found) + diverged
    if score is None or not nets:
        return None, None, None
    sign = -1.0 if metric == "loss" else 1.0
    tied = np.isclose(found, score, rtol=1e-6, atol=1e-9)
    equal, beaten = int(tied.sum()), diverged + int((sign * found[~tied] < sign * score).sum())
    low = 100 * binomial_interval(beaten, nets)[0]
    high = 100 * binomial_interval(beaten + equal, nets)[1]
    return rounded(100 * (beaten + equal / 2) / nets), rounded(low), rounded(high)


def try_luck(order: LuckOrder, tell: Tell, ended: Callable[[], bool]) -> None:
    """Trains the nets that are asked for, and tells of them."""
    try:
        Trial(order, tell, ended).run()
    except FizzlabError as error:
        tell(problem("luck", error))
        tell(_failed(order))


def _failed(order: LuckOrder) -> Luck:
    return Luck(
        run=order.run,
        metric=order.metric,
        score=order.score,
        name=order.name,
        total=order.nets,
        edges=(),
        rows=(),
        seconds=0.0,
        engine=None,
        ended="failed",
    )
