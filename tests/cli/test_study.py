"""`fizzlab study`, `report`, `luck` and `engines`: documents, sentences, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
from pydantic.json_schema import models_json_schema

from fizzlab import Run
from fizzlab.cli.documents import DOCUMENTS
from fizzlab.engines import ENGINES
from fizzlab.studies import Pace, Study
from fizzlab.studies.questions import QUESTIONS, question_plan

QUICK = ["--set", "recipe.epochs=4", "--set", "net.hidden=4"]
STUDY = ["study", *QUICK, "--seeds", "3", "--vary", "recipe.learning_rate=0.05,0.5", "--out", "s"]


def valid(document: object, name: str) -> None:
    jsonschema.validate(document, DOCUMENTS[name].model_json_schema(mode="serialization"))


def test_a_study_from_beginning_to_report(fizzlab) -> None:
    done = fizzlab(*STUDY)
    assert done.code == 0, done.err
    assert "learning rate 0.5" in done.out
    assert "How this is known: sampled, 3 seeds from 0 on for each of 2 conditions" in done.out
    assert "told apart in validation accuracy" in done.out
    assert "6 nets trained in" in done.out
    assert done.out.rstrip().splitlines()[-1].startswith("Next: fizzlab report s")
    assert "study: 100%" in done.err
    again = fizzlab(*STUDY)
    assert again.code == 0
    assert "nets trained in" not in again.out
    assert fizzlab(*STUDY, "--quiet").out == fizzlab(*STUDY, "--quiet").err == ""
    page = fizzlab("report", "s", "--lang", "fr")
    assert page.out == "s/report.html\n"
    assert "Étude s" in Path("s/report.html").read_text(encoding="utf-8")


def test_the_table_fits_into_80_columns(fizzlab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    two = ["--vary", "net.hidden=4,[100,100]", "--set", "recipe.epochs=2", "--seeds", "2"]
    for out, more in (("s", []), ("t", ["--set", "data.validation=0"])):
        rates = ["--vary", "recipe.learning_rate=0.05,0.5"]
        done = fizzlab("study", *two, *rates, *more, "--out", out)
        assert done.code == 0, done.err
        table = done.out.partition("How this is known")[0].splitlines()
        assert max(map(len, table)) <= 80
        assert any("learning rate 0.5, hidden 100-100" in line for line in table) or (
            any(line.strip().startswith("hidden 100-100") for line in table)
        )
        assert any("test accuracy" in line for line in table)
        assert sum(" to " in line for line in table) == 4  # each condition with an interval


def test_luck_in_french(fizzlab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIZZLAB_CACHE", str(tmp_path / "cache"))
    done = fizzlab("luck", "0.53", *QUICK, "--nets", "8", "--lang", "fr")
    assert done.code == 0, done.err
    assert "Une exactitude de test de 0,53 fait mieux que" in done.out
    assert "<- votre résultat" in done.out
    assert "Tous ces réseaux" in done.out
    assert fizzlab("luck", "0,53", *QUICK, "--nets", "8", "--lang", "fr").out == done.out
    bad = fizzlab("luck", "0.53", *QUICK, "--nets", "8", "--lang", "de")
    assert (bad.code, 'There is no language "de"' in bad.err) == (2, True)


def test_json_gives_what_is_promised(fizzlab) -> None:
    done = fizzlab(*STUDY, "--json")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    found = done.json
    valid(found, "study")
    assert (found["study"], found["nets"], found["trained"], found["diverged"]) == ("s", 6, 6, 0)
    assert found["seconds"] > 0
    assert found["nets_per_second"] > 0
    assert found["engine"] in ENGINES
    assert found["ended"] == "done"
    one = found["conditions"][0]
    assert one["set"] == {"recipe.learning_rate": 0.05}
    assert (one["nets"], one["perfect"]) == (3, 0)
    frame = Study.open("s").frame()
    for split in ("validation", "test"):
        mean = one["accuracy"][split]
        column = frame.filter(frame["condition"] == 0)[f"{split}_accuracy"]
        assert mean["mean"] == pytest.approx(column.mean())
        assert mean["low"] <= mean["mean"] <= mean["high"]
    ranked = max(found["conditions"], key=lambda c: c["accuracy"]["validation"]["mean"])
    assert found["best"]["ranked_by"] == "validation_accuracy"
    assert found["best"]["accuracy"]["validation"] == ranked["accuracy"]["validation"]
    assert fizzlab(*STUDY, "--json").json["nets_per_second"] is None


def test_other_documents(fizzlab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fizzlab(*STUDY, "--quiet")
    valid(fizzlab("report", "s", "--json").json, "report")
    estimate = fizzlab(*STUDY[:-2], "--dry-run", "--json").json
    valid(estimate, "study --dry-run")
    assert (estimate["nets"], estimate["conditions"], estimate["seeds"]) == (6, 2, 3)
    engines = fizzlab("engines", "--json").json
    assert [one["name"] for one in engines] == list(ENGINES)
    for one in engines:
        valid(one, "engines")
        assert one["available"] == (one["reason"] is None)
    monkeypatch.setenv("FIZZLAB_CACHE", str(tmp_path / "cache"))
    luck = fizzlab("luck", "0.53", *QUICK, "--nets", "9", "--json").json
    valid(luck, "luck")
    assert (luck["score"], luck["nets"]) == (0.53, 9)
    assert luck["low"] <= luck["percentile"] <= luck["high"]


def test_the_schemas_of_all_documents_can_be_made() -> None:
    models = [(model, "serialization") for model in dict.fromkeys(DOCUMENTS.values())]
    made = models_json_schema(models)[1]["$defs"]  # type: ignore[arg-type]
    assert all("properties" in schema for schema in made.values())


def test_a_dry_run_makes_nothing(fizzlab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fizzlab.studies.measured_pace", lambda plan, **options: Pace(0.001, 1.0))
    done = fizzlab(*STUDY, "--dry-run")
    assert done.code == 0
    text = "6 nets: 2 conditions with 3 seeds each. At 0.001 nets a second, as measured here, they"
    assert f"{text} take about 100 minutes." in done.out
    monkeypatch.setattr("fizzlab.studies.measured_pace", lambda plan, **options: Pace(0.1, 0.02))
    one = fizzlab("study", *QUICK, "--seeds", "1", "--dry-run").out
    assert (
        "1 net: 1 condition with 1 seed. At 0.1 nets a second, estimated from the first 2 %" in one
    )
    assert "it takes about 10 s." in one
    tries = fizzlab("study", "--preset", "reader", "--seeds", "5", "--dry-run").out
    assert tries.endswith("they take about 50 s, counting one try a net.\n")
    assert not list(tmp_path.iterdir())


def test_the_folder_has_a_name_of_its_own_that_the_same_command_finds_again(fizzlab) -> None:
    line = ["study", *QUICK, "--seeds", "2", "--json"]
    first = fizzlab(*line).json
    assert first["study"].startswith("studies/classic-")
    assert fizzlab(*line).json["nets_per_second"] is None
    assert fizzlab(*line, "--first-seed", "5").json["study"] != first["study"]


def test_a_plan_file(fizzlab) -> None:
    Path("p.toml").write_text(
        'preset = "td1"\nseeds = 2\n[vary]\n"net.hidden" = [[4], [3, 3]]\n'
        "[experiment.recipe]\nepochs = 3\n"
    )
    found = fizzlab("study", "--plan", "p.toml", "--out", "s", "--json").json
    assert [one["set"]["net.hidden"] for one in found["conditions"]] == [[4], [3, 3]]
    assert found["metric"] == "test_accuracy"
    more = fizzlab("study", "--plan", "p.toml", "--seeds", "3", "--out", "t", "--json").json
    assert more["trained"] == 6


@pytest.mark.parametrize("name", QUESTIONS)
def test_ready_made_questions(fizzlab, name: str) -> None:
    assert question_plan(name).seeds == 200
    assert question_plan(name).experiment.name == "td1"
    small = [*QUICK[:2], "--seeds", "2"] if name == "order" else ["--time-budget", "0"]
    done = fizzlab("study", "--question", name, *small, "--out", "s")
    assert done.code == 0, done.err
    if name == "order":
        assert "A pinned stream is one draw" in done.out


def test_the_question_of_order_tells_order_and_initialisation_apart() -> None:
    plan = question_plan("order", seeds=2)
    seeds = {}
    for number in range(plan.num_conditions):
        condition = plan.condition(number)
        made = [plan.experiment_at(number + place * plan.num_conditions) for place in range(2)]
        moved = [s for s in ("init", "order") if made[0].stream_seed(s) != made[1].stream_seed(s)]
        seeds[tuple(condition.items())] = moved
    assert sorted(map(tuple, seeds.values())) == [
        ("init",), ("init",), ("init", "order"), ("init", "order"), ("init", "order"),
        ("order",), ("order",),
    ]  # fmt: skip


def test_a_random_search(fizzlab) -> None:
    vary = "recipe.learning_rate={low=0.01,high=1,log=true}"
    line = ["study", *QUICK, "--seeds", "2", "--random", "5", "--vary", vary, "--out", "s"]
    found = fizzlab(*line, "--json").json
    rates = [one["set"]["recipe.learning_rate"] for one in found["conditions"]]
    assert len(set(rates)) == 5
    assert all(0.01 <= rate <= 1 for rate in rates)
    assert fizzlab("report", "s").code == 0


def test_a_time_budget_is_no_failure(fizzlab) -> None:
    done = fizzlab(*STUDY, "--time-budget", "0")
    assert done.code == 0
    assert "No net is trained yet." in done.out
    assert (
        "The time is up; 6 nets are left. Go on with: fizzlab study --plan s/plan.toml" in done.out
    )
    assert fizzlab("report", "s").code == 1
    empty = fizzlab(*STUDY, "--time-budget", "0", "--json").json
    valid(empty, "study")
    assert (empty["trained"], empty["ended"], empty["conditions"]) == (0, "time", [])
    again = fizzlab("study", "--plan", "s/plan.toml", "--out", "s", "--json").json
    assert again["trained"] == 6


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a process there")
def test_ctrl_c(tmp_path: Path) -> None:
    line = [*STUDY, "--seeds", "100000", "--json"]
    code = f"import sys; sys.argv = {['fizzlab', *line]!r}; from fizzlab.cli import main; main()"
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE) as it:
        while not (tmp_path / "s" / "lock").exists():
            assert it.poll() is None
            time.sleep(0.05)
        time.sleep(0.8)
        os.kill(it.pid, signal.SIGINT)
        out, _ = it.communicate(timeout=60)
    assert it.returncode == 130
    found = json.loads(out)
    assert found["ended"] == "interrupted"
    assert found["trained"] == Study.open(tmp_path / "s").trained < found["nets"]


def test_luck_in_words_and_as_a_picture(
    fizzlab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quick_run: Run
) -> None:
    monkeypatch.setenv("FIZZLAB_CACHE", str(tmp_path / "cache"))
    done = fizzlab("luck", "0.53", *QUICK, "--nets", "8", "--out", "l.svg")
    assert done.code == 0, done.err
    assert "<- your score" in done.out
    assert "of 8 nets that differ by their seed alone" in done.out
    assert "<svg" in Path("l.svg").read_text(encoding="utf-8")
    assert fizzlab("luck", "0.53", *QUICK, "--nets", "8", "--quiet").out == ""
    run = fizzlab("luck", "--net", str(quick_run.path), "--nets", "8", "--json").json
    assert run["score"] == quick_run.report.accuracy.test
    weights = f"{quick_run.path}/model.safetensors"
    config = ["--config", f"{quick_run.path}/experiment.toml"]
    same = fizzlab("luck", "--net", weights, *config, "--nets", "8", "--json").json
    assert (same["score"], same["percentile"]) == (run["score"], run["percentile"])


TABLE = [
    (["study", "--vary", "recipe.learning_rat=1"], 2, 'Did you mean "recipe.learning_rate"?'),
    (["study", "--vary", "recipe.learning_rate="], 2, "the grid is empty"),
    (["study", "--vary", "recipe.learning_rate"], 2, "varies nothing"),
    (["study", "--vary", "recipe.epochs=many"], 2, "expected an integer, got 'many'"),
    (["study", "--vary", "net.hidden=[[5"], 2, "cannot be read"),
    (["study", "--vary", "rule.pairs=3=a"], 2, "a study has one rule and one encoding"),
    (["study", "--vary", "seed=1,2"], 2, "the plan gives the seeds"),
    (["study", "--vary", "net.hidden=4", "--vary", "net.hidden=5"], 2, "is given twice"),
    (["study", "--vary", "recipe.momentum={low=0,high=0.9}"], 2, "--random N"),
    (["study", "--random", "3"], 2, "a random search needs settings to vary"),
    (["study", "--seeds", "0"], 2, '"seeds": expected an integer from 1'),
    (["study", "--seeds", "10000001"], 2, "say --yes if you mean it"),
    (["study", "--question", "ordre"], 2, 'Did you mean "order"?'),
    (["study", "--question", "order", "--vary", "net.hidden=4"], 2, "exclude each other"),
    (["study", "--preset", "td1", "--config", "x.toml"], 2, "exclude each other"),
    (["study", "--set", "seed=3"], 2, "say --first-seed N"),
    (["study", "--preset", "td2"], 2, 'Did you mean "td1"?'),
    (["study", "--plan", "none.toml"], 2, "none.toml cannot be read"),
    (["study", "--plan", "broken.toml"], 2, "This is not TOML"),
    (["study", "--plan", "broken.json"], 2, "This is not JSON"),
    (["study", "--plan", "odd.toml"], 2, 'Did you mean "seeds"?'),
    (["study", "--plan", "odd.toml", "--vary", "net.hidden=4"], 2, "cannot change a plan"),
    (["study", "--engine", "gpuu"], 2, "There is no engine"),
    (["study", "--threads", "0"], 2, "Invalid value for '--threads'"),
    (["study", "--time-budget", "-1"], 2, "Invalid value for '--time-budget'"),
    (["study", "--set", "data.validation=923"], 2, "Only 0 of 923 integers are left"),
    (["study", "--out", "a_folder"], 2, "exists already"),
    (["study", "--out", "a_file/s"], 1, "cannot be written"),
    (["study", *QUICK, "--seeds", "9", "--out", "s"], 2, "is a study of another plan"),
    (["report", "nowhere"], 1, "There is no study nowhere"),
    (["report", "a_folder"], 1, "is not a study"),
    (["report", "s", "--lang", "de"], 2, 'There is no language "de"'),
    (["luck", "75"], 2, "write 75 % as 0.75"),
    (["luck", "75%"], 2, "write 75 % as 0.75"),
    (["luck", "7,5 %"], 2, "write 7,5 % as 0.075"),
    (["luck", "-5"], 2, "not a test accuracy"),
    (["luck", "much"], 2, "Invalid value for 'SCORE'"),
    (["luck"], 2, "needs a score, or a net"),
    (["luck", "0.5", "--metric", "tset"], 2, 'Did you mean "test"?'),
    (["luck", "0.5", "--metric", "validation"], 2, "has no validation set"),
    (["luck", "0.5", "--nets", "0"], 2, '"seeds": expected an integer from 1'),
    (["luck", "0.5", "--out", "l.pdf"], 2, "ends in .png or .svg"),
    (["luck", "--net", "nowhere"], 1, "There is no run nowhere"),
    (["luck", "--net", "w.safetensors"], 1, "holds no weights for this experiment"),
]


@pytest.fixture(scope="module")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from fizzlab import Experiment
    from fizzlab.studies import Plan, execute

    path = tmp_path_factory.mktemp("study") / "s"
    base = Experiment().replaced({"recipe.epochs": 2, "net.hidden": 4})
    execute(Plan(base, seeds=1), path, progress=False)
    return path


@pytest.mark.parametrize(("line", "code", "message"), TABLE, ids=lambda v: str(v)[:60])
def test_bad_input(
    line: list[str], code: int, message: str, fizzlab, tmp_path: Path, small_study: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import shutil

    monkeypatch.setenv("FIZZLAB_CACHE", str(tmp_path / "cache"))
    shutil.copytree(small_study, tmp_path / "s")
    (tmp_path / "a_folder").mkdir()
    files = {"a_folder/mine": "x", "a_file": "x", "broken.toml": "= 3", "broken.json": "{"}
    files |= {"odd.toml": "sedes = 3", "w.safetensors": "x"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    done = fizzlab(*line)
    assert message in " ".join(done.err.split()) or message in done.err
    assert (done.code, done.out) == (code, "")
    assert "Traceback" not in done.err
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before


def test_all_problems_come_at_once(fizzlab) -> None:
    pairs = ["recipe.learning_rat=1", "net.hidden=0", "recipe.momentum=", "encoding.bits=12"]
    done = fizzlab("study", *(part for pair in pairs for part in ("--vary", pair)))
    assert done.code == 2
    assert "4 settings of the plan are wrong" in done.err
