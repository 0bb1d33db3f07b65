"""The documentation agrees with the code."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from fizzlab import Experiment, Run
from fizzlab.errors import FizzlabError

ROOT = Path(__file__).parents[1]


def test_the_reference_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_error_tree_on_its_page_is_the_real_one() -> None:
    def names(error: type) -> set[str]:
        return {error.__name__}.union(*(names(child) for child in error.__subclasses__()))

    page = (ROOT / "src/fizzlab/errors.py").read_text(encoding="utf-8").split('"""')[1]
    assert names(FizzlabError) == set(re.findall(r"\b\w+Error\b", page))


def test_a_run_loads_in_plain_torch_as_documented(
    quick_run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = (ROOT / "docs/first-run.md").read_text(encoding="utf-8")
    lines = next(b for b in re.findall(r"```python\n(.*?)```", page, re.S) if "load_file" in b)
    assert len([line for line in lines.splitlines() if line]) == 3
    lines = lines.replace("10, 100", "10, 16").replace("100, 4", "16, 4")
    monkeypatch.chdir(tmp_path)
    space: dict = {}
    exec(lines.replace("runs/td1-seed0", str(quick_run.path)), space)
    import torch

    rows = torch.from_numpy(Experiment().encoding.rows(range(1024)))
    assert torch.equal(space["net"](rows), quick_run.net(rows))


def test_what_was_tested_is_pinned_and_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line
    )
    assert pins["torch"] == "2.13.0"
    lowered = {name.lower().replace("_", "-") for name in pins}
    for wish in project["dependencies"]:
        assert re.split(r"[>=]", wish)[0].lower() in lowered
