"""`fizzlab prove`: what is proved of a net, what refutes it, or why neither is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet, RunPath
from fizzlab.errors import FizzlabError

if TYPE_CHECKING:
    from fizzlab.proofs import Proof
    from fizzlab.runs import Run

SHOWN = 10  # counterexamples


def prove(
    run: RunPath,
    certificate: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a certificate that anyone can check.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Prove that a net is right on all integers, or give counterexamples.

    A net of fixed width is asked every integer of its encoding; a snapped reader is proved on every
    n ≥ 1. Exit code 0 says that the question was answered, whatever the verdict.
    """
    from fizzlab.cli.documents import Proved
    from fizzlab.cli.output import print_json
    from fizzlab.cli.progress import asking
    from fizzlab.proofs import certify, prove, write_certificate
    from fizzlab.runs import open_run

    opened = open_run(run)
    with asking(opened.experiment.encoding, shown=not (as_json or quiet)) as progress:
        proof = prove(opened, progress)
    failed, written = None, None
    try:
        if certificate is not None:
            write_certificate(certificate, certify(opened, proof))
            written = str(certificate)
    except FizzlabError as error:  # what is known of the net is told first
        failed = error
    if as_json:
        print_json(Proved(**proof.model_dump(), run=str(run), certificate=written))
    elif not quiet:
        _print(opened, proof, written)
    if failed is not None:
        raise failed


def _print(run: Run, proof: Proof, certificate: str | None) -> None:
    from fizzlab.cli import output
    from fizzlab.proofs import checker

    out = output.console()
    about = f"the {proof.net} net of {run.path}"
    if proof.fixed:
        out.print(f"About {about}:", style="bold")
        out.print(proof.fixed.text)
    else:
        out.print(f"{proof.verdict.capitalize()}: {about}, on {proof.scope}.", style="bold")
        out.print(proof.reason)
    if proof.counterexamples:
        _print_counterexamples(proof)
    if proof.network and proof.network.zero is not None:
        says = run.experiment.rule.word(0, proof.network.zero)
        out.print(f"Apart from that: of 0 it says {says}.")
    out.print(f"({proof.seconds:.2f} s)")
    if certificate:
        out.print(
            f"Certificate: {certificate}. Check it with `fizzlab check {certificate}`, or without "
            "fizzlab, by the standard library of Python alone:\n"
            f"python -I {checker.__file__} {certificate}"
        )
    elif proof.network and proof.verdict == "proved":
        out.print(f"Next: fizzlab prove {run.path} --certificate FILE (for others to check)")
    elif proof.verdict == "undecided" and proof.net == "trained" and _can_be_snapped(run):
        out.print(f"Next: fizzlab snap {run.path}")


def _print_counterexamples(proof: Proof) -> None:
    from fizzlab.cli import output

    wrong = proof.counterexamples
    shown = [f"{output.shortened(n)} ({output.shortened(said)})" for n, said, _ in wrong[:SHOWN]]
    more = ", …" if len(wrong) > SHOWN else ""
    if proof.fixed and more:
        more += f" ({proof.fixed.wrong:,} in all)"
    output.console().print(f"Wrong on, and what the net says: {', '.join(shown)}{more}.")


def _can_be_snapped(run: Run) -> bool:
    """Tells whether snapping could lead to a proof."""
    from fizzlab.nets import Bilinear

    return type(run.kept) is Bilinear
