"""`fizzlab presets`: the named experiments, and every setting there is."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fizzlab.cli.options import AsJson, Quiet
from fizzlab.errors import UsageError


def presets(
    name: Annotated[
        str | None, typer.Argument(help="Print this preset as TOML, ready for --config.")
    ] = None,
    settings: Annotated[
        bool, typer.Option("--settings", help="List all settings with defaults and meaning.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """List the presets, print one as TOML, or list all settings."""
    from fizzlab.cli import output
    from fizzlab.experiment import PRESETS, Experiment

    if name and settings:
        raise UsageError(
            "A preset's name and --settings exclude each other.", fix="give one of them"
        )
    experiment = Experiment.preset(name) if name else None
    if as_json:
        if experiment is not None:
            output.print_json(experiment.model_dump(mode="json"))
        elif settings:
            output.print_json(Experiment.model_json_schema())
        else:
            output.print_json({key: preset.model_dump() for key, preset in PRESETS.items()})
    elif quiet:
        return
    elif experiment is not None:
        print(experiment.to_toml(), end="")
    elif settings:
        _print_settings()
    else:
        made = output.table("preset", "what it is", "differs from the defaults in")
        for key, preset in PRESETS.items():
            changes = ", ".join(f"{path}={value}" for path, value in preset.settings.items())
            made.add_row(key, preset.about, changes or "-")
        output.console().print(made)


def _print_settings() -> None:
    from fizzlab.cli import output
    from fizzlab.configuration import accepted, settings
    from fizzlab.experiment import Experiment

    made = output.table("setting", "default", "values", "meaning")
    for path, field in settings(Experiment):
        values = accepted(Experiment, path).replace("`", "")
        made.add_row(path, _text(field.default), values, field.description or "")
    output.console().print(made)


def _text(value: Any) -> str:
    return "-" if value is None else str(list(value) if isinstance(value, tuple) else value)
