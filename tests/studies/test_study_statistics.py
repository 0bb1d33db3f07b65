"""Statistics: against figures worked out by hand, and against other routes of scipy."""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from fizzlab import Experiment
from fizzlab.studies import Plan, Study
from fizzlab.studies.comparisons import (
    ALPHA,
    differences,
    holm,
    p_value,
    power,
    seeds_needed,
)
from fizzlab.studies.factors import effects, num_seeds
from fizzlab.studies.findings import Findings
from fizzlab.studies.naming import label, told_settings
from fizzlab.studies.shards import find_shards, schema, write_shard
from fizzlab.studies.statistics import Statistics, estimate
from fizzlab.studies.study_folder import prepare
from fizzlab.studies.texts import counted, texts

BASE = Experiment().replaced({"recipe.epochs": 5, "net.hidden": 4})


def made_up(path: Path, plan: Plan, right: np.ndarray, **columns: np.ndarray) -> Study:
    """Makes a study whose nets have these numbers of right answers out of 100, seed by condition.

    A negative number stands for a net that diverged.
    """
    plan = prepare(plan, path)
    rows = []
    for index in range(plan.nets):
        place = divmod(index, plan.num_conditions)
        value = int(right[place])
        row = dict.fromkeys(schema(), None) | {
            "index": index, "condition": place[1], "seed": plan.seed_at(index), "engine": "cpu",
            "epochs": 5, "stopped": "epochs", "seconds": 0.1, "curve_epoch": [0, 5],
        }  # fmt: skip
        row |= {f"curve_{name}": [0.1, 0.2] for name in ("train_loss", "train_accuracy")}
        row |= {f"curve_validation_{name}": [0.1, 0.2] for name in ("loss", "accuracy")}
        for split in ("train", "validation", "test"):
            row[f"{split}_total"] = 100
            if value >= 0:
                row |= {f"{split}_right": value, f"{split}_loss": 1 - value / 100}
        row |= {name: values[place].item() for name, values in columns.items()}
        row["diverged"] = 3 if value < 0 else None
        row["wrong"] = None if value < 0 else list(range(100 - value))
        rows.append(row)
    write_shard(path, rows)
    return Study.open(path)


def plan_of(conditions: int, seeds: int) -> Plan:
    rates = [0.01 * (n + 1) for n in range(conditions)]
    return Plan(BASE, seeds=seeds, vary={"recipe.learning_rate": rates})


def test_an_estimate_by_hand() -> None:
    found = estimate([0.2, 0.4, 0.4, 0.6])
    assert found is not None
    assert (found.n, found.mean) == (4, pytest.approx(0.4))
    assert found.sd == pytest.approx(math.sqrt(0.08 / 3))
    assert 0.2 <= found.low < 0.4 < found.high <= 0.6
    assert estimate([]) is None
    assert estimate([math.nan, math.inf]) is None


def test_the_bootstrap_agrees_with_the_t_interval_on_normal_values() -> None:
    values = np.random.default_rng(1).normal(0.8, 0.05, 400)
    found = estimate(values)
    assert found is not None
    t = scipy.stats.t.interval(0.95, 399, values.mean(), scipy.stats.sem(values))
    assert (found.low, found.high) == pytest.approx(t, abs=4e-4)


@given(value=st.floats(0, 1), n=st.integers(1, 50))
def test_constants_give_the_constant_and_do_not_warn(value: float, n: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimate([value] * n)
    assert found is not None
    assert (found.mean, found.low, found.high, found.sd) == (value, value, value, 0.0)


@given(st.lists(st.sampled_from([0.0, 0.5, 0.98, 1.0]), min_size=1, max_size=40))
def test_an_interval_holds_its_mean_and_never_warns(values: list[float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = estimate(values)
    assert found is not None
    assert min(values) - 1e-9 <= found.low <= found.mean <= found.high <= max(values) + 1e-9


def test_summaries_by_hand(tmp_path: Path) -> None:
    right = np.array([[100, 80], [90, 60], [-1, 70]])
    found = Statistics(made_up(tmp_path / "s", plan_of(2, 3), right)).conditions
    one, other = found
    assert (one.nets, one.diverged, one.perfect) == (3, 1, 1)
    assert one.estimates["test_accuracy"].mean == pytest.approx(0.95)
    assert one.estimates["test_accuracy"].n == 2
    exact = scipy.stats.beta.ppf(0.025, 1, 3), scipy.stats.beta.ppf(0.975, 2, 2)
    assert one.perfect_interval == pytest.approx(exact)
    assert (other.perfect, other.diverged) == (0, 0)
    assert other.estimates["validation_accuracy"].sd == pytest.approx(0.1)
    assert label(other.settings) == "learning rate 0.02"


def test_a_diverged_net_counts_as_all_wrong_in_the_ranking(tmp_path: Path) -> None:
    right = np.array([[100, 80], [-1, 80], [-1, 80]])
    study = made_up(tmp_path / "s", plan_of(2, 3), right)
    assert [c.number for c in Statistics(study).ranking] == [1, 0]


def test_the_ranking_never_sees_the_test_set(tmp_path: Path) -> None:
    right, rng = np.full((9, 3), 80), np.random.default_rng(0)
    test = rng.integers(0, 100, (9, 3))
    validation = np.array([[70, 80, 75]] * 9)
    split = {"validation_right": validation, "test_right": test}
    study = made_up(tmp_path / "s", plan_of(3, 9), right, **split)
    assert [c.number for c in Statistics(study).ranking] == [1, 2, 0]
    plan = Plan(BASE.replaced({"data.validation": 0}), seeds=9, vary=dict(plan_of(3, 9).vary))
    none = np.full((9, 3), None, dtype=object)
    losses = {"train_loss": np.array([[0.5, 0.3, 0.1]] * 9)}
    study = made_up(tmp_path / "t", plan, right)
    frame = pl.read_parquet(find_shards(tmp_path / "t").whole[0])
    assert none.shape == (9, 3)
    changed = frame.with_columns(
        pl.lit(None, dtype=pl.Int64).alias("validation_right"),
        pl.lit(None, dtype=pl.Int64).alias("validation_total"),
        pl.Series("train_loss", losses["train_loss"].ravel()),
        pl.Series("test_right", test.ravel()),
    )
    find_shards(tmp_path / "t").whole[0].unlink()
    write_shard(tmp_path / "t", changed.rows(named=True))
    found = Statistics(Study.open(tmp_path / "t"))
    assert (found.ranked_by, found.metric) == ("train_loss", "test_accuracy")
    assert [c.number for c in found.ranking] == [2, 1, 0]
    assert any("no validation set" in s for s in Findings(found.study).sentences())


def test_paired_differences_against_another_route(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    common = rng.integers(50, 70, (40, 1))
    right = common + np.array([[0, 1, 8]]) + rng.integers(0, 5, (40, 3))
    found = differences(Statistics(made_up(tmp_path / "s", plan_of(3, 40), right)))
    pairs = [(d.one.number, d.other.number) for d in found]
    assert pairs == [(0, 1), (0, 2), (1, 2)]
    raw = [scipy.stats.ttest_rel(right[:, a], right[:, b]).pvalue for a, b in pairs]
    order = np.argsort(raw)  # Holm (1979), by hand
    steps = np.maximum.accumulate(np.sort(raw) * np.array([3, 2, 1])).clip(max=1)
    assert [found[i].p for i in order] == pytest.approx(steps.tolist())
    for d in found:
        assert d.mean == pytest.approx(
            (right[:, d.one.number] - right[:, d.other.number]).mean() / 100
        )
        assert d.low < d.mean < d.high
        assert d.told_apart == (not d.low <= 0 <= d.high)


@settings(max_examples=4)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(2, 12))
def test_intervals_and_verdicts_agree(seed: int, conditions: int, seeds: int) -> None:
    import tempfile

    right = np.random.default_rng(seed).integers(60, 64, (seeds, conditions))
    right[:, 0] += np.random.default_rng(seed).integers(0, 4)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        found = differences(
            Statistics(made_up(Path(folder) / "s", plan_of(conditions, seeds), right))
        )
    for d in found:
        if d.sd > 0:
            assert d.told_apart == (d.low > 0 or d.high < 0)
        else:
            assert d.low == d.high == d.mean


def test_differences_leave_out_seeds_that_either_lost(tmp_path: Path) -> None:
    right = np.array([[90, 80], [-1, 80], [92, -1], [95, 83]])
    (d,) = differences(Statistics(made_up(tmp_path / "s", plan_of(2, 4), right)))
    assert d.n == 2
    assert d.mean == pytest.approx((0.10 + 0.12) / 2)


def test_a_constant_difference_has_the_sign_test() -> None:
    assert p_value(np.full(6, 0.1)) == pytest.approx(2 * 0.5**6)
    assert p_value(np.zeros(6)) == 1.0
    assert p_value(np.zeros(1)) is None


def test_with_many_conditions_all_are_compared_with_the_best(tmp_path: Path) -> None:
    right = np.random.default_rng(0).integers(40, 60, (4, 70))
    right[:, 33] += 30
    found = differences(Statistics(made_up(tmp_path / "s", plan_of(70, 4), right)))
    assert len(found) == 69
    assert {d.one.number for d in found} == {33}


def test_holm_corrects_for_all_comparisons_where_only_some_are_made() -> None:
    assert holm([0.01, 0.04], 3) == [0.03, 0.12]
    assert holm([0.01, None], 2) == [0.01, None]
    assert holm([0.02, 0.01], 2) == [0.02, 0.02]
    assert holm([None], 1) == [None]


@pytest.mark.parametrize(
    ("size", "sd", "comparisons"), [(0.02, 0.1, 1), (0.05, 0.05, 3), (0.3, 0.02, 1)]
)
def test_the_number_of_seeds_is_the_least_that_does(
    size: float, sd: float, comparisons: int
) -> None:
    n = seeds_needed(size, sd, comparisons)
    assert n is not None

    def reached(n: int) -> float:  # by the noncentral t distribution
        t = scipy.stats.t.ppf(1 - ALPHA / comparisons / 2, n - 1)
        shift = size / sd * math.sqrt(n)
        inside = scipy.stats.nct.cdf(t, n - 1, shift) - scipy.stats.nct.cdf(-t, n - 1, shift)
        return 1 - inside

    assert reached(n) >= 0.8 - 1e-6
    assert n == 2 or reached(n - 1) < 0.8
    assert seeds_needed(0.1, 0.0) is None
    assert seeds_needed(1.0, 1e-9) in {2, 3}
    assert seeds_needed(0.0, 0.1) is None


def test_the_analysis_of_variance_by_hand(tmp_path: Path) -> None:
    vary = {"recipe.learning_rate": [0.1, 0.2], "net.hidden": [4, 8]}
    rng = np.random.default_rng(0)
    means = np.array([50, 50, 60, 70])  # hidden matters at 0.2 only: an interaction
    right = means + rng.integers(-3, 4, (30, 4))
    found = effects(Statistics(made_up(tmp_path / "s", Plan(BASE, seeds=30, vary=vary), right)))
    y = right / 100
    grand, cells = y.mean(), y.mean(axis=0).reshape(2, 2)
    rows, columns = cells.mean(axis=1), cells.mean(axis=0)
    total = ((y - grand) ** 2).sum()
    expected = {
        ("seed",): 4 * ((y.mean(axis=1) - grand) ** 2).sum(),
        ("recipe.learning_rate",): 60 * ((rows - grand) ** 2).sum(),
        ("net.hidden",): 60 * ((columns - grand) ** 2).sum(),
        ("recipe.learning_rate", "net.hidden"): 30
        * ((cells - rows[:, None] - columns[None] + grand) ** 2).sum(),
    }
    assert {e.names: e.eta_squared for e in found} == pytest.approx(
        {names: value / total for names, value in expected.items()}
    )
    assert found[0].names == ("recipe.learning_rate",)
    assert all(e.p is not None and e.p < 1e-6 for e in found if e.names != ("seed",))


def test_one_factor_of_two_values_is_the_paired_t_test(tmp_path: Path) -> None:
    """Seeds that differ much hide nothing: F is the square of t over the differences."""
    rng = np.random.default_rng(0)
    right = rng.integers(20, 80, (20, 1)) + np.array([0, 2]) + rng.integers(0, 4, (20, 2))
    found = effects(Statistics(made_up(tmp_path / "s", plan_of(2, 20), right)))
    by_name = {effect.names: effect for effect in found}
    expected = scipy.stats.ttest_rel(right[:, 0], right[:, 1]).pvalue
    assert by_name["recipe.learning_rate",].p == pytest.approx(expected)
    assert scipy.stats.ttest_ind(right[:, 0], right[:, 1]).pvalue > 0.05 > expected
    assert found[0].names == ("seed",)


def test_blocks_of_seeds_are_statsmodels_repeated_measures(tmp_path: Path) -> None:
    """With one factor the two analyses are the same."""
    from statsmodels.stats.anova import AnovaRM

    right = np.random.default_rng(0).integers(50, 60, (20, 3)) + np.arange(20)[:, None]
    study = made_up(tmp_path / "s", plan_of(3, 20), right)
    found = {effect.names: effect.p for effect in effects(Statistics(study))}
    columns = study.measured().select("seed", "condition", "test_accuracy")
    table = pd.DataFrame(columns.to_dict(as_series=False))
    expected = AnovaRM(table, "test_accuracy", "seed", within=["condition"]).fit().anova_table
    assert found["recipe.learning_rate",] == pytest.approx(expected["Pr > F"].iloc[0])


def test_of_many_nets_the_first_seeds_are_analysed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = np.random.default_rng(0).integers(50, 60, (20, 3))
    found = Statistics(made_up(tmp_path / "s", plan_of(3, 20), right))
    assert num_seeds(found) == 20
    monkeypatch.setattr("fizzlab.studies.factors.MAX_ENTRIES", 3 * 9 * (9 + 3))
    assert num_seeds(found) == 9
    few = Statistics(made_up(tmp_path / "t", plan_of(3, 9), right[:9]))
    assert effects(found) == effects(few)


@pytest.mark.parametrize("seeds", [1, 5])
def test_constants_say_that_nothing_can_be_told_apart_and_do_not_warn(
    tmp_path: Path, seeds: int
) -> None:
    vary = {"recipe.learning_rate": [0.1, 0.2], "net.hidden": [4, 8]}
    plan = Plan(BASE, seeds=seeds, vary=vary)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Findings(made_up(tmp_path / "s", plan, np.full((seeds, 4), 53)))
        said = " ".join(found.sentences())
    assert "No two conditions can be told apart" in said
    assert "it cannot be told apart from" in said
    assert found.effects == []
    assert [p.seeds for p in power(found.differences, 3)] == [None] * 3
    assert ("One seed a condition says nothing about chance" in said) == (seeds == 1)


def test_a_study_in_which_all_diverged(tmp_path: Path) -> None:
    found = Findings(made_up(tmp_path / "s", plan_of(2, 3), np.full((3, 2), -1)))
    assert [c.diverged for c in found.statistics.conditions] == [3, 3]
    assert "6 diverged" in found.how_known()
    assert found.sentences()


def test_sentences_say_what_is_best_and_what_cannot_be_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    right = np.array([[60, 80, 80]]) + rng.integers(-3, 4, (30, 3))
    found = Findings(made_up(tmp_path / "s", plan_of(3, 30), right))
    said = found.sentences()
    assert said[0].startswith("Best by validation accuracy: learning rate 0.0")
    assert said[1].startswith("Its test accuracy, looked at once, after the choice: 0.")
    assert "it cannot be told apart from: learning rate 0.0" in said[2]
    assert "Told apart in validation accuracy" in said[3]
    assert said[4] == (
        "Cannot be told apart in validation accuracy: learning rate 0.02 and learning rate 0.03."
    )
    french = Findings(found.study, "fr").sentences()
    assert len(french) == len(said)
    assert french[1].startswith("Son exactitude de test, regardée une seule fois, après le choix")
    assert "0,8" in french[0]


def test_one_condition_is_summed_up(tmp_path: Path) -> None:
    right = np.random.default_rng(0).integers(95, 101, (30, 1))
    found = Findings(made_up(tmp_path / "s", Plan(BASE, seeds=30), right))
    said = " ".join(found.sentences())
    assert "Over 30 nets the test accuracy is 0.9" in said
    assert f"Every test integer is right in {(right == 100).sum()} of 30 nets" in said
    assert found.statistics.best is None
    assert found.differences == []


def test_labels() -> None:
    changed = {"recipe.learning_rate": 0.05, "net.hidden": (50, 50), "recipe.patience": None}
    assert label(changed) == "learning rate 0.05, hidden 50-50, patience none"
    assert label({"net.hidden": (), "recipe.nesterov": True}) == "hidden none, nesterov yes"
    assert label(changed, texts("fr")) == (
        "taux d’apprentissage 0,05, couches cachées 50-50, patience aucun"
    )


def test_of_conditions_that_all_lost_a_net_the_best_of_the_rest_is_first(tmp_path: Path) -> None:
    """Without validation a diverged net's loss is infinite, and so is each mean with one."""
    sheet = BASE.replaced({"data.validation": 0})
    plan = Plan(sheet, seeds=4, vary={"recipe.learning_rate": [0.1, 0.2, 0.3]})
    right = np.array([[-1, -1, -1], [50, 80, 60], [51, 82, 61], [49, 81, 63]])
    made_up(tmp_path / "s", plan, right)
    shard = find_shards(tmp_path / "s").whole[0]
    frame = pl.read_parquet(shard).with_columns(
        pl.lit(None, dtype=pl.Int64).alias("validation_right"),
        pl.lit(None, dtype=pl.Int64).alias("validation_total"),
    )
    shard.unlink()
    write_shard(tmp_path / "s", frame.rows(named=True))
    found = Statistics(Study.open(tmp_path / "s"))
    assert found.ranked_by == "train_loss"
    assert [condition.number for condition in found.ranking] == [1, 2, 0]


def test_where_a_stream_is_pinned_only_spreads_are_told(tmp_path: Path) -> None:
    conditions = [{"recipe.order": "reshuffled"}, {"recipe.order": "reshuffled", "streams.init": 0}]
    plan = Plan(BASE, seeds=6, conditions=conditions)
    right = np.array([[50 + 7 * s, 90 + s % 2] for s in range(6)])
    found = Findings(made_up(tmp_path / "s", plan, right))
    assert found.differences == []
    assert found.statistics.best is None
    text = " ".join(found.sentences())
    assert "read the spreads there" in text
    assert "Best by" not in text
    assert "old apart" not in text


def test_many_conditions_are_corrected_for_all_their_pairs(tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    study = made_up(tmp_path / "s", plan_of(61, 3), chance.integers(50, 60, size=(3, 61)))
    found = Findings(study)
    assert len(found.differences) == 60
    text = " ".join(found.sentences())
    assert "None can be told apart from the best" in text
    assert "corrected for 1,830 comparisons" in text


def test_what_is_off_as_it_is_everywhere_goes_without_saying() -> None:
    given = [
        {"recipe.momentum": 0.9, "recipe.nesterov": True},
        {"recipe.momentum": 0.0, "recipe.nesterov": False, "recipe.learning_rate": 0.1},
        {"recipe.momentum": 0.0},
    ]
    plan = Plan(BASE, seeds=1, conditions=given)
    told = [label(told_settings(plan, plan.condition(number))) for number in range(3)]
    assert told == ["momentum 0.9, nesterov yes", "learning rate 0.1", "momentum 0"]
    grid = Plan(BASE, seeds=1, vary={"recipe.momentum": [0.0, 0.9]})
    assert told_settings(grid, grid.condition(0)) == {"recipe.momentum": 0.0}


def test_one_is_not_several(tmp_path: Path) -> None:
    english, french = texts("en"), texts("fr")
    assert [counted("n_nets", n, english) for n in (0, 1, 1000)] == [
        "0 nets",
        "1 net",
        "1,000 nets",
    ]
    assert [counted("n_nets", n, french) for n in (0, 1, 2)] == [
        "0 réseau",
        "1 réseau",
        "2 réseaux",
    ]
    found = Findings(made_up(tmp_path / "s", Plan(BASE, seeds=1), np.full((1, 1), 100)))
    said = " ".join([found.how_known(), *found.sentences()])
    assert "1 seed from 0 on for 1 condition; 1 of 1 net trained" in said
    assert not re.search(r"\b1 (nets|seeds|conditions)", said)
