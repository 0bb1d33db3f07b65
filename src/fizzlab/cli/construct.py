"""`fizzlab construct`: a small net that is right by construction, and its proof."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet

if TYPE_CHECKING:
    from fizzlab.experiment import Experiment
    from fizzlab.proofs.exhaustive import FixedProof
    from fizzlab.runs import Run

MORAL = "The net exists, so what training misses is learning, not capacity."


def construct(
    rule: Annotated[str | None, typer.Option(help="The rule, such as 3=fizz,5=buzz.")] = None,
    bits: Annotated[int | None, typer.Option(help="Number of bits of the integers.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the run; by default runs/hats-BITS-bits-seed0.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the run that stands there.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Build a small exact ReLU net for a rule from hat functions, and prove it right.

    Nothing is trained. By default the rule and the bits are those of `fizzlab train`.
    """
    from fizzlab.cli.documents import Constructed
    from fizzlab.cli.output import print_json
    from fizzlab.cli.progress import asking
    from fizzlab.experiment import Experiment
    from fizzlab.nets.hats import hats_experiment
    from fizzlab.proofs.exhaustive import prove_fixed

    lab = Experiment()
    experiment = hats_experiment(
        lab.rule if rule is None else rule, lab.encoding.bits if bits is None else bits
    )
    run = _made(experiment, out, overwrite)
    with asking(experiment.encoding, shown=not (as_json or quiet)) as progress:
        proof = prove_fixed(run.net, experiment.encoding, experiment.rule, progress=progress)
    if as_json:
        hidden, parameters = experiment.net.hidden[0], experiment.num_parameters
        print_json(
            Constructed(run=str(run.path), hidden=hidden, parameters=parameters, proof=proof)
        )
    elif not quiet:
        _print(run, proof)


def _made(experiment: Experiment, out: Path | None, overwrite: bool) -> Run:
    from fizzlab import runs
    from fizzlab.runs.folder import RUNS, run_name

    if out is None and overwrite:
        out = RUNS / run_name(experiment)
    path = out or runs.default_folder(experiment)
    return runs.train(experiment, out=path, overwrite=overwrite, progress=False)


def _print(run: Run, proof: FixedProof) -> None:
    from fizzlab.cli import output

    made, out = run.experiment, output.console()
    hidden = output.plural(made.net.hidden[0], "hidden unit")
    out.print(
        f"A ReLU net for {made.rule} on {output.plural(made.encoding.bits, 'bit')}: {hidden}, "
        f"{made.num_parameters:,} parameters, made of hat functions."
    )
    out.print(proof.text)
    if proof.verdict == "proved":
        out.print(MORAL)
    out.print(f"Run: {run.path}")
    last = min(15, made.encoding.capacity - 1)
    out.print(f"Next: fizzlab predict {run.path} 1..{last}")
