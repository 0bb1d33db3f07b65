"""What a plan is given, in its own form, and what is wrong with it, all of it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from fizzlab.errors import ConfigError, FizzlabError, UnknownNameError
from fizzlab.experiment import Experiment
from fizzlab.randomness import MAX_SEED
from fizzlab.studies.vary import (
    Range,
    Values,
    as_range,
    canonical,
    field_problem,
    frozen,
    plain,
    takes_numbers,
)

if TYPE_CHECKING:
    from fizzlab.studies.plan import Plan

_GROUP = re.compile(r'^"[a-z]+": ')  # a problem of several settings together names their group
MAX_TOLD = 20  # problems listed
MAX_VALUES = 1000  # of a setting, tried on their own


def number_problems(plan: Plan) -> list[str]:
    """Tells which numbers of a plan are out of bounds."""
    bounds = {"seeds": (1, MAX_SEED + 1), "first_seed": (0, MAX_SEED), "random_seed": (0, MAX_SEED)}
    if plan.random is not None:
        bounds["random"] = (1, MAX_SEED)
    problems = []
    for name, (low, high) in bounds.items():
        value = getattr(plan, name)
        if type(value) is not int or not low <= value <= high:
            problems.append(f'"{name}": expected an integer from {low} to {high}, got {value!r}')
    if not problems and plan.first_seed + plan.seeds - 1 > MAX_SEED:
        problems.append(f'"seeds": the last seed would be above {MAX_SEED}')
    return problems


def values_problems(base: Experiment, name: str, values: Values, *, drawn: bool) -> list[str]:
    """Tells what is wrong with the values, or the range, of a setting.

    Args:
        base: What all nets have in common.
        name: The setting's dotted name.
        values: What it is varied over.
        drawn: Whether conditions are drawn at random.
    """
    if isinstance(values, Range):
        if not drawn:
            return [f'"{name}": a range needs a number of conditions to draw (--random N)']
        if not takes_numbers(name):
            return [f'"{name}": only numbers can be drawn from a range; give values']
        return [f'"{name}": {problem}'] if (problem := values.problem()) else []
    if not values:
        return [f'"{name}": the grid is empty: expected at least one value']
    twice = [value for place, value in enumerate(values) if value in values[:place]]
    problems = [f'"{name}": {plain(twice[0])} is given twice'] if twice else []
    for value in values[:MAX_VALUES]:
        try:
            base.replaced({name: value})
        except ConfigError as error:
            lines = told(error, {})
            problems += [line for line in lines if line.startswith(f'"{name}"')]
    return problems


def with_each_value(sizes: list[int]) -> Iterator[int]:
    """Gives the numbers of conditions that have each value once, the others being the first."""
    for place, size in enumerate(sizes):
        step = prod(sizes[place + 1 :])
        yield from (value * step for value in range(size))


def told(error: FizzlabError, condition: Mapping[str, Any]) -> Iterator[str]:
    """Gives the problems of a condition one by one, each with the settings that it is about."""
    for line in error.problem.splitlines():
        text = _GROUP.sub("", line.strip().removeprefix("- "))
        if not line.startswith("  - "):
            if isinstance(error, UnknownNameError):
                yield text
        elif not condition or text.startswith(tuple(f'"{name}"' for name in condition)):
            yield text
        else:
            settings = ", ".join(f"{name} = {plain(value)}" for name, value in condition.items())
            yield f"{settings}: {text}" if settings else text


def plan_error(problems: list[str]) -> ConfigError:
    """Gives one error that lists every problem of a plan."""
    count = "A setting" if len(problems) == 1 else f"{len(problems)} settings"
    shown = "\n".join(f"  - {text}" for text in problems[:MAX_TOLD])
    more = f"\n  … and {len(problems) - MAX_TOLD} more" if len(problems) > MAX_TOLD else ""
    return ConfigError(
        f"{count} of the plan {'is' if len(problems) == 1 else 'are'} wrong:\n{shown}{more}",
        fix="all settings, their bounds and defaults: `fizzlab presets --settings`",
    )


def as_values(base: Experiment, name: str, given: Any) -> Values:
    """Gives values as a tuple, as the experiment holds them; a table as a `Range`."""
    if isinstance(given, Mapping):
        return as_range(name, given)
    if isinstance(given, Range):
        return given
    if not isinstance(given, list | tuple):
        given = (given,)
    if field_problem(name):
        return frozen(given)
    return tuple(canonical(base, name, value) for value in given)


def as_condition(base: Experiment, given: Any, problems: list[str]) -> tuple[tuple[str, Any], ...]:
    """Gives the settings of a listed condition as pairs.

    Args:
        base: What all nets have in common.
        given: A table of settings.
        problems: Where it is noted if it is none.
    """
    try:
        pairs = dict(given).items()
    except (TypeError, ValueError):
        problems.append(f"expected a table of settings for a condition, got {given!r}")
        return ()
    known = [(name, value) for name, value in pairs if not field_problem(str(name))]
    unknown = [(str(name), frozen(value)) for name, value in pairs if field_problem(str(name))]
    return (*((name, canonical(base, name, value)) for name, value in known), *unknown)
