"""How fast are peers at the same work? Run: pip install -e ".[peers]"; python benchmarks/peers.py.

Every contestant trains `td1` from the same initial weights, in single precision, on one thread, and
must end within 0.01 of the same training loss (plain SGD on this sheet is chaotic in the third
decimal: the float32 and the float64 loop differ by up to 0.03 on the way). They take turns; medians
are printed, and ratios to the sheet's own loop. Then many nets on two threads, `solid`, what a
history costs, and how long the first net of a process takes.
"""

# pyright: reportMissingImports=false, reportArgumentType=false
from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from fizzlab import Experiment
from fizzlab.engines import train_many

SEED = 0
Weights = list[np.ndarray]


def data() -> tuple[np.ndarray, np.ndarray]:
    integers = np.arange(101, 1024)
    rows = (integers[:, None] >> np.arange(10) & 1).astype(np.float32)
    return rows, (integers % 3 == 0) + 2 * (integers % 5 == 0)


def initial() -> nn.Sequential:
    torch.manual_seed(SEED)
    return nn.Sequential(nn.Linear(10, 100), nn.ReLU(), nn.Linear(100, 4))


def loss_of(weights: Weights) -> float:
    """Mean cross-entropy on the training integers, in double precision."""
    (rows, labels), (w1, b1, w2, b2) = data(), (array.astype(float) for array in weights)
    logits = np.maximum(rows @ w1.T + b1, 0) @ w2.T + b2
    logits -= logits.max(axis=1, keepdims=True)
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return float(-log_probs[np.arange(len(labels)), labels].mean())


def sheet() -> Callable[[], Weights]:
    rows, labels = (torch.tensor(array) for array in data())

    def run() -> Weights:
        net, loss_fn = initial(), nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
        for _ in range(1000):
            for start in range(0, len(rows), 128):
                loss = loss_fn(net(rows[start : start + 128]), labels[start : start + 128])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return [value.numpy() for value in net.state_dict().values()]

    return run


def scikit_learn() -> Callable[[], Weights]:
    from sklearn.neural_network import MLPClassifier

    rows, labels = data()
    start = [value.numpy() for value in initial().state_dict().values()]

    def run() -> Weights:
        net = MLPClassifier(
            (100,),
            solver="sgd",
            alpha=0.0,
            batch_size=128,
            learning_rate_init=0.05,
            momentum=0.0,
            shuffle=False,
            max_iter=1000,
            tol=0.0,
            n_iter_no_change=10_000,
            warm_start=True,
        )
        net.partial_fit(rows, labels, classes=range(4))  # makes its arrays
        net.coefs_ = [start[0].T.copy(), start[2].T.copy()]
        net.intercepts_ = [start[1].copy(), start[3].copy()]
        net.fit(rows, labels)
        return [net.coefs_[0].T, net.intercepts_[0], net.coefs_[1].T, net.intercepts_[1]]

    return run


def jax_scan() -> Callable[[], Weights]:
    import jax
    import jax.numpy as jnp

    rows, labels = data()
    x = jnp.zeros((1024, 10), jnp.float32).at[:923].set(rows).reshape(8, 128, 10)
    y = jnp.zeros(1024, jnp.int32).at[:923].set(labels).reshape(8, 128)
    real = (jnp.arange(1024) < 923).astype(jnp.float32).reshape(8, 128)
    start = [jnp.array(value.numpy()) for value in initial().state_dict().values()]

    def loss(weights, batch):
        w1, b1, w2, b2 = weights
        rows, labels, real = batch
        logits = jax.nn.relu(rows @ w1.T + b1) @ w2.T + b2
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)[:, 0]
        return -(chosen * real).sum() / real.sum()

    def step(weights, batch):
        gradients = jax.grad(loss)(weights, batch)
        return [w - 0.05 * g for w, g in zip(weights, gradients, strict=True)], None

    def epoch(weights, _):
        return jax.lax.scan(step, weights, (x, y, real))[0], None

    train = jax.jit(lambda weights: jax.lax.scan(epoch, weights, None, length=1000)[0])
    began = time.perf_counter()
    jax.block_until_ready(train(start))
    once = time.perf_counter() - began
    began = time.perf_counter()
    jax.block_until_ready(train(start))
    print(f"JAX: compilation {once - (time.perf_counter() - began):.2f} s, not counted below")
    return lambda: [np.asarray(array) for array in jax.block_until_ready(train(start))]


def fizzlab() -> Callable[[], Weights]:
    experiment = Experiment.preset("td1", SEED).replaced({"recipe.evaluate_every": 1000})
    return lambda: list(next(train_many([experiment], engine="cpu", threads=1)).weights)


CONTESTANTS = {
    "sheet's loop (torch)": sheet,
    "scikit-learn MLPClassifier": scikit_learn,
    "JAX, jit of a scan": jax_scan,
    "fizzlab cpu": fizzlab,
}


def matrix_rate() -> float:
    """GFLOP/s of a product of two 2000 × 2000 matrices, median of 5."""
    matrix = np.random.default_rng(0).random((2000, 2000), dtype=np.float32)
    seconds = [timed(lambda: matrix @ matrix) for _ in range(5)]
    return 2 * 2000**3 / statistics.median(seconds) / 1e9


def timed(function: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    began = clock()
    function()
    return clock() - began


def one_net(rounds: int, clock: Callable[[], float]) -> float:
    """Compares the contestants; gives the median of the sheet's loop, in seconds."""
    runs = {name: make() for name, make in CONTESTANTS.items()}
    losses = {name: loss_of(run()) for name, run in runs.items()}  # and warms up
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds):
        for name in sorted(runs, reverse=bool(turn % 2)):
            seconds[name].append(timed(runs[name], clock))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    loop = medians["sheet's loop (torch)"]
    print(f"\nOne td1 net on one thread, medians of {rounds}")
    for name, median in medians.items():
        ratio = f"loop/this {loop / median:6.1f}"
        print(f"  {name:28} {median:8.4f} s   {ratio}   loss {losses[name]:.4f}")
        assert abs(losses[name] - losses["sheet's loop (torch)"]) < 0.01, losses
    return loop


def many_nets(count: int, loop: float) -> None:
    experiments = [Experiment.preset("td1", seed) for seed in range(count)]
    print(f"\n{count} td1 nets, history every 10 epochs")
    pace = {}
    for threads in (1, 2):
        total = timed(lambda n=threads: list(train_many(experiments, engine="cpu", threads=n)))
        pace[threads] = total / count
        print(
            f"  {threads} thread(s): {1 / pace[threads]:7.1f} nets/s   "
            f"{loop / pace[threads]:6.1f} times the loop"
        )
    print(f"  two threads / one: {pace[1] / pace[2]:.2f}")


def history_cost(rounds: int) -> None:
    seconds: dict[int, list[float]] = {10: [], 1000: []}
    for seed in range(rounds):
        for every, values in seconds.items():
            experiment = Experiment.preset("td1", seed).replaced({"recipe.evaluate_every": every})
            values.append(
                timed(lambda e=experiment: list(train_many([e], engine="cpu", threads=1)))
            )
    with_history, without = (statistics.median(seconds[every]) for every in (10, 1000))
    print(f"\nHistory every 10 epochs costs {with_history / without - 1:.1%} (medians of {rounds})")


def solid(count: int) -> None:
    experiments = [Experiment.preset("solid", seed) for seed in range(count)]
    loop = timed(lambda: list(train_many(experiments[:1], engine="sequential", threads=1)))
    fast = timed(lambda: list(train_many(experiments, engine="cpu", threads=2))) / count
    print(f"\nsolid: plain loop {loop:.2f} s a net (one), cpu on two threads {fast:.3f} s a net of")
    print(f"  {count}: {loop / fast:.1f} times as fast")


FIRST = """
import time
import fizzlab.nets
began = time.perf_counter()
from fizzlab import Experiment
from fizzlab.engines import train_many
list(train_many([Experiment.preset("td1")], engine="cpu", threads=1))
print(time.perf_counter() - began)
"""


def first_net(rounds: int) -> None:
    """In a new process that has torch loaded, kernels compiled before."""
    seconds = [
        float(subprocess.run([sys.executable, "-c", FIRST], capture_output=True, check=True).stdout)
        for _ in range(rounds)
    ]
    print(f"\nFirst net of a process: {statistics.median(seconds):.2f} s (median of {rounds})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--nets", type=int, default=1000)
    parser.add_argument("--solid", type=int, default=20)
    parser.add_argument(
        "--processor-time",
        action="store_true",
        help="one net in seconds of processor time, for a busy machine, and nothing else",
    )
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}")
    print(f"Large float32 matrices on one thread: {matrix_rate():.0f} GFLOP/s (numpy)")
    if asked.processor_time:
        one_net(asked.rounds, time.process_time)
        return
    loop = one_net(asked.rounds, time.perf_counter)
    many_nets(asked.nets, loop)
    history_cost(asked.rounds)
    first_net(asked.rounds)
    solid(asked.solid)


if __name__ == "__main__":
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    main()
