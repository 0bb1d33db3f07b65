"""`fizzlab explain`: why an integer is right or wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet, RunPath
from fizzlab.errors import DataError

MAX_DIGITS = 64  # of longer integers the middle digits are left out

if TYPE_CHECKING:
    from rich.table import Table

    from fizzlab.evaluation import Explanation


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
    opened = open_run(run)
    found = opened.explain(int(values[0]))
    if as_json:
        output.print_json(Explained(**found.model_dump(exclude={"why"}), run=str(run)))
    if as_json or quiet:
        return
    out, what = output.console(), "score" if opened.has_scores else "logit"
    if found.digits is not None:
        digits = list(map(str, reversed(found.digits)))
        shown = [*digits[:20], "…", *digits[-20:]] if len(digits) > MAX_DIGITS else digits
        count = f" ({len(digits):,} digits)" if len(digits) > MAX_DIGITS else ""
        out.print(f"{integer} in digits, most significant first: {' '.join(shown)}{count}")
    out.print(_computed(found, f"What the net computes for {integer}", what))
    out.print(f"Margin: {found.margin:.3f} (true label's {what} − the highest other one)")
    out.print(found.why)


def _computed(found: Explanation, title: str, what: str) -> Table:
    """Gives what the net computes for each label; scores are no logits, and have no softmax."""
    from fizzlab.cli import output

    headers = ["label", what] + ["probability"] * (what == "logit")
    made = output.table(*headers, title=title, right=(1, 2))
    for name, score, share in zip(found.names, found.logits, found.probabilities, strict=True):
        cells = [name, f"{score:.3f}", f"{share:.4f}"]
        made.add_row(*cells[: len(headers)])
    return made
