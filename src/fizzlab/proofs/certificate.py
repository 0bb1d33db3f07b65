"""The certificate of a proved net: one JSON file that anyone can check, without fizzlab.

What the fields mean and what is proved from them stands at the top of `checker.py`, which reads
such a file with the standard library alone. Only `provenance` is outside of the claim: where a net
came from no checker can know.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from fizzlab.configuration import Document
from fizzlab.errors import UsageError
from fizzlab.nets import Snapped
from fizzlab.proofs import checker
from fizzlab.proofs.float32 import PRECISION, UNIT
from fizzlab.proofs.network import NetworkProof
from fizzlab.proofs.rounding import Exact, dyadic, exact
from fizzlab.proofs.snapping import problem_with
from fizzlab.rules import Rule
from fizzlab.runs.folder import write

Index: TypeAlias = Annotated[int, Field(ge=0, le=checker.MAX_SIZE)]
Mantissa: TypeAlias = Annotated[int, Field(gt=-(2**PRECISION), lt=2**PRECISION)]
LongMantissa: TypeAlias = Annotated[int, Field(gt=-(2**63), lt=2**63)]
Exponent: TypeAlias = Annotated[int, Field(ge=-UNIT, le=20)]
Weight: TypeAlias = tuple[Mantissa, Exponent]  # m · 2^e
Bound: TypeAlias = tuple[LongMantissa, Exponent]
FEW = Field(min_length=1, max_length=checker.MAX_SIZE)
Weights: TypeAlias = Annotated[tuple[Weight, ...], FEW]
WeightRows: TypeAlias = Annotated[tuple[Weights, ...], FEW]
Indices: TypeAlias = Annotated[tuple[Index, ...], FEW]


class Claim(Document):
    """What is claimed; the checker accepts no other words than its own."""

    text: str = Field(description="the claim in words")
    integers: str
    digits: str
    arithmetic: str
    zero: str


class CertifiedWeights(Document):
    """The weights of a bilinear net, each [m, e] for m · 2^e, a float32 number."""

    start: Weights = Field(description="h0, the state before the first digit")
    transitions: Annotated[tuple[WeightRows, ...], FEW] = Field(
        description="A: digit × state vector before × after"
    )
    readout: WeightRows = Field(description="W: state vector × label")


class Provenance(Document):
    """Where the net came from: outside of the claim, and not checked."""

    experiment: str | None = Field(default=None, description="the experiment, as TOML")
    training_sha256: str | None = Field(default=None, description="hash of the training set")
    run: str | None = Field(default=None, description="folder of the run")
    fizzlab: str | None = Field(default=None, description="version")


class Certificate(Document):
    """A net, the automaton that it is, and boxes that show it: see the top of checker.py."""

    format: int = Field(ge=1, le=checker.FORMAT, description="version of this form")
    claim: Claim
    base: int = Field(ge=2, le=checker.MAX_BASE, description="number of different digits")
    rule: tuple[tuple[int, str], ...] = Field(
        min_length=1, max_length=checker.MAX_DIVISORS, description="[divisor, word] pairs"
    )
    weights: CertifiedWeights
    codebook: WeightRows = Field(
        description="code × state vector: first the automaton's states, then codes not reached"
    )
    offsets: Weights = Field(description="added to the scores of the codes")
    first: Indices = Field(description="state after each leading digit 1 … base − 1")
    transitions: Annotated[tuple[Indices, ...], FEW] = Field(
        description="state × digit → next state"
    )
    labels: Indices = Field(description="label of each state")
    boxes: Annotated[tuple[Annotated[tuple[tuple[Bound, Bound], ...], FEW], ...], FEW] = Field(
        description="of each state [lower, upper] for each coordinate of what leads to it"
    )
    provenance: Provenance | None = None


def certificate(
    net: Snapped, rule: Rule, proof: NetworkProof, provenance: Provenance | None = None
) -> Certificate:
    """Makes the certificate of a proved net.

    Args:
        net: The net.
        rule: The rule.
        proof: What `prove_network` gave for them.
        provenance: Where the net came from.

    Raises:
        UsageError: If the net is not proved, or net or rule are beyond what the checker reads.
    """
    problem = problem_with(net)
    if proof.verdict != "proved" or proof.automaton is None or problem:
        raise UsageError(
            "There is no certificate for a net that is not proved.",
            expected="the verdict proved",
            got=problem or f"{proof.verdict}: {proof.reason}",
        )
    order = [*proof.codes, *sorted({*range(len(net.codebook))} - {*proof.codes})]
    automaton, reader = proof.automaton, net.net
    tree = {
        "format": checker.FORMAT,
        "claim": checker.claim_of(list(rule.pairs), net.base),
        "base": net.base,
        "rule": rule.pairs,
        "weights": {
            name: _dyadic(exact(getattr(reader, name))) for name in CertifiedWeights.model_fields
        },
        "codebook": _dyadic(exact(net.codebook[order])),
        "offsets": _dyadic(exact(net.offsets[order])),
        "first": automaton.first,
        "transitions": automaton.after,
        "labels": automaton.labels,
        "boxes": proof.boxes,
        "provenance": provenance and provenance.model_dump(exclude_none=True),
    }
    _refuse_unreadable(_text(tree).encode())
    return Certificate.model_validate(tree)


def write_certificate(path: str | Path, certificate: Certificate) -> None:
    """Writes a certificate atomically, one field a line.

    Raises:
        StorageError: If it cannot be written.
    """
    write(Path(path), _text(certificate.model_dump(exclude_none=True)).encode())


def _refuse_unreadable(content: bytes) -> None:
    """Makes sure that the checker accepts what is to be given to others.

    Raises:
        UsageError: If it does not.
    """
    try:
        checker.verify(checker.parse(content))
    except (checker.Unreadable, checker.Invalid) as error:
        raise UsageError(
            f"The checker would not accept this certificate: {error}.",
            expected="a net and a rule within its bounds, words of letters",
            fix="the bounds stand at the top of fizzlab/proofs/checker.py",
        ) from None


def _text(tree: dict[str, Any]) -> str:
    lines = [
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
        for name, value in tree.items()
        if value is not None  # no provenance
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _dyadic(values: Exact) -> Any:
    """Gives an array of exact numbers as nested lists of [m, e]."""
    if values.ndim > 1:
        return [_dyadic(row) for row in values]
    return [dyadic(value) for value in values]
