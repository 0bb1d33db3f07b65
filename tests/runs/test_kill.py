"""SIGKILL at random moments: the run stays readable, and its end is the one it would have had.

A server process that has torch loaded forks one trainer after the other, so that a kill costs
little; each trainer resumes the run where the one before was killed.
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import time
from pathlib import Path

import pytest
import torch

from fizzlab import Experiment, open_run, resume, train
from fizzlab.errors import RunError

EXPERIMENT = Experiment(seed=3).replaced(
    {
        "recipe.epochs": 1500,
        "recipe.order": "reshuffled",
        "recipe.momentum": 0.9,
        "recipe.schedule": "cosine",
        "recipe.learning_rate": 0.02,
    }
)
SAVE_EVERY_S = 0.02


def work(path: str) -> None:
    """Trains, or goes on; runs in a process of its own."""
    torch.set_num_threads(1)
    if Path(path).exists():
        resume(path, progress=False, save_every_s=SAVE_EVERY_S)
    else:
        train(EXPERIMENT, out=path, progress=False, save_every_s=SAVE_EVERY_S)


def killed_until_done(path: Path, kills: int, longest_s: float, seed: int) -> int:
    """Kills trainers until `kills` were hit alive; gives how many were."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fizzlab.runs"])
    chance, hit = random.Random(seed), 0
    while hit < kills:
        process = context.Process(target=work, args=(str(path),))
        process.start()
        time.sleep(chance.uniform(0, longest_s))
        hit += process.is_alive()
        process.kill()
        process.join()
        try:
            open_run(path)
        except RunError as error:
            assert "There is no run" in str(error)  # noqa: PT017
    return hit


def check(path: Path, kills: int, longest_s: float) -> None:
    assert killed_until_done(path, kills, longest_s, seed=0) == kills
    run, whole = resume(path, progress=False), train(EXPERIMENT, progress=False)
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
    check(tmp_path / "run", kills=50, longest_s=0.2)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL and no forkserver")
def test_five_hundred_kills(tmp_path: Path) -> None:
    check(tmp_path / "run", kills=500, longest_s=0.3)
