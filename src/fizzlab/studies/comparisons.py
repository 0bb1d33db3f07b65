"""Which conditions can be told apart: differences seed by seed, corrected for their number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from fizzlab.studies.statistics import ConditionSummary, Statistics

ALPHA = 0.05
MAX_ALL_PAIRS = 60  # conditions up to which all pairs are compared; beyond, all with the best
POWER = 0.8
MAX_EFFECT = 20.0  # beyond, two or three seeds do, and the noncentral t overflows


@dataclass(frozen=True)
class Difference:
    """One condition minus another, over the seeds that both finished.

    Attributes:
        one: The one.
        other: The other.
        n: Seeds that both finished.
        mean: Mean difference.
        sd: Standard deviation of the differences.
        low: Lower end of its interval, corrected as p is: it leaves 0 out where p is below 5 %.
        high: Its upper end.
        p: Paired t-test, two-sided, corrected for the number of comparisons (Holm 1979); None
            where there are fewer than two seeds.
    """

    one: ConditionSummary
    other: ConditionSummary
    n: int
    mean: float
    sd: float
    low: float
    high: float
    p: float | None

    @property
    def told_apart(self) -> bool:
        """Whether the two can be told apart at the 5 % level."""
        return self.p is not None and self.p < ALPHA


def differences(found: Statistics, column: str | None = None) -> list[Difference]:
    """Compares conditions seed by seed: all pairs, or all with the best if there are many.

    Where a stream is pinned, none are compared: its seeds are not a sample of what it decides.

    Args:
        found: The statistics of a study.
        column: What is compared; the study's metric if None.
    """
    if found.has_pinned_streams:
        return []
    conditions, table = found.conditions, found.by_seed(column or found.metric)
    places = {condition.number: place for place, condition in enumerate(conditions)}
    pairs = _pairs(found)
    gaps = [table[:, places[a.number]] - table[:, places[b.number]] for a, b in pairs]
    gaps = [gap[np.isfinite(gap)] for gap in gaps]
    raw = [p_value(gap) for gap in gaps]
    corrected = holm(raw, math.comb(len(conditions), 2))
    shares = _shares_of_alpha(raw, corrected)
    return [
        Difference(a, b, len(gap), *_mean_and_interval(gap, 1 - share), p=p)
        for (a, b), gap, p, share in zip(pairs, gaps, corrected, shares, strict=True)
    ]


def _pairs(found: Statistics) -> list[tuple[ConditionSummary, ConditionSummary]]:
    if len(found.conditions) <= MAX_ALL_PAIRS:
        return list(combinations(found.conditions, 2))
    return [(found.ranking[0], other) for other in found.ranking[1:]]


def p_value(gaps: np.ndarray) -> float | None:
    """Gives the p value of a mean difference of 0: paired t-test, two-sided; None below 2 seeds.

    Where all differences are the same, the t-test has nothing to divide by: the sign test then.
    """
    from scipy.stats import binomtest, ttest_1samp

    if len(gaps) < 2:
        return None
    if np.ptp(gaps) > 1e-12:
        test: Any = ttest_1samp(gaps, 0.0)
        return float(test.pvalue)
    return 1.0 if abs(gaps[0]) <= 1e-12 else float(binomtest(0, len(gaps)).pvalue)


def _shares_of_alpha(raw: list[float | None], corrected: list[float | None]) -> list[float]:
    """Gives the share of the 5 % level that each interval has, so that it agrees with p."""
    ranked = sorted(value for value in raw if value is not None)
    shares = []
    for value, after in zip(raw, corrected, strict=True):
        left = len(ranked) - ranked.index(value) if value is not None else 1
        factor = max(after / value, left) if value and after is not None else left
        shares.append(ALPHA / factor)
    return shares


def _mean_and_interval(gaps: np.ndarray, confidence: float) -> tuple[float, float, float, float]:
    """Gives mean, standard deviation and interval of the mean of differences."""
    from scipy.stats import ttest_1samp

    mean = float(gaps.mean()) if len(gaps) else math.nan
    if len(gaps) < 2:
        return mean, 0.0, -math.inf, math.inf
    if np.ptp(gaps) <= 1e-12:
        return mean, 0.0, mean, mean
    test: Any = ttest_1samp(gaps, 0.0)
    interval = test.confidence_interval(confidence)
    return mean, float(gaps.std(ddof=1)), float(interval.low), float(interval.high)


def holm(values: Sequence[float | None], comparisons: int) -> list[float | None]:
    """Corrects p values for the number of comparisons (Holm 1979).

    Args:
        values: Uncorrected p values; None for none.
        comparisons: How many there would be in all, where only some were made: the values are
            then corrected for all of them (Bonferroni), for the best was chosen among all.
    """
    from statsmodels.stats.multitest import multipletests

    there = [value for value in values if value is not None]
    if not there:
        return list(values)
    if comparisons > len(values):
        return [None if value is None else min(1.0, value * comparisons) for value in values]
    corrected = iter(np.asarray(multipletests(there, method="holm")[1]).tolist())
    return [None if value is None else next(corrected) for value in values]


def seeds_needed(size: float, sd: float, comparisons: int = 1) -> int | None:
    """Tells how many seeds would settle a difference: paired t-test, power 80 %.

    Args:
        size: The difference to be seen.
        sd: Standard deviation of the differences between two conditions, seed by seed.
        comparisons: Number of comparisons that the 5 % level is shared by.

    Returns:
        The number of seeds, at least 2; None if there is no spread or no difference.
    """
    from statsmodels.stats.power import TTestPower

    if not (sd > 0 and size != 0 and math.isfinite(size)):
        return None
    solver, effect = TTestPower(), min(abs(size) / sd, MAX_EFFECT)
    alpha = ALPHA / max(1, comparisons)
    for n in range(2, 20):  # the solver's search fails at a few degrees of freedom
        if solver.power(effect, n, alpha) >= POWER:
            return n
    return math.ceil(solver.solve_power(effect, alpha=alpha, power=POWER))


@dataclass(frozen=True)
class Power:
    """How many seeds a difference takes.

    Attributes:
        size: The difference.
        seeds: Seeds of each condition; None if the nets do not differ at all.
    """

    size: float
    seeds: int | None


def power(
    found: Sequence[Difference], comparisons: int, sizes: Sequence[float] = (0.01, 0.02, 0.05)
) -> list[Power]:
    """Tells how many seeds would settle differences of given sizes, at this study's spread.

    Args:
        found: The study's differences.
        comparisons: For how many comparisons p is corrected.
        sizes: The differences to be seen.
    """
    spreads = [difference.sd for difference in found if difference.sd > 0]
    sd = float(np.median(spreads)) if spreads else 0.0
    return [Power(size, seeds_needed(size, sd, comparisons)) for size in sizes]
