"""A second Ctrl-C, and Ctrl-C where nothing can be kept."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fizzlab import open_run
from fizzlab.cli import train as command

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C otherwise")


def test_a_second_ctrl_c_quits_at_once(tmp_path: Path) -> None:
    slow = [
        part
        for text in ("recipe.batch_size=1", "net.hidden=[2500,2500]")
        for part in ("--set", text)
    ]
    line = [
        "train",
        "--epochs",
        "1000",
        "--no-figures",
        "--out",
        "run",
        *slow,
    ]  # many seconds an epoch
    code = f"import sys; sys.argv = {['fizzlab', *line]!r}; from fizzlab.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        started = time.monotonic()
        while not (tmp_path / "run" / "checkpoint.safetensors").exists():
            assert time.monotonic() - started < 60
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None  # it finishes its epoch
        process.send_signal(signal.SIGINT)
        again = time.monotonic()
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - again < 10
    finally:
        process.kill()
    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert open_run(tmp_path / "run").state.epoch == 0


def test_ctrl_c_before_training_is_no_traceback(fizzlab, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "asked_experiment", interrupt)
    done = fizzlab("train")
    assert done.code == 130
    assert done.out == ""
    assert "Traceback" not in done.err
