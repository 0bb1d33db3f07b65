"""Files and folders of runs: every write is whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from fizzlab.errors import RunExistsError, StorageError
from fizzlab.experiment import Experiment

RUNS = Path("runs")  # where new runs go
EXPERIMENT, CHECKPOINT, RESULT = "experiment.toml", "checkpoint.safetensors", "result.json"


def write(path: Path, content: bytes) -> None:
    """Writes a file atomically: aside, fsync, rename, fsync of the folder.

    Raises:
        StorageError: If it cannot be written; what stood there before stands there still.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(aside, content)
        aside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        failed = storage_error(path, error)
        raise failed from None
    finally:
        with contextlib.suppress(OSError):  # such as a file in the folder's place
            aside.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Removes what writers that were killed in the middle of a write have left in a folder."""
    for stray in folder.glob(".*.*"):
        if stray.suffix[1:].isdecimal():
            stray.unlink(missing_ok=True)


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def storage_error(path: Path, error: OSError) -> StorageError:
    """Tells in plain words why `path` could not be written."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return StorageError(
        f"{path} cannot be written: "
        + ("no space is left." if full else f"{error.strerror or error}."),
        expected="a folder that can be written to, with some space",
        fix="free some space and try again (a run that was begun can be resumed)"
        if full
        else "choose another place (--out, --certificate)",
    )


def create(folder: Path, files: Mapping[str, bytes], *, overwrite: bool = False) -> None:
    """Creates a run's folder with its first files, all at once.

    Args:
        folder: Where it shall stand.
        files: Content by file name.
        overwrite: Replace a run that stands there. Only runs and empty folders are replaced.

    Raises:
        RunExistsError: If something stands there that may not be replaced.
        StorageError: If it cannot be written.
    """
    if is_taken(folder) and not (overwrite and (folder / EXPERIMENT).is_file()):
        taken = taken_error(folder)
        raise taken
    aside: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        aside.chmod(0o755)
        for name, content in files.items():
            _write_through(aside / name, content)
        _sync_folder(aside)
        if overwrite and is_taken(folder):
            _replace(folder, aside)
        else:
            aside.rename(folder)  # fails if it was taken just now
        _sync_folder(folder.parent)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST} and is_taken(folder):  # just now
            taken = taken_error(folder)
            raise taken from None
        failed = storage_error(folder, error)
        raise failed from None
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)


def _replace(folder: Path, new: Path) -> None:
    """Puts a new folder in the place of an old one, which is gone only once the new one stands.

    There is no portable way to exchange two folders at once: a kill between the two renames
    leaves the old one whole beside its place, under its name with `.old` added.

    Raises:
        OSError: If one of them cannot be renamed.
    """
    old = free_folder(folder.parent, f"{folder.name}.old")
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old)


def is_taken(folder: Path) -> bool:
    """Tells whether something other than an empty folder stands there.

    Raises:
        StorageError: If that cannot be found out, as for a name that is too long.
    """
    try:
        if folder.is_dir():
            return any(folder.iterdir())
        return folder.exists() or folder.is_symlink()
    except OSError as error:
        failed = storage_error(folder, error)
        raise failed from None


def taken_error(folder: Path) -> RunExistsError:
    """Tells that a folder is taken, and what can be done."""
    is_run = (folder / EXPERIMENT).is_file()
    return RunExistsError(
        f"{folder} exists already.",
        expected="a new folder" + ("" if is_run else " (what stands there is not a run)"),
        fix="choose another --out" + (", or replace it with --overwrite" if is_run else ""),
    )


def run_name(experiment: Experiment) -> str:
    """Gives the name of a new run's folder: NAME-seedN."""
    return f"{experiment.name}-seed{experiment.seed}"


def free_folder(parent: Path, name: str) -> Path:
    """Gives the first of `name`, `name-2`, `name-3`, … that is not taken."""
    folder, number = parent / name, 2
    while is_taken(folder):
        folder, number = parent / f"{name}-{number}", number + 1
    return folder
