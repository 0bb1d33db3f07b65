"""Luck: where a score stands among nets that differ by their seed alone."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from fizzlab import __version__
from fizzlab.configuration import Document
from fizzlab.errors import UnknownNameError, UsageError
from fizzlab.evaluation import binomial_interval
from fizzlab.experiment import Experiment
from fizzlab.studies.execute import execute
from fizzlab.studies.plan import Plan
from fizzlab.studies.results import Study
from fizzlab.studies.texts import Texts, counted, marked, number, texts

if TYPE_CHECKING:
    from torch import nn

DEFAULT_NETS = 1000
BINS = 24
METRICS = {
    "test": "test_accuracy",
    "validation": "validation_accuracy",
    "loss": "final_train_loss",
}
IN_WORDS = {
    "test": "test accuracy",
    "validation": "validation accuracy",
    "loss": "final training loss",
}


class Luck(Document):
    """Where a score stands among nets that differ by their seed alone: `fizzlab luck`."""

    score: float
    metric: str = Field(description="test, validation (accuracies) or loss (final, training)")
    percentile: float = Field(description="share of the nets that it beats, in %; ties count half")
    low: float = Field(description="lower end of its exact 95 % interval (Clopper, Pearson 1934)")
    high: float = Field(description="upper end")
    nets: int = Field(description="nets that it is compared with")
    diverged: int = Field(description="of these, nets that diverged; every score beats them")
    median: float | None = Field(description="score of the nets in the middle")
    name: str = Field(description="name of the experiment")
    study: str = Field(description="folder of the study with all of the nets")
    histogram: tuple[tuple[float, float, int], ...] = Field(
        description="[from, to, nets] of the scores; a net on a border counts in the upper part"
    )
    sentence: str = Field(description="the same in words")


def cache_folder() -> Path:
    """Gives the folder for what can be made again.

    It is $FIZZLAB_CACHE if that is set, else the system's own place for caches.
    """
    if chosen := os.environ.get("FIZZLAB_CACHE"):
        return Path(chosen)
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "fizzlab"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "fizzlab"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "fizzlab"


def luck(
    score: float | None,
    experiment: Experiment,
    *,
    metric: str = "test",
    nets: int = DEFAULT_NETS,
    net: nn.Module | None = None,
    engine: str = "auto",
    threads: int | None = None,
    progress: bool = True,
    cache: str | Path | None = None,
    language: str = "en",
    tell: Callable[[str], None] = lambda note: None,
) -> Luck:
    """Places a score in the distribution of its experiment over seeds.

    The nets are trained once, and kept as a study in the cache folder; of more nets only those are
    trained that it lacks.

    Args:
        score: The score: an accuracy from 0 to 1, or a loss in nats. None if `net` gives it.
        experiment: What is trained; its seed does not matter.
        metric: "test" or "validation" for an accuracy, "loss" for the training loss in the end.
        nets: Nets to compare with, of the seeds from 0 on.
        net: A trained net whose score shall be placed.
        engine: Name of an engine, or "auto".
        threads: Nets trained at the same time; None for the number of processors.
        progress: Show a progress bar.
        cache: Folder to keep the nets in; see `cache_folder`.
        language: Of the sentence: "en" or "fr".
        tell: As for `execute`.

    Raises:
        UsageError: If the score is none, or the experiment does not have the metric.
        UnknownNameError: If there is no such metric, engine or language.
        NetError: If `net` does not fit the experiment.
        DataError: If the data cannot be used.
        StorageError: If the cache cannot be written.
        KeyboardInterrupt: At a second Ctrl-C, or if one came before any net was trained.
    """
    plan = Plan(experiment, seeds=nets)
    texts(language)
    _check_metric(metric, experiment)
    if (score is None) == (net is None):
        raise UsageError("Luck needs a score, or a net that gives it.", expected="one of the two")
    value = score_of(net, experiment, metric) if net is not None else _checked(score, metric)
    parent = Path(cache) if cache is not None else cache_folder() / "luck"
    folder = parent / f"{__version__}-{Plan(experiment, seeds=1).hash[:16]}"
    done = execute(
        plan,
        folder,
        engine=engine,
        threads=threads,
        progress=progress,
        grow=True,
        tell=tell,
        language=language,
    )
    if not done.study.trained_of(nets):
        raise KeyboardInterrupt
    return placed(value, metric, done.study, nets=nets, language=language)


def _check_metric(metric: str, experiment: Experiment) -> None:
    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS)
    data = experiment.data
    has = {
        "test": bool(data.test.strip()),
        "validation": bool(data.validation and not data.merge_validation),
    }
    if not has.get(metric, True):
        raise UsageError(
            f"This experiment has no {metric} set, so no {metric} accuracy.",
            fix="choose another --metric"
            + (", or say --set data.validation=100" if metric == "validation" else ""),
        )


def _checked(score: float | None, metric: str) -> float:
    value = math.nan if score is None else float(score)
    if not math.isfinite(value) or value < 0 or (metric != "loss" and value > 1):
        raise UsageError(
            f"{score} is not a {IN_WORDS[metric]}.",
            expected="a number of at least 0" if metric == "loss" else "a share from 0 to 1",
            fix=None if metric == "loss" else "write 75 % as 0.75",
        )
    return value


def score_of(net: nn.Module, experiment: Experiment, metric: str) -> float:
    """Gives the score of a trained net.

    Args:
        net: The net.
        experiment: Its data, rule and encoding.
        metric: As for `luck`.

    Raises:
        NetError: If the net does not fit the experiment.
    """
    from fizzlab.evaluation import measure
    from fizzlab.nets import check_net
    from fizzlab.runs.session import tensors

    check_net(net, experiment)
    splits = experiment.splits()
    split = splits.train if metric == "loss" else getattr(splits, metric)
    found = measure(net, *tensors(experiment, split))
    return found.loss if metric == "loss" else found.accuracy


def placed(
    score: float, metric: str, study: Study, *, nets: int | None = None, language: str = "en"
) -> Luck:
    """Places a score among the nets of a study.

    Args:
        score: The score.
        metric: As for `luck`.
        study: A study of one condition, with at least one net.
        nets: Only the first ones, so many; all if None.
        language: Of the sentence.
    """
    frame = study.measured()
    frame = frame if nets is None else frame.filter(frame["index"] < nets)
    column = frame[METRICS[metric]]
    values = column.drop_nulls().to_numpy()
    better = -1.0 if metric == "loss" else 1.0
    lost = len(frame) - len(values)
    tied = np.isclose(values, score, rtol=1e-9, atol=1e-12)
    equal, beaten = int(tied.sum()), lost + int((better * values[~tied] < better * score).sum())
    n = len(frame)
    low = 100 * binomial_interval(beaten, n)[0]
    high = 100 * binomial_interval(beaten + equal, n)[1]
    percentile = 100 * (beaten + equal / 2) / n
    return Luck(
        score=score,
        metric=metric,
        percentile=percentile,
        low=low,
        high=high,
        nets=n,
        diverged=lost,
        median=float(np.median(values)) if len(values) else None,
        name=study.plan.experiment.name,
        study=str(study.path),
        histogram=_histogram(values, 0 if metric == "loss" else frame[f"{metric}_total"][0]),
        sentence=_sentence(score, metric, (percentile, low, high), n, texts(language)),
    )


def _histogram(values: np.ndarray, total: int) -> tuple[tuple[float, float, int], ...]:
    """Counts scores; shares of a total are counted so that no border falls on one of them."""
    if not len(values):
        return ()
    bins: Any = BINS if np.ptp(values) > 0 else 1
    if total:
        least, most = np.rint(np.array([values.min(), values.max()]) * total)
        step = math.ceil((most - least + 1) / BINS)
        bins = (np.arange(least, most + step + 1, step) - 0.5) / total
    counts, edges = np.histogram(values, bins=bins)
    return tuple(zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True))


def _sentence(
    score: float, metric: str, found: tuple[float, float, float], nets: int, words: Texts
) -> str:
    percentile, low, high = found
    whom = "all_of_them" if percentile in (0, 100) else "nearly_all"
    least = 100 * binomial_interval(0, nets)[1]  # as high as the interval of "none" reaches
    if least > 2.5 and not 2.5 <= percentile <= 97.5:
        loss, side = "loss_" * (metric == "loss"), "bad" if percentile < 2.5 else "good"
        verdict = f"few_{loss}{side}"
    elif high < 2.5:
        verdict = "bad"
    elif low > 97.5:
        verdict = "good"
    else:
        verdict = "within"
    return words["luck_sentence"].format(
        what=words[f"luck_{metric}"],
        score=marked(f"{score:.4g}", words),
        percentile=number(percentile, words, 1),
        nets=counted("n_nets", nets, words),
        low=number(low, words, 1),
        high=number(high, words, 1),
        verdict=words[f"luck_{verdict}"].format(all=words[f"luck_{whom}"]),
    )
