from __future__ import annotations

import math
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from fizzlab import Experiment, Run, Update, open_run, resume, train
from fizzlab.errors import DivergedError, StorageError
from fizzlab.evaluation.accuracy import Measure
from fizzlab.nets import build_net
from fizzlab.runs import session
from fizzlab.runs.state import State
from fizzlab.training import Epoch, build_optimizer


def replayed(
    losses: list[float], monkeypatch: pytest.MonkeyPatch, **recipe: object
) -> tuple[int, int, str | None]:
    """Replays validation losses, one an epoch; gives epochs, best epoch, why it stopped."""
    settings = {f"recipe.{name}": value for name, value in recipe.items()}
    experiment = Experiment().replaced(
        {"recipe.epochs": len(losses), "recipe.evaluate_every": 1, "net.hidden": 2, **settings}
    )
    seen = iter([9.9, *losses])

    def measure(net: object, rows: object, labels: list[int], loss: str) -> Measure:
        return Measure(next(seen), 0.9, 0.0) if len(labels) == 100 else Measure(1.0, 0.5, 0.0)

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


@pytest.mark.parametrize("seed", [0, 1, 10])  # 1, 10: on the plateau, chance beats the
def test_patience_does_not_stop_on_the_opening_plateau(seed: int) -> None:  # training frequencies
    recipe = {"recipe.patience": 20, "net.hidden": 100}
    run = train(Experiment(seed=seed).replaced(recipe), progress=False)
    assert run.report.accuracy.test is not None
    assert run.report.accuracy.test > 0.53
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


def table(run: Run) -> list[tuple[int, float]]:
    history = run.state.history
    return list(zip(map(int, history["epoch"]), history["validation_loss"], strict=True))


NOISY = {
    "recipe.optimizer": "adam",
    "recipe.learning_rate": 0.02,
    "recipe.order": "reshuffled",
    "recipe.batch_size": 64,
    "recipe.epochs": 80,
    "recipe.evaluate_every": 7,
}


@pytest.mark.parametrize("end", ["epochs", "target", "patience", "time", "interrupted"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_best_net_is_restored_however_training_ends(
    end: str, seed: int, tmp_path: Path
) -> None:
    changes = {"target": {"recipe.target_accuracy": 0.7}, "patience": {"recipe.patience": 7}}
    seen: dict[int, dict[str, torch.Tensor]] = {}

    def watch(news: Update) -> None:
        seen[news.epoch] = {k: v.clone() for k, v in news.state.net.state_dict().items()}
        if end == "interrupted" and news.epoch == 40:
            os.kill(os.getpid(), signal.SIGINT)
        if end == "time" and news.epoch == 40:
            session_clock[0] += 1000

    session_clock = [0.0]
    experiment = Experiment(seed=seed).replaced({**NOISY, **changes.get(end, {})})
    with pytest.MonkeyPatch.context() as patch:
        if end == "time":
            patch.setattr(session.time, "monotonic", lambda: session_clock[0])
        run = train(
            experiment,
            out=tmp_path / "run",
            progress=False,
            watch=watch,
            time_budget_s=500.0,
            save_every_s=1e9,
        )
    assert run.stopped == end
    on_grid = [(loss, epoch) for epoch, loss in table(run) if epoch and epoch % 7 == 0]
    best = min(on_grid)[1]
    assert (run.report.kept, run.report.kept_epoch) == ("best", best)
    for opened in (run, open_run(tmp_path / "run")):
        assert all(torch.equal(opened.net.state_dict()[k], v) for k, v in seen[best].items())
        last = seen[run.state.epoch]
        assert all(torch.equal(opened.state.net.state_dict()[k], v) for k, v in last.items())


def test_the_last_epoch_off_the_grid_does_not_choose() -> None:
    """Else a run that is trained on would have chosen differently from a longer one."""
    for seed in range(8):
        run = train(Experiment(seed=seed).replaced({**NOISY, "recipe.epochs": 9}), progress=False)
        assert [epoch for epoch, _ in table(run)] == [0, 7, 9]
        assert run.report.kept_epoch == 7


def test_keep_final_keeps_the_last_net() -> None:
    run = train(Experiment().replaced({**NOISY, "recipe.keep": "final"}), progress=False)
    assert (run.report.kept, run.report.kept_epoch) == ("final", 80)
    assert all(
        torch.equal(value, run.state.net.state_dict()[name])
        for name, value in run.net.state_dict().items()
    )


def test_the_target_is_met_by_the_kept_or_the_last_net() -> None:
    run = train(Experiment().replaced({**NOISY, "recipe.target_accuracy": 0.7}), progress=False)
    accuracies = run.state.history["validation_accuracy"]
    assert run.stopped == "target"
    assert accuracies[-1] >= 0.7 > max(accuracies[:-1])


def test_patience_counts_epochs_and_not_evaluations(monkeypatch: pytest.MonkeyPatch) -> None:
    losses = [0.9, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
    assert replayed(losses, monkeypatch, patience=3) == (5, 2, "patience")
    every_second = replayed([0.5] * 12, monkeypatch, patience=3, evaluate_every=2)
    assert every_second == (6, 2, "patience")  # at 6, four epochs have passed


def test_patience_survives_an_interruption(tmp_path: Path) -> None:
    experiment = Experiment().replaced({**NOISY, "recipe.patience": 7, "recipe.evaluate_every": 2})
    whole = train(experiment, progress=False)
    assert whole.stopped == "patience"
    parts = train(experiment, out=tmp_path / "run", progress=False, time_budget_s=0.0)
    while parts.state.stopped is None:
        parts = resume(tmp_path / "run", progress=False, time_budget_s=0.0)
    assert (parts.stopped, parts.state.epoch) == ("patience", whole.state.epoch)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("where", ["batch", "evaluation", "checkpoint"])
def test_a_loss_that_is_not_finite_is_told_at_once(
    bad: float, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In epoch 6: by its last batch, by an evaluation, or only when a checkpoint is due."""
    real = session.train_epochs

    def epochs(net, optimizer, *rest, **options):
        for epoch in real(net, optimizer, *rest, **options):
            if epoch.number == 6 and where == "batch":
                epoch = Epoch(6, bad, epoch.learning_rate)
            elif epoch.number == 6:
                with torch.no_grad():
                    net[0].bias.fill_(bad)
            yield epoch

    monkeypatch.setattr(session, "train_epochs", epochs)
    every = 3 if where == "evaluation" else 4
    experiment = Experiment().replaced({**NOISY, "recipe.evaluate_every": every})
    with pytest.raises(
        DivergedError, match=r"diverged in epoch 6, at learning rate 0\.02"
    ) as caught:
        train(experiment, out=tmp_path / "run", progress=False, save_every_s=0.0)
    assert (caught.value.epoch, caught.value.learning_rate) == (6, 0.02)
    run = open_run(tmp_path / "run")
    assert run.state.epoch == 5
    assert all(bool(v.isfinite().all()) for v in run.state.net.state_dict().values())


@pytest.mark.parametrize("end", ["epochs", "error", "diverged", "storage"])
def test_the_world_is_left_as_it_was(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random state, threads, SIGINT and gradients, after a net with dropout."""

    def watch(news: Update) -> None:
        if news.epoch == 3 and end == "error":
            raise ValueError("mine")
        if news.epoch == 3 and end == "diverged":
            raise DivergedError(3, 0.1, math.nan)
        if news.epoch == 3 and end == "storage":
            raise StorageError("full")

    experiment = Experiment().replaced(
        {"recipe.epochs": 5, "net.dropout": 0.5, "recipe.order": "reshuffled"}
    )
    torch.set_num_threads(2)
    torch.manual_seed(77)
    torch_state, handler = torch.get_rng_state(), signal.getsignal(signal.SIGINT)
    numpy_state = str(np.random.get_state())  # noqa: NPY002
    told = {"error": ValueError, "diverged": DivergedError, "storage": StorageError}
    if end == "epochs":
        train(experiment, progress=False).report  # noqa: B018
    else:
        with pytest.raises(told[end]):
            train(experiment, out=tmp_path / "run", progress=False, watch=watch)
        assert open_run(tmp_path / "run").state.epoch == 0
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert str(np.random.get_state()) == numpy_state  # noqa: NPY002
    assert torch.get_num_threads() == 2
    assert signal.getsignal(signal.SIGINT) is handler
    assert torch.is_grad_enabled()


def test_global_random_state_does_not_matter() -> None:
    experiment = Experiment().replaced({"recipe.epochs": 3, "net.dropout": 0.5})
    nets = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        nets.append(train(experiment, progress=False, watch=lambda _: torch.rand(3)).net)
    first, second = (net.state_dict() for net in nets)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_source_arrays_are_not_changed() -> None:
    experiment = Experiment().replaced({"recipe.epochs": 3, "recipe.order": "reshuffled"})
    run = train(experiment, progress=False)
    for name in ("train", "validation", "test"):
        kept, fresh = getattr(run.splits, name), getattr(experiment.splits(), name)
        np.testing.assert_array_equal(kept.integers, fresh.integers)
        np.testing.assert_array_equal(kept.labels, fresh.labels)
    values = np.arange(1, 20)
    run.evaluate(values), run.predict(values)
    assert values.flags.writeable
    assert values.tolist() == list(range(1, 20))


def test_training_works_beside_the_main_thread() -> None:
    """Where signals cannot be listened to."""
    runs: list[Run] = []
    experiment = Experiment().replaced({"recipe.epochs": 2})
    thread = threading.Thread(target=lambda: runs.append(train(experiment, progress=False)))
    thread.start()
    thread.join()
    assert runs[0].stopped == "epochs"


def test_ctrl_c_before_the_first_epoch_trains_one(tmp_path: Path) -> None:
    def press(news: Update) -> None:
        if news.epoch == 0:
            os.kill(os.getpid(), signal.SIGINT)

    run = train(Experiment(), progress=False, watch=press, out=tmp_path / "run")
    assert (run.stopped, run.state.epoch) == ("interrupted", 1)
    assert resume(tmp_path / "run", progress=False, time_budget_s=0.0).state.epoch == 2


def ticking(seconds_an_epoch: float, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Makes every epoch last so long by the clock; gives the list of epochs that get saved."""
    clock, saved, real_epochs, real_save = [0.0], [], session.train_epochs, Run.save

    def epochs(*rest, **options):
        for epoch in real_epochs(*rest, **options):
            clock[0] += seconds_an_epoch
            yield epoch

    monkeypatch.setattr(session, "train_epochs", epochs)
    monkeypatch.setattr(session.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(Run, "save", lambda run: (saved.append(run.state.epoch), real_save(run)))
    return saved


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [2, 4, 6, 8, 10]),
        ({"save_every_s": 3.0}, [3, 6, 9, 10]),
        ({"save_every_s": 99.0}, [10]),
    ],
    ids=["every 2 s by default", "every 3 s", "at the end"],
)
def test_checkpoints_are_as_frequent_as_asked(
    options: dict, expected: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = ticking(1.0, monkeypatch)
    experiment = Experiment().replaced({"recipe.epochs": 10, "net.hidden": 3})
    run = train(experiment, out=tmp_path / "run", progress=False, **options)
    assert list(dict.fromkeys(saved)) == expected
    assert run.state.seconds == 10.0


def test_time_spent_by_whoever_watches_is_not_training(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(session.time, "monotonic", lambda: clock[0])

    def wait(news: Update) -> None:
        clock[0] += 1.0

    run = train(Experiment().replaced({"recipe.epochs": 3}), progress=False, watch=wait)
    assert run.state.seconds == 0


def test_a_session_can_be_left_and_taken_up_at_any_epoch() -> None:
    """What a face does that pauses: it takes updates one by one."""
    experiment = Experiment().replaced({"recipe.epochs": 6, "recipe.evaluate_every": 2})
    net = build_net(experiment)
    state = State(net, build_optimizer(net, experiment.recipe))
    seen = []
    while state.stopped is None:
        for update in session.Session(experiment, experiment.splits(), state).updates():
            seen.append(update.epoch)
            break
        else:
            break
    assert seen == list(range(7))
    whole = train(experiment, progress=False)
    assert all(torch.equal(v, net.state_dict()[k]) for k, v in whole.state.net.state_dict().items())
