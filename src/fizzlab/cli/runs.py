"""`fizzlab runs`: lists the runs below a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet
from fizzlab.errors import FizzlabError, RunError


def runs(
    folder: Annotated[Path, typer.Argument(help="Where the runs are.")] = Path("runs"),
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the runs below a folder, by name; damaged ones are named."""
    from fizzlab.cli import output
    from fizzlab.cli.documents import Damaged, Listing
    from fizzlab.runs.reading import list_runs, summary

    if not folder.is_dir() and folder != Path("runs"):
        raise RunError(
            f"There is no folder {folder}.",
            expected="a folder of runs",
            fix="`fizzlab train` makes runs, by default below the folder runs",
        )
    listed, damaged = [], []
    for path in list_runs(folder):
        try:
            listed.append(summary(path))
        except FizzlabError as error:
            damaged.append(Damaged(run=str(path), problem=error.problem))
    if as_json:
        output.print_json(Listing(runs=tuple(listed), damaged=tuple(damaged)))
    if as_json or quiet:
        return
    if not listed and not damaged:
        output.console().print(f"There are no runs in {folder} yet: `fizzlab train` makes one.")
        return
    made = output.table("run", "seed", "epochs", "stopped", "train", "validation", "test")
    for found in listed:
        accuracy = found.accuracy
        shares = [accuracy.train, accuracy.validation, accuracy.test]
        cells = ["-" if share is None else f"{share:.3f}" for share in shares]
        made.add_row(str(found.run), str(found.seed), str(found.epochs), found.stopped, *cells)
    output.console().print(made)
    for entry in damaged:
        output.console().print(f"cannot be read: {entry.run}: {entry.problem}")
