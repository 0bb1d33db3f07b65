"""The contract of all engines: experiments in, trained nets out, in order.

An engine trains many nets of one rule and one encoding; anything else may differ from net to net:
seed, data, hidden layers, recipe. It trains the nets that `training.py` would have trained: the
same initial weights, splits and batch order, bit for bit, and the same arithmetic up to the order
of sums.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fizzlab.errors import UsageError
from fizzlab.experiment import Experiment

HISTORY = ("epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
"""What every engine measures every `recipe.evaluate_every` epochs; losses in nats, NaN for none."""

Stop = Callable[[], bool]


@dataclass(frozen=True)
class Trained:
    """One trained net.

    Attributes:
        index: Its place among the experiments.
        experiment: What was trained.
        weights: The kept net: for each layer the weights (outputs, inputs) and the biases
            (outputs,), float32, in the order of `MLP`'s state dict; of a reader its state dict's
            arrays, and its codebook if it is snapped.
        history: By the names of `HISTORY`, float64, shape (evaluations,).
        epochs: Epochs trained.
        stopped: Why it ended: epochs, target, patience, accepted, fitted or diverged.
        kept_epoch: The epoch that the kept net is from.
        diverged: The epoch in which the loss became NaN or infinite; None if it did not. The
            history then ends before it, and the weights are not to be used.
        seconds: Time spent training it.
    """

    index: int
    experiment: Experiment
    weights: tuple[np.ndarray, ...]
    history: dict[str, np.ndarray]
    epochs: int
    stopped: str
    kept_epoch: int
    diverged: int | None
    seconds: float


class Engine(ABC):
    """Trains many nets."""

    name: ClassVar[str]

    @classmethod
    @abstractmethod
    def unavailable(cls) -> str | None:
        """Tells why the engine cannot run here; None if it can."""

    @classmethod
    @abstractmethod
    def uncovered(cls, experiment: Experiment) -> str | None:
        """Names the settings of an experiment that the engine lacks; None if it covers all.

        >>> from fizzlab.engines import ENGINES
        >>> ENGINES["cpu"].uncovered(
        ...     Experiment().replaced({"net.dropout": 0.2, "net.activation": "gelu"})
        ... )
        'net.dropout, net.activation'
        """

    @classmethod
    def first_use(cls) -> str | None:
        """Tells what will take time when the engine is first used here; None if nothing will."""
        return None

    @abstractmethod
    def train(
        self, experiments: Sequence[Experiment], *, threads: int, stop: Stop
    ) -> Iterator[Trained]:
        """Trains the experiments, and yields each net once it and all before it are done.

        Args:
            experiments: All of one rule and one encoding, covered by the engine.
            threads: Nets trained at the same time. The nets do not depend on it.
            stop: Asked between nets; once it is true, no further net is begun, and what was begun
                is yielded.
        """


def alike(experiments: Iterable[Experiment]) -> Iterator[tuple[int, Experiment]]:
    """Numbers experiments as they are needed, and makes sure of their one rule and encoding.

    Raises:
        UsageError: If one has another rule or encoding than the first.
    """
    first: Experiment | None = None
    for index, experiment in enumerate(experiments):
        first = first or experiment
        for name in ("rule", "encoding"):
            if (expected := getattr(first, name)) != (got := getattr(experiment, name)):
                raise UsageError(
                    f"An engine trains nets of one {name} at a time.",
                    expected=f"that of the first net, {expected!s}",
                    got=f"{got!s} for net {index}, seed {experiment.seed}",
                )
        yield index, experiment
