"""Studies on disk: rows equal runs, resuming trains nothing twice, damage costs only itself."""

from __future__ import annotations

import errno
import importlib
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fizzlab import Experiment, train
from fizzlab.engines import ENGINES
from fizzlab.errors import DataError, RunExistsError, StorageError, StudyError, UnknownNameError
from fizzlab.evaluation import predict_labels
from fizzlab.studies import Plan, Study, execute, measured_pace
from fizzlab.studies.findings import Findings
from fizzlab.studies.forward import product
from fizzlab.studies.integers import most_wrong
from fizzlab.studies.shards import find_shards, thinned, write_shard

execution = importlib.import_module("fizzlab.studies.execute")  # the name is also a function's
WILD = {"recipe.learning_rate": 1e15, "net.hidden": [8, 8, 8], "net.activation": "gelu"}


def same(one: pl.DataFrame, other: pl.DataFrame) -> None:
    assert_frame_equal(one.drop("seconds"), other.drop("seconds"))


def copied(study: Study, path: Path) -> Path:
    shutil.copytree(study.path, path)
    return path


def test_a_row_equals_the_run_of_the_same_experiment(quick_plan: Plan, tmp_path: Path) -> None:
    study = execute(quick_plan, tmp_path / "s", engine="sequential", progress=False).study
    frame, curves = study.frame(), study.curves()
    assert frame["index"].to_list() == list(range(30))
    for index in (0, 7, 29):
        experiment = quick_plan.experiment_at(index)
        row, run = frame.row(index, named=True), train(experiment, progress=False)
        report = run.report
        assert row["seed"] == experiment.seed
        assert row["recipe.learning_rate"] == experiment.recipe.learning_rate
        assert tuple(row["net.hidden"]) == experiment.net.hidden
        assert (row["epochs"], row["kept_epoch"]) == (report.epochs, report.kept_epoch)
        assert row["stopped"] == report.stopped
        for split in ("train", "validation", "test"):
            found = report.evaluations[split]
            assert row[f"{split}_right"] == found.correct
            assert row[f"{split}_total"] == found.total
            assert row[f"{split}_accuracy"] == found.accuracy
            assert row[f"{split}_loss"] == pytest.approx(found.loss, rel=1e-5)
        history = run.state.history
        assert row["final_train_loss"] == history["train_loss"][-1]
        mine = curves.filter(pl.col("index") == index)
        assert mine["epoch"].to_list() == history["epoch"]
        for name in ("train_loss", "validation_accuracy"):
            assert mine[name].to_list() == pytest.approx(history[name], rel=1e-6)


def test_wrong_counts_the_nets_that_get_an_integer_wrong(quick_plan: Plan, tmp_path: Path) -> None:
    plan = Plan(quick_plan.experiment, seeds=2, vary=dict(quick_plan.vary))
    study = execute(plan, tmp_path / "s", engine="sequential", progress=False).study
    expected, of_one = dict.fromkeys(range(1, 101), 0), dict.fromkeys(range(1, 101), 0)
    for _, number, experiment in plan:
        run = train(experiment, progress=False)
        test = run.splits.test
        said = predict_labels(run.net, experiment.encoding, test.integers)
        for n in test.integers[said != test.labels].tolist():
            expected[n] += 1
            of_one[n] += number == 2
    assert study.wrong() == expected
    assert study.wrong(2) == of_one


def test_an_integer_is_wrong_for_the_nets_that_it_tested(tmp_path: Path) -> None:
    base = Experiment().replaced({"recipe.epochs": 2, "net.hidden": 4})
    plan = Plan(base, seeds=3, vary={"data.test": ["1..100", "50..60", ""]})
    study = execute(plan, tmp_path / "s", progress=False).study
    found = study.wrong_of_tested()
    assert list(found) == list(range(1, 101))
    assert {n: tested for n, (_, tested) in found.items()} == {
        n: 6 if 50 <= n <= 60 else 3 for n in range(1, 101)
    }
    for n in (15, 50, 60):
        of_each = [study.wrong(condition).get(n, 0) for condition in (0, 1, 2)]
        assert found[n][0] == sum(of_each) == study.wrong()[n]
    assert list(study.wrong_of_tested(1)) == list(range(50, 61))
    assert study.wrong_of_tested(2) == {}
    worst = most_wrong(Findings(study), 100)
    assert worst is not None
    assert all(one.share == one.nets / one.tested <= 1 for one in worst)
    assert [one.share for one in worst] == sorted((one.share for one in worst), reverse=True)


def test_curves_of_some_nets_only(quick_study: Study) -> None:
    whole = quick_study.curves()
    some = quick_study.curves([1, 3], seeds=2)
    assert_frame_equal(some, whole.filter(pl.col("condition").is_in([1, 3]), pl.col("seed") < 2))


def test_a_study_may_grow_by_seeds(quick_plan: Plan, quick_study: Study, tmp_path: Path) -> None:
    less = Plan(quick_plan.experiment, seeds=3, vary=dict(quick_plan.vary))
    first = execute(less, tmp_path / "s", progress=False, grow=True)
    assert (first.trained, first.ended) == (18, "done")
    with pytest.raises(RunExistsError, match="seeds: 3 there, 5 here"):
        execute(quick_plan, tmp_path / "s", progress=False)
    more = execute(quick_plan, tmp_path / "s", progress=False, grow=True)
    assert (more.trained, more.ended) == (12, "done")
    same(more.study.frame(), quick_study.frame())
    again = execute(less, tmp_path / "s", progress=False, grow=True)
    assert (again.trained, again.ended, again.study.plan.seeds) == (0, "done", 5)
    other = Plan(quick_plan.experiment, seeds=3)
    with pytest.raises(RunExistsError, match="another plan"):
        execute(other, tmp_path / "s", progress=False, grow=True)


def test_a_second_ctrl_c_keeps_what_is_trained(
    quick_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "nt":
        pytest.skip("no SIGINT to oneself there")
    real, told = execution.row, []

    def pressing(net, index: int, *rest):
        if index == 40:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
        return real(net, index, *rest)

    monkeypatch.setattr(execution, "row", pressing)
    plan, before = Plan(quick_plan.experiment, seeds=500), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        execute(plan, tmp_path / "s", progress=False, shard_s=60.0, tell=told.append)
    assert signal.getsignal(signal.SIGINT) is before
    assert len(told) == 1
    assert "Ctrl-C again stops at once" in told[0]
    assert Study.open(tmp_path / "s").frame()["index"].to_list() == list(range(40))
    monkeypatch.undo()
    assert execute(plan, tmp_path / "s", progress=False).trained == 460


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_nets_whatever_the_shards_threads_and_pauses(
    quick_plan: Plan, tmp_path: Path, engine: str
) -> None:
    whole = execute(quick_plan, tmp_path / "a", engine=engine, progress=False).study
    execute(quick_plan, tmp_path / "b", engine=engine, progress=False, threads=2, shard_s=0.0)
    parts = Study.open(tmp_path / "b")
    assert len(parts.shards.whole) > 5
    same(whole.frame(), parts.frame())
    assert_frame_equal(whole.curves(), parts.curves())
    assert whole.wrong() == parts.wrong()


def test_resuming_trains_no_net_twice(quick_study: Study, tmp_path: Path) -> None:
    path = copied(quick_study, tmp_path / "s")
    trained = []
    row = execution.row

    def counted(net, index: int, *rest):
        trained.append(index)
        return row(net, index, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "row", counted)
        done = execute(quick_study.plan, path, progress=False)
        assert (done.trained, done.ended, trained) == (0, "done", [])
        shutil.rmtree(path)
        cut = execute(quick_study.plan, path, progress=False, time_budget_s=0.0)
        assert (cut.ended, cut.trained) == ("time", 0)
        execute(quick_study.plan, path, progress=False, shard_s=0.0)
        first = sorted(trained)
        execute(quick_study.plan, path, progress=False)
    assert first == sorted(trained) == list(range(30))
    same(Study.open(path).frame(), quick_study.frame())


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to oneself there")
@pytest.mark.parametrize("engine", ENGINES)
def test_ctrl_c_ends_after_the_nets_in_training(
    quick_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    real = execution.row

    def pressing(net, index: int, *rest):
        if index == 40:
            os.kill(os.getpid(), signal.SIGINT)
        return real(net, index, *rest)

    monkeypatch.setattr(execution, "row", pressing)
    plan = Plan(quick_plan.experiment, seeds=5000)
    done = execute(plan, tmp_path / "s", engine=engine, progress=False, shard_s=60.0)
    assert done.ended == "interrupted"
    assert 41 <= done.trained == done.study.trained < 5000
    assert len(done.study.shards.whole) == 1
    assert done.study.frame()["index"].to_list() == list(range(done.trained))
    assert not done.study.is_complete


def test_a_diverged_net_is_a_row(tmp_path: Path) -> None:
    base = Experiment().replaced({"recipe.epochs": 4, "recipe.evaluate_every": 2} | WILD)
    plan = Plan(base, seeds=2, vary={"recipe.learning_rate": [0.1, 1e15]})
    study = execute(plan, tmp_path / "s", progress=False).study
    frame = study.frame()
    lost = frame.filter(pl.col("recipe.learning_rate") > 1)
    assert study.diverged == len(lost) == 2
    assert lost["diverged"].min() >= 1
    for name in ("test_accuracy", "train_loss", "final_train_loss", "kept_epoch", "test_right"):
        assert lost[name].null_count() == 2
    assert lost["stopped"].to_list() == ["diverged"] * 2
    assert lost["perfect"].to_list() == [False, False]
    assert lost["test_total"].to_list() == [100, 100]
    assert frame.filter(pl.col("diverged").is_null())["test_accuracy"].null_count() == 0
    assert set(study.wrong()) == set(range(1, 101))


def test_damaged_shards_are_named_and_only_their_nets_trained_again(
    quick_plan: Plan, quick_study: Study, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    execute(quick_plan, path, progress=False, shard_s=0.0)
    first, second, third, *_ = find_shards(path).whole
    first.write_bytes(first.read_bytes()[:100])
    changed = bytearray(second.read_bytes())
    changed[len(changed) // 2] ^= 1
    second.write_bytes(changed)
    third.rename(third.with_name("nets-stray.parquet"))
    study = Study.open(path)
    assert {shard.name for shard, _ in study.damaged} == {
        first.name,
        second.name,
        "nets-stray.parquet",
    }
    lost = 30 - study.trained
    assert 0 < lost < 30
    done = execute(quick_plan, path, progress=False)
    assert done.trained == lost
    assert sum("is damaged" in note for note in done.notes) == 3
    assert any("whole files are kept" in note for note in done.notes)
    assert not done.study.damaged
    same(done.study.frame(), quick_study.frame())


def test_other_plans_and_other_folders_are_refused(quick_study: Study, tmp_path: Path) -> None:
    path, plan = copied(quick_study, tmp_path / "s"), quick_study.plan
    other = Plan(plan.experiment, seeds=6, vary=dict(plan.vary))
    with pytest.raises(RunExistsError, match="seeds: 5 there, 6 here"):
        execute(other, path, progress=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "text").write_text("keep me")
    with pytest.raises(RunExistsError, match="exists already"):
        execute(plan, tmp_path / "mine", progress=False)
    (path / "plan.toml").write_text("seeds = = 3")
    with pytest.raises(StudyError, match="This is not TOML"):
        Study.open(path)
    with pytest.raises(StudyError, match="There is no study"):
        Study.open(tmp_path / "nowhere")
    with pytest.raises(StudyError, match="is not a study"):
        Study.open(tmp_path / "mine")
    (copied(quick_study, tmp_path / "lost") / "plan.toml").unlink()
    with pytest.raises(StudyError, match="trained nets, but not their plan"):
        execute(plan, tmp_path / "lost", progress=False)
    with pytest.raises(StudyError, match=r"restore plan\.toml"):
        Study.open(tmp_path / "lost")
    with pytest.raises(UnknownNameError, match="no engine"):
        execute(plan, tmp_path / "new", engine="fast", progress=False)
    assert not (tmp_path / "new").exists()


def test_nets_beyond_the_plan_are_refused(quick_study: Study, tmp_path: Path) -> None:
    path = copied(quick_study, tmp_path / "s")
    plan = Plan(quick_study.plan.experiment, seeds=1)
    from fizzlab.studies import to_toml

    (path / "plan.toml").write_text(to_toml(plan))
    with pytest.raises(StudyError, match="which its plan does not have"):
        execute(plan, path, progress=False)


@pytest.mark.skipif(os.name == "nt", reason="no flock")
def test_two_processes_do_not_train_one_study(quick_plan: Plan, tmp_path: Path) -> None:
    from fizzlab.studies.study_folder import locked, prepare

    prepare(quick_plan, tmp_path / "s")
    with locked(tmp_path / "s"), pytest.raises(StudyError, match="Another process is at work"):
        execute(quick_plan, tmp_path / "s", progress=False)


def test_a_full_disk_stops_clearly_and_can_be_resumed(
    quick_plan: Plan, quick_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, 0

    def fsync(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls > 12:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageError, match="no space is left"):
        execute(quick_plan, tmp_path / "s", progress=False, shard_s=0.0)
    monkeypatch.undo()
    left = Study.open(tmp_path / "s")
    assert 0 < left.trained < 30
    assert not left.damaged
    done = execute(quick_plan, tmp_path / "s", progress=False)
    assert done.trained == 30 - left.trained
    same(done.study.frame(), quick_study.frame())


def test_csv_data_come_along_and_are_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{n},{(n % 3 == 0) + 2 * (n % 5 == 0)}" for n in range(101, 200)]
    Path("d.csv").write_text("\n".join(["integer,label", *lines]))
    settings = {"data.train": "d.csv", "data.validation": 0, "recipe.epochs": 2, "net.hidden": 4}
    plan = Plan(Experiment().replaced(settings), seeds=2)
    execute(plan, "s", progress=False)
    assert Path("s/train.csv").read_bytes() == Path("d.csv").read_bytes()
    assert execute(plan, "s", progress=False).trained == 0  # the same plan, wherever the file lies
    Path("d.csv").write_text("\n".join(["integer,label", *lines[:-1]]))
    with pytest.raises(RunExistsError, match="train_sha256"):
        execute(plan, "s", progress=False)
    assert Study.open("s").frame()["train_total"].to_list() == [99, 99]


def test_a_setting_that_the_fast_engine_lacks_falls_back_for_its_conditions_only(
    quick_plan: Plan, tmp_path: Path
) -> None:
    if len(ENGINES) < 2:
        pytest.skip("only one engine here")
    plan = Plan(quick_plan.experiment, seeds=2, vary={"net.dropout": [0.0, 0.5]})
    done = execute(plan, tmp_path / "s", progress=False)
    assert done.fallback == "net.dropout"
    assert any("net.dropout" in note for note in done.notes)
    engines = done.study.frame().select("net.dropout", "engine").unique().sort("net.dropout").rows()
    assert engines == [(0.0, "cpu"), (0.5, "sequential")]
    assert done.study.frame()["index"].to_list() == [0, 1, 2, 3]


def test_every_setting_that_the_fast_engine_lacks_is_named_once(
    quick_plan: Plan, tmp_path: Path
) -> None:
    if len(ENGINES) < 2:
        pytest.skip("only one engine here")
    conditions = [
        {"net.dropout": 0.5, "net.activation": "gelu"},
        {"net.activation": "sigmoid"},
        {"net.hidden": 3},
    ]
    told: list[str] = []
    plan = Plan(quick_plan.experiment, seeds=1, conditions=conditions)
    done = execute(plan, tmp_path / "s", progress=False, tell=told.append)
    assert done.fallback == "net.dropout, net.activation"
    assert told == done.notes
    (note,) = told
    assert note.startswith("Because of net.dropout and net.activation, nets are trained by")


def test_the_pace_is_measured(quick_plan: Plan) -> None:
    found = measured_pace(quick_plan, seconds=1.6)
    assert found.nets_per_second > 1
    assert found.share == 1.0


def test_of_long_nets_the_pace_is_that_of_their_first_epochs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a clock of its own, on which each net takes 30 ms and 10 ms an epoch."""
    pace, now, seen = importlib.import_module("fizzlab.studies.pace"), [0.0], []

    def clocked(experiments, **options):
        for experiment in experiments:
            seen.append(experiment.recipe.last_epoch)
            now[0] += 0.03 + 0.01 * experiment.recipe.last_epoch
            yield experiment

    monkeypatch.setattr(pace, "train_many", clocked)
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    settings = {"recipe.epochs": 40_000, "recipe.schedule": "one_cycle"}
    plan = Plan(Experiment().replaced(settings), vary={"recipe.stop_after": [10_000, 40_000]})
    found = measured_pace(plan)
    assert now[0] < 6
    assert max(seen) <= 16
    assert found.share < 0.001
    assert 1 / found.nets_per_second == pytest.approx(0.03 + 0.01 * 25_000, rel=0.1)
    short = Plan(Experiment().replaced({"recipe.epochs": 4}), seeds=1)
    exact = measured_pace(short)
    assert (exact.share, 1 / exact.nets_per_second) == (1.0, pytest.approx(0.07))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_dry_run_of_long_nets_is_short(engine: str) -> None:
    settings = {"recipe.epochs": 1_000_000, "recipe.warmup_epochs": 0}
    found = measured_pace(Plan(Experiment().replaced(settings)), engine=engine, seconds=0.2)
    assert 0 < found.share < 0.01
    assert 0 < found.nets_per_second < 1


def test_long_curves_are_thinned_with_both_ends() -> None:
    assert thinned(7).tolist() == list(range(7))
    assert len(thinned(10_001)) == 256
    assert thinned(10_001)[[0, -1]].tolist() == [0, 10_000]


def test_no_test_set_and_large_test_sets(tmp_path: Path) -> None:
    base = Experiment().replaced({"recipe.epochs": 2, "net.hidden": 4, "data.test": ""})
    frame = execute(Plan(base, seeds=2), tmp_path / "s", progress=False).study.frame()
    assert frame["test_accuracy"].null_count() == frame["perfect"].null_count() == 2
    wide = {"data.test": "1024..5200", "encoding.bits": 13}
    study = execute(Plan(base.replaced(wide), seeds=1), tmp_path / "w", progress=False).study
    assert study.frame()["test_total"].to_list() == [4177]
    with pytest.raises(StudyError, match="too large"):
        study.wrong()


def test_columns_of_every_kind_of_setting(tmp_path: Path) -> None:
    base = Experiment().replaced({"recipe.epochs": 2, "net.hidden": 4})
    plan = Plan(
        base,
        seeds=1,
        conditions=[{"recipe.class_weights": "balanced"}, {"recipe.class_weights": [1, 2, 3, 4]}],
    )
    frame = execute(plan, tmp_path / "s", progress=False).study.frame()
    assert frame["recipe.class_weights"].to_list() == ["balanced", "[1.0, 2.0, 3.0, 4.0]"]
    assert frame["net.hidden"].to_list() == [[4], [4]]
    assert frame["rule.pairs"][0] == '[[3, "fizz"], [5, "buzz"]]'
    assert frame["recipe.learning_rate"].dtype == pl.Float64


def test_a_shard_is_named_after_its_content(quick_study: Study, tmp_path: Path) -> None:
    shard = quick_study.shards.whole[0]
    rows = pl.read_parquet(shard).rows(named=True)
    assert write_shard(tmp_path, reversed(rows)).name == shard.name


def test_an_error_names_the_net_and_keeps_the_ones_before(
    quick_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = execution.train_many

    def failing(experiments, **options):
        for trained in real(experiments, **options):
            if trained.experiment.seed == 2:
                raise DataError("the disk is gone.", fix="look for it")
            yield trained

    monkeypatch.setattr(execution, "train_many", failing)
    with pytest.raises(DataError, match=r"net 12 \(seed 2\): the disk is gone"):
        execute(quick_plan, tmp_path / "s", progress=False)
    assert Study.open(tmp_path / "s").trained == 12


def test_evaluation_in_parts_is_the_same() -> None:
    chance = np.random.default_rng(0)
    for shape in ((923, 10, 100), (1000, 300, 40), (50, 700, 700), (20_000, 3, 2), (0, 4, 4)):
        left, right = chance.random(shape[:2]), chance.random(shape[1:])
        np.testing.assert_allclose(product(left, right), left @ right)


def test_a_measurement_takes_rounds_over_all_conditions(
    quick_plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace, seen = importlib.import_module("fizzlab.studies.pace"), []
    real = pace.train_many

    def watched(experiments, **options):
        seen.append([(*e.net.hidden, e.recipe.learning_rate) for e in experiments])
        return real(experiments, **options)

    monkeypatch.setattr(pace, "train_many", watched)
    measured_pace(quick_plan, seconds=0.01)
    assert len(set(seen[-1])) == quick_plan.num_conditions


def test_of_several_tries_the_pace_counts_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock of its own, 10 ms an epoch; nets in closed form take as long as they take."""
    pace, now, seen = importlib.import_module("fizzlab.studies.pace"), [0.0], []

    def clocked(experiments, **options):
        for experiment in experiments:
            seen.append(experiment.recipe)
            closed = experiment.recipe.method != "gradient"
            now[0] += 5 if closed else 0.01 * experiment.recipe.last_epoch
            yield experiment

    monkeypatch.setattr(pace, "train_many", clocked)
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    reader = measured_pace(Plan(Experiment.preset("reader"), seeds=5))
    assert 1 / reader.nets_per_second == pytest.approx(0.01 * 1500, rel=0.05)
    assert all(recipe.stop_after < 20 for recipe in seen)
    spectral = measured_pace(Plan(Experiment.preset("spectral"), seeds=5))
    assert (spectral.share, 1 / spectral.nets_per_second) == (1.0, pytest.approx(5))


def test_notes_on_engines_come_only_where_nets_are_left_to_train(
    quick_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setattr(ENGINES["cpu"], "first_use", classmethod(lambda cls: "compiling"))
    told: list[str] = []
    plan = Plan(quick_plan.experiment, seeds=1)
    options = {"tell": told.append, "language": "fr"}
    execute(plan, tmp_path / "s", engine="sequential", **options)
    assert told == []
    execute(plan, tmp_path / "t", engine="cpu", **options)
    assert told == ["compilation des noyaux du moteur cpu, cette seule fois (10 à 20 s) …"]
    execute(plan, tmp_path / "t", engine="cpu", **options)
    assert len(told) == 1
    dropped = Plan(plan.experiment.replaced({"net.dropout": 0.1}), seeds=1)
    for _ in range(2):
        execute(dropped, tmp_path / "u", **options)
    assert told[1:] == [
        "À cause de net.dropout, les réseaux sont entraînés par la boucle simple et lente "
        "(sequential)."
    ]
