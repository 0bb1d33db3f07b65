"""SIGKILL at random moments: the run stays readable, and its end is the one it would have had.

A server process that has torch loaded forks one trainer after the other, so that a kill costs
little; each trainer resumes the run where the one before was killed.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import safetensors.torch
import torch

from fizzlab import Experiment, open_run, resume, train
from fizzlab.errors import RunError

EXPERIMENT = Experiment(seed=3).replaced(
    {
        "recipe.epochs": 1500,
        "recipe.order": "reshuffled",
        "recipe.momentum": 0.9,
        "recipe.learning_rate": 0.02,
    }
)
QUICK = EXPERIMENT.replaced({"recipe.epochs": 6, "recipe.evaluate_every": 2})
SAVE_EVERY_S = 0.01
PRELOADED = ["fizzlab.runs", "polars", "scipy.stats", "torch._dynamo"]  # or a fork spends 2 s


COSINE = EXPERIMENT.replaced({"recipe.schedule": "cosine"})


def work(path: str, started: Any, experiment: Experiment) -> None:
    """Trains, or goes on; runs in a process of its own."""
    torch.set_num_threads(1)
    started.set()
    if Path(path).exists():
        resume(path, progress=False, save_every_s=SAVE_EVERY_S)
    else:
        train(experiment, out=path, progress=False, save_every_s=SAVE_EVERY_S)


def killed_until_done(
    path: Path, experiment: Experiment, kills: int, longest_s: float, seed: int
) -> int:
    """Kills trainers until `kills` were hit alive; gives how many were."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    chance, hit, seen = random.Random(seed), 0, set()
    while hit < kills:
        started = context.Event()
        process = context.Process(target=work, args=(str(path), started, experiment))
        process.start()
        started.wait()
        time.sleep(chance.uniform(0, longest_s))
        hit += process.is_alive()
        process.kill()
        process.join()
        try:
            seen.add(open_run(path).state.epoch)
        except RunError as error:
            assert "There is no run" in str(error)  # noqa: PT017
    assert len(seen) > 10  # kills hit trainings that had got somewhere
    return hit


def quick_work(path: str, started: Any) -> None:
    """A training that is over at once, so that kills hit its folder's birth and its export."""
    torch.set_num_threads(1)
    started.set()
    if Path(path).exists():
        resume(path, progress=False, save_every_s=0.0)
    else:
        train(QUICK, out=path, progress=False, save_every_s=0.0)


def check_births_and_ends(parent: Path, kills: int, seed: int) -> None:
    """Kills short trainings at any moment of their life, then finishes them."""
    whole, chance, hit = train(QUICK, progress=False), random.Random(seed), 0
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    number = births = ends = 0
    while hit < kills:
        path, started = parent / f"run{number}", context.Event()
        process = context.Process(target=quick_work, args=(str(path), started))
        process.start()
        started.wait()
        time.sleep(chance.uniform(0, 0.25))
        hit += process.is_alive()
        process.kill()
        process.join()
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


def check(path: Path, experiment: Experiment, kills: int, longest_s: float) -> None:
    assert killed_until_done(path, experiment, kills, longest_s, seed=0) == kills
    run, whole = resume(path, progress=False), train(experiment, progress=False)
    assert not [stray for stray in path.glob(".*")]
    for name, value in whole.state.net.state_dict().items():
        assert torch.equal(run.state.net.state_dict()[name], value)
    assert whole.state.best is not None
    assert run.state.best is not None
    assert all(torch.equal(run.state.best[name], v) for name, v in whole.state.best.items())
    columns = {name: str(values) for name, values in whole.state.history.items()}
    assert {name: str(values) for name, values in run.state.history.items()} == columns
    assert run.report.predictions == whole.report.predictions


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no forkserver")
def test_fifty_kills(tmp_path: Path) -> None:
    check(tmp_path / "run", EXPERIMENT, kills=50, longest_s=0.2)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no forkserver")
def test_kills_at_birth_and_at_the_end(tmp_path: Path) -> None:
    check_births_and_ends(tmp_path, kills=20, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no forkserver")
def test_five_hundred_kills_at_birth_and_at_the_end(tmp_path: Path) -> None:
    check_births_and_ends(tmp_path, kills=500, seed=2)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no forkserver")
def test_fifty_kills_under_a_schedule(tmp_path: Path) -> None:
    check(tmp_path / "run", COSINE, kills=50, longest_s=1.0)  # the schedule alone takes 0.3 s


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no forkserver")
def test_five_hundred_kills(tmp_path: Path) -> None:
    check(tmp_path / "run", EXPERIMENT, kills=500, longest_s=0.3)
