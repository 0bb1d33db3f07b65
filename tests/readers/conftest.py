"""A reader as the preset trains it."""

from __future__ import annotations

import pytest

from fizzlab import Experiment, Run, train


@pytest.fixture(scope="session")
def reader_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = tmp_path_factory.mktemp("runs") / "reader"
    return train(Experiment.preset("reader"), out=path, progress=False)
