from __future__ import annotations

import errno
import multiprocessing
import os
import sys
from pathlib import Path

import pytest

from fizzlab import Experiment, open_run, train
from fizzlab.errors import RunExistsError, StorageError
from fizzlab.runs import default_folder, folder, list_runs

TOML = {folder.EXPERIMENT: b"seed = 0\n"}


def no_space(handle: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir())


def test_a_file_is_written(tmp_path: Path) -> None:
    for content in (b"one", b"", b"three" * 1000):
        folder.write(tmp_path / "deep" / "file", content)
        assert (tmp_path / "deep" / "file").read_bytes() == content
    assert names(tmp_path / "deep") == ["file"]


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StorageError, match="cannot be written: no space is left") as caught:
        folder.write(tmp_path / "file", b"new")
    assert "free some space and try again" in str(caught.value)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_full_disk_leaves_no_half_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(StorageError, match="no space"):
        folder.create(tmp_path / "run", TOML)
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_in_training_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(news: object) -> None:
        if news.epoch == 3:  # type: ignore[attr-defined]
            monkeypatch.setattr(os, "fsync", no_space)

    path = tmp_path / "run"
    with pytest.raises(StorageError, match="no space"):
        train(Experiment(), out=path, progress=False, watch=fill, save_every_s=0.0)
    assert open_run(path).state.epoch == 2
    assert names(path) == [folder.CHECKPOINT, folder.EXPERIMENT]


@pytest.mark.parametrize("name", ["file/inside", "file/deep/inside", "n" * 300])
def test_places_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_bytes(b"old")
    for act in (lambda path: folder.write(path, b"x"), lambda path: folder.create(path, TOML)):
        with pytest.raises(StorageError, match="cannot be written") as caught:
            act(tmp_path / name)
        assert "choose another place" in str(caught.value)
    assert names(tmp_path) == ["file"]


def test_a_folder_that_is_taken_is_refused(tmp_path: Path) -> None:
    for name in ("file", "full"):
        taken = tmp_path / name
        if name == "file":
            taken.write_bytes(b"precious")
        else:
            taken.mkdir()
            (taken / "precious").write_bytes(b"")
        for overwrite in (False, True):
            with pytest.raises(RunExistsError, match="what stands there is not a run") as caught:
                folder.create(taken, TOML, overwrite=overwrite)
            assert "--overwrite" not in str(caught.value)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(RunExistsError):
        folder.create(tmp_path / "link", TOML, overwrite=True)
    assert (tmp_path / "full" / "precious").exists()
    assert (tmp_path / "file").read_bytes() == b"precious"


def test_only_a_run_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    folder.create(tmp_path / "run", TOML)  # an empty folder is free
    (tmp_path / "run" / "old").write_bytes(b"")
    with pytest.raises(RunExistsError, match="or replace it with --overwrite"):
        folder.create(tmp_path / "run", TOML)
    folder.create(tmp_path / "run", TOML | {"x": b"1"}, overwrite=True)
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == [folder.EXPERIMENT, "x"]


def test_a_run_is_gone_only_once_the_new_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.create(tmp_path / "run", TOML | {"old": b""})
    real, moves = Path.rename, []

    def rename(path: Path, target: Path) -> Path:
        moves.append(target)
        if len(moves) == 2:  # the new folder, to its place
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(StorageError):
        folder.create(tmp_path / "run", TOML, overwrite=True)
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == [folder.EXPERIMENT, "old"]


def test_a_kill_between_the_renames_leaves_the_old_run_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    folder.create(tmp_path / "run", TOML | {"old": b""})
    real, moves = Path.rename, []

    def rename(path: Path, target: Path) -> Path:
        moves.append(target)
        if len(moves) == 2:
            raise Killed
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(Killed):
        folder.create(tmp_path / "run", TOML, overwrite=True)
    assert [path.name for path in list_runs(tmp_path)] == ["run.old"]


def test_free_folders_are_numbered_on(tmp_path: Path) -> None:
    assert folder.free_folder(tmp_path, "a") == tmp_path / "a"
    for expected in ("a", "a-2", "a-3"):
        free = folder.free_folder(tmp_path, "a")
        assert free.name == expected
        folder.create(free, TOML)
    (tmp_path / "b").mkdir()
    assert folder.free_folder(tmp_path, "b").name == "b"  # empty
    assert default_folder(Experiment(seed=7), tmp_path) == tmp_path / "classic-seed7"


def test_listing_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []
    for name in ["a-seed10", "b", "a-seed2", "10"]:
        folder.create(tmp_path / name, TOML)
    (tmp_path / "no-run").mkdir()
    folder.create(tmp_path / ".aside", TOML)
    assert [path.name for path in list_runs(tmp_path)] == ["10", "a-seed2", "a-seed10", "b"]


def race(path: str, number: int, start: object, results: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    try:
        folder.create(Path(path), TOML | {"who": str(number).encode()})
        results.put(number)  # type: ignore[attr-defined]
    except RunExistsError:
        results.put(-1)  # type: ignore[attr-defined]
    except BaseException as error:
        results.put(repr(error))  # type: ignore[attr-defined]
        raise


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no forkserver")
def test_two_processes_race_and_one_wins(tmp_path: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    # the server is shared with test_kill.py, so it preloads the same
    context.set_forkserver_preload(["fizzlab.runs", "polars", "scipy.stats", "torch._dynamo"])
    for attempt in range(5):
        path, results, start = tmp_path / f"run{attempt}", context.SimpleQueue(), context.Event()
        racers = [
            context.Process(target=race, args=(str(path), number, start, results))
            for number in range(2)
        ]
        for racer in racers:
            racer.start()
        start.set()
        told = [results.get(), results.get()]
        for racer in racers:
            racer.join()
        winners = [number for number in told if number != -1]
        assert len(winners) == 1, told
        assert (path / "who").read_text() == str(winners[0])
    assert len(names(tmp_path)) == 5
