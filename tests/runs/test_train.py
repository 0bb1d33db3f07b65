from __future__ import annotations

import math
import os
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import safetensors.torch
import torch
from torch import nn

from fizzlab import Experiment, Run, Update, open_run, refit, resume, train
from fizzlab.errors import (
    ConfigError,
    DivergedError,
    NetError,
    RunError,
    RunExistsError,
    UsageError,
)
from fizzlab.nets import build_net
from fizzlab.runs import list_runs
from fizzlab.training import batch_order

RECIPES = {
    "sheet": {"data.validation": 0},
    "momentum": {
        "recipe.order": "reshuffled",
        "recipe.momentum": 0.9,
        "recipe.nesterov": True,
        "recipe.schedule": "cosine",
        "recipe.clip_norm": 1.0,
    },
    "adam": {"recipe.optimizer": "adam", "recipe.schedule": "one_cycle"},
    "adamw": {
        "recipe.optimizer": "adamw",
        "recipe.warmup_epochs": 3,
        "recipe.schedule": "step",
        "recipe.step_epochs": 4,
        "net.dropout": 0.3,
        "net.hidden": [12, 9],
    },
    "smooth": {
        "recipe.label_smoothing": 0.1,
        "recipe.class_weights": "balanced",
        "recipe.loss": "nll",
        "recipe.order": "permuted",
    },
}
QUICK = {"recipe.epochs": 11, "recipe.evaluate_every": 4, "net.hidden": 16}


def experiment_of(name: str) -> Experiment:
    return Experiment(seed=1).replaced({**QUICK, **RECIPES[name]})


def same(one: Run, two: Run) -> None:
    """Asserts that two runs agree bit for bit, in everything but seconds."""
    for first, second in [
        (one.state.net.state_dict(), two.state.net.state_dict()),
        (one.state.best or {}, two.state.best or {}),
    ]:
        assert first.keys() == second.keys()
        assert all(torch.equal(first[name], second[name]) for name in first)
    slots = [run.state.optimizer.state_dict()["state"] for run in (one, two)]
    assert slots[0].keys() == slots[1].keys()
    for index in slots[0]:
        for name, value in slots[0][index].items():
            assert value is None or torch.equal(value, slots[1][index][name])
    for name, values in one.state.history.items():
        np.testing.assert_array_equal(values, two.state.history[name])
    assert one.state.snapshots.keys() == two.state.snapshots.keys()
    for epoch, labels in one.state.snapshots.items():
        np.testing.assert_array_equal(labels, two.state.snapshots[epoch])
    assert (one.state.epoch, one.state.best_epoch) == (two.state.epoch, two.state.best_epoch)
    assert one.state.stopped == two.state.stopped


def bare(seed: int, epochs: int) -> list[float]:
    """The lab sheet in plain torch."""
    torch.manual_seed(seed)
    x = torch.tensor([[n >> d & 1 for d in range(10)] for n in range(101, 1024)]).float()
    y = torch.tensor([(n % 3 == 0) + 2 * (n % 5 == 0) for n in range(101, 1024)])
    net = nn.Sequential(nn.Linear(10, 100), nn.ReLU(), nn.Linear(100, 4))
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    losses = [loss_fn(net(x), y).item()]
    for _ in range(epochs):
        for start in range(0, len(x), 128):
            loss = loss_fn(net(x[start : start + 128]), y[start : start + 128])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss_fn(net(x), y).item())
    return losses


@pytest.mark.parametrize(
    ("seed", "loss", "correct"),
    [
        (0, 0.370017, 93),
        pytest.param(1, 0.604701, 77, marks=pytest.mark.slow),
        pytest.param(2, 0.609660, 80, marks=pytest.mark.slow),
        pytest.param(3, 0.434757, 87, marks=pytest.mark.slow),
    ],
)
def test_td1_is_a_bare_script_bit_for_bit(seed: int, loss: float, correct: int) -> None:
    td1 = Experiment.preset("td1", seed).replaced({"recipe.evaluate_every": 1})
    run = train(td1, progress=False)
    before = torch.get_rng_state()
    assert run.state.history["train_loss"] == bare(seed, 1000)
    torch.set_rng_state(before)
    assert run.report.evaluations["test"].correct == correct
    assert run.report.accuracy.test == correct / 100
    assert run.report.evaluations["test"].text == f"{correct} of 100, all checked"
    assert run.report.loss.train == pytest.approx(loss, abs=1e-5)


@pytest.mark.parametrize("name", RECIPES)
def test_a_resumed_run_is_the_uninterrupted_one(name: str, tmp_path: Path) -> None:
    whole = train(experiment_of(name), progress=False, out=tmp_path / "whole")
    parts = train(experiment_of(name), progress=False, out=tmp_path / "parts", time_budget_s=0.0)
    assert (parts.stopped, parts.state.epoch) == ("time", 1)
    while parts.state.stopped is None:
        parts = resume(tmp_path / "parts", progress=False, time_budget_s=0.0)
    same(whole, parts)
    same(whole, open_run(tmp_path / "parts"))


def test_training_on_is_a_longer_training(tmp_path: Path) -> None:
    long = experiment_of("momentum").replaced({"recipe.schedule": "constant", "recipe.epochs": 23})
    short = long.replaced({"recipe.epochs": 11})
    train(short, progress=False, out=tmp_path / "run")
    same(train(long, progress=False), resume(tmp_path / "run", epochs=23, progress=False))
    assert open_run(tmp_path / "run").experiment.recipe.epochs == 23
    with pytest.raises(UsageError, match="trained for 23 epochs already"):
        resume(tmp_path / "run", epochs=5, progress=False)


def test_resuming_a_finished_run_changes_nothing(quick_run: Run) -> None:
    assert quick_run.path
    same(quick_run, resume(quick_run.path, progress=False))


def test_threads_do_not_matter() -> None:
    one = train(experiment_of("momentum"), progress=False)
    torch.set_num_threads(2)
    two = train(experiment_of("momentum"), progress=False)
    assert torch.get_num_threads() == 2
    same(one, two)


def test_streams_can_be_told_apart() -> None:
    def weights(**streams: int) -> list[torch.Tensor]:
        pins = {f"streams.{name}": seed for name, seed in streams.items()}
        run = train(experiment_of("momentum").replaced(pins), progress=False)
        return list(run.state.net.state_dict().values())

    base = weights()
    for name in ("init", "split", "order"):
        assert not torch.equal(weights(**{name: 99})[0], base[0])
        assert torch.equal(weights(**{name: 1})[0], base[0])
    assert torch.equal(weights(subset=99)[0], base[0])  # no subset is drawn


class Own(nn.Module):
    """A student's own net: functional activation, dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(10, 20), nn.Linear(20, 4)
        self.drop = nn.Dropout(0.2)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.last(self.drop(torch.relu(self.first(rows))))


def test_a_net_of_ones_own(tmp_path: Path) -> None:
    net = Own()
    before = [p.clone() for p in net.parameters()]
    whole = train(experiment_of("sheet"), net=net, progress=False)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), before, strict=True))
    path = tmp_path / "own"
    train(experiment_of("sheet"), net=net, progress=False, out=path, time_budget_s=0.0)
    with pytest.raises(RunError, match=r"a class of your own, .*Own"):
        open_run(path)
    same(whole, resume(path, net=Own(), progress=False))
    assert open_run(path, net=Own()).predict([15]) == whole.predict([15])
    with pytest.raises(RunError, match=r"not the one that .* trained"):
        open_run(path, net=nn.Linear(10, 4))
    assert whole.report.net == "Own"


def test_a_net_that_only_looks_alike_is_refused(quick_run: Run) -> None:
    """Same shapes, same names, another activation."""
    alike = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 4))
    with pytest.raises(RunError, match="not the one that"):
        open_run(str(quick_run.path), net=alike)


def test_a_run_of_ones_own_net_never_resumes_as_another(tmp_path: Path) -> None:
    def die(news: Update) -> None:
        raise KeyboardInterrupt  # before any checkpoint is due

    with pytest.raises(KeyboardInterrupt):
        train(experiment_of("sheet"), net=Own(), out=tmp_path / "run", progress=False, watch=die)
    with pytest.raises(RunError, match="a class of your own"):
        resume(tmp_path / "run", progress=False)
    whole = train(experiment_of("sheet"), net=Own(), progress=False)
    assert resume(tmp_path / "run", net=Own(), progress=False).state.epoch == whole.state.epoch


def test_divergence_names_epoch_and_rate_and_leaves_a_run(tmp_path: Path) -> None:
    wild = experiment_of("momentum").replaced(
        {
            "recipe.learning_rate": 1e15,
            "recipe.clip_norm": None,
            "net.hidden": [8, 8, 8],
            "net.activation": "gelu",
        }
    )
    with pytest.raises(DivergedError, match="diverged in epoch 1, at learning rate") as caught:
        train(wild, out=tmp_path / "run", progress=False)
    assert "recipe.clip_norm" in str(caught.value)
    assert open_run(tmp_path / "run").state.epoch == 0


def test_the_files_of_a_run(quick_run: Run) -> None:
    path = quick_run.path
    assert path is not None
    assert {file.name for file in path.iterdir()} == {
        "experiment.toml",
        "checkpoint.safetensors",
        "model.safetensors",
        "history.parquet",
        "environment.json",
        "result.json",
    }
    frame = pl.read_parquet(path / "history.parquet")
    assert frame["epoch"].to_list() == [0, 4, 8, 12]
    assert frame.equals(quick_run.history)
    report = type(quick_run.report).model_validate_json((path / "result.json").read_text())
    assert report == quick_run.report == open_run(path).report


def test_a_run_loads_in_plain_torch(quick_run: Run) -> None:
    net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 4))
    net.load_state_dict(safetensors.torch.load_file(f"{quick_run.path}/model.safetensors"))
    rows = torch.from_numpy(quick_run.experiment.encoding.rows(range(1024)))
    with torch.no_grad():
        assert torch.equal(net(rows), quick_run.net(rows))


def test_refitting_trains_on_everything(quick_run: Run, tmp_path: Path) -> None:
    again = refit(quick_run, out=tmp_path / "refit", progress=False)
    assert len(again.splits.train) == 923
    assert again.report.epochs == quick_run.report.kept_epoch
    assert open_run(tmp_path / "refit").report.refit_of == str(quick_run.path)
    with pytest.raises(UsageError, match="nothing to refit"):
        refit(again, progress=False)


def test_refitting_a_subset_adds_the_validation_integers_to_it(tmp_path: Path) -> None:
    experiment = experiment_of("momentum").replaced({"data.subset": 300})
    run = train(experiment, progress=False, out=tmp_path / "run")
    again = refit(run, progress=False, out=tmp_path / "refit")
    held = {*run.splits.train.integers.tolist(), *run.splits.validation.integers.tolist()}
    assert again.splits.train.integers.tolist() == sorted(held)
    assert len(held) == 400
    assert len(again.splits.validation) == 0
    same(again, train(Experiment.read(tmp_path / "refit" / "experiment.toml"), progress=False))


def test_a_refit_keeps_to_the_schedule(tmp_path: Path) -> None:
    """The kept net is of an epoch in the middle of a cosine; the refit ends there, too."""
    run = train(experiment_of("momentum").replaced({"recipe.learning_rate": 0.5}), progress=False)
    again = refit(run, progress=False)
    kept = run.report.kept_epoch
    assert kept < run.state.epoch
    rate = dict(zip(run.state.history["epoch"], run.state.history["learning_rate"], strict=True))
    assert again.state.epoch == kept
    assert again.state.history["learning_rate"][-1] == pytest.approx(rate[kept], rel=0.05)


@pytest.mark.parametrize(
    ("stop", "name"),
    [
        ({"recipe.patience": 4}, "patience"),
        ({"recipe.target_accuracy": 0.01}, "target_accuracy"),
        ({"recipe.stop_after": 6}, "stop_after"),
    ],
)
def test_epochs_do_not_prolong_what_ends_otherwise(stop: dict, name: str, tmp_path: Path) -> None:
    adam = {"recipe.epochs": 200, "recipe.optimizer": "adam", "recipe.learning_rate": 0.02}
    experiment = Experiment().replaced({**QUICK, **adam, **stop})
    run = train(experiment, out=tmp_path / "run", progress=False)
    assert run.state.epoch < 200
    with pytest.raises(ConfigError, match=f"ends by recipe.{name}"):
        resume(tmp_path / "run", epochs=900, progress=False)
    same(run, resume(tmp_path / "run", progress=False))
    assert open_run(tmp_path / "run").experiment.recipe.epochs == 200


def test_why_a_run_was_interrupted_is_kept(tmp_path: Path) -> None:
    run = train(Experiment(), out=tmp_path / "run", progress=False, time_budget_s=0.0)
    assert (run.stopped, open_run(tmp_path / "run").stopped) == ("time", "time")
    assert open_run(tmp_path / "run").report == run.report


def test_a_sample_is_not_what_training_drew(tmp_path: Path) -> None:
    experiment = experiment_of("sheet").replaced({"data.subset": 300})
    run = train(experiment, progress=False)
    drawn = run.sampled(range(101, 1024), 300).tolist()
    trained = set(run.splits.train.integers.tolist())
    assert len(set(drawn)) == 300
    assert 60 < len(trained & set(drawn)) < 140  # 97 are expected
    assert drawn == sorted(drawn) == run.sampled(range(101, 1024), 300).tolist()
    found = run.evaluate(range(101, 1024), sample=300)
    assert (found.total, found.sampled) == (300, True)
    assert found.correct == run.evaluate(drawn).correct
    assert not run.evaluate(range(1, 9), sample=99).sampled  # that is all of them


def test_a_csv_file_is_kept_with_the_run(tmp_path: Path) -> None:
    source = tmp_path / "own.csv"
    rows = [f"{n},{('number', 'fizz')[n % 3 == 0]}" for n in range(200, 300)]
    source.write_text("\n".join(["integer,label", *rows]))
    experiment = experiment_of("sheet").replaced({"data.train": str(source)})
    run = train(experiment, out=tmp_path / "run", progress=False)
    source.unlink()
    again = train(Experiment.read(tmp_path / "run" / "experiment.toml"), progress=False)
    same(run, again)
    assert 'train = "train.csv"' in (tmp_path / "run" / "experiment.toml").read_text()
    assert len(open_run(tmp_path / "run").experiment.data.train_sha256 or "") == 64
    with (tmp_path / "run" / "train.csv").open("a") as file:
        file.write("\n999,fizz")
    with pytest.raises(RunError, match="has changed since its hash was taken"):
        open_run(tmp_path / "run")


def test_overwriting(quick_run: Run, tmp_path: Path) -> None:
    experiment = experiment_of("sheet")
    train(experiment, out=tmp_path / "run", progress=False)
    with pytest.raises(RunExistsError, match="exists already"):
        train(experiment, out=tmp_path / "run", progress=False)
    train(experiment.replaced({"seed": 5}), out=tmp_path / "run", overwrite=True, progress=False)
    assert open_run(tmp_path / "run").experiment.seed == 5
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    assert list_runs(tmp_path) == [tmp_path / "run"]


def test_history_has_what_the_lab_watches() -> None:
    run = train(experiment_of("momentum"), progress=False)
    history = run.state.history
    assert history["epoch"] == [0, 4, 8, 11]
    assert math.isnan(history["gradient_norm"][0])
    assert all(value > 0 for value in history["gradient_norm"][1:])
    assert all(0 <= value <= 1 for value in history["dead_share"])
    assert run.history["validation_loss"].null_count() == 0


@pytest.mark.parametrize("name", RECIPES)
def test_the_same_seed_gives_the_same_run_and_another_another(name: str) -> None:
    one, two = (train(experiment_of(name), progress=False) for _ in range(2))
    same(one, two)
    other = train(experiment_of(name).replaced({"seed": 2}), progress=False)
    assert one.state.history["train_loss"] != other.state.history["train_loss"]


@pytest.mark.parametrize("every_s", [0.0, 1e9])
def test_checkpoints_and_watchers_change_nothing(every_s: float, tmp_path: Path) -> None:
    experiment = experiment_of("adamw")
    seen = train(
        experiment,
        out=tmp_path / "run",
        progress=False,
        watch=lambda news: torch.manual_seed(news.epoch) and None,
        save_every_s=every_s,
    )
    same(seen, train(experiment, progress=False))


@pytest.mark.parametrize("name", ["adam", "adamw", "smooth"])
def test_a_run_may_stop_at_any_epoch(name: str, tmp_path: Path) -> None:
    """One interruption, after each epoch in turn."""
    whole = train(experiment_of(name), progress=False)
    for stop in range(1, 11):
        path = tmp_path / str(stop)

        def press(news: Update, stop: int = stop) -> None:
            if news.epoch == stop:
                os.kill(os.getpid(), signal.SIGINT)

        train(experiment_of(name), progress=False, out=path, watch=press)
        assert open_run(path).state.epoch == stop
        same(whole, resume(path, progress=False))


def test_training_on_after_a_last_row_off_the_grid(tmp_path: Path) -> None:
    """At 11 epochs an evaluation and a snapshot that the longer training does not have."""
    long = experiment_of("sheet").replaced({"recipe.epochs": 30, "recipe.evaluate_every": 10})
    short = train(long.replaced({"recipe.epochs": 8}), progress=False, out=tmp_path / "run")
    assert short.state.history["epoch"] == [0, 8]
    assert list(short.state.snapshots) == [0, 8]
    same(train(long, progress=False), resume(tmp_path / "run", epochs=30, progress=False))


def test_new_epochs_hold_even_when_killed_at_once(tmp_path: Path) -> None:
    """experiment.toml has the new number, the checkpoint still says that all is done."""
    experiment = experiment_of("sheet")
    train(experiment, progress=False, out=tmp_path / "run")
    file = tmp_path / "run" / "experiment.toml"
    file.write_text(file.read_text().replace("epochs = 11", "epochs = 17", 1))
    run = resume(tmp_path / "run", progress=False)
    same(run, train(experiment.replaced({"recipe.epochs": 17}), progress=False))


def test_fewer_epochs_than_trained_are_refused(tmp_path: Path) -> None:
    train(experiment_of("sheet"), progress=False, out=tmp_path / "run", time_budget_s=0.0)
    resume(tmp_path / "run", progress=False, time_budget_s=0.0)
    with pytest.raises(ConfigError, match="trained for 2 epochs already") as caught:
        resume(tmp_path / "run", epochs=2, progress=False)
    assert "at least 3" in str(caught.value)
    assert open_run(tmp_path / "run").experiment.recipe.epochs == 11
    assert resume(tmp_path / "run", epochs=3, progress=False).stopped == "epochs"


def test_a_wide_net_has_the_same_bits_on_two_threads() -> None:
    wide = experiment_of("adam").replaced({"net.hidden": [300, 200], "recipe.epochs": 4})
    runs = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        runs.append(train(wide, progress=False))
    same(*runs)


def test_each_stream_changes_its_own_thing_only() -> None:
    def pinned(**streams: int) -> Run:
        pins = {f"streams.{name}": seed for name, seed in streams.items()}
        experiment = experiment_of("momentum").replaced({"data.subset": 300, **pins})
        return train(experiment, progress=False)

    def things(run: Run) -> dict[str, list]:
        return {
            "init": build_net(run.experiment)[0].weight.tolist(),
            "split": run.splits.validation.integers.tolist(),
            "subset": run.splits.train.integers.tolist(),
            "order": batch_order(
                run.experiment.recipe, run.experiment.stream_seed("order"), 1, 300
            ).tolist(),
        }

    base = things(pinned())
    for name in base:
        changed = {
            thing for thing, value in things(pinned(**{name: 99})).items() if value != base[thing]
        }
        # what is held out is missing in the subset, too
        assert changed == ({"split", "subset"} if name == "split" else {name})


class Counting(nn.Module):
    """A net with a buffer, a frozen layer, and a tied weight; random numbers in its forward."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Linear(10, 12), nn.BatchNorm1d(12)
        self.last = nn.Linear(12, 4)
        self.first.bias.requires_grad_(False)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        hidden = self.norm(self.first(rows)).relu()
        return self.last(hidden + (0.1 * torch.randn_like(hidden) if self.training else 0))


@pytest.mark.parametrize("name", ["sheet", "momentum", "adam"])
def test_buffers_frozen_weights_and_noise_of_ones_own_net_resume(name: str, tmp_path: Path) -> None:
    net, path = Counting(), tmp_path / "own"
    whole = train(experiment_of(name), net=net, progress=False)
    parts = train(experiment_of(name), net=net, progress=False, out=path, time_budget_s=0.0)
    while parts.state.stopped is None:
        parts = resume(path, net=Counting(), progress=False, time_budget_s=0.0)
    same(whole, parts)
    assert torch.equal(parts.net.first.bias, net.first.bias)
    with pytest.raises(RunError, match=r"net=Counting\(\)"):
        resume(path, progress=False)


@pytest.mark.parametrize(
    ("net", "text"),
    [
        (nn.Linear(9, 4), "does not take this experiment's rows"),
        (nn.Linear(10, 3), "does not give one logit a label"),
        (nn.Linear(10, 4).double(), "does not take this experiment's rows"),
        (nn.Linear(10, 4).requires_grad_(False), "has nothing to train"),
    ],
)
def test_a_net_that_does_not_fit_leaves_no_folder(
    net: nn.Module, text: str, tmp_path: Path
) -> None:
    with pytest.raises(NetError, match=text):
        train(Experiment(), net=net, out=tmp_path / "run", progress=False)
    assert list(tmp_path.iterdir()) == []


def test_words_are_predicted(quick_run: Run) -> None:
    said = quick_run.predict(range(1024))
    rows = torch.from_numpy(quick_run.experiment.encoding.rows(range(1024)))
    with torch.no_grad():
        labels = quick_run.net(rows).argmax(1).tolist()
    names = ("number", "fizz", "buzz", "fizzbuzz")
    assert said == [names[label] if label else str(n) for n, label in enumerate(labels)]
