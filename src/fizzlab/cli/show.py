"""`fizzlab show`: what a run is, and what came of it."""

from __future__ import annotations

from fizzlab.cli.options import AsJson, Quiet, RunPath


def show(run: RunPath, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Show a run: its settings, its net, its results."""
    from fizzlab.cli import output
    from fizzlab.cli.documents import Shown
    from fizzlab.runs import open_run

    opened = open_run(run)
    if as_json:
        settings = opened.experiment.model_dump(mode="json")
        output.print_json(Shown(**opened.report.model_dump(), experiment=settings))
    if as_json or quiet:
        return
    output.console().print(opened.experiment.to_toml())
    output.print_net(opened)
    output.print_predictions(opened)
    output.print_results(opened)
