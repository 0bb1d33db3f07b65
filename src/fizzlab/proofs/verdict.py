"""What can be proved of a run's net: picks the way that its kind of net allows."""

from __future__ import annotations

import hashlib
import time
from typing import Literal

from pydantic import Field

from fizzlab import __version__
from fizzlab.configuration import Document
from fizzlab.data import Split
from fizzlab.errors import NetError, UsageError
from fizzlab.evaluation import predict_labels
from fizzlab.nets import Bilinear, Snapped
from fizzlab.proofs.certificate import Certificate, Provenance, certificate
from fizzlab.proofs.exhaustive import FixedProof, Progress, prove_fixed
from fizzlab.proofs.network import NetworkProof, prove_network, shown
from fizzlab.proofs.search import search
from fizzlab.rules import decimal
from fizzlab.runs import Run

NATURAL = "every n ≥ 1, without leading zeros"


class Proof(Document):
    """What is known of a net on all integers that it can be asked about."""

    verdict: Literal["proved", "refuted", "undecided"] = Field(
        description="right on all; wrong on the counterexamples; or neither is known"
    )
    net: Literal["trained", "snapped"] = Field(description="the net it is about")
    scope: str = Field(description="which integers it is about, in words")
    reason: str = Field(description="why, in words")
    counterexamples: tuple[tuple[int, str, str], ...] = Field(
        description="[integer, what the net says, what is right]; of many the first ones"
    )
    seconds: float = Field(description="time that it took")
    fixed: FixedProof | None = Field(
        default=None, description="of a net of fixed width: every integer of its encoding asked"
    )
    network: NetworkProof | None = Field(
        default=None, description="of a snapped bilinear net: its automaton, boxes and margins"
    )


def prove(run: Run, progress: Progress | None = None) -> Proof:
    """Tells what is proved of the net that a run answers with.

    A net of fixed width is asked every integer of its encoding. A snapped bilinear net is proved,
    or refuted, on every n ≥ 1. Of any other net that reads, counterexamples are looked for: it can
    be refuted, and not proved.

    Args:
        run: The run.
        progress: Told how many integers are done, and of how many.

    Raises:
        UsageError: If its net cannot be asked.
    """
    began, net, experiment = time.monotonic(), run.net, run.experiment
    if not experiment.net.reads:
        fixed = prove_fixed(net, experiment.encoding, experiment.rule, progress=progress)
        return Proof(
            verdict=fixed.verdict,
            net="trained",
            scope=fixed.scope,
            reason=fixed.reason,
            counterexamples=fixed.counterexamples,
            seconds=time.monotonic() - began,
            fixed=fixed,
        )
    network = None
    verdict, reason, wrong = "undecided", _no_proof(run), []
    if isinstance(net, Snapped) and isinstance(net.net, Bilinear):
        network = _as_it_runs(prove_network(net, experiment.rule), run)
        verdict, reason = network.verdict, network.reason
        wrong = [] if network.counterexample is None else [network.counterexample]
    if verdict == "undecided":
        found = search(net, experiment.encoding, experiment.rule)
        wrong = found.wrong
        if wrong:
            verdict, reason = "refuted", f"It is wrong on some n, found by giving it {found.tried}."
        else:
            reason = f"{reason} No counterexample was found: it is right on {found.tried}."
    return Proof(
        verdict=verdict,
        net="snapped" if isinstance(net, Snapped) else "trained",
        scope=NATURAL,
        reason=reason,
        counterexamples=_told(run, wrong),
        seconds=time.monotonic() - began,
        network=network,
    )


def _as_it_runs(proof: NetworkProof, run: Run) -> NetworkProof:
    """Takes a refutation back if the net, as it runs here, is right on the counterexample."""
    n, rule = proof.counterexample, run.experiment.rule
    if n is None or predict_labels(run.net, run.experiment.encoding, [n])[0] != rule.label(n):
        return proof
    reason = f"By its weights it is wrong on n = {shown(n)}, but as it runs here it is right."
    return proof.model_copy(
        update={"verdict": "undecided", "reason": reason, "counterexample": None}
    )


def _no_proof(run: Run) -> str:
    if isinstance(run.net, Snapped) or type(run.net) is not Bilinear:
        return f"Only bilinear nets can be proved, not {type(run.kept).__name__}."
    return (
        "A net that is not snapped drifts with every digit, so nothing holds for all lengths "
        "(fizzlab snap)."
    )


def _told(run: Run, wrong: list[int]) -> tuple[tuple[int, str, str], ...]:
    """Gives each counterexample with what the net says and what is right."""
    rule = run.experiment.rule
    labels = predict_labels(run.net, run.experiment.encoding, wrong).tolist() if wrong else []
    pairs = zip(wrong, labels, strict=True)
    return tuple((n, rule.word(n, label), rule.word(n, rule.label(n))) for n, label in pairs)


def certify(run: Run, proof: Proof) -> Certificate:
    """Makes the certificate of a proved net, with where it came from.

    Raises:
        UsageError: If the net is of fixed width.
        NetError: If it is not proved.
    """
    if proof.fixed is not None:
        raise UsageError(
            "There are no certificates for nets of fixed width.",
            expected="a net that reads digits, snapped",
            fix="asking every integer again is the check: fizzlab prove RUN",
        )
    if proof.verdict != "proved" or proof.network is None or not isinstance(run.net, Snapped):
        raise NetError(
            "There is no certificate for a net that is not proved.",
            expected="the verdict proved",
            got=f"{proof.verdict}: {proof.reason}",
        )
    provenance = Provenance(
        experiment=run.experiment.to_toml(),
        training_sha256=training_hash(run.splits.train),
        run=run.path.name if run.path else None,
        fizzlab=__version__,
    )
    return certificate(run.net, run.experiment.rule, proof.network, provenance)


def training_hash(split: Split) -> str:
    """Gives the SHA-256 of a training set, written as lines "n label" in its order."""
    lines = "".join(f"{decimal(n)} {label}\n" for n, label in split.pairs())
    return hashlib.sha256(lines.encode()).hexdigest()
