"""`Plan`: which nets a study trains: one experiment, its variations, and the seeds of each.

Every condition gets the same seeds, so that conditions can be compared seed by seed. The nets are
numbered seed by seed, all conditions of one seed after the other: a study that is cut short has
nearly the same seeds of every condition.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

from fizzlab.data import is_file
from fizzlab.errors import ConfigError, UnknownNameError, UsageError
from fizzlab.experiment import Experiment
from fizzlab.randomness import random_words
from fizzlab.studies.problems import (
    as_condition,
    as_values,
    number_problems,
    plan_error,
    told,
    values_problems,
    with_each_value,
)
from fizzlab.studies.vary import Range, field_problem, is_whole, plain

DEFAULT = Experiment()
DEFAULT_SEEDS = 100
MAX_NETS = 10_000_000  # more must be asked for twice
MAX_CHECKED = 2000  # conditions that are built before the first net is trained
DRAWN = 3  # purpose, in the stream `subset`, of the words that random conditions are drawn from

Condition = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Which nets a study trains.

    Args:
        experiment: What all nets have in common; its seed is that of the plan.
        seeds: Nets of each condition.
        first_seed: The first of their seeds; the others follow it.
        vary: Values, or a `Range`, for each setting that is varied, by dotted name. All
            combinations make a grid.
        random: Draw this many conditions from `vary`, instead of the grid.
        random_seed: Seed of that draw.
        conditions: A list of conditions instead, each with its settings by dotted name.

    Raises:
        ConfigError: If something in it is wrong; all problems are listed at once.

    >>> plan = Plan(seeds=2, vary={"recipe.learning_rate": [0.1, 0.2]})
    >>> [(index, number, e.seed, e.recipe.learning_rate) for index, number, e in plan]
    [(0, 0, 0, 0.1), (1, 1, 0, 0.2), (2, 0, 1, 0.1), (3, 1, 1, 0.2)]
    """

    experiment: Experiment = DEFAULT
    seeds: int = DEFAULT_SEEDS
    first_seed: int = 0
    vary: Any = ()
    random: int | None = None
    random_seed: int = 0
    conditions: Any = ()

    def __post_init__(self) -> None:
        problems = number_problems(self)
        if not problems:
            common = self.experiment.model_copy(update={"seed": self.first_seed})
            object.__setattr__(self, "experiment", common)
        pairs = dict(self.vary).items()
        vary = tuple((name, as_values(self.experiment, name, given)) for name, given in pairs)
        listed = tuple(as_condition(self.experiment, given, problems) for given in self.conditions)
        object.__setattr__(self, "vary", vary)
        object.__setattr__(self, "conditions", listed)
        problems += self._vary_problems()
        cached: Callable[[int], Experiment] = lru_cache(maxsize=4096)(self._built)
        object.__setattr__(self, "_cached", cached)
        if not problems:
            problems = self._condition_problems()
        if problems:
            raise plan_error(problems)

    def __reduce__(self) -> Any:
        return Plan, tuple(getattr(self, name) for name in self.__dataclass_fields__)

    @property
    def names(self) -> tuple[str, ...]:
        """The dotted names of the settings that are varied."""
        if self.conditions:
            return tuple(dict.fromkeys(name for given in self.conditions for name, _ in given))
        return tuple(name for name, _ in self.vary)

    @property
    def is_grid(self) -> bool:
        """Whether the conditions are all combinations of values."""
        return self.random is None and not self.conditions

    @property
    def num_conditions(self) -> int:
        """The number of conditions; 1 if nothing is varied."""
        if self.conditions:
            return len(self.conditions)
        if self.random is not None:
            return self.random
        return prod(len(values) for _, values in self.vary if isinstance(values, tuple))

    @property
    def nets(self) -> int:
        """The number of nets in all."""
        return self.seeds * self.num_conditions

    def __iter__(self) -> Iterator[tuple[int, int, Experiment]]:
        """Gives the index of each net, the number of its condition, and its experiment."""
        for index in range(self.nets):
            yield index, index % self.num_conditions, self.experiment_at(index)

    def seed_at(self, index: int) -> int:
        """Gives the seed of a net."""
        return self.first_seed + index // self.num_conditions

    def experiment_at(self, index: int) -> Experiment:
        """Gives the experiment of a net.

        Raises:
            ConfigError: If the settings of its condition do not fit together.
        """
        made = self.experiment_of_condition(index % self.num_conditions)
        return made.model_copy(update={"seed": self.seed_at(index)})

    def experiment_of_condition(self, number: int) -> Experiment:
        """Gives the experiment of a condition, with the first seed.

        Raises:
            ConfigError: If its settings do not fit together.
        """
        return self._cached(number)  # type: ignore[attr-defined]

    def condition(self, number: int) -> Condition:
        """Gives the settings of a condition, by dotted name."""
        if self.conditions:
            return dict(self.conditions[number])
        if self.random is not None:
            return self._drawn(number)
        chosen, rest = {}, number
        for name, values in reversed(self.vary):
            rest, place = divmod(rest, len(values))
            chosen[name] = values[place]
        return dict(reversed(chosen.items()))

    def _drawn(self, number: int) -> Condition:
        """Draws a condition: two words a setting, as a number from 0 to below 1 of 53 bits."""
        words = random_words(self.random_seed, "subset", 2 * len(self.vary), number, DRAWN)
        high, low = words[0::2].astype(int) >> 5, words[1::2].astype(int) >> 6
        drawn = {}
        for (name, values), share in zip(self.vary, ((high << 26) + low) / 2.0**53, strict=True):
            if isinstance(values, Range):
                drawn[name] = values.at(float(share), whole=is_whole(name))
            else:
                drawn[name] = values[int(share * len(values))]
        return drawn

    def _built(self, number: int) -> Experiment:
        return self.experiment.replaced(self.condition(number))

    def _vary_problems(self) -> list[str]:
        problems = [problem for name in self.names if (problem := field_problem(name))]
        for name, values in self.vary:
            if not field_problem(name):
                problems += values_problems(
                    self.experiment, name, values, drawn=self.random is not None
                )
        if self.conditions and (self.vary or self.random is not None):
            problems.append("a list of conditions goes without vary and random")
        if self.random is not None and not self.vary:
            problems.append("a random search needs settings to vary, with values or ranges")
        return problems

    def _condition_problems(self) -> list[str]:
        """Builds the first conditions, and one with each value; tells what is wrong, once each."""
        numbers = [*range(min(self.num_conditions, MAX_CHECKED))]
        if self.is_grid and self.num_conditions > MAX_CHECKED:
            numbers += with_each_value([len(values) for _, values in self.vary])
        problems: dict[str, None] = {}
        for number in dict.fromkeys(numbers):
            try:
                self.experiment_of_condition(number)
            except (ConfigError, UnknownNameError) as error:
                problems |= dict.fromkeys(told(error, self.condition(number)))
        return list(problems)

    def check(self, *, yes: bool = False) -> None:
        """Makes sure that the study can be begun: its size, and the data of its conditions.

        Args:
            yes: Whether a very large study is meant.

        Raises:
            UsageError: If there are more than `MAX_NETS` nets and `yes` is not given.
            DataError: If a condition's data cannot be used.
            IntegerError: If an integer does not fit the encoding.
        """
        if self.nets > MAX_NETS and not yes:
            raise UsageError(
                f"This plan trains {self.nets:,} nets.",
                expected=f"at most {MAX_NETS:,}",
                fix="vary less, take fewer seeds, or say --yes if you mean it",
            )
        checked = set()
        for number in range(min(self.num_conditions, MAX_CHECKED)):
            made = self.experiment_of_condition(number)
            if made.data not in checked:
                checked.add(made.data)
                made.splits()

    def tree(self) -> dict[str, Any]:
        """Gives the plan as TOML and JSON hold it."""
        tree: dict[str, Any] = {"seeds": self.seeds, "first_seed": self.first_seed}
        if self.random is not None:
            tree |= {"random": self.random, "random_seed": self.random_seed}
        if self.vary:
            tree["vary"] = {name: plain(values) for name, values in self.vary}
        if self.conditions:
            tree["conditions"] = [
                {name: plain(value) for name, value in given} for given in self.conditions
            ]
        return tree | {"experiment": self.experiment.model_dump(mode="json", exclude_none=True)}

    @property
    def hash(self) -> str:
        """A hash of everything that decides which nets are trained: 64 hexadecimal digits.

        Where a CSV file lies does not count once its content has a hash.
        """
        tree = self.tree()
        for name in ("train", "test"):
            if is_file(tree["experiment"]["data"][name]) and (
                tree["experiment"]["data"].get(f"{name}_sha256")
            ):
                tree["experiment"]["data"][name] = "csv"
        return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()
