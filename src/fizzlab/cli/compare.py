"""`fizzlab compare`: two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fizzlab.cli.options import AsJson, Quiet, RunPath

if TYPE_CHECKING:
    from fizzlab.runs import Run


def compare(
    run: RunPath,
    other: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of another run.")],
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare two runs: what was set differently, what came, and where the nets disagree."""
    from fizzlab.cli import output
    from fizzlab.runs import open_run
    from fizzlab.runs.run import differences

    first, second = open_run(run), open_run(other)
    one, two = (found.experiment.model_dump(mode="json") for found in (first, second))
    changed = {name: [a, b] for name, a, b in differences(one, two)}
    disagree = _disagreements(first, second)
    if as_json:
        reports = [found.report.model_dump(mode="json") for found in (first, second)]
        output.print_json({"runs": reports, "settings": changed, "disagree": disagree})
    if as_json or quiet:
        return
    made = output.table("", str(run), str(other), title="Two runs")
    for name, (a, b) in changed.items():
        made.add_row(name, str(a), str(b))
    for name in ("train", "validation", "test"):
        texts = [found.report.evaluations.get(name) for found in (first, second)]
        made.add_row(f"accuracy {name}", *(text.text if text else "-" for text in texts))
    output.console().print(made)
    output.console().print(f"They disagree on {len(disagree)} of the shared test integers.")
    for n, said, other_said, expected in disagree[:20]:
        output.console().print(f"  {n}: {said} / {other_said} (the rule: {expected})")
    output.console().print("Two single runs show no difference between recipes: seeds vary more.")


def _disagreements(first: Run, second: Run) -> list[Any]:
    said, other = dict(first.report.predictions), dict(second.report.predictions)
    rule = first.experiment.rule
    return [
        [n, word, other[n], rule.word(n, rule.label(n))]
        for n, word in said.items()
        if n in other and other[n] != word
    ]
