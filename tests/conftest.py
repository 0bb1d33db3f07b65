"""Fixtures that several files share; `fizzlab` runs the command line in this process."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import torch
from jaxtyping import install_import_hook

SOURCE = Path(__file__).parents[1] / "src" / "fizzlab"
ROOMS = {path.stem for path in SOURCE.iterdir() if path.stem.isidentifier()}
CHECKED = [*ROOMS - {"__init__", "engines"}, "engines.contract", "engines.sequential"]
# annotations and shapes are checked in all rooms, but not in what numba compiles
install_import_hook([f"fizzlab.{room}" for room in CHECKED], "beartype.beartype")

from fizzlab import Experiment, Run, train  # noqa: E402
from fizzlab.cli import main  # noqa: E402

EXAMPLES = int(os.environ.get("FIZZLAB_EXAMPLES", "40"))  # of each property; more find more
hypothesis.settings.register_profile("fizzlab", deadline=None, max_examples=EXAMPLES)
hypothesis.settings.load_profile("fizzlab")

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


@dataclass
class Done:
    """What a command left: exit code and output."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def fizzlab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["fizzlab", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        shown = capsys.readouterr()
        return Done(code, shown.out, shown.err)

    return command
