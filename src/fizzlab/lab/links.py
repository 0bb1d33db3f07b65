"""An experiment as the part of a URL after #, and back: bounded, and validated like any input.

`preset=classic&net.hidden=%5B50%5D&seed=7`: the preset, then every setting in which the experiment
differs from it, its value as JSON.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from fizzlab.configuration import differences
from fizzlab.errors import ConfigError
from fizzlab.experiment import DEFAULT_PRESET, PRESETS, Experiment
from fizzlab.lab.limits import MAX_LINK

MAX_SETTINGS = 100


@lru_cache(maxsize=64)
def told_from(experiment: Experiment) -> tuple[str, dict[str, Any]]:
    """Gives the preset that an experiment is named after, and the settings in which it differs."""
    preset = experiment.name if experiment.name in PRESETS else DEFAULT_PRESET
    found = differences(Experiment.preset(preset), experiment)
    return preset, {name: value for name, (_, value) in found.items()}


@lru_cache(maxsize=64)
def to_link(experiment: Experiment) -> str:
    """Writes an experiment as a link.

    >>> to_link(Experiment().replaced({"net.hidden": 50}))
    'preset=classic&net.hidden=%5B50%5D'
    """
    preset, changes = told_from(experiment)
    values = {name: json.dumps(value, separators=(",", ":")) for name, value in changes.items()}
    return urlencode({"preset": preset, **values}, quote_via=quote, safe="")


def from_link(text: str) -> Experiment:
    """Reads an experiment from a link.

    Raises:
        ConfigError: If it is too long or no link, or a setting is wrong.
        UnknownNameError: If there is no such preset or setting.
    """
    if len(text) > MAX_LINK:
        raise ConfigError(
            "This link is too long.", expected=f"at most {MAX_LINK} characters", got=str(len(text))
        )
    settings: dict[str, Any] = {}
    preset = DEFAULT_PRESET
    for name, value in _pairs(text.removeprefix("#")):
        if name == "preset":
            preset = value
        else:
            settings[name] = _value(name, value)
    return Experiment.preset(preset).replaced(settings)


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=MAX_SETTINGS
        )
    except ValueError as error:
        raise ConfigError(
            f"This is not a link to an experiment: {error}.",
            expected="preset=NAME&SETTING=VALUE, values as JSON, percent-encoded",
        ) from None


def _value(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError(
            f'"{name[:80]}": the link gives no value that can be read.',
            expected="JSON, such as 0.05 or [100]",
            got=text[:80],
        ) from None
