"""`fizzlab evaluate`: compares a trained net with the rule, on any integers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fizzlab.cli.options import AsJson, Quiet, RunPath
from fizzlab.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from fizzlab.cli.documents import EvaluatedOn
    from fizzlab.evaluation import Evaluation
    from fizzlab.runs import Run


def evaluate(
    run: RunPath,
    on: Annotated[
        str | None, typer.Option(help="Integers: 1..100; by default the run's own splits.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Check this many of them, drawn at random.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare a trained net with the rule: a count where all is checked, else an interval."""
    from fizzlab.cli import output
    from fizzlab.runs import open_run

    opened = open_run(run)
    if on is None and sample is not None:
        raise DataError("--sample needs --on.", expected="--on 1..100 --sample 50")
    if on is None:
        if as_json:
            output.print_json(opened.report)
        elif not quiet:
            output.print_results(opened)
        return
    found, values = _evaluated(opened, on, sample)
    if as_json:
        output.print_json(_document(opened, on, found, values))
    elif not quiet:
        output.console().print(
            f"{on}, by the rule: {found.text}; "
            f"loss {output.loss_text(found)} ({output.loss_unit(opened)})"
        )
        output.console().print(
            f"baselines: majority label {found.majority:.3f}, chance {found.chance:.3f}"
        )
        output.print_classes(found, str(on))


def _evaluated(opened: Run, on: str, sample: int | None) -> tuple[Evaluation, np.ndarray]:
    import numpy as np

    from fizzlab.data import parse_integers

    values = np.unique(parse_integers(on))
    if not len(values):
        raise DataError("--on holds no integers.", expected="integers or ranges, such as 1..100")
    checked = values if sample is None else opened.sampled(values, sample)
    return opened.evaluate(values, sample=sample), checked


def _document(opened: Run, on: str, found: Evaluation, values: np.ndarray) -> EvaluatedOn:
    from fizzlab.cli.documents import EvaluatedOn

    report = opened.report.model_dump()
    report["accuracy"]["on"], report["loss"]["on"] = found.accuracy, found.loss
    words = tuple(zip(values.tolist(), opened.predict(values), strict=True))
    report |= {"evaluations": {"on": found.model_dump()}, "predictions": words}
    return EvaluatedOn(**report, on=on)
