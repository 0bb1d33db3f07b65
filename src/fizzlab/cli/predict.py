"""`fizzlab predict`: what a trained net says of integers."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet, RunPath
from fizzlab.errors import DataError


def predict(
    run: RunPath,
    integers: Annotated[
        list[str],
        typer.Argument(metavar="INTEGERS…", help="Integers, ranges, formulas: 15 1..100 2**99+1."),
    ],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Print the word that a trained net says for each integer."""
    from fizzlab.cli.documents import Predictions
    from fizzlab.cli.output import print_json, shortened
    from fizzlab.data import parse_integers
    from fizzlab.runs import open_run

    opened, values = open_run(run), parse_integers(integers)
    if not len(values):
        raise DataError("There are no integers here.", expected='such as "15" or "1..100"')
    pairs = list(zip(values.tolist(), opened.predict(values), strict=True))
    if as_json:
        which = "trained" if opened.state.codebook is None else "snapped"
        print_json(Predictions(run=str(run), net=which, predictions=tuple(pairs)))
    elif not quiet:
        for n, word in pairs:
            print(f"{shortened(n)}: {shortened(word)}")
        if opened.state.codebook is not None:
            print(f"(by the snapped net, of {len(opened.state.codebook)} states)", file=sys.stderr)
