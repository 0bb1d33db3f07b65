"""Whether an experiment is small enough for the lab."""

from __future__ import annotations

from typing import Any

from fizzlab.configuration import Document
from fizzlab.data import is_file, parse_integers
from fizzlab.errors import ConfigError, OverBudgetError
from fizzlab.experiment import Experiment
from fizzlab.lab.limits import Limits

MAX_CELLS = 20_000_000  # features of all rows of a split
MAX_STEPS = 5_000_000  # batches of a whole training


def refuse_files(experiment: Experiment) -> None:
    """Makes sure that an experiment names no file: nothing that the page says is a path.

    Raises:
        ConfigError: If it does.
    """
    data = experiment.data
    for name in ("train", "test"):
        if is_file(getattr(data, name)):
            raise ConfigError(
                f'"data.{name}": the lab reads no files.',
                expected="ranges of integers, such as 101..1023",
                fix="train on files with: fizzlab train --set data.train=FILE.csv",
            )
    if data.train_sha256 or data.test_sha256:
        raise ConfigError('"data.train_sha256": hashes are of files, and the lab reads none.')


def check(experiment: Experiment, limits: Limits) -> None:
    """Makes sure that an experiment fits the lab's budgets.

    Raises:
        ConfigError: If it names a file.
        OverBudgetError: If it is too large.
    """
    refuse_files(experiment)
    sizes = _sizes(experiment)
    allowed = {
        "net.hidden": [("parameters", limits.parameters), ("hidden layers", limits.hidden_layers)],
        "data.train": [("integers to train on", limits.integers)],
        "data.test": [("integers to test on", limits.integers)],
        "rule.pairs": [("divisors", limits.divisors)],
        "encoding.bits": [("bits", limits.bits), ("features in all", MAX_CELLS)],
        "recipe.epochs": [("epochs", limits.epochs), ("batches in all", MAX_STEPS)],
    }
    problems = [
        f'"{name}": the lab takes at most {most:,} {what}, got {sizes[what]:,}'
        for name, bounds in allowed.items()
        for what, most in bounds
        if sizes[what] > most
    ]
    if problems:
        raise OverBudgetError(
            "This is too large for the lab: " + "; ".join(problems) + ".",
            fix="take less, or use the command line: fizzlab train",
        )


def _sizes(experiment: Experiment) -> dict[str, int]:
    train, test = (
        len(parse_integers(source)) for source in (experiment.data.train, experiment.data.test)
    )
    recipe = experiment.recipe
    return {
        "parameters": experiment.num_parameters,
        "hidden layers": len(experiment.net.hidden),
        "integers to train on": train,
        "integers to test on": test,
        "divisors": len(experiment.rule.pairs),
        "bits": experiment.encoding.bits,
        "features in all": max(train, test) * experiment.encoding.features,
        "epochs": recipe.last_epoch,
        "batches in all": recipe.last_epoch * -(-train // recipe.batch_size),
    }


LIVE = (
    "recipe.learning_rate",
    "recipe.momentum",
    "recipe.weight_decay",
    "recipe.clip_norm",
    "recipe.label_smoothing",
    "recipe.batch_size",
    "recipe.epochs",
    "recipe.evaluate_every",
)
"""Settings that act on a net in training, from its next epoch on."""


class Split(Document):
    """Changes of an experiment, as they concern a net that is in training."""

    live: dict[str, Any]
    needs_reset: tuple[str, ...]


def divided(changes: dict[str, tuple[Any, Any]], *, tries: int) -> Split:
    """Divides changes into those that act on a net in training, and those that need a reset.

    Args:
        changes: Both values of each setting that is changed, as `differences` gives them.
        tries: The recipe's; where there are several, epochs cannot be changed on the way.
    """
    live = {name: after for name, (_, after) in changes.items() if name in LIVE}
    if tries > 1:
        live.pop("recipe.epochs", None)
    return Split(live=live, needs_reset=tuple(name for name in changes if name not in live))
