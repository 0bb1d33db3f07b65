"""`--json`: exactly one document on stdout, whatever the command, with exact figures in it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fizzlab import Experiment, Report, Rule, Run
from fizzlab.cli.documents import DOCUMENTS

SCHEMAS = json.loads((Path(__file__).parents[2] / "docs" / "schemas.json").read_text("utf-8"))
TRAIN = ["train", "--epochs", "3", "--no-figures", "--json"]
KEYS = {"run", "seed", "epochs", "stopped", "seconds", "kept", "loss", "accuracy", "predictions"}


@pytest.fixture
def run(quick_run: Run, tmp_path: Path) -> str:
    assert quick_run.path is not None
    shutil.copytree(quick_run.path, tmp_path / "run")
    return "run"


def one_document(text: str) -> Any:
    """Reads JSON as strictly as other languages do: one document, no NaN, one line."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert text.endswith("\n")
    assert text.count("\n") == 1
    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        (TRAIN, KEYS),
        (["train", "--resume", "run", "--no-figures", "--json"], KEYS),
        (["predict", "run", "1..3", "--json"], {"run", "predictions"}),
        (["evaluate", "run", "--json"], KEYS),
        (["evaluate", "run", "--on", "1..9", "--json"], KEYS | {"on"}),
        (["explain", "run", "64", "--json"], {"run", "integer", "word", "expected", "why"}),
        (["plot", "run", "curves", "--json"], {"run", "figures"}),
        (["show", "run", "--json"], KEYS | {"experiment"}),
        (["runs", ".", "--json"], {"runs", "damaged"}),
        (["compare", "run", "run", "--json"], {"runs", "settings", "disagree"}),
        (["presets", "--json"], {"td1", "classic"}),
        (["presets", "td1", "--json"], {"name", "recipe", "rule"}),
        (["presets", "--settings", "--json"], {"properties", "$defs"}),
    ],
    ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("more", [[], ["--quiet"]], ids=["loud", "quiet"])
def test_every_command_prints_one_document(
    fizzlab, run: str, line: list[str], keys: set[str], more: list[str]
) -> None:
    done = fizzlab(*line, *more)
    assert done.code == 0, done.err
    document = one_document(done.out)
    assert keys <= document.keys()
    assert done.err == ""
    name = f"{line[0]} --on" if "--on" in line else line[0]
    if name != "presets":
        schema = {"$ref": f"#/$defs/{DOCUMENTS[name].__name__}", "$defs": SCHEMAS["$defs"]}
        jsonschema.validate(document, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | {"unheard of": 1}, schema)


@pytest.mark.parametrize(("preset", "trained", "held"), [("td1", 923, 0), ("classic", 823, 100)])
def test_train_gives_what_is_promised(fizzlab, preset: str, trained: int, held: int) -> None:
    document = one_document(fizzlab(*TRAIN, "--preset", preset).out)
    jsonschema.validate(document, Report.model_json_schema())
    assert document.keys() >= KEYS
    assert document["loss"].keys() == {"train", "validation"}
    assert document["accuracy"].keys() == {"train", "validation", "test"}
    assert (document["seed"], document["epochs"], document["stopped"]) == (0, 3, "epochs")
    assert 0 < document["seconds"] < 60
    assert document["run"] == f"runs/{preset}-seed0"
    assert [n for n, _ in document["predictions"]] == list(range(1, 101))
    assert all(isinstance(word, str) for _, word in document["predictions"])
    totals = {"train": trained, "validation": held, "test": 100}
    for name, total in totals.items():
        accuracy = document["accuracy"][name]
        if not total:
            assert accuracy is None
            assert document["loss"][name] is None
            assert name not in document["evaluations"]
            continue
        found = document["evaluations"][name]
        assert found["total"] == total
        assert accuracy == found["accuracy"] == found["correct"] / total  # in double precision
        assert sum(map(sum, found["confusion"])) == total


def test_accuracy_is_that_of_the_predictions(fizzlab) -> None:
    document = one_document(fizzlab(*TRAIN).out)
    rule = Rule()
    right = sum(word == rule.word(n, rule.label(n)) for n, word in document["predictions"])
    assert document["accuracy"]["test"] == right / 100


def test_no_test_set_gives_null(fizzlab) -> None:
    document = one_document(fizzlab(*TRAIN, "--set", "data.test=").out)
    jsonschema.validate(document, Report.model_json_schema())
    assert document["accuracy"]["test"] is None
    assert document["predictions"] == []


def test_what_is_printed_is_what_is_kept(fizzlab) -> None:
    printed = one_document(fizzlab(*TRAIN, "--out", "kept").out)
    assert json.loads(Path("kept/result.json").read_text(encoding="utf-8")) == printed
    shown = one_document(fizzlab("show", "kept", "--json").out)
    assert Experiment.model_validate(shown.pop("experiment")) == Experiment().replaced(
        {"recipe.epochs": 3}
    )
    assert shown == printed


def test_words_beyond_ascii_and_integers_beyond_doubles_survive(fizzlab) -> None:
    big = 2**64 + 15
    settings = ["encoding.bits=80", f"data.test={big}", "net.hidden=4"]
    more = [part for text in settings for part in ("--set", text)]
    document = one_document(fizzlab(*TRAIN, *more, "--rule", "3=fée,5=bœuf", "--out", "big").out)
    assert document["predictions"][0][0] == big
    assert [found["word"] for found in document["evaluations"]["test"]["classes"]] == [
        "number",
        "fée",
        "bœuf",
        "féebœuf",
    ]
    predicted = one_document(fizzlab("predict", "big", str(big), "--json").out)
    assert predicted["predictions"] == document["predictions"]
