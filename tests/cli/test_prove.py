"""`fizzlab prove`, `snap`, and predictions of nets that read, as a student uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def reader(fizzlab) -> str:
    assert fizzlab("train", "--preset", "exact", "--no-figures", "--out", "run", "-q").code == 0
    return "run"


def test_a_reader_is_proved_certified_and_checked(fizzlab, reader: str) -> None:
    done = fizzlab("prove", reader, "--certificate", "c.json", "--json")
    assert done.code == 0
    assert done.json["verdict"] == "proved"
    assert done.json["net"] == "snapped"
    assert done.json["counterexamples"] == []
    assert {"scope", "reason", "seconds"} <= done.json.keys()
    checked = fizzlab("check", "c.json", "--json")
    assert (checked.code, checked.json["valid"]) == (0, True)
    provenance = json.loads(Path("c.json").read_text())["provenance"]
    assert 'method = "exact"' in provenance["experiment"]
    assert len(provenance["training_sha256"]) == 64
    told = fizzlab("prove", reader).out
    assert told.startswith("Proved: the snapped net of run, on every n ≥ 1")
    assert "15 states" in told


def test_a_net_of_fixed_width_is_refuted_by_all_its_counterexamples(fizzlab) -> None:
    fizzlab("train", "--epochs", "2", "--no-figures", "--out", "run", "-q")
    done = fizzlab("prove", "run", "--json")
    assert (done.code, done.json["verdict"]) == (0, "refuted")
    assert done.json["scope"] == "every integer from 0 to 1023"
    said = dict(
        tuple(pair) for pair in fizzlab("predict", "run", "0..1023", "--json").json["predictions"]
    )
    wrong = done.json["counterexamples"]
    assert wrong
    assert all(said[n] == says != right for n, says, right in wrong)
    refused = fizzlab("prove", "run", "--certificate", "c.json", "--json")
    assert (refused.code, Path("c.json").exists()) == (2, False)
    assert "no certificates for nets of fixed width" in refused.err
    assert (refused.json["verdict"], refused.json["certificate"]) == ("refuted", None)


def test_a_reader_that_is_not_snapped_is_refuted_or_undecided(fizzlab) -> None:
    asked = ["train", "--preset", "gru", "--epochs", "3", "--no-figures", "--out", "gru", "-q"]
    assert fizzlab(*asked).code == 0
    done = fizzlab("prove", "gru", "--json")
    assert done.json["verdict"] == "refuted"
    assert done.json["net"] == "trained"
    failed = fizzlab("snap", "gru")
    assert failed.code == 1
    assert "states do not stay near their codes" in failed.err
    plain = ["--preset", "exact", "--set", "recipe.snap=false", "--no-figures", "--out", "raw"]
    fizzlab("train", *plain, "-q")
    undecided = fizzlab("prove", "raw", "--json").json
    assert undecided["verdict"] == "undecided"
    assert "fizzlab snap" in undecided["reason"]
    refused = fizzlab("prove", "raw", "--certificate", "c.json")
    assert (refused.code, Path("c.json").exists()) == (1, False)
    assert fizzlab("snap", "raw", "--json").json == {"run": "raw", "states": 15}
    assert fizzlab("prove", "raw", "--json").json["verdict"] == "proved"


def test_predictions_of_long_numbers(fizzlab, reader: str) -> None:
    done = fizzlab("predict", reader, "2**10000+1", "15*2**300", "--json")
    words = [word for _, word in done.json["predictions"]]
    assert words == [str_of(2**10000 + 1), "fizzbuzz"]
    assert done.json["net"] == "snapped"
    shown = fizzlab("predict", reader, "2**10000+1")
    assert "(3,011 digits)" in shown.out
    assert len(shown.out) < 400
    assert "snapped net, of 15 states" in shown.err
    assert fizzlab("predict", reader, "9**9**9").code == 2
    explained = fizzlab("explain", reader, "2**64")
    assert explained.code == 0
    assert "score" in explained.out
    assert "probability" not in explained.out  # scores of the squared error have none


def test_evaluating_a_reader_beyond_its_bits(fizzlab, reader: str) -> None:
    done = fizzlab("evaluate", reader, "--on", "1..5000", "--json")
    assert done.json["accuracy"]["on"] == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["--set", "net.architecture=gru"], "sequence"),
        (["--set", "encoding.scheme=sequence"], "needs another one"),
        (["--preset", "reader", "--set", "net.hidden=[4,4]"], "one width"),
        (["--preset", "reader", "--set", "recipe.tries=0"], "at least 1"),
        (["--preset", "gru", "--set", "recipe.tries=2"], "extract_below"),
        (["--preset", "spectral", "--set", "net.hidden=8"], "15"),
        (["--preset", "spectral", "--set", "data.train=101..110"], "101..110|integers"),
        (["--set", "recipe.snap=true"], "nets that read"),
        (["--preset", "reader", "--rule", "1=a"], "at least 2"),
        (["--preset", "reader", "--rule", "3=a,3=b"], "distinct"),
        (["--preset", "reader", "--rule", "0=a"], "at least 2"),
    ],
)
def test_what_does_not_fit_together_is_told(fizzlab, settings: list[str], said: str) -> None:
    import re

    done = fizzlab("train", "--no-figures", "-q", *settings)
    assert done.code == 2
    assert re.search(said, done.err), done.err
    assert "Traceback" not in done.err


def str_of(n: int) -> str:
    from fizzlab.rules import decimal

    return decimal(n)
