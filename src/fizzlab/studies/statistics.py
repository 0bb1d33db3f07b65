"""What a study says, with intervals: summaries of conditions, paired differences, what matters.

All formulas are scipy's and statsmodels'. Accuracies are summed up over the nets that did not
diverge, and those that did are counted beside them; where conditions are ranked, a diverged net
counts as all wrong, and its loss as infinite. The ranking never sees the test set.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fizzlab.evaluation import binomial_interval
from fizzlab.studies.forward import SPLITS
from fizzlab.studies.results import Study

if TYPE_CHECKING:
    import polars as pl

RESAMPLES = 2000
MAX_BCA = 2000  # values; its jackknife takes the square of that
CONFIDENCE = 0.95
METRICS = ("validation_accuracy", "test_accuracy", "train_accuracy")
COLUMNS = (*METRICS, *(f"{split}_loss" for split in SPLITS))  # that are summed up


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds.

    Attributes:
        n: Number of nets.
        mean: Their mean.
        sd: Their standard deviation; 0 for one net.
        low: Lower end of the 95 % interval of the mean (bootstrap, BCa).
        high: Its upper end.
    """

    n: int
    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True)
class ConditionSummary:
    """What the nets of a condition gave.

    Attributes:
        number: Its number in the plan.
        settings: What is set, by dotted name.
        nets: Nets trained.
        diverged: Nets whose loss became NaN or infinite.
        perfect: Nets without a wrong test integer; None without a test set.
        perfect_interval: Exact 95 % interval of their share (Clopper and Pearson 1934).
        estimates: By column: accuracies and losses; absent where there is no value.
        rank_value: By which it is ranked; lower is better.
    """

    number: int
    settings: dict[str, Any]
    nets: int
    diverged: int
    perfect: int | None
    perfect_interval: tuple[float, float] | None
    estimates: dict[str, Estimate]
    rank_value: float


def estimate(values: Sequence[float] | np.ndarray) -> Estimate | None:
    """Gives mean, spread and a bootstrap interval of the mean; None for no values.

    The interval is BCa (Efron, "Better bootstrap confidence intervals", JASA 1987) from a fixed
    seed; above 2000 values the plain percentiles of the bootstrap, which agree with it there.
    Values that are all the same have no spread: the interval is that value.
    """
    found = np.asarray(values, dtype=np.float64)
    found = found[np.isfinite(found)]
    if not len(found):
        return None
    mean = float(found.mean())
    if len(found) == 1 or np.ptp(found) <= 1e-12 * max(1.0, abs(mean)):
        mean = float(found[0])
        return Estimate(len(found), mean, 0.0, mean, mean)
    from scipy.stats import bootstrap

    few = len(found) <= MAX_BCA
    interval = bootstrap(
        (found,),
        np.mean,
        n_resamples=RESAMPLES if few else RESAMPLES // 4,
        confidence_level=CONFIDENCE,
        method="BCa" if few else "percentile",
        rng=np.random.default_rng(0),
        batch=max(1, 500_000 // len(found)),
    ).confidence_interval
    low, high = float(interval.low), float(interval.high)
    return Estimate(len(found), mean, float(found.std(ddof=1)), min(low, mean), max(high, mean))


@dataclass(frozen=True)
class Statistics:
    """The statistics of a study.

    Attributes:
        study: The study.
    """

    study: Study

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row a net, see `Study.measured`."""
        return self.study.measured()

    @cached_property
    def metric(self) -> str:
        """The column by which conditions are compared: validation accuracy if there is one.

        Without a validation set it is the test accuracy, which then compares but ranks nothing.
        """
        return next((name for name in METRICS if self.frame[name].count()), METRICS[-1])

    @property
    def ranked_by(self) -> str:
        """The column that ranks conditions: validation accuracy, else the training loss."""
        has_validation = self.frame["validation_accuracy"].count() > 0
        return "validation_accuracy" if has_validation else "train_loss"

    @cached_property
    def conditions(self) -> list[ConditionSummary]:
        """What each condition gave, in the order of the plan."""
        columns = ["condition", "diverged", "perfect", *COLUMNS]
        tables = self.frame.select(columns).partition_by("condition", as_dict=True)
        found = {key[0]: part for key, part in tables.items()}
        return [self._summary(number, found[number]) for number in sorted(found)]

    def _summary(self, number: int, nets: pl.DataFrame) -> ConditionSummary:
        means = {name: estimate(nets[name].drop_nulls().to_numpy()) for name in COLUMNS}
        has_test = nets["perfect"].count() > 0
        perfect = int(nets["perfect"].sum()) if has_test else None
        return ConditionSummary(
            number,
            self.study.plan.condition(number),
            nets=len(nets),
            diverged=nets["diverged"].count(),
            perfect=perfect,
            perfect_interval=None if perfect is None else binomial_interval(perfect, len(nets)),
            estimates={name: found for name, found in means.items() if found is not None},
            rank_value=self._rank_value(nets),
        )

    def _rank_value(self, nets: pl.DataFrame) -> float:
        worst = math.inf if self.ranked_by == "train_loss" else 0.0
        mean = float(nets[self.ranked_by].fill_null(worst).to_numpy().mean())
        return mean if self.ranked_by == "train_loss" else -mean

    @cached_property
    def ranking(self) -> list[ConditionSummary]:
        """The conditions, best first, as validation accuracy (or training loss) ranks them."""
        return sorted(self.conditions, key=self._rank_key)

    def _rank_key(self, condition: ConditionSummary) -> tuple[float, int, float, int]:
        """Of equal values, as where some net of each diverged, fewer diverged nets come first."""
        finished = condition.estimates.get(self.ranked_by)
        mean = math.inf if finished is None else finished.mean
        mean = mean if self.ranked_by == "train_loss" else -mean
        return condition.rank_value, condition.diverged, mean, condition.number

    @property
    def has_pinned_streams(self) -> bool:
        """Whether a stream is pinned in some condition: its mean is then that of one draw."""
        return any(name.startswith("streams.") for name in self.study.plan.names)

    @property
    def best(self) -> ConditionSummary | None:
        """The first of the ranking; None where there is nothing to choose from, or by."""
        if self.has_pinned_streams or len(self.conditions) < 2:
            return None
        return self.ranking[0]

    def by_seed(self, name: str) -> np.ndarray:
        """Gives a column as a table of seeds (rows) and conditions; NaN where there is no value."""
        numbers = {c.number: place for place, c in enumerate(self.conditions)}
        first = self.study.plan.first_seed
        seeds = self.frame["seed"].to_numpy() - first
        table = np.full((int(seeds.max()) + 1 if len(seeds) else 0, len(numbers)), np.nan)
        columns = [numbers[number] for number in self.frame["condition"]]
        table[seeds, columns] = self.frame[name].cast(float).fill_null(np.nan).to_numpy()
        return table
