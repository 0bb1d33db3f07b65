"""The checker: accepts what is true, and nothing else, whatever the file."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from exact_nets import FIZZ, FIZZBUZZ, SMALL, Truth, fractions, rule_net
from mutants import FIELDS, mutant

from fizzlab import Rule
from fizzlab.errors import StorageError, UsageError
from fizzlab.nets import Snapped
from fizzlab.proofs import checker
from fizzlab.proofs.certificate import Certificate, Provenance, certificate, write_certificate
from fizzlab.proofs.network import prove_network

CHECKER = Path(checker.__file__)
MUTANTS = 600


def certified(net: Snapped, rule: Rule, **options: Any) -> Certificate:
    return certificate(net, rule, prove_network(net, rule), **options)


def document_of(net: Snapped, rule: Rule) -> dict[str, Any]:
    return json.loads(certified(net, rule).model_dump_json(exclude_none=True))


@pytest.fixture(scope="module")
def fizzbuzz() -> dict[str, Any]:
    return document_of(rule_net(FIZZBUZZ, noise=0.01), FIZZBUZZ)


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return document_of(rule_net(SMALL, noise=0.01), SMALL)


def roomy(document: dict[str, Any]) -> dict[str, Any]:
    """Widens all boxes by 1/128 to each side: so many small changes of weights stay true."""
    wide = [
        [[_shifted(low, -1), _shifted(high, 1)] for low, high in box] for box in document["boxes"]
    ]
    return document | {"boxes": wide}


def _shifted(pair: list[int], sign: int) -> list[int]:
    m, e = pair
    return [(m << (e + 40)) + (sign << 33), -40]


def outcome(path: Path, document: Any) -> checker.Outcome:
    path.write_text(json.dumps(document), encoding="utf-8")
    return checker.check(path)


def alone(path: Path, *options: str, flags: tuple[str, ...] = ("-I",)) -> tuple[int, str, str]:
    """Runs the single file, in a Python that sees the standard library only."""
    command = [sys.executable, *flags, str(CHECKER), str(path), *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


# ------------------------------------------------------------------------- valid ones


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


# ------------------------------------------------------------------------- mutants


def told_apart(
    tmp_path: Path, original: dict[str, Any], count: int, seed: int
) -> dict[str, list[int]]:
    """Checks mutants; each accepted one must be true. Gives by field [rejected, accepted]."""
    draw, counts = random.Random(seed), {field: [0, 0] for field in FIELDS}
    for number in range(count):
        field = FIELDS[number % len(FIELDS)]
        changed = mutant(original, field, draw)
        while changed == original and json.dumps(changed) == json.dumps(original):
            changed = mutant(original, field, draw)
        found = outcome(tmp_path / "mutant.json", changed)
        counts[field][found.valid] += 1
        if found.valid:
            assert_true(changed, draw)
    return counts


def assert_true(document: dict[str, Any], draw: random.Random) -> None:
    """Makes sure by slow fractions that everything that a certificate says is so."""
    truth = Truth(document)
    assert truth.holds()
    assert truth.goes_with(document)
    for state, box in enumerate(fractions(document["boxes"])):
        for _ in range(3):
            at = [low + (high - low) * Fraction(draw.randrange(9), 8) for low, high in box]
            assert truth.snapped_exactly(at) == state


def test_every_mutant_is_rejected_or_still_true(tmp_path: Path, small: dict[str, Any]) -> None:
    counts = told_apart(tmp_path, roomy(small), MUTANTS, seed=1)
    assert sum(map(sum, counts.values())) == MUTANTS
    for field in ("format", "claim", "base", "rule"):
        assert counts[field][1] == 0, field
    for field, (rejected, _) in counts.items():
        assert rejected >= 10, field
    for field in ("weights", "codebook", "offsets", "boxes"):
        assert counts[field][1] >= 3, field


def test_mutants_of_fizzbuzz_too(tmp_path: Path, fizzbuzz: dict[str, Any]) -> None:
    told_apart(tmp_path, fizzbuzz, 33, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 30))
def test_many_more_mutants(tmp_path: Path, small: dict[str, Any], seed: int) -> None:
    told_apart(tmp_path, small if seed % 2 else roomy(small), 1500, seed)


# ------------------------------------------------------------------------- each step is needed


def test_a_step_to_another_state_is_told(tmp_path: Path, fizzbuzz: dict[str, Any]) -> None:
    rows = [list(row) for row in fizzbuzz["transitions"]]
    rows[3][1] = rows[3][0]
    found = outcome(tmp_path / "c.json", fizzbuzz | {"transitions": rows})
    assert (found.valid, found.exit_code) == (False, 1)
    assert found.reason == (
        "Not valid, nothing is proved: from state 3 the digit 1 does not surely lead into the box "
        f"of state {rows[3][0]}: coordinate 0 of the image leaves it."
    )


def test_a_box_that_reaches_too_far_is_told(tmp_path: Path, fizzbuzz: dict[str, Any]) -> None:
    wide = [[[[-1, 0], [1, 0]] for _ in box] for box in fizzbuzz["boxes"]]
    found = outcome(tmp_path / "c.json", fizzbuzz | {"boxes": wide})
    assert "in the box of state 0 the net may snap to code 1" in found.reason


def test_a_wrong_label_is_told(tmp_path: Path, fizzbuzz: dict[str, Any]) -> None:
    found = outcome(tmp_path / "c.json", fizzbuzz | {"labels": [0] * 15})
    assert "the net may say label" in found.reason


def test_an_automaton_that_is_not_the_rule_is_told_with_an_integer(tmp_path: Path) -> None:
    for pairs, n in (([[3, "fizz"], [15, "buzz"]], 5), ([[3, "fizz"], [10, "buzz"]], 5)):
        document = document_of(rule_net(FIZZBUZZ), FIZZBUZZ) | {"rule": pairs}
        found = outcome(tmp_path / "c.json", document)
        assert f"of n = {n} the net says label 2, the rule 0" in found.reason
    document = document_of(rule_net(FIZZBUZZ), FIZZBUZZ) | {"rule": [[9, "fizz"], [5, "buzz"]]}
    assert "of n = 3 the net says label 1, the rule 0" in outcome(tmp_path / "c", document).reason


def test_a_claim_of_more_is_refused(tmp_path: Path, small: dict[str, Any]) -> None:
    claim = small["claim"] | {"zero": "n = 0 too"}
    found = outcome(tmp_path / "c.json", small | {"claim": claim})
    assert "what it claims is not, word by word, what its proof proves" in found.reason
    assert found.claim == small["claim"]["text"]


@pytest.mark.parametrize("tiny", [2.0**-24, 2.0**-20])
def test_a_lead_within_the_rounding_is_refused(tmp_path: Path, tiny: float) -> None:
    document = document_of(rule_net(FIZZ), FIZZ)
    document["codebook"].append(document["codebook"][2])
    m, e = document["offsets"][2]
    lower = Fraction(m) * Fraction(2) ** e - Fraction(tiny)
    assert lower.denominator <= 2**24
    document["offsets"].append([int(lower * 2**24), -24])
    found = outcome(tmp_path / "c.json", document)
    assert found.valid == (tiny > 2.0**-21)
    assert found.valid or "in the box of state 2 the net may snap to code 3" in found.reason


# ------------------------------------------------------------------------- bad input


def with_(document: dict[str, Any], **changes: Any) -> str:
    return json.dumps(document | changes)


BAD = [
    (lambda _: "", "it is not JSON, or is cut off"),
    (lambda d: json.dumps(d)[:5000], "it is not JSON, or is cut off"),
    (lambda d: json.dumps(d) + "}", "it is not JSON, or is cut off: Extra data"),
    (lambda _: b"\xff\xfe{}", "it is not UTF-8 text"),
    (lambda _: "[]", "it is no certificate"),
    (lambda _: "{}", "it is no certificate"),
    (lambda _: "null", "it is no certificate"),
    (lambda _: '{"format": 1}', "the certificate has no claim, base, rule, weights"),
    (lambda d: with_(d, format=2), "it was written by a later fizzlab: it has format 2"),
    (lambda d: with_(d, format=True), "format: expected an integer, got bool"),
    (lambda d: with_(d, format=0), "format: expected 1 to 1, got 0"),
    (lambda d: with_(d, more=1), "the certificate: expected nothing but format, claim"),
    (lambda d: json.dumps(d)[:-1] + ', "base": 2}', "it gives a name twice"),
    (lambda d: with_(d, offsets=float("nan")), "it holds NaN; expected integers only"),
    (lambda d: with_(d, offsets=[float("-inf")]), "it holds -Infinity; expected integers"),
    (lambda d: with_(d, offsets=[[1.5, 0]]), "it holds 1.5; expected integers only"),
    (lambda _: '{"format": 1e400}', "it holds 1e400; expected integers only"),
    (lambda _: '{"format": ' + "9" * 1_000_000 + "}", "it holds a number of 1,000,000 digits"),
    (lambda _: "[" * 100_000, "it is nested too deeply"),
    (lambda _: '{"format":' * 100_000, "it is nested too deeply"),
    (lambda d: with_(d, rule=[[1, "x"], [3, "y"]]), "the divisor in rule[0]: expected 2 to"),
    (lambda d: with_(d, rule=[[0, "x"], [3, "y"]]), "the divisor in rule[0]: expected 2 to"),
    (lambda d: with_(d, rule=[[3, "x"], [3, "y"]]), "rule: expected distinct divisors"),
    (lambda d: with_(d, rule=[[2, "x"], [3, "x"]]), "two labels would have the same words"),
    (lambda d: with_(d, rule=[[2, "x"], [3, "\x1b[2J"]]), "rule[1]: expected a word without"),
    (lambda d: with_(d, rule=[[2, "\ud800"], [3, "a"]]), "rule[0]: expected a word without"),
    (lambda d: with_(d, rule=[[2, "a"]] * 11), "rule: expected 1 to 10 entries, got 11"),
    (lambda d: with_(d, rule={"2": "a"}), "rule: expected a list"),
    (lambda d: with_(d, rule=[[10**15 + 1, "a"], [3, "b"]]), "it is too large to be checked"),
    (lambda d: with_(d, base=300), "base: expected 2 to 256, got 300"),
    (lambda d: with_(d, weights=[]), "weights: expected an object"),
    (lambda d: with_(d, codebook=[]), "codebook: expected 1 to 1024 entries, got 0"),
    (lambda d: with_(d, codebook=[[]]), "codebook[0]: expected 7 entries, got 0"),
    (lambda d: with_(d, codebook=d["codebook"][:2]), "it has 6 states, and only 2 codes"),
    (lambda d: with_(d, offsets=[[1, 20]] * 6), None),
    (lambda d: with_(d, offsets=[[3, 20]] * 6), "offsets: expected a number of at most 2^20"),
    (lambda d: with_(d, offsets=[[1, -149]] * 6), "offsets: expected no subnormal number"),
    (lambda d: with_(d, offsets=[[2**24, -3]] * 6), "offsets: expected -16777215 to 16777215"),
    (lambda d: with_(d, offsets=[[1, -150]] * 6), "offsets: expected -149 to 20, got -150"),
    (lambda d: with_(d, offsets=[[True, 0]] * 6), "offsets: expected an integer, got bool"),
    (lambda d: with_(d, offsets=[["1", 0]] * 6), "offsets: expected an integer, got str"),
    (lambda d: with_(d, labels=[4] * 6), "labels holds a label above the last one, 3"),
    (lambda d: with_(d, first=[6]), "first or transitions lead to a state above the last"),
    (lambda d: with_(d, first=[-1]), "first: expected 0 to 1024, got -1"),
    (lambda d: with_(d, transitions=d["transitions"] * 500), "transitions: expected 1 to 1024"),
    (lambda d: with_(d, boxes=[[[[1, 0], [0, 0]]] * 7] * 6), "the lower bound is above the upper"),
]


@pytest.mark.parametrize(("make", "told"), BAD, ids=[str(told) for _, told in BAD])
def test_bad_input_is_refused_in_one_clear_sentence(
    tmp_path: Path, small: dict[str, Any], make, told: str | None
) -> None:
    content = make(small)
    path = tmp_path / "bad.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = checker.check(path)
    assert not found.valid
    if told is None:
        assert found.exit_code == 1
        return
    assert (found.exit_code, found.claim) == (2, None)
    assert found.reason.startswith("This certificate cannot be read: ")
    assert told in found.reason
    assert len(found.reason) < 400
    assert found.reason.isprintable()


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    assert "No such file" in checker.check(tmp_path / "nowhere").reason
    assert "it is not a file" in checker.check(tmp_path).reason
    assert "null" in checker.check(str(tmp_path / "a\0b")).reason
    assert "File name too long" in checker.check("x" * 5000).reason
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "it is not a file" in checker.check(tmp_path / "pipe").reason
        assert "it is not a file" in checker.check("/dev/zero").reason


HEAVY = {
    "sparse": lambda path: os.truncate(path, 100_000_000),
    "garbage": lambda path: path.write_bytes(random.Random(0).randbytes(1 << 20) * 100),
    "brackets": lambda path: path.write_text("[" * 7_999_999),
    "lists": lambda path: path.write_text("[" + "[]," * 2_600_000 + "[]]"),
    "objects": lambda path: path.write_text("[" + "{}," * 2_600_000 + "{}]"),
    "named": lambda path: path.write_text("[" + '{"a":{}},' * 880_000 + "{}]"),
    "numbers": lambda path: path.write_text("[" + "1," * 3_900_000 + "1]"),
    "digits": lambda path: path.write_text("9" * 7_999_999),
    "escapes": lambda path: path.write_text('"' + "\\u20ac" * 1_300_000 + '"'),
}
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
@pytest.mark.parametrize("name", HEAVY)
def test_memory_and_time_are_bounded(tmp_path: Path, name: str) -> None:
    path = tmp_path / "heavy.json"
    path.touch()
    HEAVY[name](path)
    command = [sys.executable, "-I", "-c", LIMITED, str(CHECKER), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("This certificate cannot be read: ")
    assert len(done.stdout) < 400


def test_wrong_usage_of_the_single_file(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-I", str(CHECKER)], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"usage: ")
    code, out, _ = alone(tmp_path / "nowhere", "--json")
    assert code == 2
    assert json.loads(out)["claim"] is None
    path = tmp_path / "c.json"
    path.write_text('{"format": 2}')
    assert alone(path)[:2] == (
        2,
        "This certificate cannot be read: it was written by a later fizzlab: it has format 2, and "
        "this checker reads format 1.\n",
    )


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
