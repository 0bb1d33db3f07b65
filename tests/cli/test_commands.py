from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import torch

from fizzlab import Experiment, Report, Rule, Run, list_runs, open_run, train
from fizzlab.cli.options import parse_settings

QUICK = ["train", "--epochs", "4", "--set", "recipe.evaluate_every=2", "--no-figures"]


@pytest.fixture
def run(quick_run: Run, tmp_path: Path) -> str:
    assert quick_run.path is not None
    shutil.copytree(quick_run.path, tmp_path / "run")
    return "run"


def test_a_bare_train_is_classic_and_names_the_next_step(fizzlab) -> None:
    done = fizzlab("train", "--epochs", "100")
    assert done.code == 0
    for part in [
        "1,504",
        "['1', '2', '3', ",
        "all checked",
        "95 % interval",
        "majority label",
        "4, 64, 68",
        "Run: runs/classic-seed0",
        "Next: fizzlab explain runs/classic-seed0",
    ]:
        assert part in done.out
    figures = {path.name for path in Path("runs/classic-seed0/figures").iterdir()}
    assert {"curves.png", "map.svg", "confusion.png", "neurons.png", "weights.svg"} < figures
    assert "animation.gif" in figures
    assert fizzlab(*QUICK, "--quiet").code == 0
    assert Path("runs/classic-seed0-2/result.json").exists()


def test_train_as_json(fizzlab) -> None:
    done = fizzlab(*QUICK, "--preset", "td1", "--json", "--seed", "7")
    document = done.json
    jsonschema.validate(document, Report.model_json_schema())
    assert document["seed"] == 7
    assert document["epochs"] == 4
    assert document["stopped"] == "epochs"
    assert document["kept"] == "final"
    assert document["accuracy"]["validation"] is None
    assert document["loss"]["validation"] is None
    assert document["predictions"][0] == [1, "1"]
    right = sum(word == Rule().word(n, Rule().label(n)) for n, word in document["predictions"])
    assert document["accuracy"]["test"] == right / 100
    assert document["accuracy"]["train"] == document["evaluations"]["train"]["correct"] / 923
    assert document["run"] == "runs/td1-seed7"


def test_quiet_prints_nothing(fizzlab) -> None:
    done = fizzlab(*QUICK, "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_other_rules_and_settings(fizzlab) -> None:
    rule = "3=fizz,5=buzz,7=bazz"
    done = fizzlab(*QUICK, "--rule", rule, "--set", "net.hidden=[20,10]", "--json")
    experiment = open_run(done.json["run"]).experiment
    assert experiment.rule == Rule(rule)
    assert experiment.net.hidden == (20, 10)
    assert done.json["evaluations"]["test"]["classes"][7]["word"] == "fizzbuzzbazz"
    again = fizzlab(*QUICK, "--set", f"rule.pairs={rule}", "--set", "net.hidden=[20,10]", "--json")
    assert again.json["loss"] == done.json["loss"]


def test_presets_are_ready_for_config(fizzlab) -> None:
    assert "td1" in fizzlab("presets").out
    assert "recipe.learning_rate" in fizzlab("presets", "--settings").out
    Path("mine.toml").write_text(fizzlab("presets", "td1").out.replace('"td1"', '"mine"'))
    done = fizzlab(*QUICK, "--config", "mine.toml", "--json")
    assert done.json["run"] == "runs/mine-seed0"


@pytest.mark.parametrize("name", ["td1", "classic"])
def test_a_printed_preset_reads_back_as_it_was(fizzlab, name: str) -> None:
    assert Experiment.from_toml(fizzlab("presets", name).out) == Experiment.preset(name)


def test_a_sample_says_so_and_a_sample_of_all_is_a_count(fizzlab, run: str) -> None:
    some = fizzlab("evaluate", run, "--on", "1..100", "--sample", "20").out
    assert "sample of 20, 95 % interval" in some
    assert some == fizzlab("evaluate", run, "--on", "1..100", "--sample", "20").out
    assert (
        "of 100, all checked" in fizzlab("evaluate", run, "--on", "1..100", "--sample", "500").out
    )


def test_a_run_trains_again_from_its_own_toml(fizzlab) -> None:
    first = fizzlab(*QUICK, "--out", "first", "--set", "seed=5", "--json").json
    again = fizzlab("train", "--no-figures", "--config", "first/experiment.toml", "--json").json
    assert again["run"] == "runs/classic-seed5"
    same = ("loss", "accuracy", "predictions", "epochs")
    assert [again[key] for key in same] == [first[key] for key in same]


def test_predict(fizzlab, run: str, quick_run: Run) -> None:
    words = quick_run.predict([15, 1, 2])
    done = fizzlab("predict", run, "15", "1..2")
    assert done.out.splitlines() == [f"15: {words[0]}", f"1: {words[1]}", f"2: {words[2]}"]
    document = fizzlab("predict", run, "15", "--json").json
    assert document == {"run": "run", "net": "trained", "predictions": [[15, words[0]]]}


def test_evaluate(fizzlab, run: str, quick_run: Run) -> None:
    found = quick_run.evaluate(range(1, 101))
    assert (
        f"1..100, by the rule: {found.correct} of 100, all checked"
        in fizzlab("evaluate", run, "--on", "1..100").out
    )
    document = fizzlab("evaluate", run, "--on", "1..100", "--json").json
    assert document["accuracy"]["on"] == document["accuracy"]["test"] == found.accuracy
    assert len(document["predictions"]) == 100
    sample = fizzlab("evaluate", run, "--on", "1..1023", "--sample", "50", "--json").json
    assert sample["evaluations"]["on"]["total"] == 50
    assert sample["evaluations"]["on"]["interval"]
    assert "95 % interval" in fizzlab("evaluate", run).out


def test_explain(fizzlab, run: str) -> None:
    done = fizzlab("explain", run, "64")
    assert "Training never saw an integer of its kind (bits set: 1 of 2^2, 2^6)" in done.out
    assert "0 0 0 1 0 0 0 0 0 0" in done.out
    document = fizzlab("explain", run, "64", "--json").json
    assert document["kind_seen"] == 0
    assert document["digits"][6] == 1


def test_show_and_runs_and_compare(fizzlab, run: str) -> None:
    assert "[recipe]" in fizzlab("show", run).out
    assert fizzlab("show", run, "--json").json["experiment"]["net"]["hidden"] == [16]
    fizzlab(*QUICK, "--preset", "td1", "--quiet")
    shutil.copytree("run", "runs/damaged")
    Path("runs/damaged/checkpoint.safetensors").write_bytes(b"x")
    listed = fizzlab("runs", "--json").json
    assert [found["run"] for found in listed["runs"]] == ["runs/td1-seed0"]
    assert [found["run"] for found in listed["damaged"]] == ["runs/damaged"]
    assert "cannot be read: runs/damaged" in fizzlab("runs").out
    compared = fizzlab("compare", run, "runs/td1-seed0", "--json").json
    assert compared["settings"]["net.hidden"] == [[16], [100]]
    assert "They disagree on" in fizzlab("compare", run, "runs/td1-seed0").out


def test_resume_refit_and_time_budget(fizzlab) -> None:
    assert fizzlab(*QUICK, "--out", "whole", "--quiet").code == 0
    cut = fizzlab(*QUICK, "--out", "cut", "--time-budget", "0")
    assert "Go on with: fizzlab train --resume cut" in cut.out
    done = fizzlab("train", "--resume", "cut", "--no-figures", "--json", "--refit")
    assert done.json["refit_of"] == "cut"
    assert done.json["run"] == "cut-refit"
    assert (
        fizzlab("show", "cut", "--json").json["loss"]
        == (fizzlab("show", "whole", "--json").json["loss"])
    )
    longer = fizzlab("train", "--resume", "cut", "--epochs", "6", "--no-figures", "--json")
    assert longer.json["epochs"] == 6
    assert "is finished (epochs)" in fizzlab("train", "--resume", "cut", "--no-figures").err


def test_predictions_at_chosen_epochs(fizzlab) -> None:
    done = fizzlab(*QUICK, "--predictions-at", "1,3", "--quiet")
    assert [line.split(":")[0] for line in done.err.splitlines()] == ["epoch 1", "epoch 3"]


def test_overwrite(fizzlab, run: str) -> None:
    assert fizzlab(*QUICK, "--out", run, "--overwrite", "--quiet").code == 0
    assert open_run("run").state.epoch == 4


def test_plot(fizzlab, run: str) -> None:
    done = fizzlab("plot", run, "curves", "confusion", "--lang", "fr", "--json")
    assert done.json["figures"] == [
        f"run/figures/{name}.{kind}" for name in ("curves", "confusion") for kind in ("png", "svg")
    ]
    assert fizzlab("plot", run, "map", "--out", "here").out.split() == [
        "here/map.png",
        "here/map.svg",
    ]


def test_csv_with_bom_and_windows_line_ends(fizzlab) -> None:
    rows = [f"{n},{Rule().names[Rule().label(n)]}" for n in range(200, 260)]
    Path("own.csv").write_bytes(("\ufeff" + "\r\n".join(["integer,label", *rows])).encode())
    done = fizzlab(*QUICK, "--set", "data.train=own.csv", "--set", "data.validation=10", "--json")
    assert done.json["evaluations"]["train"]["total"] == 50
    assert Path(done.json["run"], "train.csv").exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("0.5", 0.5),
        ("true", True),
        ("[1, 2]", [1, 2]),
        ("tanh", "tanh"),
        ('"quoted"', "quoted"),
        ("1..100", "1..100"),
        ("3=a,5=b", "3=a,5=b"),
        ("1\nb = 2", "1\nb = 2"),
    ],
)
def test_values_are_toml_literals_and_bare_words_strings(text: str, value: object) -> None:
    assert parse_settings([f"name={text}"]) == {"name": value}


def test_runs_of_a_new_folder_are_none(fizzlab) -> None:
    done = fizzlab("runs")
    assert done.code == 0
    assert "no runs in runs yet" in done.out
    assert json.loads(fizzlab("runs", "--json").out) == {"runs": [], "damaged": []}


def test_a_net_with_one_answer_for_all_is_told(fizzlab) -> None:
    train = ("train", "--epochs", "12", "--no-figures", "--set", "recipe.learning_rate=1000")
    for line in (train, ("show", "runs/classic-seed0")):
        assert "every training integer the one label" in fizzlab(*line).out
    assert "one label" not in fizzlab("train", "--no-figures", "--epochs", "400").out


@pytest.mark.parametrize("epochs", ["2,5", ",", "", "-1", "x", "1..9"])
def test_predictions_at_an_epoch_that_never_comes(fizzlab, epochs: str) -> None:
    done = fizzlab("train", "--epochs", "3", "--no-figures", "--predictions-at", epochs)
    assert done.code == 2
    assert "fizzlab: " in done.err
    assert not Path("runs").exists()


def test_explain_goes_by_the_labels_of_the_data(fizzlab) -> None:
    Path("own.csv").write_text("integer,label\n" + "".join(f"{n},fizz\n" for n in range(101, 200)))
    settings = ("--set", "data.train=own.csv", "--set", "data.test=", "--set", "data.validation=0")
    fizzlab("train", "--epochs", "5", "--no-figures", "--out", "own", *settings)
    assert json.loads(fizzlab("explain", "own", "101", "--json").out)["expected"] == "fizz"
    assert json.loads(fizzlab("explain", "own", "50", "--json").out)["expected"] == "buzz"


def test_brackets_in_words_and_names_are_printed_as_they_are(fizzlab) -> None:
    line = ("train", "--epochs", "2", "--no-figures", "--rule", "3=[/],5=[bold]")
    done = fizzlab(*line, "--out", "a[red]b", "--time-budget", "0")
    assert done.code == 0, done.err
    assert "Go on with: fizzlab train --resume a[red]b" in done.out
    assert "[/][bold]" in done.out
    again = fizzlab("compare", "a[red]b", "a[red]b")
    assert "a[red]b" in again.out
    assert fizzlab("explain", "a[red]b", "15").code == 0


def test_overwriting_the_default_folder(fizzlab) -> None:
    quick = ("train", "--epochs", "2", "--no-figures", "--quiet")
    for more, expected in [
        ((), ["classic-seed0"]),
        ((), ["classic-seed0", "classic-seed0-2"]),
        (("--overwrite",), ["classic-seed0", "classic-seed0-2"]),
    ]:
        assert fizzlab(*quick, *more).code == 0
        assert [run.name for run in list_runs()] == expected


def test_a_folder_that_another_training_takes_first_is_passed_over(
    fizzlab, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fizzlab import runs

    free, asked = runs.default_folder, []

    def taken_once(experiment: Experiment) -> Path:
        asked.append(found := free(experiment))
        if len(asked) == 1:
            train(experiment, out=found, progress=False, time_budget_s=0.0)
        return found

    monkeypatch.setattr(runs, "default_folder", taken_once)
    assert fizzlab("train", "--epochs", "2", "--no-figures", "--quiet").code == 0
    assert [path.name for path in asked] == ["classic-seed0", "classic-seed0-2"]


def test_ones_own_net_is_listed(fizzlab, tmp_path: Path) -> None:
    own = torch.nn.Sequential(torch.nn.Linear(10, 3), torch.nn.ReLU(), torch.nn.Linear(3, 4))
    quick = Experiment().replaced({"recipe.epochs": 2})
    train(quick, net=own, out=tmp_path / "runs" / "own", progress=False)
    document = fizzlab("runs", "--json").json
    assert [(found["run"], found["net"]) for found in document["runs"]] == [
        (str(Path("runs") / "own"), "Sequential")
    ]
    assert document["damaged"] == []
    damaged = fizzlab("show", "runs/own")
    assert damaged.code == 1
    assert "a class of your own" in damaged.err


def test_a_moved_run_is_listed_where_it_is(fizzlab, tmp_path: Path) -> None:
    quick = Experiment().replaced({"recipe.epochs": 2})
    train(quick, out=tmp_path / "runs" / "old", progress=False)
    (tmp_path / "runs" / "old").rename(tmp_path / "runs" / "new")
    (tmp_path / "runs" / "new" / "result.json").write_text("{}")  # derived, so not needed
    assert [found["run"] for found in fizzlab("runs", "--json").json["runs"]] == [
        str(Path("runs") / "new")
    ]


def test_what_was_chosen_is_told_before_a_refit(fizzlab) -> None:
    done = fizzlab("train", "--epochs", "30", "--no-figures", "--refit")
    assert "runs/classic-seed0: epoch " in done.out.replace("\\", "/")
    assert "on training and validation integers together" in done.out
    assert "Run: runs/classic-seed0-refit" in done.out.replace("\\", "/")


def test_an_interrupted_training_still_asks_for_its_refit(fizzlab) -> None:
    done = fizzlab("train", "--no-figures", "--refit", "--time-budget", "0")
    assert "fizzlab train --resume runs/classic-seed0 --refit" in done.out.replace("\\", "/")


def test_solid_is_named_only_where_it_would_help(fizzlab) -> None:
    line = ("train", "--epochs", "5", "--no-figures")
    assert "or fizzlab train --preset solid" in fizzlab(*line).out
    for more in (("--rule", "2=a"), ("--set", "encoding.bits=11"), ("--preset", "solid")):
        out = fizzlab(*line, *more).out
        assert "Next: fizzlab explain" in out
        assert "or fizzlab train --preset solid" not in out


def test_a_net_is_judged_by_its_data_where_they_depart_from_the_rule(fizzlab) -> None:
    swapped = "".join(f"{n},{'buzz' if n % 3 == 0 else 'number'}\n" for n in range(101, 300))
    Path("own.csv").write_text("integer,label\n" + swapped)
    settings = ("--set", "data.train=own.csv", "--set", "data.validation=0")
    done = fizzlab("train", "--epochs", "2", "--no-figures", "--out", "own", *settings)
    assert done.code == 0, done.err
    truth = open_run("own").truth(range(1, 300))
    assert truth[:100].tolist() == Experiment().rule.labels(range(1, 101)).tolist()
    assert truth[100:].tolist() == [2 * (n % 3 == 0) for n in range(101, 300)]
    document = fizzlab("explain", "own", "3", "--json").json
    assert not document["kind_agrees"]
    assert "the data label them otherwise than the rule" in document["why"]
