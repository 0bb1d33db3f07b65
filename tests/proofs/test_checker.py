"""The checker accepts what is true, by the standard library alone."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from certificates import CHECKER, alone, certified, document_of, outcome
from exact_nets import FIZZ, FIZZBUZZ, SMALL, Truth, rule_net

from fizzlab import Rule
from fizzlab.errors import StorageError, UsageError
from fizzlab.nets import Snapped
from fizzlab.proofs import checker
from fizzlab.proofs.certificate import Certificate, Provenance, certificate, write_certificate
from fizzlab.proofs.network import prove_network


@pytest.mark.parametrize("rule", [FIZZ, SMALL, FIZZBUZZ], ids=str)
@pytest.mark.parametrize("base", [2, 10])
def test_what_is_proved_is_valid(tmp_path: Path, rule: Rule, base: int) -> None:
    path = tmp_path / "certificate.json"
    made = certified(rule_net(rule, base, noise=0.01), rule)
    write_certificate(path, made)
    found = checker.check(path)
    assert (found.valid, found.exit_code) == (True, 0)
    assert found.claim == made.claim.text
    assert Truth(json.loads(path.read_text("utf-8"))).holds()
    assert Certificate.model_validate_json(path.read_text("utf-8")) == made
    jsonschema.validate(json.loads(path.read_text("utf-8")), Certificate.model_json_schema())


@pytest.mark.parametrize("flags", [("-I",), ("-I", "-S"), ("-I", "-S", "-W", "error")], ids=str)
def test_the_single_file_needs_the_standard_library_only(
    tmp_path: Path, fizzbuzz: dict[str, Any], flags: tuple[str, ...]
) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(fizzbuzz))
    copied = tmp_path / "check.py"
    copied.write_bytes(CHECKER.read_bytes())
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *flags, "check.py", "certificate.json"],
        **{"cwd": tmp_path, "capture_output": True, "encoding": "utf-8", "check": False},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - started < 5
    assert done.stdout.startswith("Of every integer n")
    code, out, _ = alone(path, "--json", flags=flags)
    assert code == 0
    told = json.loads(out)
    assert told.keys() == {"valid", "claim", "reason"}
    assert told["valid"] is True


def test_it_imports_nothing_else() -> None:
    modules = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(CHECKER.read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert modules <= sys.stdlib_module_names
    assert "fizzlab" not in CHECKER.read_text("utf-8").replace("fizzlab: it has format", "")


def test_it_prints_plain_text_where_the_terminal_has_no_more(
    tmp_path: Path, fizzbuzz: dict[str, Any]
) -> None:
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(fizzbuzz))
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, str(CHECKER), str(path)]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0
    assert b"n \\u2265 1" in done.stdout


def test_what_is_claimed_in_words(tmp_path: Path, small: dict[str, Any]) -> None:
    found = outcome(tmp_path / "c.json", small)
    assert found.claim == (
        "Of every integer n ≥ 1, written in base 2 without leading zeros and read from its most "
        'significant digit on, the net says "buzz" exactly if 2 divides n, "fizz" exactly if 3 '
        "divides n (more than one word in this order; where there is none, the integer itself)."
    )
    assert found.reason.startswith("Valid: this is proved of the net whose weights stand in the")
    assert "what the net says of n = 0, and where it came from" in found.reason


def test_codes_that_nothing_leads_to(tmp_path: Path) -> None:
    net = rule_net(FIZZ)
    net = Snapped(net.net, torch.cat([torch.full((1, 4), 0.9), net.codebook]))
    document = document_of(net, FIZZ)
    assert (len(document["codebook"]), len(document["labels"])) == (4, 3)
    assert outcome(tmp_path / "c.json", document).valid


def test_provenance_is_outside_of_the_claim(tmp_path: Path, small: dict[str, Any]) -> None:
    for given in ({"run": "nowhere"}, {"anything": [1, {"deep": None}]}, None, "x"):
        assert outcome(tmp_path / "c.json", small | {"provenance": given}).valid


@pytest.fixture(scope="module")
def fizzbuzz() -> dict[str, Any]:
    return document_of(rule_net(FIZZBUZZ, noise=0.01), FIZZBUZZ)


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return document_of(rule_net(SMALL, noise=0.01), SMALL)


# ------------------------------------------------------------------------- making certificates


def test_only_what_is_proved_has_a_certificate() -> None:
    net = rule_net(FIZZ)
    wrong = Rule("2=even")
    with pytest.raises(UsageError, match="no certificate for a net that is not proved") as caught:
        certificate(net, wrong, prove_network(net, wrong))
    assert "got:      refuted: Of n = 2 the net says" in str(caught.value)


def test_what_the_checker_would_refuse_is_not_made() -> None:
    net, rule = rule_net(FIZZ), Rule('3=fi"zz')
    with pytest.raises(UsageError, match="The checker would not accept this certificate: rule"):
        certificate(net, rule, prove_network(net, rule))
    with pytest.raises(UsageError, match=r"from the start the digit 1 does not surely lead"):
        certificate(rule_net(FIZZ, seed=1), FIZZ, prove_network(net, FIZZ))


def test_writing_is_whole_or_not_at_all(tmp_path: Path) -> None:
    made = certified(rule_net(FIZZ), FIZZ, provenance=Provenance(run="somewhere"))
    (tmp_path / "taken").mkdir()
    with pytest.raises(StorageError, match="taken cannot be written"):
        write_certificate(tmp_path / "taken", made)
    write_certificate(tmp_path / "new" / "c.json", made)
    assert list(tmp_path.rglob("*.json")) == [tmp_path / "new" / "c.json"]
    assert '"provenance": {"run":"somewhere"}' in (tmp_path / "new/c.json").read_text("utf-8")


def test_the_schema_refuses_what_the_checker_cannot_read(small: dict[str, Any]) -> None:
    schema = Certificate.model_json_schema()
    jsonschema.validate(small, schema)
    for changes in ({"format": 2}, {"base": 1}, {"more": 1}, {"offsets": [[2**24, 0]]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(small | changes, schema)
