"""Ready-made plans for the questions that everyone asks about this lab.

All start from the lab sheet's own recipe, `td1`, unless told otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fizzlab.errors import UnknownNameError
from fizzlab.experiment import Experiment
from fizzlab.studies.plan import Plan

SEEDS = 200
BASE = "td1"


@dataclass(frozen=True)
class Question:
    """A question, and what is varied to answer it.

    Attributes:
        about: The question in plain words.
        vary: Values by dotted name, for a grid.
        conditions: Or a list of conditions.
    """

    about: str
    vary: dict[str, list[Any]] = field(default_factory=dict)
    conditions: list[dict[str, Any]] = field(default_factory=list)


def _optimizers() -> list[dict[str, Any]]:
    """Each optimiser at two learning rates, for none has one that suits all.

    AdamW has torch's own weight decay, for without any it is Adam.
    """
    rows = [
        ("sgd", 0.0, False, 0.0, (0.05, 0.2)),
        ("sgd", 0.9, False, 0.0, (0.01, 0.05)),
        ("sgd", 0.9, True, 0.0, (0.01, 0.05)),
        ("adam", 0.0, False, 0.0, (0.003, 0.01)),
        ("adamw", 0.0, False, 0.01, (0.003, 0.01)),
    ]
    names = ("optimizer", "momentum", "nesterov", "weight_decay", "learning_rate")
    names = [f"recipe.{name}" for name in names]
    return [dict(zip(names, (*row, rate), strict=True)) for *row, rates in rows for rate in rates]


def _orders() -> list[dict[str, Any]]:
    """Each batch order with both streams free, then with one of them pinned.

    The batches as given draw nothing from the stream `order`, so only the initial weights differ.
    """
    made: list[dict[str, Any]] = [{"recipe.order": "given"}]
    for order in ("permuted", "reshuffled"):
        made.append({"recipe.order": order})
        made.append({"recipe.order": order, "streams.init": 0})
        made.append({"recipe.order": order, "streams.order": 0})
    return made


QUESTIONS: dict[str, Question] = {
    "learning-rate": Question(
        "How much does the learning rate matter?",
        vary={"recipe.learning_rate": [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]},
    ),
    "optimizer": Question(
        "Which optimiser learns the rule best, each at two learning rates?",
        conditions=_optimizers(),
    ),
    "schedule": Question(
        "Does a learning rate that changes during training help?",
        vary={"recipe.schedule": ["constant", "step", "cosine", "one_cycle"]},
    ),
    "hidden": Question(
        "How many hidden neurons does it take?",
        vary={"net.hidden": [[10], [20], [50], [100], [200], [400], [50, 50], [100, 100]]},
    ),
    "subset": Question(
        "How many training integers does it take?",
        vary={"data.subset": [100, 200, 400, 600, 800, "none"]},
    ),
    "epochs": Question("How long must one train?", vary={"recipe.epochs": [100, 300, 1000, 3000]}),
    "order": Question(
        "Does the order of the batches matter, or is it the initial weights?",
        conditions=_orders(),
    ),
}


def question_plan(
    name: str, *, experiment: Experiment | None = None, seeds: int = SEEDS, first_seed: int = 0
) -> Plan:
    """Gives the plan of a ready-made question.

    Args:
        name: One of `QUESTIONS`.
        experiment: What all nets have in common; the preset `td1` if None.
        seeds: Nets of each condition.
        first_seed: The first of their seeds.

    Raises:
        UnknownNameError: If there is no such question.
    """
    if name not in QUESTIONS:
        raise UnknownNameError("question", name, QUESTIONS)
    asked = QUESTIONS[name]
    base = experiment or Experiment.preset(BASE)
    return Plan(
        base, seeds=seeds, first_seed=first_seed, vary=asked.vary, conditions=asked.conditions
    )
