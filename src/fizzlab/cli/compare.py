"""`fizzlab compare`: two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet, RunPath

if TYPE_CHECKING:
    from fizzlab.runs import Run


MAX_LISTED = 20


def compare(
    run: RunPath,
    other: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of another run.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare two runs: what was set differently, what came, and where the nets disagree."""
    from fizzlab.cli import output
    from fizzlab.cli.documents import Comparison
    from fizzlab.configuration import differences
    from fizzlab.runs import open_run

    first, second = open_run(run), open_run(other)
    changed = differences(first.experiment, second.experiment)
    disagree = _disagreements(first, second)
    if as_json:
        both = (first.report, second.report)
        output.print_json(Comparison(runs=both, settings=changed, disagree=tuple(disagree)))
    if as_json or quiet:
        return
    made = output.table("", str(run), str(other), title="Two runs")
    for name, (a, b) in changed.items():
        made.add_row(name, str(a), str(b))
    for name in ("train", "validation", "test"):
        texts = [found.report.evaluations.get(name) for found in (first, second)]
        made.add_row(f"accuracy {name}", *(text.text if text else "-" for text in texts))
    output.console().print(made)
    count = output.plural(len(disagree), "shared test integer")
    output.console().print(f"They disagree on {count}.")
    for n, said, other_said, expected in disagree[:MAX_LISTED]:
        output.console().print(f"  {n}: {said} / {other_said} (the rule: {expected})")
    if len(disagree) > MAX_LISTED:
        output.console().print(f"  … and {len(disagree) - MAX_LISTED} more (--json lists all)")
    output.console().print(
        "Two single runs cannot prove one recipe better than another: the seed alone moves results."
    )


def _disagreements(first: Run, second: Run) -> list[tuple[int, str, str, str]]:
    said, other = dict(first.report.predictions), dict(second.report.predictions)
    rule = first.experiment.rule
    return [
        (n, word, other[n], rule.word(n, rule.label(n)))
        for n, word in said.items()
        if n in other and other[n] != word
    ]
