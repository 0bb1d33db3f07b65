"""`fizzlab check`: whether a certificate is valid."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet


def check(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A certificate, from fizzlab prove.")
    ],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Check a certificate, trusting nothing in it; exit code 0 only if it is valid.

    1: not valid; 2: it cannot be read. The single file fizzlab/proofs/checker.py does the same
    without fizzlab: python -I checker.py FILE.
    """
    from fizzlab.cli.output import print_json
    from fizzlab.proofs import checker

    found = checker.check(file)
    if as_json:  # the document `Checked`, whose module would load torch
        print_json({"valid": found.valid, "claim": found.claim, "reason": found.reason})
    elif not found.valid:
        print(f"fizzlab: {file}: {found.reason}", file=sys.stderr)
    elif not quiet:
        print(f"{found.claim}\n{found.reason}")
    raise typer.Exit(found.exit_code)
