"""SIGKILL at random moments: a study resumes to the rows that it would have had.

As in the kill tests of runs, a server that has everything loaded forks one worker after the other,
and when to kill is drawn in nets, so that kills fall alike on fast and slow machines.
"""

from __future__ import annotations

import importlib
import multiprocessing
import random
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from polars.testing import assert_frame_equal

from fizzlab import Experiment
from fizzlab.errors import StudyError
from fizzlab.studies import Plan, Study, execute

SETTINGS = {"recipe.epochs": 4, "recipe.evaluate_every": 2, "net.hidden": 4}
NETS_A_LIFE = 6
KILLS = 20
PRELOADED = [
    "fizzlab.studies",
    "fizzlab.studies.execute",
    "polars",
    "torch._dynamo",
    "scipy.special",
]

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no SIGKILL and no forkserver"
)


def work(path: str, trained: Any, plan: Plan) -> None:
    """Goes on with a study, in a process of its own; counts the nets that it trains."""
    torch.set_num_threads(1)
    module = importlib.import_module("fizzlab.studies.execute")
    row = module.row

    def counted(*arguments: Any) -> dict[str, Any]:
        made = row(*arguments)
        trained.value += 1
        return made

    module.row = counted
    trained.value = 0
    execute(plan, path, engine="sequential", threads=1, progress=False, shard_s=0.02)


def test_killed_and_resumed_is_the_same_study(tmp_path: Path) -> None:
    plan = Plan(
        Experiment().replaced(SETTINGS), seeds=48, vary={"recipe.learning_rate": [0.05, 0.5]}
    )
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    chance, path, seen = random.Random(0), tmp_path / "killed", []
    for _ in range(KILLS):
        trained = context.Value("q", -1, lock=False)
        process = context.Process(target=work, args=(str(path), trained, plan))
        process.start()
        nets = chance.randrange(NETS_A_LIFE) - 1  # -1: before or while its folder is made
        while trained.value < nets and process.is_alive():
            time.sleep(0.0002)
        time.sleep(chance.uniform(0, 0.02))
        process.kill()
        process.join()
        try:
            study = Study.open(path)
        except StudyError as error:
            assert "There is no study" in str(error)  # noqa: PT017
            continue
        assert not study.damaged
        seen.append(study.trained)
    assert seen == sorted(seen)  # nothing is ever lost
    assert len(set(seen)) > KILLS / 4  # and much is kept
    assert seen[-1] < plan.nets
    done = execute(plan, path, engine="sequential", progress=False)
    assert done.trained == plan.nets - seen[-1]
    assert not list(path.glob(".*"))
    whole = execute(plan, tmp_path / "whole", engine="sequential", progress=False).study
    columns = ["seconds"]
    assert_frame_equal(done.study.frame().drop(columns), whole.frame().drop(columns))
    assert_frame_equal(done.study.curves(), whole.curves())
    assert done.study.wrong() == whole.wrong()
