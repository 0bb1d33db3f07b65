"""How fast nets are trained: the progress bar, and a measurement beforehand."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import numpy as np

from fizzlab.engines import AUTO, pick, train_many
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


def measured_pace(
    plan: Plan, *, engine: str = AUTO, threads: int | None = None, seconds: float = 2.0
) -> float:
    """Measures how many nets a second are trained here: rounds over conditions of the whole plan.

    Args:
        plan: What would be trained.
        engine: As for `execute`.
        threads: As for `execute`.
        seconds: Time after which no further round is begun. One net is trained before, to warm up,
            and a round that takes ten times as long is cut short.

    Raises:
        UsageError: If the engine cannot run here.
        UnknownNameError: If there is no such engine.
        DataError: If the data cannot be used.
    """
    numbers = np.linspace(0, plan.num_conditions - 1, min(plan.num_conditions, ROUND))
    experiments = [plan.experiment_of_condition(int(number)) for number in numbers]
    experiments *= -(-ROUND // len(experiments))  # a round keeps all threads busy
    chosen, _ = pick(engine, experiments)
    next(train_many(experiments[:1], engine=chosen.name, threads=1))
    began, came = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        for _ in train_many(
            experiments,
            engine=chosen.name,
            threads=threads,
            stop=lambda: time.monotonic() - began > 10 * seconds,
        ):
            came += 1
    return came / (time.monotonic() - began)
