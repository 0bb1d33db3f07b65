"""The installed command in processes of its own: start-up, streams, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fizzlab import open_run

COMMAND = [sys.executable, "-c", "from fizzlab.cli import main; main()"]


def test_help_is_cheap() -> None:
    code = (
        "import sys\nfrom fizzlab.cli import main\n"
        "try:\n    sys.argv = ['fizzlab', '--help']\n    main()\n"
        "except SystemExit:\n    pass\n"
        "assert not {'torch', 'polars', 'matplotlib', 'numba', 'scipy'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "train" in done.stdout


def test_without_a_terminal_colour_or_utf8(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "NO_COLOR": "1", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [*COMMAND, "train", "--epochs", "3", "--no-figures"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout
    assert b"all checked" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C in another way")
def test_ctrl_c(tmp_path: Path) -> None:
    arguments = ["train", "--epochs", "1000000", "--no-figures", "--out", "run"]
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(tmp_path / "run" / "checkpoint.safetensors")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Results" in out
    assert "Go on with: fizzlab train --resume run" in out
    assert "Traceback" not in err
    run = open_run(tmp_path / "run")
    assert run.stopped == "interrupted"
    assert run.state.epoch > 0


def wait_for(path: Path, longest_s: float = 60) -> None:
    start = time.monotonic()
    while not path.exists():
        assert time.monotonic() - start < longest_s, f"{path} did not come"
        time.sleep(0.05)
