"""The house's order: a room imports only rooms above it, and importing fizzlab is cheap."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fizzlab

ROOMS = [
    "errors",
    "configuration",
    "rules",
    "encodings",
    "randomness",
    "data",
    "experiment",
    "nets",
    "schedules",
    "training",
    "readers",
    "evaluation",
    "runs",
    "figures",
    "engines",
    "studies",
    "proofs",
    "teaching",
    "lab",
    "cli",
]
SOURCE = Path(fizzlab.__file__).parent


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "fizzlab":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fizzlab."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: imports are written in full, not relative"
        elif isinstance(node, ast.Import):
            parts = [alias.name.split(".") for alias in node.names]
            found |= {part[1] for part in parts if part[0] == "fizzlab" and len(part) > 1}
    return found


@pytest.mark.parametrize(
    ("line", "rooms"),
    [
        ("import fizzlab.runs.store", {"runs"}),
        ("from fizzlab.cli.app import main", {"cli"}),
        ("def later():\n    from fizzlab import data, Rule", {"data", "Rule"}),
        ("import numpy as np\nfrom numpy import fizzlab", set()),
    ],
)
def test_the_reader_of_imports(tmp_path: Path, line: str, rooms: set[str]) -> None:
    (tmp_path / "room.py").write_text(line)
    assert imports(tmp_path / "room.py") == rooms


def test_configuration_stands_right_under_errors() -> None:
    assert ROOMS[:3] == ["errors", "configuration", "rules"]
    assert imports(SOURCE / "errors.py") == set()
    assert imports(SOURCE / "configuration.py") == {"errors"}


def test_every_room_has_its_place() -> None:
    names = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert names - {"__init__", "__pycache__"} <= {*ROOMS}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.stem)
def test_a_room_imports_only_rooms_above(path: Path) -> None:
    room = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    above = ROOMS[: ROOMS.index(room) + 1]
    below = {name for name in imports(path) if name in ROOMS and name not in above}
    assert not below, f"{path.name} imports {below}"


def test_importing_is_cheap_and_silent() -> None:
    code = (
        "import sys, fizzlab, fizzlab.cli.app; from fizzlab import Rule\n"
        "heavy = {'torch', 'numba', 'matplotlib', 'polars', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_public_names_are_there() -> None:
    assert sorted(fizzlab.__all__) == sorted({*fizzlab._HOME_OF})
    assert all(getattr(fizzlab, name) is not None for name in fizzlab.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        fizzlab.nothing  # noqa: B018
