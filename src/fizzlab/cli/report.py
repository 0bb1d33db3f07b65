"""`fizzlab report`: a study as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet

Language = Annotated[str, typer.Option("--lang", help="Language: en or fr.")]


def report(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of a study.")],
    out: Annotated[
        Path | None, typer.Option(help="File of the page; by default STUDY/report.html.")
    ] = None,
    language: Language = "en",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a study as one self-contained page, with its pictures beside it as PNG and SVG."""
    from fizzlab.cli import output
    from fizzlab.cli.documents import Reported
    from fizzlab.studies import Study
    from fizzlab.studies.report import write_report

    page, figures = write_report(Study.open(study), out, language=language)
    if as_json:
        paths = tuple(map(str, figures))
        output.print_json(Reported(study=str(study), report=str(page), figures=paths))
    elif not quiet:
        print(page)
