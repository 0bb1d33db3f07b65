from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn

from fizzlab import Experiment, Report, Run, Update, open_run, refit, train
from fizzlab.errors import UsageError
from fizzlab.runs.state import COLUMNS
from fizzlab.training import train_epochs

ADAM = {
    "recipe.optimizer": "adam",
    "recipe.learning_rate": 0.05,
    "recipe.epochs": 40,
    "recipe.evaluate_every": 5,
    "recipe.warmup_epochs": 30,
    "net.hidden": 24,
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = tmp_path_factory.mktemp("report") / "run"
    return train(Experiment(seed=2).replaced(ADAM), out=path, progress=False)


def test_the_report_agrees_with_a_slow_count(run: Run) -> None:
    report, rule = run.report, run.experiment.rule
    plain = nn.Sequential(nn.Linear(10, 24), nn.ReLU(), nn.Linear(24, 4))
    plain.load_state_dict(run.net.state_dict())
    losses = run.state.history["validation_loss"]
    best = min(range(1, len(losses)), key=lambda row: losses[row])
    assert (report.kept, report.kept_epoch) == ("best", 5 * best)
    for name in ("train", "validation", "test"):
        split, right, loss = getattr(run.splits, name), 0, 0.0
        for n in split.integers.tolist():
            row = torch.tensor([float(n >> bit & 1) for bit in range(10)])
            scores = plain(row).detach().double()
            right += int(scores.argmax()) == rule.label(n)
            loss -= float(scores.log_softmax(0)[rule.label(n)])
        assert getattr(report.accuracy, name) == right / len(split)
        assert report.evaluations[name].loss == pytest.approx(loss / len(split), rel=1e-5)
        assert report.evaluations[name].sampled == (name == "validation")
    assert report.loss.validation == losses[best]
    assert report.unseen_kinds == tuple(n for n in range(1, 101) if run.explain(n).kind_seen == 0)


def test_predictions_are_the_words_of_the_test_integers(run: Run) -> None:
    assert [n for n, _ in run.report.predictions] == list(range(1, 101))
    assert [word for _, word in run.report.predictions] == run.predict(range(1, 101))
    rule = run.experiment.rule
    wrong = [n for n, word in run.report.predictions if word != rule.word(n, rule.label(n))]
    assert run.wrong == wrong
    assert run.report.accuracy.test == (100 - len(wrong)) / 100


def test_result_and_environment_are_kept(run: Run) -> None:
    assert run.path
    text = (run.path / "result.json").read_text(encoding="utf-8")
    assert Report.model_validate_json(text) == run.report
    found = json.loads((run.path / "environment.json").read_text(encoding="utf-8"))
    assert found["packages"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert found["torch_threads"] == 1
    assert set(found) == {
        "python",
        "system",
        "machine",
        "packages",
        "torch_threads",
        "torch_cpu",
    }


def test_history_is_read_by_polars(run: Run) -> None:
    frame = pl.read_parquet(f"{run.path}/history.parquet")
    assert frame.columns == list(COLUMNS)
    assert frame.schema["epoch"] == pl.Int64
    assert all(kind == pl.Float64 for kind in frame.dtypes[1:])
    assert frame["epoch"].to_list() == list(range(0, 41, 5))
    assert frame["gradient_norm"].null_count() == 1  # before training there is none
    assert frame["train_loss"].to_list() == run.state.history["train_loss"]


def test_without_validation_its_figures_are_null() -> None:
    run = train(
        Experiment.preset("td1").replaced({"recipe.epochs": 3, "net.hidden": 4}), progress=False
    )
    assert (run.report.kept, run.report.kept_epoch) == ("final", 3)
    assert run.report.accuracy.validation is run.report.loss.validation is None
    assert list(run.report.evaluations) == ["train", "test"]
    assert run.history["validation_loss"].null_count() == len(run.history) == 2
    assert (run.report.run, run.report.refit_of) == (None, None)


def test_without_a_test_there_are_no_predictions() -> None:
    settings = {"data.test": "", "recipe.epochs": 2, "net.hidden": 4}
    run = train(Experiment().replaced(settings), progress=False)
    assert run.report.accuracy.test is None
    assert (run.report.predictions, run.report.unseen_kinds, run.wrong) == ((), (), [])


def test_predictions_stop_at_ten_thousand() -> None:
    settings = {
        "data.test": "1024..12000",
        "encoding.bits": 14,
        "recipe.epochs": 1,
        "net.hidden": 4,
    }
    run = train(Experiment().replaced(settings), progress=False)
    assert [n for n, _ in run.report.predictions] == list(range(1024, 11024))
    assert run.report.evaluations["test"].total == 10977
    assert run.state.snapshots == {}  # too many integers to watch


def test_refitting_is_a_training_on_all_integers(run: Run, tmp_path: Path) -> None:
    told: list[Update] = []
    again = refit(run, out=tmp_path / "refit", progress=False)
    kept = run.report.kept_epoch
    assert again.splits.train.integers.tolist() == list(range(101, 1024))
    assert len(again.splits.validation) == 0
    assert (again.report.epochs, again.report.kept_epoch) == (kept, kept)
    assert (again.report.kept, again.report.stopped) == ("final", "epochs")
    assert again.report.refit_of == open_run(tmp_path / "refit").report.refit_of == str(run.path)
    assert kept < run.experiment.recipe.epochs
    by_hand = run.experiment.replaced({"data.validation": 0, "recipe.stop_after": kept})
    whole = train(by_hand, progress=False, watch=told.append)
    assert len(told) == kept + 1
    for name, value in whole.net.state_dict().items():
        assert torch.equal(again.net.state_dict()[name], value)


def test_a_run_in_memory_is_refit_too(quick_experiment: Experiment) -> None:
    run = train(quick_experiment, progress=False)
    assert refit(run, progress=False).report.refit_of == "classic"


def test_an_unfinished_run_is_not_refit(quick_experiment: Experiment) -> None:
    run = train(quick_experiment, progress=False, time_budget_s=0.0)
    with pytest.raises(UsageError, match="not finished") as caught:
        refit(run, progress=False)
    assert "resume it first" in str(caught.value)


def test_a_net_of_ones_own_is_refit_with_that_net(quick_experiment: Experiment) -> None:
    own = nn.Sequential(nn.Linear(10, 5), nn.Tanh(), nn.Linear(5, 4))
    run = train(quick_experiment, net=own, progress=False)
    with pytest.raises(UsageError, match="a net of your own"):
        refit(run, progress=False)
    again = refit(run, net=own, progress=False)
    assert isinstance(again.net[1], nn.Tanh)


def test_the_history_measures_the_net_of_its_epoch(run: Run) -> None:
    """Every row against a training that stops at its epoch, counted by hand."""
    rows = torch.from_numpy(run.experiment.encoding.rows(run.splits.train.integers))
    labels = torch.from_numpy(run.splits.train.labels.copy())
    other = train(run.experiment, progress=False, time_budget_s=0.0)  # one epoch
    net, optimizer = other.state.net, other.state.optimizer
    history = run.state.history
    for epoch in train_epochs(net, optimizer, rows, labels, run.experiment, done=1):
        if epoch.number % 5:
            continue
        row = history["epoch"].index(epoch.number)
        with torch.no_grad():
            scores = net(rows)
        said = scores.argmax(1)
        assert history["train_loss"][row] == nn.functional.cross_entropy(scores, labels).item()
        assert history["train_accuracy"][row] == int((said == labels).sum()) / len(labels)
        assert history["learning_rate"][row] == epoch.learning_rate
        weights = np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])
        assert history["weight_norm"][row] == pytest.approx(np.linalg.norm(weights), rel=1e-5)
        gradient = np.concatenate([p.grad.numpy().ravel() for p in net.parameters()])
        assert history["gradient_norm"][row] == pytest.approx(np.linalg.norm(gradient), rel=1e-5)
        hidden = net[1](net[0](rows))
        dead = sum(bool((hidden[:, unit] == 0).all()) for unit in range(24))
        assert history["dead_share"][row] == dead / 24
        with torch.no_grad():
            every = net(torch.from_numpy(run.experiment.encoding.rows(range(1024)))).argmax(1)
        if epoch.number in run.state.snapshots:
            assert run.state.snapshots[epoch.number].tolist() == every.tolist()
