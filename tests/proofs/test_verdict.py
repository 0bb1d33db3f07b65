"""What is told of a run's net: never a counterexample on which the net itself is right."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from exact_nets import FIZZBUZZ, made_net, rule_net

from fizzlab import Experiment, Rule, runs
from fizzlab.encodings import Encoding
from fizzlab.errors import NetError
from fizzlab.evaluation import predict_labels
from fizzlab.nets import Bilinear, Snapped
from fizzlab.proofs import certify, prove, search, verdict
from fizzlab.proofs.alternatives import with_exception
from fizzlab.readers.automata import Automaton, rule_automaton
from fizzlab.runs import Run

SEQUENCE = Encoding(scheme="sequence", base=2)


@pytest.fixture(scope="module")
def run() -> Run:
    return runs.train(Experiment.preset("exact"), progress=False)


class Negative(Bilinear):
    def scores(self, states: torch.Tensor) -> torch.Tensor:
        return -super().scores(states)


def with_net(run: Run, net: torch.nn.Module, codebook: torch.Tensor | None) -> Run:
    state = dataclasses.replace(run.state, net=net, codebook=codebook)
    return Run(run.experiment, run.splits, state)


def test_a_subclass_is_not_proved_by_its_weights_alone(run: Run) -> None:
    assert prove(run).verdict == "proved"
    assert isinstance(run.kept, Bilinear)
    net = Negative(2, run.kept.state, 4)
    net.load_state_dict(run.kept.state_dict())
    other = with_net(run, net, run.state.codebook)
    proof = prove(other)
    assert (proof.verdict, proof.counterexamples[0][0]) == ("refuted", 1)
    assert proof.network is not None
    assert "Negative is a Bilinear of its own" in proof.network.reason
    assert proof.reason == "It is wrong on some n, found by giving it every n from 1 to 32,768."


def test_a_refutation_that_the_net_does_not_bear_out_is_taken_back(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = verdict.prove_network(rule_net(Rule("5=buzz,3=fizz")), FIZZBUZZ)
    assert wrong.counterexample == 3
    monkeypatch.setattr(verdict, "prove_network", lambda net, rule: wrong)
    proof = prove(run)
    assert (proof.verdict, proof.counterexamples) == ("undecided", ())
    assert proof.network is not None
    assert (proof.network.verdict, proof.network.counterexample) == ("undecided", None)
    assert proof.reason.startswith(
        "By its weights it is wrong on n = 3, but as it runs here it is right. No counterexample"
    )
    assert "every n from 1 to 32,768, and 64 at random of each of 20, 40" in proof.reason


def test_snapping_is_advised_where_it_helps(run: Run) -> None:
    assert "(fizzlab snap)" in prove(with_net(run, run.kept, None)).reason

    class Other(torch.nn.Module):
        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                return run.kept(rows)

    proof = prove(with_net(run, Other(), None))
    assert proof.verdict == "undecided"
    assert proof.reason.startswith("Only bilinear nets can be proved, not Other. No counterexample")
    assert "snap" not in proof.reason


def test_what_is_not_proved_has_no_certificate(run: Run) -> None:
    plain = with_net(run, run.kept, None)
    with pytest.raises(NetError, match="no certificate for a net that is not proved"):
        certify(plain, prove(plain))


# ------------------------------------------------------------------------- the search


def wrong_at(n: int) -> Snapped:
    """A net that is right everywhere but on n."""
    other = (FIZZBUZZ.label(n) + 1) % 4
    return made_net(with_exception(rule_automaton(FIZZBUZZ, 2), n, other), 4)


def test_a_far_counterexample_is_found_by_the_automaton_and_told() -> None:
    never = made_net(Automaton((0,), ((0, 0),), (0,)), 2)
    found = search.search(never, SEQUENCE, Rule("40009=rare"))
    assert found.wrong == [40_009]
    assert found.tried == (
        "every n from 1 to 32,768, one n on which its extracted automaton is wrong"
    )


def test_the_smallest_counterexamples_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the automaton leads to a larger one first."""
    net = made_net(rule_automaton(FIZZBUZZ, 2), 4)
    with torch.no_grad():
        net.net.readout[:, 3] = net.net.readout[:, 0]  # type: ignore[union-attr,index]
    n = np.arange(1, 1 << 15)
    wrong = n[predict_labels(net, SEQUENCE, n) != FIZZBUZZ.labels(n)]
    monkeypatch.setattr(search, "_suspect", lambda net, rule: 15 * 2**40)
    found = search.search(net, SEQUENCE, FIZZBUZZ)
    assert found.wrong == wrong[: search.MOST].tolist()
    assert len(found.wrong) == search.MOST
    monkeypatch.setattr(search, "_suspect", lambda net, rule: None)
    again = search.search(net, SEQUENCE, FIZZBUZZ)
    assert (again.wrong, again.tried) == (found.wrong, "every n from 1 to 32,768")


def test_random_numbers_are_only_told_where_they_were_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "_suspect", lambda net, rule: None)
    right = search.search(rule_net(FIZZBUZZ), SEQUENCE, FIZZBUZZ)
    assert right.wrong == []
    assert right.tried.endswith("64 at random of each of 20, 40, 80, 160, 320, 640, 1000 bits")
    n = search._drawn(40)[0]
    found = search.search(wrong_at(n), SEQUENCE, FIZZBUZZ)
    assert found.wrong == [n]
    assert found.tried.endswith("32,768, and 64 at random of each of 20, 40 bits")
