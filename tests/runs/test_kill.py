"""SIGKILL at random moments: the run stays readable, and its end is the one it would have had.

A server process that has torch loaded forks one trainer after the other, so that a kill costs
little; each trainer resumes the run where the one before was killed. When to kill is drawn in
epochs, or in shares of an undisturbed trainer's life, so that kills fall alike on fast and slow
machines.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import time
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import safetensors.torch
import torch

from fizzlab import Experiment, Update, open_run, resume, train
from fizzlab.errors import RunError

EXPERIMENT = Experiment(seed=3).replaced(
    {
        "recipe.epochs": 1500,
        "recipe.order": "reshuffled",
        "recipe.momentum": 0.9,
        "recipe.learning_rate": 0.02,
    }
)
COSINE = EXPERIMENT.replaced({"recipe.schedule": "cosine"})
QUICK = EXPERIMENT.replaced({"recipe.epochs": 6, "recipe.evaluate_every": 2})
EPOCHS_A_LIFE = 25  # on average; 50 lives leave some of the 1500 to the last one
PRELOADED = ["fizzlab.runs", "polars", "scipy.stats", "torch._dynamo"]  # or a fork spends 2 s

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no SIGKILL and no forkserver"
)


def work(path: str, lived: Any, experiment: Experiment, save_every_s: float) -> None:
    """Trains, or goes on; runs in a process of its own.

    Args:
        path: Folder of the run.
        lived: Shared number of epochs that this process has trained; -1 until it is at work.
        experiment: What to train.
        save_every_s: Time between two checkpoints.
    """
    torch.set_num_threads(1)
    lived.value = 0

    def count(news: Update) -> None:
        lived.value += 1

    if Path(path).exists():
        resume(path, progress=False, watch=count, save_every_s=save_every_s)
    else:
        train(experiment, out=path, progress=False, watch=count, save_every_s=save_every_s)


def server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def trainer(
    context: ForkServerContext, path: Path, experiment: Experiment, save_every_s: float
) -> tuple[BaseProcess, Any]:
    """Starts a trainer; gives it once it is at work, with its count of epochs."""
    lived = context.Value("q", -1, lock=False)
    process = context.Process(target=work, args=(str(path), lived, experiment, save_every_s))
    process.start()
    while lived.value < 0:
        time.sleep(0.0002)
    return process, lived


def kill(process: BaseProcess) -> bool:
    """Kills a trainer; tells whether it was still alive."""
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive


def kill_in_mid_training(path: Path, experiment: Experiment, kills: int, seed: int) -> None:
    """Kills trainers at random epochs, and at random moments of these, `kills` times."""
    context, chance, seen = server(), random.Random(seed), set()
    for _ in range(kills):
        process, lived = trainer(context, path, experiment, save_every_s=0.01)
        epochs = chance.randrange(2 * EPOCHS_A_LIFE * 50 // kills)
        while lived.value < epochs and process.is_alive():
            time.sleep(0.0002)
        time.sleep(chance.uniform(0, 0.005))
        assert kill(process)
        try:
            seen.add(open_run(path).state.epoch)
        except RunError as error:
            assert "There is no run" in str(error)  # noqa: PT017
    assert len(seen) > kills / 4  # trainers had got somewhere, and kept it


def check(path: Path, experiment: Experiment, kills: int) -> None:
    kill_in_mid_training(path, experiment, kills, seed=0)
    run, whole = resume(path, progress=False), train(experiment, progress=False)
    assert not list(path.glob(".*"))
    for name, value in whole.state.net.state_dict().items():
        assert torch.equal(run.state.net.state_dict()[name], value)
    assert whole.state.best is not None
    assert run.state.best is not None
    assert all(torch.equal(run.state.best[name], v) for name, v in whole.state.best.items())
    columns = {name: str(values) for name, values in whole.state.history.items()}
    assert {name: str(values) for name, values in run.state.history.items()} == columns
    assert run.report.predictions == whole.report.predictions


def check_births_and_ends(parent: Path, kills: int, seed: int) -> None:
    """Kills short trainings at any moment of their life, then finishes them."""
    context, chance = server(), random.Random(seed)
    whole = train(QUICK, progress=False)
    process, _ = trainer(context, parent / "undisturbed", QUICK, save_every_s=0.0)
    began = time.monotonic()
    process.join()
    life_s = time.monotonic() - began
    hit = number = births = ends = 0
    while hit < kills:
        path = parent / f"run{number}"
        process, _ = trainer(context, path, QUICK, save_every_s=0.0)
        time.sleep(chance.uniform(0, life_s))
        hit += kill(process)
        if not path.exists():
            births += 1
            continue
        run = open_run(path)  # whatever moment it was
        if run.state.stopped is None:
            continue  # the next one goes on with it
        ends += not (path / "result.json").exists()
        again = resume(path, progress=False)
        assert again.report.predictions == whole.report.predictions
        assert str(again.state.history) == str(whole.state.history)
        json.loads((path / "result.json").read_text())
        safetensors.torch.load_file(path / "model.safetensors")
        pl.read_parquet(path / "history.parquet")
        number += 1
    assert number
    assert (births and ends) or kills < 100  # some before there was a folder, some in the export


def test_fifty_kills(tmp_path: Path) -> None:
    check(tmp_path / "run", EXPERIMENT, kills=50)


@pytest.mark.slow
def test_kills_at_birth_and_at_the_end(tmp_path: Path) -> None:
    check_births_and_ends(tmp_path, kills=20, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_kills_at_birth_and_at_the_end(tmp_path: Path) -> None:
    check_births_and_ends(tmp_path, kills=200, seed=2)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_kills_under_a_schedule(tmp_path: Path) -> None:
    check(tmp_path / "run", COSINE, kills=50)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_kills(tmp_path: Path) -> None:
    check(tmp_path / "run", EXPERIMENT, kills=200)
