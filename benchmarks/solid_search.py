"""The search behind the preset `solid`: python benchmarks/solid_search.py search.

Recipes are ranked without the test set, on training integers alone, by one of two protocols:

below:  train on 201..1023, judge on 101..200: the integers just below all that training saw, as
        1..100 lie below 101..1023.
mirror: swap the bits of equal value modulo 15 (2^0 and 2^8, 2^1 and 2^9, 2^3 and 2^7), which
        changes no label; judge on the images of 1..100 above 100, train on the rest.

The share of seeds with all right counts first, then the mean accuracy. One recipe is then frozen
and tested once, trained on 101..1023, on seeds that no search used:
python benchmarks/solid_search.py test NAME
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from typing import Any

from fizzlab import Experiment, train
from fizzlab.evaluation import binomial_interval

COMMON = {"data.validation": 0, "recipe.order": "reshuffled", "recipe.evaluate_every": 100}
MOMENTUM = {"recipe.momentum": 0.9, "recipe.schedule": "cosine", "recipe.epochs": 400}
ADAMW = {"recipe.optimizer": "adamw", "recipe.schedule": "cosine", "recipe.epochs": 400}


SMOOTH = {"recipe__label_smoothing": 0.05}


def drop(epochs: int = 800, parts: int = 0, factor: float = 0.1) -> dict[str, Any]:
    """A rate that drops after three quarters of the epochs, or after each of some equal parts."""
    every = epochs // parts if parts else 3 * epochs // 4
    return {
        "recipe__epochs": epochs,
        "recipe__schedule": "step",
        "recipe__step_epochs": every,
        "recipe__step_factor": factor,
    }


def dotted(more: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("__", "."): value for name, value in more.items()}


def momentum(width: int, rate: float, decay: float, **more: Any) -> dict[str, Any]:
    changes = {"net.hidden": width, "recipe.learning_rate": rate, "recipe.weight_decay": decay}
    return MOMENTUM | changes | dotted(more)


def plain(width: int, rate: float, epochs: int = 800, **more: Any) -> dict[str, Any]:
    changes = {"net.hidden": width, "recipe.learning_rate": rate, "recipe.epochs": epochs}
    return {"recipe.momentum": 0.9} | changes | dotted(more)


def adam(width: int, rate: float, decay: float, **more: Any) -> dict[str, Any]:
    more = {"recipe__epochs": 800} | more
    return plain(
        width,
        rate,
        recipe__optimizer="adam",
        recipe__momentum=0.0,
        recipe__weight_decay=decay,
        **more,
    )


def adamw(hidden: Any, rate: float, decay: float, **more: Any) -> dict[str, Any]:
    changes = {"net.hidden": hidden, "recipe.learning_rate": rate, "recipe.weight_decay": decay}
    return ADAMW | changes | dotted(more)


RECIPES: dict[str, dict[str, Any]] = {
    "wide-constant": {
        "net.hidden": 1000,
        "recipe.momentum": 0.9,
        "recipe.learning_rate": 0.05,
        "recipe.epochs": 500,
    },
    "sgd-400-decay-1e-3": momentum(400, 0.1, 1e-3),
    "sgd-400-decay-3e-3": momentum(400, 0.1, 3e-3),
    "sgd-400-decay-5e-3": momentum(400, 0.1, 5e-3),
    "sgd-400-decay-1e-2": momentum(400, 0.1, 1e-2),
    "sgd-400-batch-32": momentum(400, 0.05, 1e-3, recipe__batch_size=32, recipe__epochs=150),
    "sgd-1000-decay-2e-3": momentum(1000, 0.1, 2e-3, recipe__epochs=300),
    "sgd-400-smoothing": momentum(400, 0.1, 1e-3, recipe__label_smoothing=0.1),
    "gelu-400-decay-2e-3": momentum(400, 0.1, 2e-3, net__activation="gelu"),
    "tanh-400-decay-2e-3": momentum(400, 0.1, 2e-3, net__activation="tanh"),
    "dropout-400": momentum(400, 0.1, 1e-3, net__dropout=0.2),
    "adamw-400-decay-0.3": adamw(400, 0.01, 0.3),
    "adamw-400-decay-1": adamw(400, 0.01, 1.0),
    "adamw-400-decay-3": adamw(400, 0.01, 3.0),
    "adamw-100-100-decay-1": adamw((100, 100), 0.005, 1.0),
    "sgd-100-100-decay-2e-3": momentum(100, 0.1, 2e-3, net__hidden=(100, 100)),
    "wide-1000-hot": plain(1000, 0.2, 500),
    "wide-1000-batch-32": plain(1000, 0.05, 200, recipe__batch_size=32),
    "wide-1000-long": plain(1000, 0.05, 1500),
    "wide-2000": plain(2000, 0.05, 600),
    "wide-4000": plain(4000, 0.05, 400),
    "wide-1000-decay-1e-4": plain(1000, 0.05, 800, recipe__weight_decay=1e-4),
    "wide-1000-cosine": plain(1000, 0.1, 800, recipe__schedule="cosine"),
    "wide-1000-adam": plain(1000, 0.002, 500, recipe__optimizer="adam", recipe__momentum=0.0),
    "wide-1000-momentum-0.98": plain(1000, 0.02, 500, recipe__momentum=0.98),
    "deep-300-300": plain(300, 0.05, 400, net__hidden=(300, 300)),
    "hot-0.4": plain(1000, 0.4, 500),
    "hot-0.2-decay-1e-4": plain(1000, 0.2, 1000, recipe__weight_decay=1e-4),
    "hot-0.2-decay-3e-4": plain(1000, 0.2, 1000, recipe__weight_decay=3e-4),
    "hot-0.2-decay-5e-4": plain(1000, 0.2, 1000, recipe__weight_decay=5e-4),
    "hot-0.2-decay-1e-3": plain(1000, 0.2, 1000, recipe__weight_decay=1e-3),
    "hot-0.3-decay-3e-4": plain(1000, 0.3, 1000, recipe__weight_decay=3e-4),
    "hot-0.2-decay-3e-4-cosine": plain(
        1000, 0.2, 1000, recipe__weight_decay=3e-4, recipe__schedule="cosine"
    ),
    "hot-0.2-decay-3e-4-wide-2000": plain(2000, 0.2, 800, recipe__weight_decay=3e-4),
    "hot-0.2-wide-2000": plain(2000, 0.2, 800),
    "hot-0.2-cosine-decay-1e-4": plain(
        1000, 0.2, 1000, recipe__weight_decay=1e-4, recipe__schedule="cosine"
    ),
    "adam-0.005": plain(1000, 0.005, 800, recipe__optimizer="adam", recipe__momentum=0.0),
    "adam-0.01-decay-1e-4": adam(1000, 0.01, 1e-4),
    "adam-0.01-decay-3e-4": adam(1000, 0.01, 3e-4),
    "adam-0.01-decay-1e-3": adam(1000, 0.01, 1e-3),
    "drop-1e-4": adam(1000, 0.01, 1e-4, **drop()),
    "drop-2e-4": adam(1000, 0.01, 2e-4, **drop()),
    "drop-3e-4": adam(1000, 0.01, 3e-4, **drop()),
    "drop-1.5e-4-long": adam(1000, 0.01, 1.5e-4, **drop(1600)),
    "drop-2e-4-long": adam(1000, 0.01, 2e-4, **drop(1600)),
    "drop-2e-4-batch-64-short": adam(1000, 0.01, 2e-4, **drop(400), recipe__batch_size=64),
    "drop-2e-4-batch-64": adam(1000, 0.01, 2e-4, **drop(), recipe__batch_size=64),
    "drop-2e-4-batch-256-long": adam(1000, 0.01, 2e-4, **drop(1600), recipe__batch_size=256),
    "drop-1e-4-smooth-0.05": adam(1000, 0.01, 1e-4, **drop(), **SMOOTH),
    "drop-2e-4-smooth-0.1": adam(1000, 0.01, 2e-4, **drop(), recipe__label_smoothing=0.1),
    "drop-2e-4-balanced": adam(1000, 0.01, 2e-4, **drop(), recipe__class_weights="balanced"),
    "drop-1e-4-dropout-0.1": adam(1000, 0.01, 1e-4, **drop(), net__dropout=0.1),
    "drop-2e-4-wide-2000": adam(2000, 0.01, 2e-4, **drop()),
    "drop-1e-4-smooth-0.05-wide-2000": adam(2000, 0.01, 1e-4, **drop(), **SMOOTH),
    "drop-2e-4-wide-500-long": adam(500, 0.01, 2e-4, **drop(1600)),
    "drop-2e-4-beta2-0.99": adam(1000, 0.01, 2e-4, **drop(), recipe__betas=(0.9, 0.99)),
    "drop-1e-4-rate-0.02": adam(1000, 0.02, 1e-4, **drop()),
    "halve-2e-4": adam(1000, 0.01, 2e-4, **drop(800, 4, 0.5)),
    "one-cycle-2e-4": adam(1000, 0.02, 2e-4, recipe__schedule="one_cycle"),
    "cosine-2e-4-long": adam(1000, 0.01, 2e-4, recipe__epochs=1600, recipe__schedule="cosine"),
    "adam-0.02-decay-3e-4": adam(1000, 0.02, 3e-4),
    "adam-0.01-decay-1e-4-wide-400": adam(400, 0.01, 1e-4),
    "adam-0.01-decay-1e-4-cosine": adam(1000, 0.01, 1e-4, recipe__schedule="cosine"),
    "adam-0.01-decay-3e-4-cosine": adam(1000, 0.01, 3e-4, recipe__schedule="cosine"),
    "adam-0.02-decay-3e-4-cosine": adam(1000, 0.02, 3e-4, recipe__schedule="cosine"),
    "adam-0.002-wide-2000": plain(2000, 0.002, 800, recipe__optimizer="adam", recipe__momentum=0.0),
    "adamw-0.005-cosine": plain(
        1000,
        0.005,
        1000,
        recipe__optimizer="adamw",
        recipe__momentum=0.0,
        recipe__weight_decay=0.1,
        recipe__schedule="cosine",
    ),
    "wide-1000-tanh": plain(1000, 0.05, 500, net__activation="tanh"),
    "wide-1000-gelu": plain(1000, 0.05, 800, net__activation="gelu"),
}


def mirrored(n: int) -> int:
    """Swaps bits of equal value modulo 15: n stays n modulo 15."""
    places = [8, 9, 2, 7, 4, 5, 6, 3, 0, 1]
    return sum((n >> bit & 1) << place for bit, place in enumerate(places))


def protocol_data(protocol: str) -> dict[str, Any]:
    """Gives the integers to train on and to judge on."""
    if protocol == "below":
        return {"data.train": "201..1023", "data.test": "101..200"}
    judged = {mirrored(n) for n in range(1, 101)} - set(range(101))
    rest = sorted(set(range(101, 1024)) - judged)
    return {
        "data.train": ",".join(map(str, rest)),
        "data.test": ",".join(map(str, sorted(judged))),
    }


def trained(recipe: dict[str, Any], seed: int, data: dict[str, Any]) -> tuple[float, float, list]:
    """Trains one net; gives its share right, the seconds it took, and what it got wrong."""
    experiment = Experiment(seed=seed).replaced({**COMMON, **recipe, **data})
    run = train(experiment, progress=False)
    return run.report.accuracy.test or 0.0, run.report.seconds, run.wrong


def judge(name: str, seeds: range, data: dict[str, Any]) -> Counter[int]:
    """Trains a recipe from each seed and prints one line of the table."""
    found = [trained(RECIPES[name], seed, data) for seed in seeds]
    shares = [share for share, _, _ in found]
    perfect = sum(share == 1 for share in shares)
    low, high = binomial_interval(perfect, len(shares))
    seconds = statistics.median(duration for _, duration, _ in found)
    print(
        f"| {name} | {perfect} of {len(shares)} | {low:.2f} to {high:.2f} "
        f"| {statistics.mean(shares):.4f} | {min(shares):.2f} | {seconds:.1f} |",
        flush=True,
    )
    return Counter(n for _, _, wrong in found for n in wrong)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=["search", "test"])
    parser.add_argument("recipes", nargs="*", help="names; default: all (search)")
    parser.add_argument("--protocol", choices=["below", "mirror"], default="mirror")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--first-seed", type=int, default=0)
    asked = parser.parse_args()
    searching = asked.mode == "search"
    data = protocol_data(asked.protocol) if searching else {}
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    print("| recipe | all right | 95 % interval | mean | worst | seconds a net (median) |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    for name in asked.recipes or RECIPES:
        wrong = judge(name, seeds, data)
        if not searching:
            print(f"\nWrong, by number of nets: {wrong.most_common()}")


if __name__ == "__main__":
    main()
