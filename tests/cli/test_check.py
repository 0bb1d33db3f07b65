"""`fizzlab check`: exit code 0 only for a valid certificate."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from fizzlab import Rule
from fizzlab.cli.documents import Checked
from fizzlab.nets import Bilinear, Snapped
from fizzlab.proofs.certificate import certificate, write_certificate
from fizzlab.proofs.network import prove_network

EVEN = Rule("2=even")


@pytest.fixture
def valid(tmp_path: Path) -> Path:
    """A certificate of the smallest net there is: its state is the last bit."""
    import torch

    net = Bilinear(2, 2, 2)
    net.start = torch.nn.Parameter(torch.tensor([1.0, 0.0]))
    to_even, to_odd = torch.tensor([[1.0, 0.0]] * 2), torch.tensor([[0.0, 1.0]] * 2)
    net.transitions = torch.nn.Parameter(torch.stack([to_even, to_odd]))
    net.readout = torch.nn.Parameter(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    snapped = Snapped(net, torch.eye(2))
    write_certificate(
        tmp_path / "valid.json", certificate(snapped, EVEN, prove_network(snapped, EVEN))
    )
    return tmp_path / "valid.json"


@pytest.fixture
def invalid(valid: Path) -> Path:
    document = json.loads(valid.read_text("utf-8"))
    document["labels"].reverse()
    path = valid.with_name("invalid.json")
    path.write_text(json.dumps(document))
    return path


def test_a_valid_certificate_is_told_in_words(fizzlab, valid: Path) -> None:
    done = fizzlab("check", "valid.json")
    assert (done.code, done.err) == (0, "")
    claim, reason = done.out.splitlines()
    assert claim.startswith("Of every integer n ≥ 1, written in base 2")
    assert 'the net says "even" exactly if 2 divides n' in claim
    assert reason.startswith("Valid: this is proved of the net whose weights stand in")


def test_an_invalid_certificate_is_refused(fizzlab, invalid: Path) -> None:
    done = fizzlab("check", "invalid.json")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("fizzlab: invalid.json: Not valid, nothing is proved: in state ")


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "No such file"), ("{", "it is not JSON"), ('{"format": 2}', "by a later fizzlab")],
)
def test_what_cannot_be_read(fizzlab, tmp_path: Path, content: str | None, told: str) -> None:
    if content is not None:
        (tmp_path / "bad.json").write_text(content)
    done = fizzlab("check", "bad.json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("fizzlab: bad.json: This certificate cannot be read: ")
    assert told in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("more", [[], ["--quiet"]], ids=["loud", "quiet"])
def test_json(fizzlab, valid: Path, invalid: Path, more: list[str]) -> None:
    for name, code in (("valid.json", 0), ("invalid.json", 1), ("nowhere", 2)):
        done = fizzlab("check", name, "--json", *more)
        assert (done.code, done.err) == (code, "")
        jsonschema.validate(done.json, Checked.model_json_schema())
        assert done.json["valid"] is (code == 0)
        assert (done.json["claim"] is None) is (code == 2)


def test_quiet_says_it_by_the_exit_code(fizzlab, valid: Path, invalid: Path) -> None:
    done = fizzlab("check", "valid.json", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert fizzlab("check", "invalid.json", "--quiet").code == 1
