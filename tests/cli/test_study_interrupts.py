"""Ctrl-C in `fizzlab study`: the first one says what it waits for, the second one ends at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fizzlab.engines import ENGINES
from fizzlab.studies import Study

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C otherwise")

FIRST = "Interrupted: the nets in training are finished first, and kept. Ctrl-C again stops at once"
SECOND = (
    "fizzlab: stopped at once. What was trained before is kept; the same command again goes on."
)
NET = ["--set", "net.hidden=200", "--set", "recipe.evaluate_every=1000", "--threads", "1"]
# the nets of the first condition take a moment, those of the second one many minutes
STUDY = ["study", *NET, "--seeds", "2", "--vary", "recipe.epochs=1,2000000", "--out", "s"]

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command; what it prints is gathered in the files out and err."""
    begun: list[subprocess.Popen[bytes]] = []

    def begin(*line: str) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.argv = {['fizzlab', *line]!r}; import fizzlab.cli as c; c.main()"
        with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
            process = subprocess.Popen(
                [sys.executable, "-c", code],
                cwd=tmp_path,
                stdout=out,
                stderr=err,
                env={**os.environ, "FIZZLAB_CACHE": str(tmp_path / "cache")},
            )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.wait()


def said(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def wait_for(text: str, path: Path, process: subprocess.Popen[bytes]) -> None:
    began = time.monotonic()
    while text not in said(path):
        assert process.poll() is None, said(path)
        assert time.monotonic() - began < 120
        time.sleep(0.05)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_second_ctrl_c_ends_at_once(start: Start, tmp_path: Path, engine: str) -> None:
    process = start(*STUDY, "--engine", engine)
    wait_for("| 1/4 [", tmp_path / "err", process)
    process.send_signal(signal.SIGINT)
    wait_for(FIRST, tmp_path / "err", process)
    time.sleep(0.5)
    assert process.poll() is None  # it waits for the net in training
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert said(tmp_path / "out") == ""
    err = said(tmp_path / "err")
    assert err.count(FIRST) == 1
    assert err.rstrip().endswith(SECOND)
    assert "Traceback" not in err
    study = Study.open(tmp_path / "s")
    assert study.frame()["index"].to_list() == [0]
    assert not study.damaged
    assert not list((tmp_path / "s").glob(".*"))


def test_luck_too(start: Start, tmp_path: Path) -> None:
    process = start("luck", "0.5", *NET, "--set", "recipe.epochs=2000000", "--nets", "3")
    wait_for("| 0/3 [", tmp_path / "err", process)
    process.send_signal(signal.SIGINT)
    wait_for(FIRST, tmp_path / "err", process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) in {130, -signal.SIGINT}  # the latter if it was ending anyway
    assert said(tmp_path / "out") == ""
    assert "Traceback" not in said(tmp_path / "err")
