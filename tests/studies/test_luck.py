"""Luck: percentiles by hand, the cache, and nets of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from torch import nn

from fizzlab import Experiment, train
from fizzlab.errors import NetError, UnknownNameError, UsageError
from fizzlab.studies import Study
from fizzlab.studies.luck import cache_folder, luck
from fizzlab.studies.luck_picture import luck_files

SETTINGS = {"recipe.epochs": 12, "recipe.learning_rate": 0.5, "net.hidden": 12}
EXPERIMENT = Experiment().replaced(SETTINGS)
NETS = 25


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def place(score: float | None, cache: Path, **options):
    return luck(score, EXPERIMENT, nets=NETS, progress=False, cache=cache, **options)


@pytest.mark.parametrize("metric", ["test", "validation", "loss"])
def test_percentiles_by_hand(cache: Path, metric: str) -> None:
    found = place(0.5, cache, metric=metric)
    column = {"loss": "final_train_loss"}.get(metric, f"{metric}_accuracy")
    values = Study.open(found.study).frame()[column].to_numpy()
    assert len(values) == NETS
    for score in [*values[:4], float(np.median(values)), values.min() / 2]:
        placed = place(float(score), cache, metric=metric)
        beaten = (values > score).sum() if metric == "loss" else (values < score).sum()
        ties = (values == score).sum()
        assert placed.percentile == pytest.approx(100 * (beaten + ties / 2) / NETS)
        low = scipy.stats.beta.ppf(0.025, beaten, NETS - beaten + 1) if beaten else 0
        high = scipy.stats.beta.ppf(0.975, beaten + ties + 1, NETS - beaten - ties)
        assert placed.low == pytest.approx(100 * low, abs=1e-9)
        assert placed.high == pytest.approx(100 if np.isnan(high) else 100 * high)
        assert placed.low <= placed.percentile <= placed.high
        assert placed.median == np.median(values)
        assert sum(count for *_, count in placed.histogram) == NETS


def test_the_seed_does_not_matter_and_nets_are_trained_once(cache: Path) -> None:
    first = place(0.6, cache)
    study = Path(first.study)
    before = {path.name: path.stat().st_mtime_ns for path in study.glob("nets-*")}
    other = luck(0.6, EXPERIMENT.replaced({"seed": 77}), nets=NETS, progress=False, cache=cache)
    assert other == first
    assert {path.name: path.stat().st_mtime_ns for path in study.glob("nets-*")} == before


def test_more_nets_are_added_to_those_that_are_there(cache: Path, tmp_path: Path) -> None:
    options = {"progress": False, "cache": tmp_path}
    few = luck(0.6, EXPERIMENT, nets=7, **options)
    first = {path.name for path in Path(few.study).glob("nets-*")}
    all_of_them = luck(0.6, EXPERIMENT, nets=NETS, **options)
    assert all_of_them.study == few.study
    study = Study.open(few.study)
    assert first < {path.name for path in study.path.glob("nets-*")}
    assert study.frame()["seed"].to_list() == list(range(NETS))
    assert all_of_them.model_copy(update={"study": ""}) == place(0.6, cache).model_copy(
        update={"study": ""}
    )
    before = {path.name for path in study.path.glob("nets-*")}
    assert luck(0.6, EXPERIMENT, nets=7, **options) == few  # the first ones, of all that there are
    assert {path.name for path in study.path.glob("nets-*")} == before
    assert Study.open(few.study).plan.seeds == NETS


def test_the_sentence_in_french(cache: Path) -> None:
    said = place(0.625, cache, language="fr").sentence
    assert said.startswith("Une exactitude de test de 0,625 fait mieux que ")
    assert "de 25 réseaux qui ne diffèrent que par leur graine" in said
    assert "." not in said.removesuffix(".")
    with pytest.raises(UnknownNameError, match='no language "de"'):
        place(0.6, cache, language="de")


def test_a_net_of_ones_own(cache: Path) -> None:
    run = train(EXPERIMENT, progress=False)
    found = place(None, cache, net=run.net)
    assert found.score == run.report.accuracy.test
    loss = place(None, cache, net=run.net, metric="loss")
    assert loss.score == pytest.approx(run.report.loss.train)
    with pytest.raises(NetError, match="does not"):
        place(None, cache, net=nn.Linear(3, 4))


def test_sentences(cache: Path) -> None:
    assert place(0.0, cache).percentile == 0.0
    sentence = place(0.6, cache).sentence
    assert "of 25 nets that differ by their seed alone (sampled; 95 % interval" in sentence


@pytest.mark.parametrize(
    ("score", "options", "error", "message"),
    [
        (75.0, {}, UsageError, "write 75 % as 0.75"),
        (-0.1, {}, UsageError, "not a test accuracy"),
        (float("nan"), {"metric": "loss"}, UsageError, "not a final training loss"),
        (0.5, {"metric": "tset"}, UnknownNameError, 'Did you mean "test"?'),
        (None, {}, UsageError, "needs a score, or a net"),
        (0.5, {"net": nn.Linear(10, 4)}, UsageError, "needs a score, or a net"),
    ],
)
def test_what_is_refused(score, options, error, message: str, tmp_path: Path) -> None:
    with pytest.raises(error) as caught:
        place(score, tmp_path, **options)
    assert message in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_metrics_that_an_experiment_does_not_have(tmp_path: Path) -> None:
    for metric, settings in (
        ("validation", {"data.validation": 0}),
        ("test", {"data.test": ""}),
    ):
        with pytest.raises(UsageError, match=f"has no {metric} set"):
            luck(0.5, EXPERIMENT.replaced(settings), metric=metric, cache=tmp_path, progress=False)


def test_the_cache_has_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("FIZZLAB_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "fizzlab"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache_folder() == tmp_path / "x" / "fizzlab"
    monkeypatch.setenv("FIZZLAB_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"


@pytest.mark.parametrize("metric", ["test", "loss"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_picture(cache: Path, metric: str, language: str) -> None:
    files = luck_files(place(0.55, cache, metric=metric), language)
    assert files["png"].startswith(b"\x89PNG")
    assert b"<svg" in files["svg"]


def test_diverged_nets_are_beaten_by_every_score(tmp_path: Path) -> None:
    wild = {"net.hidden": [8, 8, 8], "net.activation": "gelu", "recipe.learning_rate": 1e15}
    found = luck(0.0, EXPERIMENT.replaced(wild), nets=3, progress=False, cache=tmp_path)
    assert (found.diverged, found.percentile, found.median) == (3, 100.0, None)
    assert luck_files(found)["png"]


def test_few_nets_call_nothing_unusual(cache: Path) -> None:
    """Of fewer than 146 nets, even beating none of them is within 2.5 % by chance."""
    few = "but they are too few to call that unusual."
    for score, said in ((0.0, "below all of them"), (1.0, "above all of them")):
        assert place(score, cache).sentence.endswith(f": {said}, {few}")
    low = place(0.0, cache, metric="loss").sentence
    assert low.endswith(f": a lower loss than all of them have, {few}")
    assert "a higher loss than all of them" in place(99.0, cache, metric="loss").sentence
    french = [place(score, cache, language="fr").sentence for score in (0.0, 1.0)]
    assert "c’est moins bien que tous, mais ils sont trop peu nombreux" in french[0]
    assert "c’est mieux que tous, mais ils sont trop peu nombreux" in french[1]
