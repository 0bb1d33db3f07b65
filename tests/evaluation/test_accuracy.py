from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from fizzlab import Encoding, Experiment, Rule
from fizzlab.data import Split
from fizzlab.errors import IntegerError
from fizzlab.evaluation import (
    binomial_interval,
    evaluate,
    frequency_loss,
    measure,
    predict_labels,
)
from fizzlab.nets import build_net


def dead_share(net: nn.Module, rows: torch.Tensor) -> float:
    return measure(net, rows, torch.zeros(len(rows), dtype=torch.long)).dead_share


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
    assert frequency_loss(labels) == pytest.approx(expected)
    assert frequency_loss(np.array([3])) == 0


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
    net, integers = build_net(experiment), np.arange(70_000)
    labels = predict_labels(net, experiment.encoding, integers)
    assert labels.shape == (70_000,)
    assert predict_labels(net, experiment.encoding, integers[-5:]).tolist() == labels[-5:].tolist()
    assert predict_labels(net, experiment.encoding, []).shape == (0,)


def test_chunks_say_what_single_rows_say() -> None:
    """Around the seam at 65,536 integers, against one row at a time."""
    experiment = Experiment(seed=4).replaced({"encoding.bits": 17, "net.hidden": 3})
    net, encoding = build_net(experiment), experiment.encoding
    labels = predict_labels(net, encoding, range(1 << 17))
    assert (labels.shape, labels.dtype) == ((1 << 17,), np.int64)
    assert len(set(labels.tolist())) > 1
    for n in [0, 1, *range(65_530, 65_545), (1 << 17) - 1]:
        row = torch.tensor([[float(n >> bit & 1) for bit in range(17)]])
        assert labels[n] == int(net(row).argmax())
    with pytest.raises(IntegerError, match="does not fit"):
        predict_labels(net, encoding, [1 << 17])


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from(["3=a", "2=a,3=b,7=c"]))
@settings(max_examples=40, deadline=None)
def test_every_figure_against_loops(seed: int, total: int, text: str) -> None:
    rule, chance = Rule(text), np.random.default_rng(seed)
    labels = rule.num_labels
    truth = chance.integers(labels, size=total)
    trained = chance.integers(labels, size=30)
    net = nn.Linear(6, labels)
    with torch.no_grad():
        net.weight.copy_(torch.from_numpy(chance.normal(size=(labels, 6))))
        net.bias.copy_(torch.from_numpy(chance.normal(size=labels)))
    integers, encoding = chance.permutation(64)[:total], Encoding(bits=6)
    found = evaluate(net, encoding, rule, Split(integers, truth), trained)

    said, loss = [], 0.0
    for n, label in zip(integers.tolist(), truth.tolist(), strict=True):
        bits = [n >> bit & 1 for bit in range(6)]
        scores = [
            sum(w * b for w, b in zip(row, bits, strict=True)) + bias
            for row, bias in zip(net.weight.tolist(), net.bias.tolist(), strict=True)
        ]
        said.append(max(range(labels), key=scores.__getitem__))
        loss += math.log(sum(map(math.exp, scores))) - scores[label]
    pairs = list(zip(truth.tolist(), said, strict=True))
    most = max(range(labels), key=lambda label: (trained.tolist().count(label), -label))
    assert found.correct == sum(a == b for a, b in pairs)
    assert found.accuracy == found.correct / found.total == found.correct / total
    assert found.loss == pytest.approx(loss / total, rel=1e-5, abs=1e-6)  # single precision
    assert found.majority == truth.tolist().count(most) / total
    assert found.chance == 1 / labels
    assert found.interval is None
    for a in range(labels):
        for b in range(labels):
            assert found.confusion[a][b] == pairs.count((a, b))
        figures, right = found.classes[a], pairs.count((a, a))
        assert figures.word == rule.names[a]
        assert (figures.support, figures.predicted) == (truth.tolist().count(a), said.count(a))
        assert figures.precision == (right / said.count(a) if a in said else None)
        assert figures.recall == (right / figures.support if figures.support else None)
    rows = torch.from_numpy(encoding.rows(integers))
    quick = measure(net, rows, torch.tensor(truth))
    assert (quick.loss, quick.accuracy) == (found.loss, found.accuracy)


def test_ratios_are_exact() -> None:
    """A mean in single precision would say 0.8700000048."""
    evaluation = found(lambda n: Rule().label(n) if n > 13 else 3, range(1, 101))
    assert evaluation.accuracy == 0.87
    assert evaluation.text == "87 of 100, all checked"


@pytest.mark.parametrize(("correct", "total"), [(0, 7), (3, 7), (7, 7), (40, 60)])
def test_the_interval_against_a_search(correct: int, total: int) -> None:
    """Clopper and Pearson: the shares that neither tail of 2.5 % excludes."""

    def tail(share: float, counts: range) -> float:
        return sum(math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in counts)

    shares = [i / 2000 for i in range(2001)]
    kept = [
        share
        for share in shares
        if tail(share, range(correct, total + 1)) >= 0.025
        and tail(share, range(correct + 1)) >= 0.025
    ]
    low, high = binomial_interval(correct, total)
    assert (low, high) == pytest.approx((min(kept), max(kept)), abs=1 / 2000)


def test_evaluating_leaves_the_net_as_it_was() -> None:
    net = nn.Sequential(nn.Linear(10, 8), nn.Dropout(0.5), nn.ReLU(), nn.Linear(8, 4)).train()
    rows, state = torch.ones(5, 10), torch.get_rng_state()
    before = [p.clone() for p in net.parameters()]
    losses = {measure(net, rows, torch.zeros(5, dtype=torch.int64)).loss for _ in range(3)}
    share = dead_share(net, rows)
    assert len(losses) == 1  # dropout is off
    assert net.training
    assert 0 <= share <= 1
    assert torch.equal(torch.get_rng_state(), state)
    assert all(
        p.grad is None and torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True)
    )
    assert not net[2]._forward_hooks


def test_dead_units_of_two_layers_and_of_many_rows() -> None:
    """A unit that answers in one chunk of 65,536 rows alone is not dead."""
    net = nn.Sequential(nn.Linear(1, 3), nn.ReLU(), nn.Linear(3, 1), nn.ReLU(), nn.Linear(1, 4))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0], [-1.0], [0.0]]))
        net[0].bias.copy_(torch.tensor([0.0, 0.0, -1.0]))
        net[2].weight.fill_(-1.0)
        net[2].bias.fill_(0.5)
    rows = torch.cat([torch.ones(1 << 16, 1), -torch.ones(100, 1)])
    assert dead_share(net, rows) == 2 / 4
    assert dead_share(net, rows[: 1 << 16]) == 3 / 4
    assert dead_share(net, torch.zeros(2, 1)) == 3 / 4


@given(
    st.lists(st.integers(0, 3), min_size=1),
    st.lists(st.floats(-5, 5), min_size=4, max_size=4),
)
def test_no_constant_answer_beats_the_frequency_loss(
    labels: list[int], scores: list[float]
) -> None:
    log_probs = torch.tensor(scores, dtype=torch.float64).log_softmax(0)
    of_constant = -log_probs[torch.tensor(labels)].mean().item()
    assert frequency_loss(np.array(labels)) <= of_constant + 1e-9
