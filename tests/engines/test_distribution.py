"""Chaotic recipes part from the oracle's curves, but not from its distribution."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp

from fizzlab import Experiment
from fizzlab.encodings import Encoding
from fizzlab.engines import Trained, train_many
from fizzlab.rules import Rule

ORACLE = Path(__file__).parent / "oracle.csv"


def right(trained: Trained) -> int:
    integers = np.arange(1, 101)
    w1, b1, w2, b2 = trained.weights
    logits = np.maximum(Encoding().rows(integers) @ w1.T + b1, 0) @ w2.T + b2
    return int((logits.argmax(axis=1) == Rule().labels(integers)).sum())


def test_test_accuracies_of_200_seeds_are_distributed_as_the_oracles() -> None:
    with ORACLE.open(encoding="utf-8") as file:
        oracle = {int(row["seed"]): int(row["right"]) for row in csv.DictReader(file)}
    assert sorted(oracle) == list(range(200))
    assert [oracle[seed] for seed in range(4)] == [93, 77, 80, 87]
    experiments = [Experiment.preset("td1", seed) for seed in range(200)]
    found = [right(one) for one in train_many(experiments, engine="cpu", threads=2)]
    assert ks_2samp(found, list(oracle.values())).pvalue > 0.01
    assert abs(np.mean(found) - np.mean(list(oracle.values()))) < 1
