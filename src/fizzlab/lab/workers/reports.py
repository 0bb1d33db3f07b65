"""What a worker reports of a training: its data once, then rows and the state of things."""

from __future__ import annotations

import base64
import math
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from fizzlab.data import Split
from fizzlab.evaluation import binomial_interval, predict_labels
from fizzlab.lab.limits import MAX_MAPPED, MAX_TILES
from fizzlab.lab.messages import COLUMNS, Data, Figure, State
from fizzlab.lab.orders import NewRows

if TYPE_CHECKING:
    from fizzlab.lab.workers.training import Training

REPORT_S = 0.08  # between two reports while a net is in training
MAX_ROWS = 4  # in a report; of more, some are left out (the run keeps all)
TEST_SHARE = 0.05  # of the time, at most, that measuring the test set may take
SPLITS = ("train", "validation", "test")
MAX_FEATURES = 64  # that have names


def encoded(values: np.ndarray) -> str:
    """Gives an array's bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


@lru_cache(maxsize=4096)
def interval(correct: int, total: int) -> tuple[float, float]:
    """Gives the 95 % interval of a share."""
    low, high = binomial_interval(correct, total)
    return round(low, 4), round(high, 4)


class Reporter:
    """Tells the server where a training stands, not more often than it can be shown."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self._sent = 0  # rows
        self._last = self._began = time.monotonic()
        self._epoch = 0  # at the last report
        self._pace: float | None = None
        self._test: tuple[object, Figure | None, float, float] = (None, None, 0.0, 0.0)

    def introduce(self) -> None:
        """Tells which integers there are, and what is true of them."""
        training = self.training
        experiment, splits = training.experiment, training.splits
        mapped = np.arange(min(experiment.encoding.capacity, MAX_MAPPED))
        where = np.zeros(len(mapped), dtype=np.uint8)
        for number, name in enumerate(SPLITS, start=1):
            integers = getattr(splits, name).integers
            where[integers[integers < len(mapped)].astype(np.int64)] = number
        tiles = splits.test.integers[:MAX_TILES]
        parts: dict[str, Split] = {name: getattr(splits, name) for name in SPLITS}
        self.training.tell(
            Data(
                run=training.run,
                experiment=experiment.model_dump(mode="json"),
                mapped=len(mapped),
                splits=encoded(where),
                truth=encoded(experiment.rule.labels(mapped).astype(np.uint8)),
                names=experiment.rule.names,
                tiles=tuple(int(n) for n in tiles),
                tiles_truth=encoded(splits.test.labels[:MAX_TILES].astype(np.uint8)),
                sizes={name: len(part) for name, part in parts.items()},  # type: ignore[misc]
                majority=_majority(parts),  # type: ignore[arg-type]
                layers=_layers(training),
                features=_features(training),
            )
        )

    def report(self, *, at_once: bool = True) -> None:
        """Tells the state and the rows that are new, if it is time to or `at_once`."""
        now = time.monotonic()
        if not at_once and now - self._last < REPORT_S:
            return
        self._tell_rows()
        self._measure_pace(now)
        self.training.tell(self._state())

    def _measure_pace(self, now: float) -> None:
        done, passed = self.training.state.epoch, now - self._last
        if self.training.status != "running":
            self._pace = None
        elif done > self._epoch and passed > REPORT_S / 2:
            fresh = (done - self._epoch) / passed
            self._pace = fresh if self._pace is None else 0.8 * self._pace + 0.2 * fresh
        self._last, self._epoch = now, done

    def _tell_rows(self) -> None:
        history = self.training.state.history
        new = np.arange(self._sent, len(history["epoch"]))
        if not len(new):
            return
        picked = new[np.linspace(len(new) - 1, 0, min(len(new), MAX_ROWS)).round().astype(int)]
        rows = tuple(
            tuple(rounded(history[name][place]) for name in COLUMNS) for place in sorted(picked)
        )
        self._sent = len(history["epoch"])
        self.training.tell(NewRows(run=self.training.run, rows=rows))

    def _state(self) -> State:
        training, state = self.training, self.training.state
        finished = training.finished is not None
        return State(
            run=training.run,
            status=training.status,
            worker="ready",
            epoch=state.epoch,
            step=training.step,
            steps=training.steps,
            epochs=training.experiment.recipe.last_epoch,
            seed=training.experiment.seed,
            seconds=round(max(state.seconds, 0.0), 3),
            pace=rounded(self._pace, 3),
            batch_loss=rounded(training.batch_loss),
            train=self._figure("train"),
            validation=self._figure("validation"),
            test=self._measured_test(),
            shown="kept" if finished else "live",
            shown_epoch=training.finished.report.kept_epoch if training.finished else state.epoch,
            stopped="diverged" if training.status == "diverged" else state.stopped,
            revealed=training.revealed,
            changes=tuple(training.changes[-50:]),
        )

    def _figure(self, split: str) -> Figure | None:
        """Gives the figure of a split at the last evaluation; at the end, of the kept net."""
        training, total = self.training, len(getattr(self.training.splits, split))
        if training.finished and total:
            correct = training.finished.report.evaluations[split].correct
        else:
            found = training.state.history[f"{split}_accuracy"][-1:]
            if not found or not math.isfinite(found[0]):
                return None
            correct = round(found[0] * total)
        low, high = interval(correct, total) if split == "validation" else (None, None)
        return Figure(correct=correct, total=total, low=low, high=high) if total else None

    def _measured_test(self) -> Figure | None:
        training, test = self.training, self.training.splits.test
        if not training.revealed or not len(test):
            return None
        known, figure, when, took = self._test
        began = time.monotonic()
        waits = training.status == "running" and began - when < took / TEST_SHARE
        if known == training.version or (waits and figure is not None):
            return figure
        said = predict_labels(training.net, training.experiment.encoding, test.integers)
        correct = int((said == test.labels).sum())
        figure = Figure(correct=correct, total=len(test), low=None, high=None)
        self._test = (training.version, figure, began, time.monotonic() - began)
        return figure


def rounded(value: float | None, digits: int = 5) -> float | None:
    """Gives a number with few digits, as a curve needs them; None for none."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def _majority(parts: dict[str, Split]) -> dict[str, float]:
    most = np.bincount(parts["train"].labels).argmax()
    return {
        name: round(float((part.labels == most).mean()), 4)
        for name, part in parts.items()
        if len(part)
    }


def _layers(training: Training) -> tuple[int, ...]:
    experiment = training.experiment
    if experiment.net.reads:
        return (experiment.encoding.base, *experiment.net.hidden, experiment.rule.num_labels)
    return experiment.layer_sizes


def _features(training: Training) -> tuple[str, ...]:
    """Names the features: 2^0 for a bit, 10^1=7 for a digit, n/2^10 for a scaled value."""
    encoding = training.experiment.encoding
    if encoding.scheme == "scaled":
        return (f"n/2^{encoding.bits}",)
    if encoding.scheme == "sequence":
        return tuple(str(digit) for digit in range(encoding.base))[:MAX_FEATURES]
    if encoding.scheme == "binary":
        return tuple(f"2^{place}" for place in range(min(encoding.bits, MAX_FEATURES)))
    names = (
        f"{encoding.base}^{place}={digit}"
        for place in range(encoding.num_digits)
        for digit in range(encoding.base)
    )
    return tuple(name for name, _ in zip(names, range(MAX_FEATURES), strict=False))
