"""Small studies that several tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from fizzlab import Experiment
from fizzlab.studies import Plan, Study, execute

QUICK = {"recipe.epochs": 6, "recipe.evaluate_every": 2, "net.hidden": 4}
RATES = [0.05, 0.5, 1.5]


@pytest.fixture(scope="session")
def quick_plan() -> Plan:
    base = Experiment().replaced(QUICK)
    return Plan(base, seeds=5, vary={"recipe.learning_rate": RATES, "net.hidden": [4, [6, 6]]})


@pytest.fixture(scope="session")
def quick_study(quick_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Study:
    path: Path = tmp_path_factory.mktemp("studies") / "quick"
    return execute(quick_plan, path, progress=False).study
