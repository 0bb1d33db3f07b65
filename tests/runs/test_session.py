from __future__ import annotations

import math
import os
import signal
from pathlib import Path

import pytest

from fizzlab import Experiment, Update, train
from fizzlab.evaluation.accuracy import Measure
from fizzlab.runs import session
from fizzlab.training import Epoch


def replayed(
    losses: list[float], monkeypatch: pytest.MonkeyPatch, **recipe: object
) -> tuple[int, int, str | None]:
    """Replays validation losses, one an epoch; gives epochs, best epoch, why it stopped."""
    settings = {f"recipe.{name}": value for name, value in recipe.items()}
    experiment = Experiment().replaced(
        {"recipe.epochs": len(losses), "recipe.evaluate_every": 1, "net.hidden": 2, **settings}
    )
    seen = iter([9.9, *losses])

    def measure(net: object, rows: object, labels: list[int]) -> Measure:
        return Measure(next(seen), 0.9) if len(labels) == 100 else Measure(1.0, 0.5)

    def epochs(*_: object, **__: object):
        return (Epoch(number, 1.0, 0.1) for number in range(1, len(losses) + 1))

    monkeypatch.setattr(session, "measure", measure)
    monkeypatch.setattr(session, "train_epochs", epochs)
    state = train(experiment, progress=False).state
    return state.epoch, state.best_epoch, state.stopped


@pytest.mark.parametrize(
    ("losses", "recipe", "expected"),
    [
        ([0.9, 0.8, 0.7], {}, (3, 3, "epochs")),
        ([0.9, 0.5, 0.7], {}, (3, 2, "epochs")),
        ([0.9, 0.5, 0.5, 0.5], {"patience": 2}, (4, 2, "patience")),
        ([0.9, 0.5, 0.6, 0.6, 0.1], {"patience": 2}, (4, 2, "patience")),
        ([0.9, 0.5, 0.6, 0.4, 0.6, 0.6], {"patience": 2}, (6, 4, "patience")),
        ([1.5, 1.6, 1.7, 1.8, 0.5], {"patience": 2}, (5, 5, "epochs")),
        ([1.5, 1.6, 1.7, 0.6, 0.7, 0.7, 0.1], {"patience": 2}, (6, 4, "patience")),
        ([0.9, 0.8], {"target_accuracy": 0.9}, (1, 1, "target")),
        ([0.9, 0.8], {"target_accuracy": 0.91}, (2, 2, "epochs")),
    ],
)
def test_stops_and_the_best_net(
    losses: list[float], recipe: dict, expected: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert replayed(losses, monkeypatch, **recipe) == expected


def test_patience_does_not_stop_on_the_opening_plateau() -> None:
    recipe = {"recipe.patience": 20, "net.hidden": 100}
    run = train(Experiment().replaced(recipe), progress=False)
    assert run.report.accuracy.test is not None
    assert run.report.accuracy.test > 0.6
    assert run.state.epoch > 500


def test_the_kept_net_is_that_of_the_lowest_validation_loss() -> None:
    recipe = {"recipe.optimizer": "adam", "recipe.learning_rate": 0.05, "recipe.epochs": 60}
    run = train(Experiment().replaced(recipe), progress=False)
    losses = run.state.history["validation_loss"][1:]
    assert run.report.kept == "best"
    assert run.report.kept_epoch == 10 * (losses.index(min(losses)) + 1)
    assert run.report.loss.validation == min(losses)
    final = train(Experiment().replaced({**recipe, "recipe.keep": "final"}), progress=False)
    assert final.report.kept_epoch == 60
    assert final.report.loss.validation == losses[-1]


def test_ctrl_c_keeps_what_is_trained(tmp_path: Path) -> None:
    def press(news: Update) -> None:
        if news.epoch == 5:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    run = train(Experiment(), progress=False, watch=press, out=tmp_path / "run")
    assert signal.getsignal(signal.SIGINT) is before
    assert (run.stopped, run.report.epochs) == ("interrupted", 5)
    assert (tmp_path / "run" / "result.json").exists()


def test_a_second_ctrl_c_quits_at_once() -> None:
    def press(news: Update) -> None:
        if news.epoch == 5:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(Experiment(), progress=False, watch=press)


def test_the_watcher_is_told_of_every_epoch() -> None:
    told: list[Update] = []
    experiment = Experiment().replaced({"recipe.epochs": 7, "recipe.evaluate_every": 3})
    train(experiment, progress=False, watch=told.append)
    assert [news.epoch for news in told] == list(range(8))
    assert [news.epoch for news in told if news.row] == [0, 3, 6, 7]
    assert math.isnan(told[0].batch_loss)


def test_snapshots_hold_the_predictions_of_their_epoch() -> None:
    run = train(Experiment().replaced({"recipe.epochs": 20}), progress=False)
    assert list(run.state.snapshots) == [0, 10, 20]
    large = Experiment().replaced({"recipe.epochs": 1, "encoding.bits": 13})
    assert len(train(large, progress=False).state.snapshots[0]) == 100


def test_the_bar_prints_the_training_loss(capsys: pytest.CaptureFixture[str]) -> None:
    run = train(Experiment().replaced({"recipe.epochs": 100, "net.hidden": 4}))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"epoch   100  training loss {run.state.history['train_loss'][-1]:.6f}" in shown.err
