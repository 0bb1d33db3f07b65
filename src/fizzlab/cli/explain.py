"""`fizzlab explain`: why an integer is right or wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet, RunPath
from fizzlab.errors import DataError


def explain(
    run: RunPath,
    integer: Annotated[str, typer.Argument(metavar="N", help="One integer.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Tell why a net is right or wrong on one integer, and whether training saw its kind."""
    from fizzlab.cli import output
    from fizzlab.cli.documents import Explained
    from fizzlab.data import parse_integers
    from fizzlab.runs import open_run

    values = parse_integers(integer)
    if len(values) != 1:
        raise DataError("explain takes one integer.", expected="N", got=integer[:80])
    found = open_run(run).explain(int(values[0]))
    if as_json:
        output.print_json(Explained(**found.model_dump(exclude={"why"}), run=str(run)))
    if as_json or quiet:
        return
    made = output.table(
        "label", "logit", "probability", title=f"What the net computes for {integer}", right=(1, 2)
    )
    for name, logit, share in zip(found.names, found.logits, found.probabilities, strict=True):
        made.add_row(name, f"{logit:.3f}", f"{share:.4f}")
    out = output.console()
    if found.digits is not None:
        digits = " ".join(map(str, reversed(found.digits)))
        out.print(f"{integer} in digits, most significant first: {digits}")
    out.print(made)
    out.print(f"Margin: {found.margin:.3f} (true label's logit − the highest other one)")
    out.print(found.why)
