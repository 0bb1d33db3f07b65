from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from fizzlab import Encoding, Experiment, Rule
from fizzlab.data import Split
from fizzlab.evaluation import (
    binomial_interval,
    dead_share,
    evaluate,
    frequency_loss,
    predict_labels,
)


class Says(nn.Module):
    """A net that says what a function of the integer says (binary rows)."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        powers = 2 ** torch.arange(rows.shape[1])
        said = [self.function(int(n)) for n in (rows.long() * powers).sum(1)]
        return torch.eye(4)[torch.tensor(said)] * 5


def found(function, integers: range, sampled: bool = False):
    split = Split(np.array(integers), Rule().labels(integers))
    return evaluate(
        Says(function), Encoding(), Rule(), split, Rule().labels(range(101, 1024)), sampled=sampled
    )


def test_a_net_that_ignores_five() -> None:
    evaluation = found(lambda n: 1 if n % 3 == 0 else 0, range(1, 101))
    right = sum(Rule().label(n) == (1 if n % 3 == 0 else 0) for n in range(1, 101))
    assert (evaluation.correct, evaluation.total) == (right, 100) == (80, 100)
    assert evaluation.accuracy == 0.8
    assert evaluation.text == "80 of 100, all checked"
    assert (evaluation.majority, evaluation.chance) == (0.53, 0.25)
    for label, figures in enumerate(evaluation.classes):
        truth = {n for n in range(1, 101) if Rule().label(n) == label}
        said = {n for n in range(1, 101) if (1 if n % 3 == 0 else 0) == label}
        assert figures.support == len(truth)
        assert figures.predicted == len(said)
        assert figures.precision == (len(truth & said) / len(said) if said else None)
        assert figures.recall == len(truth & said) / len(truth)
        for other in range(4):
            both = [n for n in truth if (1 if n % 3 == 0 else 0) == other]
            assert evaluation.confusion[label][other] == len(both)


def test_a_sample_has_an_interval() -> None:
    evaluation = found(lambda n: Rule().label(n), range(1, 51), sampled=True)
    assert evaluation.interval == binomial_interval(50, 50)
    assert evaluation.text == "1.000, sample of 50, 95 % interval 0.929 to 1.000"


@pytest.mark.parametrize(("correct", "total"), [(0, 10), (7, 10), (10, 10), (83, 100)])
def test_the_interval_holds_by_its_definition(correct: int, total: int) -> None:
    def at_most(k: int, p: float) -> float:
        return sum(math.comb(total, i) * p**i * (1 - p) ** (total - i) for i in range(k + 1))

    low, high = binomial_interval(correct, total)
    if correct:
        assert 1 - at_most(correct - 1, low) == pytest.approx(0.025, abs=1e-6)
    if correct < total:
        assert at_most(correct, high) == pytest.approx(0.025, abs=1e-6)


def test_the_label_frequency_loss_is_the_entropy() -> None:
    labels = np.array([0] * 6 + [1] * 2)
    expected = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert frequency_loss(labels, labels, 4) == pytest.approx(expected)
    assert frequency_loss(labels, np.array([3]), 4) == math.inf


def test_dead_units_are_those_that_never_answer() -> None:
    net = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 4))
    with torch.no_grad():
        net[0].weight.fill_(1.0)
        net[0].bias.copy_(torch.tensor([0.0, -0.5, -1.0, -2.0]))
    rows = torch.tensor([[0.0], [1.0]])
    assert dead_share(net, rows) == 0.5
    assert math.isnan(dead_share(nn.Linear(1, 4), rows))


def test_many_integers_are_predicted_in_chunks() -> None:
    experiment = Experiment().replaced({"encoding.bits": 17, "net.hidden": 3})
    from fizzlab.nets import build_net

    net, integers = build_net(experiment), np.arange(70_000)
    labels = predict_labels(net, experiment.encoding, integers)
    assert labels.shape == (70_000,)
    assert predict_labels(net, experiment.encoding, integers[-5:]).tolist() == labels[-5:].tolist()
    assert predict_labels(net, experiment.encoding, []).shape == (0,)
