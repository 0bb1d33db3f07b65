"""How the time of the engine `cpu` grows: python benchmarks/scaling.py.

Varies hidden width, epochs, training integers and number of nets, one at a time, from `td1`; prints
seconds (medians), fits a power of the larger half of each row, and draws docs/images/scaling.png.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fizzlab import Experiment
from fizzlab.engines import train_many

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "scaling.png"
TD1 = Experiment.preset("td1")
MANY_BITS = {"encoding.bits": 15, "recipe.epochs": 100}
ROWS: dict[str, tuple[list[int], str]] = {
    "hidden width": ([16, 32, 64, 128, 256, 512, 1024, 2048], "net.hidden"),
    "epochs": ([62, 125, 250, 500, 1000, 2000, 4000], "recipe.epochs"),
    "training integers": ([250, 500, 1000, 2000, 4000, 8000, 16000], "data.train"),
    "nets": ([1, 2, 5, 10, 20, 50, 100], ""),
}


def experiments(name: str, value: int) -> list[Experiment]:
    if name == "nets":
        return [TD1.replaced({"seed": seed}) for seed in range(value)]
    if name == "training integers":
        return [TD1.replaced({**MANY_BITS, "data.train": f"101..{100 + value}"})]
    return [TD1.replaced({ROWS[name][1]: value})]


def seconds(name: str, value: int, rounds: int) -> float:
    values = []
    for _ in range(rounds):
        began = time.perf_counter()
        list(train_many(experiments(name, value), engine="cpu", threads=1))
        values.append(time.perf_counter() - began)
    return statistics.median(values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    list(train_many([TD1], engine="cpu", threads=1))
    figure = Figure(figsize=(8, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (name, (values, _)) in zip(figure.subplots(2, 2).flat, ROWS.items(), strict=True):
        times = [seconds(name, value, rounds) for value in values]
        half = len(values) // 2
        power, factor = np.polyfit(np.log(values[half:]), np.log(times[half:]), 1)
        row = ", ".join(f"{v}: {t:.4f}" for v, t in zip(values, times, strict=True))
        print(f"{name}: exponent {power:.2f}; seconds {row}", flush=True)
        axes.loglog(values, times, "o", color="0.2", label="measured, median")
        fitted = np.exp(factor) * np.array(values, dtype=float) ** power
        axes.loglog(values, fitted, "--", color="0.5", label=f"time ∝ n^{power:.2f} (upper half)")
        axes.set_xlabel({"nets": "number of nets"}.get(name, name))
        axes.set_ylabel("time, one thread (s)")
        axes.set_xticks(values, [str(value) for value in values], fontsize=7)
        axes.minorticks_off()
        axes.legend(fontsize=8)
    figure.suptitle("Time of the engine cpu, td1 but for what is varied")
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()
