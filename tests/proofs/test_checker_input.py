"""The checker and bad, huge or strange files: one clear sentence, in bounded time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from certificates import CHECKER, alone, document_of, outcome
from exact_nets import SMALL, rule_net
from mutants import BAD_WORDS

from fizzlab.proofs import checker


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return document_of(rule_net(SMALL, noise=0.01), SMALL)


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
    (
        lambda d: with_(d, rule=[[2, "x"], [3, "\x1b[2J"]]),
        "rule[1]: expected a word of letters, inside",
    ),
    (
        lambda d: with_(d, rule=[[2, "\ud800"], [3, "a"]]),
        "rule[0]: expected a word of letters, inside",
    ),
    (lambda d: with_(d, rule=[[2, "num"], [3, "ber"]]), "two labels would have the same words"),
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


@pytest.mark.parametrize("word", BAD_WORDS, ids=ascii)
def test_words_that_could_be_misread_are_refused(
    tmp_path: Path, small: dict[str, Any], word: Any
) -> None:
    pairs = [[2, word], [3, "fizz"]]
    claim = checker.claim_of([(2, str(word)), (3, "fizz")], 2)
    found = outcome(tmp_path / "c.json", small | {"rule": pairs, "claim": claim})
    assert (found.exit_code, found.claim) == (2, None)
    assert "rule[0]: expected a word of letters, inside of it also spaces and - _" in found.reason


@pytest.mark.parametrize(
    "word", ["étage", "fizz & co.", "a-b", "what?", "嘶嘶", "नि", "ไทย", "x_y!"]
)
def test_words_of_letters_are_read(tmp_path: Path, small: dict[str, Any], word: str) -> None:
    pairs = [(2, word), (3, "fizz")]
    document = small | {"rule": pairs, "claim": checker.claim_of(pairs, 2)}
    found = outcome(tmp_path / "c.json", document)
    assert found.valid
    assert f'says "{word}" exactly if 2 divides n' in str(found.claim)


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
