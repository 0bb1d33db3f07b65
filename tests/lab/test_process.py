"""The command itself: what it prints, how it ends, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_pages import Page

from fizzlab.cli import main

pytestmark = pytest.mark.slow  # real processes: seconds each

COMMAND = [sys.executable, "-c", "from fizzlab.cli import main; main()", "lab", "--no-browser"]


@pytest.fixture
def lab() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def address(lab: subprocess.Popen[str]) -> str:
    assert lab.stdout is not None
    line = lab.stdout.readline()
    assert line.startswith("http://127.0.0.1:")
    assert line.endswith("/\n")
    return line.strip().removeprefix("http://").removesuffix("/")


def workers_of(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(text) for text in found.stdout.split()]


def all_gone(pids: list[int], within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not any(Path(f"/proc/{pid}/stat").exists() for pid in pids):
            return True
        time.sleep(0.02)
    return False


def test_ctrl_c_ends_server_and_workers(lab: subprocess.Popen[str]) -> None:
    page = Page(address(lab))
    page.say("start")
    page.until("state", lambda s: s["epoch"] > 0, wait_s=60)
    workers = workers_of(lab.pid)
    assert workers
    began = time.monotonic()
    lab.send_signal(signal.SIGINT)
    out, err = lab.communicate(timeout=20)
    assert time.monotonic() - began < 2
    assert (lab.returncode, out, err) == (0, "", "")
    assert all_gone(workers, 1)
    page.close()


def test_a_killed_server_leaves_no_worker(lab: subprocess.Popen[str]) -> None:
    page = Page(address(lab))
    page.say("configure", settings={"recipe.epochs": 100_000})
    page.say("start")
    page.until("state", lambda s: s["epoch"] > 5, wait_s=60)
    workers = workers_of(lab.pid)
    assert workers
    lab.kill()
    assert all_gone(workers, 5)
    page.close()


def test_a_port_that_is_taken_is_told(
    lab: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    port = address(lab).rpartition(":")[2]
    monkeypatch.setattr(sys, "argv", ["fizzlab", "lab", "--no-browser", "--port", port])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert f"cannot listen on 127.0.0.1, port {port}" in (err := capsys.readouterr().err)
    assert "--port 0" in err


def test_on_the_network_a_token_is_in_the_link() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--host", "0.0.0.0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "/?token=" in line
        assert len(line.partition("token=")[2].strip()) >= 32
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_the_server_loads_no_torch() -> None:
    code = (
        "import sys, fizzlab.lab.serve\n"
        "heavy = {'torch', 'numba', 'matplotlib', 'polars', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_worker_ends_with_its_input() -> None:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "fizzlab.lab.workers.main"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ},
    )
    process.communicate(timeout=60)
    assert process.returncode == 0
