"""What does `fizzlab train --preset td1` cost beside a bare script? Run: make bench.

Both train the same net from the same seed on one thread, and evaluate the training loss at the
same epochs. fizzlab also keeps history, snapshots, checkpoints and a progress bar. They take
turns, the order alternating, and the medians are compared; the final losses must be equal.

First the trainings alone, in one process that has everything loaded; then the whole commands,
each a process of its own with its imports, fizzlab's with its results printed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

EVALUATE_EVERY = 10


def bare(seed: int) -> float:
    torch.manual_seed(seed)
    integers = range(101, 1024)
    rows = torch.tensor([[n >> bit & 1 for bit in range(10)] for n in integers]).float()
    labels = torch.tensor([(n % 3 == 0) + 2 * (n % 5 == 0) for n in integers])
    net = nn.Sequential(nn.Linear(10, 100), nn.ReLU(), nn.Linear(100, 4))
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    final = 0.0
    for epoch in range(1, 1001):
        for start in range(0, len(rows), 128):
            loss = loss_fn(net(rows[start : start + 128]), labels[start : start + 128])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % EVALUATE_EVERY == 0:
            with torch.no_grad():
                final = loss_fn(net(rows), labels).item()
    return final


def ours(seed: int) -> float:
    from fizzlab import Experiment, train

    with tempfile.TemporaryDirectory() as folder:
        run = train(Experiment.preset("td1", seed), out=Path(folder) / "run")
        return run.state.history["train_loss"][-1]


def command(*words: str) -> Callable[[int], float]:
    """Gives a function that runs a command with a seed as its last word."""

    def run(seed: int) -> float:
        with tempfile.TemporaryDirectory() as folder:
            done = [sys.executable, *words, str(seed)]
            subprocess.run(done, cwd=folder, check=True, capture_output=True)
        return 0.0

    return run


FIZZLAB = ("-c", "from fizzlab.cli import main; main()", "train", "--preset", "td1")
TRAININGS = {"bare script": bare, "fizzlab": ours}
COMMANDS = {
    "bare script": command(__file__, "--bare"),
    "fizzlab": command(*FIZZLAB, "--no-figures", "--seed"),
    "fizzlab with pictures": command(*FIZZLAB, "--seed"),
}


def timed(function: Callable[[int], float], seed: int) -> tuple[float, float]:
    start = time.perf_counter()
    loss = function(seed)
    return time.perf_counter() - start, loss


def compare(title: str, contestants: dict[str, Callable[[int], float]], rounds: int) -> None:
    """Lets contestants take turns; prints medians, and ratios to the first one."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for function in contestants.values():
        function(0)  # warm up
    for seed in range(rounds):
        losses = set()
        for name in sorted(contestants, reverse=bool(seed % 2)):
            duration, loss = timed(contestants[name], seed)
            seconds[name].append(duration)
            losses.add(loss)
        assert len(losses) == 1, f"seed {seed}: the losses differ: {losses}"
    print(f"{title}, medians of {rounds}")
    first = statistics.median(seconds["bare script"])
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"  {name:22} {median:.3f} s  ratio {median / first:.3f}  (best {min(values):.3f} s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--bare", type=int, metavar="SEED", help="run the bare script only")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.bare is not None:
        print(bare(asked.bare))
        return
    compare("Training (goal: a ratio of at most 1.10)", TRAININGS, asked.rounds)
    compare("Whole command, imports and all", COMMANDS, asked.rounds)


if __name__ == "__main__":
    main()
