"""The oracle's results that fast engines are compared with: python benchmarks/oracle.py.

Trains `td1` from seeds 0 to 199 with the plain loop, and writes how many of 1..100 each net has
right to tests/engines/oracle.csv. tests/engines/test_distribution.py compares distributions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fizzlab import Experiment
from fizzlab.encodings import Encoding
from fizzlab.engines import train_many
from fizzlab.rules import Rule

SEEDS = range(200)
PATH = Path(__file__).parents[1] / "tests" / "engines" / "oracle.csv"


def number_right(weights: tuple[np.ndarray, ...]) -> int:
    """Counts right answers on 1..100 of a net with one hidden layer of ReLU."""
    integers = np.arange(1, 101)
    hidden = np.maximum(Encoding().rows(integers) @ weights[0].T + weights[1], 0)
    said = (hidden @ weights[2].T + weights[3]).argmax(axis=1)
    return int((said == Rule().labels(integers)).sum())


def main() -> None:
    experiments = [Experiment.preset("td1", seed) for seed in SEEDS]
    lines = ["seed,right"]
    for trained in train_many(experiments, engine="sequential", threads=1):
        lines.append(f"{trained.experiment.seed},{number_right(trained.weights)}")
        print(lines[-1], flush=True)
    PATH.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
