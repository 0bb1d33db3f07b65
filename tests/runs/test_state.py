from __future__ import annotations

import json
import pickle
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from safetensors import safe_open

from fizzlab import Experiment, Run, open_run, resume, train
from fizzlab.errors import NewerVersionError, RunError
from fizzlab.nets import build_net
from fizzlab.runs import state as states
from fizzlab.runs.state import State, read_checkpoint, to_bytes
from fizzlab.training import build_optimizer

SETTINGS = {
    "recipe.epochs": 5,
    "recipe.evaluate_every": 2,
    "net.hidden": 6,
    "recipe.optimizer": "adam",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = tmp_path_factory.mktemp("state") / "run"
    return train(Experiment().replaced(SETTINGS), out=path, progress=False)


@pytest.fixture
def path(trained: Run, tmp_path: Path) -> Path:
    """A copy of the run, to be damaged."""
    assert trained.path
    return Path(shutil.copytree(trained.path, tmp_path / "run"))


def with_details(file: Path, changes: dict[str, Any], checksum: bool = True) -> None:
    """Rewrites a checkpoint with other details, as a whole file."""
    tensors = safetensors.torch.load_file(file)
    with safe_open(file, framework="pt") as opened:
        details = json.loads(opened.metadata()["fizzlab"])
    text = json.dumps({k: v for k, v in (details | changes).items() if v is not ...})
    metadata = {"fizzlab": text}
    if checksum:
        metadata["sha256"] = states._digest(text, tensors)
    file.write_bytes(safetensors.torch.save(tensors, metadata))


def test_a_state_comes_back_as_it_was(trained: Run) -> None:
    assert trained.path
    again, state = open_run(trained.path).state, trained.state
    for name in ("epoch", "best_epoch", "best_loss", "stopped", "seconds", "snapshots"):
        assert str(getattr(again, name)) == str(getattr(state, name))
    assert str(again.history) == str(state.history)
    assert state.best is not None
    assert again.best is not None
    assert all(torch.equal(again.best[name], value) for name, value in state.best.items())
    assert all(type(epoch) is int for epoch in again.snapshots)


def test_an_untrained_state_can_be_kept(tmp_path: Path) -> None:
    experiment = Experiment().replaced(SETTINGS)
    net = build_net(experiment)
    state = State(net, build_optimizer(net, experiment.recipe))
    file = tmp_path / "checkpoint.safetensors"
    file.write_bytes(to_bytes(state, {"experiment": {}, "net_class": "x"}))
    again = read_checkpoint(file).restore(build_net(experiment), state.optimizer)
    assert (again.epoch, again.best, again.best_loss) == (0, None, float("inf"))
    assert again.snapshots == {}


def test_a_truncated_checkpoint_is_told(path: Path) -> None:
    file = path / "checkpoint.safetensors"
    whole = file.read_bytes()
    for part in range(20):
        file.write_bytes(whole[: len(whole) * part // 20])
        with pytest.raises(RunError, match=r"checkpoint.safetensors cannot be read"):
            open_run(path)
    file.write_bytes(whole + b"more")
    with pytest.raises(RunError, match="cannot be read"):
        open_run(path)


def content(run: Run) -> str:
    tensors = [run.state.net.state_dict(), run.state.best, run.state.optimizer.state_dict()]
    return str((tensors, run.state.history, run.state.snapshots, run.report))


@pytest.mark.parametrize("part", ["header", "tensors"])
def test_damage_never_goes_unnoticed(path: Path, part: str) -> None:
    file, before = path / "checkpoint.safetensors", content(open_run(path))
    whole, chance = file.read_bytes(), random.Random(0)
    header = 8 + int.from_bytes(whole[:8], "little")
    first, last = (0, header) if part == "header" else (header, len(whole))
    refused = 0
    for _ in range(500):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 1, 3])):
            damaged[chance.randrange(first, last)] ^= 1 << chance.randrange(8)
        file.write_bytes(damaged)
        try:
            run = open_run(path)
        except RunError:  # NewerVersionError is one
            refused += 1
        else:
            assert content(run) == before  # a blank of the header
    assert refused > 490


def test_a_pickle_is_refused(path: Path, tmp_path: Path) -> None:
    witness = tmp_path / "witness"

    class Evil:
        def __reduce__(self) -> tuple:
            return (Path.touch, (witness,))

    file = path / "checkpoint.safetensors"
    file.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(RunError, match="cannot be read"):
        open_run(path)
    torch.save({"net": torch.zeros(3)}, file)
    with pytest.raises(RunError, match="cannot be read"):
        open_run(path)
    assert not witness.exists()


def test_a_foreign_safetensors_file_is_refused(path: Path) -> None:
    file = path / "checkpoint.safetensors"
    for metadata in (None, {"format": "pt"}, {"fizzlab": "[1]"}, {"fizzlab": "{}"}):
        file.write_bytes(safetensors.torch.save({"x": torch.zeros(2)}, metadata))
        with pytest.raises(RunError, match="was not written by fizzlab"):
            open_run(path)


def test_a_folder_in_its_place_is_told(path: Path) -> None:
    (path / "checkpoint.safetensors").unlink()
    (path / "checkpoint.safetensors").mkdir()
    with pytest.raises(RunError, match="cannot be read"):
        open_run(path)


def test_a_newer_format_asks_for_an_upgrade(path: Path) -> None:
    with_details(path / "checkpoint.safetensors", {"format": 2}, checksum=False)
    with pytest.raises(NewerVersionError, match="written by a later fizzlab") as caught:
        resume(path, progress=False)
    assert "pip install --upgrade fizzlab" in str(caught.value)


def test_settings_that_came_later_have_their_defaults(path: Path, trained: Run) -> None:
    older = trained.experiment.model_dump(mode="json")
    del older["recipe"]["clip_norm"], older["streams"]
    with_details(path / "checkpoint.safetensors", {"experiment": older})
    assert open_run(path).report.predictions == trained.report.predictions


@pytest.mark.parametrize(
    "changes",
    [
        {"experiment": 3},
        {"experiment": {"recipe": {"epochs": -1}}},
        {"experiment": {"unknown": 1}},
        {"best_loss": ...},
        {"epoch": ...},
        {"net_class": ...},
    ],
)
def test_nonsense_is_told(path: Path, changes: dict) -> None:
    with_details(path / "checkpoint.safetensors", changes)
    with pytest.raises(RunError):
        open_run(path)


def test_an_edited_experiment_is_told(path: Path) -> None:
    file = path / "experiment.toml"
    text = file.read_text()
    file.write_text(text.replace("learning_rate = 0.05", "learning_rate = 0.5"))
    with pytest.raises(RunError, match=r"recipe\.learning_rate: 0\.05 → 0\.5"):
        open_run(path)
    file.write_text(text.replace("[recipe]", "[recipe"))
    with pytest.raises(RunError, match="damaged"):
        open_run(path)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RunError, match="damaged"):
        open_run(path)


@pytest.mark.parametrize("group", ["net.", "best."])
def test_weights_of_another_net_do_not_fit(path: Path, tmp_path: Path, group: str) -> None:
    wider = Experiment().replaced({**SETTINGS, "net.hidden": 7})
    train(wider, out=tmp_path / "other", progress=False)
    other = safetensors.torch.load_file(tmp_path / "other" / "checkpoint.safetensors")
    file = path / "checkpoint.safetensors"
    mixed = safetensors.torch.load_file(file)
    mixed |= {name: value for name, value in other.items() if name.startswith(group)}
    with safe_open(file, framework="pt") as opened:
        text = opened.metadata()["fizzlab"]
    metadata = {"fizzlab": text, "sha256": states._digest(text, mixed)}
    file.write_bytes(safetensors.torch.save(mixed, metadata))
    with pytest.raises(RunError, match="does not fit the run's experiment"):
        open_run(path)
