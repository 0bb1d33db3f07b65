"""What a study says, in sentences: each with how it is known, and what cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from fizzlab.studies.comparisons import Difference, Power, differences, power
from fizzlab.studies.factors import Effect, effects
from fizzlab.studies.naming import parts, short_name, told_settings
from fizzlab.studies.results import Study
from fizzlab.studies.statistics import ConditionSummary, Statistics
from fizzlab.studies.texts import counted, number, texts, whole

MAX_PAIRS = 3  # named in a sentence
MAX_NAMED = 8  # conditions named in a sentence
MAX_LINE = 30  # characters of a line that names a condition


@dataclass(frozen=True)
class Findings:
    """What a study says.

    Attributes:
        study: The study; it holds at least one net.
        language: Of the sentences: "en" or "fr".
    """

    study: Study
    language: str = "en"

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The texts in the language."""
        return texts(self.language)

    @cached_property
    def statistics(self) -> Statistics:
        """Summaries and ranking."""
        return Statistics(self.study)

    @cached_property
    def differences(self) -> list[Difference]:
        """Paired differences."""
        return differences(self.statistics)

    @cached_property
    def ranking_differences(self) -> list[Difference]:
        """The same by the column that ranks."""
        if self.statistics.ranked_by == self.statistics.metric:
            return self.differences
        return differences(self.statistics, self.statistics.ranked_by)

    @cached_property
    def effects(self) -> list[Effect]:
        """What matters most."""
        return effects(self.statistics)

    @cached_property
    def power(self) -> list[Power]:
        """How many seeds would settle a difference."""
        return power(self.differences, self.num_comparisons)

    @cached_property
    def wrong_of_tested(self) -> dict[int, tuple[int, int]]:
        """See `Study.wrong_of_tested`."""
        return self.study.wrong_of_tested()

    @property
    def num_comparisons(self) -> int:
        """For how many comparisons p is corrected: all pairs, though only some may be made."""
        return math.comb(len(self.statistics.conditions), 2)

    @property
    def metric(self) -> str:
        """The metric, in words."""
        return self.words[self.statistics.metric]

    def number(self, value: float | None, digits: int = 3) -> str:
        """Gives a number in the language."""
        return number(value, self.words, digits)

    def count(self, key: str, count: int) -> str:
        """Counts things in the language: "1 net", "200 nets"."""
        return counted(key, count, self.words)

    def say(self, key: str, **values: object) -> str:
        """Fills in a text; numbers are written in the language."""
        return self.words[key].format(**{name: self._said(v) for name, v in values.items()})

    def _said(self, value: object) -> object:
        if isinstance(value, float):
            return self.number(value)
        return whole(value, self.words) if type(value) is int else value

    def parts(self, condition: ConditionSummary) -> list[str]:
        """Gives each setting that names a condition: "learning rate 0.05".

        Where nothing is varied, it is the experiment that has a name.
        """
        told = parts(told_settings(self.study.plan, condition.settings), self.words)
        return told or [self.study.plan.experiment.name]

    def label(self, condition: ConditionSummary) -> str:
        """Gives a condition in a few characters: "learning rate 0.05, hidden 100"."""
        return ", ".join(self.parts(condition))

    def in_lines(self, condition: ConditionSummary) -> str:
        """Gives a condition in short lines, broken between its settings."""
        lines = [""]
        for part in self.parts(condition):
            joined = f"{lines[-1]}, {part}" if lines[-1] else part
            if len(joined) <= MAX_LINE or not lines[-1]:
                lines[-1] = joined
            else:
                lines.append(part)
        return "\n".join(lines)

    def how_known(self) -> str:
        """Says how everything here is known."""
        plan, study = self.study.plan, self.study
        return self.say(
            "sampled",
            seeds=self.count("n_seeds", plan.seeds),
            first=str(plan.first_seed),
            conditions=self.count("each_condition", len(self.statistics.conditions)),
            trained=study.trained,
            nets=self.count("n_nets", plan.nets),
            diverged=study.diverged,
        )

    def sentences(self) -> list[str]:
        """Gives what can be said, the most important first."""
        found = self._of_one() if len(self.statistics.conditions) == 1 else self._of_many()
        if not self.study.is_complete:
            left = self.study.plan.nets - self.study.trained
            found.append(self.say("partial", left=self.count("nets_left", left)))
        if damaged := self.study.damaged:
            names = ", ".join(path.name for path, _ in damaged)
            files = self.count("files_left_out", len(damaged))
            found.append(self.say("damaged", files=files, names=names))
        return found

    def _of_one(self) -> list[str]:
        only, said = self.statistics.conditions[0], []
        for name in ("test_accuracy", "validation_accuracy"):
            if e := only.estimates.get(name):
                said.append(
                    self.say(
                        "one",
                        metric=self.words[name],
                        nets=self.count("n_nets", e.n),
                        mean=e.mean,
                        low=e.low,
                        high=e.high,
                        sd=e.sd,
                    )
                )
        if only.perfect is not None and only.perfect_interval:
            low, high = only.perfect_interval
            share = only.perfect / only.nets
            said.append(
                self.say(
                    "perfect_one",
                    perfect=only.perfect,
                    nets=self.count("n_nets", only.nets),
                    share=share,
                    low=low,
                    high=high,
                )
            )
        return said

    def _of_many(self) -> list[str]:
        said = self._spreads() or [*self._best(), *self._pairs(), *self._effects()]
        if self.study.plan.seeds < 2:
            said.append(self.words["few"])
        if self.statistics.best is None:
            return said
        if self.statistics.metric == "test_accuracy":
            said.append(self.words["no_validation"])
        elif self.statistics.frame["test_accuracy"].count():
            said.append(self.words["looked"])
        return said

    def _best(self) -> list[str]:
        best, ranked = self.statistics.best, self.statistics.ranked_by
        if best is None or not (e := best.estimates.get(ranked)):
            return []
        said = [
            self.say(
                "best",
                ranked=self.words[ranked],
                label=self.label(best),
                mean=e.mean,
                low=e.low,
                high=e.high,
            )
        ]
        if test := best.estimates.get("test_accuracy"):
            said.append(self.say("best_test", mean=test.mean, low=test.low, high=test.high))
        if alike := self.alike(best.number):
            shown = [*map(self.label, alike[:MAX_NAMED]), *["…"] * (len(alike) > MAX_NAMED)]
            said.append(
                self.say(
                    "best_not_alone",
                    ranked=self.words[ranked],
                    labels=self.words["and"].join(shown),
                )
            )
        return said

    def alike(self, condition: int) -> list[ConditionSummary]:
        """Gives the conditions that cannot be told apart from one, by what ranks them."""
        found = []
        for d in self.ranking_differences:
            if not d.told_apart and condition in (d.one.number, d.other.number):
                found.append(d.other if d.one.number == condition else d.one)
        return found

    def _pairs(self) -> list[str]:
        apart = sorted((d for d in self.differences if d.told_apart), key=lambda d: -abs(d.mean))
        rest, said = [d for d in self.differences if not d.told_apart], []
        comparisons = self.count("n_comparisons", self.num_comparisons)
        if apart:
            pairs = self._listed([self._pair(d) for d in apart])
            said.append(self.say("apart", metric=self.metric, comparisons=comparisons, pairs=pairs))
        elif self.differences:
            all_pairs = len(self.differences) == self.num_comparisons
            key = "none_apart" if all_pairs else "none_from_best"
            said.append(self.say(key, metric=self.metric, comparisons=comparisons))
        if rest and apart:
            named = [
                self.say("not_pair", one=self.label(d.one), other=self.label(d.other)) for d in rest
            ]
            said.append(self.say("not_apart", metric=self.metric, pairs=self._listed(named)))
        if rest and (wanted := [p for p in self.power if p.seeds]):
            shown = wanted[len(wanted) // 2]
            size = self.number(shown.size, 2)
            seeds = self.count("n_seeds", shown.seeds or 0)
            said.append(self.say("power", size=size, metric=self.metric, seeds=seeds))
        return said

    def _pair(self, d: Difference) -> str:
        one, other, mean, low, high = d.one, d.other, d.mean, d.low, d.high
        if mean < 0:
            one, other, mean, low, high = other, one, -mean, -high, -low
        return self.say(
            "pair", one=self.label(one), other=self.label(other), mean=mean, low=low, high=high
        )

    def _listed(self, pairs: list[str]) -> str:
        more = len(pairs) - MAX_PAIRS
        shown = pairs[:MAX_PAIRS] + ([self.say("more_pairs", n=more)] if more > 0 else [])
        return self.words["and"].join(shown)

    def _spreads(self) -> list[str]:
        """Compares spreads where a stream is pinned: the means there are those of one draw."""
        if not self.statistics.has_pinned_streams:
            return []
        metric, said = self.statistics.metric, []
        for condition in self.statistics.conditions[:MAX_NAMED]:
            if e := condition.estimates.get(metric):
                said.append(f"{self.label(condition)}{self.words['colon']}{self.number(e.sd)}")
        spreads = self.words["and"].join(said)
        return [self.say("pinned", metric=self.metric, spreads=spreads)] if said else []

    def _effects(self) -> list[str]:
        if len(self.study.plan.names) < 2 or not self.effects:
            return []
        said = []
        for effect in self.effects[:4]:
            names = " × ".join(short_name(name, self.words) for name in effect.names)
            unsure = effect.p is None or effect.p >= 0.05
            sure = self.say("not_sure", p=self.number(effect.p, 2)) if unsure else ""
            key = "effect" if len(effect.names) == 1 else "effect_both"
            share = self.number(100 * effect.eta_squared, 0)
            said.append(self.say(key, names=names, share=share, sure=sure))
        return [self.say("effects", metric=self.metric, shares=self.words["and"].join(said))]
