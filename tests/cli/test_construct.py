from __future__ import annotations

import jsonschema
import pytest

from fizzlab import Rule, open_run
from fizzlab.cli.documents import Constructed


def test_a_bare_construct_is_the_labs_question(fizzlab) -> None:
    done = fizzlab("construct")
    assert done.code == 0
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0] == (
        "A ReLU net for 3=fizz,5=buzz on 10 bits: 12 hidden units, 184 parameters, made of hat "
        "functions."
    )
    assert lines[1].startswith("Proved for every integer from 0 to 1023: all 1,024 answers are")
    assert lines[2:] == [
        "The net exists, so what training misses is learning, not capacity.",
        "Run: runs/hats-10-bits-seed0",
        "Next: fizzlab predict runs/hats-10-bits-seed0 1..15",
    ]
    run = open_run("runs/hats-10-bits-seed0")
    assert run.stopped == "fitted"
    assert run.report.accuracy.test == 1
    assert run.predict([15, 16, 18, 20]) == ["fizzbuzz", "16", "fizz", "buzz"]


def test_construct_as_json(fizzlab) -> None:
    done = fizzlab("construct", "--rule", "2=a,7=b", "--bits", "6", "--json", "--out", "made")
    document = done.json
    jsonschema.validate(document, Constructed.model_json_schema(mode="serialization"))
    assert document["run"] == "made"
    assert document["proof"]["verdict"] == "proved"
    assert document["proof"]["checked"] == 64
    assert document["proof"]["margin"] == 2
    experiment = open_run("made").experiment
    assert experiment.rule == Rule("2=a,7=b")
    assert document["hidden"] == experiment.net.hidden[0]
    assert document["parameters"] == experiment.num_parameters


def test_quiet_and_numbered_and_overwritten_runs(fizzlab) -> None:
    for expected in ("", "-2"):
        assert fizzlab("construct", "--bits", "3", "--quiet").out == ""
        open_run(f"runs/hats-3-bits-seed0{expected}")
    assert fizzlab("construct", "--bits", "3", "--quiet", "--overwrite").code == 0
    taken = fizzlab("construct", "--bits", "3", "--out", "runs/hats-3-bits-seed0")
    assert taken.code == 2
    assert "exists already" in taken.err


def test_sixty_four_bits_are_proved_and_forty_seven_of_another_rule_are_told(fizzlab) -> None:
    assert "all 18,446,744,073,709,551,616 answers" in fizzlab(
        "construct", "--bits", "64", "--rule", "3=a"
    ).out.replace("\r", "")
    many = fizzlab("construct", "--bits", "47", "--rule", "53=a", "--json").json
    assert many["proof"]["verdict"] == "undecided"
    assert "at the pace of this machine" in many["proof"]["reason"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--bits", "0"], '"encoding.bits": expected a number of at least 1, got 0'),
        (["--bits", "5000"], '"encoding.bits": expected a number of at most 1024, got 5000'),
        (["--rule", "1=x"], "expected divisors of at least 2, got 1"),
        (["--rule", "3=x,3=y"], "expected distinct divisors"),
        (["--rule", "nothing"], "expected divisor=word pairs"),
        (["--rule", "1000003=x", "--bits", "64"], "would not be exact in float32"),
    ],
)
def test_what_cannot_be_built_is_told(fizzlab, arguments: list[str], expected: str) -> None:
    done = fizzlab("construct", *arguments)
    assert done.code in {1, 2}
    assert expected in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
