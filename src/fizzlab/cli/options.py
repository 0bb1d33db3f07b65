"""Arguments and options that several commands share, and reading of settings."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fizzlab.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from fizzlab.experiment import Experiment

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


def parse_settings(texts: Iterable[str]) -> dict[str, Any]:
    """Reads settings "name=value"; values are TOML literals, bare words are strings.

    Raises:
        ConfigError: If a text has no name or no value.

    >>> parse_settings(["recipe.epochs=5", "net.activation=tanh", "rule.pairs=3=fizz"])
    {'recipe.epochs': 5, 'net.activation': 'tanh', 'rule.pairs': '3=fizz'}
    """
    settings = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name.strip() or not equals:
            raise ConfigError(
                f'"{text}" is not a setting.',
                expected="name=value, such as recipe.epochs=200",
            )
        settings[name.strip()] = _value(value.strip())
    return settings


def _value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):  # not TOML, too many digits, too deep
        return text
    return parsed["value"] if list(parsed) == ["value"] else text


def asked_experiment(
    preset: str | None,
    config: Path | None,
    settings: list[str] | None,
    *,
    seed: int | None = None,
    epochs: int | None = None,
    rule: str | None = None,
) -> Experiment:
    """Gives the experiment that a command line asks for.

    Raises:
        UsageError: If it names both a preset and a file.
        UnknownNameError: If there is no such preset or setting.
        ConfigError: If a setting is wrong.
    """
    from fizzlab.experiment import DEFAULT_PRESET, Experiment

    if preset and config:
        raise UsageError("--preset and --config exclude each other.", fix="give one of them")
    base = Experiment.read(config) if config else Experiment.preset(preset or DEFAULT_PRESET)
    changes = parse_settings(settings or [])
    short = {"seed": seed, "recipe.epochs": epochs, "rule.pairs": rule}
    changes |= {name: value for name, value in short.items() if value is not None}
    return base.replaced(changes) if changes else base
