"""How fast nets are trained: the progress bar, and a measurement beforehand."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from fizzlab.engines import AUTO, pick, train_many
from fizzlab.experiment import Experiment
from fizzlab.studies.plan import Plan

ROUND = 16  # nets of a measurement
Watcher = Callable[[int, bool], None]
"""Told how many nets are done, and whether they diverged."""


@contextlib.contextmanager
def bar(nets: int, done: int, *, shown: bool) -> Iterator[Watcher]:
    """Shows nets, nets a second and the time left on stderr; gives what moves it.

    Args:
        nets: Nets in all.
        done: Nets done already.
        shown: Whether to show it.
    """
    if not shown or done == nets:
        yield lambda count, diverged: None
        return
    from tqdm.auto import tqdm

    from fizzlab.runs.bar import plain

    lost = 0
    with tqdm(
        total=nets,
        initial=done,
        desc="study",
        unit="net",
        ascii=plain(),
        dynamic_ncols=True,
        smoothing=0.1,
    ) as moved:

        def watch(count: int, diverged: bool) -> None:
            nonlocal lost
            moved.update(count)
            if diverged:
                lost += 1
                moved.set_postfix_str(f"{lost} diverged", refresh=False)

        yield watch


@dataclass(frozen=True)
class Pace:
    """How fast nets are trained.

    Attributes:
        nets_per_second: The pace.
        share: Share of the epochs that it was measured over; below 1 the rest is extrapolated.
    """

    nets_per_second: float
    share: float


def measured_pace(
    plan: Plan, *, engine: str = AUTO, threads: int | None = None, seconds: float = 2.0
) -> Pace:
    """Measures how many nets a second are trained here: rounds over conditions of the whole plan.

    Nets that take long are trained for their first epochs only, as `recipe.stop_after` would have
    it, and the time is taken to grow with the epochs: a net that stops early takes less. Of nets
    with several tries (`recipe.tries`) one whole try is counted, without extraction or snap. Nets
    computed in closed form are made whole.

    Args:
        plan: What would be trained.
        engine: As for `execute`.
        threads: As for `execute`.
        seconds: Time after which no further round is begun. Some epochs of one net are trained
            before, to warm up, and a round that takes ten times as long is cut short.

    Raises:
        UsageError: If the engine cannot run here.
        UnknownNameError: If there is no such engine.
        DataError: If the data cannot be used.
    """
    numbers = np.linspace(0, plan.num_conditions - 1, min(plan.num_conditions, ROUND))
    experiments = [_one_try(plan.experiment_of_condition(int(number))) for number in numbers]
    experiments *= -(-ROUND // len(experiments))  # a round keeps all threads busy
    chosen, _ = pick(engine, experiments)
    longest = max(experiments, key=_epochs)
    share, once, each = _affordable(longest, chosen.name, seconds / ROUND)
    shorter = [_shortened(experiment, share) for experiment in experiments]
    measured = sum(map(_epochs, shorter)) / sum(map(_epochs, experiments))
    began, came = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        for _ in train_many(
            shorter,
            engine=chosen.name,
            threads=threads,
            stop=lambda: time.monotonic() - began > 10 * seconds,
        ):
            came += 1
    epochs = sum(map(_epochs, shorter)) / len(shorter)
    # how many times as long a whole net takes
    longer = (once + each * epochs / measured) / (once + each * epochs)
    return Pace(came / (time.monotonic() - began) / longer, measured)


def _affordable(experiment: Experiment, engine: str, seconds: float) -> tuple[float, float, float]:
    """Gives the share of its epochs that one net trains in about so many seconds; at most 1.

    Returns:
        That share, the seconds that a net takes once, and the seconds that each epoch takes.
    """
    _seconds_of(experiment, 1, engine)  # to warm up
    first, epochs = _seconds_of(experiment, 1, engine), 1
    while epochs < _epochs(experiment):
        took = _seconds_of(experiment, epochs, engine)
        if took > seconds / 2:
            each = (took - first) / max(1, epochs - 1)
            if epochs == 1 or each <= 0:  # nothing to compare with, or other work was in the way
                return epochs / _epochs(experiment), 0.0, took / epochs
            return epochs / _epochs(experiment), max(0.0, first - each), each
        epochs *= 2
    return 1.0, 0.0, 1.0


def _seconds_of(experiment: Experiment, epochs: int, engine: str) -> float:
    began = time.monotonic()
    short = _shortened(experiment, epochs / _epochs(experiment))
    next(train_many([short], engine=engine, threads=1))
    return time.monotonic() - began


def _one_try(experiment: Experiment) -> Experiment:
    """Gives an experiment that does not end by itself, and so can be shortened."""
    if experiment.recipe.method != "gradient" or experiment.recipe.extract_below is None:
        return experiment
    single = {"recipe.tries": 1, "recipe.extract_below": None, "recipe.snap": False}
    return experiment.replaced(single)


def _epochs(experiment: Experiment) -> int:
    return experiment.recipe.last_epoch if experiment.recipe.method == "gradient" else 1


def _shortened(experiment: Experiment, share: float) -> Experiment:
    """Gives an experiment that ends after a share of its epochs, with the same schedule."""
    epochs = max(1, round(share * _epochs(experiment)))
    if epochs >= _epochs(experiment):
        return experiment
    return experiment.replaced({"recipe.stop_after": epochs})
