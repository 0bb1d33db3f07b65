"""Runs of nets that read: tries, acceptance, snap, resuming, and weights in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from fizzlab import Experiment, Run, Update, open_run, refit, resume, train
from fizzlab.errors import ConfigError, DataError, NetError
from fizzlab.nets import Snapped
from fizzlab.readers import automaton_of, rule_automaton
from fizzlab.runs.reading import summary

SHORT = {"recipe.epochs": 60, "recipe.warmup_epochs": 5, "recipe.evaluate_every": 20}


def same(one: Run, other: Run) -> None:
    assert one.state.epoch == other.state.epoch
    for name, value in one.state.net.state_dict().items():
        assert torch.equal(value, other.state.net.state_dict()[name])
    assert one.history.equals(other.history)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = tmp_path_factory.mktemp("runs") / "reader"
    return train(Experiment.preset("reader"), out=path, progress=False)


def test_the_preset_ends_accepted_snapped_and_right_on_long_numbers(reader: Run) -> None:
    assert reader.stopped == "accepted"
    assert isinstance(reader.net, Snapped)
    assert automaton_of(reader.net).minimised() == rule_automaton(reader.experiment.rule, 2)
    integers = [2**10_000 + k for k in range(15)]
    expected = [reader.experiment.rule.word(n, reader.experiment.rule.label(n)) for n in integers]
    assert reader.predict(integers) == expected
    assert reader.report.snapped


def test_a_run_is_read_as_it_was_written(reader: Run) -> None:
    assert reader.path is not None
    again = open_run(reader.path)
    same(again, reader)
    assert isinstance(again.net, Snapped)
    assert torch.equal(again.net.codebook, reader.net.codebook)
    assert again.report.model_dump() == reader.report.model_dump()


@pytest.mark.parametrize("cut", [1, 59, 60, 61, 130])
def test_a_resumed_training_is_the_uninterrupted_one(cut: int, tmp_path: Path) -> None:
    experiment = Experiment.preset("reader", 5).replaced(SHORT | {"recipe.tries": 3})
    whole = train(experiment, progress=False)
    assert whole.state.epoch == 180

    def stop(update) -> None:
        if update.epoch == cut:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(experiment, out=tmp_path / "run", progress=False, watch=stop, save_every_s=0.0)
    same(resume(tmp_path / "run", progress=False), whole)


def test_tries_begin_from_other_weights_and_the_first_is_the_seeds_own() -> None:
    experiment = Experiment.preset("reader", 7).replaced(SHORT)
    once = train(experiment.replaced({"recipe.tries": 1}), progress=False)
    three = train(experiment.replaced({"recipe.tries": 3}), progress=False)
    losses = three.history["train_loss"].to_numpy()
    assert np.array_equal(losses[:4], once.history["train_loss"].to_numpy())
    assert len({*losses[1::3].tolist()}) == len(losses[1::3])
    assert three.stopped == "epochs"
    assert three.state.codebook is None  # nothing was accepted, so nothing is snapped


def test_batches_and_reshuffling_train_too() -> None:
    settings = SHORT | {"recipe.batch_size": 100, "recipe.order": "reshuffled", "recipe.tries": 1}
    run = train(Experiment.preset("reader").replaced(settings), progress=False)
    losses = run.history["train_loss"]
    assert losses[-1] < losses[0]
    same(run, train(run.experiment, progress=False))


@pytest.mark.parametrize("preset", ["spectral", "exact"])
def test_a_closed_form_is_no_loop_and_is_right(preset: str, tmp_path: Path) -> None:
    run = train(Experiment.preset(preset), out=tmp_path / "run", progress=False)
    assert (run.state.epoch, run.stopped) == (0, "fitted")
    assert len(run.history) == 1
    assert run.evaluate(range(1, 100_001)).accuracy == 1
    again = open_run(tmp_path / "run")
    assert again.predict([2**500]) == run.predict([2**500])
    with pytest.raises(ConfigError, match=r"finished"):
        resume(tmp_path / "run", epochs=5000)


def test_a_gru_is_trained_by_the_same_loop() -> None:
    experiment = Experiment.preset("gru").replaced(
        {"recipe.epochs": 30, "recipe.evaluate_every": 5}
    )
    run = train(experiment, progress=False)
    losses = run.history["train_loss"]
    assert losses[-1] < losses[0]
    assert run.state.codebook is None
    same(run, train(experiment, progress=False))


@pytest.mark.slow
def test_a_gru_fits_all_it_is_shown_and_has_not_found_the_rule() -> None:
    run = train(Experiment.preset("gru"), progress=False)
    assert run.report.accuracy.train == 1
    assert run.evaluate(range(1, 101)).accuracy < 0.9


def test_what_is_no_automaton_is_not_snapped(tmp_path: Path, quick_run: Run) -> None:
    settings = {"recipe.epochs": 1, "recipe.warmup_epochs": 0, "recipe.tries": 1}
    experiment = Experiment.preset("reader").replaced(settings)
    run = train(experiment, out=tmp_path / "run", progress=False)
    before = (tmp_path / "run" / "checkpoint.safetensors").read_bytes()
    with pytest.raises(NetError, match=r"does not behave|do not stay"):
        run.snap()
    assert (tmp_path / "run" / "checkpoint.safetensors").read_bytes() == before
    with pytest.raises(NetError, match="has no state to snap"):
        quick_run.snap()


def test_training_on_after_a_snap_is_the_uninterrupted_training(tmp_path: Path) -> None:
    settings = SHORT | {"recipe.tries": 2, "recipe.extract_below": 1e-6}  # nothing is accepted
    experiment = Experiment.preset("reader").replaced(settings)

    def stop(update: Update) -> None:
        if update.epoch == 59:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(experiment, out=tmp_path / "run", progress=False, watch=stop, save_every_s=0.0)
    cut = open_run(tmp_path / "run")
    cut.snap()
    assert cut.report.snapped
    assert summary(tmp_path / "run").snapped
    done = resume(tmp_path / "run", progress=False)
    assert done.state.codebook is None
    assert not done.report.snapped
    same(done, train(experiment, progress=False))


@pytest.mark.parametrize("seed", [0, 5])
def test_what_was_accepted_is_what_is_kept(seed: int) -> None:
    settings = {"data.validation": 5, "recipe.evaluate_every": 10}  # few: chance picks early
    run = train(Experiment.preset("reader", seed).replaced(settings), progress=False)
    assert run.stopped == "accepted"
    assert run.report.kept_epoch == run.state.epoch
    assert run.report.snapped
    assert run.evaluate(range(1, 5000)).accuracy == 1


def test_a_try_chooses_its_best_net_for_itself() -> None:
    settings = SHORT | {"recipe.tries": 2, "data.validation": 100, "recipe.extract_below": 1e-6}
    run = train(Experiment.preset("reader", 3).replaced(settings), progress=False)
    assert run.state.best_epoch > 60
    late = [loss for epoch, loss in run.history["epoch", "validation_loss"].rows() if epoch > 60]
    assert run.state.best_loss == min(late)


def test_a_closed_form_makes_its_own_net(tmp_path: Path) -> None:
    foreign = torch.nn.Sequential(torch.nn.Linear(10, 4))
    with pytest.raises(NetError, match="makes its own net"):
        train(Experiment.preset("spectral"), net=foreign, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


def test_a_closed_form_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    short = Experiment.preset("spectral").replaced({"data.train": "101..130"})
    with pytest.raises(DataError):
        train(short, out=tmp_path / "run", progress=False)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("preset", ["reader", "exact"])
def test_readers_are_refitted_by_their_own_end(preset: str) -> None:
    held_out = {"data.validation": 20}
    run = train(Experiment.preset(preset).replaced(held_out), progress=False)
    again = refit(run, progress=False)
    assert len(again.splits.train) == 923
    assert again.stopped == run.stopped
    assert again.evaluate(range(1, 2000)).accuracy == 1
