"""The folder of a study: its plan, its data, and who is at work in it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fizzlab.data import file_hash
from fizzlab.errors import (
    ConfigError,
    DataError,
    NewerVersionError,
    RunExistsError,
    StorageError,
    StudyError,
)
from fizzlab.runs import folder
from fizzlab.runs.environment import environment
from fizzlab.runs.run import json_bytes, portable
from fizzlab.studies.plan import Plan
from fizzlab.studies.plan_file import read_plan, to_toml

STUDIES = Path("studies")  # where new studies go
PLAN, ENVIRONMENT, LOCK = "plan.toml", "environment.json", "lock"
MAX_TOLD = 4  # differences between two plans


def prepare(plan: Plan, path: Path, *, grow: bool = False) -> Plan:
    """Creates the folder of a study, or finds it begun; gives the plan to go by.

    Args:
        plan: What shall be trained.
        path: The folder.
        grow: Whether the study there may have another number of seeds.

    Raises:
        RunExistsError: If something else stands there, or a study of another plan.
        StudyError: If a study stands there that cannot be read.
        StorageError: If the folder cannot be made.
        DataError: If a CSV file of the plan cannot be read.
    """
    plan = pinned(plan)
    if (path / PLAN).exists():
        stored = stored_plan(path)
        same = dataclasses.replace(plan, seeds=stored.seeds) if grow else plan
        if stored.hash != same.hash:
            raise RunExistsError(
                f"{path} is a study of another plan.",
                expected="the plan that it was begun with",
                got="; ".join(_differences(stored.tree(), plan.tree()))[:400],
                fix="choose another --out, or repeat the command that made it",
            )
        return stored
    if holds_nets(path):
        missing: StudyError = without_plan(path)
        raise missing
    taken, files = portable(plan.experiment)
    contents = {name: _content(source) for name, source in files.items()}
    contents[PLAN] = to_toml(dataclasses.replace(plan, experiment=taken)).encode()
    contents[ENVIRONMENT] = json_bytes(environment())
    folder.create(path, contents)
    return stored_plan(path)


def grown(path: Path, seeds: int) -> Plan:
    """Gives the plan of a study, with at least so many seeds: in its file too; its nets stay.

    Raises:
        StudyError: If the plan cannot be read.
        StorageError: If the file cannot be written.
    """
    plan = stored_plan(path)
    if plan.seeds >= seeds:
        return plan
    taken, _ = portable(plan.experiment)
    more = dataclasses.replace(plan, experiment=taken, seeds=seeds)
    folder.write(path / PLAN, to_toml(more).encode())
    return stored_plan(path)


def stored_plan(path: Path) -> Plan:
    """Reads the plan of a study.

    Raises:
        StudyError: If there is no study, or its plan cannot be read.
    """
    if not (path / PLAN).is_file():
        if holds_nets(path):
            missing: StudyError = without_plan(path)
            raise missing
        found = f"{path} is not a study." if path.exists() else f"There is no study {path}."
        raise StudyError(
            found,
            expected=f"a folder with a {PLAN} that fizzlab wrote",
            fix="make one: fizzlab study --out FOLDER",
        )
    try:
        return read_plan(path / PLAN)
    except (ConfigError, NewerVersionError) as error:
        raise StudyError(
            f"{path} cannot be read: {error.problem}",
            expected=f"{PLAN} as fizzlab wrote it",
            fix="restore it; the trained nets beside it are kept",
        ) from None


def holds_nets(path: Path) -> bool:
    """Tells whether a folder holds files of trained nets."""
    return any(path.glob("nets-*.parquet"))


def without_plan(path: Path) -> StudyError:
    """Gives the error for a study that has lost its plan."""
    return StudyError(
        f"{path} holds trained nets, but not their {PLAN}.",
        expected=f"the {PLAN} that fizzlab wrote there",
        fix=f"restore {PLAN} (the nets are kept), or choose another folder with --out",
    )


def pinned(plan: Plan) -> Plan:
    """Gives the same plan with the hashes of its CSV files.

    Raises:
        DataError: If one cannot be read.
    """
    _, files = portable(plan.experiment)
    hashes = {
        f"data.{name.removesuffix('.csv')}_sha256": file_hash(path)
        for name, path in files.items()
        if getattr(plan.experiment.data, f"{name.removesuffix('.csv')}_sha256") is None
    }
    experiment = plan.experiment.replaced(hashes) if hashes else plan.experiment
    return dataclasses.replace(plan, experiment=experiment)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from None


def _differences(stored: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    one, other = _flat(stored), _flat(asked)
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    told = [f"{name}: {one.get(name)} there, {other.get(name)} here" for name in names[:MAX_TOLD]]
    return told + ([f"and {len(names) - MAX_TOLD} more"] if len(names) > MAX_TOLD else [])


def _flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        flat |= (
            _flat(value, f"{prefix}{name}.")
            if isinstance(value, dict)
            else {f"{prefix}{name}": value}
        )
    return flat


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Makes sure that one process at a time trains in a study; a kill frees the lock.

    Raises:
        StudyError: If another one is at work in it.
        StorageError: If the folder cannot be written to.
    """
    try:
        file = (path / LOCK).open("a")
    except OSError as error:
        refused: StorageError = folder.storage_error(path / LOCK, error)
        raise refused from None
    with file:
        try:
            import fcntl
        except ImportError:  # Windows
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StudyError(
                f"Another process is at work in {path}.",
                expected="one at a time",
                fix="wait for it, or choose another --out",
            ) from None
        yield
