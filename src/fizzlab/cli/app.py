"""The Typer app: collects the commands."""

from __future__ import annotations

from typing import Annotated

import typer

from fizzlab import __version__
from fizzlab.cli import (
    check,
    compare,
    construct,
    engines,
    evaluate,
    explain,
    identify,
    lab,
    luck,
    plot,
    predict,
    presets,
    prove,
    report,
    runs,
    show,
    snap,
    study,
    train,
)

app = typer.Typer(
    name="fizzlab",
    help="Train small networks on integer rules, FizzBuzz first, and see what they learned.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool | None) -> None:
    if wanted:
        typer.echo(f"fizzlab {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool | None,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = None,
) -> None:
    pass


_NEGATIVE = {"ignore_unknown_options": True}  # "-5" is an integer, and refused as one
app.command("train")(train.train)
app.command("predict", context_settings=_NEGATIVE)(predict.predict)
app.command("evaluate")(evaluate.evaluate)
app.command("explain", context_settings=_NEGATIVE)(explain.explain)
app.command("construct")(construct.construct)
app.command("identify")(identify.identify)
app.command("prove")(prove.prove)
app.command("snap")(snap.snap)
app.command("check")(check.check)
app.command("plot")(plot.plot)
app.command("show")(show.show)
app.command("runs")(runs.runs)
app.command("compare")(compare.compare)
app.command("presets")(presets.presets)
app.command("study")(study.study)
app.command("report")(report.report)
app.command("luck", context_settings=_NEGATIVE)(luck.luck)
app.command("engines")(engines.engines)
app.command("lab")(lab.lab)
