"""What a study varies: a list of values for a setting, or a range to draw from."""

from __future__ import annotations

import contextlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fizzlab.configuration import setting_names, settings
from fizzlab.errors import ConfigError, UnknownNameError, suggestion
from fizzlab.experiment import Experiment

NONE = "none"  # TOML has no null: the value of a setting that is not used
FIXED = ("rule.", "encoding.")  # one of each a study
PLANNED = {"seed": "the plan gives the seeds (--seeds)", "name": "it names the study, not a net"}


@dataclass(frozen=True)
class Range:
    """Numbers to draw from, both ends included.

    Attributes:
        low: Smallest number.
        high: Largest number.
        log: Whether their logarithm is drawn evenly, rather than they themselves.

    >>> Range(1, 100, log=True).at(0.5, whole=False)
    10.0
    """

    low: Any  # checked by `problem`, not by its type
    high: Any
    log: Any = False

    def problem(self) -> str | None:
        """Tells what is wrong with the range; None if nothing is."""
        ends = (self.low, self.high)
        if not all(_is_number(end) and math.isfinite(end) for end in ends):
            return f"expected two finite numbers, low and high, got {ends[0]!r} and {ends[1]!r}"
        if not isinstance(self.log, bool):
            return f"expected log = true or false, got {self.log!r}"
        if self.low >= self.high:
            return f"expected low below high, got {self.low} and {self.high}"
        if self.log and self.low <= 0:
            return f"expected low above 0 for a logarithmic range, got {self.low}"
        return None

    def at(self, share: float, *, whole: bool) -> float | int:
        """Gives the number that has this share of the range below it.

        Args:
            share: From 0 to below 1.
            whole: Whether the setting takes whole numbers only.
        """
        low, high = (self.low, self.high + 1) if whole else (self.low, self.high)
        if self.log:
            number = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
            number = round(number, 12 - math.floor(math.log10(number)))  # exp is off by an ulp
        else:
            number = low + share * (high - low)
        return min(int(self.high), math.floor(number)) if whole else float(number)

    def as_dict(self) -> dict[str, Any]:
        """Gives the range as TOML and JSON hold it."""
        return {"low": self.low, "high": self.high, "log": self.log}


Values = tuple[Any, ...] | Range


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def field_problem(name: str) -> str | None:
    """Tells why a study cannot vary the setting of this name; None if it can."""
    names = setting_names(Experiment)
    if name in PLANNED:
        return f'"{name}" cannot be varied: {PLANNED[name]}'
    if name.startswith(FIXED) and name in names:
        group = name.partition(".")[0]
        return (
            f'"{name}" cannot be varied: a study has one rule and one encoding. '
            f"Make one study for each {group}"
        )
    if name not in names:
        return f'"{name}": there is no setting of this name.{suggestion(name, names)}'
    return None


def is_optional(name: str) -> bool:
    """Tells whether a setting may be left unused (None)."""
    field = dict(settings(Experiment))[name]
    return field.default is None or "None" in str(field.annotation)


def is_whole(name: str) -> bool:
    """Tells whether a setting takes whole numbers only."""
    return "float" not in str(dict(settings(Experiment))[name].annotation)


def takes_numbers(name: str) -> bool:
    """Tells whether a setting is one number, so that it can be drawn from a range."""
    text = str(dict(settings(Experiment))[name].annotation)
    return any(kind in text for kind in ("int", "float")) and "tuple" not in text


def frozen(value: Any) -> Any:
    """Gives a value with its lists as tuples, so that nobody can change it."""
    return tuple(map(frozen, value)) if isinstance(value, list | tuple) else value


def canonical(base: Experiment, name: str, value: Any) -> Any:
    """Gives a value as an experiment holds it (a width 50 as (50,)), or as it is if it is wrong."""
    value = None if value == NONE and is_optional(name) else frozen(value)
    try:
        return value_of(base.replaced({name: value}), name)
    except (ConfigError, UnknownNameError):
        return value  # wrong on its own; the plan tells whether it is in its condition


def value_of(experiment: Experiment, name: str) -> Any:
    """Gives the value of a setting by its dotted name."""
    value: Any = experiment
    for part in name.split("."):
        value = getattr(value, part)
    return value


def plain(value: Any) -> Any:
    """Gives a value as TOML and JSON hold it."""
    if isinstance(value, Range):
        return value.as_dict()
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return NONE if value is None else value


def parse_vary(text: str) -> tuple[str, Values]:
    """Reads what the command line varies.

    Args:
        text: name=values: commas between values or lists, or a TOML array of values, or for a
            range an inline table.

    Raises:
        ConfigError: If it cannot be read so.

    >>> parse_vary("recipe.learning_rate=0.01,0.05")
    ('recipe.learning_rate', (0.01, 0.05))
    >>> parse_vary("net.hidden=[[50],[100,100]]")
    ('net.hidden', ((50,), (100, 100)))
    >>> parse_vary("net.hidden=50,[100,100]")
    ('net.hidden', (50, (100, 100)))
    >>> parse_vary("recipe.momentum={low=0, high=0.9}")
    ('recipe.momentum', Range(low=0, high=0.9, log=False))
    """
    name, equals, values = text.partition("=")
    name, values = name.strip(), values.strip()
    if not name or not equals:
        raise ConfigError(
            f'"{text}" varies nothing.',
            expected="name=values, such as recipe.learning_rate=0.01,0.05 or "
            "'net.hidden=[[50],[100,100]]'",
        )
    if "[" not in values and not values.startswith("{"):
        return name, tuple(_literal(part.strip()) for part in values.split(",") if part.strip())
    with contextlib.suppress(ValueError, RecursionError):  # commas between lists: 50,[100,100]
        listed = tomllib.loads(f"values = [{values}]")["values"]
        if len(listed) > 1:
            return name, frozen(listed)
    try:
        read = tomllib.loads(f"values = {values}")["values"]
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f'"{text}" cannot be read: {str(error).splitlines()[0]}.',
            expected="a TOML array of values, or a table such as {low=0.001, high=1, log=true}",
        ) from None
    return name, as_range(name, read) if isinstance(read, Mapping) else frozen(read)


def as_range(name: str, table: Mapping[str, Any]) -> Range:
    """Reads a range from a table.

    Raises:
        ConfigError: If the table is not one of low, high and perhaps log.
    """
    if not {"low", "high"} <= table.keys() <= {"low", "high", "log"}:
        raise ConfigError(
            f'"{name}": this table is not a range.',
            expected="low, high and perhaps log, such as {low=0.001, high=1, log=true}",
            got=", ".join(map(str, table)) or "nothing",
        )
    return Range(table["low"], table["high"], table.get("log", False))


def _literal(text: str) -> Any:
    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):  # not TOML: a bare word
        return text
    return read["value"] if list(read) == ["value"] else text
