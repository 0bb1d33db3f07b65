"""Fixtures that several files share."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fizzlab import Experiment, Run, train

QUICK = {"recipe.epochs": 12, "recipe.evaluate_every": 4, "net.hidden": 16}


@pytest.fixture(autouse=True)
def one_torch_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def quick_experiment() -> Experiment:
    return Experiment().replaced(QUICK)


@pytest.fixture(scope="session")
def quick_run(quick_experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Run:
    path: Path = tmp_path_factory.mktemp("runs") / "quick"
    return train(quick_experiment, out=path, progress=False)
