"""`fizzlab plot`: draws the pictures of a run after the fact."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet, RunPath
from fizzlab.cli.train import Language


def plot(
    run: RunPath,
    pictures: Annotated[
        list[str] | None,
        typer.Argument(
            help="curves, confusion, map, weights, neurons, animation; of a net that reads "
            "automaton, states; default: all that the run allows."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; by default RUN/figures.")] = None,
    language: Language = "en",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Draw the pictures of a run as PNG and SVG (the animation as GIF)."""
    from fizzlab import figures
    from fizzlab.cli.documents import Pictures
    from fizzlab.cli.output import print_json
    from fizzlab.runs import open_run

    paths = figures.plot(open_run(run), pictures or None, folder=out, language=language)
    if as_json:
        print_json(Pictures(run=str(run), figures=tuple(map(str, paths))))
    elif not quiet:
        print("\n".join(map(str, paths)))
