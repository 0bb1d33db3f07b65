from __future__ import annotations

import io
import sys

import pytest

from fizzlab import Experiment, resume, train
from fizzlab.experiment import Recipe
from fizzlab.runs.bar import bar
from fizzlab.runs.session import Update

SETTINGS = {"net.hidden": 4, "recipe.evaluate_every": 50}


def lines(text: str) -> list[str]:
    """The lines that stay, without the bar that is drawn over and over."""
    parts = text.replace("\r", "\n").split("\n")
    return [part.strip() for part in parts if part.strip().startswith("epoch ")]


def test_the_training_loss_is_printed_every_hundred_epochs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = train(Experiment().replaced({**SETTINGS, "recipe.epochs": 250}))
    shown = capsys.readouterr()
    losses = dict(zip(run.history["epoch"], run.history["train_loss"], strict=True))
    assert shown.out == ""
    assert lines(shown.err) == [
        f"epoch {epoch:>5}  training loss {losses[epoch]:.6f}" for epoch in (0, 100, 200)
    ]
    assert "250/250" in shown.err
    assert f"validation {run.history['validation_loss'][-1]:.4f}" in shown.err


def test_a_coarse_grid_prints_when_it_can(capsys: pytest.CaptureFixture[str]) -> None:
    train(Experiment().replaced({**SETTINGS, "recipe.epochs": 250, "recipe.evaluate_every": 70}))
    assert [line.split()[1] for line in lines(capsys.readouterr().err)] == ["0", "140", "210"]


def test_a_resumed_run_goes_on_printing(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    experiment = Experiment().replaced({**SETTINGS, "recipe.epochs": 150})
    train(experiment, out=tmp_path / "run", progress=False)
    resume(tmp_path / "run", epochs=300)
    shown = capsys.readouterr().err
    assert [line.split()[1] for line in lines(shown)] == ["200", "300"]
    assert "150/300" in shown


def test_without_validation_only_the_training_loss_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    train(Experiment.preset("td1").replaced({**SETTINGS, "recipe.epochs": 50}))
    shown = capsys.readouterr().err
    assert "loss " in shown
    assert "validation" not in shown
    assert "nan" not in shown


def test_no_progress_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    train(Experiment().replaced({**SETTINGS, "recipe.epochs": 2}), progress=False)
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""


def test_the_watcher_is_told_besides_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[Update] = []
    train(Experiment().replaced({**SETTINGS, "recipe.epochs": 3}), watch=told.append)
    assert [news.epoch for news in told] == [0, 1, 2, 3]
    assert "3/3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("encoding", "plain"), [("ascii", True), ("cp1252", True), ("utf-8", False)]
)
def test_a_terminal_without_utf_8_gets_ascii(
    encoding: str, plain: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(written, encoding=encoding))
    train(Experiment().replaced({**SETTINGS, "recipe.epochs": 30}))
    sys.stderr.flush()
    text = written.getvalue().decode(encoding)
    assert "30/30" in text
    assert text.isascii() is plain


def test_an_error_closes_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="stop"), bar(Recipe(epochs=10), 0):
        raise ValueError("stop")
    assert "0/10" in capsys.readouterr().err
