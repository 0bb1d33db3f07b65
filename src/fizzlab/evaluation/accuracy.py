"""What a net has learned: accuracy, per-class figures, confusion, baselines, intervals.

Losses are cross-entropy in nats, without smoothing or weights, so that recipes can be compared;
of nets that were trained on the squared error to one-hot labels, they are that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor, nn

from fizzlab.configuration import Document
from fizzlab.data import Split
from fizzlab.encodings import Encoding
from fizzlab.nets import logits
from fizzlab.rules import Rule, as_integers
from fizzlab.training import squared_error

CHUNK = 1 << 16  # rows at a time, as in `logits`


class ClassFigures(Document):
    """How well one label is recognised."""

    word: str = Field(description="name of the label")
    support: int = Field(description="integers that have this label")
    predicted: int = Field(description="integers that the net gives this label")
    precision: float | None = Field(description="share right of those predicted; null if none")
    recall: float | None = Field(description="share found of those that have it; null if none")


class Evaluation(Document):
    """What a net says on a set of integers, compared with the rule or the data's labels."""

    correct: int = Field(description="number of right answers")
    total: int = Field(description="number of integers checked")
    accuracy: float = Field(description="correct / total")
    loss: float | None = Field(
        description="mean cross-entropy in nats, or squared error where that is the recipe's loss; "
        "null if it overflows"
    )
    sampled: bool = Field(description="false: the set was checked entirely; true: a sample of it")
    interval: tuple[float, float] | None = Field(
        description="exact 95 % interval of the accuracy, for a sample (Clopper and Pearson 1934)"
    )
    majority: float = Field(
        description="accuracy of always saying the most frequent training label"
    )
    chance: float = Field(description="accuracy of guessing labels uniformly")
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...] = Field(description="rows: true, columns: predicted")

    @property
    def text(self) -> str:
        """The accuracy in words: a count where all was checked, an interval for a sample."""
        if not self.sampled:
            return f"{self.correct} of {self.total}, all checked"
        low, high = self.interval or (0.0, 1.0)
        return f"{self.accuracy:.3f}, sample of {self.total}, 95 % interval {low:.3f} to {high:.3f}"


@dataclass(frozen=True)
class Measure:
    """A quick measurement, for the history of a training.

    Attributes:
        loss: Mean cross-entropy, nats, or mean squared error.
        accuracy: Share right, exact.
        dead_share: Share of ReLU units that are 0 for every row; NaN for a net without `nn.ReLU`.
    """

    loss: float
    accuracy: float
    dead_share: float


def measure(
    net: nn.Module,
    rows: Float[Tensor, "batch feature"],
    labels: Int[Tensor, " batch"],
    loss: str = "cross_entropy",
) -> Measure:
    """Measures a net on encoded integers, in one pass over them; `loss` as in a recipe."""
    with largest_relu_outputs(net) as largest:
        scores = logits(net, rows)
    correct = int((scores.argmax(dim=1) == labels).sum())
    units = torch.cat(list(largest.values())) if largest else torch.empty(0)
    dead = int((units <= 0).sum()) / len(units) if len(units) else math.nan
    return Measure(mean_loss(scores, labels, loss), correct / len(labels), dead)


def mean_loss(
    scores: Float[Tensor, "batch label"], labels: Int[Tensor, " batch"], loss: str
) -> float:
    """Gives the mean squared error to the one-hot labels if `loss` is that, else cross-entropy."""
    if loss == "squared_error":
        return squared_error(scores, labels).item()
    return F.cross_entropy(scores, labels).item()


@contextmanager
def largest_relu_outputs(net: nn.Module) -> Iterator[dict[nn.ReLU, Tensor]]:
    """Gives the largest output of each ReLU unit, by layer, over all rows passed in the block."""
    largest: dict[nn.ReLU, Tensor] = {}

    def note(module: nn.ReLU, inputs: object, output: Tensor) -> None:
        found = output.detach().flatten(0, -2).amax(dim=0)
        largest[module] = torch.maximum(largest[module], found) if module in largest else found

    hooks = [m.register_forward_hook(note) for m in net.modules() if isinstance(m, nn.ReLU)]
    try:
        yield largest
    finally:
        for hook in hooks:
            hook.remove()


def predict_labels(
    net: nn.Module, encoding: Encoding, integers: Iterable[int] | np.ndarray
) -> np.ndarray:
    """Gives the label that a net says for each integer: int64, shape (n,).

    Raises:
        IntegerError: If an integer does not fit the encoding.
    """
    values = as_integers(integers)
    chunks = np.array_split(values, -(-len(values) // CHUNK) or 1)
    rows = (torch.from_numpy(encoding.rows(chunk)) for chunk in chunks)
    return np.concatenate([logits(net, part).argmax(dim=1).numpy() for part in rows])


def evaluate(
    net: nn.Module,
    encoding: Encoding,
    rule: Rule,
    split: Split,
    train_labels: np.ndarray,
    *,
    sampled: bool = False,
    loss: str = "cross_entropy",
) -> Evaluation:
    """Evaluates a net on a set of integers.

    Args:
        net: Gives logits.
        encoding: Encodes the integers.
        rule: Names the labels.
        split: The integers and their true labels; at least one.
        train_labels: Labels that the net was trained on, for the baseline.
        sampled: Whether the integers are a random sample of what they stand for.
        loss: As in a recipe: which loss to measure.

    Raises:
        IntegerError: If an integer does not fit the encoding.
    """
    rows, labels = torch.from_numpy(encoding.rows(split.integers)), torch.tensor(split.labels)
    scores = logits(net, rows)
    predicted = scores.argmax(dim=1).numpy()
    confusion = np.zeros((rule.num_labels, rule.num_labels), dtype=int)
    np.add.at(confusion, (split.labels, predicted), 1)
    correct, total = int(np.trace(confusion)), len(split)
    majority = np.bincount(train_labels).argmax()
    mean = mean_loss(scores, labels, loss)
    return Evaluation(
        correct=correct,
        total=total,
        accuracy=correct / total,
        loss=mean if math.isfinite(mean) else None,
        sampled=sampled,
        interval=binomial_interval(correct, total) if sampled else None,
        majority=int((split.labels == majority).sum()) / total,
        chance=1 / rule.num_labels,
        classes=tuple(_class_figures(rule, confusion, label) for label in range(rule.num_labels)),
        confusion=tuple(map(tuple, confusion.tolist())),
    )


def _class_figures(rule: Rule, confusion: np.ndarray, label: int) -> ClassFigures:
    right = int(confusion[label, label])
    support, predicted = int(confusion[label].sum()), int(confusion[:, label].sum())
    return ClassFigures(
        word=rule.names[label],
        support=support,
        predicted=predicted,
        precision=right / predicted if predicted else None,
        recall=right / support if support else None,
    )


def binomial_interval(correct: int, total: int) -> tuple[float, float]:
    """Gives the exact 95 % interval of a share (Clopper and Pearson 1934)."""
    from scipy.stats import binomtest

    interval = binomtest(correct, total).proportion_ci(0.95, method="exact")
    return float(interval.low), float(interval.high)


def frequency_loss(labels: np.ndarray, loss: str = "cross_entropy") -> float:
    """Gives the label-frequency baseline: the entropy of the labels' frequencies f, in nats.

    It is the lowest mean cross-entropy on these labels that an answer can have which is the same
    for every integer, so a net below it uses what it is shown. For the squared error it is
    1 − Σ f², likewise.
    """
    shares = np.unique(labels, return_counts=True)[1] / len(labels)
    if loss == "squared_error":
        return float(1 - (shares**2).sum())
    return float(-(shares * np.log(shares)).sum())
