"""The contract: order, threads, stopping, choosing."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fizzlab import Experiment
from fizzlab.engines import ENGINES, Trained, pick, train_many
from fizzlab.engines.cpu import engine as engine_module
from fizzlab.engines.cpu import loop
from fizzlab.errors import UnknownNameError, UsageError
from fizzlab.runs.selection import Selection

QUICK = Experiment().replaced(
    {
        "recipe.epochs": 6,
        "recipe.evaluate_every": 2,
        "net.hidden": 9,
        "recipe.order": "reshuffled",
        "recipe.momentum": 0.9,
    }
)
MANY = [
    QUICK.replaced({"seed": seed, "net.hidden": 5 + seed, "recipe.batch_size": 20 + 30 * seed})
    for seed in range(9)
]


def same(one: Trained, other: Trained) -> None:
    assert (one.index, one.epochs, one.kept_epoch) == (other.index, other.epochs, other.kept_epoch)
    for a, b in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)
    for name in one.history:
        np.testing.assert_array_equal(one.history[name], other.history[name])


@pytest.mark.parametrize("engine", ENGINES)
def test_nets_come_in_order_whatever_the_threads(engine: str) -> None:
    alone = list(train_many(MANY, engine=engine, threads=1))
    assert [one.index for one in alone] == list(range(9))
    assert [one.experiment for one in alone] == MANY
    for threads in (2, 4):
        for one, other in zip(alone, train_many(MANY, engine=engine, threads=threads), strict=True):
            same(one, other)
    for one, experiment in zip(alone, MANY, strict=True):
        by_itself = next(train_many([experiment], engine=engine, threads=1))
        for a, b in zip(one.weights, by_itself.weights, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_net_is_begun_after_a_stop(engine: str) -> None:
    wanted = [False]
    seen = []
    for one in train_many(MANY, engine=engine, threads=2, stop=lambda: wanted[0]):
        seen.append(one.index)
        wanted[0] = True
    assert seen == list(range(len(seen)))
    assert 1 <= len(seen) <= 5


def test_nets_that_wait_for_a_thread_are_not_begun_after_a_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, wanted, real = [], [False], engine_module.train_one

    def train_one(index: int, experiment: Experiment) -> Trained:
        begun.append(index)
        wanted[0] = True  # while the first is in training
        return real(index, experiment)

    monkeypatch.setattr(engine_module, "train_one", train_one)
    nets = list(train_many(MANY, engine="cpu", threads=1, stop=lambda: wanted[0]))
    assert [one.index for one in nets] == begun == [0]


def test_who_leaves_early_waits_for_no_net_that_is_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, real = [], engine_module.train_one
    monkeypatch.setattr(engine_module, "train_one", lambda i, e: (begun.append(i), real(i, e))[1])
    nets = train_many(MANY * 20, engine="cpu", threads=1)
    next(nets)
    nets.close()
    assert len(begun) < 10


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_are_refused(threads: int) -> None:
    with pytest.raises(UsageError, match="at least 1 thread"):
        list(train_many([QUICK], threads=threads))


def test_experiments_are_taken_as_they_are_needed() -> None:
    asked = []

    class Lazy(Sequence[Experiment]):
        def __len__(self) -> int:
            return 1000

        def __getitem__(self, index):  # type: ignore[override]
            asked.append(index)
            return QUICK.replaced({"seed": index})

        def __iter__(self) -> Iterator[Experiment]:
            return (self[index] for index in range(1000))

    engine = ENGINES["cpu"]()
    nets = engine.train(Lazy(), threads=2, stop=lambda: False)
    for _ in range(3):
        next(nets)
    assert len(asked) < 20
    nets.close()


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"net.dropout": 0.1}, "net.dropout"),
        ({"net.activation": "gelu"}, "net.activation"),
        ({"encoding.scheme": "scaled"}, "encoding.scheme"),
    ],
)
def test_what_is_not_covered_falls_back_and_is_named(change: dict, setting: str) -> None:
    experiments = [QUICK.replaced(change)]
    for name in ("auto", "cpu"):
        engine, because = pick(name, experiments)
        assert (engine.name, because) == ("sequential", setting)
    assert next(train_many(experiments)).epochs == 6


def test_auto_is_the_fastest_that_covers_all() -> None:
    assert pick("auto", [QUICK])[0].name == "cpu"
    assert pick("sequential", [QUICK])[0].name == "sequential"
    with pytest.raises(UnknownNameError, match='Did you mean "cpu"'):
        pick("cpuu", [QUICK])


def test_an_engine_that_cannot_run_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENGINES["cpu"], "unavailable", classmethod(lambda cls: "no numba"))
    assert pick("auto", [QUICK])[0].name == "sequential"
    with pytest.raises(UsageError, match="cannot run here: no numba"):
        pick("cpu", [QUICK])


@pytest.mark.parametrize("engine", ENGINES)
def test_rules_and_encodings_are_not_mixed(engine: str) -> None:
    for change in ({"rule.pairs": "2=a"}, {"encoding.bits": 11}):
        with pytest.raises(UsageError, match="at a time"):
            list(train_many([QUICK, QUICK.replaced(change)], engine=engine))


LOSSES = st.lists(st.sampled_from([0.2, 0.5, 0.9, 1.0, 1.1]), min_size=1, max_size=30)


@given(LOSSES, st.integers(0, 5), st.booleans(), st.data())
def test_stops_by_replay(losses: list[float], patience: int, target: bool, data) -> None:
    """One sequence of losses through the plain session's logic and the compiled one."""
    recipe = {"patience": patience or None, "target_accuracy": 0.8 if target else None}
    settings = {f"recipe.{name}": value for name, value in recipe.items()}
    experiment = Experiment().replaced({**settings, "recipe.epochs": 1000})
    selection = Selection(experiment.recipe, baseline=1.0)
    plan = loop.Plan(
        0, 0, 1, 1000, 0, False, 0.0, 0.0, 0.0, 1, True, 0.8 if target else np.nan, patience, 1.0
    )
    best_loss, best_epoch = np.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        accuracy = data.draw(st.sampled_from([0.5, 0.8, 0.9]))
        expected, reason = selection.see(epoch, loss, accuracy)
        is_best, why = loop.see(plan, best_loss, best_epoch, epoch, loss, accuracy)
        if is_best:
            best_loss, best_epoch = loss, epoch
        assert is_best == expected
        assert {loop.EPOCHS: None, loop.TARGET: "target", loop.PATIENCE: "patience"}[why] == reason
        assert (best_loss, best_epoch) == (selection.best_loss, selection.best_epoch)
        if reason:
            break


@pytest.mark.slow
def test_compiled_code_is_told_and_kept(tmp_path: Path) -> None:
    """In processes with a cache of their own: compiled once, announced, then loaded."""
    code = (
        "from fizzlab import Experiment\n"
        "from fizzlab.engines import ENGINES, train_many\n"
        "before = ENGINES['cpu'].first_use()\n"
        "list(train_many([Experiment().replaced({'recipe.epochs': 1})], engine='cpu'))\n"
        "print([before, ENGINES['cpu'].first_use()])\n"
    )
    told = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        told.append(ast.literal_eval(done.stdout))
    assert "compiling the kernels" in told[0][0]
    assert [told[0][1], *told[1]] == [None, None, None]
