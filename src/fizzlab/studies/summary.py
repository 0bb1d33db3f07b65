"""The results of a study as documents, for machines."""

from __future__ import annotations

import math
from typing import Any

from pydantic import Field

from fizzlab.configuration import Document
from fizzlab.studies.comparisons import Difference
from fizzlab.studies.findings import Findings
from fizzlab.studies.statistics import ConditionSummary, Estimate
from fizzlab.studies.vary import plain


class Mean(Document):
    """A mean over the nets of a condition that did not diverge."""

    mean: float
    low: float = Field(description="lower end of its 95 % interval (bootstrap, BCa)")
    high: float = Field(description="upper end")
    sd: float = Field(description="standard deviation from net to net")
    nets: int = Field(description="nets that it is of")


class MeanPerSplit(Document):
    """A mean for each split; null where there is no such split, or no net finished."""

    train: Mean | None
    validation: Mean | None
    test: Mean | None


class ConditionResult(Document):
    """What the nets of one condition gave."""

    condition: int = Field(description="its number in the plan")
    set: dict[str, Any] = Field(description='values by name; "none" for a setting not used')
    nets: int = Field(description="nets trained")
    diverged: int = Field(description="nets whose loss became NaN or infinite")
    perfect: int | None = Field(description="nets without a wrong test integer; null: no test set")
    perfect_interval: tuple[float, float] | None = Field(
        description="exact 95 % interval of their share (Clopper and Pearson 1934)"
    )
    accuracy: MeanPerSplit
    loss: MeanPerSplit = Field(description="nats, of the kept nets")


class BestCondition(ConditionResult):
    """The condition that is ranked first; the test set has no part in that."""

    ranked_by: str = Field(description="validation_accuracy, or train_loss without validation")
    not_told_apart: tuple[int, ...] = Field(
        description="conditions that cannot be told apart from it, by what ranks them"
    )


class PairedDifference(Document):
    """One condition minus another, seed by seed."""

    one: int = Field(description="number of a condition")
    other: int = Field(description="number of another")
    seeds: int = Field(description="seeds that both finished")
    mean: float | None
    low: float | None = Field(description="95 % interval, corrected as p is")
    high: float | None
    p: float | None = Field(description="paired t-test, corrected by Holm; null below 2 seeds")
    told_apart: bool = Field(description="p below 0.05")


class FactorEffect(Document):
    """How much of the variance goes with a setting, or with two beyond each alone."""

    settings: tuple[str, ...]
    eta_squared: float
    p: float | None


class SeedsNeeded(Document):
    """How many seeds a condition would settle a difference (80 % power)."""

    difference: float
    seeds: int | None


class StudySummary(Document):
    """The results of a study: `fizzlab study`."""

    study: str = Field(description="its folder")
    plan: str = Field(description="hash of the plan")
    nets: int = Field(description="nets of the plan")
    trained: int = Field(description="nets trained so far")
    diverged: int = Field(description="of these, nets whose loss became NaN or infinite")
    ended: str = Field(description="done, interrupted or time")
    seconds: float = Field(description="time that this command took")
    nets_per_second: float | None = Field(description="of this command; null: it trained nothing")
    engine: str = Field(description="engines that trained the nets, joined by +")
    metric: str = Field(description="by which conditions are compared")
    best: BestCondition | None = Field(description="null where there is only one condition")
    conditions: tuple[ConditionResult, ...]
    differences: tuple[PairedDifference, ...]
    effects: tuple[FactorEffect, ...] = Field(description="analysis of variance of a grid")
    power: tuple[SeedsNeeded, ...]
    damaged: tuple[str, ...] = Field(description="files of nets that are not whole")
    findings: tuple[str, ...] = Field(description="the same in sentences")


def summarize(
    found: Findings, *, ended: str, seconds: float, nets_per_second: float | None
) -> StudySummary:
    """Gives the results of a study as one document.

    Args:
        found: The findings.
        ended: done, interrupted or time.
        seconds: Time that it took.
        nets_per_second: Its pace.
    """
    study, statistics = found.study, found.statistics
    engines = statistics.frame["engine"].unique().sort().to_list()
    return StudySummary(
        study=str(study.path),
        plan=study.plan.hash,
        nets=study.plan.nets,
        trained=study.trained,
        diverged=study.diverged,
        ended=ended,
        seconds=round(seconds, 3),
        nets_per_second=nets_per_second,
        engine="+".join(engines),
        metric=statistics.metric,
        best=_best(found),
        conditions=tuple(ConditionResult(**_condition(one)) for one in statistics.conditions),
        differences=tuple(map(_difference, found.differences)),
        effects=tuple(
            FactorEffect(settings=e.names, eta_squared=e.eta_squared, p=e.p) for e in found.effects
        ),
        power=tuple(SeedsNeeded(difference=p.size, seeds=p.seeds) for p in found.power),
        damaged=tuple(str(path) for path, _ in study.damaged),
        findings=(found.how_known(), *found.sentences()),
    )


def _best(found: Findings) -> BestCondition | None:
    best = found.statistics.best
    if best is None:
        return None
    return BestCondition(
        **_condition(best),
        ranked_by=found.statistics.ranked_by,
        not_told_apart=tuple(one.number for one in found.alike(best.number)),
    )


def _condition(found: ConditionSummary) -> dict[str, Any]:
    return {
        "condition": found.number,
        "set": {name: plain(value) for name, value in found.settings.items()},
        "nets": found.nets,
        "diverged": found.diverged,
        "perfect": found.perfect,
        "perfect_interval": found.perfect_interval,
        "accuracy": _per_split(found.estimates, "accuracy"),
        "loss": _per_split(found.estimates, "loss"),
    }


def _per_split(estimates: dict[str, Estimate], what: str) -> MeanPerSplit:
    def mean(split: str) -> Mean | None:
        e = estimates.get(f"{split}_{what}")
        return e and Mean(mean=e.mean, low=e.low, high=e.high, sd=e.sd, nets=e.n)

    return MeanPerSplit(train=mean("train"), validation=mean("validation"), test=mean("test"))


def _difference(found: Difference) -> PairedDifference:
    def finite(value: float) -> float | None:
        return value if math.isfinite(value) else None

    return PairedDifference(
        one=found.one.number,
        other=found.other.number,
        seeds=found.n,
        mean=finite(found.mean),
        low=finite(found.low),
        high=finite(found.high),
        p=found.p,
        told_apart=found.told_apart,
    )
