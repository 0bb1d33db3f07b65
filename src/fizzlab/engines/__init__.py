"""Many nets at once, behind one contract."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from fizzlab.engines.contract import HISTORY, Engine, Stop, Trained
from fizzlab.engines.cpu import Cpu
from fizzlab.engines.sequential import Sequential
from fizzlab.errors import UnknownNameError, UsageError
from fizzlab.experiment import Experiment

__all__ = ["ENGINES", "HISTORY", "Engine", "Stop", "Trained", "pick", "train_many"]

ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (Cpu, Sequential)}
"""Every engine by its name, the fastest first."""

AUTO = "auto"


def pick(name: str, experiments: Sequence[Experiment]) -> tuple[Engine, str | None]:
    """Picks an engine for experiments.

    Args:
        name: An engine's name, or "auto" for the fastest one that covers all of them.
        experiments: What it is to train.

    Returns:
        The engine, and the settings because of which `sequential` takes the place of the one that
        was asked for, by commas (None if it does not).

    Raises:
        UnknownNameError: If there is no such engine.
        UsageError: If it cannot run here.
    """
    if name not in (AUTO, *ENGINES):
        raise UnknownNameError("engine", name, [AUTO, *ENGINES])
    if name != AUTO and (reason := ENGINES[name].unavailable()):
        raise UsageError(f"The engine {name} cannot run here: {reason}.", fix="say --engine auto")
    usable = (
        [ENGINES[name]] if name != AUTO else [e for e in ENGINES.values() if not e.unavailable()]
    )
    settings = None
    for engine in usable:
        found = [names for e in experiments if (names := engine.uncovered(e)) is not None]
        if not found:
            return engine(), settings
        settings = settings or ", ".join(dict.fromkeys(", ".join(found).split(", ")))
    return Sequential(), settings


def train_many(
    experiments: Sequence[Experiment],
    *,
    engine: str = AUTO,
    threads: int | None = None,
    stop: Stop = lambda: False,
) -> Iterator[Trained]:
    """Trains many nets of one rule and one encoding; yields them in order.

    Args:
        experiments: What to train.
        engine: An engine's name, or "auto".
        threads: Nets trained at the same time; None for the number of processors.
        stop: Once it is true, no further net is begun.

    Raises:
        UnknownNameError: If there is no such engine.
        UsageError: If it cannot run here, the experiments differ in rule or encoding, or `threads`
            is below 1.
        DataError: If the data cannot be used.
    """
    if threads is not None and threads < 1:
        raise UsageError("No threads, no nets.", expected="at least 1 thread", got=str(threads))
    chosen, _ = pick(engine, experiments)
    return chosen.train(experiments, threads=threads or os.cpu_count() or 1, stop=stop)
